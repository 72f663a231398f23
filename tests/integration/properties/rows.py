"""Rows of a contract, made from its declarations by a seed, good and bad, with the rules that each of them must break.

What is expected is said in plain Python, by the meaning of the declarations: required, type, code list, pattern, key,
and references whose columns stand in both contracts. Rules of the suites are about what rows mean; the manifest of the
simulator holds those. Values are as their source sends them: PostgreSQL's types, or text written as declared.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from re import _parser as grammar  # type: ignore[attr-defined]
from typing import Any, Final

import pyarrow as pa

from lumbung.declarations.models import Column, Dataset, Declarations, Reference
from lumbung.sources.arrow import arrow_type

BAD: Final = 0.3
COPIES: Final = 0.03
CONFLICTS: Final = 0.02
_TRIES: Final = 30
_LONGEST: Final = 12
_FIRST: Final = date(1995, 1, 1)
_DAYS: Final = 9000
_MARK: Final = "tak-terbaca"

Row = dict[str, Any]


@dataclass(frozen=True)
class Generated:
    """`broken`: per row number (from 1) the asserted rules that it must break; `asserted`: the rules that are judged.

    `parents`: per parent dataset the raw rows that were received of it.
    """

    table: pa.Table
    parents: dict[str, pa.Table]
    asserted: frozenset[str]
    broken: dict[int, frozenset[str]]


def generate(declared: Declarations, dataset: Dataset, size: int, seed: int) -> Generated:
    """`size` rows of a dataset: fresh ones, some of them spoilt, exact copies, and rows that contradict another."""
    return _Maker(declared, dataset, random.Random(f"{seed}/{dataset.id}")).make(size)


class _Maker:
    """One dataset's rows being made."""

    def __init__(self, declared: Declarations, dataset: Dataset, rng: random.Random) -> None:
        self.declared, self.dataset, self.rng, self.spoilt = declared, dataset, rng, 0
        self.direct = [reference for reference in dataset.references if self._is_direct(reference)]
        self.rules = {rule.id: rule for rule in dataset.rules}
        self.patterns = {column.name: self._patterns_of(column) for column in dataset.columns}
        self.codes = {
            column.name: list(declared.lists[column.code_list].codes())
            for column in dataset.columns
            if column.code_list is not None
        }
        self.known = {
            name: {_number_text(dataset.column(name), code) for code in codes} for name, codes in self.codes.items()
        }
        self.wanted = {
            f"rujukan:{reference.id}": reference for reference in self.direct if f"rujukan:{reference.id}" in self.rules
        }

    def make(self, size: int) -> Generated:
        rows: list[Row] = []
        keys: set[tuple[Any, ...]] = set()
        orphans: set[int] = set()
        for _ in range(size):
            chance = self.rng.random()
            if rows and chance < COPIES:
                rows.append(dict(self.rng.choice(rows)))
            elif rows and chance < COPIES + CONFLICTS:
                rows.append(self._contradiction(self.rng.choice(rows)))
            else:
                row = self._fresh(keys)
                if row is None:  # there are no more keys than that
                    rows.append(dict(self.rng.choice(rows)))
                    continue
                if self.rng.random() < BAD and self._spoil(row):
                    orphans.add(len(rows))
                rows.append(row)
        received = self._received(rows, orphans)
        broken = {number: self._broken(row, received) for number, row in enumerate(rows, 1)}
        for number in self._contradicting(rows):
            broken[number] |= {"kunci-ganda"}
        asserted = {
            rule.id
            for rule in self.dataset.rules
            if rule.id in self.wanted or rule.kind in ("key", "type") or self._is_generated(rule.id)
        }
        return Generated(self._table(rows), self._parents(received), frozenset(asserted), broken)

    # -- values

    def _fresh(self, keys: set[tuple[Any, ...]]) -> Row | None:
        for _ in range(_TRIES):
            row = {column.name: self._value(column) for column in self.dataset.columns}
            key = tuple(row[name] for name in self.dataset.key)
            if key not in keys:
                keys.add(key)
                return row
        return None

    def _value(self, column: Column) -> Any:
        if not column.required and self.rng.random() < 0.2:
            return None
        if column.code_list is not None:
            return self._as(column, self.rng.choice(self.codes[column.name]))
        patterns = self.patterns[column.name]
        if patterns:
            return self._as(column, _matching([regex for _, regex in patterns], self.rng))
        day = _FIRST + timedelta(days=self.rng.randrange(_DAYS))
        match column.logical:
            case "date":
                return self._as(column, day.isoformat())
            case "timestamp":
                return self._as(
                    column, f"{day.isoformat()} {self.rng.randrange(24):02d}:{self.rng.randrange(60):02d}:07"
                )
            case "boolean":
                return self.rng.random() < 0.5
            case "integer" | "number":
                return self._as(column, self._number(column))
            case _:
                size = _size(column) or _LONGEST
                letters = string.ascii_uppercase + string.digits
                return self._as(column, "".join(self.rng.choices(letters, k=min(size, _LONGEST))))

    def _number(self, column: Column) -> str:
        scale = column.scale or 0
        whole = min((column.precision or 9) - scale, 7)
        digits = str(self.rng.randrange(10**whole)) if whole > 0 else "0"
        if not scale or self.rng.random() < 0.5:
            return digits
        return f"{digits}.{self.rng.randrange(10 ** min(scale, 4)):0{min(scale, 4)}d}"

    def _as(self, column: Column, text: str) -> Any:
        """A plainly written value as the source sends it."""
        kind = arrow_type(column.physical)
        if pa.types.is_decimal(kind):
            return Decimal(text)
        if pa.types.is_integer(kind):
            return int(Decimal(text))
        if pa.types.is_date(kind):
            return date.fromisoformat(text)
        if pa.types.is_timestamp(kind):
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=UTC) if kind.tz else moment
        if pa.types.is_floating(kind):
            return float(text)
        if column.format is not None:
            return _WRITE[column.format](text)
        return text.ljust(_size(column) or 0) if column.trim else text

    # -- mistakes

    def _spoil(self, row: Row) -> bool:
        """Make one value of the row wrong, in some way that its column knows; whether it became an orphan.

        The first rows go through all ways, so that few rows leave none out.
        """
        ways: list[tuple[str, Column | Reference]] = [("orphan", reference) for reference in self.wanted.values()]
        for column in self.dataset.columns:
            ways += [("wajib", column)] if column.required else []
            ways += [("kode", column)] if column.code_list is not None else []
            ways += [("pola", column)] if self.patterns[column.name] and self._is_text(column) else []
            ways += [("tipe", column)] if f"tipe:{column.name}" in self.rules and self._is_text(column) else []
        if not ways:
            return False
        way, what = ways[self.spoilt] if self.spoilt < len(ways) else self.rng.choice(ways)
        self.spoilt += 1
        if isinstance(what, Reference):
            for name in what.columns:
                row[name] = self._value(self.dataset.column(name).model_copy(update={"required": True}))
            return True
        if way == "wajib":
            row[what.name] = None
        elif way == "kode":
            row[what.name] = self._as(what, self._no_code(what))
        elif way == "pola":
            row[what.name] = "?" + str(row[what.name] or "")[1:]
        else:
            row[what.name] = _MARK
        return False

    def _no_code(self, column: Column) -> str:
        """A value of the column's type that its list does not have."""
        codes = self.known[column.name]
        if column.logical in ("integer", "number"):
            most = 10 ** min((column.precision or 4) - (column.scale or 0), 4)
            return str(self.rng.choice([number for number in range(1, most) if str(number) not in codes]))
        size = _size(column) or 4
        while (text := "".join(self.rng.choices(string.ascii_uppercase + string.digits, k=size))) in codes:
            pass
        return text

    def _contradiction(self, row: Row) -> Row:
        """Another row of the same key: one value beside the key is new, as far as there is one."""
        other = dict(row)
        free = [column for column in self.dataset.columns if column.name not in self.dataset.key]
        if free:
            column = self.rng.choice(free)
            other[column.name] = self._value(column)
        return other

    # -- what must be found

    def _broken(self, row: Row, received: dict[str, set[tuple[str, ...]]]) -> frozenset[str]:
        found = set()
        for column in self.dataset.columns:
            name, value = column.name, row[column.name]
            if value is None:
                found |= {f"wajib:{name}"} if column.required else set()
                continue
            text = _plain(column, value)
            if text == _MARK:
                found.add(f"tipe:{name}")
            if name in self.known and text not in self.known[name]:
                found.add(f"kode:{name}")
            found |= {rule_id for rule_id, regex in self.patterns[name] if re.search(regex, text) is None}
        for rule_id, reference in self.wanted.items():
            values = self._referring(row, reference)
            if values is not None and values not in received[rule_id]:
                found.add(rule_id)
        return frozenset(found & self.rules.keys())

    def _contradicting(self, rows: Sequence[Row]) -> list[int]:
        """Numbers of rows whose key stands on a row with other content, too."""
        contents: dict[tuple[Any, ...], set[tuple[Any, ...]]] = {}
        for row in rows:
            if (key := self._key(row)) is not None:
                contents.setdefault(key, set()).add(self._content(row))
        return [n for n, row in enumerate(rows, 1) if (key := self._key(row)) is not None and len(contents[key]) > 1]

    def _key(self, row: Row) -> tuple[Any, ...] | None:
        parts = tuple(_known(self.dataset.column(name), row[name]) for name in self.dataset.key)
        return None if None in parts else parts

    def _content(self, row: Row) -> tuple[Any, ...]:
        return tuple(_known(column, row[column.name]) for column in self.dataset.columns)

    # -- parents

    def _is_direct(self, reference: Reference) -> bool:
        """Whether the reference goes from columns of one contract to columns of the other."""
        parent = self.declared.datasets[reference.to]
        ours = {column.name for column in self.dataset.columns}
        return set(reference.columns) <= ours and set(reference.to_columns) <= {c.name for c in parent.columns}

    def _referring(self, row: Row, reference: Reference) -> tuple[str, ...] | None:
        found = []
        for name, theirs in zip(reference.columns, reference.to_columns, strict=True):
            parent = self.declared.datasets[reference.to].column(theirs)
            if row[name] is None:
                return None
            found.append(_number_text(parent, _plain(self.dataset.column(name), row[name])))
        return tuple(found)

    def _received(self, rows: Sequence[Row], orphans: set[int]) -> dict[str, set[tuple[str, ...]]]:
        """Per reference rule the values that its parent was received with: those that no orphan alone has."""
        found: dict[str, set[tuple[str, ...]]] = {}
        for rule_id, reference in self.wanted.items():
            named = (self._referring(row, reference) for at, row in enumerate(rows) if at not in orphans)
            found[rule_id] = {values for values in named if values is not None and _MARK not in values}
        return found

    def _parents(self, received: dict[str, set[tuple[str, ...]]]) -> dict[str, pa.Table]:
        made: dict[str, list[Row]] = {}
        for rule_id, values in received.items():
            reference = self.wanted[rule_id]
            rows = made.setdefault(reference.to, [])
            rows += [dict(zip(reference.to_columns, one, strict=True)) for one in sorted(values)]
        tables = {}
        for name, rows in made.items():
            parent = self.declared.datasets[name]
            columns = [column for column in parent.columns if any(column.name in row for row in rows)]
            schema = pa.schema([("_row", pa.int64()), *((c.name, arrow_type(c.physical)) for c in columns)])
            content = [
                {"_row": number, **{c.name: self._as(c, row[c.name]) if c.name in row else None for c in columns}}
                for number, row in enumerate(rows, 1)
            ]
            tables[name] = pa.Table.from_pylist(content, schema)
        return tables

    # -- declarations

    def _patterns_of(self, column: Column) -> list[tuple[str, str]]:
        """Rule and regular expression of each pattern that the column's values must have."""
        return [
            (rule_id, rule.kwargs["regex"])
            for rule_id, rule in self.rules.items()
            if rule.columns == (column.name,) and self._is_pattern(rule_id)
        ]

    def _is_pattern(self, rule_id: str) -> bool:
        kind = rule_id.partition(":")[0]
        names = self.declared.types
        typed = ":" in rule_id and (kind in names or any(kind.startswith(f"{name}-") for name in names))
        return typed and "regex" in self.rules[rule_id].kwargs  # `nama:` is also the rule of a name looked up in a list

    def _is_generated(self, rule_id: str) -> bool:
        return rule_id.partition(":")[0] in ("wajib", "kode", "tipe") or self._is_pattern(rule_id)

    def _is_text(self, column: Column) -> bool:
        return pa.types.is_string(arrow_type(column.physical))

    def _table(self, rows: Sequence[Row]) -> pa.Table:
        columns = self.dataset.columns
        schema = pa.schema(
            [
                ("_row", pa.int64()),
                *((column.name, arrow_type(column.physical)) for column in columns),
                ("_nilai", pa.string()),
            ]
        )
        content = [{"_row": number, "_nilai": None, **row} for number, row in enumerate(rows, 1)]
        return pa.Table.from_pylist(content, schema)


