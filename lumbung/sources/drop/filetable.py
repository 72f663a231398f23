"""A dropped file as rows of text: which column stands where, which lines are no rows, and which are ill-formed.

A reader (`csvfile`, `xlsxfile`) gives lines; everything that a contract says of rows is done here, for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from lumbung.declarations.files import FilesDataset, plain_header
from lumbung.declarations.models import Dataset
from lumbung.sources.drop.celltext import Cell, cell_text
from lumbung.sources.errors import SourceError
from lumbung.sources.schema import read_columns

_SHOWN: Final = 8
"""Names listed in a message at most."""


class FileRefused(SourceError):
    """A file that cannot be read as declared; the message tells the department what is wrong and what to send.

    `hint`: more for the department alone; it may show what stands in the file.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def require_size(path: Path, most_mb: int, advice: str) -> None:
    """Raises FileRefused for a file of no bytes, or of more than `most_mb` MiB: `advice` ends the sentence."""
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("berkas kosong (0 byte)")
    if size > most_mb << 20:
        raise FileRefused(f"berkas berukuran {size >> 20} MiB, paling besar {most_mb} MiB{advice}")


class Line(NamedTuple):
    """A line of a file: its number as an editor or spreadsheet shows it, its cells, and why it is none (or None).

    `odd`: it may hold what needs a closer look (NUL, a number as Excel writes large ones).
    """

    number: int
    cells: Sequence[Cell]
    defect: str | None = None
    odd: bool = True


class Row(NamedTuple):
    """A row as received: line, a text or None per column, names of columns whose value text cannot hold, defect."""

    line: int
    values: list[str | None]
    lost: str | None
    defect: str | None


class Reader(Protocol):
    """An opened file."""

    remarks: list[str]

    def header(self) -> list[str]:
        """Texts of the header, in the order of the cells."""

    def lines(self) -> Iterator[Line]:
        """The lines below the header."""

    def fault(self, line: int, position: int) -> str | None:
        """Why a cell that seems empty is not (an error, a merged cell above it); None when it is."""


@dataclass
class Account:
    """What became of a file's lines. `ragged`: ill-formed rows, which are among `rows`."""

    rows: int = 0
    ragged: int = 0
    totals: int = 0
    remarks: list[str] = field(default_factory=list)


