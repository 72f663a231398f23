"""How contracts change: what a change means for whoever relies on the dataset, and which version it demands.

`contracts/<system>/versi.json` keeps the accepted form of every contract of a system: version, columns, types, key.
`sql/marts/versi.json` keeps that of the marts and, as `<mart>/<publication>`, of their public tables; a mart's version
is theirs. A contract that differs from it is classified; a breaking change demands a new first number, a compatible one
a new second number, and both a line in `PERUBAHAN.md` beside it. Words, freshness, retention, quality demand nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import TypeAdapter

from lumbung.declarations.base import Frozen
from lumbung.declarations.models import Dataset, Declarations, Mart, Publication
from lumbung.declarations.names import PUBLIC_CLASS

Kind = Literal["breaking", "compatible"]
LOCK: Final = "versi.json"
CHANGES: Final = "PERUBAHAN.md"
MARTS: Final = "mart"
"""Stands where a system's code stands, for all marts and their publications."""
_PUBLIC: Final = "publikasi"
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_WORDS: Final = {"breaking": "mematahkan", "compatible": "sejalan"}


class ColumnForm(Frozen):
    """What others rely on of a column: its type in curated and at the source, whether it is always there, its class."""

    type: str
    physical: str
    source: str | None
    required: bool
    classification: str


class Form(Frozen):
    """What others rely on of a dataset, a mart (`load`: `mart`) or a public table (`publikasi`; `source`: its slug)."""

    version: str
    source: str
    load: str
    key: tuple[str, ...]
    cursor: tuple[str, ...]
    columns: dict[str, ColumnForm]


class Change(NamedTuple):
    """One difference between two forms of a contract, in words."""

    kind: Kind
    what: str


class Verdict(NamedTuple):
    """A contract beside its accepted form. `wrong`: what is still missing; None when it may be accepted as it is.

    `dataset`: `<system>.<dataset>`, `mart.<mart>` or `mart.<mart>/<publication>`.
    """

    dataset: str
    accepted: str | None
    version: str
    changes: tuple[Change, ...]
    wrong: str | None

    @property
    def stands(self) -> bool:
        """Whether the contract is exactly what was accepted."""
        return self.accepted == self.version and not self.changes


_FORMS: Final = TypeAdapter(dict[str, Form])


def form_of(dataset: Dataset) -> Form:
    """The form of a contract as it is now."""
    return Form(
        version=dataset.version,
        source=dataset.source_table,
        load=dataset.load,
        key=dataset.key,
        cursor=dataset.cursor,
        columns={
            column.name: ColumnForm(
                type=column.spark_type,
                physical=column.physical,
                source=column.source,
                required=column.required,
                classification=column.classification,
            )
            for column in dataset.columns
        },
    )


def form_of_mart(mart: Mart) -> Form:
    """The form of a mart as it is now."""
    columns = {
        column.name: ColumnForm(
            type=column.physical.upper(),
            physical="",
            source=None,
            required=column.required,
            classification=column.classification,
        )
        for column in mart.columns
    }
    return Form(version=mart.version, source="", load=MARTS, key=mart.grain, cursor=(), columns=columns)


def form_of_publication(mart: Mart, publication: Publication) -> Form:
    """The form of a public table as it is now."""
    columns = {
        column.name: ColumnForm(
            type=column.type.upper(), physical="", source=None, required=False, classification=PUBLIC_CLASS
        )
        for column in publication.columns
    }
    return Form(
        version=mart.version,
        source=publication.slug,
        load=_PUBLIC,
        key=publication.key,
        cursor=(),
        columns=columns,
    )


def forms_of(declared: Declarations, code: str) -> dict[str, Form]:
    """The forms of a system's contracts by dataset, or of all marts and publications (`MARTS`), as they are now."""
    if code != MARTS:
        return {dataset.name: form_of(dataset) for dataset in declared.of_system(code)}
    forms: dict[str, Form] = {}
    for name, mart in sorted(declared.marts.items()):
        forms[name] = form_of_mart(mart)
        forms |= {f"{name}/{one.id}": form_of_publication(mart, one) for one in mart.publications}
    return forms


def changes_between(old: Form, new: Form) -> tuple[Change, ...]:
    """What changed, the breaking ones first.

    Breaking is what makes a reader of the table, or a source that keeps the old contract, fail or mean something else:
    a column that goes, another type that not every old value fits, another key, a column that becomes required. A mart
    or public table has readers only: there a column that may be empty from now on is breaking, and another address.
    """
    found: list[Change] = []
    read_only = new.load in (MARTS, _PUBLIC)
    if old.key != new.key:
        found.append(Change("breaking", f"kunci ({', '.join(old.key)}) menjadi ({', '.join(new.key)})"))
    for name in old.columns.keys() - new.columns.keys():
        found.append(Change("breaking", f"kolom {name} dihapus"))
    for name in new.columns.keys() - old.columns.keys():
        kind: Kind = "breaking" if new.columns[name].required and not read_only else "compatible"
        found.append(Change(kind, f"kolom {name} baru{' dan wajib' if kind == 'breaking' else ''}"))
    for name in old.columns.keys() & new.columns.keys():
        found += _column_changes(name, old.columns[name], new.columns[name], read_only)
    address: tuple[str, Kind] = ("alamat", "breaking") if new.load == _PUBLIC else ("asal", "compatible")
    others: tuple[tuple[str, Kind, str, str], ...] = (
        (*address, old.source, new.source),
        ("cara baca", "compatible", old.load, new.load),
        ("kursor", "compatible", ", ".join(old.cursor), ", ".join(new.cursor)),
    )
    for what, worth, before, after in others:
        if before != after:
            found.append(Change(worth, f"{what} {before or '-'} menjadi {after or '-'}"))
    return tuple(sorted(found))


