"""land: what a run has in the spool becomes immutable raw folders, and the ledger moves the watermark with it.

Per batch: the spool's file is held against its manifest and the ledger's digest, copied into a temporary folder,
flushed, finished with `_manifest.json` and `_SUCCESS`, renamed into place; then state and watermark change in one
transaction; then the spool folder goes. Killed between any two of these, the next attempt finishes: a raw folder that
is complete and of the same digest is kept, anything else is built anew.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from lumbung import storage
from lumbung.faults import point
from lumbung.ledger import Batch, Ledger, Run
from lumbung.lineage import events as lineage
from lumbung.logs import stage
from lumbung.settings import Settings, settings
from lumbung.sources.drop.leaving import leave

LOCK_WAIT_S = 60.0
log = logging.getLogger(__name__)


def land(
    run_id: str,
    *,
    ledger: Ledger | None = None,
    place: Settings | None = None,
) -> None:
    """Land all extracted batches of a run. Repeating it after it is done does nothing.

    A batch whose spool is lost or changed is stopped in the ledger: its window was not passed, so the next run reads it
    again. Raises LockBusy, storage.StorageFull.
    """
    ledger = ledger or Ledger.connect()
    place = place or settings()
    run = ledger.run(run_id)
    with ledger.lock(f"extract:{run.system}", LOCK_WAIT_S) as held:
        land_run(run_id, ledger, place, held.confirm)


@stage("land")
def land_run(run_id: str, ledger: Ledger, place: Settings, confirm: Callable[[], None]) -> None:
    """`land` for a caller that holds the lock `extract:<system>` already; `confirm` raises when it is lost."""
    run = ledger.run(run_id)
    for batch in ledger.batches(run_id=run_id, states=("extracted",)):
        if batch.mode == "replay":
            continue
        try:
            _land_batch(batch, run, ledger, place, confirm)
        except storage.StorageFull:
            raise
        except storage.StorageError as error:
            log.error("land %s: %s", batch.id, error)
            ledger.stopped(
                batch.id, f"spool dataset {batch.dataset} hilang atau berubah ({error}); run berikutnya membaca lagi"
            )
    if run.extracted_at is not None:
        confirm()
        storage.remove_directory(storage.spool_run_path(place.spool, run_id))
        point("land:spool-removed")


@stage("land")
def _land_batch(batch: Batch, run: Run, ledger: Ledger, place: Settings, confirm: Callable[[], None]) -> None:
    started = monotonic()
    spool = Path(batch.spool_path or "")
    name = batch.dataset.removeprefix(f"{batch.system}.")
    major = int(batch.contract_version.split(".")[0])
    final = storage.raw_batch_path(place.warehouse, batch.system, name, major, batch.id)
    if _is_landed(final, batch):
        raw_bytes = sum(file.bytes for file in storage.read_manifest(final).files)
    else:
        raw_bytes = _copy(spool, final, batch, confirm)
    point("land:raw-renamed")
    moves = batch.mode == "sweep" or (batch.mode == "window" and run.window is None)
    ledger.landed(batch.id, str(final), raw_bytes, batch.window_to if moves else None)
    point("land:ledger-marked")
    leave(place, ledger, batch.system)
    lineage.landed(batch)
    storage.remove_directory(spool)
    log.info("land %s: %d rows, %d bytes in %.1f s", batch.id, batch.received or 0, raw_bytes, monotonic() - started)


def _is_landed(final: Path, batch: Batch) -> bool:
    """Whether an earlier attempt has put exactly this batch into place."""
    if not (final / storage.SUCCESS_FILE).is_file():
        return False
    manifest = storage.read_manifest(final)
    if (manifest.digest, manifest.rows, manifest.schema_digest) != (batch.digest, batch.received, batch.schema_digest):
        return False
    try:
        for file in manifest.files:
            storage.check_file(final, file, batch.id)
    except storage.StorageError:
        return False
    return True


def _copy(spool: Path, final: Path, batch: Batch, confirm: Callable[[], None]) -> int:
    """The raw folder of a batch from its spool folder; bytes of its data files."""
    manifest = storage.read_manifest(spool)
    if (manifest.batch, manifest.digest, manifest.rows) != (batch.id, batch.digest, batch.received):
        raise storage.StorageError(
            f"batch {batch.id}: spool {spool} holds {manifest.rows} rows of digest {manifest.digest}, the ledger "
            f"knows {batch.received} rows of digest {batch.digest}"
        )
    with storage.new_directory(final, f"dataset {batch.dataset}, batch {batch.id}, raw") as temporary:
        for file in manifest.files:
            if not (spool / file.name).is_file():
                raise storage.StorageError(f"batch {batch.id}: data file {spool / file.name} is missing")
            storage.copy_file(spool / file.name, temporary / file.name)
            storage.check_file(temporary, file, batch.id)
        point("land:data-copied")
        raw_bytes = storage.write_raw(temporary, manifest)
        point("land:raw-written")
        confirm()
    return raw_bytes
