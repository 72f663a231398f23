"""GeoPackages as QGIS and others write them, and as they get broken."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio
import shapely

BOX = "112.7 -7.4, 112.71 -7.4, 112.71 -7.41, 112.7 -7.41, 112.7 -7.4"
SQUARE = f"MULTIPOLYGON((({BOX})))"
"""One hundredth of a degree each way, in the middle of the regency."""
BOW = "MULTIPOLYGON(((112.7 -7.4, 112.71 -7.41, 112.71 -7.4, 112.7 -7.41, 112.7 -7.4)))"


def layer(
    path: Path,
    geometries: Sequence[str | bytes | None],
    *,
    name: str = "batas",
    crs: str | None = "EPSG:4326",
    kind: str = "Unknown",
    append: bool = False,
    **columns: Any,
) -> Path:
    """Write a layer: geometries as WKT, or as the WKB that a program wrote; `columns` beside `kode` (A, B, …)."""
    shapes = [
        one if one is None or isinstance(one, bytes) else shapely.to_wkb(shapely.from_wkt(one)) for one in geometries
    ]
    codes = [chr(65 + number) for number in range(len(shapes))]
    table = pa.table({"kode": codes, **columns, "geom": pa.array(shapes, pa.binary())})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_arrow(
            table, path, layer=name, driver="GPKG", geometry_name="geom", geometry_type=kind, crs=crs, append=append
        )
    return path


def sql(path: Path, *statements: str) -> Path:
    """Change the file behind the back of every program that knows what a layer is."""
    connection = sqlite3.connect(path)
    try:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()
    return path


def without_triggers(path: Path) -> Path:
    """The file without the triggers that want functions which only a spatial program has."""
    connection = sqlite3.connect(path)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    connection.close()
    return sql(path, *(f'DROP TRIGGER "{name}"' for name in names))
