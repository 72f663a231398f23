"""The ways to validate and split. `python -m benchmarks.b2_validate.contestants NAME JOB`: one timed run.

JOB (JSON): `data`, `sample` (a part of the rows, for the two warm-up runs), `out`, `rules`, `spark` (settings of the
session).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.b2_validate import spark
from benchmarks.b2_validate.rules import COMPOUND, KEY, REFERENCE, UNIQUE, Check, checks
from benchmarks.harness import report
from benchmarks.meter import Meter

Settings = Mapping[str, str]
Judge = Callable[[Path, Sequence[Check], Path], dict[str, Any]]


def rewrite(settings: Settings) -> Judge:
    """The same rows read and written, nothing judged: what splitting costs at least."""
    opened = spark.session(settings)

    def run(data: Path, rules: Sequence[Check], out: Path) -> dict[str, Any]:
        spark.rows(opened, data).write.mode("overwrite").parquet(f"file:{out}")
        return {}

    return run


def ours(settings: Settings, verdict: bool) -> Judge:
    """The platform's rules and split, with or without Great Expectations' verdict."""
    from benchmarks.b2_validate import ours as platform

    opened = spark.session(settings)
    return lambda data, rules, out: platform.judge(opened, data, rules, out, verdict)


def great_expectations(settings: Settings, complete: bool) -> Judge:
    """A checkpoint (SUMMARY, its default) and a split by hand, or COMPLETE with keys and a split from those."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    from benchmarks.b2_validate.ours import _rule

    opened = spark.session(settings)

    def run(data: Path, rules: Sequence[Check], out: Path) -> dict[str, Any]:
        frame = spark.looked_up(opened, data, rules)
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        asset = context.data_sources.add_spark("uji", persist=True).add_dataframe_asset("warga")
        batch = asset.add_batch_definition_whole_dataframe("semua")
        suite = context.suites.add(gx.ExpectationSuite(name="uji"))
        for check in rules:
            if check.kind == REFERENCE:
                name, arguments = "expect_column_values_to_be_in_set", {"column": check.flag, "value_set": [True]}
            else:
                rule = _rule(check)
                name, arguments = rule.expectation, dict(rule.kwargs)
            kind = getattr(gx.expectations, "".join(part.capitalize() for part in name.split("_")))
            suite.add_expectation(kind(**arguments, meta={"id": check.id}))
        definition = context.validation_definitions.add(gx.ValidationDefinition(name="uji", data=batch, suite=suite))
        form: dict[str, Any] = {"result_format": "SUMMARY"}
        if complete:
            form = {"result_format": "COMPLETE", "unexpected_index_column_names": [KEY]}
        result = definition.run(batch_parameters={"dataframe": frame}, result_format=form)
        by_rule, keys = {}, {}
        for one in result.results:
            rule_id = one.expectation_config.meta["id"]
            by_rule[rule_id] = int(one.result["unexpected_count"] or 0)
            keys[rule_id] = [row[KEY] for row in one.result.get("unexpected_index_list") or ()]
        written = spark.split_by_ids(frame, keys, out) if complete else spark.split_by_hand(frame, rules, out)
        opened.catalog.clearCache()  # GX itself never lets go of the batch that it cached
        return {**written, "by_rule": by_rule}

    return run


def cuallee(settings: Settings) -> Judge:
    """cuallee's check and a split by hand."""
    from cuallee import Check as Checklist
    from cuallee import CheckLevel

    opened = spark.session(settings)

    def run(data: Path, rules: Sequence[Check], out: Path) -> dict[str, Any]:
        frame = spark.looked_up(opened, data, rules)
        asked = Checklist(CheckLevel.ERROR, "uji")
        for check in rules:
            column = check.columns[0]
            predicate = "NOT " + check.broken("rlike")
            if check.kind == UNIQUE:
                asked = asked.is_unique(column)
            elif check.kind == COMPOUND:
                asked = asked.are_unique(check.columns)
            else:
                asked = asked.satisfies(column, predicate)
        result = asked.validate(frame).collect()
        written = spark.split_by_hand(frame, rules, out)
        counted = {check.id: int(row["violations"]) for check, row in zip(rules, result, strict=True)}
        # its uniqueness counts distinct values, not rows: another question, so not held against the others
        other = {check.id for check in rules if check.kind in (UNIQUE, COMPOUND)}
        return {**written, "by_rule": {key: value for key, value in counted.items() if key not in other}}

    return run


