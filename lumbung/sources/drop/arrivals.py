"""What has arrived in a drop folder: left alone while it is being written, kept as it came, read through once.

A file goes through these steps, each of which a later attempt finds done or does again:
1. its bytes are copied beside raw under its digest, flushed, and read through as the contract says;
2. the ledger knows it as arrived, duplicate or refused;
3. when a batch that was read from it has landed (a duplicate or refused one: at once) it leaves the drop folder. What
   was put under the same name meanwhile is another file, and stays.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from lumbung import storage
from lumbung.declarations.files import PERIOD_GROUP
from lumbung.declarations.models import Dataset, System
from lumbung.faults import point
from lumbung.ledger import Ledger, Run, SourceFile
from lumbung.settings import Settings
from lumbung.sources.drop.filetable import FileRefused
from lumbung.sources.drop.leaving import give_back, is_still, leave
from lumbung.sources.drop.originals import (
    REFUSED,
    inbox,
    open_table,
    original_name,
    original_path,
    originals_folder,
    refused_folder,
    shown_name,
)
from lumbung.sources.errors import SourceRefused, SourceUnavailable

UNFINISHED: Final = (".part", ".tmp", ".filepart", ".crdownload")
"""Ends of names under which programs write what is not finished."""
HIDDEN: Final = (".", "~$")
"""Beginnings of names that are no data: hidden files, and what Excel puts beside a workbook that is open."""
BESIDE: Final = ("-wal", "-shm", "-journal")
"""Ends of what SQLite puts beside a GeoPackage that somebody has open: no data, but a sign to wait."""
SYSTEM: Final = ""
"""Key of the remarks that are about no dataset."""
_BLOCK: Final = 1 << 20
_NANO: Final = 1_000_000_000
_LONGEST_NAME: Final = 200
"""Bytes of a name: what is put before and behind it must fit as well."""
log = logging.getLogger(__name__)


class _NotNow(Exception):
    """A file cannot be taken in by this run; the message says why, and what comes next."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file in the drop folder. `name`: as shown; `changed_ns`: when the file system saw it change last."""

    path: Path
    name: str
    size: int
    modified_ns: int
    changed_ns: int

    @property
    def moment(self) -> datetime:
        """When the department last wrote it; a time of writing ahead of its arrival is no time."""
        return datetime.fromtimestamp(min(self.modified_ns, self.changed_ns) / _NANO, UTC)


@dataclass(frozen=True, slots=True)
class Doorway:
    """The drop folder of a system, and whose it is."""

    place: Settings
    ledger: Ledger
    system: System
    actor: str

    def refuse(self, seen: Seen, dataset: Dataset | None, periode: str | None, sha256: str, why: FileRefused) -> None:
        """Write down that a file is refused, and give it back."""
        self._add(seen, dataset, periode, sha256, "refused", reason=str(why))
        point("files:refusal-recorded")
        if is_still(seen.path, seen.changed_ns, seen.size):
            folder = refused_folder(self.place, self.system.connection)
            give_back(folder, seen.path, seen.name, f"{why}. {why.hint}".rstrip())

    def accept(self, seen: Seen, dataset: Dataset, periode: str | None, sha256: str, rows: int) -> None:
        """Write down that a file has arrived."""
        self._add(seen, dataset, periode, sha256, "arrived", rows=rows)
        point("files:arrival-recorded")

    def repeat(self, seen: Seen, dataset: Dataset, periode: str | None, sha256: str, of: SourceFile) -> None:
        """Write down that a file brings the bytes that are in force already."""
        why = f"sama isinya dengan {of.name} yang sudah diterima"
        self._add(seen, dataset, periode, sha256, "duplicate", rows=of.rows, reason=why)

    def _add(
        self, seen: Seen, dataset: Dataset | None, periode: str | None, sha256: str, state: str, **more: object
    ) -> None:
        self.ledger.add_file(
            self.system.code,
            None if dataset is None else dataset.id,
            self.system.connection,
            seen.name,
            periode,
            sha256,
            seen.size,
            seen.moment,
            seen.changed_ns,
            state,  # type: ignore[arg-type]
            self.actor,
            **more,  # type: ignore[arg-type]
        )
        log.info("extract %s: file %s (%d bytes): %s", self.system.code, seen.name, seen.size, state)


