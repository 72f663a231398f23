"""Promote one validated batch into its curated table: difference, branch, check, one step forward for the readers."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING, Final

from lumbung.faults import point
from lumbung.ledger import WHOLE
from lumbung.ledger.locks import table_lock
from lumbung.lineage import events as lineage
from lumbung.logs import stage
from lumbung.rules.frame import in_curated_types
from lumbung.settings import settings
from lumbung.stages.lookups import clock_of, looked_up, persons_of, remember, require_agreed
from lumbung.warehouse import iceberg
from lumbung.warehouse.changes import ACTION, KIND, NEW, changes, insert, mentioned, merge
from lumbung.warehouse.curated import curated_rows, restated_columns
from lumbung.warehouse.ddl import ROW_HASH, create_curated, curated_columns, curated_name, location
from lumbung.warehouse.session import session

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import Batch, Ledger

log = logging.getLogger(__name__)

TABLE_WAIT_S: Final = 300.0
BRANCH: Final = "conform"


class ValidRowsMissingError(RuntimeError):
    """The accepted rows of a validated batch are not where validate put them."""


@stage("conform")
def promote(ledger: Ledger, declarations: Declarations, batch: Batch) -> int | None:
    """Bring a validated batch into its curated table and mark it conformed; asked again it finds itself done.

    Gives the Iceberg snapshot, None when the batch changed nothing. A batch of unchanged content (`same_as`) starts no
    Spark work. Raises `ValidRowsMissingError`, `LockBusy`, `ConcurrentWriteError`; the batch then stays `validated`.
    """
    dataset = declarations.datasets[batch.dataset]
    name = curated_name(dataset)
    with ledger.lock(table_lock(name), TABLE_WAIT_S):
        known = ledger.batch(batch.id)
        if known.state == "conformed":
            return known.snapshot_id
        if known.same_as is not None:
            snapshot = ledger.batch(known.same_as).snapshot_id
        else:
            spark = session("conform")
            require_agreed(ledger, declarations, dataset, spark)
            create_curated(spark, dataset)
            now = iceberg.current_snapshot(spark, name)
            if now is None:
                snapshot = _load(spark, declarations, dataset, known)
            else:
                snapshot = iceberg.committed(spark, name, batch.id)
                if snapshot is None:
                    snapshot = _merge(spark, declarations, dataset, known)
                else:
                    iceberg.drop_branches(spark, name, BRANCH)
        ledger.conformed(batch.id, snapshot)
        point("conform:recorded")
        lineage.conformed(known, dataset, snapshot)
        _drop(valid_folder(dataset, batch.id), keys_folder(dataset, batch.id))
        point("conform:valid-dropped")
        return snapshot


def _load(spark: SparkSession, declarations: Declarations, dataset: Dataset, batch: Batch) -> int:
    """Fill an empty table: there is nothing to compare with.

    A batch without accepted rows leaves a snapshot too: a table that was loaded and is empty is not a table that never
    was. Look-ups and marts depend on the difference.
    """
    name = curated_name(dataset)
    digest = looked_up(spark, declarations, dataset)
    rows = _in_full(spark, declarations, dataset, batch, _accepted(spark, declarations, dataset, batch))
    branch = iceberg.open_branch(spark, name, BRANCH)
    point("conform:branch-opened")
    with iceberg.signed(spark, {iceberg.BATCH: batch.id, iceberg.RUN: batch.run_id}):
        rows.writeTo(branch.target).append()
    point("conform:merged")
    _check(spark, branch, batch.accepted or 0, batch)
    snapshot = iceberg.publish_branch(spark, branch)
    point("conform:published")
    if restated_columns(dataset):
        remember(spark, name, digest)
    log.info("conform: batch %s into the empty %s: %s rows, snapshot %s", batch.id, name, batch.accepted, snapshot)
    return snapshot


def _merge(spark: SparkSession, declarations: Declarations, dataset: Dataset, batch: Batch) -> int | None:
    """Merge the batch's difference through a branch; None when there is none.

    A window in which nothing happened says nothing about any row, so nothing is compared.
    """
    name = curated_name(dataset)
    if not batch.received and batch.mode not in WHOLE:
        log.info("conform: batch %s received nothing for %s", batch.id, name)
        return None
    accepted = _accepted(spark, declarations, dataset, batch)
    others = _read(spark, keys_folder(dataset, batch.id), _keys_schema(dataset), batch)
    whole, columns = batch.mode in WHOLE, list(curated_columns(dataset))
    current = spark.table(name)
    if not whole:
        current = mentioned(current, accepted, others, dataset.key)
    changed = changes(current, accepted, others, dataset.key, whole)
    found = _in_full(spark, declarations, dataset, batch, changed).persist()
    try:
        counts = {(row[ACTION], row[NEW]): row["count"] for row in found.groupBy(ACTION, NEW).count().collect()}
        if not counts:
            log.info("conform: batch %s changes nothing in %s", batch.id, name)
            return None
        new = sum(n for (_, is_new), n in counts.items() if is_new)
        before = spark.table(name).count()
        branch = iceberg.open_branch(spark, name, BRANCH)
        point("conform:branch-opened")
        with iceberg.signed(spark, {iceberg.BATCH: batch.id, iceberg.RUN: batch.run_id}):
            if new:
                insert(found, branch.target, columns)
                point("conform:inserted")
            if new < sum(counts.values()):
                merge(found, branch.target, columns, dataset.key)
        point("conform:merged")
        _check(spark, branch, before + new, batch)
        snapshot = iceberg.publish_branch(spark, branch)
        point("conform:published")
    finally:
        found.unpersist()
    log.info("conform: batch %s into %s: %s, snapshot %s", batch.id, name, counts, snapshot)
    return snapshot


def _accepted(spark: SparkSession, declarations: Declarations, dataset: Dataset, batch: Batch) -> DataFrame:
    """The batch's accepted rows in the types of the curated table."""
    accepted = _read(spark, valid_folder(dataset, batch.id), _valid_schema(dataset), batch)
    return in_curated_types(accepted, dataset, declarations.systems[dataset.system].timezone)


