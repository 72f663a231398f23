"""The figures of the marts about people on the real engine, over a few rows worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_mart_sql import Answer, answer, declared  # noqa: F401

VILLAGE, NEXT = "35.15.01.2001", "35.15.01.2002"
PERSON = {"periode": "202502", "_akhir_periode": date(2025, 12, 31), "_kode_desa": VILLAGE, "flag_status": "0"}
PERSON |= {"jenis_klmin": 2, "_umur": 30, "no_kk": "k"}
KECAMATAN = {"_kode_kecamatan": "35.15.08"}


def reasons(answer: Answer, mart: str, rows: Any) -> dict[tuple[str, str], int]:  # noqa: F811
    return {(r["sumber"], r["alasan"]): r["jumlah"] for r in answer(mart, rows, file="identity.sql")}


def aged(*ages: int | None, **more: Any) -> list[dict[str, Any]]:
    """A person of each age."""
    return [{**PERSON, "_umur": age, **more} for age in ages]


def test_residents_are_counted_in_the_age_group_of_their_full_years(answer: Answer) -> None:  # noqa: F811
    people = [*aged(0, 4, 5, 74, 75, 101, None), *aged(4, flag_status="1"), *aged(4, _kode_desa="35.15.01.2999")]
    people += [*aged(4, jenis_klmin=1), *aged(4, _dihapus_batch="b")]
    rows = {"siak__biodata_wni_dkb": people}
    found = answer("penduduk_semester", rows)
    assert {(r["kelompok_umur"], r["jenis_kelamin"]): r["jumlah_penduduk"] for r in found} == {
        ("00-04", "2"): 2,
        ("00-04", "1"): 1,
        ("05-09", "2"): 1,
        ("70-74", "2"): 1,
        ("75+", "2"): 2,
    }
    shown = ("tahun", "semester", "tanggal_acuan", "kode_kecamatan")
    assert {tuple(r[name] for name in shown) for r in found} == {(2025, 2, date(2025, 12, 31), "35.15.01")}
    assert sum(reasons(answer, "penduduk_semester", rows).values()) == len(people) - 1


@pytest.mark.parametrize(
    ("ages", "parts", "ratio"),
    [
        ((0, 14, 15, 64, 65, 99), (2, 2, 2), Decimal("200.0")),
        ((14, 15, 16, 17), (1, 3, 0), Decimal("33.3")),
        ((65, 64, 63, 62), (0, 3, 1), Decimal("33.3")),
        ((15, 64), (0, 2, 0), Decimal("0.0")),
        ((14, 65), (1, 0, 1), None),
    ],
    ids=["limits", "a-child", "an-elder", "workers-only", "no-workers"],
)
def test_children_and_elders_depend_on_those_between(
    answer: Answer,  # noqa: F811
    ages: tuple[int, ...],
    parts: tuple[int, ...],
    ratio: Decimal | None,
) -> None:
    people = [{**row, "no_kk": str(number)} for number, row in enumerate(aged(*ages))]
    people += aged(3, 70, no_kk=None)  # who have no card do not count here
    (found,) = answer("keluarga_ukuran", {"siak__biodata_wni_dkb": people})
    assert tuple(found[name] for name in ("penduduk_0_14", "penduduk_15_64", "penduduk_65_ke_atas")) == parts
    assert found["rasio_ketergantungan"] == ratio


def test_families_are_counted_by_the_number_of_their_members(answer: Answer) -> None:  # noqa: F811
    sizes = {"a": 1, "b": 1, "c": 2, "d": 6, "e": 7, "f": 9}
    people = [row for card, many in sizes.items() for row in aged(*[30] * many, no_kk=card)]
    people += [*aged(30, no_kk="c", _kode_desa=NEXT), *aged(10, 10, no_kk="g", _kode_desa=NEXT)]
    people += [*aged(30, no_kk="a", flag_status="2"), *aged(30, no_kk="a", _dihapus_batch="b")]
    found = answer("keluarga_ukuran", {"siak__biodata_wni_dkb": people})
    shown = ("jumlah_keluarga", "jumlah_penduduk", "rasio_ketergantungan")
    assert {(r["kode_desa"], r["ukuran_keluarga"]): tuple(r[name] for name in shown) for r in found} == {
        (VILLAGE, "1"): (2, 2, 0),
        (VILLAGE, "2"): (1, 2, 0),
        (VILLAGE, "6"): (1, 6, 0),
        (VILLAGE, "7+"): (2, 16, 0),
        (NEXT, "1"): (1, 1, 200),  # a card in two villages is a family in each; the ratio is the village's
        (NEXT, "2"): (1, 2, 200),
    }


def test_a_birth_certificate_is_there_lacking_or_unknown(answer: Answer) -> None:  # noqa: F811
    codes = (1, 2, 2, None, 0, 3)
    people = [{**row, "akta_lhr": code} for row, code in zip(aged(*[4] * len(codes)), codes, strict=True)]
    people += [*aged(5, akta_lhr=2), *aged(4, akta_lhr=2, flag_status="1"), *aged(None, akta_lhr=2)]
    found = answer("kepemilikan_akta", {"siak__biodata_wni_dkb": people})
    shown = ("jumlah_penduduk", "jumlah_berakta", "jumlah_tidak_berakta", "jumlah_tidak_diketahui")
    assert {r["kelompok_umur"]: tuple(r[name] for name in shown) for r in found} == {
        "00-04": (6, 2, 1, 3),
        "05-09": (1, 1, 0, 0),
    }


def events(found: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[Any, ...]]:
    shown = ("tahun", "bulan", "kode_kecamatan", "jumlah_peristiwa")
    return {(r["peristiwa"], r["periode"]): tuple(r[name] for name in shown) for r in found}


def test_a_marriage_counts_on_its_day_and_a_divorce_on_that_of_its_ruling(answer: Answer) -> None:  # noqa: F811
    wedding = {**KECAMATAN, "kawin_tgl": date(2024, 12, 31), "kawin_tgl_lapor": date(2025, 1, 5)}
    divorce = {**KECAMATAN, "kawin_tgl": date(2019, 6, 1), "putusan_tgl": date(2025, 3, 31)}
    divorce |= {"cerai_tgl_lapor": date(2025, 4, 10)}
    rows = {
        "siak__capil_kawin": [
            wedding,
            {**wedding, "kawin_tgl": date(2024, 12, 1)},
            {**wedding, "kawin_tgl": date(2025, 1, 1)},
            {**wedding, "_dihapus_batch": "b"},
            {**wedding, "_kode_kecamatan": "35.15.99"},
        ],
        "siak__capil_cerai": [divorce, {**divorce, "putusan_tgl": None}],
    }
    assert events(answer("perkawinan_perceraian", rows)) == {
        ("perkawinan", "2024-12"): (2024, 12, "35.15.08", 2),
        ("perkawinan", "2025-01"): (2025, 1, "35.15.08", 1),
        ("perceraian", "2025-03"): (2025, 3, "35.15.08", 1),
    }
    assert reasons(answer, "perkawinan_perceraian", rows) == {
        ("siak__capil_kawin", "dihitung"): 3,
        ("siak__capil_kawin", "kecamatan tidak dikenal pada tanggal peristiwa"): 1,
        ("siak__capil_cerai", "dihitung"): 1,
        ("siak__capil_cerai", "tanggal peristiwa kosong"): 1,
    }


def test_births_and_deaths_count_in_the_month_in_which_they_happened(answer: Answer) -> None:  # noqa: F811
    birth = {**KECAMATAN, "bayi_tgl_lahir": date(2025, 1, 31), "plpr_tgl_lapor": date(2025, 2, 20)}
    death = {**KECAMATAN, "mati_tgl": date(2025, 2, 1), "plpr_tgl_lapor": date(2025, 3, 1)}
    rows = {
        "siak__capil_lahir": [birth, {**birth, "bayi_tgl_lahir": date(2025, 1, 1)}, {**birth, "_dihapus_batch": "b"}],
        "siak__capil_mati": [death, {**death, "mati_tgl": date(2024, 2, 29)}],
    }
    assert events(answer("peristiwa_kependudukan", rows)) == {
        ("kelahiran", "2025-01"): (2025, 1, "35.15.08", 2),
        ("kematian", "2025-02"): (2025, 2, "35.15.08", 1),
        ("kematian", "2024-02"): (2024, 2, "35.15.08", 1),
    }
    assert reasons(answer, "peristiwa_kependudukan", rows) == {
        ("siak__capil_lahir", "dihitung"): 2,
        ("siak__capil_mati", "dihitung"): 2,
    }


def test_moves_are_counted_out_and_in_by_how_far_they_go(answer: Answer) -> None:  # noqa: F811
    out = {**KECAMATAN, "tgl_pindah": date(2025, 3, 31)}
    into = {**KECAMATAN, "tgl_datang": date(2025, 4, 1), "no_pindah": "x"}
    ends = {1: "35.15.08.2001", 2: "35.15.08.2002", 3: "35.15.13.1001", 4: "35.78.05.1003", 5: "33.08.01.2001"}
    rows = {
        "siak__pindah_header": [
            *(
                {**out, "no_pindah": f"P{kind}", "klasifikasi_pindah": kind, "_kode_desa_tujuan": ends[kind]}
                for kind in ends
            ),
            {**out, "no_pindah": "P0", "klasifikasi_pindah": 4, "_kode_desa_tujuan": ends[4], "_dihapus_batch": "b"},
        ],
        "siak__pindah_detail": [{"no_pindah": f"P{kind}"} for kind in (0, 1, 2, 3, 4, 4, 5)],
        "siak__datang_header": [
            {**into, "no_datang": "D3", "klasifikasi_pindah": 3, "_kode_desa_asal": ends[3]},
            {**into, "no_datang": "D4", "klasifikasi_pindah": 4, "_kode_desa_asal": ends[4]},
            {**into, "no_datang": "D5", "klasifikasi_pindah": 5, "_kode_desa_asal": None},
            {**into, "no_datang": "D6", "klasifikasi_pindah": 5, "_kode_desa_asal": None},
        ],
        "siak__datang_detail": [{"no_datang": f"D{kind}"} for kind in (3, 3, 3, 4, 5, 6)],
    }
    found = answer("perpindahan", rows)
    shown = ("kode_tempat_lain", "nama_tempat_lain", "jumlah_orang", "jumlah_surat")
    assert {(r["arah"], r["klasifikasi_pindah"]): tuple(r[name] for name in shown) for r in found} == {
        ("pindah", "1"): ("35.15.08", "Sidoarjo", 1, 1),
        ("pindah", "2"): ("35.15.08", "Sidoarjo", 1, 1),
        ("pindah", "3"): ("35.15.13", "Taman", 1, 1),
        ("pindah", "4"): ("35.78", "Luar kabupaten", 2, 1),
        ("pindah", "5"): ("33.08", "Luar kabupaten", 1, 1),
        ("datang", "3"): ("35.15.13", "Taman", 3, 1),
        ("datang", "4"): ("35.78", "Luar kabupaten", 1, 1),
        ("datang", "5"): ("-", "Luar kabupaten", 2, 2),
    }
    assert {(r["arah"], r["periode"], r["kode_kecamatan"]) for r in found} == {
        ("pindah", "2025-03", "35.15.08"),
        ("datang", "2025-04", "35.15.08"),
    }
    gone = "surat pindah atau kedatangannya tidak ada di gudang (ditolak atau dihapus)"
    assert reasons(answer, "perpindahan", rows) == {
        ("siak__pindah_detail", "dihitung"): 6,
        ("siak__pindah_detail", gone): 1,
        ("siak__datang_detail", "dihitung"): 6,
    }
