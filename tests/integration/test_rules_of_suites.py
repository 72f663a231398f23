"""Rules of the suites on the real engine, over rows as sources send them: what breaks which rule, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from lumbung.declarations import Declarations, load
from lumbung.rules import gx
from lumbung.sources.arrow import arrow_type
from lumbung.stages import judging
from lumbung.warehouse.session import session

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration

DRAWN = {"kode_desa": "35.15.08.2015", "tgl_ubah": "2025-11-26"}
GOOD: dict[str, dict[str, Any]] = {
    "gis.batas_wilayah": {**DRAWN, "luas_m2": "2000000.00"},
    "gis.bidang_pajak": {**DRAWN, "id_bidang": "B1", "luas": "100", "luas_m2": "100.00"},
    "gis.fasilitas": {**DRAWN, "id_fasilitas": "F1", "nama": "TAMAN", "jenis": "RTH"},
    "desa.profil_desa": {"tahun": "2024", "kode_desa": "35.15.08.2015", "kecamatan": "Sidoarjo", "luas": "250.00"}
    | {"laki_laki": "500", "perempuan": "510", "jumlah": "1010", "keluarga": "300", "posyandu": "5"},
}
CASES: list[tuple[str, dict[str, Any], set[str]]] = [
    *((dataset, {}, set()) for dataset in GOOD),
    *((dataset, {"kode_desa": "35.15.08.1020"}, set()) for dataset in GOOD),
    *((dataset, {"kode_desa": "35.15.08"}, {"desa-atau-kelurahan"}) for dataset in GOOD),
    *((dataset, {"kode_desa": "35.15"}, {"desa-atau-kelurahan"}) for dataset in GOOD if dataset.startswith("gis.")),
    ("desa.profil_desa", {"kode_desa": "35.15"}, {"desa-atau-kelurahan", "kecamatan-sesuai-kode"}),
    *(
        (dataset, {"kode_desa": "35.15.08.2999"}, {f"wilayah:{kind}-berlaku"})
        for dataset, kind in zip(GOOD, ("wilayah", "wilayah", "wilayah", "desa"), strict=True)
    ),
    ("desa.profil_desa", {"kode_desa": "3515080015"}, {"wilayah:desa-berlaku"}),
    ("gis.batas_wilayah", {"luas_m2": "10000.00"}, set()),
    ("gis.batas_wilayah", {"luas_m2": "9999.99"}, {"luas-wajar"}),
    ("gis.batas_wilayah", {"luas_m2": None}, set()),
    ("gis.bidang_pajak", {"luas": "0.01", "luas_m2": "0.01"}, set()),
    ("gis.bidang_pajak", {"luas": "0", "luas_m2": "0.00"}, {"luas-wajar"}),
    ("gis.bidang_pajak", {"luas": None, "luas_m2": None}, set()),
]


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


@pytest.fixture(scope="module")
def broken(declared: Declarations) -> list[set[str]]:
    """For each case the ids of the rules that its row breaks; all cases of a dataset are judged in one pass."""
    spark, nothing = session("uji"), None
    found: dict[int, set[str]] = {}
    for name, good in GOOD.items():
        dataset = declared.datasets[name]
        rows = {n: {**good, **change} for n, (of, change, _) in enumerate(CASES) if of == name}
        kinds = [(column.name, arrow_type(column.physical)) for column in dataset.columns]
        schema = pa.schema([("_row", pa.int64()), *kinds, ("_nilai", pa.string()), ("_cacat", pa.string())])
        raw = spark.createDataFrame(pa.Table.from_pylist([{"_row": n, **row} for n, row in rows.items()], schema))
        warehouse: Path = nothing  # type: ignore[assignment]
        frame = judging._prepared(nothing, spark, warehouse, declared, dataset, nothing, raw)  # type: ignore[arg-type]
        conditions = gx.conditions(frame, dataset)
        for row in frame.select("_row", *(column.alias(rule) for rule, column in conditions.items())).collect():
            found[row["_row"]] = {rule for rule in conditions if row[rule]}
    return [found[number] for number in range(len(CASES))]


@pytest.mark.parametrize(
    "number",
    range(len(CASES)),
    ids=[f"{name}-{'-'.join(map(str, change.values())) or 'good'}" for name, change, _ in CASES],
)
def test_a_row_breaks_these_rules_and_no_other(number: int, broken: list[set[str]]) -> None:
    assert broken[number] == CASES[number][2]
