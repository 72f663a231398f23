"""A code list that changes meaning on a date: every row keeps the meaning that its code had when it was written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lumbung.declarations.models import Dataset
from lumbung.warehouse.curated import label_days, restated, with_labels
from tests.integration.engine import open_session
from tests.integration.warehouse_support import codes, column, dataset

WIB = "Asia/Jakarta"
OPEN, END = date(1900, 1, 1), date(9999, 12, 31)
JENIS = codes(
    ("1", "LAMA", OPEN, date(2023, 12, 31)),
    ("1", "KABISAT", date(2024, 1, 1), date(2024, 2, 29)),
    ("1", "BARU", date(2024, 3, 1), END),
    ("2", "TETAP", OPEN, END),
    ("3", "HABIS", OPEN, date(2023, 12, 31)),
    ("4", "MULAI", date(2024, 3, 1), END),
)


def clocked(cursor: tuple[str, ...]) -> Dataset:
    return dataset(
        "berkas",
        (
            column("id", "string", "character(30)"),
            column("jenis", "integer", "numeric(2,0)", precision=2, scale=0, code_list="jenis"),
            column("diubah", "timestamp", "timestamp without time zone"),
            column("tanggal", "date", "date"),
        ),
        ("id",),
        cursor=cursor,
    )


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


LOADED = utc(2024, 6, 1)
BY_TIME = [
    # id, code, cursor (UTC), day, loaded, label
    ("before midnight of the year, WIB", 1, utc(2023, 12, 31, 16, 59, 59), None, LOADED, "LAMA"),
    ("at midnight of the year, WIB", 1, utc(2023, 12, 31, 17), None, LOADED, "KABISAT"),
    ("midnight of the year, UTC", 1, utc(2024, 1, 1), None, LOADED, "KABISAT"),
    ("last second of the leap day, WIB", 1, utc(2024, 2, 29, 16, 59, 59), None, LOADED, "KABISAT"),
    ("first of March, WIB", 1, utc(2024, 2, 29, 17), None, LOADED, "BARU"),
    ("long before the list", 1, utc(1850, 1, 1), None, LOADED, "LAMA"),
    ("always the same", 2, utc(2020, 1, 1), None, LOADED, "TETAP"),
    ("ran out after it was written", 3, utc(2023, 5, 1), None, LOADED, "HABIS"),
    ("ran out before it was written", 3, utc(2024, 5, 1), None, LOADED, None),
    ("written before the code began", 4, utc(2024, 1, 5), None, LOADED, "MULAI"),
    ("unknown code", 9, utc(2024, 1, 5), None, LOADED, None),
    ("no time: the day it came", 1, None, None, utc(2023, 12, 31, 16, 59), "LAMA"),
    ("no time, came after midnight WIB", 1, None, None, utc(2023, 12, 31, 17), "KABISAT"),
    ("ahead of the source's clock", 1, utc(2024, 3, 5), None, utc(2024, 2, 29, 16), "KABISAT"),
    ("second cursor column", 1, None, date(2024, 2, 29), LOADED, "KABISAT"),
    ("second cursor column, next day", 1, None, date(2024, 3, 1), LOADED, "BARU"),
]
BY_DAY = [
    ("last day of the year", 1, None, date(2023, 12, 31), LOADED, "LAMA"),
    ("leap day", 1, None, date(2024, 2, 29), LOADED, "KABISAT"),
    ("the day after", 1, None, date(2024, 3, 1), LOADED, "BARU"),
]
BY_ARRIVAL = [
    ("came before midnight WIB", 1, utc(2024, 5, 1), None, utc(2024, 2, 29, 16, 59), "KABISAT"),
    ("came at midnight WIB", 1, utc(2020, 5, 1), None, utc(2024, 2, 29, 17), "BARU"),
]
ROWS = "id string, jenis int, diubah timestamp, tanggal date, _loaded_at timestamp, wanted string"


@pytest.mark.parametrize(
    ("cursor", "rows"),
    [
        pytest.param(("diubah", "tanggal"), BY_TIME, id="update clock"),
        pytest.param(("tanggal",), BY_DAY, id="clock of days"),
        pytest.param((), BY_ARRIVAL, id="no clock: the day of the batch"),
    ],
)
def test_a_code_means_what_it_meant_when_the_row_was_written(
    cursor: tuple[str, ...], rows: list[tuple[object, ...]]
) -> None:
    from pyspark.sql import functions as fn

    of = clocked(cursor)
    frame = open_session().createDataFrame(rows, ROWS)
    labelled = with_labels(frame, of, {"jenis": JENIS}, label_days(of, WIB, fn.col("_loaded_at")))
    found = {row["id"]: row["jenis_label"] for row in labelled.collect()}
    assert found == {row[0]: row[5] for row in rows}
    # Time goes by, the list does not change: nothing of what stands in the table is wrong now.
    marks = {name: fn.lit(None).cast("string") for name in ("_dihapus_batch",)}
    assert restated(labelled.withColumns(marks), of, {"jenis": JENIS}, {}, WIB).count() == 0
    # The list is corrected for the past: only rows of that time follow.
    mended = [r.model_copy(update={"label": "MENDED"}) if r.label == "KABISAT" else r for r in JENIS.rows]
    changed = restated(
        labelled.withColumns(marks), of, {"jenis": JENIS.model_copy(update={"rows": tuple(mended)})}, {}, WIB
    )
    wanted = {row[0] for row in rows if row[5] == "KABISAT"}
    assert {(row["id"], row["jenis_label"]) for row in changed.collect()} == {(name, "MENDED") for name in wanted}
