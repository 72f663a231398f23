"""Tables against their declarations."""

from __future__ import annotations

from typing import Any

import pytest

from lumbung.declarations import Declarations, load
from lumbung.ops import table_drift
from lumbung.ops.findings import Finding
from lumbung.warehouse import ddl, session
from lumbung.warehouse.ddl import curated_columns, curated_name
from lumbung.warehouse.mart_table import mart_columns, mart_name

WANTED = {"nik": "string", "umur": "int", "jumlah": "decimal(20,2)"}
RUN = "bin/lumbung run siak"


@pytest.mark.parametrize(
    ("found", "state", "seen", "step"),
    [
        pytest.param(None, "perhatian", "belum ada", RUN, id="no-table"),
        pytest.param(
            WANTED | {"jumlah": "decimal(18,2)"},
            *("rusak", "jumlah bertipe decimal(18,2), di kontrak decimal(20,2)", "c.yaml"),
            id="another-type",
        ),
        pytest.param({"nik": "string", "jumlah": "decimal(20,2)"}, "perhatian", "kurang: umur", RUN, id="missing"),
        pytest.param(WANTED | {"lama": "string"}, "perhatian", "lebih: lama", "riwayat", id="left-the-contract"),
        pytest.param({"nik": "int", "umur": "int", "lama": "int"}, "rusak", "nik bertipe int", "c.yaml", id="all"),
    ],
)
def test_a_table_is_held_against_its_contract(found: dict[str, str] | None, state: str, seen: str, step: str) -> None:
    finding = table_drift.drift("curated.x", "c.yaml", WANTED, found, RUN)
    assert finding is not None
    assert (finding.area, finding.subject, finding.state) == ("tabel", "curated.x", state)
    assert seen in finding.seen
    assert step in finding.next_step


def test_a_table_as_declared_is_no_finding() -> None:
    assert table_drift.drift("curated.x", "c.yaml", WANTED, dict(reversed(WANTED.items())), RUN) is None


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


@pytest.fixture
def warehouse(declared: Declarations, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, tuple[str, str]]]:
    """Every table as declared; a test spoils some."""
    there = {curated_name(dataset): dict(curated_columns(dataset)) for dataset in declared.datasets.values()}
    there |= {mart_name(mart): dict(mart_columns(mart)) for mart in declared.marts.values()}
    monkeypatch.setattr(session, "session", lambda app: object())

    def described(spark: Any, name: str) -> dict[str, tuple[str, str]] | None:
        return there.get(name)

    monkeypatch.setattr(ddl, "described", described)
    return there


def test_a_warehouse_as_declared_has_nothing_wrong(
    declared: Declarations, warehouse: dict[str, dict[str, tuple[str, str]]]
) -> None:
    found = list(table_drift.tables(declared))
    curated, marts = len(declared.datasets), len(declared.marts)
    assert found == [
        Finding("tabel", "curated", "baik", f"{curated} tabel dari {curated} yang dideklarasikan"),
        Finding("tabel", "mart", "baik", f"{marts} tabel dari {marts} yang dideklarasikan"),
    ]


def test_curated_tables_and_marts_are_looked_at(
    declared: Declarations, warehouse: dict[str, dict[str, tuple[str, str]]]
) -> None:
    warehouse["curated.siak__biodata_wni"]["nik"] = ("bigint", "")
    warehouse["mart.penduduk_semester"]["jumlah_penduduk"] = ("string", "")
    del warehouse["mart.kualitas_data"]
    wrong = {finding.subject: finding for finding in table_drift.tables(declared) if finding.state != "baik"}
    assert {name: finding.state for name, finding in wrong.items()} == {
        "curated.siak__biodata_wni": "rusak",
        "mart.penduduk_semester": "rusak",
        "mart.kualitas_data": "perhatian",
    }
    assert "contracts/siak/biodata_wni.yaml" in wrong["curated.siak__biodata_wni"].next_step
    assert "sql/marts/penduduk_semester/contract.yaml" in wrong["mart.penduduk_semester"].next_step


def test_the_contracts_that_are_named_exist(declared: Declarations) -> None:
    from lumbung.settings import ROOT

    for dataset in declared.datasets.values():
        assert (ROOT / table_drift.contract_of(dataset)).is_file()
