"""Layers of GeoPackages: attributes as they stand in the file, the geometry as hexadecimal WKB in EPSG:4326.

The file is read as the SQLite database that it is: a program that knows layers makes other values of what does not
fit a column (0 of a word, another day of a wrong date) and says nothing.
"""

from __future__ import annotations

import math
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pyproj import CRS
from pyproj.exceptions import CRSError

from lumbung.declarations.files import AREA, GEOMETRY, FilesDataset, GpkgForm
from lumbung.sources.drop.celltext import MOST_EXACT, Cell
from lumbung.sources.drop.filetable import FileRefused, Line, require_size
from lumbung.sources.drop.geometry import Judge

_MAGIC: Final = b"SQLite format 3\x00"
_APPLICATION: Final = (b"GPKG", b"GP10", b"GP11")
_HEADER_BYTES: Final = 100
_WAL: Final = 2
_BATCH_ROWS: Final = 1_000
_BATCH_BYTES: Final = 32 << 20
"""Geometries that are in memory together, whichever is reached first."""
_MOST_BYTES: Final = 64 << 20
"""Of one value; more is refused by the database."""
_MOST_PATTERN: Final = 100
_MOST_SECONDS: Final = 300
"""For looking through a file of the size that is allowed: minutes are far too many."""
_STEPS: Final = 1_000_000
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?")
_TABLES: Final = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")
_SHOWN: Final = 8
_AGAIN: Final = "simpan ulang di QGIS lalu kirim lagi"
_NO_FAULT: Final = (0, "")


@dataclass(frozen=True, slots=True)
class _Layer:
    """The declared layer as the file describes it.

    `kinds`: attribute → type, as declared; `srs`: the file's number of the reference system, `epsg`: its code.
    """

    table: str
    fid: str
    geometry: str
    kinds: dict[str, str]
    srs: int
    epsg: int


class GpkgReader:
    """One open layer (see `filetable.Reader`). Its lines are its features, numbered by fid."""

    def __init__(self, database: sqlite3.Connection, layer: _Layer, files: FilesDataset, form: GpkgForm) -> None:
        self._database = database
        self._layer = layer
        self.remarks: list[str] = []
        self._fault: tuple[int, str] = _NO_FAULT
        declared = {text for accepted in files.headers.values() for text in accepted}
        self._own = [GEOMETRY, *([AREA] if AREA in declared else [])]
        self._judge = Judge(_reference_system(layer), layer.epsg, layer.srs, form)

    def header(self) -> list[str]:
        """Names of the attributes, then what is made of the geometry."""
        return [*self._layer.kinds, *self._own]

    def fault(self, line: int, position: int) -> str | None:
        """Why the geometry of the feature that was read last is none."""
        of, reason = self._fault
        return reason if (of, len(self._layer.kinds)) == (line, position) else None

    def lines(self) -> Iterator[Line]:
        """The features, by fid."""
        for features in self._batches():
            judged = self._judge.judge([feature[1] for feature in features])
            for (fid, _, *values), (wkb, area, fault) in zip(features, judged, strict=True):
                cells = [_cell(value, kind) for value, kind in zip(values, self._layer.kinds.values(), strict=True)]
                self._fault = _NO_FAULT if fault is None else (fid, f"(fid {fid}) {fault}")
                if fault is not None and not any(cell != "" for cell in cells):  # nothing but its wrong geometry
                    yield Line(fid, (), f"geometri (fid {fid}) {fault}")
                else:
                    yield Line(fid, [*cells, *[wkb, area][: len(self._own)]])

    def _batches(self) -> Iterator[list[tuple[Any, ...]]]:
        """Features in memory together: fid, geometry, attributes. Raises FileRefused."""
        names = ", ".join(map(_quoted, (self._layer.fid, self._layer.geometry, *self._layer.kinds)))
        order = _quoted(self._layer.fid)
        batch: list[tuple[Any, ...]] = []
        held = last = 0
        try:
            for feature in self._database.execute(f"SELECT {names} FROM {_quoted(self._layer.table)} ORDER BY {order}"):  # noqa: S608 - quoted
                if not isinstance(feature[0], int):
                    raise FileRefused(f"fitur sesudah fid {last} tidak bernomor; {_AGAIN}")
                batch.append(feature)
                last, held = feature[0], held + (len(feature[1]) if isinstance(feature[1], bytes) else 0)
                if len(batch) >= _BATCH_ROWS or held >= _BATCH_BYTES:
                    yield batch
                    batch, held = [], 0
        except UnicodeDecodeError:
            raise FileRefused(f"teks fitur sesudah fid {last} bukan UTF-8; {_AGAIN}") from None
        except sqlite3.DataError:
            most = _MOST_BYTES >> 20
            raise FileRefused(f"fitur sesudah fid {last} memuat nilai yang lebih besar dari {most} MiB") from None
        except sqlite3.Error as error:
            said = type(error).__name__
            raise FileRefused(f"layer tidak dapat dibaca sesudah fid {last} ({said}); {_AGAIN}") from None
        yield batch


