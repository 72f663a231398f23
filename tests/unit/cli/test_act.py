"""What `lumbung run` makes of its options: moments as people write them, and nothing that no run could do."""

from __future__ import annotations

import pytest
import typer

from lumbung.cli.act import chosen_systems, conf_of, moment_of
from lumbung.declarations import load

WIB = "Asia/Jakarta"


@pytest.mark.parametrize(
    ("text", "end", "wanted"),
    [
        ("2026-01-31", False, "2026-01-31T00:00:00+07:00"),
        ("2026-01-31", True, "2026-01-31T23:59:59.999999+07:00"),
        ("2024-02-29", True, "2024-02-29T23:59:59.999999+07:00"),
        ("2026-01-31T00:00", True, "2026-01-31T00:00:00+07:00"),
        ("2026-01-31T17:00:00+00:00", True, "2026-01-31T17:00:00+00:00"),
        ("2026-01-31T17:00:00Z", False, "2026-01-31T17:00:00+00:00"),
    ],
    ids=["from a day", "to a day: all of it", "leap day", "a time is a time", "with a zone", "UTC"],
)
def test_moments(text: str, end: bool, wanted: str) -> None:
    assert moment_of("--to", text, WIB, end=end) == wanted


@pytest.mark.parametrize(
    ("begin", "end", "sweep", "conf"),
    [
        (None, None, False, {"mode": "biasa"}),
        (None, None, True, {"mode": "sapu"}),
        (
            "2026-01-01",
            "2026-01-01",
            False,
            {"mode": "biasa", "dari": "2026-01-01T00:00:00+07:00", "sampai": "2026-01-01T23:59:59.999999+07:00"},
        ),
    ],
    ids=["what changed", "everything", "one day"],
)
def test_parameters(begin: str | None, end: str | None, sweep: bool, conf: dict[str, str]) -> None:
    assert conf_of(WIB, begin, end, sweep=sweep) == conf
    assert conf_of(WIB, begin, end, sweep=sweep, datasets=["sppt"]) == conf | {"dataset": ["sppt"]}


@pytest.mark.parametrize(
    ("begin", "end", "sweep", "says"),
    [
        ("2026-02-29", "2026-03-01", False, "--from 2026-02-29: bukan tanggal .* 2026-01-31"),
        ("2026-02-01", "2026-13-01", False, "--to 2026-13-01: bukan tanggal"),
        ("abc", "2026-03-01", False, "--from abc: bukan tanggal"),
        ("", "2026-03-01", False, "--from : bukan tanggal"),
        ("2026-02-01", None, False, "--from dan --to"),
        (None, "2026-02-01", False, "--from dan --to"),
        ("2026-02-01", "2026-01-01", False, "kosong: dari 2026-02-01"),
        ("2026-01-01", "2026-01-02", True, "--sweep"),
    ],
    ids=[
        "no such day",
        "no such month",
        "a word",
        "nothing",
        "no end",
        "no begin",
        "end before begin",
        "sweep and window",
    ],
)
def test_what_no_run_could_do_is_refused_before_one_is_started(
    begin: str | None, end: str | None, sweep: bool, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        conf_of(WIB, begin, end, sweep=sweep)


@pytest.mark.parametrize(
    ("codes", "datasets", "every", "words"),
    [
        ([], [], False, "--all"),
        (["siak"], [], True, "--all"),
        (["siak", "siap"], [], False, "'siap' tidak dikenal"),
        (["siak", "sismiop"], ["sppt"], False, "satu sistem"),
        (["siak"], ["sppt"], False, "'sppt' tidak ada di siak"),
    ],
    ids=["nothing-said", "both-said", "unknown", "dataset-of-which", "dataset-of-another"],
)
def test_run_says_what_it_can_run(codes, datasets, every, words):
    with pytest.raises((ValueError, typer.BadParameter), match=words):
        chosen_systems(load(), codes, datasets, every=every)


def test_run_takes_several_systems_once_each_or_all_of_them():
    assert chosen_systems(load(), ["sismiop", "siak", "sismiop"], [], every=False) == ("sismiop", "siak")
    assert set(chosen_systems(load(), [], [], every=True)) == set(load().systems)
    assert chosen_systems(load(), [], [], every=True, wanted=["ptsp"]) == ("ptsp",)
    with pytest.raises(ValueError, match=r"names bukan_dinas; approved: .*ptsp"):
        chosen_systems(load(), [], [], every=True, wanted=["ptsp", "bukan_dinas"])
