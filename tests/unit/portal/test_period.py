"""Periods and days as the portal writes them: month ends, the leap day, midnight in the regency."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lumbung.portal.dataset import long_date
from lumbung.portal.period import label, span


@pytest.mark.parametrize(
    ("period", "first", "last", "words"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31), "2024"),
        ("2024-S1", date(2024, 1, 1), date(2024, 6, 30), "Semester I 2024"),
        ("2024-S2", date(2024, 7, 1), date(2024, 12, 31), "Semester II 2024"),
        ("2024-Q1", date(2024, 1, 1), date(2024, 3, 31), "Triwulan I 2024"),
        ("2024-Q3", date(2024, 7, 1), date(2024, 9, 30), "Triwulan III 2024"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "Februari 2024"),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28), "Februari 2026"),
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29), "Februari 2000"),
        ("2100-02", date(2100, 2, 1), date(2100, 2, 28), "Februari 2100"),
        ("2024-04", date(2024, 4, 1), date(2024, 4, 30), "April 2024"),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31), "Desember 2024"),
    ],
)
def test_a_period_ends_with_its_last_day(period: str, first: date, last: date, words: str) -> None:
    assert span(period) == (first, last)
    assert label(period) == words


@pytest.mark.parametrize("text", ["", "2024-13", "2024-00", "2024-S3", "2024-Q5", "24-01", "2024-1", "seluruhnya"])
def test_what_is_no_period_has_no_days(text: str) -> None:
    assert span(text) is None
    assert label(text) == text


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2025, 12, 31, 16, 59, 59, tzinfo=UTC), "31 Desember 2025"),
        (datetime(2025, 12, 31, 17, tzinfo=UTC), "1 Januari 2026"),
        (datetime(2024, 2, 28, 17, tzinfo=UTC), "29 Februari 2024"),
        (datetime(2024, 2, 29, 17, tzinfo=UTC), "1 Maret 2024"),
    ],
    ids=["last second of the year", "midnight of the year", "leap day begins", "leap day is over"],
)
def test_the_day_of_the_figures_is_the_regencys(moment: datetime, words: str) -> None:
    assert long_date(moment) == words
