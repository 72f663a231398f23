"""Is everything in order? Machine, versions, services, declarations, sources and tables, last runs, alerts.

Nothing is changed. Every finding says what was seen and what to do next; only `rusak` makes the command fail.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lumbung.declarations import Dataset, Declarations, System, check, load
from lumbung.ledger import Ledger
from lumbung.ledger.alerts import AlertRecord
from lumbung.ops.airflow import Airflow, AirflowError
from lumbung.ops.environments import environments
from lumbung.ops.findings import Finding, State
from lumbung.ops.table_drift import tables
from lumbung.settings import ROOT, Settings, settings
from lumbung.sources.errors import SourceError
from lumbung.sources.opening import open_snapshot

COLUMNS = {
    "area": "Bidang",
    "subject": "Hal",
    "state": "Keadaan",
    "seen": "Yang terlihat",
    "next_step": "Langkah berikut",
}
LOW_DISK_GB, LOW_MEMORY_GB = 5.0, 1.0
OTHER_DAGS = ("sapu_harian", "mart_publikasi", "pemeliharaan")
_GB = 1024**3


def examine() -> list[dict[str, Any]]:
    """Every finding as a row with the keys of COLUMNS; the areas in the order in which one would look."""
    profile = settings()
    found: list[Finding] = [*_machine(profile), *environments()]
    services = list(_services(profile))
    found += services
    problems = check()
    if problems:
        first = problems[0]
        seen = f"{len(problems)} kesalahan, pertama {first.file}:{first.line}: {first.key}: {first.message}"
        return [asdict(f) for f in [*found, Finding("deklarasi", "semua", "rusak", seen, "bin/lumbung check")]]
    declared = load()
    found.append(Finding("deklarasi", "semua", "baik", f"{len(declared.datasets)} dataset, {len(declared.marts)} mart"))
    for system in declared.systems.values():
        found += _source(profile, system, declared.of_system(system.code))
    down = {finding.subject for finding in services if finding.state != "baik"}
    if not down & {"engine", "metastore"}:
        found += tables(declared)
    if "postgresql" not in down:
        found += _ledger(declared)
    if "airflow-api" not in down:
        found += _scheduled(profile, tuple(declared.systems))
    return [asdict(finding) for finding in found]


def _machine(profile: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(profile.state).free / _GB
    yield room("diska", f"{profile.state}", free, LOW_DISK_GB, "kosongkan diska, atau pindahkan LUMBUNG__STATE")
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    available = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) * 1024 / _GB
    smaller = "hentikan program lain, atau kecilkan [common.memory] di settings.toml"
    yield room("memori", "tersedia", available, LOW_MEMORY_GB, smaller)


def room(area: str, subject: str, gigabytes: float, low: float, next_step: str) -> Finding:
    """How much is left of something."""
    short = gigabytes < low
    return Finding(area, subject, "perhatian" if short else "baik", f"{gigabytes:.1f} GB", next_step if short else "")


def _services(profile: Settings) -> Iterator[Finding]:
    """What `make status` says; run as a program, since the library does not know how its services are started."""
    answer = subprocess.run(
        [sys.executable, "-m", "runtime", "status", "--json"],
        cwd=ROOT,
        env={**os.environ, "LUMBUNG_PROFILE": profile.profile},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        services = json.loads(answer.stdout)
    except json.JSONDecodeError:
        yield Finding("layanan", "semua", "rusak", answer.stderr.strip()[-300:] or "tidak ada jawaban", "make status")
        return
    for service in services:
        if service["healthy"]:
            yield Finding("layanan", service["service"], "baik", "sehat")
        else:
            seen = f"{service['state']}: {service['reason'] or 'tidak sehat'}"
            yield Finding("layanan", service["service"], "rusak", seen, f"lihat {service['log']}, lalu `make up`")


def _source(profile: Settings, system: System, datasets: tuple[Dataset, ...]) -> Iterator[Finding]:
    """The source's catalogue against the contracts, before a run would stumble over it."""
    try:
        with open_snapshot(profile, system, datasets) as snapshot:
            drifts = {dataset.id: snapshot.drift(dataset, ROOT) for dataset in datasets}
    except SourceError as error:
        yield Finding("sumber", system.code, "rusak", str(error), f"hubungi {system.owner_name}")
        return
    wrong = 0
    for name, drift in drifts.items():
        wrong += bool(drift.errors)
        if drift.errors:
            yield Finding(
                "sumber", name, "rusak", "; ".join(drift.errors), "perbaiki kontrak atau pulihkan tabel sumber"
            )
        elif drift.warnings:
            yield Finding("sumber", name, "perhatian", "; ".join(drift.warnings), "daftarkan kolomnya di kontrak")
    if not wrong:
        yield Finding("sumber", system.code, "baik", f"{len(datasets)} dataset seperti kontraknya")


