"""Iceberg tables: writing through a branch, and reading who wrote what.

A writer prepares its result on a branch, checks it there and moves `main` forward in one step: readers see the old or
the new table, never a mix. Whoever wrote stands in the snapshot's summary (`lumbung.batch`, `lumbung.run`), which is
how a retry finds its own work and how a figure is traced back.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from lumbung.warehouse.sql import identifier, literal, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark.sql import DataFrame, SparkSession

BATCH: Final = "lumbung.batch"
RUN: Final = "lumbung.run"
RESTATED: Final = "lumbung.restated"
"""Table property with the digest that a curated table's labels and statuses are right for."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PROPERTY: Final = "spark.sql.iceberg.snapshot-property."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot of a table with its summary; `parent` is None for the first one."""

    id: int
    parent: int | None
    committed_at: datetime
    summary: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a table (`database.table`) that is being written."""

    table: str
    name: str

    @property
    def target(self) -> str:
        """The name that MERGE and INSERT write to."""
        return f"{self.table}.branch_{self.name}"


def snapshots(spark: SparkSession, name: str) -> dict[int, Snapshot]:
    """Every snapshot that the table still knows, by id, orphaned attempts among them."""
    rows = spark.table(f"{name}.snapshots").selectExpr(
        "snapshot_id", "parent_id", "unix_micros(committed_at) AS committed_us", "summary"
    )
    return {
        row["snapshot_id"]: Snapshot(
            row["snapshot_id"], row["parent_id"], _EPOCH + timedelta(microseconds=row["committed_us"]), row["summary"]
        )
        for row in rows.collect()
    }


def current_snapshot(spark: SparkSession, name: str) -> int | None:
    """Id of main's snapshot; None when the table does not exist or was never written."""
    from pyspark.errors import AnalysisException

    try:
        rows = spark.table(f"{name}.refs").where("name = 'main'").select("snapshot_id").collect()
    except AnalysisException as error:
        if not is_missing(error):
            raise
        return None
    return int(rows[0]["snapshot_id"]) if rows else None


def is_missing(error: Exception) -> bool:
    """Whether Spark says that a table or database does not exist (of a metadata table it says so by its namespace)."""
    marks = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "REQUIRES_SINGLE_PART_NAMESPACE")
    return any(mark in str(error) for mark in marks)


def ancestry(spark: SparkSession, name: str, snapshot_id: int | None) -> list[Snapshot]:
    """The snapshot and its ancestors, newest first. Raises `LookupError` when the table does not know the snapshot."""
    known = snapshots(spark, name)
    if snapshot_id is not None and snapshot_id not in known:
        raise LookupError(f"table {name} has no snapshot {snapshot_id}; it was expired or belongs to another table")
    chain: list[Snapshot] = []
    following = snapshot_id
    while following is not None and following in known:
        chain.append(known[following])
        following = known[following].parent
    return chain


def committed(spark: SparkSession, name: str, batch_id: str) -> int | None:
    """Snapshot of main's history that a batch wrote, or None. An attempt that never reached main does not count."""
    from pyspark.sql import functions as fn

    mine = spark.table(f"{name}.snapshots").where(fn.col("summary")[BATCH] == batch_id)
    history = spark.table(f"{name}.history").where("is_current_ancestor").select("snapshot_id")
    rows = mine.join(history, "snapshot_id").select("snapshot_id").collect()
    return int(rows[0]["snapshot_id"]) if rows else None


def written_with(spark: SparkSession, name: str, key: str, value: str, snapshot_id: int | None) -> int | None:
    """The snapshot itself when its summary holds this entry, else None."""
    if snapshot_id is None:
        return None
    rows = spark.table(f"{name}.snapshots").where(f"snapshot_id = {int(snapshot_id)}").select("summary").collect()
    return snapshot_id if rows and rows[0]["summary"].get(key) == value else None


@contextmanager
def signed(spark: SparkSession, summary: Mapping[str, str]) -> Iterator[None]:
    """Write these entries into the summary of every snapshot that the session commits inside the block."""
    for key, value in summary.items():
        spark.conf.set(_PROPERTY + key, value)
    try:
        yield
    finally:
        for key in summary:
            spark.conf.unset(_PROPERTY + key)


def at(spark: SparkSession, name: str, snapshot_id: int) -> DataFrame:
    """The table as of a snapshot."""
    return spark.read.option("versionAsOf", str(snapshot_id)).table(name)


def on_branch(spark: SparkSession, branch: Branch) -> DataFrame:
    """The table as it stands on a branch."""
    return spark.read.option("branch", branch.name).table(branch.table)


