"""The tables of docs/performance.md from the result files: no figure is typed by hand. `python -m benchmarks.page`.

In the page a table stands between `<!-- b1 -->` and `<!-- /b1 -->`; what is between is written anew.
"""

from __future__ import annotations

import json
import re
from math import log
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "performance.md"


def written(page: str, results: Path) -> str:
    """The page with every table made from its result file."""
    for name, table in (
        ("b1", _ratios("b1_extract", "of_floor", "of the floor")),
        ("b1-exactness", _exactness),
        ("b2", _ratios("b2_validate", "of_rewrite", "× rewrite")),
        ("b2-rules", _curve),
        ("b3", _ratios("b3_task", "of_own_spark", "of own Spark")),
        ("b3-small", _small),
        ("b4", _ratios("b4_drop", "of_floor", "× Arrow")),
        ("b5", _night),
        ("b7", _growth),
        ("b7-shares", _shares),
    ):
        if f"<!-- {name} -->" in page:
            body = f"<!-- {name} -->\n{table(results)}\n<!-- /{name} -->"
            page = re.sub(rf"<!-- {name} -->.*?<!-- /{name} -->", lambda _, new=body: new, page, flags=re.DOTALL)
    return page


def _read(results: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((results / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _about(body: dict[str, Any]) -> str:
    machine = body["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in body["versions"].items())
    return (
        f"{body['rows']:,} rows, {body['rounds']} rounds, {body['at'][:16].replace('T', ' ')} UTC, {machine['cpu']}, "
        f"{machine['cores']} cores, {machine['memory_gb']} GB, load at the end **{machine['load_at_end']:.1f}**. "
        f"{versions}."
    )


def _ratios(name: str, ratio: str, title: str) -> Any:
    def table(results: Path) -> str:
        body = _read(results, name)
        rows = []
        for one, seconds in body["seconds"].items():
            if not seconds:
                rows.append([body["titles"][one], "failed", "", "", "", "", ""])
                continue
            rows.append(
                [
                    body["titles"][one],
                    f"{seconds['median']:.2f}",
                    f"{seconds['low']:.2f}–{seconds['high']:.2f}",
                    f"{body[ratio].get(one, 0):.2f}",
                    f"{body['cpu_seconds'][one]['median']:.2f}",
                    f"{body['peak_mb'][one]['high']:.0f}",
                    body["gate"].get(one, "—"),
                ]
            )
        head = ["", "median s", "range s", title, "CPU s (client)", "peak MB", "gate"]
        return f"{_about(body)}\n\n{_table(head, rows)}"

    return table


def _exactness(results: Path) -> str:
    body = _read(results, "b1_extract")["exactness"]
    names = list(body)
    cases = list(body[names[0]])
    rows = [[case.removeprefix("kasus_"), *(_short(body[name].get(case, "")) for name in names)] for case in cases]
    return _table(["", *names], rows)


def _short(verdict: str) -> str:
    """The verdict without the tool's own words, which are in the result file."""
    return f"**{verdict.partition(':')[0]}**" if verdict.startswith(("wrong", "refused")) else verdict


def _curve(results: Path) -> str:
    body = _read(results, "b2_validate")
    curves = body["curves"]
    turns = {count: max(map(len, runs.values())) for count, runs in body["curve_runs"].items()}
    turns[str(body["rules"])] = body["rounds"]
    counts = sorted({count for points in curves.values() for count in points}, key=int)
    rows = [[name, *(f"{points[c]:.2f}" if c in points else "—" for c in counts)] for name, points in curves.items()]
    heads = [f"{count} rules, {turns[count]} round{'s' if turns[count] > 1 else ''}" for count in counts]
    return _table(["median seconds", *heads], rows)


def _small(results: Path) -> str:
    rows = [
        [f"{int(size):,}", *(f"{median(one[way]):.2f}" for way in ("interpreted", "compiled")), f"{one['ratio']:.2f}"]
        for size, one in _read(results, "b3_task")["small"].items()
    ]
    turns = min(len(one["interpreted"]) for one in _read(results, "b3_task")["small"].values())
    return _table(["rows", f"interpreted, median s of {turns}", "compiled, median s", "ratio"], rows)


def _night(results: Path) -> str:
    """Every night's seconds with and without Airflow, what scheduling takes of it, and the time of parsing."""
    body = _read(results, "b5_night")
    job, machine = body["job"], body["machine"]
    about = (
        f"{job['systems']} sources of {job['rows']:,} rows, {body['tasks']} tasks a night, {body['parallelism']} at a "
        f"time, {job['rounds']} rounds, {body['at'][:16].replace('T', ' ')} UTC, load at the end "
        f"**{machine['load_at_end']:.1f}**. {', '.join(f'{name} {one}' for name, one in body['versions'].items())}."
    )
    rows = [
        [
            str(number),
            f"{pair['airflow_s']:.1f}",
            f"{pair['direct_s']:.1f}",
            f"{1 - pair['direct_s'] / pair['airflow_s']:.1%}",
        ]
        for number, pair in enumerate(body["nights"], 1)
    ]
    parse, imported = (median(one[key] for one in body["parses"]) for key in ("parse_s", "import_s"))
    said = (
        f"Median share of scheduling: **{body['scheduling_share']['median']:.1%}**. Parsing "
        f"{body['parses'][0]['dags']} DAGs takes {parse:.2f} s beyond Airflow's own import ({imported:.2f} s)."
    )
    table = _table(["round", "Airflow, s", "stages alone, s", "share of scheduling"], rows)
    return f"{about}\n\n{table}\n\n{said}"


def _full(results: Path) -> list[dict[str, Any]]:
    bodies = [json.loads(path.read_text(encoding="utf-8")) for path in results.glob("b7_full_*.json")]
    return sorted(bodies, key=lambda body: body["scale"])


def _growth(results: Path) -> str:
    """Seconds, rows and memory of every step by scale (– where a scale was not taken so far); with two scales or more
    the exponent of the growth.
    """
    bodies = _full(results)
    head = ["step"]
    for body in bodies:
        head += [f"rows read at {body['scale']:g}", "accepted", f"s at {body['scale']:g}", "peak MB"]
    several = len(bodies) > 1
    rows = []
    for name in dict.fromkeys(step["step"] for body in bodies for step in body["steps"]):
        row, taken = [name], []
        for body in bodies:
            one = next((step for step in body["steps"] if step["step"] == name), None)
            if one is None:
                row += ["–"] * 4
                continue
            taken.append((body["scale"], one["wall_s"]))
            row += [f"{one['received']:,}", f"{one['accepted']:,}", f"{one['wall_s']:.0f}", f"{one['peak_mb']:,}"]
        if several:
            (least, first), (most, last) = taken[0], taken[-1]
            row.append(f"{log(last / first) / log(most / least):.2f}" if most > least else "–")
        rows.append(row)
    when = "; ".join(
        f"scale {body['scale']:g}: {body['at'][:16].replace('T', ' ')} UTC, load at the end "
        f"{body['machine']['load_at_end']:.1f}, sources built in {body['build_s']:.0f} s"
        for body in bodies
    )
    used = ", ".join(f"{name} {one}" for name, one in bodies[-1].get("versions", {}).items()) or "versions not kept"
    return f"{when}. {used}.\n\n{_table([*head, *(['exponent'] if several else [])], rows)}"


def _shares(results: Path) -> str:
    """Seconds by stage at the largest scale that a step was taken to, and the datasets that took longest."""
    taken = {step["step"]: (body["scale"], step) for body in _full(results) for step in body["steps"]}
    stages = list(dict.fromkeys(name for _, step in taken.values() for name in step["stages_s"]))
    rows = []
    for scale, step in taken.values():
        longest = [
            f"{name.partition('.')[2]} {seconds:.0f}"
            for kind in ("validate_s", "conform_s")
            for name, seconds in list(step[kind].items())[:2]
        ]
        between = step["wall_s"] - sum(step["stages_s"].values())
        seconds = [*(step["stages_s"].get(name, 0) for name in stages), between]
        rows.append([f"{step['step']} at {scale:g}", *(f"{one:.0f}" for one in seconds), ", ".join(longest)])
    return _table(["seconds", *stages, "between", "longest in validate, in conform"], rows)


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), RESULTS), encoding="utf-8")


if __name__ == "__main__":
    main()
