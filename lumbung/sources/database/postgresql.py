"""PostgreSQL sources: one connection, one read-only REPEATABLE READ snapshot for all tables of a run.

The tables are locked in ACCESS SHARE mode before the snapshot is taken: nobody can alter or truncate them between the
look at the catalogue and the last row, which a snapshot alone does not prevent (a rewritten table looks empty to an
older snapshot). Load on the source is bounded: one connection, one query at a time, time limits, no sorting.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
from psycopg import errors, sql

from lumbung.declarations.models import Dataset, System
from lumbung.sources.arrow import Carried, carry, lost_names, received_schema
from lumbung.sources.database.catalogue import read_catalogue
from lumbung.sources.database.connection import connect, errors_of
from lumbung.sources.database.copystream import CopiedRows, CopyStream, column_of, record_batches
from lumbung.sources.digest import ContentDigest
from lumbung.sources.errors import SourceChanged, SourceError
from lumbung.sources.schema import (
    PERIOD_PLACEHOLDER,
    Drift,
    SourceColumn,
    SourceTable,
    compare,
    missing_table,
    read_columns,
    reserved_names,
)
from lumbung.sources.window import Window, source_clock

_PERIOD = "([0-9]{6})"
_LOCKABLE = ("r", "p")


@dataclass(frozen=True, slots=True)
class Prepared:
    """How one dataset is read: its tables with the expressions of their columns, and the stream's schema."""

    dataset: Dataset
    tables: tuple[SourceTable, ...]
    columns: tuple[tuple[Carried, ...], ...]
    schema: pa.Schema

    @property
    def source_types(self) -> Mapping[str, str]:
        """The catalogue's types by lower-case column name."""
        return {column.name.lower(): column.type for column in self.tables[0].columns}

    @property
    def labels(self) -> tuple[str, ...]:
        """`schema.table` of every table."""
        return tuple(table.label for table in self.tables)


