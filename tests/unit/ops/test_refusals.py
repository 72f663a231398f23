"""The refusal note: only the department's rows, text that stays text, files that only their owner reads."""

from __future__ import annotations

import re
import stat
import zipfile
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from lumbung.declarations import Declarations, load
from lumbung.ops import refusals
from lumbung.ops.refusals import advice, by_rule, note_of, page_of, sheet_name, write_note

NASTY = '=HYPERLINK("http://x","klik") <script>alert(1)</script>'
ROWS: list[dict[str, Any]] = [
    {
        "dataset": "siak.biodata_wni",
        "batch": "siak-000001-biodata_wni",
        "row": 118,
        "key": {"nik": "0351501010101000"},
        "rules": ["nik:nik", "kode:agama"],
        "reasons": [f"NIK 0351501010101000 bukan NIK yang sah {NASTY}", "Agama 9 tidak ada dalam daftar kode."],
    },
    {
        "dataset": "siak.capil_mati",
        "batch": "siak-000001-capil_mati",
        "row": 3,
        "key": {"mati_no": None},
        "rules": ["aturan-yang-sudah-dicabut"],
        "reasons": ["Alasan lama."],
    },
]


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


def cells(path: Path, sheet: int) -> list[list[str]]:
    """The texts of a sheet, row by row; fails for a cell that is anything but text."""
    with zipfile.ZipFile(path) as book:
        text = book.read(f"xl/worksheets/sheet{sheet}.xml").decode()
    rows = []
    for row in re.findall(r"<row [^>]*>(.*?)</row>", text, flags=re.DOTALL):
        found = re.findall(r'<c [^>]*t="inlineStr"[^>]*>(.*?)</c>', row, flags=re.DOTALL)
        assert len(found) == row.count("<c "), "a cell that is no text"
        rows.append([unescape(re.sub(r"<[^>]+>", "", body)) for body in found])
    return rows


def test_the_workbook_holds_the_rows_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "refused_rows", lambda *_, **__: ROWS)
    written = write_note("siak", None, None, tmp_path / "nota", "cli:uji")
    assert written is not None
    assert (written.rows, written.refusals) == (2, 3)
    summary, persons = cells(written.workbook, 1), cells(written.workbook, 2)
    assert ["Baris yang ditolak", "2"] in summary
    assert persons[0] == ["Batch", "Baris", "Kunci", "Kolom", "Yang salah", "Yang harus dilakukan", "Aturan"]
    assert persons[1][:4] == ["siak-000001-biodata_wni", "118", "NIK 0351501010101000", "NIK"]
    assert NASTY in persons[1][4]
    assert persons[2][5].startswith("Pilih Agama dari daftar kode “")
    assert sorted(path.name for path in (tmp_path / "nota").iterdir()) == [
        "penolakan-siak.html",
        "penolakan-siak.xlsx",
    ]
    for path in (written.workbook, written.page):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_long_reason_is_seen_whole_and_a_line_is_printed_on_one_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = [*ROWS[0]["reasons"], "baris\npatah\nini", "panjang " * 900]
    row = {**ROWS[0], "rules": [*ROWS[0]["rules"], "a", "b"], "reasons": reasons}
    monkeypatch.setattr(refusals, "refused_rows", lambda *_, **__: [row])
    written = write_note("siak", None, None, tmp_path, "cli:uji")
    assert written is not None
    with zipfile.ZipFile(written.workbook) as book:
        text = book.read("xl/worksheets/sheet2.xml").decode()
    assert re.findall(r'<row r="(\d)"[^>]* ht="([0-9.]+)"', text) == [
        ("2", "30"),
        ("4", "45"),
        ("5", "408.75"),
    ]  # two lines, one, three, as many as Excel takes
    assert 'orientation="landscape"' in text and 'fitToHeight="0"' in text


def test_the_page_is_escaped_and_names_the_owner(declared: Declarations) -> None:
    page = page_of(note_of(declared, "siak", "siak", ROWS))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "Dinas Kependudukan dan Pencatatan Sipil" in page
    assert page.count("<h2>") == 3  # by rule, and the two datasets with rows
    assert page.count("<th>Kolom</th>") == 2
    assert "<td>Agama</td>" in page


