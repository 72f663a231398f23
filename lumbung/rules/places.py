"""Where the files of a validated batch lie in the warehouse (local file system or HDFS mount; DESIGN section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumbung.declarations.models import Dataset


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one batch. `valid`: accepted rows; `keys`: keys of all other rows; `quarantine`: refused rows,
    whole; `work`: everything that is not finished, on the same file system as the others; each attempt adds its token.
    """

    valid: Path
    keys: Path
    quarantine: Path
    work: Path


def places(warehouse: Path, dataset: Dataset, batch_id: str) -> Places:
    """The folders of `batch_id`."""
    valid = warehouse / "valid" / dataset.system / dataset.name
    return Places(
        valid=valid / batch_id,
        keys=valid / f"{batch_id}.keys",
        quarantine=quarantine_folder(warehouse, dataset.system, dataset.name, batch_id),
        work=valid / f"{batch_id}.tmp",
    )


def quarantine_folder(warehouse: Path, system: str, name: str, batch_id: str) -> Path:
    """`quarantine/<system>/<dataset>/batch=<batch id>`."""
    return warehouse / "quarantine" / system / name / f"batch={batch_id}"