def _size(column: Column) -> int | None:
    """Characters of a `character(n)` or `character varying(n)`."""
    found = re.search(r"\((\d+)\)\Z", column.physical)
    return int(found[1]) if found and column.physical.startswith("character") else None


def _plain(column: Column, value: Any) -> str:
    """A value as text, without the padding of its type."""
    if isinstance(value, str):
        return _number_text(column, value.rstrip(" ") if column.trim else value)
    return _number_text(column, str(value))


def _known(column: Column, value: Any) -> str | None:
    return None if value is None else _plain(column, value)


def _number_text(column: Column, text: str) -> str:
    """A number the same however it is written; other text as it is."""
    if column.logical not in ("integer", "number") or column.format is not None:
        return text
    try:
        number = Decimal(text)
    except ArithmeticError:
        return text
    return str(number.normalize()) if number else "0"


_WRITE: Final[dict[str, Callable[[str], str]]] = {
    "1.234,5": lambda text: f"{Decimal(text):,}".translate(str.maketrans(",.", ".,")),
    "31-12-2025": lambda text: date.fromisoformat(text).strftime("%d-%m-%Y"),
    "31/12/2025": lambda text: date.fromisoformat(text).strftime("%d/%m/%Y"),
    "20251231": lambda text: text.replace("-", ""),
    "2025-12-31T23:59:59+07:00": lambda text: f"{text.replace(' ', 'T')}+07:00",
}


