"""Which values the public tables call provisional (`sementara`): those of a period that still grows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.test_mart_sql import Answer, answer, declared  # noqa: F401

MONTHS = ("2025-10", "2025-11", "2025-12", "2026-01")
LAST_ONLY = {"2025-10": "final", "2025-11": "final", "2025-12": "final", "2026-01": "sementara"}
YEARS = {"2024": "final", "2025": "final", "2026": "sementara"}
AREA = {"kode_kecamatan": "35.15.08", "nama_kecamatan": "Sidoarjo"}
DECIDED = {"jumlah_permohonan": 1, "jumlah_selesai": 1, "jumlah_tepat_waktu": 1, "jumlah_hari_kerja": 1}


def months(column: str, **more: Any) -> list[dict[str, Any]]:
    return [{column: month, "tahun": int(month[:4]), **AREA, **more} for month in MONTHS]


def years(**more: Any) -> list[dict[str, Any]]:
    return [{"tahun": int(year), "periode": f"{year}-03", **AREA, **more} for year in YEARS]


@pytest.mark.parametrize(
    ("mart", "publication", "rows", "wanted"),
    [
        ("covid_bulanan", "covid_kecamatan", months("bulan"), LAST_ONLY),
        ("kunjungan_rs", "kunjungan_rs_penyakit", months("bulan", bab_penyakit="X"), LAST_ONLY),
        ("sampah_bulanan", "sampah_kecamatan", months("bulan"), LAST_ONLY),
        ("wisata_bulanan", "wisata_destinasi", months("bulan", jumlah_wisatawan=1), LAST_ONLY),
        ("pbb_realisasi_bulanan", "pbb_realisasi_bulanan", months("periode"), LAST_ONLY),
        ("peminjaman_koleksi", "peminjaman_perpustakaan", months("periode", jenis_koleksi="buku"), LAST_ONLY),
        (
            "peristiwa_kependudukan",
            "kelahiran",  # reported in time within 60 days
            [*months("periode", peristiwa="kelahiran"), {"periode": "2026-03", "tahun": 2026, "peristiwa": "kematian"}],
            {"2025-10": "final", "2025-11": "sementara", "2025-12": "sementara", "2026-01": "sementara"},
        ),
        (
            "peristiwa_kependudukan",
            "kematian",  # within 30 days
            months("periode", peristiwa="kematian"),
            {"2025-10": "final", "2025-11": "final", "2025-12": "sementara", "2026-01": "sementara"},
        ),
        ("perkawinan_perceraian", "perkawinan", years(peristiwa="perkawinan"), YEARS),
        ("perkawinan_perceraian", "perceraian", years(peristiwa="perceraian"), YEARS),
        ("perpindahan", "perpindahan_kecamatan", years(arah="pindah", klasifikasi_pindah="3"), YEARS),
        ("perizinan", "perizinan_jenis", years(jenis_izin="1", **DECIDED), YEARS),
        ("perizinan", "perizinan_kecamatan", years(jenis_izin="1", **DECIDED), YEARS),
        (
            "perizinan",
            "perizinan_jenis",
            [*years(jenis_izin="1", **DECIDED), {"tahun": 2024, "jenis_izin": "1", **DECIDED, "jumlah_selesai": 0}],
            {**YEARS, "2024": "sementara"},
        ),
    ],
)
def test_a_period_that_grows_is_provisional(
    answer: Answer,  # noqa: F811
    mart: str,
    publication: str,
    rows: list[dict[str, Any]],
    wanted: dict[str, str],
) -> None:
    found = answer(mart, {f"mart.{mart}": rows}, file=f"publikasi_{publication}.sql")
    assert {row["periode"]: row["status_nilai"] for row in found} == wanted


@pytest.mark.parametrize(
    ("mart", "publication", "more"),
    [
        ("pbb_realisasi_bulanan", "pbb_realisasi_bulanan", {}),
        ("peminjaman_koleksi", "peminjaman_perpustakaan", {"jenis_koleksi": "buku"}),
    ],
)
def test_what_is_withheld_is_called_that_also_in_the_last_month(
    answer: Answer,  # noqa: F811
    mart: str,
    publication: str,
    more: dict[str, str],
) -> None:
    rows = months("periode", rawan=True, **more)
    found = answer(mart, {f"mart.{mart}": rows}, file=f"publikasi_{publication}.sql")
    assert {row["periode"]: row["status_nilai"] for row in found} == dict.fromkeys(MONTHS, "disamarkan")


def test_moves_out_and_moves_in_have_last_years_of_their_own(answer: Answer) -> None:  # noqa: F811
    rows = [*years(arah="pindah", klasifikasi_pindah="3"), *years(arah="datang", klasifikasi_pindah="3")[:2]]
    found = answer("perpindahan", {"mart.perpindahan": rows}, file="publikasi_perpindahan_kecamatan.sql")
    assert {row["periode"]: row["status_nilai"] for row in found if row["arah"] == "datang"} == {
        "2024": "final",
        "2025": "sementara",
    }
