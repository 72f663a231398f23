"""The declarations as everybody else reads them: frozen models, no behaviour beyond look-ups.

Files become these models in `loader`; the YAML forms are in `formats`. Nothing here knows where a value came from.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictBool, StrictInt

from lumbung.declarations.names import (
    Category,
    Classification,
    LoadMode,
    Logical,
    RegistrationStatus,
    RuleKind,
    Severity,
)
from lumbung.declarations.periods import parse_duration

Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


#: Every integer of so many digits fits a Spark INT.
_INT_DIGITS = 9


class Frozen(BaseModel):
    """Immutable and closed: an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Contact(Frozen):
    """Who answers for a system or a publication."""

    name: str
    email: str


class Registration(Frozen):
    """The PSE registration of a system (Perbup 46/2018, lampiran II and III)."""

    number: str
    category: Category
    decision: str
    decision_date: date
    status: RegistrationStatus
    agreement: str


class System(Frozen):
    """A source system of an OPD. `lag`: how far behind its clock we stay; `timezone`: of its zone-less timestamps."""

    code: str
    name: str
    description: str
    owner: str
    owner_name: str
    theme: str
    contact: Contact
    registration: Registration
    transport: str
    connection: str
    clock_sql: str
    timezone: str
    lag: Duration
    schedule: str
    pool: str
    pool_slots: StrictInt
    retries: StrictInt
    retry_delay_s: StrictInt
    timeout_s: StrictInt


class Column(Frozen):
    """One column of a source table. `precision`/`scale`: its decimal in curated; `periksa_nilai`: see FORMATS."""

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
    periksa_nilai: bool = False

    @property
    def spark_type(self) -> str:
        """The column's type in curated."""
        if self.logical == "integer":
            return "BIGINT" if self.physical == "bigint" or (self.precision or 0) > _INT_DIGITS else "INT"
        if self.logical == "number":
            return f"DECIMAL({self.precision},{self.scale})"
        return self.logical.upper()


class Taken(Frozen):
    """A value that a reference brings from the parent row into the prepared frame (NULL when no parent)."""

    name: str
    expr: str


class Reference(Frozen):
    """A parent that must have been received: `columns` here = `to_columns` there. Flag column `_ada_<id>`."""

    id: str
    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]
    severity: Severity
    reason: str
    source: str
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


class Comparison(Frozen):
    """One attribute that must agree between our row and the found master row (Spark SQL over each side)."""

    attribute: str
    ours: str
    theirs: str


class MasterRef(Frozen):
    """A look-up in data induk with four outcomes, kept as column `_<id>` (cocok, beda, tidak_ditemukan, …)."""

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
    """A table of a source system with everything that decides its way through the stages."""

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
    derived: dict[str, str]
    late_derived: tuple[str, ...]
    kept: tuple[Column, ...]
    references: tuple[Reference, ...]
    list_refs: tuple[ListReference, ...]
    master_refs: tuple[MasterRef, ...]
    rules: tuple[Rule, ...]
    notes: tuple[str, ...] = ()

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


class CodeList(Frozen):
    """A code list or crosswalk (data induk, kode referensi)."""

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

    def codes(self) -> tuple[str, ...]:
        """Every code once, in the file's order, whatever its validity."""
        return tuple(dict.fromkeys(row.code for row in self.rows))

    def label(self, code: str, on: date | None = None) -> str | None:
        """The label of `code` valid on that day (any day when None); None when there is none."""
        for row in self.rows:
            if row.code == code and (on is None or row.valid_from <= on <= row.valid_to):
                return row.label
        return None


class MartColumn(Frozen):
    """A column of a mart; `physical` is the Spark type, e.g. `decimal(20,0)`."""

    name: str
    logical: Logical
    physical: str
    title: str
    description: str
    unit: str | None
    classification: Classification
    required: bool


class MartTest(Frozen):
    """A query that returns the rows that break the mart; no row = passed."""

    id: str
    sql: str
    reason: str


class PublishedColumn(Frozen):
    """A column that the public sees; `source` is the expression over the mart's columns it stands for."""

    name: str
    source: str
    title: str
    description: str
    unit: str | None
    type: str


class Suppression(Frozen):
    """Small cells: rows whose `count_column` is below `k` hide `value_columns`; totals stay protected."""

    k: int
    count_column: str
    value_columns: tuple[str, ...]
    total_groups: tuple[tuple[str, ...], ...]


class Publication(Frozen):
    """A public dataset made from one mart."""

    id: str
    slug: str
    mart: str
    title: str
    notes: str
    definition: str
    organization: str
    groups: tuple[str, ...]
    tags: tuple[str, ...]
    columns: tuple[PublishedColumn, ...]
    sql: str
    sql_path: Path
    key: tuple[str, ...]
    suppress: Suppression | None
    frequency: str
    period_column: str | None
    license: str


class Mart(Frozen):
    """A mart: one table with a question, a grain and what it may be read for."""

    name: str
    version: str
    title: str
    description: str
    question: str
    read_for: str
    owner: str
    theme: str
    columns: tuple[MartColumn, ...]
    grain: tuple[str, ...]
    inputs: tuple[str, ...]
    primary_input: str | None
    counted_measure: str | None
    sql_path: Path
    identity_sql_path: Path | None
    tests: tuple[MartTest, ...]
    publications: tuple[Publication, ...]


class Sismiop(Frozen):
    """What a regency decides about its SISMIOP (FACTS section 2)."""

    jml_dibayar_termasuk_denda: StrictBool
    status_batal: tuple[str, ...]
    jns_transaksi_hapus: tuple[str, ...]
    jatuh_tempo: dict[str, str]


class Assumption(Frozen):
    """Something that no source states; to be confirmed by the tenant."""

    id: str
    subject: str
    value: str
    reason: str


class PortalTexts(Frozen):
    """Words of the portal."""

    title: str
    description: str
    about: str


class Tenant(Frozen):
    """What differs between regencies. `k`: smallest count that may be shown."""

    code: str
    name: str
    kode_wilayah: str
    kd_propinsi: str
    kd_dati2: str
    license: str
    k: StrictInt
    publisher: Contact
    portal: PortalTexts
    sismiop: Sismiop
    assumptions: tuple[Assumption, ...]


class DatasetHead(Frozen):
    """What the scheduler needs of a dataset; read without parsing its columns."""

    id: str
    name: str
    title: str
    description: str
    load: LoadMode
    lookup: bool
    linked: str | None
    order: int


class SystemHead(Frozen):
    """A system with the heads of its datasets, parents first."""

    system: System
    datasets: tuple[DatasetHead, ...]


class Declarations(Frozen):
    """Everything that is declared. Keys: system code, `siak.biodata_wni`, type name, list name, mart name."""

    root: Path
    systems: dict[str, System]
    datasets: dict[str, Dataset]
    types: dict[str, SemanticType]
    lists: dict[str, CodeList]
    marts: dict[str, Mart]
    tenant: Tenant

    def of_system(self, code: str) -> tuple[Dataset, ...]:
        """The datasets of a system, parents first; `KeyError` when the system is unknown."""
        if code not in self.systems:
            raise KeyError(f"no system {code!r}; declared: {', '.join(sorted(self.systems))}")
        return tuple(sorted((d for d in self.datasets.values() if d.system == code), key=lambda d: d.order))

    def digest(self, dataset: str | Dataset) -> str:
        """sha256 of everything that decides the validation of a dataset."""
        from lumbung.declarations.digest import dataset_digest

        return dataset_digest(self, self.datasets[dataset] if isinstance(dataset, str) else dataset)
