"""CSV files as departments really send them: every broken one has its declared outcome."""

from __future__ import annotations

import csv as csv_of_python
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lumbung.settings import ROOT
from lumbung.sources.drop.csvfile import LONGEST_LINE
from lumbung.sources.drop.filetable import FileRefused
from tests.unit.sources.file_support import dataset, read

HEAD = "NIK;Nama;Jumlah;Tanggal"
ONE = "3515010000000001;Siti;1.250,5;31-12-2025"
TWO = "3515010000000002;Budi;7;01-01-2026"
GOOD = f"{HEAD}\n{ONE}\n{TWO}\n"
ROWS = {2: tuple(ONE.split(";")), 3: tuple(TWO.split(";"))}
SEMICOLON = {"encoding": "utf-8", "delimiter": ";"}
EITHER = {"encoding": "utf-8", "delimiter": [",", ";", "\t", "|"]}


def csv(**form: Any) -> dict[str, Any]:
    return {"csv": SEMICOLON | form}


# -- what is read: bytes, declaration, rows by line

READ: list[tuple[str, bytes, dict[str, Any], dict[int, tuple[str | None, ...]]]] = [
    ("plain", GOOD.encode(), {}, ROWS),
    ("UTF-8 with BOM", GOOD.encode("utf-8-sig"), {}, ROWS),
    ("UTF-16 little endian", GOOD.encode("utf-16"), csv(encoding="utf-16"), ROWS),
    ("UTF-16 big endian", b"\xfe\xff" + GOOD.encode("utf-16-be"), csv(encoding="utf-16"), ROWS),
    (
        "cp1252",
        f"{HEAD}\n1;Café “x”;2;31-12-2025\n".encode("cp1252"),
        csv(encoding="cp1252"),
        {2: ("1", "Café “x”", "2", "31-12-2025")},
    ),
    ("Windows line ends", GOOD.replace("\n", "\r\n").encode(), {}, ROWS),
    ("old Macintosh line ends", GOOD.replace("\n", "\r").encode(), {}, ROWS),
    ("no end of the last line", GOOD.rstrip("\n").encode(), {}, ROWS),
    (
        "comma",
        GOOD.replace("1.250,5", "1250").replace(";", ",").encode(),
        csv(delimiter=","),
        ROWS | {2: ("3515010000000001", "Siti", "1250", "31-12-2025")},
    ),
    ("delimiter told by the header, of those allowed", GOOD.replace(";", "|").encode(), {"csv": EITHER}, ROWS),
    ("Excel names its delimiter", f"sep=;\r\n{GOOD}".encode(), {"csv": EITHER}, {3: ROWS[2], 4: ROWS[3]}),
    (
        "quote told by the first lines, of those allowed",
        f"{HEAD}\n1;'Siti; Ani';2;31-12-2025\n".encode(),
        csv(quote=['"', "'"]),
        {2: ("1", "Siti; Ani", "2", "31-12-2025")},
    ),
    (
        "nothing is quoted",
        f'{HEAD}\n1;"Siti;2;31-12-2025\n'.encode(),
        csv(quote=""),
        {2: ("1", '"Siti', "2", "31-12-2025")},
    ),
    (
        "a line break inside quotes: the row's line is the one it begins on",
        f'{HEAD}\n1;"Jl. A\nNo. 2";2;31-12-2025\n{TWO}\n'.encode(),
        {},
        {2: ("1", "Jl. A\nNo. 2", "2", "31-12-2025"), 4: ROWS[3]},
    ),
    (
        "doubled quotes",
        f'{HEAD}\n1;"Siti ""Ani""";2;31-12-2025\n'.encode(),
        {},
        {2: ("1", 'Siti "Ani"', "2", "31-12-2025")},
    ),
    (
        "empty lines count as lines, not as rows",
        f"{HEAD}\n\n{ONE}\n;;;\n{TWO}\n".encode(),
        {},
        {3: ROWS[2], 5: ROWS[3]},
    ),
    ("title lines above the header", f"Laporan Kasus\n\n{GOOD}".encode(), {"header_row": 3}, {4: ROWS[2], 5: ROWS[3]}),
    ("header in another case and with blanks", GOOD.replace("Nama", " NAMA ").encode(), {}, ROWS),
    ("header by a declared alias", GOOD.replace("Nama", "nama  lengkap").encode(), {}, ROWS),
    (
        "columns in another order",
        b"Tanggal;Jumlah;Nama;NIK\n31-12-2025;1;Siti;9\n",
        {},
        {2: ("9", "Siti", "1", "31-12-2025")},
    ),
    (
        "two header lines",
        f"Data;Data;Angka;\n{GOOD}".encode(),
        {
            "header_rows": 2,
            "headers": {
                "nik": ("Data / NIK",),
                "nama": ("Data / Nama",),
                "jumlah": ("Angka / Jumlah",),
                "tanggal": ("Tanggal",),
            },
        },
        {3: ROWS[2], 4: ROWS[3]},
    ),
    (
        "empty markers",
        f"{HEAD}\n1;-;n/a;NULL\n".encode(),
        {"empty": ["", "-", "n/a", "NULL"]},
        {2: ("1", None, None, None)},
    ),
    ("a marker is none where it is not declared", f"{HEAD}\n1;-;;\n".encode(), {}, {2: ("1", "-", None, None)}),
    (
        "blanks around values",
        f"{HEAD}\n 1 ;  Siti ; 2;31-12-2025 \n".encode(),
        {},
        {2: ("1", "Siti", "2", "31-12-2025")},
    ),
    (
        "blanks belong to values",
        f"{HEAD}\n1; Siti;2;31-12-2025\n".encode(),
        {"strip": False},
        {2: ("1", " Siti", "2", "31-12-2025")},
    ),
    (
        "short rows filled where declared",
        f"{HEAD}\n1;Siti\n".encode(),
        {"fill_short": True},
        {2: ("1", "Siti", None, None)},
    ),
    ("empty cells beyond the header", f"{HEAD}\n{ONE};;\n{TWO}\n".encode(), {}, ROWS),
    ("no rows, where that says something", f"{HEAD}\n".encode(), {"allow_empty": True}, {}),
    (
        "text stays text",
        f"{HEAD}\n007;=SUM(A1);1,50;31-02-2025\n".encode(),
        {},
        {2: ("007", "=SUM(A1)", "1,50", "31-02-2025")},
    ),
]


