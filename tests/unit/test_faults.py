"""A kill point kills only when it is named."""

import os
import signal

import pytest

from lumbung.faults import FAULT_VARIABLE, point


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: calls.append((pid, number)))
    return calls


@pytest.mark.parametrize("asked", [None, "", "land:other"])
def test_nothing_happens_unless_named(
    monkeypatch: pytest.MonkeyPatch, killed: list[tuple[int, int]], asked: str | None
) -> None:
    monkeypatch.delenv(FAULT_VARIABLE, raising=False)
    if asked is not None:
        monkeypatch.setenv(FAULT_VARIABLE, asked)
    point("land:raw-renamed")
    assert killed == []


def test_the_named_point_kills_this_process(monkeypatch: pytest.MonkeyPatch, killed: list[tuple[int, int]]) -> None:
    monkeypatch.setenv(FAULT_VARIABLE, "land:raw-renamed")
    point("land:raw-renamed")
    assert killed == [(os.getpid(), signal.SIGKILL)]
