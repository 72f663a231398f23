"""Let days pass in all departments. Each day is one transaction per database; an interrupted day never happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date, datetime, timedelta

from simulator import life_siak, life_sismiop, manifest
from simulator.day import Day
from simulator.delivery import deliver
from simulator.departments import module, register
from simulator.server import Connection, SimulatorError, State
from simulator.systems import systems

_LOCK = 35_15
Connections = Mapping[str, Connection]


def advance(state: State, number: int, say: Callable[[str], None]) -> datetime:
    """`number` days of life in all systems, then the manifest; returns the new clock."""
    with ExitStack() as stack:
        opened = {system: stack.enter_context(state.connect(system)) for system in systems()}
        siak = opened["siak"]
        for system, connection in opened.items():
            manifest.require_built(connection, system)
        if not (siak.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone() or (False,))[0]:
            raise SimulatorError("simulator lain sedang memajukan waktu pada sumber ini; tunggu sampai selesai")
        for connection in opened.values():
            connection.commit()
        last = max(map(manifest.clock, opened.values())).date() + timedelta(days=number - 1)
        total: Counter[str] = Counter()
        try:
            # After an interruption some systems may be a day behind: they catch up first.
            while (today := min(manifest.clock(connection).date() for connection in opened.values())) <= last:
                done = _one_day(opened, today)
                done["berkas"] = deliver(state)
                total.update(done)
                say(f"{today + timedelta(days=1)}  " + "  ".join(f"{k} {v}" for k, v in done.items() if v))
        finally:
            for connection in opened.values():
                connection.rollback()
            siak.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
            siak.commit()
            # Also after an interruption: what the finished days did must be in the manifest.
            manifest.write(state)
        reached = manifest.clock(opened["sismiop"])
    say(f"jam sumber {reached}; jumlah: " + "  ".join(f"{k} {v}" for k, v in sorted(total.items()) if v))
    return reached


def _one_day(opened: Connections, today: date) -> Counter[str]:
    """`today` in every system that has not lived it yet, SIAK first: the others look its residents up."""
    done: Counter[str] = Counter()
    siak = opened["siak"]
    for system, connection in opened.items():
        if manifest.clock(connection).date() > today:
            continue
        day = _begin(connection, system)
        if system == "siak":
            done.update(life_siak.live(day))
        elif system == "sismiop":
            done.update(life_sismiop.live(day, siak))
        else:
            drawn_from = opened[register(system)]
            done.update(module(system).live(day, drawn_from))
            drawn_from.commit()
        manifest.put(connection, jam=day.end)
        siak.commit()
        connection.commit()
    return done


def _begin(connection: Connection, system: str) -> Day:
    known = manifest.read(connection)
    return Day.begin(connection, system, int(known["benih"]), float(known["skala"]), manifest.clock(connection))
