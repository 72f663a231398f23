"""The tables of docs/performance.md from the result files: no figure is typed by hand. `python -m benchmarks.page`.

In the page a table stands between `<!-- b1 -->` and `<!-- /b1 -->`; what is between is written anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
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
    curves = _read(results, "b2_validate")["curves"]
    counts = sorted({count for points in curves.values() for count in points}, key=int)
    rows = [[name, *(f"{points[c]:.2f}" if c in points else "—" for c in counts)] for name, points in curves.items()]
    return _table(["seconds, median", *(f"{count} rules" for count in counts)], rows)


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), RESULTS), encoding="utf-8")


if __name__ == "__main__":
    main()
