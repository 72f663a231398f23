"""The text that Prometheus reads."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from lumbung.ops.metrics import Metric, rendered, stage_seconds

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_form_is_that_of_the_text_format() -> None:
    metric = Metric("lumbung_x_total", "Rows.", "counter")
    metric.add(3, system="siak", dataset='a"b\\c\nd')
    metric.add(None, system="tidak diketahui")
    late = Metric("lumbung_late", "Late.")
    late.add(True)
    late.add(START, mart="m")
    assert rendered([metric, late]) == (
        "# HELP lumbung_x_total Rows.\n"
        "# TYPE lumbung_x_total counter\n"
        'lumbung_x_total{system="siak",dataset="a\\"b\\\\c\\nd"} 3\n'
        "# HELP lumbung_late Late.\n"
        "# TYPE lumbung_late gauge\n"
        "lumbung_late 1\n"
        'lumbung_late{mart="m"} 1767225600\n'
    )


def test_seconds_of_a_stage_are_between_the_ledgers_moments() -> None:
    batch: Any = SimpleNamespace(
        opened_at=START,
        extracted_at=START + timedelta(seconds=2),
        landed_at=START + timedelta(seconds=3),
        validated_at=None,
        conformed_at=None,
    )
    assert stage_seconds(batch) == {"extract": 2.0, "land": 1.0}
