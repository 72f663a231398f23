"""The declarations (contracts, standards, suites, marts, tenants) as frozen models.

`load()` gives all of them, `load_systems()` what the scheduler needs, `check()` every mistake with file, line and key.
"""

from lumbung.declarations.loader import check, load, load_systems
from lumbung.declarations.models import (
    CodeList,
    CodeRow,
    Column,
    Dataset,
    DatasetHead,
    Declarations,
    ListReference,
    Mart,
    MartColumn,
    MartTest,
    MasterRef,
    Publication,
    PublishedColumn,
    Reference,
    Rule,
    SemanticType,
    Suppression,
    System,
    SystemHead,
    Taken,
    Tenant,
)
from lumbung.declarations.problems import DeclarationError, Problem, UnknownTarget

__all__ = [
    "CodeList",
    "CodeRow",
    "Column",
    "Dataset",
    "DatasetHead",
    "DeclarationError",
    "Declarations",
    "ListReference",
    "Mart",
    "MartColumn",
    "MartTest",
    "MasterRef",
    "Problem",
    "Publication",
    "PublishedColumn",
    "Reference",
    "Rule",
    "SemanticType",
    "Suppression",
    "System",
    "SystemHead",
    "Taken",
    "Tenant",
    "UnknownTarget",
    "check",
    "load",
    "load_systems",
]
