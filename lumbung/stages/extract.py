"""extract: every dataset of a run from one snapshot of its source into the spool.

The steps, and what a retry finds after a kill between any two of them:
1. what an earlier run has read but not landed is landed first, so that batches land in the order of their snapshots;
2. snapshot, its clock and `to` pinned in the ledger, one batch per dataset opened;
3. each dataset into its own spool folder (temporary name, flush, rename);
4. `run.json` says that the spool of the run is complete; a retry that finds it does not read the source again,
   one that does not find it throws the spool away and reads everything anew under a new snapshot;
5. one ledger transaction marks all batches extracted or stopped, and the run. Landing starts only after that.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from lumbung import storage
from lumbung.declarations import Declarations, load
from lumbung.declarations.models import Dataset, System
from lumbung.declarations.names import APPROVED
from lumbung.faults import point
from lumbung.ledger import Batch, Extracted, Ledger, Run
from lumbung.lineage import events as lineage
from lumbung.logs import stage
from lumbung.ops.alerts import clear_alert, raise_alert
from lumbung.settings import Settings, settings
from lumbung.sources.drop import arrivals
from lumbung.sources.drop.leaving import standing_refusals
from lumbung.sources.errors import DatasetStopped, SourceChanged
from lumbung.sources.opening import open_snapshot
from lumbung.sources.schema import stop_message
from lumbung.sources.snapshot import Snapshot
from lumbung.sources.spool import spool_dataset
from lumbung.sources.window import Plan, plan, selected, upper_bound
from lumbung.stages.land import land_run

RUN_FILE = "run.json"
LOCK_WAIT_S = 60.0
ABANDONED_AFTER = timedelta(days=1)  # all retries of a task are over by then
_RESULTS = TypeAdapter(list[Extracted])
log = logging.getLogger(__name__)


class NotApproved(Exception):
    """The system's registration does not allow to take data from it."""


@stage("extract")
def extract(
    run_id: str,
    *,
    ledger: Ledger | None = None,
    declarations: Declarations | None = None,
    place: Settings | None = None,
) -> None:
    """Read all datasets of a run into the spool. Repeating it after it is done does nothing.

    A dataset whose source table departs from the contract is stopped in the ledger with a clear reason, the others
    flow. Raises NotApproved, LockBusy, SourceError, storage.StorageFull; the next attempt then starts anew.
    """
    ledger = ledger or Ledger.connect()
    declarations = declarations or load()
    place = place or settings()
    run = ledger.run(run_id)
    system = declarations.systems[run.system]
    require_approval(system)
    with ledger.lock(f"extract:{system.code}", LOCK_WAIT_S) as held:
        run = ledger.run(run_id)
        if run.extracted_at is not None:
            log.info("extract %s: already extracted at %s, nothing to do", run.id, run.to)
            return
        _land_what_waits(ledger, place, run, held.confirm)
        ledger.supersede_abandoned(run.id, datetime.now(UTC) - ABANDONED_AFTER)
        _sweep_spool(ledger, place, run)
        results = _finished_spool(ledger, declarations, place, run)
        snapshot = run.snapshot
        if results is None:
            results, snapshot = _read_source(ledger, declarations, place, run, system, held.confirm)
        point("extract:spool-complete")
        held.confirm()
        ledger.extraction_done(run.id, results, snapshot)
        point("extract:ledger-marked")
        for batch in ledger.batches(run_id=run.id):
            lineage.extracted(batch, declarations.datasets[batch.dataset].source_table)


def require_approval(system: System) -> None:
    """Perbup 46/2018 lampiran II and III: only a registered system with the committee's approval may send data.

    Raises NotApproved naming file and key.
    """
    registration = system.registration
    if registration.status != APPROVED:
        raise NotApproved(
            f"sistem {system.code} ({system.name}, {system.owner_name}) berstatus '{registration.status}', bukan "
            f"'{APPROVED}': tidak ada data yang diambil. Lihat contracts/{system.code}/system.yaml, kunci "
            f"registration.status (pendaftaran {registration.number}); ubah setelah keputusan Komite TIK"
        )


