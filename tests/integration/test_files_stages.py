"""Dropped files all the way: judged with their line, replaced, compared with their source, kept and erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from xlsxwriter import Workbook

from lumbung.ledger import Batch, Ledger
from lumbung.ops import forget, maintenance
from lumbung.ops.files import file_rows
from lumbung.ops.forget import ForgetRefused, examine, subject_of
from lumbung.ops.freshness import freshness
from lumbung.ops.quarantine import refused_rows
from lumbung.ops.reconcile import reconcile_rows
from lumbung.ops.refusals import note_of
from lumbung.warehouse.ddl import curated_name, quarantine_name
from lumbung.warehouse.session import session
from tests.integration.file_support import DropSite, kasus, visible
from tests.integration.ledger_support import Database, fresh_ledger
from tests.unit.sources.gpkg_support import BOW, SQUARE, layer

GROUND, REASON = "UU 27/2022 Pasal 8", "permohonan pemilik data"


@pytest.fixture(scope="module")
def books() -> Iterator[tuple[Ledger, Database]]:
    with fresh_ledger("berkas_jalan") as made:
        yield made


@pytest.fixture
def site(books: tuple[Ledger, Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DropSite]:
    with visible(DropSite(*books, tmp_path / "state"), monkeypatch) as made:
        yield made


def current(site: DropSite, name: str = "kasus", *columns: str) -> list[tuple[Any, ...]]:
    table = curated_name(site.dataset(name))
    session("uji").sql(f"REFRESH TABLE {table}")
    frame = session("uji").table(table).where("_dihapus_batch IS NULL")
    return sorted(tuple(str(cell) for cell in row) for row in frame.select(*columns).collect())


def counts(batch: Batch) -> tuple[int | None, ...]:
    return batch.received, batch.accepted, batch.quarantined, batch.duplicate


def exact(site: DropSite) -> bool:
    rows = [row for row in reconcile_rows(site.system, site.ledger) if row["dataset"] == "kasus"]
    return [row["difference"] for row in rows] == [0]


def test_a_bad_row_is_told_with_its_line_and_goes_when_the_file_is_mended(site: DropSite) -> None:
    site.put(
        "kasus_202601.csv",
        kasus("Waru;1.250", "Gedangan", "Taman;banyak", ";5", "Sedati;1;2", "TOTAL;9", "Candi;3", "Buduran;\x00"),
    )
    first = site.through()
    assert counts(first) == (7, 2, 5, 0)
    rows = refused_rows(site.system, ledger=site.ledger)
    assert [(row["file"], row["line"], row["rules"]) for row in rows] == [
        ("kasus_202601.csv", 5, ["bentuk:baris"]),
        ("kasus_202601.csv", 6, ["tipe:kasus"]),
        ("kasus_202601.csv", 7, ["wajib:kecamatan"]),
        ("kasus_202601.csv", 8, ["bentuk:baris"]),
        ("kasus_202601.csv", 11, ["nilai:lain"]),
    ]
    reasons = [row["reasons"][0] for row in rows]
    assert reasons[0] == "Baris 5: Tidak terbaca seutuhnya: berisi 1 kolom, seharusnya 2 seperti kepala tabel."
    assert reasons[1].startswith("Baris 6: ") and "banyak" in reasons[1]
    assert site.place and exact(site)
    note = note_of(site.declared, site.system, "uji", rows)
    assert next(refusal.row for refusal in note.refusals) == "kasus_202601.csv: 5"
    assert "kirim berkas itu lagi" in note.refusals[0].advice
    columns = session("uji").table(quarantine_name(site.dataset())).columns
    assert {"_berkas", "_baris", "_cacat"} <= set(columns)
    assert any("1 baris total" in warning for warning in first.warnings)

    site.put("kasus_202601.csv", kasus("Waru;1.250", "Gedangan;7", "Taman;8", "Sedati;4"))
    second = site.through()
    assert counts(second) == (4, 3, 0, 1)
    assert refused_rows(site.system, ledger=site.ledger) == []
    assert current(site, "kasus", "bulan", "kecamatan", "kasus") == [
        ("202601", "Gedangan", "7.00"),
        ("202601", "Sedati", "4.00"),
        ("202601", "Taman", "8.00"),
        ("202601", "Waru", "1250.00"),
    ]  # Candi is gone: the corrected file has it no more
    assert exact(site)


def test_a_file_refused_whole_changes_nothing_and_an_unchanged_drop_starts_no_work(site: DropSite) -> None:
    site.put("kasus_202601.csv", kasus("Waru;1", "Taman;2"))
    site.through()
    before = current(site, "kasus", "kecamatan", "kasus")
    site.put("kasus_202601.csv", b"\x81\x8d")
    unchanged = site.through()
    assert (unchanged.same_as, counts(unchanged)) != (None, ()) and unchanged.duplicate == 2
    assert current(site, "kasus", "kecamatan", "kasus") == before
    assert exact(site)


def test_what_is_read_again_every_night_is_no_younger_for_it(site: DropSite) -> None:
    site.through()
    batches = site.ledger.batches(dataset=site.dataset().id)
    now = datetime.now(UTC)
    assert batches[0].conformed_at  # an empty folder is read as well
    assert freshness(site.dataset(), "Asia/Jakarta", batches, now, site.ledger.files_of_batch).last_success is None
    site.put("kasus_202601.csv", kasus("Waru;1"))
    site.through()
    site.through()
    batches = site.ledger.batches(dataset=site.dataset().id)
    found = freshness(site.dataset(), "Asia/Jakarta", batches, now, site.ledger.files_of_batch)
    (came,) = site.ledger.files(site.system)
    assert (found.last_success, found.period) == (came.arrived_at, "202601")


def test_a_damaged_row_is_never_taken_for_the_good_one(site: DropSite) -> None:
    site.put("kasus_202601.csv", kasus("Waru;1", "Taman;2"))
    site.through()
    site.put("kasus_202601.csv", kasus("Waru;1;x", "Taman;2"))
    batch = site.through()
    assert counts(batch) == (2, 0, 1, 1)
    assert exact(site)


def book(path: Path, *rows: tuple[Any, ...]) -> Path:
    with Workbook(str(path)) as made:
        page = made.add_worksheet("Data")
        page.merge_range("A1:A2", "NIB")
        page.merge_range("B1:C1", "Alamat")
        page.write_string("B2", "Kecamatan")
        page.write_string("C2", "Desa")
        for number, cells in enumerate(rows, 2):
            for column, cell in enumerate(cells):
                page.write(number, column, cell)
        page.merge_range("B3:B4", "Waru")
    return path


def test_a_workbook_goes_the_same_way(site: DropSite, tmp_path: Path) -> None:
    made = book(tmp_path / "x.xlsx", ("9120000000001", ""), ("9120000000002", ""), (9120000000000003.0, "Taman"))
    site.put("usaha 2026.xlsx", made.read_bytes())
    batch = site.through("usaha")
    assert counts(batch) == (3, 2, 1, 0)
    assert current(site, "usaha", "nib", "kecamatan") == [("9120000000001", "Waru"), ("9120000000002", "Waru")]
    (row,) = refused_rows(site.system, "usaha", ledger=site.ledger)
    assert (row["file"], row["line"], row["rules"]) == ("usaha 2026.xlsx", 5, ["bentuk:baris"])
    assert "rusak oleh Excel" in row["reasons"][0]


def test_a_layer_goes_the_same_way_and_curated_holds_its_drawings(site: DropSite, tmp_path: Path) -> None:
    made = layer(tmp_path / "x.gpkg", [SQUARE, BOW, SQUARE, "POINT(112.7 -7.4)", SQUARE])
    site.put("batas 2026.gpkg", made.read_bytes())
    batch = site.through("batas")
    assert counts(batch) == (5, 3, 2, 0)
    table = session("uji").table(curated_name(site.dataset("batas"))).where("_dihapus_batch IS NULL")
    rows = {row["kode"]: (bytes(row["batas"]), float(row["luas"])) for row in table.collect()}
    assert sorted(rows) == ["A", "C", "E"] and dict(table.dtypes)["batas"] == "binary"
    drawn, area = rows["A"]
    assert shapely.equals_exact(shapely.from_wkb(drawn), shapely.from_wkt(SQUARE), 1e-12)
    assert area == pytest.approx(1_220_700, rel=0.001)
    refused = refused_rows(site.system, "batas", ledger=site.ledger)
    assert [(row["line"], row["key"], row["rules"]) for row in refused] == [
        (2, {"kode": "B"}, ["bentuk:baris"]),
        (4, {"kode": "D"}, ["bentuk:baris"]),
    ]
    assert "memotong dirinya sendiri di titik 112.705000, -7.405000" in refused[0]["reasons"][0]

    moved = layer(tmp_path / "y.gpkg", [SQUARE, SQUARE.replace("112.71 ", "112.72 "), SQUARE])
    site.put("batas 2027.gpkg", moved.read_bytes())
    mended = site.through("batas")
    assert counts(mended) == (3, 1, 0, 2)  # B is drawn well now; A and C are unchanged, D and E have gone
    assert [row[0] for row in current(site, "batas", "kode")] == ["A", "B", "C"]
    assert refused_rows(site.system, "batas", ledger=site.ledger) == []


def test_what_was_replaced_goes_when_its_time_is_over_what_is_in_force_never(site: DropSite) -> None:
    site.put("kasus_202601.csv", kasus("Waru;1"))
    site.through()
    site.put("kasus_202601.csv", kasus("Waru;2"))
    site.put("kasus_202602.csv", b"\x81")
    site.through()
    assert [s.kind for s in maintenance.plan(site.ledger).steps if s.kind == "asal"] == []
    later = datetime.now(UTC) + timedelta(days=4000)
    plan = maintenance.plan(site.ledger, later)
    targets = sorted(Path(step.target).name for step in plan.steps if step.kind == "asal")
    assert len(targets) == 2 and targets[1] == "kasus_202602.csv"
    maintenance.apply(plan.checksum, "cli:penguji", ledger=site.ledger, now=later)
    assert site.originals() == [kasus("Waru;2").encode()]
    assert site.names(site.refused) == []
    gone = [(file.state, file.removed_why) for file in site.ledger.files(site.system)]
    assert gone == [("superseded", "masa simpan habis"), ("received", None), ("refused", "masa simpan habis")]
    assert counts(site.through()) == (1, 0, 0, 1)


def test_a_person_is_gone_from_every_kept_file_after_the_department_sent_without_her(site: DropSite) -> None:
    site.put("kasus_202601.csv", kasus("SITI;1", "BUDI;2"))
    site.through()
    site.put("kasus_202602.csv", kasus("SITI;1").replace("Jumlah", "Banyak"))  # refused
    site.put("kasus_202603.csv", kasus("ANI;3"))
    site.through()
    subject = subject_of(site.system, "kasus", {"kecamatan": "SITI"})
    assert any("sumber masih memuat 1 baris" in refusal for refusal in examine(subject, site.ledger).refusals)
    site.put("kasus_202601.csv", kasus("BUDI;2"))
    assert any("menunggu di folder masuk" in refusal for refusal in examine(subject, site.ledger).refusals)
    site.through()
    found = examine(subject, site.ledger)
    assert found.refusals == ()
    assert sorted((one.batch, one.rows) for one in found.found if one.part == "original") == [
        ("kasus_202601.csv", 1),
        ("kasus_202602.csv", 0),
    ]
    forget.forget(subject, found.checksum, "cli:penguji", GROUND, REASON, site.ledger)
    files = [path for path in site.state.rglob("*") if path.is_file()]
    assert [path for path in files if b"SITI" in path.read_bytes()] == []
    assert sorted(site.originals()) == sorted([kasus("ANI;3").encode(), kasus("BUDI;2").encode()])
    removed = [file.removed_why or "" for file in site.ledger.files(site.system) if file.removed_at]
    assert len(removed) == 2 and all("dihapus atas permintaan hapus-" in why for why in removed)
    assert exact(site)
    with pytest.raises(ForgetRefused, match="Tidak ada baris"):
        again = examine(subject, site.ledger)
        forget.forget(subject, again.checksum, "cli:penguji", GROUND, REASON, site.ledger)


def test_a_replaced_map_is_dropped_with_whoever_is_erased(site: DropSite, tmp_path: Path) -> None:
    old = layer(tmp_path / "x.gpkg", [SQUARE, SQUARE]).read_bytes()
    site.put("batas 2026.gpkg", old)
    site.through("batas")
    new = layer(tmp_path / "y.gpkg", [SQUARE]).read_bytes()
    site.put("batas 2027.gpkg", new)
    site.through("batas")
    assert examine(subject_of(site.system, "batas", {"kode": "X"}), site.ledger).found == ()  # mistyped: nobody
    subject = subject_of(site.system, "batas", {"kode": "B"})
    found = examine(subject, site.ledger)
    assert found.refusals == ()
    assert [(one.batch, one.rows) for one in found.found if one.part == "original"] == [("batas 2026.gpkg", 1)]
    forget.forget(subject, found.checksum, "cli:penguji", GROUND, REASON, site.ledger)
    assert site.originals("batas") == [new]
    assert [row[0] for row in current(site, "batas", "kode")] == ["A"]


def test_what_has_arrived_is_shown_with_what_waits(site: DropSite) -> None:
    site.put("kasus_202601.csv", kasus("Waru;1"))
    site.put("kasus_202602.csv", b"\x81")
    run = site.go()
    site.put("kasus_202603.csv", kasus("Waru;2"))
    rows = list(file_rows(site.system, site.ledger))
    assert [(row["name"], row["periode"], row["state"], row["rows"], row["batch"]) for row in rows] == [
        ("kasus_202601.csv", "202601", "berlaku", 1, site.batch(run).id),
        ("kasus_202602.csv", "202602", "ditolak", None, None),
        ("kasus_202603.csv", None, "menunggu", None, None),
    ]
    assert "bukan cp1252" in rows[1]["reason"]