def _column_changes(name: str, old: ColumnForm, new: ColumnForm, read_only: bool) -> list[Change]:
    found = []
    if old.type != new.type:
        kind: Kind = "compatible" if _fits(old.type, new.type) else "breaking"
        found.append(Change(kind, f"kolom {name} bertipe {old.type} menjadi {new.type}"))
    if old.physical != new.physical or old.source != new.source:
        before, after = (f"{one.source or name} ({one.physical})" for one in (old, new))
        found.append(Change("breaking", f"kolom {name} dibaca dari {before} menjadi dari {after}"))
    if old.required != new.required:
        kind = "breaking" if new.required != read_only else "compatible"
        found.append(Change(kind, f"kolom {name} {'menjadi' if new.required else 'tidak lagi'} wajib"))
    if old.classification != new.classification:
        found.append(Change("compatible", f"kelas {name} {old.classification} menjadi {new.classification}"))
    return found


def _fits(old: str, new: str) -> bool:
    """Whether every value of the old type is one of the new type, so that a reader of the table need not change."""
    before, after = _DECIMAL.fullmatch(old), _DECIMAL.fullmatch(new)
    if before and after:
        whole = [int(match[1]) - int(match[2]) for match in (before, after)]
        return whole[0] <= whole[1] and int(before[2]) <= int(after[2])
    return (old, new) in (("INT", "BIGINT"), ("INTEGER", "BIGINT"))


def verdicts(declared: Declarations, system: str | None = None) -> list[Verdict]:
    """Every contract (of one system, or `MARTS`) beside its accepted form. A form without a contract was removed."""
    found = []
    for code in [system] if system is not None else [*sorted(declared.systems), MARTS]:
        accepted, forms = read_forms(declared.root, code), forms_of(declared, code)
        lines = _changelog(declared.root, code)
        for name, form in forms.items():
            found.append(_verdict(code, name, form, accepted.get(name), lines))
        for name in sorted(accepted.keys() - forms.keys()):
            gone = (Change("breaking", f"{'publikasi' if '/' in name else 'dataset'} dihapus"),)
            wrong = None if _told(lines, name, "dihapus") else _no_line(code, f"- {name} dihapus: …")
            found.append(Verdict(f"{code}.{name}", accepted[name].version, "-", gone, wrong))
    return found


def _verdict(code: str, name: str, new: Form, old: Form | None, lines: Iterable[str]) -> Verdict:
    if old is None:
        return Verdict(f"{code}.{name}", None, new.version, (), None)
    changes = changes_between(old, new)
    wrong = None
    if changes:
        least, contract = _least(old.version, changes), name.partition("/")[0]
        if _number(new.version) < _number(least):
            worst = _WORDS[changes[0].kind]
            wrong = f"perubahan {worst}: versi harus paling rendah {least}, kontrak menyebut {new.version}"
        elif not _told(lines, contract, new.version):
            wrong = _no_line(code, f"- {contract} {new.version}: …")
    elif _number(new.version) < _number(old.version):
        wrong = f"versi mundur dari {old.version} ke {new.version}"
    return Verdict(f"{code}.{name}", old.version, new.version, changes, wrong)


def accept(declared: Declarations, system: str) -> list[Verdict]:
    """Write the present form of a system's contracts (`MARTS`: of the marts); those that were new or had changed.

    Raises ValueError naming every contract whose version or changelog line is missing; nothing is written then.
    """
    found = verdicts(declared, system)
    wrong = [f"- {one.dataset}: {one.wrong}" for one in found if one.wrong is not None]
    if wrong:
        raise ValueError("Belum dapat diterima:\n" + "\n".join(wrong))
    (_folder(declared.root, system) / LOCK).write_text(_text(forms_of(declared, system)), encoding="utf-8")
    return [one for one in found if not one.stands]


def _folder(root: Path, system: str) -> Path:
    return root / "sql/marts" if system == MARTS else root / "contracts" / system


def _text(forms: Mapping[str, Form]) -> str:
    """The forms as JSON with a line per column, so that a change is a line of a diff."""
    parts = []
    for name, form in sorted(forms.items()):
        head = form.model_dump_json(exclude={"columns"}).removesuffix("}")
        lines = (f"  {json.dumps(column)}: {one.model_dump_json()}" for column, one in form.columns.items())
        parts.append(f' {json.dumps(name)}: {head},"columns":{{\n' + ",\n".join(lines) + "\n }}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def read_forms(root: Path, system: str) -> Mapping[str, Form]:
    """The accepted forms by dataset name; empty for a system that never had any."""
    path = _folder(root, system) / LOCK
    return _FORMS.validate_json(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _least(version: str, changes: Iterable[Change]) -> str:
    major, minor, _ = _number(version)
    return f"{major + 1}.0.0" if any(one.kind == "breaking" for one in changes) else f"{major}.{minor + 1}.0"


def _number(version: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def _changelog(root: Path, system: str) -> list[str]:
    path = _folder(root, system) / CHANGES
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def _told(lines: Iterable[str], name: str, version: str) -> bool:
    return any(re.match(rf"- {re.escape(name)} {re.escape(version)}: \S", line) for line in lines)


def _no_line(system: str, line: str) -> str:
    return f"{_folder(Path(), system)}/{CHANGES} belum memuat baris `{line}`"
