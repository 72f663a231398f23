"""The page of the drawn seeds says what was held against what, and hides no difference."""

from __future__ import annotations

import pytest

from tests.manifest.table import Result, render

REFUSED = (("siak.biodata_wni", "nik:nik", "error"), 5, 5, 0, 0)
WARNED = (("siak.biodata_wni", "kode:agama", "warning"), 2, 2, 0, 0)
TWICE = (("sismiop.sppt", "", "duplicate"), 3, 3, 0, 0)
HALF = (("covid", "berkas-rusak", "file"), 4, 4, 0, 0)
MET = Result(4711, 0.004, 10, (REFUSED, WARNED, TWICE, HALF), 61.4)


def test_a_run_that_met_its_manifest() -> None:
    text = render([MET])
    assert "| 4711 | 0.004 | 10 | 4 | 5 of 5 | 2 of 2 | 3 of 3 | 4 of 4 | 0 | 61 |" in text
    assert "1 of 1 runs met their manifest exactly." in text
    assert "Missing" not in text


@pytest.mark.parametrize(
    ("line", "row", "shown"),
    [
        ((REFUSED[0], 5, 4, 0, 1), "4 of 5", "| 4712 | 0.01 | `siak.biodata_wni` | `nik:nik` | error | 0 | 1 |"),
        ((REFUSED[0], 5, 5, 1, 1), "5 of 5", "| 4712 | 0.01 | `siak.biodata_wni` | `nik:nik` | error | 1 | 1 |"),
    ],
    ids=["one was missed", "another one in its place"],
)
def test_a_run_that_differs_is_named_with_its_line(
    line: tuple[tuple[str, str, str], int, int, int, int], row: str, shown: str
) -> None:
    wrong = Result(4712, 0.01, 10, (line,), 60)
    text = render([MET, wrong])
    assert wrong.other > 0 and row in text and shown in text
    assert "1 of 2 runs met their manifest exactly." in text
