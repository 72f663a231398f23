"""The versioned files: `<storage>/lumbung/<resource>/<version>.csv`, written once, never changed.

A received file lies under a hidden name (`.<random>.part`) until its checks have passed; the rename that gives it its
name comes before the switch of the table, so that a table's version always has its file.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ckan.plugins import toolkit as tk

from lumbung_portal.request import RESOURCE_ID, VERSION, refuse

CHUNK = 1 << 20
ABANDONED_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Incoming:
    """A received file on disk: its hidden path, the digest of its bytes, its size."""

    path: Path
    sha256: str
    size: int


def folder(resource_id: str) -> Path:
    """Folder of a resource's files. Raises ValueError for anything but a uuid: it becomes part of a path."""
    if not RESOURCE_ID.fullmatch(resource_id):
        raise ValueError(f"not a resource id: {resource_id!r}")
    return Path(tk.config["ckan.storage_path"]) / "lumbung" / resource_id


def path_of(resource_id: str, version: str) -> Path:
    """Where a version's file is, whether it exists or not. Raises ValueError for an unsafe version."""
    if not VERSION.fullmatch(version) or ".." in version:
        raise ValueError(f"not a version: {version!r}")
    return folder(resource_id) / f"{version}.csv"


def digest(path: Path) -> str | None:
    """SHA-256 of a file's bytes, None when there is no such file."""
    hashed = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                hashed.update(chunk)
    except FileNotFoundError:
        return None
    return hashed.hexdigest()


@contextmanager
def received(resource_id: str, upload: Any, limit: int) -> Iterator[Incoming]:
    """Store an upload durably under a hidden name; it is gone afterwards unless `keep` named it.

    Raises ValidationError when there is no upload or when it is larger than `limit` bytes.
    """
    stream: IO[bytes] | None = getattr(upload, "stream", None)
    if stream is None:
        raise refuse("upload", "the CSV file is missing: send it as the multipart part `upload`")
    place = folder(resource_id)
    place.mkdir(parents=True, exist_ok=True)
    _sweep(place)
    path = place / f".{secrets.token_hex(8)}.part"
    hashed, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as target:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise refuse("upload", f"larger than {limit} bytes")
                hashed.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        yield Incoming(path, hashed.hexdigest(), size)
    finally:
        path.unlink(missing_ok=True)


def _sweep(place: Path) -> None:
    """Remove what killed calls left behind."""
    for part in place.glob(".*.part"):
        if time.time() - part.stat().st_mtime > ABANDONED_SECONDS:
            part.unlink(missing_ok=True)


def keep(incoming: Incoming, resource_id: str, version: str) -> None:
    """Give a checked file its name, durably.

    A file of that name that was never switched to (a killed call) is replaced; the caller has made sure that no
    recorded version of that name has another content.
    """
    target = path_of(resource_id, version)
    incoming.path.chmod(0o440)
    incoming.path.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def url_of(resource_id: str, version: str) -> str:
    """Public address of a version's file."""
    return f"{tk.config['ckan.site_url'].rstrip('/')}/lumbung/berkas/{resource_id}/{version}.csv"
