"""The names of a suite: which column holds a name of which list, looked up, and the column that gets its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lumbung.declarations.contracts import Draft
from lumbung.declarations.forms import NameReferenceForm, SuiteForm
from lumbung.declarations.models import CodeList, Column, NameReference
from lumbung.declarations.names import DERIVED
from lumbung.declarations.problems import Problem
from lumbung.declarations.spelling import meanings, selected
from lumbung.declarations.yamlfile import KeyPath

_SHOWN: Final = 3


class Naming:
    """The `names` of one suite being looked up."""

    def __init__(self, draft: Draft, suite: SuiteForm, lists: Mapping[str, CodeList], problems: list[Problem]) -> None:
        self.draft, self.suite, self.lists, self.problems = draft, suite, lists, problems

    def references(self, known: set[str]) -> tuple[NameReference, ...]:
        """The references that can be understood. `known`: the columns that need no code of a name themselves."""
        found: list[NameReference] = []
        there = set(known)
        taken = self.draft.column_names | set(self.suite.derived)
        columns: set[str] = set()
        for index, form in enumerate(self.suite.names):
            path = ("names", index)
            if not DERIVED.match(form.into) or form.into in taken:
                self._wrong((*path, "into"), f"the code becomes a fresh column of _[a-z0-9_]*: {form.into!r}")
            for fresh in form.take:
                if not DERIVED.match(fresh) or fresh in taken or fresh == form.into:
                    self._wrong((*path, "take", fresh), f"a fresh column of _[a-z0-9_]* is wanted: {fresh!r}")
            if form.column in columns:
                self._wrong((*path, "column"), f"{form.column!r} is looked up twice")
            for key, name in (("column", form.column), ("on", form.on)):
                if name is not None and name not in known:
                    self._wrong((*path, key), f"unknown column {name!r}; neither in the contract nor derived before")
            if form.within is not None and form.within.column not in there:
                message = f"unknown column {form.within.column!r}; neither in the contract nor an earlier name's code"
                self._wrong((*path, "within", "column"), message)
            codes = self.lists.get(form.list)
            if codes is None:
                self._wrong((*path, "list"), f"unknown code list {form.list!r}; see standards/reference")
            elif self._columns(form, codes, path):
                found.append(self._reference(form, codes, path))
            taken |= {form.into, *form.take}
            there.add(form.into)
            columns.add(form.column)
        return tuple(found)

    def kept(self, references: tuple[NameReference, ...]) -> tuple[Column, ...]:
        """The codes as columns of curated; a code is as open as its name, unless the suite says otherwise."""
        classes = {column.name: column.classification for column in self.draft.columns}
        forms = {form.into: form for form in self.suite.names}
        columns = []
        for reference in references:
            form, title = forms[reference.into], self.lists[reference.list].title
            columns.append(
                Column(
                    name=reference.into,
                    logical="string",
                    physical="derived",
                    classification=form.classification or classes.get(reference.column, "rahasia"),
                    code_list=reference.list,
                    title=form.title or f"Kode {title}",
                    description=form.description or f"Kode menurut daftar {title} dari nama di kolom {form.column}.",
                )
            )
        return tuple(columns)

    def _columns(self, form: NameReferenceForm, codes: CodeList, path: KeyPath) -> bool:
        """Whether the list has every column that the reference names."""
        named = [((*path, "where", name), name) for name in form.where]
        named += [((*path, "take", ours), theirs) for ours, theirs in form.take.items()]
        if form.within is not None:
            named.append(((*path, "within", "list_column"), form.within.list_column))
        columns = {column.name for column in codes.columns}
        wrong = [(place, name) for place, name in named if name not in columns]
        for place, name in wrong:
            self._wrong(place, f"{form.list} has no column {name!r}")
        return not wrong

    def _reference(self, form: NameReferenceForm, codes: CodeList, path: KeyPath) -> NameReference:
        within = (form.within.list_column,) if form.within is not None else ()
        found, double = meanings(codes, form.where, within)
        if not found and codes.rows:
            self._wrong((*path, "where"), f"no row of {form.list} is left to look a name up in")
        for text, (one, other) in double[:_SHOWN]:
            message = f"{text} means both {one} and {other} of {form.list}; narrow it by where or within"
            self._wrong((*path, "list"), message)
        return NameReference(
            column=form.column,
            list=form.list,
            into=form.into,
            within=form.within.column if form.within is not None else None,
            on=form.on,
            meanings=found,
            labels={row.code: row.label for row in codes.rows if selected(row, form.where)},
            take={ours: _values(codes, theirs, form.where) for ours, theirs in form.take.items()},
        )

    def _wrong(self, path: KeyPath, message: str) -> None:
        self.problems.append((self.draft.suite_file or self.draft.file).problem(path, message))


def _values(codes: CodeList, column: str, where: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """What the newest row of each code says in `column`; codes that say nothing there are left out."""
    rows = sorted((row for row in codes.rows if selected(row, where)), key=lambda row: row.valid_from)
    return {row.code: value for row in rows if (value := row.values.get(column)) is not None}
