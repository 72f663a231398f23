"""Accepted rows in the form of their curated table: types, labels, statuses from data induk, lineage."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from lumbung.warehouse.ddl import (
    BATCH_ID,
    DELETED_BATCH,
    HELD_BATCH,
    LOADED_AT,
    SOURCE_ROW,
    curated_columns,
    differing_of,
    label_of,
    status_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pyspark.sql import Column, DataFrame

    from lumbung.declarations.models import CodeList, Dataset, MasterRef

MATCHES: Final = "cocok"
DIFFERS: Final = "beda"
NOT_FOUND: Final = "tidak_ditemukan"
NOT_CHECKED: Final = "tidak_dapat_diperiksa"
_ALWAYS: Final = date(1900, 1, 1)
"""A code that is valid from then on is valid since ever."""
_ONE_DAY: Final = timedelta(days=1)


def curated_rows(
    valid: DataFrame,
    dataset: Dataset,
    lists: Mapping[str, CodeList],
    persons: Mapping[str, DataFrame | None],
    batch_id: str,
    clock: datetime,
    timezone: str,
) -> DataFrame:
    """Valid rows (contract columns, kept derived ones, `_row`, `_row_hash`, in the table's types) with every column of
    the curated table; what else they carry stays behind those.

    `clock` is the source clock of the batch (UTC), `timezone` the system's; for labels see `label_days`. `persons`
    gives the master table per `MasterRef.to`, None when it could not be looked into.
    """
    from pyspark.sql import functions as fn

    types = curated_columns(dataset)
    numbered = valid.withColumnRenamed("_row", SOURCE_ROW)
    days = label_days(dataset, timezone, fn.lit(clock).cast("timestamp"))
    stated = with_statuses(with_labels(numbered, dataset, lists, days), dataset, persons)
    lineage = stated.withColumns(
        {
            BATCH_ID: fn.lit(batch_id),
            LOADED_AT: fn.lit(clock).cast("timestamp"),
            HELD_BATCH: fn.lit(None).cast("string"),
            DELETED_BATCH: fn.lit(None).cast("string"),
        }
    )
    return lineage.select(*types, *(column for column in numbered.columns if column not in types))


def label_days(dataset: Dataset, timezone: str, loaded: Column) -> list[Column]:
    """The days on which a row's codes are looked up, the first that knows the code counts; local dates of the system.

    First the row's own day, when it last changed at the source: a code keeps the meaning that it had when it was
    written. Then the day of the batch that brought it (`loaded`, a timestamp), also for rows that carry no time, and as
    the latest day for rows whose time lies ahead of the source's clock. Neither moves with today's date.
    """
    from pyspark.sql import functions as fn

    def local_day(moment: Column) -> Column:
        return fn.to_date(fn.from_utc_timestamp(moment, timezone))

    arrived = local_day(loaded)
    if not dataset.cursor:
        return [arrived]
    columns = [dataset.column(name) for name in dataset.cursor]
    own = fn.coalesce(*(fn.col(c.name) if c.logical == "date" else local_day(fn.col(c.name)) for c in columns))
    return [fn.least(own, arrived), arrived]


def with_labels(frame: DataFrame, dataset: Dataset, lists: Mapping[str, CodeList], days: Sequence[Column]) -> DataFrame:
    """Add `<column>_label` for every coded column; NULL where the list has no such code on any of the days."""
    labels = {label_of(column): label(column.name, lists[name], days) for column, name in dataset.coded}
    return frame.withColumns(labels) if labels else frame


def label(column: str, codes: CodeList, days: Sequence[Column]) -> Column:
    """Label of a code: constant maps, since the lists are short and a join per column would shuffle the table."""
    from pyspark.sql import functions as fn

    def look(labels: Mapping[str, str]) -> Column:
        if not labels:
            return fn.lit(None).cast("string")
        entries = [fn.lit(text) for pair in labels.items() for text in pair]
        return fn.try_element_at(fn.create_map(*entries), fn.col(column).cast("string"))

    def on(day: Column) -> Column:
        found = look(known[-1][1])
        for until, labels in reversed(known[:-1]):
            found = fn.when(day <= fn.lit(until), look(labels)).otherwise(found)
        return found

    known = periods(codes)
    return on(days[0]) if len(known) == 1 else fn.coalesce(*(on(day) for day in days))


def periods(codes: CodeList) -> list[tuple[date, dict[str, str]]]:
    """What a list says over time: (last day, labels by code) in order, the last one without end.

    A list that never changed has one period; the first one reaches back for ever.
    """
    turns = {row.valid_from - _ONE_DAY for row in codes.rows if row.valid_from > _ALWAYS}
    turns |= {row.valid_to for row in codes.rows if row.valid_to < date.max}
    found: list[tuple[date, dict[str, str]]] = []
    for until in (*sorted(turns), date.max):
        labels = {
            row.code: row.label
            for row in codes.rows
            if (row.valid_from <= until or row.valid_from <= _ALWAYS) and until <= row.valid_to
        }
        if found and found[-1][1] == labels:
            found.pop()
        found.append((until, labels))
    return found


def with_statuses(frame: DataFrame, dataset: Dataset, persons: Mapping[str, DataFrame | None]) -> DataFrame:
    """Add `_<reference>` and `_<reference>_beda` for every look-up in data induk; see `status`."""
    for reference in dataset.master_refs:
        frame = status(frame, reference, persons[reference.to])
    return frame


def status(frame: DataFrame, reference: MasterRef, persons: DataFrame | None) -> DataFrame:
    """Add one outcome column (MISSION: Dukcapil is the only source of persons), and one that says what differs.

    NULL where `when` does not hold; `cocok`; `beda` when an attribute that we have differs from the master row's;
    `tidak_ditemukan`; `tidak_dapat_diperiksa` when `persons` is None. Deleted master rows are not found. The other
    column names the attributes that differ, as declared and in that order; it is left out where none are compared.
    """
    from pyspark.sql import functions as fn

    names = _statuses(reference)
    name = names[0]
    applies = fn.coalesce(fn.expr(reference.when), fn.lit(False))
    if persons is None:
        unknown = {differing: fn.lit(None).cast("string") for differing in names[1:]}
        return frame.withColumns({name: fn.when(applies, fn.lit(NOT_CHECKED)), **unknown})
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
    differing = [
        # What we do not hold ourselves cannot differ.
        fn.when(fn.col(our).isNotNull() & ~fn.col(our).eqNullSafe(fn.col(their)), fn.lit(comparison.attribute))
        for comparison, our, their in zip(reference.compare, ours, theirs, strict=True)
    ]
    found_one = fn.col("_master_key").isNotNull()
    stated = {"_differing": fn.when(found_one, fn.nullif(fn.concat_ws(", ", *differing), fn.lit("")))}
    outcome = (
        fn.when(fn.col("_looked_up").isNull(), fn.lit(None).cast("string"))
        .when(~found_one, NOT_FOUND)
        .when(fn.col("_differing").isNotNull(), DIFFERS)
        .otherwise(MATCHES)
    )
    columns = dict(zip(names, (outcome, fn.col("_differing")), strict=False))
    return looked.withColumns(stated).withColumns(columns).select(*frame.columns, *columns)


def _statuses(reference: MasterRef) -> list[str]:
    """Names of the columns that a look-up adds."""
    return [status_of(reference), *([differing_of(reference)] if reference.compare else [])]


def restated(
    current: DataFrame,
    dataset: Dataset,
    lists: Mapping[str, CodeList],
    persons: Mapping[str, DataFrame | None],
    timezone: str,
) -> DataFrame:
    """Keys of current rows whose labels or statuses are no longer right, with the right ones; content is untouched.

    Needed when a code list or the master table changed while the rows themselves did not.
    """
    from pyspark.sql import functions as fn

    columns = restated_columns(dataset)
    living = current.where(fn.col(DELETED_BATCH).isNull())
    was = living.withColumnsRenamed({c: f"_was_{c}" for c in columns})
    days = label_days(dataset, timezone, fn.col(LOADED_AT))
    now = with_statuses(with_labels(was, dataset, lists, days), dataset, persons)
    differs = fn.lit(False)
    for column in columns:
        differs = differs | ~fn.col(column).eqNullSafe(fn.col(f"_was_{column}"))
    return now.where(differs).select(*dataset.key, *columns)


def restated_columns(dataset: Dataset) -> list[str]:
    """Columns that come from code lists and data induk rather than from the source."""
    labels = [label_of(column) for column, _ in dataset.coded]
    return [*labels, *(name for reference in dataset.master_refs for name in _statuses(reference))]
