"""The table behind a resource: load beside the old one, check, and switch in one transaction.

Why by hand and not through `datastore_create`/`datastore_upsert`: docs/decisions/0005-atomic-refresh.md.
Everything up to COMMIT is one transaction: staging is never visible and a kill leaves none. Statements are composed
with psycopg2.sql; columns, types and names have passed `request.parse`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import sqlalchemy as sa
from ckanext.datastore.backend import postgres as pg
from psycopg2 import Error as PostgresError
from psycopg2 import errors, sql
from sqlalchemy.exc import IntegrityError

from lumbung_portal import versions
from lumbung_portal.request import Field, RefreshRequest, refuse

log = logging.getLogger(__name__)

LOCK_SECONDS = 20.0
# A killed worker's backend notices within this time; until then it holds the refresh lock.
CONNECTION_CHECK = "2s"
SWITCH_TRIES = 200
# Readers queue behind a waiting ACCESS EXCLUSIVE lock, so waits are short; every fifth outlasts deadlock_timeout (1 s).
SHORT_WAIT, LONG_WAIT = "300ms", "1500ms"
# Statements already planned on the old table end before it is dropped.
GRACE_SECONDS = 1.0
DROP_TRIES = 3
# Types whose text is the same as in JSON, which CKAN's trigger goes through.
PLAIN_TYPES = frozenset(
    {
        *("int", "int2", "int4", "int8", "integer", "bigint", "smallint", "numeric", "bool", "boolean", "date"),
        *("float4", "float8"),
    }
)


class Cursor:
    """psycopg2.sql on the connection that SQLAlchemy holds, so that CKAN's own functions share the transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._cursor: Any = connection.connection.cursor()

    def run(self, statement: str, **parts: sql.Composable) -> Cursor:
        """Execute a statement whose `{names}` are composed; it takes no parameters."""
        self._cursor.execute(sql.SQL(statement).format(**parts))
        return self

    def copy(self, statement: sql.Composable, source: IO[bytes]) -> int:
        """COPY … FROM STDIN; returns the number of rows."""
        self._cursor.copy_expert(statement, source, size=1 << 20)
        return int(self._cursor.rowcount)

    def copy_out(self, statement: sql.Composable, target: IO[bytes]) -> None:
        """COPY … TO STDOUT."""
        self._cursor.copy_expert(statement, target)

    def rows(self) -> list[tuple[Any, ...]]:
        """Rows of the last statement."""
        return list(self._cursor.fetchall())

    def value(self) -> Any:
        """First column of the first row of the last statement, None without one."""
        row = self._cursor.fetchone()
        return row[0] if row else None


