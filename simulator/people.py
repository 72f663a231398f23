"""Families of one kecamatan as arrays: who lives together, how old, since when, and who died or left.

Ages follow from the families (head, spouse, children by the mother's age, an old parent), which gives the pyramid of
a regency of young workers. Everything is drawn for the whole kecamatan at once.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.chance import DAY, office_time, rank_within, ymd
from simulator.places import ORIGINS, District, closed_villages

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
NEVER = 10**8
"""A day (or second) that never comes."""

ACTIVE, MOVED, HISTORIC = 0, 1, 2


@dataclass
class Families:
    """One row per family; days since 1970, `village` indexes `places`."""

    village: Ints
    previous_village: Ints
    moved_day: Ints
    since_day: Ints
    arrived: Bools
    state: Ints
    left_day: Ints
    religion: Ints
    no_kk: Ints


@dataclass
class People:
    """One row per person, families together, head first. -1 in an index = none, NEVER in a day = not yet."""

    family: Ints
    shdk: Ints
    female: Bools
    birth_day: Ints
    marital: Ints
    mother: Ints
    father: Ints
    entry: Ints
    birth_report: Ints
    death_day: Ints
    death_report: Ints
    prefix: Ints
    nik: Ints

    def take(self, keep: Ints) -> People:
        """The people at `keep` (ascending), indexes to parents remapped."""
        where = np.full(len(self.family) + 1, -1, dtype=np.int64)
        where[keep] = np.arange(len(keep))
        values = {f.name: getattr(self, f.name)[keep] for f in fields(self)}
        values["mother"] = where[values["mother"]]
        values["father"] = where[values["father"]]
        return People(**values)


PER_FAMILY = 3.26
"""Residents per family that the rules below give; only used to choose how many families to draw."""


def _household(rng: np.random.Generator, families: int) -> dict[str, Any]:
    """Family index, SHDK, sex, age in days, marital state and index of mother and father, families together."""
    head_age = 20.5 + 64 * rng.beta(1.75, 2.7, families)
    couple_share = np.select([head_age < 26, head_age < 60, head_age < 70], [0.55, 0.88, 0.70], 0.46)
    couple = rng.random(families) < couple_share
    female_head = ~couple & (rng.random(families) < np.where(head_age < 30, 0.4, 0.72))
    spouse_age = head_age - rng.normal(3.4, 3.4, families)
    spouse_age = np.where(spouse_age < 20.2, 20.2 + 3 * rng.random(families), spouse_age)  # of legal age to marry
    never_married = ~couple & (head_age < 32)
    mother_age = np.where(couple, spouse_age, np.where(female_head, head_age, head_age - 4))
    ids = np.arange(families)
    parts: list[tuple[Ints, Ints, Bools, NDArray[np.float64], Ints]] = []
    single_state = np.where(never_married, 1, np.where(rng.random(families) < np.clip(head_age / 90, 0.2, 0.95), 4, 3))
    parts.append((ids, np.ones(families, np.int64), female_head, head_age, np.where(couple, 2, single_state)))
    with_spouse = ids[couple]
    parts.append(
        (
            with_spouse,
            np.full(len(with_spouse), 3),
            np.ones(len(with_spouse), bool),
            spouse_age[couple],
            np.full(len(with_spouse), 2),
        )
    )
    children = np.where(never_married, 0, rng.poisson(2.25, families).clip(0, 7))
    owner = np.repeat(ids, children)
    age = mother_age[owner] - np.clip(rng.normal(27.0, 5.2, len(owner)), 17, 44)
    age = np.minimum(age, head_age[owner] - 17)
    stays = np.interp(age, [0, 17, 20, 24, 28, 34, 40], [1, 0.98, 0.88, 0.66, 0.38, 0.12, 0.03])
    keep = (age >= 0.01) & (rng.random(len(owner)) < stays)
    owner, age = owner[keep], age[keep]
    parts.append((owner, np.full(len(owner), 4), rng.random(len(owner)) < 0.488, age, np.ones(len(owner), np.int64)))
    elder = ids[(head_age < 58) & (rng.random(families) < 0.15)]
    elder_age = np.clip(head_age[elder] + rng.normal(27, 4, len(elder)), 45, 97)
    parts.append(
        (
            elder,
            np.where(couple[elder] & (rng.random(len(elder)) < 0.4), 8, 7),
            rng.random(len(elder)) < 0.66,
            elder_age,
            np.where(rng.random(len(elder)) < 0.8, 4, 3),
        )
    )
    grandchild = ids[(head_age > 50) & (rng.random(families) < 0.09)]
    parts.append(
        (
            grandchild,
            np.full(len(grandchild), 6),
            rng.random(len(grandchild)) < 0.488,
            rng.random(len(grandchild)) * 13 + 0.01,
            np.ones(len(grandchild), np.int64),
        )
    )
    other = ids[rng.random(families) < 0.035]
    parts.append(
        (
            other,
            np.full(len(other), 9),
            rng.random(len(other)) < 0.5,
            16 + rng.random(len(other)) * 22,
            np.ones(len(other), np.int64),
        )
    )
    family, shdk, female, years, marital = (np.concatenate([p[i] for p in parts]) for i in range(5))
    order = np.lexsort((-years, np.where(shdk > 9, 9, shdk), family))
    family, shdk, female, years, marital = (a[order] for a in (family, shdk, female, years, marital))
    head = np.searchsorted(family, ids)
    spouse = np.full(families, -1)
    spouse[family[shdk == 3]] = np.flatnonzero(shdk == 3)
    is_child = shdk == 4
    head_of, spouse_of = head[family], spouse[family]
    mother = np.where(is_child, np.where(female[head_of], head_of, spouse_of), -1)
    father = np.where(is_child & ~female[head_of], head_of, -1)
    return {
        "family": family,
        "shdk": shdk,
        "female": female,
        "age_days": (years * 365.25).astype(np.int64),
        "marital": marital,
        "mother": mother,
        "father": father,
    }


def annual_risk(age_years: NDArray[np.float64], female: Bools) -> NDArray[np.float64]:
    """Chance to die within a year, by a Gompertz curve with an infant peak."""
    adult = 0.000055 * np.exp(0.0925 * age_years)
    return np.minimum(adult * np.where(female, 0.82, 1.18) + np.where(age_years < 1, 0.009, 0.0), 0.6)


def generate(
    rng: np.random.Generator,
    district: District,
    families: int,
    today: int,
    *,
    arriving: bool = False,
    historic: int = 0,
    serial_base: int = 0,
) -> tuple[Families, People]:
    """Families of `district` as registered on the morning of `today` (days since 1970).

    `arriving`: all arrive today from elsewhere. `historic`: so many more families that left a closed village before
    2022. `serial_base`: the first serial above 9000 used for NIK and KK numbers.
    """
    total = families + historic
    house = _household(rng, total)
    age = house["age_days"]
    birth = today - 1 - age
    family = house["family"]
    state = np.full(total, ACTIVE)
    state[families:] = HISTORIC
    head_birth = birth[np.searchsorted(family, np.arange(total))]
    if not arriving:
        state[:families][(rng.random(families) < 0.009) & (head_birth[:families] < today - 27 * 365)] = MOVED
    village = rng.choice(len(district.villages), total, p=district.village_weights)
    closed = [v for v in closed_villages() if v.no_kec == district.no_kec]
    if historic:
        village[families:] = len(district.villages) + rng.integers(0, len(closed), historic)
    since = rng.integers(_day(2008, 1, 7), _day(2013, 1, 1), total)
    adult = head_birth + int(19.5 * 365.25)
    arrived = (rng.random(total) < 0.17) & (state == ACTIVE)
    since = np.maximum(np.where(arrived, rng.integers(_day(2013, 1, 1), today - 2, total), since), adult)
    since = np.minimum(since, today - 3)
    left = np.where(state == MOVED, rng.integers(today - 3 * 365, today - 2, total), NEVER)
    since = np.where(state == MOVED, np.minimum(since, left - 20), since)
    if historic:
        since[families:] = rng.integers(_day(2006, 1, 2), _day(2010, 1, 1), historic)
        left[families:] = rng.integers(_day(2010, 6, 1), _day(2021, 12, 1), historic)
        # Their heads were grown up then: the whole family is shifted into the past.
        older = np.zeros(total, np.int64)
        older[families:] = np.maximum(0, head_birth[families:] + 25 * 365 - since[families:])
        birth = birth - older[family]
    moved_inside = (rng.random(total) < 0.026) & (state == ACTIVE) & (since < today - 720)
    moved = np.where(moved_inside, rng.integers(today - 700, today - 2, total), NEVER)
    previous = np.where(moved_inside, rng.choice(len(district.villages), total, p=district.village_weights), village)
    if arriving:
        since[:] = today
        arrived[:] = True
        moved[:] = NEVER
        previous = village.copy()
    religion = rng.choice([1, 2, 3, 4, 5, 6, 7], total, p=[0.953, 0.026, 0.011, 0.003, 0.004, 0.001, 0.002])
    everyone = Families(village, previous, moved, since, arrived, state, left, religion, np.zeros(total, np.int64))
    number_families(everyone, district, rng, serial_base)
    people = _registered(rng, house, birth, everyone, today)
    _prefixes(rng, people, everyone, district)
    number_people(people, district, serial_base)
    return everyone, people


def _registered(rng: np.random.Generator, house: dict[str, Any], birth: Ints, f: Families, today: int) -> People:
    """People with their entry times and deaths; those not yet registered (or born after a family left) dropped."""
    family = house["family"]
    n = len(family)
    report = birth + np.minimum(1 + rng.exponential(16, n), 400).astype(np.int64)
    report = np.minimum(report, np.maximum(today - 1, birth))
    start = f.since_day[family]
    born_here = birth >= start
    entry_day = np.where(born_here, report, start)
    keep = (entry_day < np.minimum(f.left_day[family], NEVER)) & (birth <= entry_day)
    if not f.arrived.all():
        keep &= entry_day < today
    keep |= house["shdk"] == 1
    age = (today - birth) / 365.25
    exposed = np.minimum(730, today - entry_day - 3).clip(0)
    dies = (rng.random(n) < annual_risk(age, house["female"]) * exposed / 365.25) & (f.state[family] == ACTIVE)
    death = today - 2 - (rng.random(n) * np.maximum(exposed - 2, 1)).astype(np.int64)
    told = np.minimum(death + 1 + rng.exponential(9, n).astype(np.int64), today - 1)
    dies &= (death > entry_day) & (f.moved_day[family] == NEVER)
    dies = _someone_stays(dies, house, age)
    people = People(
        family=family,
        shdk=house["shdk"].copy(),
        female=house["female"],
        birth_day=birth,
        marital=house["marital"].copy(),
        mother=house["mother"],
        father=house["father"],
        entry=office_time(rng, entry_day),
        birth_report=np.where(born_here, report, NEVER),
        death_day=np.where(dies, death, NEVER),
        death_report=np.where(dies, told, NEVER),
        prefix=np.zeros(n, np.int64),
        nik=np.zeros(n, np.int64),
    )
    return people.take(np.flatnonzero(keep))


def _someone_stays(dies: Bools, house: dict[str, Any], age: NDArray[np.float64]) -> Bools:
    """A head dies only when the spouse or another adult is left, or when nobody else lives there."""
    family = house["family"]
    families = int(family.max()) + 1 if len(family) else 0
    alive_adults = np.bincount(family, weights=(~dies) & (age >= 18), minlength=families)
    members = np.bincount(family, minlength=families)
    stuck = (alive_adults == 0) & (members > 1)
    allowed: Bools = dies & ~stuck[family]
    return allowed


def _day(year: int, month: int, day: int) -> int:
    return int((np.datetime64(f"{year:04d}-{month:02d}-{day:02d}") - np.datetime64("1970-01-01")).astype(int))


def _prefixes(rng: np.random.Generator, people: People, families: Families, district: District) -> None:
    """Region of first registration: own kecamatan for those born here, elsewhere for many who came."""
    n = len(people.nik)
    own = 351500 + district.no_kec
    inside = 351501 + rng.integers(0, 18, n)
    shares = np.array([o[2] for o in ORIGINS], dtype=np.float64)
    origin = rng.choice(len(ORIGINS), n, p=shares / shares.sum())
    kab = np.array([o[0] for o in ORIGINS])[origin]
    kec = 1 + (rng.random(n) * np.array([o[1] for o in ORIGINS])[origin]).astype(np.int64)
    came = families.arrived[people.family] & (people.birth_report == NEVER)
    roll = rng.random(n)
    foreign_share = np.where(came, 0.62, np.where(people.shdk == 4, 0.01, 0.07))
    inside_share = np.where(came, 0.15, np.where(people.shdk == 4, 0.03, 0.10))
    elsewhere = roll < foreign_share
    neighbour = ~elsewhere & (roll < foreign_share + inside_share)
    born_here = people.birth_report < NEVER
    people.prefix = np.where(born_here, own, np.where(elsewhere, kab * 100 + kec, np.where(neighbour, inside, own)))


def number_people(people: People, district: District, base: int) -> None:
    """NIK: region of first registration, DDMMYY (women DD + 40), serial 9000-9939 (its own range per kecamatan)."""
    year, month, day = ymd(people.birth_day)
    stem = people.prefix * 1_000_000 + (day + 40 * people.female) * 10_000 + month * 100 + year % 100
    rank = rank_within(stem)
    own = people.prefix == 351500 + district.no_kec
    limit = np.where(own, 400, 30)
    if base == 0 and bool((rank >= limit).any()):
        raise OverflowError(
            f"lebih dari {int(limit.min())} NIK pada satu kecamatan dan tanggal lahir (kec {district.no_kec})"
        )
    start = np.where(own, 0, 400 + (district.no_kec - 1) * 30) if base == 0 else base
    people.nik = stem * 10_000 + 9000 + start + rank


def number_families(families: Families, district: District, rng: np.random.Generator, base: int) -> None:
    """KK number: region of issue, DDMMYY of issue, serial from 9000."""
    issued = np.maximum(families.since_day, 0) + rng.integers(0, 2, len(families.village))
    issued = np.where(families.arrived, families.since_day, issued)
    year, month, day = ymd(issued)
    stem = (351500 + district.no_kec) * 1_000_000 + day * 10_000 + month * 100 + year % 100
    families.no_kk = stem * 10_000 + 9000 + base + rank_within(stem)


def active_on(families: Families, people: People, day: int) -> Bools:
    """Who counts as an active resident at the end of `day` (days since 1970): the population of a DKB."""
    counts: Bools = (
        (people.entry < (day + 1) * DAY)
        & (people.death_day > day)
        & (families.left_day[people.family] > day)
        & (families.state[people.family] != HISTORIC)
    )
    return counts