def _matching(patterns: Sequence[str], rng: random.Random) -> str:
    """A text that matches all patterns; the first one is drawn from, look-aheads by trying."""
    tree = grammar.parse(patterns[0])
    while True:
        text = _drawn(tree, rng)
        if all(re.search(pattern, text) for pattern in patterns):
            return text


def _drawn(tree: Any, rng: random.Random) -> str:
    """One text of a regular expression, as far as our standards use it."""
    parts = []
    for kind, what in tree:
        match str(kind):
            case "LITERAL":
                parts.append(chr(what))
            case "IN":
                parts.append(_one_of(what, rng))
            case "CATEGORY":
                parts.append(rng.choice(string.digits))
            case "ANY":
                parts.append(rng.choice(string.ascii_uppercase))
            case "MAX_REPEAT":
                least, most, inner = what
                times = rng.randint(least, min(most, least + 5))
                parts += [_drawn(inner, rng) for _ in range(times)]
            case "SUBPATTERN":
                parts.append(_drawn(what[3], rng))
            case "BRANCH":
                parts.append(_drawn(rng.choice(what[1]), rng))
            case "AT" | "ASSERT" | "ASSERT_NOT":
                pass
            case other:
                raise NotImplementedError(f"{other} in a pattern of standards/types.yaml: teach `_drawn` to draw it")
    return "".join(parts)


def _one_of(choices: Any, rng: random.Random) -> str:
    kind, what = rng.choice(choices)
    match str(kind):
        case "LITERAL":
            return chr(what)
        case "RANGE":
            return chr(rng.randint(*what))
        case "CATEGORY":
            return rng.choice(string.digits)
        case other:
            raise NotImplementedError(f"{other} in a set of characters of standards/types.yaml")
