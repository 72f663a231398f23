"""Take a curated table or a mart back to an earlier snapshot: a dry run with a checksum first, then by that checksum.

Nothing is lost by it: raw keeps every batch, and the next run of the dataset reads its table whole (a sweep), since
what is gone lies before the watermark. A mart is computed anew by the next pass; until then it is not published.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from lumbung.declarations import Dataset, Declarations, load
from lumbung.faults import point
from lumbung.ledger import COMPLETE, WHOLE, Batch, Ledger, MartRefresh, Rollback
from lumbung.ledger.locks import Held, table_lock
from lumbung.ops.dependents import linked_tables, marts_on, readers
from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import BATCH_ID, DELETED_BATCH, LOADED_AT, SOURCE_ROW, curated_name
from lumbung.warehouse.session import session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

LOCK_WAIT_S: Final = 300.0
_CONTENT_WITHOUT: Final = (BATCH_ID, SOURCE_ROW, LOADED_AT)


class RollbackRefused(ValueError):
    """The table, snapshot, batch or checksum is not one that can be gone back to; the message says what can."""


@dataclass(frozen=True, slots=True)
class State:
    """A table at a snapshot; `by` is the batch or pass that wrote it, None for a change of labels."""

    snapshot: int
    committed_at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rollback would do. `gained`: rows that readers see after it and not before; `lost`: the other way round.

    `undone`: batches or passes whose work would be gone. `linked`: tables promoted together with this one. `marts` and
    `publications` (with the version at the portal) rest on the table, `readers` look rows up in it. `states`: snapshots
    that can be gone back to, newest first.
    """

    table: str
    now: State
    then: State
    gained: int
    lost: int
    changed: int
    undone: tuple[str, ...]
    linked: tuple[str, ...]
    readers: tuple[str, ...]
    marts: tuple[str, ...]
    publications: dict[str, str | None]
    states: tuple[State, ...]

    @property
    def checksum(self) -> str:
        """Names exactly this change; another state of the table gives another one."""
        parts = [self.table, self.now.snapshot, self.then.snapshot, self.gained, self.lost, self.changed]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def plan(target: str, to: int | None = None, before: str | None = None, ledger: Ledger | None = None) -> Plan:
    """What going back would change; nothing is written.

    Args:
        target: `curated.<table>` or `mart.<name>`.
        to: a snapshot that the table stood at before.
        before: a batch (or pass over the marts) whose work, and all after it, is to go. Without both: the newest one.

    Raises:
        RollbackRefused: no such table, snapshot or batch.
    """
    ledger = ledger or Ledger.connect()
    declared = load()
    dataset, key = _target(declared, target)
    spark = session("rollback")
    current = iceberg.current_snapshot(spark, target)
    if current is None:
        raise RollbackRefused(f"{target} belum pernah diisi; tidak ada yang dapat dikembalikan.")
    chain = iceberg.ancestry(spark, target, current)
    states = _states(spark, target)
    goal = _goal(target, chain, states, to, before)
    gone = {s.id for s in chain} - {s.id for s in iceberg.ancestry(spark, target, goal.snapshot)}
    undone = tuple(dict.fromkeys(by for s in reversed(chain) if s.id in gone and (by := _written_by(s))))
    gained, lost, changed = difference(
        iceberg.at(spark, target, current), iceberg.at(spark, target, goal.snapshot), key
    )
    marts = marts_on(declared, target)
    return Plan(
        table=target,
        now=next(state for state in states if state.snapshot == current),
        then=goal,
        gained=gained,
        lost=lost,
        changed=changed,
        undone=undone,
        linked=linked_tables(declared, dataset),
        readers=readers(declared, dataset),
        marts=tuple(name for name in marts if f"mart.{name}" != target),
        publications={
            one.id: latest.version if (latest := ledger.latest_publication(one.id)) else None
            for name in marts
            for one in declared.marts[name].publications
        },
        states=tuple(reversed(states)),
    )


