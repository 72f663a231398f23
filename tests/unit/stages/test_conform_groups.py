"""Which batches wait for their group."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.ledger import Batch
from lumbung.stages.conform import blocked_by, groups, looking_into


def batch(run: int, dataset: str, state: str, **more: Any) -> Batch:
    fields: dict[str, Any] = dict.fromkeys(Batch.__slots__)
    fields |= {
        "id": f"siak-{run:06d}-{dataset}",
        "run_id": f"siak-{run:06d}",
        "system": "siak",
        "dataset": dataset,
        "mode": "window",
        "state": state,
        "warnings": (),
        "opened_at": datetime(2026, 1, 5, tzinfo=UTC),
    }
    return Batch(**(fields | more))


FAMILY = "siak.data_keluarga"


@pytest.mark.parametrize(
    ("of_run", "newest", "waits"),
    [
        pytest.param([], {}, False, id="alone"),
        pytest.param([batch(1, FAMILY, "validated")], {}, False, id="member validated"),
        pytest.param([batch(1, FAMILY, "conformed")], {}, False, id="member promoted by an attempt that died"),
        pytest.param([batch(1, FAMILY, "stopped", error="kolom hilang")], {}, True, id="member stopped"),
        pytest.param([batch(1, FAMILY, "landed", raw_path="raw")], {}, True, id="member not validated"),
        pytest.param([batch(1, FAMILY, "opened")], {}, True, id="member being read"),
        pytest.param(
            [batch(1, FAMILY, "stopped")],
            {FAMILY: [batch(2, FAMILY, "validated", raw_path="raw")]},
            False,
            id="a later batch read the stopped one's window",
        ),
        pytest.param(
            [batch(2, FAMILY, "stopped")],
            {FAMILY: [batch(1, FAMILY, "conformed", raw_path="raw")]},
            True,
            id="an earlier batch does not",
        ),
        pytest.param(
            [batch(1, FAMILY, "stopped")],
            {FAMILY: [batch(2, FAMILY, "validated", mode="replay", raw_path="raw")]},
            True,
            id="a replay does not",
        ),
        pytest.param(
            [batch(1, FAMILY, "stopped", raw_path="raw")],
            {FAMILY: [batch(2, FAMILY, "validated", raw_path="raw")]},
            True,
            id="its watermark has moved: nobody reads it again",
        ),
        pytest.param(
            [batch(1, FAMILY, "stopped", raw_path="raw")],
            {FAMILY: [batch(2, FAMILY, "validated", mode="sweep", raw_path="raw")]},
            False,
            id="a later whole read says all that it could say",
        ),
        pytest.param(
            [batch(1, FAMILY, "landed", raw_path="raw")],
            {FAMILY: [batch(2, FAMILY, "validated", mode="sweep", raw_path="raw")]},
            True,
            id="not while it has its turn",
        ),
    ],
)
def test_a_batch_waits_for_its_group(of_run: list[Batch], newest: dict[str, list[Batch]], waits: bool) -> None:
    reason = blocked_by(of_run, newest)
    assert (reason is not None) is waits
    if reason is not None:
        assert of_run[0].id in reason
        assert of_run[0].state in reason


def test_linked_datasets_form_one_group() -> None:
    datasets: list[Any] = [
        SimpleNamespace(id="siak.data_keluarga", linked="keluarga"),
        SimpleNamespace(id="siak.capil_lahir", linked=None),
        SimpleNamespace(id="siak.biodata_wni", linked="keluarga"),
    ]
    assert {name: [d.id for d in members] for name, members in groups(datasets).items()} == {
        "keluarga": ["siak.data_keluarga", "siak.biodata_wni"],
        "siak.capil_lahir": ["siak.capil_lahir"],
    }


def test_tables_that_look_persons_up_follow_a_drain_of_the_persons() -> None:
    person: Any = SimpleNamespace(id="siak.biodata_wni", system="siak", master_refs=())
    payer: Any = SimpleNamespace(
        id="sismiop.dat_subjek_pajak", system="sismiop", master_refs=(SimpleNamespace(to="siak.biodata_wni"),)
    )
    other: Any = SimpleNamespace(id="sismiop.sppt", system="sismiop", master_refs=())
    declarations: Any = SimpleNamespace(datasets={d.id: d for d in (person, payer, other)})
    assert [d.id for d in looking_into(declarations, "siak")] == ["siak.biodata_wni", "sismiop.dat_subjek_pajak"]
