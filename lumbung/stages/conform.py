"""Conform: promote validated batches into the curated tables, group by group, everything that is pending.

A batch is merged into its Iceberg table through a branch, signed with its id, so that a retry finds its own work.
Linked datasets (a family and its members) are promoted together: a batch waits while a member of the same run is
stopped or not validated, unless a newer batch of that member has made up for it. The other groups flow.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lumbung.declarations import load
from lumbung.ledger import WHOLE, Ledger
from lumbung.logs import stage
from lumbung.stages.lookups import ListsPendingError
from lumbung.stages.promotion import drop_leftovers, promote
from lumbung.stages.restatement import restate
from lumbung.stages.validate import next_landed, validate_batch
from lumbung.warehouse.session import said, session

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import Batch

log = logging.getLogger(__name__)

SYSTEM_WAIT_S: Final = 900.0
"""Longest wait for another drain of the same system; at full scale one takes minutes."""

_PROMOTABLE: Final = ("validated", "conformed")
_NEWEST: Final = 20
"""How many of the newest batches are looked through for one that makes up for a stopped one (replays do not)."""


class ConformFailedError(RuntimeError):
    """At least one group could not be promoted; the message names each with its reason. The others went through."""


@dataclass(slots=True)
class Drained:
    """What one drain did: ids of the promoted batches, and the waiting batches with their reasons."""

    promoted: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)


@stage("conform")
def conform(run_id: str) -> Drained:
    """Promote everything pending of the run's system, the run's own batches among it.

    Raises `ConformFailedError` after trying all groups, `LockBusy` when another drain of the system does not end.
    """
    ledger = Ledger.connect()
    try:
        again = bool(ledger.batches(run_id=run_id, states=("conformed",)))
        return drain(ledger.run(run_id).system, ledger, again=again)
    finally:
        ledger.close()


def drain(system: str, ledger: Ledger, *, again: bool = False) -> Drained:
    """Promote every validated batch of a system whose group is complete, validate those behind it, and so on.

    At the end labels and statuses of rows that did not change are brought up to date, also in the tables of other
    systems that look persons up in this one. `again`: an earlier attempt promoted something and may have died before
    it came to that.
    """
    declarations = load()
    datasets = declarations.of_system(system)
    drained = Drained()
    failures: list[str] = []
    with ledger.lock(f"promote:{system}", SYSTEM_WAIT_S):
        for label, members in groups(datasets).items():
            try:
                _drain_group(ledger, declarations, members, drained)
            except Exception as error:
                log.exception("conform: group %s of %s failed", label, system)
                failures.append(f"- {label}: {said(error)}")
        if drained.promoted or again:
            for dataset in looking_into(declarations, system):
                try:
                    restate(ledger, session("conform"), declarations, dataset)
                except ListsPendingError as error:
                    failures.append(f"- {dataset.id}: {error}")
        drop_leftovers(ledger, datasets)
    for batch_id, reason in drained.waiting.items():
        log.warning("conform: batch %s waits: %s", batch_id, reason)
    if failures:
        raise ConformFailedError(f"conform of {system}: {len(failures)} group(s) failed\n" + "\n".join(failures))
    return drained


def groups(datasets: Iterable[Dataset]) -> dict[str, list[Dataset]]:
    """Datasets that are promoted together, by the name of their link; a dataset without one is a group of its own."""
    together: dict[str, list[Dataset]] = {}
    for dataset in datasets:
        together.setdefault(dataset.linked or dataset.id, []).append(dataset)
    return together


def looking_into(declarations: Declarations, system: str) -> list[Dataset]:
    """Datasets whose labels or statuses may be stale after a drain: the system's own, and those that look into it."""
    return [
        dataset
        for dataset in declarations.datasets.values()
        if dataset.system == system
        or any(declarations.datasets[reference.to].system == system for reference in dataset.master_refs)
    ]


def _drain_group(ledger: Ledger, declarations: Declarations, members: Sequence[Dataset], drained: Drained) -> None:
    """Promote and validate in turns until nothing of the group moves any more."""
    while True:
        pending = [batch for dataset in members for batch in ledger.batches(dataset=dataset.id, states=("validated",))]
        blocked = {batch.id: _blocked(ledger, members, batch) for batch in pending}
        ready = [batch for batch in pending if blocked[batch.id] is None]
        for batch in ready:
            promote(ledger, declarations, batch)
            drained.promoted.append(batch.id)
        following = [landed.id for dataset in members if (landed := next_landed(ledger, dataset.id)) is not None]
        validated = [validate_batch(batch_id, ledger=ledger) for batch_id in following]
        if not ready and not any(validated):
            drained.waiting.update({batch_id: reason for batch_id, reason in blocked.items() if reason})
            return


def _blocked(ledger: Ledger, members: Sequence[Dataset], batch: Batch) -> str | None:
    """Why a validated batch has to wait for its group; None when it may be promoted."""
    linked = {dataset.id for dataset in members} - {batch.dataset}
    if not linked:
        return None
    of_run = [other for other in ledger.batches(run_id=batch.run_id) if other.dataset in linked]
    newest = {
        other.dataset: ledger.batches(dataset=other.dataset, states=_PROMOTABLE, limit=_NEWEST, newest_first=True)
        for other in of_run
        if other.state not in _PROMOTABLE
    }
    return blocked_by(of_run, newest)


def blocked_by(of_run: Sequence[Batch], newest: Mapping[str, Sequence[Batch]]) -> str | None:
    """Say which linked batch of the same run holds a batch back, or None.

    `of_run`: the other members' batches of the run. `newest`: their newest validated or conformed batches. A batch that
    never landed is made up for by any later one, since the watermark did not move; one that was stopped after it landed
    only by a later whole read.
    """
    for other in of_run:
        if other.state in _PROMOTABLE:
            continue
        later = [b for b in newest.get(other.dataset, ()) if b.run_id > other.run_id and b.mode != "replay"]
        if other.raw_path is None and later:
            continue
        if other.state == "stopped" and any(b.mode in WHOLE for b in later):
            continue
        reason = f": {other.error}" if other.error else ""
        return f"batch {other.id} of the linked dataset {other.dataset} is {other.state}{reason}"
    return None
