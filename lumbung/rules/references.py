"""Parents, code lists and what they bring into the prepared frame.

A reference asks whether the parent was *received*: accepted and current, not yet promoted, or refused and still open.
So one refused parent does not refuse its children (DESIGN section 4, "reference rule").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Final

from lumbung.rules.frame import (
    ROW,
    VALUES,
    is_local_time,
    key_columns,
    key_hash,
    local,
    local_type,
    prepare,
    with_derived,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from lumbung.declarations.models import CodeList, Dataset, ListReference, Reference

_RANK: Final = "_peringkat"
_OWN: Final = "_kunci_induk"
_UNDONE, _REFUSED, _CURATED, _PENDING = -1, 0, 1, 2


@dataclass(frozen=True, slots=True)
class Received:
    """Everything that was received of a parent. `pending`: raw rows of batches not promoted yet, oldest
    first; `curated`: current, not deleted rows, None when the table does not exist yet; `refused`: rows in quarantine
    that are still open; `undone`: rows that were current before a rollback that nothing has made up for yet. Raw and
    refused rows have the raw columns, curated and undone ones the curated types.
    """

    pending: tuple[DataFrame, ...] = ()
    curated: DataFrame | None = None
    refused: tuple[DataFrame, ...] = ()
    undone: DataFrame | None = None


def with_reference(frame: DataFrame, child: Dataset, reference: Reference, parent: DataFrame) -> DataFrame:
    """Add the flag `_ada_<id>` and the taken columns.

    The flag is NULL when a referring column is NULL, else whether the parent was received. `parent` comes from
    `parents`.
    """
    from pyspark.sql import functions as fn

    ours = {f"_kiri_{i}": _comparable(child, name) for i, name in enumerate(reference.columns)}
    theirs = [f"_kunci_{i}" for i in range(len(reference.columns))]
    complete = reduce(and_, (fn.col(name).isNotNull() for name in reference.columns))
    joined = frame.withColumns(ours).join(
        parent, reduce(and_, (fn.col(a) == fn.col(b) for a, b in zip(ours, theirs, strict=True))), "left"
    )
    flagged = joined.withColumn(reference.flag, fn.when(complete, fn.col(theirs[0]).isNotNull()))
    return flagged.drop(*ours, *theirs)


def parents(reference: Reference, parent: Dataset, received: Received, timezone: str) -> DataFrame | None:
    """The parent's received keys, once each: `_kunci_<i>` as text, and the taken values of the newest version.

    Newest means: not yet promoted before curated, refused or undone only when there is nothing else. With `many` the
    values are arrays over all parent rows of the key, each row in its newest version. None when nothing was received.
    """
    from pyspark.sql import functions as fn

    sides = [(prepare(raw, parent), _REFUSED) for raw in received.refused]
    if received.undone is not None:
        sides.append((_as_received(received.undone, parent, timezone), _UNDONE))
    if received.curated is not None:
        sides.append((_as_received(received.curated, parent, timezone), _CURATED))
    sides.extend((prepare(raw, parent), _PENDING + i) for i, raw in enumerate(received.pending))
    if not sides:
        return None
    keys = [f"_kunci_{i}" for i in range(len(reference.to_columns))]
    parts = []
    for side, rank in sides:
        texts = [_comparable(parent, name).alias(key) for name, key in zip(reference.to_columns, keys, strict=True)]
        whole = side.where(reduce(and_, (fn.col(name).isNotNull() for name in reference.to_columns)))
        # One level below the texts, so that expressions see values in curated types whichever side the row comes from.
        local_values = {c.name: local(c) for c in parent.columns} if reference.take else {}
        shaped = whole.withColumns(local_values) if local_values else whole
        takes = [fn.expr(take.expr).alias(take.name) for take in reference.take]
        own = [key_hash(key_columns(parent)).alias(_OWN)] if reference.many else []
        parts.append(shaped.select(*texts, fn.lit(rank).alias(_RANK), *own, *takes))
    union = reduce(lambda left, right: left.unionByName(right), parts)
    if not reference.take:
        return union.select(*keys).distinct()
    if reference.many:
        return _all_rows(union, keys, [take.name for take in reference.take])
    newest = fn.max_by(fn.struct(*(fn.col(take.name) for take in reference.take)), fn.col(_RANK)).alias("_baru")
    grouped = union.groupBy(*keys).agg(newest)
    return grouped.select(*keys, *(fn.col(f"_baru.{take.name}").alias(take.name) for take in reference.take))


def _all_rows(union: DataFrame, keys: Sequence[str], taken: Sequence[str]) -> DataFrame:
    """Per key one array of each taken value over the newest version of every parent row (`_OWN`: its own key)."""
    from pyspark.sql import functions as fn

    whole = fn.struct(*(fn.col(name) for name in (*keys, *taken)))
    newest = union.groupBy(_OWN).agg(fn.max_by(whole, fn.col(_RANK)).alias("_baru")).select("_baru.*")
    # One list of rows, so that the arrays stay side by side: collecting each value alone would lose its NULLs.
    rows = newest.groupBy(*keys).agg(fn.collect_list(fn.struct(*taken)).alias("_semua"))
    return rows.select(*keys, *(fn.col("_semua").getField(name).alias(name) for name in taken))


def _nothing(parent: Dataset, spark: SparkSession) -> Received:
    """A parent of which nothing was received, as an empty frame, so that arrays have their type."""
    columns = ", ".join(f"{column.name} {local_type(column)}" for column in parent.columns)
    return Received(pending=(spark.createDataFrame([], f"{ROW} bigint, {columns}, {VALUES} string"),))


def no_parents(frame: DataFrame, reference: Reference, parent: Dataset) -> DataFrame:
    """The flag and the taken columns when nothing of the parent was ever received: false, and NULL values."""
    from pyspark.sql import functions as fn

    complete = reduce(and_, (fn.col(name).isNotNull() for name in reference.columns))
    types = {column.name: column.spark_type for column in parent.columns}
    taken = {take.name: fn.lit(None).cast(types.get(take.expr.strip(), "string")) for take in reference.take}
    return frame.withColumns({reference.flag: fn.when(complete, fn.lit(False)), **taken})


def with_list_reference(frame: DataFrame, reference: ListReference, codes: CodeList, spark: SparkSession) -> DataFrame:
    """Add the flag `_berlaku_<id>`: NULL for a NULL code, else whether the code was in force on the record's date.

    Without a date (none declared, or NULL) it is enough that the code exists at all.
    """
    from pyspark.sql import functions as fn

    intervals: dict[str, list[tuple[object, object]]] = {}
    for row in codes.rows:
        code = row.code if reference.list_column == codes.code_column else row.values[reference.list_column]
        if code is not None:
            intervals.setdefault(code, []).append((row.valid_from, row.valid_to))
    listed = spark.createDataFrame(
        list(intervals.items()), "_kode_daftar string, _masa array<struct<dari:date,sampai:date>>"
    )
    joined = frame.join(fn.broadcast(listed), fn.col(reference.column).cast("string") == fn.col("_kode_daftar"), "left")
    known = fn.col("_kode_daftar").isNotNull()
    if reference.on is not None:
        on = fn.col(reference.on).cast("date")
        in_force = fn.exists("_masa", lambda span: (span["dari"] <= on) & (on <= span["sampai"]))
        known = known & (on.isNull() | fn.coalesce(in_force, fn.lit(False)))
    flag = fn.when(fn.col(reference.column).isNotNull(), known)
    return joined.withColumn(reference.flag, flag).drop("_kode_daftar", "_masa")


def with_references(
    frame: DataFrame,
    dataset: Dataset,
    found: Sequence[tuple[Reference, Dataset, DataFrame | None]],
    lists: Sequence[tuple[ListReference, CodeList]],
    spark: SparkSession,
) -> DataFrame:
    """Add every flag and taken column, then the derived columns that use one. `found`: (reference, parent, keys)."""
    for reference, parent, keys in found:
        if keys is None and reference.many:
            keys = parents(reference, parent, _nothing(parent, spark), "UTC")
        if keys is None:
            frame = no_parents(frame, reference, parent)
        else:
            frame = with_reference(frame, dataset, reference, keys)
    for listed, codes in lists:
        frame = with_list_reference(frame, listed, codes, spark)
    return with_derived(frame, dataset.derived, dataset.late_derived)


def _comparable(dataset: Dataset, name: str) -> SparkColumn:
    """A column or derived column as text, the same whether the row is raw or curated."""
    from pyspark.sql import functions as fn

    columns = {column.name: column for column in dataset.columns}
    return (local(columns[name]) if name in columns else fn.col(name)).cast("string")


def _as_received(curated: DataFrame, parent: Dataset, timezone: str) -> DataFrame:
    """Curated rows in the shape of received ones: the source's local times, and the derived columns computed anew."""
    from pyspark.sql import functions as fn

    selected = []
    for column in parent.columns:
        value = fn.col(column.name)
        if is_local_time(column):
            value = fn.convert_timezone(fn.lit("UTC"), fn.lit(timezone), value.cast("timestamp_ntz"))
        selected.append(value.alias(column.name))
    return prepare(curated.select(fn.lit(0).alias("_row"), *selected), parent)


def current_hashes(curated: DataFrame, dataset: Dataset) -> DataFrame:
    """`_key_hash` and `_hash_kini` (content hash) of the current curated rows."""
    from pyspark.sql import functions as fn

    from lumbung.rules.frame import KEY_HASH, ROW_HASH, key_hash

    return curated.select(key_hash(key_columns(dataset)).alias(KEY_HASH), fn.col(ROW_HASH).alias("_hash_kini"))
