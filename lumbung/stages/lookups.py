"""What labels and statuses of curated rows are looked up in: code lists, and master tables."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING

from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import curated_name, differing_of
from lumbung.warehouse.reference import agreed, changes_of, version
from lumbung.warehouse.session import said, session
from lumbung.warehouse.sql import literal, table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pyspark.sql import DataFrame, SparkSession

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import Batch, Ledger

log = logging.getLogger(__name__)


class ListsPendingError(RuntimeError):
    """A list that the dataset uses changed the meaning of a code, and nobody agreed to that yet."""


def require_agreed(
    ledger: Ledger, declarations: Declarations, dataset: Dataset, spark: SparkSession | None = None
) -> None:
    """Hold the lists that a dataset uses against the versions that were agreed to; the engine is asked only when one
    differs. What changes no meaning (a new code, other words) passes, and so does what was never loaded.

    Raises `ListsPendingError`.
    """
    used = [name for _, name in dataset.coded]
    used += [reference.list for reference in dataset.list_refs]
    used += [reference.list for reference in dataset.names]
    known = agreed(ledger)
    pending = []
    for name in dict.fromkeys(used):
        codes = declarations.lists[name]
        if known.get(name) in (None, version(codes)):
            continue
        if any(change.meaning for change in changes_of(spark or session("standards"), codes)):
            pending.append(name)
    if pending:
        raise ListsPendingError(
            f"{dataset.id}: daftar kode {', '.join(pending)} mengubah arti kode yang berlaku di gudang dan belum "
            "disetujui. Periksa dengan `bin/lumbung standards diff`, lalu `bin/lumbung standards apply`, atau "
            "kembalikan CSV-nya. Batch tetap menunggu; tidak ada yang hilang."
        )


def persons_of(spark: SparkSession, declarations: Declarations, dataset: Dataset) -> Mapping[str, DataFrame | None]:
    """The master table per `MasterRef.to`; None when it was never loaded or cannot be read just now."""
    return {
        reference.to: _master(spark, curated_name(declarations.datasets[reference.to]))
        for reference in dataset.master_refs
    }


def _master(spark: SparkSession, name: str) -> DataFrame | None:
    """A master table at its present snapshot, None when it could not be looked into, which is an outcome too."""
    from pyspark.errors import PySparkException

    try:
        snapshot = iceberg.current_snapshot(spark, name)
        if snapshot is None:
            return None
        master = iceberg.at(spark, name, snapshot)
        master.limit(1).collect()
    except PySparkException as error:
        log.warning("conform: data induk %s cannot be read; look-ups are marked so: %s", name, said(error))
        return None
    return master


def clock_of(batch: Batch) -> datetime:
    """The source clock of a batch; a replay has none of its own and is dated by when it was taken up again."""
    moment = batch.source_clock or batch.landed_at
    if moment is None:
        raise ValueError(f"batch {batch.id} of {batch.dataset} has neither source clock nor landing time in the ledger")
    return moment


def looked_up(spark: SparkSession, declarations: Declarations, dataset: Dataset) -> str:
    """Digest of everything that labels and statuses of a table depend on, besides its own rows."""
    lists = {
        name: sorted(
            (row.code, row.valid_from.isoformat(), row.valid_to.isoformat(), row.label)
            for row in declarations.lists[name].rows
        )
        for _, name in dataset.coded
    }
    masters = {
        reference.id: [
            iceberg.current_snapshot(spark, curated_name(declarations.datasets[reference.to])),
            reference.model_dump(include={"column", "to_column", "when", "compare"}, mode="json"),
            differing_of(reference),
        ]
        for reference in dataset.master_refs
    }
    content = json.dumps({"lists": lists, "masters": masters}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def remembered(spark: SparkSession, name: str) -> str | None:
    """The digest that the labels and statuses of the table's rows were last brought up to; None when never."""
    for row in spark.sql(f"SHOW TBLPROPERTIES {table(name)}").collect():
        if row["key"] == iceberg.RESTATED:
            return str(row["value"])
    return None


def remember(spark: SparkSession, name: str, digest: str) -> None:
    """Write down what the labels and statuses of the table's rows are right for; this makes no snapshot."""
    spark.sql(f"ALTER TABLE {table(name)} SET TBLPROPERTIES ({literal(iceberg.RESTATED)} = {literal(digest)})")
