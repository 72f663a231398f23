"""A plan of maintenance: steps that can be read before they are done, under one checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

Kind = Literal["raw", "karantina", "asal", "snapshot", "padatkan", "sisa"]
KINDS: Final[tuple[Kind, ...]] = ("raw", "karantina", "asal", "snapshot", "padatkan", "sisa")
"""Batch folders in raw, in quarantine; dropped files that are not in force; snapshots of Iceberg tables; small files
written together; leftovers."""
COLUMNS: Final = {
    "kind": "Jenis",
    "target": "Obyek",
    "rows": "Baris",
    "files": "Berkas",
    "bytes": "Byte",
    "why": "Sebab",
}


class PlanChanged(ValueError):
    """The checksum is not that of the plan as it is now: nothing was done."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `bytes` is what it frees at most; `detail` holds what the step needs besides its target."""

    kind: Kind
    target: str
    why: str
    rows: int = 0
    bytes: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps, in the order in which they are done, and what was left alone although it is old (`kept`)."""

    steps: tuple[Step, ...]
    kept: tuple[str, ...] = ()

    @property
    def checksum(self) -> str:
        """Twelve hexadecimal digits over the steps; the same steps give the same checksum."""
        body = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(body.encode()).hexdigest()[:12]

    def as_json(self) -> list[dict[str, Any]]:
        """The steps as JSON."""
        return [asdict(step) for step in self.steps]

    def as_rows(self) -> list[dict[str, Any]]:
        """The steps with the keys of COLUMNS, None where a kind has no such figure.

        `bytes` are freed at most; those of files that are written together are written anew.
        """
        return [
            {
                "kind": step.kind,
                "target": step.target,
                "rows": step.rows or None,
                "files": step.detail.get("files"),
                "bytes": step.bytes or step.detail.get("bytes"),
                "why": step.why,
            }
            for step in self.steps
        ]

    def summary(self) -> dict[str, dict[str, int]]:
        """Steps, rows and bytes by kind."""
        found: dict[str, dict[str, int]] = {}
        for step in self.steps:
            of_kind = found.setdefault(step.kind, {"steps": 0, "rows": 0, "bytes": 0})
            of_kind["steps"] += 1
            of_kind["rows"] += step.rows
            of_kind["bytes"] += step.bytes
        return found


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Steps by kind and target, so that the same state gives the same plan."""
    return tuple(sorted(steps, key=lambda step: (KINDS.index(step.kind), step.target)))


def from_json(steps: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps of a plan as the ledger kept them."""
    return tuple(Step(**step) for step in steps)
