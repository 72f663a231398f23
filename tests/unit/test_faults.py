"""A point does only what it is asked for, only where, and only when."""

import errno
import os
import signal

import pytest

from lumbung import faults
from lumbung.faults import FAULT_VARIABLE, point

HERE = os.getpid()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: calls.append((pid, number)))
    monkeypatch.setattr(faults, "_passed", 0)
    return calls


@pytest.mark.parametrize("asked", [None, "", "land:other", "land:other=full", "land", "land:raw-renamed-not"])
def test_nothing_happens_unless_named(
    monkeypatch: pytest.MonkeyPatch, sent: list[tuple[int, int]], asked: str | None
) -> None:
    monkeypatch.delenv(FAULT_VARIABLE, raising=False)
    if asked is not None:
        monkeypatch.setenv(FAULT_VARIABLE, asked)
    point("land:raw-renamed")
    assert sent == []


@pytest.mark.parametrize(
    ("asked", "signals"),
    [
        pytest.param("land:raw-renamed", [signal.SIGKILL], id="a name alone kills"),
        pytest.param("land:raw-renamed=kill", [signal.SIGKILL], id="kill"),
        pytest.param("land:raw-renamed=stop", [signal.SIGSTOP], id="stop"),
    ],
)
def test_the_named_point_signals_this_process(
    monkeypatch: pytest.MonkeyPatch, sent: list[tuple[int, int]], asked: str, signals: list[int]
) -> None:
    monkeypatch.setenv(FAULT_VARIABLE, asked)
    point("land:raw-renamed")
    assert sent == [(HERE, number) for number in signals]


def test_only_the_nth_time(monkeypatch: pytest.MonkeyPatch, sent: list[tuple[int, int]]) -> None:
    monkeypatch.setenv(FAULT_VARIABLE, "land:raw-renamed=kill@2")
    point("land:raw-renamed")
    point("land:other")
    assert sent == []
    point("land:raw-renamed")
    point("land:raw-renamed")
    assert sent == [(HERE, signal.SIGKILL)]


def test_a_full_disk_is_the_operating_systems_error(monkeypatch: pytest.MonkeyPatch, sent: list[object]) -> None:
    monkeypatch.setenv(FAULT_VARIABLE, "land:raw-renamed=full")
    with pytest.raises(OSError, match="land:raw-renamed") as raised:
        point("land:raw-renamed")
    assert raised.value.errno == errno.ENOSPC
    assert sent == []