class FileTable:
    """One file under one contract. Raises FileRefused as soon as it is seen not to be as declared."""

    def __init__(self, reader: Reader, dataset: Dataset, files: FilesDataset) -> None:
        self._reader = reader
        self._files = files
        self._columns = read_columns(dataset)
        self.account = Account()
        header = reader.header()
        found = positions(header, files)
        self._positions = [found[column.name] for column in self._columns]
        self._width = len(header)
        total = files.total_rows
        self._total = -1 if total is None else found[total.column]
        self._total_pattern = re.compile(total.pattern, re.IGNORECASE) if total is not None else None
        known = set(found.values())
        self.account.remarks += [
            f"kolom baru “{text}” belum ada di kontrak; tidak dibaca sampai didaftarkan"
            for at, text in enumerate(header)
            if text and at not in known
        ][:_SHOWN]

    def rows(self) -> Iterator[Row]:
        """The rows; lines without any value and totals are left out. At the end the file as a whole is judged."""
        account, total = self.account, self._total_pattern
        empty, strip, width = frozenset(self._files.empty), self._files.strip, self._width
        for line in self._reader.lines():
            cells = line.cells
            if line.defect is not None:
                account.rows, account.ragged = account.rows + 1, account.ragged + 1
                yield Row(line.number, [None] * len(self._columns), None, line.defect)
                continue
            if len(cells) == width and not line.odd:
                values = [cells[at] for at in self._positions]
                if strip:
                    values = [value.strip() for value in values]  # type: ignore[union-attr]
                texts: list[str | None] = [None if value in empty else value for value in values]  # type: ignore[misc]
                lost = defect = None
            else:
                texts, lost, defect = self._closely(line, empty)
            if texts.count(None) == len(texts) and all(str(cell).strip() in empty for cell in cells):
                continue
            if total is not None and self._is_total(cells, total):
                account.totals += 1
                continue
            account.rows += 1
            if defect is not None:
                account.ragged += 1
            yield Row(line.number, texts, lost, defect)
        self._judge()

    def _closely(self, line: Line, empty: frozenset[str]) -> tuple[list[str | None], str | None, str | None]:
        """Texts, lost columns and the first defect of a line that is not simply as many plain texts as the header."""
        texts: list[str | None] = []
        lost: list[str] = []
        defect = self._shape(line.cells, empty)
        for column, at in zip(self._columns, self._positions, strict=True):
            text, wrong = cell_text(line.cells[at], column) if at < len(line.cells) else (None, None)
            if text is not None and self._files.strip:
                text = text.strip()
            if text is not None and text in empty:
                text = None
            if text is not None and "\x00" in text:
                text = None
                lost.append(column.name)
            if text is None and wrong is None:
                wrong = self._reader.fault(line.number, at)
            if wrong is not None and defect is None:
                defect = f"kolom {column.title} {wrong}"
            texts.append(text)
        return texts, ",".join(lost) or None, defect

    def _shape(self, cells: Sequence[Cell], empty: frozenset[str]) -> str | None:
        """What is wrong with the number of cells. Cells beyond the header that hold nothing are no fault."""
        if len(cells) < self._width and not self._files.fill_short:
            return f"berisi {len(cells)} kolom, seharusnya {self._width} seperti kepala tabel"
        if any(str(cell).strip() not in empty for cell in cells[self._width :]):
            return (
                f"berisi {len(cells)} kolom, seharusnya {self._width} seperti kepala tabel: mungkin ada pemisah kolom "
                "di dalam nilai yang tidak dikutip"
            )
        return None

    def _is_total(self, cells: Sequence[Cell], pattern: re.Pattern[str]) -> bool:
        return self._total < len(cells) and pattern.fullmatch(str(cells[self._total]).strip()) is not None

    def _judge(self) -> None:
        account = self.account
        account.remarks += self._reader.remarks
        if account.totals:
            account.remarks.append(f"{account.totals} baris total tidak ikut dibaca sebagai data")
        if not account.rows and not self._files.allow_empty:
            raise FileRefused("berkas tidak memuat satu baris data pun di bawah kepala tabel")
        if account.ragged * 100 > account.rows * self._files.bad_percent:
            raise FileRefused(
                f"{account.ragged} dari {account.rows} baris rusak bentuknya, lebih dari {self._files.bad_percent}% "
                "yang diperbolehkan; periksa pemisah kolom dan tanda kutipnya"
            )


def positions(header: Sequence[str], files: FilesDataset) -> dict[str, int]:
    """Column → where it stands. Raises FileRefused naming every column that is missing or stands twice."""
    seen: dict[str, list[int]] = {}
    for at, text in enumerate(header):
        if text:
            seen.setdefault(plain_header(text), []).append(at)
    found: dict[str, int] = {}
    wrong: list[str] = []
    for column, accepted in files.headers.items():
        places = [at for text in dict.fromkeys(map(plain_header, accepted)) for at in seen.get(text, ())]
        if not places:
            wrong.append(f"kolom “{accepted[0]}” tidak ada")
        elif len(places) > 1:
            wrong.append(f"kolom “{accepted[0]}” ada {len(places)} kali")
        else:
            found[column] = places[0]
    if wrong:
        there = ", ".join(f"“{text[:40]}”" for text in header[:_SHOWN] if text) or "tidak ada"
        more = "" if len(wrong) <= _SHOWN else f"; dan {len(wrong) - _SHOWN} lagi"
        raise FileRefused(f"kepala tabel tidak sesuai: {'; '.join(wrong[:_SHOWN])}{more}", f"Yang ditemukan: {there}")
    return found


def header_of(lines: Sequence[Sequence[str]]) -> list[str]:
    """One text per cell from the lines of a header: `upper / lower`, a text that only goes on is said once."""
    width = max((len(line) for line in lines), default=0)
    made = []
    for at in range(width):
        parts = [" ".join(line[at].split()) for line in lines if at < len(line)]
        made.append(" / ".join(dict.fromkeys(part for part in parts if part)))
    return made
