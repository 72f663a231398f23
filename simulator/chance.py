"""Random numbers that depend on the seed and on what they are for, never on the order of the calls."""

from __future__ import annotations

from datetime import date, datetime
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

DAY = 86_400
EPOCH = datetime(2026, 1, 5, 6, 0)
"""Source clock of a fresh build, WIB: four DKB semesters (2024, 2025) are closed, five tax years are issued."""


def chance(seed: int, *purpose: str | int) -> np.random.Generator:
    """A generator for one purpose, e.g. `chance(seed, "keluarga", no_kec)`."""
    return np.random.default_rng([seed, *(p if isinstance(p, int) else crc32(p.encode()) for p in purpose)])


def days(value: date) -> int:
    """Days since 1970-01-01 (the form in which dates are computed here)."""
    return (date(value.year, value.month, value.day) - date(1970, 1, 1)).days


def seconds(value: datetime) -> int:
    """Seconds since 1970-01-01 of a WIB wall-clock time."""
    return days(value) * DAY + value.hour * 3600 + value.minute * 60 + value.second


def office_time(rng: np.random.Generator, day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Seconds of an office hour (07:30 to 15:30) on each day, shape as `day`."""
    return np.asarray(day, dtype=np.int64) * DAY + rng.integers(27_000, 55_800, len(day))


def ymd(day: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Year, month and day of month of days since 1970."""
    stamp = day.astype("datetime64[D]")
    month = stamp.astype("datetime64[M]")
    year = stamp.astype("datetime64[Y]").astype(np.int64) + 1970
    return year, month.astype(np.int64) % 12 + 1, (stamp - month).astype(np.int64) + 1


def rank_within(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, 2 … for each occurrence of an equal key, in the order of the array."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    start = np.r_[True, ordered[1:] != ordered[:-1]]
    position = np.arange(len(keys))
    rank = np.empty(len(keys), dtype=np.int64)
    rank[order] = position - np.maximum.accumulate(np.where(start, position, 0))
    return rank
