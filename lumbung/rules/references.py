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


def with_parents(frame: DataFrame, child: Dataset, found: Sequence[tuple[Reference, DataFrame]]) -> DataFrame:
    """Add the flag `_ada_<id>` of every reference and the taken columns; none of them starts from what another takes.

    A flag is NULL when a referring column is NULL, else whether the parent was received. The parents come from
    `parents`. All flags are added at once: each step over whole rows copies them.
    """
    from pyspark.sql import functions as fn

    ours: dict[str, SparkColumn] = {}
    theirs: list[str] = []
    flags: dict[str, SparkColumn] = {}
    joins = []
    for number, (reference, parent) in enumerate(found):
        # one name for a column, whichever references start from it: the optimizer pairs every two names of one value
        left = {f"_kiri_{name}": _comparable(child, name) for name in reference.columns}
        right = {f"_kunci_{i}": f"_kunci_{number}_{i}" for i in range(len(reference.columns))}
        same = reduce(and_, (fn.col(a) == fn.col(b) for a, b in zip(left, right.values(), strict=True)))
        joins.append((parent.withColumnsRenamed(right), same))
        flags[reference.flag] = fn.when(_complete(reference), fn.col(f"_kunci_{number}_0").isNotNull())
        ours |= left
        theirs.extend(right.values())
    frame = frame.withColumns(ours)
    for parent, same in joins:
        frame = frame.join(parent, same, "left")
    return frame.withColumns(flags).drop(*ours, *theirs)


def _complete(reference: Reference) -> SparkColumn:
    """Whether every referring column has a value."""
    from pyspark.sql import functions as fn

    return reduce(and_, (fn.col(name).isNotNull() for name in reference.columns))


def mentioned(reference: Reference, child: Dataset, frame: DataFrame) -> DataFrame | None:
    """What the rows of `frame` ask a parent for: the values of the referring columns, `_kunci_<i>` as text, once each.

    None when a referring column is not in the frame yet, since another reference brings it.
    """
    if not set(reference.columns) <= set(frame.columns):
        return None
    return frame.select(
        *(_comparable(child, name).alias(_key(i)) for i, name in enumerate(reference.columns))
    ).distinct()


def _key(number: int) -> str:
    return f"_kunci_{number}"