def apply(
    target: str,
    checksum: str,
    actor: str,
    to: int | None = None,
    before: str | None = None,
    ledger: Ledger | None = None,
) -> Rollback:
    """Do what the dry run of this checksum showed, under the table's locks, and write who did it into the audit chain.

    Raises:
        RollbackRefused: the table changed since the dry run, or see `plan`.
        lumbung.ledger.LockBusy: somebody is writing the table.
        lumbung.ledger.LockLost, ConcurrentWriteError: the ledger broke off meanwhile, and somebody may have written the
            table since it was compared; it stays as it is.
    """
    ledger = ledger or Ledger.connect()
    dataset, _ = _target(load(), target)
    with ExitStack() as stack:
        # the marts' stage holds one lock for all of them; curated is judged under one lock and written under another
        names = ("marts",) if dataset is None else (f"validate:{dataset.id}", table_lock(target))
        locks = [stack.enter_context(ledger.lock(name, LOCK_WAIT_S)) for name in names]
        found = plan(target, to, before, ledger)
        if found.checksum != checksum:
            raise RollbackRefused(
                f"{target} tidak lagi seperti saat uji coba (kini {found.checksum}, diminta {checksum}): tidak ada "
                "yang diubah. Jalankan lagi tanpa --apply dan periksa hasilnya."
            )
        spark = session("rollback")
        rows = (found.gained, found.lost, found.changed)
        as_of = _complete_to(ledger, spark, dataset, found.then.snapshot) if dataset else None
        mart = None if dataset else _refresh(ledger, target, found.then.snapshot)
        _confirm(locks)
        done = ledger.record_rollback(
            target,
            found.now.snapshot,
            found.then.snapshot,
            found.undone,
            rows,
            actor,
            dataset=dataset.id if dataset else None,
            as_of=as_of,
            mart=mart,
        )
        point("rollback:recorded")
        _confirm(locks)
        iceberg.move_main(spark, target, found.now.snapshot, found.then.snapshot)
        point("rollback:moved")
        return done


def _confirm(locks: Sequence[Held]) -> None:
    """Raise LockLost unless all of them are still held: comparing two states of a table takes its time."""
    for lock in locks:
        lock.confirm()


def difference(now: DataFrame, then: DataFrame, key: Sequence[str]) -> tuple[int, int, int]:
    """Rows by key: in `then` only, in `now` only, in both with other content. Rows marked deleted do not count.

    Content is every column that both have, where a row came from left out.
    """
    from pyspark.sql import functions as fn

    common = [c for c in now.columns if c in then.columns and c not in (*key, *_CONTENT_WITHOUT)]

    def sided(frame: DataFrame, side: str) -> DataFrame:
        living = frame.where(fn.col(DELETED_BATCH).isNull()) if DELETED_BATCH in frame.columns else frame
        content = fn.md5(fn.to_json(fn.struct(*common))) if common else fn.lit("")
        return living.select(*key, content.alias("_content"), fn.lit(side).alias("_side"))

    by_key = (
        sided(now, "now")
        .unionByName(sided(then, "then"))
        .groupBy(*key)
        .agg(
            fn.max(fn.when(fn.col("_side") == "now", fn.col("_content"))).alias("_now"),
            fn.max(fn.when(fn.col("_side") == "then", fn.col("_content"))).alias("_then"),
        )
    )
    row = by_key.agg(
        fn.count_if(fn.col("_now").isNull()).alias("gained"),
        fn.count_if(fn.col("_then").isNull()).alias("lost"),
        fn.count_if(fn.col("_now") != fn.col("_then")).alias("changed"),
    ).collect()[0]
    return row["gained"], row["lost"], row["changed"]


def complete_to(batches: Sequence[Batch], written: set[str], kinds: Mapping[str, str]) -> datetime | None:
    """Up to which source clock a curated table is complete at a snapshot; None when nothing is known of it.

    `batches`: the dataset's conformed ones in landing order; `written`: those whose work the snapshot holds; `kinds` of
    their runs. After a batch that wrote something which is not there the table is incomplete, until a whole read that
    is there. What wrote before the oldest known batch belongs to expired snapshots and is there.
    """
    clock: datetime | None = None
    known, intact = False, bool(written)
    for batch in batches:
        if batch.id in written:
            known, intact = True, intact or batch.mode in WHOLE
        elif known and batch.snapshot_id is not None and batch.same_as is None:
            intact = False
        if intact and batch.source_clock is not None and kinds[batch.run_id] in COMPLETE:
            clock = batch.source_clock if clock is None else max(clock, batch.source_clock)
    return clock