def _in_full(
    spark: SparkSession, declarations: Declarations, dataset: Dataset, batch: Batch, rows: DataFrame
) -> DataFrame:
    """Rows of the batch with every column of the curated table."""
    return curated_rows(
        rows,
        dataset,
        declarations.lists,
        persons_of(spark, declarations, dataset),
        batch.id,
        clock_of(batch),
        declarations.systems[dataset.system].timezone,
    )


def _check(spark: SparkSession, branch: iceberg.Branch, expected: int, batch: Batch) -> None:
    """Count the branch before anybody can read it: one row per key that was there or came new."""
    after = iceberg.on_branch(spark, branch).count()
    if after != expected:
        iceberg.drop_branch(spark, branch)
        raise RuntimeError(
            f"batch {batch.id} of {batch.dataset}: table {branch.table} would have {after} rows instead of {expected}. "
            "Nothing was changed; this is a mistake in conform, please report it with the engine's log."
        )


def valid_folder(dataset: Dataset, batch_id: str) -> Path:
    """Where validate leaves the accepted rows of a batch."""
    return settings().warehouse / "valid" / dataset.system / dataset.name / batch_id


def keys_folder(dataset: Dataset, batch_id: str) -> Path:
    """Where validate leaves the keys of the rows that were not accepted."""
    folder = valid_folder(dataset, batch_id)
    return folder.with_name(f"{folder.name}.keys")


def _read(spark: SparkSession, folder: Path, schema: str, batch: Batch) -> DataFrame:
    """Rows that validate wrote. A batch that received nothing has no folder; for others a missing one is an error."""
    whole = (folder / "_SUCCESS").exists()
    if whole and any(folder.glob("*.parquet")):
        return spark.read.parquet(location(folder))
    if whole or not batch.received:
        return spark.createDataFrame([], schema)
    raise ValidRowsMissingError(
        f"batch {batch.id} of {batch.dataset}: {folder} is missing or incomplete although the ledger says validated. "
        f"Restore the folder from a backup, or read the rows again: `bin/lumbung run {batch.system}`."
    )


def _valid_schema(dataset: Dataset) -> str:
    """Schema of the accepted rows, as DDL."""
    fields = [f"`{c.name}` {c.spark_type}" for c in (*dataset.columns, *dataset.kept)]
    return ", ".join([*fields, "`_row` BIGINT", f"`{ROW_HASH}` STRING"])


def _keys_schema(dataset: Dataset) -> str:
    """Schema of the keys that were not accepted, as DDL."""
    return ", ".join([*(f"`{c}` {dataset.column(c).spark_type}" for c in dataset.key), f"`{KIND}` STRING"])


def drop_leftovers(ledger: Ledger, datasets: Iterable[Dataset]) -> None:
    """Remove valid rows and working folders of conformed batches: what a process that died between two steps left."""
    for dataset in datasets:
        folder = settings().warehouse / "valid" / dataset.system / dataset.name
        for left in sorted(folder.glob("*-*")) if folder.is_dir() else ():
            working = left.name.endswith(".tmp")  # `<batch>.<token>.tmp`, see rules/places.py
            batch_id = left.name.rsplit(".", 2)[0] if working else left.name.removesuffix(".keys")
            if not left.name.startswith((".", "_")) and _is_conformed(ledger, batch_id):
                _drop(left)


def _is_conformed(ledger: Ledger, batch_id: str) -> bool:
    """Whether the ledger knows the batch as conformed."""
    from lumbung.ledger import NotInLedger

    try:
        return ledger.batch(batch_id).state == "conformed"
    except NotInLedger:
        return False


def _drop(*folders: Path) -> None:
    """Remove folders, those that exist."""
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
