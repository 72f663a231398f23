"""What Airflow is asked, and what is made of its answers."""

from __future__ import annotations

from typing import Any

import pytest

from lumbung.ops.airflow import Airflow


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

    def answer(self: Airflow, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        asked.append((method, path, kwargs["params"]))
        return {"dag_runs": runs}

    monkeypatch.setattr(Airflow, "_call", answer)
    assert Airflow.__new__(Airflow).newest("sistem_siak") == wanted
    assert asked == [("GET", "/dags/sistem_siak/dagRuns", {"order_by": "-run_after", "limit": 1})]