def _complete_to(ledger: Ledger, spark: SparkSession, dataset: Dataset, snapshot: int) -> datetime | None:
    chain = iceberg.ancestry(spark, curated_name(dataset), snapshot)
    written = {by for one in chain if (by := one.summary.get(iceberg.BATCH))}
    batches = ledger.batches(dataset=dataset.id, states=("conformed",))
    return complete_to(batches, written, {b.run_id: ledger.run(b.run_id).kind for b in batches})


def _refresh(ledger: Ledger, target: str, snapshot: int) -> MartRefresh:
    found = ledger.mart_by_snapshot(target.removeprefix("mart."), snapshot)
    if found is None:
        raise RollbackRefused(f"Buku besar tidak mengenal penyegaran {target} yang menulis snapshot {snapshot}.")
    return found


def _target(declared: Declarations, target: str) -> tuple[Dataset | None, tuple[str, ...]]:
    """The dataset of a curated table (None: a mart) and the key of its rows."""
    database, _, name = target.partition(".")
    tables = {dataset.table_name: dataset for dataset in declared.datasets.values()}
    if database == "curated" and name in tables:
        return tables[name], tables[name].key
    if database == "mart" and name in declared.marts:
        return None, declared.marts[name].grain
    known = ", ".join(sorted([*(f"mart.{one}" for one in declared.marts), *(f"curated.{one}" for one in tables)]))
    raise RollbackRefused(f"{target!r} bukan mart.NAMA atau curated.TABEL. Yang ada: {known}.")


def _states(spark: SparkSession, target: str) -> list[State]:
    """Everything that readers of the table ever saw and that is still kept, oldest first."""
    known = iceberg.snapshots(spark, target)
    order = dict.fromkeys(reversed(iceberg.history(spark, target)))  # the newest time of becoming current counts
    return [State(id, known[id].committed_at, _written_by(known[id])) for id in reversed(order)]


def _written_by(snapshot: iceberg.Snapshot) -> str | None:
    return snapshot.summary.get(iceberg.BATCH) or snapshot.summary.get(iceberg.RUN)


def _goal(
    target: str, chain: Sequence[iceberg.Snapshot], states: Sequence[State], to: int | None, before: str | None
) -> State:
    """The state to go back to; `chain` is the present one, newest first."""
    known = {state.snapshot: state for state in states}
    if to is None:
        newest = next((by for snapshot in chain if (by := _written_by(snapshot))), None)
        wanted = before or newest
        written = [snapshot for snapshot in chain if _written_by(snapshot) == wanted]
        if not written or wanted is None:
            raise RollbackRefused(f"{wanted} tidak menulis apa pun ke {target} yang sekarang. {_choice(states)}")
        # the branch of a first load starts from an empty snapshot that no reader ever saw
        older = chain[chain.index(written[-1]) + 1 :]
        to = next((snapshot.id for snapshot in older if snapshot.id in known), None)
        if to is None:
            raise RollbackRefused(f"{wanted} adalah isi pertama {target}; tidak ada keadaan sebelumnya.")
    if to not in known:
        raise RollbackRefused(f"{target} tidak pernah berdiri di snapshot {to}, atau sudah dihapus. {_choice(states)}")
    if chain and to == chain[0].id:
        raise RollbackRefused(f"{target} sudah berada di snapshot {to}.")
    return known[to]


def _choice(states: Sequence[State]) -> str:
    shown = "; ".join(f"{s.snapshot} ({s.by or 'label'}, {s.committed_at:%Y-%m-%d %H:%M:%S})" for s in states[-10:])
    return f"Yang ada: {shown}."
