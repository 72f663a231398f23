"""State of the simulation inside the source databases, and the manifest file written from it.

Schema `simulator` (not readable by the platform's account) holds the clock, the injected defects, the events and the
rows that only look bad. The file `<state>/simulator/manifest.json` is a copy for tests and people.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import datetime
from typing import Any

from simulator.queries import script
from simulator.server import Connection, SimulatorError, State, counts, scalar
from simulator.systems import systems

VERSION = 1
_HALF = "berkas-rusak"


def create_schema(connection: Connection) -> None:
    """Fresh, empty bookkeeping of one source database, and the clock function for the readers."""
    connection.execute(script("keadaan"))


def put(connection: Connection, **values: object) -> None:
    """Write entries of `simulator.keadaan`."""
    for key, value in values.items():
        connection.execute(
            "INSERT INTO simulator.keadaan VALUES (%s, %s) ON CONFLICT (kunci) DO UPDATE SET nilai = EXCLUDED.nilai",
            [key, str(value)],
        )


def read(connection: Connection) -> dict[str, str]:
    """All of `simulator.keadaan`; empty when the source was never built."""
    row = connection.execute("SELECT to_regclass('simulator.keadaan')").fetchone()
    if row is None or row[0] is None:
        return {}
    return {str(k): str(v) for k, v in connection.execute("SELECT kunci, nilai FROM simulator.keadaan").fetchall()}


def require_built(connection: Connection, system: str) -> dict[str, str]:
    """The state of a finished build; SimulatorError when there is none."""
    state = read(connection)
    if state.get("selesai") != "ya":
        raise SimulatorError(f"sumber '{system}' belum dibangun. Jalankan `bin/lumbung simulate build` dulu.")
    return state


def clock(connection: Connection) -> datetime:
    """The source clock of one system (WIB, without zone)."""
    now: datetime = scalar(connection, "SELECT public.jam_sistem()")
    return now


def event(connection: Connection, when: datetime, kind: str, dataset: str, key: dict[str, Any], **more: object) -> None:
    """One event of life that a test may look for (late rows, deletions, moves …)."""
    isi = {"at": when.isoformat(sep=" "), "kind": kind, "dataset": dataset, "key": key, **more}
    connection.execute("INSERT INTO simulator.peristiwa (isi) VALUES (%s)", [json.dumps(isi, default=str)])


def decoy(connection: Connection, kind: str, dataset: str, **more: object) -> None:
    """Rows that look bad and must be accepted."""
    connection.execute(
        "INSERT INTO simulator.umpan (isi) VALUES (%s)",
        [json.dumps({"kind": kind, "dataset": dataset, **more}, default=str)],
    )


def trouble(connection: Connection, kind: str, path: str) -> None:
    """One trouble that a department's service gave a client."""
    connection.execute("INSERT INTO simulator.gangguan (jenis, alamat) VALUES (%s, %s)", [kind, path])


def half_file(connection: Connection, name: str, content: bytes) -> None:
    """A file of which only this arrived; the whole one follows under another name."""
    trouble(connection, _HALF, f"{name} {hashlib.sha256(content).hexdigest()}")


def column(connection: Connection, query: str) -> list[Any]:
    """First column of a trusted query."""
    return [r[0] for r in connection.execute(query).fetchall()]


def collect(state: State) -> dict[str, Any]:
    """The manifest as written to the file."""
    header: dict[str, Any] = {"version": VERSION}
    defects: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    decoys: list[dict[str, Any]] = []
    half: list[dict[str, str]] = []
    header["counts"] = {}
    for system in systems():
        with state.connect(system) as connection:
            known = require_built(connection, system)
            header.update(
                seed=int(known["benih"]), scale=float(known["skala"]), digest_at_build=known.get("intisari", "")
            )
            header.setdefault("clock", {})[system] = known["jam"]
            met = connection.execute("SELECT jenis, count(*) FROM simulator.gangguan GROUP BY jenis ORDER BY jenis")
            header.setdefault("troubles", {})[system] = {str(kind): int(times) for kind, times in met}
            header["counts"][system] = counts(connection)
            if "subjek" in known:
                header["subjek"] = json.loads(known["subjek"])
            defects += column(connection, "SELECT isi FROM simulator.cacat ORDER BY nomor")
            events += column(connection, "SELECT isi FROM simulator.peristiwa ORDER BY nomor")
            decoys += column(connection, "SELECT isi FROM simulator.umpan ORDER BY nomor")
            for (said,) in connection.execute(
                "SELECT alamat FROM simulator.gangguan WHERE jenis = %s ORDER BY nomor", [_HALF]
            ).fetchall():
                name, _, sha256 = str(said).rpartition(" ")
                half.append({"system": system, "name": name, "sha256": sha256})
    open_ones = [d for d in defects if d["state"] == "open"]
    header["defects_open"] = dict(
        sorted(Counter(f"{d['dataset']} {d['rule'] or d['kind']}" for d in open_ones).items())
    )
    header["rows_spoilt"] = sum(d["rows"] for d in open_ones)
    return {"header": header, "defects": defects, "decoys": decoys, "events": events, "half_files": half}


def write(state: State) -> dict[str, Any]:
    """Write the manifest atomically and return it."""
    content = collect(state)
    path = state.manifest
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise SimulatorError(
            f"manifest tidak dapat ditulis: {path} ({error.strerror}). Periksa pemilik folder."
        ) from error
    return content
