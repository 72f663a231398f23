"""Maintenance on real files, a real ledger and the engine: what goes, what stays, and that it can die anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lumbung.ledger import Ledger
from lumbung.ops import leftovers, maintenance, retention, snapshots
from lumbung.ops.plans import PlanChanged
from lumbung.ops.quarantine import refused_rows
from lumbung.ops.reconcile import reconcile_rows
from lumbung.rules.places import quarantine_folder
from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import curated_name, quarantine_name, raw_name
from lumbung.warehouse.session import session
from tests.integration.care_support import Farm, farm, fresh_pair
from tests.integration.ledger_support import Database

A, B, C = ("1" * 16, "ANI", 1), ("2" * 16, "BUDI", 2), ("3" * 16, "CICI", 3)
REFUSED = ("2" * 16, "budi", 2)
WHO = "cli:penguji"


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Ledger, Database, Database]]:
    with fresh_pair("rawat") as made:
        yield made


@pytest.fixture
def site(pair: tuple[Ledger, Database, Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Farm]:
    with farm(pair, tmp_path / "state", monkeypatch) as made:
        yield made


def plan(site: Farm, now: datetime | None = None) -> list[tuple[str, str]]:
    found = maintenance.plan(site.ledger, now)
    return [(step.kind, Path(step.target).name) for step in found.steps]


def apply(site: Farm, now: datetime | None = None) -> maintenance.Applied:
    return maintenance.apply(maintenance.plan(site.ledger, now).checksum, WHO, ledger=site.ledger, now=now)


def exact(site: Farm) -> bool:
    return [row["difference"] for row in reconcile_rows(site.system, site.ledger)] == [0]


def test_old_files_go_as_shown_and_every_count_stays_exact(site: Farm) -> None:
    old = site.go(A, REFUSED)
    new = site.go(A, B, C)
    site.age(old, 31)
    stranger = site.raw(old).with_name("batch=lain-000001-lain.orang")
    stranger.mkdir()
    assert plan(site) == [("raw", f"batch={old.id}"), ("karantina", f"batch={old.id}")]
    assert site.raw(old).is_dir()  # so far only shown
    with pytest.raises(PlanChanged, match="Tidak ada yang diubah"):
        maintenance.apply("000000000000", WHO, ledger=site.ledger)
    assert site.raw(old).is_dir()
    done = apply(site)
    assert (done.steps, done.freed > 0) == (2, True)
    assert not site.raw(old).exists() and site.raw(new).is_dir()
    assert not quarantine_folder(site.place.warehouse, site.system, "orang", old.id).exists()
    assert {row[0] for row in site.table(raw_name(site.orang), "batch")} == {new.id}
    assert site.table(quarantine_name(site.orang), "batch") == []
    assert exact(site)
    found = maintenance.plan(site.ledger, datetime.now(UTC) + timedelta(days=9))
    assert [step for step in found.steps if step.target == str(stranger)] == []
    assert [reason for reason in found.kept if str(stranger) in reason and "tidak dikenal ledger" in reason]
    assert refused_rows(site.system, closed=True, ledger=site.ledger) == []
    assert {row.key_hash for row in site.ledger.refused_rows(batch_id=old.id, state=None)} == {""}
    entries = site.ledger.audit_entries(f"maintenance-{done.maintenance_id}")
    assert [(entry.action, entry.actor) for entry in entries] == [("maintenance.done", WHO), ("maintenance.open", WHO)]


def test_what_is_needed_stays_however_old(site: Farm) -> None:
    """Open refused rows, a batch that is not judged, and a folder that does not hold what the ledger says."""
    wrong, refused = site.go(A), site.go(A, REFUSED)
    waiting = site.go(A, REFUSED, C, until="land")
    for batch in (wrong, refused, waiting):
        site.age(batch, 500)
    site.database.execute(f"UPDATE ledger.batch SET received = 2, accepted = 2 WHERE id = '{wrong.id}'")
    found = maintenance.plan(site.ledger)
    assert found.steps == ()
    assert [reason.split(": ", 1)[1] for reason in found.kept] == [
        "raw memuat 1 baris, ledger 2: periksa dulu",
        "1 baris masih ditolak",
        "batch masih landed",
    ]


LATER = timedelta(days=40)


def test_old_snapshots_go_those_of_marts_stay_and_small_files_are_written_together(
    site: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = site.place.maintenance.model_copy(update={"snapshots_kept": 2, "small_files": 2})
    place = site.place.model_copy(update={"maintenance": small})
    monkeypatch.setattr(maintenance, "settings", lambda: place)
    name, spark = curated_name(site.orang), session("uji")
    batches = [site.go(*((f"{n:016d}", "ANI", n) for n in range(1, last + 1))) for last in range(1, 6)]
    made = [batch.snapshot_id for batch in batches]
    site.ledger.record_mart(
        "uji", f"mart-{site.system}", datetime.now(UTC), {site.orang.id: made[1]}, 1, 1, {}, None, "d"
    )
    assert plan(site) == [("padatkan", name)]  # all snapshots are young
    now = datetime.now(UTC) + LATER
    assert ("snapshot", name) in plan(site, now)
    before = site.table(name, "nik", "_batch_id")
    found = maintenance.plan(site.ledger, now)
    maintenance.apply(found.checksum, WHO, ledger=site.ledger, now=now)
    left = set(iceberg.snapshots(spark, name))
    assert made[1] in left and made[4] in left and made[3] in left
    assert made[0] not in left and made[2] not in left
    assert site.table(name, "nik", "_batch_id") == before
    assert iceberg.at(spark, name, made[1] or 0).count() == 2  # its files are still there
    assert spark.table(f"{name}.files").count() == 1
    assert exact(site)


class Killed(BaseException):
    """Stands for a process that died: nothing may catch it."""


def test_killed_at_any_step_the_counts_are_exact_and_the_plan_is_carried_on(
    site: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One plan that dies at one point after the other, in the order in which it comes to them."""
    small = site.place.maintenance.model_copy(update={"snapshots_kept": 1, "small_files": 2})
    place = site.place.model_copy(update={"maintenance": small})
    monkeypatch.setattr(maintenance, "settings", lambda: place)
    old = site.go(A, REFUSED)
    site.go(A, B)
    site.age(old, 31)
    left = site.raw(old).with_name(f".batch={old.id}x.tmp")
    left.mkdir()
    now = datetime.now(UTC) + LATER
    site.database.execute(f"UPDATE ledger.batch SET landed_at = '{now.isoformat()}' WHERE id <> '{old.id}'")
    found = maintenance.plan(site.ledger, now)
    assert {step.kind for step in found.steps} == {"raw", "karantina", "snapshot", "padatkan", "sisa"}
    modules = (maintenance, retention, snapshots, leftovers)
    sources = [Path(module.__file__ or "").read_text(encoding="utf-8") for module in modules]
    for name in [name for text in sources for name in re.findall(r'point\("([^"]+)"\)', text)]:

        def kill(here: str, name: str = name) -> None:
            if here == name:
                raise Killed

        with monkeypatch.context() as patched:
            for module in modules:
                patched.setattr(module, "point", kill)
            with pytest.raises(Killed):
                maintenance.apply(found.checksum, WHO, ledger=site.ledger, now=now)
        assert exact(site), name
    maintenance.apply(found.checksum, "airflow", ledger=site.ledger, now=now)
    assert exact(site)
    assert not site.raw(old).exists() and not left.exists()
    assert list(site.raw(old).parent.glob(".*")) == []
    assert [step for step in maintenance.plan(site.ledger, now).steps if step.kind != "snapshot"] == []
    assert site.ledger.unfinished_maintenance(found.checksum) is None
