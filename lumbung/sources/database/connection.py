"""Connections to PostgreSQL sources: bounded retries, fixed output settings, time limits, errors with a next step."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from lumbung.declarations.models import System
from lumbung.settings import CLIENT_KEEPALIVE
from lumbung.sources.errors import SourceBusy, SourceChanged, SourceError, SourceRefused, SourceUnavailable

ATTEMPTS = 3
_CONNECT_TIMEOUT_S = 10
_LOCK_TIMEOUT_S = 15
_TRANSIENT = ("starting up", "shutting down", "too many", "remaining connection slots", "in recovery")


@contextmanager
def connect(url: str, system: System) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the read-only account with fixed output settings and time limits, in autocommit mode.

    Connection errors are tried ATTEMPTS times with back-off; a refusal (password, rights) is not.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(SourceUnavailable),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential_jitter(initial=0.5, max=5),
        reraise=True,
    )
    with retrying(_connect, url, system) as connection:
        yield connection


def _connect(url: str, system: System) -> psycopg.Connection[Any]:
    try:
        connection = psycopg.connect(
            url,
            autocommit=True,
            **CLIENT_KEEPALIVE,  # type: ignore[arg-type]
            client_encoding="UTF8",
            connect_timeout=_CONNECT_TIMEOUT_S,
            application_name=f"lumbung extract {system.code}",
        )
    except psycopg.ProgrammingError:
        raise SourceRefused(
            f"sumber {system.code}: berkas rahasia source_{system.connection}_url tidak berisi URL PostgreSQL yang sah"
        ) from None
    except psycopg.OperationalError as error:
        raise _connection_error(system, str(error)) from None
    limits = {
        "timezone": "UTC",
        "datestyle": "ISO, YMD",
        "intervalstyle": "iso_8601",
        "bytea_output": "hex",
        "extra_float_digits": "1",
        "lock_timeout": f"{_LOCK_TIMEOUT_S}s",
        "statement_timeout": f"{system.timeout_s}s",
        "idle_in_transaction_session_timeout": f"{system.timeout_s}s",
    }
    for name, value in limits.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    return connection


def _connection_error(system: System, message: str) -> SourceError:
    """Refused or unreachable, with the next step. libpq's text names host, port and account, never the password."""
    reason = " ".join(message.split())
    refused = ("FATAL:" in reason or "no password supplied" in reason) and not any(t in reason for t in _TRANSIENT)
    if refused:
        return SourceRefused(
            f"sumber {system.code} menolak akun Lumbung: {reason}. Periksa akun dan kata sandi di berkas rahasia "
            f"source_{system.connection}_url bersama {system.owner_name}, lalu jalankan lagi"
        )
    return SourceUnavailable(
        f"sumber {system.code} tidak dapat dihubungi setelah {ATTEMPTS} percobaan: {reason}. Pastikan server sumber "
        "hidup dan jaringannya terbuka, lalu jalankan lagi; jendela yang sama akan dibaca"
    )


@contextmanager
def errors_of(system: System, doing: str) -> Iterator[None]:
    """Turn the driver's errors into ours, with the next step and without row values."""
    try:
        yield
    except (errors.LockNotAvailable, errors.QueryCanceled) as error:
        raise SourceBusy(
            f"sumber {system.code}, {doing}: melewati batas waktu ({error.diag.message_primary}). Tabel sedang dikunci "
            "atau sumber sibuk; akan dicoba lagi pada percobaan berikutnya"
        ) from None
    except errors.InsufficientPrivilege as error:
        raise SourceRefused(
            f"sumber {system.code}, {doing}: hak baca kurang ({error.diag.message_primary}); minta "
            f"{system.owner_name} memberi hak SELECT kepada akun Lumbung"
        ) from None
    except (errors.UndefinedTable, errors.UndefinedColumn) as error:
        raise SourceChanged(f"sumber {system.code}, {doing}: {error.diag.message_primary}") from None
    except psycopg.OperationalError as error:
        detail = error.diag.message_primary or type(error).__name__
        raise SourceUnavailable(
            f"sumber {system.code}, {doing}: sambungan terputus ({detail}); jalankan lagi"
        ) from None
