"""The drawings of the simulated department: whole, seeded, and the same bytes again."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import shapely

from simulator.chance import chance
from simulator.departments import register
from simulator.departments.gis import DEFECTS
from simulator.geopackage import geopackage
from simulator.tessellation import cells, inside

MADE = datetime(2026, 1, 5, 6)
COLUMNS = {"ID": ["a", "b"], "LUAS": [None, "12"]}
SHAPES = ["POINT (112.7 -7.4)", None]


def test_every_village_has_a_cell_and_cells_touch_without_gaps() -> None:
    drawn = [cell.degrees for cell in cells()]
    assert len({cell.code for cell in cells()}) == len(drawn) == 346
    assert all(shape.is_valid and shape.geom_type == "Polygon" for shape in drawn)
    assert shapely.coverage_is_valid(drawn)
    assert sum(cell.metres.area for cell in cells()) == pytest.approx(700e6, rel=0.05)


def test_a_point_is_inside_its_village() -> None:
    rng = chance(1, "uji")
    assert all(cell.metres.contains(inside(rng, cell.metres)) for cell in cells()[:40])


def test_the_same_rows_are_the_same_bytes_and_another_day_another_file() -> None:
    first = geopackage("titik", "Point", "EPSG:4326", COLUMNS, SHAPES, MADE)
    assert geopackage("titik", "Point", "EPSG:4326", COLUMNS, SHAPES, MADE) == first
    assert geopackage("titik", "Point", "EPSG:4326", COLUMNS, SHAPES, datetime(2026, 1, 6)) != first


def test_a_file_says_when_it_was_made_and_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "titik.gpkg"
    path.write_bytes(geopackage("titik", "Point", "EPSG:4326", COLUMNS, SHAPES, MADE))
    connection = sqlite3.connect(path)
    contents = connection.execute("SELECT table_name, last_change, srs_id FROM gpkg_contents").fetchall()
    assert contents == [("titik", "2026-01-05T06:00:00.000Z", 4326)]
    assert connection.execute("SELECT ID, LUAS, geom IS NULL FROM titik ORDER BY fid").fetchall() == [
        ("a", None, 0),
        ("b", "12", 1),
    ]
    connection.close()


@pytest.mark.parametrize("kind", ["batas_wilayah", "bidang_pajak"])
def test_a_crossed_outline_crosses_itself(kind: str) -> None:
    _, alter = DEFECTS[f"{kind} garis-bersilang"]
    multi = kind == "batas_wilayah"
    for cell in cells():
        shape = shapely.MultiPolygon([cell.degrees]) if multi else shapely.box(0, 0, 12, 15)
        wrong = shapely.from_wkt(alter({"geom": shape.wkt}, np.random.default_rng(1))["geom"])
        assert not wrong.is_valid and wrong.geom_type == shape.geom_type


def test_a_department_draws_from_the_register_that_it_names() -> None:
    assert (register("gis"), register("wisata")) == ("sismiop", "siak")
