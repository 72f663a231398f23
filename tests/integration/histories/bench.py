"""Many histories side by side in three tables of one source, carried by the real stages and held against the oracle."""

from __future__ import annotations

import shutil
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pyarrow.parquet as pq
import pytest

from lumbung import storage
from lumbung.declarations.models import Dataset, Declarations, Rule
from lumbung.declarations.rulebook import generated_rules
from lumbung.ledger import Ledger
from lumbung.ops import quarantine, reconcile, replay, rollback
from lumbung.settings import settings
from lumbung.stages import conform, validate
from lumbung.stages.extract import extract
from lumbung.stages.land import land
from lumbung.warehouse.ddl import curated_name, quarantine_name, raw_name
from lumbung.warehouse.session import session
from tests.integration import extract_support, validate_cases
from tests.integration.histories import oracle
from tests.integration.histories.world import LAG, OVERLAP, STRICT, History, Key, Schedule, Source, Step, happen
from tests.integration.ledger_support import Database

ZONE = ZoneInfo("Asia/Jakarta")
CONNECTION = "riwayat"
TABLES = """
DROP TABLE IF EXISTS jam, peristiwa, harian, daftar CASCADE;
CREATE TABLE jam (sekarang timestamp without time zone);
INSERT INTO jam VALUES (timestamp '2020-01-01');
CREATE OR REPLACE FUNCTION jam_sistem() RETURNS timestamp LANGUAGE sql STABLE AS 'SELECT sekarang FROM public.jam';
CREATE TABLE peristiwa (riwayat integer, kunci integer, isi character varying(20), nilai numeric(6,0),
    diubah timestamp(0) without time zone);
CREATE TABLE harian (riwayat integer, kunci integer, isi character varying(20), nilai numeric(6,0), tanggal date);
CREATE TABLE daftar (riwayat integer, kunci integer, isi character varying(20), nilai numeric(6,0));
GRANT USAGE ON SCHEMA public TO uji_baca;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO uji_baca;
"""
CURSORS = {
    "peristiwa": ("diubah", "timestamp", "timestamp(0) without time zone"),
    "harian": ("tanggal", "date", "date"),
    "daftar": None,
}
Differences = dict[int, list[str]]
"""What went wrong, by history; -1: the whole."""
Versions = dict[Key, tuple[Any, ...]]
"""By key: content, step that accepted it, whether it is held, step that marked it deleted."""


