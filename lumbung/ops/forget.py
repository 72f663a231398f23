"""Erasure of a person's rows where the law demands it (UU 27/2022 Pasal 8, 43 and 44): everywhere, and provably.

The department that owns the source decides and erases first; a row that the source still holds would come back with
the next read, so it is refused here. Then raw, quarantine and the curated table lose the rows, and every snapshot of
the table that still shows them expires; what attempts that died left of the dataset (spool, half-made folders, valid
rows, files never committed) goes whole, as does a dropped file that was replaced or refused. Only a file that was
written into the table's folder and never committed less than a day ago stays: nobody can tell it from one that is being
written (docs/decisions/0011). Counts and row numbers stay exact through the ledger's record of the erasure; values are
in no record, only keyed hashes of the keys, by which a key that comes back is noticed (`reconcile`).
"""

from __future__ import annotations

import hashlib
import json
import logging
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from lumbung.declarations import load
from lumbung.faults import point
from lumbung.ledger import Ledger, made_up_for
from lumbung.ledger.locks import table_lock
from lumbung.ops import kept_files, rewriting
from lumbung.ops.erased_table import curated_keys, erase_curated, foreign_references, found_in_curated
from lumbung.ops.keys import SEPARATOR, joined, key_hasher, texts
from lumbung.ops.leftovers import copies_of
from lumbung.ops.plans import PlanChanged
from lumbung.ops.quarantine import ROW, targets
from lumbung.rules.places import quarantine_folder
from lumbung.settings import settings
from lumbung.sources.digest import ContentDigest
from lumbung.sources.errors import SourceChanged
from lumbung.sources.opening import open_snapshot
from lumbung.storage import remove_directory
from lumbung.warehouse.ddl import curated_name
from lumbung.warehouse.session import session

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import Batch, ErasureRequest
    from lumbung.ledger.locks import Held

log = logging.getLogger(__name__)

LOCK_WAIT_S: Final = 60.0
COLUMNS: Final = {"part": "Bagian", "batch": "Batch", "rows": "Baris"}


