"""The lists that we ship: how departments write their names, what they refer to, the forms of their values."""

from __future__ import annotations

import re
from itertools import pairwise
from string import ascii_uppercase

import pytest

from lumbung.declarations import Declarations, load
from lumbung.declarations.spelling import LAST_DAY, meanings, normal

KECAMATAN = {"tingkat": ("kecamatan",)}
DESA = {"tingkat": ("desa", "kelurahan")}

WRITTEN = {
    "kec-abbreviated": ("wilayah", KECAMATAN, "", "KEC. SDA", "35.15.08"),
    "kec-behind": ("wilayah", KECAMATAN, "", "Sidoarjo, Kec", "35.15.08"),
    "kec-in-full": ("wilayah", KECAMATAN, "", "kecamatan  Balong Bendo", "35.15.12"),
    "kec-plain": ("wilayah", KECAMATAN, "", "TAMAN", "35.15.13"),
    "kec-is-no-village": ("wilayah", KECAMATAN, "", "Kel. Sidoarjo", None),
    "kec-misspelt": ("wilayah", KECAMATAN, "", "Sidoarji", None),
    "village": ("wilayah", DESA, "35.15.08", "Ds. Bluru Kidul", "35.15.08.2015"),
    "village-elsewhere": ("wilayah", DESA, "35.15.01", "Bluru Kidul", None),
    "village-spelt-by-bps": ("wilayah", DESA, "35.15.08", "SARI ROGO", "35.15.08.2023"),
    "village-closed": ("wilayah", DESA, "35.15.06", "Kedungbendo", None),
    "goods-with-unit": ("komoditas", {}, "", "BAWANG MERAH (KG)", "bawang-merah"),
    "goods-as-the-service-writes": ("komoditas", {}, "", "Cabe Rawit Merah / kg", "cabai-rawit-merah"),
    "goods-in-litres": ("komoditas", {}, "", "Minyak Goreng MINYAKITA / liter", "minyakita"),
    "goods-in-another-unit": ("komoditas", {}, "", "Bawang Merah / ons", None),
    "market": ("pasar", {}, "", "Psr. Larangan", "larangan"),
    "market-without-the-word": ("pasar", {}, "", "SEPANJANG", "taman"),
}


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


@pytest.mark.parametrize(("name", "where", "within", "text", "code"), WRITTEN.values(), ids=WRITTEN.keys())
def test_a_written_name(
    name: str, where: dict[str, tuple[str, ...]], within: str, text: str, code: str | None, declared: Declarations
) -> None:
    found, double = meanings(declared.lists[name], where, ("kode_induk",) if within else ())
    lasting = [
        m.code for m in found.get(f"{within}|{normal(text)}" if within else normal(text), ()) if m.valid_to == LAST_DAY
    ]
    assert (lasting, double) == ([code] if code else [], [])


def test_every_village_is_found_by_its_name_within_its_kecamatan(declared: Declarations) -> None:
    """Three villages are called Janti: without the kecamatan a name says nothing."""
    codes = declared.lists["wilayah"]
    found, double = meanings(codes, DESA, ("kode_induk",))
    assert double == []
    for row in codes.rows:
        if row.values["tingkat"] in DESA["tingkat"]:
            assert [m.code for m in found[f"{row.values['kode_induk']}|{normal(row.label)}"]] == [row.code]
    _, double = meanings(codes, DESA)
    assert "JANTI" in {ambiguity.text for ambiguity in double}


def test_every_department_of_the_mission_has_a_code(declared: Declarations) -> None:
    wanted = {
        *("dukcapil", "bppd", "bappeda", "kecamatan", "bpbd", "dpmptsp", "rsud", "dinkes", "disdik", "perpusda"),
        *("dinkop", "disperindag", "disparbud", "bkd", "bpkad", "setda", "hukum", "dpupr", "dpmd", "diskominfo"),
        *("dinsos", "dlhk", "dishub"),
    }
    assert wanted - set(declared.lists["opd"].codes()) == set()


def test_a_list_refers_to_codes_that_its_parent_has(declared: Declarations) -> None:
    lists = declared.lists
    for name, column, parent in (
        ("kbli_golongan_pokok", "kategori_2020", "kbli_kategori_2020"),
        ("kbli_golongan_pokok", "kategori_2025", "kbli_kategori_2025"),
        ("icd10_blok", "bab", "icd10_bab"),
        ("rekening", "kode_induk", "rekening"),
        ("rekening", "tingkat", "rekening_tingkat"),
        ("pasar", "kode_kecamatan", "wilayah"),
    ):
        given = {row.values[column] for row in lists[name].rows} - {None}
        assert given - set(lists[parent].codes()) == set(), name


def test_chapters_of_icd_10_follow_each_other(declared: Declarations) -> None:
    """Three characters fall into one chapter at most, and every block lies within its own."""
    chapters = {
        row.code: (str(row.values["dari"]), str(row.values["sampai"])) for row in declared.lists["icd10_bab"].rows
    }
    ordered = sorted(chapters.values())
    assert all(before[1] < after[0] for before, after in pairwise(ordered))
    for row in declared.lists["icd10_blok"].rows:
        first, last = chapters[str(row.values["bab"])]
        assert first <= str(row.values["dari"]) <= str(row.values["sampai"]) <= last, row.code


def test_a_diagnosis_lies_in_a_chapter(declared: Declarations) -> None:
    """The type's second check knows the same chapters as the list; what is no code at all is the first one's."""
    spans = [(str(row.values["dari"]), str(row.values["sampai"])) for row in declared.lists["icd10_bab"].rows]
    bounds = next(check for check in declared.types["icd10"].checks if check.id == "bab")
    every = [f"{letter}{number:02d}" for letter in ascii_uppercase for number in range(100)]
    outside = {code for code in every if not any(first <= code <= last for first, last in spans)}
    assert {"D99", "Y99", "T99"} <= outside
    for end in ("", ".9", ".65"):
        assert {code for code in every if not re.search(bounds.pattern, code + end)} == outside
    assert all(re.search(bounds.pattern, text) for text in ("99.9", "D9", "d99", "D99."))


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("nib", ["1234567890123"], ["123456789012", "12345678901234", "12345678901A3"]),
        ("kbli", ["47112", "01135"], ["4711", "G47112", "47.112"]),
        ("npsn", ["20501234", "P9908765", "K5660123"], ["2050123", "X0501234", "205012345"]),
        ("nisn", ["0012345678"], ["012345678", "00123456789", "12345678,0"]),
        ("icd10", ["J06", "J06.9", "E11.65", "U07.1"], ["j06.9", "J6.9", "J069", "J06.", "06.9", "J06.9 "]),
        ("dssd", ["1.03.000010"], ["1.3.000010", "1.03.10", "01.03.000010"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_value_has_the_form_of_its_type(name: str, good: list[str], bad: list[str], declared: Declarations) -> None:
    pattern = declared.types[name].pattern
    assert pattern is not None
    assert [text for text in good if not re.search(pattern, text)] == []
    assert [text for text in bad if re.search(pattern, text)] == []
