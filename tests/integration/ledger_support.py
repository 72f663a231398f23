"""A ledger of their own for the integration tests: a fresh database per module on the profile's PostgreSQL."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy import make_url, text

from lumbung.ledger import Ledger
from lumbung.ledger.migrate import migrate
from lumbung.settings import settings

PASSWORD = "uji"


def superuser_url() -> str:
    """libpq URL of the server's superuser: the profile's, or another server for work without the profile."""
    return os.environ.get("LUMBUNG_TEST_POSTGRES_URL") or settings().secret("postgresql_admin_url")


def patience(descriptor: int) -> tuple[int, int, int, int]:
    """Seconds, seconds, probes and milliseconds after which a connection's socket gives up a silent server."""
    with socket.socket(fileno=os.dup(descriptor)) as one:
        asked = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        idle, interval, count, unanswered = (one.getsockopt(socket.IPPROTO_TCP, option) for option in asked)
        return idle, interval, count, unanswered


@dataclass(frozen=True)
class Database:
    """A throwaway database. `admin` is a superuser in it; `url(role)` logs in as a member of `role`."""

    name: str

    @property
    def admin(self) -> str:
        return make_url(superuser_url()).set(database=self.name).render_as_string(hide_password=False)

    def url(self, role: str, driver: str = "postgresql") -> str:
        login = make_url(self.admin).set(username=f"{self.name}_{role}", password=PASSWORD, drivername=driver)
        return login.render_as_string(hide_password=False)

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def value(self, query: str) -> object:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
            return row[0] if row else None


@contextmanager
def fresh_database(name: str, roles: tuple[str, ...] = (), owner: str | None = None) -> Iterator[Database]:
    """Create database `lumbung_uji_<name>` and, per role in `roles`, a login that is a member of it; drop all after."""
    database = Database(f"lumbung_uji_{name}")
    identifier = sql.Identifier(database.name)
    logins = [(sql.Identifier(f"{database.name}_{role}"), sql.Identifier(role)) for role in roles]
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
    with psycopg.connect(superuser_url(), autocommit=True) as connection:
        connection.execute(drop)
        for login, role in logins:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role._obj[0],)).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE ROLE {}").format(role))
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(login))
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(login, sql.Literal(PASSWORD), role)
            )
        owned = sql.SQL(" OWNER {}").format(sql.Identifier(owner)) if owner else sql.SQL("")
        connection.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0{}").format(identifier, owned))
    try:
        yield database
    finally:
        # a connection of its own: the server may have been restarted meanwhile
        with psycopg.connect(superuser_url(), autocommit=True) as connection:
            connection.execute(drop)
            for login, _ in logins:
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(login))


@contextmanager
def fresh_ledger(name: str) -> Iterator[tuple[Ledger, Database]]:
    """A migrated ledger, opened with the rights of `lumbung_app`, and its database."""
    with fresh_database(name, ("lumbung_owner", "lumbung_app"), owner="lumbung_owner") as database:
        migrate(database.url("lumbung_owner", "postgresql+psycopg"))
        ledger = Ledger.connect(database.url("lumbung_app", "postgresql+psycopg"))
        try:
            yield ledger, database
        finally:
            ledger.close()


def lose_locks(ledger: Ledger) -> None:
    """End the sessions that hold the ledger's locks, as a restart of its server does."""
    with ledger.engine.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name LIKE 'lumbung lock %'"
            )
        )
