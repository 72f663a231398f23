"""extract against a real PostgreSQL: windows, one snapshot, drift, exact values, bounded load."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest

from lumbung.declarations.models import Dataset, System
from lumbung.ledger import LockBusy
from lumbung.sources.database import connection
from lumbung.sources.database.postgresql import open_postgresql
from lumbung.sources.digest import ContentDigest
from lumbung.sources.errors import SourceError, SourceRefused, SourceUnavailable
from lumbung.sources.snapshot import Snapshot
from lumbung.stages import extract as stage
from lumbung.storage import Manifest, read_manifest
from tests.integration.extract_support import (
    START,
    SYSTEM,
    Site,
    dataset,
    declared,
    fresh_site,
    reset,
    spool_folders,
    system,
)
from tests.integration.ledger_support import patience


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with fresh_site("extract", tmp_path_factory.mktemp("extract")) as site:
        yield site


@pytest.fixture
def site(shared: Site) -> Site:
    reset(shared)
    return shared


def set_clock(site: Site, text: str) -> None:
    site.source.execute(f"UPDATE jam SET sekarang = timestamp '{text}'")


def test_first_run_reads_everything_up_to_the_source_clock(site: Site) -> None:
    run = site.run("t1")
    to = START.replace(microsecond=0)
    assert (run.source_clock, run.to) == (START + timedelta(milliseconds=700), to)
    assert site.keys(run, "orang") == list(range(1, 41))
    assert site.batch(run, "orang").window_from is None
    assert site.batch(run, "orang").window_to == to
    assert site.ledger.watermark("uji.orang") == to
    assert site.ledger.watermark("uji.petugas") is None
    assert site.batch(run, "petugas").mode == "full"
    assert spool_folders(site) == []


def test_a_source_whose_machine_vanished_is_noticed_within_minutes(site: Site) -> None:
    with connection.connect(site.source.admin, system()) as opened:
        assert patience(opened.fileno()) == (30, 10, 3, 60_000)


def test_window_takes_late_backdated_boundary_and_timeless_rows(site: Site) -> None:
    first = site.run("t1")
    site.source.execute(
        """INSERT INTO orang (nik, diubah, dibuat) VALUES
        ('101', '2026-01-09 10:00:00', NULL),  -- exactly watermark - overlap: outside
        ('102', '2026-01-09 10:00:01', NULL),  -- backdated within the overlap
        ('103', '2026-01-11 10:00:00', NULL),  -- exactly the new `to`
        ('104', '2026-01-11 10:00:01', NULL),  -- after the new `to`
        ('105', NULL, '2026-01-10 20:00:00'),  -- second cursor column
        ('106', '2026-01-02 00:00:00', '2026-01-10 20:00:00'),  -- first column decides
        ('107', NULL, NULL), ('108', 'infinity', NULL), ('109', '-infinity', NULL)"""
    )
    set_clock(site, "2026-01-11 10:00:00.9")
    run = site.run("t2")
    # of the first forty: those whose cursor (diubah, else dibuat) is after 9 January 10:00
    assert site.keys(run, "orang") == [102, 103, 105, 107, 108, 109]
    assert site.batch(run, "orang").window_from == site.batch(first, "orang").window_to - timedelta(days=1)
    assert site.ledger.watermark("uji.orang") == datetime(2026, 1, 11, 3, 0, tzinfo=UTC)


def test_zoned_cursor_is_compared_as_a_moment(site: Site) -> None:
    site.run("t1")
    site.source.execute(
        "INSERT INTO kartu VALUES ('201', 'a', '2026-01-11 03:00:00+00'), ('202', 'b', '2026-01-11 03:00:01+00')"
    )
    set_clock(site, "2026-01-11 10:00:00")
    assert site.keys(site.run("t2"), "kartu") == [201]


def test_backfill_reads_the_closed_window_and_leaves_the_watermark(site: Site) -> None:
    site.run("t1")
    before = site.ledger.watermark("uji.orang")
    window = (datetime(2026, 1, 1, 2, 0, tzinfo=UTC), datetime(2026, 1, 1, 4, 0, tzinfo=UTC))  # 09:00-11:00 WIB
    run = site.run("isi", "isi-ulang", window=window)
    assert site.keys(run, "orang") == [1, 3]  # odd ones have no `diubah`; 2 was changed on 9 January
    assert site.ledger.watermark("uji.orang") == before
    assert {batch.dataset for batch in site.ledger.batches(run_id=run.id)} == {"uji.orang", "uji.kartu"}


def test_a_backfill_ahead_of_the_watermark_leaves_no_gap(site: Site) -> None:
    site.run("t1")
    before = site.ledger.watermark("uji.orang")
    site.source.execute("INSERT INTO orang (nik, dibuat) VALUES ('500', '2026-01-12'), ('501', '2026-01-14 12:00')")
    set_clock(site, "2026-01-15 10:00:00")
    window = (datetime(2026, 1, 14, tzinfo=UTC), datetime(2026, 1, 20, tzinfo=UTC))
    run = site.run("isi", "isi-ulang", window=window)
    assert site.keys(run, "orang") == [501]
    assert site.batch(run, "orang").window_to == datetime(2026, 1, 15, 3, 0, tzinfo=UTC)
    assert site.ledger.watermark("uji.orang") == before
    assert site.keys(site.run("t2"), "orang") == [500, 501]


def test_sweep_reads_window_datasets_whole_also_what_is_ahead_of_the_clock(site: Site) -> None:
    """A row that the sweep did not read would count as deleted at the source."""
    site.run("t1")
    site.source.execute("INSERT INTO orang (nik, dibuat) VALUES ('300', '2026-02-01')")
    run = site.run("sapu", "sapu")
    assert site.keys(run, "orang") == [*range(1, 41), 300]
    assert site.batch(run, "orang").mode == "sweep"
    assert site.ledger.watermark("uji.orang") == site.batch(run, "orang").window_to
    assert "1 baris uji.orang berwaktu di depan jam sumber" in site.batch(run, "orang").warnings[0]


def test_period_tables_are_found_and_named_in_the_rows(site: Site) -> None:
    site.source.execute("CREATE TABLE rekap_202601 (nik character varying(16), jumlah integer)")
    site.source.execute("INSERT INTO rekap_202601 VALUES ('9', 1)", "CREATE TABLE rekap_lama (nik text)")
    rows = site.raw(site.run("t1"), "rekap").to_pylist()
    assert sorted((row["periode"], row["nik"], row["jumlah"]) for row in rows) == [
        ("202501", "1", 5),
        ("202501", "2", 6),
        ("202502", "1", 5),
        ("202601", "9", 1),
    ]
    assert sorted(row["_row"] for row in rows) == [1, 2, 3, 4]


def test_all_tables_are_of_one_snapshot_while_a_writer_commits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    original = stage.spool_dataset
    spooled: list[str] = []

    def write_between(snapshot: Snapshot, one: Dataset, *rest: object) -> Manifest:
        manifest = original(snapshot, one, *rest)
        if not spooled:
            site.source.execute(
                "INSERT INTO orang (nik, dibuat) VALUES ('400', '2026-01-01')", "INSERT INTO petugas VALUES ('9', 'x')"
            )
        spooled.append(one.name)
        return manifest

    monkeypatch.setattr(stage, "spool_dataset", write_between)
    run = site.run("t1")
    assert len(spooled) == 4
    assert 400 not in site.keys(run, "orang")
    assert site.keys(run, "petugas") == [1, 2]
    manifests = [read_manifest(Path(batch.raw_path or "")) for batch in site.ledger.batches(run_id=run.id)]
    assert len(manifests) == 4
    assert {manifest.snapshot for manifest in manifests} == {run.snapshot}


def test_a_table_cannot_be_altered_between_look_and_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    original = stage.spool_dataset

    def alter_before(snapshot: Snapshot, one: Dataset, *rest: object) -> Manifest:
        with psycopg.connect(site.source.admin, autocommit=True) as writer:
            writer.execute("SET lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                writer.execute(f"ALTER TABLE {one.name if one.name != 'rekap' else 'rekap_202501'} ADD baru int")
        return original(snapshot, one, *rest)

    monkeypatch.setattr(stage, "spool_dataset", alter_before)
    assert site.keys(site.run("t1"), "orang") == list(range(1, 41))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param("ALTER TABLE orang DROP COLUMN nama", ["kolom nama", "tidak ada lagi"], id="dropped-optional"),
        pytest.param("ALTER TABLE orang DROP COLUMN nik", ["kolom nik", "kunci"], id="dropped-key"),
        pytest.param("ALTER TABLE orang DROP COLUMN diubah", ["kolom diubah", "kursor"], id="dropped-cursor"),
        pytest.param(
            "ALTER TABLE orang RENAME COLUMN nama TO nama_lengkap",
            ["kolom nama ", "nama_lengkap (diganti nama?)"],
            id="renamed",
        ),
        pytest.param(
            "ALTER TABLE orang ALTER COLUMN lahir TYPE text USING lahir::text",
            ["kolom lahir", "bertipe text", "menyebut date"],
            id="retyped",
        ),
        pytest.param(
            "ALTER TABLE orang ALTER COLUMN gaji TYPE numeric(12,3)", ["kolom gaji", "numeric(12,3)"], id="rescaled"
        ),
        pytest.param("DROP TABLE orang", ["tabel public.orang tidak ada"], id="table-missing"),
        pytest.param("REVOKE SELECT ON orang FROM uji_baca", ["tidak boleh dibaca"], id="not-readable"),
    ],
)
def test_drift_stops_the_dataset_and_the_others_flow(site: Site, change: str, words: list[str]) -> None:
    site.source.execute(change)
    run = site.run("t1")
    batch = site.batch(run, "orang")
    assert batch.state == "stopped"
    for word in [*words, "public.orang", "contracts/uji/orang.yaml:"]:
        assert word in (batch.error or ""), batch.error
    assert site.ledger.watermark("uji.orang") is None
    assert {one.dataset for one in site.ledger.batches(run_id=run.id, states=("landed",))} == {
        "uji.kartu",
        "uji.petugas",
        "uji.rekap",
    }


def test_columns_in_another_order_keep_their_values(site: Site) -> None:
    """A table that was made anew: the batch reads by name, and is what it was."""
    first = site.batch(site.run("t1"), "petugas").digest
    site.source.execute("ALTER TABLE petugas RENAME TO lama", "CREATE TABLE petugas AS SELECT nama, nip FROM lama")
    run = site.run("t2")
    assert site.batch(run, "petugas").digest == first
    assert [row["nama"] for row in site.raw(run, "petugas").to_pylist()] == ["Ani", "Budi"]


def test_drift_names_the_line_of_the_column(site: Site) -> None:
    site.source.execute("ALTER TABLE orang DROP COLUMN gaji")
    error = site.batch(site.run("t1"), "orang").error or ""
    lines = (site.declarations.root / "contracts/uji/orang.yaml").read_text().splitlines()
    number = int(error.split("contracts/uji/orang.yaml:")[1].split(",")[0])
    assert lines[number - 1].endswith("name: gaji")


def test_after_the_mend_the_stopped_window_is_read(site: Site) -> None:
    site.source.execute("ALTER TABLE orang RENAME COLUMN nama TO nama_lengkap")
    site.run("t1")
    site.source.execute("ALTER TABLE orang RENAME COLUMN nama_lengkap TO nama")
    assert site.keys(site.run("t2"), "orang") == list(range(1, 41))


def test_a_new_column_lands_with_a_warning_and_is_not_read(site: Site) -> None:
    site.source.execute("ALTER TABLE orang ADD COLUMN agama_baru character varying(5) DEFAULT 'x'")
    run = site.run("t1")
    batch = site.batch(run, "orang")
    assert batch.state == "landed"
    assert "kolom baru agama_baru (character varying(5))" in batch.warnings[0]
    assert "agama_baru" not in site.raw(run, "orang").column_names
    assert any(entry.action == "batch.warn" for entry in site.ledger.audit_entries(batch.id))


@pytest.mark.parametrize("status", ["diajukan", "ditolak", "ditangguhkan", "dicabut"])
def test_nothing_is_taken_from_a_system_that_is_not_approved(site: Site, status: str) -> None:
    approved = system().registration
    site.declarations = declared(
        site.declarations.root, registration=approved.model_copy(update={"status": status}), connection="tidak-ada"
    )
    run = site.open("t1")
    with pytest.raises(stage.NotApproved, match=r"contracts/uji/system\.yaml, kunci registration\.status"):
        site.extract(run)
    assert site.ledger.batches(run_id=run.id) == []


EXTREMES = [
    ("s", "text", ["'a'", "''", "NULL", "'\"k\"; ''x'", "E'baris\\r\\ndua,\\ttab'", "'ñ漢🙂'", "'\\.'", "' '", "'N'"]),
    ("v", "character varying(5)", ["'ab '"]),
    ("c", "character(4)", ["'ab'", "''"]),
    ("n", "numeric(38,10)", ["1234567890123456789012345678.0123456789", "-0.0000000001", "0", "'NaN'"]),
    ("z", "numeric(5,0)", ["-99999"]),
    ("w", "numeric(50,5)", ["123456789012345678901234567890123456789012345.00001"]),
    ("u", "numeric", ["1e-130", "1e60", "1.50", "'NaN'", "'Infinity'", "'-Infinity'"]),
    ("d", "date", ["'0001-01-01'", "'9999-12-31'", "'infinity'", "'-infinity'", "'10000-01-01'", "'0044-03-15 BC'"]),
    (
        "t",
        "timestamp without time zone",
        ["'0001-01-01 00:00:00'", "'9999-12-31 23:59:59.999999'", "'infinity'", "'1969-12-31 23:59:59.5'"],
    ),
    ("t0", "timestamp(0) without time zone", ["'2026-01-01 00:00:00.6'"]),
    ("tz", "timestamp with time zone", ["'2026-01-01 07:00:00+07'", "'0001-01-01 00:00:00+00'", "'-infinity'"]),
    ("b", "boolean", ["true", "false"]),
    ("i2", "smallint", ["-32768"]),
    ("i4", "integer", ["-2147483648"]),
    ("i8", "bigint", ["9223372036854775807"]),
    ("f8", "double precision", ["0.1", "1e308", "'NaN'", "'-Infinity'"]),
    ("f4", "real", ["0.1"]),
    ("j", "jsonb", ["'{\"a\": 1}'"]),
    ("by", "bytea", ["'\\x00ff'"]),
]
NOT_CARRIED = ("'NaN'", "infinity", "Infinity", "10000-", "BC")


def test_extreme_values_come_exactly_as_they_are(site: Site) -> None:
    columns = {name: kind for name, kind, _ in EXTREMES}
    site.source.execute(f"CREATE TABLE ekstrem (no integer, {', '.join(f'{n} {k}' for n, k in columns.items())})")
    expected: list[tuple[str, str, bool]] = []
    for name, _, values in EXTREMES:
        for value in values:
            expected.append((name, value, any(word in value for word in NOT_CARRIED)))
            site.source.execute(f"INSERT INTO ekstrem (no, {name}) VALUES ({len(expected)}, {value})")
    one = dataset("ekstrem", {"no": "integer", **columns})
    site.declarations = declared(site.declarations.root, one)
    rows = {row["no"]: row for row in site.raw(site.run("t1"), "ekstrem").to_pylist()}
    assert len(rows) == len(expected)
    with psycopg.connect(site.source.admin, options="-c timezone=UTC") as server:
        for number, (name, literal, lost) in enumerate(expected, start=1):
            row = rows[number]
            if lost:
                assert (row[name], row["_nilai"]) == (None, name), literal
                continue
            # the server itself says whether what we carry is what it holds
            text = f"CASE WHEN {name} IS NULL THEN NULL ELSE {name}::text END"
            query = f"SELECT {text} FROM ekstrem WHERE no = %s"
            held = server.execute(query.encode(), (number,)).fetchone()[0]
            assert as_postgres_text(row[name], columns[name]) == held, literal
            assert row["_nilai"] is None
            others = {n for n in columns if row[n] is not None} - {name}
            assert not others, literal


def as_postgres_text(value: object, kind: str) -> str | None:
    """What PostgreSQL prints for a carried value."""
    if value is None or isinstance(value, str):
        # character(n)::text loses its padding, the carried value has it
        return value.rstrip(" ") if value is not None and kind.startswith("character(") else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        text = value.replace(tzinfo=None).isoformat(sep=" ")
        text = text.rstrip("0") if "." in text else text
        return text + ("+00" if value.tzinfo else "")
    if kind == "real":
        return str(pa.scalar(value, pa.float32()).cast(pa.string()).as_py())
    return f"{value}"


def test_char_is_not_trimmed_and_types_are_those_of_the_catalogue(site: Site) -> None:
    table = site.raw(site.run("t1"), "orang")
    assert table.column("kode").to_pylist()[0] == "ab "
    assert table.schema.field("gaji").type == pa.decimal128(12, 2)
    assert table.schema.field("berat").type == pa.string()
    assert table.schema.field("diubah").type == pa.timestamp("us")
    assert table.column_names[0] == "_row"
    assert table.column_names[-1] == "_nilai"
    assert table.column("_row").to_pylist() == list(range(1, 41))


def test_an_empty_table_gives_an_empty_batch(site: Site) -> None:
    site.source.execute("DELETE FROM petugas")
    run = site.run("t1")
    assert site.raw(run, "petugas").num_rows == 0
    assert site.batch(run, "petugas").received == 0


def test_the_digest_does_not_see_the_order_but_every_change(site: Site) -> None:
    first = site.batch(site.run("t1"), "petugas").digest
    site.source.execute("DELETE FROM petugas", "INSERT INTO petugas VALUES ('2', 'Budi'), ('1', 'Ani')")
    assert site.batch(site.run("t2"), "petugas").digest == first
    site.source.execute("UPDATE petugas SET nama = 'Anı' WHERE nip = '1'")
    assert site.batch(site.run("t3"), "petugas").digest != first


def test_a_source_that_is_down_is_a_clear_error_without_secrets(site: Site) -> None:
    secret = site.state / "secrets" / f"source_{SYSTEM}_url"
    good = secret.read_text()
    secret.write_text("postgresql://uji_baca:sangat-rahasia@127.0.0.1:1/uji")
    run = site.open("t1")
    try:
        with pytest.raises(SourceUnavailable) as caught:
            site.extract(run)
    finally:
        secret.write_text(good)
    assert "3 percobaan" in str(caught.value)
    assert "sangat-rahasia" not in str(caught.value)
    site.extract(run)
    site.land(run)
    assert site.keys(run, "orang") == list(range(1, 41))


def test_a_wrong_password_is_not_tried_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = site.state / "secrets" / f"source_{SYSTEM}_url"
    good = secret.read_text()
    secret.write_text(good.replace(":uji@", ":salah-sekali@"))
    attempts: list[str] = []
    original = connection._connect

    def counted(url: str, system: System) -> psycopg.Connection:
        attempts.append(url)
        return original(url, system)

    monkeypatch.setattr(connection, "_connect", counted)
    try:
        with pytest.raises(SourceRefused, match="kata sandi") as caught:
            site.extract(site.open("t1"))
    finally:
        secret.write_text(good)
    assert len(attempts) == 1
    assert "salah-sekali" not in str(caught.value)


def test_a_secret_that_is_no_url_is_not_shown(site: Site) -> None:
    secret = site.state / "secrets" / f"source_{SYSTEM}_url"
    good = secret.read_text()
    secret.write_text("kata-sandi-telanjang bukan url")
    try:
        with pytest.raises(SourceRefused) as caught:
            site.extract(site.open("t1"))
    finally:
        secret.write_text(good)
    assert "telanjang" not in str(caught.value)
    assert "source_uji_url" in str(caught.value)


def test_a_locked_source_table_is_waited_for_within_bounds(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lumbung.sources.database.connection._LOCK_TIMEOUT_S", 1)
    with psycopg.connect(site.source.admin) as blocker:
        blocker.execute("LOCK TABLE orang IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SourceError, match="melewati batas waktu"):
            site.extract(site.open("t1"))


def test_whoever_leaves_a_source_that_has_gone_silent_need_not_wait_for_it(site: Site) -> None:
    """Ctrl-C and a timeout leave the generator the same way, while its thread waits for the next row."""
    site.source.execute(
        "CREATE VIEW macet AS SELECT '1'::text AS nip, repeat('x', 2000000) AS nama"
        " UNION ALL SELECT '2', repeat('y', 100000) UNION ALL SELECT '3', pg_sleep(60)::text"
    )
    stalled = dataset("macet", {"nip": "text", "nama": "text"})
    with open_postgresql(site.source.url("uji_baca"), system(), [stalled]) as snapshot:
        rows = snapshot.read(snapshot.prepare(stalled), None, ContentDigest())
        assert next(rows)[1].column("nip").to_pylist() == ["1"]
        started = time.monotonic()
        rows.close()  # type: ignore[attr-defined]
        assert time.monotonic() - started < 15


def test_two_runs_at_once_the_second_waits_or_says_who_holds(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    run = site.open("t1")
    monkeypatch.setattr(stage, "LOCK_WAIT_S", 0.3)
    with (
        site.ledger.lock(f"extract:{SYSTEM}"),
        pytest.raises(LockBusy, match=r"lock 'extract:uji' is held by 'lumbung lock extract:uji pid \d+'"),
    ):
        site.extract(run)
    monkeypatch.setattr(stage, "LOCK_WAIT_S", 60.0)
    held, waiting = threading.Event(), threading.Event()

    def hold() -> None:
        with site.ledger.lock(f"extract:{SYSTEM}"):
            held.set()
            waiting.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    runner = threading.Thread(target=site.extract, args=(run,))
    runner.start()
    while site.ledger_database.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 0:
        assert runner.is_alive()
    waiting.set()
    holder.join(10)
    runner.join(60)
    assert site.ledger.run(run.id).extracted_at is not None
