"""Where dropped files lie: in the department's drop folder until they have landed, then beside raw as they came."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lumbung.sources.drop.csvfile import open_csv
from lumbung.sources.drop.filetable import FileRefused, FileTable, Reader
from lumbung.sources.drop.xlsxfile import open_xlsx

if TYPE_CHECKING:
    from lumbung.declarations.files import FilesDataset
    from lumbung.declarations.models import Dataset
    from lumbung.ledger import SourceFile
    from lumbung.settings import Settings

ORIGINALS: Final = "_asal"
INBOX: Final = "masuk"
REFUSED: Final = "ditolak"
_NAME_BYTES: Final = 150
_UNUSUAL: Final = re.compile(r"[^\w .()+,=@-]")


def inbox(place: Settings, folder: str) -> Path:
    """Where the department puts its files."""
    return place.drop / folder / INBOX


def refused_folder(place: Settings, folder: str) -> Path:
    """Where a refused file goes back to the department, with the reason beside it."""
    return place.drop / folder / REFUSED


def originals_folder(warehouse: Path, system: str, dataset_name: str) -> Path:
    """Where originals are kept: beside the raw folders of the dataset. Spark reads no name with an underscore first."""
    return warehouse / "raw" / system / dataset_name / ORIGINALS


def original_path(warehouse: Path, file: SourceFile) -> Path:
    """The kept original of a file."""
    name = (file.dataset or "").removeprefix(f"{file.system}.")
    return originals_folder(warehouse, file.system, name) / original_name(file.sha256, file.name)


def original_name(sha256: str, name: str) -> str:
    """Its name: the beginning of its digest, and as much of its own name as a path can take."""
    plain = _UNUSUAL.sub("_", name).encode()[-_NAME_BYTES:].decode(errors="ignore")
    return f"{sha256[:16]}_{plain}"


def shown_name(entry: bytes | str) -> str:
    """A file's name as text: one that is none in UTF-8, or that holds control characters, with marks in their place."""
    text = os.fsencode(entry).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "�" for char in text)


@contextmanager
def open_table(path: Path, dataset: Dataset) -> Iterator[FileTable]:
    """A file opened as the contract says. Raises FileRefused."""
    files = dataset.files
    if files is None:
        raise FileRefused(f"dataset {dataset.id}: kontrak tidak menyebut files")  # the declarations' check forbids it
    with _opened(path, files) as reader:
        yield FileTable(reader, dataset, files)


def _opened(path: Path, files: FilesDataset) -> AbstractContextManager[Reader]:
    if files.csv is not None:
        return open_csv(path, files)
    if files.xlsx is not None:
        return open_xlsx(path, files)
    from lumbung.sources.drop.gpkgfile import (
        open_gpkg,  # shapely and PROJ take half a second: only who has maps waits for them
    )

    return open_gpkg(path, files)
