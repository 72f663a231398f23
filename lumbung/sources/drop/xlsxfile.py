"""Sheets of a workbook, read as they show: values of formulas, dates as dates, merged cells where they are declared.

The workbook is looked through as a packed file first: what would burst when it is unpacked is never given to the
reader, and what the reader keeps to itself (errors in cells, formulas that were never computed) is found there.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EINVAL
from pathlib import Path
from typing import IO, Final
from xml.etree import ElementTree
from zlib import error as ZlibError

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from lumbung.declarations.files import FilesDataset, XlsxForm
from lumbung.sources.drop.celltext import Cell
from lumbung.sources.drop.filetable import FileRefused, Line, header_of, positions, require_size

_BLOCK: Final = 1 << 20
MOST_CELLS: Final = 5_000_000
"""Cells of a sheet, empty ones among them: the reader keeps a place for each."""
_MOST_PARTS: Final = 2_000
_SMALL_PART: Final = 1 << 20
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL: Final = re.compile(rb"<(?:\w+:)?c((?:\s[^>]*?)?)(/?)>")
_ADDRESS: Final = re.compile(rb"""\sr\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_KIND: Final = re.compile(rb"""\st\s*=\s*["'](\w+)["']""")
_FORMULA: Final = rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
_UNCOMPUTED: Final = re.compile(rb"\s*" + _FORMULA + rb"(?:<(?:\w+:)?v\s*/>\s*)?</(?:\w+:)?c>")
_ERROR: Final = re.compile(rb"\s*(?:" + _FORMULA + rb")?<(?:\w+:)?v>([^<]*)</")
_PANIC: Final = "PanicException"
"""What the reader, which is no Python, throws when it is at its wits' end; no Exception is its base."""
_CSV: Final = "kirim CSV"
Spot = tuple[int, int]


class XlsxReader:
    """One open sheet (see `filetable.Reader`). `errors`: cells that show an error, by line (from 1) and position."""

    def __init__(self, sheet: CalamineSheet, files: FilesDataset, form: XlsxForm, errors: dict[Spot, str]) -> None:
        self._sheet = sheet
        self._files = files
        self._errors = errors
        self.remarks: list[str] = []
        self._left = sheet.start[1] if sheet.start is not None else 0
        self._merged = sorted(sheet.merged_cell_ranges or [])
        self._header_end = files.header_row + files.header_rows - 1
        self._header = self._read_header()
        self._filled = self._filled_positions(form)
        self._under: list[tuple[Spot, Spot]] = []

    def header(self) -> list[str]:
        """Texts of the header; what is merged over several columns stands over each of them."""
        return self._header

    def fault(self, line: int, position: int) -> str | None:
        """An error shows as nothing to the reader, as does what lies under a merged cell."""
        if (shown := self._errors.get((line, position))) is not None:
            return f"berisi galat {shown} (sel {_letters(position)}{line}); perbaiki rumusnya"
        spot = (line - 1, position)
        if any(start < spot and start[1] <= position <= end[1] for start, end in self._under):
            return "tertutup sel gabungan; pisahkan selnya dan isi setiap baris"
        return None

    def lines(self) -> Iterator[Line]:
        """The lines below the header. A declared merged cell stands for all its rows."""
        waiting = [span for span in self._merged if span[1][0] >= self._header_end]
        standing: dict[Spot, Cell] = {}
        width, beyond = len(self._header), False
        for number, row in enumerate(self._rows(), 1):
            if number <= self._header_end:
                continue
            at = number - 1
            while waiting and waiting[0][0][0] <= at:
                self._under.append(waiting.pop(0))
            self._under = [span for span in self._under if span[1][0] >= at]
            cells = [*row[:width], *[""] * (width - len(row))]
            if not beyond and any(cell != "" for cell in row[width:]):
                beyond = True
                self.remarks.append(f"isi di kanan kepala tabel tidak dibaca (pertama di baris {number})")
            for start, end in self._under:
                if start[1] in self._filled and start[1] == end[1]:
                    if start[0] == at:
                        standing[start] = cells[start[1]]
                    else:
                        cells[start[1]] = standing.get(start, "")
            yield Line(number, cells)

    def _rows(self) -> Iterator[list[Cell]]:
        """Rows from the sheet's first, cells from its first column: the reader leaves out what is empty before."""
        lead = [""] * self._left
        for row in self._sheet.iter_rows():
            yield [*lead, *row]

    def _read_header(self) -> list[str]:
        first, many = self._files.header_row, self._files.header_rows
        lines: list[list[str]] = []
        for number, row in enumerate(self._rows(), 1):
            if number >= first:
                lines.append([str(cell) for cell in row])
            if len(lines) == many:
                break
        if not any(text.strip() for line in lines for text in line):
            raise FileRefused(f"kepala tabel tidak ditemukan pada baris {first} lembar “{self._sheet.name}”")
        for (top, left), (bottom, right) in self._merged:
            if first - 1 <= top and bottom < first - 1 + many:
                text = lines[top - first + 1][left]
                for line in range(top - first + 1, min(bottom - first + 2, len(lines))):
                    for position in range(left, min(right + 1, len(lines[line]))):
                        lines[line][position] = text
        header = header_of(lines)
        while header and not header[-1]:
            header.pop()
        return header

    def _filled_positions(self, form: XlsxForm) -> set[int]:
        found = positions(self._header, self._files)
        return {found[name] for name in form.fill_merged}


