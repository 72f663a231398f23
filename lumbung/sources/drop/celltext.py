"""A cell of a file as the text that the department would have written, and what Excel is known to have broken."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from lumbung.declarations.models import Column

Cell = str | float | bool | date | datetime | time | timedelta
BROKEN_BY_EXCEL: Final = "rusak oleh Excel"
MOST_EXACT: Final = 10**15
"""Excel keeps 15 digits of a number; the sixteenth of a NIK becomes 0."""
_AS_POWER: Final = re.compile(r"[+-]?[0-9]([.,][0-9]+)?[eE]\+[0-9]{2,3}")
_DAY_ONE: Final = datetime(1899, 12, 30)
_SERIALS: Final = (61, 2_958_466)
"""Excel's days that are certain (1900-03-01, after its false leap day) up to 9999-12-31, exclusive."""
_DATES: Final = {"31-12-2025": "%d-%m-%Y", "31/12/2025": "%d/%m/%Y", "20251231": "%Y%m%d"}


def cell_text(cell: Cell, column: Column) -> tuple[str, str | None]:
    """The text of a cell, written as the contract says the department writes it, and what is wrong with it (or None).

    A spreadsheet's own dates and numbers have no writing of theirs: they take the column's declared one.
    """
    if isinstance(cell, str):
        if column.logical == "string" and _AS_POWER.fullmatch(cell.strip()):
            return cell, f"berisi {cell.strip()}: angka panjang {BROKEN_BY_EXCEL}; simpan kolom ini sebagai teks"
        return cell, None
    if isinstance(cell, bool):
        return ("true" if cell else "false"), None
    if isinstance(cell, int | float):
        return _number(cell, column)
    return _moment(cell, column), None


def _number(cell: float, column: Column) -> tuple[str, str | None]:
    if column.logical in ("date", "timestamp") and _SERIALS[0] <= cell < _SERIALS[1]:
        return _moment(_DAY_ONE + timedelta(seconds=round(cell * 86_400)), column), None
    kept = format(cell, ".15g") if column.logical == "string" or abs(cell) < MOST_EXACT else repr(cell)
    text = format(Decimal(kept), "f").removesuffix(".0")
    if column.logical == "string" and abs(cell) >= MOST_EXACT:
        said = f"berisi {len(text.lstrip('-'))} angka yang disimpan sebagai bilangan, {BROKEN_BY_EXCEL}"
        return text, f"{said}: angka terakhirnya tidak dapat dipercaya; simpan kolom ini sebagai teks lalu isi lagi"
    return (text.replace(".", ",") if column.format == "1.234,5" else text), None


def _moment(cell: date | time | timedelta, column: Column) -> str:
    if isinstance(cell, datetime):
        if column.logical != "timestamp" and cell.time() == time():
            cell = cell.date()
        else:
            return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        year = f"{cell.year:04d}"  # strftime leaves leading zeros out
        return cell.strftime(_DATES.get(column.format or "", "%Y-%m-%d").replace("%Y", year))
    return str(cell)
