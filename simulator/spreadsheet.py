"""Workbooks as offices make them: titles above the header, headers of two lines, merged cells, totals among the rows,
hidden sheets, numbers as numbers.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import xlsxwriter

Cell = Any
"""Text, number, None, or a `Formula`."""
Span = tuple[int, int, int, int]
"""First row, first column, last row, last column of a merged cell, from 0; its content stands in the first cell."""


@dataclass(frozen=True)
class Formula:
    """A formula and the value that the program kept beside it."""

    text: str
    value: float


@dataclass(frozen=True)
class Sheet:
    """One sheet: lines from the top, and which cells are merged."""

    name: str
    lines: Sequence[Sequence[Cell]]
    hidden: bool = False
    widths: Sequence[int] = ()
    merged: Sequence[Span] = ()


def number_cell(text: str | None) -> Cell:
    """A number as the program keeps it; what is none stays text."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def two_lines(row: int, columns: Sequence[tuple[str, ...]]) -> tuple[list[list[Cell]], list[Span]]:
    """The two lines of a header whose upper one is `row`, and its merged cells.

    A column is (text,), merged over both lines, or (upper, lower): equal uppers side by side are merged.
    """
    upper: list[Cell] = [column[0] for column in columns]
    lower: list[Cell] = [column[1] if len(column) > 1 else None for column in columns]
    spans = [(row, at, row + 1, at) for at, column in enumerate(columns) if len(column) == 1]
    for first, last in runs(column[0] if len(column) > 1 else None for column in columns):
        spans.append((row, first, row, last))
        upper[first + 1 : last + 1] = [None] * (last - first)
    return [upper, lower], spans


def down(first_row: int, lines: Sequence[list[Cell]], column: int, within: int | None = None) -> list[Span]:
    """Merge equal texts of a column that stand under each other (and are equal in column `within` too).

    Empties the cells that are covered; `first_row`: where the first of the lines stands in the sheet. Merge the inner
    column before the outer one, which is empty afterwards.
    """
    spans = []
    for first, last in runs((line[column], line[within]) if within is not None else line[column] for line in lines):
        spans.append((first_row + first, column, first_row + last, column))
        for line in lines[first + 1 : last + 1]:
            line[column] = None
    return spans


def runs(values: Iterable[Any]) -> Iterator[tuple[int, int]]:
    """First and last place of two or more equal values beside each other; None is nobody's equal."""
    for value, places in groupby(enumerate(values), key=lambda pair: pair[1]):
        found = [place for place, _ in places]
        if value is not None and len(found) > 1:
            yield found[0], found[-1]


def workbook(sheets: Sequence[Sheet], made: datetime) -> bytes:
    """The bytes of a workbook; `made` stands in its properties, so that the same content gives the same bytes."""
    bytes_ = io.BytesIO()
    book = xlsxwriter.Workbook(bytes_, {"in_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": made, "author": "Petugas"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        for column, width in enumerate(sheet.widths):
            page.set_column(column, column, width)
        for span in sheet.merged:
            page.merge_range(*span, "")
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
