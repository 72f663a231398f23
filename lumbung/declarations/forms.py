"""The YAML forms of the declarations, as models that forbid unknown keys. What they become is in `models`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from lumbung.declarations.files import FilesDataset
from lumbung.declarations.models import (
    Comparison,
    Duration,
    ListColumn,
    NameForm,
    Record,
    SemanticCheck,
    Suppression,
)
from lumbung.declarations.names import Classification, LoadMode, Logical, Severity, TextFormat
from lumbung.declarations.quality import QualityLimit
from lumbung.declarations.reference import OneOrMore
from lumbung.declarations.transports import Asked, RestDataset, SoapDataset


class Form(BaseModel):
    """A closed form: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid")


class ContractExtras(Form):
    """`customProperties` of a dataset's contract."""

    load: LoadMode
    cursor: list[str] = []
    overlap: Duration | None = None
    linked: str | None = None
    lookup: StrictBool = False
    order: StrictInt
    period_column: str | None = None
    notes: list[str] = []
    quality: QualityLimit | None = None
    rest: RestDataset | None = None
    soap: SoapDataset | None = None
    files: FilesDataset | None = None

    @property
    def asked(self) -> Asked | None:
        """How the dataset is asked for, when its system is a service."""
        return self.rest or self.soap


class ColumnExtras(Form):
    """`customProperties` of a contract's column."""

    standard: str | None = None
    code_list: str | None = None
    unit: str | None = None
    decimal: str | None = Field(default=None, pattern=r"^\d+,\d+$")
    on_nul: Literal["tolak", "buang"] = "tolak"
    periksa_nilai: StrictBool = False
    format: TextFormat | None = None


class RelationExtras(Form):
    """`customProperties` of a relationship."""

    severity: Severity
    reason: str
    source: str
    many: StrictBool = False
    take: dict[str, str] = {}


class MartExtras(Form):
    """`customProperties` of a mart's contract."""

    question: str
    owner: str
    inputs: list[str]
    primary_input: str | None = None
    counted_measure: str | None = None
    records: list[Record] = []
    unpublished: str | None = None
    tests: list[MartTestForm] = []


class MartTestForm(Form):
    """A test of a mart; its SQL is `tests/<id>.sql`."""

    id: str
    reason: str


class MartColumnExtras(Form):
    """`customProperties` of a mart's column."""

    unit: str | None = None


class DerivedForm(Form):
    """A derived column of a suite; the keys after `keep` describe it in curated."""

    expr: str
    title: str
    description: str
    keep: StrictBool = False
    logical: Logical | None = None
    classification: Classification | None = None
    decimal: str | None = Field(default=None, pattern=r"^\d+,\d+$")
    unit: str | None = None


class ListReferenceForm(Form):
    """A code that must be valid on the record's date."""

    id: str
    column: str
    list: str
    list_column: str
    on: str | None = None
    severity: Severity
    reason: str
    source: str


class WithinForm(Form):
    """What a name belongs to: a column with the code of it, and the list's column that holds that code."""

    column: str
    list_column: str


class NameReferenceForm(Form):
    """A column that holds a name of a list; its code becomes the kept column `into`.

    `take`: fresh derived column → column of the list whose value the row found has (its standard unit, for example).
    """

    column: str
    list: str
    into: str
    take: dict[str, str] = {}
    where: dict[str, OneOrMore] = {}
    within: WithinForm | None = None
    on: str | None = None
    title: str | None = None
    description: str | None = None
    classification: Classification | None = None


class MasterRefForm(Form):
    """A look-up in data induk."""

    id: str
    column: str
    to: str
    to_column: str
    when: str
    compare: list[Comparison]
    title: str
    description: str


class SuiteRuleForm(Form):
    """A rule of a suite, in Great Expectations' names."""

    id: str
    expectation: str
    kwargs: dict[str, Any]
    columns: list[str]
    severity: Severity
    reason: str
    source: str


class SuiteForm(Form):
    """`expectations/<system>/<dataset>.yaml`."""

    dataset: str
    derived: dict[str, DerivedForm] = {}
    names: list[NameReferenceForm] = []
    list_refs: list[ListReferenceForm] = []
    master_refs: list[MasterRefForm] = []
    rules: list[SuiteRuleForm] = []
    severities: dict[str, Severity | Literal["off"]] = {}


class TypeForm(Form):
    """One semantic type of `standards/types.yaml`."""

    title: str
    description: str
    logical: Logical
    classification: Classification
    source: str
    show: str | None = None
    mask: str | None = None
    checks: list[SemanticCheck] = []


class TypesForm(Form):
    """`standards/types.yaml`."""

    types: dict[str, TypeForm]


class NamesForm(Form):
    """How the names of a list may be written besides its labels; `aliases`: `<name>_alias.csv` stands beside it."""

    forms: list[NameForm] = []
    aliases: StrictBool = False
    unique_within: list[str] = []


class ListForm(Form):
    """`standards/reference/<name>.yaml`, the descriptor of a CSV beside it.

    `validity`: how long the list as a whole holds, in words; needed where its codes bear no days of their own.
    """

    name: str
    title: str
    description: str
    source: str
    license: str
    validity: str | None = None
    caution: str | None = None
    columns: list[ListColumn]
    key: list[str]
    code_column: str
    label_column: str
    valid_from: str | None = None
    valid_to: str | None = None
    names: NamesForm = NamesForm()


class PublishedColumnForm(Form):
    """A column that the public sees.

    `geometry`: a drawing (WKB in the mart) that the public gets as GeoJSON, without details smaller than `simplify_m`
    metres, its coordinates with `decimals` decimals of a degree.
    """

    name: str
    source: str
    title: str
    description: str
    unit: str | None = None
    type: Literal["text", "integer", "bigint", "numeric", "date", "timestamp", "boolean", "geometry"]
    simplify_m: StrictInt | None = Field(default=None, ge=1)
    decimals: StrictInt | None = Field(default=None, ge=3, le=7)


class SuppressForm(Form):
    """Small cells; `k` defaults to the tenant's."""

    k: StrictInt | None = None
    count_column: str
    value_columns: list[str]
    total_groups: list[list[str]] = []
    marked_because: str = ""

    def suppression(self, tenant_k: int) -> Suppression:
        """The model with the tenant's threshold filled in."""
        return Suppression(
            k=self.k if self.k is not None else tenant_k,
            count_column=self.count_column,
            value_columns=tuple(self.value_columns),
            total_groups=tuple(tuple(group) for group in self.total_groups),
            marked_because=self.marked_because,
        )


class PublicationForm(Form):
    """One public dataset of a mart; its SQL is `publikasi_<id>.sql`."""

    id: str
    slug: str
    title: str
    notes: str
    definition: str
    organization: str
    groups: list[str]
    tags: list[str]
    frequency: Literal["harian", "mingguan", "bulanan", "triwulanan", "semesteran", "tahunan", "tidak-tetap"]
    period_column: str | None = None
    license: str | None = None
    key: list[str]
    columns: list[PublishedColumnForm]
    suppress: SuppressForm | None = None
    suppress_reason: str | None = None


class PublicationsForm(Form):
    """`sql/marts/<mart>/publikasi.yaml`."""

    publications: list[PublicationForm]


MartExtras.model_rebuild()
