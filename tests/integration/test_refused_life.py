"""The whole life of a refused row with a real ledger, real files and the engine: how it leaves quarantine, once.

A case is a list of steps and what stands at the end: which rows are closed, why and by which step, which are still
open, and what is current. The identity is held over every batch of the case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from lumbung.ledger import REPLACED, Ledger
from lumbung.ops import quarantine, replay
from lumbung.stages import validate
from lumbung.stages.validate import GONE, REPLAYED
from tests.integration.ledger_support import fresh_ledger
from tests.integration.test_validate_stage import BAD, Bench, counts

DEAR = {"bayar": "5000"}
"""Refused by `bayar-wajar`, which a case may take out (`mend`)."""


@dataclass(frozen=True)
class Case:
    """`steps`: ("window" | "full" | "sweep", rows), ("mend", rule) or ("replay", "lands" | "nothing").

    `closed`: (step, row) → (why, step that closed it); `open`: (step, row) still refused; `current`: key → name.
    """

    steps: list[tuple[str, Any]]
    closed: dict[tuple[int, int], tuple[str, int]]
    open: set[tuple[int, int]]
    current: dict[int, str]


CASES = {
    "mended by a resend in a window": Case(
        [("window", [{}, {"no": 2, **BAD}]), ("window", [{"no": 2, "nama": "Benar"}])],
        {(0, 2): (REPLACED, 1)},
        set(),
        {1: "Siti", 2: "Benar"},
    ),
    "mended in a full read": Case(
        [("full", [{}, {"no": 2, **BAD}]), ("full", [{}, {"no": 2}])],
        {(0, 2): (REPLACED, 1)},
        set(),
        {1: "Siti", 2: "Siti"},
    ),
    "mended, and found by a sweep": Case(
        [("window", [{}, {"no": 2, **BAD}]), ("sweep", [{}, {"no": 2}])],
        {(0, 2): (REPLACED, 1)},
        set(),
        {1: "Siti", 2: "Siti"},
    ),
    "mended by a replay": Case(
        [("window", [{}, {"no": 2, **DEAR}]), ("mend", "bayar-wajar"), ("replay", "lands")],
        {(0, 2): (REPLAYED, 2)},
        set(),
        {1: "Siti", 2: "Siti"},
    ),
    "a replay after the resend does nothing twice": Case(
        [
            ("window", [{"no": 2, **DEAR}]),
            ("window", [{"no": 2, "nama": "Benar"}]),
            ("mend", "bayar-wajar"),
            ("replay", "nothing"),
        ],
        {(0, 1): (REPLACED, 1)},
        set(),
        {2: "Benar"},
    ),
    "a resend after the replay wins, and closes nothing again": Case(
        [
            ("window", [{"no": 2, **DEAR}]),
            ("mend", "bayar-wajar"),
            ("replay", "lands"),
            ("window", [{"no": 2, "nama": "Benar"}]),
        ],
        {(0, 1): (REPLAYED, 2)},
        set(),
        {2: "Benar"},
    ),
    "what a replay let through is a duplicate when it is read again": Case(
        [
            ("full", [{}, {"no": 2, **DEAR}]),
            ("mend", "bayar-wajar"),
            ("replay", "lands"),
            ("full", [{}, {"no": 2, **DEAR}]),
        ],
        {(0, 2): (REPLAYED, 2)},
        set(),
        {1: "Siti", 2: "Siti"},
    ),
    "a resend that is still bad": Case(
        [("window", [{"no": 2, **BAD}]), ("window", [{"no": 9}, {"no": 2, **BAD}])],
        {(0, 1): (REPLACED, 1)},
        {(1, 2)},
        {9: "Siti"},
    ),
    "a resend with another defect": Case(
        [("window", [{"no": 2, **BAD}]), ("window", [{"no": 2, **DEAR}])],
        {(0, 1): (REPLACED, 1)},
        {(1, 1)},
        {},
    ),
    "a replay that changes nothing, then a resend": Case(
        [
            ("window", [{"no": 2, **BAD}]),
            ("replay", "lands"),
            ("window", [{"no": 2}]),
        ],
        {(0, 1): (REPLAYED, 1), (1, 1): (REPLACED, 2)},
        set(),
        {2: "Siti"},
    ),
    "deleted at the source": Case(
        [("full", [{}, {"no": 2, **BAD}]), ("full", [{}])],
        {(0, 2): (GONE, 1)},
        set(),
        {1: "Siti"},
    ),
    "deleted at the source, of a window dataset": Case(
        [("window", [{}, {"no": 2, **BAD}]), ("window", [{"no": 3}]), ("sweep", [{}, {"no": 3}])],
        {(0, 2): (GONE, 2)},
        set(),
        {1: "Siti", 3: "Siti"},
    ),
    "two refused rows of one key, mended by one row": Case(
        [("window", [{"no": 2, "nama": "Ani"}, {"no": 2, "nama": "Budi"}]), ("window", [{"no": 2, "nama": "Ani"}])],
        {(0, 1): (REPLACED, 1), (0, 2): (REPLACED, 1)},
        set(),
        {2: "Ani"},
    ),
    "two refused rows of one key still contradict each other in a replay": Case(
        [("window", [{"no": 2, "nama": "Ani"}, {"no": 2, "nama": "Budi"}]), ("replay", "lands")],
        {(0, 1): (REPLAYED, 1), (0, 2): (REPLAYED, 1)},
        {(1, 1), (1, 2)},
        {},
    ),
    "a key that is refused time after time": Case(
        [
            ("window", [{"no": 2, **BAD}]),
            ("window", [{"no": 2, "nama": "Lain", **BAD}]),
            ("window", [{"no": 2, "nama": "Benar"}]),
        ],
        {(0, 1): (REPLACED, 1), (1, 1): (REPLACED, 2)},
        set(),
        {2: "Benar"},
    ),
    "changed back to what was accepted": Case(
        [("window", [{"no": 2}]), ("window", [{"no": 2, **BAD}]), ("window", [{"no": 2}])],
        {(1, 1): (REPLACED, 2)},
        set(),
        {2: "Siti"},
    ),
}


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    with fresh_ledger("ditolak") as (opened, _):
        yield opened


@pytest.fixture
def bench(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(ledger)
    for module in (validate, quarantine, replay):
        monkeypatch.setattr(module, "load", made.load)
    yield made
    made.drop()


def play(bench: Bench, steps: list[tuple[str, Any]]) -> dict[int, str]:
    """Batch ids by step."""
    batches: dict[int, str] = {}
    for at, (what, given) in enumerate(steps):
        if what == "mend":
            bench.without.add(given)
        elif what == "replay":
            opened = replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger)
            assert (opened is None) is (given == "nothing")
            if opened is not None:
                batches[at] = opened.batch_id
                bench.promote(bench.validate(bench.ledger.batch(opened.batch_id)))
        else:
            batches[at] = bench.go(*given, mode=what).id
    return batches


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_row_leaves_quarantine_exactly_once(bench: Bench, case: Case) -> None:
    batches = play(bench, case.steps)
    step = {name: at for at, name in batches.items()}
    rows = bench.ledger.refused_rows(dataset=bench.child.id, state=None)
    closed = {
        (step[row.batch_id], row.row_no): (row.why, step[row.closed_by or ""]) for row in rows if row.state == "closed"
    }
    assert closed == case.closed
    assert {(step[row.batch_id], row.row_no) for row in rows if row.state == "open"} == case.open
    assert bench.current() == case.current
    for name in batches.values():
        received, accepted, quarantined, duplicate = counts(bench.ledger.batch(name))
        assert received == (accepted or 0) + (quarantined or 0) + (duplicate or 0)
        assert quarantined == sum(row.batch_id == name for row in rows)


def test_the_old_reasons_stay_readable_with_what_became_of_the_row(bench: Bench) -> None:
    batches = play(bench, CASES["a resend with another defect"].steps)
    assert [row["rules"] for row in bench.open()] == [["bayar-wajar"]]
    assert all("state" not in row for row in bench.open()), "what is open is told as ever"
    old, new = quarantine.refused_rows(bench.system, "objek", closed=True, ledger=bench.ledger)
    assert (old["batch"], old["rules"], old["reasons"]) == (batches[0], ["nik:nik"], ["NIK rusak bukan 16 angka."])
    assert (old["state"], old["why"], old["closed_by"]) == ("ditutup", REPLACED, batches[1])
    assert old["closed_at"] is not None
    assert (new["batch"], new["rules"]) == (batches[1], ["bayar-wajar"])
    assert (new["state"], new["why"], new["closed_by"], new["closed_at"]) == ("terbuka", None, None, None)
