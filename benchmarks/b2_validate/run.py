"""B2 in one run: thirty rules with every contestant, then the curve over the number of rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import plot
from benchmarks.b2_validate import population
from benchmarks.harness import Contestant, interleave, ratios, say, summaries, summary, versions, write
from runtime.engine import JAVA_OPTIONS, QUERY_SETTINGS

_MODULE = "benchmarks.b2_validate.contestants"
CONTESTANTS = (
    Contestant("rewrite", "plain Spark rewrite, nothing judged", _MODULE, peer=False),
    Contestant("ours", "Lumbung, without GX's verdict", _MODULE, peer=False),
    Contestant("ours-gx", "Lumbung, with GX's verdict (as in production)", _MODULE, peer=False),
    Contestant("gx-summary", "GX SUMMARY, split by hand", _MODULE, peer=False),
    Contestant("gx-complete", "GX COMPLETE, split from its keys", _MODULE, peer=False),
    Contestant("cuallee", "cuallee, split by hand", _MODULE),
    Contestant("duckdb", "DuckDB SQL, two threads", _MODULE),
)
CURVE = (5, 15, 30, 60)
_RULES = 30
_SAMPLE = 20_000
_PEERS = ("pyspark", "great-expectations", "cuallee", "duckdb", "pandas")


def run(
    folder: Path, peers: Path, rows: int, rounds: int, curve: tuple[int, ...] = CURVE, only: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Everything of B2; the written document. `curve`: numbers of rules beside thirty, one third of the rounds each."""
    chosen = [one for one in CONTESTANTS if not only or one.name in only]
    population.make(folder / "data", rows)
    population.make(folder / "sample", min(rows, _SAMPLE))
    settings = {
        **QUERY_SETTINGS,
        "spark.ui.enabled": "false",
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": " ".join(JAVA_OPTIONS),
    }
    job = {
        "data": str(folder / "data"),
        "sample": str(folder / "sample"),
        "out": str(folder / "out"),
        "rules": _RULES,
        "spark": settings,
    }
    say(f"b2: {rows} rows, {_RULES} rules")
    runs = interleave(chosen, job, rounds, peers)
    said = summaries(chosen, runs)
    more: dict[str, dict[str, Any]] = {}
    for count in curve:
        if count != _RULES:
            say(f"b2: {count} rules")
            more[str(count)] = interleave(chosen, {**job, "rules": count}, max(1, rounds // 3), peers)
    curves = {
        one.name: {
            str(count): found["median"]
            for count, results in ((_RULES, runs), *((int(c), r) for c, r in more.items()))
            if (found := summary(results[one.name]))
        }
        for one in chosen
    }
    body = {
        "rows": rows,
        "rules": _RULES,
        "rounds": rounds,
        "versions": versions(_PEERS, peers),
        **said,
        "of_rewrite": ratios(said["seconds"], "rewrite"),
        "gate": gate({one.name: runs[one.name][-1].get("found", {}) for one in chosen}),
        "curves": curves,
        "runs": runs,
        "curve_runs": more,
    }
    write("b2_validate", body)
    plot.bars("b2_validate", f"Validate and split, {rows:,} rows × 20 columns, {_RULES} rules", body, peers)
    if more:
        plot.lines("b2_validate_rules", f"Seconds by number of rules, {rows:,} rows", curves, peers)
    return body


def gate(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Whether each contestant's counts are those of DuckDB (else of ours): per rule, accepted and quarantined."""
    oracle = found.get("duckdb") or found.get("ours") or {}
    said: dict[str, str] = {}
    for name, one in found.items():
        if not one:
            continue
        differing = [key for key in ("accepted", "quarantined") if one.get(key) != oracle.get(key)]
        differing += [
            f"{rule}: {count} instead of {oracle['by_rule'][rule]}"
            for rule, count in one.get("by_rule", {}).items()
            if count != oracle["by_rule"][rule]
        ]
        said[name] = f"differs: {'; '.join(differing)}" if differing else "counts equal"
    return said