def take_in(
    place: Settings,
    system: System,
    datasets: Sequence[Dataset],
    wanted: Sequence[Dataset],
    ledger: Ledger,
    run: Run,
    confirm: Callable[[], None],
) -> dict[str, list[str]]:
    """Take in what has arrived for the `wanted` datasets; remarks by dataset id (`SYSTEM`: about none of them).

    `datasets`: all of the system, since a name that fits none of them is refused. Hold the lock `extract:<system>`;
    `confirm` raises when it is lost. Raises SourceUnavailable, storage.StorageFull.
    """
    folder = inbox(place, system.connection)
    if not folder.is_dir():
        raise SourceUnavailable(
            f"sumber {system.code}: folder {folder} tidak ada. Folder kosong bukan hal yang sama: periksa apakah "
            "tempat berkasnya terpasang, atau buat foldernya bila sistem ini baru"
        )
    _require_access(folder, system)
    for dataset in wanted:
        for left in originals_folder(place.warehouse, dataset.system, dataset.name).glob(".*.tmp"):
            left.unlink()  # of an attempt that died: the lock is ours
    leave(place, ledger, system.code)
    door = Doorway(place, ledger, system, run.actor)
    remarks: dict[str, list[str]] = {}
    known = {(file.name, file.changed_ns, file.bytes) for file in ledger.files(system.code) if file.left_at is None}
    for seen in _settled(folder, system, remarks):
        if (seen.name, seen.changed_ns, seen.size) in known:
            continue
        confirm()
        fitting = [(dataset, match) for dataset in datasets if (match := _fits(dataset, seen.name)) is not None]
        if len(fitting) != 1:
            said = (
                "tidak cocok dengan pola nama berkas mana pun" if not fitting else "cocok dengan lebih dari satu pola"
            )
            expected = "; ".join(f"{one.title}: {one.files.pattern}" for one in datasets if one.files is not None)
            why = FileRefused(f"namanya {said}", f"Pola yang dijanjikan: {expected}")
            door.refuse(seen, None, None, "", why)
            continue
        dataset, match = fitting[0]
        if dataset.id not in {one.id for one in wanted}:
            continue
        periode = match.groupdict().get(PERIOD_GROUP)
        try:
            _take(door, seen, dataset, periode)
        except _NotNow as error:
            remarks.setdefault(dataset.id, []).append(f"berkas {seen.name} {error}")
    leave(place, ledger, system.code)
    for file in ledger.files(system.code, states=("refused", "duplicate")):
        if file.arrived_at >= run.opened_at:  # also by an attempt of this run that died
            said = "ditolak: " if file.state == "refused" else "tidak dibaca: "
            remarks.setdefault(file.dataset or SYSTEM, []).append(f"berkas {file.name} {said}{file.reason}")
    return remarks


def _require_access(folder: Path, system: System) -> None:
    """Raises SourceRefused unless files can be moved away from `masuk/` and into `ditolak/`."""
    refused = folder.with_name(REFUSED)
    for path in (folder, refused if refused.is_dir() else folder.parent):
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise SourceRefused(f"sumber {system.code}: akun Lumbung tidak boleh membaca dan menulis {path}")


