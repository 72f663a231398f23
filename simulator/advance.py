"""Let days pass in both departments. Each day is one transaction per database; an interrupted day never happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from simulator import life_siak, life_sismiop, manifest
from simulator.day import Day
from simulator.server import Connection, SimulatorError, State

_LOCK = 35_15


def advance(state: State, number: int, say: Callable[[str], None]) -> datetime:
    """`number` days of life in both systems, then the manifest; returns the new clock."""
    with state.connect("siak") as siak, state.connect("sismiop") as sismiop:
        for connection, system in ((siak, "siak"), (sismiop, "sismiop")):
            manifest.require_built(connection, system)
        if not (siak.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone() or (False,))[0]:
            raise SimulatorError("simulator lain sedang memajukan waktu pada sumber ini; tunggu sampai selesai")
        siak.commit()
        clocks = [manifest.clock(siak), manifest.clock(sismiop)]
        goal = max(clocks) + timedelta(days=number - 1)
        total: Counter[str] = Counter()
        try:
            while min(manifest.clock(siak), manifest.clock(sismiop)).date() <= goal.date():
                # After an interruption one system may be a day behind: it catches up first.
                behind = manifest.clock(siak).date() <= manifest.clock(sismiop).date()
                done = _one_day(siak, sismiop, siak_too=behind)
                total.update({k: v for k, v in done.items() if k != "hari"})
                say(f"{manifest.clock(sismiop):%Y-%m-%d}  " + "  ".join(f"{k} {v}" for k, v in done.items() if v))
        finally:
            siak.rollback()
            siak.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
            siak.commit()
            sismiop.rollback()
            # Also after an interruption: what the finished days did must be in the manifest.
            manifest.write(state)
        reached = manifest.clock(sismiop)
    say(f"jam sumber {reached}; jumlah: " + "  ".join(f"{k} {v}" for k, v in sorted(total.items()) if v))
    return reached


def _one_day(siak: Connection, sismiop: Connection, *, siak_too: bool) -> dict[str, int]:
    done: dict[str, int] = {}
    if siak_too:
        day = _begin(siak, "siak")
        done.update(life_siak.live(day))
        manifest.put(siak, jam=day.end)
        siak.commit()
    day = _begin(sismiop, "sismiop")
    for name, times in life_sismiop.live(day, siak).items():
        done[name] = done.get(name, 0) + times
    manifest.put(sismiop, jam=day.end)
    siak.commit()
    sismiop.commit()
    return done


def _begin(connection: Connection, system: str) -> Day:
    known = manifest.read(connection)
    return Day.begin(connection, system, int(known["benih"]), float(known["skala"]), manifest.clock(connection))
