"""What a new version of a code list changes: codes that come and go, labels, validity, and what else a row says.

A change of *meaning* is one that may alter what rows of before say: another label, another validity, a code that is
gone, another parent. A new code alters none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from lumbung.declarations.models import CodeList

VALID_FROM: Final = "berlaku_dari"
VALID_TO: Final = "berlaku_sampai"
_DAYS: Final = (VALID_FROM, VALID_TO)

Kind = Literal["baru", "hilang", "label", "masa berlaku", "isi", "kolom"]


class Change(NamedTuple):
    """One difference; `code` is `*` for a column of the whole list."""

    code: str
    kind: Kind
    before: str | None
    after: str | None

    @property
    def meaning(self) -> bool:
        """Whether rows of before may say something else by it."""
        return self.kind != "baru"


class _Row(NamedTuple):
    code: str
    label: str
    valid_from: date
    valid_to: date
    values: Mapping[str, str | None]

    @property
    def days(self) -> str:
        return f"{self.label} {self.valid_from} s.d. {self.valid_to}"


_Periods = dict[tuple[str | None, ...], dict[date, _Row]]


def changes(stored: Iterable[Mapping[str, object]], codes: CodeList) -> list[Change]:
    """What differs between the rows of `ref.<list>` and the list as it is declared, in the list's order."""
    texts = [column.name for column in codes.columns if column.name not in _DAYS]
    former = [_stored(row, codes) for row in stored]
    known = set(former[0].values) if former else set(texts)
    found = [Change("*", "kolom", column, None) for column in sorted(known - set(texts))]
    compared = [name for name in texts if name in known and name not in (codes.code_column, codes.label_column)]
    before = _by_key(former, codes)
    after = _by_key((_Row(r.code, r.label, r.valid_from, r.valid_to, r.values) for r in codes.rows), codes)
    for key in dict.fromkeys((*before, *after)):
        if key not in before:
            first = next(iter(after[key].values()))
            found.append(Change(first.code, "baru", None, first.days if codes.has_validity else first.label))
        elif key not in after:
            last = list(before[key].values())[-1]
            found.append(Change(last.code, "hilang", last.days if codes.has_validity else last.label, None))
        else:
            found.extend(_within(before[key], after[key], compared))
    return found


def _within(before: dict[date, _Row], after: dict[date, _Row], compared: list[str]) -> Iterable[Change]:
    """The differences of one code, period by period."""
    for start in dict.fromkeys((*before, *after)):
        was, now = before.get(start), after.get(start)
        if was is None or now is None:
            code = "".join(row.code for row in (was, now) if row is not None)
            yield Change(code, "masa berlaku", was.days if was else None, now.days if now else None)
            continue
        if was.label != now.label:
            yield Change(now.code, "label", was.label, now.label)
        if was.valid_to != now.valid_to:
            yield Change(now.code, "masa berlaku", was.days, now.days)
        for name in compared:
            if was.values.get(name) != now.values.get(name):
                yield Change(now.code, "isi", f"{name} {was.values.get(name)}", f"{name} {now.values.get(name)}")


def _by_key(rows: Iterable[_Row], codes: CodeList) -> _Periods:
    names = [name for name in codes.key if name not in _DAYS]
    found: _Periods = {}
    for row in rows:
        found.setdefault(tuple(row.values.get(name) for name in names), {})[row.valid_from] = row
    return found


def _stored(row: Mapping[str, object], codes: CodeList) -> _Row:
    texts = {name: None if value is None else str(value) for name, value in row.items() if name not in _DAYS}
    start, end = (date.fromisoformat(str(row[name])) for name in _DAYS)
    return _Row(str(texts.get(codes.code_column)), str(texts.get(codes.label_column)), start, end, texts)
