"""The connection that every part of the ledger's store shares, and how rows become records."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, create_engine

from lumbung.settings import CLIENT_KEEPALIVE


def now() -> datetime:
    """The ledger's own clock (when it was told), aware UTC. Never a business time: those come from the source clock."""
    return datetime.now(UTC)


def utc(moment: datetime, what: str) -> datetime:
    """`moment` in UTC. Raises ValueError for a naive datetime, since its zone would be a guess."""
    if moment.tzinfo is None:
        raise ValueError(f"{what} must be an aware datetime, got naive {moment.isoformat()}")
    return moment.astimezone(UTC)


def canonical_json(value: Mapping[str, Any]) -> str:
    """One text for one content: sorted keys, no blanks, no escapes. Raises TypeError for what JSON cannot say."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def connect_args(application_name: str, *options: str) -> dict[str, str | int]:
    """How the ledger's server is called: patience of `CLIENT_KEEPALIVE`, a bounded start, server settings."""
    return {
        **CLIENT_KEEPALIVE,
        "application_name": application_name[:63],
        "connect_timeout": 10,
        "options": " ".join(f"-c {option}" for option in options),
    }


def open_engine(url: str, application_name: str = "lumbung ledger") -> Engine:
    """An engine for the ledger: UTC session, bounded waits, few connections. `url` is an SQLAlchemy URL (psycopg 3)."""
    return create_engine(
        url,
        pool_size=2,
        max_overflow=8,
        pool_pre_ping=True,
        connect_args=connect_args(application_name, "TimeZone=UTC", "lock_timeout=60s", "statement_timeout=300s"),
    )


class Store:
    """Holds the engine; the parts of the ledger are mixed in over it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: all of it or none of it."""
        with self.engine.begin() as connection:
            yield connection

    def _one(self, query: Select[Any]) -> Row[Any] | None:
        with self.engine.connect() as connection:
            return connection.execute(query).one_or_none()

    def _all(self, query: Select[Any]) -> list[Row[Any]]:
        with self.engine.connect() as connection:
            return list(connection.execute(query).all())
