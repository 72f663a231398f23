"""What the stages know of a source, whatever its protocol: one consistent view of it, read dataset by dataset.

A protocol is one module here with a class of this form and a function that opens it; `opening` picks by the system's
`transport`. Everything particular to a protocol is declared, so that a system is no code.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from lumbung.declarations.models import Dataset
from lumbung.sources.digest import ContentDigest
from lumbung.sources.schema import Drift
from lumbung.sources.window import Window


class Part(Protocol):
    """What a dataset's rows come from, one after the other: a table of a period, a file, an address."""

    @property
    def label(self) -> str:
        """Its name as the department knows it."""

    @property
    def period(self) -> str | None:
        """The period that its name bears; None for a dataset without one."""


class Prepared(Protocol):
    """How one dataset is read."""

    @property
    def dataset(self) -> Dataset:
        """What is read."""

    @property
    def schema(self) -> pa.Schema:
        """The columns as they are received, `_nilai` last."""

    @property
    def source_types(self) -> Mapping[str, str]:
        """Column → type in the source's own words."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the parts, as far as they are known before reading."""


class Snapshot(Protocol):
    """One consistent view of a source."""

    @property
    def clock(self) -> datetime:
        """The source's own clock (UTC) at the moment of the view."""

    @property
    def label(self) -> str:
        """A name by which the source itself could tell the view; empty when it has none."""

    def days_only(self, dataset: Dataset) -> bool:
        """Whether every cursor column of the dataset is a date (so that a window's resolution is the day)."""

    def drift(self, dataset: Dataset, root: Path) -> Drift:
        """How the source departs from the contract, as far as can be seen before the rows are read."""

    def present(self, dataset: Dataset) -> bool:
        """Whether the source has anything by the dataset's name."""

    def prepare(self, dataset: Dataset) -> Any:
        """The dataset's columns as they will be read (`Prepared`). Call it only when `drift` names no error."""

    def read(
        self, prepared: Any, window: Window | None, digest: ContentDigest
    ) -> Iterator[tuple[Part, pa.RecordBatch]]:
        """All rows of the dataset within `window` (None: all rows), part by part, unsorted, adding to `digest`.

        Raises SourceError when the source cannot be read to the end.
        """

    def files(self, dataset: Dataset) -> tuple[int, ...]:
        """Numbers of the ledger's files that the dataset is read from; none when it is read from no files."""

    def remarks(self, dataset: Dataset) -> tuple[str, ...]:
        """What was noticed while the dataset was read and stops nothing; people read it with the batch."""

    def future_rows(self, dataset: Dataset) -> int:
        """Rows whose cursor lies after the source's own clock, where the source can be asked; else 0."""
