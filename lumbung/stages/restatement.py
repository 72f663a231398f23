"""Bring labels and statuses of unchanged rows up to date after a code list or a master table changed."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Final

from lumbung.faults import point
from lumbung.stages.promotion import TABLE_WAIT_S, business_date, clock_of, persons_of, table_lock
from lumbung.warehouse import iceberg
from lumbung.warehouse.changes import merge_restated
from lumbung.warehouse.curated import restated, restated_columns
from lumbung.warehouse.ddl import curated_name
from lumbung.warehouse.sql import literal, table

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import SparkSession

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import Ledger

log = logging.getLogger(__name__)

PROPERTY: Final = "lumbung.restated"
SUMMARY: Final = "lumbung.restate"
BRANCH: Final = "restate"


def restate(ledger: Ledger, spark: SparkSession, declarations: Declarations, dataset: Dataset) -> int | None:
    """Recompute labels and statuses of a table's current rows when what they are looked up in changed.

    The digest of the lists valid today and of the master tables' snapshots is kept as a property of the table, so that
    nothing is read when nothing changed. Content and lineage of the rows stay as they are. Gives the snapshot, None
    when no row was wrong.
    """
    name = curated_name(dataset)
    if not restated_columns(dataset):
        return None
    newest = ledger.batches(dataset=dataset.id, states=("conformed",), limit=1, newest_first=True)
    if not newest or iceberg.current_snapshot(spark, name) is None:
        return None
    on = business_date(declarations, dataset, clock_of(newest[0]))
    with ledger.lock(table_lock(name), TABLE_WAIT_S):
        digest = looked_up(spark, declarations, dataset, on)
        if _property(spark, name) == digest:
            return None
        persons = persons_of(spark, declarations, dataset)
        found = restated(spark.table(name), dataset, declarations.lists, persons, on).persist()
        try:
            wrong = found.count()
            snapshot = None
            if wrong:
                branch = iceberg.open_branch(spark, name, BRANCH)
                point("conform:restate-branch-opened")
                with iceberg.signed(spark, {SUMMARY: digest}):
                    merge_restated(found, branch.target, restated_columns(dataset), dataset.key)
                point("conform:restated")
                snapshot = iceberg.publish_branch(spark, branch)
        finally:
            found.unpersist()
        spark.sql(f"ALTER TABLE {table(name)} SET TBLPROPERTIES ({literal(PROPERTY)} = {literal(digest)})")
    log.info("conform: %s rows of %s restated, snapshot %s", wrong, name, snapshot)
    return snapshot


def looked_up(spark: SparkSession, declarations: Declarations, dataset: Dataset, on: date) -> str:
    """Digest of everything that labels and statuses of a table depend on, besides its own rows."""
    lists = {
        column.code_list: sorted(
            (row.code, row.label)
            for row in declarations.lists[column.code_list].rows
            if row.valid_from <= on <= row.valid_to
        )
        for column in dataset.columns
        if column.code_list is not None
    }
    masters = {
        reference.id: [
            iceberg.current_snapshot(spark, curated_name(declarations.datasets[reference.to])),
            reference.model_dump(include={"column", "to_column", "when", "compare"}, mode="json"),
        ]
        for reference in dataset.master_refs
    }
    content = json.dumps({"lists": lists, "masters": masters}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _property(spark: SparkSession, name: str) -> str | None:
    """The digest that the table's rows were last brought up to."""
    for row in spark.sql(f"SHOW TBLPROPERTIES {table(name)}").collect():
        if row["key"] == PROPERTY:
            return str(row["value"])
    return None