def _ledger(declared: Declarations) -> Iterator[Finding]:
    """What the ledger says: how runs ended, what was taken back, what is still wrong."""
    ledger = Ledger.connect()
    try:
        yield from _runs(ledger, tuple(declared.systems))
        yield from _rollbacks(ledger, tuple(declared.datasets.values()))
        yield from alerts(ledger.open_alerts())
    finally:
        ledger.close()


def _runs(ledger: Ledger, systems: tuple[str, ...]) -> Iterator[Finding]:
    """How each system's newest run ended."""
    for system in systems:
        newest = ledger.runs(system, limit=1)
        if not newest:
            yield Finding("run", system, "perhatian", "belum pernah", f"bin/lumbung run {system}")
        elif newest[0].state == "failed":
            next_step = f"perbaiki sebabnya, lalu `bin/lumbung run {system}`"
            yield Finding("run", newest[0].id, "rusak", newest[0].error or "gagal", next_step)
        else:
            yield Finding("run", newest[0].id, "baik", newest[0].state)


def _rollbacks(ledger: Ledger, datasets: tuple[Dataset, ...]) -> Iterator[Finding]:
    """Tables that were taken back and that no run has read whole since: their marts are as of an older state."""
    for dataset in datasets:
        if (rollback := ledger.open_rollback(dataset.id)) is not None:
            seen = f"dikembalikan oleh {rollback.actor} ({rollback.label}), belum dibaca utuh lagi"
            yield Finding("tabel", rollback.table_name, "perhatian", seen, f"bin/lumbung run {dataset.system}")


def alerts(opened: Sequence[AlertRecord]) -> Iterator[Finding]:
    """Alerts whose cause is not over: a task that failed is `rusak`, the others want a look."""
    for alert in opened:
        kind, _, rest = alert.cause.partition("/")
        state: State = "perhatian"
        if kind == "terlambat":
            step = f"bin/lumbung run {rest}"
        elif kind == "kembali":
            step = "tanyakan kepada pemilik datanya"
        elif kind == "mutu":
            step = "bin/lumbung status, lalu bin/lumbung waive menurut peringatannya"
        elif kind == "berkas":
            step = f"minta berkas yang dibetulkan dari OPD-nya; bin/lumbung files {rest}"
        elif kind == "izin":
            step = f"bin/lumbung refusals {rest.replace('.', ' ')}, untuk OPD pemiliknya"
        else:
            state, step = "rusak", _again(kind)
        seen = f"sejak {alert.since:%Y-%m-%d %H.%M} UTC: {' '.join(alert.text.split())}"
        yield Finding("peringatan", alert.cause, state, seen, step)
    if not opened:
        yield Finding("peringatan", "semua", "baik", "tidak ada yang terbuka")


def _scheduled(profile: Settings, systems: tuple[str, ...]) -> Iterator[Finding]:
    """DAGs whose newest run failed: the ledger knows nothing of one that failed before it was written down."""
    try:
        airflow = Airflow(config=profile)
        newest = {name: airflow.newest(name) for name in (*(f"sistem_{code}" for code in systems), *OTHER_DAGS)}
    except AirflowError as error:
        yield Finding("run", "Airflow", "rusak", str(error), "make status")
        return
    yield from failed_dags(newest)


def failed_dags(newest: Mapping[str, tuple[str, str] | None]) -> Iterator[Finding]:
    """One finding per DAG whose newest run (id, state) failed; None: it never ran."""
    for name, run in newest.items():
        if run is not None and run[1] == "failed":
            yield Finding("run", f"{name}/{run[0]}", "rusak", "gagal di Airflow", _again(name))


def _again(dag: str) -> str:
    """What to do about a DAG that failed."""
    look = "lihat log tugasnya di Airflow, perbaiki sebabnya, lalu "
    code = dag.removeprefix("sistem_")
    return look + (f"`bin/lumbung run {code}`" if code != dag else f"jalankan lagi DAG {dag}")
