"""A table with drawings at the real portal: the GeoJSON file is the table's version, and follows it."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import shapely
from ckanapi.errors import NotFound
from shapely.geometry import shape

from lumbung.declarations import Declarations
from lumbung.declarations.models import Mart, Publication, PublishedColumn
from lumbung.ledger import Ledger
from lumbung.portal import dataset as ids
from lumbung.portal.ckan import Portal
from lumbung.portal.table import LONGEST_TEXT
from lumbung.settings import settings
from lumbung.stages import publish as stage
from tests.publishing import declarations, published

BOXES = {f"35.15.0{number}": shapely.box(112.7 + number / 100, -7.4, 112.71 + number / 100, -7.39) for number in (1, 2)}


class Map:
    """A mart whose only publication has a drawing, and the eyes of the public."""

    def __init__(self, name: str, portal: Portal) -> None:
        self.name, self.portal, self.ledger, self.runs = name, portal, Ledger.connect(), 0
        self.boxes, self.drawn = dict(BOXES), True
        self.anybody = httpx.Client(base_url=settings().ckan_url, timeout=60)

    @property
    def declared(self) -> Declarations:
        made: Declarations = declarations(self.name)
        mart = made.marts[self.name]
        drawn = PublishedColumn(
            name="geometri", source="batas", title="Batas", description="Batas.", unit=None, type="geometry", decimals=5
        )
        columns = (published("kode_wilayah", "kode_kecamatan"), published("luas", "luas", "numeric", "km²"))
        columns = (*columns, drawn) if self.drawn else columns
        publication = mart.publications[0].model_copy(
            update={"columns": columns, "key": ("kode_wilayah",), "suppress": None, "period_column": None}
        )
        return made.model_copy(update={"marts": {self.name: mart.model_copy(update={"publications": (publication,)})}})

    @property
    def table_id(self) -> str:
        return ids.resource_id(f"{self.name}_kecamatan")

    def read(self, mart: Mart, publication: Publication, snapshot: int | None) -> stage.Rows:
        names = ["kode_wilayah", "luas", "geometri"][: len(publication.columns)]
        return names, [dict(zip(names, (code, 1, box.wkb), strict=False)) for code, box in self.boxes.items()]

    def publish(self) -> stage.Report:
        self.runs += 1
        as_of = datetime(2026, 1, self.runs, 17, tzinfo=UTC)
        label = f"{self.name}-{self.runs}"
        self.ledger.record_mart(self.name, label, as_of, {"x": self.runs}, 2, 2, {}, None, uuid4().hex)
        return stage.publish(f"uji/{label}", "cli:penguji", portal=self.portal, read=self.read)

    def resources(self) -> list[dict[str, Any]]:
        answer = self.anybody.get("/api/3/action/package_show", params={"id": ids.dataset_id(f"{self.name}_kecamatan")})
        found: list[dict[str, Any]] = answer.json()["result"]["resources"]
        return found

    def file(self, version: str, end: str) -> httpx.Response:
        return self.anybody.get(f"/lumbung/berkas/{self.table_id}/{version}.{end}")


def same(feature: Any, box: shapely.Polygon) -> bool:
    """Whether a feature is this box, up to the last digit that the public gets."""
    return bool(shapely.hausdorff_distance(shape(feature["geometry"]), box) < 1e-5)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[Map]:
    made = Map(f"uji_{secrets.token_hex(4)}", Portal.connect())
    monkeypatch.setattr(stage, "load", lambda: made.declared)
    yield made
    with suppress(NotFound):
        made.portal.call("dataset_purge", {"id": ids.dataset_id(f"{made.name}_kecamatan")})
    for kind, name in (("organization", "uji-dinas"), ("group", "uji-tema")):
        with suppress(NotFound):
            made.portal.call(f"{kind}_purge", {"id": name})


def test_a_drawing_reaches_everybody_as_geojson_and_follows_its_table(drawn: Map) -> None:
    assert drawn.publish().published == [f"{drawn.name}_kecamatan"]
    table, link = drawn.resources()
    assert (table["format"], link["format"]) == ("CSV", "GeoJSON")
    first = drawn.anybody.get(link["url"])
    assert first.headers["content-type"] == "application/geo+json"
    assert first.headers["X-Lumbung-Version"] == table["versi"]
    features = first.json()["features"]
    assert [one["properties"] for one in features] == [{"kode_wilayah": code, "luas": 1} for code in sorted(BOXES)]
    assert all(same(one, BOXES[one["properties"]["kode_wilayah"]]) for one in features)

    assert drawn.publish().unchanged == [f"{drawn.name}_kecamatan"]
    drawn.boxes["35.15.02"] = shapely.box(112.72, -7.4, 112.74, -7.39)
    assert drawn.publish().published == [f"{drawn.name}_kecamatan"]
    second = drawn.file("terbaru", "geojson")
    assert second.headers["X-Lumbung-Version"] != table["versi"]
    assert second.headers["X-Lumbung-Version"] == drawn.file("terbaru", "csv").headers["X-Lumbung-Version"]
    assert same(second.json()["features"][1], drawn.boxes["35.15.02"])
    old = drawn.file(table["versi"], "geojson")
    assert old.json() == first.json()  # a version never changes
    assert "immutable" not in old.headers["Cache-Control"]  # but the types of its properties may
    assert "immutable" in drawn.file(table["versi"], "csv").headers["Cache-Control"]


def test_there_is_no_map_of_what_is_none(drawn: Map) -> None:
    assert drawn.file("terbaru", "geojson").status_code == 404
    drawn.publish()
    assert drawn.file("2026-01-01-00000000", "geojson").status_code == 404
    drawn.portal.call("resource_patch", {"id": drawn.table_id, "kolom_geometri": ""})
    assert drawn.file("terbaru", "geojson").status_code == 404
    assert drawn.file("terbaru", "csv").status_code == 200


def test_a_drawing_that_is_withdrawn_leaves_no_map_and_may_come_back(drawn: Map) -> None:
    drawn.publish()
    first = drawn.resources()[0]["versi"]
    drawn.drawn = False
    assert drawn.publish().published == [f"{drawn.name}_kecamatan"]
    (table,) = drawn.resources()
    assert not table["kolom_geometri"]
    assert [drawn.file(version, "geojson").status_code for version in ("terbaru", first)] == [404, 404]
    assert drawn.publish().unchanged == [f"{drawn.name}_kecamatan"]
    drawn.drawn = True
    drawn.publish()
    table, link = drawn.resources()
    assert (table["kolom_geometri"], link["format"]) == ("geometri", "GeoJSON")
    assert drawn.anybody.get(link["url"]).status_code == 200


def test_a_large_drawing_is_published_and_read_back(drawn: Map) -> None:
    """As large as the declarations allow: longer than a cell of Python's reader, and all of its words are indexed."""
    angles = [2 * math.pi * number / 23_000 for number in range(23_000)]
    ring = [(112.7 + 0.2 * math.cos(angle), -7.4 + 0.2 * math.sin(angle)) for angle in angles]
    drawn.boxes["35.15.02"] = shapely.Polygon(ring)
    assert drawn.publish().published == [f"{drawn.name}_kecamatan"]
    assert LONGEST_TEXT * 0.9 < len(max(drawn.file("terbaru", "csv").text.splitlines(), key=len)) < LONGEST_TEXT
    assert same(drawn.file("terbaru", "geojson").json()["features"][1], drawn.boxes["35.15.02"])


def test_a_value_that_is_no_drawing_blocks_the_publication(drawn: Map) -> None:
    drawn.boxes["35.15.02"] = shapely.box(690_000, 9_180_000, 690_100, 9_180_100)
    with pytest.raises(stage.PublicationFailed, match="kolom geometri baris 2 bukan bujur dan lintang"):
        drawn.publish()
    assert drawn.file("terbaru", "csv").status_code == 404
