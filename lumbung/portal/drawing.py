"""Drawings as the public gets them: GeoJSON texts (RFC 7946), no finer than declared, neighbours without gaps.

The text stands in the CSV and the table like any other value; the portal makes the GeoJSON file of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import shapely
from shapely.errors import GEOSException

_METRES_OF_A_DEGREE: Final = 111_320
"""Along a meridian; a degree of longitude is shorter, at the equator as long."""
_KINDS: Final = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_POLYGONS: Final = ("Polygon", "MultiPolygon")


class DrawingError(Exception):
    """A value that is no drawing, or of which a part is lost; `row`: its number, from 1."""

    def __init__(self, row: int, said: str) -> None:
        super().__init__(said)
        self.row = row


def drawings(values: Sequence[object], simplify_m: int | None, decimals: int) -> list[str | None]:
    """WKB (longitude, latitude) as GeoJSON texts, None for None.

    Details smaller than `simplify_m` metres are left out (of an outline: smaller than a square of so many); areas are
    simplified together, so that a line that two of them share stays one. A part that is smaller than the last digit
    cannot be drawn: what would lose one raises DrawingError, as does everything else that is no drawing.
    """
    found = [_shape(row, value) for row, value in enumerate(values, start=1)]
    shapes: Any = np.array(found, dtype=object)
    if simplify_m is not None:
        tolerance = simplify_m / _METRES_OF_A_DEGREE
        if all(shape is None or shape.geom_type in _POLYGONS for shape in found):
            drawn = [at for at, shape in enumerate(found) if shape is not None]
            shapes[drawn] = shapely.coverage_simplify(shapes[drawn], tolerance)
        else:
            shapes = shapely.simplify(shapes, tolerance)
    digit = 10.0**-decimals
    for row, shape in enumerate(shapes, start=1):
        _require_parts(row, shape, digit)
    shapes = shapely.set_precision(shapes, digit)
    return [_text(row, shape, decimals) for row, shape in enumerate(shapes, start=1)]


def pattern(decimals: int) -> str:
    """What a text of `drawings` looks like: a type and bounded numbers, nothing that anything could be hidden in."""
    kinds = "|".join(_KINDS)
    number = rf"-?\d{{1,3}}(?:\.\d{{1,{decimals}}})?"
    return rf'\{{"type":"(?:{kinds})","coordinates":(?:[\[\],](?:{number})?)+\}}'


def _shape(row: int, value: object) -> shapely.Geometry | None:
    if value is None:
        return None
    if not isinstance(value, bytes | bytearray):
        raise DrawingError(row, f"bertipe {type(value).__name__}, bukan WKB")
    try:
        shape = shapely.from_wkb(bytes(value))
    except GEOSException:
        raise DrawingError(row, "bukan WKB") from None
    if shape.geom_type not in _KINDS:
        raise DrawingError(row, f"berjenis {shape.geom_type}; yang terbit: {', '.join(_KINDS)}")
    return shape


def _require_parts(row: int, shape: shapely.Geometry | None, digit: float) -> None:
    """Nothing of a drawing vanishes unsaid: the rounding leaves out what it makes a line or a point of."""
    if shape is None:
        return
    parts = shapely.get_parts(shape)
    lost = int(shapely.is_empty(shapely.set_precision(parts, digit)).sum())
    if lost or not len(parts):
        of = f"{lost} dari {len(parts)} bagiannya " if lost < len(parts) else ""
        raise DrawingError(row, f"{of}hilang karena disederhanakan; kecilkan simplify_m atau besarkan decimals")


def _text(row: int, shape: shapely.Geometry | None, decimals: int) -> str | None:
    if shape is None:
        return None
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise DrawingError(row, "bukan bujur dan lintang")
    drawn = shapely.geometry.mapping(shapely.orient_polygons(shape, exterior_cw=False))
    return f'{{"type":{json.dumps(drawn["type"])},"coordinates":{_rounded(drawn["coordinates"], decimals)}}}'


def _rounded(part: Any, decimals: int) -> str:
    """Coordinates whose last digit is the declared one, never with an exponent (near the equator); `-0.0` is 0."""
    if isinstance(part, float):
        return np.format_float_positional(round(part, decimals) + 0.0, trim="0")
    return f"[{','.join(_rounded(one, decimals) for one in part)}]"
