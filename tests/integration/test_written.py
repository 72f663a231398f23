"""How text sources write numbers and times becomes plain before any rule looks, or the type rule refuses it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from lumbung.declarations.models import Dataset
from lumbung.declarations.written import WRITTEN
from lumbung.ops.keys import joined
from lumbung.rules.frame import contract_frame, parses, typed
from tests.integration.engine import open_session
from tests.integration.validate_cases import column

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DAY = date(2025, 12, 31)
MOMENT = datetime(2025, 12, 31, 16, 59, 59, tzinfo=UTC)
NUMBER = {"logical": "number", "precision": 12, "scale": 2}
TEXTS: tuple[tuple[str, dict[str, Any], str, Any], ...] = (
    ("1.234,5", NUMBER, "12.508", Decimal(12508)),
    ("1.234,5", NUMBER, "1.234.567,89", Decimal("1234567.89")),
    ("1.234,5", NUMBER, "12508", Decimal(12508)),
    ("1.234,5", NUMBER, " -7,5 ", Decimal("-7.50")),
    ("1.234,5", NUMBER, "12.50", None),
    ("1.234,5", NUMBER, "1,234.50", None),
    ("1.234,5", NUMBER, "1.2345", None),
    ("1.234,5", NUMBER, "7,505", None),
    ("1.234,5", NUMBER, "Rp 12.508", None),
    ("1.234,5", NUMBER, "", None),
    ("1.234,5", NUMBER, "-", None),
    ("31-12-2025", {"logical": "date"}, "31-12-2025", DAY),
    ("31-12-2025", {"logical": "date"}, "31-02-2025", None),
    ("31-12-2025", {"logical": "date"}, "12-31-2025", None),
    ("31-12-2025", {"logical": "date"}, "2025-12-31", None),
    ("31/12/2025", {"logical": "date"}, "31/12/2025", DAY),
    ("31/12/2025", {"logical": "date"}, "1/2/2025", None),
    ("20251231", {"logical": "date"}, "20251231", DAY),
    ("20251231", {"logical": "date"}, "251231", None),
    ("2025-12-31T23:59:59+07:00", {"logical": "timestamp"}, "2025-12-31T23:59:59+07:00", MOMENT),
    ("2025-12-31T23:59:59+07:00", {"logical": "timestamp"}, "2025-12-31T16:59:59Z", MOMENT),
    ("2025-12-31T23:59:59+07:00", {"logical": "timestamp"}, "2025-12-31 16:59:59.000Z", MOMENT),
    ("2025-12-31T23:59:59+07:00", {"logical": "timestamp"}, "2025-12-31T23:59:59", None),
    ("2025-12-31T23:59:59+07:00", {"logical": "timestamp"}, "2025-13-31T23:59:59Z", None),
)


@pytest.fixture(scope="module")
def spark() -> SparkSession:
    return open_session()


def a_dataset(written: str, kind: dict[str, Any]) -> Dataset:
    of = column("nilai", physical="json string", format=written, **kind)
    return Dataset.model_construct(columns=(of,), key=("nilai",), period_column=None)


@pytest.mark.parametrize("written", list(WRITTEN))
def test_each_text_becomes_its_value_or_is_refused(spark: SparkSession, written: str) -> None:
    from pyspark.sql import functions as fn

    cases = [(kind, text, value) for form, kind, text, value in TEXTS if form == written]
    of = a_dataset(written, cases[0][0])
    raw = spark.createDataFrame([(n, text) for n, (_, text, _) in enumerate(cases)], "_row BIGINT, nilai STRING")
    value = typed(of.columns[0], "Asia/Jakarta")
    if cases[0][0]["logical"] == "timestamp":
        value = fn.unix_seconds(value)  # what a client makes of a moment depends on its own zone
    frame = contract_frame(raw, of).select("_row", "nilai", parses(of.columns[0]).alias("fits"), value.alias("value"))
    for row, (_, text, wanted) in zip(frame.orderBy("_row").collect(), cases, strict=True):
        expected = int(wanted.timestamp()) if isinstance(wanted, datetime) else wanted
        assert row["fits"] == (wanted is not None), text
        if wanted is not None:
            assert row["value"] == expected, text


def test_what_is_written_otherwise_is_shown_as_it_came(spark: SparkSession) -> None:
    raw = spark.createDataFrame([(1, "12.50")], "_row BIGINT, nilai STRING")
    shown = contract_frame(raw, a_dataset("1.234,5", NUMBER)).collect()[0]["nilai"]
    assert shown == "12.50 (ditulis tidak seperti 1.234,5)"


def test_what_is_plain_already_stays(spark: SparkSession) -> None:
    """Rows of the curated table, where a child looks for its parent."""
    curated = spark.createDataFrame([(1, DAY)], "_row BIGINT, nilai DATE")
    of = a_dataset("31-12-2025", {"logical": "date"})
    frame = contract_frame(curated, of).select(typed(of.columns[0], "Asia/Jakarta").alias("value"))
    assert frame.collect()[0]["value"] == DAY


@pytest.mark.parametrize("written", ["31-12-2025", "31/12/2025", "20251231"])
def test_keys_are_plain_for_the_comparison_with_the_source_too(written: str) -> None:
    of = a_dataset(written, {"logical": "date"})
    fits = [(text, value) for form, _, text, value in TEXTS if form == written and value is not None]
    source = joined(of, [pa.array([text for text, _ in fits])])
    assert source == joined(of, [pa.array([value for _, value in fits])])
