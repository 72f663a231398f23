"""Tax objects of one kecamatan: blocks and zones, land and buildings, their classes and values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.chance import rank_within
from simulator.people import Bools, Ints
from simulator.places import District

LAND_CLASSES = np.unique(np.round(np.geomspace(20, 20_000, 100), 0)).astype(np.int64)
BUILDING_CLASSES = np.round(np.geomspace(120, 6_000, 40), -1).astype(np.int64)


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
    raised_2024: Bools
    raised_2025: Bools
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
    raised = rng.random((2, len(zone)))
    subject = np.where(rng.random(count) < 0.84, np.arange(count), rng.integers(0, max(count, 1), count))
    _, subject = np.unique(subject, return_inverse=True)
    return Estate(
        village=village,
        block=block,
        number=number,
        land=np.round(land).astype(np.int64),
        building=np.round(building).astype(np.int64),
        land_class=np.searchsorted(LAND_CLASSES, value).clip(3, len(LAND_CLASSES) - 3),
        building_class=np.searchsorted(BUILDING_CLASSES, built).clip(0, len(BUILDING_CLASSES) - 1),
        raised_2024=raised[0][zone_of] < 0.35,
        raised_2025=raised[1][zone_of] < 0.25,
        first_year=np.where(rng.random(count) < 0.03, 2024 + (rng.random(count) < 0.5), 2000),
        deleted=rng.random(count) < 0.003,
        subject=subject,
        first_of_subject=rank_within(subject) == 0,
    )


def njop(e: Estate, year: int) -> tuple[Ints, Ints, Ints]:
    """NJOP of land and building and the land class of a year, rupiah."""
    land_class = (
        e.land_class - np.where(e.raised_2025 & (year < 2025), 1, 0) - np.where(e.raised_2024 & (year < 2024), 1, 0)
    )
    return e.land * LAND_CLASSES[land_class] * 1000, e.building * BUILDING_CLASSES[e.building_class] * 1000, land_class