@contextmanager
def open_gpkg(path: Path, files: FilesDataset) -> Iterator[GpkgReader]:
    """Open the declared layer of a GeoPackage. Raises FileRefused."""
    form = files.gpkg
    if form is None:
        raise FileRefused("kontrak tidak menyebut gpkg")  # the declarations' check forbids it
    require_size(path, form.max_mb, "; pecah menjadi beberapa")
    _require_start(path)
    with closing(_database(path)) as database:
        try:
            layer, others = _look_through(database, form.layer)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise FileRefused(f"pemeriksaan berkas tidak selesai dalam {_MOST_SECONDS} detik; {_AGAIN}") from None
            raise FileRefused(f"berkas GeoPackage rusak atau terpotong; {_AGAIN}") from None
        reader = GpkgReader(database, layer, files, form)
        if others:
            reader.remarks.append(f"layer lain tidak dibaca: {', '.join(f'“{name}”' for name in others[:_SHOWN])}")
        yield reader


def _require_start(path: Path) -> None:
    """The first bytes are those of a GeoPackage that is whole and that nobody has open."""
    with path.open("rb") as file:
        start = file.read(_HEADER_BYTES)
    if not start.startswith(_MAGIC) or len(start) < _HEADER_BYTES:
        raise FileRefused("isinya bukan GeoPackage (mungkin Shapefile, ZIP, atau GeoJSON yang diganti namanya)")
    if start[68:72] not in _APPLICATION:
        raise FileRefused("isinya basis data SQLite, tetapi bukan GeoPackage; ekspor layernya sebagai GeoPackage")
    if _WAL in (start[18], start[19]):
        raise FileRefused(
            "berkas disalin selagi terbuka (modus WAL), sebagian isinya mungkin tertinggal; tutup proyek QGIS-nya, "
            "lalu kirim lagi"
        )
    page = int.from_bytes(start[16:18], "big")
    written_by_all = start[24:28] == start[92:96]  # else an old program wrote last, and the next number is not kept
    promised = int.from_bytes(start[28:32], "big") * (65_536 if page == 1 else page) if written_by_all else 0
    if promised > path.stat().st_size:
        raise FileRefused(f"berkas terpotong: {path.stat().st_size} dari {promised} byte; kirim lagi")


def _database(path: Path) -> sqlite3.Connection:
    """The file as a database that nothing can change and that has ends.

    No lock, no journal, no unsafe function in its schema, no value or pattern without a limit.
    """
    database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
    database.text_factory = bytes.decode  # sqlite3 itself says of a text that is not UTF-8 what it says of any damage
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES)
    database.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _MOST_PATTERN)
    return database


