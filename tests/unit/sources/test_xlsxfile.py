"""Workbooks as departments really make them: what is read, which row is refused, which file as a whole."""

from __future__ import annotations

import contextlib
import random
import re
import struct
import zipfile
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from lumbung.sources.drop import xlsxfile
from lumbung.sources.drop.filetable import FileRefused
from tests.unit.sources.file_support import HEADERS, Given, dataset, read

HEAD = ("NIK", "Nama", "Jumlah", "Tanggal")
NIK, OTHER = "3515010000000001", "3515010000000002"
DAY = datetime(2025, 12, 31)
Fill = Callable[[Workbook, Worksheet], None]
XLSX = {"xlsx": {"sheet": "Data"}}


def book(path: Path, fill: Fill, sheet: str = "Data", head: tuple[str, ...] = HEAD, **options: Any) -> Path:
    with Workbook(str(path), options) as made:
        page = made.add_worksheet(sheet)
        for column, text in enumerate(head):
            page.write_string(0, column, text)
        fill(made, page)
    return path


def row(page: Worksheet, number: int, *cells: Any) -> None:
    """Cells of the line `number` (from 1) as they are: text as text, numbers as numbers."""
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            page.write_string(number - 1, column, cell)
        elif cell is not None:
            page.write(number - 1, column, cell)


def given(tmp_path: Path, fill: Fill, files: dict[str, Any] | None = None, **options: Any) -> Given:
    return read(book(tmp_path / "data.xlsx", fill, **options), dataset(**(XLSX | (files or {}))))


def plain(_: Workbook, page: Worksheet) -> None:
    row(page, 2, NIK, "Siti", "1.250,5", "31-12-2025")


# -- single cells: what stands in column, what is read, words of the defect

CELLS: list[tuple[str, int, Any, str | None, str | None]] = [
    ("text", 1, "Siti", "Siti", None),
    ("a formula's value", 2, "=1+1", "2", None),
    ("a whole number", 2, 12, "12", None),
    ("a number, in the declared writing", 2, 1250.5, "1250,5", None),
    ("a number as it shows, not as it is kept", 2, 0.1 + 0.2, "0,3", None),
    ("a number without a power", 2, 1e20, "100000000000000000000", None),
    ("a small number", 2, -0.000001, "-0,000001", None),
    ("a number in a text column", 1, 12, "12", None),
    ("yes", 1, True, "true", None),
    ("a date, in the declared writing", 3, DAY, "31-12-2025", None),
    ("a date kept as a number", 3, 46022, "31-12-2025", None),
    ("a date with a time stays what it is", 3, datetime(2025, 12, 31, 8, 30), "2025-12-31 08:30:00", None),
    ("a time of day", 3, time(8, 30), "08:30:00", None),
    ("a number that is no certain day", 3, 60, "60", None),
    ("a date where text is expected", 1, DAY, "2025-12-31", None),
    ("a NIK as a number", 0, 3515010000000001, "3515010000000000", "rusak oleh Excel"),
    ("a NIK as a power", 0, "3,51501E+15", "3,51501E+15", "rusak oleh Excel"),
    ("a number of fifteen digits is exact", 0, 351501000000001, "351501000000001", None),
    ("an error", 2, "=1/0", None, "berisi galat #DIV/0! (sel C2)"),
    ("nothing", 1, None, None, None),
    ("a line break", 1, "Jl. A\nNo. 2", "Jl. A\nNo. 2", None),
    ("a formula as text", 1, "'=SUM(A1)", "'=SUM(A1)", None),
]


@pytest.mark.parametrize(
    ("column", "cell", "text", "words"), [case[1:] for case in CELLS], ids=[case[0] for case in CELLS]
)
def test_a_cell_becomes_the_text_that_was_meant(
    tmp_path: Path, column: int, cell: Any, text: str | None, words: str | None
) -> None:
    def fill(made: Workbook, page: Worksheet) -> None:
        row(page, 2, NIK, "Siti", 1, "31-12-2025")
        shapes = {datetime: "dd/mm/yyyy", time: "hh:mm"}
        shape = made.add_format({"num_format": shapes.get(type(cell), "General")})
        if isinstance(cell, str) and cell.startswith("="):
            page.write_formula(1, column, cell, shape, "#DIV/0!" if "/" in cell else 2)
        elif isinstance(cell, str):
            page.write_string(1, column, cell)
        elif cell is None:
            page.write_blank(1, column, None, shape)
        else:
            page.write(1, column, cell, shape)

    found = given(tmp_path, fill, {"bad_percent": 100})
    assert found.rows[2][column] == text
    assert [words in defect for defect in found.defects.values()] == ([True] if words else [])  # type: ignore[operator]


