"""The figures of the marts about the property tax on the real engine, over a few rows worked out by hand.

The data are as of 5 January 2026 in Sidoarjo.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_mart_sql import NOP, Answer, answer, declared  # noqa: F401

AS_OF = date(2026, 1, 5)
KECAMATAN = "35.15.08"  # of NOP
SPPT = {**NOP, "_nop": "1", "thn_pajak_sppt": "2024", "tgl_jatuh_tempo_sppt": date(2024, 8, 31)}
SPPT |= {"pbb_yg_harus_dibayar_sppt": Decimal(1000), "status_pembayaran_sppt": "0"}
PERCENT = ("persen_tepat_waktu", "persen_tahun_berjalan", "persen_sampai_kini")


def paid(day: date | None, amount: int, **more: Any) -> dict[str, Any]:
    """A payment for the SPPT above; `denda_sppt` is a part of the amount."""
    row = {**NOP, "_nop": "1", "thn_pajak_sppt": "2024", "tgl_pembayaran_sppt": day}
    return row | {"jml_sppt_yg_dibayar": Decimal(amount)} | more


def reasons(answer: Answer, mart: str, rows: Any) -> dict[str, int]:  # noqa: F811
    return {r["alasan"]: r["jumlah"] for r in answer(mart, rows, file="identity.sql")}


def test_a_day_is_held_against_the_same_day_of_the_year_before(answer: Answer) -> None:  # noqa: F811
    payments = [
        paid(date(2023, 2, 28), 12, denda_sppt=Decimal(2)),
        paid(date(2024, 2, 28), 20),
        paid(date(2024, 2, 29), 30),
        paid(date(2025, 2, 28), 25),
        paid(date(2025, 2, 28), 15),
        paid(date(2025, 3, 1), 50),
        paid(date(2025, 3, 1), 999, _dihapus_batch="b"),
        paid(AS_OF, 7),
        paid(date(2024, 2, 29), 1000, kd_kecamatan="020"),
    ]
    found = answer("pbb_realisasi_harian", {"sismiop__pembayaran_sppt": payments})
    shown = ("jumlah_pembayaran", "pokok_dibayar", "denda_dibayar", "pokok_sejak_awal_tahun", "pokok_tahun_lalu")
    here = {r["tanggal"]: tuple(r[name] for name in shown) for r in found if r["kode_kecamatan"] == KECAMATAN}
    wanted = {
        date(2023, 2, 28): (1, 10, 2, 10, None),  # the first year has no year before
        date(2024, 2, 27): (0, 0, 0, 0, None),
        date(2024, 2, 28): (1, 20, 0, 20, 10),
        date(2024, 2, 29): (1, 30, 0, 50, 10),  # against 28 February 2023
        date(2024, 3, 1): (0, 0, 0, 50, 10),
        date(2025, 2, 28): (2, 40, 0, 40, 20),  # against 28 February 2024, not the 29th
        date(2025, 3, 1): (1, 50, 0, 90, 50),
        date(2025, 12, 31): (0, 0, 0, 90, 50),
        date(2026, 1, 1): (0, 0, 0, 0, 0),
        date(2026, 1, 5): (1, 7, 0, 7, 0),
    }
    assert {day: here[day] for day in wanted} == wanted


AHEAD = [
    paid(AS_OF + timedelta(days=1), 20),
    paid(date(2052, 3, 1), 30),
    paid(date(2052, 3, 1), 40, kd_kelurahan="999"),
]
TYPED_WRONG = {"sismiop__pembayaran_sppt": [paid(date(2026, 1, 2), 10), *AHEAD]}


def test_the_days_go_up_to_the_day_of_the_data_and_no_further(answer: Answer) -> None:  # noqa: F811
    found = answer("pbb_realisasi_harian", TYPED_WRONG)
    assert sorted((r["tanggal"], r["pokok_sejak_awal_tahun"]) for r in found) == [
        (date(2026, 1, day), 10) for day in (2, 3, 4, 5)
    ]
    assert answer("pbb_realisasi_harian", {"sismiop__pembayaran_sppt": AHEAD}) == []


def test_a_month_to_come_has_no_receipts(answer: Answer) -> None:  # noqa: F811
    assert [(r["periode"], r["pokok_dibayar"]) for r in answer("pbb_realisasi_bulanan", TYPED_WRONG)] == [
        ("2026-01", 10)
    ]


@pytest.mark.parametrize("mart", ["pbb_realisasi_harian", "pbb_realisasi_bulanan"])
def test_a_payment_dated_ahead_is_left_out_with_its_reason(answer: Answer, mart: str) -> None:  # noqa: F811
    assert reasons(answer, mart, TYPED_WRONG) == {"dihitung": 1, "tanggal pembayaran sesudah tanggal data": 3}


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        pytest.param(date(2023, 12, 20), (Decimal("10.00"),) * 3, id="before the tax year"),
        pytest.param(date(2024, 8, 31), (Decimal("10.00"),) * 3, id="on the due date"),
        pytest.param(date(2024, 9, 1), (0, Decimal("10.00"), Decimal("10.00")), id="a day after"),
        pytest.param(date(2024, 12, 31), (0, Decimal("10.00"), Decimal("10.00")), id="on the last day of the year"),
        pytest.param(date(2025, 1, 1), (0, 0, Decimal("10.00")), id="a day after the year"),
        pytest.param(AS_OF, (0, 0, Decimal("10.00")), id="on the day of the data"),
        pytest.param(AS_OF + timedelta(days=1), (0, 0, 0), id="after the data"),
    ],
)
def test_a_payment_is_in_time_in_its_year_or_later(answer: Answer, day: date, wanted: tuple[Any, ...]) -> None:  # noqa: F811
    payments = [paid(day, 104, denda_sppt=Decimal(4)), paid(day, 500, _dihapus_batch="b")]
    (found,) = answer("pbb_efektivitas", {"sismiop__sppt": [SPPT], "sismiop__pembayaran_sppt": payments})
    assert tuple(found[name] for name in PERCENT) == wanted


def test_shares_are_of_everything_assessed(answer: Answer) -> None:  # noqa: F811
    later = {**SPPT, "thn_pajak_sppt": "2026", "tgl_jatuh_tempo_sppt": date(2026, 8, 31)}
    assessed = [
        SPPT,
        {**SPPT, "_nop": "2"},
        {**SPPT, "_nop": "3", "status_pembayaran_sppt": "2"},
        {**SPPT, "_nop": "4", "_dihapus_batch": "b"},
        {**later, "pbb_yg_harus_dibayar_sppt": Decimal(300)},
        {**later, "thn_pajak_sppt": "2025", "pbb_yg_harus_dibayar_sppt": Decimal(0)},
    ]
    payments = [
        paid(date(2024, 8, 31), 250),
        paid(date(2024, 12, 31), 350),
        paid(date(2025, 6, 1), 100),
        paid(date(2024, 8, 31), 1000, _nop="3"),
        paid(date(2026, 1, 2), 100, thn_pajak_sppt="2026"),  # due in August
    ]
    found = answer("pbb_efektivitas", {"sismiop__sppt": assessed, "sismiop__pembayaran_sppt": payments})
    shown = ("jumlah_sppt", "ketetapan", "pokok_tepat_waktu", "pokok_tahun_berjalan", "pokok_sampai_kini", *PERCENT)
    assert {r["tahun_pajak"]: tuple(r[name] for name in shown) for r in found} == {
        2024: (2, 2000, 250, 600, 700, Decimal("12.50"), 30, 35),
        2025: (1, 0, 0, 0, 0, None, None, None),
        2026: (1, 300, 100, 100, 100, Decimal("33.33"), Decimal("33.33"), Decimal("33.33")),
    }


def test_a_debt_is_as_old_as_the_days_since_it_was_due(answer: Answer) -> None:  # noqa: F811
    ages = {-30: "0", 0: "0", 1: "1", 365: "1", 366: "2", 730: "2", 731: "3", 1095: "3", 1096: "4", 1825: "4"}
    ages |= {1826: "5", 9000: "5"}
    debts = [  # told apart by their tax year
        {**SPPT, "thn_pajak_sppt": str(2001 + number), "tgl_jatuh_tempo_sppt": AS_OF - timedelta(days=days)}
        for number, days in enumerate(ages)
    ]
    found = {r["tahun_pajak"]: r["umur"] for r in answer("pbb_piutang_umur", {"sismiop__sppt": debts})}
    assert {days: found[2001 + number] for number, days in enumerate(ages)} == ages


def test_a_debt_is_what_was_not_paid_by_the_day_of_the_data(answer: Answer) -> None:  # noqa: F811
    rows = {
        "sismiop__sppt": [
            SPPT,
            {**SPPT, "_nop": "2"},
            {**SPPT, "_nop": "3"},
            {**SPPT, "_nop": "4", "status_pembayaran_sppt": "2"},
            {**SPPT, "_nop": "5", "_dihapus_batch": "b"},
            {**SPPT, "_nop": "6", "kd_kelurahan": "999"},
        ],
        "sismiop__pembayaran_sppt": [
            paid(date(2024, 8, 31), 300),
            paid(AS_OF, 210, denda_sppt=Decimal(10)),
            paid(AS_OF + timedelta(days=1), 500),
            paid(date(2024, 8, 31), 400, thn_pajak_sppt="2023"),
            paid(date(2024, 8, 31), 1000, _nop="2"),
        ],
    }
    (found,) = answer("pbb_piutang_umur", rows)
    assert (found["tahun_pajak"], found["jumlah_sppt"], found["tunggakan"]) == (2024, 2, 500 + 1000)
    assert reasons(answer, "pbb_piutang_umur", rows) == {
        "dihitung": 2,
        "SPPT lunas": 1,
        "SPPT batal": 1,
        "wilayah NOP belum dipadankan": 1,
    }


BUILDING = {**NOP, "_nop": "1", "thn_dibangun_bng": "2021", "kd_jpb": "01", "luas_bng": Decimal(40)}
BUILDING |= {"nilai_sistem_bng": Decimal(100), "thn_renovasi_bng": None}
OBJECTS = [{"_nop": "1", "jns_transaksi_op": "1"}, {"_nop": "2", "jns_transaksi_op": "3"}]


def test_a_building_is_as_old_as_the_years_since_it_was_built(answer: Answer) -> None:  # noqa: F811
    ages = {2026: "1", 2021: "1", 2020: "2", 2016: "2", 2015: "3", 2006: "3", 2005: "4", 1996: "4", 1995: "5"}
    ages |= {1890: "5"}
    buildings = [  # told apart by their use
        {**BUILDING, "thn_dibangun_bng": str(year), "kd_jpb": f"{number:02}"} for number, year in enumerate(ages, 1)
    ]
    rows = {"sismiop__dat_op_bangunan": buildings, "sismiop__dat_objek_pajak": OBJECTS}
    found = {r["penggunaan"]: r["umur"] for r in answer("bangunan", rows)}
    assert {year: found[f"{number:02}"] for number, year in enumerate(ages, 1)} == ages


def test_buildings_are_counted_by_use_and_age(answer: Answer) -> None:  # noqa: F811
    buildings = [
        BUILDING,
        {**BUILDING, "luas_bng": Decimal(60), "nilai_sistem_bng": None, "thn_renovasi_bng": "2024"},
        {**BUILDING, "kd_jpb": "04"},
        {**BUILDING, "thn_dibangun_bng": "1995"},
        {**BUILDING, "_nop": "2"},
        {**BUILDING, "_nop": "3"},
        {**BUILDING, "thn_dibangun_bng": None},
        {**BUILDING, "kd_jpb": None},
        {**BUILDING, "_dihapus_batch": "b"},
    ]
    rows = {"sismiop__dat_op_bangunan": buildings, "sismiop__dat_objek_pajak": OBJECTS}
    shown = ("jumlah_bangunan", "luas", "nilai", "jumlah_direnovasi")
    found = {(r["penggunaan"], r["umur"]): tuple(r[name] for name in shown) for r in answer("bangunan", rows)}
    assert found == {("01", "1"): (2, 100, 100, 1), ("04", "1"): (1, 40, 100, 0), ("01", "5"): (1, 40, 100, 0)}
    assert reasons(answer, "bangunan", rows) == {
        "dihitung": 4,
        "objek dihapus": 1,
        "objek belum diterima": 1,
        "tahun dibangun kosong": 1,
        "jenis penggunaan kosong": 1,
    }
