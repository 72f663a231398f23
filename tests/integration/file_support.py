"""A system that drops files, declared by a small tree, with a ledger and folders of its own."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lumbung import storage
from lumbung.declarations import Declarations, load, loader
from lumbung.declarations.models import Dataset
from lumbung.faults import FAULT_VARIABLE
from lumbung.ledger import Batch, Ledger, Run
from lumbung.ops import files, forget, maintenance, quarantine, reconcile
from lumbung.settings import ROOT, Settings, settings
from lumbung.sources.drop.originals import inbox, originals_folder, refused_folder
from lumbung.stages import promotion, validate
from lumbung.stages.extract import extract
from lumbung.stages.land import land
from lumbung.stages.promotion import promote
from lumbung.warehouse.ddl import curated_name, quarantine_name, raw_name
from tests.integration.ledger_support import Database

TREE = ROOT / "tests" / "unit" / "declarations" / "tree"
NOON = 1_767_243_600
"""2026-01-01 05:00 UTC, when the department writes its first file."""
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
LOADING = (validate, quarantine, maintenance, reconcile, forget, files)
PLACED = (*LOADING, promotion)


def kasus(*rows: str) -> str:
    """A file of dataset `kasus`: title lines, header, rows."""
    return "\n".join(["Laporan Kasus", "", "Kecamatan;Jumlah Kasus", *rows, ""])


@dataclass
class DropSite:
    """System `lapor…` of the tree: `kasus` (CSV by month), `usaha` (XLSX) and `batas` (GeoPackage)."""

    ledger: Ledger
    database: Database
    state: Path
    system: str = field(default_factory=lambda: f"lapor{uuid.uuid4().hex[:8]}x")
    minutes: int = 0

    def __post_init__(self) -> None:
        root = self.state.parent / "root"
        shutil.copytree(TREE, root)
        folder = root / "contracts" / self.system
        (root / "contracts" / "lapor").rename(folder)
        for file in folder.iterdir():
            file.write_text(file.read_text().replace("lapor", self.system).replace("settle_s: 120", "settle_s: 0"))
        self.declared = load(root)
        (self.state / "secrets").mkdir(parents=True)
        (self.state / "secrets" / "ledger_url").write_text(self.database.url("lumbung_app"))
        self.inbox.mkdir(parents=True)

    def load(self, *_: Any) -> Declarations:
        return self.declared

    def declare(self, file: str, old: str, new: str) -> None:
        """Change a declaration."""
        path = self.declared.root / "contracts" / self.system / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
        loader._load.cache_clear()
        self.declared = load(self.declared.root)

    @property
    def place(self) -> Settings:
        data = settings().model_dump() | {"state": self.state}
        for derived in ("spool", "warehouse", "data_docs", "logs", "secrets", "drop"):
            data.pop(derived)
        return Settings(**data)

    @property
    def inbox(self) -> Path:
        return inbox(self.place, self.system)

    @property
    def refused(self) -> Path:
        return refused_folder(self.place, self.system)

    def dataset(self, name: str = "kasus") -> Dataset:
        return self.declared.datasets[f"{self.system}.{name}"]

    def put(self, name: str, content: str | bytes) -> Path:
        """The department puts a file there, a minute after the one before."""
        path = self.inbox / name
        path.write_bytes(content.encode("cp1252") if isinstance(content, str) else content)
        moment = NOON + 60 * self.minutes
        os.utime(path, (moment, moment))
        self.minutes += 1
        return path

    def open(self, *datasets: str) -> Run:
        chosen = tuple(f"{self.system}.{name}" for name in datasets) or None
        return self.ledger.open_run(self.system, "manual", uuid.uuid4().hex, "penguji", datasets=chosen)

    def extract(self, run: Run) -> None:
        extract(run.id, ledger=self.ledger, declarations=self.declared, place=self.place)

    def land(self, run: Run) -> None:
        land(run.id, ledger=self.ledger, place=self.place)

    def go(self, *datasets: str) -> Run:
        """One run up to raw."""
        run = self.open(*datasets)
        self.extract(run)
        self.land(run)
        return self.ledger.run(run.id)

    def through(self, name: str = "kasus") -> Batch:
        """One run of a dataset up to its curated table."""
        run = self.go(name)
        batch = self.batch(run, name)
        assert validate.validate_batch(batch.id, ledger=self.ledger)
        promote(self.ledger, self.declared, self.ledger.batch(batch.id))
        return self.batch(run, name)

    def batch(self, run: Run, name: str = "kasus") -> Batch:
        return self.ledger.batch(f"{run.id}-{self.system}.{name}")

    def raw(self, run: Run, name: str = "kasus") -> pa.Table:
        return pq.read_table(Path(self.batch(run, name).raw_path or "") / storage.DATA_FILE)

    def rows(self, run: Run, *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of what landed of `kasus`."""
        return [tuple(row[name] for name in columns) for row in self.raw(run).to_pylist()]

    def states(self) -> list[tuple[str, str]]:
        """(name, state) of every file that came."""
        return [(file.name, file.state) for file in self.ledger.files(self.system)]

    def names(self, folder: Path) -> list[str]:
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def originals(self, name: str = "kasus") -> list[bytes]:
        """What is kept, in the order of the names that the files came under."""
        folder = originals_folder(self.place.warehouse, self.system, name)
        return [path.read_bytes() for path in sorted(folder.iterdir(), key=lambda path: path.name[17:])]

    def killed(self, stage: str, run: Run, fault: str) -> None:
        """Run a stage in a process of its own that dies at `fault`; the test fails when it gets past it."""
        environment = {FAULT_VARIABLE: fault, "LUMBUNG__STATE": str(self.state)}
        process = FORKS.Process(target=_work, args=(stage, run.id, str(self.declared.root), environment))
        process.start()
        process.join(120)
        assert process.exitcode == -signal.SIGKILL, f"{stage} did not die at {fault}: {process.exitcode}"

    def drop(self) -> None:
        """Take the tables away."""
        from lumbung.warehouse.session import session

        for name in ("kasus", "usaha", "batas"):
            for table in (curated_name, raw_name, quarantine_name):
                session("uji").sql(f"DROP TABLE IF EXISTS {table(self.dataset(name))}")


@contextmanager
def visible(site: DropSite, patch: pytest.MonkeyPatch) -> Iterator[DropSite]:
    """The commands and stages see the site's declarations and folders."""
    for module in LOADING:
        patch.setattr(module, "load", site.load)
    for module in PLACED:
        patch.setattr(module, "settings", lambda: site.place)
    try:
        yield site
    finally:
        site.drop()


def _work(stage: str, run_id: str, root: str, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    settings.cache_clear()
    if stage == "extract":
        extract(run_id, declarations=load(Path(root)))
    else:
        land(run_id)
