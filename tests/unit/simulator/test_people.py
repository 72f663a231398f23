"""Families as arrays: true NIKs, believable ages, kin that fit, registrations that come after births."""

import re

import numpy as np
import pytest

from simulator.chance import DAY, EPOCH, chance, days, ymd
from simulator.people import NEVER, PER_FAMILY, active_on, generate
from simulator.places import districts

TODAY = days(EPOCH)
NIK = re.compile(r"^\d{6}(0[1-9]|[12]\d|3[01]|4[1-9]|[56]\d|7[01])(0[1-9]|1[0-2])\d{2}(?!0000)\d{4}$")


@pytest.fixture(scope="module")
def town():
    district = districts()[7]
    return district, *generate(chance(11, "keluarga"), district, 3000, TODAY)


def test_same_seed_same_people():
    district = districts()[2]
    one = generate(chance(5, "x"), district, 50, TODAY)[1]
    two = generate(chance(5, "x"), district, 50, TODAY)[1]
    other = generate(chance(6, "x"), district, 50, TODAY)[1]
    assert np.array_equal(one.nik, two.nik)
    assert not np.array_equal(one.nik[:50], other.nik[:50])


def test_niks_have_the_true_form_the_synthetic_mark_and_are_unique(town):
    _, families, people = town
    texts = [str(n) for n in people.nik]
    assert all(NIK.match(t) for t in texts)
    assert all(t[12] == "9" for t in texts)
    assert len(set(texts)) == len(texts)
    assert len(set(families.no_kk.tolist())) == len(families.no_kk)


def test_nik_tells_birth_and_sex(town):
    _, _, people = town
    year, month, day = ymd(people.birth_day)
    for nik, y, m, d, woman in zip(people.nik.tolist(), year, month, day, people.female, strict=True):
        assert str(nik)[6:12] == f"{d + (40 if woman else 0):02d}{m:02d}{y % 100:02d}"


def test_ages_form_the_pyramid_of_a_regency(town):
    _, families, people = town
    alive = active_on(families, people, TODAY - 1)
    age = (TODAY - people.birth_day[alive]) / 365.25
    assert 0.20 < (age < 15).mean() < 0.30
    assert 0.62 < ((age >= 15) & (age < 65)).mean() < 0.76
    assert 0.04 < (age >= 65).mean() < 0.12
    assert 0.47 < people.female[alive].mean() < 0.53
    assert abs(alive.sum() / len(families.village) - PER_FAMILY) < 0.2


def test_mothers_are_women_of_child_bearing_age(town):
    _, _, people = town
    child = np.flatnonzero(people.mother >= 0)
    mother = people.mother[child]
    assert people.female[mother].all()
    assert np.array_equal(people.family[child], people.family[mother])
    gap = (people.birth_day[child] - people.birth_day[mother]) / 365.25
    assert gap.min() > 15
    assert gap.max() < 46


def test_every_family_has_one_head_and_nobody_is_registered_before_birth_or_after_today(town):
    _, families, people = town
    heads = people.family[people.shdk == 1]
    assert np.array_equal(heads, np.arange(len(families.village)))
    assert (people.entry // DAY >= people.birth_day).all()
    assert (people.entry < TODAY * DAY).all()
    dead = people.death_day < NEVER
    assert dead.any()
    assert (people.death_report[dead] >= people.death_day[dead]).all()
    assert (people.entry[dead] // DAY < people.death_day[dead]).all()


def test_some_were_first_registered_elsewhere(town):
    district, _, people = town
    foreign = people.prefix // 100 != 3515
    neighbour = (people.prefix // 100 == 3515) & (people.prefix != 351500 + district.no_kec)
    assert 0.03 < foreign.mean() < 0.25
    assert 0.03 < neighbour.mean() < 0.25


def test_history_of_closed_villages_ends_before_2022():
    district = districts()[3]
    families, people = generate(chance(3, "k"), district, 20, TODAY, historic=15)
    old = people.family >= 20
    assert old.any()
    assert (families.left_day[20:] < days(EPOCH.replace(year=2022, month=1, day=1))).all()
    assert (people.entry[old] // DAY < families.left_day[people.family[old]]).all()
    assert not active_on(families, people, TODAY - 1)[old].any()
    assert (families.village[20:] >= len(district.villages)).all()
