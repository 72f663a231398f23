"""Which versions a table has had: `_lumbung_version` in the datastore's database.

A row is written in the very transaction that switches the table, so the table and its version cannot disagree. The
name begins with `_`, which hides it from CKAN's list of tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from ckanext.datastore.backend import postgres as pg

from lumbung_portal.request import RefreshRequest

CREATE = """
CREATE TABLE IF NOT EXISTS _lumbung_version (
    resource_id text NOT NULL,
    version     text NOT NULL,
    sha256      text NOT NULL,
    definition  text NOT NULL,
    rows        bigint NOT NULL,
    bytes       bigint NOT NULL,
    switched_at timestamptz NOT NULL,
    current     boolean NOT NULL,
    PRIMARY KEY (resource_id, version)
);
CREATE UNIQUE INDEX IF NOT EXISTS _lumbung_version_current ON _lumbung_version (resource_id) WHERE current;
"""
SELECT = """
SELECT version, sha256, definition, rows, bytes, switched_at, current
FROM _lumbung_version
WHERE resource_id = :resource AND (current OR NOT :only_current) AND version = coalesce(:version, version)
ORDER BY switched_at DESC, version
"""
RETIRE = "UPDATE _lumbung_version SET current = false WHERE resource_id = :resource AND current AND version <> :version"
RECORD = """
INSERT INTO _lumbung_version (resource_id, version, sha256, definition, rows, bytes, switched_at, current)
VALUES (:resource, :version, :sha256, :definition, :rows, :bytes, clock_timestamp(), true)
ON CONFLICT (resource_id, version) DO UPDATE SET definition = excluded.definition, rows = excluded.rows,
    bytes = excluded.bytes, switched_at = excluded.switched_at, current = true
"""


@dataclass(frozen=True)
class Version:
    """One version that a table has carried; `switched_at` is when it last became current."""

    version: str
    sha256: str
    definition: str
    rows: int
    bytes: int
    switched_at: datetime
    current: bool


@contextmanager
def reading() -> Iterator[sa.Connection]:
    """A read-only connection to the datastore's database."""
    with pg.get_read_engine().connect() as connection, connection.begin():
        yield connection


def prepare(connection: sa.Connection) -> None:
    """Create the table when it is missing, in a transaction of its own.

    Two first refreshes at once would collide in the catalogue: hence the lock.
    """
    with connection.begin():
        if connection.execute(sa.text("SELECT to_regclass('_lumbung_version')")).scalar() is None:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('lumbung_version', 0))"))
            connection.execute(sa.text(CREATE))


def history(
    connection: sa.Connection, resource_id: str, version: str | None = None, *, only_current: bool = False
) -> list[Version]:
    """Versions of a resource, the newest first: all, the one named `version`, or the current one."""
    if connection.execute(sa.text("SELECT to_regclass('_lumbung_version')")).scalar() is None:
        return []
    parameters = {"resource": resource_id, "version": version, "only_current": only_current}
    return [Version(*row) for row in connection.execute(sa.text(SELECT), parameters)]


def current(connection: sa.Connection, resource_id: str) -> Version | None:
    """The version that the table carries; None before the first refresh or when the table is gone."""
    exists = connection.execute(sa.text("SELECT to_regclass(:name)"), {"name": pg.identifier(resource_id)}).scalar()
    return next(iter(history(connection, resource_id, only_current=True)), None) if exists else None


def named(connection: sa.Connection, resource_id: str, version: str) -> Version | None:
    """The record of one version, None when the table never carried it."""
    return next(iter(history(connection, resource_id, version)), None)


def record(connection: sa.Connection, request: RefreshRequest, size: int) -> None:
    """Make the request's version the current one. To be called inside the transaction of the switch."""
    parameters = {
        "resource": request.resource_id,
        "version": request.version,
        "sha256": request.sha256,
        "definition": request.definition,
        "rows": request.rows,
        "bytes": size,
    }
    connection.execute(sa.text(RETIRE), parameters)
    connection.execute(sa.text(RECORD), parameters)
