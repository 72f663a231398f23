"""The SQL of the marts about health on the real engine, over a few rows of which the answer is known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_mart_sql import Answer, answer, declared  # noqa: F401
from tests.integration.test_mart_sql_maps import broken, reasons

VISIT = {"no_kunjungan": "1", "jenis_kelamin": "L", "tanggal_lahir": date(2020, 6, 15), "icd10": "J06.9"}
VISIT |= {"waktu": datetime(2025, 6, 20, 2, tzinfo=UTC)}
BEDS = [{"kelas": "II", "jumlah": 10}, {"kelas": "III", "jumlah": 5}, {"kelas": "ICU", "jumlah": 0}]
REPORT = {"tanggal": date(2025, 6, 30), "kecamatan": "Sidoarjo", "_kode_kecamatan": "35.15.08", "suspek": 5}
REPORT |= {"konfirmasi": 3, "sembuh": 2, "meninggal": 1, "_loaded_at": datetime(2025, 7, 1, tzinfo=UTC)}


def at(month: int, day: int, hour: int = 3, year: int = 2026, minute: int = 0) -> datetime:
    """A moment by UTC; the day in Sidoarjo begins at 17:00 of the day before."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "month", "ages"),
    [
        (at(6, 14, 16, 2025, 59), "2025-06", "00-04"),
        (at(6, 14, 17, 2025), "2025-06", "05-09"),
        (at(6, 14, 17, 2095), "2095-06", "75+"),
        (at(5, 31, 16, 2025, 59), "2025-05", "00-04"),
        (at(5, 31, 17, 2025), "2025-06", "00-04"),
    ],
    ids=["last-minute-of-four", "fifth-birthday", "seventy-fifth-birthday", "last-minute-of-may", "june-begins"],
)
def test_a_visit_has_the_month_and_the_age_of_its_day_in_the_regency(
    answer: Answer,  # noqa: F811
    moment: datetime,
    month: str,
    ages: str,
) -> None:
    (found,) = answer("kunjungan_rs", {"simrs__kunjungan_pasien": [{**VISIT, "waktu": moment}]})
    assert (found["bulan"], found["kelompok_umur"], found["jumlah_kunjungan"]) == (month, ages, 1)


@pytest.mark.parametrize(
    ("diagnosis", "chapter"),
    [("B99", "I"), ("C00.1", "II"), ("D48", "II"), ("D50", "III"), ("U07.1", "XXII"), (None, "-"), ("D49", "?")],
)
def test_a_visit_lies_in_the_chapter_of_its_diagnosis(
    answer: Answer,  # noqa: F811
    diagnosis: str | None,
    chapter: str,
) -> None:
    rows = {"simrs__kunjungan_pasien": [{**VISIT, "icd10": diagnosis}]}
    found = answer("kunjungan_rs", rows)
    assert [row["bab_penyakit"] for row in found] == [chapter]
    assert (found[0]["bab_penyakit_label"] == "Tanpa diagnosis") == (diagnosis is None)
    assert broken(answer, "kunjungan_rs", "kunjungan-sesuai-sumber", rows, found) == 0


VISITS = {
    "simrs__kunjungan_pasien": [
        VISIT,
        {**VISIT, "no_kunjungan": "2"},
        {**VISIT, "no_kunjungan": "3", "jenis_kelamin": "P", "icd10": None},
        {**VISIT, "no_kunjungan": "4", "tanggal_lahir": None},
        {**VISIT, "no_kunjungan": "5", "jenis_kelamin": None},
        {**VISIT, "no_kunjungan": "6", "jenis_kelamin": "X"},
        {**VISIT, "no_kunjungan": "7", "_dihapus_batch": "b"},
    ]
}


