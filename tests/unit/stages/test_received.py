"""What counts as received of a parent."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.rules.references import Received
from lumbung.stages import received


def batch(name: str, mode: str, rows: int = 1) -> Any:
    return SimpleNamespace(id=name, mode=mode, received=rows)


@pytest.mark.parametrize(
    ("pending", "present", "expected"),
    [
        ([], True, Received((), "curated", ("refused",))),
        ([batch("a", "window"), batch("b", "full", rows=0)], True, Received(("a",), "curated", ("refused",))),
        ([batch("a", "window"), batch("b", "full"), batch("c", "replay")], True, Received(("b", "c"))),
        ([batch("a", "full"), batch("b", "sweep")], True, Received(("b",))),
        ([batch("a", "full")], False, Received(("a",), "curated", ("refused",))),
    ],
    ids=["nothing-waits", "an-empty-read-says-nothing", "before-a-whole-read", "newest-whole-read", "ever-received"],
)
def test_a_waiting_whole_read_says_what_is_there(
    pending: list[Any], present: bool, expected: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received, "raw_rows", lambda spark, warehouse, one: one.id)
    monkeypatch.setattr(received, "curated_rows", lambda spark, dataset: "curated")
    monkeypatch.setattr(received, "_open_refused", lambda *arguments: ("refused",))
    ledger = SimpleNamespace(batches=lambda dataset, states: pending, open_rollbacks=lambda dataset: [])
    parent = SimpleNamespace(id="toko.barang")
    assert received.received_of(ledger, None, Path(), parent, present=present) == expected  # type: ignore[arg-type]