def _land_what_waits(ledger: Ledger, place: Settings, run: Run, confirm: Callable[[], None]) -> None:
    """Land other runs of the system that are read but not landed; old content must never land after newer."""
    waiting = ledger.batches(system=run.system, states=("extracted",))
    for other in dict.fromkeys(batch.run_id for batch in waiting if batch.mode != "replay"):
        if other != run.id:
            log.info("extract %s: landing what run %s left in the spool", run.id, other)
            land_run(other, ledger, place, confirm)


def _sweep_spool(ledger: Ledger, place: Settings, run: Run) -> None:
    """Throw away spool folders of other runs of the system: what was worth landing has just landed."""
    for other in ledger.runs(system=run.system):
        if other.id != run.id:
            storage.remove_directory(storage.spool_run_path(place.spool, other.id))


def _finished_spool(ledger: Ledger, declarations: Declarations, place: Settings, run: Run) -> list[Extracted] | None:
    """The results of an attempt that read everything but died before the ledger knew; None when there is none."""
    folder = storage.spool_run_path(place.spool, run.id)
    path = folder / RUN_FILE
    if not path.is_file():
        storage.remove_directory(folder)
        return None
    results = _RESULTS.validate_json(path.read_text(encoding="utf-8"))
    opened = {batch.dataset: batch for batch in ledger.batches(run_id=run.id)}
    try:
        for result in results:
            if result.error is None:
                manifest = storage.read_manifest(Path(result.spool_path))
                unchanged = opened[result.dataset].contract_version == declarations.datasets[result.dataset].version
                if manifest.snapshot != run.snapshot or not unchanged:
                    raise storage.StorageError(f"spool of {manifest.batch} is of another snapshot or contract")
                for file in manifest.files:
                    storage.check_file(Path(result.spool_path), file, manifest.batch)
    except (storage.StorageError, KeyError) as error:
        log.warning("extract %s: spool of the earlier attempt is not usable (%s); reading anew", run.id, error)
        storage.remove_directory(folder)
        return None
    log.info("extract %s: spool of the earlier attempt is complete, the source is not read again", run.id)
    return results


def _read_source(
    ledger: Ledger, declarations: Declarations, place: Settings, run: Run, system: System, confirm: Callable[[], None]
) -> tuple[list[Extracted], str]:
    """Read everything under one snapshot; when tables came or went meanwhile, once more."""
    for attempt in Retrying(
        retry=retry_if_exception_type(SourceChanged),
        stop=stop_after_attempt(3),
        wait=wait_exponential_jitter(initial=0.5, max=5),
        reraise=True,
    ):
        with attempt:
            return _read_once(ledger, declarations, place, run, system, confirm)
    raise AssertionError("unreachable: Retrying either returns or raises")


def _read_once(
    ledger: Ledger, declarations: Declarations, place: Settings, run: Run, system: System, confirm: Callable[[], None]
) -> tuple[list[Extracted], str]:
    """Everything under one snapshot; results and the snapshot's label. `confirm` raises when the lock is not ours."""
    datasets = selected(run, declarations.of_system(system.code))
    folder = storage.spool_run_path(place.spool, run.id)
    confirm()
    storage.remove_directory(folder)
    arrived = _take_in(ledger, declarations, place, run, system, confirm)
    with open_snapshot(place, system, datasets) as snapshot:
        to = upper_bound(snapshot.clock, system.lag)
        run = ledger.pin_snapshot(run.id, snapshot.clock, to, snapshot.label)
        point("extract:snapshot-pinned")
        drifts = {dataset.id: snapshot.drift(dataset, declarations.root) for dataset in datasets}
        plans = {
            dataset.id: plan(
                run,
                dataset,
                ledger.watermark(dataset.id),
                to,
                days_only=snapshot.days_only(dataset),
                timezone=system.timezone,
                whole=ledger.open_rollback(dataset.id) is not None,
            )
            for dataset in datasets
        }
        batches = {dataset.id: _open_batch(ledger, run, dataset, plans[dataset.id]) for dataset in datasets}
        point("extract:batches-opened")
        results: list[Extracted] = []
        for dataset in datasets:
            drift = drifts[dataset.id]
            if drift.errors:
                log.error("extract %s: stopped: %s", batches[dataset.id].id, "; ".join(drift.errors))
                results.append(Extracted(dataset.id, error=stop_message(dataset, drift.errors)))
                continue
            warnings = [
                *arrived.get(dataset.id, ()),
                *drift.warnings,
                *_time_warnings(snapshot, dataset, plans[dataset.id], ledger),
            ]
            batch, how = batches[dataset.id], plans[dataset.id]
            try:
                results.append(_spool(snapshot, dataset, how, run, batch, ledger, place, warnings, confirm))
            except DatasetStopped as stopped:
                log.error("extract %s: stopped: %s", batch.id, stopped)
                results.append(Extracted(dataset.id, error=stop_message(dataset, (str(stopped),))))
            point("extract:dataset-spooled")
    confirm()
    storage.make_directory(folder)
    storage.write_text(folder / RUN_FILE, _RESULTS.dump_json(results, indent=2).decode())
    return results, snapshot.label


