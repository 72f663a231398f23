"""Put defects into clean rows and remember them, with what it takes to mend them, in `simulator.cacat`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from psycopg import sql

from simulator.kinds import Kind
from simulator.server import Connection, scalar
from simulator.source_rows import TOUCH, Change, key_columns, key_of, pick, stored_key, unspoilt, update_row


@dataclass
class Injected:
    """What happened to one row; `key`: as the department shows it, `stored`: as its table holds it."""

    key: dict[str, Any]
    stored: dict[str, Any]
    changed: Change
    before: Change
    table: str
    kind: Kind


def inject(
    connection: Connection,
    kind: Kind,
    table: str,
    rng: np.random.Generator,
    when: datetime,
    *,
    touch: bool,
    used: set[str],
) -> Injected | None:
    """Spoil one row of `table` with `kind` and remember it; None when no fitting row is left.

    `touch` sets the update clock of the row to `when` (a defect that appears as time goes by); at the build rows keep
    their times. For a doubled key both rows are touched, so that they meet in one window.
    """
    for _ in range(40):
        row = pick(connection, table, kind.where + unspoilt(table), rng, year=_year_of(rng))
        if row is None:
            return None
        mark = _mark(table, row)
        ctid = row.pop("_ctid")
        change = kind.alter(row, rng)
        old, new = stored_key(table, row), stored_key(table, {**row, **change})
        if mark not in used and not _taken(connection, table, old, new):
            break
    else:
        return None
    if touch and table in TOUCH and kind.severity != "duplicate":
        change[TOUCH[table]] = when
    # A row that was added whole keeps its own number when it is mended; only the wrong column is put right.
    before = {c: row[c] for c in (change if not kind.copy or kind.rows == 2 else [kind.column] if kind.column else [])}
    spoilt = {**row, **change}
    if kind.copy:
        names = list(spoilt)
        connection.execute(
            sql.SQL("INSERT INTO public.{} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, names)),
                sql.SQL(", ").join([sql.Placeholder()] * len(names)),
            ),
            [spoilt[n] for n in names],
        )
        if touch and kind.rows == 2 and table in TOUCH:
            connection.execute(
                sql.SQL("UPDATE public.{} SET {} = %s WHERE ctid = %s::tid").format(
                    sql.Identifier(table), sql.Identifier(TOUCH[table])
                ),
                [when, ctid],
            )
    else:
        update_row(connection, table, ctid, change)
    used.add(mark)
    found = Injected(key_of(table, spoilt), stored_key(table, spoilt), change, before, table, kind)
    used.add(_mark(table, spoilt))
    return found


def _taken(connection: Connection, table: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """True when the altered key belongs to another row already: that would be a second defect (a doubled key)."""
    if old == new:
        return False
    names = key_columns(table)
    where = sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(n)) for n in names)
    query = sql.SQL("SELECT 1 FROM public.{} WHERE {} LIMIT 1").format(sql.Identifier(table), where)
    return connection.execute(query, [new[n] for n in names]).fetchone() is not None


def _mark(table: str, row: dict[str, Any]) -> str:
    return table + json.dumps(key_of(table, row), sort_keys=True)


def _year_of(rng: np.random.Generator) -> int:
    return int(rng.choice([2023, 2024, 2025]))


def remember(connection: Connection, found: Injected, when: datetime) -> str:
    """Write one injected defect to `simulator.cacat`; returns its id `<system>-<number>`."""
    number = int(scalar(connection, "SELECT coalesce(max(nomor), 0) + 1 FROM simulator.cacat"))
    kind = found.kind
    entry = {
        "id": f"{kind.system}-{number:05d}",
        "system": kind.system,
        "dataset": kind.dataset,
        "table": found.table,
        "kind": kind.name,
        "rule": kind.rule,
        "severity": kind.severity,
        "rows": kind.rows,
        "key": found.key,
        "column": kind.column,
        "note": kind.note,
        "injected_at": when.isoformat(sep=" "),
        "state": "open",
        **({"also": list(kind.also)} if kind.also else {}),
    }
    repair = {"key": found.stored, "copy": kind.copy, "changed": found.changed, "before": found.before}
    connection.execute(
        "INSERT INTO simulator.cacat (nomor, id, tabel, kunci, isi, perbaikan) VALUES (%s, %s, %s, %s, %s, %s)",
        [
            number,
            entry["id"],
            found.table,
            "|".join(str(value) for value in found.stored.values()),
            json.dumps(entry),
            json.dumps(repair, default=_plain),
        ],
    )
    return str(entry["id"])


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(type(value))
