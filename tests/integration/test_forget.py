"""Erasure of a person's rows with a real source, ledger, files and engine: gone everywhere, every count exact."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lumbung.ledger import Batch, Ledger
from lumbung.ops import erased_table, forget
from lumbung.ops.forget import ForgetRefused, Subject, examine, subject_of
from lumbung.ops.plans import PlanChanged
from lumbung.ops.quarantine import refused_rows
from lumbung.ops.reconcile import reconcile_rows
from lumbung.ops.trace import trace_target
from lumbung.storage import DATA_FILE, check_file, read_manifest
from lumbung.warehouse import iceberg
from lumbung.warehouse.ddl import curated_name, quarantine_name, raw_name
from lumbung.warehouse.session import session
from tests.integration.care_support import Farm, farm, fresh_pair
from tests.integration.ledger_support import Database

A, B, C = ("3515010101900001", "ANI", 1), ("3515010101900002", "BUDI", 2), ("3515010101900003", "CICI", 3)
NIK = A[0]
WHO, GROUND, REASON = "cli:penguji", "UU 27/2022 Pasal 8", "permohonan pemilik data 12/2026"


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Ledger, Database, Database]]:
    with fresh_pair("lupa") as made:
        yield made


@pytest.fixture
def site(pair: tuple[Ledger, Database, Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Farm]:
    with farm(pair, tmp_path / "state", monkeypatch) as made:
        yield made


def person(site: Farm) -> Subject:
    return subject_of(site.system, "orang", {"nik": NIK})


def erase(site: Farm, who: str = WHO) -> str:
    subject = person(site)
    checksum = examine(subject, site.ledger).checksum
    return forget.forget(subject, checksum, who, GROUND, REASON, site.ledger).id


def history(site: Farm) -> list[Batch]:
    """Ani twice accepted (once corrected), then refused, then gone at the source but not swept yet."""
    batches = [site.go(A, B), site.go((NIK, "ANI AYU", 1), B), site.go((NIK, "ani", 1), B, ("x" * 16, "lain", 9))]
    site.put(B, ("x" * 16, "lain", 9))
    return batches


def table_folder(site: Farm) -> Path:
    return Path(
        session("uji")
        .sql(f"DESCRIBE TABLE EXTENDED {curated_name(site.orang)}")
        .where("col_name = 'Location'")
        .collect()[0]["data_type"]
        .removeprefix("file:")
    )


def holding(site: Farm) -> list[str]:
    """Every file of the platform's state, and of the curated table, that still holds the number."""
    files = [file for root in (site.state, table_folder(site)) for file in root.rglob("*") if file.is_file()]
    found = [file for file in files if NIK.encode() in file.read_bytes()]
    tables = [f for f in files if f.suffix == ".parquet" and NIK in str(pq.read_table(f).to_pylist())]
    return sorted({str(file) for file in (*found, *tables)})


def exact(site: Farm) -> list[tuple[int, int]]:
    return [(row["difference"], row["returned"]) for row in reconcile_rows(site.system, site.ledger)]


def test_the_person_is_gone_from_every_file_and_every_count_stays_exact(site: Farm) -> None:
    first, second, third = history(site)
    assert len(holding(site)) >= 6  # the test would see it
    found = examine(person(site), site.ledger)
    assert found.refusals == ()
    assert {(one.part, one.batch, one.rows) for one in found.found} == {
        ("raw", first.id, 1),
        ("raw", second.id, 1),
        ("raw", third.id, 1),
        ("quarantine", third.id, 1),
        ("curated", second.id, 1),
    }
    before = {batch.id: site.ledger.batch(batch.id) for batch in (first, second, third)}
    site.ledger.record_mart(
        "uji", f"m-{site.system}", datetime.now(UTC), {site.orang.id: second.snapshot_id}, 1, 1, {}, None, "d"
    )
    assert _traced(site) == {first.id: 1, second.id: 1}  # B came with the first batch, Ani as she is with the second
    request = erase(site)
    assert holding(site) == []
    assert exact(site) == [(0, 0)]
    assert _traced(site) == {first.id: None, second.id: None}  # by the ledger: the snapshot is gone
    for batch in (first, second, third):
        assert site.ledger.batch(batch.id) == before[batch.id]  # received, accepted, … are what they were
        manifest = read_manifest(site.raw(batch))
        assert (manifest.received, manifest.erased_rows, manifest.digest) == (batch.received, 1, batch.digest)
        for file in manifest.files:
            check_file(site.raw(batch), file, batch.id)
    assert pq.read_table(site.raw(third) / DATA_FILE).column("_row").to_pylist() == [2, 3]  # numbers stay
    assert site.table(raw_name(site.orang), "batch", "_row", "nik") == [
        (first.id, 2, B[0]),
        (second.id, 2, B[0]),
        (third.id, 2, B[0]),
        (third.id, 3, "x" * 16),
    ]
    assert site.table(quarantine_name(site.orang), "_row", "nik") == [(3, "x" * 16)]
    assert site.table(curated_name(site.orang), "nik") == [(B[0],)]
    assert [row["key"] for row in refused_rows(site.system, ledger=site.ledger)] == [{"nik": "x" * 16}]
    closed = site.ledger.refused_rows(batch_id=third.id, state="closed")
    assert [(row.row_no, row.key_hash, row.why) for row in closed] == [(1, "", f"dihapus atas permintaan {request}")]
    assert len(iceberg.snapshots(session("uji"), curated_name(site.orang))) == 1
    _named_and_not_told(site, request)
    after = site.go(B, ("x" * 16, "LAIN", 9), C)
    assert (after.accepted, after.duplicate) == (2, 1)
    assert exact(site) == [(0, 0)]
    site.go(A, B)  # the source gives the person again: noticed
    assert exact(site) == [(0, 1)]


