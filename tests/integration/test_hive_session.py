"""The Spark Connect session: token, waiting, and what happens when the engine is not there."""

from __future__ import annotations

import gc
import socket
import threading
import weakref
from collections.abc import Iterator

import pytest

from lumbung.settings import Settings, settings
from lumbung.warehouse import session as module
from lumbung.warehouse.session import EngineUnavailableError, close, said, session


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    close()
    yield
    close()


def test_a_session_is_utc_and_kept_for_the_thread() -> None:
    held = session("uji")
    assert held.conf.get("spark.sql.session.timeZone") == "UTC"
    assert session("lain") is held
    others: list[object] = []
    thread = threading.Thread(target=lambda: others.append(session("uji")))
    thread.start()
    thread.join()
    assert others[0] is not held


def test_a_session_that_the_engine_forgot_is_opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRUSTED_S", 0)
    held = session("uji")
    held.client.release_session()  # type: ignore[attr-defined]
    again = session("uji")
    assert again is not held
    assert again.sql("SELECT 1 AS a").collect()[0]["a"] == 1


def test_no_session_is_left_to_the_garbage_collector() -> None:
    """It would close the session in a thread of its choice; in that of gRPC's signer the process hangs for ever."""
    seen: list[weakref.ref[object]] = []
    for _ in range(3):  # PySpark itself holds the newest one
        thread = threading.Thread(target=lambda: seen.append(weakref.ref(session("uji"))))
        thread.start()
        thread.join()
    gc.collect()
    assert [ref() is not None for ref in seen] == [True] * 3


def test_a_wrong_token_is_refused_with_the_tokens_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "secret", lambda self, name: "salah")
    with pytest.raises(EngineUnavailableError, match="connect_token") as caught:
        session("uji")
    assert "salah" not in str(caught.value)


def test_an_engine_that_is_not_there_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ports = settings().ports.model_copy(update={"connect": port})
    monkeypatch.setattr(module, "CONNECT_WAIT_S", 1)
    monkeypatch.setattr(module, "settings", lambda: settings().model_copy(update={"ports": ports}))
    with pytest.raises(EngineUnavailableError, match=rf"localhost:{port} within 1 s.*engine\.log"):
        session("uji")


def test_what_spark_says_comes_without_its_stack() -> None:
    with pytest.raises(Exception, match="TABLE_OR_VIEW_NOT_FOUND") as caught:
        session("uji").table("tidak.ada").collect()
    assert "org.apache.spark" not in said(caught.value)  # type: ignore[arg-type]
