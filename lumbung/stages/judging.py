"""The Spark work of validating one batch: prepare, tag, count, compare with Great Expectations, write."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from lumbung.faults import point
from lumbung.ledger import Counts, RefusedKey, RuleCount
from lumbung.rules import classify, gx, naming
from lumbung.rules.frame import KEY_HASH, ROW, contract_frame, key_columns, prepare, typed
from lumbung.rules.places import Places, places
from lumbung.rules.references import mentioned, parents, with_references
from lumbung.stages.received import asks_few, current_rows, raw_rows, received_of
from lumbung.storage import remove_directory, sync_directory
from lumbung.warehouse.ddl import drop_partition, location, quarantine_name, register_quarantine, register_raw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pyarrow import RecordBatch
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import Batch, Ledger
    from lumbung.settings import Settings

log = logging.getLogger(__name__)


class CountsDiffer(RuntimeError):
    """Our counts and another's (the ledger's, Great Expectations') disagree; the batch must not go on."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch whose files are written. `reopened`: key hashes of open refused rows that this batch received again."""

    counts: Counts
    rules: Sequence[RuleCount]
    reopened: tuple[str, ...]
    where: Places

    @property
    def refused(self) -> Iterator[RefusedKey]:
        """Row number and key hash of every quarantined row, read from quarantine piece by piece."""
        if not self.counts.quarantined:
            return
        for piece in _pieces(self.where.quarantine, [ROW, KEY_HASH]):
            for row, key in zip(piece.column(0).to_pylist(), piece.column(1).to_pylist(), strict=True):
                yield RefusedKey(row, key)

    def put_back(self) -> None:
        """Leave the refused rows for people to look at, and nothing to promote: the batch waits for a decision."""
        for folder in (self.where.valid, self.where.keys, self.where.work):
            remove_directory(folder)

    def clean_up(self) -> None:
        """Remove the working files."""
        remove_directory(self.where.work)


def _pieces(folder: Path, columns: list[str]) -> Iterator[RecordBatch]:
    """Some columns of a folder that the engine wrote, read here: cheaper than another query."""
    import pyarrow.dataset as arrow

    # the files by name: searching, it would leave out a partition whose name begins with an underscore
    files = [str(file) for file in sorted(folder.rglob("*.parquet"))]
    found = arrow.dataset(files, format="parquet", partitioning="hive", partition_base_dir=str(folder))
    yield from found.to_batches(columns=columns)


def judge(
    ledger: Ledger,
    spark: SparkSession,
    current: Settings,
    declarations: Declarations,
    dataset: Dataset,
    batch: Batch,
    confirm: Callable[[], None],
) -> Judged:
    """Validate the rows of a landed batch and write valid, keys and quarantine; the ledger is not told yet.

    Everything is built in a folder of its own and renamed; what an earlier attempt left is replaced. `confirm` is
    called before that and raises when the batch is no longer ours. Raises
    `CountsDiffer` (dataset, batch, rule, both counts), `GxRefused`.
    """
    where = places(current.warehouse, dataset, batch.id)
    for left in where.work.parent.glob("*.tmp"):  # of attempts that died; the dataset's lock is ours
        remove_directory(left)
    # an own folder: the engine may still be writing into that of an attempt whose client died
    where = replace(where, work=where.work.with_name(f"{batch.id}.{uuid4().hex[:12]}.tmp"))
    raw = raw_rows(spark, current.warehouse, batch)
    prepared = _prepared(ledger, spark, current.warehouse, declarations, dataset, batch, raw)
    conditions = gx.conditions(prepared, dataset)
    timezone = declarations.systems[dataset.system].timezone
    asked = _keys(contract_frame(raw, dataset), dataset, timezone) if asks_few(ledger, batch, dataset) else None
    known = current_rows(spark, dataset, asked)
    tagged, tally = tag(spark, raw, prepared, dataset, conditions, known, where.work)
    point("validate:tagged")
    if tally.received != batch.received:
        raise CountsDiffer(
            f"{dataset.id}, batch {batch.id}: {batch.received} rows were read from the source, {tally.received} lie in "
            f"{batch.raw_path} and its rules. The batch stays landed; compare its manifest with the file."
        )
    theirs = _held_against_gx(ledger, current, dataset, batch, gx.visible(tagged, prepared.columns), tally)
    point("validate:compared")
    split(raw, tagged, dataset, timezone, where.work, tally)
    point("validate:written")
    reopened = _received_again(ledger, where.work / "tagged", batch)
    confirm()
    replaced = _into_place(where, tally)
    point("validate:in-place")
    _register(spark, current.warehouse, dataset, batch, where, tally)
    if replaced and not tally.quarantined:  # what was refused when it was judged before is good now
        drop_partition(spark, quarantine_name(dataset), batch.id)
    point("validate:registered")
    rules = [
        RuleCount(rule.id, rule.severity, tally.by_rule[rule.id], theirs.get(rule.id))
        for rule in classify.all_rules(dataset)
    ]
    counts = Counts(tally.received, tally.accepted, tally.quarantined, tally.duplicate)
    return Judged(counts, rules, reopened, where)


def _prepared(
    ledger: Ledger,
    spark: SparkSession,
    warehouse: Path,
    declarations: Declarations,
    dataset: Dataset,
    batch: Batch,
    raw: DataFrame,
) -> DataFrame:
    """The whole prepared frame: contract columns, flags, derived columns, references and lists."""
    from pyspark.sql import functions as fn

    timezone = declarations.systems[dataset.system].timezone
    own = prepare(raw, dataset)
    found = []
    for reference in dataset.references:
        parent = declarations.datasets[reference.to]
        received = received_of(ledger, spark, warehouse, parent, present=reference.many)
        asked = mentioned(reference, dataset, own) if asks_few(ledger, batch, parent) else None
        found.append((reference, parent, parents(reference, parent, received, timezone, asked)))
    lists = [(reference, declarations.lists[reference.list]) for reference in dataset.list_refs]
    frame = with_references(own, dataset, found, lists, spark)
    # Parquet has no type for a column that is always NULL.
    untyped = {f.name: fn.col(f.name).cast("string") for f in frame.schema.fields if f.dataType.typeName() == "void"}
    return frame.withColumns(untyped) if untyped else frame


def _held_against_gx(
    ledger: Ledger, current: Settings, dataset: Dataset, batch: Batch, frame: DataFrame, tally: classify.Tally
) -> dict[str, int]:
    """GX's unexpected counts by rule, equal to ours, with its page in Data Docs; nothing for small lookup tables.

    Raises `CountsDiffer`.
    """
    if dataset.lookup or not gx.map_rules(dataset):
        return {}
    moment = batch.landed_at or batch.opened_at
    stores = current.data_docs.with_name("gx")
    verdict, handle = gx.checkpoint(frame, dataset, batch.id, moment, stores, current.data_docs)
    differing = compare(tally, verdict)
    if differing:
        raise CountsDiffer(
            f"{dataset.id}, batch {batch.id}: our counts and Great Expectations' differ: {'; '.join(differing)}. "
            f"The batch stays landed; mend the rule in expectations/{dataset.system}/{dataset.name}.yaml or report it."
        )
    with ledger.lock("data-docs"):
        page = gx.publish_docs(handle, dataset, stores, current.data_docs)
    log.info("validate: %s: Data Docs %s", batch.id, page)
    return dict(verdict.unexpected)


def compare(tally: classify.Tally, verdict: gx.Verdict) -> list[str]:
    """Where the two counts disagree, in words; empty when they agree."""
    found = [f"rows: ours {tally.received}, theirs {verdict.rows}"] if tally.received != verdict.rows else []
    for rule_id, theirs in verdict.unexpected.items():
        if tally.by_rule[rule_id] != theirs:
            found.append(f"rule {rule_id}: ours {tally.by_rule[rule_id]}, theirs {theirs}")
    return found


def tag(
    spark: SparkSession,
    raw: DataFrame,
    prepared: DataFrame,
    dataset: Dataset,
    conditions: Mapping[str, SparkColumn],
    current: DataFrame | None,
    work: Path,
) -> tuple[DataFrame, classify.Tally]:
    """Write the tagged rows once, a folder per class below `work / "tagged"`; read back, and counted."""
    twins = classify.repeated(raw, dataset)
    _write(twins, work / "twins")
    tagged = classify.tag(prepared, dataset, conditions, _some(spark, work / "twins"), current)
    tagged.write.mode("overwrite").partitionBy(classify.CLASS).parquet(location(work / "tagged"))
    tally = classify.tally(_pieces(work / "tagged", classify.counted(dataset)), dataset)
    return spark.read.parquet(location(work / "tagged")), tally


def _some(spark: SparkSession, folder: Path) -> DataFrame | None:
    """What lies in a folder that the engine wrote; None when it is no row."""
    return spark.read.parquet(location(folder)) if any(piece.num_rows for piece in _pieces(folder, [ROW])) else None


def split(
    raw: DataFrame, tagged: DataFrame, dataset: Dataset, timezone: str, work: Path, tally: classify.Tally
) -> None:
    """Make of the tagged rows what others read: accepted rows as they are, keys of the others, refused rows raw."""
    from pyspark.sql import functions as fn

    if tally.accepted < tally.received:
        others = tagged.where(fn.col(classify.CLASS) != classify.ACCEPTED)
        _write(_keys(others, dataset, timezone, fn.col(classify.CLASS).alias("_kind")), work / "keys")
    if tally.quarantined:
        refused = classify.refused(tagged, dataset, _hints(dataset, work, tally))
        _write(raw.join(fn.broadcast(refused), ROW), work / "quarantine")
    for folder in (_accepted(work), work / "keys"):
        folder.mkdir(exist_ok=True)
        (folder / "_SUCCESS").touch()


def _hints(dataset: Dataset, work: Path, tally: classify.Tally) -> dict[str, dict[str, str]]:
    """Per rule of a name that refused rows, the nearest names of each unknown one."""
    found = {}
    for reference in dataset.names:
        if tally.by_rule.get(reference.rule_id):
            pieces = _pieces(work / "tagged" / f"{classify.CLASS}={classify.QUARANTINED}", naming.asked_in(reference))
            found[reference.rule_id] = naming.hints(reference, naming.unknown(pieces, reference))
    return found


def _keys(rows: DataFrame, dataset: Dataset, timezone: str, *more: SparkColumn) -> DataFrame:
    """The key columns of received rows in their curated types, and `more`."""
    return rows.select(*(typed(column, timezone).alias(column.name) for column in key_columns(dataset)), *more)


def _accepted(work: Path) -> Path:
    return work / "tagged" / f"{classify.CLASS}={classify.ACCEPTED}"


def _write(frame: DataFrame, folder: Path) -> None:
    frame.write.mode("overwrite").parquet(location(folder))


def _into_place(where: Places, tally: classify.Tally) -> bool:
    """Rename the finished folders, each with its `_SUCCESS` inside; whether rows were refused when judged before."""
    replaced = where.quarantine.is_dir()
    remove_directory(where.quarantine)
    moves = [(where.work / "keys", where.keys), (_accepted(where.work), where.valid)]
    if tally.quarantined:
        moves.insert(0, (where.work / "quarantine", where.quarantine))
    for source, target in moves:
        remove_directory(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        sync_directory(target.parent)
    return replaced


def _register(
    spark: SparkSession, warehouse: Path, dataset: Dataset, batch: Batch, where: Places, tally: classify.Tally
) -> None:
    """Make the batch readable through the Hive tables over raw and quarantine."""
    if batch.raw_path is not None:
        register_raw(spark, dataset, warehouse / batch.raw_path, batch.id)
    if tally.quarantined:
        register_quarantine(spark, dataset, where.quarantine, batch.id)


def _received_again(ledger: Ledger, tagged: Path, batch: Batch) -> tuple[str, ...]:
    """Key hashes of the dataset's open refused rows (of other batches) that are among this batch's rows."""
    waiting = {row.key_hash for row in ledger.refused_rows(dataset=batch.dataset) if row.batch_id != batch.id}
    if not waiting:
        return ()
    again: set[str] = set()
    for piece in _pieces(tagged, [KEY_HASH]):
        again |= waiting.intersection(piece.column(0).to_pylist())
    return tuple(sorted(again))
