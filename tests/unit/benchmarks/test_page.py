"""Benchmarks without services: the page says what the results say, the rules are as many as asked for."""

from pathlib import Path

import pytest

from benchmarks import page
from benchmarks.b2_validate import spark
from benchmarks.b2_validate.rules import COMPOUND, REFERENCE, UNIQUE, checks
from benchmarks.b2_validate.run import gate
from benchmarks.harness import summary


def test_the_page_is_what_the_results_say() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.written(text, page.RESULTS) == text, "run `python -m benchmarks.page`"


def test_every_plot_of_the_page_exists() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    named = [part.partition(")")[0] for part in text.split("](../benchmarks/results/")[1:]]
    assert named
    for name in named:
        assert (page.RESULTS / name).is_file(), name


@pytest.mark.parametrize("count", [5, 15, 30, 60])
def test_rules_are_different_and_have_all_kinds(count: int) -> None:
    made = checks(count)
    assert len({check.id for check in made}) == len({check.broken("rlike") for check in made}) == count
    assert [check.kind for check in made[:4]] == [UNIQUE, COMPOUND, REFERENCE, REFERENCE]


def test_the_gate_names_the_rule_that_differs() -> None:
    right = {"accepted": 3, "quarantined": 1, "by_rule": {"a": 1, "b": 0}}
    wrong = {"accepted": 3, "quarantined": 1, "by_rule": {"a": 1, "b": 2}}
    assert gate({"duckdb": right, "ours": wrong, "rewrite": {}}) == {
        "duckdb": "counts equal",
        "ours": "differs: b: 2 instead of 0",
    }


def test_a_run_that_failed_does_not_count() -> None:
    runs: list[dict[str, object]] = [{"wall_s": 3.0}, {"wall_s": 1.0}, {"wall_s": 2.0}, {"error": "x"}]
    assert summary(runs) == {"median": 2.0, "low": 1.0, "high": 3.0}
    assert summary(runs[3:]) == {}


def test_no_page_without_its_markers(tmp_path: Path) -> None:
    assert page.written("nothing to fill", tmp_path) == "nothing to fill"


@pytest.mark.parametrize("good, bad", [("true", "false"), (True, False)], ids=["text", "boolean"])
def test_the_split_by_hand_is_counted_by_class(good: object, bad: object) -> None:
    rows = [{"_ok": good, "count": 3}, {"_ok": bad, "count": 1}]
    assert spark._classes(rows) == {"accepted": 3, "quarantined": 1}