class ForgetRefused(ValueError):
    """The erasure cannot be done now; the message says why and what comes first. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of one batch (or of the curated table, by the batch that brought them) that would go.

    A `leftover` is a folder of the dataset that no batch needs, an `original` a dropped file that is not in force: all
    of it goes. Rows are 0 when it cannot be read, or is a map without the row, which goes as well.
    """

    part: str
    batch: str
    rows: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be erased: rows of a dataset that have all the wanted values; of one key, unless `all_keys`."""

    dataset: Dataset
    wanted: Mapping[str, str]
    hash: str
    all_keys: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """The plan of an erasure. `keys`: how many different keys the rows have, however many periods they stand in.

    `refusals`: what stands against it. `mentioned`: other columns that hold the value.
    """

    found: tuple[Found, ...]
    keys: int
    refusals: tuple[str, ...]
    mentioned: tuple[str, ...]
    checksum: str


def subject_of(system: str, dataset: str, conditions: Mapping[str, str], *, all_keys: bool = False) -> Subject:
    """The subject named on the command line. Raises UnknownTarget, ForgetRefused for a column that does not exist."""
    declared = targets(load(), system, dataset)[0]
    unknown = [name for name in conditions if name not in {column.name for column in declared.columns}]
    if unknown or not conditions:
        known = ", ".join(column.name for column in declared.columns)
        raise ForgetRefused(f"{declared.id} tidak punya kolom {', '.join(unknown) or '(kosong)'}; yang ada: {known}.")
    empty = [name for name, value in conditions.items() if not value.strip()]
    if empty:
        raise ForgetRefused(
            f"{', '.join(empty)}: nilai kosong akan mencocokkan semua baris yang kosong; sebut nilainya."
        )
    import pyarrow as pa

    wanted = {
        name: str(texts(declared, name, pa.array([value], pa.string()))[0])
        for name, value in sorted(conditions.items())
    }
    hashed = key_hasher(settings(), declared.id, create=True)
    return Subject(declared, wanted, hashed(json.dumps(wanted, sort_keys=True)), all_keys)


def examine(subject: Subject, ledger: Ledger | None = None) -> Examined:
    """What would go, and what stands against it. Reads only the columns that it must; nothing is changed."""
    ledger = ledger or Ledger.connect()
    declarations, found = load(), _found(ledger, subject)
    body = json.dumps([subject.hash, [asdict(one) for one in found]], separators=(",", ":"))
    checksum = hashlib.sha256(body.encode()).hexdigest()[:12]
    refusals = _refusals(ledger, declarations, subject, {one.batch for one in found if one.part == "raw"})
    keys = different(subject.dataset, _keys(ledger, subject))
    if keys > 1 and not subject.all_keys:
        names = ", ".join(subject.dataset.key)
        refusals.append(
            f"baris yang cocok milik {keys} kunci berbeda, belum tentu satu orang: sebut kolom kuncinya ({names}), "
            "atau tambahkan --all-keys bila semuanya memang harus dihapus"
        )
    return Examined(tuple(found), keys, tuple(refusals), tuple(_mentions(declarations, subject)), checksum)


def _keys(ledger: Ledger, subject: Subject) -> set[str]:
    """The keys (joined texts) of the rows of the subject in raw, quarantine and the curated table."""
    dataset = subject.dataset
    keys = {
        key
        for _, _, folder in _folders(ledger, dataset)
        for piece in rewriting.found_rows(dataset, folder, subject.wanted, dataset.key)
        if len(piece) == len(dataset.key)
        for key in joined(dataset, (piece[name] for name in dataset.key))
    }
    return keys | set(joined(dataset, curated_keys(dataset, subject.wanted)))


def different(dataset: Dataset, keys: Iterable[str]) -> int:
    """How many keys (joined texts) differ in more than the period: who stands in two periods is one person."""
    periods = {at for at, name in enumerate(dataset.key) if name == dataset.period_column}
    return len({tuple(part for at, part in enumerate(key.split(SEPARATOR)) if at not in periods) for key in keys})


def _found(ledger: Ledger, subject: Subject) -> list[Found]:
    """Where rows of the subject lie in the warehouse; the source is not asked.

    Replaced maps go whoever is erased, but not when nobody is: a value that no row has is a mistake in it.
    """
    found = [
        Found(part, batch.id, rows)
        for part, batch, folder in _folders(ledger, subject.dataset)
        if (rows := _count(subject, folder))
    ]
    for folder in copies_of(ledger, settings(), subject.dataset):
        held = rewriting.held_rows(subject.dataset, folder, subject.wanted)
        if held != 0:  # what cannot be read may hold it
            found.append(Found("leftover", folder.name, held or 0))
    originals = [
        Found("original", kept.label, kept.rows)
        for kept in kept_files.holding(ledger, settings(), subject.dataset, subject.wanted)
    ]
    curated = [Found("curated", batch, rows) for batch, rows in found_in_curated(subject.dataset, subject.wanted)]
    if kept_files.are_maps(subject.dataset) and not (found or curated or any(one.rows for one in originals)):
        return []
    return [*found, *originals, *curated]


def _refusals(ledger: Ledger, declarations: Declarations, subject: Subject, holding: set[str]) -> list[str]:
    dataset, found = subject.dataset, []
    try:
        at_source = _at_source(declarations, subject)
    except SourceChanged as error:
        found.append(f"sumber tidak dapat ditanya apakah masih memuat baris itu: {error}")
        at_source = 0
    if at_source:
        owner = declarations.systems[dataset.system].owner_name
        found.append(
            f"sumber masih memuat {at_source} baris itu dan akan mengirimnya lagi: {owner} sebagai pemilik data "
            "menghapusnya dulu di sistemnya"
        )
    if names := kept_files.waiting(settings(), declarations.systems[dataset.system], dataset):
        found.append(
            f"{len(names)} berkas menunggu di folder masuk dan belum dibaca: selesaikan dulu dengan "
            f"`bin/lumbung run {dataset.system}`"
        )
    batches = ledger.batches(dataset=dataset.id)
    for batch in (one for one in batches if one.state != "conformed" and not made_up_for(one, batches)):
        if batch.state != "stopped" or batch.id in holding:
            found.append(
                f"batch {batch.id} masih {batch.state}: selesaikan dulu dengan `bin/lumbung run {batch.system}`"
            )
    if (rollback := ledger.open_rollback(dataset.id)) is not None:
        found.append(
            f"{rollback.table_name} dikembalikan ke keadaan lama ({rollback.label}) dan isi barunya masih dipakai: "
            f"selesaikan dulu dengan `bin/lumbung run {dataset.system}`"
        )
    found += [
        f"cabang atau tag {name} dari {curated_name(dataset)} masih menunjuk isi lama: hapus dulu"
        for name in foreign_references(dataset)
    ]
    return found


def _at_source(declarations: Declarations, subject: Subject) -> int:
    """Rows of the subject that the source holds now. Raises SourceChanged when its table cannot be read by contract."""
    dataset, system = subject.dataset, declarations.systems[subject.dataset.system]
    asked = [name for name in subject.wanted if name != dataset.period_column]
    names = dict.fromkeys((*(name for name in dataset.key if name != dataset.period_column), *asked))
    narrow = dataset.model_copy(update={"columns": tuple(dataset.column(name) for name in names)})
    within = {name: subject.wanted[name] for name in asked}
    period = subject.wanted.get(dataset.period_column or "")
    rows = 0
    with open_snapshot(settings(), system, (dataset,)) as snapshot:
        if drift := snapshot.drift(narrow, declarations.root).errors:
            raise SourceChanged("; ".join(drift))
        for part, piece in snapshot.read(snapshot.prepare(narrow), None, ContentDigest()):
            if period is not None and period != part.period:
                continue
            rows += rewriting.matching(dataset, piece, within).true_count
    return rows


def _mentions(declarations: Declarations, subject: Subject) -> list[str]:
    """Other columns of the same kind (NIK, KK, …) in the warehouse that hold the value: to be judged one by one."""
    kinds = {subject.dataset.column(name).standard: value for name, value in subject.wanted.items()}
    kinds.pop(None, None)
    found = []
    for dataset in declarations.datasets.values():
        for column in dataset.columns:
            same = dataset.id == subject.dataset.id and column.name in subject.wanted
            if column.standard in kinds and not same:
                rows = sum(n for _, n in found_in_curated(dataset, {column.name: kinds[column.standard]}))
                if rows:
                    found.append(f"{dataset.id}.{column.name}: {rows} baris")
    return found


def _folders(ledger: Ledger, dataset: Dataset) -> list[tuple[str, Batch, Path]]:
    """Raw and quarantine folders of the dataset's batches, as far as they are kept."""
    warehouse = settings().warehouse
    found = []
    for batch in ledger.batches(dataset=dataset.id):
        places = [("quarantine", quarantine_folder(warehouse, dataset.system, dataset.name, batch.id))]
        if batch.raw_path:
            places.append(("raw", warehouse / batch.raw_path))
        found += [(part, batch, folder) for part, folder in places if folder.is_dir()]
    return found


