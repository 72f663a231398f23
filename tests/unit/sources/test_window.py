"""Which rows a run asks for, by the definitions of window, source clock, full read, backfill and sweep."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumbung.sources.window import Window, day_bound, plan, selected, source_clock, upper_bound

WIB = "Asia/Jakarta"
TO = datetime(2026, 1, 10, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def dataset(name: str = "orang", cursor: tuple[str, ...] = ("diubah",), overlap: timedelta = DAY) -> Any:
    return SimpleNamespace(id=f"uji.{name}", system="uji", name=name, cursor=cursor, overlap=overlap)


def run(kind: str = "jadwal", window: tuple[datetime, datetime] | None = None, datasets: Any = None) -> Any:
    return SimpleNamespace(id="uji-000001", system="uji", kind=kind, window=window, datasets=datasets)


def planned(one: Any, of_run: Any, watermark: datetime | None = None, days_only: bool = False) -> Any:
    return plan(of_run, one, watermark, TO, days_only=days_only, timezone=WIB)


def test_first_window_has_no_lower_bound() -> None:
    assert planned(dataset(), run()).window == Window(None, TO)


def test_next_window_starts_at_the_watermark_minus_the_overlap() -> None:
    mark = TO - timedelta(hours=5)
    how = planned(dataset(), run(), mark)
    assert (how.mode, how.window, how.upper) == ("window", Window(mark - DAY, TO), TO)


def test_tables_without_cursor_are_read_whole_whatever_the_run() -> None:
    for kind in ("jadwal", "sapu"):
        how = planned(dataset(cursor=()), run(kind), TO)
        assert (how.mode, how.window, how.upper) == ("full", None, None)


def test_sweep_reads_the_whole_table_and_is_complete_up_to_the_upper_bound() -> None:
    how = planned(dataset(), run("sapu"), TO - DAY)
    assert (how.mode, how.window, how.upper) == ("sweep", None, TO)


def test_after_a_rollback_the_next_run_reads_the_whole_table_but_a_backfill_only_its_window() -> None:
    how = plan(run(), dataset(), TO - DAY, TO, days_only=False, timezone=WIB, whole=True)
    assert (how.mode, how.window, how.upper) == ("sweep", None, TO)
    window = (TO - 3 * DAY, TO - 2 * DAY)
    how = plan(run("isi-ulang", window), dataset(), TO, TO, days_only=False, timezone=WIB, whole=True)
    assert (how.mode, how.window) == ("window", Window(*window, closed=True, timeless=False))


def test_backfill_is_closed_at_both_ends() -> None:
    start, end = TO - 3 * DAY, TO - 2 * DAY
    how = planned(dataset(), run("isi-ulang", (start, end)), TO)
    assert (how.window, how.upper) == (Window(start, end, closed=True, timeless=False), end)


def test_backfill_of_a_cursor_of_days_begins_with_its_first_day() -> None:
    start = datetime(2026, 1, 7, 20, 0, tzinfo=UTC)  # 8 January 03:00 WIB
    how = planned(dataset(), run("isi-ulang", (start, TO - DAY)), TO, days_only=True)
    assert how.window.lower == datetime(2026, 1, 7, 17, 0, tzinfo=UTC)


def test_backfill_ends_at_the_source_clock() -> None:
    assert planned(dataset(), run("isi-ulang", (TO - DAY, TO + DAY))).window.upper == TO


def test_backfill_that_starts_in_the_future_is_refused() -> None:
    with pytest.raises(ValueError, match="uji-000001: jendela isi-ulang mulai 2026-01-11"):
        planned(dataset(), run("isi-ulang", (TO + DAY, TO + 2 * DAY)))


def test_cursor_of_days_ends_with_the_day_and_needs_a_day_of_overlap() -> None:
    midnight = datetime(2026, 1, 9, 17, 0, tzinfo=UTC)  # 10 January 00:00 WIB
    assert planned(dataset(), run(), days_only=True).window.upper == midnight
    assert planned(dataset(), run(), midnight, days_only=True).window.lower == midnight - 2 * DAY
    with pytest.raises(ValueError, match=r"contracts/uji/orang\.yaml harus paling sedikit P1D"):
        planned(dataset(overlap=timedelta(hours=23)), run(), days_only=True)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)), st.timedeltas(timedelta(0), timedelta(days=2)))
def test_upper_bound_is_the_clock_minus_lag_cut_to_the_second(moment: datetime, lag: timedelta) -> None:
    clock = moment.replace(tzinfo=UTC)
    to = upper_bound(clock, lag)
    assert to.microsecond == 0
    assert timedelta(0) <= clock - lag - to < timedelta(seconds=1)


def test_a_clock_without_zone_is_the_systems_local_time() -> None:
    system: Any = SimpleNamespace(timezone=WIB)
    assert source_clock(datetime(2026, 1, 10, 10, 0), system) == TO
    assert source_clock(TO, system) == TO


def test_the_day_boundary_is_that_of_the_system() -> None:
    assert day_bound(datetime(2026, 1, 9, 17, 0, tzinfo=UTC), WIB) == datetime(2026, 1, 9, 17, 0, tzinfo=UTC)
    assert day_bound(datetime(2026, 1, 9, 16, 59, tzinfo=UTC), WIB) == datetime(2026, 1, 8, 17, 0, tzinfo=UTC)


minutes = st.integers(0, 4000).map(lambda n: timedelta(minutes=n))


@given(
    start=st.datetimes(datetime(2023, 12, 20), datetime(2028, 3, 10)),
    overlap=st.sampled_from([DAY, 2 * DAY, 3 * DAY]),
    steps=st.lists(
        st.tuples(minutes, st.sampled_from(["jadwal", "manual", "sapu", "isi-ulang"]), st.lists(minutes)), max_size=8
    ),
    days_only=st.booleans(),
)
def test_a_row_that_comes_late_within_the_overlap_is_read(
    start: datetime, overlap: timedelta, steps: list[Any], days_only: bool
) -> None:
    """Rows become visible after a run, at most `overlap` after what they are stamped; nothing of them may be missed."""
    one, clock, watermark = dataset(overlap=overlap), start.replace(tzinfo=UTC), None
    waiting: list[datetime] = []
    for advance, kind, late in [*steps, (timedelta(days=3), "jadwal", [])]:
        visible, clock = clock + timedelta(seconds=1), clock + advance + timedelta(seconds=2)
        waiting += [visible - min(lateness, overlap) for lateness in late]
        window = (clock - 5 * DAY, clock - 2 * DAY) if kind == "isi-ulang" else None
        how = plan(run(kind, window), one, watermark, upper_bound(clock, DAY / 48), days_only=days_only, timezone=WIB)
        if window is None:
            assert how.upper is not None
            assert watermark is None or how.upper >= watermark, "the watermark moves on"
            watermark = how.upper
        waiting = [stamp for stamp in waiting if not _reads(how.window, stamp, days_only)]
    assert not waiting


def _reads(window: Window | None, stamp: datetime, days_only: bool) -> bool:
    """Whether the window holds the row; a cursor of days is compared as the day's local midnight."""
    if window is None:
        return True
    cursor = day_bound(stamp, WIB) if days_only else stamp
    above = window.lower is None or (cursor >= window.lower if window.closed else cursor > window.lower)
    return above and cursor <= window.upper


WHOLE, CURSOR = dataset("petugas", cursor=()), dataset("orang")


@pytest.mark.parametrize(
    ("of_run", "expected"),
    [
        pytest.param(run(), ["petugas", "orang"], id="all"),
        pytest.param(run(datasets=("uji.orang",)), ["orang"], id="named"),
        pytest.param(run("isi-ulang", (TO, TO)), ["orang"], id="backfill-cursors-only"),
        pytest.param(run("isi-ulang", (TO, TO), ("uji.petugas",)), ["petugas"], id="backfill-named"),
    ],
)
def test_the_datasets_of_a_run(of_run: Any, expected: list[str]) -> None:
    assert [one.name for one in selected(of_run, (WHOLE, CURSOR))] == expected


def test_a_dataset_that_the_system_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sistem uji tidak mempunyai dataset uji\.lain"):
        selected(run(datasets=("uji.orang", "uji.lain")), (WHOLE, CURSOR))
