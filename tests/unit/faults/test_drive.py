"""What a drive of faults strikes, how often, and what its page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.acts import MISSED
from tests.faults.catalogue import Fault, faults, points
from tests.faults.driver import BROKEN, GROUPS, LEAVES, OK, TRIES, UNTOLD, Book, Group, Result, passes
from tests.faults.table import REMARKS, render

FILES = GROUPS[0]


def test_every_stage_has_points_and_every_point_is_killed_at() -> None:
    names = {fault.name for fault in faults()}
    assert len(names) == len(faults()), "two faults of one name"
    for stage in ("extract", "land", "validate", "conform", "mart", "publish"):
        assert points(stage)
        assert {f"kill:{point}" for point in points(stage)} <= names


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_each_fault_comes_as_often_as_asked_and_at_most_one_per_stage(group: Group) -> None:
    planned = passes(group, faults(), 10, 7, {})
    struck = [fault for one in planned for fault in one.faults]
    for fault in faults():
        wanted = max(1, round(10 * fault.share)) if fault.stage in group.struck else 0
        assert struck.count(fault) == wanted
    assert all(len({fault.stage for fault in one.faults}) == len(one.faults) for one in planned)
    assert [one.number for one in planned] == list(range(len(planned)))


def test_a_restatement_is_struck_on_days_that_make_one() -> None:
    restating = [fault for fault in faults() if fault.restating]
    assert restating
    for struck in (faults(), restating):
        planned = passes(GROUPS[1], struck, 3, 7, {})
        days = [one.number for one in planned if any(fault.restating for fault in one.faults)]
        assert days == [LEAVES * (n + 1) - 1 for n in range(3 * len(restating))]


def test_the_same_seed_gives_the_same_drive_and_what_is_done_is_not_repeated() -> None:
    first, second = (passes(FILES, faults(), 2, 7, {}) for _ in range(2))
    assert [[f.name for f in one.faults] for one in first] == [[f.name for f in one.faults] for one in second]
    assert first[0].chance("hari").random() == second[0].chance("hari").random()
    assert passes(FILES, faults(), 2, 7, {fault.name: 2 for fault in faults()}) == []


def result(fault: Fault, became: str, verdict: str = OK) -> Result:
    return Result(fault.name, fault.kind, fault.stage, 1, 0, became, 1, verdict, 1.0, "2026-11-30")


def test_the_page_counts_runs_hits_and_what_is_whole() -> None:
    fault = faults()[0]
    told = [result(fault, "mati"), result(fault, MISSED), result(fault, "mati", BROKEN), result(fault, UNTOLD, BROKEN)]
    page = render(told)
    assert f"| kill -9 | extract | `{fault.name}` | 4 | 2 | 2 | mati 2, tidak tercapai 1, - 1 |" in page
    assert f"1 of {len(faults())} faults, 4 runs, 2 whole afterwards, 2 broken. Runs: extract 4, land 0" in page
    assert "Seeds and days of the drives: 1 (2026-11-30)." in page
    assert f"Not run: `{faults()[1].name}`" in page
    assert page.endswith(REMARKS.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("became", "done"),
    [
        pytest.param(["mati", "gagal"], 2, id="hits"),
        pytest.param(["mati", MISSED, UNTOLD], 1, id="a miss is struck again"),
        pytest.param([MISSED] * TRIES, 1, id="what never hits is not struck for ever"),
    ],
)
def test_only_hits_are_done(tmp_path: Path, became: list[str], done: int) -> None:
    book = Book(tmp_path / "results.jsonl", keep=False)
    book.write([result(faults()[0], word) for word in became])
    assert book.done() == {faults()[0].name: done}