def duckdb(_: Settings) -> Judge:
    """SQL in DuckDB, two threads: what the machine can do."""
    import duckdb as library

    def run(data: Path, rules: Sequence[Check], out: Path) -> dict[str, Any]:
        out.mkdir(parents=True, exist_ok=True)
        database = library.connect()
        database.execute("SET threads = 2; SET memory_limit = '2GB'")
        frame = f"SELECT * FROM read_parquet('{data}/rows/*.parquet')"
        for check in rules:
            if check.kind == REFERENCE:
                column, parent = check.columns[0], data / f"{check.arguments[0]}.parquet"
                frame = (
                    f"SELECT t.*, CASE WHEN t.{column} IS NOT NULL THEN p.kode IS NOT NULL END AS {check.flag} "
                    f"FROM ({frame}) t LEFT JOIN read_parquet('{parent}') p ON t.{column} = p.kode"
                )
        flags = ", ".join(f"coalesce({c.broken('regexp_matches')}, false) AS r{i}" for i, c in enumerate(rules))
        names = ", ".join(f"CASE WHEN r{i} THEN '{c.id}' END" for i, c in enumerate(rules))
        database.execute(f"CREATE TEMP TABLE tagged AS SELECT *, {flags} FROM ({frame})")
        good = " OR ".join(f"r{i}" for i in range(len(rules)))
        cut = ", ".join(f"r{i}" for i in range(len(rules)))
        database.execute(
            f"COPY (SELECT * EXCLUDE ({cut}) FROM tagged WHERE NOT ({good})) "
            f"TO '{out}/valid.parquet' (COMPRESSION zstd)"
        )
        database.execute(
            f"COPY (SELECT * EXCLUDE ({cut}), list_filter([{names}], lambda x: x IS NOT NULL) AS _rules FROM tagged "
            f"WHERE {good}) TO '{out}/quarantine.parquet' (COMPRESSION zstd)"
        )
        sums = ", ".join(f"count_if(r{i})" for i in range(len(rules)))
        row = database.execute(f"SELECT count_if(NOT ({good})), count_if({good}), {sums} FROM tagged").fetchone() or ()
        counted = {check.id: int(value) for check, value in zip(rules, row[2:], strict=True)}
        return {"accepted": row[0], "quarantined": row[1], "by_rule": counted}

    return run


_JUDGES: dict[str, Callable[[Settings], Judge]] = {
    "rewrite": rewrite,
    "ours": lambda settings: ours(settings, verdict=False),
    "ours-gx": lambda settings: ours(settings, verdict=True),
    "gx-summary": lambda settings: great_expectations(settings, complete=False),
    "gx-complete": lambda settings: great_expectations(settings, complete=True),
    "cuallee": cuallee,
    "duckdb": duckdb,
}


def main() -> None:
    """One run: warm up over a part of the rows, then measure."""
    name, job = sys.argv[1], json.loads(sys.argv[2])
    rules = checks(job["rules"])
    out = Path(job["out"]) / name
    judge = _JUDGES[name](job["spark"])
    for turn in range(2):
        judge(Path(job["sample"]), rules, out / f"warm{turn}")
    with Meter() as meter:
        found = judge(Path(job["data"]), rules, out / "data")
    report({"wall_s": meter.wall_s, "cpu_s": meter.cpu_s, "peak_mb": meter.peak_mb, "found": found})


if __name__ == "__main__":
    main()
