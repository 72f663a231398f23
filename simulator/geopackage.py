"""GeoPackages as QGIS saves them: one layer, rows in their order, the same bytes for the same rows and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyogrio
import shapely


def geopackage(
    layer: str, kind: str, crs: str, columns: Mapping[str, Sequence[Any]], shapes: Sequence[str | None], made: datetime
) -> bytes:
    """A file with one layer; `shapes` as WKT, None where the drawing was forgotten."""
    drawn = [None if text is None else shapely.to_wkb(shapely.from_wkt(text)) for text in shapes]
    table = pa.table({**{name: list(values) for name, values in columns.items()}, "geom": pa.array(drawn, pa.binary())})
    # The time of the last change stands in the file; without this it would be that of the machine.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{made:%Y-%m-%dT%H:%M:%S.000Z}"})
    try:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"{layer}.gpkg"
            pyogrio.write_arrow(
                table, path, layer=layer, driver="GPKG", geometry_name="geom", geometry_type=kind, crs=crs
            )
            return path.read_bytes()
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