def open_branch(spark: SparkSession, name: str, branch: str) -> Branch:
    """Start a branch `<branch>_<token>` from main; hold the table's lock meanwhile.

    The token makes it the attempt's own: the job of a client that died may still be running in the engine, and must not
    write into the branch of the attempt that came after it. Branches that such attempts left behind are removed.
    """
    drop_branches(spark, name, branch)
    started = Branch(name, f"{branch}_{uuid4().hex[:12]}")
    spark.sql(f"ALTER TABLE {table(name)} CREATE BRANCH {identifier(started.name)}")
    return started


def publish_branch(spark: SparkSession, branch: Branch) -> int:
    """Move main to the branch's snapshot in one step, drop the branch and give the snapshot's id.

    Raises `ConcurrentWriteError` when somebody else moved main since the branch was opened; nothing is changed then.
    """
    try:
        # CALL takes literals only.
        moved = spark.sql(
            f"CALL spark_catalog.system.fast_forward({literal(branch.table)}, 'main', {literal(branch.name)})"
        ).collect()
    except Exception as error:
        if _is_race(error):
            drop_branch(spark, branch)
            raise ConcurrentWriteError(
                f"table {branch.table} was written by another session while branch {branch.name} was open; "
                "nothing was changed. Run the stage again."
            ) from error
        raise
    drop_branch(spark, branch)
    return int(moved[0]["updated_ref"])


def move_main(spark: SparkSession, name: str, expected: int, snapshot_id: int) -> None:
    """Take the table back from snapshot `expected` to one that main stood at before; hold the table's lock meanwhile.

    What labels and statuses were right for is forgotten with it, so that the next drain looks them up anew. Raises
    `ConcurrentWriteError` when the table stands elsewhere by now: what moved it must not be undone unseen.
    """
    back = any(snapshot.id == snapshot_id for snapshot in ancestry(spark, name, expected))
    procedure = "rollback_to_snapshot" if back else "set_current_snapshot"
    spark.sql(f"ALTER TABLE {table(name)} UNSET TBLPROPERTIES IF EXISTS ({literal(RESTATED)})")
    now = current_snapshot(spark, name)
    if now != expected:
        raise ConcurrentWriteError(
            f"table {name} stands at snapshot {now}, not at {expected} any more: it was written meanwhile and was not "
            f"taken back to {snapshot_id}. Make the dry run again and look at what it shows now."
        )
    spark.sql(f"CALL spark_catalog.system.{procedure}({literal(name)}, {int(snapshot_id)})").collect()


def write_together(spark: SparkSession, name: str, least: int) -> int:
    """Write the small files of a table together when they are `least` or more, or when one of them hides a row that a
    merge replaced; large files that hide one are written anew. The number of files that were. Hold the table's lock.

    The rows stay as they are, their order within the table too. A replaced row lies in its file until then, hidden by a
    delete file; those that nothing needs any more leave the table here.
    """
    options = {
        "min-input-files": str(int(least)),
        "delete-file-threshold": "1",
        "remove-dangling-deletes": "true",
        "use-starting-sequence-number": "false",  # else the newest delete files would still apply, to nothing
    }
    given = ", ".join(f"{literal(key)}, {literal(value)}" for key, value in options.items())
    call = f"CALL spark_catalog.system.rewrite_data_files(table => {literal(name)}, options => map({given}))"
    return int(spark.sql(call).collect()[0]["rewritten_data_files_count"])


def history(spark: SparkSession, name: str) -> list[int]:
    """Every snapshot that main ever stood at and the table still knows, in the order of becoming current."""
    rows = spark.table(f"{name}.history").select("snapshot_id", "made_current_at").collect()
    known = snapshots(spark, name)
    return [row["snapshot_id"] for row in sorted(rows, key=lambda row: row["made_current_at"]) if row[0] in known]


def drop_branch(spark: SparkSession, branch: Branch) -> None:
    """Remove the branch; its snapshot stays only if main reached it."""
    spark.sql(f"ALTER TABLE {table(branch.table)} DROP BRANCH IF EXISTS {identifier(branch.name)}")


def drop_branches(spark: SparkSession, name: str, branch: str) -> None:
    """Remove what attempts that died have left of `<branch>_<token>`; hold the table's lock meanwhile.

    For whoever finds that the attempt before had moved main already: it may have died before it dropped its branch.
    """
    for ref in spark.table(f"{name}.refs").where("type = 'BRANCH'").select("name").collect():
        if ref["name"].startswith(f"{branch}_"):
            drop_branch(spark, Branch(name, ref["name"]))


class ConcurrentWriteError(RuntimeError):
    """Two writers met on one table. Nothing was lost: the stage can be run again."""


def _is_race(error: Exception) -> bool:
    """Tell a lost race from another failure; over Connect only the text distinguishes them."""
    text = str(error)
    return any(
        mark in text
        for mark in ("CommitFailedException", "is not an ancestor", "Cannot fast-forward", "Found conflicting files")
    )
