"""What a batch is judged against: the received rows of its parents, its own current rows, and the state of both."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lumbung.ledger import WHOLE
from lumbung.rules.places import quarantine_folder
from lumbung.rules.references import Received, current_hashes
from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import DELETED_BATCH, curated_name, location

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import Batch, Ledger

log = logging.getLogger(__name__)

SMALL_BATCH: Final = 5_000
SMALL_TABLE: Final = 100_000
"""Up to how many rows queries are interpreted: the batch measured, the tables a judgement (docs/decisions/0006)."""
FEW: Final = 50_000
"""Up to how many rows of a batch their referring values are sent to a parent that is no small table: a judgement."""


def inputs_digest(ledger: Ledger, declarations: Declarations, dataset: Dataset) -> str:
    """SHA-256 over all that decides a verdict besides the rows: declarations, and what was received of the parents."""
    parents = sorted({reference.to for reference in dataset.references})
    document = {
        "declarations": declarations.digest(dataset),
        "parents": {parent: _state(ledger, parent) for parent in parents},
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _state(ledger: Ledger, parent: str) -> str:
    """What was received of a parent, by its newest batch that may have changed that.

    A whole read says it by its content, whatever became of the rows; other batches by their id, those left out that
    brought nothing new.
    """
    for batch in ledger.batches(dataset=parent, states=("landed", "validated", "conformed"), newest_first=True):
        if batch.mode in WHOLE:
            return f"isi {batch.digest}"
        if batch.state == "landed" or batch.accepted or batch.quarantined:
            return f"batch {batch.id}"
    return ""


def unchanged_since(ledger: Ledger, batch: Batch, inputs: str) -> Batch | None:
    """The whole read before this one when nothing at all has changed since; its verdict then still holds.

    Same rows, same declarations, same parents, no other batch of the dataset (a replay, a window) in between, and the
    table was not rolled back: its rows have to be brought back, however unchanged they are.
    """
    if batch.mode not in WHOLE or ledger.open_rollback(batch.dataset) is not None:
        return None
    newest = ledger.batches(dataset=batch.dataset, states=("conformed",), newest_first=True, limit=1)
    if not newest or newest[0].mode != batch.mode:
        return None
    same = newest[0].digest == batch.digest and newest[0].inputs_digest == inputs and newest[0].received
    return newest[0] if same else None


def is_small(ledger: Ledger, dataset: Dataset, batch: Batch) -> bool:
    """Whether all that the verdict on a batch reads is small: its rows, its parents, its own current rows."""
    read = {dataset.id, *(reference.to for reference in dataset.references)}
    return (batch.received or 0) <= SMALL_BATCH and all(_ever(ledger, other) <= SMALL_TABLE for other in read)


def asks_few(ledger: Ledger, batch: Batch, parent: Dataset) -> bool:
    """Whether a batch is small beside a parent: what it asks for is then sent to the parent."""
    return (batch.received or 0) <= FEW and _ever(ledger, parent.id) > SMALL_TABLE


def _ever(ledger: Ledger, dataset_id: str) -> int:
    """Rows of a dataset that were ever accepted or wait: never fewer than there are."""
    known = ledger.batches(dataset=dataset_id, states=("landed", "validated", "conformed"))
    return sum((batch.received if batch.accepted is None else batch.accepted) or 0 for batch in known)


def raw_rows(spark: SparkSession, warehouse: Path, batch: Batch) -> DataFrame:
    """The raw rows of a landed batch."""
    if batch.raw_path is None:
        raise RuntimeError(f"batch {batch.id} of {batch.dataset} is {batch.state} without a raw folder; land it first")
    return spark.read.parquet(location(warehouse / batch.raw_path))


def curated_rows(spark: SparkSession, dataset: Dataset) -> DataFrame | None:
    """Current (not deleted) rows of the curated table; None before its first promotion."""
    name = curated_name(dataset)
    return spark.table(name).where(f"{DELETED_BATCH} IS NULL") if spark.catalog.tableExists(name) else None


def current_rows(spark: SparkSession, dataset: Dataset, asked: DataFrame | None = None) -> DataFrame | None:
    """Key and content hashes of the current curated rows; None before the first promotion.

    `asked`: the key columns of the rows that are to be compared, in curated types; the others are left out.
    """
    from pyspark.sql import functions as fn

    curated = curated_rows(spark, dataset)
    if curated is None:
        return None
    if asked is not None:
        curated = curated.join(fn.broadcast(asked), list(dataset.key), "left_semi")
    return current_hashes(curated, dataset)


def received_of(
    ledger: Ledger, spark: SparkSession, warehouse: Path, parent: Dataset, *, present: bool = False
) -> Received:
    """Everything received of a parent: unpromoted batches, current rows, refused rows that are still open.

    `present`: only what the source still has, as far as that is known. When a whole read waits, what came before it
    is left out: an instalment that was taken back must not count among the others.
    """
    pending = [b for b in ledger.batches(dataset=parent.id, states=("landed", "validated")) if b.received]
    whole = [index for index, batch in enumerate(pending) if batch.mode in WHOLE]
    if present and whole:
        return Received(pending=tuple(raw_rows(spark, warehouse, batch) for batch in pending[whole[-1] :]))
    return Received(
        pending=tuple(raw_rows(spark, warehouse, batch) for batch in pending),
        curated=curated_rows(spark, parent),
        refused=_open_refused(ledger, spark, warehouse, parent, {batch.id for batch in pending}),
        undone=_undone(ledger, spark, parent),
    )


def _undone(ledger: Ledger, spark: SparkSession, parent: Dataset) -> DataFrame | None:
    """Rows that were current before the table was rolled back: they were received all the same, and will come again."""
    rollbacks = ledger.open_rollbacks(parent.id)
    if not rollbacks:
        return None
    name, before = curated_name(parent), rollbacks[0].from_snapshot
    if before not in iceberg.snapshots(spark, name):
        log.warning("validate: snapshot %s of %s, from before its rollback, is expired", before, name)
        return None
    return iceberg.at(spark, name, before).where(f"{DELETED_BATCH} IS NULL")


def _open_refused(
    ledger: Ledger, spark: SparkSession, warehouse: Path, parent: Dataset, without: set[str]
) -> tuple[DataFrame, ...]:
    """Open refused rows of a dataset from quarantine, those of the batches `without` left out; one frame or none."""
    from pyspark.sql import functions as fn

    still_open = [
        (row.batch_id, row.row_no) for row in ledger.refused_rows(dataset=parent.id) if row.batch_id not in without
    ]
    if not still_open:
        return ()
    folders = [
        quarantine_folder(warehouse, parent.system, parent.name, b) for b in dict.fromkeys(b for b, _ in still_open)
    ]
    stored = (
        spark.read.option("basePath", location(folders[0].parent))
        .option("mergeSchema", "true")
        .parquet(*(location(folder) for folder in folders))
    )
    wanted = spark.createDataFrame(still_open, "batch string, _row bigint")
    return (stored.join(fn.broadcast(wanted), ["batch", "_row"], "left_semi").drop("batch"),)
