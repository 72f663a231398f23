"""Generated histories against a simple oracle: whatever happens at a source, the warehouse says what DESIGN §4 says.

All histories of a pass lie side by side in the same tables, each with keys of its own, so that one sequence of real
runs carries them all. A history that fails is made smaller, again side by side, and printed with its seed.
`make histories` carries 1,000 of them; LUMBUNG_HISTORIES, LUMBUNG_HISTORIES_RUNS and LUMBUNG_HISTORIES_SEED say
otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random, SystemRandom

import pytest

from lumbung.ledger import Ledger
from lumbung.stages import judging
from tests.integration.histories.bench import Differences, opened
from tests.integration.histories.world import History, Schedule, history, schedule, told
from tests.integration.ledger_support import Database, fresh_database, fresh_ledger

COUNT = int(os.environ.get("LUMBUNG_HISTORIES", "150"))
RUNS = int(os.environ.get("LUMBUNG_HISTORIES_RUNS", "5"))
SEED = int(os.environ.get("LUMBUNG_HISTORIES_SEED", "0")) or SystemRandom().randrange(1, 2**31)
ROUNDS = 4


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Ledger, Database]]:
    with fresh_ledger("riwayat") as (ledger, _), fresh_database("riwayat_sumber", ("uji_baca",)) as source:
        yield ledger, source


def carried(place: tuple[Ledger, Database], plan: Schedule, histories: list[History]) -> Differences:
    with opened(*place) as bench:
        return bench.run(plan, histories)


def smaller(one: History) -> list[History]:
    """The history without each half, quarter and single event of it."""
    events = [(step, index) for step, happened in enumerate(one) for index in range(len(happened))]
    sizes = sorted({max(1, len(events) // part) for part in (2, 4, len(events) or 1)}, reverse=True)
    made = []
    for size in sizes:
        for start in range(0, len(events), size):
            left_out = set(events[start : start + size])
            made.append(
                tuple(
                    tuple(event for index, event in enumerate(happened) if (step, index) not in left_out)
                    for step, happened in enumerate(one)
                )
            )
    return made


def shrunk(place: tuple[Ledger, Database], plan: Schedule, one: History) -> tuple[History, list[str]]:
    """The smallest history found that still fails, and how; every round tries all candidates in one pass."""
    texts = ["it does not fail alone: it needs others beside it"]
    candidates = [one]
    for _ in range(ROUNDS):
        found = carried(place, plan, candidates)
        failing = sorted(which for which in found if which >= 0)
        if not failing:
            break
        one = min((candidates[which] for which in failing), key=lambda h: sum(map(len, h)))
        texts = found[candidates.index(one)]
        candidates = smaller(one)
    return one, texts


@pytest.mark.timeout(1800)
def test_histories_end_as_the_definitions_say(place: tuple[Ledger, Database], monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(SEED)
    plan = schedule(random, RUNS)
    if asking := random.random() < 0.5:  # as for few rows beside large tables
        monkeypatch.setattr(judging, "asks_few", lambda *_: True)
    histories = [history(random, plan) for _ in range(COUNT)]
    events = sum(len(e) for h in histories for e in h)
    print(f"seed {SEED}: {COUNT} histories, {events} events, {RUNS} runs, asking for few: {asking}")
    found = carried(place, plan, histories)
    if not found:
        return
    several = "\n".join(f"history {which}: {text}" for which, texts in sorted(found.items()) for text in texts[:2])
    which = next((number for number in sorted(found) if number >= 0), None)
    if which is None:
        pytest.fail(f"seed {SEED}:\n{several}\n{told(plan, tuple(() for _ in plan.steps))}")
    one, texts = shrunk(place, plan, histories[which])
    pytest.fail(
        f"seed {SEED}, {len(found)} of {COUNT} histories, first {which}:\n{several[:2000]}\n"
        f"made smaller:\n{told(plan, one)}\n" + "\n".join(texts)
    )