def test_visits_are_counted_and_the_others_have_a_reason(answer: Answer) -> None:  # noqa: F811
    found = answer("kunjungan_rs", VISITS)
    assert sorted((r["jenis_kelamin"], r["bab_penyakit"], r["jumlah_kunjungan"]) for r in found) == [
        ("L", "X", 2),
        ("P", "-", 1),
    ]
    assert reasons(answer, "kunjungan_rs", VISITS) == {
        ("simrs__kunjungan_pasien", "dihitung"): 3,
        ("simrs__kunjungan_pasien", "tanggal lahir kosong"): 1,
        ("simrs__kunjungan_pasien", "jenis kelamin kosong atau bukan L/P"): 2,
    }


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, 0),
        ({"jumlah_kunjungan": 3}, 1),
        ({"bab_penyakit": "-"}, 1),
        ({"kelompok_umur": "00-04"}, 2),
        ({"bulan": "2025-07"}, 2),
    ],
    ids=["as-it-is", "one-more", "diagnosis-lost", "another-age", "another-month"],
)
def test_a_mart_of_other_visits_is_refused(answer: Answer, change: dict[str, Any], refused: int) -> None:  # noqa: F811
    found = sorted(answer("kunjungan_rs", VISITS), key=lambda row: str(row["jenis_kelamin"]))
    changed = [{**found[0], **change}, *found[1:]]
    assert broken(answer, "kunjungan_rs", "kunjungan-sesuai-sumber", VISITS, changed) == refused


STAYS = {
    "simrs__tempat_tidur": BEDS,
    "simrs__rawat_inap": [
        {"kelas": "II", "masuk": at(12, 30, year=2025), "keluar": at(1, 2)},  # two nights in December, one in January
        {"kelas": "II", "masuk": at(12, 10, 1, 2025), "keluar": at(12, 10, 9, 2025)},  # came and left: one day
        {"kelas": "II", "masuk": at(1, 3)},  # still in: two nights until 5 January
        {"kelas": "II", "masuk": at(12, 31, 17, 2025), "keluar": at(1, 1, 20)},  # 1 to 2 January in the regency
        {"kelas": "II", "masuk": at(1, 5, 17)},  # tomorrow
        {"kelas": "VIP", "masuk": at(1, 3)},
        {"kelas": "II", "masuk": at(1, 3), "_dihapus_batch": "b"},
    ],
}
USE = ("bulan", "kelas", "jumlah_hari", "pasien_masuk", "pasien_keluar", "hari_perawatan", "bor", "los", "toi")


def test_the_use_of_beds_is_that_of_the_ministry(answer: Answer) -> None:  # noqa: F811
    """BOR: days of care per bed and day; LOS: stay of those who left; TOI: free bed days for each of them."""
    found = answer("rawat_inap_bulanan", STAYS)
    two = Decimal("0.01")
    assert sorted(tuple(row[name] for name in USE) for row in found if row["kelas"] == "II") == [
        ("2025-12", "II", 31, 2, 1, 3, (Decimal(300) / 310).quantize(two), Decimal("1.00"), Decimal("307.00")),
        ("2026-01", "II", 4, 2, 2, 4, Decimal("10.00"), Decimal("2.00"), Decimal("18.00")),
    ]
    assert sorted(tuple(row[name] for name in USE) for row in found if row["kelas"] != "II") == [
        ("2025-12", "ICU", 31, 0, 0, 0, None, None, None),
        ("2025-12", "III", 31, 0, 0, 0, Decimal("0.00"), None, None),
        ("2026-01", "ICU", 4, 0, 0, 0, None, None, None),
        ("2026-01", "III", 4, 0, 0, 0, Decimal("0.00"), None, None),
    ]
    assert reasons(answer, "rawat_inap_bulanan", STAYS) == {
        ("simrs__rawat_inap", "dihitung"): 4,
        ("simrs__rawat_inap", "kelas tidak dikenal"): 1,
        ("simrs__rawat_inap", "masuk sesudah tanggal data"): 1,
    }
    public = answer(
        "rawat_inap_bulanan", {"mart.rawat_inap_bulanan": found}, file="publikasi_pemakaian_tempat_tidur.sql"
    )
    assert sorted((r["periode"], r["tempat_tidur"], r["bor"], r["status_nilai"]) for r in public) == [
        ("2025-12", 15, Decimal("0.65"), "final"),  # 3 of 15 x 31
        ("2026-01", 15, Decimal("6.67"), "sementara"),  # 4 of 15 x 4
    ]


