"""A small contract for files, and what a file gives under it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lumbung.declarations.files import FilesDataset
from lumbung.declarations.models import Column, Dataset
from lumbung.sources.drop.originals import open_table

HEADERS = {"nik": ("NIK",), "nama": ("Nama", "Nama Lengkap"), "jumlah": ("Jumlah",), "tanggal": ("Tanggal",)}
KINDS = {"nik": "string", "nama": "string", "jumlah": "number", "tanggal": "date"}
FORMATS = {"jumlah": "1.234,5", "tanggal": "31-12-2025"}


def dataset(columns: tuple[str, ...] = tuple(HEADERS), **files: Any) -> Dataset:
    """Dataset `uji.data` whose files are read as `files` says (CSV in UTF-8 with semicolons unless it says XLSX)."""
    form = {} if "xlsx" in files else {"csv": {"encoding": "utf-8", "delimiter": ";"}}
    declared = FilesDataset.model_validate({"pattern": ".*", "headers": HEADERS} | form | files)
    made = tuple(
        Column.model_construct(
            name=name, title=HEADERS[name][0], logical=KINDS[name], physical="text", format=FORMATS.get(name)
        )
        for name in columns
    )
    return Dataset.model_construct(
        system="uji", name="data", columns=made, key=("nik",), period_column=None, files=declared
    )


@dataclass
class Given:
    """What a file gave: values by line, columns that were lost, defects by line, remarks."""

    rows: dict[int, tuple[str | None, ...]]
    lost: dict[int, str]
    defects: dict[int, str]
    remarks: list[str]
    totals: int


def read(path: Path, of: Dataset) -> Given:
    """Read a file to its end. Raises FileRefused."""
    with open_table(path, of) as table:
        rows = list(table.rows())
        return Given(
            {row.line: tuple(row.values) for row in rows},
            {row.line: row.lost for row in rows if row.lost},
            {row.line: row.defect for row in rows if row.defect},
            table.account.remarks,
            table.account.totals,
        )
