"""Where the files of a batch lie and how they come there: spool, raw, manifests, all-or-nothing folders.

A folder is built under a temporary name beside its place, flushed to disk and renamed, so that a reader or a later
retry sees all of it or none of it. `_SUCCESS` is the last file of a raw folder: without it the folder does not count.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

DATA_FILE = "part-00000.parquet"
MANIFEST_FILE = "_manifest.json"
SUCCESS_FILE = "_SUCCESS"
SPOOL_FILE = "batch.json"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_BLOCK = 1 << 20


class StorageError(Exception):
    """A file of a batch is missing, changed or cannot be written; the message names it and the next step."""


class StorageFull(StorageError):
    """No room left for the files of a batch; nothing half-written stays behind."""


class ManifestField(BaseModel):
    """A column of a batch's files: its name, Arrow type, and the type that the source's catalogue gave."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: str
    source_type: str | None = None


class ManifestFile(BaseModel):
    """A data file of a batch: size in bytes and SHA-256 of its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a batch holds and where it came from. The same content in spool (`batch.json`) and raw (`_manifest.json`).

    `digest` is the content digest of the rows (independent of their order and of the file's layout), `rows` their
    number. Window bounds are UTC: `window_from` exclusive, `window_to` inclusive. `values_not_carried` counts, per
    column, values that no Arrow type can hold (infinity, NaN, years outside 1-9999): NULL there, named in `_nilai`.
    `erased_rows` were taken out on request since (`lumbung forget`): `digest` and row numbers are as received.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: str
    run: str
    system: str
    dataset: str
    mode: str
    contract_version: str
    rows: int
    digest: str
    fields: tuple[ManifestField, ...]
    schema_digest: str
    window_from: datetime | None = None
    window_to: datetime | None = None
    source_clock: datetime | None = None
    source_tables: tuple[str, ...] = ()
    snapshot: str | None = None
    replay_of: str | None = None
    warnings: tuple[str, ...] = ()
    values_not_carried: dict[str, int] = {}
    files: tuple[ManifestFile, ...] = ()
    erased_rows: int = 0

    @property
    def received(self) -> int:
        """Rows that were received, also those that were erased since."""
        return self.rows + self.erased_rows


def schema_digest(fields: tuple[ManifestField, ...]) -> str:
    """SHA-256 (hex) of names and types of the columns, in order."""
    body = json.dumps([[f.name, f.type, f.source_type] for f in fields], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def spool_run_path(spool: Path, run_id: str) -> Path:
    """Folder of a run in the spool."""
    return spool / run_id


def spool_batch_path(spool: Path, run_id: str, batch_id: str) -> Path:
    """Folder of a batch in the spool: data file and `batch.json`."""
    return spool_run_path(spool, run_id) / batch_id


def raw_batch_path(warehouse: Path, system: str, dataset_name: str, major: int, batch_id: str) -> Path:
    """Folder of a landed batch: `raw/<system>/<dataset>/v<major>/batch=<batch id>`."""
    return warehouse / "raw" / system / dataset_name / f"v{major}" / f"batch={batch_id}"


def file_sha256(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_file(path: Path) -> ManifestFile:
    """Name, size and SHA-256 of a data file."""
    return ManifestFile(name=path.name, bytes=path.stat().st_size, sha256=file_sha256(path))


def check_file(folder: Path, file: ManifestFile, batch_id: str) -> None:
    """Hold a data file against the manifest. Raises StorageError naming file and batch."""
    path = folder / file.name
    if not path.is_file():
        raise StorageError(f"batch {batch_id}: data file {path} is missing")
    if path.stat().st_size != file.bytes or file_sha256(path) != file.sha256:
        raise StorageError(f"batch {batch_id}: data file {path} is not the one that was written (SHA-256 differs)")


def sync_directory(path: Path) -> None:
    """Flush a folder's entries to disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(path: Path) -> None:
    """Create a folder and flush the entry of every level that was missing."""
    if not path.is_dir():
        make_directory(path.parent)
        path.mkdir(exist_ok=True)
        sync_directory(path.parent)


def write_text(path: Path, content: str) -> None:
    """Write a small file under a temporary name, flush it and rename it into place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file's bytes and flush them."""
    with source.open("rb") as reader, target.open("wb") as writer:
        shutil.copyfileobj(reader, writer, _BLOCK)
        writer.flush()
        os.fsync(writer.fileno())


@contextmanager
def new_directory(final: Path, what: str) -> Iterator[Path]:
    """Build a folder: yields a temporary one, which takes the place of `final` when the block ends well.

    A folder that lies at `final` from an attempt that died is replaced. Raises StorageFull when the disk has no room
    (`what` says whose files they are); whatever happens, no half folder stays.
    """
    make_directory(final.parent)
    temporary = final.with_name(f".{final.name}.tmp")
    remove_directory(temporary)
    temporary.mkdir()
    try:
        yield temporary
        sync_directory(temporary)
        remove_directory(final)
        temporary.rename(final)
        sync_directory(final.parent)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise storage_full(temporary, what, error) from error
    finally:
        remove_directory(temporary)


def remove_directory(path: Path) -> None:
    """Remove a folder with all that is in it; nothing happens when it does not exist."""
    if path.is_dir():
        shutil.rmtree(path)


def storage_full(folder: Path, what: str, error: OSError) -> StorageFull:
    """The error for a full disk: folder, bytes written so far, bytes left, next step."""
    written = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else 0
    free = shutil.disk_usage(_existing(folder)).free
    return StorageFull(
        f"{what}: tidak ada ruang di {folder.parent} ({written:,} byte sudah tertulis, {free:,} byte tersisa; "
        f"{error.strerror}). Yang setengah jadi sudah dihapus; kosongkan ruang lalu jalankan lagi"
    )


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a batch's folder, in raw or in the spool.

    Raises StorageError when the folder has none, or when a raw folder lacks `_SUCCESS`.
    """
    raw, spool = folder / MANIFEST_FILE, folder / SPOOL_FILE
    path = raw if raw.is_file() else spool
    if not path.is_file():
        raise StorageError(f"{folder} holds no manifest: the batch was not written to the end")
    if path == raw and not (folder / SUCCESS_FILE).is_file():
        raise StorageError(f"{folder} holds no {SUCCESS_FILE}: the batch was not landed to the end")
    return Manifest.model_validate_json(path.read_text(encoding="utf-8"))


def write_raw(folder: Path, manifest: Manifest) -> int:
    """Finish a raw folder whose data files are written: manifest, then `_SUCCESS` last. Returns its bytes of data."""
    write_text(folder / MANIFEST_FILE, manifest.model_dump_json(indent=2) + "\n")
    write_text(folder / SUCCESS_FILE, "")
    return sum(file.bytes for file in manifest.files)
