"""The ledger on a real PostgreSQL: rights, guards, idempotence, locks that die with their session, audit chain."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError, ProgrammingError

from lumbung.ledger import (
    Batch,
    Counts,
    CountsError,
    Extracted,
    Ledger,
    LockBusy,
    LockLost,
    NotInLedger,
    RefusedKey,
    RuleCount,
    Run,
    StateError,
)
from lumbung.ledger.migrate import main, migrate
from lumbung.ledger.schema import metadata
from lumbung.settings import ROOT
from tests.integration.ledger_support import Database, fresh_database, fresh_ledger, patience

NOW = datetime(2026, 1, 10, 3, 0, tzinfo=UTC)
DATASET = "siak.biodata_wni"


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Ledger, Database]]:
    with fresh_ledger("ledger") as pair:
        yield pair


@pytest.fixture
def database(pair: tuple[Ledger, Database]) -> Database:
    return pair[1]


@pytest.fixture
def ledger(pair: tuple[Ledger, Database]) -> Ledger:
    ledger, database = pair
    tables = "run, batch, rule_count, refused, watermark, marts_run, mart_refresh, publication"
    database.execute(
        f"TRUNCATE {', '.join('ledger.' + t for t in tables.split(', '))} CASCADE",
        "ALTER TABLE ledger.audit DISABLE TRIGGER audit_append_only",
        "TRUNCATE ledger.audit",
        "ALTER TABLE ledger.audit ENABLE TRIGGER audit_append_only",
    )
    return ledger


def opened(ledger: Ledger, trigger: str = "t1", dataset: str = DATASET, to: datetime = NOW) -> tuple[Run, Batch]:
    run = ledger.open_run("siak", "manual", trigger, "budi")
    run = ledger.pin_snapshot(run.id, to, to, "1:2:")
    return run, ledger.add_batch(run.id, dataset, "window", None, to, "1.0.0")


def landed(ledger: Ledger, trigger: str = "t1", rows: int = 3, to: datetime = NOW) -> Batch:
    run, batch = opened(ledger, trigger, to=to)
    ledger.extraction_done(run.id, [Extracted(DATASET, rows, "d", "s", "/spool")])
    ledger.landed(batch.id, "/raw", 10, to)
    return ledger.batch(batch.id)


def validated(ledger: Ledger, trigger: str = "t1") -> Batch:
    batch = landed(ledger, trigger)
    refused = [RefusedKey(2, "k2"), RefusedKey(3, "k3")]
    ledger.validated(batch.id, Counts(3, 1, 2, 0), [RuleCount("nik:nik", "error", 2, 2)], refused, "i")
    return ledger.batch(batch.id)


# --- schema and rights ------------------------------------------------------------------------------------------------


def test_migrations_and_metadata_agree(ledger: Ledger, database: Database) -> None:
    with create_engine(database.url("lumbung_owner", "postgresql+psycopg")).connect() as connection:
        options = {"include_schemas": True, "version_table_schema": "ledger", "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(ledger: Ledger, database: Database, capsys: pytest.CaptureFixture) -> None:
    run = ledger.open_run("siak", "manual", "t1", "budi")
    assert main(["--url", database.url("lumbung_owner", "postgresql+psycopg")]) == 0
    assert ledger.run(run.id) == run
    assert "uji" not in capsys.readouterr().out


def test_two_migrations_at_once_both_end_well() -> None:
    with fresh_database("migrasi", ("lumbung_owner", "lumbung_app"), owner="lumbung_owner") as database:
        command = [sys.executable, "-m", "lumbung.ledger.migrate", "--url"]
        url = database.url("lumbung_owner", "postgresql+psycopg")
        both = [subprocess.Popen([*command, url], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
        ends = [(one.communicate(timeout=60)[1].decode(), one.returncode) for one in both]
        assert [code for _, code in ends] == [0, 0], ends
        assert database.value("SELECT count(*) FROM ledger.alembic_version") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger.audit SET actor = 'x'",
        "DELETE FROM ledger.audit",
        "TRUNCATE ledger.audit",
        "DELETE FROM ledger.batch",
        "DELETE FROM ledger.refused",
        "UPDATE ledger.rule_count SET count = 0",
        "UPDATE ledger.publication SET rows = 0",
        "DROP TABLE ledger.run",
        "CREATE TABLE ledger.x (y int)",
        "ALTER TABLE ledger.audit DISABLE TRIGGER audit_append_only",
    ],
)
def test_the_application_has_only_what_it_needs(ledger: Ledger, database: Database, statement: str) -> None:
    with (
        psycopg.connect(database.url("lumbung_app")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize("statement", ["UPDATE ledger.audit SET actor = 'x'", "DELETE FROM ledger.audit"])
def test_not_even_the_owner_changes_the_audit_by_accident(ledger: Ledger, database: Database, statement: str) -> None:
    ledger.audit("budi", "coba", "x")
    with (
        psycopg.connect(database.url("lumbung_owner")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"ledger\.audit is append-only"),
    ):
        connection.execute(statement.encode())


# --- runs -------------------------------------------------------------------------------------------------------------


def test_a_server_whose_machine_vanished_is_noticed_within_minutes(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection, ledger.lock("uji-sabar") as held:
        for one in (connection, held.connection):
            session = one.connection.driver_connection
            assert session is not None
            assert patience(session.fileno()) == (30, 10, 3, 60_000)


def test_a_run_is_opened_once_per_trigger(ledger: Ledger) -> None:
    first = ledger.open_run("siak", "jadwal", "dag/1", "budi")
    assert ledger.open_run("siak", "jadwal", "dag/1", "ani") == first
    assert ledger.open_run("siak", "jadwal", "dag/2", "budi").id == "siak-000002"
    assert ledger.open_run("sismiop", "jadwal", "dag/3", "budi").id == "sismiop-000001"
    assert ledger.run_by_trigger("dag/2") == ledger.run("siak-000002")
    assert ledger.run_by_trigger("dag/9") is None
    with pytest.raises(StateError, match=r"'dag/3' belongs to run sismiop-000001"):
        ledger.open_run("siak", "jadwal", "dag/3", "budi")


def test_many_openings_at_once_give_every_run_its_number(ledger: Ledger) -> None:
    def open_some(who: int) -> None:
        for i in range(5):
            ledger.open_run("siak", "manual", f"{who % 2}-{i}", "budi")

    threads = [threading.Thread(target=open_some, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(run.seq for run in ledger.runs("siak")) == list(range(1, 11))


def test_a_failed_run_runs_again_and_a_done_one_does_not_fail(ledger: Ledger) -> None:
    run = ledger.open_run("siak", "manual", "t1", "budi")
    assert ledger.finish_run(run.id, "failed", "sumber mati").error == "sumber mati"
    assert ledger.open_run("siak", "manual", "t1", "budi").state == "running"
    ledger.finish_run(run.id, "done")
    assert ledger.finish_run(run.id, "done").state == "done"
    with pytest.raises(StateError, match="siak-000001 is done"):
        ledger.finish_run(run.id, "failed")


@pytest.mark.parametrize(
    "window",
    [
        pytest.param((NOW, NOW - timedelta(seconds=1)), id="reversed"),
        pytest.param((NOW.replace(tzinfo=None), NOW), id="naive"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(ledger: Ledger, window: tuple[datetime, datetime]) -> None:
    with pytest.raises(ValueError, match=r"window|aware"):
        ledger.open_run("siak", "isi-ulang", "t1", "budi", window=window)
    assert ledger.runs() == []


def test_the_snapshot_may_change_until_everything_is_read(ledger: Ledger) -> None:
    run, batch = opened(ledger)
    later = NOW + timedelta(hours=1)
    ledger.pin_snapshot(run.id, later, later, "3:4:")
    assert ledger.add_batch(run.id, DATASET, "window", None, later, "1.0.0").window_to == later
    ledger.extraction_done(run.id, [Extracted(DATASET, 1, "d", "s", "/x")])
    with pytest.raises(StateError, match="already extracted"):
        ledger.pin_snapshot(run.id, NOW, NOW, "5:6:")
    assert ledger.add_batch(run.id, DATASET, "window", None, NOW, "9.9.9") == ledger.batch(batch.id)


def test_rows_of_an_older_snapshot_are_not_recorded_as_those_of_the_newer(ledger: Ledger) -> None:
    """Two attempts read side by side: the slower one must not move the watermark to where the faster one looked."""
    run, batch = opened(ledger)
    old = ledger.run(run.id).snapshot
    later = NOW + timedelta(hours=1)
    ledger.pin_snapshot(run.id, later, later, "9:9:")
    with pytest.raises(StateError, match=f"pinned snapshot 9:9: since this one read {old}"):
        ledger.extraction_done(run.id, [Extracted(DATASET, 1, "d", "s", "/x")], old)
    assert ledger.batch(batch.id).state == "opened"
    ledger.extraction_done(run.id, [Extracted(DATASET, 1, "d", "s", "/x")], "9:9:")
    assert ledger.batch(batch.id).state == "extracted"


def test_extraction_is_done_for_all_datasets_or_not_at_all(ledger: Ledger) -> None:
    run, _ = opened(ledger)
    ledger.add_batch(run.id, "siak.data_keluarga", "window", None, NOW, "1.0.0")
    with pytest.raises(StateError, match=r"no result of extraction for siak\.data_keluarga"):
        ledger.extraction_done(run.id, [Extracted(DATASET, 1, "d", "s", "/x")])
    assert {batch.state for batch in ledger.batches(run_id=run.id)} == {"opened"}


def test_only_abandoned_runs_that_are_covered_are_superseded(ledger: Ledger) -> None:
    def open_one(trigger: str, kind: str = "manual", **options: object) -> str:
        return ledger.open_run("siak", kind, trigger, "budi", **options).id  # type: ignore[arg-type]

    everything = open_one("semua")
    named = open_one("satu", datasets=[DATASET])
    open_one("sapu", "sapu")
    open_one("isi", "isi-ulang", window=(NOW, NOW))
    read, _ = opened(ledger, "sudah")
    ledger.extraction_done(read.id, [Extracted(DATASET, 1, "d", "s", "/x")])
    later, past = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(hours=1)
    backfill = open_one("isi-2", "isi-ulang", window=(NOW, NOW))
    assert ledger.supersede_abandoned(backfill, later) == []
    small = open_one("satu-2", datasets=[DATASET])
    assert ledger.supersede_abandoned(small, past) == []
    assert ledger.supersede_abandoned(small, later) == [named]
    whole = open_one("semua-2")
    assert ledger.supersede_abandoned(whole, later) == [everything, small]
    assert ledger.run(named).state == "superseded"
    ledger.pin_snapshot(named, NOW, NOW, "1:2:")
    assert ledger.run(named).state == "running"


# --- batches ----------------------------------------------------------------------------------------------------------


def test_a_batch_goes_its_way_once(ledger: Ledger) -> None:
    batch = validated(ledger)
    assert (batch.received, batch.accepted, batch.quarantined, batch.duplicate) == (3, 1, 2, 0)
    assert not ledger.landed(batch.id, "/elsewhere", 99, NOW)
    assert ledger.conformed(batch.id, 77)
    assert not ledger.conformed(batch.id, 78)
    assert not ledger.validated(batch.id, Counts(3, 3, 0, 0), [], [], "i")
    final = ledger.batch(batch.id)
    assert (final.state, final.snapshot_id, final.raw_path, final.accepted) == ("conformed", 77, "/raw", 1)
    assert ledger.rule_counts(batch.id) == [RuleCount("nik:nik", "error", 2, 2)]


STEPS: dict[str, Callable[[Ledger, str], object]] = {
    "landed": lambda ledger, batch: ledger.landed(batch, "/raw", 1, None),
    "validated": lambda ledger, batch: ledger.validated(batch, Counts(0, 0, 0, 0), [], [], ""),
    "conformed": lambda ledger, batch: ledger.conformed(batch, None),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_out_of_order_names_batch_and_state(ledger: Ledger, step: str) -> None:
    _, batch = opened(ledger)
    with pytest.raises(StateError, match=f"siak-000001-{DATASET} .* is opened and cannot become {step}"):
        STEPS[step](ledger, batch.id)
    assert ledger.batch(batch.id).state == "opened"


@pytest.mark.parametrize("step", [*STEPS, "stopped"])
def test_an_unknown_batch_is_said_so(ledger: Ledger, step: str) -> None:
    with pytest.raises(NotInLedger, match="'hantu'"):
        (STEPS | {"stopped": lambda ledger, batch: ledger.stopped(batch, "x")})[step](ledger, "hantu")


@pytest.mark.parametrize(
    ("counts", "refused", "words"),
    [
        pytest.param(Counts(3, 1, 1, 0), ["k1"], "does not add up", id="lost"),
        pytest.param(Counts(4, 3, 1, 0), ["k1"], "3 rows were read", id="not-what-was-read"),
        pytest.param(Counts(3, 2, 1, 0), [], "1 rows counted as quarantined but 0", id="refused-missing"),
        pytest.param(Counts(3, 3, 0, 0), ["k1"], "0 rows counted as quarantined but 1", id="refused-extra"),
    ],
)
def test_counts_that_do_not_add_up_leave_no_trace(
    ledger: Ledger, counts: Counts, refused: list[str], words: str
) -> None:
    batch = landed(ledger)
    keys = [RefusedKey(number, key) for number, key in enumerate(refused, start=1)]
    with pytest.raises(CountsError, match=words):
        ledger.validated(batch.id, counts, [RuleCount("r", "error", 1)], keys, "i")
    assert ledger.batch(batch.id) == batch
    assert ledger.refused_rows(batch_id=batch.id) == []


def test_the_database_itself_refuses_a_sum_that_is_wrong(ledger: Ledger, database: Database) -> None:
    validated(ledger)
    with pytest.raises(psycopg.errors.CheckViolation, match="nothing_lost_nothing_twice"):
        database.execute("UPDATE ledger.batch SET accepted = accepted + 1")


def test_a_row_is_refused_once_per_batch(ledger: Ledger) -> None:
    batch = landed(ledger)
    with pytest.raises(psycopg.errors.UniqueViolation):
        ledger.validated(batch.id, Counts(3, 1, 2, 0), [], [RefusedKey(1, "a"), RefusedKey(1, "b")], "i")
    assert ledger.batch(batch.id).state == "landed"


def test_watermark_moves_with_landing_and_never_backwards(ledger: Ledger) -> None:
    assert ledger.watermark(DATASET) is None
    landed(ledger, "t1", to=NOW)
    assert ledger.watermark(DATASET) == NOW
    landed(ledger, "t2", to=NOW - timedelta(days=1))
    assert ledger.watermark(DATASET) == NOW
    landed(ledger, "t3", to=NOW + timedelta(days=1))
    assert ledger.watermark(DATASET) == NOW + timedelta(days=1)


def test_nothing_lands_before_the_whole_run_is_read(ledger: Ledger) -> None:
    _, batch = opened(ledger)
    ledger.extracted(batch.id, 3, "d", "s", "/spool", NOW)
    with pytest.raises(StateError, match="run siak-000001 has not read all its datasets yet"):
        ledger.landed(batch.id, "/raw", 1, NOW)
    assert ledger.watermark(DATASET) is None


def test_batches_come_in_the_order_of_landing(ledger: Ledger) -> None:
    run1, batch1 = opened(ledger, "t1")
    batch2 = landed(ledger, "t2")
    ledger.extraction_done(run1.id, [Extracted(DATASET, 1, "d", "s", "/x")])
    ledger.landed(batch1.id, "/raw1", 1, None)
    _, batch3 = opened(ledger, "t3")
    assert [batch.id for batch in ledger.batches(dataset=DATASET)] == [batch2.id, batch1.id, batch3.id]
    assert [batch.id for batch in ledger.batches(states=("opened",))] == [batch3.id]
    assert [batch.id for batch in ledger.batches(newest_first=True, limit=2)] == [batch3.id, batch1.id]


def test_a_batch_stopped_after_landing_can_be_taken_up_again(ledger: Ledger) -> None:
    batch = landed(ledger)
    assert ledger.stopped(batch.id, "hitungan GX berbeda")
    assert not ledger.stopped(batch.id, "lain")
    with pytest.raises(StateError, match="is stopped and cannot become validated: hitungan GX berbeda"):
        ledger.validated(batch.id, Counts(3, 3, 0, 0), [], [], "i")
    assert ledger.resume(batch.id, "ani").state == "landed"
    assert ledger.validated(batch.id, Counts(3, 3, 0, 0), [], [], "i")
    assert [e.action for e in ledger.audit_entries(batch.id)] == ["batch.resume", "batch.stop"]


def test_a_batch_stopped_before_landing_is_read_again_instead(ledger: Ledger) -> None:
    _, batch = opened(ledger)
    ledger.stopped(batch.id, "kolom hilang")
    with pytest.raises(StateError, match="cannot be resumed"):
        ledger.resume(batch.id, "ani")


def test_a_conformed_batch_is_not_stopped(ledger: Ledger) -> None:
    batch = validated(ledger)
    ledger.conformed(batch.id, None)
    with pytest.raises(StateError, match="is conformed and cannot be stopped"):
        ledger.stopped(batch.id, "x")


def test_replays_name_what_they_replay(ledger: Ledger) -> None:
    batch = validated(ledger)
    run = ledger.open_run("siak", "ulang", "r1", "ani")
    replay = ledger.add_batch(run.id, DATASET, "replay", None, None, "1.0.0", replay_of=batch.id)
    ledger.extracted(replay.id, 2, "d", "s", None, None)
    assert ledger.landed(replay.id, "/raw2", 5, None)
    assert ledger.batch(replay.id).replay_of == batch.id
    with pytest.raises(IntegrityError, match="replay_of"):
        ledger.add_batch(run.id, "siak.data_keluarga", "replay", None, None, "1.0.0")


def test_the_batch_before_is_the_newest_conformed_one(ledger: Ledger) -> None:
    first, second = validated(ledger, "t1"), landed(ledger, "t2")
    assert ledger.previous_conformed(second.id) is None
    ledger.conformed(first.id, None)
    before = ledger.previous_conformed(second.id)
    assert before is not None
    assert before.id == first.id
    assert ledger.previous_conformed(first.id) is None


# --- refused rows -----------------------------------------------------------------------------------------------------


def test_refused_rows_stay_open_until_their_key_comes_again(ledger: Ledger) -> None:
    first, second = validated(ledger, "t1"), validated(ledger, "t2")
    assert ledger.open_refused(DATASET) == [(first.id, 2), (second.id, 2)]
    assert ledger.close_refused_keys(DATASET, ["k2", "k9"], second.id, "digantikan") == 1
    assert ledger.close_refused_keys(DATASET, ["k2"], second.id, "digantikan") == 0
    assert ledger.open_refused(DATASET) == [(first.id, 1), (second.id, 2)]
    closed = ledger.refused_rows(batch_id=first.id, state="closed")
    assert [(row.row_no, row.closed_by, row.why) for row in closed] == [(2, second.id, "digantikan")]
    assert ledger.close_refused(first.id, [2], second.id, "lagi") == 0
    assert ledger.close_refused(first.id, None, None, "dihapus di sumber") == 1
    assert ledger.open_refused("siak.lain") == []


def test_unchanged_content_keeps_the_refused_rows_of_the_batch_before(ledger: Ledger) -> None:
    first, second = validated(ledger, "t1"), landed(ledger, "t2")
    assert ledger.validated(second.id, Counts(3, 0, 2, 1), [], (), "i", same_as=first.id)
    assert ledger.open_refused(DATASET) == [(first.id, 2)]
    assert ledger.batch(second.id).same_as == first.id


# --- marts and publications -------------------------------------------------------------------------------------------


def test_a_marts_run_knows_which_runs_it_could_see(ledger: Ledger) -> None:
    run = ledger.open_run("siak", "manual", "t1", "budi")
    early = ledger.open_marts_run("m1", "budi")
    assert early.covers == {}
    ledger.finish_run(run.id, "done")
    assert ledger.marts_run_covering("siak", 1) is None
    late = ledger.open_marts_run("m2", "budi")
    assert (late.id, late.covers) == ("mart-000002", {"siak": 1})
    covering = ledger.marts_run_covering("siak", 1)
    assert covering == late
    assert ledger.finish_marts_run(late.id, "failed", "x").state == "failed"
    assert ledger.open_marts_run("m2", "budi").state == "running"
    assert ledger.marts_run_by_trigger("m1") == early
    assert [one.id for one in ledger.marts_runs()] == ["mart-000002", "mart-000001"]


def test_a_refresh_is_recorded_once_per_label(ledger: Ledger) -> None:
    def record(label: str, digest: str) -> str:
        return ledger.record_mart("pbb", label, NOW, {"sppt": 5}, 10, 9, {"batal": 1}, 123, digest).digest

    assert record("mart-000001", "a") == "a"
    assert record("mart-000001", "b") == "a"
    assert record("mart-000002", "c") == "c"
    latest = ledger.latest_mart("pbb")
    assert latest is not None
    assert (latest.run_label, latest.as_of, latest.inputs) == ("mart-000002", NOW, {"sppt": 5})
    assert ledger.latest_mart("lain") is None
    assert ledger.mart_by_snapshot("pbb", 123) == latest


def test_a_blocked_publication_does_not_count_as_the_latest(ledger: Ledger) -> None:
    common = ("mart-000001", "v1", "d", "pbb", 123, 10, 2)
    ledger.record_publication("pbb_kecamatan", *common, "published", [], "budi", "res-1")
    blocked = ledger.record_publication("pbb_kecamatan", *common, "blocked", [{"kolom": "nik"}], "budi")
    latest = ledger.latest_publication("pbb_kecamatan")
    assert latest is not None
    assert (latest.state, latest.resource_id) == ("published", "res-1")
    assert ledger.latest_publication("pbb_kecamatan", states=()) == blocked
    assert [e.action for e in ledger.audit_entries("pbb_kecamatan")] == ["publication.blocked", "publication.published"]


# --- audit ------------------------------------------------------------------------------------------------------------


def chain(ledger: Ledger, database: Database) -> None:
    for number in range(1, 6):
        ledger.audit("budi", "coba", f"hal-{number}", {"nomor": number, "teks": "é\n"})
    assert ledger.verify_audit() == []
    database.execute("ALTER TABLE ledger.audit DISABLE TRIGGER audit_append_only")


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        pytest.param(
            "UPDATE ledger.audit SET actor = 'lain' WHERE seq = 3", "entry 3 (coba hal-3) was changed", id="actor"
        ),
        pytest.param("UPDATE ledger.audit SET detail = '{}' WHERE seq = 2", "entry 2 (coba hal-2) was", id="detail"),
        pytest.param("UPDATE ledger.audit SET at = at + interval '1 us' WHERE seq = 5", "entry 5", id="time"),
        pytest.param("DELETE FROM ledger.audit WHERE seq = 3", "entry 3 is missing", id="deleted"),
        pytest.param("DELETE FROM ledger.audit WHERE seq = 1", "entry 1 is missing", id="head-deleted"),
        pytest.param("DELETE FROM ledger.audit WHERE seq > 3", "ends at entry 3, the checkpoint knew 5", id="cut"),
    ],
)
def test_tampering_with_the_audit_is_seen(ledger: Ledger, database: Database, tamper: str, words: str) -> None:
    chain(ledger, database)
    size, head = ledger.audit_head()
    try:
        database.execute(tamper)
        assert any(words in problem for problem in ledger.verify_audit(size, head)), ledger.verify_audit(size, head)
    finally:
        database.execute("ALTER TABLE ledger.audit ENABLE TRIGGER audit_append_only")


def test_a_chain_written_anew_is_not_that_of_the_checkpoint(ledger: Ledger, database: Database) -> None:
    chain(ledger, database)
    size, head = ledger.audit_head()
    database.execute("TRUNCATE ledger.audit", "ALTER TABLE ledger.audit ENABLE TRIGGER audit_append_only")
    for number in range(1, 7):
        ledger.audit("budi", "coba", f"hal-{number}", {"nomor": 0})
    assert ledger.verify_audit() == []
    assert ledger.verify_audit(size, head) == ["audit entry 5 is not the one of the checkpoint"]


def test_writers_at_once_build_one_chain(ledger: Ledger) -> None:
    def write(who: int) -> None:
        for number in range(10):
            ledger.audit(f"orang-{who}", "coba", str(number))

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert ledger.audit_head().size == 40
    assert ledger.verify_audit() == []


def test_an_act_without_a_name_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="has no actor"):
        ledger.audit("  ", "coba", "x")
    with pytest.raises(ValueError, match="has no actor"):
        ledger.open_run("siak", "manual", "t1", "")
    assert ledger.runs() == []


def test_what_is_rolled_back_leaves_no_audit(ledger: Ledger) -> None:
    run = ledger.open_run("siak", "manual", "t1", "budi")
    with pytest.raises(IntegrityError):
        ledger.add_batch(run.id, DATASET, "replay", None, None, "1.0.0")
    assert [entry.action for entry in ledger.audit_entries()] == ["run.open"]


# --- locks ------------------------------------------------------------------------------------------------------------


def test_a_lock_excludes_others_and_names_the_holder(ledger: Ledger) -> None:
    with ledger.lock("extract:siak"):
        with ledger.lock("extract:sismiop", 0.2):
            pass
        with pytest.raises(LockBusy, match=r"'extract:siak' is held by 'lumbung lock extract:siak pid \d+'"):
            ledger.lock("extract:siak", 0.2).__enter__()
    with ledger.lock("extract:siak", 0.2):
        pass


def test_a_lock_is_let_go_when_the_work_fails(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.lock("extract:siak"):
        raise RuntimeError
    with ledger.lock("extract:siak", 0.2):
        pass


def test_a_holder_whose_session_ended_learns_that_the_lock_is_lost(ledger: Ledger, database: Database) -> None:
    with ledger.lock("extract:siak") as held:
        held.confirm()
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name LIKE 'lumbung lock extract:siak%'"
        )
        with ledger.lock("extract:siak", 10), pytest.raises(LockLost, match="'extract:siak' was lost"):
            held.confirm()


def test_a_killed_process_leaves_no_lock(ledger: Ledger, database: Database) -> None:
    program = (
        "import sys, time; from lumbung.ledger import Ledger\n"
        "with Ledger.connect(sys.argv[1]).lock('extract:siak'):\n"
        "    print('held', flush=True); time.sleep(600)"
    )
    url = database.url("lumbung_app", "postgresql+psycopg")
    process = subprocess.Popen([sys.executable, "-c", program, url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(LockBusy):
        ledger.lock("extract:siak", 0.2).__enter__()
    process.kill()
    process.wait(10)
    with ledger.lock("extract:siak", 10):
        pass


def test_migrate_needs_the_owner(database: Database) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        migrate(database.url("lumbung_app", "postgresql+psycopg"))
