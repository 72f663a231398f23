"""What a run has reached, told line by line to whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from lumbung.ledger import Batch

_ORDER: Final = ("opened", "extracted", "landed", "validated", "conformed")
_REACHED: Final = {"extracted": "dibaca dari sumber", "landed": "tersimpan di raw", "validated": "diuji"}


class Progress:
    """Tells each thing once: that all datasets are read, landed, judged; and of every dataset what came of its rows."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._told: set[str] = set()

    def tell(self, batches: Sequence[Batch]) -> None:
        """The batches of the run as they are now."""
        going = [batch for batch in batches if batch.state != "stopped"]
        for state, word in _REACHED.items():
            if going and all(_ORDER.index(batch.state) >= _ORDER.index(state) for batch in going):
                self._once(state, f"{len(going)} dataset {word}")
        for batch in batches:
            if batch.state == "conformed":
                self._once(batch.id, f"{batch.dataset}: {outcome(batch)}")
            elif batch.state == "stopped":
                self._once(batch.id, f"{batch.dataset}: dihentikan")

    def _once(self, what: str, line: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self._say(f"  {line}")


def outcome(batch: Batch) -> str:
    """How many rows of a batch are new to the warehouse, and how many were refused, of how many that came."""
    if not batch.received:
        return "tidak ada yang berubah"
    parts = f"{_number(batch.accepted)} baru atau berubah, {_number(batch.quarantined)} ditolak"
    return f"{parts} (dari {_number(batch.received)} diterima)"


def _number(rows: int | None) -> str:
    return f"{rows or 0:,}".replace(",", ".")
