"""A small platform of its own beside the profile's: ledger, source, state and declarations; the engine is shared."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from ckanapi.errors import NotFound

from lumbung import storage
from lumbung.declarations import Declarations, load
from lumbung.faults import FAULT_VARIABLE
from lumbung.ledger import Ledger, Run
from lumbung.portal.ckan import Portal
from lumbung.portal.dataset import dataset_id, resource_id
from lumbung.settings import Settings, settings
from lumbung.warehouse.ddl import curated_name, quarantine_name, raw_name
from lumbung.warehouse.session import session
from runtime.postgresql import sources_server, url
from tests.faults.source import Source
from tests.faults.work import ACTOR, Task, start
from tests.integration.ledger_support import Database, fresh_ledger

TREE: Final = Path(__file__).parent / "tree"
SYSTEM: Final = "uji"
MART: Final = "uji_rekap"
STAGES: Final = ("extract", "land", "validate", "conform", "mart")
SECRETS: Final = ("connect_token", "hive_engineer_password", "ckan_token")
ATTEMPTS: Final = 3
"""How often a task is tried again, as the system's declaration says to Airflow."""


class TaskFailed(Exception):
    """A task without a fault did not succeed in all its attempts; the message holds the end of its log."""


@dataclass
class Site:
    """Everything of one small platform."""

    ledger: Ledger
    database: Database
    source: Source
    state: Path
    stages: tuple[str, ...] = STAGES
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.state / "logs" / "tasks.log"

    @property
    def declarations(self) -> Declarations:
        return load(TREE)

    @property
    def place(self) -> Settings:
        """The profile's settings with this platform's folders."""
        data = settings().model_dump() | {"state": self.state}
        for derived in ("spool", "warehouse", "data_docs", "logs", "secrets"):
            data.pop(derived)
        return Settings(**data)

    def environment(self, **more: str) -> dict[str, str]:
        """What a task's process gets."""
        return {"LUMBUNG__STATE": str(self.state), "LUMBUNG_FAULTS_TREE": str(TREE), **more}

    def secrets(self, name: str, **urls: str) -> str:
        """A folder of secrets in which some URLs are others; its path."""
        folder = self.state / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.state / "secrets", folder)
        for secret, value in urls.items():
            (folder / secret).write_text(value, encoding="utf-8")
        return str(folder)

    def open(self, kind: str, trigger: str) -> Run:
        """The run of a trigger, opened as the first task of a DAG does."""
        return self.ledger.open_run(SYSTEM, kind, trigger, ACTOR)  # type: ignore[arg-type]

    def begin(
        self,
        task: str,
        run: Run,
        fault: str | None = None,
        *,
        file_bytes: int | None = None,
        clock: timedelta = timedelta(0),
        environment: Mapping[str, str] | None = None,
    ) -> Task:
        """Start one task of a run's graph; `fault` in the words of `lumbung.faults`."""
        told = self.environment(**(environment or {}), **({FAULT_VARIABLE: fault} if fault else {}))
        argument = run.id if task in STAGES[:4] else run.trigger
        return start(task, [argument], self.log, told, file_bytes=file_bytes, clock=clock)

    def do(self, task: str, run: Run, **how: Any) -> int:
        """One task to its success, tried again as Airflow does; how many attempts it took."""
        for attempt in range(1, ATTEMPTS + 2):
            tried = self.begin(task, run, **how)
            if tried.ended() == 0:
                return attempt
        raise TaskFailed(f"{task} of {run.id} failed {ATTEMPTS + 1} times without a fault:\n{tried.said()}")

    @property
    def resource(self) -> str:
        """The portal's id of the one public table."""
        return resource_id(self.declarations.marts[MART].publications[0].id)


@contextmanager
def fresh_site(name: str, folder: Path, stages: tuple[str, ...]) -> Iterator[Site]:
    """A platform that was loaded once, without any fault; gone afterwards. `name` tells its databases from others'."""
    current = settings()
    server = sources_server(current)
    source = Source(url(server, "postgres", current.secret(server.secret_name), "postgres"), name)
    source.create()
    with fresh_ledger(name) as (ledger, database):
        site = Site(ledger, database, source, folder, stages)
        _empty(site)
        secrets = site.state / "secrets"
        secrets.mkdir(parents=True, mode=0o700)
        for name in SECRETS:
            if current.secret_file(name).exists():
                shutil.copy(current.secret_file(name), secrets / name)
        (secrets / f"source_{SYSTEM}_url").write_text(source.reader_url, encoding="utf-8")
        (secrets / "ledger_url").write_text(database.url("lumbung_app"), encoding="utf-8")
        run = site.open("manual", "awal")
        for stage in stages:
            site.do(stage, run)
        try:
            yield site
        finally:
            if os.environ.get("LUMBUNG_TEST_KEEP") != "1":
                _empty(site)


def _empty(site: Site) -> None:
    """Remove what this platform has in engine, portal and on disk."""
    storage.remove_directory(site.state)
    if "conform" not in site.stages:
        return
    spark = session("gangguan")
    for dataset in site.declarations.datasets.values():
        for name in (curated_name(dataset), raw_name(dataset), quarantine_name(dataset)):
            spark.sql(f"DROP TABLE IF EXISTS {name}")
    spark.sql(f"DROP TABLE IF EXISTS mart.{MART}")
    if "publish" in site.stages:
        publication = site.declarations.marts[MART].publications[0]
        with suppress(NotFound):
            Portal.connect().call("dataset_purge", {"id": dataset_id(publication.id)})