def parents(
    reference: Reference, parent: Dataset, received: Received, timezone: str, asked: DataFrame | None = None
) -> DataFrame | None:
    """The parent's received keys, once each: `_kunci_<i>` as text, and the taken values of the newest version.

    Newest means: not yet promoted before curated, refused or undone only when there is nothing else. With `many` the
    values are arrays over all parent rows of the key, each row in its newest version. `asked`, from `mentioned`, leaves
    out the other keys: few values are sent to a large parent, instead of the parent being brought to few rows. None
    when nothing was received.
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
    keys = [_key(i) for i in range(len(reference.to_columns))]
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
    if reference.many:
        return _all_rows(union, keys, [take.name for take in reference.take], asked)
    union = _only(union, keys, asked)
    if not reference.take:
        return union.select(*keys).distinct()
    newest = fn.max_by(fn.struct(*(fn.col(take.name) for take in reference.take)), fn.col(_RANK)).alias("_baru")
    grouped = union.groupBy(*keys).agg(newest)
    return grouped.select(*keys, *(fn.col(f"_baru.{take.name}").alias(take.name) for take in reference.take))


def _only(frame: DataFrame, keys: Sequence[str], asked: DataFrame | None) -> DataFrame:
    """The rows whose keys are asked for."""
    from pyspark.sql import functions as fn

    return frame if asked is None else frame.join(fn.broadcast(asked), list(keys), "left_semi")


def _all_rows(union: DataFrame, keys: Sequence[str], taken: Sequence[str], asked: DataFrame | None) -> DataFrame:
    """Per key one array of each taken value over the newest version of every parent row (`_OWN`: its own key)."""
    from pyspark.sql import functions as fn

    whole = fn.struct(*(fn.col(name) for name in (*keys, *taken)))
    newest = union.groupBy(_OWN).agg(fn.max_by(whole, fn.col(_RANK)).alias("_baru")).select("_baru.*")
    # One list of rows, so that the arrays stay side by side: collecting each value alone would lose its NULLs.
    # Only now: the newest version of a row may have another key than the one before it.
    rows = _only(newest, keys, asked).groupBy(*keys).agg(fn.collect_list(fn.struct(*taken)).alias("_semua"))
    return rows.select(*keys, *(fn.col("_semua").getField(name).alias(name) for name in taken))


def _nothing(parent: Dataset, spark: SparkSession) -> Received:
    """A parent of which nothing was received, as an empty frame, so that arrays have their type."""
    columns = ", ".join(f"{column.name} {local_type(column)}" for column in parent.columns)
    return Received(pending=(spark.createDataFrame([], f"{ROW} bigint, {columns}, {VALUES} string"),))


def no_parents(frame: DataFrame, reference: Reference, parent: Dataset) -> DataFrame:
    """The flag and the taken columns when nothing of the parent was ever received: false, and NULL values."""
    from pyspark.sql import functions as fn

    types = {column.name: column.spark_type for column in parent.columns}
    taken = {take.name: fn.lit(None).cast(types.get(take.expr.strip(), "string")) for take in reference.take}
    return frame.withColumns({reference.flag: fn.when(_complete(reference), fn.lit(False)), **taken})


def with_lists(frame: DataFrame, lists: Sequence[tuple[ListReference, CodeList]], spark: SparkSession) -> DataFrame:
    """Add the flags `_berlaku_<id>`: NULL for a NULL code, else whether the code was in force on the record's date.

    Without a date (none declared, or NULL) it is enough that the code exists at all.
    """
    from pyspark.sql import functions as fn

    flags: dict[str, SparkColumn] = {}
    helpers: list[str] = []
    for number, (reference, codes) in enumerate(lists):
        code_column, spans = f"_kode_daftar_{number}", f"_masa_{number}"
        intervals: dict[str, list[tuple[object, object]]] = {}
        for row in codes.rows:
            code = row.code if reference.list_column == codes.code_column else row.values[reference.list_column]
            if code is not None:
                intervals.setdefault(code, []).append((row.valid_from, row.valid_to))
        listed = spark.createDataFrame(
            list(intervals.items()), f"{code_column} string, {spans} array<struct<dari:date,sampai:date>>"
        )
        same = fn.col(reference.column).cast("string") == fn.col(code_column)
        frame = frame.join(fn.broadcast(listed), same, "left")
        known = fn.col(code_column).isNotNull()
        if reference.on is not None:
            known = known & _in_force(spans, fn.col(reference.on).cast("date"))
        flags[reference.flag] = fn.when(fn.col(reference.column).isNotNull(), known)
        helpers.extend((code_column, spans))
    return frame.withColumns(flags).drop(*helpers) if flags else frame


def _in_force(spans: str, on: SparkColumn) -> SparkColumn:
    """Whether one of the spans holds the date; true without a date."""
    from pyspark.sql import functions as fn

    found = fn.exists(spans, lambda span: (span["dari"] <= on) & (on <= span["sampai"]))
    return on.isNull() | fn.coalesce(found, fn.lit(False))


def with_references(
    frame: DataFrame,
    dataset: Dataset,
    found: Sequence[tuple[Reference, Dataset, DataFrame | None]],
    lists: Sequence[tuple[ListReference, CodeList]],
    spark: SparkSession,
) -> DataFrame:
    """Add every flag and taken column, then the derived columns that use one. `found`: (reference, parent, keys)."""
    level: list[tuple[Reference, DataFrame]] = []
    for reference, parent, keys in found:
        if any(take.name in reference.columns for earlier, _ in level for take in earlier.take):
            frame, level = with_parents(frame, dataset, level), []
        if keys is None and reference.many:
            keys = parents(reference, parent, _nothing(parent, spark), "UTC")
        if keys is None:
            frame = no_parents(frame, reference, parent)
        else:
            level.append((reference, keys))
    if level:
        frame = with_parents(frame, dataset, level)
    return with_derived(with_lists(frame, lists, spark), dataset.derived, dataset.late_derived)


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
