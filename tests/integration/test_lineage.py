"""Lineage events reach a service that takes them; one that does not answer fails nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lumbung.lineage import events
from lumbung.settings import Lineage, settings
from tests.integration.odd_service import Asked, OddService, Reply, odd_service

BATCH = cast(
    Any, SimpleNamespace(id="siak-000001-x", run_id="siak-000001", system="siak", dataset="siak.x", received=1)
)
PATH = "/api/v1/lineage"


@pytest.fixture
def service() -> Iterator[OddService]:
    with odd_service() as found:
        yield found


def told_to(url: str, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = settings().model_copy(update={"state": state, "lineage": Lineage(url=url)})
    monkeypatch.setattr(events, "settings", lambda: place)
    events.landed(BATCH)


def test_events_are_sent_where_the_setting_says(
    service: OddService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.on[PATH] = lambda _: Reply({}, status=201)
    told_to(service.url, tmp_path, monkeypatch)
    assert service.times(PATH) == 1
    assert service.asked[0].headers["Content-Type"] == "application/json"
    assert list((tmp_path / "lineage").iterdir())


def refuses(_: Asked) -> Reply:
    return Reply({}, status=400)


@pytest.mark.parametrize("there", [True, False], ids=["refuses", "is not there"])
def test_a_service_that_does_not_take_them_fails_nothing(
    service: OddService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    service.on[PATH] = refuses
    told_to(service.url if there else "http://127.0.0.1:1", tmp_path, monkeypatch)
    assert list((tmp_path / "lineage").iterdir()), "the file has it all the same"