def test_rows_keep_the_numbers_that_the_spreadsheet_shows(tmp_path: Path) -> None:
    def fill(_: Workbook, page: Worksheet) -> None:
        row(page, 3, "Laporan")
        for column, text in enumerate(HEAD, 1):
            page.write_string(4, column, text)
        page.write_string(7, 1, NIK)
        page.write_string(9, 1, OTHER)

    found = given(tmp_path, fill, {"header_row": 5}, head=())
    assert {line: cells[0] for line, cells in found.rows.items()} == {8: NIK, 10: OTHER}


def test_two_header_lines_with_merged_cells(tmp_path: Path) -> None:
    def fill(_: Workbook, page: Worksheet) -> None:
        page.merge_range("A1:A2", "NIK")
        page.merge_range("B1:C1", "Data")
        row(page, 2, None, "Nama", "Jumlah")
        page.merge_range("D1:D2", "Tanggal")
        row(page, 3, NIK, "Siti", 7, "31-12-2025")

    headers = {"nik": ("NIK",), "nama": ("Data / Nama",), "jumlah": ("Data / Jumlah",), "tanggal": ("Tanggal",)}
    found = given(tmp_path, fill, {"header_rows": 2, "headers": headers}, head=())
    assert found.rows == {3: (NIK, "Siti", "7", "31-12-2025")}


def merged_names(_: Workbook, page: Worksheet) -> None:
    row(page, 2, NIK, None, 1, "31-12-2025")
    row(page, 3, OTHER, None, 2, "31-12-2025")
    row(page, 4, "1", "Budi", 3, "31-12-2025")
    page.merge_range("B2:B3", "Siti")


def test_a_merged_cell_stands_for_its_rows_where_declared(tmp_path: Path) -> None:
    found = given(tmp_path, merged_names, {"xlsx": {"sheet": "Data", "fill_merged": ["nama"]}})
    assert [cells[1] for cells in found.rows.values()] == ["Siti", "Siti", "Budi"]
    assert found.defects == {}


def test_under_a_merged_cell_nothing_becomes_null_unnoticed(tmp_path: Path) -> None:
    found = given(tmp_path, merged_names)
    assert list(found.defects) == [3]
    assert "kolom Nama tertutup sel gabungan" in found.defects[3]


def test_totals_are_counted_not_received(tmp_path: Path) -> None:
    def fill(made: Workbook, page: Worksheet) -> None:
        plain(made, page)
        page.merge_range("A3:B3", "JUMLAH")
        page.write_formula("C3", "=SUM(C2:C2)", None, 5)
        row(page, 4, OTHER, "Budi", 2, "31-12-2025")

    found = given(tmp_path, fill, {"total_rows": {"column": "nik", "pattern": "jumlah|total"}})
    assert (list(found.rows), found.totals, found.defects) == ([2, 4], 1, {})


def test_hidden_sheets_are_not_read_and_said(tmp_path: Path) -> None:
    def fill(made: Workbook, page: Worksheet) -> None:
        plain(made, page)
        made.add_worksheet("Arsip").hide()
        made.add_worksheet("Sandi").very_hidden()
        made.add_worksheet("Lain")

    assert given(tmp_path, fill).remarks == ["lembar tersembunyi “Arsip”, “Sandi” tidak dibaca"]


def test_an_error_outside_the_contract_harms_nobody(tmp_path: Path) -> None:
    def fill(made: Workbook, page: Worksheet) -> None:
        plain(made, page)
        page.write_string(0, 4, "Catatan")
        page.write_formula(1, 4, "=1/0", None, "#DIV/0!")

    assert given(tmp_path, fill).defects == {}


# -- the file is refused whole

Spoil = Callable[[Path], None]


FROM_1904 = rb'<workbook><workbookPr date1904="1"/></workbook>'


def other_parts(**parts: bytes | None) -> Spoil:
    """Some parts of the packed file made something else (None: left out); names with dots for slashes."""

    def spoil(path: Path) -> None:
        with zipfile.ZipFile(path) as packed:
            kept = {name: packed.read(name) for name in packed.namelist()}
        for name, content in parts.items():
            known = next((one for one in kept if one.replace("/", "_").replace(".", "_") == name), name)
            if content is None:
                kept.pop(known)
            else:
                kept[known] = content
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in kept.items():
                packed.writestr(name, content)

    return spoil


