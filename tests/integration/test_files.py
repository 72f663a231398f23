"""Files of a drop folder through the real ledger, extract and land: nothing lost, twice or overwritten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lumbung import faults
from lumbung.ledger import Ledger
from lumbung.sources.drop import leaving
from lumbung.sources.errors import SourceRefused, SourceUnavailable
from lumbung.sources.opening import open_snapshot
from lumbung.storage import StorageFull, read_manifest
from tests.integration.file_support import NOON, DropSite, kasus
from tests.integration.ledger_support import Database, fresh_ledger
from tests.unit.sources.gpkg_support import SQUARE, layer

JANUARY, FEBRUARY = kasus("Waru;1.250", "Gedangan;7"), kasus("Waru;3", "Sedati;4")
CORRECTED = kasus("Waru;1.251", "Taman;9")


@pytest.fixture(scope="module")
def books() -> Iterator[tuple[Ledger, Database]]:
    with fresh_ledger("berkas") as made:
        yield made


@pytest.fixture
def site(books: tuple[Ledger, Database], tmp_path: Path) -> DropSite:
    return DropSite(*books, tmp_path / "state")


def test_a_file_lands_and_is_kept_as_it_came(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    run = site.go()
    columns = ("bulan", "kecamatan", "kasus", "_berkas", "_baris", "_cacat", "_nilai")
    assert site.rows(run, *columns) == [
        ("202601", "Waru", "1.250", "kasus_202601.csv", 4, None, None),
        ("202601", "Gedangan", "7", "kasus_202601.csv", 5, None, None),
    ]
    assert site.names(site.inbox) == []
    assert site.originals() == [JANUARY.encode()]
    batch = site.batch(run)
    assert read_manifest(Path(batch.raw_path or "")).source_tables == ("kasus_202601.csv",)
    (file,) = site.ledger.files(site.system)
    assert (file.state, file.batch_id, file.rows, file.periode) == ("received", batch.id, 2, "202601")
    assert [one.id for one in site.ledger.files_of_batch(batch.id)] == [file.id]
    assert run.source_clock == datetime.fromtimestamp(NOON, UTC)
    assert site.batch(run, "usaha").received == 0
    assert "belum ada berkas yang diterima" in site.batch(run, "usaha").warnings


def test_a_corrected_file_replaces_its_period_alone(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    site.put("kasus_202602.csv", FEBRUARY)
    site.go()
    site.put("kasus_202601.csv", CORRECTED)
    run = site.go()
    assert site.rows(run, "bulan", "kecamatan", "kasus") == [
        ("202601", "Waru", "1.251"),
        ("202601", "Taman", "9"),
        ("202602", "Waru", "3"),
        ("202602", "Sedati", "4"),
    ]
    assert [state for _, state in site.states()] == ["superseded", "received", "received"]
    assert len(site.originals()) == 3
    site.put("kasus_202601.csv", JANUARY)  # back to what it was: a new file
    assert [row[1] for row in site.rows(site.go(), "bulan", "kecamatan")][:2] == ["Waru", "Gedangan"]
    assert [state for _, state in site.states()] == ["superseded", "received", "superseded", "received"]


def test_two_files_of_a_period_at_once_the_later_one_counts(site: DropSite) -> None:
    site.declare("kasus.yaml", r"kasus_(?P<periode>\d{6})", r"kasus_(?P<periode>\d{6}).*")
    site.put("kasus_202601_z.csv", JANUARY)
    site.put("kasus_202601_a.csv", CORRECTED)
    run = site.go()
    assert [row[0] for row in site.rows(run, "kecamatan")] == ["Waru", "Taman"]
    assert [state for _, state in site.states()] == ["superseded", "received"]
    assert site.names(site.inbox) == []


@pytest.mark.parametrize("name", ["kasus_202601.csv", "kasus_202601_lagi.csv"], ids=["same name", "another name"])
def test_the_same_file_again_is_a_duplicate(site: DropSite, name: str) -> None:
    site.declare("kasus.yaml", r"kasus_(?P<periode>\d{6})", r"kasus_(?P<periode>\d{6}).*")
    site.put("kasus_202601.csv", JANUARY)
    first = site.batch(site.go())
    site.put(name, JANUARY)
    second = site.batch(site.go())
    assert site.states() == [("kasus_202601.csv", "received"), (name, "duplicate")]
    assert (second.digest, second.received) == (first.digest, first.received)
    assert site.names(site.inbox) == [] and len(site.originals()) == 1
    assert any("sama isinya" in warning for warning in second.warnings)


def test_nothing_new_is_the_same_content(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    assert site.batch(site.go()).digest == site.batch(site.go()).digest


def test_what_is_not_finished_is_left_alone(site: DropSite) -> None:
    for name in ("kasus_202601.csv.part", "kasus_202601.csv.filepart", ".kasus_202601.csv", "kasus_202601.csv.tmp"):
        site.put(name, "Kecam")
    before = site.names(site.inbox)
    site.go()
    assert site.names(site.inbox) == before and site.states() == []
    site.declare("system.yaml", "settle_s: 0", "settle_s: 3600")
    site.put("kasus_202601.csv", JANUARY)  # its time of writing is old, but it has only just come
    run = site.go()
    assert site.states() == [] and "kasus_202601.csv" in site.names(site.inbox)
    assert any("masih ditulis" in warning for warning in site.batch(run).warnings)


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_a_map_that_somebody_has_open_waits_until_it_is_closed(site: DropSite, tmp_path: Path, end: str) -> None:
    site.put("batas.gpkg", layer(tmp_path / "x.gpkg", [SQUARE]).read_bytes())
    beside = site.put(f"batas.gpkg{end}", b"x")
    run = site.go()
    assert (site.batch(run, "batas").received, site.states()) == (0, [])
    assert site.names(site.inbox) == ["batas.gpkg", f"batas.gpkg{end}"]
    said = [warning for batch in site.ledger.batches(run_id=run.id) for warning in batch.warnings]
    assert any(f"masih terbuka di program lain (ada batas.gpkg{end})" in warning for warning in said)
    beside.unlink()
    assert site.batch(site.go(), "batas").received == 1
    assert site.names(site.inbox) == []


def test_a_file_that_is_not_as_declared_goes_back_and_the_older_one_stays_in_force(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    first = site.batch(site.go())
    site.put("kasus_202601.csv", kasus("Waru;1").replace("Kecamatan", "Desa"))
    batch = site.batch(site.go())
    assert batch.digest == first.digest
    assert site.states() == [("kasus_202601.csv", "received"), ("kasus_202601.csv", "refused")]
    assert site.names(site.inbox) == []
    assert site.names(site.refused) == ["kasus_202601.csv", "kasus_202601.csv.alasan.txt"]
    said = (site.refused / "kasus_202601.csv.alasan.txt").read_text()
    assert "kolom “Kecamatan” tidak ada" in said and "“Desa”" in said and "Traceback" not in said
    assert any("ditolak: kepala tabel tidak sesuai" in warning for warning in batch.warnings)
    causes = {alert.cause: alert.text for alert in site.ledger.open_alerts()}
    assert "kasus_202601.csv" in causes[f"berkas/{site.system}"]
    assert "file.refuse" in {entry.action for entry in site.ledger.audit_entries(f"{site.system}/kasus_202601.csv")}
    site.go()
    assert f"berkas/{site.system}" in {alert.cause for alert in site.ledger.open_alerts()}
    site.put("kasus_202601.csv", CORRECTED)
    site.go()
    assert f"berkas/{site.system}" not in {alert.cause for alert in site.ledger.open_alerts()}


def test_what_nobody_expects_goes_back_and_links_are_not_followed(site: DropSite, tmp_path: Path) -> None:
    secret = tmp_path / "rahasia.csv"
    secret.write_text(JANUARY)
    (site.inbox / "kasus_202602.csv").symlink_to(secret)
    (site.inbox / "kasus_202603.csv").mkdir()
    os.mkfifo(site.inbox / "kasus_202604.csv")
    site.put("Laporan Bupati.docx", b"PK\x03\x04")
    site.put("baris\nbaru.csv", JANUARY)
    run = site.go()
    assert [state for _, state in site.states()] == ["refused", "refused"]
    assert site.names(site.inbox) == ["kasus_202602.csv", "kasus_202603.csv", "kasus_202604.csv"]
    assert "Laporan Bupati.docx" in site.names(site.refused)
    assert site.batch(run).received == 0
    assert sum("bukan berkas biasa" in warning for warning in site.batch(run).warnings) == 3
    assert secret.read_text() == JANUARY


def test_a_folder_that_is_not_there_is_not_an_empty_one(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    site.go()
    site.inbox.rename(site.inbox.with_name("lain"))
    with pytest.raises(SourceUnavailable, match="Folder kosong bukan hal yang sama"):
        site.go()


def test_a_lost_original_stops_the_dataset_and_is_no_absence(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    site.go()
    for path in (site.place.warehouse / "raw" / site.system / "kasus" / "_asal").iterdir():
        path.unlink()
    batch = site.batch(site.go())
    assert batch.state == "stopped" and "hilang dari gudang" in (batch.error or "")
    site.put("kasus_202601.csv", JANUARY)  # sent again, as was asked
    assert site.batch(site.go()).received == 2
    assert site.originals() == [JANUARY.encode()]


def test_a_file_that_may_not_be_read_is_said_and_waits(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY).chmod(0)
    run = site.go()
    assert any("tidak boleh dibaca" in warning for warning in site.batch(run).warnings)
    (site.inbox / "kasus_202601.csv").chmod(0o640)
    assert site.batch(site.go()).received == 2


def test_a_folder_from_which_nothing_may_be_moved_is_refused(site: DropSite) -> None:
    site.inbox.chmod(0o500)
    try:
        with pytest.raises(SourceRefused, match="tidak boleh membaca dan menulis"):
            site.go()
    finally:
        site.inbox.chmod(0o700)


def test_kept_files_that_a_new_contract_does_not_fit_stop_the_dataset(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    site.go()
    site.declare("kasus.yaml", "physicalName: Jumlah Kasus", "physicalName: Kasus Aktif")
    batch = site.batch(site.go())
    assert batch.state == "stopped" and "kasus_202601.csv tidak lagi sesuai kontrak" in (batch.error or "")


def test_what_comes_under_the_same_name_before_landing_is_not_lost(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    run = site.open()
    site.extract(run)
    site.put("kasus_202601.csv", CORRECTED)
    site.land(run)
    assert site.names(site.inbox) == ["kasus_202601.csv"]
    assert [row[0] for row in site.rows(run, "kecamatan")] == ["Waru", "Gedangan"]
    assert site.originals() == [JANUARY.encode()]
    assert [row[0] for row in site.rows(site.go(), "kecamatan")] == ["Waru", "Taman"]


def test_what_is_put_there_while_a_file_leaves_is_not_lost(site: DropSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the renaming the department puts another file over the one that is meant."""
    site.put("kasus_202601.csv", JANUARY)
    run = site.open()
    site.extract(run)
    look = leaving.is_still

    def looked(path: Path, changed_ns: int, size: int) -> bool:
        still = look(path, changed_ns, size)
        path.write_text(CORRECTED)
        return still

    with monkeypatch.context() as patched:
        patched.setattr(leaving, "is_still", looked)
        site.land(run)
    assert [path.read_text() for path in site.inbox.iterdir()] == [CORRECTED]
    assert [row[0] for row in site.rows(site.go(), "kecamatan")] == ["Waru", "Taman"]