def _take(door: Doorway, seen: Seen, dataset: Dataset, periode: str | None) -> None:
    """One file of a dataset: kept, refused, or known already."""
    files = dataset.files
    assert files is not None  # noqa: S101 - its pattern has just fitted
    most = files.max_mb << 20
    if seen.size > most:
        another = "; kirim CSV" if files.xlsx is not None else "; pecah menjadi beberapa berkas"
        why = FileRefused(f"berukuran {seen.size >> 20} MiB, paling besar {most >> 20} MiB{another}")
        door.refuse(seen, dataset, periode, "", why)
        return
    folder = originals_folder(door.place.warehouse, dataset.system, dataset.name)
    temporary = folder / f".{dataset.system}.{os.getpid()}.tmp"
    storage.make_directory(folder)
    try:
        sha256 = _copy(seen, temporary, dataset)
        now = next((f for f in door.ledger.files_in_force(dataset.id) if f.periode == periode), None)
        if now is not None and now.sha256 == sha256:
            if not (lost := original_path(door.place.warehouse, now)).is_file():
                temporary.replace(lost)
                storage.sync_directory(folder)
            door.repeat(seen, dataset, periode, sha256, now)
            return
        try:
            with open_table(temporary, dataset) as table:
                for _ in table.rows():
                    pass
        except FileRefused as why:
            door.refuse(seen, dataset, periode, sha256, why)
            return
        temporary.replace(folder / original_name(sha256, seen.name))
        storage.sync_directory(folder)
        point("files:original-kept")
        door.accept(seen, dataset, periode, sha256, table.account.rows)
    finally:
        temporary.unlink(missing_ok=True)


def _copy(seen: Seen, target: Path, dataset: Dataset) -> str:
    """Copy a file's bytes, flushed; their SHA-256. Raises _NotNow when it is not what was seen, StorageFull."""
    digest = hashlib.sha256()
    try:
        descriptor = os.open(seen.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except PermissionError:
        raise _NotNow("tidak boleh dibaca akun Lumbung; perbaiki haknya") from None
    except OSError:  # gone, or made a link since
        raise _NotNow("berubah saat disalin; ditunggu sampai pengambilan berikutnya") from None
    try:
        with os.fdopen(descriptor, "rb") as reader, target.open("wb") as writer:
            while block := reader.read(_BLOCK):
                digest.update(block)
                writer.write(block)
            writer.flush()
            os.fsync(writer.fileno())
            status = os.fstat(reader.fileno())
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise storage.storage_full(target.parent, f"dataset {dataset.id}, berkas {seen.name}", error) from error
    if (status.st_size, status.st_mtime_ns, status.st_ctime_ns) != (seen.size, seen.modified_ns, seen.changed_ns):
        raise _NotNow("berubah saat disalin; ditunggu sampai pengambilan berikutnya")
    os.utime(target, ns=(seen.modified_ns, seen.modified_ns))
    return digest.hexdigest()


def _settled(folder: Path, system: System, remarks: dict[str, list[str]]) -> Iterator[Seen]:
    """Files that nobody writes any more, the oldest first. Links and folders are no files of the department's."""
    settle = system.files.settle_s if system.files is not None else 0
    found, now = [], time.time()
    for entry in os.scandir(folder):
        name = shown_name(entry.name)
        if name.startswith(HIDDEN) or name.lower().endswith((*UNFINISHED, *BESIDE)):
            continue
        status = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode) or len(os.fsencode(entry.name)) > _LONGEST_NAME:
            what = "bukan berkas biasa" if len(entry.name) <= _LONGEST_NAME else "namanya terlalu panjang"
            remarks.setdefault(SYSTEM, []).append(f"{name[:80]} di folder masuk {what}; tidak dibaca")
            continue
        if settle and now - status.st_ctime < settle:
            remarks.setdefault(SYSTEM, []).append(
                f"berkas {name} masih ditulis (berubah kurang dari {settle} detik lalu); ditunggu sampai "
                "pengambilan berikutnya"
            )
            continue
        if beside := next((end for end in BESIDE if os.path.lexists(f"{entry.path}{end}")), None):
            remarks.setdefault(SYSTEM, []).append(
                f"berkas {name} masih terbuka di program lain (ada {name}{beside}); ditunggu sampai pengambilan "
                "berikutnya"
            )
            continue
        found.append(Seen(Path(entry.path), name, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    yield from sorted(found, key=lambda seen: (seen.moment, seen.name))


def _fits(dataset: Dataset, name: str) -> re.Match[str] | None:
    return None if dataset.files is None else re.fullmatch(dataset.files.pattern, name)
