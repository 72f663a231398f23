"""Reading a table as one generation, whatever is refreshed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from ckan.plugins import toolkit as tk
from ckanext.datastore.backend import postgres as pg
from psycopg2 import sql

from lumbung_portal import versions
from lumbung_portal.table import Cursor


def spool(resource_id: str, delimiter: str, target: IO[bytes]) -> str | None:
    """Write the whole table as CSV (or with tabs) in one statement; returns the version it carries.

    The version is read while the table's lock is held, so it is that of the rows. Columns as in CKAN's own dump.
    """
    with pg.get_read_engine().connect() as connection, connection.begin():
        cursor = Cursor(connection)
        form = 'YYYY-MM-DD"T"HH24:MI:SS' + (".MS" if tk.config["ckan.datastore.ms_in_timestamp"] else "")
        table = sql.Identifier(resource_id)
        cursor.run("LOCK TABLE {table} IN ACCESS SHARE MODE", table=table)
        columns: list[sql.Composable] = [sql.Identifier("_id")]
        for column in pg._get_fields(connection, resource_id):
            name = sql.Identifier(column["id"])
            columns.append(
                sql.SQL("to_char({n}, {f}) AS {n}").format(n=name, f=sql.Literal(form))
                if column["type"] == "timestamp"
                else name
            )
        carried = versions.current(connection, resource_id)
        statement = sql.SQL(
            "COPY (SELECT {columns} FROM {table} ORDER BY _id) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER {by})"
        ).format(columns=sql.SQL(", ").join(columns), table=table, by=sql.Literal(delimiter))
        cursor.copy_out(statement, target)
        return carried.version if carried else None


@contextmanager
def held(resource_id: str) -> Iterator[str | None]:
    """Keep the table from being switched while CKAN reads it page by page; yields the version it carries."""
    with pg.get_read_engine().connect() as connection, connection.begin():
        Cursor(connection).run("LOCK TABLE {table} IN ACCESS SHARE MODE", table=sql.Identifier(resource_id))
        carried = versions.current(connection, resource_id)
        yield carried.version if carried else None
