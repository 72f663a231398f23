"""What a day of life in the departments' systems keeps to."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from simulator.day import LATE, Day


class Noted(Day):
    """A day that notes its events in a list, not in the department's database."""

    def event(self, kind: str, dataset: str, key: Any, **more: object) -> None:
        events.append((kind, more["cursor"]))


events: list[tuple[str, object]] = []


@pytest.mark.parametrize("days_before", [0, 1, 2])
def test_nothing_is_recorded_before_the_day_on_which_it_happened(days_before: int) -> None:
    events.clear()
    when = datetime(2026, 3, 4, 9, 30)
    since = when.date() - timedelta(days=days_before)
    day: Any = Noted(None, "sismiop", 1, 1.0, when, when + timedelta(days=1), np.random.default_rng(7))  # type: ignore[arg-type]
    stamps = [day.stamp("sismiop.pembayaran_sppt", {}, when, often=1.0, since=since) for _ in range(200)]
    assert min(stamps).date() == since
    assert max(stamps) < when
    assert events == [("terlambat", stamp) for stamp in stamps]


def test_a_late_entry_lies_within_the_overlap() -> None:
    events.clear()
    when = datetime(2026, 3, 4, 9, 30)
    day: Any = Noted(None, "siak", 1, 1.0, when, when + timedelta(days=1), np.random.default_rng(7))  # type: ignore[arg-type]
    stamps = [day.stamp("siak.biodata_wni", {}, when, often=1.0) for _ in range(200)]
    assert when - LATE <= min(stamps)
    assert min(stamps).date() < date(2026, 3, 3)
