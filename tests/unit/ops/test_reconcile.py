"""Keys of source and warehouse as one text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from lumbung.ops import reconcile
from lumbung.ops.keys import joined, key_hasher
from lumbung.settings import ROOT


def test_a_number_is_the_same_however_many_zeros_follow_its_point() -> None:
    kinds = {"kode": "string", "batas": "number", "ke": "integer"}
    dataset = SimpleNamespace(key=tuple(kinds), column=lambda name: SimpleNamespace(logical=kinds[name], format=None))
    source = [pa.array(["10.0 ", "A", None]), pa.array(["0", "1000.5", "70"]), pa.array([1, 2, 10])]
    curated = [
        pa.array(["10.0", "A", None]),
        pa.array([Decimal("0.00"), Decimal("1000.50"), Decimal("70.00")]),
        pa.array([1, 2, 10]),
    ]
    ours, theirs = (joined(dataset, arrays) for arrays in (source, curated))  # type: ignore[arg-type]
    assert ours == theirs
    assert len(set(ours)) == 3
    assert ours[0].startswith("10.0")


def test_a_day_is_the_same_however_a_text_source_writes_it() -> None:
    column = SimpleNamespace(logical="date", format="31-12-2025")
    dataset = SimpleNamespace(key=("hari",), column=lambda name: column)
    source, curated = pa.array([" 05-01-2026 ", "kemarin", None]), pa.array([date(2026, 1, 5), None, None])
    ours, theirs = (joined(dataset, [array]) for array in (source, curated))  # type: ignore[arg-type]
    assert ours[0] == theirs[0] == "2026-01-05"
    assert ours[1] == "kemarin"


@pytest.mark.parametrize(
    ("returned", "difference", "said"),
    [
        pytest.param(0, 0, [("clear", "kembali/siak")], id="all-well"),
        pytest.param(2, 0, [("raise", "kembali/siak")], id="came-back"),
        pytest.param(2, 1, [("raise", "kembali/siak")], id="came-back-and-differs"),
    ],
)
def test_a_key_that_came_back_is_told_and_is_no_difference(
    monkeypatch: pytest.MonkeyPatch, returned: int, difference: int, said: list[tuple[str, str]]
) -> None:
    row = {"system": "siak", "dataset": "x", "returned": returned, "difference": difference}
    row |= dict.fromkeys(("missing", "extra", "received", "raw"), 0)
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(reconcile, "reconcile_rows", lambda system: [row])
    monkeypatch.setattr(reconcile, "raise_alert", lambda cause, text: heard.append(("raise", cause)))
    monkeypatch.setattr(reconcile, "clear_alert", lambda cause: heard.append(("clear", cause)))
    if difference:
        with pytest.raises(reconcile.NotReconciledError):
            reconcile.require_reconciled("siak")
    else:
        reconcile.require_reconciled("siak")
    assert heard == said


def test_the_key_of_the_erased_is_read_once_per_dataset_and_never_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file, reads = tmp_path / "forget_key", []

    def secret(name: str) -> str:
        reads.append(name)
        return file.read_text()

    place: Any = SimpleNamespace(secret_file=lambda name: tmp_path / name, secret=secret)
    dataset: Any = SimpleNamespace(id="siak.x")
    file.write_text("kunci")
    hashed = key_hasher(place, "siak.x", create=False)
    ledger: Any = SimpleNamespace(erased_keys=lambda name: {hashed("7"), hashed("8")})
    monkeypatch.setattr(reconcile, "settings", lambda: place)
    reads.clear()
    assert reconcile._returned(ledger, dataset, {str(number) for number in range(8)}) == 1
    assert reads == ["forget_key"]
    file.unlink()
    with pytest.raises(FileNotFoundError):
        reconcile._returned(ledger, dataset, {"7"})
    assert not file.exists()


@pytest.mark.parametrize("heading", sorted(set(reconcile.COLUMNS.values()) - {"Sistem", "Dataset"}))
def test_every_column_is_explained_to_those_who_watch(heading: str) -> None:
    page = (ROOT / "docs" / "howto" / "operate.md").read_text(encoding="utf-8")
    assert f"\n| *{heading}* |" in page
