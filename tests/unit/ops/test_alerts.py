"""What an alert about lateness tells to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lumbung.ops import alerts, status


@pytest.mark.parametrize(
    ("system", "step"),
    [("siak", ": `bin/lumbung run siak`."), ("covid", ": minta berkasnya dari Dinas Kesehatan, lalu `bin/lumbung run")],
    ids=["reads it itself", "is sent files"],
)
def test_the_step_is_one_that_can_help(monkeypatch: pytest.MonkeyPatch, system: str, step: str) -> None:
    said: list[str] = []
    row = {"system": system, "dataset": "x", "late": True, "last_success": datetime(2026, 1, 5, tzinfo=UTC)}
    monkeypatch.setattr(status, "status_rows", lambda _: [row])
    monkeypatch.setattr(alerts, "raise_alert", lambda cause, text, ledger: said.append(f"{cause} {text}"))
    ledger: Any = object()
    assert alerts.check_lateness(ledger) == [f"{system}.x (terakhir masuk 2026-01-05)"]
    assert said[0].startswith(f"terlambat/{system} ")
    assert step in said[0]
