"""Iceberg tables: snapshots that nobody needs any more, and small files that are worth writing together.

A snapshot stays while it is young, among the newest of its table, named by a branch or tag, or recorded as what one of
the newest mart refreshes or a publication was computed from, or as what an open rollback left behind. Older refreshes
can still be traced: by the ledger, no longer row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lumbung.faults import point
from lumbung.ledger.locks import table_lock
from lumbung.ops.plans import Step
from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import curated_name
from lumbung.warehouse.sql import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pyspark.sql import SparkSession

    from lumbung.declarations import Declarations
    from lumbung.ledger import Ledger
    from lumbung.settings import Maintenance

TABLE_WAIT_S = 60.0
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Known:
    """A snapshot as far as expiry looks at it. `replaced`: bytes of older files that it took out of the table."""

    id: int
    committed_at: datetime
    replaced: int = 0


def expirable(found: Sequence[Known], needed: Iterable[int], before: datetime, newest: int) -> list[Known]:
    """Snapshots (oldest first) that are older than `before`, not among the `newest` ones and not needed."""
    by_age = sorted(found, key=lambda one: (one.committed_at, one.id))
    keep = {one.id for one in by_age[-newest:]} | set(needed)
    return [one for one in by_age if one.committed_at < before and one.id not in keep]


def needed_snapshots(ledger: Ledger, declarations: Declarations, refreshes: int) -> dict[str, set[int]]:
    """Per table, the snapshots that the newest refreshes of every mart and the publications were computed from.

    Also those that open rollbacks went back from: their rows still count as received (`stages.received`), and going
    forth again needs them.
    """
    tables = {dataset.id: curated_name(dataset) for dataset in declarations.datasets.values()}
    needed: dict[str, set[int]] = {}
    for mart, snapshot, inputs in ledger.mart_snapshots(refreshes):
        for name, used in {f"mart.{mart}": snapshot, **inputs}.items():
            if used is not None:
                needed.setdefault(tables.get(name, name), set()).add(int(used))
    for dataset, table in tables.items():
        for undone in ledger.open_rollbacks(dataset):
            needed.setdefault(table, set()).add(undone.from_snapshot)
    return needed


def snapshot_steps(
    spark: SparkSession, ledger: Ledger, declarations: Declarations, keep: Maintenance, before: datetime
) -> list[Step]:
    """One step per table with snapshots to expire, and one per curated table with many small files."""
    needed = needed_snapshots(ledger, declarations, keep.mart_refreshes)
    steps = []
    for name in tables(spark, declarations):
        found = iceberg.snapshots(spark, name).values()
        replaced = [Known(s.id, s.committed_at, int(s.summary.get("removed-files-size", 0))) for s in found]
        wanted = needed.get(name, set()) | references(spark, name)
        old = expirable(replaced, wanted, before, keep.snapshots_kept)
        if old:
            why = f"{len(old)} dari {len(replaced)} snapshot lebih tua dari {keep.snapshot_days} hari dan tidak dirujuk"
            freed = _freed(replaced, old)
            steps.append(Step("snapshot", name, why, 0, freed, {"snapshots": [one.id for one in old]}))
        if name.startswith("curated."):
            steps += _compaction(spark, name, keep)
    return steps


def _freed(found: Sequence[Known], old: Sequence[Known]) -> int:
    """Bytes that go at most: what each expired snapshot's successor had taken out of the table."""
    by_age = sorted(found, key=lambda one: (one.committed_at, one.id))
    gone = {one.id for one in old}
    return sum(later.replaced for earlier, later in pairwise(by_age) if earlier.id in gone)


def tables(spark: SparkSession, declarations: Declarations) -> list[str]:
    """The Iceberg tables that exist: curated, marts and lists."""
    wanted = [
        *(curated_name(dataset) for dataset in declarations.datasets.values()),
        *(f"mart.{name}" for name in declarations.marts),
        *(f"ref.{name}" for name in declarations.lists),
    ]
    return sorted(name for name in wanted if iceberg.current_snapshot(spark, name) is not None)


def references(spark: SparkSession, name: str) -> set[int]:
    """Snapshots that a branch (main among them) or a tag of the table names."""
    return {int(row["snapshot_id"]) for row in spark.table(f"{name}.refs").select("snapshot_id").collect()}


def _compaction(spark: SparkSession, name: str, keep: Maintenance) -> list[Step]:
    sizes = [row["file_size_in_bytes"] for row in spark.table(f"{name}.files").select("file_size_in_bytes").collect()]
    small = [size for size in sizes if size < keep.small_file_mb * _MB]
    if len(small) < keep.small_files:
        return []
    detail = {
        "snapshot": iceberg.current_snapshot(spark, name),
        "files": len(small),
        "bytes": sum(small),
        "least": keep.small_files,
    }
    why = f"{len(small)} dari {len(sizes)} berkas lebih kecil dari {keep.small_file_mb} MB"
    return [Step("padatkan", name, why, 0, 0, detail)]


def writers_lock(name: str) -> str:
    """The lock that the writers of a table hold: marts and lists are written under one for all of them."""
    return table_lock(name) if name.startswith("curated.") else "marts"


def expire(spark: SparkSession, ledger: Ledger, name: str, snapshots: Sequence[int]) -> None:
    """Expire these snapshots, those that are left of them, and remove the files that only they named.

    Raises LockBusy while a stage writes the table.
    """
    with ledger.lock(writers_lock(name), TABLE_WAIT_S) as held:
        left = sorted(set(snapshots) & set(iceberg.snapshots(spark, name)) - references(spark, name))
        if left:
            ids = ", ".join(str(int(one)) for one in left)
            held.confirm()
            spark.sql(
                f"CALL spark_catalog.system.expire_snapshots(table => {literal(name)}, snapshot_ids => ARRAY({ids}))"
            ).collect()
    point("maintain:snapshots-expired")


def compact(spark: SparkSession, ledger: Ledger, name: str, detail: Mapping[str, Any]) -> int:
    """Write the small files of a table together (`iceberg.write_together`), unless it has moved on since the plan;
    files that were rewritten. Readers see the same table before and after.
    """
    with ledger.lock(writers_lock(name), TABLE_WAIT_S) as held:
        if iceberg.current_snapshot(spark, name) != detail["snapshot"]:
            return 0
        before = spark.table(name).count()
        held.confirm()
        rewritten = iceberg.write_together(spark, name, int(detail["least"]))
        after = spark.table(name).count()
        if before != after:
            raise RuntimeError(f"table {name} had {before} rows before compaction and {after} after it; roll it back")
    point("maintain:compacted")
    return rewritten
