"""Refused rows: which, by which rule, and why. Read from quarantine; the ledger says which of them are still open."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from lumbung.declarations import UnknownTarget, load
from lumbung.declarations.names import FILE_LINE, FILE_NAME
from lumbung.declarations.reference import HIDDEN
from lumbung.ledger import Ledger, NotInLedger
from lumbung.masking import masked
from lumbung.rules.places import quarantine_folder
from lumbung.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import RefusedRow

ROW: Final = "_row"
RULES: Final = "_rules"
REASONS: Final = "_reasons"
KEY_HASH: Final = "_key_hash"
COLUMNS: Final = {
    "dataset": "Dataset",
    "batch": "Batch",
    "row": "Baris",
    "key": "Kunci",
    "rules": "Aturan",
    "reasons": "Alasan",
}
CLOSING_COLUMNS: Final = {"state": "Keadaan", "why": "Sebab ditutup", "closed_by": "Oleh batch", "closed_at": "Pada"}


def refused_rows(
    system: str,
    dataset: str | None = None,
    rule: str | None = None,
    batch: str | None = None,
    actor: str | None = None,
    closed: bool = False,
    clear: bool = True,
    ledger: Ledger | None = None,
) -> list[dict[str, Any]]:
    """Refused rows as `{dataset, batch, row, key{…}, rules[…], reasons[…]}`, in landing and row order, parents first.

    Of files also `file` and `line`: where the department finds the row. Only open ones unless `closed`: then also those
    that were closed, as far as their files are kept, and every row says its `state`, and by which batch (`closed_by`),
    why and when (`closed_at`) it was closed. Of a `batch` that waits for a decision the rows that would be refused are
    given. Keys show personal numbers in clear unless `clear` is false (see `shaded`): with `actor` (a person looks) the
    look is audited, and whether it was in clear.

    Raises `UnknownTarget`.
    """
    if ledger is None:
        own = Ledger.connect()
        try:
            return refused_rows(system, dataset, rule, batch, actor, closed, clear, own)
        finally:
            own.close()
    found: list[dict[str, Any]] = []
    declarations = load()
    meant = targets(declarations, system, dataset)
    if batch is not None:
        check_batch(ledger, meant, batch)
    for declared in meant:
        known = ledger.refused_rows(dataset=declared.id, batch_id=batch, state=None if closed else "open")
        gone = ledger.removals("quarantine", declared.id) if closed else {}
        kept = [row for row in known if row.batch_id not in gone]
        life = {(row.batch_id, row.row_no): row for row in kept} if closed else {}
        meant_rows: dict[str, list[int]] | dict[str, None] = by_batch(kept)
        if batch is not None and any(halt.batch_id == batch for halt in ledger.halts(declared.id)):
            meant_rows = {batch: None}
        for batch_id, numbers in meant_rows.items():
            stored = stored_rows(
                settings().warehouse,
                declared,
                batch_id,
                numbers,
                (*declared.key, ROW, RULES, REASONS, FILE_NAME, FILE_LINE),
            )
            rows = _shown(declared, batch_id, stored, rule, life)
            found.extend(rows if clear else (shaded(row, declared, declarations) for row in rows))
    if rule is not None and not found:  # a row may still be refused by a rule that was taken out since
        check_rule(meant, rule)
    if actor is not None:
        subject = system if dataset is None else f"{system}.{dataset}"
        ledger.audit(
            actor, "quarantine.view", subject, {"rows": len(found), "rule": rule, "batch": batch, "clear": clear}
        )
    return found


def targets(declarations: Declarations, system: str, dataset: str | None) -> tuple[Dataset, ...]:
    """The datasets meant on the command line. Raises `UnknownTarget`."""
    of_system = declarations.of_system(system)
    if dataset is None:
        return of_system
    name = dataset.removeprefix(f"{system}.")
    meant = tuple(declared for declared in of_system if declared.name == name)
    if not meant:
        known = ", ".join(declared.name for declared in of_system)
        raise UnknownTarget(f"Dataset {dataset!r} tidak ada pada sistem {system}; yang ada: {known}.")
    return meant


def check_batch(ledger: Ledger, meant: Sequence[Dataset], batch: str) -> None:
    """Raises `UnknownTarget` unless the batch exists and belongs to one of these datasets."""
    names = ", ".join(declared.id for declared in meant)
    try:
        owner = ledger.batch(batch).dataset
    except NotInLedger:
        raise UnknownTarget(
            f"Batch {batch!r} tidak ada di buku besar; `bin/lumbung quarantine SISTEM` menyebut batch tiap baris."
        ) from None
    if owner not in {declared.id for declared in meant}:
        raise UnknownTarget(f"Batch {batch} milik dataset {owner}, bukan {names}.")


def check_rule(meant: Sequence[Dataset], rule: str) -> None:
    """Raises `UnknownTarget` unless one of these datasets has the rule."""
    known = sorted({one.id for declared in meant for one in declared.rules})
    if rule not in known:
        near = ", ".join(get_close_matches(rule, known)) or "tidak ada"
        raise UnknownTarget(
            f"Aturan {rule!r} tidak dikenal; yang mirip: {near}. Semuanya di docs/aturan/{meant[0].system}.md."
        )


def by_batch(rows: Sequence[RefusedRow]) -> dict[str, list[int]]:
    """Row numbers by batch, in the given order."""
    grouped: dict[str, list[int]] = {}
    for row in rows:
        grouped.setdefault(row.batch_id, []).append(row.row_no)
    return grouped


def stored_rows(
    warehouse: Path,
    dataset: Dataset,
    batch_id: str,
    numbers: Sequence[int] | None,
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """These rows of a batch from quarantine (None: all), by row number; all columns unless some are named.

    Raises `FileNotFoundError` naming the folder when quarantine does not hold the batch.
    """
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    folder = quarantine_folder(warehouse, dataset.system, dataset.name, batch_id)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{dataset.id}, batch {batch_id}: quarantine folder {folder} is missing, but "
            f"{'some' if numbers is None else len(numbers)} of its rows are refused; restore it from the backup"
        )
    stored = ds.dataset(folder, format="parquet", partitioning=None)
    wanted = stored.schema.names if columns is None else [name for name in columns if name in stored.schema.names]
    meant = None if numbers is None else pc.field(ROW).isin(list(numbers))
    return stored.to_table(columns=wanted, filter=meant).sort_by(ROW)


def _shown(
    dataset: Dataset, batch_id: str, stored: pa.Table, rule: str | None, life: Mapping[tuple[str, int], RefusedRow]
) -> Iterator[dict[str, Any]]:
    for row in stored.to_pylist():
        if rule is not None and rule not in row[RULES]:
            continue
        yield {
            "dataset": dataset.id,
            "batch": batch_id,
            "row": row[ROW],
            **({"file": row.get(FILE_NAME), "line": row.get(FILE_LINE)} if dataset.files is not None else {}),
            "key": {name: plain(row.get(name), trim=dataset.column(name).trim) for name in dataset.key},
            "rules": row[RULES],
            "reasons": row[REASONS],
            **_closing(life.get((batch_id, row[ROW]))),
        }


def shaded(row: Mapping[str, Any], dataset: Dataset, declarations: Declarations) -> dict[str, Any]:
    """A refused row for others than its owner: of a secret key only what its type's mask lets be seen."""
    key = {}
    for name, value in row["key"].items():
        column = dataset.column(name)
        kind = declarations.types.get(column.standard or "")
        if value is not None and column.classification == "rahasia":
            value = HIDDEN if kind is None else kind.shade(str(value))
        key[name] = value
    return {**row, "key": key, "reasons": [masked(reason) for reason in row["reasons"]]}


def _closing(row: RefusedRow | None) -> dict[str, Any]:
    """What became of a refused row, when that is asked for."""
    if row is None:
        return {}
    state = "ditutup" if row.state == "closed" else "terbuka"
    return {"state": state, "closed_by": row.closed_by, "why": row.why, "closed_at": row.at}


def plain(value: Any, trim: bool = False) -> Any:
    """A value as JSON has it: whole decimals as integers, other decimals as text, dates in ISO form."""
    if isinstance(value, str):
        return value.rstrip(" ") if trim else value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
