"""Workbooks as offices make them: titles above the header, totals among the rows, hidden sheets, numbers as numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import xlsxwriter

Cell = Any
"""Text, number, None, or a `Formula`."""


@dataclass(frozen=True)
class Formula:
    """A formula and the value that the program kept beside it."""

    text: str
    value: float


@dataclass(frozen=True)
class Sheet:
    """One sheet: lines from the top."""

    name: str
    lines: Sequence[Sequence[Cell]]
    hidden: bool = False
    widths: Sequence[int] = ()


def workbook(sheets: Sequence[Sheet], made: datetime) -> bytes:
    """The bytes of a workbook; `made` stands in its properties, so that the same content gives the same bytes."""
    bytes_ = io.BytesIO()
    book = xlsxwriter.Workbook(bytes_, {"in_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": made, "author": "Petugas"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        for column, width in enumerate(sheet.widths):
            page.set_column(column, column, width)
        for row, cells in enumerate(sheet.lines):
            for column, cell in enumerate(cells):
                _write(page, row, column, cell)
        if sheet.hidden:
            page.hide()
    book.close()
    return bytes_.getvalue()


def _write(page: Any, row: int, column: int, cell: Cell) -> None:
    if cell is None:
        return
    if isinstance(cell, Formula):
        page.write_formula(row, column, cell.text, None, cell.value)
    elif isinstance(cell, str):
        page.write_string(row, column, cell)
    else:
        page.write_number(row, column, cell)
