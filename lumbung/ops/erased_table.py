"""The curated table of an erasure: which rows, and a table whose whole history no longer shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from lumbung.faults import point
from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import BATCH_ID, curated_name
from lumbung.warehouse.session import session
from lumbung.warehouse.sql import identifier, literal, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from pyspark.sql import SparkSession

    from lumbung.declarations import Dataset

ERASURE: Final = "lumbung.erasure"
_YOUNGEST_ORPHAN: Final = timedelta(hours=24, minutes=5)
"""Iceberg refuses less than 24 hours, by the engine's clock."""
_ANY_NUMBER: Final = 1_000_000
"""Of small files: only hidden rows are a reason to write them anew."""
OWN_BRANCHES: Final = ("conform_", "restate_")
"""Branches that the stages open under the table's lock: whoever holds it finds only those of attempts that died."""


def condition(dataset: Dataset, wanted: Mapping[str, str]) -> str:
    """The wanted values as a condition over the curated table's own types."""
    parts = []
    for name, value in wanted.items():
        column = dataset.column(name)
        left = f"rtrim({identifier(name)})" if column.logical == "string" else identifier(name)
        parts.append(f"{left} = TRY_CAST({literal(value)} AS {column.spark_type})")
    return " AND ".join(parts)


def found_in_curated(dataset: Dataset, wanted: Mapping[str, str]) -> list[tuple[str, int]]:
    """(batch that brought them, rows) of the matching rows, deleted ones among them."""
    spark, name = session("forget"), curated_name(dataset)
    if iceberg.current_snapshot(spark, name) is None:
        return []
    rows = spark.table(name).where(condition(dataset, wanted)).groupBy(BATCH_ID).count().orderBy(BATCH_ID).collect()
    return [(row[BATCH_ID], row["count"]) for row in rows]


def curated_keys(dataset: Dataset, wanted: Mapping[str, str]) -> list[pa.Array]:
    """The key columns of the matching rows, as text."""
    import pyarrow as pa

    spark, name = session("forget"), curated_name(dataset)
    if iceberg.current_snapshot(spark, name) is None:
        return [pa.array([], pa.string()) for _ in dataset.key]
    rows = spark.table(name).where(condition(dataset, wanted)).select(*dataset.key).collect()
    return [pa.array([None if row[key] is None else str(row[key]) for row in rows], pa.string()) for key in dataset.key]


def foreign_references(dataset: Dataset) -> list[str]:
    """Branches and tags of the table that no stage of ours opens."""
    spark, name = session("forget"), curated_name(dataset)
    if iceberg.current_snapshot(spark, name) is None:
        return []
    return [ref for ref in _references(spark, name) if not ref.startswith(OWN_BRANCHES)]


def _references(spark: SparkSession, name: str) -> list[str]:
    """Branches and tags besides main."""
    rows = spark.table(f"{name}.refs").where("name <> 'main'").select("name").collect()
    return sorted(row["name"] for row in rows)


def erase_curated(spark: SparkSession, dataset: Dataset, wanted: Mapping[str, str], request: str) -> None:
    """Delete the rows, write files anew that hide replaced ones, expire every snapshot but the newest, with the files
    that only they named, and remove the files that no snapshot ever named.

    Of the last, Iceberg leaves those younger than a day, which an attempt may be writing still. Hold the table's lock.
    Repeating it finds nothing to delete and nothing to expire.
    """
    name = curated_name(dataset)
    if iceberg.current_snapshot(spark, name) is None:
        return
    if found_in_curated(dataset, wanted):
        with iceberg.signed(spark, {ERASURE: request}):
            spark.sql(f"DELETE FROM {table(name)} WHERE {condition(dataset, wanted)}")  # noqa: S608 - quoted parts
    point("forget:deleted")
    if spark.table(f"{name}.delete_files").limit(1).collect():  # an older version of the row may lie behind one
        iceberg.write_together(spark, name, _ANY_NUMBER)
    for branch in _references(spark, name):
        if branch.startswith(OWN_BRANCHES):
            iceberg.drop_branch(spark, iceberg.Branch(name, branch))
    old = sorted(set(iceberg.snapshots(spark, name)) - {iceberg.current_snapshot(spark, name)})
    if old:
        ids = ", ".join(str(one) for one in old)
        spark.sql(
            f"CALL spark_catalog.system.expire_snapshots(table => {literal(name)}, snapshot_ids => ARRAY({ids}))"
        ).collect()
    before = datetime.now(UTC) - _YOUNGEST_ORPHAN
    spark.sql(
        f"CALL spark_catalog.system.remove_orphan_files(table => {literal(name)}, "
        f"older_than => TIMESTAMP {literal(before.isoformat(sep=' ', timespec='seconds'))})"
    ).collect()
