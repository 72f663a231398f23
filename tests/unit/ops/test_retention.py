"""What keeps the files of a batch, and which snapshots nobody needs."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.declarations import load
from lumbung.ops.retention import needed
from lumbung.ops.snapshots import Known, expirable, needed_snapshots


def batch(
    name: str, state: str = "conformed", replay_of: str | None = None, mode: str = "window", landed: int | None = 1
) -> Any:
    moment = None if landed is None else datetime(2026, 1, landed, tzinfo=UTC)
    return SimpleNamespace(id=name, state=state, replay_of=replay_of, mode=mode, landed_at=moment)


@pytest.mark.parametrize(
    ("state", "others", "still_open", "words"),
    [
        pytest.param("conformed", [], 0, None, id="done"),
        pytest.param("landed", [], 0, "masih landed", id="landed"),
        pytest.param("validated", [], 0, "masih validated", id="not-promoted"),
        pytest.param("stopped", [], 0, "masih stopped", id="can-be-resumed"),
        pytest.param("stopped", [batch("n", landed=2)], 0, "masih stopped", id="a-window-says-not-all"),
        pytest.param("stopped", [batch("n", mode="full", landed=2)], 0, None, id="made-up-for"),
        pytest.param("stopped", [batch("n", mode="full")], 0, "masih stopped", id="not-by-what-came-before"),
        pytest.param("stopped", [batch("n", "landed", mode="full", landed=2)], 0, "masih stopped", id="not-yet"),
        pytest.param("conformed", [], 2, "2 baris masih ditolak", id="open-refused"),
        pytest.param("conformed", [batch("r", "landed", "b")], 0, "diproses ulang oleh r", id="replay-under-way"),
        pytest.param("conformed", [batch("r", "conformed", "b")], 0, None, id="replay-done"),
        pytest.param("conformed", [batch("r", "landed", "c")], 0, None, id="replay-of-another"),
    ],
)
def test_files_stay_while_something_needs_them(state: str, others: list[Any], still_open: int, words: str) -> None:
    one = batch("b", state)
    reason = needed(one, [one, *others], still_open)
    assert reason == words if words is None else words in (reason or "")


def test_the_contract_says_how_long_else_the_tenant_by_class() -> None:
    declared = load()
    person, lookup = declared.datasets["siak.biodata_wni"], declared.datasets["siak.setup_kel"]
    assert declared.retention(person) == timedelta(days=declared.tenant.retention.personal)
    assert declared.retention(lookup) == timedelta(days=declared.tenant.retention.other)
    said = person.model_copy(update={"retention": timedelta(days=7)})
    assert declared.retention(said) == timedelta(days=7)


def test_how_long_files_are_kept_changes_no_verdict() -> None:
    declared = load()
    person = declared.datasets["siak.biodata_wni"]
    other = person.model_copy(update={"retention": timedelta(days=7)})
    assert declared.digest(other) == declared.digest(person)


DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
HISTORY = [Known(n, START + n * DAY) for n in range(1, 9)]


@pytest.mark.parametrize(
    ("needed", "before", "newest", "gone"),
    [
        pytest.param(set(), 5, 1, [1, 2, 3, 4], id="by-age"),
        pytest.param(set(), 99, 3, [1, 2, 3, 4, 5], id="newest-stay-however-old"),
        pytest.param({2, 3}, 5, 1, [1, 4], id="what-a-mart-was-made-of-stays"),
        pytest.param(set(), 0, 1, [], id="all-young"),
        pytest.param(set(), 99, 20, [], id="few"),
    ],
)
def test_snapshots_that_nobody_needs(needed: set[int], before: int, newest: int, gone: list[int]) -> None:
    found = expirable(list(reversed(HISTORY)), needed, START + before * DAY, newest)
    assert [one.id for one in found] == gone


def test_inputs_of_marts_are_found_under_their_tables_names() -> None:
    ledger: Any = SimpleNamespace(
        mart_snapshots=lambda refreshes: [("penduduk", 9, {"siak.biodata_wni": 4, "ref.agama": 5, "mart.lain": None})],
        open_rollbacks=lambda dataset: [],
    )
    assert needed_snapshots(ledger, load(), 3) == {
        "mart.penduduk": {9},
        "curated.siak__biodata_wni": {4},
        "ref.agama": {5},
    }


def test_what_an_open_rollback_went_back_from_is_needed() -> None:
    undone = {"siak.biodata_wni": [SimpleNamespace(from_snapshot=7), SimpleNamespace(from_snapshot=8)]}
    ledger: Any = SimpleNamespace(
        mart_snapshots=lambda refreshes: [("penduduk", 9, {"siak.biodata_wni": 4})],
        open_rollbacks=lambda dataset: undone.get(dataset, []),
    )
    assert needed_snapshots(ledger, load(), 3) == {"mart.penduduk": {9}, "curated.siak__biodata_wni": {4, 7, 8}}
