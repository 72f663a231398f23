"""Named locks across processes and machines: PostgreSQL advisory locks, held by a session of their own.

A killed process loses its session and with it the lock, so nothing has to be cleaned up. Locks are not re-entrant:
asking again from the same process waits like anybody else.

The reverse holds too: when the server restarts or the connection breaks, the lock is gone while its holder goes on, and
another process may have taken it. A holder therefore confirms it before each step that replaces what others rely on.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from lumbung.ledger.base import Store, connect_args
from lumbung.ledger.errors import LockBusy, LockLost

DEFAULT_WAIT_S = 30.0
_LOCK_NOT_AVAILABLE = "55P03"
# A holder whose machine vanished must not keep the lock for the two hours of TCP's own patience.
_KEEPALIVE = ("tcp_keepalives_idle=30", "tcp_keepalives_interval=10", "tcp_keepalives_count=3")


@dataclass(frozen=True)
class Held:
    """A lock that is held."""

    name: str
    connection: Connection

    def confirm(self) -> None:
        """Raise LockLost when the session that holds the lock has ended."""
        try:
            self.connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            raise LockLost(
                f"lock {self.name!r} was lost: its session at the ledger has ended, and another process may have taken "
                "it. This attempt stops before it writes over the other's work; the next attempt finds what is done"
            ) from error


def table_lock(name: str) -> str:
    """Name of the lock of a table: one writer at a time."""
    return f"table:{name}"


def lock_key(name: str) -> int:
    """The 64-bit signed key of a lock's name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


class Locks(Store):
    """Bounded waiting for a named lock."""

    @contextmanager
    def lock(self, name: str, wait_s: float = DEFAULT_WAIT_S) -> Iterator[Held]:
        """Hold the lock `name` for the duration of the block, waiting at most `wait_s` seconds for it.

        Raises LockBusy naming the holder. Names in use: `extract:<system>` (extract and land), `validate:<dataset>`,
        `promote:<system>` (conform), `table:<table>` (one writer of a curated table), `marts` (all writers of marts),
        `publish`, `data-docs`, `maintenance`.
        """
        engine = create_engine(
            self.engine.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args=connect_args(
                f"lumbung lock {name} pid {os.getpid()}", f"lock_timeout={max(1, round(wait_s * 1000))}", *_KEEPALIVE
            ),
        )
        with engine.connect() as connection:
            try:
                connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": lock_key(name)})
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                    raise
                raise LockBusy(
                    f"lock {name!r} is held by {_holder(connection, name)}; waited {wait_s:g} s. Another run is at "
                    "work: wait for it to finish (`bin/lumbung status`) and try again"
                ) from None
            yield Held(name, connection)


def _holder(connection: Connection, name: str) -> str:
    """Who holds the lock, in words: the session's application name, process and start."""
    holders = connection.execute(
        text(
            "SELECT a.application_name, a.pid, a.backend_start FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.granted AND l.database = a.datid AND l.objsubid = 1"
            " AND ((l.classid::bigint << 32) | l.objid::bigint) = :key"
        ),
        {"key": lock_key(name)},
    ).all()
    if not holders:
        return "a session that has just ended"
    return "; ".join(
        f"{h.application_name!r} (server process {h.pid}, since {h.backend_start:%H:%M:%S})" for h in holders
    )
