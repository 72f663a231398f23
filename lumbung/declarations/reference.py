"""Semantic types and code lists as models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from lumbung.declarations.base import Frozen
from lumbung.declarations.names import Classification, Logical, Severity

OneOrMore = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


MASKED_AS: Final = " -> "
HIDDEN: Final = "***"
"""What stands for a value of which nothing may be seen."""


class SemanticCheck(Frozen):
    """A pattern that every non-null value of a semantic type must match; rule id is `<id>:<column>`."""

    id: str
    pattern: str
    severity: Severity
    reason: str
    source: str


class SemanticType(Frozen):
    """What a value means wherever it occurs: form, class, how to show and how to mask it."""

    name: str
    title: str
    description: str
    logical: Logical
    classification: Classification
    checks: tuple[SemanticCheck, ...] = ()
    show: str | None = None
    mask: str | None = None
    source: str

    @property
    def pattern(self) -> str | None:
        """The form that every value must have; None when the type has no check."""
        return self.checks[0].pattern if self.checks else None

    def shade(self, value: str) -> str:
        """The value as `mask` (a regular expression over all of it, `->`, what stands instead) lets it be seen.

        Nothing of one that the mask does not fit.
        """
        form, _, instead = (self.mask or "").partition(MASKED_AS)
        match = re.fullmatch(form, value) if instead else None
        return HIDDEN if match is None else match.expand(re.sub(r"\$(\d)", r"\\\1", instead))


class CodeRow(Frozen):
    """A row of a code list; validity is closed on both ends (1900-01-01 and 9999-12-31 where the file has none)."""

    code: str
    label: str
    valid_from: date
    valid_to: date
    values: dict[str, str | None]


class ListColumn(Frozen):
    """A column of a code list's CSV."""

    name: str
    title: str
    description: str


class NameForm(Frozen):
    """Another way in which every name of a list may be written: `KEC {nama}`, for the rows that `where` selects.

    In place of the label stand the aliases too.
    """

    form: str
    where: Mapping[str, OneOrMore] = Field(default_factory=dict)


class Alias(Frozen):
    """A text that a department writes for the name of a code."""

    text: str
    code: str
    note: str | None


class Meaning(Frozen):
    """A code that a text stands for, and when; both days belong to it."""

    code: str
    valid_from: date
    valid_to: date


class CodeList(Frozen):
    """A code list or crosswalk (data induk, kode referensi).

    `validity`: how long it holds, in words; None where its codes bear days of their own (`has_validity`).
    `forms`, `aliases`: how its names may be written; `unique_within`: the columns within which a name has one code.
    """

    name: str
    title: str
    description: str
    source: str
    license: str
    caution: str | None
    columns: tuple[ListColumn, ...]
    key: tuple[str, ...]
    code_column: str
    label_column: str
    has_validity: bool
    rows: tuple[CodeRow, ...]
    validity: str | None = None
    forms: tuple[NameForm, ...] = ()
    aliases: tuple[Alias, ...] = ()
    unique_within: tuple[str, ...] = ()

    def codes(self) -> tuple[str, ...]:
        """Every code once, in the file's order, whatever its validity."""
        return tuple(dict.fromkeys(row.code for row in self.rows))

    def label(self, code: str, on: date | None = None) -> str | None:
        """The label of `code` valid on that day (any day when None); None when there is none."""
        for row in self.rows:
            if row.code == code and (on is None or row.valid_from <= on <= row.valid_to):
                return row.label
        return None
