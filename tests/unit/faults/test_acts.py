"""What an act says of a task that its trouble did not meet."""

from __future__ import annotations

from contextlib import nullcontext
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.faults import services
from tests.faults.acts import DONE, FAILED, MISSED, Situation, service_without_room, small_files
from tests.faults.site import Site


def situation(code: int) -> Situation:
    """A task that will end with `code`."""
    site = SimpleNamespace(begin=lambda *_, **__: SimpleNamespace(name="land", ended=lambda: code))
    return Situation(cast("Site", site), cast("Any", None), "land", Random(1))


@pytest.mark.parametrize(("code", "word"), [(0, MISSED), (1, FAILED)])
def test_a_task_that_found_room_was_not_hit(code: int, word: str) -> None:
    assert small_files(situation(code)) == word


@pytest.mark.parametrize(
    ("code", "pids", "word"),
    [
        pytest.param(0, [7, 7], MISSED, id="nothing that the task needed was refused"),
        pytest.param(0, [7, 8], DONE, id="the service died of it and came back with room"),
        pytest.param(1, [7, 7], FAILED, id="refused"),
    ],
)
def test_a_service_that_found_room_was_not_hit(
    monkeypatch: pytest.MonkeyPatch, code: int, pids: list[int], word: str
) -> None:
    monkeypatch.setattr(services, "small_files", lambda *_: nullcontext())
    monkeypatch.setattr(services, "pid_of", lambda _: pids.pop(0))
    assert service_without_room("ckan", 1_000)(situation(code)) == word