@pytest.mark.parametrize(
    ("moment", "month", "days", "care"),
    [
        (at(12, 31, 16, 2025, 59), "2025-12", 30, 1),
        (at(12, 31, 17, 2025), "2025-12", 31, 2),
        (at(12, 31, 17, 2025), "2026-01", 1, 0),
        (at(1, 2), "2026-01", 1, 1),
    ],
    ids=["last-day", "month-is-over", "first-day", "second-day"],
)
def test_the_last_month_has_the_days_that_have_passed(
    answer: Answer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    moment: datetime,
    month: str,
    days: int,
    care: int,
) -> None:
    monkeypatch.setattr("tests.integration.test_mart_sql.MOMENT", moment)
    stays = {"simrs__tempat_tidur": BEDS[:1], "simrs__rawat_inap": [{"kelas": "II", "masuk": at(12, 30, year=2025)}]}
    stays["simrs__rawat_inap"][0]["keluar"] = at(1, 9)  # written ahead: until then in bed
    found = answer("rawat_inap_bulanan", stays)
    (row,) = (row for row in found if row["bulan"] == month)
    assert (row["jumlah_hari"], row["hari_perawatan"], row["pasien_keluar"]) == (days, care, 0)
    assert broken(answer, "rawat_inap_bulanan", "hari-sesuai-rawat", stays, found) == 0


@pytest.mark.parametrize(
    ("change", "refused"),
    [({}, 0), ({"hari_perawatan": 5}, 1), ({"pasien_keluar": 3}, 1), ({"kelas": "III"}, 2)],
    ids=["as-it-is", "a-night-twice", "left-twice", "another-class"],
)
def test_a_mart_of_other_nights_is_refused(answer: Answer, change: dict[str, Any], refused: int) -> None:  # noqa: F811
    found = answer("rawat_inap_bulanan", STAYS)
    changed = [
        {**row, **change} if (row["bulan"], row["kelas"]) == ("2026-01", "II") else row
        for row in found
        if row["kelas"] != "III"
    ]
    assert broken(answer, "rawat_inap_bulanan", "hari-sesuai-rawat", STAYS, changed) == refused


CASES = {
    "covid__kasus_harian": [
        REPORT,
        {**REPORT, "tanggal": date(2025, 6, 1), "suspek": None, "sembuh": None, "meninggal": None},
        {**REPORT, "tanggal": date(2025, 7, 1), "konfirmasi": 7},
        {**REPORT, "kecamatan": "Kec. Sidoarjo", "konfirmasi": 4, "_loaded_at": datetime(2025, 7, 2, tzinfo=UTC)},
        {**REPORT, "_kode_kecamatan": None},
        {**REPORT, "_dihapus_batch": "b"},
    ]
}


def test_cases_are_counted_by_month_and_a_kecamatan_reports_once_a_day(answer: Answer) -> None:  # noqa: F811
    found = answer("covid_bulanan", CASES)
    shown = ("bulan", "nama_kecamatan", "jumlah_laporan", "suspek", "konfirmasi", "sembuh", "meninggal")
    assert sorted(tuple(row[name] for name in shown) for row in found) == [
        ("2025-06", "Sidoarjo", 2, 5, 7, 2, 1),
        ("2025-07", "Sidoarjo", 1, 5, 7, 2, 1),
    ]
    assert reasons(answer, "covid_bulanan", CASES) == {
        ("covid__kasus_harian", "dihitung"): 3,
        ("covid__kasus_harian", "ejaan lain dari kecamatan yang sama"): 1,
        ("covid__kasus_harian", "kecamatan tidak dikenal"): 1,
    }


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, 0),
        ({"jumlah_laporan": 3}, 1),
        ({"konfirmasi": 8}, 1),
        ({"konfirmasi": 5}, 1),
        ({"kode_kecamatan": "35.15.13"}, 1),
    ],
    ids=["as-it-is", "a-day-twice", "more-cases", "fewer-cases", "another-kecamatan"],
)
def test_a_mart_of_other_reports_is_refused(answer: Answer, change: dict[str, Any], refused: int) -> None:  # noqa: F811
    june, july = sorted(answer("covid_bulanan", CASES), key=lambda row: str(row["bulan"]))
    assert broken(answer, "covid_bulanan", "satu-laporan-sehari", CASES, [{**june, **change}, july]) == refused
