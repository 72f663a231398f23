"""Repair injected defects in the source, as the department would after a refusal note."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from psycopg import sql

from simulator import manifest
from simulator.delivery import deliver
from simulator.server import Connection, SimulatorError, State
from simulator.source_rows import TOUCH
from simulator.systems import systems

WORK = timedelta(hours=1)
"""A repair takes the department an hour of the source clock, so that the next extraction (lag up to 1 h) sees it."""


def mend(state: State, *identities: str) -> list[str]:
    """Repair defects (e.g. siak-00003), all or none, and write the manifest; a line for each says what was done.

    Each takes its own `WORK`; what the departments send of it goes out at the end.
    """
    done = []
    with ExitStack() as stack:
        opened = {system: stack.enter_context(state.connect(system)) for system in systems()}
        for identity in identities:
            system = identity.rpartition("-")[0]
            if system not in opened:
                raise SimulatorError(
                    f"id cacat '{identity}' tidak dikenal; bentuknya siak-00003, lihat `bin/lumbung simulate defects`"
                )
            entry, now = _repair(opened[system], system, identity)
            for connection in opened.values():
                manifest.put(connection, jam=now + WORK)
            done.append(
                f"{identity}: {entry['dataset']} {entry['key']} diperbaiki ({entry['note']}); jam sumber {now + WORK}"
            )
    deliver(state)
    manifest.write(state)
    return done


def _repair(connection: Connection, system: str, identity: str) -> tuple[dict[str, Any], datetime]:
    """Repair one defect of a system; its entry in the manifest, and when that began."""
    manifest.require_built(connection, system)
    found = connection.execute(
        "SELECT tabel, isi, perbaikan FROM simulator.cacat WHERE id = %s FOR UPDATE", [identity]
    ).fetchone()
    if found is None:
        raise SimulatorError(f"cacat '{identity}' tidak ada; lihat `bin/lumbung simulate defects`")
    table, entry, repair = found
    if entry["state"] != "open":
        raise SimulatorError(f"cacat '{identity}' sudah diperbaiki")
    now = manifest.clock(connection)
    if repair["copy"] and (entry["rows"] == 2 or not repair["before"]):
        _drop_copy(connection, table, entry, repair, now)
    else:
        _restore(connection, table, entry, repair, now)
    entry["state"], entry["mended_at"] = "mended", now.isoformat(sep=" ")
    connection.execute("UPDATE simulator.cacat SET isi = %s WHERE id = %s", [json.dumps(entry), identity])
    return entry, now


def _match(repair: dict[str, Any], extra: dict[str, Any]) -> tuple[sql.Composed, list[Any]]:
    wanted = {**repair["key"], **extra}
    clauses = [sql.SQL("{} IS NOT DISTINCT FROM %s").format(sql.Identifier(c)) for c in wanted]
    return sql.SQL(" AND ").join(clauses), list(wanted.values())


def _restore(connection: Connection, table: str, entry: dict[str, Any], repair: dict[str, Any], now: datetime) -> None:
    """Put the old values back and move the update clock."""
    values = dict(repair["before"])
    if table in TOUCH:
        values[TOUCH[table]] = now
    where, arguments = _match(repair, {})
    sets = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(c)) for c in values)
    done = connection.execute(
        sql.SQL("UPDATE public.{} SET {} WHERE {}").format(sql.Identifier(table), sets, where),
        [*values.values(), *arguments],
    )
    if done.rowcount != 1:
        raise SimulatorError(
            f"cacat '{entry['id']}': baris {entry['key']} di {table} ditemukan {done.rowcount} kali, bukan satu. "
            "Sudah diubah dengan tangan?"
        )


def _drop_copy(
    connection: Connection, table: str, entry: dict[str, Any], repair: dict[str, Any], now: datetime
) -> None:
    """Delete the false row of a doubled key; the true one is touched, so that it is read again."""
    where, arguments = _match(repair, {c: v for c, v in repair["changed"].items() if c != TOUCH.get(table)})
    name = sql.Identifier(table)
    done = connection.execute(
        sql.SQL("DELETE FROM public.{} WHERE ctid = (SELECT max(ctid) FROM public.{} WHERE {})").format(
            name, name, where
        ),
        arguments,
    )
    if done.rowcount != 1:
        raise SimulatorError(
            f"cacat '{entry['id']}': baris kedua dengan kunci {entry['key']} tidak ada lagi di {table}."
        )
    if table in TOUCH:
        where, arguments = _match(repair, {})
        connection.execute(
            sql.SQL("UPDATE public.{} SET {} = %s WHERE {}").format(name, sql.Identifier(TOUCH[table]), where),
            [now, *arguments],
        )
