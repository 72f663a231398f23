"""As-of, order and parameters of marts."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.stages.mart import in_order
from lumbung.stages.mart_inputs import as_of, input_table, parameters_of, recorded_name

OLD, NEW = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC)


def mart(name: str, *inputs: str, records: tuple[str, ...] = ()) -> Any:
    return SimpleNamespace(name=name, inputs=inputs, records=records)


class FakeLedger:
    """Newest first: (dataset, kind of run, source clock)."""

    def __init__(
        self,
        *batches: tuple[str, str, datetime | None],
        marts: dict[str, datetime] | None = None,
        back: dict[str, datetime | None] | None = None,
    ) -> None:
        self.rows = batches
        self.marts = marts or {}
        self.back = back or {}

    def open_rollback(self, dataset: str) -> Any:
        return SimpleNamespace(as_of=self.back[dataset]) if dataset in self.back else None

    def batches(self, dataset: str, **_: Any) -> list[Any]:
        return [SimpleNamespace(source_clock=clock, run_id=kind) for name, kind, clock in self.rows if name == dataset]

    def run(self, run_id: str) -> Any:
        return SimpleNamespace(kind=run_id)

    def latest_mart(self, name: str) -> Any:
        return SimpleNamespace(as_of=self.marts[name]) if name in self.marts else None


DECLARATIONS: Any = SimpleNamespace(
    datasets={
        "siak.lahir": SimpleNamespace(table_name="siak__lahir", id="siak.lahir"),
        "siak.mati": SimpleNamespace(table_name="siak__mati", id="siak.mati"),
    },
    systems={"siak": SimpleNamespace(timezone="Asia/Jakarta"), "jauh": SimpleNamespace(timezone="Asia/Jayapura")},
    marts={"a": mart("a", "siak__lahir"), "b": mart("b", "siak__mati"), "catatan": mart("catatan", records=("mart",))},
    tenant=SimpleNamespace(
        k=5,
        dominance_percent=10,
        sismiop=SimpleNamespace(status_batal=("2",), jns_transaksi_hapus=("3",), jml_dibayar_termasuk_denda=True),
    ),
)


@pytest.mark.parametrize(
    ("ledger", "wanted"),
    [
        pytest.param(FakeLedger(("siak.lahir", "jadwal", NEW), ("siak.mati", "manual", NEW)), NEW, id="both new"),
        pytest.param(FakeLedger(("siak.lahir", "jadwal", NEW), ("siak.mati", "sapu", OLD)), OLD, id="oldest input"),
        pytest.param(FakeLedger(("siak.lahir", "jadwal", NEW)), None, id="an input was never loaded"),
        pytest.param(
            FakeLedger(("siak.lahir", "jadwal", OLD), ("siak.lahir", "jadwal", NEW), ("siak.mati", "jadwal", NEW)),
            NEW,
            id="a run that was held up landed last",
        ),
        pytest.param(
            FakeLedger(("siak.lahir", "isi-ulang", NEW), ("siak.lahir", "jadwal", OLD), ("siak.mati", "jadwal", NEW)),
            OLD,
            id="a backfill brings nothing up to its clock",
        ),
        pytest.param(
            FakeLedger(("siak.lahir", "ulang", None), ("siak.lahir", "jadwal", OLD), ("siak.mati", "jadwal", NEW)),
            OLD,
            id="nor does a replay",
        ),
        pytest.param(
            FakeLedger(("siak.lahir", "jadwal", NEW), ("siak.mati", "jadwal", NEW), back={"siak.mati": OLD}),
            OLD,
            id="an input was rolled back and not read whole since",
        ),
        pytest.param(
            FakeLedger(("siak.lahir", "jadwal", NEW), ("siak.mati", "jadwal", NEW), back={"siak.mati": None}),
            None,
            id="nobody knows as of when the input is that was rolled back",
        ),
    ],
)
def test_as_of_is_that_of_the_oldest_input(ledger: Any, wanted: datetime | None) -> None:
    assert as_of(ledger, DECLARATIONS, mart("x", "siak__lahir", "siak__mati", "ref.wilayah")) == wanted


def test_a_mart_on_a_mart_is_as_old_as_it() -> None:
    ledger: Any = FakeLedger(("siak.lahir", "jadwal", NEW), marts={"a": OLD})
    assert as_of(ledger, DECLARATIONS, mart("x", "siak__lahir", "mart.a")) == OLD
    assert as_of(ledger, DECLARATIONS, mart("x", "siak__lahir", "mart.b")) is None


def test_bookkeeping_is_as_of_the_newest_mart() -> None:
    ledger: Any = FakeLedger(marts={"a": OLD, "b": NEW})
    assert as_of(ledger, DECLARATIONS, DECLARATIONS.marts["catatan"]) == NEW
    nothing: Any = FakeLedger()
    assert as_of(nothing, DECLARATIONS, DECLARATIONS.marts["catatan"]) is None


def test_counts_of_batches_are_as_of_the_newest_batch() -> None:
    ledger: Any = FakeLedger(("siak.lahir", "jadwal", OLD), ("siak.mati", "jadwal", NEW))
    assert as_of(ledger, DECLARATIONS, mart("kualitas", records=("batch",))) == NEW
    assert as_of(FakeLedger(), DECLARATIONS, mart("kualitas", records=("batch",))) is None  # type: ignore[arg-type]


def test_marts_come_after_what_they_read_and_the_record_of_marts_last() -> None:
    found = (mart("a", "mart.z"), mart("catatan", records=("mart",)), mart("y", records=("batch",)), mart("z", "x__y"))
    assert [m.name for m in in_order({m.name: m for m in found})] == ["y", "z", "a", "catatan"]


def test_marts_that_read_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        in_order({m.name: m for m in (mart("a", "mart.b"), mart("b", "mart.a"))})


def test_tenant_settings_come_as_parameters() -> None:
    assert parameters_of(DECLARATIONS, mart("x", "siak__lahir", "ref.wilayah"), OLD) == {
        "data_per": OLD,
        "zona": "Asia/Jakarta",
        "status_batal": ["2"],
        "jns_transaksi_hapus": ["3"],
        "termasuk_denda": True,
        "ambang": 5,
        "dominasi": 10,
    }


def test_a_mart_over_two_time_zones_is_refused() -> None:
    with pytest.raises(ValueError, match="Asia/Jayapura"):
        parameters_of(DECLARATIONS, mart("x", "siak__lahir", "jauh__y"), OLD)


@pytest.mark.parametrize(("name", "wanted"), [("siak__x", "curated.siak__x"), ("ref.x", "ref.x"), ("mart.x", "mart.x")])
def test_inputs_name_tables(name: str, wanted: str) -> None:
    assert input_table(name) == wanted


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ("curated.siak__data__x", "siak.data__x"),
        ("ref.wilayah_sismiop", "ref.wilayah_sismiop"),
        ("mart.x__y", "mart.x__y"),
    ],
)
def test_records_name_datasets(table: str, wanted: str) -> None:
    assert recorded_name(table) == wanted
