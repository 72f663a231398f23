"""DESIGN section 4 in plain Python: what a dataset must look like after each run. It shares no code with lumbung."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from tests.integration.histories.world import DAY, LAG, OVERLAP, Key, Row, Source, Step

Content = tuple[Any, ...]


@dataclass
class Version:
    """The accepted version of a key."""

    content: Content
    batch: int
    held: bool = False
    deleted: int | None = None


@dataclass
class Received:
    """A batch: number of its step, what it read, and its counts once it is judged."""

    step: int
    mode: str
    rows: dict[Key, list[Content]]
    counts: tuple[int, int, int, int] | None = None

    @property
    def by_history(self) -> Counter[int]:
        counted: Counter[int] = Counter()
        for (number, _), contents in self.rows.items():
            counted[number] += len(contents)
        return counted


@dataclass
class Table:
    """One dataset. `content`: what of a row it holds; `cursor`: its update clock, None for a table without one."""

    name: str
    content: Callable[[Row], Content]
    cursor: Callable[[Row], datetime | None] | None
    days: bool = False
    watermark: datetime | None = None
    versions: dict[Key, Version] = field(default_factory=dict)
    open: dict[Key, list[Content]] = field(default_factory=dict)
    waiting: list[Received] = field(default_factory=list)

    def read(self, source: Source, number: int, step: Step, clock: datetime) -> Received | None:
        """What this run receives of the source; None when it leaves the table alone."""
        if step.run == "ulang":
            if not self.open:
                return None
            batch = Received(number, "replay", {key: list(rows) for key, rows in self.open.items()})
            self.waiting.insert(0, batch)
            return batch
        if self.cursor is None:
            if step.run == "isi-ulang":
                return None
            wanted: Callable[[datetime | None], bool] = lambda at: True  # noqa: E731
            mode = "full"
        else:
            wanted, mode = self._wanted(step, clock), "sweep" if step.run == "sapu" else "window"
        read: dict[Key, list[Content]] = {}
        for key, rows in source.items():
            for row in rows:
                if wanted(self.cursor(row) if self.cursor else None):
                    read.setdefault(key, []).append(self.content(row))
        batch = Received(number, mode, read)
        self.waiting.append(batch)
        return batch

    def _wanted(self, step: Step, clock: datetime) -> Callable[[datetime | None], bool]:
        to = clock - LAG
        if self.days:
            to = datetime.combine(to.date(), time())
        if step.run == "isi-ulang":
            start, end = clock - step.window[0], min(clock - step.window[1], to)
            if self.days:
                start = datetime.combine(start.date(), time())
            return lambda at: at is not None and start <= at <= end
        # of a day nobody knows the hour: the one in which the overlap begins belongs to it
        lower = None if self.watermark is None else self.watermark - OVERLAP - (DAY if self.days else timedelta(0))
        self.watermark = to if self.watermark is None else max(self.watermark, to)
        if step.run == "sapu":
            return lambda at: True
        return lambda at: at is None or (at <= to and (lower is None or at > lower))

    def judge(self, bound: int) -> None:
        """Judge and promote everything that waits, in its order."""
        while self.waiting:
            self._judge(self.waiting.pop(0), bound)

    def _judge(self, batch: Received, bound: int) -> None:
        accepted, refused, duplicate = {}, {}, []
        counts = Counter(accepted=0, refused=0, duplicate=0)
        for key, contents in batch.rows.items():
            now = self.versions.get(key)
            if len(set(contents)) > 1:
                refused[key] = contents
            elif now is not None and now.deleted is None and now.content == contents[0]:
                duplicate.append(key)
                counts["duplicate"] += len(contents)
            elif contents[0][1] > bound:
                refused[key] = contents
            else:
                accepted[key] = contents[0]
                counts["accepted"] += 1
                counts["duplicate"] += len(contents) - 1
        counts["refused"] = sum(len(contents) for contents in refused.values())
        whole = batch.mode in ("full", "sweep")
        self.open = {k: rows for k, rows in self.open.items() if not whole and k not in batch.rows} | refused
        for key, content in accepted.items():
            self.versions[key] = Version(content, batch.step)
        for key, version in self.versions.items():
            if version.deleted is None and key in refused:
                version.held = True
            elif version.deleted is None and key in duplicate:
                version.held = False
            elif version.deleted is None and whole and key not in batch.rows:
                version.deleted, version.held = batch.step, False
        received = sum(len(contents) for contents in batch.rows.values())
        batch.counts = (received, counts["accepted"], counts["refused"], counts["duplicate"])


def tables() -> list[Table]:
    """The three ways a department keeps a table: with a clock to the second, with a day, with none."""
    return [
        Table("peristiwa", lambda row: (row.text, row.value, row.at), lambda row: row.at),
        Table("harian", lambda row: (row.text, row.value, row.day), _midnight, days=True),
        Table("daftar", lambda row: (row.text, row.value), None),
    ]


def _midnight(row: Row) -> datetime | None:
    return None if row.at is None else datetime.combine(row.at.date(), time())


def truth(table: Table, source: Source, bound: int) -> tuple[dict[Key, Content], set[Key]]:
    """After a sweep, from the source alone: what must be current and not held, and which keys must be refused."""
    current: dict[Key, Content] = {}
    refused: set[Key] = set()
    for key, rows in source.items():
        contents = {table.content(row) for row in rows}
        if len(contents) > 1 or any(content[1] > bound for content in contents):
            refused.add(key)
        else:
            current[key] = contents.pop()
    return current, refused
