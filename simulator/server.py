"""The source server: who connects, how rows are loaded, how content is digested."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql

Connection = psycopg.Connection[tuple[Any, ...]]


class SimulatorError(Exception):
    """Something the person at the terminal can act on; the text says what to do next."""


@dataclass(frozen=True)
class State:
    """The folder of a profile: `secrets/` with the admin URLs, `simulator/` for the manifest."""

    folder: Path

    @classmethod
    def find(cls, explicit: str | None) -> State:
        """`--state DIR`, else `.lumbung/<LUMBUNG_PROFILE or demo>` beside this package."""
        if explicit:
            return cls(Path(explicit).resolve())
        profile = os.environ.get("LUMBUNG_PROFILE", "demo")
        return cls(Path(__file__).resolve().parents[1] / ".lumbung" / profile)

    @property
    def manifest(self) -> Path:
        """The file that tests hold against quarantine."""
        return self.folder / "simulator" / "manifest.json"

    def drop(self, system: str) -> Path:
        """The folder into which a department puts its files."""
        return self.folder / "drop" / system / "masuk"

    def admin_url(self, system: str) -> str:
        """URL of the owner account of one source database."""
        return self.secret(f"source_{system}_admin_url")

    def secret(self, name: str) -> str:
        """Content of one file of the profile's secrets."""
        path = self.folder / "secrets" / name
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SimulatorError(
                f"berkas rahasia sumber tidak terbaca: {path} ({error.strerror}). "
                "Jalankan `make demo` dulu, atau beri --state DIR."
            ) from error

    @contextmanager
    def connect(self, system: str) -> Iterator[Connection]:
        """A connection as the owner; one transaction, committed when the block ends well."""
        try:
            connection = psycopg.connect(
                self.admin_url(system),
                connect_timeout=10,
                application_name="simulator",
                options="-c DateStyle=ISO,YMD -c extra_float_digits=1 -c client_min_messages=warning",
            )
        except psycopg.OperationalError as error:
            raise SimulatorError(
                f"basis data sumber '{system}' tidak menjawab: {str(error).strip()}. "
                "Nyalakan layanan sumber (`make demo`) lalu ulangi."
            ) from error
        with connection:
            yield connection


def copy_table(connection: Connection, table: str, rows: pa.Table) -> int:
    """Load `rows` (columns named as in the table, any order) by COPY; returns how many."""
    if rows.num_rows == 0:
        return 0
    buffer = BytesIO()
    pyarrow.csv.write_csv(rows, buffer, pyarrow.csv.WriteOptions(include_header=False, batch_size=8192))
    statement = sql.SQL("COPY public.{} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    )
    with connection.cursor().copy(statement) as copy:
        view = buffer.getbuffer()
        for start in range(0, len(view), 1 << 20):
            copy.write(view[start : start + (1 << 20)])
    return int(rows.num_rows)


def public_tables(connection: Connection) -> list[str]:
    """Names of the tables in schema public, sorted."""
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [str(r[0]) for r in rows]


def digest(connection: Connection) -> dict[str, str]:
    """Per table: count and a digest of the multiset of its rows (independent of their physical order)."""
    found = {}
    for table in public_tables(connection):
        row = connection.execute(
            sql.SQL(
                "SELECT count(*), coalesce(sum(('x' || left(m, 15))::bit(60)::bigint::numeric), 0),"
                " coalesce(sum(('x' || right(m, 15))::bit(60)::bigint::numeric), 0)"
                " FROM (SELECT md5(t::text) AS m FROM public.{} t) AS d"
            ).format(sql.Identifier(table))
        ).fetchone()
        if row is None:
            raise SimulatorError(f"tabel {table} tidak memberi intisari")
        found[table] = f"{row[0]}:" + hashlib.sha256(f"{row[0]}|{row[1]}|{row[2]}".encode()).hexdigest()[:32]
    return found


def combined(digests: dict[str, dict[str, str]]) -> str:
    """One digest over all systems."""
    lines = [
        f"{system}.{table}={value}"
        for system, tables in sorted(digests.items())
        for table, value in sorted(tables.items())
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def scalar(connection: Connection, query: str | sql.Composed, arguments: Sequence[object] = ()) -> Any:
    """First column of the first row; SimulatorError when there is none."""
    row = connection.execute(query, arguments).fetchone()
    if row is None:
        raise SimulatorError("pertanyaan ke sumber tidak memberi baris")
    return row[0]


def counts(connection: Connection) -> dict[str, int]:
    """Exact number of rows per public table."""
    result = {}
    for table in public_tables(connection):
        result[table] = int(scalar(connection, sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))))
    return result
