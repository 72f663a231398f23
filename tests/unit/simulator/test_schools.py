"""Schools, their pupils' grades and their teachers: what the simulated Dapodik is made of."""

import re
from collections import Counter
from datetime import date, datetime

import pytest

from simulator.chance import chance
from simulator.places import districts
from simulator.pupils import grade_of, next_nisn, pupil, school_year
from simulator.schools import CIVIL_SERVANTS, form_for, forms, founded, teachers

NOW = datetime(2026, 1, 5, 6)
NIP = re.compile(r"^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(19|20)\d{2}(0[1-9]|1[0-2]|21)[12]\d{3}$")


@pytest.mark.parametrize("scale", [0.001, 0.0286, 1.0])
def test_every_kecamatan_has_every_form_and_every_school_a_number_of_its_own(scale):
    schools = founded(chance(1, "sekolah"), scale)
    at = Counter((school.no_kec, school.form.code) for school in schools)
    assert set(at) == {(area.no_kec, form.code) for area in districts() for form in forms()}
    assert len({school.npsn for school in schools}) == len(schools) == len({school.name for school in schools})
    assert all(re.fullmatch(r"99\d{6}", school.npsn) for school in schools)
    villages = {f"35.15.{a.no_kec:02d}.{v.no_kel:04d}" for a in districts() for v in a.villages}
    assert all(school.village_code in villages and len(school.name) <= 80 for school in schools)
    assert all(-7.7 < school.place[0] < -7.2 and 112.4 < school.place[1] < 112.95 for school in schools)


def test_a_whole_regency_has_the_schools_of_one():
    number = Counter(school.form.code for school in founded(chance(1, "sekolah"), 1.0))
    assert {form.code: pytest.approx(form.number, abs=9) for form in forms()} == number


@pytest.mark.parametrize(
    ("born", "wanted"),
    [
        (date(2019, 7, 2), 0),
        (date(2019, 7, 1), 1),
        (date(2018, 7, 2), 1),
        (date(2008, 3, 1), 12),
        (date(2007, 7, 1), 13),
    ],
)
def test_the_first_grade_begins_at_six(born, wanted):
    assert grade_of(born, date(2025, 7, 1)) == wanted


@pytest.mark.parametrize(
    ("today", "wanted"),
    [(date(2026, 1, 5), 2025), (date(2026, 7, 12), 2025), (date(2026, 7, 13), 2026), (date(2026, 12, 31), 2026)],
)
def test_a_school_year_begins_on_its_monday_in_july(today, wanted):
    assert school_year(today) == date(wanted, 7, 1)


def test_a_pupil_sits_in_a_form_that_has_its_grade():
    rng = chance(1, "siswa")
    schools = {(1, form.code): [(f"9900000{n}", 1.0)] for n, form in enumerate(forms())}
    names = {npsn: form for form, ((npsn, _),) in zip(forms(), schools.values(), strict=True)}
    child = {"nik": "x", "nama_lgkp": "ANISA PUTRI", "tgl_lhr": date(2014, 3, 25), "jenis_klmin": 2, "no_kec": 1}
    for grade in range(1, 13):
        form = form_for(rng, grade)
        assert form.first <= grade <= form.last
        row = pupil(rng, schools, child, grade, "0149900001")
        assert names[row["npsn"]].first <= row["tingkat"] <= names[row["npsn"]].last
        assert row["nama"].upper() == child["nama_lgkp"] and row["jenis_kelamin"] == "P"


def test_a_nisn_holds_the_year_of_birth_and_is_given_once():
    serials = Counter({"014": 7})
    assert [next_nisn(serials, date(2014, 3, 25)) for _ in range(2)] == ["0149900008", "0149900009"]
    assert next_nisn(serials, date(1999, 3, 25)) == "9999900001"


def test_teachers_follow_the_pupils_and_civil_servants_have_a_nip():
    school = founded(chance(1, "sekolah"), 0.001)[0]
    staff = teachers(chance(2, "guru"), school, 340, 11, NOW)
    assert len(staff) == 20 and [row["nuptk"] for row in staff[:2]] == ["9900000000000011", "9900000000000012"]
    assert sum(row["jenis_ptk"] == "Kepala Sekolah" for row in staff) == 1
    for row in staff:
        assert (row["nip"] is not None) == (row["status_kepegawaian"] in CIVIL_SERVANTS)
        assert row["nip"] is None or (
            NIP.match(row["nip"]) and (row["nip"][14] == "2") == (row["jenis_kelamin"] == "P")
        )
    assert len(teachers(chance(2, "guru"), school, 0, 1, NOW)) == 2
