"""The commands: build, advance, show, defects, mend, sql."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import psycopg

from simulator import manifest
from simulator.build import Plan, build
from simulator.server import SimulatorError, State, combined, counts, digest
from simulator.systems import systems

_EXAMPLES = """contoh / examples:
  bin/lumbung simulate build --scale 0.0286 --seed 20260101     bangun sumber demo (60.000 penduduk, 23.000 objek)
  bin/lumbung simulate advance --days 30                        hidup berjalan 30 hari
  bin/lumbung simulate show                                     jam sumber dan jumlah baris
  bin/lumbung simulate defects --rule nik:nik                   cacat yang disuntikkan dan masih terbuka
  bin/lumbung simulate mend siak-00003                          perbaiki cacat seperti petugas dinas
  bin/lumbung simulate sql siak "SELECT count(*) FROM biodata_wni"
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/lumbung simulate",
        description="Sistem OPD tiruan: basis data PostgreSQL dan layanan web. / Simulated department systems.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--state", metavar="DIR", help="folder keadaan profil (bawaan: .lumbung/$LUMBUNG_PROFILE)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="PERINTAH")
    make = commands.add_parser("build", parents=[common], help="bangun semua sumber / build all sources")
    make.add_argument(
        "--scale", type=float, default=0.0286, help="1.0 = Sidoarjo: 2,1 juta penduduk, 0,8 juta objek (bawaan 0.0286)"
    )
    make.add_argument("--seed", type=int, default=20260101, help="benih acak; benih sama, isi sama (bawaan 20260101)")
    make.add_argument("--force", action="store_true", help="bangun ulang walau sudah ada; isi sekarang hilang")
    go = commands.add_parser("advance", parents=[common], help="majukan waktu / let days pass")
    go.add_argument("--days", type=int, default=1, help="berapa hari (bawaan 1)")
    show = commands.add_parser("show", parents=[common], help="jam sumber, jumlah baris / clock and counts")
    show.add_argument("--digest", action="store_true", help="hitung juga intisari isi")
    show.add_argument("--json", action="store_true")
    faults = commands.add_parser("defects", parents=[common], help="cacat yang disuntikkan / injected defects")
    faults.add_argument("--rule", help="hanya aturan ini, mis. kode:agama")
    faults.add_argument("--dataset", help="hanya dataset ini, mis. siak.biodata_wni")
    faults.add_argument("--all", action="store_true", help="juga yang sudah diperbaiki")
    faults.add_argument("--json", action="store_true")
    fix = commands.add_parser("mend", parents=[common], help="perbaiki cacat di sumber / repair a defect in the source")
    fix.add_argument("id", nargs="+", help="id cacat, mis. siak-00003 (lihat `defects`)")
    query = commands.add_parser(
        "sql", parents=[common], help="jalankan SQL dengan akun admin sumber / run SQL as the owner"
    )
    query.add_argument("system", choices=tuple(systems()))
    query.add_argument("statement")
    return parser


def say(line: str) -> None:
    """One line of progress, at once."""
    print(line, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 refused with a reason, 2 wrong usage, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](State.find(options.state), options)
    except SimulatorError as error:
        print(f"simulate: {error}", file=sys.stderr)
        return 1
    except psycopg.Error as error:
        print(f"simulate: sumber menolak: {str(error).strip()}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # `… defects | head`: the reader has seen enough. Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("simulate: dihentikan; hari yang belum selesai tidak disimpan", file=sys.stderr)
        return 130


def _build(state: State, options: argparse.Namespace) -> int:
    start = time.monotonic()
    built = build(state, Plan(options.seed, options.scale), say, force=options.force)
    if built:
        say(f"selesai dalam {time.monotonic() - start:.1f} detik; manifest: {state.manifest}")
    return 0


def _advance(state: State, options: argparse.Namespace) -> int:
    from simulator.advance import advance

    if not 1 <= options.days <= 3660:
        raise SimulatorError(f"--days {options.days}: antara 1 dan 3660")
    advance(state, options.days, say)
    return 0


def _show(state: State, options: argparse.Namespace) -> int:
    found: dict[str, Any] = {}
    digests = {}
    for system in systems():
        with state.connect(system) as connection:
            known = manifest.require_built(connection, system)
            found[system] = {
                "clock": known["jam"],
                "seed": int(known["benih"]),
                "scale": float(known["skala"]),
                "counts": counts(connection),
            }
            if options.digest:
                digests[system] = digest(connection)
    if options.digest:
        found["digest"] = combined(digests)
    if options.json:
        say(json.dumps(found, indent=1))
        return 0
    for system in systems():
        part = found[system]
        say(f"{system}  jam {part['clock']} WIB  benih {part['seed']}  skala {part['scale']}")
        for table, rows in part["counts"].items():
            say(f"  {table:<24}{rows:>12,}")
    if options.digest:
        say(f"intisari {found['digest']}")
    return 0


def _defects(state: State, options: argparse.Namespace) -> int:
    rows = [
        d
        for d in manifest.collect(state)["defects"]
        if (options.all or d["state"] == "open")
        and options.rule in (None, d["rule"])
        and options.dataset in (None, d["dataset"])
    ]
    if options.json:
        say(json.dumps(rows, indent=1, ensure_ascii=False))
        return 0
    for d in rows:
        key = " ".join(str(v) for v in d["key"].values())
        say(f"{d['id']}  {d['severity']:<9} {d['dataset']:<26}{d['rule'] or '-':<26}{key}  {d['note']}")
    say(f"{len(rows)} cacat")
    return 0


def _mend(state: State, options: argparse.Namespace) -> int:
    from simulator.mend import mend

    for line in mend(state, *options.id):
        say(line)
    return 0


def _sql(state: State, options: argparse.Namespace) -> int:
    with state.connect(options.system) as connection:
        cursor = connection.execute(options.statement.encode())
        if cursor.description is None:
            say(f"{cursor.rowcount} baris")
            return 0
        say("\t".join(c.name for c in cursor.description))
        for row in cursor:
            say("\t".join("" if v is None else str(v) for v in row))
    return 0


_COMMANDS = {"build": _build, "advance": _advance, "show": _show, "defects": _defects, "mend": _mend, "sql": _sql}