class Bench:
    """A system of its own over the source database; `run` carries histories through a schedule."""

    def __init__(self, ledger: Ledger, source: Database) -> None:
        self.ledger, self.source = ledger, source
        self.spark = session("uji")
        self.system = f"riwayat{uuid.uuid4().hex[:8]}"
        self.bound = STRICT
        self.batches: dict[str, int] = {}
        self.names = tuple(CURSORS)
        source.execute(TABLES)

    def load(self) -> Declarations:
        """The system and its datasets, those in `names`, the rule as it stands now."""
        made = [self._dataset(name, number) for number, name in enumerate(CURSORS) if name in self.names]
        system = extract_support.system(code=self.system, connection=CONNECTION, lag=LAG)
        return Declarations.model_construct(
            root=Path(),
            systems={self.system: system},
            datasets={dataset.id: dataset for dataset in made},
            lists={},
            types={},
            marts={},
            tenant=_Tenant(),
        )

    def _dataset(self, name: str, order: int) -> Dataset:
        cursor = CURSORS[name]
        column = validate_cases.column
        columns = (
            column("riwayat", "integer", "integer", required=True),
            column("kunci", "integer", "integer", required=True),
            column("isi", "string", "character varying(20)"),
            column("nilai", "integer", "numeric(6,0)", precision=6, scale=0),
            *((column(*cursor),) if cursor else ()),
        )
        key = ("riwayat", "kunci")
        bound = Rule(
            id="nilai-wajar",
            kind="map",
            severity="error",
            expectation="expect_column_values_to_be_between",
            kwargs={"column": "nilai", "min_value": 0, "max_value": self.bound},
            columns=("nilai",),
            reason="Nilai {nilai} tidak wajar.",
            source="uji",
        )
        fields: dict[str, Any] = {
            "system": self.system,
            "name": name,
            "version": "1.0.0",
            "title": name,
            "description": "tabel uji",
            "limitations": "",
            "source_table": f"public.{name}",
            "period_column": None,
            "columns": columns,
            "key": key,
            "load": "window" if cursor else "full",
            "cursor": cursor[:1] if cursor else (),
            "overlap": OVERLAP,
            "linked": None,
            "lookup": True,  # no checkpoint of Great Expectations, which takes seconds a batch
            "order": order,
            "freshness": timedelta(days=1),
            "derived": {},
            "late_derived": (),
            "kept": (),
            "references": (),
            "list_refs": (),
            "master_refs": (),
            "rules": (*generated_rules(f"{self.system}.{name}", "1.0.0", columns, key, {}, {}), bound),
        }
        return Dataset(**fields)

    def run(self, plan: Schedule, histories: Sequence[History]) -> Differences:
        """Carry the histories through the schedule; what the oracle holds against the outcome, after every step."""
        expected = oracle.tables()
        source: Source = {}
        past: Source = {}
        clock = plan.start
        for number, step in enumerate(plan.steps):
            clock += step.advance
            for which, one in enumerate(histories):
                happen(source, past, which, one[number], clock)
            self._write(source, clock)
            self.bound = step.bound
            reads = {table.name: table.read(source, number, step, clock) for table in expected}
            self._stages(number, step, clock)
            found: Differences = defaultdict(list)
            if step.conform:
                for table in expected:
                    table.judge(step.bound)
                    versions, refused = self._versions(table.name), self._refused(table.name)
                    self._hold(table, versions, refused, found)
                    if step.run == "sapu":
                        living = {key: version for key, version in versions.items() if version[3] is None}
                        self._hold_against_source(table, source, step.bound, living, set(refused), found)
            for table in expected:
                self._hold_batch(table.name, number, reads[table.name], found)
            if step.run == "sapu" and number == len(plan.steps) - 1:
                for row in reconcile.reconcile_rows(self.system, self.ledger):
                    if row["difference"]:
                        found[-1].append(f"reconcile: {row}")
            if found:
                return {which: [f"step {number}: {text}" for text in texts] for which, texts in found.items()}
        return {}

    def _write(self, source: Source, clock: datetime) -> None:
        """The source database as the histories have it; its clock runs seven tenths of a second further."""
        with psycopg.connect(self.source.admin) as connection, connection.cursor() as cursor:
            cursor.execute("TRUNCATE peristiwa, harian, daftar")
            cursor.execute("UPDATE jam SET sekarang = %s", (clock + timedelta(seconds=0.7),))
            for name in CURSORS:
                with cursor.copy(f"COPY {name} FROM STDIN".encode()) as copy:
                    for key, rows in source.items():
                        for row in rows:
                            stamp = {"peristiwa": (row.at,), "harian": (row.day,), "daftar": ()}[name]
                            copy.write_row((*key, row.text, row.value, *stamp))

    def _stages(self, number: int, step: Step, clock: datetime) -> None:
        declarations = self.load()
        if step.run == "ulang":
            for dataset in declarations.of_system(self.system):
                opened = replay.replay(self.system, dataset.name, actor="penguji", ledger=self.ledger)
                if opened is not None:
                    self.batches[opened.batch_id] = number
        else:
            window = (
                tuple((clock - back).replace(tzinfo=ZONE) for back in step.window) if step.run == "isi-ulang" else None
            )
            trigger = f"{self.system}:{number}"
            run = self.ledger.open_run(self.system, step.run, trigger, "penguji", window=window)  # type: ignore[arg-type]
            extract(run.id, ledger=self.ledger, declarations=declarations, place=settings())
            land(run.id, ledger=self.ledger, place=settings())
            self.batches |= {batch.id: number for batch in self.ledger.batches(run_id=run.id)}
        if step.conform:
            conform.drain(self.system, self.ledger)

    def _hold(self, table: oracle.Table, actual: Versions, refused: Counter[Key], found: Differences) -> None:
        """Versions, marks and open refused rows against the oracle."""
        wanted = {
            key: (version.content, version.batch, version.held, version.deleted)
            for key, version in table.versions.items()
        }
        for key in sorted(actual.keys() | wanted.keys()):
            if actual.get(key) != wanted.get(key):
                found[key[0]].append(f"{table.name} key {key[1]}: is {actual.get(key)}, must be {wanted.get(key)}")
        must = Counter({key: len(rows) for key, rows in table.open.items()})
        for key in sorted(refused.keys() | must.keys()):
            if refused[key] != must[key]:
                found[key[0]].append(f"{table.name} key {key[1]}: {refused[key]} open rows, must be {must[key]}")
        mark = self.ledger.watermark(f"{self.system}.{table.name}")
        local = None if mark is None else mark.astimezone(ZONE).replace(tzinfo=None)
        if local != table.watermark:
            found[-1].append(f"{table.name}: watermark {local}, must be {table.watermark}")

    def _hold_against_source(
        self, table: oracle.Table, source: Source, bound: int, living: Versions, open_keys: set[Key], found: Differences
    ) -> None:
        """After a sweep every key of the source is exactly one of current, held, refused; no other key is current."""
        current, refused = oracle.truth(table, source, bound)
        shown = {key: version[0] for key, version in living.items() if not version[2]}
        for key in sorted(shown.keys() | current.keys()):
            if shown.get(key) != current.get(key):
                found[key[0]].append(f"{table.name} key {key[1]}: current {shown.get(key)}, source {current.get(key)}")
        held = {key for key, version in living.items() if version[2]}
        for key in sorted(held - refused):
            found[key[0]].append(f"{table.name} key {key[1]}: held although the source's row is good or gone")
        for key in sorted(open_keys ^ refused):
            found[key[0]].append(f"{table.name} key {key[1]}: open refused rows and the source disagree")

    def _hold_batch(self, name: str, number: int, wanted: oracle.Received | None, found: Differences) -> None:
        """What the step's batch received, by history, and its counts once it was judged."""
        of_step = [id for id, step in self.batches.items() if step == number and id.endswith(f".{name}")]
        if len(of_step) != (0 if wanted is None else 1):
            found[-1].append(f"{name}: batches {of_step}, must be {0 if wanted is None else 1}")
        if wanted is None or not of_step:
            return
        batch = self.ledger.batch(of_step[0])
        raw = pq.read_table(Path(batch.raw_path or "") / storage.DATA_FILE, columns=["riwayat"])
        actual = Counter(raw.column("riwayat").to_pylist())
        must = wanted.by_history
        for which in sorted(actual.keys() | must.keys()):
            if actual[which] != must[which]:
                found[which].append(f"{name}: received {actual[which]} rows, must be {must[which]}")
        counts = (batch.received, batch.accepted, batch.quarantined, batch.duplicate)
        if wanted.counts is not None and counts != wanted.counts:
            found[-1].append(f"{name}: received, accepted, quarantined, duplicate {counts}, must be {wanted.counts}")

    def _versions(self, name: str) -> Versions:
        dataset = self.load().datasets[f"{self.system}.{name}"]
        if not self.spark.catalog.tableExists(curated_name(dataset)):
            return {}
        content = [column.name for column in dataset.columns if column.name not in dataset.key]
        marks = ("_batch_id", "_tertahan_batch", "_dihapus_batch")
        rows = self.spark.table(curated_name(dataset)).select(*dataset.key, *content, *marks).toArrow().to_pylist()
        return {
            (row["riwayat"], row["kunci"]): (
                tuple(_plain(row[column]) for column in content),
                self.batches[row["_batch_id"]],
                row["_tertahan_batch"] is not None,
                None if row["_dihapus_batch"] is None else self.batches[row["_dihapus_batch"]],
            )
            for row in rows
        }

    def _refused(self, name: str) -> Counter[Key]:
        rows = quarantine.refused_rows(self.system, name, ledger=self.ledger)
        return Counter((row["key"]["riwayat"], row["key"]["kunci"]) for row in rows)

    def drop(self) -> None:
        """Remove what the passes left in the warehouse."""
        self.names = tuple(CURSORS)
        for dataset in self.load().datasets.values():
            for name in (curated_name(dataset), raw_name(dataset), quarantine_name(dataset)):
                self.spark.sql(f"DROP TABLE IF EXISTS {name}")
        for layer in ("raw", "valid", "quarantine"):
            shutil.rmtree(settings().warehouse / layer / self.system, ignore_errors=True)


class _Tenant:
    def model_dump(self, mode: str) -> dict[str, str]:
        return {"code": "uji"}


def _plain(value: Any) -> Any:
    """A value as the oracle has it: local time without zone, whole numbers as int."""
    if isinstance(value, datetime):
        return value.astimezone(ZONE).replace(tzinfo=None) if value.tzinfo else value
    return value if value is None or isinstance(value, str) or not hasattr(value, "to_integral_value") else int(value)


@contextmanager
def opened(ledger: Ledger, source: Database) -> Iterator[Bench]:
    """A bench whose declarations every stage sees, and its source's secret where the settings look for it."""
    made = Bench(ledger, source)
    secret = settings().secrets / f"source_{CONNECTION}_url"
    secret.write_text(source.url("uji_baca"), encoding="utf-8")
    try:
        with pytest.MonkeyPatch.context() as patch:
            for module in (conform, validate, quarantine, replay, reconcile, rollback):
                patch.setattr(module, "load", made.load)
            yield made
    finally:
        secret.unlink()
        made.drop()