class PostgresqlSnapshot:
    """One REPEATABLE READ snapshot (see `snapshot.Snapshot`). Use it inside `open_postgresql`."""

    def __init__(self, connection: psycopg.Connection[Any], system: System, clock: datetime, label: str) -> None:
        self._connection = connection
        self._system = system
        self.clock = clock
        self.label = label
        self.tables: dict[str, tuple[SourceTable, ...]] = {}

    def days_only(self, dataset: Dataset) -> bool:
        """Whether every cursor column of the dataset is a date (so that a window's resolution is the day)."""
        types = self._cursor_types(dataset)
        return bool(types) and types == {"date"}

    def drift(self, dataset: Dataset, root: Path) -> Drift:
        """How the dataset's tables depart from the contract; a missing table is an error too."""
        tables = self.tables[dataset.id]
        if not tables:
            return Drift((missing_table(dataset, root),), ())
        found = [compare(dataset, table, root) for table in tables]
        return Drift(
            reserved_names(dataset) + tuple(text for drift in found for text in drift.errors),
            tuple(text for drift in found for text in drift.warnings),
        )

    def present(self, dataset: Dataset) -> bool:
        """Whether the source has a table of the dataset's name that the account may read."""
        return bool(self.tables[dataset.id])

    def prepare(self, dataset: Dataset) -> Prepared:
        """The dataset's columns as they will be read. Call it only when the schema agrees with the contract."""
        version = self._connection.info.server_version
        columns = tuple(
            tuple(
                carry(column.name, received.name, received.type, version)
                for column in read_columns(dataset)
                for received in (table.by_lower_name()[column.name],)
            )
            for table in self.tables[dataset.id]
        )
        return Prepared(dataset, self.tables[dataset.id], columns, received_schema(columns[0]))

    def read(
        self, prepared: Prepared, window: Window | None, digest: ContentDigest
    ) -> Iterator[tuple[SourceTable, pa.RecordBatch]]:
        """All rows of the dataset within `window` (None: all rows), table by table, unsorted, adding to `digest`.

        Raises SourceError when a value does not fit the type of the catalogue, or rows went missing on the way.
        """
        for table, columns in zip(prepared.tables, prepared.columns, strict=True):
            query = self._query(prepared.dataset, table, columns, window)
            with errors_of(self._system, f"membaca {table.label}"), self._connection.cursor() as cursor:
                with cursor.copy(query):
                    rows = CopiedRows(self._connection)
                    stream = CopyStream(rows, digest, (table.period or "").encode())
                    try:
                        for batch in record_batches(stream, prepared.schema):
                            yield table, batch
                    except pa.ArrowException as error:
                        # Arrow quotes the value; it may be a person's, so only the column goes into the message
                        raise SourceError(
                            f"dataset {prepared.dataset.id}: nilai di {table.label} tidak sesuai tipe katalog "
                            f"({column_of(error, prepared.schema)}) sekitar baris {stream.rows}; periksa tabel sumber"
                        ) from None
                if rows.sent != stream.rows:
                    raise SourceError(
                        f"dataset {prepared.dataset.id}: sumber mengirim {rows.sent} baris dari {table.label}, "
                        f"diterima {stream.rows}; jalankan lagi"
                    )

    def files(self, dataset: Dataset) -> tuple[int, ...]:
        """A database has none."""
        return ()

    def remarks(self, dataset: Dataset) -> tuple[str, ...]:
        """Nothing: the catalogue said everything before."""
        return ()

    def future_rows(self, dataset: Dataset) -> int:
        """Rows whose cursor lies after the source's own clock: no window reads them before that time; a sweep does."""
        expression, bound = self._cursor(dataset)
        total = 0
        for table in self.tables[dataset.id]:
            query = sql.SQL("SELECT count(*) FROM {table} WHERE {cursor} > {bound} AND isfinite({cursor})").format(
                table=sql.Identifier(table.schema, table.name), cursor=expression(table), bound=bound(self.clock)
            )
            with errors_of(self._system, f"menghitung {table.label}"):
                row = self._connection.execute(query).fetchone()
            total += row[0] if row else 0
        return total

    def _query(
        self, dataset: Dataset, table: SourceTable, columns: tuple[Carried, ...], window: Window | None
    ) -> sql.Composed:
        selected = sql.SQL(", ").join([*(column.expression for column in columns), lost_names(columns)])
        where: sql.Composable = sql.SQL("")
        if window is not None:
            expression, bound = self._cursor(dataset)
            cursor = expression(table)
            terms = [sql.SQL("{c} <= {b}").format(c=cursor, b=bound(window.upper))]
            if window.lower is not None:
                compare = sql.SQL("{c} >= {b}") if window.closed else sql.SQL("{c} > {b}")
                terms.append(compare.format(c=cursor, b=bound(window.lower)))
            inside: sql.Composable = sql.SQL("isfinite({c}) AND ").format(c=cursor) + sql.SQL(" AND ").join(terms)
            if window.timeless:
                inside = sql.SQL("({inside}) OR {c} IS NULL OR NOT isfinite({c})").format(inside=inside, c=cursor)
            where = sql.SQL(" WHERE ") + inside
        return sql.SQL("COPY (SELECT {columns} FROM {table}{where}) TO STDOUT (FORMAT csv)").format(
            columns=selected, table=sql.Identifier(table.schema, table.name), where=where
        )

    def _cursor_types(self, dataset: Dataset) -> set[str]:
        return {
            column.type
            for table in self.tables[dataset.id]
            for column in table.columns
            if column.name.lower() in dataset.cursor
        }

    def _cursor(
        self, dataset: Dataset
    ) -> tuple[Callable[[SourceTable], sql.Composable], Callable[[datetime], sql.Composable]]:
        """The cursor's expression (columns coalesced left to right) and how a moment is written to compare with it.

        Raises SourceError when columns with and without time zone are mixed: their comparison would be a guess.
        """
        types = self._cursor_types(dataset)
        zoned = {kind for kind in types if kind.endswith("with time zone")}
        if zoned and zoned != types:
            raise SourceError(
                f"dataset {dataset.id}: kolom kursor mencampur waktu dengan dan tanpa zona: {sorted(types)}"
            )
        zone = ZoneInfo(self._system.timezone)

        def expression(table: SourceTable) -> sql.Composable:
            names = table.by_lower_name()
            return sql.SQL("coalesce({})").format(
                sql.SQL(", ").join(sql.Identifier(names[name].name) for name in dataset.cursor)
            )

        def bound(moment: datetime) -> sql.Composable:
            if zoned:
                return sql.Literal(moment)
            return sql.SQL("timestamp {}").format(
                sql.Literal(moment.astimezone(zone).replace(tzinfo=None).isoformat(sep=" "))
            )

        return expression, bound


