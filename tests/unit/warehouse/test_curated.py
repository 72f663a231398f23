"""What a code list says over time."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lumbung.declarations.models import CodeList, CodeRow
from lumbung.warehouse.curated import periods

OPEN, END = date(1900, 1, 1), date(9999, 12, 31)


def listed(*rows: tuple[str, str, date, date]) -> CodeList:
    made = tuple(CodeRow(code=c, label=n, valid_from=a, valid_to=b, values={}) for c, n, a, b in rows)
    return CodeList.model_construct(rows=made)


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        pytest.param([], [(date.max, {})], id="empty"),
        pytest.param([("1", "A", OPEN, END)], [(date.max, {"1": "A"})], id="never changes"),
        pytest.param(
            [("1", "A", OPEN, date(2024, 2, 29)), ("1", "B", date(2024, 3, 1), END)],
            [(date(2024, 2, 29), {"1": "A"}), (date.max, {"1": "B"})],
            id="another meaning after the leap day",
        ),
        pytest.param(
            [("1", "A", OPEN, date(2022, 12, 31)), ("1", "A", date(2023, 1, 1), END)],
            [(date.max, {"1": "A"})],
            id="prolonged without change",
        ),
        pytest.param(
            [("1", "A", date(2006, 12, 29), date(2010, 12, 31)), ("1", "B", date(2020, 1, 1), END)],
            [
                (date(2006, 12, 28), {}),
                (date(2010, 12, 31), {"1": "A"}),
                (date(2019, 12, 31), {}),
                (date.max, {"1": "B"}),
            ],
            id="begins, ends, begins again",
        ),
    ],
)
def test_periods(rows: list[Any], wanted: list[Any]) -> None:
    assert periods(listed(*rows)) == wanted
