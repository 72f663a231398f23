"""Departments that send files: what is due goes into the drop folder, as people send it.

A department of kind `files` has, besides its database, `files(connection, since, until)` in its module: the files that
are due after `since` (None: from the beginning) up to `until`, each whole. A file that was sent before and has changed
since (a correction, a mended row) is due again. What was sent is remembered in the department's database.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from simulator import manifest
from simulator.chance import chance
from simulator.departments import module
from simulator.server import Connection, SimulatorError, State
from simulator.systems import departments, systems

WIB = timezone(timedelta(hours=7))
ONE_IN = 12
"""Sendings that meet trouble; never the first one."""


@dataclass(frozen=True)
class File:
    """A file as the department means it; `broken`: what arrives when the sending goes wrong, None: it never does."""

    name: str
    content: bytes
    when: datetime
    broken: bytes | None = None


def changed(
    connection: Connection, table: str, period: str, since: datetime | None, until: datetime
) -> list[tuple[Any, datetime]]:
    """Periods (a SQL expression) of a table whose rows are new or changed after `since`, with their last change."""
    query = (  # trusted fragments of this package; values go in as parameters
        f"SELECT {period}, max(diubah) FROM public.{table} GROUP BY 1 HAVING max(diubah) <= %(sampai)s"  # noqa: S608
        " AND (%(sejak)s::timestamp IS NULL OR max(diubah) > %(sejak)s) ORDER BY 1"
    )
    return connection.execute(query.encode(), {"sejak": since, "sampai": until}).fetchall()


def month_before(day: date, back: int) -> date:
    """The first day of the month so many months before."""
    index = day.year * 12 + day.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)


def deliver(state: State) -> int:
    """Send everything that is due in every department that sends files; how many files arrived."""
    return sum(_deliver(state, system) for system in departments() if systems()[system].kind == "files")


def empty(state: State) -> None:
    """Take back what older sources have sent and nobody has fetched."""
    for system in departments():
        for path in state.drop(system).glob("*"):
            path.unlink()


def _deliver(state: State, system: str) -> int:
    sent = 0
    with state.connect(system) as connection:
        known = manifest.require_built(connection, system)
        since = datetime.fromisoformat(known["terkirim"]) if "terkirim" in known else None
        until = manifest.clock(connection)
        rng = chance(int(known["benih"]), "kirim", system, until.toordinal())
        for file in module(system).files(connection, since, until):
            trouble = since is not None and file.broken is not None and rng.random() * ONE_IN < 1
            inbox = state.drop(system)
            if trouble and file.broken is not None:
                manifest.half_file(connection, file.name, file.broken)
                _put(inbox, file.name, file.broken, file.when)
                sent += 1
            # Noticed by the department itself: the whole file follows under a name of its own.
            name = file.name if not trouble else f"{Path(file.name).stem} (1){Path(file.name).suffix}"
            _put(inbox, name, file.content, file.when + timedelta(minutes=1) if trouble else file.when)
            sent += 1
        manifest.put(connection, terkirim=until.isoformat())
    return sent


def _put(folder: Path, name: str, content: bytes, when: datetime) -> None:
    """Write under another name first, so that nobody reads half a file; its time is the department's clock."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{name}.part"
        temporary.write_bytes(content)
        stamp = when.replace(tzinfo=WIB).timestamp()
        os.utime(temporary, (stamp, stamp))
        temporary.replace(folder / name)
    except OSError as error:
        raise SimulatorError(f"berkas {name} tidak dapat dikirim ke {folder} ({error.strerror})") from error
