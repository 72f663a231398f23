"""Spark sessions over Spark Connect: one per thread, checked, with bounded waiting."""

from __future__ import annotations

import logging
import os
import socket
import threading
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final, cast

from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from lumbung.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession
    from pyspark.sql.connect.session import SparkSession as ConnectSession

CONNECT_WAIT_S: Final = 60
"""Longest wait for the engine's port: a restart of the engine's JVM takes about 20 s."""

TRUSTED_S: Final = 5.0
"""An engine that answered so recently is not asked again; one that died since fails the work, which is repeated."""

_SMALL: Final = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
}

log = logging.getLogger(__name__)

_thread = threading.local()

# PySpark closes a session that is thrown away in whatever thread the garbage collector runs. When that is the thread in
# which gRPC signs a request, it waits for a request that waits for its signature: the process hangs for ever, and holds
# its locks. So no session is ever thrown away; `close` ends one in the thread that asks for it.
_kept: list[ConnectSession] = []

# PySpark writes every error of the engine, also those that we expect and handle, with its JVM stack to stderr. The
# exceptions carry the same, and rows' values must not get into logs that way.
logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)


class EngineUnavailableError(RuntimeError):
    """The Spark engine does not answer, or refuses the token. The message names address, log and next step."""


def session(app: str) -> SparkSession:
    """Give the thread's Spark Connect session, opening one when there is none or the engine was restarted.

    `app` names the work (conform, mart, …): a tag on the session's jobs, by which they can be found and cancelled. The
    time zone is UTC. The token comes from `secrets/connect_token` through the environment, since a URL shows up in
    logs. One session per thread: session settings such as Iceberg's snapshot properties belong to one writer at a time.
    Started by `spark-submit`, the session of that application is used instead: the same job runs on YARN unchanged.

    Raises `EngineUnavailableError` when the port stays closed for `CONNECT_WAIT_S`, or the engine refuses the session.
    """
    if "PYSPARK_GATEWAY_PORT" in os.environ:  # set by spark-submit for the Python program that it starts
        return _submitted(app)
    held: ConnectSession | None = getattr(_thread, "session", None)
    if held is not None:
        if monotonic() - _thread.answered < TRUSTED_S or _answers(held):
            _label(held, app)
            return cast("SparkSession", held)
        _forget(held)
    opened = _open(app)
    _thread.session, _thread.answered = opened, monotonic()
    return cast("SparkSession", opened)


def _submitted(app: str) -> SparkSession:
    """The classic session of the application that spark-submit started."""
    from pyspark.sql import SparkSession

    submitted = SparkSession.builder.appName(f"lumbung-{app}").getOrCreate()
    submitted.conf.set("spark.sql.session.timeZone", "UTC")
    return submitted


def _open(app: str) -> ConnectSession:
    """Open a session; see `session`."""
    current = settings()
    port = current.ports.connect
    try:
        for attempt in Retrying(
            retry=retry_if_exception_type(OSError),
            wait=wait_exponential(multiplier=0.2, max=3),
            stop=stop_after_delay(CONNECT_WAIT_S),
        ):
            with attempt, socket.create_connection(("127.0.0.1", port), timeout=3):
                pass
    except RetryError as error:
        raise EngineUnavailableError(
            f"Spark Connect did not answer at localhost:{port} within {CONNECT_WAIT_S} s. "
            f"Look into {current.logs / 'engine.log'}, then start the services with `{current.start}`."
        ) from error
    os.environ["SPARK_CONNECT_AUTHENTICATE_TOKEN"] = current.secret("connect_token")
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"  # pyspark.sql.functions choose the Connect columns by this
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.session import SparkSession

    opened = SparkSession.builder.remote(current.connect_url).create()
    _kept.append(opened)
    # The client's own policy waits more than ten minutes for an engine that is gone; ours about half a minute.
    opened.client.set_retry_policies([DefaultPolicy(max_retries=7, max_backoff=10_000)])
    try:
        opened.conf.set("spark.sql.session.timeZone", "UTC")
        _label(opened, app)
        opened.sql("SELECT 1").collect()
    except Exception as error:
        if not _is_engine_failure(error):
            raise
        _forget(opened)
        raise EngineUnavailableError(
            f"Spark Connect at localhost:{port} refused the session ({type(error).__name__}). Check the token in "
            f"{current.secret_file('connect_token')} and the log {current.logs / 'engine.log'}, then run it again."
        ) from error
    return opened


def _label(held: ConnectSession, app: str) -> None:
    """Tag the session's next jobs with the work's name."""
    held.clearTags()
    held.addTag(f"lumbung-{app}")


def _is_engine_failure(error: Exception) -> bool:
    """Tell a failure of the engine or the connection from a mistake in our own code."""
    from pyspark.errors import PySparkException

    return isinstance(error, (PySparkException, OSError))


def _answers(held: ConnectSession) -> bool:
    """Tell whether a held session still works; an engine that was restarted has forgotten it."""
    try:
        held.sql("SELECT 1").collect()
    except Exception as error:
        if not _is_engine_failure(error):
            raise
        return False
    _thread.answered = monotonic()
    return True


def _forget(held: ConnectSession) -> None:
    """Close the client of a session that the engine no longer knows, without asking the engine."""
    held.release_session_on_close = False
    held.stop()
    _thread.session = None


@contextmanager
def small_data(spark: SparkSession, small: bool = True) -> Iterator[None]:
    """Let the session interpret its queries instead of compiling them, in one piece instead of several.

    For few rows, compiling the rules' expressions takes longer than evaluating them (docs/decisions/0006). Compiled
    code is made for many rows, so `small` must be true of everything the queries read.
    """
    if not small:
        yield
        return
    before = {key: str(spark.conf.get(key)) for key in _SMALL}
    try:
        for key, value in _SMALL.items():
            spark.conf.set(key, value)
        yield
    finally:
        for key, value in before.items():
            _restore(spark, key, value)


def _restore(spark: SparkSession, key: str, value: str) -> None:
    """Set a key back. An engine that is gone has forgotten the session, and is not what the caller has to hear of."""
    try:
        spark.conf.set(key, value)
    except Exception as error:
        if not _is_engine_failure(error):
            raise
        log.warning("session: %s was not set back to %s: %s", key, value, said(error))


def said(error: Exception) -> str:
    """What an error says, without the JVM stack that Spark puts behind it."""
    return str(error).split("\n\nJVM stacktrace:")[0].strip() or type(error).__name__


def close() -> None:
    """Release the thread's session in the engine; harmless when there is none."""
    held: ConnectSession | None = getattr(_thread, "session", None)
    if held is not None:
        held.stop()
        _thread.session = None
