"""The workbooks that departments write: headers of two lines and merged cells, as a spreadsheet program reads them."""

from datetime import datetime
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from simulator.departments.umkm import _workbook as businesses
from simulator.spreadsheet import Sheet, down, runs, two_lines, workbook

MADE = datetime(2026, 1, 5, 6)
HEAD = (("No",), ("Penduduk", "Laki-laki"), ("Penduduk", "Perempuan"), ("Luas",))


def read(sheet):
    """Cells and merged ranges of one sheet."""
    page = CalamineWorkbook.from_filelike(BytesIO(workbook([sheet], MADE))).get_sheet_by_index(0)
    return page.to_python(), page.merged_cell_ranges


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([], []),
        (["a", "b", "a"], []),
        (["a", "a", "b", "b", "b"], [(0, 1), (2, 4)]),
        ([None, None, "a", "a"], [(2, 3)]),
    ],
    ids=["nothing", "no-neighbours", "two-runs", "none-is-nobodys-equal"],
)
def test_runs_of_equal_values(values, wanted):
    assert list(runs(values)) == wanted


def test_a_header_of_two_lines_is_merged_over_its_columns_and_downwards():
    lines, spans = two_lines(1, HEAD)
    cells, merged = read(Sheet("Data", [["JUDUL"], *lines], merged=spans))
    assert cells[1:] == [["No", "Penduduk", "", "Luas"], ["", "Laki-laki", "Perempuan", ""]]
    assert sorted(merged) == [((1, 0), (2, 0)), ((1, 1), (1, 2)), ((1, 3), (2, 3))]


def test_equal_texts_are_merged_downwards_within_an_outer_column():
    rows = [["Tarik", "A", 1.0], ["Tarik", "A", 2.0], ["Tarik", "B", 3.0], ["Prambon", "B", 4.0]]
    inner = down(0, rows, 1, within=0)
    outer = down(0, rows, 0)
    cells, merged = read(Sheet("Data", rows, merged=[*inner, *outer]))
    assert [row[:2] for row in cells] == [["Tarik", "A"], ["", ""], ["", "B"], ["Prambon", "B"]]
    assert sorted(merged) == [((0, 0), (2, 0)), ((0, 1), (1, 1))]


class Typed:
    """A table of two businesses, as a connection would answer."""

    def execute(self, query, arguments):
        return self

    def fetchall(self):
        rest = ("Siti", "Warung Siti", None, "56102", "Candi", "Ds. Sugihwaras", "12 juta", "3000000", "2", "Mikro")
        return [("UM-1", "3515084107909120", False, *rest), ("UM-2", "3515084107909120", True, *rest)]


def test_a_nik_is_a_text_except_where_it_was_typed_as_a_number():
    book = CalamineWorkbook.from_filelike(BytesIO(businesses(Typed(), "2025-S1", MADE)))
    first, second = book.get_sheet_by_name("Data UMKM").to_python()[5:]
    assert (first[2], second[2]) == ("3515084107909120", 3515084107909120.0)
    assert first[9:12] == ["12 juta", 3000000.0, 2.0]
