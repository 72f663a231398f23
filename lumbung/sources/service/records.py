"""Records of a text protocol as rows of a batch: columns of text in the contract's order, and what does not fit it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from lumbung.declarations.models import Column, Dataset
from lumbung.sources.arrow import LOST_COLUMN
from lumbung.sources.digest import ContentDigest
from lumbung.sources.errors import DatasetStopped
from lumbung.sources.schema import read_columns
from lumbung.sources.service import jsontext

_SEPARATOR: Final = b"\x1f"
_NULL: Final = b"\x00"
_NUL: Final = "\x00"


def text_schema(columns: Iterable[Column]) -> pa.Schema:
    """Every column as text, then `_nilai`."""
    return pa.schema([*((column.name, pa.string()) for column in columns), (LOST_COLUMN, pa.string())])


@dataclass(frozen=True, slots=True)
class Form:
    """What records are written in, and the words for it.

    `kind`: of a value, given the kind that the contract declares; None for no value, `jsontext.NESTED` for more than
    one. `may_lack`: columns that no record need have. `unforeseen`: what records have that not even the service's own
    description knows, gathered while they are read.
    """

    key: str
    record: str
    nested: str
    kind: Callable[[Any, str], str | None]
    may_lack: frozenset[str] = frozenset()
    unforeseen: set[str] = field(default_factory=set)


JSON: Final = Form("kunci", "objek JSON", "daftar atau objek", lambda value, _declared: jsontext.kind(value))


class Records:
    """Records of one dataset on their way to rows; keeps account of what departs from the contract.

    A key that no record has, a value that is a list or an object, and a column of which no value is of the declared
    kind stop the dataset: each would come as NULL or as something else than it was. A single record without a key is
    NULL there, and said; so is a key that the contract does not know. A column that records may lack is NULL without a
    word, unless something unforeseen stands in its place.
    """

    def __init__(self, dataset: Dataset, digest: ContentDigest, form: Form = JSON) -> None:
        self._dataset = dataset
        self._form = form
        self._columns = read_columns(dataset)
        self._digest = digest
        self.schema = text_schema(self._columns)
        self.rows = 0
        self._kinds: dict[str, Counter[str]] = {column.name: Counter() for column in self._columns}
        self._absent: Counter[str] = Counter()
        self._unknown: set[str] = set()
        self._known = {_path(column).split(".")[0] for column in self._columns}

    def batch(self, records: list[Any], asked: Mapping[str, str]) -> pa.RecordBatch:
        """The rows of one answer. `asked`: the request's own values, by name (`@name` in the contract).

        Raises DatasetStopped naming the row, without its values.
        """
        values: list[list[str | None]] = [[] for _ in self.schema]
        for record in records:
            self.rows += 1
            if not isinstance(record, dict):
                raise DatasetStopped(f"baris ke-{self.rows} bukan {self._form.record}")
            self._unknown |= record.keys() - self._known
            row = self._row(record, asked)
            self._digest.add(_SEPARATOR.join(_NULL if value is None else value.encode() for value in row))
            for column, value in zip(values, row, strict=True):
                column.append(value)
        return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in values], schema=self.schema)

    def _row(self, record: Mapping[str, Any], asked: Mapping[str, str]) -> list[str | None]:
        row: list[str | None] = []
        lost: list[str] = []
        for column in self._columns:
            value = self._value(column, record, asked)
            if value is not None and not _can_be_kept(value):
                lost.append(column.name)
                value = None
            row.append(value)
        return [*row, ",".join(lost) or None]

    def _value(self, column: Column, record: Mapping[str, Any], asked: Mapping[str, str]) -> str | None:
        path = _path(column)
        if path.startswith("@"):
            return asked[path[1:]]
        value = jsontext.at(record, path)
        if value is jsontext.ABSENT:
            self._absent[column.name] += 1
            return None
        kind = self._form.kind(value, _declared(column))
        if kind == jsontext.NESTED:
            key, nested = self._form.key, self._form.nested
            raise DatasetStopped(f"{key} {path} pada baris ke-{self.rows} berisi {nested}, bukan satu nilai")
        if kind is not None:
            self._kinds[column.name][kind] += 1
        return jsontext.text(value)

    def require_as_declared(self) -> None:
        """After the last record: raises DatasetStopped naming every column that is missing or of another kind."""
        wrong = []
        key, unforeseen = self._form.key, self._form.unforeseen
        for column in self._columns:
            path, kinds = _path(column), self._kinds[column.name]
            declared = _declared(column)
            needed = column.name not in self._form.may_lack or unforeseen
            if self.rows and self._absent[column.name] == self.rows and needed:
                others = self._unknown | unforeseen
                unknown = f"; {key} yang tidak dikenal: {', '.join(sorted(others))}" if others else ""
                wrong.append(f"{key} {path} (kolom {column.name}) tidak ada di jawaban{unknown}")
            elif kinds and not kinds[declared] and not path.startswith("@"):
                wrong.append(f"{key} {path} (kolom {column.name}) berisi {', '.join(sorted(kinds))}, bukan {declared}")
        if wrong:
            raise DatasetStopped("; ".join(wrong))

    def remarks(self) -> tuple[str, ...]:
        """What was noticed and stops nothing."""
        word = self._form.key
        found = [
            f"{word} baru {key} di jawaban layanan belum ada di kontrak; tidak dibaca sampai didaftarkan"
            for key in sorted(self._unknown | self._form.unforeseen)
        ]
        for column in self._columns:
            absent = self._absent[column.name]
            if absent and column.name not in self._form.may_lack:
                found.append(f"{word} {_path(column)} tidak ada pada {absent} dari {self.rows} baris; dibaca kosong")
            kinds = self._kinds[column.name]
            declared = _declared(column)
            if other := sum(kinds.values()) - kinds[declared]:
                found.append(f"{word} {_path(column)} bukan {declared} pada {other} dari {self.rows} baris")
        return tuple(found)


def _can_be_kept(value: str) -> bool:
    """Whether text is without NUL and half surrogates (`\\ud800`), which no UTF-8 text can hold."""
    return _NUL not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def _declared(column: Column) -> str:
    """The kind of value that the contract declares."""
    return column.physical.removeprefix("json ")


def _path(column: Column) -> str:
    """Where the column's value stands in a record."""
    return column.source or column.name