def _count(subject: Subject, folder: Path) -> int:
    pieces = rewriting.found_rows(subject.dataset, folder, subject.wanted, (ROW,))
    return sum(len(piece[ROW]) for piece in pieces)


def forget(
    subject: Subject, checksum: str, actor: str, ground: str, reason: str, ledger: Ledger | None = None
) -> ErasureRequest:
    """Erase what `examine` showed under this checksum, or carry on an erasure of the same subject that died.

    Raises ForgetRefused, PlanChanged; nothing was changed then (more than it was when the erasure died). LockBusy while
    a stage of the system is at work.
    """
    ledger = ledger or Ledger.connect()
    for said in (ground, reason):
        if not said.strip() or any(value and value in said for value in subject.wanted.values()):
            raise ForgetRefused("Dasar hukum dan alasan wajib diisi, dan tidak boleh memuat nilai yang dihapus.")
    dataset = subject.dataset
    with ExitStack() as held:
        names = (f"extract:{dataset.system}", f"validate:{dataset.id}", table_lock(curated_name(dataset)))
        locks = [held.enter_context(ledger.lock(name, LOCK_WAIT_S)) for name in names]
        request = ledger.running_erasure(dataset.id, subject.hash)
        now = examine(subject, ledger)
        if now.refusals:  # one that died may find the source, a batch or a rollback changed
            raise ForgetRefused("Belum dapat dihapus:\n" + "\n".join(f"- {refusal}" for refusal in now.refusals))
        if request is None:
            if not now.found:
                raise ForgetRefused(f"Tidak ada baris {dataset.id} yang cocok; tidak ada yang perlu dihapus.")
            if now.checksum != checksum:
                raise PlanChanged(f"Rencana {checksum} tidak lagi berlaku; sekarang {now.checksum}. Lihat lagi dulu.")
            request = ledger.open_erasure(dataset.id, tuple(subject.wanted), subject.hash, ground, reason, actor)
        point("forget:opened")
        _erase(ledger, subject, request, locks)
        left = _found(ledger, subject)
        if left:
            raise RuntimeError(f"{request.id}: {len(left)} tempat masih memuat baris itu, yang pertama {left[0]}")
        return ledger.finish_erasure(request, actor)


