"""Which waiting batches need no decision any more, and what a waiver covers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.ledger import Waiver
from lumbung.stages.halting import is_waived, outdone


def batch(name: str, mode: str = "window") -> Any:
    return SimpleNamespace(id=name, mode=mode)


@pytest.mark.parametrize(
    ("pending", "halted", "wanted"),
    [
        pytest.param([batch("1")], {"1"}, {}, id="alone"),
        pytest.param([batch("1"), batch("2")], {"1"}, {}, id="a later window does not say everything"),
        pytest.param([batch("1"), batch("2", "replay")], {"1"}, {}, id="nor does a replay"),
        pytest.param([batch("1"), batch("2", "sweep")], {"1"}, {"1": "2"}, id="a sweep does"),
        pytest.param([batch("1", "full"), batch("2", "full")], {"1"}, {"1": "2"}, id="so does the next full read"),
        pytest.param([batch("1", "full")], {"1"}, {}, id="not the waiting read itself"),
        pytest.param([batch("0", "full"), batch("1")], {"1"}, {}, id="nor an earlier one"),
        pytest.param([batch("1"), batch("2", "sweep")], set(), {}, id="what does not wait keeps its turn"),
        pytest.param(
            [batch("1"), batch("2", "sweep"), batch("3", "full")], {"1", "2"}, {"1": "2", "2": "3"}, id="one by one"
        ),
    ],
)
def test_a_newer_whole_read_makes_up_for_what_waits(
    pending: list[Any], halted: set[str], wanted: dict[str, str]
) -> None:
    assert outdone(pending, halted) == wanted


def waiver(fresh: int, until: date) -> Waiver:
    return Waiver(1, "b", fresh, "cli:budi", "surat 12", until, datetime(2026, 1, 5, tzinfo=UTC))


TODAY = date(2026, 1, 10)


@pytest.mark.parametrize(
    ("waivers", "waived"),
    [
        pytest.param([], False, id="nobody"),
        pytest.param([waiver(6, date(2026, 1, 11))], True, id="tomorrow"),
        pytest.param([waiver(6, TODAY)], True, id="its last day"),
        pytest.param([waiver(6, date(2026, 1, 9))], False, id="over"),
        pytest.param([waiver(7, TODAY)], True, id="fewer are refused now"),
        pytest.param([waiver(5, TODAY)], False, id="more are refused than its giver saw"),
        pytest.param([waiver(6, date(2026, 1, 9)), waiver(6, TODAY)], True, id="given again"),
    ],
)
def test_a_waiver_covers_what_its_giver_saw_until_its_day(waivers: list[Waiver], waived: bool) -> None:
    assert is_waived(waivers, 6, TODAY) is waived
