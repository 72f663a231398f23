"""Half a file is met when nobody reads it: refused, or replaced by the whole one; no other file may be refused."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from tests.manifest.comparison import files_kept_out, half_files

MANIFEST = {"half_files": [{"system": "covid", "name": "a.csv", "sha256": "1"}]}


def file(state: str, name: str = "a.csv", sha256: str = "1") -> Any:
    return SimpleNamespace(state=state, name=name, sha256=sha256)


@pytest.mark.parametrize(
    ("files", "beyond", "missing"),
    [
        pytest.param([file("refused"), file("received", "a (1).csv", "2")], 0, 0, id="refused"),
        pytest.param([file("superseded"), file("received", "a (1).csv", "2")], 0, 0, id="replaced"),
        pytest.param([file("received")], 0, 1, id="read"),
        pytest.param([], 0, 1, id="not seen"),
        pytest.param([file("refused"), file("refused", "b.csv", "3")], 1, 0, id="a whole one refused"),
        pytest.param([file("refused"), file("superseded", "a.csv", "4")], 0, 0, id="an older one of its name replaced"),
    ],
)
def test_half_files_are_held_against_what_was_kept_out(files: list[Any], beyond: int, missing: int) -> None:
    wanted, found = half_files(MANIFEST, "covid"), files_kept_out(files, MANIFEST, "covid")
    assert ((found - wanted).total(), (wanted - found).total()) == (beyond, missing)


def test_another_systems_files_are_its_own() -> None:
    assert half_files(MANIFEST, "gis") == Counter()
