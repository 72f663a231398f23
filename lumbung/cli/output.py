"""How commands speak: tables on a terminal, plain lines elsewhere, JSON for machines, errors in one message."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from typer.exceptions import TyperException

console = Console(highlight=False, soft_wrap=True)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes | bytearray):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def as_json(value: object) -> None:
    """Prints `value` as JSON: dates in ISO 8601, decimals as text, bytes (of a drawing) in hexadecimal."""
    print(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, int):
        return f"{value:,}".replace(",", ".")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S%z")
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if isinstance(value, list | tuple):
        return "; ".join(_cell(item) for item in value)
    return str(value)


def as_table(title: str, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
    """Prints rows as a table; `columns` maps a row's key to its heading. Numbers are aligned right."""
    if not rows:
        console.print(f"{title}: tidak ada.")
        return
    numeric = {key for key in columns if all(isinstance(row.get(key), int | Decimal | None) for row in rows)}
    if console.is_terminal:
        table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
        for key, heading in columns.items():
            table.add_column(heading, justify="right" if key in numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_cell(row.get(key)) for key in columns))
        console.print(table)
        return
    cells = [list(columns.values()), *([_cell(row.get(key)) for key in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    print(title)
    for line in cells:
        padded = (
            text.rjust(width) if key in numeric else text.ljust(width)
            for text, width, key in zip(line, widths, columns, strict=True)
        )
        print("  " + "  ".join(padded).rstrip())


def progress(line: str) -> None:
    """One line of progress, on standard error so that output stays clean."""
    print(line, file=sys.stderr, flush=True)


def explain(error: Exception) -> int:
    """Prints an error as one message; the stack only with LUMBUNG_TRACE=1. Returns the exit code.

    What was typed wrongly is answered with the usage of the command, and 2.
    """
    show = getattr(error, "show", None)  # of typer's own copy of click, which it does not export
    if isinstance(error, TyperException) and show is not None:
        show()
        return error.exit_code
    if os.environ.get("LUMBUNG_TRACE"):
        traceback.print_exception(error)
    known = type(error).__module__.startswith("lumbung.") or isinstance(error, ValueError)
    kind = "" if known else f" [{type(error).__name__}; LUMBUNG_TRACE=1 menampilkan rinciannya]"
    print(f"Gagal: {error}{kind}", file=sys.stderr)
    return 1