@stage("extract")
def _spool(
    snapshot: Snapshot,
    dataset: Dataset,
    how: Plan,
    run: Run,
    batch: Batch,
    ledger: Ledger,
    place: Settings,
    warnings: list[str],
    confirm: Callable[[], None],
) -> Extracted:
    """One dataset into its spool folder."""
    for warning in warnings:
        log.warning("extract %s: %s", batch.id, warning)
    folder = storage.spool_batch_path(place.spool, run.id, batch.id)
    manifest = spool_dataset(snapshot, dataset, how.window, run, batch, folder, warnings, confirm)
    ledger.read_from(batch.id, snapshot.files(dataset))
    return Extracted(
        dataset.id, manifest.rows, manifest.digest, manifest.schema_digest, str(folder), warnings=manifest.warnings
    )


def _take_in(
    ledger: Ledger, declarations: Declarations, place: Settings, run: Run, system: System, confirm: Callable[[], None]
) -> dict[str, list[str]]:
    """What has arrived as files, taken in; remarks by dataset. Of a refused file somebody hears until it is mended."""
    if system.transport != "files":
        return {}
    datasets = declarations.of_system(system.code)
    wanted = selected(run, datasets)
    remarks = arrivals.take_in(place, system, datasets, wanted, ledger, run, confirm)
    common = remarks.pop(arrivals.SYSTEM, [])
    if common and wanted:
        remarks[wanted[0].id] = [*common, *remarks.get(wanted[0].id, [])]
    cause = f"berkas/{system.code}"
    if refused := standing_refusals(place, ledger, system.code):
        told = "; ".join(f"{file.name}: {file.reason}" for file in refused)
        raise_alert(cause, f"Berkas dari {system.owner_name} ditolak dan belum diganti: {told}", ledger, place)
    else:
        clear_alert(cause, ledger, place)
    return remarks


def _open_batch(ledger: Ledger, run: Run, dataset: Dataset, how: Plan) -> Batch:
    lower: datetime | None = None if how.window is None else how.window.lower
    return ledger.add_batch(run.id, dataset.id, how.mode, lower, how.upper, dataset.version)


def _time_warnings(snapshot: Snapshot, dataset: Dataset, how: Plan, ledger: Ledger) -> list[str]:
    """Oddities of time that do not stop a batch but that somebody should know of."""
    warnings: list[str] = []
    if how.window is None and (rollback := ledger.open_rollback(dataset.id)) is not None:
        warnings.append(f"{dataset.id} dibaca utuh: {rollback.table_name} dikembalikan oleh {rollback.actor}")
    watermark = ledger.watermark(dataset.id)
    if watermark is not None and snapshot.clock < watermark:
        warnings.append(
            f"jam sumber {snapshot.clock.isoformat()} mundur dari tanda air {watermark.isoformat()}; "
            "tanda air tidak ikut mundur"
        )
    if how.mode == "sweep" and (ahead := snapshot.future_rows(dataset)):
        warnings.append(
            f"{ahead} baris {dataset.id} berwaktu di depan jam sumber; "
            "di luar sapu baru dibaca setelah jam sumber melewatinya"
        )
    return warnings
