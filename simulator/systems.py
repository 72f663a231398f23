"""Which systems are simulated, of what kind each is, and the tables of the smaller departments: `data/sistem.csv`,
`data/kolom_<sistem>.csv`.

Every system has a database of its name on the sources' server. What the platform may read of it is the database itself
(`postgresql`), the service before it (`http`), or the files that the department sends (`files`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from simulator.places import read_data

GREAT = ("siak", "sismiop")
"""The two that have modules of their own; all others are `departments/<system>.py`."""
READER = "lumbung_baca"


@dataclass(frozen=True)
class SourceSystem:
    """One line of `sistem.csv`; `login`: how its service wants to be asked (`token`, `basic`, `oauth2`)."""

    code: str
    kind: str
    login: str


@dataclass(frozen=True)
class SourceTable:
    """A table of a smaller department; `shown`: how its service writes a key column (strftime)."""

    system: str
    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    touch: str | None
    shown: Mapping[str, str] = field(default_factory=dict)

    def create(self, *, readable: bool) -> str:
        """DDL with an index on the key; no primary key, since real systems have duplicates. The grant: for SQL pull."""
        body = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        index = f"CREATE INDEX {self.name}_kunci ON public.{self.name} ({', '.join(self.key)});"
        grant = f" GRANT SELECT ON public.{self.name} TO {READER};" if readable else ""
        return f"CREATE TABLE public.{self.name} ({body}); {index}{grant}"

    def key_shown(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The key as the department writes it."""
        return {name: self._plain(name, row[name]) for name in self.key}

    def _plain(self, name: str, value: object) -> object:
        if isinstance(value, date):
            return value.strftime(self.shown.get(name, "%Y-%m-%d"))
        return value.rstrip() if isinstance(value, str) else value


@cache
def systems() -> Mapping[str, SourceSystem]:
    """All systems by code, the two great ones first."""
    return {r["sistem"]: SourceSystem(r["sistem"], r["jenis"], r["masuk"]) for r in read_data("sistem.csv")}


@cache
def departments() -> tuple[str, ...]:
    """The smaller departments, in the order of their file."""
    return tuple(code for code in systems() if code not in GREAT)


@cache
def tables() -> Mapping[str, SourceTable]:
    """Tables of the smaller departments by name; ValueError when two departments use one name."""
    found: dict[str, SourceTable] = {}
    for system in departments():
        rows = read_data(f"kolom_{system}.csv")
        for name in dict.fromkeys(row["tabel"] for row in rows):
            if name in found:
                raise ValueError(f"tabel {name} ada di {found[name].system} dan {system}")
            own = [row for row in rows if row["tabel"] == name]
            key = sorted((row for row in own if row["kunci"]), key=lambda row: int(row["kunci"]))
            found[name] = SourceTable(
                system=system,
                name=name,
                columns={row["kolom"]: row["tipe"] for row in own},
                key=tuple(row["kolom"] for row in key),
                touch=next((row["kolom"] for row in own if row["ubah"]), None),
                shown={row["kolom"]: row["tampil"] for row in own if row["tampil"]},
            )
    return found


def tables_of(system: str) -> tuple[SourceTable, ...]:
    """The tables of one department, in the order of their file."""
    return tuple(table for table in tables().values() if table.system == system)
