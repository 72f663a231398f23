"""Folders that no batch needs: what an attempt that died left behind, and what is half removed.

Only folders of the forms that the stages make are looked at; anything else in the warehouse is somebody's and stays.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lumbung.faults import point
from lumbung.ledger import NotInLedger
from lumbung.ops.plans import Step
from lumbung.ops.retention import GOING
from lumbung.storage import spool_batch_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from lumbung.declarations import Dataset
    from lumbung.ledger import Ledger
    from lumbung.settings import Settings

_BATCH: Final = "batch="
_ABANDONED: Final = "sisa percobaan yang mati"


def leftover_steps(ledger: Ledger, place: Settings, before: datetime) -> list[Step]:
    """Leftovers that nobody has touched since `before`."""
    found = [*_hidden(place), *_promoted(ledger, place), *_spool(ledger, place)]
    steps = []
    for folder, why in found:
        files = [file for file in folder.rglob("*") if file.is_file()]
        newest = max((path.stat().st_mtime for path in (folder, *files)), default=0.0)
        if newest < before.timestamp():
            steps.append(Step("sisa", str(folder), why, 0, sum(file.stat().st_size for file in files)))
    return steps


def copies_of(ledger: Ledger, place: Settings, dataset: Dataset) -> list[Path]:
    """Every folder with rows of a dataset that no batch needs, however young.

    Hold the locks of the dataset's stages, and have no batch of it under way: whatever is half made is of the dead.
    """
    of = f"{dataset.system}/{dataset.name}"
    found = [folder for folder, _ in (*_hidden(place, of), *_promoted(ledger, place, of, ("conformed", "stopped")))]
    for batch in ledger.batches(dataset=dataset.id, states=("landed", "validated", "conformed", "stopped")):
        folder = spool_batch_path(place.spool, batch.run_id, batch.id)
        found += [folder, folder.with_name(f".{folder.name}.tmp")]
    return [folder for folder in found if folder.is_dir()]


def _hidden(place: Settings, of: str = "*/*") -> Iterator[tuple[Path, str]]:
    """Folders under construction or on their way out, of `<system>/<dataset>`."""
    for layer in ("raw", "quarantine"):
        for folder in (place.warehouse / layer).glob(f"{of}/**/.{_BATCH}*"):
            if folder.is_dir() and folder.suffix in (".tmp", GOING):
                yield folder, "setengah dihapus" if folder.suffix == GOING else _ABANDONED
    for folder in (place.warehouse / "valid").glob(f"{of}/*.tmp"):
        yield folder, _ABANDONED


def unknown_folders(ledger: Ledger, place: Settings) -> list[str]:
    """Raw and quarantine of batches that the ledger does not know. They stay: it may be the ledger that lost them."""
    return [
        f"{folder}: batch tidak dikenal ledger; periksa apakah ledger dipulihkan dari cadangan yang lebih tua"
        for layer in ("raw", "quarantine")
        for folder in sorted((place.warehouse / layer).rglob(f"{_BATCH}*"))
        if folder.is_dir() and _state(ledger, folder.name.removeprefix(_BATCH)) is None
    ]


def _promoted(
    ledger: Ledger, place: Settings, of: str = "*/*", states: tuple[str, ...] = ("conformed",)
) -> Iterator[tuple[Path, str]]:
    """Valid rows of batches that are conformed (or in another state of `states`)."""
    for folder in (place.warehouse / "valid").glob(f"{of}/*"):
        name = folder.name.removesuffix(".keys")
        if not name.startswith((".", "_")) and folder.suffix != ".tmp" and _state(ledger, name) in states:
            yield folder, "baris sah yang sudah dinaikkan"


def _spool(ledger: Ledger, place: Settings) -> Iterator[tuple[Path, str]]:
    """Spool of runs that have nothing left to land."""
    for folder in place.spool.glob("*-*") if place.spool.is_dir() else ():
        try:
            run = ledger.run(folder.name)
        except NotInLedger:
            continue
        waiting = ledger.batches(run_id=run.id, states=("opened", "extracted"))
        if run.state != "running" and not waiting:
            yield folder, "spool yang sudah mendarat"


def _state(ledger: Ledger, batch_id: str) -> str | None:
    try:
        return ledger.batch(batch_id).state
    except NotInLedger:
        return None


def drop(step: Step) -> int:
    """Remove a leftover; bytes that it freed, none when it has gone already."""
    folder = Path(step.target)
    if not folder.is_dir():
        return 0
    shutil.rmtree(folder)
    point("maintain:leftover-dropped")
    return step.bytes