@contextmanager
def open_postgresql(url: str, system: System, datasets: Sequence[Dataset]) -> Iterator[PostgresqlSnapshot]:
    """Open the run's snapshot of a source: clock, snapshot label and the tables that `datasets` name.

    `url` is a libpq URL of the read-only account. A dataset whose table is missing has no tables in the snapshot.
    Raises SourceUnavailable, SourceRefused, SourceBusy, SourceChanged; none of them holds the URL.
    """
    with connect(url, system) as connection:
        found = _discover(connection, datasets)
        connection.autocommit = False
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with errors_of(system, "membuka snapshot"):
            _lock(connection, [(table, kind) for tables in found.values() for table, kind in tables])
            clock = _clock(connection, system)
            label = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
            snapshot = PostgresqlSnapshot(connection, system, clock, str(label[0]) if label else "")
            inside = _discover(connection, datasets)
        for dataset in datasets:
            locked = {table.label for table, _ in found[dataset.id]}
            seen = {table.label for table, _ in inside[dataset.id]}
            if locked != seen:
                raise SourceChanged(
                    f"sumber {system.code}: tabel {', '.join(sorted(locked ^ seen))} muncul atau hilang saat dibuka"
                )
            snapshot.tables[dataset.id] = tuple(table for table, _ in inside[dataset.id])
        try:
            yield snapshot
        finally:
            with suppress(psycopg.OperationalError):  # a broken connection has nothing to roll back
                connection.rollback()


def _discover(
    connection: psycopg.Connection[Any], datasets: Sequence[Dataset]
) -> dict[str, list[tuple[SourceTable, str]]]:
    """Per dataset the tables (and their kind) that the catalogue has; several for a pattern with a period."""
    wanted = {dataset.id: _pattern(dataset) for dataset in datasets}
    schemas = sorted({schema for schema, _ in wanted.values()})
    patterns = [f"^{pattern}$" for _, pattern in wanted.values()]
    tables: dict[tuple[str, str, str], list[SourceColumn]] = {}
    for row in read_catalogue(connection, schemas, patterns):
        column = SourceColumn(row.column, row.type, row.not_null)
        tables.setdefault((row.schema, row.table, row.kind), []).append(column)
    found: dict[str, list[tuple[SourceTable, str]]] = {dataset.id: [] for dataset in datasets}
    for (schema, table, kind), columns in tables.items():
        for dataset in datasets:
            match = re.fullmatch(wanted[dataset.id][1], table.lower())
            if schema != wanted[dataset.id][0] or match is None:
                continue
            period = match[1] if match.groups() else None
            found[dataset.id].append((SourceTable(schema, table, tuple(columns), period), kind))
    return found


def _pattern(dataset: Dataset) -> tuple[str, str]:
    """Schema and regular expression of the dataset's table names (lower case)."""
    schema, _, name = dataset.source_table.partition(".")
    return schema, re.escape(name.lower()).replace(re.escape(PERIOD_PLACEHOLDER), _PERIOD)


def _lock(connection: psycopg.Connection[Any], tables: Sequence[tuple[SourceTable, str]]) -> None:
    """ACCESS SHARE on every table, as the transaction's first statement: the snapshot is taken after it."""
    lockable = [sql.Identifier(table.schema, table.name) for table, kind in tables if kind in _LOCKABLE]
    if lockable:
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(lockable)))


def _clock(connection: psycopg.Connection[Any], system: System) -> datetime:
    """The source clock in UTC. Raises SourceError when `clock_sql` gives no timestamp."""
    try:
        row = connection.execute((system.clock_sql or "").encode()).fetchone()
    except psycopg.Error as error:
        if isinstance(error, psycopg.OperationalError) and not isinstance(error, errors.QueryCanceled):
            raise
        raise SourceError(
            f"sumber {system.code}: clock_sql di contracts/{system.code}/system.yaml gagal "
            f"({error.diag.message_primary})"
        ) from None
    if row is None or not isinstance(row[0], datetime):
        raise SourceError(
            f"sumber {system.code}: clock_sql di contracts/{system.code}/system.yaml harus menghasilkan satu timestamp"
        )
    return source_clock(row[0], system)
