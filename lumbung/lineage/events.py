"""OpenLineage events of the stages: one per batch, mart and publication that a stage has finished or stopped.

They go to `<state>/lineage/openlineage-<month>.jsonl`, one JSON object a line, and to the address of the setting
`lineage.url` as well. No event holds a value of a row. Telling never fails a stage: what cannot be told is logged.

Names: `opd://<system>` holds the department's tables, `lumbung://<tenant>` ours (`raw.siak__biodata_wni`), the portal's
address its datasets. A run's id follows from what it is about: a stage that is asked again tells of the same
run.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, ParamSpec
from uuid import NAMESPACE_URL, uuid5

from lumbung.masking import masked
from lumbung.settings import Settings, settings

if TYPE_CHECKING:
    from lumbung.declarations import Dataset, Declarations, Mart, Publication
    from lumbung.ledger import Batch, MartRefresh

log = logging.getLogger(__name__)

PRODUCER: Final = "urn:lumbung"
FOLDER: Final = "lineage"
_Given = ParamSpec("_Given")


@dataclass(frozen=True, slots=True)
class Place:
    """Something that is read or written. `rows`: how many; `version`: the batch or snapshot that is meant."""

    namespace: str
    name: str
    rows: int | None = None
    version: str | None = None
    columns: Mapping[str, Iterable[tuple[str, str]]] = field(default_factory=dict)
    """Column → (table, column) that it comes from."""


def _quietly(tell: Callable[_Given, None]) -> Callable[_Given, None]:
    """What goes wrong while telling is logged and ends there."""

    @functools.wraps(tell)
    def told(*args: _Given.args, **kwargs: _Given.kwargs) -> None:
        try:
            tell(*args, **kwargs)
        except Exception:
            log.warning("lineage: an event could not be told", exc_info=True)

    return told


def table(name: str, rows: int | None = None, version: str | None = None) -> Place:
    """A table of the warehouse, for example `curated.siak__biodata_wni`."""
    return Place(f"lumbung://{settings().tenant}", name, rows, version)


def _of(layer: str, batch: Batch, rows: int | None = None) -> Place:
    return table(f"{layer}.{batch.dataset.replace('.', '__')}", rows, batch.id)


@_quietly
def extracted(batch: Batch, source_table: str) -> None:
    """A batch lies in the spool, or was stopped before."""
    source = Place(f"opd://{batch.system}", source_table, batch.received)
    _tell("extract", batch.id, [source], [_of("spool", batch, batch.received)], batch.run_id, batch.error)


@_quietly
def landed(batch: Batch) -> None:
    """A batch lies in raw."""
    _tell("land", batch.id, [_of("spool", batch)], [_of("raw", batch, batch.received)], batch.run_id)


@_quietly
def validated(batch: Batch, dataset: Dataset, error: str | None = None) -> None:
    """A batch has its verdict, or waits (`error`); its parents were looked up among what was received of them."""
    parents = dict.fromkeys(reference.to for reference in dataset.references)
    lists = dict.fromkeys([*(link.list for link in dataset.list_refs), *(name.list for name in dataset.names)])
    looked_up = [
        *(table(f"raw.{name.replace('.', '__')}") for name in parents),
        *(table(f"ref.{name}") for name in lists),
    ]
    outputs = [_of("valid", batch, batch.accepted), _of("quarantine", batch, batch.quarantined)]
    _tell("validate", batch.id, [_of("raw", batch, batch.received), *looked_up], outputs, batch.run_id, error)


@_quietly
def conformed(batch: Batch, dataset: Dataset, snapshot: int | None) -> None:
    """A batch is in its curated table; `snapshot` None: it changed nothing."""
    codes = dict.fromkeys(name for _, name in dataset.coded)
    masters = dict.fromkeys(reference.to for reference in dataset.master_refs)
    looked_up = [
        *(table(f"ref.{name}") for name in codes),
        *(table(f"curated.{name.replace('.', '__')}") for name in masters),
    ]
    name = f"curated.{dataset.table_name}"
    output = table(name, None, None if snapshot is None else str(snapshot))
    _tell("conform", batch.id, [_of("valid", batch, batch.accepted), *looked_up], [output], batch.run_id)


@_quietly
def refreshed(mart: Mart, refresh: MartRefresh, snapshots: Mapping[str, int], declared: Declarations) -> None:
    """A mart was written from these snapshots of its inputs (full table name → snapshot)."""
    from lumbung.lineage.columns import column_sources, schema_of

    inputs = [table(name, None, str(snapshot)) for name, snapshot in sorted(snapshots.items())]
    columns = column_sources(mart, schema_of(declared))
    here = table(f"mart.{mart.name}", refresh.rows, str(refresh.snapshot_id))
    output = Place(here.namespace, here.name, here.rows, here.version, columns)
    query = mart.sql_path.read_text(encoding="utf-8")
    _tell("mart", f"{refresh.run_label}/{mart.name}", inputs, [output], refresh.run_label, query=query, job=mart.name)


@_quietly
def published(publication: Publication, refresh: MartRefresh, version: str, rows: int) -> None:
    """A public dataset shows what the mart holds."""
    source = table(f"mart.{publication.mart}", refresh.rows, str(refresh.snapshot_id))
    output = Place(settings().ckan_url, publication.slug, rows, version)
    subject = f"{refresh.run_label}/{publication.id}/{version}"
    _tell("publish", subject, [source], [output], refresh.run_label, job=publication.id)


def _tell(
    stage: str,
    subject: str,
    inputs: Iterable[Place],
    outputs: Iterable[Place],
    parent: str,
    error: str | None = None,
    query: str | None = None,
    job: str | None = None,
) -> None:
    """One event. `subject`: the batch, mart or publication; `parent`: the run or pass that it belongs to."""
    place = settings()
    event = _event(place, stage, subject, list(inputs), list(outputs), parent, error, query, job or subject)
    _append(place, event)
    if place.lineage.url:
        _send(place.lineage.url, event)


def _event(
    place: Settings,
    stage: str,
    subject: str,
    inputs: list[Place],
    outputs: list[Place],
    parent: str,
    error: str | None,
    query: str | None,
    job: str,
) -> Any:
    from openlineage.client import event_v2 as v2
    from openlineage.client import facet_v2 as facets

    ours = f"lumbung://{place.tenant}"
    run_facets: dict[str, Any] = {
        "parent": facets.parent_run.ParentRunFacet(
            run=facets.parent_run.Run(str(uuid5(NAMESPACE_URL, f"{ours}/{parent}"))),
            job=facets.parent_run.Job(ours, parent.rpartition("-")[0] or parent),
        )
    }
    if error is not None:
        run_facets["errorMessage"] = facets.error_message_run.ErrorMessageRunFacet(masked(error), "Python")
    job_facets: dict[str, Any] = {} if query is None else {"sql": facets.sql_job.SQLJobFacet(query)}
    name = job.removeprefix(f"{parent}-")  # of a batch: its dataset
    return v2.RunEvent(
        eventTime=datetime.now(UTC).isoformat(),
        producer=PRODUCER,
        run=v2.Run(str(uuid5(NAMESPACE_URL, f"{ours}/{stage}/{subject}")), run_facets),
        job=v2.Job(ours, f"{name}.{stage}", job_facets),
        eventType=v2.RunState.FAIL if error is not None else v2.RunState.COMPLETE,
        inputs=[v2.InputDataset(one.namespace, one.name, facets=_facets(one, facets)) for one in inputs],
        outputs=[_output(one, facets) for one in outputs] if error is None else [],
    )


def _output(one: Place, facets: Any) -> Any:
    from openlineage.client import event_v2 as v2

    module = facets.output_statistics_output_dataset
    counted = {} if one.rows is None else {"outputStatistics": module.OutputStatisticsOutputDatasetFacet(one.rows)}
    return v2.OutputDataset(one.namespace, one.name, counted, facets=_facets(one, facets))


def _facets(one: Place, facets: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if one.version is not None:
        found["version"] = facets.dataset_version_dataset.DatasetVersionDatasetFacet(one.version)
    if one.columns:
        module = facets.column_lineage_dataset
        found["columnLineage"] = module.ColumnLineageDatasetFacet(
            {
                column: module.Fields([module.InputField(one.namespace, *source) for source in sorted(sources)])
                for column, sources in one.columns.items()
            }
        )
    return found


def _append(place: Settings, event: Any) -> None:
    """One line, in one write: several tasks tell at the same time."""
    from openlineage.client.serde import Serde

    folder = place.state / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    line = Serde.to_json(event) + "\n"
    path = folder / f"openlineage-{datetime.now(UTC):%Y-%m}.jsonl"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def _send(url: str, event: Any) -> None:
    from openlineage.client.transport.http import HttpConfig, HttpTransport

    transport = HttpTransport(HttpConfig(url, timeout=5.0, retry={"total": 1}))
    try:
        transport.emit(event)
    finally:
        transport.close()
