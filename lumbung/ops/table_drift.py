"""Tables against their declarations, by name and type of their columns: curated tables and marts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lumbung.ops.findings import Finding

if TYPE_CHECKING:
    from lumbung.declarations import Dataset, Declarations

Types = Mapping[str, str]
"""Column → type as the warehouse writes it, e.g. `decimal(20,2)`."""


def tables(declared: Declarations) -> Iterator[Finding]:
    """Every curated table and mart that is not as declared, and how many were looked at; one DESCRIBE each."""
    from lumbung.warehouse.ddl import curated_columns, curated_name, described
    from lumbung.warehouse.mart_table import mart_columns, mart_name
    from lumbung.warehouse.session import session

    spark = session("doctor")
    curated = [
        (curated_name(one), contract_of(one), curated_columns(one), f"bin/lumbung run {one.system}")
        for one in declared.datasets.values()
    ]
    refresh = "bin/lumbung run SISTEM; mart dihitung sesudahnya"
    marts = [
        (mart_name(one), f"sql/marts/{one.name}/contract.yaml", mart_columns(one), refresh)
        for one in declared.marts.values()
    ]
    for kind, listed in (("curated", curated), ("mart", marts)):
        there = 0
        for name, contract, columns, run in listed:
            found = described(spark, name)
            there += found is not None
            finding = drift(name, contract, _types(columns), None if found is None else _types(found), run)
            if finding is not None:
                yield finding
        yield Finding("tabel", kind, "baik", f"{there} tabel dari {len(listed)} yang dideklarasikan")


def contract_of(dataset: Dataset) -> str:
    """The file that declares a dataset."""
    return f"contracts/{dataset.system}/{dataset.name}.yaml"


def _types(columns: Mapping[str, tuple[str, str]]) -> Types:
    return {name: kind for name, (kind, _) in columns.items()}


def drift(name: str, contract: str, wanted: Types, found: Types | None, run: str) -> Finding | None:
    """A table against its contract; None when it is as declared.

    A changed type is `rusak`, since the next run refuses to write. Missing columns are added by the next run; columns
    that left the contract stay as history.
    """
    if found is None:
        return Finding("tabel", name, "perhatian", "belum ada", run)
    changed = [
        f"{column} bertipe {found[column]}, di kontrak {kind}"
        for column, kind in wanted.items()
        if found.get(column, kind) != kind
    ]
    missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    parts = [*changed]
    parts += [f"kurang: {', '.join(missing)}"] if missing else []
    parts += [f"lebih: {', '.join(extra)}"] if extra else []
    if not parts:
        return None
    if changed:
        step = f"pulihkan tipe di {contract}, atau naikkan versi utamanya"
    elif missing:
        step = f"{run} (menambah yang kurang)"
    else:
        step = f"tetap disimpan sebagai riwayat; bila masih dipakai, kembalikan ke {contract}"
    return Finding("tabel", name, "rusak" if changed else "perhatian", "; ".join(parts), step)
