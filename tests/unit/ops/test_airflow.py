"""What a run that is triggered from the command line says about who asked for it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from lumbung.ops import airflow
from lumbung.ops.runs import actor_of

CONFIG = cast(
    Any,
    SimpleNamespace(airflow_url="http://airflow.invalid", airflow_user="lumbung", secret=lambda name: "rahasia"),
)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Bodies of the runs that are triggered; Airflow takes everything."""
    bodies: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return httpx.Response(201, json={"access_token": "t"})
        if request.method == "POST":
            bodies.append(json.loads(request.content))
        return httpx.Response(200, json={})

    client = httpx.Client(base_url=CONFIG.airflow_url, transport=httpx.MockTransport(answer))
    monkeypatch.setattr(airflow.httpx, "Client", lambda **_: client)
    return bodies


@pytest.mark.parametrize(
    ("actor", "conf", "recorded"),
    [
        pytest.param("cli:budi", {"mode": "biasa"}, "cli:budi via lumbung", id="a person at the command line"),
        pytest.param(None, {"mode": "biasa"}, "lumbung", id="nobody in particular"),
        pytest.param("cli:budi", {"pelaku": "cli:ani"}, "cli:budi via lumbung", id="the caller wins"),
    ],
)
def test_the_run_names_who_asked_and_which_account_carried_it_out(
    sent: list[dict[str, Any]], actor: str | None, conf: dict[str, Any], recorded: str
) -> None:
    airflow.Airflow(actor, CONFIG).trigger("sistem_siak", "cli-1", conf)
    assert sent[0]["conf"].items() >= {**conf, **({"pelaku": actor} if actor else {})}.items()
    run = SimpleNamespace(run_id="cli-1", run_type="manual", triggering_user_name="lumbung", conf=sent[0]["conf"])
    assert actor_of(run) == recorded
