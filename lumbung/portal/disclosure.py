"""Disclosure control of published tables: small cells are withheld, and no published total gives them back.

Source of the rule: UU 27/2022 (PDP) pasal 4, UU 24/2013 pasal 84, UU KUP pasal 34; the threshold k is a decision of the
tenant (`tenants/<tenant>.yaml`), since no Indonesian text states a number.

What an attacker is taken to know: every visible cell of every publication of the mart, every total that a table
declares (`total_groups`: totals that this portal, another table of the same mart or the agency itself prints), that a
hidden cell is a whole number, and this algorithm. Totals that are as small as their cells are not printed by anybody.

Terms: a *cell* is one row of a publication with its count; *primary* cells have 0 < count < k, or are withheld by the
publication's SQL (a cell of money with fewer than k taxpayers, or dominated by one: p% rule); *complementary* cells
are hidden only to protect those. Zero is shown (nobody is described by it), and is hidden only when nothing else can
protect a cell. Everything here is a pure, deterministic function of its arguments: same tables, same suppression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lumbung.portal.cells import CellTable, DisclosureError, Key, System

__all__ = ["CellTable", "DisclosureError", "Hidden", "Key", "attack", "suppress"]


@dataclass(frozen=True)
class Hidden:
    """What one publication withholds: keys of primary, complementary and kept-hidden (earlier version) cells."""

    primary: frozenset[Key]
    complementary: frozenset[Key]

    @property
    def keys(self) -> frozenset[Key]:
        """All hidden keys."""
        return self.primary | self.complementary


def suppress(tables: Sequence[CellTable]) -> dict[str, Hidden]:
    """Decide what every publication of one mart withholds (all linked tables together).

    Small cells first; then, until nothing changes, one complement for each total that gives hidden cells back, and one
    for each cell that the equations of all totals together determine. Raises DisclosureError when no complement exists
    (a table so sparse must be published more coarsely), or when the final attack finds a cell.
    """
    system = System(tables)
    while True:
        broken = [number for number, group in enumerate(system.groups) if system.broken(group)]
        for number in broken:
            group = system.groups[number]
            if system.broken(group) and not system.close(number):
                raise DisclosureError(_no_complement(group.table, f"total {group.where}"))
        if broken:
            continue
        progress = system.break_proofs()
        if progress is None:
            break
        if not progress:
            cell = min(system.revealed())
            raise DisclosureError(_no_complement(system.owner[cell], f"sel {system.keys[cell]}"))
    _assert_safe(system)
    primary: dict[str, set[Key]] = {table.id: set() for table in tables}
    complementary: dict[str, set[Key]] = {table.id: set() for table in tables}
    for cell in system.hidden:
        (primary if cell in system.primary else complementary)[system.owner[cell]].add(system.keys[cell])
    return {name: Hidden(frozenset(primary[name]), frozenset(complementary[name])) for name in primary}


def attack(tables: Sequence[CellTable], hidden: Mapping[str, frozenset[Key]]) -> None:
    """Attack what is about to be published; `tables` carry the true counts, `hidden` the withheld keys per table.

    Raises DisclosureError when a small cell is visible or a hidden cell follows from the visible ones.
    """
    system = System(tables)
    system.hidden = {cell for cell, key in enumerate(system.keys) if key in hidden.get(system.owner[cell], frozenset())}
    _assert_safe(system)


def _no_complement(table: str, where: str) -> str:
    return (
        f"publikasi {table}, {where}: sel kecil tidak dapat dilindungi karena tidak ada sel pelengkap. "
        "Terbitkan lebih kasar: kurangi dimensi atau naikkan tingkat wilayah di publikasi.yaml."
    )


def _assert_safe(system: System) -> None:
    shown = sorted(system.primary - system.hidden)
    if shown:
        raise DisclosureError(f"publikasi {system.owner[shown[0]]}: sel kecil {system.keys[shown[0]]} masih terlihat")
    revealed = system.revealed()
    if revealed:
        cell = min(revealed)
        raise DisclosureError(
            f"publikasi {system.owner[cell]}: sel {system.keys[cell]} yang disamarkan dapat dihitung kembali "
            "dari total yang terbit"
        )
