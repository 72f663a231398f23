"""docs/faults.md from the results: what is checked, fault, point, runs, what became of them, remarks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.faults.catalogue import faults
from tests.faults.driver import OK, Result
from tests.faults.site import STAGES

REMARKS: Final = Path(__file__).with_name("remarks.md")
HEAD: Final = """# What was broken, and what became of it

Written by `make faults` from its results and from `tests/faults/remarks.md`; do not edit. Each pass changes the source
by chance, opens a run, strikes at most one task of each stage (a run of the table below is one strike), lets each be
tried again as Airflow does, and then checks what must hold whatever broke:

| Struck | The pass goes | Checked after each strike | Checked after the pass |
|---|---|---|---|
| extract, land | extract, land | stored | files |
| validate, conform, mart | extract to mart | stored | files, warehouse, HiveServer2's reader |
| publish | extract to publish | stored | files, warehouse, HiveServer2's and the portal's reader |

- **Stored**: what the ledger acknowledges of the newest twelve batches is there: spool and raw against manifest and
  SHA-256; once validated, received = accepted + quarantined + duplicate, and quarantine has as many rows as the ledger.
- **Files**: every batch is in raw once and no other; every row that the source held up to the watermark is in a batch;
  nothing lies in the spool, no batch is left open, no lock is held; the audit chain is whole.
- **Warehouse**: every batch is conformed, and stands exactly once in the history of its table; no key is in a curated
  table twice; rows that are good at the source are current with exactly their content; the mart adds up to them, and
  its record is the snapshot of main; no branch and nothing of validation lies about; `lumbung reconcile` finds no
  difference to the source.
- **Readers** who never stop looking: one at HiveServer2 sees nothing but snapshots that main stood at, one at the
  portal (file and table) nothing but what was published. To be told that a table, a file or a dataset is not there is a
  finding; a refused connection, a 5xx and silence are not, as long as the answer comes when the pass is over.

"Hit" are the runs in which the fault met the task in the middle of its work; in the others the task was past it or did
not come by (a second passing of a point, for instance, needs a second dataset that changed). What became of the struck
task: `mati` it was killed (also after hanging in silence, as Airflow does at a task's time limit), `gagal` it failed
with a message, `selesai` it got through, `tidak tercapai` it was not hit, `-` its pass broke before that could be told.
The task is then tried again without a fault. `make faults ARGS=--resume` strikes again what was not hit; five such runs
of a fault count as one that is done.

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
    return HEAD + "\n".join([*lines, "", *_summary(results), "", REMARKS.read_text(encoding="utf-8")])


def _summary(results: Sequence[Result]) -> list[str]:
    """How many runs, with which seeds, and what was not run at all."""
    known, struck = [fault.name for fault in faults()], {result.fault for result in results}
    whole = sum(result.verdict == OK for result in results)
    of_stage = Counter(result.stage for result in results)
    drives: dict[int, set[str]] = {}
    for result in results:
        drives.setdefault(result.seed, set()).add(result.on)
    told = ", ".join(f"{seed} ({' to '.join(sorted({min(days), max(days)}))})" for seed, days in drives.items())
    lines = [
        f"{len(struck)} of {len(known)} faults, {len(results)} runs, {whole} whole afterwards, "
        f"{len(results) - whole} broken. Runs: "
        + ", ".join(f"{stage} {of_stage[stage]}" for stage in (*STAGES, "publish"))
        + f". Seeds and days of the drives: {told}.",
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
