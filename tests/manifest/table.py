"""docs/manifest.md from the results: seed, scale, what was injected, what was found, and whether that is the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

Line = tuple[str, str, str]
"""Dataset, rule, severity."""
Counted = tuple[Line, int, int, int, int]
"""A line with its rows: injected, found, found beyond, missing."""

SEVERITIES: Final = ("error", "warning", "duplicate", "file")
HEAD: Final = """# Every injected mistake is refused, and nothing else

Written by `make manifest` from its results; do not edit. Each run builds every source anew from a seed that is drawn
when it starts, carries them through extract, land and validate into an empty ledger, and holds what the platform
refused against what the simulator says it spoilt: refused rows key by key and rule by rule, warnings and duplicates by
their counts. "Files" are those that arrived half in the days after, and were refused or replaced by the whole one.
"Other" are rows or files that were found and not injected, or injected and not found: 0, or the run failed.

| Seed | Scale | Rows spoilt | Datasets and rules | Refused | Warned | Duplicates | Files | Other | Seconds |
|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Result:
    """One seed at one scale."""

    seed: int
    scale: float
    spoilt: int
    lines: tuple[Counted, ...]
    seconds: float

    @property
    def other(self) -> int:
        """Rows found beyond those injected, and injected ones that are missing."""
        return sum(extra + missing for *_, extra, missing in self.lines)


def render(results: Sequence[Result]) -> str:
    """The page: one row per run, then every line that differs."""
    rows = [
        f"| {one.seed} | {one.scale} | {one.spoilt} | {len(one.lines)} | "
        + " | ".join(_found(one.lines, severity) for severity in SEVERITIES)
        + f" | {one.other} | {one.seconds:.0f} |"
        for one in results
    ]
    met = sum(not one.other for one in results)
    text = HEAD + "\n".join(rows) + f"\n\n{met} of {len(results)} runs met their manifest exactly.\n"
    differing = [
        f"| {one.seed} | {one.scale} | `{dataset}` | `{rule}` | {severity} | {extra} | {missing} |"
        for one in results
        for (dataset, rule, severity), _, _, extra, missing in one.lines
        if extra or missing
    ]
    if differing:
        text += "\n| Seed | Scale | Dataset | Rule | Severity | Beyond | Missing |\n|---|---|---|---|---|---|---|\n"
        text += "\n".join(differing) + "\n"
    return text


def _found(lines: Iterable[Counted], severity: str) -> str:
    """Rows found of rows injected."""
    wanted = found = 0
    for line, injected, seen, _, _ in lines:
        if line[2] == severity:
            wanted, found = wanted + injected, found + seen
    return f"{found} of {wanted}"
