"""Which kept files an erasure takes: those that hold the value, and those of which nobody can say that they do not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from lumbung.declarations.files import FilesDataset
from lumbung.declarations.models import Column, Dataset
from lumbung.ops import kept_files
from lumbung.sources.drop.originals import original_path, originals_folder

NOP = 3515080101900001
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


def test_of_replaced_tables_those_go_in_which_the_value_stands(tmp_path: Path) -> None:
    place = Place(tmp_path, TABLE)
    place.keep("baris.csv", f"nop\n{NOP}\n".encode(), "superseded")
    place.keep("catatan.csv", f"nop\n7\n# {NOP}\n".encode(), "superseded")
    place.keep("rusak.csv", b"\x81", "superseded")
    place.keep("lain.csv", b"nop\n7\n", "superseded")
    place.keep("berlaku.csv", f"nop\n{NOP}\n".encode(), "received")
    assert place.taken(str(NOP)) == ["baris.csv", "catatan.csv", "rusak.csv"]