_BROKEN: Final = (
    zipfile.BadZipFile,
    ZlibError,
    EOFError,
    NotImplementedError,
    LookupError,  # a part that is not there, an encoding that nobody knows
    UnicodeDecodeError,
    ElementTree.ParseError,
)


@contextmanager
def open_xlsx(path: Path, files: FilesDataset) -> Iterator[XlsxReader]:
    """Open the declared sheet of a workbook. Raises FileRefused."""
    form = files.xlsx
    if form is None:
        raise FileRefused("kontrak tidak menyebut xlsx")  # the declarations' check forbids it
    require_size(path, form.max_mb, f" untuk XLSX; {_CSV}")
    with path.open("rb") as start:
        _require_start(start.read(8))
    try:
        with zipfile.ZipFile(path) as packed:
            errors, hidden = _look_through(packed, form)
        workbook = CalamineWorkbook.from_path(path)
        try:
            reader = XlsxReader(_sheet_of(workbook, form.sheet), files, form, errors)
            if hidden:
                names = ", ".join(f"“{name}”" for name in hidden)
                reader.remarks.append(f"lembar tersembunyi {names} tidak dibaca")
            yield reader
        finally:
            workbook.close()
    except _BROKEN as error:
        raise FileRefused(f"berkas XLSX rusak atau terpotong ({type(error).__name__}); simpan dan kirim lagi") from None
    except OSError as error:
        if error.errno != EINVAL:  # a place before the beginning that the packed file's own directory names
            raise
        raise FileRefused("berkas XLSX rusak atau terpotong (alamat di dalamnya); simpan dan kirim lagi") from None
    except CalamineError as error:
        raise FileRefused(f"berkas XLSX tidak dapat dibuka ({type(error).__name__}); simpan dan kirim lagi") from None
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise FileRefused("berkas XLSX rusak di dalamnya; simpan sebagai berkas baru dan kirim lagi") from None


def _require_start(start: bytes) -> None:
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused("berkas terkunci kata sandi atau berformat .xls lama; simpan sebagai .xlsx tanpa kata sandi")
    if not start.startswith(b"PK"):
        raise FileRefused("isinya bukan XLSX (mungkin CSV atau HTML yang diganti namanya); simpan sebagai .xlsx")


def _look_through(packed: zipfile.ZipFile, form: XlsxForm) -> tuple[dict[Spot, str], list[str]]:
    """Unpack every part without keeping it: sizes are what they say they are, and stay within what is declared.

    Gives the cells of the declared sheet that show an error, and names of hidden sheets.
    """
    parts, most = packed.infolist(), form.expanded_mb << 20
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > most:
        raise FileRefused(f"isi berkas melebihi {form.expanded_mb} MiB setelah dibuka dari kemasannya; {_CSV}")
    if any(part.flag_bits & 1 for part in parts):
        raise FileRefused("berkas terkunci kata sandi; simpan tanpa kata sandi")
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise FileRefused("isinya kemasan ZIP tanpa buku kerja Excel; simpan sebagai .xlsx")
    wanted, hidden = _sheet_part(packed, form.sheet)
    errors: dict[Spot, str] = {}
    for part in parts:
        with packed.open(part) as content:
            if part.filename == wanted:
                errors = _look_at_cells(content)
            else:
                while content.read(_BLOCK):
                    pass
    return errors, hidden


