"""The SQL of the marts about environment, visitors, waste, prices on the real engine, over known answers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_mart_sql import Answer, answer, declared  # noqa: F401
from tests.integration.test_mart_sql_maps import broken, place, reasons

SAMPLE = {"titik": "T1", "lokasi": "Kali Pucang", "tanggal": date(2025, 6, 10), "_kode_parameter": "bod-air"}
SAMPLE |= {"hasil": Decimal("3.000")}
BEACH = {"kode": "D1", "nama_wisata": "Pantai", "jenis": "alam", "_kode_kecamatan": "35.15.08"}
VISITORS = {"bulan": "2025-06", "nama_wisata": "Pantai", "wisatawan": "Nusantara", "jumlah": 100}
VISITORS |= {"pendapatan": Decimal("500.00")}
LOAD = {"tanggal": date(2025, 6, 30), "kode_tps": "TPS1", "_kode_kecamatan": "35.15.08", "ritasi": 2}
LOAD |= {"tonase": Decimal("10.50")}
MARKET = {"kode": "P1", "nama": "Pasar Larangan", "_kode_kecamatan": "35.15.08"}
PRICE = {"tanggal": date(2025, 6, 2), "pasar": "P1", "nama": "Beras Medium", "_kode_komoditas": "beras-medium"}
PRICE |= {"harga_skrg": Decimal("12000.00"), "_loaded_at": datetime(2025, 6, 2, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("parameter", "result", "status"),
    [
        ("ph-air", "5.999", "melampaui"),
        ("ph-air", "6.000", "memenuhi"),
        ("ph-air", "9.000", "memenuhi"),
        ("ph-air", "9.001", "melampaui"),
        ("do-air", "3.999", "melampaui"),
        ("do-air", "4.000", "memenuhi"),
        ("bod-air", "3.000", "memenuhi"),
        ("bod-air", "3.001", "melampaui"),
        ("timbal-tanah", "999.000", "tanpa baku mutu"),
    ],
)
def test_a_result_on_its_standard_meets_it(answer: Answer, parameter: str, result: str, status: str) -> None:  # noqa: F811
    source = f"kualitas_air__sampel_{parameter.rpartition('-')[2]}"
    rows = {source: [{**SAMPLE, "_kode_parameter": parameter, "hasil": Decimal(result)}]}
    found = answer("kualitas_lingkungan", rows)
    assert [(r["media"], r["status_baku"]) for r in found] == [(parameter.rpartition("-")[2], status)]
    assert broken(answer, "kualitas_lingkungan", "status-sesuai-daftar", rows, found) == 0


SAMPLES = {
    "kualitas_air__sampel_air": [
        SAMPLE,
        {**SAMPLE, "titik": "T2", "hasil": Decimal("3.500")},
        {**SAMPLE, "_kode_parameter": "emas-air"},
        {**SAMPLE, "titik": "T3", "_dihapus_batch": "b"},
    ],
    "kualitas_air__sampel_tanah": [{**SAMPLE, "_kode_parameter": "timbal-tanah"}],
}


def test_a_sample_of_an_unknown_parameter_says_so(answer: Answer) -> None:  # noqa: F811
    found = answer("kualitas_lingkungan", SAMPLES)
    assert sorted((r["kode_titik"], r["nama_parameter"], r["satuan"], r["baku_tertinggi"]) for r in found[:2]) == [
        ("T1", "BOD", "mg/L", Decimal("3.000")),
        ("T2", "BOD", "mg/L", Decimal("3.000")),
    ]
    assert reasons(answer, "kualitas_lingkungan", SAMPLES) == {
        ("kualitas_air__sampel_air", "dihitung"): 2,
        ("kualitas_air__sampel_air", "parameter tidak dikenal"): 1,
        ("kualitas_air__sampel_tanah", "dihitung"): 1,
    }


def test_of_two_spellings_of_a_parameter_the_one_that_was_loaded_last_counts(answer: Answer) -> None:  # noqa: F811
    early, late = datetime(2025, 6, 11, tzinfo=UTC), datetime(2025, 6, 12, tzinfo=UTC)
    rows = {
        "kualitas_air__sampel_air": [
            {**SAMPLE, "parameter": "BOD", "_loaded_at": late},
            {**SAMPLE, "parameter": "BOD5", "_loaded_at": early, "hasil": Decimal("3.500")},
        ],
        "kualitas_air__sampel_tanah": [
            {
                **SAMPLE,
                "_kode_parameter": "timbal-tanah",
                "parameter": name,
                "_loaded_at": early,
                "hasil": Decimal(worth),
            }
            for name, worth in (("Timbal", "1.000"), ("Pb", "2.000"))
        ],
    }
    found = answer("kualitas_lingkungan", rows)
    assert sorted((r["media"], r["hasil"]) for r in found) == [("air", Decimal("3.000")), ("tanah", Decimal("1.000"))]
    assert reasons(answer, "kualitas_lingkungan", rows) == {
        (f"kualitas_air__sampel_{media}", reason): 1
        for media in ("air", "tanah")
        for reason in ("dihitung", "ejaan lain dari parameter yang sama")
    }
    assert broken(answer, "kualitas_lingkungan", "status-sesuai-daftar", rows, found) == 0
    other = [{**row, "status_baku": "melampaui"} if row["media"] == "air" else row for row in found]
    assert broken(answer, "kualitas_lingkungan", "status-sesuai-daftar", rows, other) == 1


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"status_baku": "memenuhi"}, 0),
        ({"status_baku": "melampaui"}, 1),
        ({"status_baku": "memenuhi", "baku_tertinggi": None}, 0),
        ({"status_baku": "tanpa baku mutu"}, 1),
        ({"kode_parameter": "cod-air"}, 2),
    ],
    ids=["as-it-is", "exceeds", "the-status-counts", "no-standard", "another-parameter"],
)
def test_a_mart_of_other_results_is_refused(answer: Answer, change: dict[str, Any], refused: int) -> None:  # noqa: F811
    found = sorted(answer("kualitas_lingkungan", SAMPLES), key=lambda r: (str(r["media"]), str(r["kode_titik"])))
    changed = [{**found[0], **change}, *found[1:]]
    assert broken(answer, "kualitas_lingkungan", "status-sesuai-daftar", SAMPLES, changed) == refused
    assert broken(answer, "kualitas_lingkungan", "status-sesuai-daftar", SAMPLES, changed[:-1]) == refused + 1


def test_visitors_of_a_name_that_two_destinations_share_are_nobodys(answer: Answer) -> None:  # noqa: F811
    rows = {
        "wisata__destinasi": [
            BEACH,
            {**BEACH, "kode": "D2", "nama_wisata": "Alun-Alun"},
            {**BEACH, "kode": "D3", "nama_wisata": "Alun-Alun", "_kode_kecamatan": "35.15.13"},
            {**BEACH, "kode": "D4", "_dihapus_batch": "b"},
        ],
        "wisata__kunjungan_wisata": [
            VISITORS,
            {**VISITORS, "wisatawan": "Mancanegara", "jumlah": 3, "pendapatan": None},
            {**VISITORS, "nama_wisata": "Alun-Alun"},
            {**VISITORS, "nama_wisata": "Candi"},
            {**VISITORS, "bulan": "2025-07", "_dihapus_batch": "b"},
        ],
    }
    found = answer("wisata_bulanan", rows)
    shown = ("bulan", "kode_destinasi", "nama_kecamatan", "wisatawan", "jumlah_wisatawan", "pendapatan")
    assert sorted(tuple(row[name] for name in shown) for row in found) == [
        ("2025-06", "D1", "Sidoarjo", "Mancanegara", 3, 0),
        ("2025-06", "D1", "Sidoarjo", "Nusantara", 100, 500),
    ]
    assert reasons(answer, "wisata_bulanan", rows) == {
        ("wisata__kunjungan_wisata", "dihitung"): 2,
        ("wisata__kunjungan_wisata", "nama milik lebih dari satu destinasi"): 1,
        ("wisata__kunjungan_wisata", "destinasi tidak dikenal"): 1,
    }


@pytest.mark.parametrize(("month", "counted"), [("2022-12", 1), ("2023-01", 0)])
def test_a_destination_is_counted_while_its_kecamatan_is_in_force(
    answer: Answer,  # noqa: F811
    month: str,
    counted: int,
) -> None:
    rows = {
        "ref.wilayah": [place("35.15.08", end=date(2022, 12, 31))],
        "wisata__destinasi": [BEACH],
        "wisata__kunjungan_wisata": [{**VISITORS, "bulan": month}],
    }
    assert len(answer("wisata_bulanan", rows)) == counted
    reason = "dihitung" if counted else "kecamatan destinasi tidak berlaku pada awal bulan"
    assert reasons(answer, "wisata_bulanan", rows) == {("wisata__kunjungan_wisata", reason): 1}


@pytest.mark.parametrize(
    ("change", "refused"),
    [({}, 0), ({"jumlah_wisatawan": 201}, 1), ({"pendapatan": Decimal(501)}, 1), ({"bulan": "2025-05"}, 1)],
    ids=["as-it-is", "more-visitors", "more-income", "a-month-of-its-own"],
)
def test_a_mart_of_more_visitors_is_refused(answer: Answer, change: dict[str, Any], refused: int) -> None:  # noqa: F811
    rows = {
        "wisata__destinasi": [BEACH],
        "wisata__kunjungan_wisata": [VISITORS, {**VISITORS, "nama_wisata": "Candi", "pendapatan": None}],
    }
    (found,) = answer("wisata_bulanan", rows)
    assert broken(answer, "wisata_bulanan", "tidak-melebihi-sumber", rows, [{**found, **change}]) == refused
    assert broken(answer, "wisata_bulanan", "tidak-melebihi-sumber", rows, [found, found]) == 1  # joined to two


def test_waste_is_weighed_by_month_and_kecamatan(answer: Answer) -> None:  # noqa: F811
    rows = {
        "sampah__tonase_tps": [
            LOAD,
            {**LOAD, "tanggal": date(2025, 6, 1), "tonase": Decimal("4.25")},
            {**LOAD, "kode_tps": "TPS2", "ritasi": None, "tonase": Decimal("0.25")},
            {**LOAD, "tanggal": date(2025, 7, 1), "ritasi": None},
            {**LOAD, "kode_tps": "TPS9", "_kode_kecamatan": "35.15.13"},
            {**LOAD, "kode_tps": "TPS3", "_kode_kecamatan": None},
            {**LOAD, "kode_tps": "TPS4", "_dihapus_batch": "b"},
        ]
    }
    shown = ("bulan", "nama_kecamatan", "jumlah_penimbangan", "jumlah_tps", "ritasi", "tonase")
    assert sorted(tuple(row[name] for name in shown) for row in answer("sampah_bulanan", rows)) == [
        ("2025-06", "Sidoarjo", 3, 2, 4, Decimal("15.00")),
        ("2025-06", "Taman", 1, 1, 2, Decimal("10.50")),
        ("2025-07", "Sidoarjo", 1, 1, 0, Decimal("10.50")),
    ]
    assert reasons(answer, "sampah_bulanan", rows) == {
        ("sampah__tonase_tps", "dihitung"): 5,
        ("sampah__tonase_tps", "kecamatan tidak dikenal"): 1,
    }


def test_a_price_knows_that_of_the_day_before_in_its_market(answer: Answer) -> None:  # noqa: F811
    second = {**MARKET, "kode": "P2", "nama": "Pasar Porong"}
    rows = {
        "harga_pangan__pasar": [MARKET, second, {**MARKET, "kode": "P3", "_dihapus_batch": "b"}],
        "harga_pangan__harga_harian": [
            PRICE,
            {**PRICE, "tanggal": date(2025, 6, 3), "harga_skrg": Decimal("12500.00")},
            {**PRICE, "tanggal": date(2025, 6, 5), "harga_skrg": Decimal("13000.00")},
            {**PRICE, "tanggal": date(2025, 6, 3), "pasar": "P2", "harga_skrg": Decimal("11000.00")},
            {**PRICE, "nama": "Beras Medium kg", "harga_skrg": Decimal("12100.00")}
            | {"_loaded_at": datetime(2025, 6, 4, tzinfo=UTC)},
            {**PRICE, "pasar": "P3"},
            {**PRICE, "nama": "Emas", "_kode_komoditas": None},
            {**PRICE, "tanggal": date(2025, 6, 4), "_dihapus_batch": "b"},
        ],
    }
    found = answer("harga_pangan", rows)
    shown = ("tanggal", "nama_pasar", "komoditas", "harga", "harga_kemarin")
    assert sorted(tuple(row[name] for name in shown) for row in found) == [
        (date(2025, 6, 2), "Pasar Larangan", "Beras Medium", 12100, None),
        (date(2025, 6, 3), "Pasar Larangan", "Beras Medium", 12500, 12100),
        (date(2025, 6, 3), "Pasar Porong", "Beras Medium", 11000, None),
        (date(2025, 6, 5), "Pasar Larangan", "Beras Medium", 13000, None),
    ]
    assert reasons(answer, "harga_pangan", rows) == {
        ("harga_pangan__harga_harian", "dihitung"): 4,
        ("harga_pangan__harga_harian", "ejaan lain dari komoditas yang sama"): 1,
        ("harga_pangan__harga_harian", "pasar sudah tidak ada di daftar"): 1,
        ("harga_pangan__harga_harian", "komoditas tidak dikenal"): 1,
    }
    public = answer("harga_pangan", {"mart.harga_pangan": found}, file="publikasi_harga_pangan_kabupaten.sql")
    shown = ("harga_rata_rata", "harga_terendah", "harga_tertinggi", "jumlah_pasar")
    assert {row["periode"]: tuple(row[name] for name in shown) for row in public} == {
        "2025-06-02": (12100, 12100, 12100, 1),
        "2025-06-03": (11750, 11000, 12500, 2),
        "2025-06-05": (13000, 13000, 13000, 1),
    }


def test_a_price_of_a_market_whose_kecamatan_was_closed_says_so(answer: Answer) -> None:  # noqa: F811
    rows = {
        "ref.wilayah": [place("35.15.08", end=PRICE["tanggal"])],
        "harga_pangan__pasar": [MARKET],
        "harga_pangan__harga_harian": [PRICE, {**PRICE, "tanggal": date(2025, 6, 3)}],
    }
    assert [row["tanggal"] for row in answer("harga_pangan", rows)] == [date(2025, 6, 2)]
    assert reasons(answer, "harga_pangan", rows) == {
        ("harga_pangan__harga_harian", "dihitung"): 1,
        ("harga_pangan__harga_harian", "kecamatan pasar tidak berlaku pada hari itu"): 1,
    }