def in_sheet(pattern: str, text: str) -> Spoil:
    """A replacement in the first sheet's XML."""

    def spoil(path: Path) -> None:
        with zipfile.ZipFile(path) as packed:
            sheet = packed.read("xl/worksheets/sheet1.xml").decode()
        changed = re.sub(pattern, text, sheet, count=1)
        assert changed != sheet
        other_parts(xl_worksheets_sheet1_xml=changed.encode())(path)

    return spoil


def in_utf16(path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
    other_parts(xl_worksheets_sheet1_xml=sheet.replace("UTF-8", "UTF-16").encode("utf-16"))(path)


def lying_sizes(path: Path) -> None:
    """The central directory says that every part is one byte."""
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 24 : at + 28] = struct.pack("<I", 1)
        at = content.find(b"PK\x01\x02", at + 4)
    path.write_bytes(content)


def encrypted(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = content.find(mark)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(mark, at + 4)
    path.write_bytes(content)


def bomb(path: Path) -> None:
    other_parts(**{"xl/media/besar.bin": bytes(260 << 20)})(path)


def many_parts(path: Path) -> None:
    other_parts(**{f"xl/media/{number}.bin": b"" for number in range(2100)})(path)


def bytes_of(content: bytes) -> Spoil:
    return lambda path: path.write_bytes(content) and None


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def nothing(_: Path) -> None:
    return None


def hide(made: Workbook, page: Worksheet) -> None:
    plain(made, page)
    made.add_worksheet("Depan").activate()
    page.hide()


ENTITY = b'<!DOCTYPE x [<!ENTITY a "b">]>'
UNCOMPUTED = r'<c r="C2"[^>]*>.*?</c>'
FAR = r"<x:c  s='0' r='XFD1048576'\1>\2</x:c>"
SHARED = '<c r="C2"><f t="shared" si="0"/></c>'
SMALL = {"xlsx": {"sheet": "Data", "max_mb": 1}}
RENAMED = {"headers": HEADERS | {"nama": ("Nm",)}}
BROKEN: list[tuple[str, Fill, Spoil, dict[str, Any], str]] = [
    ("nothing in it", plain, bytes_of(b""), {}, "berkas kosong"),
    ("cut off", plain, cut, {}, "rusak atau terpotong"),
    ("CSV renamed", plain, bytes_of(b"NIK;Nama\n1;2\n"), {}, "bukan XLSX"),
    ("HTML renamed", plain, bytes_of(b"<html><table></table></html>"), {}, "bukan XLSX"),
    ("an old or locked workbook", plain, bytes_of(b"\xd0\xcf\x11\xe0" + bytes(600)), {}, "terkunci kata sandi atau"),
    ("locked parts", plain, encrypted, {}, "terkunci kata sandi"),
    ("an archive that is no workbook", plain, other_parts(xl_workbook_xml=None), {}, "tanpa buku kerja"),
    ("no relations", plain, other_parts(xl__rels_workbook_xml_rels=None), {}, "rusak"),
    ("a workbook that is no XML", plain, other_parts(xl_workbook_xml=b"<workbook"), {}, "rusak"),
    ("a sheet that is no XML", plain, other_parts(xl_worksheets_sheet1_xml=b"<worksheet><sheetData><row"), {}, "XLSX"),
    ("entities", plain, other_parts(xl_workbook_xml=ENTITY + b"<workbook/>"), {}, "definisi XML"),
    ("days counted from 1904", plain, other_parts(xl_workbook_xml=FROM_1904), {}, "1904"),
    ("a bomb", plain, bomb, {}, "kirim CSV"),
    ("more parts than any workbook has", plain, many_parts, {}, "kirim CSV"),
    ("sizes that are lies", plain, lying_sizes, {}, "rusak"),
    (
        "larger than declared",
        plain,
        bytes_of(b"PK\x03\x04" + bytes(1 << 21)),
        SMALL,
        "kirim CSV",
    ),
    ("a cell at the far end", plain, in_sheet('r="D2"', 'r="XFD1048576"'), {}, "kirim CSV"),
    ("the same, in another writing", plain, in_sheet(r'<c r="D2"([^>]*)>(.*?)</c>', FAR), {}, "kirim CSV"),
    (
        "the sheet is not there",
        plain,
        nothing,
        {"xlsx": {"sheet": "Rekap"}},
        "yang ada: “Data”",
    ),
    ("the sheet is hidden", hide, nothing, {}, "disembunyikan"),
    ("the sheet is empty", lambda _, __: None, nothing, {"header_row": 5}, "kepala tabel tidak ditemukan"),
    ("only a header", lambda _, __: None, nothing, {}, "tidak memuat satu baris data pun"),
    ("a column is missing", plain, nothing, RENAMED, "kolom “Nm” tidak ada"),
    (
        "formulas that were never computed",
        plain,
        in_sheet(UNCOMPUTED, '<c r="C2"><f>1+1</f></c>'),
        {},
        "rumus di sel C2 belum dihitung",
    ),
    ("the same, said with an empty value", plain, in_sheet(UNCOMPUTED, '<c r="C2"><f>1+1</f><v/></c>'), {}, "sel C2"),
    (
        "a shared formula that was never computed",
        plain,
        in_sheet(UNCOMPUTED, SHARED),
        {},
        "sel C2",
    ),
]


@pytest.mark.parametrize(
    ("fill", "spoil", "files", "words"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_a_workbook_that_is_not_as_declared_is_refused_whole(
    tmp_path: Path, fill: Fill, spoil: Spoil, files: dict[str, Any], words: str
) -> None:
    path = book(tmp_path / "data.xlsx", fill)
    spoil(path)
    with pytest.raises(FileRefused) as refused:
        read(path, dataset(**(XLSX | files)))
    assert words in str(refused.value)


# -- drift: the header, a row under it, what is read of it, what is said

GOOD = (NIK, "Siti", "7", "31-12-2025")
NEW = "kolom baru “{}” belum ada di kontrak; tidak dibaca sampai didaftarkan"
Cells = tuple[Any, ...]
GOES_ON: list[tuple[str, Cells, Cells, tuple[str | None, ...], list[str]]] = [
    ("as declared", HEAD, GOOD, GOOD, []),
    ("reordered", HEAD[::-1], GOOD[::-1], GOOD, []),
    ("added at the end", (*HEAD, "Catatan"), (*GOOD, "x"), GOOD, [NEW.format("Catatan")]),
    ("added in front", ("No", *HEAD), (1, *GOOD), GOOD, [NEW.format("No")]),
    ("added without a header, empty", (HEAD[0], "", *HEAD[1:]), (NIK, None, *GOOD[1:]), GOOD, []),
    ("renamed to a declared alias", (HEAD[0], "nama  LENGKAP", *HEAD[2:]), GOOD, GOOD, []),
    ("empty in every row", HEAD, (NIK, None, *GOOD[2:]), (NIK, None, *GOOD[2:]), []),
    ("text to number", HEAD, (NIK, 12, *GOOD[2:]), (NIK, "12", *GOOD[2:]), []),
    ("number to text", HEAD, (*GOOD[:2], "tujuh", GOOD[3]), (*GOOD[:2], "tujuh", GOOD[3]), []),
    ("day to another writing", HEAD, (*GOOD[:3], "2025/12/31"), (*GOOD[:3], "2025/12/31"), []),
]
"""Drift that costs no value: a text of another kind arrives as it stands and fails its column's form."""
REFUSED: list[tuple[str, Cells, Cells, str]] = [
    ("dropped", (*HEAD[:2], HEAD[3]), (*GOOD[:2], GOOD[3]), "kolom “Jumlah” tidak ada"),
    ("the key is dropped", HEAD[1:], GOOD[1:], "kolom “NIK” tidak ada"),
    ("two are dropped", HEAD[:2], GOOD[:2], "kolom “Jumlah” tidak ada; kolom “Tanggal” tidak ada"),
    ("renamed", (HEAD[0], "Nm", *HEAD[2:]), GOOD, "kolom “Nama” tidak ada"),
    ("renamed, and the old one beside it", (HEAD[0], "Nama", "Nama Lengkap", *HEAD[2:]), (NIK, *GOOD), "ada 2 kali"),
    ("its header is gone", (HEAD[0], "", *HEAD[2:]), GOOD, "kolom “Nama” tidak ada"),
    ("identifiers to numbers", HEAD, (int(NIK), *GOOD[1:]), "1 dari 1 baris rusak"),
]


def one_row(tmp_path: Path, head: Cells, cells: Cells) -> Given:
    return given(tmp_path, lambda _, page: row(page, 2, *cells), head=tuple(map(str, head)))


@pytest.mark.parametrize(
    ("head", "cells", "values", "said"), [case[1:] for case in GOES_ON], ids=[case[0] for case in GOES_ON]
)
def test_drift_that_costs_nothing_goes_on_and_is_said(
    tmp_path: Path, head: Cells, cells: Cells, values: tuple[str | None, ...], said: list[str]
) -> None:
    found = one_row(tmp_path, head, cells)
    assert (found.rows, found.defects, found.remarks) == ({2: values}, {}, said)


@pytest.mark.parametrize(("head", "cells", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_drift_that_would_cost_values_refuses_the_file(tmp_path: Path, head: Cells, cells: Cells, words: str) -> None:
    with pytest.raises(FileRefused) as refused:
        one_row(tmp_path, head, cells)
    assert words in str(refused.value)


def test_an_empty_text_is_a_value_of_a_formula(tmp_path: Path) -> None:
    path = book(tmp_path / "data.xlsx", plain)
    in_sheet(UNCOMPUTED, '<c r="C2" t="str"><f>IF(1,"")</f><v></v></c>')(path)
    assert read(path, dataset(**XLSX)).rows[2][2] is None


def test_cells_are_looked_at_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(_: Workbook, page: Worksheet) -> None:
        for number in range(2, 60):
            row(page, number, f"{number:016d}", "x", 1, "31-12-2025")
        page.write_formula(40, 2, "=1/0", None, "#DIV/0!")

    monkeypatch.setattr(xlsxfile, "_BLOCK", 97)
    assert list(given(tmp_path, fill).defects) == [41]


def test_what_stands_right_of_the_table_is_not_read_and_said(tmp_path: Path) -> None:
    def fill(made: Workbook, page: Worksheet) -> None:
        plain(made, page)
        page.write_string(1, 6, "catatan Budi")

    found = given(tmp_path, fill)
    assert found.defects == {} and list(found.rows) == [2]
    assert found.remarks == ["isi di kanan kepala tabel tidak dibaca (pertama di baris 2)"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'encoding="UTF-8"', b'encoding="UTX-8"', id="an encoding that nobody knows"),
        pytest.param(b'encoding="UTF-8"', b'encoding="ascii"', id="bytes that its encoding does not have"),
    ],
)
def test_a_workbook_whose_xml_lies_about_its_encoding_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(book(tmp_path / "data.xlsx", merged_names)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    assert old in parts["xl/workbook.xml"]
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(old, new).replace(b"<sheets>", b"<sheets><!--\xb2-->")
    path = tmp_path / "spoilt.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    with pytest.raises(FileRefused, match="rusak"):
        read(path, dataset(**XLSX))


def test_a_workbook_whose_directory_points_before_its_beginning_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "data.xlsx", merged_names)
    content = bytearray(path.read_bytes())
    end = content.rindex(b"PK\x05\x06")
    content[end + 16 : end + 20] = (2**31).to_bytes(4, "little")  # the directory is said to begin there
    path.write_bytes(bytes(content))
    with pytest.raises(FileRefused, match="rusak"):
        read(path, dataset(**XLSX))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_wrong_with_the_bytes_only_a_refusal_comes_of_it(tmp_path: Path, seed: int) -> None:
    """Bytes of the packed file, and of the parts in it, made something else by chance."""
    draw = random.Random(seed)
    whole = book(tmp_path / "data.xlsx", merged_names).read_bytes()
    with zipfile.ZipFile(tmp_path / "data.xlsx") as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    path = tmp_path / "spoilt.xlsx"
    for _ in range(60):
        if draw.random() < 0.3:
            path.write_bytes(spoilt(whole, draw))
        else:
            chosen = draw.choice(sorted(parts))
            with zipfile.ZipFile(path, "w") as packed:
                for name, content in parts.items():
                    packed.writestr(name, spoilt(content, draw) if name == chosen else content)
        with contextlib.suppress(FileRefused):
            read(path, dataset(**XLSX))


def spoilt(content: bytes, draw: random.Random) -> bytes:
    made = bytearray(content)
    for _ in range(draw.randint(1, 6)):
        made[draw.randrange(len(made))] = draw.randrange(256)
    return bytes(made[: draw.randrange(len(made))]) if draw.random() < 0.2 else bytes(made)
