"""When a dataset is due: by its promise, and in periods by the end of the next one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung import storage
from lumbung.ops import freshness as module
from lumbung.ops.freshness import freshness, newest_period, next_end


@pytest.mark.parametrize(
    ("period", "end"),
    [
        ("202501", date(2025, 12, 31)),
        ("202502", date(2026, 6, 30)),
        ("2025-S2", date(2026, 6, 30)),
        ("2025-Q4", date(2026, 3, 31)),
        ("2025-12", date(2026, 1, 31)),
        ("2024-01", date(2024, 2, 29)),
        ("2025", date(2026, 12, 31)),
        ("202503", None),
        ("lama", None),
    ],
)
def test_the_end_of_the_period_that_follows(period: str, end: date | None) -> None:
    assert next_end(period) == end


WIB = "Asia/Jakarta"
DAY = timedelta(days=1)
READ = datetime(2026, 1, 5, 3, tzinfo=UTC)
SEMESTER = datetime(2026, 6, 30, 17, tzinfo=UTC)  # midnight in WIB: the day after the semester


def batch(conformed: datetime | None, mode: str = "full", clock: datetime | None = READ, path: str = "r") -> Any:
    return SimpleNamespace(
        conformed_at=conformed, mode=mode, source_clock=clock, extracted_at=READ, raw_path=path, id="b"
    )


def dataset(period: str | None = None, promise: timedelta = DAY, files: Any = None) -> Any:
    table = "public.biodata_wni_{periode}"
    return SimpleNamespace(period_column=period, freshness=promise, source_table=table, files=files)


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that every manifest names."""
    named = ["public.biodata_wni_202402", "public.BIODATA_WNI_202502", "public.biodata_wni_202501"]

    def manifest(folder: Any) -> Any:
        if not named:
            raise storage.StorageError("gone")
        return SimpleNamespace(source_tables=tuple(named))

    monkeypatch.setattr(module, "read_manifest", manifest)
    return named


def test_the_newest_period_is_the_newest_table(tables: list[str]) -> None:
    assert newest_period(dataset("periode"), batch(READ)) == "202502"
    tables[:] = ["public.lain_202502"]
    assert newest_period(dataset("periode"), batch(READ)) is None
    tables.clear()
    assert newest_period(dataset("periode"), batch(READ)) is None
    assert newest_period(dataset("periode"), batch(READ, path=None)) is None  # type: ignore[arg-type]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("column", "batches", "now", "due", "late_by"),
    [
        pytest.param(None, [batch(READ)], READ + DAY, READ + DAY, None, id="on its last moment"),
        pytest.param(None, [batch(READ)], READ + 3 * DAY, READ + DAY, 2 * DAY, id="two days late"),
        pytest.param(None, [batch(READ), batch(None)], READ + 3 * DAY, READ + DAY, 2 * DAY, id="one that waits"),
        pytest.param(None, [batch(READ), batch(READ + DAY)], READ + 2 * DAY, READ + 2 * DAY, None, id="newest counts"),
        pytest.param("periode", [batch(READ)], READ + 90 * DAY, SEMESTER + DAY, None, id="nothing new to have"),
        pytest.param("periode", [batch(READ)], SEMESTER + 3 * DAY, SEMESTER + DAY, 2 * DAY, id="next semester is late"),
        pytest.param(
            "periode",
            [batch(READ, clock=READ - 300 * DAY)],
            READ + 3 * DAY,
            SEMESTER + 301 * DAY,
            None,
            id="a source whose time is not ours",
        ),
        pytest.param(
            "periode", [batch(READ, clock=READ - timedelta(minutes=5))], READ, SEMESTER + DAY, None, id="a slow clock"
        ),
        pytest.param("periode", [batch(READ, mode="replay")], READ + 3 * DAY, READ + DAY, 2 * DAY, id="only a replay"),
    ],
)
def test_when_it_is_due(
    column: str | None, batches: list[Any], now: datetime, due: datetime, late_by: timedelta | None
) -> None:
    found = freshness(dataset(column), WIB, batches, now)
    assert (found.next_due, found.late_by, found.late) == (due, late_by, late_by is not None)
    assert found.period == ("202502" if column and batches[0].mode == "full" else None)


def test_a_dataset_that_never_arrived_is_late() -> None:
    found = freshness(dataset("periode"), WIB, [batch(None)], READ)
    assert (found.late, found.next_due, found.late_by) == (True, None, None)


def file(period: str | None, arrived: datetime, number: int = 1, written: datetime | None = None) -> Any:
    return SimpleNamespace(id=number, periode=period, arrived_at=arrived, modified_at=written or arrived)


@pytest.mark.parametrize(
    ("column", "files", "period", "last", "due"),
    [
        pytest.param(None, [file(None, READ)], None, READ, READ + DAY, id="whatever was read again since"),
        pytest.param(None, [file("2026-01-04", READ)], "2026-01-04", READ, READ + DAY, id="a day's file"),
        pytest.param(
            None,
            [file("202512", READ + DAY, 3), file("202601", READ, 2)],
            "202601",
            READ,
            READ + DAY,
            id="a correction of an older one is nothing new",
        ),
        pytest.param("semester", [file("2025-S2", READ)], "2025-S2", READ, SEMESTER + DAY, id="in periods"),
        pytest.param(
            "semester",
            [file("2025-S2", READ, written=READ - 300 * DAY)],
            "2025-S2",
            READ,
            SEMESTER + 301 * DAY,
            id="of a department whose time is not ours",
        ),
    ],
)
def test_a_dataset_of_files_is_as_fresh_as_its_newest_file(
    column: str | None, files: list[Any], period: str | None, last: datetime, due: datetime
) -> None:
    """Every night reads the files in force anew; nothing has come by that."""
    nights = [batch(READ + n * DAY, clock=READ) for n in range(90)]
    found = freshness(dataset(column, files=object()), WIB, nights, due + 2 * DAY, {"b": files}.__getitem__)
    assert found == module.Freshness(last, period, due, 2 * DAY)


@pytest.mark.parametrize(
    ("batches", "files"),
    [
        pytest.param([batch(READ)], [], id="an empty folder"),
        pytest.param([batch(None)], [file("202601", READ)], id="one that waits for a decision"),
    ],
)
def test_without_a_file_in_the_warehouse_nothing_ever_arrived(batches: list[Any], files: list[Any]) -> None:
    found = freshness(dataset(files=object()), WIB, batches, READ, lambda _: files)
    assert found == module.Freshness(None, None, None, None)
    assert found.late
