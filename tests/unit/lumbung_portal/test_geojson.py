"""The portal's GeoJSON file is the CSV's rows, with numbers as numbers and codes as texts."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lumbung.settings import ROOT

FILE = ROOT / "portal/ckanext-lumbung/lumbung_portal/geojson.py"
POINT = '"{""type"":""Point"",""coordinates"":[112.7,-7.4]}"'
TYPES = {"kode": "text", "luas": "numeric", "jumlah": "int8", "buka": "bool", "geometri": "text"}


@pytest.fixture(scope="module")
def geojson() -> ModuleType:
    """The module alone: it needs nothing of the portal."""
    spec = spec_from_file_location("geojson", FILE)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def collection(geojson: ModuleType, path: Path, *lines: str) -> Any:
    return json.loads(written(geojson, path, *lines))


def written(geojson: ModuleType, path: Path, *lines: str) -> str:
    path.write_text("\n".join(["kode,luas,jumlah,buka,geometri", *lines, ""]), encoding="utf-8")
    return b"".join(geojson.features(path, "geometri", TYPES)).decode()


def test_rows_are_features(geojson: ModuleType, tmp_path: Path) -> None:
    found = collection(geojson, tmp_path / "a.csv", f"35.15,1.50,7,true,{POINT}", "35.16,,,false,")
    assert found["type"] == "FeatureCollection"
    assert found["features"] == [
        {
            "type": "Feature",
            "properties": {"kode": "35.15", "luas": 1.5, "jumlah": 7, "buka": True},
            "geometry": {"type": "Point", "coordinates": [112.7, -7.4]},
        },
        {
            "type": "Feature",
            "properties": {"kode": "35.16", "luas": None, "jumlah": None, "buka": False},
            "geometry": None,
        },
    ]


def test_a_text_keeps_its_quotes_and_lines(geojson: ModuleType, tmp_path: Path) -> None:
    found = collection(geojson, tmp_path / "a.csv", f'"Jl. ""A""\nNo. 2",NaN,1,true,{POINT}')
    assert found["features"][0]["properties"]["kode"] == 'Jl. "A"\nNo. 2'
    assert found["features"][0]["properties"]["luas"] == "NaN"  # JSON has no such number


@pytest.mark.parametrize("number", ["0.10", "1e-05", "12345678901234567890.50", "-0.0", "100"])
def test_a_number_is_written_as_in_the_csv(geojson: ModuleType, tmp_path: Path, number: str) -> None:
    point = POINT.replace("112.7", "112.70")
    text = written(geojson, tmp_path / "a.csv", f"35.10,{number},7,true,{point}")
    assert f'"properties":{{"kode":"35.10","luas":{number},"jumlah":7,"buka":true}}' in text
    assert '"coordinates":[112.70,-7.4]' in text
    json.loads(text)


@pytest.mark.parametrize("word", ["007", ".5", "1.", "+1", "Infinity", "1_000", "٣"])
def test_what_is_no_number_of_json_is_a_text(geojson: ModuleType, tmp_path: Path, word: str) -> None:
    found = collection(geojson, tmp_path / "a.csv", f"a,{word},1,true,{POINT}")
    assert found["features"][0]["properties"]["luas"] == word


def test_a_drawing_that_is_no_json_ends_the_file(geojson: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Extra data"):
        written(geojson, tmp_path / "a.csv", 'a,1,1,true,"{}}],"')


def test_a_file_without_the_column_is_no_map(geojson: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("kode\n1\n", encoding="utf-8")
    assert geojson.features(path, "geometri", TYPES) is None