def _look_through(database: sqlite3.Connection, wanted: str) -> tuple[_Layer, list[str]]:
    """The wanted layer, and the names of the others. Raises FileRefused, sqlite3.Error for a damaged file."""
    for table in _TABLES:
        _require_table(database, table, f"tabel {table}")
    end = time.monotonic() + _MOST_SECONDS
    database.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise FileRefused(f"berkas GeoPackage rusak di dalamnya; {_AGAIN}")
    database.set_progress_handler(None, _STEPS)
    layers = database.execute(
        "SELECT c.table_name, g.column_name, s.organization, s.organization_coordsys_id, g.srs_id"
        " FROM gpkg_contents AS c JOIN gpkg_geometry_columns AS g ON lower(g.table_name) = lower(c.table_name)"
        " LEFT JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id"
        " WHERE c.data_type = 'features' ORDER BY c.table_name"
    ).fetchall()
    if not all(isinstance(name, str) and isinstance(geometry, str) for name, geometry, *_ in layers):
        raise FileRefused(f"daftar layernya rusak (nama yang bukan teks); {_AGAIN}")
    found = [row for row in layers if row[0].casefold() == wanted.casefold()]
    if len(found) > 1:
        raise FileRefused(f"layer “{wanted}” terdaftar {len(found)} kali, atau berkolom geometri lebih dari satu")
    if not found:
        there = ", ".join(f"“{row[0]}”" for row in layers[:_SHOWN]) or "tidak ada"
        raise FileRefused(f"layer “{wanted}” tidak ada; yang ada: {there}")
    name, geometry, organization, code, srs = found[0]
    _require_table(database, name, f"layer “{name}”")
    if not isinstance(srs, int) or srs <= 0 or str(organization).upper() != "EPSG" or not isinstance(code, int):
        said = f"“{organization}:{code}”" if organization else "tidak ada"
        raise FileRefused(f"sistem koordinat layer “{name}” tidak dikenal ({said}); tetapkan kode EPSG-nya di QGIS")
    return _layer(database, name, geometry, srs, code), [row[0] for row in layers if row[0] != name]


def _require_table(database: sqlite3.Connection, name: str, said: str) -> None:
    """What is read is a plain table: a view or virtual table is a program of the file's own. Raises FileRefused."""
    query = "SELECT type FROM pragma_table_list WHERE schema = 'main' AND lower(name) = lower(?)"
    table = database.execute(query, [name]).fetchone()
    if table is None:
        raise FileRefused(f"{said} tidak ada di dalam berkas; {_AGAIN}")
    if table[0] != "table":
        raise FileRefused(f"{said} bukan tabel (view atau tabel maya); ekspor hasilnya sebagai layer")


def _layer(database: sqlite3.Connection, table: str, geometry: str, srs: int, epsg: int) -> _Layer:
    """The layer with its columns. Raises FileRefused when it has no fid, or computes a column while it is read."""
    columns = database.execute("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)", [table]).fetchall()
    computed = [name for name, _, _, hidden in columns if hidden]
    if computed:
        raise FileRefused(f"kolom “{computed[0]}” dihitung oleh berkasnya sendiri; simpan hasilnya sebagai kolom biasa")
    numbers = [name for name, kind, key, _ in columns if key and kind.upper() == "INTEGER"]
    shapes = [name for name, *_ in columns if name.casefold() == geometry.casefold()]
    if len(numbers) != 1 or len(shapes) != 1:
        raise FileRefused(f"layer “{table}” tidak bernomor fitur (fid) atau tidak berkolom geometri; {_AGAIN}")
    kinds = {name: kind.upper() for name, kind, _, _ in columns if name not in (numbers[0], shapes[0])}
    return _Layer(table, numbers[0], shapes[0], kinds, srs, epsg)


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


def _cell(value: object, kind: str) -> Cell:
    """A value as a cell: exactly what stands there; dates and yes or no where their column is declared so."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _moment(value) if kind in ("DATE", "DATETIME") else value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int):
        return bool(value) if kind == "BOOLEAN" and value in (0, 1) else str(value)
    if not isinstance(value, float) or not math.isfinite(value):
        return str(value)
    if abs(value) >= MOST_EXACT:
        return value  # its last digits are judged by what the column is
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")


def _moment(text: str) -> Cell:
    """A day, or a moment to the second, in the writing of the standard; any other text as it stands."""
    if _MOMENT.fullmatch(text) is None:
        return text
    try:
        return datetime.fromisoformat(text) if len(text) > len("2025-12-31") else date.fromisoformat(text)
    except ValueError:
        return text
