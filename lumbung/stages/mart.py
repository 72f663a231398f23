"""Mart: compute every mart whose inputs moved, test it on a branch, and let readers see it in one step.

A mart is written again only when something it depends on changed: the snapshots of its inputs, its SQL and tests, the
code lists, the tenant's settings, or its as-of. A mart that fails a test or whose rows do not add up leaves the former
one in place, and the others go on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from lumbung.declarations import load
from lumbung.faults import point
from lumbung.ledger import Ledger, LockLost
from lumbung.lineage import events as lineage
from lumbung.logs import stage
from lumbung.stages.mart_inputs import inputs_of, recorded_name
from lumbung.stages.mart_records import is_ledger_wide, make_views, read_records
from lumbung.warehouse import iceberg
from lumbung.warehouse.mart_table import (
    COUNTED,
    Inputs,
    MartRefusedError,
    check_counts,
    check_mart,
    compute,
    count_identity,
    create_mart,
    mart_name,
    write_mart,
)
from lumbung.warehouse.reference import LOADED, SUBJECT, agreed, load_references
from lumbung.warehouse.session import said, session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql import SparkSession

    from lumbung.declarations import Declarations, Mart

log = logging.getLogger(__name__)

MARTS_WAIT_S: Final = 900.0
BRANCH: Final = "mart"
DIGEST: Final = "lumbung.digest"


class MartsFailedError(RuntimeError):
    """At least one mart could not be refreshed; the message names each with its reason. The others went through."""


@stage("mart")
def refresh(trigger: str, actor: str) -> list[str]:
    """Refresh every mart that is not up to date; gives the names of those that were written.

    `trigger` names the pass in the ledger (asked again it is the same pass), `actor` who started it. Marts whose inputs
    were never loaded are left for a later pass. Raises `MartsFailedError` after trying all, `LockBusy`, `LockLost`.
    """
    ledger = Ledger.connect()
    try:
        label = ledger.open_marts_run(trigger, actor).id
        declarations = load()
        with ledger.lock("marts", MARTS_WAIT_S) as held:
            spark = session("mart")
            known = agreed(ledger)
            versions = load_references(spark, declarations.lists, known)
            if loaded := {name: version for name, version in versions.items() if known.get(name) != version}:
                ledger.audit(actor, LOADED, SUBJECT, {"lists": loaded})
            point("mart:references-loaded")
            return _refresh_all(ledger, spark, declarations, versions, label, held.confirm)
    finally:
        ledger.close()


def _refresh_all(
    ledger: Ledger,
    spark: SparkSession,
    declarations: Declarations,
    versions: Mapping[str, str],
    label: str,
    confirm: Callable[[], None],
) -> list[str]:
    """Refresh the marts in the order of what they read; the mart of the records of marts comes last.

    All marts of a pass see the same snapshots of the curated tables and lists.
    """
    written: list[str] = []
    failures: list[str] = []
    pins: dict[str, int | None] = {}
    for mart in in_order(declarations.marts):
        try:
            records = read_records(ledger, spark, declarations, mart)
            make_views(spark, records)
            inputs = inputs_of(ledger, spark, declarations, mart, versions, pins, records)
            if isinstance(inputs, str):
                log.info("mart: %s waits: %s", mart.name, inputs)
            elif _refresh_one(ledger, spark, mart, inputs, label, confirm):
                written.append(mart.name)
                if (refresh := ledger.latest_mart(mart.name)) is not None:
                    lineage.refreshed(mart, refresh, inputs.snapshots, declarations)
        except LockLost:
            raise  # another pass may be writing by now: the marts that are left are not ours any more
        except Exception as error:
            log.exception("mart: %s failed", mart.name)
            failures.append(f"- mart.{mart.name}: {said(error)}")
    if failures:
        raise MartsFailedError(f"{len(failures)} mart(s) failed; their former content stays.\n" + "\n".join(failures))
    return written


def in_order(marts: Mapping[str, Mart]) -> list[Mart]:
    """Marts after those they read (`mart.<name>` among the inputs), otherwise by name; what records marts is last."""
    ordered: list[Mart] = []
    waiting = sorted(marts.values(), key=lambda mart: (is_ledger_wide(mart), mart.name))
    while waiting:
        done = {f"mart.{mart.name}" for mart in ordered}
        ready = [mart for mart in waiting if {name for name in mart.inputs if name.startswith("mart.")} <= done]
        if not ready:
            raise ValueError(f"marts read each other in a circle: {', '.join(mart.name for mart in waiting)}")
        ordered.append(ready[0])
        waiting.remove(ready[0])
    return ordered


def _refresh_one(
    ledger: Ledger, spark: SparkSession, mart: Mart, inputs: Inputs, label: str, confirm: Callable[[], None]
) -> bool:
    """Write one mart unless it is up to date; False when it was. Raises `MartRefusedError`: nothing changed then.

    `confirm` raises when the lock is lost: what is shown or recorded after that would be older than another pass's.
    """
    name = mart_name(mart)
    latest = ledger.latest_mart(mart.name)
    now = iceberg.current_snapshot(spark, name)
    same = latest is not None and latest.digest == inputs.digest and latest.snapshot_id == now is not None
    if latest is not None and same and not latest.rolled_back:
        return False
    identity = count_identity(spark, mart, inputs)
    check_counts(spark, mart, inputs, identity)
    snapshot = iceberg.written_with(spark, name, DIGEST, inputs.digest, now)
    if snapshot is None:  # else an earlier attempt died between the switch and the ledger
        create_mart(spark, mart)
        rows = compute(spark, mart, inputs)
        branch = iceberg.open_branch(spark, name, BRANCH)
        point("mart:branch-opened")
        with iceberg.signed(spark, {iceberg.RUN: label, DIGEST: inputs.digest}):
            write_mart(rows, branch)
        point("mart:written")
        try:
            check_mart(spark, mart, inputs, identity, branch)
        except MartRefusedError:
            iceberg.drop_branch(spark, branch)
            raise
        confirm()
        snapshot = iceberg.publish_branch(spark, branch)
        point("mart:published")
    else:
        iceberg.drop_branches(spark, name, BRANCH)
    written = spark.table(name).count()
    counted = sum(n for (_, reason), n in identity.items() if reason == COUNTED) if identity else written
    excluded: dict[str, int] = {}
    for (_, reason), n in identity.items():
        if reason != COUNTED:
            excluded[reason] = excluded.get(reason, 0) + n
    confirm()
    ledger.record_mart(
        mart.name,
        label,
        inputs.as_of,
        {recorded_name(name): snapshot for name, snapshot in inputs.snapshots.items()},
        written,
        counted,
        excluded,
        snapshot,
        inputs.digest,
    )
    point("mart:recorded")
    log.info("mart: %s written, %s rows, counted %s, excluded %s", name, written, counted, excluded)
    return True
