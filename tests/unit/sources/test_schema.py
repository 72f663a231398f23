"""The received schema against the contract: what stops a batch, what only warns, and where the contract says it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.sources.schema import SourceColumn, SourceTable, compare, contract_place, missing_table, stop_message

CONTRACT = """\
apiVersion: v3.2.0
schema:
  - name: orang
    physicalName: public.orang
    properties:
      - name: nik
        physicalType: character varying(16)
      - name: nama
        physicalType: text
      - name: diubah
        physicalType: date
"""
TYPES = {"nik": "character varying(16)", "nama": "text", "diubah": "date"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "contracts" / "uji"
    folder.mkdir(parents=True)
    (folder / "orang.yaml").write_text(CONTRACT)
    return tmp_path


def dataset(**other: object) -> Any:
    columns = tuple(SimpleNamespace(name=n, physical=t, required=n == "nik") for n, t in TYPES.items())
    values = {
        "id": "uji.orang",
        "system": "uji",
        "name": "orang",
        "source_table": "public.orang",
        "columns": columns,
        "key": ("nik",),
        "cursor": ("diubah",),
        "period_column": None,
    }
    return SimpleNamespace(**(values | other))


def table(columns: dict[str, str]) -> SourceTable:
    return SourceTable("public", "orang", tuple(SourceColumn(n, t) for n, t in columns.items()))


def without(name: str) -> dict[str, str]:
    return {n: t for n, t in TYPES.items() if n != name}


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param(TYPES, id="as promised"),
        pytest.param({n.upper(): t for n, t in TYPES.items()}, id="in large letters"),
        pytest.param(dict(reversed(TYPES.items())), id="reordered"),
    ],
)
def test_what_costs_nothing_is_not_even_said(root: Path, columns: dict[str, str]) -> None:
    drift = compare(dataset(), table(columns), root)
    assert (drift.errors, drift.warnings) == ((), ())


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        pytest.param(
            without("nik"), ["kolom nik (kunci, wajib)", "orang.yaml:6, kunci schema.properties.nik"], id="key"
        ),
        pytest.param(without("diubah"), ["kolom diubah (kursor)", "orang.yaml:10"], id="cursor"),
        pytest.param(without("nama"), ["kolom nama (tidak wajib)", "orang.yaml:8"], id="optional"),
        pytest.param(TYPES | {"nama": "integer"}, ["bertipe integer", "menyebut text", "orang.yaml:8"], id="retyped"),
        pytest.param(without("nama") | {"nm": "text"}, ["kolom baru di sumber: nm (diganti nama?)"], id="renamed"),
        pytest.param(TYPES | {"NIK": "text"}, ["hanya berbeda besar-kecil huruf"], id="twin-names"),
    ],
)
def test_what_stops_a_batch(root: Path, columns: dict[str, str], words: list[str]) -> None:
    message = stop_message(dataset(), compare(dataset(), table(columns), root).errors)
    for word in [*words, "public.orang", "dataset uji.orang dihentikan"]:
        assert word in message, message


def test_a_new_column_only_warns(root: Path) -> None:
    drift = compare(dataset(), table(TYPES | {"baru": "date"}), root)
    assert drift.errors == ()
    assert drift.warnings[0].startswith("kolom baru baru (date) di tabel public.orang")


def test_the_period_column_is_not_expected_in_the_source(root: Path) -> None:
    assert compare(dataset(period_column="nama"), table(without("nama")), root).errors == ()


def test_a_missing_table_names_the_contracts_line(root: Path) -> None:
    assert "contracts/uji/orang.yaml:4, kunci schema.physicalName" in missing_table(dataset(), root)


def test_a_column_that_the_contract_lost_points_at_the_properties(root: Path) -> None:
    assert contract_place(root, dataset(), "hantu") == "contracts/uji/orang.yaml:5, kunci schema.properties"
