"""Cells of linked tables as one system: which totals are public, and what those say about hidden cells.

The policy (what is hidden, and when enough is hidden) is in `disclosure`; the arithmetic is in `attacker`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lumbung.portal.attacker import PRIME, Equation, Found, determined

Key = tuple[Hashable, ...]
Row = Mapping[str, Hashable]


class DisclosureError(Exception):
    """A hidden cell of a publication could be computed from what would be visible; nothing may be published."""


@dataclass(frozen=True)
class CellTable:
    """The cells of one publication before suppression.

    rows: one mapping per cell, dimension columns and the count; key: columns that identify a cell; count_column: whole
    number of persons or objects behind the cell; k: cells with 0 < count < k are hidden; total_groups: column sets over
    which the total is public knowledge; measure: what is counted (tables of one measure describe the same people, so
    equal sets of columns give equal totals); sticky: keys that an earlier version hid and that must stay hidden; asked:
    keys that the publication's own SQL withholds (few taxpayers, or one of them dominates an amount), small or not.
    """

    id: str
    rows: Sequence[Row]
    key: tuple[str, ...]
    count_column: str
    k: int
    total_groups: tuple[tuple[str, ...], ...] = ()
    measure: str = ""
    sticky: frozenset[Key] = frozenset()
    asked: frozenset[Key] = frozenset()

    def keys(self) -> list[Key]:
        """Keys in the order of `rows`."""
        return [tuple(row[column] for column in self.key) for row in self.rows]


@dataclass
class Group:
    """Cells of one table (indices into all cells) over which a total exists."""

    table: str
    columns: tuple[str, ...]
    values: Key
    members: list[int]
    total: int
    printable: bool  # somebody may print this total: declared, and not so small that it would describe its cells
    mirrors: list[int] = field(default_factory=list)  # groups of linked tables with the same total

    @property
    def where(self) -> str:
        """The group in words."""
        return str(dict(zip(self.columns, self.values, strict=True)))


class System:
    """All cells of linked tables, the totals over them, and the set of hidden cells (indices)."""

    def __init__(self, tables: Sequence[CellTable]) -> None:
        self.owner: list[str] = []
        self.keys: list[Key] = []
        self.counts: list[int] = []
        self.k: list[int] = []
        self.primary: set[int] = set()
        self.hidden: set[int] = set()
        self.groups: list[Group] = []
        self.groups_of: dict[int, list[int]] = defaultdict(list)
        ordered = sorted(tables, key=lambda table: table.id)
        starts = {table.id: self._add_cells(table) for table in ordered}
        same: dict[Hashable, list[int]] = defaultdict(list)
        for table in ordered:
            for columns, declared in _margins(table, ordered):
                for values, members in _members(table, starts[table.id], columns).items():
                    number = self._add_group(table.id, columns, values, members, declared)
                    same[table.measure, frozenset(zip(columns, values, strict=True))].append(number)
        for numbers in same.values():
            self._link(numbers)

    def _add_cells(self, table: CellTable) -> int:
        """Append a table's cells; returns the index of the first."""
        start = len(self.counts)
        keys = table.keys()
        if len(set(keys)) != len(keys):
            raise DisclosureError(f"publikasi {table.id}: kunci {table.key} tidak unik")
        for key, row in zip(keys, table.rows, strict=True):
            count = row[table.count_column]
            if not isinstance(count, int) or count < 0:
                raise DisclosureError(
                    f"publikasi {table.id}: {table.count_column} harus bilangan bulat >= 0 pada kunci {key}"
                )
            cell = len(self.counts)
            self.owner.append(table.id)
            self.keys.append(key)
            self.counts.append(count)
            self.k.append(table.k)
            if 0 < count < table.k or (key in table.asked and count > 0):
                self.primary.add(cell)
            if cell in self.primary or key in table.sticky:
                self.hidden.add(cell)
        return start

    def _add_group(self, table: str, columns: tuple[str, ...], values: Key, members: list[int], declared: bool) -> int:
        number = len(self.groups)
        total = sum(self.counts[cell] for cell in members)
        others = sum(self.counts[cell] > 0 for cell in members) - 1
        printable = declared and (total == 0 or total - others >= max(self.k[cell] for cell in members))
        self.groups.append(Group(table, columns, values, members, total, printable))
        for cell in members:
            self.groups_of[cell].append(number)
        return number

    def _link(self, numbers: Sequence[int]) -> None:
        """Groups over the same columns and values, of tables with the same measure, have the same total."""
        for number in numbers:
            group, first = self.groups[number], self.groups[numbers[0]]
            if group.total != first.total:
                raise DisclosureError(
                    f"total {group.where} berbeda: {first.table} = {first.total}, "
                    f"{group.table} = {group.total}; periksa SQL publikasinya"
                )
            group.mirrors = [other for other in numbers if other != number]
            group.printable = any(self.groups[other].printable for other in numbers)

    def known(self, group: Group) -> bool:
        """True when the group's total is public: printable, or all cells of a linked table add up to it."""
        return group.printable or any(self.hidden.isdisjoint(self.groups[number].members) for number in group.mirrors)

    def broken(self, group: Group) -> bool:
        """True when the known total gives hidden cells back: exactly one of them, or a sum too small to hide them.

        With m cells of at least 1 and sum s an attacker's upper bound of each is s - m + 1; it must reach k.
        """
        hidden = [cell for cell in group.members if cell in self.hidden]
        if not hidden or not self.known(group):
            return False
        if len(hidden) == 1:
            return True
        if self.primary.isdisjoint(hidden):
            return False  # only cells that are no secret by themselves: two of them hide each other
        least = 0 if any(self.counts[cell] == 0 for cell in hidden) else len(hidden) - 1
        return sum(self.counts[cell] for cell in hidden) - least < max(self.k[cell] for cell in hidden)

    def equations(self) -> tuple[list[Equation], list[tuple[int, int | None]]]:
        """What the public can write about hidden cells, and per equation the groups it speaks of (minus the second).

        Known totals; and, where a total is unknown, that it is the same in linked tables.
        """
        out: list[Equation] = []
        about: list[tuple[int, int | None]] = []
        for number, group in enumerate(self.groups):
            hidden = [cell for cell in group.members if cell in self.hidden]
            if not hidden:
                continue
            value = sum(self.counts[cell] for cell in hidden)
            if self.known(group):
                out.append((dict.fromkeys(hidden, 1), value))
                about.append((number, None))
                continue
            for other in group.mirrors:
                if other > number:
                    theirs = [cell for cell in self.groups[other].members if cell in self.hidden]
                    difference = value - sum(self.counts[cell] for cell in theirs)
                    out.append((dict.fromkeys(hidden, 1) | dict.fromkeys(theirs, -1), difference))
                    about.append((number, other))
        return out, about

    def revealed(self) -> dict[int, Found]:
        """Hidden cells that the public equations determine."""
        return determined(self.equations()[0], self._positive())

    def _positive(self) -> frozenset[int]:
        return frozenset(cell for cell in self.hidden if self.counts[cell] > 0)

    def hide_one(self, candidates: Iterable[int]) -> int | None:
        """Hide the visible one of these cells that costs least and return it; None when all are hidden already.

        Order: not alone under another known total, not zero, opens the fewest further totals, smallest count, key.
        """
        visible = set(candidates) - self.hidden
        if not visible:
            return None
        chosen = min(visible, key=self._cost)
        self.hidden.add(chosen)
        return chosen

    def close(self, number: int) -> bool:
        """Hide one more cell under a broken total, or in a linked table that gives the total away."""
        group = self.groups[number]
        elsewhere = (cell for mirror in group.mirrors for cell in self.groups[mirror].members)
        return self.hide_one(group.members) is not None or self.hide_one(elsewhere) is not None

    def break_proofs(self) -> bool | None:
        """Hide cells until every proof of a determined cell fails; None: no cell is determined, False: it cannot be.

        A linear proof is a combination of equations in which every other cell cancels out. It fails as soon as a cell
        is hidden that does not cancel out in it.
        """
        equations, about = self.equations()
        found = determined(equations, self._positive())
        if not found:
            return None
        added: set[int] = set()
        for cell in sorted(found):
            weights = self._weights(found[cell].proof, about) or self._near(cell)
            if not added.isdisjoint(weights):
                continue
            chosen = self.hide_one(weights)
            if chosen is not None:
                added.add(chosen)
        return bool(added)

    def _weights(self, proof: Mapping[int, int], about: Sequence[tuple[int, int | None]]) -> set[int]:
        """Cells that do not cancel out in a proof."""
        weights: dict[int, int] = defaultdict(int)
        for equation, factor in proof.items():
            plus, minus = about[equation]
            for cell in self.groups[plus].members:
                weights[cell] += factor
            for cell in self.groups[minus].members if minus is not None else ():
                weights[cell] -= factor
        return {cell for cell, weight in weights.items() if weight % PRIME}

    def _near(self, cell: int) -> set[int]:
        """Cells under the known totals of a cell: hiding any of them loosens its bounds."""
        groups = [self.groups[number] for number in self.groups_of[cell]]
        return {member for group in groups if self.known(group) for member in group.members} - {cell}

    def _cost(self, cell: int) -> tuple[bool, bool, int, int, str, str]:
        alone, opens = False, 0
        for number in self.groups_of[cell]:
            group = self.groups[number]
            if self.known(group):
                alone = alone or len(group.members) == 1
                opens += self.hidden.isdisjoint(group.members)
        return alone, self.counts[cell] == 0, opens, self.counts[cell], self.owner[cell], repr(self.keys[cell])


def _margins(table: CellTable, tables: Sequence[CellTable]) -> list[tuple[tuple[str, ...], bool]]:
    """Column sets with a total in this table (True: declared by it): its own, and those of linked tables."""
    columns = _columns(table)
    out = {tuple(sorted(group)): True for group in table.total_groups}
    for other in tables:
        if other.id != table.id and other.measure == table.measure:
            theirs = [group for group in (*other.total_groups, other.key) if columns.issuperset(group)]
            mine = [table.key] if _columns(other).issuperset(table.key) else []
            for group in (*theirs, *mine):
                out.setdefault(tuple(sorted(group)), False)
    return sorted(out.items())


def _columns(table: CellTable) -> set[str]:
    return set(table.rows[0]) if table.rows else set()


def _members(table: CellTable, start: int, columns: tuple[str, ...]) -> dict[Key, list[int]]:
    members: dict[Key, list[int]] = defaultdict(list)
    for number, row in enumerate(table.rows):
        members[tuple(row[column] for column in columns)].append(start + number)
    return members
