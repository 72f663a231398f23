"""The declarations as everybody else reads them: frozen models, no behaviour beyond look-ups.

Files become these models in `loader`; the YAML forms are in `forms`. Nothing here knows where a value came from.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from lumbung.declarations.base import (
    Contact,
    Duration,
    Frozen,
)
from lumbung.declarations.dataset import (
    Column,
    Comparison,
    Dataset,
    ListReference,
    MasterRef,
    NameReference,
    Reference,
    Rule,
    Taken,
)
from lumbung.declarations.organization import (
    Assumption,
    DatasetHead,
    PortalTexts,
    Registration,
    Retention,
    Sismiop,
    System,
    SystemHead,
    Tenant,
)
from lumbung.declarations.problems import UnknownTarget
from lumbung.declarations.product import (
    Mart,
    MartColumn,
    MartTest,
    Publication,
    PublishedColumn,
    Record,
    Suppression,
)
from lumbung.declarations.quality import QualityLimit
from lumbung.declarations.reference import (
    Alias,
    CodeList,
    CodeRow,
    ListColumn,
    Meaning,
    NameForm,
    SemanticCheck,
    SemanticType,
)

__all__ = [
    "Alias",
    "Assumption",
    "CodeList",
    "CodeRow",
    "Column",
    "Comparison",
    "Contact",
    "Dataset",
    "DatasetHead",
    "Declarations",
    "Duration",
    "Frozen",
    "ListColumn",
    "ListReference",
    "Mart",
    "MartColumn",
    "MartTest",
    "MasterRef",
    "Meaning",
    "NameForm",
    "NameReference",
    "PortalTexts",
    "Publication",
    "PublishedColumn",
    "QualityLimit",
    "Record",
    "Reference",
    "Registration",
    "Retention",
    "Rule",
    "SemanticCheck",
    "SemanticType",
    "Sismiop",
    "Suppression",
    "System",
    "SystemHead",
    "Taken",
    "Tenant",
]


class Declarations(Frozen):
    """Everything that is declared. Keys: system code, `siak.biodata_wni`, type name, list name, mart name."""

    root: Path
    systems: dict[str, System]
    datasets: dict[str, Dataset]
    types: dict[str, SemanticType]
    lists: dict[str, CodeList]
    marts: dict[str, Mart]
    tenant: Tenant

    def require_system(self, code: str) -> None:
        """Raises UnknownTarget, naming the declared systems, unless `code` is one of them."""
        if code not in self.systems:
            known = ", ".join(sorted(self.systems))
            raise UnknownTarget(f"Sistem {code!r} tidak dikenal; yang dideklarasikan: {known}.")

    def of_system(self, code: str) -> tuple[Dataset, ...]:
        """The datasets of a system, parents first; `UnknownTarget` when the system is not declared."""
        self.require_system(code)
        return tuple(sorted((d for d in self.datasets.values() if d.system == code), key=lambda d: d.order))

    def retention(self, dataset: Dataset) -> timedelta:
        """How long raw and quarantine of a dataset are kept: its contract's promise, else the tenant's by class."""
        if dataset.retention is not None:
            return dataset.retention
        personal = any(column.classification == "rahasia" for column in dataset.columns)
        return timedelta(days=self.tenant.retention.personal if personal else self.tenant.retention.other)

    def digest(self, dataset: str | Dataset) -> str:
        """sha256 of everything that decides the validation of a dataset."""
        from lumbung.declarations.digest import dataset_digest

        return dataset_digest(self, self.datasets[dataset] if isinstance(dataset, str) else dataset)
