"""The department of the faults' system: its tables, and how seeds change them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

READER = "uji_gangguan_baca"
PASSWORD = "uji"

TABLES = """
CREATE TABLE jam (sekarang timestamp without time zone);
INSERT INTO jam VALUES (timestamp '2026-01-10 10:00:00');
CREATE FUNCTION jam_sistem() RETURNS timestamp LANGUAGE sql STABLE AS 'SELECT sekarang FROM public.jam';
CREATE TABLE petugas (nip character(6), loket integer);
CREATE TABLE layanan (
    id integer, petugas character(6), loket integer, jenis numeric(1,0), biaya numeric,
    diubah timestamp without time zone
);
INSERT INTO petugas SELECT 'P' || lpad(i::text, 5, '0'), i % 4 FROM generate_series(1, 12) i;
INSERT INTO layanan SELECT i, 'P' || lpad((i % 12 + 1)::text, 5, '0'), i % 5, i % 3 + 1, i * 100,
    timestamp '2026-01-10 09:00:00' FROM generate_series(1, 300) i;
"""
GRANTS = f"GRANT USAGE ON SCHEMA public TO {READER}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER};"
BAD = ("jenis", "petugas", "biaya", "tanpa-petugas", "kunci-ganda")


@dataclass(frozen=True)
class Service:
    """A row of `layanan` as the department has it."""

    id: int
    officer: str | None
    desk: int | None
    kind: int | None
    fee: str | None
    changed: datetime


class Source:
    """The department's database on the sources' server."""

    def __init__(self, admin_url: str, name: str) -> None:
        self._server = make_url(admin_url)
        self.database = f"lumbung_uji_{name}_sumber"
        self.admin = self._server.set(database=self.database).render_as_string(hide_password=False)

    @property
    def reader_url(self) -> str:
        """URL of the account that Lumbung reads with."""
        login = self._server.set(database=self.database, username=READER, password=PASSWORD)
        return login.render_as_string(hide_password=False)

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[Any]]:
        """As the department itself; one transaction."""
        with psycopg.connect(self.admin) as connection:
            yield connection

    def create(self) -> None:
        """The database, new and full."""
        with psycopg.connect(self._server.render_as_string(hide_password=False), autocommit=True) as server:
            name, reader = sql.Identifier(self.database), sql.Identifier(READER)
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            if server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (READER,)).fetchone() is None:
                server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(reader))
            server.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(reader, sql.Literal(PASSWORD)))
            server.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(name))
        with self.connect() as connection:
            connection.execute((TABLES + GRANTS).encode())

    def change(self, chance: Random, whole: bool, late: bool = True, leaves: bool = False) -> None:
        """A day at the desks: time passes, rows come, change, go wrong, are mended; with `whole` some disappear.

        Rows of a table with a cursor disappear only when the next run is a sweep, which alone can see it. `late`: their
        times lie up to fifty minutes back, within the overlap, as those of a transaction that took its time. `leaves`:
        the officer of most rows is replaced by a new one, so that the status of rows that stay as they are changes.
        """
        with self.connect() as connection:
            now = _clock(connection) + timedelta(minutes=chance.randint(1, 180))
            connection.execute("UPDATE jam SET sekarang = %s", (now,))
            self._officers(connection, chance, leaves)
            officers = [row[0] for row in connection.execute("SELECT nip FROM petugas ORDER BY 1")]
            known = [row[0] for row in connection.execute("SELECT DISTINCT id FROM layanan ORDER BY 1")]
            gone = chance.sample(known, chance.randint(0, 6)) if whole else []
            changed = chance.sample(known, chance.randint(0, 15))
            new = range(known[-1] + 1, known[-1] + 1 + chance.randint(1, 15))
            for key in (*gone, *changed):
                connection.execute("DELETE FROM layanan WHERE id = %s", (key,))
            for key in (*(key for key in changed if key not in gone), *new):
                changed_at = now - timedelta(minutes=chance.randint(0, 50)) if late else now
                self._write(connection, chance, key, officers, changed_at)

    @staticmethod
    def _officers(connection: psycopg.Connection[Any], chance: Random, leaves: bool) -> None:
        """Someone moves to another desk, comes, or leaves; or one of many rows goes for a new one (`leaves`)."""
        officers = [row[0] for row in connection.execute("SELECT nip FROM petugas ORDER BY 1")]
        last = officers[-1]
        if leaves:
            connection.execute(
                "DELETE FROM petugas WHERE nip = (SELECT nip FROM petugas JOIN layanan ON petugas = nip"
                " GROUP BY nip ORDER BY count(*) DESC, nip LIMIT 1)"
            )
        match "comes" if leaves else chance.choice(("moves", "comes", "leaves", "nothing")):
            case "moves":
                somebody = chance.choice(officers)
                connection.execute("UPDATE petugas SET loket = loket + 1 WHERE nip = %s", (somebody,))
            case "comes":
                connection.execute("INSERT INTO petugas VALUES (%s, %s)", (f"P{int(last[1:]) + 1:05d}", 1))
            case "leaves":
                connection.execute("DELETE FROM petugas WHERE nip = %s AND nip > 'P00012'", (last,))

    @staticmethod
    def _write(
        connection: psycopg.Connection[Any], chance: Random, key: int, officers: list[str], changed: datetime
    ) -> None:
        """One row, in one of ten cases a bad one, in one of twenty twice."""
        row: dict[str, Any] = {
            "petugas": chance.choice(officers),
            "loket": chance.choice((None, 0, 1, 2, 3)),
            "jenis": chance.randint(1, 3),
            "biaya": str(chance.randint(0, 10**6)),
        }
        bad = chance.choice(BAD) if chance.random() < 0.1 else None
        if bad == "jenis":
            row["jenis"] = 9
        elif bad == "petugas":
            row["petugas"] = "P99999"
        elif bad == "tanpa-petugas":
            row["petugas"] = None
        elif bad == "biaya":
            row["biaya"] = chance.choice(("-1", "NaN", "Infinity"))
        versions = [row, {**row, "loket": 7}] if bad == "kunci-ganda" else [row] * (2 if chance.random() < 0.05 else 1)
        for version in versions:
            connection.execute(
                "INSERT INTO layanan VALUES (%s, %s, %s, %s, %s::numeric, %s)", (key, *version.values(), changed)
            )

    def services(self) -> list[Service]:
        """Every row of `layanan`."""
        with self.connect() as connection:
            rows = connection.execute("SELECT id, petugas, loket, jenis::int, biaya::text, diubah FROM layanan")
            return [Service(*row) for row in rows]

    def officers(self) -> dict[str, int]:
        """Every officer and their desk."""
        with self.connect() as connection:
            return dict(connection.execute("SELECT nip, loket FROM petugas").fetchall())

    def turn_clock(self, by: timedelta) -> None:
        """The department's clock jumps."""
        with self.connect() as connection:
            connection.execute("UPDATE jam SET sekarang = sekarang + %s", (by,))


def _clock(connection: psycopg.Connection[Any]) -> datetime:
    row = connection.execute("SELECT sekarang FROM jam").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment
