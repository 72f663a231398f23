"""land, and both stages killed at every boundary between two of their steps: the next attempt completes, once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lumbung import storage
from lumbung.ledger import StateError
from lumbung.stages import extract as stage
from tests.integration.extract_support import COLUMNS, SYSTEM, Site, fresh_site, reset, spool_folders

EXTRACT_POINTS = (
    "extract:snapshot-pinned",
    "extract:batches-opened",
    "extract:data-written",
    "extract:dataset-spooled",
    "extract:spool-complete",
    "extract:ledger-marked",
)
LAND_POINTS = (
    "land:data-copied",
    "land:raw-written",
    "land:raw-renamed",
    "land:ledger-marked",
    "land:spool-removed",
)
ORANG = list(range(1, 41))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with fresh_site("land", tmp_path_factory.mktemp("land")) as site:
        yield site


@pytest.fixture
def site(shared: Site) -> Site:
    reset(shared)
    return shared


def assert_landed_once(site: Site, trigger: str) -> None:
    """Everything of the run is landed exactly once, and nothing half-done lies about."""
    run = site.ledger.run_by_trigger(trigger)
    assert run is not None
    batches = site.ledger.batches(run_id=run.id)
    assert {batch.dataset for batch in batches} == {f"{SYSTEM}.{name}" for name in COLUMNS}
    assert {batch.state for batch in batches} == {"landed"}
    assert site.keys(run, "orang") == ORANG
    assert site.ledger.watermark("uji.orang") == run.to
    assert spool_folders(site) == []
    raw = site.place.warehouse / "raw" / SYSTEM
    folders = sorted(path.name for path in raw.glob("*/v1/*"))
    assert folders == sorted(f"batch={batch.id}" for batch in batches)
    for batch in batches:
        folder = Path(batch.raw_path or "")
        manifest = storage.read_manifest(folder)
        assert (manifest.digest, manifest.rows, manifest.batch) == (batch.digest, batch.received, batch.id)
        assert batch.raw_bytes == sum(file.bytes for file in manifest.files)
        assert sorted(path.name for path in folder.iterdir()) == ["_SUCCESS", "_manifest.json", "part-00000.parquet"]
        for file in manifest.files:
            storage.check_file(folder, file, batch.id)
    assert site.ledger.verify_audit() == []


@pytest.mark.parametrize("fault", EXTRACT_POINTS)
def test_extract_killed_anywhere_completes_on_retry(site: Site, fault: str) -> None:
    run = site.open("t1")
    site.killed("extract", run, fault)
    site.source.execute("UPDATE orang SET nama = 'lain' WHERE nik = '0000000000000001'")
    site.extract(run)
    site.land(run)
    assert_landed_once(site, "t1")
    # read anew unless the spool was complete: either way all datasets are of one snapshot
    snapshots = {storage.read_manifest(Path(b.raw_path or "")).snapshot for b in site.ledger.batches(run_id=run.id)}
    assert snapshots == {site.ledger.run(run.id).snapshot}
    kept = fault in ("extract:spool-complete", "extract:ledger-marked")
    first = next(row for row in site.raw(run, "orang").to_pylist() if row["nik"] == "0000000000000001")
    assert first["nama"] == ("Nama 1" if kept else "lain")


@pytest.mark.parametrize("fault", EXTRACT_POINTS)
def test_extract_killed_anywhere_the_next_run_completes(site: Site, fault: str) -> None:
    dead = site.open("t1")
    site.killed("extract", dead, fault)
    run = site.run("t2")
    assert site.ledger.watermark("uji.orang") == run.to
    landed = site.ledger.batches(dataset="uji.orang", states=("landed",))
    assert max(landed, key=lambda batch: batch.received or 0).received == len(ORANG)
    assert spool_folders(site) == []
    assert len(landed) == (2 if fault == "extract:ledger-marked" else 1)
    assert site.ledger.batches(dataset="uji.orang", states=("landed",))[-1].run_id == run.id


@pytest.mark.parametrize("fault", LAND_POINTS)
def test_land_killed_anywhere_completes_on_retry(site: Site, fault: str) -> None:
    run = site.open("t1")
    site.extract(run)
    site.killed("land", run, fault)
    site.land(run)
    assert_landed_once(site, "t1")


@pytest.mark.parametrize("fault", LAND_POINTS)
def test_land_killed_anywhere_the_next_run_lands_it_first(site: Site, fault: str) -> None:
    run = site.open("t1")
    site.extract(run)
    site.killed("land", run, fault)
    following = site.run("t2")
    order = [batch.run_id for batch in site.ledger.batches(dataset="uji.orang", states=("landed",))]
    assert order == [run.id, following.id]
    assert site.keys(run, "orang") == ORANG
    assert spool_folders(site) == []


def test_an_abandoned_run_is_marked_and_reads_anew_when_it_wakes_up(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = site.open("t1")
    site.killed("extract", late, "extract:spool-complete")
    monkeypatch.setattr(stage, "ABANDONED_AFTER", timedelta(0))
    newer = site.run("t2")
    assert site.ledger.run(late.id).state == "superseded"
    site.source.execute("UPDATE petugas SET nama = 'lain'")
    site.extract(late)
    site.land(late)
    assert site.ledger.run(late.id).state == "running"
    first, second = site.ledger.batches(dataset="uji.orang", states=("landed",))
    assert (first.run_id, second.run_id) == (newer.id, late.id)
    assert set(site.raw(late, "petugas").column("nama").to_pylist()) == {"lain"}


def test_a_backfill_that_died_is_not_superseded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "ABANDONED_AFTER", timedelta(0))
    site.run("t1")
    to = site.ledger.watermark("uji.orang")
    assert to is not None
    backfill = site.open("isi", "isi-ulang", window=(to.replace(day=1, hour=0), to))
    site.killed("extract", backfill, "extract:batches-opened")
    site.run("t2")
    assert site.ledger.run(backfill.id).state == "running"
    site.extract(backfill)
    site.land(backfill)
    assert site.keys(backfill, "orang") == ORANG


def test_a_raw_folder_that_is_complete_is_never_written_again(site: Site) -> None:
    run = site.open("t1")
    site.extract(run)
    site.killed("land", run, "land:raw-renamed")
    (data,) = (site.place.warehouse / "raw").rglob(storage.DATA_FILE)
    before = data.stat()
    site.land(run)
    assert (data.stat().st_ino, data.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_raw_folder_of_another_attempt_is_built_anew(site: Site) -> None:
    run = site.open("t1")
    site.extract(run)
    site.killed("land", run, "land:raw-renamed")
    (data,) = (site.place.warehouse / "raw").rglob(storage.DATA_FILE)
    data.write_bytes(b"rusak")
    site.land(run)
    assert_landed_once(site, "t1")


def test_doubled_and_late_tasks_do_nothing(site: Site) -> None:
    run = site.run("t1")
    before = [(batch, Path(batch.raw_path or "").stat().st_ino) for batch in site.ledger.batches(run_id=run.id)]
    site.extract(run)
    site.land(run)
    site.land(run)
    assert [(b, Path(b.raw_path or "").stat().st_ino) for b in site.ledger.batches(run_id=run.id)] == before


def test_land_before_extract_does_nothing_and_landing_is_refused(site: Site) -> None:
    run = site.open("t1")
    site.land(run)
    assert site.ledger.batches(run_id=run.id) == []
    site.killed("extract", run, "extract:dataset-spooled")
    with pytest.raises(StateError, match="is opened and cannot become landed"):
        site.ledger.landed(f"{run.id}-uji.orang", "/x", 1, None)


def test_a_spool_that_was_changed_is_not_landed_and_read_again(site: Site) -> None:
    run = site.open("t1")
    site.extract(run)
    path = Path(site.batch(run, "orang").spool_path or "") / storage.DATA_FILE
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    site.land(run)
    batch = site.batch(run, "orang")
    assert batch.state == "stopped"
    assert "SHA-256 differs" in (batch.error or "")
    assert site.batch(run, "kartu").state == "landed"
    assert site.ledger.watermark("uji.orang") is None
    assert site.keys(site.run("t2"), "orang") == ORANG


def test_a_lost_spool_is_read_again_by_the_next_run(site: Site) -> None:
    run = site.open("t1")
    site.extract(run)
    storage.remove_directory(site.place.spool)
    assert site.keys(site.run("t2"), "orang") == ORANG
    assert {batch.state for batch in site.ledger.batches(run_id=run.id)} == {"stopped"}


@pytest.mark.parametrize("step", ["extract", "land"])
def test_a_full_disk_leaves_nothing_half_done(site: Site, step: str) -> None:
    site.source.execute(
        "INSERT INTO petugas SELECT i::text, md5(i::text) || substr(md5((-i)::text), 1, 28)"
        " FROM generate_series(3, 40000) i"
    )
    run = site.open("t1")
    if step == "land":
        site.extract(run)
    done = site.with_small_files(step, run, 300_000)
    assert done.returncode == 1
    assert "StorageFull: dataset uji.petugas, batch uji-000001-uji.petugas" in done.stderr
    assert "byte sudah tertulis" in done.stderr
    left = [path for path in site.state.rglob("*petugas*") if path.name.startswith(".")]
    assert left == []
    site.extract(run)
    site.land(run)
    assert site.raw(run, "petugas").num_rows == 40_000
    assert spool_folders(site) == []


def test_the_manifest_tells_where_the_rows_came_from(site: Site) -> None:
    run = site.run("t1")
    manifest = storage.read_manifest(Path(site.batch(run, "rekap").raw_path or ""))
    assert manifest.source_tables == ("public.rekap_202501", "public.rekap_202502")
    assert manifest.source_clock == run.source_clock
    fields = {field.name: (field.type, field.source_type) for field in manifest.fields}
    assert fields["periode"] == ("string", None)
    assert fields["jumlah"] == ("int32", "integer")
    assert storage.schema_digest(manifest.fields) == manifest.schema_digest
    orang = storage.read_manifest(Path(site.batch(run, "orang").raw_path or ""))
    assert (orang.window_from, orang.window_to) == (None, run.to)
