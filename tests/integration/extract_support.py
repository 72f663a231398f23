"""A small source system `uji` for the tests of extract and land: tables, contract, settings, and a process to kill."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lumbung import storage
from lumbung.declarations.models import Column, Contact, Dataset, Declarations, Registration, System
from lumbung.faults import FAULT_VARIABLE
from lumbung.ledger import Batch, Ledger, Run
from lumbung.settings import ROOT, Settings, settings
from lumbung.stages.extract import extract
from lumbung.stages.land import land
from tests.integration.ledger_support import Database, fresh_database, fresh_ledger

CREDENTIALS = "lumbung:rahasia sekali"

SYSTEM = "uji"
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
START = datetime(2026, 1, 10, 3, 0, tzinfo=UTC)  # 10:00 WIB, the source clock of a fresh source

TABLES = """
CREATE TABLE jam (sekarang timestamp without time zone);
INSERT INTO jam VALUES (timestamp '2026-01-10 10:00:00.7');
CREATE FUNCTION jam_sistem() RETURNS timestamp LANGUAGE sql STABLE AS 'SELECT sekarang FROM public.jam';
CREATE TABLE orang (
    nik character varying(16), nama character varying(60), kode character(3), gaji numeric(12,2), berat numeric,
    lahir date, diubah timestamp(0) without time zone, dibuat timestamp(0) without time zone
);
CREATE TABLE kartu (no_kk character varying(16), alamat text, dicatat timestamp with time zone);
CREATE TABLE petugas (nip character varying(18), nama character varying(60));
CREATE TABLE rekap_202501 (nik character varying(16), jumlah integer);
CREATE TABLE rekap_202502 (nik character varying(16), jumlah integer);
INSERT INTO orang SELECT lpad(i::text, 16, '0'), 'Nama ' || i, 'ab', i, i, date '1990-01-01',
    CASE WHEN i % 2 = 0 THEN timestamp '2026-01-09 08:00' END, timestamp '2026-01-01 08:00' + i * interval '1 hour'
FROM generate_series(1, 40) i;
INSERT INTO kartu SELECT lpad(i::text, 16, '9'), 'Jl. ' || i, timestamptz '2026-01-05 08:00+07'
FROM generate_series(1, 10) i;
INSERT INTO petugas VALUES ('1', 'Ani'), ('2', 'Budi');
INSERT INTO rekap_202501 VALUES ('1', 5), ('2', 6);
INSERT INTO rekap_202502 VALUES ('1', 5);
"""
GRANTS = (
    "GRANT USAGE ON SCHEMA public TO uji_baca",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO uji_baca",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO uji_baca",
)
COLUMNS = {
    "orang": {
        "nik": "character varying(16)",
        "nama": "character varying(60)",
        "kode": "character(3)",
        "gaji": "numeric(12,2)",
        "berat": "numeric",
        "lahir": "date",
        "diubah": "timestamp(0) without time zone",
        "dibuat": "timestamp(0) without time zone",
    },
    "kartu": {"no_kk": "character varying(16)", "alamat": "text", "dicatat": "timestamp with time zone"},
    "petugas": {"nip": "character varying(18)", "nama": "character varying(60)"},
    "rekap": {"periode": "text", "nik": "character varying(16)", "jumlah": "integer"},
}
KEYS = {"orang": ("nik",), "kartu": ("no_kk",), "petugas": ("nip",), "rekap": ("periode", "nik")}
CURSORS = {"orang": ("diubah", "dibuat"), "kartu": ("dicatat",)}


def dataset(name: str, columns: dict[str, str] | None = None, **other: object) -> Dataset:
    """A dataset of system `uji`: only what extract and land look at."""
    columns = COLUMNS[name] if columns is None else columns
    key = KEYS.get(name, ())
    values: dict[str, object] = {
        "system": SYSTEM,
        "name": name,
        "version": "1.2.0",
        "source_table": "public.rekap_{periode}" if name == "rekap" else f"public.{name}",
        "period_column": "periode" if name == "rekap" else None,
        "columns": tuple(
            Column.model_construct(name=column, logical="string", physical=physical, required=column in key)
            for column, physical in columns.items()
        ),
        "key": key,
        "load": "window" if name in CURSORS else "full",
        "cursor": CURSORS.get(name, ()),
        "overlap": timedelta(days=1),
        "linked": None,
        "order": list(COLUMNS).index(name) if name in COLUMNS else 99,
    }
    return Dataset.model_construct(**(values | other))


def service_place(folder: Path, url: str) -> Settings:
    """The profile with secrets of its own: the address of the service of system `uji`, and `CREDENTIALS` for it."""
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / "source_uji_url").write_text(url)
    (secrets / "source_uji_credentials").write_text(CREDENTIALS)
    return settings().model_copy(update={"secrets": secrets})


def system(**other: object) -> System:
    """System `uji`, approved."""
    registration = Registration(
        number="PSE-UJI-1",
        category="rendah",
        decision="1/2026",
        decision_date=date(2026, 1, 1),
        status="disetujui",
        agreement="PKS-1",
    )
    values: dict[str, object] = {
        "code": SYSTEM,
        "name": "Sistem uji",
        "owner": "uji",
        "owner_name": "Dinas Uji",
        "contact": Contact(name="Uji", email="uji@opd.example.invalid"),
        "registration": registration,
        "transport": "postgresql",
        "connection": SYSTEM,
        "clock_sql": "SELECT public.jam_sistem()",
        "timezone": "Asia/Jakarta",
        "lag": timedelta(0),
        "timeout_s": 60,
    }
    return System.model_construct(**(values | other))


def declared(root: Path, *datasets: Dataset, **of_system: object) -> Declarations:
    """Declarations of system `uji` with these datasets (default: all four), contract files under `root`."""
    chosen = datasets or tuple(dataset(name) for name in COLUMNS)
    for one in chosen:
        path = root / "contracts" / SYSTEM / f"{one.name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = ["schema:", f"  - name: {one.name}", f"    physicalName: {one.source_table}", "    properties:"]
        path.write_text("\n".join([*lines, *(f"      - name: {c.name}" for c in one.columns)]) + "\n")
    return Declarations.model_construct(
        root=root, systems={SYSTEM: system(**of_system)}, datasets={one.id: one for one in chosen}
    )


@dataclass
class Site:
    """A ledger, a source and a place for files, all empty."""

    ledger: Ledger
    ledger_database: Database
    source: Database
    state: Path
    declarations: Declarations

    @property
    def place(self) -> Settings:
        """The profile's settings with this site's folders."""
        data = settings().model_dump() | {"state": self.state}
        for derived in ("spool", "warehouse", "data_docs", "logs", "secrets"):
            data.pop(derived)
        return Settings(**data)

    def open(self, trigger: str, kind: str = "manual", **options: object) -> Run:
        return self.ledger.open_run(SYSTEM, kind, trigger, "penguji", **options)  # type: ignore[arg-type]

    def extract(self, run: Run) -> None:
        extract(run.id, ledger=self.ledger, declarations=self.declarations, place=self.place)

    def land(self, run: Run) -> None:
        land(run.id, ledger=self.ledger, place=self.place)

    def run(self, trigger: str, kind: str = "manual", **options: object) -> Run:
        """One whole run of extract and land."""
        run = self.open(trigger, kind, **options)
        self.extract(run)
        self.land(run)
        return self.ledger.run(run.id)

    def batch(self, run: Run, name: str) -> Batch:
        return self.ledger.batch(f"{run.id}-{SYSTEM}.{name}")

    def raw(self, run: Run, name: str) -> pa.Table:
        return pq.read_table(Path(self.batch(run, name).raw_path or "") / storage.DATA_FILE)

    def keys(self, run: Run, name: str) -> list[int]:
        """The numbers in the first key column of a landed batch, sorted."""
        column = KEYS[name][-1]
        return sorted(int(value) for value in self.raw(run, name).column(column).to_pylist())

    def killed(self, stage: str, run: Run, fault: str) -> None:
        """Run a stage in a process of its own that dies at `fault`; the test fails when it gets past it.

        The process comes from a fork server that has imported everything, so it costs no start-up.
        """
        environment = {FAULT_VARIABLE: fault, "LUMBUNG__STATE": str(self.state)}
        process = FORKS.Process(target=_work, args=(stage, run.id, str(self.declarations.root), environment))
        process.start()
        process.join(120)
        assert process.exitcode == -signal.SIGKILL, f"{stage} did not die at {fault}: {process.exitcode}"

    def with_small_files(self, stage: str, run: Run, file_bytes: int) -> subprocess.CompletedProcess[str]:
        """Run a stage in a process that cannot write files above `file_bytes`, as on a full disk."""
        arguments = [stage, run.id, str(self.declarations.root), str(file_bytes)]
        return subprocess.run(
            [sys.executable, "-m", "tests.integration.extract_support", *arguments],
            cwd=ROOT,
            env=os.environ | {"LUMBUNG__STATE": str(self.state)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@contextmanager
def fresh_source(name: str) -> Iterator[Database]:
    """A source server's database with the tables of system `uji`, readable for role `uji_baca`."""
    with fresh_database(name, ("uji_baca",)) as source:
        source.execute(TABLES, *GRANTS)
        yield source


@contextmanager
def fresh_site(name: str, folder: Path) -> Iterator[Site]:
    """A site with a fresh ledger and source; secrets lie where the settings look for them."""
    with fresh_ledger(f"{name}_ledger") as (ledger, database), fresh_source(f"{name}_sumber") as source:
        site = Site(ledger, database, source, folder / "state", declared(folder / "root"))
        secrets = site.state / "secrets"
        secrets.mkdir(parents=True)
        (secrets / f"source_{SYSTEM}_url").write_text(source.url("uji_baca"))
        (secrets / "ledger_url").write_text(database.url("lumbung_app"))
        yield site


def reset(site: Site) -> None:
    """Empty ledger, source and folders, so that a test starts from nothing."""
    tables = "run, batch, rule_count, refused, watermark, marts_run, mart_refresh, publication"
    site.ledger_database.execute(f"TRUNCATE {', '.join('ledger.' + t for t in tables.split(', '))} CASCADE")
    site.source.execute("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", TABLES, *GRANTS)
    for folder in (site.place.spool, site.place.warehouse):
        storage.remove_directory(folder)
    site.declarations = declared(site.declarations.root)


def spool_folders(site: Site) -> list[str]:
    """Names of everything in the spool, hidden ones too."""
    return sorted(path.name for path in site.place.spool.glob("*")) if site.place.spool.is_dir() else []


def _work(stage: str, run_id: str, root: str, environment: dict[str, str]) -> None:
    """`extract` or `land` of a run, everything else from the environment."""
    os.environ.update(environment)
    settings.cache_clear()
    if stage == "extract":
        extract(run_id, declarations=declared(Path(root)))
    else:
        land(run_id)


def main() -> None:
    """A stage under a limit on the size of files."""
    stage, run_id, root, file_bytes = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(file_bytes), int(file_bytes)))
    _work(stage, run_id, root, {})


if __name__ == "__main__":
    main()
