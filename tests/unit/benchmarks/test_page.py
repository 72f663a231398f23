"""Benchmarks without services: the page says what the results say, the rules are as many as asked for."""

import json
from pathlib import Path

import pytest

from benchmarks import page
from benchmarks.b2_validate import spark
from benchmarks.b2_validate.rules import COMPOUND, REFERENCE, UNIQUE, checks
from benchmarks.b2_validate.run import gate
from benchmarks.b3_task.__main__ import gate_of_jobs
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


def test_the_growth_over_scales_has_its_exponent(tmp_path: Path) -> None:
    for scale, seconds in ((0.25, 100.0), (1.0, 200.0)):
        step = {"step": "siak live", "received": 1000, "accepted": 900, "wall_s": seconds, "peak_mb": 5000}
        step |= {"stages_s": {"land": 3.0}, "validate_s": {"siak.biodata_wni": 9.0}, "conform_s": {}}
        body = {
            "scale": scale,
            "at": "2026-01-05T06:00",
            "machine": {"load_at_end": 1.0},
            "build_s": 7,
            "steps": [step, step | {"step": "siak history"}][: 2 if scale < 1 else 1],
        }
        (tmp_path / f"b7_full_{scale:g}.json").write_text(json.dumps(body), encoding="utf-8")
    text = page.written("<!-- b7 --><!-- /b7 --> <!-- b7-shares --><!-- /b7-shares -->", tmp_path)
    assert "| siak live | 1,000 | 900 | 100 | 5,000 | 1,000 | 900 | 200 | 5,000 | 0.50 |" in text
    assert "| siak history | 1,000 | 900 | 100 | 5,000 | – | – | – | – | – |" in text
    assert "| siak history at 0.25 | 3 | 97 |" in text
    assert "| siak live at 1 | 3 | 197 | biodata_wni 9 |" in text


def test_a_task_that_counted_otherwise_is_named() -> None:
    runs = {"ours": [{"answer": 41}, {"answer": 41}], "own-spark": [{"answer": 41}, {"error": "x"}]}
    assert gate_of_jobs(runs) == {"ours": "same answer", "own-spark": "differs: 41, None"}
