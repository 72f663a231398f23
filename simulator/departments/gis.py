"""Bappeda's maps as QGIS saves them: villages, plots of the land tax, public places; one GeoPackage for each.

All shapes are fictitious (see `tessellation`). Plots lie in their village and bear the NOP of a tax object; some have
none yet, some one that SISMIOP does not know any more. Plots are drawn in UTM zone 49 south, the others in degrees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from shapely import affinity

from simulator.chance import EPOCH, chance
from simulator.day import Day
from simulator.delivery import File, changed
from simulator.geopackage import geopackage
from simulator.places import districts
from simulator.server import Connection, copy_table
from simulator.source_rows import Change, Row, unspoilt
from simulator.tessellation import DEGREES, METRES, Cell, cells, inside

DRAWS_FROM = "sismiop"
SHARE = 0.06
"""Tax objects whose plot is drawn: the mapping has begun in the villages' centres."""
WITHOUT, UNKNOWN = 0.05, 0.03
"""Further plots without a NOP, and with one that SISMIOP does not have, for each drawn one."""
PLACES = 400
KINDS = {
    "PDD": ("SDN {desa} {n}", 0.30), "KES": ("PUSTU {desa} {n}", 0.14), "IBD": ("MASJID AL IKHLAS {desa} {n}", 0.22),
    "PSR": ("PASAR {desa} {n}", 0.06), "KTR": ("BALAI {desa} {n}", 0.12), "OLR": ("LAPANGAN {desa} {n}", 0.10),
    "RTH": ("TAMAN {desa} {n}", 0.04), "TRM": ("TERMINAL {desa} {n}", 0.02),
}  # fmt: skip
_LAYERS = {
    "batas_wilayah": (
        "MultiPolygon",
        DEGREES,
        {"kode_desa": "KDEPUM", "nama_desa": "WADMKD", "nama_kecamatan": "WADMKC"},
    ),
    "bidang_pajak": (
        "Polygon",
        METRES,
        {"id_bidang": "ID_BIDANG", "nop": "NOP", "kode_desa": "KDEPUM", "luas": "LUAS"},
    ),
    "fasilitas": (
        "Point",
        DEGREES,
        {"id_fasilitas": "ID", "nama": "NAMA", "jenis": "JENIS", "kode_desa": "KDEPUM", "alamat": "ALAMAT"},
    ),
}


def build(connection: Connection, sismiop: Connection, seed: int, scale: float) -> None:
    """The villages, plots of a share of SISMIOP's objects, and a fixed number of public places."""
    drawn = EPOCH - timedelta(days=40)
    villages = [
        {
            "kode_desa": cell.code,
            "nama_desa": cell.village.name,
            "nama_kecamatan": cell.district,
            "geom": shapely.MultiPolygon([cell.degrees]).wkt,
            "diubah": drawn,
        }
        for cell in cells()
    ]
    copy_table(connection, "batas_wilayah", pa.Table.from_pylist(villages))
    copy_table(connection, "bidang_pajak", pa.Table.from_pylist(_plots(sismiop, seed, drawn)))
    rng = chance(seed, "gis", "fasilitas")
    copy_table(connection, "fasilitas", pa.Table.from_pylist([_place(rng, n, drawn) for n in range(1, PLACES + 1)]))


def _plots(sismiop: Connection, seed: int, drawn: datetime) -> list[dict[str, Any]]:
    """Plots village by village, numbered within each."""
    rng = chance(seed, "gis", "bidang")
    codes = {district.no_kec: district.kd_kecamatan for district in districts()}
    villages = {codes[cell.village.no_kec] + cell.village.kd_kelurahan: cell for cell in cells()}
    rows: list[dict[str, Any]] = []
    for nop in _objects(sismiop):
        cell = villages.get(nop[4:10])
        if cell is None or rng.random() >= SHARE:
            continue
        rows.append(_plot(rng, cell, len(rows) + 1, nop, drawn))
        if rng.random() < WITHOUT:
            rows.append(_plot(rng, cell, len(rows) + 1, None, drawn))
        if rng.random() < UNKNOWN:
            # A NOP from before a new mapping: the blocks 980 to 989 are never given out.
            rows.append(_plot(rng, cell, len(rows) + 1, f"{nop[:10]}98{nop[12:]}", drawn))
    return rows


def _objects(sismiop: Connection) -> list[str]:
    """The NOP of every object that is in force and that no defect has spoilt."""
    nop = "kd_propinsi || kd_dati2 || kd_kecamatan || kd_kelurahan || kd_blok || no_urut || kd_jns_op"
    kept = f"jns_transaksi_op <> '3'{unspoilt('dat_objek_pajak')}"
    query = f"SELECT {nop} FROM public.dat_objek_pajak t WHERE {kept} ORDER BY 1"  # noqa: S608 - of this package
    return [row[0] for row in sismiop.execute(query.encode()).fetchall()]


def _plot(rng: np.random.Generator, cell: Cell, number: int, nop: str | None, drawn: datetime) -> dict[str, Any]:
    """A rectangle of an ordinary plot's size, turned as its street is."""
    wide, deep = rng.uniform(6, 20), rng.uniform(10, 30)
    middle = inside(rng, cell.metres)
    shape = shapely.box(middle.x - wide / 2, middle.y - deep / 2, middle.x + wide / 2, middle.y + deep / 2)
    turned = shapely.set_precision(affinity.rotate(shape, rng.uniform(0, 90)), 0.001)
    return {
        "id_bidang": f"B{number:08d}",
        "nop": nop,
        "kode_desa": cell.code,
        "luas": f"{turned.area:.0f}",
        "geom": turned.wkt,
        "diubah": drawn,
    }


