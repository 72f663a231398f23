"""Validate: every landed batch gets its verdict, rows are split into valid, quarantine and duplicate, and counted.

Batches of a dataset go one at a time: the next one is validated against the rows that the one before has left in
curated, so it waits until conform has promoted that. A batch that fails stays `landed`: nothing is lost and the next
call tries again. So does one of which too much is refused: it waits for a decision (`halting`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from lumbung.declarations import load
from lumbung.faults import point
from lumbung.ledger import REPLACED, WHOLE, Counts, Ledger
from lumbung.lineage import events as lineage
from lumbung.logs import stage
from lumbung.settings import settings
from lumbung.stages.halting import halt, outdone, set_aside, waits
from lumbung.stages.judging import judge
from lumbung.stages.lookups import require_agreed
from lumbung.stages.received import inputs_digest, is_small, unchanged_since
from lumbung.warehouse.session import session, small_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import Batch

log = logging.getLogger(__name__)

LOCK_WAIT_S: Final = 900.0
"""Longest wait for another validation of the same dataset; at full scale one takes minutes."""
REPLAYED: Final = "diproses ulang"
GONE: Final = "dihapus di sumber"


class ValidateFailed(RuntimeError):
    """At least one dataset could not be validated; the message names each and why. Others went through."""


@stage("validate")
def validate(run_id: str) -> None:
    """Validate what is pending of the run's system: per dataset (parents first) the batch whose turn it is.

    Raises `ValidateFailed` after trying all datasets.
    """
    ledger = Ledger.connect()
    try:
        system = ledger.run(run_id).system
        failures: list[str] = []
        for dataset in load().of_system(system):
            try:
                if (batch := next_landed(ledger, dataset.id)) is not None:
                    validate_batch(batch.id, ledger=ledger)
            except Exception as error:
                log.exception("validate: %s", dataset.id)
                failures.append(f"{dataset.id}: {error}")
    finally:
        ledger.close()
    if failures:
        raise ValidateFailed(f"validate of {system}: {len(failures)} dataset(s) failed.\n" + "\n".join(failures))


def next_landed(ledger: Ledger, dataset_id: str) -> Batch | None:
    """The batch of a dataset that is to be validated next; None when there is none, or one waits for its promotion.

    Replays go first: their rows were received before any batch that still waits, which may bring newer versions of
    them. A batch that waits for a decision is still the next, unless a newer whole read has made up for it.
    """
    pending = ledger.batches(dataset=dataset_id, states=("landed", "validated"))
    if not pending or any(batch.state == "validated" for batch in pending):
        return None
    done_without = outdone(pending, {one.batch_id for one in ledger.halts(dataset_id)})
    ready = [batch for batch in pending if batch.id not in done_without]
    return next((batch for batch in ready if batch.mode == "replay"), ready[0])


@stage("validate")
def validate_batch(batch_id: str, *, ledger: Ledger | None = None, spark: SparkSession | None = None) -> bool:
    """Validate one batch; False when it is not its turn (see `next_landed`), was validated already, or has to wait.

    `spark` is opened only when rows have to be looked at: an empty or unchanged batch starts no Spark work.
    Raises what stopped it; the batch then stays landed.
    """
    if ledger is None:
        own = Ledger.connect()
        try:
            return validate_batch(batch_id, ledger=own, spark=spark)
        finally:
            own.close()
    declarations = load()
    dataset = declarations.datasets[ledger.batch(batch_id).dataset]
    with ledger.lock(f"validate:{dataset.id}", LOCK_WAIT_S) as held:
        set_aside(ledger, dataset.id)
        turn = next_landed(ledger, dataset.id)
        if turn is None or turn.id != batch_id:
            return False
        return _validate(ledger, declarations, dataset, turn, spark, held.confirm)


def _validate(
    ledger: Ledger,
    declarations: Declarations,
    dataset: Dataset,
    batch: Batch,
    spark: SparkSession | None,
    confirm: Callable[[], None],
) -> bool:
    """Judge the batch whose turn it is; False when it waits for a decision."""
    received = batch.received or 0
    inputs = inputs_digest(ledger, declarations, dataset)
    timezone = declarations.systems[dataset.system].timezone
    if waits(ledger, dataset, batch, inputs, timezone):
        return False
    if received == 0:
        close_superseded(ledger, batch, ())
        ledger.validated(batch.id, Counts(0, 0, 0, 0), (), (), inputs)
    elif (previous := unchanged_since(ledger, batch, inputs)) is not None:
        refused = previous.quarantined or 0
        origin = previous.same_as or previous.id
        counts = Counts(received, 0, refused, received - refused)
        ledger.validated(batch.id, counts, ledger.rule_counts(origin), (), inputs, same_as=origin)
    else:
        if spark is None:
            spark = session("validate")
        require_agreed(ledger, declarations, dataset, spark)
        with small_data(spark, is_small(ledger, dataset, batch)):
            verdict = judge(ledger, spark, settings(), declarations, dataset, batch, confirm)
        confirm()
        if (halted := halt(ledger, dataset, batch, verdict, inputs, timezone)) is not None:
            verdict.put_back()
            lineage.validated(batch, dataset, f"menunggu keputusan: {halted.fresh} baris ditolak")
            log.warning("validate: %s waits for a decision: %s rows refused", batch.id, halted.fresh)
            return False
        close_superseded(ledger, batch, verdict.reopened)
        point("validate:superseded-closed")
        ledger.validated(batch.id, verdict.counts, verdict.rules, verdict.refused, inputs)
        point("validate:recorded")
        verdict.clean_up()
    counted = ledger.batch(batch.id)
    lineage.validated(counted, dataset)
    log.info(
        "validate: %s: received %s, accepted %s, quarantined %s, duplicate %s",
        *(batch.id, counted.received, counted.accepted, counted.quarantined, counted.duplicate),
    )
    return True


def close_superseded(ledger: Ledger, batch: Batch, received_keys: tuple[str, ...]) -> int:
    """Close earlier refused rows that this batch supersedes; how many.

    `received_keys`: key hashes of open refused rows that came again, whatever became of them now. A full read also
    closes those that did not come again: the source no longer has them. It happens before the batch counts as
    validated, so that a crash in between leaves rows in a batch that still has to be judged, never in none.
    """
    why = REPLAYED if batch.mode == "replay" else REPLACED
    closed = ledger.close_refused_keys(batch.dataset, received_keys, batch.id, why)
    if batch.mode in WHOLE:
        for earlier, _ in ledger.open_refused(batch.dataset):
            if earlier != batch.id:
                closed += ledger.close_refused(earlier, None, batch.id, GONE)
    return closed
