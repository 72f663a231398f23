"""A drawing as a GeoPackage keeps it: what is wrong with it, its WKB in degrees and its area. Judged, never mended."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.errors import ShapelyError

from lumbung.declarations.files import GpkgForm

WGS84: Final = 4326
_ENVELOPES: Final = (0, 32, 48, 48, 64)
"""Bytes of the envelope in the head of a geometry, by its code (GeoPackage 1.3, clause 2.1.3.1.1)."""
_EXTENDED: Final = 0x20
"""What follows is no WKB but of an extension's own form."""
_TYPES: Final = {
    1: "Point",
    2: "LineString",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
    7: "GeometryCollection",
    8: "CircularString",
    9: "CompoundCurve",
    10: "CurvePolygon",
    11: "MultiCurve",
    12: "MultiSurface",
    15: "PolyhedralSurface",
    16: "TIN",
    17: "Triangle",
}
_CURVED: Final = range(8, 13)
_TO_MULTI: Final[dict[str, Callable[[Any], Any]]] = {
    "Point": lambda one: shapely.MultiPoint([one]),
    "LineString": lambda one: shapely.MultiLineString([one]),
    "Polygon": lambda one: shapely.MultiPolygon([one]),
}
_WHERE: Final = re.compile(r"(.*?)\s*\[(\S+) (\S+)\]\Z", re.DOTALL)
_REASONS: Final = {
    "Self-intersection": "memotong dirinya sendiri",
    "Ring Self-intersection": "cincinnya menyentuh dirinya sendiri",
    "Hole lies outside shell": "lubangnya di luar batas luarnya",
    "Nested holes": "lubangnya di dalam lubang lain",
    "Nested shells": "bagiannya di dalam bagian lain",
    "Duplicate Rings": "cincinnya kembar",
    "Interior is disconnected": "bagian dalamnya terputus",
    "Too few points in geometry component": "titiknya kurang untuk bentuknya",
    "Invalid Coordinate": "koordinatnya bukan bilangan",
}
_UNREAD: Final = "tidak terbaca: cincinnya tidak tertutup, atau isinya rusak"
Points = NDArray[np.float64]


class Judged(NamedTuple):
    """A geometry: hexadecimal WKB in EPSG:4326 and area in square metres (empty where there is a fault), the fault."""

    wkb: str
    area: str
    fault: str | None


class Judge:
    """Judges the geometries of one layer.

    `source`: the reference system that the layer is drawn in; `srs`: the number by which the file knows it.
    """

    def __init__(self, source: CRS, epsg: int, srs: int, form: GpkgForm) -> None:
        self._epsg = epsg
        self._srs = srs
        self._form = form
        self._decimals = 6 if source.is_geographic else 2
        self._to_wgs84 = _between(source, CRS.from_epsg(WGS84))
        self._to_utm = _between(source, CRS.from_epsg(form.utm))

    def judge(self, blobs: Sequence[object]) -> list[Judged]:
        """Judge values of the geometry column, in their order."""
        return [self._one(blob) for blob in blobs]

    def _one(self, blob: object) -> Judged:
        shape = self._shape(blob)
        if isinstance(shape, str):
            return Judged("", "", shape)
        degrees = shapely.transform(shape, self._to_wgs84)
        fault = self._place_fault(degrees)
        if fault is not None:
            return Judged("", "", fault)
        area = shapely.area(shapely.transform(shape, self._to_utm))
        return Judged(shapely.to_wkb(self._declared(degrees), hex=True, byte_order=1), f"{area:.2f}", None)

    def _shape(self, blob: object) -> shapely.Geometry | str:
        """The geometry in the coordinates of its layer, or what is wrong with it by itself."""
        if blob is None:
            return "tidak digambar"
        if not isinstance(blob, bytes):
            return "bukan geometri (kolomnya berisi teks atau bilangan)"
        try:
            srs, kind, wkb = _unpack(blob)
        except (struct.error, ValueError):
            return _UNREAD
        name = _TYPES.get(kind, f"nomor {kind}")
        if kind in _CURVED:
            return f"berjenis {name} (garis lengkung), seharusnya {self._form.geometry}; ubah menjadi garis lurus"
        if name != self._form.geometry and f"Multi{name}" != self._form.geometry:
            return f"berjenis {name}, seharusnya {self._form.geometry}"
        if srs > 0 and srs != self._srs:
            return f"tercatat dalam sistem koordinat {srs}, padahal layernya dalam {self._srs}"
        try:
            with np.errstate(invalid="ignore"):  # of a coordinate that is no number, which is a fault below
                shape = shapely.force_2d(shapely.from_wkb(wkb))
        except (ShapelyError, NotImplementedError, ValueError):
            return _UNREAD
        if shape.is_empty:
            return "kosong, tanpa satu titik pun"
        if shapely.is_empty(shapely.get_parts(shape)).any():
            return "salah satu bagiannya kosong, tanpa satu titik pun"
        return shape if shape.is_valid else self._invalid(shape)

    def _invalid(self, shape: shapely.Geometry) -> str:
        said = str(shapely.is_valid_reason(shape))
        found = _WHERE.match(said)
        if found is None:
            return f"tidak sah ({_REASONS.get(said, said)})"
        reason, across, up = found.groups()
        point = ", ".join(f"{float(number):.{self._decimals}f}" for number in (across, up))
        return f"{_REASONS.get(reason, reason)} di titik {point} (EPSG:{self._epsg})"

    def _place_fault(self, shape: shapely.Geometry) -> str | None:
        """What is wrong with where a geometry lies, in degrees."""
        west, south, east, north = self._form.bounds
        left, low, right, high = shape.bounds
        if west <= left and right <= east and south <= low and high <= north:  # false for NaN and infinity, too
            return None
        return (
            f"terletak pada bujur {_span(left, right)}, lintang {_span(low, high)}: di luar kotak wilayah "
            f"({west:g} … {east:g}, {south:g} … {north:g})"
        )

    def _declared(self, shape: shapely.Geometry) -> shapely.Geometry:
        """The geometry as the type that is declared: a single one as the only part of many."""
        name = str(shape.geom_type)
        return shape if name == self._form.geometry else _TO_MULTI[name](shape)


def _unpack(blob: bytes) -> tuple[int, int, bytes]:
    """The file's number of the reference system, the type and the WKB of a geometry as a GeoPackage wraps it.

    Raises struct.error or ValueError for what is no such thing (GeoPackage 1.3, clause 2.1.3).
    """
    magic, _, flags = struct.unpack_from("<2sBB", blob)
    envelope = flags >> 1 & 7
    if magic != b"GP" or envelope >= len(_ENVELOPES) or flags & _EXTENDED:
        raise ValueError("not a geometry of a GeoPackage")
    (srs,) = struct.unpack_from("<i" if flags & 1 else ">i", blob, 4)
    start = 8 + _ENVELOPES[envelope]
    (order,) = struct.unpack_from("B", blob, start)
    (kind,) = struct.unpack_from("<I" if order else ">I", blob, start + 1)
    return srs, (kind & 0xFFFF) % 1000, blob[start:]


def _span(low: float, high: float) -> str:
    return f"{low:.5f}" if low == high else f"{low:.5f} … {high:.5f}"


def _between(source: CRS, target: CRS) -> Callable[[Points], Points]:
    """How coordinates (longitude or easting first) go from one system into another."""
    if source.to_epsg() == target.to_epsg():
        return lambda points: points
    transformer = Transformer.from_crs(source, target, always_xy=True)
    return lambda points: np.column_stack(transformer.transform(points[:, 0], points[:, 1]))
