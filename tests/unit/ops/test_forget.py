"""Whose rows an erasure would take: one key's, unless all are meant."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from lumbung.ops import forget
from lumbung.ops.forget import Subject, different, examine
from lumbung.ops.keys import SEPARATOR


def dataset(*key: str, period: str | None = None) -> Any:
    return cast(Any, SimpleNamespace(id="uji.orang", key=key, period_column=period))


def key(*parts: str) -> str:
    return SEPARATOR.join(parts)


PERSONS, PERIODS = dataset("nik"), dataset("periode", "nik", period="periode")


@pytest.mark.parametrize(
    ("declared", "keys", "count"),
    [
        pytest.param(PERSONS, {"1"}, 1, id="one person"),
        pytest.param(PERSONS, {"1", "2"}, 2, id="two persons"),
        pytest.param(PERSONS, set(), 0, id="nobody"),
        pytest.param(PERIODS, {key("202401", "1"), key("202402", "1")}, 1, id="one person in two periods"),
        pytest.param(PERIODS, {key("202401", "1"), key("202401", "2")}, 2, id="two persons in one period"),
        pytest.param(dataset("nop", "tahun"), {key("7", "2024"), key("7", "2025")}, 2, id="a year is no period"),
    ],
)
def test_different_keys(declared: Any, keys: set[str], count: int) -> None:
    assert different(declared, keys) == count


@pytest.mark.parametrize(
    ("keys", "all_keys", "refused"),
    [
        pytest.param({"1"}, False, False, id="one key"),
        pytest.param({"1", "2"}, False, True, id="two keys"),
        pytest.param({"1", "2"}, True, False, id="two keys, meant"),
    ],
)
def test_several_keys_are_refused_unless_meant(
    monkeypatch: pytest.MonkeyPatch, keys: set[str], all_keys: bool, refused: bool
) -> None:
    for step in ("_found", "_refusals", "_mentions"):
        monkeypatch.setattr(forget, step, lambda *_: [])
    monkeypatch.setattr(forget, "load", lambda: None)
    monkeypatch.setattr(forget, "_keys", lambda *_: keys)
    found = examine(Subject(PERSONS, {"nama": "BUDI"}, "h", all_keys), cast(Any, SimpleNamespace()))
    assert found.keys == len(keys)
    assert bool(found.refusals) == refused
    assert all("2 kunci berbeda" in text and "--all-keys" in text for text in found.refusals)
