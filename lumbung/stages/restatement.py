"""Bring labels and statuses of unchanged rows up to date after a code list or a master table changed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from lumbung.faults import point
from lumbung.ledger.locks import table_lock
from lumbung.stages.lookups import looked_up, persons_of, remember, remembered, require_agreed
from lumbung.stages.promotion import TABLE_WAIT_S
from lumbung.warehouse import iceberg
from lumbung.warehouse.changes import merge_restated
from lumbung.warehouse.curated import restated, restated_columns
from lumbung.warehouse.ddl import create_curated, curated_name

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import Ledger

log = logging.getLogger(__name__)

SUMMARY: Final = "lumbung.restate"
BRANCH: Final = "restate"


def restate(ledger: Ledger, spark: SparkSession, declarations: Declarations, dataset: Dataset) -> int | None:
    """Recompute labels and statuses of a table's current rows when what they are looked up in changed.

    The digest of the lists and of the master tables' snapshots is kept as a property of the table, so that
    nothing is read when nothing changed. Content and lineage of the rows stay as they are. Gives the snapshot, None
    when no row was wrong.
    """
    name = curated_name(dataset)
    if not restated_columns(dataset):
        return None
    if iceberg.current_snapshot(spark, name) is None:
        return None
    with ledger.lock(table_lock(name), TABLE_WAIT_S):
        digest = looked_up(spark, declarations, dataset)
        if remembered(spark, name) == digest:
            return None
        require_agreed(ledger, declarations, dataset, spark)
        create_curated(spark, dataset)  # a declaration may have brought a column since the last batch
        zone = declarations.systems[dataset.system].timezone
        persons = persons_of(spark, declarations, dataset)
        found = restated(spark.table(name), dataset, declarations.lists, persons, zone).persist()
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
            else:
                iceberg.drop_branches(spark, name, BRANCH)
        finally:
            found.unpersist()
        remember(spark, name, digest)
    log.info("conform: %s rows of %s restated, snapshot %s", wrong, name, snapshot)
    return snapshot
