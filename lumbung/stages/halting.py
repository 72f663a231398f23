"""When a batch waits for a decision on its quality, and what ends the wait (docs/decisions/0021).

A batch of which too much is refused stays `landed` with a halt in the ledger; those behind it wait, since order counts.
It is judged again when the rules, lists or parents that it was judged by have changed, when the limit allows it now, or
when somebody let it go on. A newer whole read of its dataset says all that it could say: then it is set aside.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lumbung.ledger import WHOLE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from lumbung.declarations import Dataset
    from lumbung.ledger import Batch, Halt, Ledger, Waiver
    from lumbung.stages.judging import Judged

log = logging.getLogger(__name__)


def outdone(pending: Sequence[Batch], halted: Collection[str]) -> dict[str, str]:
    """Batches that wait for a decision and need none any more, with the newer whole read that has landed.

    `pending`: the dataset's batches that are not promoted, in landing order. `halted`: ids of those that wait.
    """
    found: dict[str, str] = {}
    for index, batch in enumerate(pending):
        newer = next((later.id for later in pending[index + 1 :] if later.mode in WHOLE), None)
        if batch.id in halted and newer is not None:
            found[batch.id] = newer
    return found


def set_aside(ledger: Ledger, dataset_id: str) -> None:
    """Stop the batches that a newer whole read has made up for; hold the dataset's lock. Nothing of them is lost."""
    halted = {halt.batch_id for halt in ledger.halts(dataset_id)}
    if halted:
        for batch_id, newer in outdone(ledger.batches(dataset=dataset_id, states=("landed",)), halted).items():
            ledger.stopped(
                batch_id, f"terlalu banyak baris ditolak; pembacaan utuh yang lebih baru menggantikannya: {newer}"
            )
            log.info("validate: %s set aside, %s has read everything since", batch_id, newer)


def waits(ledger: Ledger, dataset: Dataset, batch: Batch, inputs: str, timezone: str) -> bool:
    """Whether a batch whose turn it is still waits. `inputs`: the digest of what it would be judged by now."""
    halt = ledger.halt_of(batch.id)
    if halt is None or halt.inputs_digest != inputs or not _above(dataset, halt.fresh, halt.counts.accepted):
        return False
    return not is_waived(ledger.waivers(batch.id), halt.fresh, datetime.now(ZoneInfo(timezone)).date())


def is_waived(waivers: Sequence[Waiver], fresh: int, today: date) -> bool:
    """Whether somebody let a batch with so many refused rows go on: it covers what its giver saw, until its day."""
    return any(today <= one.until and fresh <= one.fresh for one in waivers)


def halt(ledger: Ledger, dataset: Dataset, batch: Batch, verdict: Judged, inputs: str, timezone: str) -> Halt | None:
    """Let a judged batch wait when it is above its dataset's limit and nobody lets it go on; None when it goes on.

    A replay never waits: its rows were refused before.
    """
    if batch.mode == "replay" or dataset.quality is None:
        return None
    again = set(verdict.reopened)
    fresh = sum(row.key_hash not in again for row in verdict.refused)
    if not _above(dataset, fresh, verdict.counts.accepted):
        return None
    if is_waived(ledger.waivers(batch.id), fresh, datetime.now(ZoneInfo(timezone)).date()):
        return None
    limit = (dataset.quality.most_refused, dataset.quality.from_rows)
    return ledger.halt(batch.id, verdict.counts, fresh, limit, verdict.rules, inputs)


def _above(dataset: Dataset, fresh: int, accepted: int) -> bool:
    return dataset.quality is not None and dataset.quality.exceeded(fresh, accepted)
