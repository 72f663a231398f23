"""A source of its own, a small warehouse and a ledger, carried through the real stages: for maintenance and erasure."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.declarations.models import Contact, Declarations, Registration, Retention, Rule, System
from lumbung.declarations.rulebook import generated_rules
from lumbung.ledger import Batch, Ledger
from lumbung.ops import forget, maintenance, quarantine, reconcile, replay, trace
from lumbung.settings import Settings, settings
from lumbung.stages import promotion, validate
from lumbung.stages.extract import extract
from lumbung.stages.land import land
from lumbung.stages.promotion import promote
from lumbung.warehouse.ddl import curated_name, quarantine_name, raw_name
from lumbung.warehouse.session import session
from tests.integration.ledger_support import Database, fresh_database, fresh_ledger
from tests.integration.warehouse_support import column, dataset

TABLES = """
CREATE FUNCTION jam_sistem() RETURNS timestamp LANGUAGE sql STABLE AS $$SELECT timestamp '2026-01-10 10:00'$$;
CREATE TABLE orang (nik character varying(16), nama character varying(60), ke numeric(4,0), ubah timestamp);
GRANT USAGE ON SCHEMA public TO uji_baca;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO uji_baca;
"""
PLACES = (validate, quarantine, replay, maintenance, reconcile, forget, promotion)
MODULES = (*PLACES[:-1], trace)


class FakeTenant:
    """What the stages and the maintenance ask of a tenant."""

    code = "uji"
    retention = Retention(personal=30, other=60)

    def model_dump(self, mode: str) -> dict[str, str]:
        return {"code": self.code}


def _system(code: str) -> System:
    registration = Registration(
        number="1", category="rendah", decision="1", decision_date=date(2026, 1, 1), status="disetujui", agreement="1"
    )
    return System.model_construct(
        code=code,
        name="Sistem uji",
        owner_name="Dinas Uji",
        contact=Contact(name="Uji", email="uji@opd.example.invalid"),
        registration=registration,
        transport="postgresql",
        connection=code,
        clock_sql="SELECT public.jam_sistem()",
        timezone="Asia/Jakarta",
        lag=timedelta(0),
        timeout_s=60,
    )


@dataclass
class Farm:
    """One system `uji…` with the dataset `orang` (key nik; a name that is not upper case is refused)."""

    ledger: Ledger
    database: Database
    source: Database
    state: Path
    system: str = field(default_factory=lambda: f"uji{uuid.uuid4().hex[:8]}x")

    def __post_init__(self) -> None:
        columns = (
            column("nik", "string", "character varying(16)", required=True, classification="rahasia"),
            column("nama", "string", "character varying(60)"),
            column("ke", "integer", "numeric(4,0)", precision=4, scale=0),
            column("ubah", "timestamp", "timestamp without time zone"),
        )
        upper = Rule(
            id="nama-besar",
            kind="map",
            severity="error",
            expectation="expect_column_values_to_match_regex",
            kwargs={"column": "nama", "regex": "^[A-Z ]+$"},
            columns=("nama",),
            reason="Nama {nama} milik {nik} tidak ditulis dengan huruf besar.",
            source="uji",
        )
        rules = (*generated_rules(f"{self.system}.orang", "1.0.0", columns, ("nik",), {}, {}), upper)
        self.orang = dataset("orang", columns, ("nik",), system=self.system, rules=rules, lookup=True)
        secrets = self.state / "secrets"
        secrets.mkdir(parents=True, exist_ok=True)
        (secrets / f"source_{self.system}_url").write_text(self.source.url("uji_baca"))

    @property
    def place(self) -> Settings:
        data = settings().model_dump() | {"state": self.state}
        for derived in ("spool", "warehouse", "data_docs", "logs", "secrets"):
            data.pop(derived)
        return Settings(**data)

    def load(self, *_: Any) -> Declarations:
        return Declarations.model_construct(
            root=Path(),
            systems={self.system: _system(self.system)},
            datasets={self.orang.id: self.orang},
            lists={},
            types={},
            marts={"uji": SimpleNamespace(name="uji", title="Uji", columns=(), publications=())},
            tenant=FakeTenant(),
        )

    def put(self, *rows: tuple[Any, ...]) -> None:
        """Make these (nik, nama, ke) the content of the source's table."""
        self.source.execute("TRUNCATE orang")
        for nik, nama, number in rows:
            self.source.execute(f"INSERT INTO orang VALUES ('{nik}', '{nama}', {number}, '2026-01-09 08:00')")

    def go(self, *rows: tuple[Any, ...], until: str = "conform") -> Batch:
        """Put rows into the source and carry them through the stages."""
        self.put(*rows)
        run = self.ledger.open_run(self.system, "manual", uuid.uuid4().hex, "penguji")
        extract(run.id, ledger=self.ledger, declarations=self.load(), place=self.place)
        land(run.id, ledger=self.ledger, place=self.place)
        batch_id = f"{run.id}-{self.orang.id}"
        if until != "land":
            assert validate.validate_batch(batch_id, ledger=self.ledger)
            promote(self.ledger, self.load(), self.ledger.batch(batch_id))
        return self.ledger.batch(batch_id)

    def age(self, batch: Batch, days: int) -> None:
        """Let a batch have landed so many days ago."""
        self.database.execute(
            f"UPDATE ledger.batch SET landed_at = landed_at - interval '{days} days' WHERE id = '{batch.id}'"
        )

    def raw(self, batch: Batch) -> Path:
        return Path(batch.raw_path or "")

    def table(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        spark = session("uji")
        spark.sql(f"REFRESH TABLE {name}")
        return sorted(tuple(row) for row in spark.table(name).select(*columns).collect())

    def drop(self) -> None:
        for name in (curated_name(self.orang), raw_name(self.orang), quarantine_name(self.orang)):
            session("uji").sql(f"DROP TABLE IF EXISTS {name}")
        shutil.rmtree(self.state, ignore_errors=True)


@contextmanager
def fresh_pair(name: str) -> Iterator[tuple[Ledger, Database, Database]]:
    """A ledger and a source database; shared by the tests of a module, whose systems differ."""
    with (
        fresh_ledger(f"{name}_ledger") as (ledger, database),
        fresh_database(f"{name}_sumber", ("uji_baca",)) as source,
    ):
        source.execute(TABLES)
        yield ledger, database, source


@contextmanager
def farm(pair: tuple[Ledger, Database, Database], state: Path, patch: pytest.MonkeyPatch) -> Iterator[Farm]:
    """A farm whose declarations and folders the commands see."""
    made = Farm(*pair, state)
    for module in MODULES:
        patch.setattr(module, "load", made.load)
    for module in PLACES:
        patch.setattr(module, "settings", lambda: made.place)
    try:
        yield made
    finally:
        made.drop()


__all__ = ["Farm", "farm", "fresh_pair"]
