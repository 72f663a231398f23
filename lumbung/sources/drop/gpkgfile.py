"""Layers of GeoPackages: attributes as text, the geometry as hexadecimal WKB in EPSG:4326, judged and never mended.

The file is looked through as the SQLite database that it is first: what is cut off, still open in QGIS, or kept in a
column of another type is found there, since the reader of layers keeps silent about it.
"""

from __future__ import annotations

import re
import sqlite3
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from lumbung.declarations.files import AREA, GEOMETRY, FilesDataset, GpkgForm
from lumbung.sources.drop.celltext import Cell
from lumbung.sources.drop.filetable import FileRefused, Line, require_size

WGS84: Final = 4326
_BATCH_ROWS: Final = 1_000
_MAGIC: Final = b"SQLite format 3\x00"
_APPLICATION: Final = (b"GPKG", b"GP10", b"GP11")
_HEADER_BYTES: Final = 100
_WAL: Final = 2
_TYPES: Final = {"Point": 0, "LineString": 1, "Polygon": 3, "MultiPoint": 4, "MultiLineString": 5, "MultiPolygon": 6}
_NAMES: Final = {number: name for name, number in _TYPES.items()} | {2: "LinearRing", 7: "GeometryCollection"}
_TO_MULTI: Final[dict[int, Callable[[Any], Any]]] = {
    0: lambda one: shapely.MultiPoint([one]),
    1: lambda one: shapely.MultiLineString([one]),
    3: lambda one: shapely.MultiPolygon([one]),
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
_NUMERIC: Final = ("BOOLEAN", "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "INTEGER", "FLOAT", "DOUBLE", "REAL")
_SHOWN: Final = 8
_AGAIN: Final = "simpan ulang di QGIS lalu kirim lagi"
_NO_FAULT: Final = (0, "")
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Layer:
    """The declared layer as the database describes it: name, geometry column, EPSG code, number of features."""

    name: str
    geometry: str
    epsg: int
    features: int


class GpkgReader:
    """One open layer (see `filetable.Reader`). Its lines are its features, numbered by fid."""

    def __init__(self, path: Path, layer: _Layer, files: FilesDataset, form: GpkgForm) -> None:
        self._path = path
        self._layer = layer
        self._form = form
        self.remarks: list[str] = []
        self._fault: tuple[int, str] = _NO_FAULT
        declared = {text for accepted in files.headers.values() for text in accepted}
        with _open_layer(path, layer) as (described, _):
            self._attributes = [str(name) for name in described["fields"]]
        self._own = [GEOMETRY, *([AREA] if AREA in declared else [])]
        source = _reference_system(layer)
        self._decimals = 6 if source.is_geographic else 2
        self._to_wgs84 = _between(source, CRS.from_epsg(WGS84))
        self._to_utm = _between(source, CRS.from_epsg(form.utm))

    def header(self) -> list[str]:
        """Names of the attributes, then what is made of the geometry."""
        return [*self._attributes, *self._own]

    def fault(self, line: int, position: int) -> str | None:
        """Why the geometry of the feature that was read last is none."""
        of, reason = self._fault
        return reason if (of, len(self._attributes)) == (line, position) else None

    def lines(self) -> Iterator[Line]:
        """The features, batch by batch."""
        seen = 0
        for batch in self._batches():
            seen += batch.num_rows
            yield from self._of_batch(batch)
        if seen != self._layer.features:
            raise FileRefused(f"layer memuat {self._layer.features} fitur, terbaca {seen}; {_AGAIN}")

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            with _open_layer(self._path, self._layer) as (_, reader):
                yield from reader
        except (DataSourceError, DataLayerError, pa.ArrowException) as error:
            raise FileRefused(f"layer tidak dapat dibaca sampai akhir ({type(error).__name__}); {_AGAIN}") from None

    def _of_batch(self, batch: pa.RecordBatch) -> Iterator[Line]:
        numbers = batch.column(0).to_pylist()
        try:
            attributes = [_cells(batch.column(name).to_pylist()) for name in self._attributes]
        except UnicodeDecodeError:
            raise FileRefused(f"ada teks yang bukan UTF-8 di antara fid {numbers[0]} dan {numbers[-1]}") from None
        texts, areas, faults = self._judge(batch.column(self._layer.geometry).to_numpy(zero_copy_only=False))
        own = [texts, areas][: len(self._own)]
        for number, fault, *cells in zip(numbers, faults, *attributes, *own, strict=True):
            self._fault = _NO_FAULT if fault is None else (number, f"(fid {number}) {fault}")
            if fault is not None and not any(cells):  # a feature that is nothing but its wrong geometry
                yield Line(number, (), f"geometri (fid {number}) {fault}")
            else:
                yield Line(number, cells)

    def _judge(self, blobs: NDArray[Any]) -> tuple[list[str], list[str], list[str | None]]:
        """WKB, area and what is wrong, of each geometry; the first two are empty where something is."""
        with np.errstate(invalid="ignore"):  # of a coordinate that is no number, which is a fault below
            shapes = shapely.force_2d(shapely.from_wkb(blobs, on_invalid="ignore"))
        kinds = shapely.get_type_id(shapes)
        faults = [self._form_fault(*one) for one in zip(blobs, shapes, kinds, strict=True)]
        texts, areas = [""] * len(blobs), [""] * len(blobs)
        for at in (number for number, fault in enumerate(faults) if fault is None):
            degrees = shapely.transform(shapes[at], self._to_wgs84)
            faults[at] = self._place_fault(degrees)
            if faults[at] is None:
                texts[at] = shapely.to_wkb(self._declared(degrees), hex=True, byte_order=1)
                areas[at] = f"{shapely.area(shapely.transform(shapes[at], self._to_utm)):.2f}"
        return texts, areas, faults

    def _form_fault(self, blob: bytes | None, shape: shapely.Geometry | None, kind: int) -> str | None:
        """What is wrong with a geometry by itself, in the coordinates of the layer."""
        if blob is None:
            return "tidak digambar"
        if shape is None:
            return "tidak terbaca: cincinnya tidak tertutup, atau isinya rusak"
        name = _NAMES[kind]
        if name != self._form.geometry and f"Multi{name}" != self._form.geometry:
            return f"berjenis {name}, seharusnya {self._form.geometry}"
        if shape.is_empty:
            return "kosong, tanpa satu titik pun"
        if not shape.is_valid:
            return self._invalid(shape)
        return None

    def _invalid(self, shape: shapely.Geometry) -> str:
        said = str(shapely.is_valid_reason(shape))
        found = _WHERE.match(said)
        if found is None:
            return f"tidak sah ({_REASONS.get(said, said)})"
        reason, across, up = found.groups()
        point = ", ".join(f"{float(number):.{self._decimals}f}" for number in (across, up))
        return f"{_REASONS.get(reason, reason)} di titik {point} (EPSG:{self._layer.epsg})"

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
        kind = int(shapely.get_type_id(shape))
        return shape if kind == _TYPES[self._form.geometry] else _TO_MULTI[kind](shape)


@contextmanager
def open_gpkg(path: Path, files: FilesDataset) -> Iterator[GpkgReader]:
    """Open the declared layer of a GeoPackage. Raises FileRefused."""
    form = files.gpkg
    if form is None:
        raise FileRefused("kontrak tidak menyebut gpkg")  # the declarations' check forbids it
    require_size(path, form.max_mb, "; pecah menjadi beberapa")
    _require_start(path)
    try:
        with closing(_database(path)) as database:
            layer, others = _look_through(database, form.layer)
    except (sqlite3.Error, UnicodeDecodeError):
        raise FileRefused(f"berkas GeoPackage rusak atau terpotong; {_AGAIN}") from None
    try:
        reader = GpkgReader(path, layer, files, form)
    except (DataSourceError, DataLayerError) as error:
        raise FileRefused(f"berkas GeoPackage tidak dapat dibuka ({type(error).__name__}); {_AGAIN}") from None
    if others:
        reader.remarks.append(f"layer lain tidak dibaca: {', '.join(f'“{name}”' for name in others[:_SHOWN])}")
    yield reader


def _span(low: float, high: float) -> str:
    return f"{low:.5f}" if low == high else f"{low:.5f} … {high:.5f}"


def _require_start(path: Path) -> None:
    """The first bytes are those of a GeoPackage that is whole and that nobody has open."""
    with path.open("rb") as file:
        start = file.read(_HEADER_BYTES)
    if not start.startswith(_MAGIC) or len(start) < _HEADER_BYTES:
        raise FileRefused("isinya bukan GeoPackage (mungkin Shapefile, ZIP, atau GeoJSON yang diganti namanya)")
    if start[68:72] not in _APPLICATION:
        raise FileRefused("isinya basis data SQLite, tetapi bukan GeoPackage; ekspor layernya sebagai GeoPackage")
    if _WAL in (start[18], start[19]) or path.with_name(f"{path.name}-wal").exists():
        raise FileRefused(
            "berkas disalin selagi terbuka (modus WAL), sebagian isinya mungkin tertinggal; tutup proyek QGIS-nya, "
            "lalu kirim lagi"
        )
    page = int.from_bytes(start[16:18], "big")
    promised = int.from_bytes(start[28:32], "big") * (65_536 if page == 1 else page)
    if promised > path.stat().st_size:
        raise FileRefused(f"berkas terpotong: {path.stat().st_size} dari {promised} byte; kirim lagi")


def _database(path: Path) -> sqlite3.Connection:
    """The file as a database that nothing can change: no lock, no journal, no unsafe function in its schema."""
    database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    return database


def _look_through(database: sqlite3.Connection, wanted: str) -> tuple[_Layer, list[str]]:
    """The wanted layer, and the names of the others. Raises FileRefused, sqlite3.Error for a damaged file."""
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise FileRefused(f"berkas GeoPackage rusak di dalamnya; {_AGAIN}")
    layers = database.execute(
        "SELECT c.table_name, g.column_name, s.organization, s.organization_coordsys_id, g.srs_id"
        " FROM gpkg_contents AS c JOIN gpkg_geometry_columns AS g ON g.table_name = c.table_name"
        " LEFT JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id"
        " WHERE c.data_type = 'features' ORDER BY c.table_name"
    ).fetchall()
    found = [row for row in layers if row[0].casefold() == wanted.casefold()]
    if len(found) != 1:
        there = ", ".join(f"“{row[0]}”" for row in layers[:_SHOWN]) or "tidak ada"
        raise FileRefused(f"layer “{wanted}” tidak ada; yang ada: {there}")
    name, geometry, organization, code, srs = found[0]
    table = database.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", [name]).fetchone()
    if table is None or table[0] != "table" or (table[1] or "").upper().startswith("CREATE VIRTUAL"):
        raise FileRefused(f"layer “{name}” bukan tabel (view atau tabel maya); ekspor hasilnya sebagai layer")
    if srs is None or srs <= 0 or str(organization).upper() != "EPSG" or not isinstance(code, int):
        said = f"“{organization}:{code}”" if organization else "tidak ada"
        raise FileRefused(f"sistem koordinat layer “{name}” tidak dikenal ({said}); tetapkan kode EPSG-nya di QGIS")
    _require_types(database, name)
    features = database.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0]  # noqa: S608 - quoted
    return _Layer(name, geometry, code, features), [row[0] for row in layers if row[0] != name]


def _require_types(database: sqlite3.Connection, table: str) -> None:
    """A database keeps any value in any column, and the reader would make 0 of a word in a column of numbers."""
    columns = database.execute("SELECT name, type FROM pragma_table_info(?)", [table]).fetchall()
    for column, kind in columns:
        if kind.upper() not in _NUMERIC:
            continue
        query = f"SELECT rowid FROM {_quoted(table)} WHERE typeof({_quoted(column)}) IN ('text', 'blob') LIMIT 1"  # noqa: S608
        if (row := database.execute(query).fetchone()) is not None:
            raise FileRefused(
                f"kolom “{column}” bertipe {kind}, tetapi fid {row[0]} berisi teks; ubah menjadi kolom teks"
            )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _reference_system(layer: _Layer) -> CRS:
    try:
        found = CRS.from_epsg(layer.epsg)
    except CRSError:
        raise FileRefused(f"sistem koordinat EPSG:{layer.epsg} tidak dikenal; tetapkan kode EPSG yang benar") from None
    if not (found.is_geographic or found.is_projected):
        raise FileRefused(f"sistem koordinat EPSG:{layer.epsg} ({found.name}) bukan bujur-lintang atau proyeksi")
    return found


def _between(source: CRS, target: CRS) -> Callable[[Points], Points]:
    """How coordinates (longitude or easting first) go from one system into another."""
    if source.to_epsg() == target.to_epsg():
        return lambda points: points
    transformer = Transformer.from_crs(source, target, always_xy=True)
    return lambda points: np.column_stack(transformer.transform(points[:, 0], points[:, 1]))


@contextmanager
def _open_layer(path: Path, layer: _Layer) -> Iterator[tuple[dict[str, Any], pa.RecordBatchReader]]:
    """What the reader says of the layer, and its features: read-only as in `_database`, the fid as the first column."""
    with ExitStack() as stack:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a file that is being taken in has another ending
            opened = pyogrio.open_arrow(
                path, layer=layer.name, batch_size=_BATCH_ROWS, use_pyarrow=True, return_fids=True, IMMUTABLE="YES"
            )
            found = stack.enter_context(opened)
        yield found


def _cells(values: Sequence[Any]) -> list[Cell]:
    """Values of an attribute as cells: numbers as they are written, dates as dates, nothing as an empty text."""
    return [_cell(value) for value in values]


def _cell(value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, str | bool | datetime | date):
        return value
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
