"""How dropped files leave the drop folder: away when they are kept and have landed, back when they are refused.

Every step can be repeated, and only the file that the ledger means is touched.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from lumbung import storage
from lumbung.faults import point
from lumbung.ledger import Ledger, SourceFile
from lumbung.settings import Settings
from lumbung.sources.drop.originals import inbox, refused_folder

REASON_FILE: Final = ".alasan.txt"
GOING: Final = ".keluar"


def leave(place: Settings, ledger: Ledger, system: str) -> None:
    """Take out of the drop folder what is kept or refused: landed, superseded, repeated and refused files."""
    for file in ledger.files(system, states=("received", "superseded", "duplicate", "refused")):
        if file.left_at is not None:
            continue
        path = inbox(place, file.folder) / file.name
        going = path.with_name(f".{file.name}{GOING}")
        if is_still(path, file.changed_ns, file.bytes) and not going.exists():
            if file.state == "refused":
                give_back(refused_folder(place, file.folder), path, file.name, file.reason or "")
            else:
                path.rename(going)
                point("files:hidden")
        if going.exists():
            _remove(going, path, file)
        point("files:left")
        ledger.file_left(file.id)


def is_still(path: Path, changed_ns: int, size: int) -> bool:
    """Whether the file that lies there is the one that was seen."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return (status.st_ctime_ns, status.st_size) == (changed_ns, size)


def _remove(going: Path, path: Path, file: SourceFile) -> None:
    """Remove a file that nobody finds by its name any more, if its bytes are those that are kept; else bring it back.

    Somebody may have put another into its place, or written into it, between the look and the renaming.
    """
    if storage.file_sha256(going) != file.sha256:
        with suppress(FileExistsError):
            os.link(going, path)
        if not path.samefile(going):
            going.rename(path.with_name(f"{path.name}{GOING}"))
            return
    going.unlink()
    storage.sync_directory(path.parent)


def give_back(folder: Path, path: Path, name: str, why: str) -> None:
    """Into `ditolak/`, the reason first. An earlier refused file of the same name gives way: it was made anew."""
    storage.make_directory(folder)
    text = (
        f"Berkas {name} tidak diterima.\n\nSebab: {why}\n\n"
        "Perbaiki berkasnya lalu kirim lagi ke folder masuk. Data yang sudah diterima sebelumnya tetap berlaku; berkas "
        "ini tidak mengubah apa-apa.\n"
    )
    storage.write_text(folder / f"{name}{REASON_FILE}", text)
    path.replace(folder / name)
    storage.sync_directory(folder)
    storage.sync_directory(path.parent)


def standing_refusals(place: Settings, ledger: Ledger, system: str) -> list[SourceFile]:
    """Refused files that still lie in `ditolak/` and whose period no later file has made good."""
    files = ledger.files(system)
    good = {(file.dataset, file.periode): file.id for file in files if file.state in ("arrived", "received")}
    newest = {file.name: file for file in files if file.state == "refused"}
    return [
        file
        for file in newest.values()
        if good.get((file.dataset, file.periode), 0) < file.id
        and (refused_folder(place, file.folder) / file.name).exists()
    ]