def _erase(ledger: Ledger, subject: Subject, request: ErasureRequest, locks: Sequence[Held]) -> None:
    """First every key is remembered, then leftovers go, then quarantine, raw and the curated table lose the rows, each
    after its record.

    Each step can be repeated: what has gone already is not found any more.
    """
    dataset = subject.dataset
    folders = _folders(ledger, dataset)
    hashed = key_hasher(settings(), dataset.id, create=True)
    ledger.remember_erased(request, (hashed(key) for key in _keys(ledger, subject)))
    point("forget:keys-remembered")
    for folder in copies_of(ledger, settings(), dataset):
        _confirm(locks)
        remove_directory(folder)
        log.info("forget %s: leftover %s", request.id, folder)
    for kept in kept_files.holding(ledger, settings(), dataset, subject.wanted):
        _confirm(locks)
        kept_files.drop(ledger, kept, f"dihapus atas permintaan {request.id}")
    recorded = ledger.erasures(request.id)
    for part, batch, folder in folders:
        rows = [
            int(row)
            for piece in rewriting.found_rows(dataset, folder, subject.wanted, (ROW,))
            for row in piece[ROW].to_pylist()
        ]
        if not rows and (batch.id, part) not in recorded:
            continue
        if rows:
            ledger.erased(request, batch.id, part, len(rows))  # type: ignore[arg-type]
            if part == "quarantine":
                ledger.erase_refused(request, batch.id, rows)
            point("forget:recorded")
            _confirm(locks)
            rewriting.without_rows(dataset, folder, subject.wanted)
            point("forget:rewritten")
        if part == "raw":
            rewriting.settle_manifest(folder, batch.received or 0)
        log.info("forget %s: %s of %s: %d rows", request.id, part, batch.id, len(rows))
    for batch_id, count in found_in_curated(dataset, subject.wanted):
        ledger.erased(request, batch_id, "curated", count)
    point("forget:curated-recorded")
    _confirm(locks)
    erase_curated(session("forget"), dataset, subject.wanted, request.id)
    point("forget:curated-erased")


def _confirm(locks: Sequence[Held]) -> None:
    """Raise LockLost before a step that replaces files which a stage may be reading by now."""
    for lock in locks:
        lock.confirm()


def as_rows(examined: Examined) -> list[dict[str, Any]]:
    """The plan as rows with the keys of COLUMNS."""
    return [asdict(one) for one in examined.found]