def test_nothing_leaves_the_drop_folder_before_it_has_landed(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    run = site.open()
    site.extract(run)
    assert site.names(site.inbox) == ["kasus_202601.csv"]
    assert site.states() == [("kasus_202601.csv", "arrived")]
    site.land(run)
    assert site.names(site.inbox) == []


def test_a_run_of_one_dataset_leaves_the_files_of_the_others(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    site.go("usaha")
    assert site.names(site.inbox) == ["kasus_202601.csv"] and site.states() == []


def test_reading_for_a_comparison_moves_nothing(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    with open_snapshot(site.place, site.declared.systems[site.system], (site.dataset(),)) as snapshot:
        assert snapshot.drift(site.dataset(), site.declared.root).errors == ()
        assert not snapshot.present(site.dataset())
    assert site.names(site.inbox) == ["kasus_202601.csv"] and site.states() == []


EXTRACT_POINTS = (
    "files:original-kept",
    "files:arrival-recorded",
    "files:refusal-recorded",
    "files:left",
    "extract:snapshot-pinned",
    "extract:dataset-spooled",
    "extract:spool-complete",
    "extract:ledger-marked",
)
LAND_POINTS = ("land:raw-renamed", "land:ledger-marked", "files:hidden", "files:left", "land:spool-removed")


def assert_all_done(site: DropSite) -> None:
    run = site.ledger.runs(site.system, limit=1)[0]
    assert site.names(site.inbox) == []
    assert site.names(site.refused) == ["kasus_202603.csv", "kasus_202603.csv.alasan.txt"]
    assert sorted(site.states()) == [
        ("kasus_202601.csv", "received"),
        ("kasus_202602.csv", "received"),
        ("kasus_202603.csv", "refused"),
    ]
    assert site.rows(run, "bulan", "kecamatan", "_row") == [
        ("202601", "Waru", 1),
        ("202601", "Gedangan", 2),
        ("202602", "Waru", 3),
        ("202602", "Sedati", 4),
    ]
    assert sorted(site.originals()) == sorted([JANUARY.encode(), FEBRUARY.encode()])
    assert any("kasus_202603.csv ditolak" in warning for warning in site.batch(run).warnings)
    assert len(site.ledger.files_of_batch(site.batch(run).id)) == 2


def three(site: DropSite) -> None:
    site.put("kasus_202601.csv", JANUARY)
    site.put("kasus_202602.csv", FEBRUARY)
    site.put("kasus_202603.csv", b"\x81")


@pytest.mark.parametrize("fault", EXTRACT_POINTS)
def test_extract_killed_anywhere_completes_on_retry(site: DropSite, fault: str) -> None:
    three(site)
    run = site.open()
    site.killed("extract", run, fault)
    site.extract(run)
    site.land(run)
    assert_all_done(site)


@pytest.mark.parametrize("fault", LAND_POINTS)
def test_land_killed_anywhere_completes_on_retry(site: DropSite, fault: str) -> None:
    three(site)
    run = site.open()
    site.extract(run)
    site.killed("land", run, fault)
    site.land(run)
    site.land(run)
    assert_all_done(site)


@pytest.mark.parametrize("fault", ["files:original-kept", "extract:dataset-spooled"])
def test_a_full_disk_leaves_everything_where_it_was(
    site: DropSite, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(site)
    run = site.open()
    with monkeypatch.context() as patched:
        patched.setattr(faults, "_passed", 0)
        patched.setenv("LUMBUNG_FAULT", f"{fault}=full")
        with pytest.raises((OSError, StorageFull)):
            site.extract(run)
    assert {"kasus_202601.csv", "kasus_202602.csv"} <= set(site.names(site.inbox))
    site.extract(run)
    site.land(run)
    assert_all_done(site)