def _traced(site: Farm) -> dict[str, int | None]:
    """Batches behind the newest figure, with the rows that stood in the table then."""
    (table,) = trace_target("mart.uji", site.ledger)["inputs"]
    assert ("note" in table) == (table["snapshot"] not in iceberg.snapshots(session("uji"), table["table"]))
    return {batch["batch"]: batch["rows"] for batch in table["batches"]}


def _named_and_not_told(site: Farm, request: str) -> None:
    """The audit names who, why and how many; no table of the ledger holds the value."""
    entries = site.ledger.audit_entries(request)
    assert [(entry.action, entry.actor) for entry in entries] == [("forget.done", WHO), ("forget.open", WHO)]
    assert '"curated":{"batches":1,"rows":1}' in entries[0].detail
    assert GROUND in entries[1].detail and REASON in entries[1].detail
    tables = ("audit", "erasure_request", "erasure", "erased_key", "refused", "batch", "maintenance")
    for name in tables:
        assert site.database.value(f"SELECT count(*) FROM ledger.{name} t WHERE t::text LIKE '%{NIK}%'") == 0, name


def test_what_the_source_still_holds_or_a_batch_under_way_is_refused(site: Farm) -> None:
    site.go(A, B)
    waiting = site.go(A, B, C, until="land")
    found = examine(person(site), site.ledger)
    assert len(found.refusals) == 2 and "Dinas Uji" in found.refusals[0]
    assert waiting.id in found.refusals[1] and "masih landed" in found.refusals[1]
    with pytest.raises(ForgetRefused, match="sumber masih memuat 1 baris"):
        forget.forget(person(site), found.checksum, WHO, GROUND, REASON, site.ledger)
    site.put(B)
    site.database.execute(f"DELETE FROM ledger.batch WHERE id = '{waiting.id}'")
    with pytest.raises(PlanChanged):
        forget.forget(person(site), "000000000000", WHO, GROUND, REASON, site.ledger)
    assert site.table(curated_name(site.orang), "nik") == [(A[0],), (B[0],)]


def test_what_attempts_that_died_left_of_the_dataset_goes_too(site: Farm) -> None:
    first, second, third = history(site)
    warehouse, data = site.place.warehouse, site.raw(first) / DATA_FILE
    valid, raw = warehouse / "valid" / site.system / "orang", site.raw(first).parent
    quarantine = warehouse / "quarantine" / site.system / "orang"
    spool = site.place.spool / third.run_id
    left = [
        valid / first.id,
        valid / f"{first.id}.keys",
        valid / f"{second.id}.0a1b2c.tmp" / "tagged",
        raw / f".batch={first.id}.tmp",
        raw / f".batch={second.id}.buang",
        quarantine / f".batch={third.id}.buang",
        spool / third.id,
    ]
    for folder in left:
        folder.mkdir(parents=True)
        shutil.copy(data, folder)
    cut = spool / f".{third.id}.tmp"
    cut.mkdir()
    (cut / DATA_FILE).write_bytes(data.read_bytes()[:-9])
    uncommitted = table_folder(site) / "data" / "00000-0-sisa.parquet"
    shutil.copy(data, uncommitted)
    long_ago = time.time() - 48 * 3600
    os.utime(uncommitted, (long_ago, long_ago))
    other = warehouse / "valid" / site.system / "lain" / first.id
    other.mkdir(parents=True)

    found = [one for one in examine(person(site), site.ledger).found if one.part == "leftover"]
    assert sorted(one.rows for one in found) == [0] + [1] * len(left)  # the cut file cannot be read
    erase(site)
    assert holding(site) == []
    assert not any(folder.exists() for folder in (*left, cut)) and other.is_dir()
    assert exact(site) == [(0, 0)]