def _sheet_part(packed: zipfile.ZipFile, sheet: str) -> tuple[str | None, list[str]]:
    """Name of the part that holds the sheet, and names of hidden sheets."""
    book = _small_xml(packed, "xl/workbook.xml")
    relations = _small_xml(packed, "xl/_rels/workbook.xml.rels")
    targets = {one.get("Id"): one.get("Target") or "" for one in relations}
    wanted, hidden = None, []
    for one in book.iter():
        if one.get("date1904") in ("1", "true"):
            raise FileRefused("buku kerja menghitung tanggal dari 1904; ubah ke 1900 di Excel, simpan, kirim lagi")
        if one.tag.rpartition("}")[2] != "sheet":
            continue
        name = one.get("name") or ""
        if one.get("state", "visible") != "visible":
            hidden.append(name)
        if _same(name, sheet):
            target = targets.get(one.get(_RELATION), "")
            wanted = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return wanted, hidden


def _small_xml(packed: zipfile.ZipFile, name: str) -> ElementTree.Element:
    if packed.getinfo(name).file_size > _SMALL_PART:
        raise FileRefused(f"bagian {name} dari berkas XLSX terlalu besar; simpan sebagai berkas baru")
    text = packed.read(name)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise FileRefused("berkas XLSX memuat definisi XML yang tidak semestinya; simpan sebagai berkas baru")
    return ElementTree.fromstring(text)  # noqa: S314 - small, and without a document type


def _look_at_cells(content: IO[bytes]) -> dict[Spot, str]:
    """Cells that show an error. Raises FileRefused for a formula without a value and for a sheet that is too wide."""
    errors: dict[Spot, str] = {}
    rest = content.read(_BLOCK)
    if not rest.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or b"\x00" in rest:
        raise FileRefused("lembar kerja tidak ditulis sebagai UTF-8; buka di Excel, simpan, kirim lagi")
    last_row = last_column = 0
    while rest:
        block = content.read(_BLOCK)
        end = rest.rfind(b"row>") if block else len(rest)
        if end < 0 and len(rest) > 64 * _BLOCK:
            raise FileRefused(f"satu baris lembar kerja terlalu panjang; {_CSV}")
        text, rest = rest[: max(end, 0)], rest[max(end, 0) :] + block
        for found in _CELL.finditer(text):
            address = _ADDRESS.search(found[1])
            if address is None:
                raise FileRefused("lembar kerja memuat sel tanpa alamat; buka di Excel, simpan, kirim lagi")
            row, column = int(address[2]), _position(address[1])
            last_row, last_column = max(last_row, row), max(last_column, column + 1)
            if not found[2]:
                _look_at_cell(text, found, (row, column), errors)
        if not block:
            break
    if last_row * last_column > MOST_CELLS:
        raise FileRefused(f"lembar kerja memuat {last_row} baris × {last_column} kolom; {_CSV}")
    return errors


def _look_at_cell(text: bytes, found: re.Match[bytes], spot: Spot, errors: dict[Spot, str]) -> None:
    kind = said[1] if (said := _KIND.search(found[1])) else b""
    if kind == b"e" and (shown := _ERROR.match(text, found.end())):
        errors[spot] = shown[1].decode("ascii", "replace")
    elif kind != b"str" and _UNCOMPUTED.match(text, found.end()):
        where = f"{_letters(spot[1])}{spot[0]}"
        raise FileRefused(f"rumus di sel {where} belum dihitung; buka berkas di Excel, simpan, kirim lagi")


def _sheet_of(workbook: CalamineWorkbook, name: str) -> CalamineSheet:
    """The declared sheet. Raises FileRefused when it is not there, or hidden."""
    known = [one for one in workbook.sheets_metadata if _same(one.name, name)]
    if not known:
        shown = (one.name for one in workbook.sheets_metadata if one.visible == SheetVisibleEnum.Visible)
        there = ", ".join(f"“{one}”" for one in shown)
        raise FileRefused(f"lembar “{name}” tidak ada; yang ada: {there or 'tidak ada'}")
    if known[0].visible != SheetVisibleEnum.Visible:
        raise FileRefused(f"lembar “{known[0].name}” disembunyikan; tampilkan lembarnya lalu kirim lagi")
    return workbook.get_sheet_by_name(known[0].name)


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _position(letters: bytes) -> int:
    """`A` → 0, `AA` → 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _letters(position: int) -> str:
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
