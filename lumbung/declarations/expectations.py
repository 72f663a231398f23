"""The Great Expectations that a suite may use: map expectations (one verdict per row) with a Spark implementation.

Kept as a static table so that nothing here imports Great Expectations; a unit test compares it with the library.
"""

from __future__ import annotations

from typing import Final

_COLUMN: Final = frozenset({"column"})
_PAIR: Final = frozenset({"column_A", "column_B", "ignore_row_if"})
_MANY: Final = frozenset({"column_list", "ignore_row_if"})

#: name -> arguments that it takes (`mostly` is not among them: a rule holds for every row).
MAP_EXPECTATIONS: Final[dict[str, frozenset[str]]] = {
    "expect_column_pair_values_a_to_be_greater_than_b": _PAIR | {"or_equal"},
    "expect_column_pair_values_to_be_equal": _PAIR,
    "expect_column_value_lengths_to_be_between": _COLUMN | {"min_value", "max_value", "strict_min", "strict_max"},
    "expect_column_value_lengths_to_equal": _COLUMN | {"value"},
    "expect_column_values_to_be_between": _COLUMN | {"min_value", "max_value", "strict_min", "strict_max"},
    "expect_column_values_to_be_in_set": _COLUMN | {"value_set"},
    "expect_column_values_to_be_null": _COLUMN,
    "expect_column_values_to_match_regex": _COLUMN | {"regex"},
    "expect_column_values_to_not_be_in_set": _COLUMN | {"value_set"},
    "expect_column_values_to_not_be_null": _COLUMN,
    "expect_column_values_to_not_match_regex": _COLUMN | {"regex"},
    "expect_select_column_values_to_be_unique_within_record": _MANY,
}

#: Arguments that name a column or several.
COLUMN_ARGUMENTS: Final = ("column", "column_A", "column_B", "column_list")
#: Regular expressions among the arguments.
REGEX_ARGUMENTS: Final = ("regex",)
