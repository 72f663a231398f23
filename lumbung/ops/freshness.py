"""When a dataset is due, by its contract's promise, and how late it is.

A dataset is due again one promise (`slaProperties`, property `latency`) after it last arrived. One that comes in
periods (a table per semester) is due one promise after the next period has ended: until then there is nothing new.
Dropped files are read anew by every run: what they bring arrived when the newest file did, not when it was last read.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from lumbung.portal.period import span
from lumbung.settings import settings
from lumbung.sources.schema import PERIOD_PLACEHOLDER
from lumbung.storage import StorageError, read_manifest

if TYPE_CHECKING:
    from lumbung.declarations import Dataset
    from lumbung.ledger import Batch, SourceFile

_SEMESTER: Final = re.compile(r"(20\d{2})0([12])")
"""How the tables of closed semesters are named (semantic type `periode`)."""
_ANOTHER_TIME: Final = timedelta(days=1)
"""A source whose clock differs by more lives in a time of its own, as the simulated ones do."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """`last_success`: when it last arrived. `period`: the newest one, where there are some. `next_due` None: never."""

    last_success: datetime | None
    period: str | None
    next_due: datetime | None
    late_by: timedelta | None
    """How long it has been late; None while it is not, and when it never arrived."""

    @property
    def late(self) -> bool:
        """Whether the promise is broken; a dataset that never arrived is late."""
        return self.next_due is None or self.late_by is not None


def freshness(
    dataset: Dataset,
    timezone: str,
    batches: Sequence[Batch],
    now: datetime,
    files_of: Callable[[str], Sequence[SourceFile]] = lambda _: (),
) -> Freshness:
    """How fresh a dataset is at `now`. `batches`: those of the dataset, in landing order; `timezone`: of its system;
    `files_of`: the files that a batch was read from.
    """
    arrived = [batch for batch in batches if batch.conformed_at is not None]
    whole = [batch for batch in arrived if batch.mode != "replay"]
    if dataset.files is not None:
        return _of_files(dataset, timezone, files_of(whole[-1].id) if whole else (), now)
    last = max((batch.conformed_at for batch in arrived if batch.conformed_at), default=None)
    if last is None:
        return Freshness(None, None, None, None)
    due, period = last + dataset.freshness, None
    if dataset.period_column is not None and whole:
        period = newest_period(dataset, whole[-1])
        due = _after_next(dataset, period, timezone, _ahead(whole[-1].extracted_at, whole[-1].source_clock)) or due
    return _seen(last, period, due, now)


def _of_files(dataset: Dataset, timezone: str, files: Sequence[SourceFile], now: datetime) -> Freshness:
    """By the newest file of the newest period: a correction of an older one brings nothing that was due."""
    newest = max(files, key=lambda file: (file.periode or "", file.id), default=None)
    if newest is None:
        return Freshness(None, None, None, None)
    due = newest.arrived_at + dataset.freshness
    if dataset.period_column is not None:
        ahead = _ahead(newest.arrived_at, newest.modified_at)
        due = _after_next(dataset, newest.periode, timezone, ahead) or due
    return _seen(newest.arrived_at, newest.periode, due, now)


def _seen(last: datetime, period: str | None, due: datetime, now: datetime) -> Freshness:
    return Freshness(last, period, due, now - due if now > due else None)


def _after_next(dataset: Dataset, period: str | None, timezone: str, ahead: timedelta) -> datetime | None:
    """One promise after the period that follows has ended; None where that is not known."""
    end = next_end(period) if period is not None else None
    if end is None:
        return None
    return datetime.combine(end + timedelta(days=1), time(), ZoneInfo(timezone)) + dataset.freshness + ahead


def newest_period(dataset: Dataset, batch: Batch) -> str | None:
    """The newest period among the tables that a batch was read from; None when its manifest is gone or names none."""
    if batch.raw_path is None:
        return None
    try:
        tables = read_manifest(settings().warehouse / batch.raw_path).source_tables
    except StorageError:
        return None
    before, _, after = dataset.source_table.partition(PERIOD_PLACEHOLDER)
    pattern = re.compile(f"{re.escape(before)}(.+){re.escape(after)}", re.IGNORECASE)
    return max((match[1] for table in tables if (match := pattern.fullmatch(table))), default=None)


def next_end(period: str) -> date | None:
    """Last day of the period that follows (`202501`, `2025-S1`, `2025-Q2`, `2025-06`, `2025`); None for other texts."""
    semester = _SEMESTER.fullmatch(period)
    days = span(f"{semester[1]}-S{semester[2]}" if semester else period)
    if days is None:
        return None
    months = days[1].year * 12 + days[1].month + days[1].month - days[0].month  # of the next one's last, from year 0
    year, month = divmod(months, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])


def _ahead(ours: datetime | None, theirs: datetime | None) -> timedelta:
    """How far our clock is ahead of the source's, for sources whose time is not ours; else nothing."""
    if ours is None or theirs is None or abs(ours - theirs) <= _ANOTHER_TIME:
        return timedelta(0)
    return ours - theirs