FILE_ROW: dict[str, Any] = {
    "dataset": "covid.kasus_harian",
    "batch": "covid-000001-covid.kasus_harian",
    "row": 4,
    "file": "kasus_harian_2025-12-31.csv",
    "line": 6,
    "key": {"tanggal": "2025-12-31", "kecamatan": "Waru"},
    "rules": ["wajib:kecamatan"],
    "reasons": ["Kecamatan kosong."],
}


def test_who_sends_files_is_told_to_send_the_file_again(
    tmp_path: Path, declared: Declarations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a file is read again before a mended one is sent; whoever is read anew has nothing to send."""
    said = {}
    for system, rows in (("covid", [FILE_ROW]), ("siak", ROWS)):
        monkeypatch.setattr(refusals, "refused_rows", lambda *_, rows=rows, **__: rows)
        written = write_note(system, None, None, tmp_path, "cli:uji")
        assert written is not None
        (step,) = (line[1] for line in cells(written.workbook, 1) if line[0] == "Langkah")
        assert step in page_of(note_of(declared, system, system, rows))
        said[system] = step
    assert "kirim lagi seutuhnya dengan nama yang sama" in said["covid"]
    assert "pengambilan berikutnya" not in said["covid"]
    assert "sistem asal" in said["siak"]
    assert "berkas asal" in advice("kasus-wajar", [], declared.datasets["covid.kasus_harian"], declared)


def test_nothing_refused_is_no_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "refused_rows", lambda *_, **__: [])
    assert write_note("siak", None, None, tmp_path / "nota", "cli:uji") is None
    assert not (tmp_path / "nota").exists()


def test_a_note_that_cannot_be_written_leaves_the_former_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "refused_rows", lambda *_, **__: ROWS)
    former = write_note("siak", None, None, tmp_path, "cli:uji")
    assert former is not None
    before = former.workbook.read_bytes()
    monkeypatch.setattr(refusals, "_summary", lambda note: (_ for _ in ()).throw(OSError(28, "penuh")))
    with pytest.raises(OSError, match="penuh"):
        write_note("siak", None, None, tmp_path, "cli:uji")
    assert former.workbook.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("rule", "columns", "words"),
    [
        ("kunci-ganda", ["NIK"], "satu baris yang benar"),
        ("wajib:nama_lgkp", ["Nama lengkap"], "Isi Nama lengkap."),
        ("kode:agama", ["Agama"], "daftar kode “"),
        ("kode:tidak-ada-lagi", ["Agama"], "Pilih Agama dari daftar kode."),
        ("tipe:tgl_lhr", ["Tanggal lahir"], "menurut jenis datanya"),
        ("rujukan:ibu", ["NIK ibu"], "kirim dulu data yang dirujuknya"),
        ("wilayah:desa", [], "baris ini yang berlaku"),
        ("mati-sesudah-lahir", ["Tanggal kematian", "Tanggal lahir"], "Tanggal kematian dan Tanggal lahir"),
    ],
)
def test_the_advice_names_what_to_do(declared: Declarations, rule: str, columns: list[str], words: str) -> None:
    assert words in advice(rule, columns, declared.datasets["siak.biodata_wni"], declared)


@pytest.mark.parametrize(
    ("dataset", "part", "name"),
    [("siak.capil_mati", 0, "capil_mati"), ("a.b", 2, "b (3)"), ("a." + "x" * 40, 1, "x" * 27 + " (2)")],
)
def test_a_sheet_has_a_name_that_a_workbook_allows(dataset: str, part: int, name: str) -> None:
    assert sheet_name(dataset, part) == name
    assert len(sheet_name(dataset, part)) <= 31


def test_the_summary_counts_by_rule(declared: Declarations) -> None:
    note = note_of(declared, "siak", "siak", [ROWS[0], ROWS[0] | {"row": 119, "rules": ["nik:nik"], "reasons": ["x"]}])
    assert by_rule(note.refusals) == [("siak.biodata_wni", "nik:nik", 2), ("siak.biodata_wni", "kode:agama", 1)]