def _place(rng: np.random.Generator, number: int, when: datetime) -> dict[str, Any]:
    """A public place somewhere in a village."""
    cell = cells()[int(rng.integers(0, len(cells())))]
    weights = np.array([weight for _, weight in KINDS.values()])
    kind = list(KINDS)[int(rng.choice(len(KINDS), p=weights / weights.sum()))]
    point = shapely.set_precision(inside(rng, cell.degrees), 1e-6)
    return {
        "id_fasilitas": f"F{number:05d}",
        "nama": KINDS[kind][0].format(desa=cell.village.name, n=int(rng.integers(1, 9))),
        "jenis": kind,
        "kode_desa": cell.code,
        "alamat": f"JL. RAYA {cell.village.name} NO. {int(rng.integers(1, 200))}",
        "geom": point.wkt,
        "diubah": when,
    }


def live(day: Day, sismiop: Connection) -> dict[str, int]:
    """At times a plot gets the NOP that it lacked, a public place is added, or one is renamed."""
    done = {"bidang-bernop": 0, "fasilitas-baru": 0}
    if day.rng.random() < 0.10 and (row := day.pick("bidang_pajak", "t.nop IS NULL")) is not None:
        objects = _objects(sismiop)
        day.update("bidang_pajak", row, nop=objects[int(day.rng.integers(0, len(objects)))], diubah=day.moment())
        done["bidang-bernop"] = 1
    if day.rng.random() < 0.10:
        newest = int(day.value("SELECT max(right(id_fasilitas, 5)) FROM public.fasilitas", {}))
        day.insert("fasilitas", _place(day.rng, newest + 1, day.moment()))
        done["fasilitas-baru"] = 1
    return done


def files(connection: Connection, since: datetime | None, until: datetime) -> Iterator[File]:
    """Each map whole, when something in it is new or changed; half of it when the line breaks."""
    for table, (kind, crs, names) in _LAYERS.items():
        for _, when in changed(connection, table, f"'{table}'", since, until):
            # Table and columns are constants of this module.
            query = f"SELECT {', '.join(names)}, diubah, geom FROM public.{table} ORDER BY 1, ctid"  # noqa: S608
            *values, moments, shapes = zip(*connection.execute(query.encode()).fetchall(), strict=True)
            columns = dict(zip(names.values(), values, strict=True))
            content = geopackage(
                table, kind, crs, columns | {"TGL_UBAH": [one.date() for one in moments]}, shapes, when
            )
            yield File(f"{table}.gpkg", content, when, broken=content[: len(content) // 2])


def _crossed(row: Row, rng: np.random.Generator) -> Change:
    """Two corners were exchanged: the outline crosses itself in the middle."""
    shape = shapely.from_wkt(row["geom"])
    west, south, east, north = shape.bounds
    wrong = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    return {"geom": (shapely.MultiPolygon([wrong]) if shape.geom_type == "MultiPolygon" else wrong).wkt}


def _moved(row: Row, rng: np.random.Generator) -> Change:
    """The point lies where longitude and latitude are exchanged, or in the next regency."""
    point = shapely.from_wkt(row["geom"])
    other = shapely.Point(point.y, point.x) if rng.random() < 0.5 else affinity.translate(point, 0.9)
    return {"geom": other.wkt}


def _elsewhere(row: Row, rng: np.random.Generator) -> Change:
    return {"kode_desa": f"{row['kode_desa'][:9]}2099"}


def _twice(offset: float) -> Callable[[Row, np.random.Generator], Change]:
    """The same number on a second drawing beside the first."""
    return lambda row, rng: {"geom": affinity.translate(shapely.from_wkt(row["geom"]), offset).wkt}


_DRAWN = "geom IS NOT NULL"

DEFECTS = {
    "batas_wilayah garis-bersilang": (_DRAWN, _crossed),
    "batas_wilayah desa-lain": (
        "true",
        lambda row, rng: {"kode_desa": f"{row['kode_desa'][:9]}2{int(rng.integers(901, 999))}"},
    ),
    "batas_wilayah desa-ganda": (_DRAWN, _twice(0.001)),
    "bidang_pajak garis-bersilang": (_DRAWN, _crossed),
    "bidang_pajak tanpa-gambar": (_DRAWN, lambda row, rng: {"geom": None}),
    "bidang_pajak nop-17-angka": ("nop IS NOT NULL", lambda row, rng: {"nop": row["nop"][:17]}),
    "bidang_pajak desa-lain": ("true", _elsewhere),
    "bidang_pajak luas-beda": (_DRAWN, lambda row, rng: {"luas": str(int(int(row["luas"]) * rng.uniform(1.6, 3)))}),
    "bidang_pajak bidang-ganda": (_DRAWN, _twice(5)),
    "fasilitas jenis-lain": ("true", lambda row, rng: {"jenis": ("SKL", "MALL", "PDK")[int(rng.integers(0, 3))]}),
    "fasilitas luar-kabupaten": (_DRAWN, _moved),
    "fasilitas nama-kosong": ("true", lambda row, rng: {"nama": None}),
    "fasilitas desa-lain": ("true", _elsewhere),
    "fasilitas salinan": (_DRAWN, lambda row, rng: {}),
}
