"""What Airflow is asked and told, who asked, and what is made of its answers."""

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


@pytest.mark.parametrize(
    ("runs", "wanted"),
    [
        pytest.param([{"dag_run_id": "cli-1", "state": "failed"}], ("cli-1", "failed"), id="ran"),
        pytest.param([], None, id="never-ran"),
    ],
)
def test_the_newest_run_of_a_dag(
    runs: list[dict[str, str]], wanted: tuple[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def answer(self: airflow.Airflow, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        asked.append((method, path, kwargs["params"]))
        return {"dag_runs": runs}

    monkeypatch.setattr(airflow.Airflow, "_call", answer)
    assert airflow.Airflow.__new__(airflow.Airflow).newest("sistem_siak") == wanted
    assert asked == [("GET", "/dags/sistem_siak/dagRuns", {"order_by": "-run_after", "limit": 1})]
