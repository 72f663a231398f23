"""What the platform is doing, as Prometheus reads it: everything from the ledger and the disk, counted when asked for.

The text format has one page of rules (prometheus.io/docs/instrumenting/exposition_formats); a client library would
bring a registry of live counters, and nothing here lives longer than the question. No value of a row is in it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from lumbung.declarations import load
from lumbung.ledger import Batch, Ledger
from lumbung.ops.status import mart_rows, status_rows
from lumbung.settings import settings

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with its samples: (labels, value)."""

    name: str
    help: str
    kind: Literal["gauge", "counter"] = "gauge"
    samples: list[tuple[Mapping[str, str], float]] = field(default_factory=list)

    def add(self, value: float | int | bool | datetime | None, **labels: str) -> None:
        """One sample; a moment becomes seconds since 1970, what is not known is left out."""
        if value is not None:
            self.samples.append((labels, value.timestamp() if isinstance(value, datetime) else float(value)))


def text(ledger: Ledger | None = None) -> str:
    """All metrics in the text format."""
    if ledger is None:
        own = Ledger.connect()
        try:
            return text(own)
        finally:
            own.close()
    return rendered([*_datasets(ledger), *_stages(ledger), *_products(ledger), *_platform(ledger)])


def rendered(metrics: Iterable[Metric]) -> str:
    """The text format: HELP and TYPE once per metric, then its samples."""
    lines: list[str] = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
        for labels, value in metric.samples:
            inside = ",".join(f'{name}="{_escaped(label)}"' for name, label in labels.items())
            lines.append(f"{metric.name}{{{inside}}} {value:.17g}" if inside else f"{metric.name} {value:.17g}")
    return "\n".join(lines) + "\n"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _datasets(ledger: Ledger) -> Iterator[Metric]:
    rows = status_rows(ledger)
    received = Metric("lumbung_rows_received_total", "Rows received, by dataset.", "counter")
    judged = Metric("lumbung_rows_judged_total", "Rows by verdict: accepted, quarantined, duplicate.", "counter")
    gauges: dict[str, Metric] = {
        "open_refused": Metric("lumbung_refused_open_rows", "Refused rows that are still open."),
        "late": Metric("lumbung_dataset_late", "1 while a dataset is later than its contract promises."),
        "last_success": Metric("lumbung_dataset_last_success_timestamp_seconds", "When it last arrived."),
        "next_due": Metric("lumbung_dataset_next_due_timestamp_seconds", "When it is late."),
        "watermark": Metric("lumbung_dataset_watermark_timestamp_seconds", "Source time up to which it has landed."),
    }
    stopped = Metric("lumbung_dataset_stopped", "1 while the newest batch is stopped.")
    waiting = Metric("lumbung_dataset_waiting", "1 while a decision on its quality, or a linked one's, is awaited.")
    for row in rows:
        labels = {"system": row["system"], "dataset": row["dataset"]}
        received.add(row["received"], **labels)
        for verdict in ("accepted", "quarantined", "duplicate"):
            judged.add(row[verdict], **labels, verdict=verdict)
        for key, metric in gauges.items():
            metric.add(row[key], **labels)
        stopped.add(row["stopped"] is not None, **labels)
        waiting.add(row["waiting"] is not None, **labels)
    yield from (received, judged, *gauges.values(), stopped, waiting)


def _stages(ledger: Ledger) -> Iterator[Metric]:
    """How long the newest conformed batch of every dataset took from step to step, waiting included."""
    metric = Metric("lumbung_stage_seconds", "Seconds from step to step of the newest conformed batch, with waiting.")
    for dataset in load().datasets.values():
        newest = ledger.batches(dataset=dataset.id, states=("conformed",), newest_first=True, limit=1)
        for stage, seconds in stage_seconds(newest[0]).items() if newest else ():
            metric.add(seconds, system=dataset.system, dataset=dataset.name, stage=stage)
    yield metric


def stage_seconds(batch: Batch) -> dict[str, float]:
    """Seconds by stage, from the moments that the ledger keeps."""
    moments = {
        "extract": (batch.opened_at, batch.extracted_at),
        "land": (batch.extracted_at, batch.landed_at),
        "validate": (batch.landed_at, batch.validated_at),
        "conform": (batch.validated_at, batch.conformed_at),
    }
    return {stage: (end - start).total_seconds() for stage, (start, end) in moments.items() if start and end}


def _products(ledger: Ledger) -> Iterator[Metric]:
    rows = Metric("lumbung_mart_rows", "Rows of a mart.")
    as_of = Metric("lumbung_mart_as_of_timestamp_seconds", "Source time up to which a mart is complete.")
    published = Metric("lumbung_publication_timestamp_seconds", "When a publication was last published or confirmed.")
    for row in mart_rows(ledger):
        rows.add(row["rows"], mart=row["mart"])
        as_of.add(row["as_of"], mart=row["mart"])
    for mart in load().marts.values():
        for publication in mart.publications:
            latest = ledger.latest_publication(publication.id)
            if latest is not None:
                published.add(latest.at, publication=publication.id)
    yield from (rows, as_of, published)


def _platform(ledger: Ledger) -> Iterator[Metric]:
    alerts = Metric("lumbung_alerts_open", "Alerts whose cause is not over.")
    alerts.add(len(ledger.open_alerts()))
    audit = Metric("lumbung_audit_entries_total", "Entries of the audit chain.", "counter")
    audit.add(ledger.audit_head().size)
    usage = shutil.disk_usage(settings().state)
    free = Metric("lumbung_disk_free_bytes", "Free bytes on the disk of the state.")
    free.add(usage.free)
    size = Metric("lumbung_disk_size_bytes", "Size of that disk.")
    size.add(usage.total)
    failed = Metric("lumbung_run_failed", "1 while the newest run of a system is a failed one.")
    for system in load().systems:
        for newest in ledger.runs(system, limit=1):
            failed.add(newest.state == "failed", system=system)
    yield from (alerts, audit, free, size, failed)
