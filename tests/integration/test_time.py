"""Time's corners on the real engine: ages and days at month ends, the leap day and WIB midnight; two runs at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lumbung.declarations import load
from lumbung.ops import reconcile
from lumbung.rules.frame import with_derived
from lumbung.settings import settings
from lumbung.stages import conform
from lumbung.stages.extract import extract
from lumbung.stages.land import land
from tests.integration.engine import open_session
from tests.integration.histories import bench as benches
from tests.integration.histories.bench import Bench
from tests.integration.histories.world import LAG, Row, Source
from tests.integration.ledger_support import fresh_database, fresh_ledger

WIB = ZoneInfo("Asia/Jakarta")
Day = date | None


def derived(dataset: str, column: str, schema: str, rows: list[tuple[object, ...]]) -> list[object]:
    """A derived column of a declared dataset over received rows, in their order."""
    names = ["_no", *(part.split()[0] for part in schema.split(", "))]
    frame = open_session().createDataFrame([(n, *row) for n, row in enumerate(rows)], f"_no int, {schema}")
    assert frame.columns == names
    declared = load().datasets[dataset].derived
    wanted = {name: declared[name] for name in declared if name == column or name in declared[column]}
    return [row[column] for row in sorted(with_derived(frame, wanted).collect())]


AGES: list[tuple[str, str, Day, int | None]] = [
    ("birthday on 30 June", "202401", date(1990, 6, 30), 34),
    ("birthday on 1 July", "202401", date(1990, 7, 1), 33),
    ("birthday on 31 December", "202402", date(1990, 12, 31), 34),
    ("birthday on 1 January", "202402", date(1991, 1, 1), 33),
    ("born on the last day", "202402", date(2024, 12, 31), 0),
    ("born after it", "202402", date(2025, 1, 1), None),
    ("born on a leap day", "202401", date(2000, 2, 29), 24),
    ("born on the leap day of the year", "202402", date(2024, 2, 29), 0),
    ("75 on the day: the open group", "202401", date(1949, 6, 30), 75),
    ("75 tomorrow", "202401", date(1949, 7, 1), 74),
    ("no birth date", "202401", None, None),
    ("31 May, a month of 30 days as reference", "202401", date(1990, 5, 31), 34),
]


def test_age_is_that_on_the_semesters_last_day() -> None:
    """Permendagri 102/2019: the DKB counts at 30 June and 31 December."""
    found = derived("siak.biodata_wni_dkb", "_umur", "periode string, tgl_lhr date", [row[1:3] for row in AGES])
    assert {row[0]: age for row, age in zip(AGES, found, strict=True)} == {row[0]: row[3] for row in AGES}


RECORDED: list[tuple[str, datetime | None, datetime | None, Day]] = [
    ("last second of the year, WIB", datetime(2025, 12, 31, 23, 59, 59), None, date(2025, 12, 31)),
    ("midnight of the year, WIB (17:00 UTC the day before)", datetime(2026, 1, 1), None, date(2026, 1, 1)),
    ("leap day, early morning", datetime(2024, 2, 29, 3), None, date(2024, 2, 29)),
    ("never changed: when it was entered", None, datetime(2024, 3, 1), date(2024, 3, 1)),
    ("no time", None, None, None),
]


def test_the_day_a_record_was_written_is_the_departments_day() -> None:
    """Which village codes were valid is asked for this day."""
    rows = [row[1:3] for row in RECORDED]
    found = derived("siak.biodata_wni", "_tanggal_catat", "tgl_ubah timestamp_ntz, tgl_entri timestamp_ntz", rows)
    assert {row[0]: day for row, day in zip(RECORDED, found, strict=True)} == {row[0]: row[3] for row in RECORDED}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with (
        fresh_ledger("waktu") as (ledger, _),
        fresh_database("waktu_sumber", ("uji_baca",)) as source,
        benches.opened(ledger, source) as made,
    ):
        made.names = ("peristiwa",)
        yield made


def run(bench: Bench, trigger: str, kind: str, window: tuple[datetime, datetime] | None = None) -> str:
    """A whole run, as a task of Airflow does it."""
    aware = None if window is None else tuple(moment.replace(tzinfo=WIB) for moment in window)
    opened = bench.ledger.open_run(bench.system, kind, trigger, "penguji", window=aware)  # type: ignore[arg-type]
    extract(opened.id, ledger=bench.ledger, declarations=bench.load(), place=settings())
    land(opened.id, ledger=bench.ledger, place=settings())
    conform.drain(bench.system, bench.ledger)
    return opened.id


def test_a_year_is_backfilled_while_the_schedule_runs(bench: Bench) -> None:
    """Rows changed without a new time are only seen by the backfill, rows of today only by the schedule."""
    clock = datetime(2024, 3, 1, 0, 10)  # ten minutes after the leap day
    source: Source = {
        (0, n): [Row(f"isi {n}", 10, clock - timedelta(days=1) - n * timedelta(hours=20))] for n in range(400)
    }
    bench._write(source, clock)
    run(bench, "mula", "jadwal")
    silent = {key: [rows[0]._replace(text="diam-diam")] for key, rows in source.items() if key[1] % 3 == 0}
    clock += timedelta(hours=1)
    today = {(1, n): [Row("hari ini", 10, clock - timedelta(minutes=10 + n))] for n in range(20)}
    source |= silent | today
    bench._write(source, clock)
    before = bench.ledger.watermark(f"{bench.system}.peristiwa")
    with ThreadPoolExecutor(3) as pool:
        started = [
            pool.submit(run, bench, "tahun", "isi-ulang", (clock - timedelta(days=366), clock - timedelta(days=1))),
            pool.submit(run, bench, "jadwal-1", "jadwal"),
            pool.submit(run, bench, "jadwal-2", "jadwal"),
        ]
        runs = [one.result(timeout=500) for one in started]
    conform.drain(bench.system, bench.ledger)
    batches = [bench.ledger.batch(f"{one}-{bench.system}.peristiwa") for one in runs]
    assert {batch.state for batch in batches} == {"conformed"}
    for batch in batches:
        parts = (batch.accepted or 0, batch.quarantined or 0, batch.duplicate or 0)
        assert batch.received == sum(parts)
    assert sum(batch.accepted or 0 for batch in batches) == len(silent) + len(today), "each version once"
    mark = bench.ledger.watermark(f"{bench.system}.peristiwa")
    assert before is not None
    assert mark == (clock - LAG).replace(tzinfo=WIB)
    bench.batches = {batch.id: 0 for batch in bench.ledger.batches(dataset=f"{bench.system}.peristiwa")}
    content = {key: version[0] for key, version in bench._versions("peristiwa").items() if version[3] is None}
    assert content == {key: tuple(rows[0]) for key, rows in source.items()}
    assert [row["difference"] for row in reconcile.reconcile_rows(bench.system, bench.ledger)] == [0]
