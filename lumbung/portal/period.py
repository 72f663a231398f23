"""Periods as the public columns write them: `2025`, `2025-S1`, `2025-Q2`, `2025-06`."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Final

_PERIOD: Final = re.compile(r"(\d{4})(?:-(?:S([12])|Q([1-4])|(0[1-9]|1[0-2])))?")
MONTHS: Final = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
_ROMAN: Final = ("I", "II", "III", "IV")


def label(period: str) -> str:
    """A period in words, e.g. `Semester I 2025`, `Juni 2025`; text that is no period stays as it is."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        return period
    year, half, quarter, month = match.groups()
    if half:
        return f"Semester {_ROMAN[int(half) - 1]} {year}"
    if quarter:
        return f"Triwulan {_ROMAN[int(quarter) - 1]} {year}"
    return f"{MONTHS[int(month) - 1]} {year}" if month else year


def span(period: str) -> tuple[date, date] | None:
    """First and last day of a period, None when the text is no period."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        return None
    year = int(match[1])
    half, quarter, month = (int(part) if part else 0 for part in match.groups()[1:])
    if half:
        first, last = half * 6 - 5, half * 6
    elif quarter:
        first, last = quarter * 3 - 2, quarter * 3
    else:
        first, last = month or 1, month or 12
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])
