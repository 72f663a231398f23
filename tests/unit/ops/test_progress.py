"""Each thing that a run reaches is told once, in words, with the figures that mean something."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from lumbung.ops.progress import Progress, outcome


def batch(name: str, state: str, received: int | None = None, accepted: int = 0, refused: int = 0) -> Any:
    found = SimpleNamespace(
        id=f"siak-000001-siak.{name}", dataset=f"siak.{name}", state=state, received=received, accepted=accepted,
        quarantined=refused,
    )  # fmt: skip
    return cast(Any, found)


def test_stages_are_told_when_all_have_reached_them_and_datasets_one_by_one() -> None:
    said: list[str] = []
    progress = Progress(said.append)
    progress.tell([])
    progress.tell([batch("a", "opened"), batch("b", "opened")])
    progress.tell([batch("a", "extracted", 5), batch("b", "opened")])
    assert said == []
    progress.tell([batch("a", "landed", 5), batch("b", "extracted", 0)])
    assert said == ["  2 dataset dibaca dari sumber"]
    for _ in range(2):
        progress.tell([batch("a", "conformed", 5, 3, 1), batch("b", "validated", 0)])
    progress.tell([batch("a", "conformed", 5, 3, 1), batch("b", "conformed", 0)])
    assert said[1:] == [
        "  2 dataset tersimpan di raw",
        "  2 dataset diuji",
        "  siak.a: 3 baru atau berubah, 1 ditolak (dari 5 diterima)",
        "  siak.b: tidak ada yang berubah",
    ]


def test_a_dataset_that_was_stopped_keeps_no_line_from_the_others() -> None:
    said: list[str] = []
    Progress(said.append).tell([batch("a", "stopped"), batch("b", "landed", 1)])
    assert said == ["  1 dataset dibaca dari sumber", "  1 dataset tersimpan di raw", "  siak.a: dihentikan"]


@pytest.mark.parametrize(
    ("received", "accepted", "line"),
    [
        (238_756, 0, "0 baru atau berubah, 0 ditolak (dari 238.756 diterima)"),
        (0, 0, "tidak ada yang berubah"),
        (1_250, 1_250, "1.250 baru atau berubah, 0 ditolak (dari 1.250 diterima)"),
    ],
    ids=["a whole table again", "an empty window", "a first load"],
)
def test_what_came_of_the_rows(received: int, accepted: int, line: str) -> None:
    assert outcome(batch("a", "conformed", received, accepted)) == line
