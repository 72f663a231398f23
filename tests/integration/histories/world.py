"""What can happen at a source: generated histories of a few keys each, and the schedule of runs that they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Literal, NamedTuple

RunKind = Literal["jadwal", "sapu", "isi-ulang", "ulang"]
Key = tuple[int, int]
"""History and number within it."""

OVERLAP = timedelta(days=2)
LAG = timedelta(minutes=5)
KEYS = 10
GOOD, MENDABLE, BAD = 10, 500, 5000
"""Values: always accepted; accepted once the rule is mended; never accepted."""
STRICT, MENDED = 100, 1000
"""The rule's bound before and after it is mended."""
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
STARTS = (datetime(2024, 2, 27, 22), datetime(2025, 12, 30, 21), datetime(2026, 4, 29, 23, 30), datetime(2027, 2, 27))
"""Local times shortly before a leap day, a year's end, a month of 30 days' end, and a February without leap day."""


class Row(NamedTuple):
    """One row of the source; `at` is what its update clock says, local time."""

    text: str
    value: int
    at: datetime | None

    @property
    def day(self) -> date | None:
        return None if self.at is None else self.at.date()


Source = dict[Key, list[Row]]
"""Rows by key: normally one, two when a key stands there twice."""


class Event(NamedTuple):
    """Something that happens to a key between two runs.

    `tulis` inserts or updates: `kini` stamps it now, `geser` by `shift` into the past (late commit, backdating) or the
    future (a clock that is ahead), `tetap` leaves the stamp as it was, `kosong` leaves it out. `kembali` brings back
    what was there before it was deleted or changed, stamp and all.
    """

    key: int
    what: Literal["tulis", "hapus", "kembali", "salin", "ganda", "tunggal"]
    text: str = ""
    value: int = GOOD
    stamp: Literal["kini", "geser", "tetap", "kosong"] = "kini"
    shift: timedelta = timedelta(0)


@dataclass(frozen=True)
class Step:
    """The source's clock goes on by `advance` (or back), events happen, a run reads; `conform`: it is judged at once.

    `window`: of a backfill, before the clock. `bound`: of the rule from now on. `quiet`: nothing happens at the source.
    """

    advance: timedelta
    run: RunKind
    window: tuple[timedelta, timedelta] = (timedelta(0), timedelta(0))
    conform: bool = True
    bound: int = STRICT
    quiet: bool = False


@dataclass(frozen=True)
class Schedule:
    """When the source's clock stood where, and what ran then."""

    start: datetime
    steps: tuple[Step, ...]


History = tuple[tuple[Event, ...], ...]
"""Events by step."""


def schedule(random: Random, steps: int) -> Schedule:
    """A first load, runs of every kind, a sweep, and one more after nothing happened; at least seven runs."""
    kinds: list[RunKind] = ["jadwal", "isi-ulang", "sapu", "ulang"]
    must = kinds * (steps // (2 * len(kinds)) or 1)
    middle: list[RunKind] = [*must, *random.choices(kinds, (5, 2, 1, 2), k=max(0, steps - 3 - len(must)))]
    random.shuffle(middle)
    mended = random.choice([index for index, kind in enumerate(middle, 1) if kind == "ulang"])
    made = [Step(HOUR, "jadwal")]
    for index, kind in enumerate(middle, 1):
        back = random.choice((0, 1, 3, 30)) * DAY + random.randrange(3) * HOUR
        made.append(
            Step(
                random.choice((20 * 60 * SECOND, 7 * HOUR, DAY, DAY, 3 * DAY, 35 * DAY, -2 * HOUR)),
                kind,
                (back + random.choice((1, 2, 10)) * DAY, back),
                conform=kind == "ulang" or random.random() < 0.85,
                bound=MENDED if index >= mended else STRICT,
                quiet=random.random() < 0.15,
            )
        )
    return Schedule(random.choice(STARTS), (*made, Step(HOUR, "sapu", bound=MENDED), _last()))


def _last() -> Step:
    return Step(HOUR, "sapu", bound=MENDED, quiet=True)


def history(random: Random, plan: Schedule) -> History:
    """Events of one history; most keys are there from the first load on."""
    first = [_written(random, key) for key in range(KEYS) if random.random() < 0.7]
    later = [
        () if step.quiet else tuple(_event(random) for _ in range(random.choice((0, 0, 1, 1, 2, 4))))
        for step in plan.steps[1:]
    ]
    return (tuple(first), *later)


def _event(random: Random) -> Event:
    what = random.choices(("tulis", "hapus", "kembali", "salin", "ganda", "tunggal"), (55, 15, 15, 4, 4, 7))[0]
    key = random.randrange(KEYS)
    return _written(random, key) if what == "tulis" else Event(key, what)  # type: ignore[arg-type]


def _written(random: Random, key: int) -> Event:
    stamp = random.choices(("kini", "geser", "tetap", "kosong"), (45, 35, 12, 8))[0]
    past = (10 * 60 * SECOND, 3 * HOUR, DAY, OVERLAP - HOUR, OVERLAP, 3 * DAY, 40 * DAY, -HOUR, -DAY, -4 * DAY)
    shift = random.choice(past) if stamp == "geser" else random.randrange(3600) * SECOND
    value = random.choices((GOOD, MENDABLE, BAD), (75, 15, 10))[0]
    return Event(key, "tulis", f"isi {random.randrange(4)}", value, stamp, shift)  # type: ignore[arg-type]


def happen(source: Source, past: Source, number: int, events: tuple[Event, ...], clock: datetime) -> None:
    """Bring the events of history `number` into the source; `past` keeps what was there, so that it can return."""
    for event in events:
        key = (number, event.key)
        rows = source.get(key, [])
        if event.what == "tulis":
            stamps = {"kini": clock - event.shift, "geser": clock - event.shift, "kosong": None}
            at = rows[0].at if event.stamp == "tetap" and rows else stamps.get(event.stamp, clock)
            if rows:
                past[key] = rows
            source[key] = [Row(event.text, event.value, at)]
        elif event.what == "hapus" and rows:
            past[key] = source.pop(key)
        elif event.what == "kembali" and key in past:
            source[key] = past[key]
        elif event.what == "salin" and rows:
            source[key] = [rows[0], rows[0]]
        elif event.what == "ganda" and rows:
            source[key] = [rows[0], rows[0]._replace(text="lain")]
        elif event.what == "tunggal" and rows:
            source[key] = rows[:1]


def told(plan: Schedule, one: History) -> str:
    """A history and its runs, step by step, to read when it failed."""
    lines, clock = [], plan.start
    for number, (step, events) in enumerate(zip(plan.steps, one, strict=True)):
        clock += step.advance
        window = f" [-{step.window[0]}, -{step.window[1]}]" if step.run == "isi-ulang" else ""
        late = "" if step.conform else ", judged later"
        lines.append(f"step {number}: {clock} {step.run}{window}, bound {step.bound}{late}")
        for event in events:
            detail = f" {event.text!r} {event.value} {event.stamp} {event.shift}" if event.what == "tulis" else ""
            lines.append(f"    key {event.key} {event.what}{detail}")
    return "\n".join(lines)
