"""What a new version of a code list changes, and which changes alter what rows of before say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lumbung.declarations.models import CodeList, CodeRow, ListColumn
from lumbung.warehouse.list_changes import Change, changes

FIRST, LAST = date(1900, 1, 1), date(9999, 12, 31)
Row = tuple[str, str, str | None, date, date]


def listed(*rows: Row, columns: tuple[str, ...] = ("kode", "label", "induk", "berlaku_dari")) -> CodeList:
    return CodeList(
        name="uji",
        title="Uji",
        description="",
        source="uji",
        license="Fakta",
        caution=None,
        columns=tuple(ListColumn(name=name, title=name, description=name) for name in columns),
        key=("kode", "berlaku_dari"),
        code_column="kode",
        label_column="label",
        has_validity=True,
        rows=tuple(
            CodeRow(
                code=code,
                label=label,
                valid_from=start,
                valid_to=end,
                values={"kode": code, "label": label, "induk": parent},
            )
            for code, label, parent, start, end in rows
        ),
    )


def stored(*rows: Row) -> list[dict[str, Any]]:
    return [
        {"kode": code, "label": label, "induk": parent, "berlaku_dari": start, "berlaku_sampai": end}
        for code, label, parent, start, end in rows
    ]


OLD: Row = ("1", "LAMA", "A", FIRST, LAST)
CLOSED: Row = ("1", "LAMA", "A", FIRST, date(2025, 12, 31))
FOLLOWING: Row = ("1", "BARU", "A", date(2026, 1, 1), LAST)

CASES = {
    "nothing": ((OLD,), []),
    "new-code": ((OLD, ("2", "DUA", "A", FIRST, LAST)), [("2", "baru", None, "DUA 1900-01-01 s.d. 9999-12-31", False)]),
    "code-gone": (
        (("2", "DUA", "A", FIRST, LAST),),
        [
            ("1", "hilang", "LAMA 1900-01-01 s.d. 9999-12-31", None, True),
            ("2", "baru", None, "DUA 1900-01-01 s.d. 9999-12-31", False),
        ],
    ),
    "label": ((("1", "BARU", "A", FIRST, LAST),), [("1", "label", "LAMA", "BARU", True)]),
    "closed": (
        (CLOSED,),
        [("1", "masa berlaku", "LAMA 1900-01-01 s.d. 9999-12-31", "LAMA 1900-01-01 s.d. 2025-12-31", True)],
    ),
    "another-label-from-a-day-on": (
        (CLOSED, FOLLOWING),
        [
            ("1", "masa berlaku", "LAMA 1900-01-01 s.d. 9999-12-31", "LAMA 1900-01-01 s.d. 2025-12-31", True),
            ("1", "masa berlaku", None, "BARU 2026-01-01 s.d. 9999-12-31", True),
        ],
    ),
    "another-parent": ((("1", "LAMA", "B", FIRST, LAST),), [("1", "isi", "induk A", "induk B", True)]),
    "parent-gone": ((("1", "LAMA", None, FIRST, LAST),), [("1", "isi", "induk A", "induk None", True)]),
}


@pytest.mark.parametrize(("rows", "wanted"), CASES.values(), ids=CASES.keys())
def test_a_change_is_named(rows: tuple[Row, ...], wanted: list[tuple[Any, ...]]) -> None:
    found = changes(stored(OLD), listed(*rows))
    assert [(*change, change.meaning) for change in found] == wanted


def test_a_column_that_is_new_changes_nothing_and_one_that_goes_does() -> None:
    more = listed(OLD, columns=("kode", "label", "induk", "singkatan", "berlaku_dari"))
    assert changes(stored(OLD), more) == []
    less = listed(OLD, columns=("kode", "label", "berlaku_dari"))
    assert changes(stored(OLD), less) == [Change("*", "kolom", "induk", None)]


def test_an_empty_table_gets_new_codes_only() -> None:
    assert [change.kind for change in changes([], listed(OLD))] == ["baru"]
