"""Which rows of a dataset a run asks for, by the dataset's cursor (DESIGN §4, *window* and *source clock*)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lumbung.declarations.models import Dataset, System
from lumbung.ledger import Mode, Run

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Rows whose cursor lies in (lower, upper], or in [lower, upper] when `closed` (a backfill). Aware datetimes.

    `lower` None = no lower bound. `timeless` also asks for rows that carry no usable time (NULL or infinity): nobody
    can tell when they changed, so every window reads them again.
    """

    lower: datetime | None
    upper: datetime
    closed: bool = False
    timeless: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run reads one dataset: mode of its batch, window (None: the whole table), and up to when it is complete.

    A sweep reads the whole table, also rows whose cursor lies ahead of the source's clock: one that it did not read
    would count as deleted. It is complete up to `upper` all the same. `upper` is None without a cursor.
    """

    mode: Mode
    window: Window | None
    upper: datetime | None


def source_clock(moment: datetime, system: System) -> datetime:
    """The clock's answer in UTC; without a zone it is the system's local time."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(system.timezone))
    return aware.astimezone(UTC)


def upper_bound(clock: datetime, lag: timedelta) -> datetime:
    """`to` of a run: source clock minus the declared lag, cut off to the second."""
    return (clock - lag).replace(microsecond=0)


def day_bound(to: datetime, timezone: str) -> datetime:
    """`to` cut off to the day of the system's time zone, for cursors that only know days."""
    local = to.astimezone(ZoneInfo(timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def selected(run: Run, datasets: tuple[Dataset, ...]) -> tuple[Dataset, ...]:
    """The datasets that the run reads. A backfill without a list reads only those that have a cursor.

    Raises ValueError naming a dataset of the run that the system does not have.
    """
    if run.datasets is not None:
        known = {dataset.id: dataset for dataset in datasets}
        unknown = [name for name in run.datasets if name not in known]
        if unknown:
            raise ValueError(f"run {run.id}: sistem {run.system} tidak mempunyai dataset {', '.join(unknown)}")
        return tuple(dataset for dataset in datasets if dataset.id in run.datasets)
    if run.window is not None:
        return tuple(dataset for dataset in datasets if dataset.cursor)
    return datasets


def plan(
    run: Run,
    dataset: Dataset,
    watermark: datetime | None,
    to: datetime,
    *,
    days_only: bool,
    timezone: str,
    whole: bool = False,
) -> Plan:
    """How `run` reads `dataset`, given where it stands. `days_only`: every cursor column is a date.

    `whole`: the curated table was rolled back, so that rows from before the watermark have to be read again too.

    Raises ValueError when a cursor of days has an overlap below one day (later rows of a day would be missed) or when a
    backfill starts after `to`.
    """
    if not dataset.cursor:
        return Plan("full", None, None)
    if days_only and dataset.overlap < ONE_DAY:
        raise ValueError(
            f"dataset {dataset.id}: kursor {', '.join(dataset.cursor)} hanya mengenal hari, maka overlap di "
            f"contracts/{dataset.system}/{dataset.name}.yaml harus paling sedikit P1D"
        )
    upper = day_bound(to, timezone) if days_only else to
    if run.window is not None:
        start, end = run.window
        if days_only:
            start = day_bound(start, timezone)
        if start > upper:
            raise ValueError(
                f"run {run.id}: jendela isi-ulang mulai {start.isoformat()}, padahal data sumber baru sampai "
                f"{upper.isoformat()}"
            )
        end = min(end, upper)
        return Plan("window", Window(start, end, closed=True, timeless=False), end)
    if run.kind == "sapu" or whole:
        return Plan("sweep", None, upper)
    # a cursor of days hides the hour: of the day in which the overlap begins every row may lie within it
    overlap = dataset.overlap + (ONE_DAY if days_only else timedelta(0))
    return Plan("window", Window(None if watermark is None else watermark - overlap, upper), upper)
