"""Which kept files an erasure takes: those that hold the value, and those of which nobody can say that they do not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lumbung.declarations.files import GEOMETRY, FilesDataset
from lumbung.declarations.models import Column, Dataset
from lumbung.ops import kept_files
from lumbung.sources.drop.originals import original_path, originals_folder
from tests.unit.sources.gpkg_support import SQUARE, layer, sql, without_triggers

NOP = 3515080101900001
FORM = {"layer": "batas", "geometry": "MultiPolygon", "utm": 32749, "bounds": [112.4, -7.7, 113.0, -7.2]}
MAP = {"headers": {"nop": ("nop",), "batas": (GEOMETRY,)}, "gpkg": FORM}
TABLE = {"headers": {"nop": ("nop",)}, "csv": {"encoding": "utf-8", "delimiter": ";"}}


class Place:
    """Kept originals of a dataset: one in force, the others replaced."""

    def __init__(self, root: Path, form: dict[str, Any]) -> None:
        columns = tuple(
            Column.model_construct(name=name, title=name, logical="string", physical="text", format=None)
            for name in form["headers"]
        )
        self.dataset = Dataset.model_construct(
            system="uji",
            name="data",
            columns=columns,
            key=("nop",),
            period_column=None,
            files=FilesDataset.model_validate({"pattern": ".*"} | form),
        )
        self.root = root
        self.files: list[Any] = []
        originals_folder(root, "uji", "data").mkdir(parents=True)

    def keep(self, name: str, body: bytes, state: str) -> None:
        file = SimpleNamespace(dataset="uji.data", system="uji", sha256=f"{len(self.files):064x}", name=name)
        file.state = state
        self.files.append(file)
        original_path(self.root, cast(Any, file)).write_bytes(body)

    def taken(self, value: str) -> list[str]:
        in_force = [file for file in self.files if file.state == "received"]
        ledger = SimpleNamespace(files_in_force=lambda _: in_force, files=lambda dataset: self.files)
        place = SimpleNamespace(warehouse=self.root)
        found = kept_files.holding(cast(Any, ledger), cast(Any, place), self.dataset, {"nop": value})
        return sorted(kept.label for kept in found)


@pytest.mark.parametrize("way", ["a number of no row", "a deleted row", "neither"])
def test_a_replaced_map_goes_whole_and_the_one_in_force_stays(tmp_path: Path, way: str) -> None:
    numbers = {"a number of no row": [1, NOP], "a deleted row": [NOP, 2], "neither": [1, 2]}[way]
    path = without_triggers(layer(tmp_path / "a.gpkg", [SQUARE, SQUARE], nop=["1", "2"], lain=numbers))
    if way == "a deleted row":
        sql(path, "DELETE FROM batas WHERE nop = '1'")
    assert str(NOP).encode() not in path.read_bytes()  # nobody finds it as a text
    place = Place(tmp_path / "gudang", MAP)
    place.keep("lama.gpkg", path.read_bytes(), "superseded")
    place.keep("baru.gpkg", path.read_bytes(), "received")
    assert place.taken(str(NOP)) == ["lama.gpkg"]


def test_of_replaced_tables_those_go_in_which_the_value_stands(tmp_path: Path) -> None:
    place = Place(tmp_path, TABLE)
    place.keep("baris.csv", f"nop\n{NOP}\n".encode(), "superseded")
    place.keep("catatan.csv", f"nop\n7\n# {NOP}\n".encode(), "superseded")
    place.keep("rusak.csv", b"\x81", "superseded")
    place.keep("lain.csv", b"nop\n7\n", "superseded")
    place.keep("berlaku.csv", f"nop\n{NOP}\n".encode(), "received")
    assert place.taken(str(NOP)) == ["baris.csv", "catatan.csv", "rusak.csv"]
