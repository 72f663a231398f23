"""What all departments share in one day of life: the working hours, late entries, deletions, new defects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from psycopg import sql
from psycopg.rows import dict_row

from simulator import manifest
from simulator.chance import chance
from simulator.defects import inject, remember
from simulator.kinds import kinds_of
from simulator.server import Connection
from simulator.source_rows import Row, key_of, pick, unspoilt, update_row

LATE = timedelta(hours=58)
"""How far back a late entry's update clock may lie: within the overlap of three days."""


@dataclass
class Day:
    """One calendar day of one system, from `start` (the clock before) to `end` (06:00 of the next day)."""

    connection: Connection
    system: str
    seed: int
    scale: float
    start: datetime
    end: datetime
    rng: np.random.Generator

    @classmethod
    def begin(cls, connection: Connection, system: str, seed: int, scale: float, start: datetime) -> Day:
        """The day on which `start` lies."""
        end = datetime.combine(start.date() + timedelta(days=1), time(6))
        return cls(connection, system, seed, scale, start, end, chance(seed, system, start.date().toordinal()))

    @property
    def workday(self) -> bool:
        """Offices are closed on Saturday and Sunday."""
        return self.start.weekday() < 5

    def moment(self) -> datetime:
        """A time in the office hours that are left of the day."""
        midnight = datetime.combine(self.start.date(), time())
        low = max(self.start + timedelta(minutes=1), midnight + timedelta(hours=7, minutes=30))
        high = min(max(low + timedelta(hours=2), midnight + timedelta(hours=15, minutes=30)), self.end)
        return low + timedelta(seconds=int(self.rng.integers(0, max(1, int((high - low).total_seconds())))))

    def stamp(
        self, dataset: str, key: Mapping[str, Any], when: datetime, *, often: float = 0.05, since: date = date.min
    ) -> datetime:
        """Update clock of a change made at `when`: mostly that, at times late (entered offline) or at the day's end.

        Nothing is recorded before the day on which it happened (`since`).
        """
        roll = self.rng.random()
        if roll < often:
            late = when - timedelta(seconds=int(self.rng.integers(6 * 3600, int(LATE.total_seconds()))))
            late = max(late, datetime.combine(since, time()))
            self.event("terlambat", dataset, key, cursor=late)
            return late
        if roll > 0.985:
            self.event("batas", dataset, key, cursor=self.end)
            return self.end
        return when

    def count(self, yearly_per_million: float, floor: float = 0.0) -> int:
        """How many events today, for a yearly rate per million units of `--scale` 1.0, plus a floor for tiny scales."""
        return int(self.rng.poisson(yearly_per_million * self.scale / 365 + floor))

    def event(self, kind: str, dataset: str, key: Mapping[str, Any], **more: object) -> None:
        """Note what happened, for the tests that look for it."""
        manifest.event(self.connection, self.start, kind, dataset, dict(key), **more)

    def pick(self, table: str, where: str, year: int = 2024) -> Row | None:
        """A random row that no defect has spoilt."""
        return pick(self.connection, table, f"({where}){unspoilt(table)}", self.rng, year)

    def rows(self, query: str, arguments: Mapping[str, Any]) -> list[Row]:
        """Rows of a trusted query as dictionaries."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, arguments).fetchall()

    def value(self, query: str, arguments: Mapping[str, Any]) -> Any:
        """First column of the first row of a trusted query; None when there is no row."""
        row = self.connection.execute(query, arguments).fetchone()
        return row[0] if row else None

    def update(self, table: str, row: Row, **change: Any) -> None:
        """Change columns of one picked row."""
        update_row(self.connection, table, row["_ctid"], change)

    def delete(self, table: str, row: Row, dataset: str) -> None:
        """Delete one row and note it: windows cannot see it, the daily sweep must."""
        self.connection.execute(
            sql.SQL("DELETE FROM public.{} WHERE ctid = %s::tid").format(sql.Identifier(table)), [row["_ctid"]]
        )
        self.event("hapus", dataset, key_of(table, row))

    def insert(self, table: str, row: Row) -> None:
        """Insert one row given by its columns; the others stay NULL or take their default."""
        names = [n for n in row if n != "_ctid"]
        self.connection.execute(
            sql.SQL("INSERT INTO public.{} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, names)),
                sql.SQL(", ").join([sql.Placeholder()] * len(names)),
            ),
            [row[n] for n in names],
        )

    def new_defects(self) -> int:
        """A few fresh defects of kinds that clerks make every day."""
        kinds = kinds_of(self.system, daily=True)
        done = 0
        for _ in range(self.count(3_800, 0.25)):
            kind = kinds[int(self.rng.integers(0, len(kinds)))]
            when = self.moment()
            found = inject(self.connection, kind, kind.table, self.rng, when, touch=True, used=set())
            if found is not None:
                remember(self.connection, found, when)
                done += 1
        return done
