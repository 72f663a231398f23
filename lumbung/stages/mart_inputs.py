"""What a mart is computed from: pinned snapshots of its inputs, its as-of, its parameters, and a digest of it all."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from lumbung.ledger import COMPLETE
from lumbung.stages.mart_records import content, is_ledger_wide
from lumbung.warehouse import iceberg
from lumbung.warehouse.mart_table import Inputs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pyspark.sql import SparkSession

    from lumbung.declarations import Declarations, Mart
    from lumbung.ledger import Ledger
    from lumbung.stages.mart_records import Records

_NEWEST: Final = 50
FORM: Final = 3
"""Counts up when the stage itself writes or records marts in another way: every mart is then written anew."""


def input_table(name: str) -> str:
    """Full name of an input as contracts write it: `siak__x` is curated, `ref.x` and `mart.x` are themselves."""
    return name if "." in name else f"curated.{name}"


def recorded_name(table: str) -> str:
    """An input as the ledger's records name it: a curated table by its dataset (`siak.biodata_wni`), others as is."""
    return table.removeprefix("curated.").replace("__", ".", 1) if table.startswith("curated.") else table


def inputs_of(
    ledger: Ledger,
    spark: SparkSession,
    declarations: Declarations,
    mart: Mart,
    versions: Mapping[str, str],
    pins: dict[str, int | None],
    records: Records,
) -> Inputs | str:
    """Pin the inputs of a mart, or say why it has to wait (an input was never loaded).

    `versions`: version of every code list. `pins`: snapshots that this pass has fixed already, added to; marts are left
    out, since a pass writes them itself. `records`: the rows of the views that the mart reads. The digest holds input
    snapshots (of lists: the version), SQL, identity, tests, columns, parameters, records and the as-of.
    """
    moment = as_of(ledger, declarations, mart)
    if moment is None:
        return "an input has no complete run yet, or no mart was written"
    snapshots: dict[str, int] = {}
    for name in mart.inputs:
        table = input_table(name)
        if table not in pins or table.startswith("mart."):
            pins[table] = iceberg.current_snapshot(spark, table)
        snapshot = pins[table]
        if snapshot is None:
            return f"{table} was never loaded"
        snapshots[table] = snapshot
    parameters = parameters_of(declarations, mart, moment)
    parts = {
        "form": FORM,
        "inputs": {n: versions.get(n.removeprefix("ref."), s) for n, s in snapshots.items()},
        "sql": mart.sql_path.read_text(encoding="utf-8"),
        "identity": mart.identity_sql_path.read_text(encoding="utf-8") if mart.identity_sql_path else None,
        "mart": mart.model_dump(mode="json", exclude={"publications", "unpublished", "sql_path", "identity_sql_path"}),
        "parameters": {key: str(value) for key, value in parameters.items()},
        "records": content(records),
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return Inputs(snapshots, moment, parameters, digest)


def parameters_of(declarations: Declarations, mart: Mart, moment: datetime) -> dict[str, Any]:
    """Values that the SQL of a mart may name: `:data_per`, `:zona`, and the tenant's `:status_batal`,
    `:jns_transaksi_hapus`, `:termasuk_denda`, `:ambang` (its k), `:dominasi` (its p).
    """
    systems = {name.split("__")[0] for name in mart.inputs if "." not in name}
    zones = {declarations.systems[system].timezone for system in systems} or {"Asia/Jakarta"}
    if len(zones) > 1:
        raise ValueError(f"mart.{mart.name}: its systems keep different time zones ({', '.join(sorted(zones))})")
    sismiop = declarations.tenant.sismiop
    return {
        "data_per": moment,
        "zona": zones.pop(),
        "status_batal": list(sismiop.status_batal),
        "jns_transaksi_hapus": list(sismiop.jns_transaksi_hapus),
        "termasuk_denda": sismiop.jml_dibayar_termasuk_denda,
        "ambang": declarations.tenant.k,
        "dominasi": declarations.tenant.dominance_percent,
    }


def as_of(ledger: Ledger, declarations: Declarations, mart: Mart) -> datetime | None:
    """As of when a mart's figures are: the source clock up to which the oldest of its inputs is complete.

    An input is complete up to the highest clock of its conformed batches of runs that brought everything up to then
    (schedule, by hand, sweep; not backfills and replays). None while an input has no such batch. A mart that reads
    records only is as of the newest thing recorded.
    """
    if is_ledger_wide(mart):
        records = (ledger.latest_mart(other.name) for other in declarations.marts.values() if other.name != mart.name)
        return max((record.as_of for record in records if record is not None), default=None)
    if not mart.inputs:
        newest = (_complete_to(ledger, dataset) for dataset in declarations.datasets)
        return max((clock for clock in newest if clock is not None), default=None)
    clocks: list[datetime | None] = []
    datasets = {dataset.table_name: dataset.id for dataset in declarations.datasets.values()}
    for name in mart.inputs:
        if name.startswith("mart."):
            record = ledger.latest_mart(name.removeprefix("mart."))
            clocks.append(record.as_of if record else None)
        elif not name.startswith("ref."):
            clocks.append(_complete_to(ledger, datasets[name]))
    known = [clock for clock in clocks if clock is not None]
    return min(known) if known and len(known) == len(clocks) else None


def _complete_to(ledger: Ledger, dataset: str) -> datetime | None:
    """Highest source clock of the conformed batches that brought the dataset up to it.

    Not simply the last one: a run that was held up lands after younger ones and takes nothing away. After a rollback it
    is the clock of what the table went back to, until a whole read has made up for what is gone.
    """
    if (rollback := ledger.open_rollback(dataset)) is not None:
        return rollback.as_of
    newest = ledger.batches(dataset=dataset, states=("conformed",), limit=_NEWEST, newest_first=True)
    clocks = (b.source_clock for b in newest if b.source_clock and ledger.run(b.run_id).kind in COMPLETE)
    return max(clocks, default=None)
