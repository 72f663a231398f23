"""Weddings of legal age and in their order with births and deaths; the letters of moves by their places."""

import numpy as np
import pytest

from simulator.chance import EPOCH, chance, days
from simulator.people import NEVER, generate
from simulator.places import districts
from simulator.siak_marriages import DIVORCED, NINETEEN, REFORM, SIXTEEN, marriages
from simulator.siak_moves import classify, elsewhere, in_letter, out_letter
from simulator.siak_rows import siak_rows

TODAY = days(EPOCH)


@pytest.fixture(scope="module")
def town():
    families, people = generate(chance(11, "keluarga"), districts()[7], 2500, TODAY)
    return families, people, marriages(chance(11, "kawin"), families, people, TODAY)


def test_couples_share_a_day_of_legal_age(town):
    _, people, found = town
    wife = np.flatnonzero((people.shdk == 3) & (found.wedding < NEVER))
    husband = found.partner[wife]
    assert len(wife) > 1000
    assert np.array_equal(found.partner[husband], wife)
    assert np.array_equal(found.wedding[husband], found.wedding[wife])
    assert (found.wedding[wife] >= people.birth_day[husband] + NINETEEN).all()
    needed = np.where(found.wedding[wife] >= REFORM, NINETEEN, SIXTEEN)
    assert (found.wedding[wife] >= people.birth_day[wife] + needed).all()
    assert (found.wedding[wife] < np.minimum(people.death_day[wife], people.death_day[husband])).all()
    assert (found.wedding < TODAY)[found.wedding < NEVER].all()


def test_most_first_children_come_after_the_wedding(town):
    _, people, found = town
    child = np.flatnonzero(people.mother >= 0)
    child = child[found.wedding[people.mother[child]] < NEVER]
    assert (people.birth_day[child] > found.wedding[people.mother[child]]).mean() > 0.9


def test_divorces_follow_weddings_and_both_hear_of_them(town):
    _, people, found = town
    apart = np.flatnonzero(people.marital == DIVORCED)
    assert (found.divorce[apart] > found.wedding[apart]).all()
    assert (found.divorce[apart] < people.death_day[apart]).all()
    told = np.flatnonzero(found.told_divorce < NEVER)
    paired = told[found.partner[told] >= 0]
    assert len(told) > len(paired) > 5
    assert np.array_equal(found.told_divorce[paired], found.told_divorce[found.partner[paired]])
    assert not people.female[paired[people.female[found.partner[paired]]]].any()
    recent = np.flatnonzero(found.told_wedding < NEVER)
    _, per_day = np.unique(found.wedding[recent], return_counts=True)
    assert per_day.max() <= 10  # both spouses: no day draws everybody
    yearly = len(recent) / 2 / 2 / len(people.nik)
    assert 0.004 < yearly < 0.012


def test_a_divorced_pair_is_one_act(town):
    families, people, _ = town
    rows = siak_rows(chance(11, "biodata"), districts()[7], families, people, TODAY, {})
    act = rows.events["capil_cerai"].to_pandas()
    known = act.suami_nik.notna() & act.istri_nik.notna()
    assert known.any() and (~known).any()
    assert (act.suami_nik.notna() | act.istri_nik.notna()).all()
    assert act.suami_nik.dropna().is_unique and act.istri_nik.dropna().is_unique


@pytest.mark.parametrize(
    ("origin", "target", "code"),
    [
        ((35, 15, 8, 2001), (35, 15, 8, 2001), 1),
        ((35, 15, 8, 2001), (35, 15, 8, 2002), 2),
        ((35, 15, 8, 2001), (35, 15, 9, 2001), 3),
        ((35, 15, 8, 2001), (35, 78, 8, 2001), 4),
        ((35, 15, 8, 2001), (31, 15, 8, 2001), 5),
    ],
)
def test_the_class_of_a_move_follows_from_its_places(origin, target, code):
    assert classify(origin, target) == code


def test_letters_are_numbered_and_strangers_come_from_outside():
    assert out_letter(20_000, 8, 0, 7) == "SKPWNI/3515/04102024/0800007"
    assert in_letter(20_000, 9, 8, 12) == "SKDWNI/3515/04102024/0908012"
    places = [elsewhere(chance(seed, "asal")) for seed in range(40)]
    assert all((prop, kab) != (35, 15) for prop, kab, _, _ in places)
    assert {prop for prop, *_ in places} > {35}
