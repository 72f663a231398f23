"""Views over the ledger: what their rows say, and that they are content of the mart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.declarations import Declarations, load
from lumbung.ledger import MonthlyBatches, MonthlyRule
from lumbung.stages import mart_records

NO_SPARK: Any = None
"""The ledger's views need no engine."""


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


class FakeLedger:
    def __init__(self, rules: dict[str, list[MonthlyRule]] | None = None) -> None:
        self.rules = rules or {}

    def monthly_batches(self, system: str, timezone: str) -> list[MonthlyBatches]:
        assert timezone == "Asia/Jakarta"
        known = MonthlyBatches("2026-01", f"{system}.x", 1, 9, 9, 0, 0)
        return [MonthlyBatches("2026-01", "siak.biodata_wni", 2, 10, 7, 2, 1), known] if system == "siak" else []

    def monthly_rules(self, system: str, timezone: str) -> list[MonthlyRule]:
        return self.rules.get(system, [])


def test_batches_carry_the_title_of_their_dataset_and_unknown_datasets_are_left_out(declared: Declarations) -> None:
    ledger: Any = FakeLedger()
    assert mart_records.records_of(ledger, NO_SPARK, declared, "batch") == [
        ("2026-01", "siak", "siak.biodata_wni", declared.datasets["siak.biodata_wni"].title, 2, 10, 7, 2, 1)
    ]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("rujukan:kk", ("tabel", "siak.data_keluarga")),
        ("kode:agama", ("daftar_kode", "agama")),
        ("wilayah:wilayah-berlaku", ("daftar_kode", "wilayah")),
        ("nik:nik", (None, None)),
        ("lahir-masa-depan", (None, None)),
        ("kode:hilang", (None, None)),
    ],
)
def test_a_rule_says_what_it_looks_up(declared: Declarations, rule: str, wanted: tuple[Any, Any]) -> None:
    ledger: Any = FakeLedger({"siak": [MonthlyRule("2026-01", "siak.biodata_wni", rule, "error", 2, 10, 3)]})
    (row,) = mart_records.records_of(ledger, NO_SPARK, declared, "aturan")
    named = dict(zip((part.split()[0] for part in mart_records.SCHEMAS["aturan"].split(",")), row, strict=True))
    assert (named["jenis"], named["induk"]) == wanted
    assert (named["aturan"], named["jumlah_batch"], named["dinilai"], named["dilanggar"]) == (rule, 2, 10, 3)
    assert named["alasan"]


def test_what_the_views_hold_is_content_of_the_mart_that_reads_them(declared: Declarations) -> None:
    ledger: Any = FakeLedger()
    reads: Any = SimpleNamespace(records=("batch",))
    reads_none: Any = SimpleNamespace(records=())
    assert mart_records.content(mart_records.read_records(ledger, NO_SPARK, declared, reads_none)) is None
    held = mart_records.content(mart_records.read_records(ledger, NO_SPARK, declared, reads))
    assert held is not None
    assert held["batch"][0][-4:] == ["10", "7", "2", "1"]


@pytest.mark.parametrize(
    ("arrived", "late_by", "wanted"),
    [
        pytest.param(None, None, (None, None, True, None), id="never came"),
        pytest.param(17, None, ("2026-01-06", "2026-01-07", False, 0), id="in time, and tomorrow in WIB"),
        pytest.param(16, 3_600, ("2026-01-05", "2026-01-06", True, 0), id="an hour late"),
        pytest.param(16, 2 * 86_400 + 5, ("2026-01-05", "2026-01-06", True, 2), id="two days late"),
    ],
)
def test_freshness_is_told_in_days_of_the_systems_zone(
    declared: Declarations,
    monkeypatch: pytest.MonkeyPatch,
    arrived: int | None,
    late_by: int | None,
    wanted: tuple[Any, ...],
) -> None:
    last = None if arrived is None else datetime(2026, 1, 5, arrived, 30, tzinfo=UTC)
    row = {"system": "siak", "dataset": "biodata_wni", "last_success": last, "period": None, "waiting": "Batch …"}
    row |= {"next_due": last and last + timedelta(days=1), "late": last is None or late_by is not None}
    monkeypatch.setattr(mart_records, "status_rows", lambda _: [{**row, "late_by": late_by}])
    ledger: Any = FakeLedger()
    (found,) = mart_records.records_of(ledger, NO_SPARK, declared, "kesegaran")
    named = dict(zip((part.split()[0] for part in mart_records.SCHEMAS["kesegaran"].split(",")), found, strict=True))
    days = (None if named[name] is None else str(named[name]) for name in ("tanggal_berhasil", "jatuh_tempo"))
    assert (*days, named["terlambat"], named["hari_terlambat"]) == wanted
    assert (named["dataset"], named["janji_jam"], named["menunggu_keputusan"]) == ("siak.biodata_wni", 24, True)
