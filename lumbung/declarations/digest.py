"""The fingerprint of everything that decides how a dataset is validated."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from lumbung.declarations.models import Dataset, Declarations


def dataset_digest(declarations: Declarations, dataset: Dataset) -> str:
    """sha256 hex over contract, suite, rules, the types and lists they use, the time zone and the tenant."""
    types = sorted({column.standard for column in dataset.columns if column.standard})
    lists = sorted({name for _, name in dataset.coded} | {ref.list for ref in dataset.list_refs})
    document = {
        "dataset": _judging(dataset.model_dump(mode="json")),
        "types": [declarations.types[name].model_dump(mode="json") for name in types],
        "lists": [declarations.lists[name].model_dump(mode="json", exclude={"validity"}) for name in lists],
        "tenant": _judging(declarations.tenant.model_dump(mode="json")),
        "timezone": declarations.systems[dataset.system].timezone,
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _judging(document: dict[str, Any]) -> dict[str, Any]:
    """Without what decides nothing about a row: how it is asked for, how long files are kept, when a batch waits, what
    a derived column is called.
    """
    without = ("rest", "soap", "files", "retention", "quality", "derived_titles")
    return {key: value for key, value in document.items() if key not in without}