@pytest.mark.parametrize(("content", "files", "rows"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_what_is_read(
    tmp_path: Path, content: bytes, files: dict[str, Any], rows: dict[int, tuple[str | None, ...]]
) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    given = read(path, dataset(**files))
    assert given.rows == rows
    assert (given.lost, given.defects) == ({}, {})


# -- one bad row goes to quarantine with its line; the others stay: bytes, declaration, line, words of its defect

BAD_ROWS: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("too few cells", f"{HEAD}\n{ONE}\n1;Siti;2\n{TWO}\n", {}, 3, "berisi 3 kolom, seharusnya 4"),
    ("too many cells", f"{HEAD}\n{ONE}\n1;Siti;Ani;2;31-12-2025\n{TWO}\n", {}, 3, "berisi 5 kolom, seharusnya 4"),
    ("too many cells, short rows filled", f"{HEAD}\n{ONE}\n1;a;b;c;d\n{TWO}\n", {"fill_short": True}, 3, "5 kolom"),
    ("a quote in the wrong place", f'{HEAD}\n{ONE}\n1;"Siti"x;2;31-12-2025\n{TWO}\n', {}, 3, "tanda kutip"),
    ("a NIK as Excel writes it", f"{HEAD}\n{ONE}\n3,51501E+15;Siti;2;31-12-2025\n{TWO}\n", {}, 3, "rusak oleh Excel"),
    ("the same with a point", f"{HEAD}\n{ONE}\n3.51501E+15;Siti;2;31-12-2025\n{TWO}\n", {}, 3, "rusak oleh Excel"),
]


@pytest.mark.parametrize(
    ("content", "files", "line", "words"), [case[1:] for case in BAD_ROWS], ids=[case[0] for case in BAD_ROWS]
)
def test_a_bad_row_does_not_take_the_file_down(
    tmp_path: Path, content: str, files: dict[str, Any], line: int, words: str
) -> None:
    path = tmp_path / "data.csv"
    path.write_text(content)
    given = read(path, dataset(**files))
    assert list(given.defects) == [line]
    assert words in given.defects[line]
    assert {number: row for number, row in given.rows.items() if number != line} == {2: ROWS[2], 4: ROWS[3]}
    with pytest.raises(FileRefused, match="1 dari 3 baris rusak bentuknya, lebih dari 0%"):
        read(path, dataset(**files, bad_percent=0))


def test_nul_is_lost_by_name_not_silently(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(f"{HEAD}\n{ONE}\n1;Si\x00ti;2;31-12-2025\n".encode())
    given = read(path, dataset())
    assert given.rows[3] == ("1", None, "2", "31-12-2025")
    assert given.lost == {3: "nama"}


def test_totals_are_counted_not_received(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(f"{HEAD}\n{ONE}\n;Sub Total Waru;1;\n{TWO}\n;JUMLAH;2\n;Jumlahan Desa;3;31-12-2025\n")
    given = read(path, dataset(total_rows={"column": "nama", "pattern": "(sub )?total .*|jumlah"}))
    assert list(given.rows) == [2, 4, 6]
    assert given.totals == 2
    assert given.defects == {}
    assert "2 baris total tidak ikut dibaca sebagai data" in given.remarks


def test_a_new_column_is_said(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(f"{HEAD};Catatan\n{ONE};x\n")
    assert read(path, dataset()).remarks == [
        "kolom baru “Catatan” belum ada di kontrak; tidak dibaca sampai didaftarkan"
    ]


def test_a_narrow_reading_finds_the_same_rows(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(f"{HEAD}\n{ONE}\n;Total;1;\n{TWO}\n1;Siti\n")
    whole = dataset(total_rows={"column": "nama", "pattern": "total"})
    narrow = dataset(("nik",), total_rows={"column": "nama", "pattern": "total"})
    assert [row[0] for row in read(path, whole).rows.values()] == [row[0] for row in read(path, narrow).rows.values()]


# -- the file is refused whole: bytes, declaration, words of the reason

REFUSED: list[tuple[str, bytes, dict[str, Any], str]] = [
    ("nothing in it", b"", {}, "berkas kosong"),
    ("only a BOM", b"\xef\xbb\xbf", {}, "kepala tabel tidak ditemukan"),
    ("only line ends", b"\n\n\n", {}, "kepala tabel"),
    ("only a header", f"{HEAD}\n".encode(), {}, "tidak memuat satu baris data pun"),
    (
        "only a header and totals",
        f"{HEAD}\n;Total;1;\n".encode(),
        {"total_rows": {"column": "nama", "pattern": "total"}},
        "tidak memuat satu baris data pun",
    ),
    ("another encoding", GOOD.replace("Siti", "Café").encode("cp1252"), {}, "bukan utf-8"),
    (
        "another encoding deep inside",
        (GOOD * 9000).encode() + b"\xff\xfe;x;1;2\n",
        {},
        "baris 27001 memuat byte",
    ),
    ("cut in the middle of a character", f"{GOOD}1;Caf\u00e9".encode()[:-1], {}, "bukan utf-8"),
    ("UTF-16 where UTF-8 is declared", GOOD.encode("utf-16"), {}, "tersimpan sebagai UTF-16"),
    ("UTF-16 without BOM where UTF-8 is declared", GOOD.encode("utf-16-le"), {}, "UTF-16 tanpa BOM"),
    ("UTF-8 where UTF-16 is declared", GOOD.encode(), csv(encoding="utf-16"), "tanda urutan byte"),
    ("UTF-16 cut in the middle", GOOD.encode("utf-16")[:-1], csv(encoding="utf-16"), "bukan utf-16"),
    ("UTF-8 where cp1252 is declared", GOOD.encode("utf-8-sig"), csv(encoding="cp1252"), "tersimpan sebagai UTF-8"),
    ("a byte that cp1252 has not", GOOD.replace("Siti", "\x81").encode("latin-1"), csv(encoding="cp1252"), "bukan cp"),
    ("a workbook renamed", b"PK\x03\x04" + bytes(200), {}, "berkas Excel (.xlsx) yang diganti namanya"),
    ("an old workbook renamed", b"\xd0\xcf\x11\xe0" + bytes(200), {}, "Excel lama"),
    ("a PDF renamed", b"%PDF-1.7\n", {}, "PDF"),
    ("compressed", b"\x1f\x8b\x08" + bytes(20), {}, "gzip"),
    ("binary rubbish", bytes(range(256)) * 20, {}, "bukan utf-8"),
    ("another delimiter than the declared one", GOOD.replace(";", ",").encode(), {}, "kepala tabel tidak sesuai"),
    ("a delimiter that is not among the allowed", GOOD.replace(";", "^").encode(), {"csv": EITHER}, "kepala tabel"),
    ("no header", f"{ONE}\n{TWO}\n".encode(), {}, "kolom “NIK” tidak ada"),
    ("a column is missing", GOOD.replace("Jumlah", "Banyak").encode(), {}, "kolom “Jumlah” tidak ada"),
    ("a column stands twice", GOOD.replace("Jumlah", "Nama").encode(), {}, "kolom “Nama” ada 2 kali"),
    ("a column and its alias", GOOD.replace("Jumlah", "Nama Lengkap").encode(), {}, "kolom “Nama” ada 2 kali"),
    ("the header is on another line", f"Judul\n{GOOD}".encode(), {}, "kepala tabel tidak sesuai"),
    ("fewer lines than the header's", b"Judul\n", {"header_row": 3}, "kepala tabel tidak ditemukan"),
    ("a quote that is never closed", f'{HEAD}\n{ONE}\n1;"Siti;2;31-12-2025\n{TWO}\n'.encode(), {}, "pada baris 3"),
    ("a quote that swallows the file", f'{HEAD}\n1;"Siti;2\n'.encode() + ONE.encode() * 9000, {}, "pada baris 2"),
    ("mostly ragged", f"{HEAD}\n{ONE}\n1;2\n1;2;3\n".encode(), {}, "2 dari 3 baris rusak bentuknya"),
    ("one endless line", HEAD.encode() + b"x" * (LONGEST_LINE + 1), {}, "lebih panjang dari"),
    ("larger than declared", GOOD.encode() + b" " * (1 << 20) * 2, csv(max_mb=1), "paling besar 1 MiB"),
]


@pytest.mark.parametrize(
    ("content", "files", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_file_that_is_not_as_declared_is_refused_whole(
    tmp_path: Path, content: bytes, files: dict[str, Any], words: str
) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused) as refused:
        read(path, dataset(**files))
    assert words in str(refused.value)
    assert "3515010000000001" not in str(refused.value)


MEASURE = """
import resource, sys
from pathlib import Path
from lumbung.sources.drop.originals import open_table
from tests.unit.sources.file_support import dataset
small, large = map(Path, sys.argv[1:])
def peak(path):
    with open_table(path, dataset()) as table:
        rows = sum(1 for _ in table.rows())
    return rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
_, before = peak(small)
rows, after = peak(large)
print(rows, after - before)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_text(GOOD)
    with large.open("w") as file:
        file.write(HEAD + "\n")
        for _ in range(40):
            file.write((ONE + "\n") * 10_000)
    asked = [sys.executable, "-c", MEASURE, str(small), str(large)]
    answer = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True, timeout=50)
    rows, grown_kb = map(int, answer.stdout.split())
    assert rows == 400_000
    assert grown_kb < 8_000, f"{large.stat().st_size >> 20} MiB took {grown_kb} KiB more"


@pytest.mark.parametrize("seed", range(5))
def test_whatever_stands_in_a_value_is_read_back_with_its_line(tmp_path: Path, seed: int) -> None:
    """Python's own writer is the oracle."""
    draw = random.Random(seed)
    signs = ["a", "é", ";", ",", '"', "'", "\n", "\r\n", " x", "\t", "=", "0"]
    path, wanted, line = tmp_path / "data.csv", {}, 2
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv_of_python.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(HEAD.split(";"))
        for _ in range(200):
            row = ["".join(draw.choices(signs, k=draw.randrange(6))) for _ in range(4)]
            writer.writerow(row)
            if any(row):
                wanted[line] = tuple(value or None for value in row)
            line += 1 + sum(value.count("\n") for value in row)
    given = read(path, dataset(strip=False))
    assert given.rows == wanted
    assert given.defects == {}
