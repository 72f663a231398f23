"""The scan finds personal numbers however they are written, and leaves figures and codes alone."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumbung.portal.pii import SHOWN_FINDINGS, Finding, kinds_in, scan

NIK = "3515084107909001"

FOUND = [
    pytest.param(NIK, {"NIK/KK"}, id="nik-woman"),
    pytest.param("3515081207909001", {"NIK/KK"}, id="nik-man-or-kk"),
    pytest.param("3515084107900000", {"NIK/KK"}, id="nik-broken-by-a-spreadsheet"),
    pytest.param("3515 0841 0790 9001", {"NIK/KK"}, id="nik-with-blanks"),
    pytest.param("3515.084107.909001", {"NIK/KK"}, id="nik-with-dots"),
    pytest.param("3515\u00a0084107\u00a0909001", {"NIK/KK"}, id="nik-with-nbsp"),
    pytest.param("351508\u2013410790\u20139001", {"NIK/KK"}, id="nik-with-en-dashes"),
    pytest.param("35150841\u200b07909001", {"NIK/KK"}, id="nik-with-zero-width-space"),
    pytest.param("\uff13\uff15\uff11\uff15084107909001", {"NIK/KK"}, id="nik-full-width-digits"),
    pytest.param(
        "\u0663\u06655084107909001".replace("\u0663\u06655", "\u0663\u0665\u0661\u0665"),
        {"NIK/KK"},
        id="nik-arabic-indic",
    ),
    pytest.param("\u00b3\u2075\u00b9\u2075084107909001", {"NIK/KK"}, id="nik-superscript-digits"),
    pytest.param(f"atas nama Budi, NIK{NIK}.", {"NIK/KK"}, id="nik-in-a-sentence"),
    pytest.param(f"tahun 2025 {NIK}", {"NIK/KK"}, id="nik-after-a-year"),
    pytest.param(f"{NIK}{NIK}", {"NIK/KK"}, id="two-niks-in-one"),
    pytest.param("199001012015031002", {"NIP"}, id="nip"),
    pytest.param("19900101 201503 1 002", {"NIP"}, id="nip-with-blanks"),
    pytest.param("351501000100100010", {"NOP"}, id="nop"),
    pytest.param("35.15.010.001.001-0001.0", {"NOP"}, id="nop-masked"),
    pytest.param("35.15.010.001.001.0001.0", {"NOP"}, id="nop-masked-with-dots"),
    pytest.param("35.15.010.001.001-0001-0", {"NOP"}, id="nop-masked-with-two-dashes"),
    pytest.param("01.234.567.8-901.000", {"NPWP"}, id="npwp-masked"),
    pytest.param("0012345678901000", {"NPWP"}, id="npwp-16"),
    pytest.param("hubungi 0812-3456-7890", {"telepon"}, id="mobile"),
    pytest.param("+62 812 3456 7890", {"telepon"}, id="mobile-international"),
    pytest.param("6281234567890", {"telepon"}, id="mobile-without-plus"),
    pytest.param("(031) 8921234", {"telepon"}, id="landline"),
    pytest.param("budi@mail.example.invalid", {"surel"}, id="e-mail"),
]

CLEAN = [
    "35.15.08",
    "35.15.08.2001",
    "3515",
    "2025-S1",
    "2025-06",
    "2025-06-30",
    "20250630",
    "00-04",
    "75+",
    "Sidoarjo",
    "jiwa",
    "Buku 1 (s.d. Rp100.000)",
    "Rp 1.234.567.890",
    "1.234.567.890.123",
    "final",
    "disamarkan",
    "2023, 2024, 2025",
    "0",
    "2026-01-31T17:00:00Z",
    "",
    "Perbup 46/2018",
    "300.2.2-2430 Tahun 2025",
]


@pytest.mark.parametrize(("text", "kinds"), FOUND)
def test_found(text, kinds):
    assert kinds_in(text) >= kinds


@pytest.mark.parametrize("text", CLEAN)
def test_left_alone(text):
    assert kinds_in(text) == set()


@given(
    st.sampled_from(["35", "12", "33"]),
    st.integers(0, 9999),
    st.integers(1, 28),
    st.booleans(),
    st.integers(1, 12),
    st.integers(0, 99),
    st.integers(0, 9999),
    st.sampled_from(["", " ", ".", "-", "\u00a0", "\u2011"]),
    st.text(alphabet="abc ,;:()", max_size=8),
)
def test_every_nik_in_every_dress_is_found(prop, rest, day, woman, month, year, serial, separator, around):
    parts = [f"{prop}{rest:04}", f"{day + 40 * woman:02}{month:02}{year:02}", f"{serial:04}"]
    assert "NIK/KK" in kinds_in(around + separator.join(parts) + around)


@given(st.decimals(min_value=0, max_value=10**13, places=2), st.integers(0, 10**13))
def test_amounts_are_no_personal_numbers(amount, whole):
    assert scan(["n", "m"], [[amount, whole]], ["n", "m"]) == []


def test_a_finding_says_where_and_never_what():
    rows = [["35.15.08", "Sidoarjo", 10], ["35.15.09", f"an. {NIK}", 12]]
    findings = scan(["kode", "nama", "n"], rows, ["kode", "nama", "n"])
    assert findings == [Finding("nama", 2, "NIK/KK")]
    assert NIK not in str(findings[0]) + str(findings[0].as_detail())
    assert str(findings[0]) == "NIK/KK pada baris 2, kolom nama"


def test_a_number_column_can_hold_a_nik_too():
    assert scan(["n"], [[int(NIK)], [Decimal(NIK)], [7], [None], [True], [Decimal("1.5")]], ["n"]) == [
        Finding("n", 1, "NIK/KK"),
        Finding("n", 2, "NIK/KK"),
    ]


def test_an_undeclared_column_is_a_finding():
    assert scan(["a", "b"], [["x", "y"]], ["a"]) == [Finding("b", 0, "kolom yang tidak dideklarasikan")]


def test_exempt_is_the_standards_whole_pattern_only():
    exempt = {"nop": r"\d{18}"}
    assert scan(["nop"], [["351501000100100010"]], ["nop"], exempt) == []
    assert scan(["nop"], [["351501000100100010 " + NIK]], ["nop"], exempt)[0].column == "nop"


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\tx"])
def test_a_spreadsheet_formula_is_refused(text):
    assert scan(["t"], [[text]], ["t"]) == [Finding("t", 1, "rumus lembar kerja")]


def test_findings_are_bounded():
    assert len(scan(["t"], [[NIK]] * 500, ["t"])) == SHOWN_FINDINGS
