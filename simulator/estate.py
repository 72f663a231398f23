"""Tax objects of one kecamatan: blocks and zones, land and buildings, their classes and values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.chance import rank_within
from simulator.people import Bools, Ints
from simulator.places import District

YEARS = (2021, 2022, 2023, 2024, 2025)
"""Tax years of a fresh build."""

LAND_CLASSES = np.unique(np.round(np.geomspace(20, 20_000, 100), 0)).astype(np.int64)
BUILDING_CLASSES = np.round(np.geomspace(120, 6_000, 40), -1).astype(np.int64)
"""Value per square metre in thousand rupiah, from the cheapest; the department numbers them from the dearest."""

RAISED = (0.30, 0.20, 0.35, 0.25)
"""Share of the blocks whose land rises by one class in each year after the first of `YEARS`."""

HOUSE, FIELD, SHOP, FACTORY, OTHER = range(5)


@dataclass
class Estate:
    """Arrays of one kecamatan's objects (n,)."""

    village: Ints
    block: Ints
    number: Ints
    land: Ints
    building: Ints
    land_class: Ints  # index into LAND_CLASSES, 2025
    building_class: Ints
    raised: Bools  # (years after the first, n)
    use: Ints  # HOUSE … OTHER
    zone: Ints  # zone within the village: a block's objects of one use
    first_year: Ints
    deleted: Bools
    subject: Ints
    first_of_subject: Bools


def estate(rng: np.random.Generator, district: District, count: int) -> Estate:
    """`count` objects, sorted by village and block: houses, fields, shops and factories, valued by zone."""
    village = np.sort(rng.choice(len(district.villages), count, p=district.village_weights))
    per_village = np.bincount(village, minlength=len(district.villages))
    blocks = np.maximum(2, per_village // 110)[village]
    block = np.minimum((rng.random(count) * blocks).astype(np.int64), 989) + 1
    order = np.lexsort((block, village))
    village, block = village[order], block[order]
    number = rank_within(village * 1000 + block) + 1
    zone, zone_of = np.unique(village * 1000 + block, return_inverse=True)
    centre = district.land_value * np.exp(rng.normal(0, 0.42, len(zone)))
    urban = district.urban
    use = rng.random(count)
    house, field = use < 0.70 + 0.16 * urban, use > 0.985 - 0.20 * (1 - urban)
    shop = ~house & ~field & (use < 0.80 + 0.14 * urban)
    factory = ~house & ~field & ~shop & (rng.random(count) < 0.35)
    land = np.select(
        [house, field, factory],
        [
            rng.lognormal(np.log(112), 0.48, count),
            rng.lognormal(np.log(1900), 0.6, count),
            rng.lognormal(np.log(3200), 0.85, count),
        ],
        rng.lognormal(np.log(130), 0.5, count),
    ).clip(24, 400_000)
    share = np.select(
        [house, field, factory],
        [rng.normal(0.62, 0.22, count), 0.0, rng.normal(0.5, 0.1, count)],
        rng.normal(1.4, 0.4, count),
    )
    building = np.where(share < 0.12, 0, land * share).clip(0, 300_000)
    factor = np.select([field, shop, factory], [0.32, 1.7, 0.85], 1.0)
    value = np.clip(centre[zone_of] * factor, LAND_CLASSES[0], LAND_CLASSES[-3])
    built = np.clip(rng.lognormal(np.log(750 + 250 * urban), 0.45, count), BUILDING_CLASSES[0], BUILDING_CLASSES[-1])
    raised = rng.random((len(RAISED), len(zone))) < np.array(RAISED)[:, None]
    purpose = np.select([house, field, shop, factory], [HOUSE, FIELD, SHOP, FACTORY], OTHER)
    # Houses and other uses are valued alike, so they share a zone.
    alike = np.where(purpose == OTHER, HOUSE, purpose)
    subject = np.where(rng.random(count) < 0.84, np.arange(count), rng.integers(0, max(count, 1), count))
    _, subject = np.unique(subject, return_inverse=True)
    return Estate(
        village=village,
        block=block,
        number=number,
        land=np.round(land).astype(np.int64),
        building=np.round(building).astype(np.int64),
        land_class=np.searchsorted(LAND_CLASSES, value).clip(5, len(LAND_CLASSES) - 3),
        building_class=np.searchsorted(BUILDING_CLASSES, built).clip(0, len(BUILDING_CLASSES) - 1),
        raised=raised[:, zone_of],
        use=purpose,
        zone=_rank_of_value(village, zone_of * 5 + alike),
        first_year=np.where(rng.random(count) < 0.03, 2024 + (rng.random(count) < 0.5), 2000),
        deleted=rng.random(count) < 0.003,
        subject=subject,
        first_of_subject=rank_within(subject) == 0,
    )


def _rank_of_value(group: Ints, value: Ints) -> Ints:
    """0, 1, 2 … for the distinct values of each group, in their order; equal values share a number."""
    distinct, where = np.unique(group * 10**7 + value, return_inverse=True)
    return rank_within(distinct // 10**7)[where]


def land_class_of(e: Estate, year: int) -> Ints:
    """Index into `LAND_CLASSES` of each object's land in a year."""
    later = [i for i, raised_in in enumerate(YEARS[1:]) if year < raised_in]
    found: Ints = e.land_class - e.raised[later].sum(axis=0)
    return found


def class_code(index: int, classes: Ints) -> str:
    """KD_KLS_TANAH or KD_KLS_BNG: 001 is the dearest class."""
    return f"{len(classes) - index:03d}"


def zone_code(zone: int) -> str:
    """KD_ZNT: AA, AB … ZZ within a village."""
    if zone > 25 * 26 + 24:  # ZZ stays free: it is what a mistyped zone looks like
        raise ValueError(f"a village has no more than 675 zones; found {zone + 1}")
    return chr(65 + zone // 26) + chr(65 + zone % 26)


def njop(e: Estate, year: int) -> tuple[Ints, Ints, Ints]:
    """NJOP of land and building and the land class of a year, rupiah."""
    land_class = land_class_of(e, year)
    return e.land * LAND_CLASSES[land_class] * 1000, e.building * BUILDING_CLASSES[e.building_class] * 1000, land_class
