"""What a person who waits for a run is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lumbung.ops import waiting
from lumbung.ops.waiting import RunFailed, run_system, run_systems

LONG_AGO = datetime.now(UTC) - timedelta(days=1)


class Ledger:
    """A ledger that does not know the run, with these open alerts."""

    def __init__(self, *alerts: tuple[str, str, datetime | None]) -> None:
        self.alerts = alerts

    def run_by_trigger(self, trigger: str) -> None:
        return None

    def open_alerts(self) -> list[Any]:
        return [SimpleNamespace(cause=c, text=t, seen_at=at or datetime.now(UTC)) for c, t, at in self.alerts]


class Airflow:
    """Takes every run; each fails at once."""

    user = "lumbung"

    def __init__(self, actor: str) -> None:
        self.actor = actor

    def unpause(self, dag_id: str) -> None:
        pass

    trigger = repeated = lambda *_: []

    def state(self, dag_id: str, name: str) -> str:
        return "failed"


@pytest.mark.parametrize(
    ("alerts", "says"),
    [
        pytest.param([("sistem_siak/extract", "Jendela kosong", None)], "Jendela kosong", id="the alert's text"),
        pytest.param([("sistem_siak/extract", "lama", LONG_AGO)], "lihat log", id="an alert of yesterday"),
        pytest.param([("sistem_siakad/extract", "lain", None)], "lihat log", id="another system's"),
        pytest.param([], "lihat log", id="none yet"),
    ],
)
def test_a_run_that_fails_before_the_ledger_knows_it_says_why(
    monkeypatch: pytest.MonkeyPatch, alerts: list[tuple[str, str, datetime | None]], says: str
) -> None:
    monkeypatch.setattr(waiting, "Airflow", Airflow)
    monkeypatch.setattr(waiting.Ledger, "connect", lambda: cast(Any, Ledger(*alerts)))
    said: list[str] = []
    with pytest.raises(RunFailed, match=says):
        run_system("siak", {}, said.append, "cli:budi")
    assert said[0].startswith("sistem_siak: dipicu oleh cli:budi lewat akun lumbung sebagai cli-")


def test_of_several_systems_every_one_that_failed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "Airflow", Airflow)
    told = [("sistem_siak/extract", "Jendela kosong", None), ("sistem_sismiop/extract", "Sumber mati", None)]
    monkeypatch.setattr(waiting.Ledger, "connect", lambda: cast(Any, Ledger(*told)))
    said: list[str] = []
    with pytest.raises(RunFailed) as failed:
        run_systems({"siak": {}, "sismiop": {}}, said.append, "cli:budi")
    lines = sorted(str(failed.value).splitlines())
    assert lines[0].startswith("siak: ") and lines[0].endswith("Jendela kosong")
    assert lines[1].startswith("sismiop: ") and lines[1].endswith("Sumber mati")
    assert {line.partition(": ")[0] for line in said} == {"siak", "sismiop"}
