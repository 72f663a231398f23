"""Marts and publications as models."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from lumbung.declarations.base import Frozen
from lumbung.declarations.names import Classification, Logical

GEOMETRY: Final = "geometry"
"""Type of a published drawing."""
Record = Literal["mart", "batch", "aturan", "pencocokan", "kesegaran"]
"""Views `catatan_<name>`: refreshes of marts, batches by month, rules by month, freshness of datasets (of the ledger);
persons by outcome.
"""


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
    """A column that the public sees; `source` is the expression over the mart's columns it stands for.

    `simplify_m`, `decimals`: how much of a drawing the public gets (type `geometry`).
    """

    name: str
    source: str
    title: str
    description: str
    unit: str | None
    type: str
    simplify_m: int | None = None
    decimals: int | None = None

    @property
    def drawn_decimals(self) -> int:
        """How exact the public's coordinates are. Raises ValueError: no drawing goes out as exact as it happens to be.

        The declarations' check demands `decimals` of every drawing; 0 in its place would be degrees of 111 km.
        """
        if self.decimals is None:
            raise ValueError(f"kolom {self.name}: sebuah geometry perlu decimals di publikasi.yaml")
        return self.decimals


class Suppression(Frozen):
    """Small cells: rows whose `count_column` is below `k` hide `value_columns`; totals stay protected.

    `marked_because`: why the publication's SQL marks further rows as withheld, in words that go on "… atau"; empty when
    it marks none.
    """

    k: int
    count_column: str
    value_columns: tuple[str, ...]
    total_groups: tuple[tuple[str, ...], ...]
    marked_because: str = ""


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

    @property
    def drawing(self) -> PublishedColumn | None:
        """The column that holds a drawing, None when there is none."""
        return next((column for column in self.columns if column.type == GEOMETRY), None)


class Mart(Frozen):
    """A mart: one table with a question, a grain and what it may be read for.

    `records`: views over the ledger that its SQL reads beside the inputs. `unpublished`: why nothing of it is public.
    """

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
    records: tuple[Record, ...] = ()
    unpublished: str | None = None
