"""Views over the ledger: what their rows say, and that they are content of the mart."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.declarations import Declarations, load
from lumbung.ledger import MonthlyBatches, MonthlyRule
from lumbung.stages import mart_records


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
    assert mart_records.records_of(ledger, declared, "batch") == [
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
    (row,) = mart_records.records_of(ledger, declared, "aturan")
    named = dict(zip((part.split()[0] for part in mart_records.SCHEMAS["aturan"].split(",")), row, strict=True))
    assert (named["jenis"], named["induk"]) == wanted
    assert (named["aturan"], named["jumlah_batch"], named["dinilai"], named["dilanggar"]) == (rule, 2, 10, 3)
    assert named["alasan"]


def test_what_the_views_hold_is_content_of_the_mart_that_reads_them(declared: Declarations) -> None:
    ledger: Any = FakeLedger()
    reads: Any = SimpleNamespace(records=("batch",))
    reads_none: Any = SimpleNamespace(records=())
    assert mart_records.content(mart_records.read_records(ledger, declared, reads_none)) is None
    held = mart_records.content(mart_records.read_records(ledger, declared, reads))
    assert held is not None
    assert held["batch"][0][-4:] == ["10", "7", "2", "1"]
