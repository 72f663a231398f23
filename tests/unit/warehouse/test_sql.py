"""Names and texts that become SQL."""

from __future__ import annotations

import pytest

from lumbung.warehouse.sql import NameRefusedError, identifier, literal, table


def test_names_are_quoted_part_by_part() -> None:
    assert identifier("curated", "siak__biodata_wni") == "`curated`.`siak__biodata_wni`"
    assert table("mart.penduduk_semester") == "`mart`.`penduduk_semester`"


@pytest.mark.parametrize(
    "name",
    ["", "Nik", "1a", "a b", "a`; DROP TABLE x; --", "a.b", "a-b", "ä", "a" * 129, "a\n"],
    ids=["empty", "upper", "digit first", "blank", "injection", "dot", "dash", "accent", "too long", "newline"],
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(NameRefusedError, match="rename it"):
        identifier(name)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("biasa", "'biasa'"),
        ("Ma'ruf", r"'Ma\'ruf'"),
        ("a\\'; DROP", r"'a\\\'; DROP'"),
        ("dua\nbaris", r"'dua\nbaris'"),
    ],
)
def test_a_text_cannot_leave_its_literal(text: str, wanted: str) -> None:
    assert literal(text) == wanted
