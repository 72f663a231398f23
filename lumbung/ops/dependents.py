"""What rests on a table: linked tables, datasets that look rows up in it, marts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumbung.declarations import Dataset, Declarations


def linked_tables(declared: Declarations, dataset: Dataset | None) -> tuple[str, ...]:
    """Curated tables that are promoted together with this dataset's."""
    if dataset is None or dataset.linked is None:
        return ()
    together = [d for d in declared.of_system(dataset.system) if d.linked == dataset.linked and d.id != dataset.id]
    return tuple(f"curated.{one.table_name}" for one in together)


def readers(declared: Declarations, dataset: Dataset | None) -> tuple[str, ...]:
    """Datasets whose rows are looked up in this one."""
    if dataset is None:
        return ()
    return tuple(
        other.id
        for other in declared.datasets.values()
        if dataset.id in {*(r.to for r in other.references), *(r.to for r in other.master_refs)}
    )


def marts_on(declared: Declarations, target: str) -> list[str]:
    """Marts that rest on the table, directly or through another mart; a mart rests on itself."""
    found = {target.removeprefix("curated.")}
    while True:
        more = {f"mart.{name}" for name, mart in declared.marts.items() if found & set(mart.inputs)}
        if more <= found:
            return sorted(name for name in declared.marts if f"mart.{name}" in found)
        found |= more
