"""Dropped files that are kept: beside raw as they came, and in `ditolak/` as they went back. Which may go, and when.

The file in force of a period is the source itself: it stays until the department replaces it, however old it is. What
it replaced is a copy of rows that lie in raw; that goes when its time is over, and when it holds a person who is to be
erased. It goes whole: rewritten it would no longer be what the department sent, and a workbook keeps texts in places
where no row shows them. A GeoPackage keeps numbers and deleted rows in its pages, which no search for a text finds: of
a dataset of maps every such file goes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from lumbung.faults import point
from lumbung.ops import rewriting
from lumbung.ops.plans import Step
from lumbung.sources.drop.filetable import FileRefused
from lumbung.sources.drop.leaving import REASON_FILE
from lumbung.sources.drop.originals import inbox, open_table, original_path, originals_folder, refused_folder
from lumbung.sources.schema import read_columns
from lumbung.storage import sync_directory

if TYPE_CHECKING:
    from lumbung.declarations import Dataset, Declarations
    from lumbung.declarations.models import System
    from lumbung.ledger import Ledger, SourceFile
    from lumbung.settings import Settings

_ROWS: Final = 8_192


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that nobody reads any more. `file` None: of an attempt that died. `rows`: of a person, 0 when unknown."""

    path: Path
    label: str
    file: SourceFile | None
    rows: int = 0


def spare(ledger: Ledger, place: Settings, dataset: Dataset) -> list[Kept]:
    """Every kept file of a dataset that is not in force, in both places."""
    if dataset.files is None:
        return []
    warehouse = place.warehouse
    needed = {original_path(warehouse, file) for file in ledger.files_in_force(dataset.id)}
    found: dict[Path, Kept] = {}
    for file in ledger.files(dataset=dataset.id):
        path = (
            refused_folder(place, file.folder) / file.name
            if file.state == "refused"
            else original_path(warehouse, file)
        )
        if path not in needed and path.is_file():
            found[path] = Kept(path, file.name, file)
    folder = originals_folder(warehouse, dataset.system, dataset.name)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path not in needed and path not in found:
            found[path] = Kept(path, path.name, None)
    return list(found.values())


def waiting(place: Settings, system: System, dataset: Dataset) -> list[str]:
    """Names of files of the dataset that lie in the drop folder."""
    folder = inbox(place, system.connection)
    if dataset.files is None or not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if re.fullmatch(dataset.files.pattern, entry.name))


def holding(ledger: Ledger, place: Settings, dataset: Dataset, wanted: Mapping[str, str]) -> list[Kept]:
    """Spare files in which the wanted rows stand, or might: what cannot be read may hold them, and so may any map."""
    found = []
    for kept in spare(ledger, place, dataset):
        rows = _rows_in(kept.path, dataset, wanted)
        if rows != 0 or are_maps(dataset) or all(_written_in(kept.path, value) for value in wanted.values()):
            found.append(Kept(kept.path, kept.label, kept.file, rows or 0))
    return found


def are_maps(dataset: Dataset) -> bool:
    """Whether the dataset's files are GeoPackages, in which no search of bytes is to be trusted."""
    return dataset.files is not None and dataset.files.gpkg is not None


def _rows_in(path: Path, dataset: Dataset, wanted: Mapping[str, str]) -> int | None:
    """Matching rows by the contract; None when the file cannot be read by it."""
    names = [column.name for column in read_columns(dataset)]
    within = {name: value for name, value in wanted.items() if name in names}
    rows = 0
    try:
        with open_table(path, dataset) as table:
            for values in _in_portions(row.values for row in table.rows()):
                arrays = [pa.array(column, pa.string()) for column in zip(*values, strict=True)]
                rows += rewriting.matching(dataset, pa.RecordBatch.from_arrays(arrays, names), within).true_count
    except FileRefused:
        return None
    return rows


def _in_portions(rows: Iterator[list[str | None]]) -> Iterator[list[list[str | None]]]:
    held: list[list[str | None]] = []
    for row in rows:
        held.append(row)
        if len(held) == _ROWS:
            yield held
            held = []
    if held:
        yield held


def _written_in(path: Path, value: str) -> bool:
    """Whether the text stands anywhere in the file, also where no row of the contract is."""
    sought = [value.encode(encoding, "replace") for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp1252")]
    with path.open("rb") as stream:
        if not zipfile.is_zipfile(stream):
            stream.seek(0)  # the look for an archive's end leaves it there
            return _contains(stream, sought)
    with zipfile.ZipFile(path) as packed:
        return any(_contains(part, sought) for name in packed.namelist() for part in (packed.open(name),))


def _contains(stream: object, sought: list[bytes]) -> bool:
    longest, tail = max(map(len, sought)), b""
    read = stream.read  # type: ignore[attr-defined]
    while block := read(1 << 20):
        text = tail + block
        if any(one in text for one in sought):
            return True
        tail = text[-longest:]
    return False


def drop(ledger: Ledger, kept: Kept, why: str) -> None:
    """Remove a kept file, after the ledger knows; asked again it goes on where it died."""
    if kept.file is not None:
        ledger.original_removed(kept.file.id, why)
    point("kept:removal-recorded")
    kept.path.unlink(missing_ok=True)
    kept.path.with_name(kept.path.name + REASON_FILE).unlink(missing_ok=True)
    sync_directory(kept.path.parent)


def old_steps(ledger: Ledger, declarations: Declarations, place: Settings, today: datetime) -> list[Step]:
    """Spare files whose time is over."""
    steps = []
    for dataset in declarations.datasets.values():
        age = declarations.retention(dataset)
        for kept in spare(ledger, place, dataset):
            if kept.file is None or kept.file.arrived_at >= today - age:
                continue
            why = f"{kept.file.state}, tiba {kept.file.arrived_at:%Y-%m-%d}, masa simpan {age.days} hari"
            detail = {"dataset": dataset.id, "file": kept.file.id}
            steps.append(Step("asal", str(kept.path), why, 0, kept.path.stat().st_size, detail))
    return steps


def remove(ledger: Ledger, declarations: Declarations, place: Settings, step: Step) -> int:
    """Do a step of `old_steps`; bytes that it freed, none when the file is gone or in force by now."""
    dataset = declarations.datasets[step.detail["dataset"]]
    for kept in spare(ledger, place, dataset):
        if str(kept.path) == step.target:
            drop(ledger, kept, "masa simpan habis")
            return step.bytes
    return 0
