"""HiveServer2 as a DB-API module and as an SQLAlchemy engine: PyHive with deadlines, exact values and a password.

What PyHive lacks and is added here: a deadline on the socket, so that a dead server does not hang its caller; dates as
`date`, Decimal, bool and date parameters; INSERT refused, since PyHive drops the column list.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import thrift_sasl
from pyhive import hive
from pyhive.exc import (
    DatabaseError,
    DataError,
    Error,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
)
from sqlalchemy import create_engine
from sqlalchemy.dialects import registry
from thrift.transport import TSocket, TTransport

from lumbung.settings import settings
from lumbung.warehouse.sql import literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

apilevel = "2.0"
threadsafety = 1
paramstyle = "pyformat"

DEADLINE_S: Final = 300.0
"""Longest silence of the server that a caller waits through; a query that needs longer is a job, not a look-up."""
_LOGIN_DEADLINE_S: Final = 20.0
_INSERT: Final = re.compile(r"\s*(?:--[^\n]*\n\s*)*INSERT\b", re.IGNORECASE)

registry.register("lumbung", "lumbung.warehouse.dialect", "LumbungDialect")


def engine(database: str = "mart") -> Engine:
    """SQLAlchemy engine on this profile's HiveServer2 as the engineer; connections are checked before use."""
    return create_engine(settings().hive_url(database), pool_pre_ping=True, pool_size=2)


def connect(
    host: str,
    port: int = 10000,
    username: str | None = None,
    password: str | None = None,
    database: str = "default",
    auth: str = "CUSTOM",
    deadline: float = DEADLINE_S,
) -> Connection:
    """Open a session on HiveServer2.

    `deadline`: seconds of silence after which a call fails. Raises `OperationalError` naming host and port when the
    server does not answer or refuses user and password; the password is in no message.
    """
    if auth not in ("CUSTOM", "LDAP"):
        raise NotSupportedError(
            f"auth={auth} is not offered here: HiveServer2 asks for user and password (CUSTOM, LDAP)"
        )
    if not username or not password:
        raise OperationalError(f"HiveServer2 at {host}:{port} asks for user and password; one of them is empty")
    return Connection(host, int(port), username, password, database, float(deadline))


class Connection(hive.Connection):  # type: ignore[misc]  # PyHive has no types
    """A PyHive session whose socket has a deadline."""

    def __init__(self, host: str, port: int, username: str, password: str, database: str, deadline: float) -> None:
        socket = TSocket.TSocket(host, port)
        socket.setTimeout(_LOGIN_DEADLINE_S * 1000)
        transport = thrift_sasl.TSaslClientTransport(
            lambda: hive.get_installed_sasl(host=host, sasl_auth="PLAIN", username=username, password=password),
            "PLAIN",
            socket,
        )
        try:
            super().__init__(username=username, database=database, thrift_transport=transport)
        except TTransport.TTransportException as error:
            raise OperationalError(
                f"HiveServer2 at {host}:{port} refused user {username} or does not answer ({_reason(error)}). "
                f"Check the password's file (bin/lumbung endpoints) and the service ({settings().start})."
            ) from None
        socket.setTimeout(deadline * 1000)

    def cursor(self, *args: Any, **kwargs: Any) -> Cursor:
        """A cursor with exact values."""
        return Cursor(self, *args, **kwargs)

    def rollback(self) -> None:
        """There are no transactions; what was read stays read."""


class Cursor(hive.Cursor):  # type: ignore[misc]  # PyHive has no types
    """PyHive's cursor with parameters written as Spark literals and dates given as dates."""

    _data: deque[tuple[Any, ...]]

    def execute(
        self, operation: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None, **kwargs: Any
    ) -> None:
        """Run one statement; parameters are pyformat. INSERT raises `NotSupportedError`."""
        if _INSERT.match(operation):
            raise NotSupportedError(
                "INSERT through HiveServer2 is refused: PyHive drops the column list. Tables are written by the stages."
            )
        if parameters is not None:
            operation = operation % written(parameters)
        try:
            super().execute(operation, None, **kwargs)
        except OperationalError as error:
            message = getattr(getattr(error.args[0], "status", None), "errorMessage", None) if error.args else None
            if message is None:
                raise
            # PyHive's own text is the whole JVM stack.
            raise OperationalError(message) from None
        except (TTransport.TTransportException, OSError) as error:
            raise ServerSilentError(_silence(error)) from error

    def _fetch_more(self) -> None:
        """Fetch the next rows and turn dates, which Thrift carries as text, into dates."""
        held = self._data
        self._data = deque()
        try:
            super()._fetch_more()
        except (TTransport.TTransportException, OSError) as error:
            raise ServerSilentError(_silence(error)) from error
        converters = {
            n: _CONVERTERS[column[1]] for n, column in enumerate(self.description) if column[1] in _CONVERTERS
        }
        fresh = self._data if not converters else (_converted(row, converters) for row in self._data)
        self._data = deque([*held, *fresh])


class ServerSilentError(OperationalError):  # type: ignore[misc]  # PyHive has no types
    """The connection broke, or the server said nothing within the deadline; the connection is of no more use."""


def _silence(error: Exception) -> str:
    """What happened to the connection and what to do."""
    return (
        f"HiveServer2 broke the connection or did not answer within the deadline ({_reason(error)}). "
        "A long query belongs into a job; see the engine's log, and try again."
    )


def _date(value: Any) -> Any:
    """A date as Thrift writes it (`2025-12-31`)."""
    return date.fromisoformat(value) if isinstance(value, str) else value


_CONVERTERS: Final[Mapping[str, Callable[[Any], Any]]] = {"DATE_TYPE": _date}


def _converted(row: Sequence[Any], converters: Mapping[int, Callable[[Any], Any]]) -> tuple[Any, ...]:
    """One row with its converted columns."""
    return tuple(converters[n](value) if n in converters else value for n, value in enumerate(row))


def written(parameters: Mapping[str, Any] | Sequence[Any]) -> dict[str, str] | tuple[str, ...]:
    """Parameters as Spark SQL literals."""
    if isinstance(parameters, Mapping):
        return {name: spark_literal(value) for name, value in parameters.items()}
    return tuple(spark_literal(value) for value in parameters)


def spark_literal(value: Any) -> str:
    """One value as a Spark SQL literal of its own type. Aware datetimes are written in UTC, the session's zone.

    Raises `ProgrammingError` for types that have none.
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case float():
            return f"{value!r}D" if isfinite(value) else _odd(value)
        case Decimal():
            return f"{value:f}BD" if value.is_finite() else _odd(value)
        case str():
            return literal(value)
        case datetime():
            utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            return f"TIMESTAMP'{utc.isoformat(sep=' ')}'"
        case date():
            return f"DATE'{value.isoformat()}'"
        case list() | tuple() | set() | frozenset():
            return f"({', '.join(spark_literal(item) for item in value)})"
        case _:
            return _odd(value)


def _odd(value: Any) -> str:
    """Refuse a value without a literal."""
    raise ProgrammingError(f"a parameter of type {type(value).__name__} ({value!r:.40}) has no Spark literal")


def _reason(error: Exception) -> str:
    """What Thrift says, in one line."""
    said = getattr(error, "message", None) or str(error)
    return (
        (said.decode(errors="replace") if isinstance(said, bytes) else str(said)).splitlines()[0][:200] if said else "-"
    )


__all__ = [
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Error",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "ServerSilentError",
    "Warning",
    "connect",
    "engine",
    "spark_literal",
    "written",
]
