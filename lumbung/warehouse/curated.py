"""Accepted rows in the form of their curated table: types, labels, statuses from data induk, lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumbung.warehouse.ddl import (
    BATCH_ID,
    DELETED_BATCH,
    HELD_BATCH,
    LOADED_AT,
    ROW_HASH,
    SOURCE_ROW,
    curated_columns,
    label_of,
    status_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from pyspark.sql import Column, DataFrame

    from lumbung.declarations.models import CodeList, Dataset, MasterRef

MATCHES: Final = "cocok"
DIFFERS: Final = "beda"
NOT_FOUND: Final = "tidak_ditemukan"
NOT_CHECKED: Final = "tidak_dapat_diperiksa"


def curated_rows(
    valid: DataFrame,
    dataset: Dataset,
    lists: Mapping[str, CodeList],
    persons: Mapping[str, DataFrame | None],
    batch_id: str,
    clock: datetime,
    on: date,
) -> DataFrame:
    """Valid rows (contract columns, kept derived ones, `_row`, `_row_hash`) with every column of the curated table.

    `clock` is the source clock of the batch (UTC), `on` its date in the system's time zone: labels are those valid on
    that day. `persons` gives the master table per `MasterRef.to`, None when it could not be looked into.
    """
    from pyspark.sql import functions as fn

    types = curated_columns(dataset)
    typed = valid.select(
        *(fn.col(c.name).cast(types[c.name][0]).alias(c.name) for c in (*dataset.columns, *dataset.kept)),
        fn.col("_row").alias(SOURCE_ROW),
        ROW_HASH,
    )
    stated = with_statuses(with_labels(typed, dataset, lists, on), dataset, persons)
    lineage = stated.withColumns(
        {
            BATCH_ID: fn.lit(batch_id),
            LOADED_AT: fn.lit(clock).cast("timestamp"),
            HELD_BATCH: fn.lit(None).cast("string"),
            DELETED_BATCH: fn.lit(None).cast("string"),
        }
    )
    return lineage.select(*types)


def with_labels(frame: DataFrame, dataset: Dataset, lists: Mapping[str, CodeList], on: date) -> DataFrame:
    """Add `<column>_label` for every coded column; NULL where the list has no such code on that day."""
    labels = {
        label_of(column): _label(column.name, lists[column.code_list], on)
        for column in dataset.columns
        if column.code_list is not None
    }
    return frame.withColumns(labels) if labels else frame


def _label(column: str, codes: CodeList, on: date) -> Column:
    """Label of a code: a constant map, since the lists are short and a join per column would shuffle the table."""
    from pyspark.sql import functions as fn

    valid = {row.code: row.label for row in codes.rows if row.valid_from <= on <= row.valid_to}
    if not valid:
        return fn.lit(None).cast("string")
    entries = [fn.lit(text) for pair in valid.items() for text in pair]
    return fn.try_element_at(fn.create_map(*entries), fn.col(column).cast("string"))


def with_statuses(frame: DataFrame, dataset: Dataset, persons: Mapping[str, DataFrame | None]) -> DataFrame:
    """Add `_<reference>` for every look-up in data induk; see `status`."""
    for reference in dataset.master_refs:
        frame = status(frame, reference, persons[reference.to])
    return frame


def status(frame: DataFrame, reference: MasterRef, persons: DataFrame | None) -> DataFrame:
    """Add one outcome column (MISSION: Dukcapil is the only source of persons).

    NULL where `when` does not hold; `cocok`; `beda` when an attribute that we have differs from the master row's;
    `tidak_ditemukan`; `tidak_dapat_diperiksa` when `persons` is None. Deleted master rows are not found.
    """
    from pyspark.sql import functions as fn

    name = status_of(reference)
    applies = fn.coalesce(fn.expr(reference.when), fn.lit(False))
    if persons is None:
        return frame.withColumn(name, fn.when(applies, fn.lit(NOT_CHECKED)))
    ours = [f"_ours_{n}" for n in range(len(reference.compare))]
    theirs = [f"_theirs_{n}" for n in range(len(reference.compare))]
    found = persons.where(fn.col(DELETED_BATCH).isNull()).select(
        fn.col(reference.to_column).cast("string").alias("_master_key"),
        *(fn.expr(c.theirs).alias(alias) for c, alias in zip(reference.compare, theirs, strict=True)),
    )
    looked = frame.withColumns(
        {
            "_looked_up": fn.when(applies, fn.col(reference.column).cast("string")),
            **{alias: fn.expr(c.ours) for c, alias in zip(reference.compare, ours, strict=True)},
        }
    ).join(found, fn.col("_looked_up") == fn.col("_master_key"), "left")
    differs = fn.lit(False)
    for our, their in zip(ours, theirs, strict=True):
        # What we do not hold ourselves cannot differ.
        differs = differs | (fn.col(our).isNotNull() & ~fn.col(our).eqNullSafe(fn.col(their)))
    outcome = (
        fn.when(fn.col("_looked_up").isNull(), fn.lit(None).cast("string"))
        .when(fn.col("_master_key").isNull(), NOT_FOUND)
        .when(differs, DIFFERS)
        .otherwise(MATCHES)
    )
    return looked.withColumn(name, outcome).select(*frame.columns, name)


def restated(
    current: DataFrame,
    dataset: Dataset,
    lists: Mapping[str, CodeList],
    persons: Mapping[str, DataFrame | None],
    on: date,
) -> DataFrame:
    """Keys of current rows whose labels or statuses are no longer right, with the right ones; content is untouched.

    Needed when a code list or the master table changed while the rows themselves did not.
    """
    from pyspark.sql import functions as fn

    columns = restated_columns(dataset)
    living = current.where(fn.col(DELETED_BATCH).isNull())
    was = living.withColumnsRenamed({c: f"_was_{c}" for c in columns})
    now = with_statuses(with_labels(was, dataset, lists, on), dataset, persons)
    differs = fn.lit(False)
    for column in columns:
        differs = differs | ~fn.col(column).eqNullSafe(fn.col(f"_was_{column}"))
    return now.where(differs).select(*dataset.key, *columns)


def restated_columns(dataset: Dataset) -> list[str]:
    """Columns that come from code lists and data induk rather than from the source."""
    labels = [label_of(column) for column in dataset.columns if column.code_list is not None]
    return [*labels, *(status_of(reference) for reference in dataset.master_refs)]
