"""What a process that died left of a batch goes once the batch is conformed, and not before."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from lumbung.ledger import NotInLedger
from lumbung.stages import promotion

STATES = {"siak-000001-siak.x": "conformed", "siak-000002-siak.x": "validated", "siak-000003-siak.x": "landed"}


class MemoryLedger:
    """Knows the states of three batches."""

    def batch(self, batch_id: str) -> SimpleNamespace:
        if batch_id not in STATES:
            raise NotInLedger(batch_id)
        return SimpleNamespace(state=STATES[batch_id])


@pytest.mark.parametrize("suffix", ["", ".keys", ".0123456789ab.tmp"], ids=["valid rows", "keys", "working folder"])
def test_only_what_belongs_to_conformed_batches_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(promotion, "settings", lambda: SimpleNamespace(warehouse=tmp_path))
    folder = tmp_path / "valid" / "siak" / "x"
    for batch in (*STATES, "siak-000009-siak.x"):
        (folder / f"{batch}{suffix}").mkdir(parents=True)
    dataset = SimpleNamespace(system="siak", name="x")
    promotion.drop_leftovers(MemoryLedger(), [dataset])  # type: ignore[arg-type, list-item]
    left = {path.name for path in folder.iterdir()}
    assert left == {f"siak-{n}-siak.x{suffix}" for n in ("000002", "000003", "000009")}
