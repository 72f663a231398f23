"""Moments as people write them at the command line."""

from __future__ import annotations

import pytest

from lumbung.cli.act import moment_of

WIB = "Asia/Jakarta"


@pytest.mark.parametrize(
    ("text", "end", "wanted"),
    [
        ("2026-01-31", False, "2026-01-31T00:00:00+07:00"),
        ("2026-01-31", True, "2026-01-31T23:59:59.999999+07:00"),
        ("2024-02-29", True, "2024-02-29T23:59:59.999999+07:00"),
        ("2026-01-31T00:00", True, "2026-01-31T00:00:00+07:00"),
        ("2026-01-31T17:00:00+00:00", True, "2026-01-31T17:00:00+00:00"),
        ("2026-01-31T17:00:00Z", False, "2026-01-31T17:00:00+00:00"),
    ],
    ids=["from a day", "to a day: all of it", "leap day", "a time is a time", "with a zone", "UTC"],
)
def test_moments(text: str, end: bool, wanted: str) -> None:
    assert moment_of(text, WIB, end=end) == wanted


def test_a_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="day"):
        moment_of("2026-02-29", WIB)
