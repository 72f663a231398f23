"""Where the time of a full-size run went: every pass over the marts that saw the run counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

from benchmarks.b7_full.shares import shares
from lumbung.ledger import MartsRun, Run

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def one_pass(begin: float, end: float | None) -> MartsRun:
    ended = None if end is None else after(end)
    return cast("MartsRun", SimpleNamespace(opened_at=after(begin), finished_at=ended))


def test_a_later_empty_pass_does_not_hide_the_one_that_had_the_work() -> None:
    run = cast("Run", SimpleNamespace(opened_at=BEGIN, extracted_at=after(4)))
    found = shares(run, [], [one_pass(80, 84), one_pass(10, 75), one_pass(90, None)])
    assert found["stages_s"]["mart and publish"] == 69.0
    assert "mart and publish" not in shares(run, [], [])["stages_s"]
