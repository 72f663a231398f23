"""The public table: typed, sorted, deterministic; hidden cells emptied; earlier hiding remembered."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest
import shapely

from lumbung.portal.disclosure import Hidden
from lumbung.portal.table import LONGEST_TEXT, ContentError, cells, content, still_hidden, withhold
from tests.publishing import declarations, publication, published

DECLARED = publication(
    "uji",
    "t",
    (
        published("periode", "periode"),
        published("kode_wilayah", "kode"),
        published("jumlah_penduduk", "sum(jumlah)", "bigint"),
        published("nilai", "sum(nilai)", "numeric"),
        published("hari", "hari", "date"),
        published("status_nilai", "'final'"),
    ),
    ("periode", "kode_wilayah"),
    (("periode",),),
)
NAMES = [column.name for column in DECLARED.columns]


def row(code, count=7, period="2025", **more):
    base = {"nilai": Decimal("1.50"), "hari": date(2025, 1, 2), "status_nilai": "final"}
    return {"periode": period, "kode_wilayah": code, "jumlah_penduduk": count, **base, **more}


def test_the_csv_is_the_same_bytes_whatever_the_order_of_the_rows():
    rows = [row(f"35.15.{i:02}", i + 5) for i in range(20)]
    first = content(DECLARED, NAMES, rows)
    random.Random(1).shuffle(rows)
    again = content(DECLARED, NAMES, rows)
    assert again.csv == first.csv
    assert again.sha256 == first.sha256
    lines = first.csv.decode().split("\n")
    assert lines[0] == "periode,kode_wilayah,jumlah_penduduk,nilai,hari,status_nilai"
    assert lines[1] == "2025,35.15.00,5,1.50,2025-01-02,final"
    assert lines[-1] == ""
    assert b"\r" not in first.csv


@pytest.mark.parametrize(
    ("value", "written"),
    [(Decimal("12.00"), "12.00"), (Decimal("1E+3"), "1000"), (5, "5"), (None, ""), (Decimal("-0.10"), "-0.10")],
)
def test_decimals_are_written_plainly(value, written):
    assert content(DECLARED, NAMES, [row("a", nilai=value)]).csv.decode().split("\n")[1].split(",")[3] == written


@pytest.mark.parametrize(
    ("rows", "names", "message"),
    [
        pytest.param([row("a") | {"nik": "x"}], [*NAMES, "nik"], "SQL memberi kolom", id="undeclared-column"),
        pytest.param([row("a")], NAMES[:-1], "SQL memberi kolom", id="missing-column"),
        pytest.param([], NAMES, "tidak memberi baris", id="empty"),
        pytest.param([row("a"), row("a")], NAMES, "berulang", id="repeated-key"),
        pytest.param([row("")], NAMES, "kosong", id="empty-key"),
        pytest.param([row("a", "7")], NAMES, "jumlah_penduduk baris 1 bertipe str", id="text-in-a-number"),
        pytest.param([row("a", Decimal("7.5"))], NAMES, "bertipe Decimal", id="fraction-in-an-integer"),
        pytest.param([row("a", True)], NAMES, "bertipe bool", id="truth-in-an-integer"),
        pytest.param([row("a", nilai=1.5)], NAMES, "bertipe float", id="float"),
        pytest.param([row("a", nilai=Decimal("NaN"))], NAMES, "bertipe Decimal", id="nan"),
        pytest.param([row(7)], NAMES, "bertipe int", id="number-in-a-code"),
        pytest.param([row("a", hari="2025-01-02")], NAMES, "bertipe str", id="text-in-a-date"),
    ],
)
def test_rows_that_the_declaration_does_not_allow_are_refused(rows, names, message):
    with pytest.raises(ContentError, match=message):
        content(DECLARED, names, rows)


def test_a_text_that_the_portal_could_not_index_is_refused_before_anything_is_sent():
    assert content(DECLARED, NAMES, [row("a" * LONGEST_TEXT)]).rows
    with pytest.raises(ContentError, match=r"kolom kode_wilayah baris 2 memuat 524289 karakter, paling banyak 524288"):
        content(DECLARED, NAMES, [row("a"), row("a" * (LONGEST_TEXT + 1))])


def test_a_drawing_of_which_nobody_says_how_exact_it_is_does_not_go_out():
    drawn = published("kode_wilayah", "batas", "geometry")
    declared = DECLARED.model_copy(update={"columns": (DECLARED.columns[0], drawn, *DECLARED.columns[2:])})
    with pytest.raises(ValueError, match="kolom kode_wilayah: sebuah geometry perlu decimals"):
        content(declared, NAMES, [row(shapely.Point(112.7, -7.4).wkb)])


def test_hidden_cells_lose_their_measures_and_nothing_else():
    shown = content(DECLARED, NAMES, [row("a", 3), row("b", 9)])
    seen = withhold(shown, Hidden(frozenset({("2025", "a")}), frozenset()))
    assert seen.csv.decode().split("\n")[1:3] == [
        "2025,a,,1.50,2025-01-02,disamarkan",
        "2025,b,9,1.50,2025-01-02,final",
    ]


def test_linked_tables_speak_of_a_district_by_the_marts_name():
    district, village = declarations("uji").marts["uji"].publications
    rows = {"periode": "2025", "jenis_kelamin": "L", "jumlah_penduduk": 7, "satuan": "jiwa", "status_nilai": "final"}
    of_district = cells(
        content(
            district, [c.name for c in district.columns], [rows | {"kode_wilayah": "35.15.01", "nama_wilayah": "A"}]
        )
    )
    named = {"kode_wilayah": "35.15.01.2001", "nama_wilayah": "B", "kode_kecamatan": "35.15.01"}
    of_village = cells(content(village, [c.name for c in village.columns], [rows | named]))
    assert of_district.rows[0]["kode_kecamatan"] == of_village.rows[0]["kode_kecamatan"] == "35.15.01"
    assert of_district.measure == of_village.measure
    assert of_village.total_groups == (("periode", "kode_kecamatan", "jenis_kelamin"),)


def previous(*lines):
    return ("periode,kode_wilayah,jumlah_penduduk,nilai,hari,status_nilai\n" + "\n".join(lines) + "\n").encode()


OLD = previous("2025,a,,,2025-01-02,disamarkan", "2025,b,9,1.50,2025-01-02,final", "2026,a,8,1.50,2025-01-02,final")


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        pytest.param([row("a", 30), row("b", 9), row("a", 8, "2026")], {("2025", "a")}, id="period-unchanged"),
        pytest.param([row("a", 30), row("b", 10), row("a", 8, "2026")], set(), id="visible-cell-changed"),
        pytest.param([row("a", 30), row("b", 9), row("a", 99, "2026")], {("2025", "a")}, id="another-period-changed"),
        pytest.param([row("a", 30), row("a", 8, "2026")], set(), id="visible-cell-gone"),
        pytest.param([row("a", 30), row("b", 9), row("c", 9), row("a", 8, "2026")], set(), id="new-cell"),
        pytest.param([row("b", 9), row("a", 8, "2026")], set(), id="hidden-cell-gone"),
    ],
)
def test_cells_stay_hidden_while_their_period_is_unchanged(rows, kept):
    assert still_hidden(content(DECLARED, NAMES, rows), OLD) == kept


def test_a_long_text_in_the_earlier_version_is_read():
    old = previous(f"2025,{'a' * 200_000},,,2025-01-02,disamarkan")
    assert still_hidden(content(DECLARED, NAMES, [row("a" * 200_000)]), old) == {("2025", "a" * 200_000)}


def test_nothing_is_remembered_without_an_earlier_version_or_its_key():
    now = content(DECLARED, NAMES, [row("a")])
    assert still_hidden(now, None) == frozenset()
    assert still_hidden(now, b"kode,status_nilai\na,disamarkan\n") == frozenset()


def test_a_row_that_its_sql_withholds_is_asked_for_whatever_its_count():
    found = cells(content(DECLARED, NAMES, [row("a", 900, status_nilai="disamarkan"), row("b", 3)]))
    assert found is not None
    assert found.asked == {("2025", "a")}