@pytest.mark.parametrize(
    ("away", "back"),
    [
        pytest.param("REVOKE SELECT ON orang FROM uji_baca", "GRANT SELECT ON orang TO uji_baca", id="unreadable"),
        pytest.param("ALTER TABLE orang RENAME TO orang_lama", "ALTER TABLE orang_lama RENAME TO orang", id="gone"),
        pytest.param(
            "ALTER TABLE orang RENAME nik TO nomor", "ALTER TABLE orang RENAME nomor TO nik", id="another-column"
        ),
    ],
)
def test_a_source_that_cannot_be_asked_is_not_one_that_no_longer_has_the_row(site: Farm, away: str, back: str) -> None:
    site.go(A, B)
    site.source.execute(away)
    try:
        (refusal,) = examine(person(site), site.ledger).refusals
        assert "tidak dapat ditanya" in refusal and "orang" in refusal
        with pytest.raises(ForgetRefused):
            erase(site)
    finally:
        site.source.execute(back)


@pytest.mark.parametrize("reason", ["", f"permohonan {NIK}"], ids=["empty", "with the value"])
def test_the_reason_must_be_said_without_the_value(site: Farm, reason: str) -> None:
    with pytest.raises(ForgetRefused, match="alasan wajib diisi"):
        forget.forget(person(site), "x", WHO, GROUND, reason, site.ledger)


def test_nothing_is_erased_from_a_table_whose_rollback_no_run_has_made_up_for(site: Farm) -> None:
    """The rows that it went back from still answer for their children, from a snapshot that erasure would expire."""
    first, second, _ = history(site)
    site.ledger.record_rollback(
        curated_name(site.orang),
        second.snapshot_id or 0,
        first.snapshot_id or 0,
        (second.id,),
        (0, 0, 1),
        WHO,
        dataset=site.orang.id,
    )
    (refusal,) = examine(person(site), site.ledger).refusals
    assert "dikembalikan" in refusal and f"bin/lumbung run {site.system}" in refusal
    with pytest.raises(ForgetRefused, match="dikembalikan"):
        erase(site)
    assert holding(site)


def test_rows_of_several_keys_go_only_when_all_of_them_are_meant(site: Farm) -> None:
    site.go(A, (C[0], C[1], A[2]), B)
    site.put(B)
    found = examine(subject_of(site.system, "orang", {"ke": str(A[2])}), site.ledger)
    assert found.keys == 2 and "2 kunci berbeda" in found.refusals[-1] and "(nik)" in found.refusals[-1]
    assert examine(person(site), site.ledger).keys == 1
    few = subject_of(site.system, "orang", {"ke": str(A[2])})
    ground, reason = "UU PDP", "permohonan bersama"  # neither may hold the value, which is a digit
    with pytest.raises(ForgetRefused, match="2 kunci berbeda"):
        forget.forget(few, found.checksum, WHO, ground, reason, site.ledger)
    assert len(site.table(curated_name(site.orang), "nik")) == 3
    meant = subject_of(site.system, "orang", {"ke": str(A[2])}, all_keys=True)
    assert examine(meant, site.ledger).refusals == ()
    forget.forget(meant, found.checksum, WHO, ground, reason, site.ledger)
    assert site.table(curated_name(site.orang), "nik") == [(B[0],)]


def test_an_empty_value_is_refused(site: Farm) -> None:
    with pytest.raises(ForgetRefused, match="nilai kosong"):
        subject_of(site.system, "orang", {"nik": " "})


class Killed(BaseException):
    """Stands for a process that died: nothing may catch it."""


def test_killed_at_any_step_the_counts_are_exact_and_the_erasure_is_carried_on(
    site: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One erasure that dies at one point after the other, in the order in which it comes to them."""
    history(site)
    order = ("opened", "keys-remembered", "recorded", "rewritten", "curated-recorded", "deleted", "curated-erased")
    sources = [Path(module.__file__ or "").read_text(encoding="utf-8") for module in (forget, erased_table)]
    written = {name for text in sources for name in re.findall(r'point\("forget:([^"]+)"\)', text)}
    assert written == set(order)
    for name in order:

        def kill(here: str, name: str = name) -> None:
            if here == f"forget:{name}":
                raise Killed

        with monkeypatch.context() as patched:
            for module in (forget, erased_table):
                patched.setattr(module, "point", kill)
            with pytest.raises(Killed):
                erase(site)
        (row,) = reconcile_rows(site.system, site.ledger)
        assert (row["received"], row["missing"]) == (row["raw"], 0), name
    site.put(A, B, ("x" * 16, "lain", 9))
    with pytest.raises(ForgetRefused, match="sumber masih memuat 1 baris"):
        erase(site, "cli:lain")  # the source has it again since
    site.put(B, ("x" * 16, "lain", 9))
    request = erase(site, "cli:lain")
    assert holding(site) == []
    assert exact(site) == [(0, 0)]
    assert sum(site.ledger.erasures(request).values()) == 5
