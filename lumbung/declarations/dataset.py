"""A dataset with its columns, links and rules, as models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import Field

from lumbung.declarations.base import Frozen
from lumbung.declarations.files import WKB, FilesDataset
from lumbung.declarations.names import Classification, LoadMode, Logical, RuleKind, Severity, TextFormat
from lumbung.declarations.quality import QualityLimit
from lumbung.declarations.reference import Meaning
from lumbung.declarations.transports import RestDataset, SoapDataset

#: Every integer of so many digits fits a Spark INT.
_INT_DIGITS = 9


class Column(Frozen):
    """One column of a source table. `precision`/`scale`: its decimal in curated.

    `source`: what the source calls it (a path into a JSON record; `@name`: the value of a request's `each`; a file's
    header), else None.
    `format`: how a text source writes its value, where that is not the usual way (see `TextFormat`).
    `periksa_nilai`: a value that cannot be carried (infinity, NaN, NUL) refuses its row.
    """

    name: str
    logical: Logical
    physical: str
    precision: int | None = None
    scale: int | None = None
    required: bool = False
    classification: Classification
    standard: str | None = None
    code_list: str | None = None
    title: str
    description: str
    unit: str | None = None
    on_nul: str = "tolak"
    trim: bool = False
    source: str | None = None
    format: TextFormat | None = None
    periksa_nilai: bool = False

    @property
    def spark_type(self) -> str:
        """The column's type in curated."""
        if self.logical == "integer":
            return "BIGINT" if self.physical == "bigint" or (self.precision or 0) > _INT_DIGITS else "INT"
        if self.logical == "number":
            return f"DECIMAL({self.precision},{self.scale})"
        if self.physical == WKB:
            return "BINARY"
        return self.logical.upper()


class Taken(Frozen):
    """A value that a reference brings from the parent row into the prepared frame (NULL when no parent)."""

    name: str
    expr: str


class Reference(Frozen):
    """A parent that must have been received: `columns` here = `to_columns` there. Flag column `_ada_<id>`.

    `many`: several parent rows may answer (instalments of an assessment, bands of a tariff); every taken value is then
    an array with one element per row, all arrays of a reference in the same order.
    """

    id: str
    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]
    severity: Severity
    reason: str
    source: str
    many: bool = False
    take: tuple[Taken, ...] = ()

    @property
    def flag(self) -> str:
        """The boolean column of the prepared frame; null when one of `columns` is null."""
        return "_ada_" + self.id.replace("-", "_")


class ListReference(Frozen):
    """A code that must be in a list and valid on the record's date (`on`). Flag column `_berlaku_<id>`."""

    id: str
    column: str
    list: str
    list_column: str
    on: str | None
    severity: Severity
    reason: str
    source: str

    @property
    def flag(self) -> str:
        """The boolean column of the prepared frame; null when `column` is null."""
        return "_berlaku_" + self.id.replace("-", "_")


class NameReference(Frozen):
    """A name that must be known to a list; its code becomes the column `into`. Flag column `_dikenal<into>`.

    `within`: a column with the code within which the name is looked up; `on`: the column of the day.
    `meanings`: what each normal text means, behind the code within which it does; `labels`: each code's name; `take`:
    derived columns that hold what the list says of the code (newest row of the list), by code.
    """

    column: str
    list: str
    into: str
    within: str | None
    on: str | None
    meanings: dict[str, tuple[Meaning, ...]]
    labels: dict[str, str]
    take: dict[str, dict[str, str]] = Field(default_factory=dict)

    @property
    def flag(self) -> str:
        """The boolean column of the prepared frame; null when there is no name, or nothing known to look within."""
        return "_dikenal" + self.into

    @property
    def rule_id(self) -> str:
        """The rule that refuses an unknown name."""
        return f"nama:{self.column}"


class Comparison(Frozen):
    """One attribute that must agree between our row and the found master row (Spark SQL over each side)."""

    attribute: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    ours: str
    theirs: str


class MasterRef(Frozen):
    """A look-up in data induk with four outcomes, kept as column `_<id>` (cocok, beda, tidak_ditemukan, …), and what
    differs of `compare` as `_<id>_beda`.
    """

    id: str
    column: str
    to: str
    to_column: str
    when: str
    compare: tuple[Comparison, ...]
    title: str
    description: str


class Rule(Frozen):
    """One rule over the prepared frame; `expectation` and `kwargs` are Great Expectations' own."""

    id: str
    kind: RuleKind
    severity: Severity
    expectation: str
    kwargs: dict[str, Any]
    columns: tuple[str, ...]
    reason: str
    source: str


class Dataset(Frozen):
    """A table of a source system with everything that decides its way through the stages.

    `spoken`: what each derived column of the suite says of the row, for people. `named_derived`: the derived columns
    that stand on the code of a name. `quality`: the contract's own limit, else the tenant's; None: a batch never waits
    for a decision.
    """

    system: str
    name: str
    version: str
    title: str
    description: str
    limitations: str
    source_table: str
    period_column: str | None
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    load: LoadMode
    cursor: tuple[str, ...]
    overlap: timedelta
    linked: str | None
    lookup: bool
    order: int
    freshness: timedelta
    retention: timedelta | None = None
    quality: QualityLimit | None = None
    derived: dict[str, str]
    derived_titles: Mapping[str, str] = Field(default_factory=dict)
    late_derived: tuple[str, ...]
    kept: tuple[Column, ...]
    references: tuple[Reference, ...]
    list_refs: tuple[ListReference, ...]
    master_refs: tuple[MasterRef, ...]
    rules: tuple[Rule, ...]
    notes: tuple[str, ...] = ()
    rest: RestDataset | None = None
    soap: SoapDataset | None = None
    files: FilesDataset | None = None
    spoken: Mapping[str, str] = Field(default_factory=dict)
    names: tuple[NameReference, ...] = ()
    named_derived: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """`siak.biodata_wni`."""
        return f"{self.system}.{self.name}"

    @property
    def table_name(self) -> str:
        """`siak__biodata_wni`, the table's name in curated."""
        return f"{self.system}__{self.name}"

    @property
    def major(self) -> int:
        """First number of the version; part of the raw path."""
        return int(self.version.split(".")[0])

    @property
    def source_columns(self) -> tuple[Column, ...]:
        """The columns that the source table must have: all but the period, which comes from the table's name."""
        return tuple(column for column in self.columns if column.name != self.period_column)

    @property
    def coded(self) -> tuple[tuple[Column, str], ...]:
        """The columns of curated that carry codes, each with its list."""
        return tuple((column, column.code_list) for column in (*self.columns, *self.kept) if column.code_list)

    def column(self, name: str) -> Column:
        """The column of that name; `KeyError` when the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.id}: the contract has no column {name!r}")

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id; `KeyError` when there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(f"{self.id}: no rule {rule_id!r}")
