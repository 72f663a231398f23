"""docs/faults.md from the results: fault, point, runs, what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.faults.catalogue import faults
from tests.faults.driver import OK, Result
from tests.faults.site import STAGES

HEAD: Final = """# What was broken, and what became of it

Written by `make faults` from its results; do not edit. Each run changes the source by chance, strikes one task of the
graph, lets it be tried again as Airflow does, and then checks what must hold whatever broke:

- what the ledger acknowledges is stored: raw against manifest and SHA-256, quarantine against its counts;
- received = accepted + quarantined + duplicate, and `lumbung reconcile` finds no difference to the source;
- rows that are good at the source are current with exactly their content; no key is in a curated table twice;
- a batch stands exactly once in the history of its table, and the mart's record is the snapshot of main;
- nothing lies about: spool, temporary files, branches, locks; the audit chain is whole;
- readers that never stop looking (HiveServer2, the portal's file and table) saw nothing but whole states.

"Hit" are the runs in which the fault met the task in the middle of its work; in the others the task was past it or did
not come by (a restatement of labels, for instance, happens only when a label changed). What became of the struck task:
`mati` it was killed (also after hanging in silence, as Airflow does at a task's time limit), `gagal` it failed with a
message, `selesai` it got through, `tidak tercapai` it was not hit. The task is then tried again without a fault.

"""


def render(results: Sequence[Result]) -> str:
    """The page."""
    lines = ["| Fault | Stage | At | Runs | Hit | Whole after | Became of the task |", "|---|---|---|---|---|---|---|"]
    by_fault: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        by_fault.setdefault((result.kind, result.stage, result.fault), []).append(result)
    for (kind, stage, fault), of in by_fault.items():
        became = Counter(result.became for result in of)
        hit = sum(result.hit for result in of)
        whole = sum(result.verdict == OK for result in of)
        told = ", ".join(f"{word} {n}" for word, n in became.most_common())
        lines.append(f"| {kind} | {stage} | `{fault}` | {len(of)} | {hit} | {whole} | {told} |")
    return HEAD + "\n".join([*lines, "", *_summary(results)]) + "\n"


def _summary(results: Sequence[Result]) -> list[str]:
    """How many runs, with which seeds, and what was not run at all."""
    known, struck = [fault.name for fault in faults()], {result.fault for result in results}
    whole = sum(result.verdict == OK for result in results)
    of_stage = Counter(result.stage for result in results)
    seeds = ", ".join(str(seed) for seed in dict.fromkeys(result.seed for result in results))
    lines = [
        f"{len(struck)} of {len(known)} faults, {len(results)} runs, {whole} whole afterwards, "
        f"{len(results) - whole} broken. Runs: "
        + ", ".join(f"{stage} {of_stage[stage]}" for stage in (*STAGES, "publish"))
        + f". Seeds of the drives: {seeds}.",
    ]
    left = [f"`{name}`" for name in known if name not in struck]
    return [*lines, "", f"Not run: {', '.join(left)}."] if left else lines


def write(results: Sequence[Result], page: Path) -> None:
    """Write the page; without results it stays as it is."""
    if results:
        page.write_text(render(sorted(results, key=lambda r: _order(r))), encoding="utf-8")


def _order(result: Result) -> tuple[int, str, str]:
    stages = ("extract", "land", "validate", "conform", "mart", "publish")
    return stages.index(result.stage), result.kind, result.fault
