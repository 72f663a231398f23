"""The SQL of the marts about schools on the real engine, over a few rows of which the answer is known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.integration.test_mart_sql import Answer, answer, declared  # noqa: F401
from tests.integration.test_mart_sql_maps import broken

SCHOOLS = [
    {"npsn": "99000001", "_kode_kecamatan": "35.15.08", "bentuk_pendidikan": "SD", "status": "NEGERI"}
    | {"bentuk_pendidikan_label": "SEKOLAH DASAR", "jumlah_rombel": 6},
    {"npsn": "99000002", "_kode_kecamatan": "35.15.13", "bentuk_pendidikan": "MTs", "status": "SWASTA"}
    | {"bentuk_pendidikan_label": "MADRASAH TSANAWIYAH", "jumlah_rombel": 3},
]
PUPIL = {"nisn": "1", "nik": "a", "npsn": "99000001", "tingkat": 6, "jenis_kelamin": "L", "status": "AKTIF"}
PUPIL |= {"jenis_kelamin_label": "LAKI-LAKI"}
CHILD = {"nik": "a", "flag_status": "0", "_kode_kecamatan": "35.15.08", "jenis_klmin": 1, "tgl_lhr": date(2014, 5, 1)}


def reasons(answer: Answer, mart: str, rows: Any) -> dict[tuple[str, str], int]:  # noqa: F811
    return {(r["sumber"], r["alasan"]): r["jumlah"] for r in answer(mart, rows, file="identity.sql")}


def test_pupils_are_counted_at_their_school_and_the_others_have_a_reason(answer: Answer) -> None:  # noqa: F811
    pupils = [
        PUPIL,
        {**PUPIL, "nisn": "2", "npsn": "99000002", "tingkat": 7},
        {**PUPIL, "nisn": "3", "status": "PUTUS SEKOLAH"},
        {**PUPIL, "nisn": "4", "npsn": "97000000"},
        {**PUPIL, "nisn": "5", "_dihapus_batch": "b"},
    ]
    rows = {"dapodik__siswa": pupils, "dapodik__sekolah": SCHOOLS}
    found = answer("peserta_didik", rows)
    shown = ("kode_kecamatan", "bentuk_pendidikan", "jenjang", "tingkat", "jumlah_siswa")
    assert sorted(tuple(r[name] for name in shown) for r in found) == [
        ("35.15.08", "SD", "1", 6, 1),
        ("35.15.13", "MTs", "2", 7, 1),
    ]
    assert {(r["tahun_ajaran"], r["tahun"], r["tanggal_acuan"]) for r in found} == {
        ("2025/2026", 2025, date(2026, 1, 5))
    }
    assert reasons(answer, "peserta_didik", rows) == {
        ("dapodik__siswa", "dihitung"): 2,
        ("dapodik__siswa", "bukan siswa aktif (lulus, pindah, putus sekolah)"): 1,
        ("dapodik__siswa", "sekolahnya tidak ada di data terpadu (belum diterima atau ditolak)"): 1,
    }


@pytest.mark.parametrize(
    ("born", "wanted"),
    [
        (date(2019, 1, 6), None),
        (date(2019, 1, 5), "07-12"),
        (date(2013, 1, 6), "07-12"),
        (date(2013, 1, 5), "13-15"),
        (date(2010, 1, 6), "13-15"),
        (date(2010, 1, 5), None),
    ],
    ids=["six", "seven-today", "last-day-of-twelve", "thirteen-today", "last-day-of-fifteen", "sixteen-today"],
)
def test_a_childs_age_is_that_of_the_day_of_the_data(answer: Answer, born: date, wanted: str | None) -> None:  # noqa: F811
    rows = {"siak__biodata_wni": [{**CHILD, "tgl_lhr": born}], "dapodik__siswa": []}
    assert [r["kelompok_umur"] for r in answer("anak_tidak_sekolah", rows)] == ([wanted] if wanted else [])
    reason = "dihitung" if wanted else "umur di luar 7 sampai 15 tahun"
    assert reasons(answer, "anak_tidak_sekolah", rows) == {("siak__biodata_wni", reason): 1}


def test_a_child_is_at_school_when_an_active_pupil_bears_its_nik(answer: Answer) -> None:  # noqa: F811
    children = [{**CHILD, "nik": nik} for nik in "abcd"]
    children += [{**CHILD, "nik": "e", "flag_status": "2"}, {**CHILD, "nik": "f", "_dihapus_batch": "x"}]
    pupils = [
        PUPIL,
        {**PUPIL, "nisn": "2"},  # one NIK under two NISNs is one child
        {**PUPIL, "nisn": "3", "nik": "b", "status": "PUTUS SEKOLAH"},
        {**PUPIL, "nisn": "4", "nik": "c", "_dihapus_batch": "b"},
        {**PUPIL, "nisn": "5", "nik": "z"},
        {**PUPIL, "nisn": "6", "nik": "e"},
    ]
    rows = {"siak__biodata_wni": children, "dapodik__siswa": pupils}
    (found,) = answer("anak_tidak_sekolah", rows)
    assert (found["jumlah_anak"], found["jumlah_bersekolah"], found["jumlah_tidak_bersekolah"]) == (4, 1, 3)
    assert reasons(answer, "anak_tidak_sekolah", rows) == {
        ("siak__biodata_wni", "dihitung"): 4,
        ("siak__biodata_wni", "bukan penduduk aktif (FLAG_STATUS bukan 0)"): 1,
        ("dapodik__siswa", "siswa: menandai anak yang dihitung sebagai bersekolah"): 2,
        ("dapodik__siswa", "siswa: bukan siswa aktif"): 1,
        ("dapodik__siswa", "siswa: NIK-nya tidak ada di SIAK kabupaten ini"): 1,
        ("dapodik__siswa", "siswa: anaknya tidak dihitung (umur, pindah, atau meninggal)"): 1,
    }


def test_schools_carry_their_pupils_and_teachers(answer: Answer) -> None:  # noqa: F811
    staff = [
        {"nuptk": str(n), "npsn": npsn, "status_kepegawaian": status}
        for n, (npsn, status) in enumerate(
            [("99000001", "PNS"), ("99000001", "Guru Honor Sekolah"), ("99000002", "GTY/PTY"), ("97000000", "PPPK")]
        )
    ]
    rows = {"dapodik__sekolah": SCHOOLS, "dapodik__siswa": [PUPIL, {**PUPIL, "nisn": "2"}], "dapodik__guru": staff}
    found = answer("satuan_pendidikan", rows)
    numbers = ("jumlah_sekolah", "jumlah_rombel", "jumlah_siswa", "jumlah_pendidik", "jumlah_pendidik_asn")
    assert {r["bentuk_pendidikan"]: tuple(r[n] for n in numbers) for r in found} == {
        "SD": (1, 6, 2, 2, 1),
        "MTs": (1, 3, 0, 1, 0),
    }
    assert reasons(answer, "satuan_pendidikan", rows) == {
        ("dapodik__sekolah", "dihitung"): 2,
        ("dapodik__siswa", "siswa: terhitung pada sekolahnya"): 2,
        ("dapodik__guru", "guru: terhitung pada sekolahnya"): 3,
        ("dapodik__guru", "guru: sekolahnya tidak dihitung"): 1,
    }


PUPILS = {"dapodik__sekolah": SCHOOLS, "dapodik__siswa": [PUPIL, {**PUPIL, "nisn": "2"}, {**PUPIL, "nisn": "3"}]}
PUPILS["dapodik__siswa"] += [{**PUPIL, "nisn": "4", "tingkat": 5}, {**PUPIL, "nisn": "5", "status": "LULUS"}]
CHILDREN = {
    "siak__biodata_wni": [
        {**CHILD, "nik": nik, "tgl_lhr": born}
        for nik, born in {
            "a": date(2019, 1, 5),
            "b": date(2013, 1, 6),
            "c": date(2013, 1, 5),
            "d": date(2010, 1, 6),
            "e": date(2010, 1, 5),
            "f": date(2019, 1, 6),
        }.items()
    ],
    "dapodik__siswa": [PUPIL, *({**PUPIL, "nisn": nik, "nik": nik} for nik in "aegh")],
}
CHILDREN["siak__biodata_wni"] += [{**CHILD, "nik": "g", "jenis_klmin": 9}, {**CHILD, "nik": "h", "flag_status": "2"}]


@pytest.mark.parametrize(
    ("mart", "rows"),
    [("anak_tidak_sekolah", CHILDREN), ("peserta_didik", PUPILS), ("satuan_pendidikan", PUPILS)],
)
@pytest.mark.parametrize(
    ("day", "change", "refused"),
    [
        (datetime(2026, 1, 5, 6, tzinfo=UTC), {}, 0),
        (datetime(2026, 6, 30, 16, 59, tzinfo=UTC), {}, 0),
        (datetime(2026, 6, 30, 17, tzinfo=UTC), {}, 0),
        (datetime(2026, 6, 30, 17, tzinfo=UTC), {"tahun": 2025, "tahun_ajaran": "2025/2026"}, 1),
        (datetime(2026, 1, 5, 6, tzinfo=UTC), {"tahun": 2026, "tahun_ajaran": "2026/2027"}, 1),
        (datetime(2026, 1, 5, 6, tzinfo=UTC), {"tahun_ajaran": "2024/2025"}, 1),
        (datetime(2026, 1, 5, 6, tzinfo=UTC), {"tanggal_acuan": date(2026, 1, 4)}, 1),
    ],
    ids=["as-it-is", "last-of-june", "first-of-july", "the-year-before", "the-year-after", "another-name", "yesterday"],
)
def test_a_mart_of_another_day_or_school_year_is_refused(
    answer: Answer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    mart: str,
    rows: Any,
    day: datetime,
    change: dict[str, Any],
    refused: int,
) -> None:
    monkeypatch.setattr("tests.integration.test_mart_sql.MOMENT", day)
    first, *_ = answer(mart, rows)
    assert broken(answer, mart, "keadaan-tanggal-data", rows, [{**first, **change}]) == refused


@pytest.mark.parametrize(
    ("change", "wrong_children", "wrong_pupils"),
    [
        ({}, 0, 0),
        ({"jumlah_anak": 3, "jumlah_tidak_bersekolah": 2}, 1, 0),
        ({"jumlah_bersekolah": 2, "jumlah_tidak_bersekolah": 0}, 0, 1),
        ({"jumlah_tidak_bersekolah": 2}, 0, 1),
        ({"kelompok_umur": "13-15"}, 2, 0),
        ({"kode_kecamatan": "35.15.13"}, 2, 2),
    ],
    ids=["as-it-is", "one-more", "all-at-school", "not-their-sum", "another-age", "another-kecamatan"],
)
def test_a_mart_of_other_children_is_refused(
    answer: Answer,  # noqa: F811
    change: dict[str, Any],
    wrong_children: int,
    wrong_pupils: int,
) -> None:
    younger, older = sorted(answer("anak_tidak_sekolah", CHILDREN), key=lambda row: str(row["kelompok_umur"]))
    assert (younger["jumlah_anak"], older["jumlah_anak"], younger["jumlah_bersekolah"]) == (2, 2, 1)
    changed = [{**younger, **change}, older]
    assert broken(answer, "anak_tidak_sekolah", "anak-sesuai-siak", CHILDREN, changed) == wrong_children
    assert broken(answer, "anak_tidak_sekolah", "bersekolah-sesuai-dapodik", CHILDREN, changed) == wrong_pupils


@pytest.mark.parametrize(
    ("change", "refused"),
    [({}, 0), ({"jumlah_siswa": 4}, 1), ({"tingkat": 4}, 2), ({"kode_kecamatan": "35.15.13"}, 2)],
    ids=["as-it-is", "one-more", "another-grade", "another-kecamatan"],
)
def test_a_mart_of_other_pupils_is_refused(answer: Answer, change: dict[str, Any], refused: int) -> None:  # noqa: F811
    fifth, sixth = sorted(answer("peserta_didik", PUPILS), key=lambda row: int(row["tingkat"]))
    assert (fifth["jumlah_siswa"], sixth["jumlah_siswa"]) == (1, 3)
    changed = [fifth, {**sixth, **change}]
    assert broken(answer, "peserta_didik", "siswa-sesuai-dapodik", PUPILS, changed) == refused
    assert broken(answer, "peserta_didik", "siswa-sesuai-dapodik", PUPILS, changed[1:]) == refused + 1
