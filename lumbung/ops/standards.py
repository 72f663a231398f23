"""A new version of a code list: what it would change, then taken into force by the digest of that.

Lists are files of the repository; `ref.*` and the labels in curated hold the version that somebody agreed to. A new
code takes effect by itself. What changes the meaning of a code waits here: the datasets that use the list stop until it
is applied or taken back (`lumbung.stages.lookups.require_agreed`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from lumbung.declarations import load
from lumbung.faults import point
from lumbung.ledger import Ledger
from lumbung.ops.dependents import marts_on
from lumbung.warehouse import iceberg
from lumbung.warehouse.curated import label, label_days
from lumbung.warehouse.ddl import DELETED_BATCH, LOADED_AT, curated_columns, curated_name, label_of
from lumbung.warehouse.list_changes import Change
from lumbung.warehouse.reference import (
    APPLIED,
    SUBJECT,
    agreed,
    changes_of,
    in_force,
    load_references,
    reference_name,
    version,
)
from lumbung.warehouse.session import session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from lumbung.declarations import Dataset, Declarations

LOCK_WAIT_S: Final = 300.0


class StandardsChanged(ValueError):
    """The digest is not that of the change as it is now: nothing was done."""


@dataclass(frozen=True, slots=True)
class Touched:
    """Current rows of a curated column whose code changes its meaning; `labels`: how many get another label."""

    list: str
    table: str
    column: str
    rows: int
    labels: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What the declared lists change in those in force. `versions`: list → (in force, declared), of changed lists."""

    changes: dict[str, tuple[Change, ...]]
    touched: tuple[Touched, ...]
    marts: tuple[str, ...]
    systems: tuple[str, ...]
    versions: dict[str, tuple[str, str]]

    @property
    def digest(self) -> str:
        """Names exactly this change; other lists or other rows give another one."""
        body = json.dumps([sorted(self.versions.items()), [asdict(one) for one in self.touched]])
        return hashlib.sha256(body.encode()).hexdigest()[:12]


def plan() -> Plan:
    """What differs between the declared lists and those in force; nothing is written.

    A list that was never loaded is not among it: the next pass over the marts loads it.
    """
    spark, declared = session("standards"), load()
    before = in_force(spark)
    changed: dict[str, tuple[Change, ...]] = {}
    versions: dict[str, tuple[str, str]] = {}
    for name, codes in declared.lists.items():
        if name in before and before[name] != (now := version(codes)) and (found := changes_of(spark, codes)):
            changed[name], versions[name] = tuple(found), (before[name], now)
    touched: list[Touched] = []
    systems: list[str] = []
    for dataset in declared.datasets.values():
        ours = [entry for entry in _coded(dataset) if entry[1] in changed]
        if ours:
            systems.append(dataset.system)
            touched.extend(_touched(spark, declared, dataset, ours, changed))
    marts = {mart for name in changed for mart in marts_on(declared, reference_name(name))}
    return Plan(changed, tuple(touched), tuple(sorted(marts)), tuple(sorted(set(systems))), versions)


def apply(digest: str, actor: str, ledger: Ledger | None = None) -> Plan:
    """Take the declared lists into force, when they still change what the digest names; audited with `actor`.

    The audit comes first: whoever dies after it has agreed, and the next pass over the marts writes what was left.
    Labels of curated rows follow with the next run of their system. Raises `StandardsChanged`, `LockBusy`.
    """
    ledger = ledger or Ledger.connect()
    with ledger.lock("marts", LOCK_WAIT_S) as held:
        found = plan()
        if not found.changes:
            raise StandardsChanged("Tidak ada daftar kode yang berubah; tidak ada yang diterapkan.")
        if found.digest != digest:
            raise StandardsChanged(
                f"Perubahannya sekarang {found.digest}, bukan {digest}: daftar atau isi gudang berubah sejak uji coba. "
                "Lihat lagi dengan `bin/lumbung standards diff`; tidak ada yang diterapkan."
            )
        held.confirm()
        detail = {
            "digest": digest,
            "lists": {name: now for name, (_, now) in found.versions.items()},
            "changes": {name: sum(one.meaning for one in those) for name, those in found.changes.items()},
            "rows": {f"{one.table}.{one.column}": one.rows for one in found.touched},
        }
        ledger.audit(actor, APPLIED, SUBJECT, detail)
        point("standards:agreed")
        load_references(session("standards"), load().lists, agreed(ledger))
    return found


def _coded(dataset: Dataset) -> Iterator[tuple[str, str, str | None]]:
    """Columns of the curated table with codes of a list: (column, list, the list's column when not its code)."""
    kept = set(curated_columns(dataset))
    for column, name in dataset.coded:
        yield column.name, name, None
    for reference in dataset.list_refs:
        if reference.column in kept:
            yield reference.column, reference.list, reference.list_column


def _touched(
    spark: SparkSession,
    declared: Declarations,
    dataset: Dataset,
    columns: list[tuple[str, str, str | None]],
    changed: dict[str, tuple[Change, ...]],
) -> Iterator[Touched]:
    """Count the current rows of each column whose code changes its meaning; columns without any are left out."""
    from pyspark.sql import functions as fn

    table = curated_name(dataset)
    if iceberg.current_snapshot(spark, table) is None:
        return
    current = spark.table(table).where(fn.col(DELETED_BATCH).isNull())
    days = label_days(dataset, declared.systems[dataset.system].timezone, fn.col(LOADED_AT))
    labelled = {column.name: label_of(column) for column, _ in dataset.coded}
    for column, name, other in dict.fromkeys(columns):
        codes = declared.lists[name]
        affected = {change.code for change in changed[name] if change.meaning}
        if other is not None and other != codes.code_column:
            affected = {str(row.values[other]) for row in codes.rows if row.code in affected and row.values[other]}
        rows = current.where(fn.col(column).cast("string").isin(sorted(affected)))
        differs = fn.lit(False)
        if other is None and column in labelled and labelled[column] in current.columns:
            differs = ~fn.col(labelled[column]).eqNullSafe(label(column, codes, days))
        counted = rows.select(fn.count(fn.lit(1)).alias("n"), fn.count_if(differs).alias("labels")).collect()[0]
        if counted["n"]:
            yield Touched(name, table, column, counted["n"], counted["labels"])
