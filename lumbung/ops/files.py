"""What departments dropped, and what became of it: by the ledger, with what still waits in the drop folders."""

from __future__ import annotations

from typing import Any, Final

from lumbung.declarations import UnknownTarget, load
from lumbung.ledger import Ledger
from lumbung.settings import settings
from lumbung.sources.drop.originals import inbox, shown_name

COLUMNS: Final = {
    "dataset": "Dataset",
    "name": "Berkas",
    "periode": "Periode",
    "state": "Keadaan",
    "rows": "Baris",
    "batch": "Batch",
    "modified_at": "Ditulis",
    "reason": "Sebab",
}
WAITING: Final = "menunggu"
_WORDS: Final = {
    "arrived": "tiba",
    "received": "berlaku",
    "superseded": "digantikan",
    "duplicate": "sama",
    "refused": "ditolak",
}


def file_rows(system: str | None = None, ledger: Ledger | None = None) -> list[dict[str, Any]]:
    """Files of the system (default: of all that drop files), the newest last, then those that wait.

    Raises UnknownTarget for a system that is not declared, or that does not drop files.
    """
    ledger = ledger or Ledger.connect()
    declared = load()
    dropping = [one for one in declared.systems.values() if one.transport == "files"]
    if system is not None:
        declared.require_system(system)
        if system not in {one.code for one in dropping}:
            known = ", ".join(one.code for one in dropping) or "belum ada"
            raise UnknownTarget(f"Sistem {system!r} tidak mengirim berkas; yang mengirim: {known}.")
    rows: list[dict[str, Any]] = []
    for one in dropping:
        if system not in (None, one.code):
            continue
        files = ledger.files(one.code)
        rows += [
            {
                "system": one.code,
                "dataset": file.dataset,
                "name": file.name,
                "periode": file.periode,
                "state": _WORDS[file.state],
                "rows": file.rows,
                "batch": file.batch_id,
                "modified_at": file.modified_at,
                "bytes": file.bytes,
                "sha256": file.sha256 or None,
                "reason": file.reason,
                "original_removed": file.removed_at,
            }
            for file in files
        ]
        folder = inbox(settings(), one.connection)
        known_names = {file.name for file in files if file.left_at is None}
        names = sorted(shown_name(entry.name) for entry in folder.iterdir()) if folder.is_dir() else []
        empty = dict.fromkeys(rows[0] if rows else COLUMNS)
        rows += [
            {**empty, "system": one.code, "name": name, "state": WAITING} for name in names if name not in known_names
        ]
    return rows
