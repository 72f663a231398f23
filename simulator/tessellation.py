"""A drawing of the regency: a cell for every village. The shapes are fictitious, their neighbourhood is roughly true.

The hull around a place in each kecamatan is divided among points that lie near these places (Voronoi), so that cells
touch without gaps or overlaps. It is the same for every seed: boundaries do not change with the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from pyproj import Transformer
from shapely import MultiPoint, Point, Polygon

from simulator.places import Village, districts, read_data

DEGREES, METRES = "EPSG:4326", "EPSG:32749"
_MARGIN = 0.03
"""How far the regency reaches beyond the outermost places, in degrees."""
_SPREAD = 0.014
"""How far villages lie from the place of their kecamatan, in degrees."""
_GRID = 1e-6
_TO_METRES = Transformer.from_crs(DEGREES, METRES, always_xy=True)


@dataclass(frozen=True)
class Cell:
    """A village with its Kemendagri code and its shape in degrees and in metres (UTM 49S)."""

    code: str
    district: str
    village: Village
    degrees: Polygon
    metres: Polygon


@cache
def cells() -> tuple[Cell, ...]:
    """The 346 villages in the order of their codes."""
    rng = np.random.default_rng(3515)
    centres = {
        int(row["no_kec"]): (float(row["bujur"]), float(row["lintang"])) for row in read_data("dapodik_kecamatan.csv")
    }
    regency = MultiPoint(list(centres.values())).convex_hull.buffer(_MARGIN)
    owners, points = [], []
    for district in districts():
        for village in district.villages:
            owners.append((district.name, village))
            points.append(_near(rng, centres[district.no_kec], regency))
    drawn = shapely.voronoi_polygons(MultiPoint(points), extend_to=regency, ordered=True)
    shapes = shapely.set_precision(shapely.intersection(shapely.get_parts(drawn), regency), _GRID)
    found = [
        Cell(
            village.code,
            district,
            village,
            shape,
            shapely.transform(shape, lambda xy: np.column_stack(_TO_METRES.transform(xy[:, 0], xy[:, 1]))),
        )
        for (district, village), shape in zip(owners, shapes, strict=True)
    ]
    return tuple(sorted(found, key=lambda cell: cell.code))


def _near(rng: np.random.Generator, centre: tuple[float, float], regency: Polygon) -> Point:
    """A point of the regency near a place."""
    while True:
        point = Point(rng.normal(centre, _SPREAD).round(5))
        if regency.contains(point):
            return point


def inside(rng: np.random.Generator, shape: Polygon) -> Point:
    """A random point of a shape."""
    west, south, east, north = shape.bounds
    while True:
        point = Point(rng.uniform(west, east), rng.uniform(south, north))
        if shape.contains(point):
            return point
