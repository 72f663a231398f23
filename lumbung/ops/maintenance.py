"""Maintenance: a plan to read first, applied under its checksum by a named person or the schedule.

The plan and the name of who applied it go into the ledger before the first step. Every step can be repeated: a plan
that died is carried on under the same checksum, whatever is left of it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from lumbung.declarations import load
from lumbung.faults import point
from lumbung.ledger import Ledger
from lumbung.ops import kept_files, leftovers, retention, snapshots
from lumbung.ops.plans import Plan, PlanChanged, Step, from_json, in_order
from lumbung.settings import settings
from lumbung.warehouse.session import said, session

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

    from lumbung.declarations import Declarations

log = logging.getLogger(__name__)

LOCK: Final = "maintenance"
LOCK_WAIT_S: Final = 30.0


class MaintenanceFailed(RuntimeError):
    """At least one step could not be done; the message names each with its reason. The others were done."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done: steps that had something to do, and bytes of raw, quarantine and leftovers that are free now."""

    maintenance_id: int
    steps: int
    freed: int


def plan(ledger: Ledger | None = None, now: datetime | None = None) -> Plan:
    """What there is to do today (UTC). Nothing is changed; the same state gives the same plan all day long."""
    ledger = ledger or Ledger.connect()
    declarations, place = load(), settings()
    today = (now or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0)
    keep = place.maintenance
    folders, kept = retention.retention_steps(ledger, declarations, place.warehouse, today)
    files = kept_files.old_steps(ledger, declarations, place, today)
    old = today - timedelta(days=keep.snapshot_days)
    tables = snapshots.snapshot_steps(session("maintain"), ledger, declarations, keep, old)
    left = leftovers.leftover_steps(ledger, place, today - timedelta(days=keep.orphan_days))
    return Plan(in_order([*folders, *files, *tables, *left]), (*kept, *leftovers.unknown_folders(ledger, place)))


def log_plan() -> str | None:
    """Write today's plan into the log, step by step; its checksum, None when there is nothing to do."""
    found = plan()
    for step in found.steps:
        log.info("maintain: %s %s: %s (%d baris, %d byte)", step.kind, step.target, step.why, step.rows, step.bytes)
    for reason in found.kept:
        log.info("maintain: tetap disimpan: %s", reason)
    log.info("maintain: %d langkah, checksum %s", len(found.steps), found.checksum)
    return found.checksum if found.steps else None


def apply(
    checksum: str,
    actor: str,
    progress: Callable[[str], None] = log.info,
    ledger: Ledger | None = None,
    now: datetime | None = None,
) -> Applied:
    """Do the plan of this checksum, or carry on the one that died.

    Raises PlanChanged when the plan is another one by now, MaintenanceFailed after trying all steps, LockBusy.
    """
    ledger = ledger or Ledger.connect()
    with ledger.lock(LOCK, LOCK_WAIT_S):
        begun = ledger.unfinished_maintenance(checksum)
        if begun is None:
            current = plan(ledger, now)
            if current.checksum != checksum:
                raise PlanChanged(
                    f"Rencana {checksum} tidak lagi berlaku; sekarang {current.checksum} ({len(current.steps)} "
                    "langkah). Tidak ada yang diubah. Lihat lagi: `bin/lumbung maintain`."
                )
            begun = ledger.open_maintenance(checksum, actor, current.as_json(), current.summary())
        point("maintain:opened")
        return _carry_out(ledger, load(), begun.id, from_json(begun.steps), actor, progress)


def _carry_out(
    ledger: Ledger,
    declarations: Declarations,
    maintenance_id: int,
    steps: tuple[Step, ...],
    actor: str,
    progress: Callable[[str], None],
) -> Applied:
    spark = session("maintain")
    failures: list[str] = []
    done = freed = 0
    for step in steps:
        try:
            freed += _do(ledger, spark, declarations, step, maintenance_id)
            done += 1
            progress(f"{step.kind} {step.target}: {step.why}")
        except Exception as error:
            log.exception("maintain: %s %s", step.kind, step.target)
            failures.append(f"- {step.kind} {step.target}: {said(error)}")
    if failures:
        reason = f"{len(failures)} dari {len(steps)} langkah gagal.\n" + "\n".join(failures)
        ledger.finish_maintenance(maintenance_id, actor, "failed", reason)
        raise MaintenanceFailed(f"{reason}\nUlangi dengan checksum yang sama setelah sebabnya diperbaiki.")
    ledger.finish_maintenance(maintenance_id, actor, "done")
    return Applied(maintenance_id, done, freed)


def _do(ledger: Ledger, spark: SparkSession, declarations: Declarations, step: Step, maintenance_id: int) -> int:
    """One step; bytes of files that it removed itself."""
    detail: dict[str, Any] = dict(step.detail)
    match step.kind:
        case "raw" | "karantina":
            return retention.remove(ledger, spark, declarations, step, maintenance_id)
        case "asal":
            return kept_files.remove(ledger, declarations, settings(), step)
        case "snapshot":
            snapshots.expire(spark, ledger, step.target, detail["snapshots"])
        case "padatkan":
            snapshots.compact(spark, ledger, step.target, detail)
        case "sisa":
            return leftovers.drop(step)
    return 0
