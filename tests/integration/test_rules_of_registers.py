"""Rules of SIAK and SISMIOP that look into other tables, on the real engine: where exactly each begins to be broken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pytest

from lumbung.declarations import Dataset, Declarations, load
from lumbung.rules import gx
from lumbung.rules.frame import prepare
from lumbung.rules.references import Received, parents, with_references
from lumbung.sources.arrow import arrow_type
from lumbung.warehouse.session import session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.integration

Row = dict[str, Any]
NIKS: Final = tuple(f"351509010190000{number}" for number in range(1, 5))
HERE: Final = {"no_prop": 35, "no_kab": 15, "no_kec": 9, "no_kel": 2001}
THERE: Final = {**HERE, "no_kel": 2002}
FROM_HERE: Final = {f"asal_{name}": code for name, code in HERE.items()}
FROM_THERE: Final = {f"asal_{name}": code for name, code in THERE.items()}
VILLAGE: Final = {"kd_propinsi": "35", "kd_dati2": "15", "kd_kecamatan": "080", "kd_kelurahan": "001"}
CARD: Final = "3515090101900001"
LATE: Final = datetime(2025, 3, 1, 9)


def plot(number: int) -> Row:
    """The key of a tax object."""
    return {**VILLAGE, "kd_blok": "001", "no_urut": f"{number:04d}", "kd_jns_op": "0"}


PARENTS: Final[dict[str, list[Row]]] = {
    "siak.biodata_wni": [
        {"nik": NIKS[0], "tgl_lhr": date(1950, 5, 5), "tgl_kwn": date(1970, 1, 1), "tgl_crai": date(1990, 1, 1)},
        {"nik": NIKS[1], "tgl_lhr": date(1990, 6, 15)},
    ],
    "siak.data_keluarga": [
        {"no_kk": CARD, "nik_kk": NIKS[0], "cflag": "0", **HERE},
        {"no_kk": "3515090101900002", "nik_kk": NIKS[0], "cflag": "1", **HERE},
    ],
    "siak.pindah_header": [{"no_pindah": "P1", "klasifikasi_pindah": 2, **HERE}],
    "siak.pindah_detail": [{"no_pindah": "P1", "nik": NIKS[0]}],
    "siak.datang_header": [
        {"no_datang": "D1", "no_pindah": "P1", "klasifikasi_pindah": 3},
        {"no_datang": "D2", "no_pindah": "P1", "klasifikasi_pindah": 4},
    ],
    "sismiop.ref_kelurahan": [dict(VILLAGE)],
    "sismiop.dat_op_bumi": [
        {**plot(1), "no_bumi": 1, "kd_znt": "AA"},
        {**plot(2), "no_bumi": 1, "kd_znt": "ZZ"},
    ],
    "sismiop.dat_op_bangunan": [{**plot(1), "no_bng": 1}],
    "sismiop.dat_znt": [{**VILLAGE, "kd_znt": "AA"}],
    "sismiop.dat_nir": [
        {**VILLAGE, "kd_znt": "AA", "thn_nir_znt": "2024", "nir": Decimal(100)},
        {**VILLAGE, "kd_znt": "ZZ", "thn_nir_znt": "2023", "nir": Decimal(100)},
    ],
}
ACTIVE: Final = {"nik": NIKS[1], "no_kk": CARD, "flag_status": "0", "tgl_entri": LATE, **THERE}
DEAD: Final = {"mati_nik": NIKS[0]}
CAME: Final = {"no_datang": "D9", "no_pindah": "P1", "klasifikasi_pindah": 2, **THERE, **FROM_HERE}
BORN: Final = {"ayah_nik": NIKS[1]}
LAND: Final = {"jns_transaksi_op": "1", "total_luas_bumi": 100, "total_luas_bng": 50}
PAID: Final = {**plot(1), "thn_pajak_sppt": "2024", "pembayaran_sppt_ke": 1, "tgl_rekam_byr_sppt": LATE}


@dataclass(frozen=True)
class Case:
    """A row, and whether it breaks the rule."""

    dataset: str
    rule: str
    row: Row
    broken: bool


CASES: Final = (
    Case("siak.capil_mati", "mati-sesudah-cerai", {**DEAD, "mati_tgl": date(1989, 12, 31)}, True),
    Case("siak.capil_mati", "mati-sesudah-cerai", {**DEAD, "mati_tgl": date(1990, 1, 1)}, False),
    Case("siak.capil_mati", "mati-sesudah-cerai", {**DEAD, "mati_tgl": date(1950, 5, 4)}, False),  # another rule's
    Case("siak.capil_mati", "mati-sesudah-cerai", {"mati_nik": NIKS[1], "mati_tgl": date(1991, 1, 1)}, False),
    Case("siak.capil_mati", "mati-sesudah-kawin", {**DEAD, "mati_tgl": date(1969, 12, 31)}, True),
    Case("siak.capil_mati", "mati-sesudah-kawin", {**DEAD, "mati_tgl": date(1970, 1, 1)}, False),
    Case("siak.capil_lahir", "ayah-lebih-tua", {**BORN, "bayi_tgl_lahir": date(2005, 6, 14)}, True),
    Case("siak.capil_lahir", "ayah-lebih-tua", {**BORN, "bayi_tgl_lahir": date(2005, 6, 15)}, False),
    Case("siak.capil_lahir", "ayah-lebih-tua", {"bayi_tgl_lahir": date(2005, 6, 14)}, False),
    Case("siak.biodata_wni", "desa-keluarga", ACTIVE, True),
    Case("siak.biodata_wni", "desa-keluarga", {**ACTIVE, **HERE}, False),
    Case("siak.biodata_wni", "desa-keluarga", {**ACTIVE, "nik": NIKS[0]}, False),  # the head: the card's rule
    Case("siak.biodata_wni", "desa-keluarga", {**ACTIVE, "flag_status": "2"}, False),
    Case("siak.biodata_wni", "desa-keluarga", {**ACTIVE, "no_kk": "3515090101900002"}, False),  # closed
    Case("siak.biodata_wni", "desa-keluarga", {**ACTIVE, "no_kk": "3515090101900003"}, False),  # not received
    Case("siak.biodata_wni", "desa-keluarga", {**ACTIVE, "no_kel": 2099}, False),  # no village: another rule's
    Case("siak.datang_header", "asal-surat", {**CAME, **FROM_THERE}, True),
    Case("siak.datang_header", "asal-surat", CAME, False),
    Case("siak.datang_header", "asal-surat", {**CAME, **FROM_THERE, "no_pindah": "P9"}, False),
    Case("siak.datang_header", "asal-surat", {**CAME, **FROM_THERE, "klasifikasi_pindah": 4}, False),
    Case("siak.datang_detail", "rujukan:surat", {"no_datang": "D1", "nik": NIKS[1]}, True),
    Case("siak.datang_detail", "rujukan:surat", {"no_datang": "D1", "nik": NIKS[0]}, False),
    Case("siak.datang_detail", "rujukan:surat", {"no_datang": "D2", "nik": NIKS[1]}, False),  # from elsewhere
    Case("siak.datang_detail", "rujukan:surat", {"no_datang": "D9", "nik": NIKS[1]}, False),
    Case("sismiop.dat_objek_pajak", "objek-bumi", {**plot(3), **LAND}, True),
    Case("sismiop.dat_objek_pajak", "objek-bumi", {**plot(1), **LAND}, False),
    Case("sismiop.dat_objek_pajak", "objek-bumi", {**plot(3), **LAND, "total_luas_bumi": 0}, False),
    Case("sismiop.dat_objek_pajak", "objek-bumi", {**plot(3), **LAND, "jns_transaksi_op": "3"}, False),
    Case("sismiop.dat_objek_pajak", "objek-bumi", {**plot(3), **LAND, "kd_kelurahan": "099"}, False),
    Case("sismiop.dat_objek_pajak", "objek-bangunan", {**plot(2), **LAND}, True),
    Case("sismiop.dat_objek_pajak", "objek-bangunan", {**plot(1), **LAND}, False),
    Case("sismiop.dat_objek_pajak", "objek-bangunan", {**plot(2), **LAND, "total_luas_bng": 0}, False),
    Case("sismiop.sppt", "sppt-nir-zona", {**plot(1), "thn_pajak_sppt": "2025"}, True),
    Case("sismiop.sppt", "sppt-nir-zona", {**plot(1), "thn_pajak_sppt": "2024"}, False),
    Case(
        "sismiop.sppt", "sppt-nir-zona", {**plot(2), "thn_pajak_sppt": "2024"}, False
    ),  # no such zone: the plot's rule
    Case("sismiop.sppt", "sppt-nir-zona", {**plot(3), "thn_pajak_sppt": "2024"}, False),  # no plot
    Case("sismiop.pembayaran_sppt", "bayar-sesudah-rekam", {**PAID, "tgl_pembayaran_sppt": date(2025, 3, 2)}, True),
    Case("sismiop.pembayaran_sppt", "bayar-sesudah-rekam", {**PAID, "tgl_pembayaran_sppt": date(2025, 3, 1)}, False),
)


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


def received(spark: SparkSession, dataset: Dataset, rows: list[Row]) -> DataFrame:
    """Rows as they lie in raw; columns that a row does not name are NULL, so that a row without a key is no parent."""
    kinds = [(column.name, arrow_type(column.physical)) for column in dataset.columns]
    schema = pa.schema([("_row", pa.int64()), *kinds, ("_nilai", pa.string())])
    listed = [
        {"_row": n, **{name: _as(value, schema.field(name).type) for name, value in row.items()}}
        for n, row in enumerate(rows)
    ]
    return spark.createDataFrame(pa.Table.from_pylist(listed, schema))


def _as(value: Any, kind: pa.DataType) -> Any:
    """Free numerics arrive as text."""
    return str(value) if pa.types.is_string(kind) else value


@pytest.fixture(scope="module")
def verdicts(declared: Declarations) -> dict[int, bool]:
    """Per case whether its row breaks its rule; all cases of a dataset are judged in one pass."""
    spark = session("uji")
    found: dict[int, bool] = {}
    for name in dict.fromkeys(case.dataset for case in CASES):
        dataset = declared.datasets[name]
        mine = [number for number, case in enumerate(CASES) if case.dataset == name]
        own = prepare(received(spark, dataset, [CASES[number].row for number in mine]), dataset)
        known = []
        for reference in dataset.references:
            parent = declared.datasets[reference.to]
            rows = received(spark, parent, PARENTS.get(reference.to, [{}]))
            known.append((reference, parent, parents(reference, parent, Received(pending=(rows,)), "Asia/Jakarta")))
        lists = [(reference, declared.lists[reference.list]) for reference in dataset.list_refs]
        frame = with_references(own, dataset, known, lists, spark)
        conditions = gx.conditions(frame, dataset)
        asked = {CASES[number].rule for number in mine}
        for row in frame.select("_row", *(conditions[rule].alias(rule) for rule in asked)).collect():
            number = mine[row["_row"]]
            found[number] = row[CASES[number].rule]
    return found


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{c.dataset}-{c.rule}-{c.broken}" for c in CASES])
def test_a_row_breaks_the_rule_or_not(number: int, verdicts: dict[int, bool]) -> None:
    assert verdicts[number] == CASES[number].broken
