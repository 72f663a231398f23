"""What a validated batch changes in a curated table: pure DataFrame → DataFrame functions.

The difference is computed before anything is written: an empty one leaves no snapshot, so that whoever looks for new
snapshots downstream (marts, portal) does nothing either.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Final

from lumbung.warehouse.ddl import BATCH_ID, DELETED_BATCH, HELD_BATCH, ROW_HASH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame

ACTION: Final = "_action"
NEW: Final = "_new"
KIND: Final = "_kind"
REFUSED: Final = "ditolak"
DUPLICATE: Final = "duplikat"

UPSERT: Final = "upsert"
HOLD: Final = "hold"
RELEASE: Final = "release"
DELETE: Final = "delete"


def mentioned(current: DataFrame, accepted: DataFrame, others: DataFrame, key: Sequence[str]) -> DataFrame:
    """The rows of a curated table whose key a batch mentions: all that a window can change."""
    keys = list(key)
    return current.join(accepted.select(*keys).union(others.select(*keys)), keys, "left_semi")


def changes(current: DataFrame, accepted: DataFrame, others: DataFrame, key: Sequence[str], whole: bool) -> DataFrame:
    """What happens to which key of a curated table, one row per key, with columns `_action` and `_new` (the key was
    never there).

    `current` is the table (at least key, `_row_hash`, `_tertahan_batch`, `_dihapus_batch`) or its `mentioned` rows,
    `accepted` the batch's rows in the table's types (`_row_hash` included), `others` the keys of its refused and
    repeated rows with `_kind`. `whole`: the batch read the whole source table, so that a current key it does not
    mention is gone; `current` is the whole table then.

    upsert: an accepted row that is new, differs, or whose key was deleted or held. hold: a current key whose update was
    refused; the last good version stays, and so does the batch since which it is held. release: a held key that came
    back as it was. delete: a current key that the source no longer has. Rows of the last three carry the key only.
    """
    from pyspark.sql import functions as fn

    keys = list(key)
    known = current.select(*keys, *(fn.col(c).alias(f"_now{c}") for c in (ROW_HASH, HELD_BATCH, DELETED_BATCH)))
    hash_now, held_now, deleted_now = (fn.col(f"_now{c}") for c in (ROW_HASH, HELD_BATCH, DELETED_BATCH))
    hash_new, refused = fn.col("_received_hash"), fn.col("_refused")
    nothing = fn.lit(None)

    received = (
        accepted.select(*keys, fn.col(ROW_HASH).alias("_hash"), nothing.cast("boolean").alias("_is_refused"))
        .union(others.select(*keys, nothing.cast("string"), fn.col(KIND) == REFUSED))
        .groupBy(*keys)
        .agg(fn.max("_hash").alias("_received_hash"), fn.max("_is_refused").alias("_refused"))
    )
    differs = hash_now.isNull() | (hash_now != hash_new) | held_now.isNotNull() | deleted_now.isNotNull()
    action = (
        fn.when(hash_new.isNotNull(), fn.when(differs, UPSERT))
        .when(hash_now.isNull() | deleted_now.isNotNull(), nothing)
        .when(refused.isNull(), DELETE)  # nothing was received: only where the whole table is looked at
        .when(refused & held_now.isNull(), HOLD)
        .when(~refused & held_now.isNotNull(), RELEASE)
    )
    decided = (
        received.join(known, keys, "full" if whole else "left")
        .select(*keys, action.alias(ACTION), hash_now.isNull().alias(NEW))
        .where(fn.col(ACTION).isNotNull())
    )
    return decided.join(accepted, keys, "left").select(*accepted.columns, ACTION, NEW)


def insert(found: DataFrame, target: str, columns: Sequence[str]) -> None:
    """Add the rows of `changes` whose key was never there to `target`; `columns` are the table's columns."""
    found.where(NEW).select(*columns).writeTo(target).append()


def merge(found: DataFrame, target: str, columns: Sequence[str], key: Sequence[str]) -> None:
    """Merge the rows of `changes` whose key is there already into `target` (a table or a branch of it).

    `columns` are the table's columns. Matched by `key`, whose columns are never NULL in curated. New keys are left to
    `insert`: with them the whole table would have to be shuffled, without them the few changes are sent to it.
    """
    from pyspark.sql import functions as fn

    source = _renamed(found.where(~fn.col(NEW)), [*columns, ACTION])
    action = fn.col(_source(ACTION))
    nothing = fn.lit(None).cast("string")
    batch = fn.col(_source(BATCH_ID))
    (
        source.mergeInto(target, _on(key))
        .whenMatched(action == UPSERT)
        .update({column: fn.col(_source(column)) for column in columns})
        .whenMatched(action == HOLD)
        .update({HELD_BATCH: batch})
        .whenMatched(action == RELEASE)
        .update({HELD_BATCH: nothing})
        .whenMatched(action == DELETE)
        .update({DELETED_BATCH: batch, HELD_BATCH: nothing})
        .merge()
    )


def merge_restated(found: DataFrame, target: str, columns: Sequence[str], key: Sequence[str]) -> None:
    """Replace only `columns` (labels, statuses) of the keys in `found`; content and lineage stay."""
    from pyspark.sql import functions as fn

    assignments = {column: fn.col(_source(column)) for column in columns}
    _renamed(found, [*key, *columns]).mergeInto(target, _on(key)).whenMatched().update(assignments).merge()


def _source(column: str) -> str:
    """Name of a column on the source's side: mergeInto has no alias for its target."""
    return f"_source_{column}"


def _renamed(frame: DataFrame, columns: Sequence[str]) -> DataFrame:
    """The columns under their names of the source's side."""
    return frame.select(*columns).toDF(*(_source(column) for column in columns))


def _on(key: Sequence[str]) -> Column:
    """Condition that joins target and source on the key."""
    from pyspark.sql import functions as fn

    conditions = [fn.col(column) == fn.col(_source(column)) for column in key]
    return reduce(lambda left, right: left & right, conditions)
