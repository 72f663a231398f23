"""How much of a batch may be refused: the form of the limit, and when it is exceeded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from lumbung.declarations import load
from lumbung.declarations.quality import QualityLimit


@pytest.mark.parametrize(
    ("text", "percent"),
    [("5 %", "5"), ("5%", "5"), ("2.5 %", "2.5"), ("0 %", "0"), ("100 %", "100"), ("99.75 %", "99.75")],
)
def test_a_percentage_is_read_as_it_is_written(text: str, percent: str) -> None:
    assert QualityLimit(most_refused=text).most_refused == Decimal(percent)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"most_refused": 5}, id="no sign"),
        pytest.param({"most_refused": "101 %"}, id="above a hundred"),
        pytest.param({"most_refused": "-1 %"}, id="below none"),
        pytest.param({"most_refused": "5,5 %"}, id="comma"),
        pytest.param({"most_refused": "5 persen"}, id="word"),
        pytest.param({"most_refused": "1.234 %"}, id="too exact"),
        pytest.param({"most_refused": "5 %", "from_rows": 0}, id="from no row"),
        pytest.param({"most_refused": "5 %", "from_rows": True}, id="a yes for a number"),
        pytest.param({"most_refused": "5 %", "rows": 10}, id="unknown key"),
        pytest.param({"from_rows": 10}, id="no percentage"),
    ],
)
def test_another_form_is_a_mistake(form: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        QualityLimit(**form)


@pytest.mark.parametrize(
    ("limit", "from_rows", "fresh", "accepted", "exceeded"),
    [
        pytest.param("5 %", 1, 5, 95, False, id="exactly the limit"),
        pytest.param("5 %", 1, 6, 94, True, id="above"),
        pytest.param("5 %", 7, 6, 4, False, id="too few rows"),
        pytest.param("5 %", 6, 6, 4, True, id="just enough rows"),
        pytest.param("0 %", 1, 1, 999, True, id="none is allowed"),
        pytest.param("0 %", 1, 0, 999, False, id="none is there"),
        pytest.param("100 %", 1, 9, 0, False, id="all is allowed"),
        pytest.param("99.99 %", 1, 9, 0, True, id="nearly all is allowed"),
        pytest.param("5 %", 1, 0, 0, False, id="nothing new"),
    ],
)
def test_a_limit_is_exceeded(limit: str, from_rows: int, fresh: int, accepted: int, exceeded: bool) -> None:
    made = QualityLimit(most_refused=limit, from_rows=from_rows)  # type: ignore[arg-type]
    assert made.exceeded(fresh, accepted) is exceeded


def test_the_contract_says_else_the_tenant_and_it_changes_no_verdict() -> None:
    declared = load()
    person = declared.datasets["siak.biodata_wni"]
    assert person.quality == declared.tenant.quality
    other = person.model_copy(update={"quality": QualityLimit(most_refused=Decimal(1))})
    assert declared.digest(other) == declared.digest(person)