@contextmanager
def refresh_lock(resource_id: str) -> Iterator[sa.Connection]:
    """A write connection that holds the resource's refresh lock until the end, across transactions.

    Raises ValidationError (409) when another refresh of this resource still runs after LOCK_SECONDS.
    """
    key = {"key": f"lumbung:{resource_id}"}
    with pg.get_write_engine().connect() as connection:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            with connection.begin():
                taken = connection.execute(sa.text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"), key)
                if taken.scalar():
                    break
            if time.monotonic() > deadline:
                raise refuse("resource_id", "another refresh of this resource is running: try again later")
            time.sleep(0.25)
        try:
            yield connection
        finally:
            try:
                connection.rollback()
                with connection.begin():
                    connection.execute(sa.text("SELECT pg_advisory_unlock(hashtextextended(:key, 0))"), key)
            except Exception:
                connection.invalidate()  # the pool must not hand out a connection that still holds the lock
                raise


def replace(
    connection: sa.Connection, request: RefreshRequest, source: IO[bytes], size: int, checked: Callable[[], None]
) -> None:
    """Load `source` (CSV with header, `size` bytes), check it and put it in the place of the resource's table.

    `checked` is called when all checks have passed and before the switch. The version is recorded in the same
    transaction. Raises ValidationError with the key `rows`, `sha256`, `data` or `primary_key`; the old table then
    stays as it was.
    """
    names = _Names(request.resource_id)
    with connection.begin():
        cursor = Cursor(connection)
        cursor.run(
            "SET LOCAL statement_timeout = 0; SET LOCAL maintenance_work_mem = '128MB';"
            "SET LOCAL client_connection_check_interval = {interval}",
            interval=sql.Literal(CONNECTION_CHECK),
        )
        pg._cache_types(connection.engine)
        for name in (names.raw, names.staging, names.gone):  # leftovers of a killed call
            cursor.run("DROP TABLE IF EXISTS {table}", table=name)
        old = cursor.run(
            "SELECT to_regclass({name})::oid", name=sql.Literal(pg.identifier(request.resource_id))
        ).value()
        _load(cursor, names, request, source)
        _build(connection, cursor, names, request, old)
        checked()
        aliases = _lock(connection, cursor, names, old)
        _switch(connection, cursor, names, request, old, aliases)
        versions.record(connection, request, size)


class _Names:
    """The names a refresh works with. Staging begins with `_`, which hides it from CKAN's list of tables."""

    def __init__(self, resource_id: str) -> None:
        self.resource_id = resource_id
        self.table = sql.Identifier(resource_id)
        self.staging_name, self.gone_name = f"_stg_{resource_id}", f"_old_{resource_id}"
        self.raw, self.staging = sql.Identifier(f"_raw_{resource_id}"), sql.Identifier(self.staging_name)
        self.gone = sql.Identifier(self.gone_name)
        self.sequence = sql.Identifier(f"{resource_id}__id_seq")
        self.staging_sequence = sql.Identifier(f"{self.staging_name}__id_seq")
        self.gone_sequence = sql.Identifier(f"{self.gone_name}__id_seq")


class _Digesting:
    """A source that digests the bytes which COPY really reads."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.hashed = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._source.read(size)
        self.hashed.update(chunk)
        return chunk


def _columns(fields: tuple[Field, ...]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(field.id) for field in fields)


def _load(cursor: Cursor, names: _Names, request: RefreshRequest, source: IO[bytes]) -> None:
    """COPY into an unlogged table. FREEZE wants it created in this very (sub)transaction: no savepoint between."""
    typed = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(f.id), sql.SQL(f.type)) for f in request.fields)
    cursor.run("CREATE UNLOGGED TABLE {table} (_id serial, {columns})", table=names.raw, columns=typed)
    others = tuple(field for field in request.fields if field.type != "text")
    force = sql.SQL(", FORCE_NULL ({})").format(_columns(others)) if others else sql.SQL("")
    reader: Any = _Digesting(source)
    try:
        rows = cursor.copy(
            sql.SQL(
                "COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv, HEADER match, FREEZE, ENCODING 'UTF8'{force})"
            ).format(table=names.raw, columns=_columns(request.fields), force=force),
            reader,
        )
    except PostgresError as error:
        raise refuse("data", str(error).strip()[:500]) from error
    if reader.hashed.hexdigest() != request.sha256:
        raise refuse("sha256", f"expected {request.sha256}, got {reader.hashed.hexdigest()}")
    if rows != request.rows:
        raise refuse("rows", f"expected {request.rows}, got {rows}")


def _lexemes(fields: tuple[Field, ...]) -> sql.Composable:
    """The same lexemes as CKAN's populate_full_text_trigger(), without a call per row."""

    def one(field: Field) -> sql.Composable:
        kind = field.type.split("(")[0]
        form = (
            "{}"
            if kind == "text"
            else "{}::text"
            if kind in PLAIN_TYPES
            else "replace({}::text, ' ', 'T')"
            if kind == "timestamp"
            else "to_json({})#>>'{{}}'"
        )
        return sql.SQL(form).format(sql.Identifier(field.id))

    return sql.SQL("to_tsvector(nullif(concat_ws(' ', {}), ''))").format(sql.SQL(", ").join(map(one, fields)))


def _build(connection: sa.Connection, cursor: Cursor, names: _Names, request: RefreshRequest, old: int | None) -> None:
    """The staging table as `datastore_create` would have made it: lexemes, sequence, dictionary, trigger, indexes.

    CREATE TABLE AS instead of INSERT … SELECT: parallel workers compute the lexemes.
    """
    cursor.run(
        "CREATE TABLE {staging} AS SELECT _id, {lexemes} AS _full_text, {columns} FROM {raw};"
        "DROP TABLE {raw}; CREATE SEQUENCE {sequence} AS integer OWNED BY {staging}._id;"
        "ALTER TABLE {staging} ALTER _id SET DEFAULT nextval({sequence_name}), ADD PRIMARY KEY (_id);"
        "SELECT setval({sequence_name}, {rows})",
        staging=names.staging,
        lexemes=_lexemes(request.fields),
        columns=_columns(request.fields),
        raw=names.raw,
        sequence=names.staging_sequence,
        rows=sql.Literal(request.rows),
        sequence_name=sql.Literal(pg.identifier(f"{names.staging_name}__id_seq")),
    )
    # The dictionary: one blank and JSON in the column's comment; what other plugins keep there stays.
    kept, _ = pg._get_raw_field_info(connection, request.resource_id) if old else ({}, None)
    for field in request.fields:
        comment = {**(kept.get(field.id) or {}), "_info": field.info}
        text = " " + json.dumps(comment, ensure_ascii=False, separators=(",", ":"))
        cursor.run(
            "COMMENT ON COLUMN {staging}.{column} IS {text}",
            staging=names.staging,
            column=sql.Identifier(field.id),
            text=sql.Literal(text),
        )
    pg._create_fulltext_trigger(connection, names.staging_name)
    try:
        pg.create_indexes(
            {"connection": connection},
            {
                "resource_id": names.staging_name,
                "primary_key": list(request.primary_key) or None,
                "indexes": [list(index) for index in request.indexes],
            },
        )
    except IntegrityError as error:
        raise refuse("primary_key", f"a key occurs twice: {str(error.orig).strip()[:500]}") from error
    cursor.run("ANALYZE {staging}", staging=names.staging)


def _lock(connection: sa.Connection, cursor: Cursor, names: _Names, old: int | None) -> list[str]:
    """Take the old table and its alias views for ourselves; returns the aliases.

    lock_timeout with retries, not one long wait: CKAN's search counts over a second connection that queues behind
    our lock while the first holds one, a cycle that PostgreSQL cannot see.
    """
    for attempt in range(1, SWITCH_TRIES + 1):
        cursor.run("SAVEPOINT switch")
        try:
            cursor.run("SET LOCAL lock_timeout = {wait}", wait=sql.Literal(SHORT_WAIT if attempt % 5 else LONG_WAIT))
            if not old:
                return []
            aliases: list[str] = pg._get_aliases({"connection": connection}, {"resource_id": names.resource_id})
            tables = sql.SQL(", ").join(sql.Identifier(name) for name in [*aliases, names.resource_id])
            cursor.run("LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE", tables=tables)
            return aliases
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            cursor.run("ROLLBACK TO SAVEPOINT switch")
            if attempt == SWITCH_TRIES:
                raise
            time.sleep(0.1 + 0.05 * min(attempt, 20))
    raise AssertionError("unreachable")


def _switch(
    connection: sa.Connection,
    cursor: Cursor,
    names: _Names,
    request: RefreshRequest,
    old: int | None,
    aliases: list[str],
) -> None:
    """Rename old away and staging in, with its indexes, sequence, grants, aliases and row count."""
    renames: list[tuple[str, str]] = []  # CKAN's index name is sha1(table + column list)
    for columns in (request.primary_key, *request.indexes, None):
        listed = '"_full_text"' if columns is None else ", ".join(pg.identifier(name) for name in columns)
        renames.append(
            (pg._generate_index_name(names.staging_name, listed), pg._generate_index_name(names.resource_id, listed))
        )
    built = set(pg._get_index_names(connection, names.staging_name))
    grants: list[tuple[str, str]] = []
    if old:
        grants = cursor.run(
            "SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END, privilege_type "
            "FROM pg_class, aclexplode(relacl) WHERE pg_class.oid = {old} AND grantee <> relowner",
            old=sql.Literal(old),
        ).rows()
        for alias in aliases:  # a view is bound to the old table's oid
            cursor.run("DROP VIEW {view}", view=sql.Identifier(alias))
        for index in pg._get_index_names(connection, names.resource_id):
            cursor.run(
                "ALTER INDEX {index} RENAME TO {away}",
                index=sql.Identifier(index),
                away=sql.Identifier(f"_old_{index}"[:63]),
            )
        cursor.run(
            "ALTER SEQUENCE {sequence} RENAME TO {gone_sequence}; ALTER TABLE {table} RENAME TO {gone}",
            sequence=names.sequence,
            gone_sequence=names.gone_sequence,
            table=names.table,
            gone=names.gone,
        )
        cursor.run(
            "ALTER INDEX IF EXISTS {key} RENAME TO {away}",
            key=sql.Identifier(f"{names.resource_id}_pkey"),
            away=sql.Identifier(f"{names.gone_name}_pkey"),
        )
    cursor.run(
        "ALTER TABLE {staging} RENAME TO {table}; ALTER SEQUENCE {staging_sequence} RENAME TO {sequence};"
        "ALTER INDEX {staging_key} RENAME TO {key}",
        staging=names.staging,
        table=names.table,
        staging_sequence=names.staging_sequence,
        sequence=names.sequence,
        staging_key=sql.Identifier(f"{names.staging_name}_pkey"),
        key=sql.Identifier(f"{names.resource_id}_pkey"),
    )
    for before, after in renames:
        if before in built:
            cursor.run(
                "ALTER INDEX {before} RENAME TO {after}", before=sql.Identifier(before), after=sql.Identifier(after)
            )
    for alias in aliases:
        cursor.run("CREATE VIEW {view} AS SELECT * FROM {table}", view=sql.Identifier(alias), table=names.table)
    for grantee, privilege in grants:
        cursor.run(
            "GRANT {privilege} ON {table} TO {grantee}",
            privilege=sql.SQL(privilege),
            table=names.table,
            grantee=sql.SQL(grantee),
        )
    cursor.run(
        "INSERT INTO _table_stats VALUES ({id}, jsonb_build_object('rows', {rows}::bigint)) ON CONFLICT "
        "(resource_id) DO UPDATE SET stats = jsonb_set(_table_stats.stats, array['rows'], "
        "to_jsonb({rows}::bigint))",
        id=sql.Literal(names.resource_id),
        rows=sql.Literal(request.rows),
    )


def drop_old(connection: sa.Connection, resource_id: str, switched: float) -> None:
    """Drop what the switch (at monotonic time `switched`) put aside; a reader that still holds it is not waited for.

    Dropping inside the switch gave readers NULL sizes. What cannot be dropped now goes with the next refresh.
    """
    time.sleep(max(0.0, switched + GRACE_SECONDS - time.monotonic()))
    for _ in range(DROP_TRIES):
        try:
            with connection.begin():
                cursor = Cursor(connection)
                cursor.run("SET LOCAL lock_timeout = {wait}", wait=sql.Literal(LONG_WAIT))
                cursor.run("DROP TABLE IF EXISTS {gone}", gone=_Names(resource_id).gone)
            return
        except errors.LockNotAvailable:
            continue
    log.info("resource %s: the old table is still read; the next refresh drops it", resource_id)
