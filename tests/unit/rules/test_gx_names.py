"""Names of expectations, and how a difference of counts is told."""

import pytest

from lumbung.rules.classify import Tally
from lumbung.rules.gx import Verdict, _why, class_name
from lumbung.stages.judging import compare


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("expect_column_values_to_be_in_set", "ExpectColumnValuesToBeInSet"),
        ("expect_column_pair_values_a_to_be_greater_than_b", "ExpectColumnPairValuesAToBeGreaterThanB"),
        ("expect_compound_columns_to_be_unique", "ExpectCompoundColumnsToBeUnique"),
    ],
)
def test_a_declared_expectation_is_a_class_of_great_expectations(declared: str, name: str) -> None:
    assert class_name(declared) == name


def test_equal_counts_say_nothing_and_others_name_rule_and_both_numbers() -> None:
    tally = Tally(10, 8, 1, 1, {"nik:nik": 3, "kode:jenis": 2})
    assert compare(tally, Verdict({"nik:nik": 3, "kode:jenis": 2}, 10)) == []
    found = compare(tally, Verdict({"nik:nik": 4, "kode:jenis": 2}, 9))
    assert found == ["rows: ours 10, theirs 9", "rule nik:nik: ours 3, theirs 4"]


def test_what_great_expectations_says_of_a_metric_reaches_the_message() -> None:
    """In the form in which it keeps metrics that it could not compute (`MetricComputationDetails`)."""
    from great_expectations.validator.exception_info import ExceptionInfo

    said = ExceptionInfo("Traceback ...", "cannot compare a number with a text")
    assert _why({("metric",): {"exception_info": said}}) == "cannot compare a number with a text"
    assert _why({}) == "no reason given"
