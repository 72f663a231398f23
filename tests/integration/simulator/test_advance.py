"""Life goes on: deterministic, in order, and the manifest keeps telling the truth."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from simulator.advance import advance
from simulator.day import LATE
from tests.integration.simulator import oracle
from tests.integration.simulator.conftest import jump
from tests.integration.simulator.test_build import content


def silent(line: str) -> None:
    """No progress in tests."""


@pytest.fixture(scope="module")
def lived(new_state, original):
    """A small source that lived through twenty-five days, the yearly assessment and the end of a semester."""
    state = new_state(original)
    advance(state, 25, silent)
    jump(state, "2026-02-16 06:00:00")
    advance(state, 2, silent)
    jump(state, "2026-06-30 06:00:00")
    advance(state, 2, silent)
    return state


def test_the_manifest_still_names_every_broken_row_and_no_other(lived):
    assert oracle.broken(lived) == oracle.declared(lived)


def test_the_workbooks_of_a_new_period_are_sent_beside_the_older_ones(lived):
    names = {system: {path.stem for path in lived.drop(system).iterdir()} for system in ("umkm", "desa")}
    assert names["umkm"] == {f"data_umkm_{semester}" for semester in ("2024-S2", "2025-S1", "2025-S2")}
    assert names["desa"] == {
        *(f"profil_desa_{year}" for year in (2023, 2024, 2025)),
        *(f"apbdes_{year}" for year in (2024, 2025)),
    }
    with lived.connect("umkm") as connection:
        before = dict(connection.execute("SELECT no_pendataan, nik FROM usaha WHERE semester = '2025-S1'").fetchall())
        after = dict(connection.execute("SELECT no_pendataan, nik FROM usaha WHERE semester = '2025-S2'").fetchall())
    kept = after.keys() & before.keys()
    assert len(kept) > 100 and len(after) > len(kept)
    assert {number: after[number] for number in kept} == {number: before[number] for number in kept}


def test_days_one_by_one_or_at_once_are_the_same(new_state, original):
    at_once, by_day = new_state(original), new_state(original)
    assert advance(at_once, 3, silent) == datetime(2026, 1, 8, 6)
    for _ in range(3):
        advance(by_day, 1, silent)
    assert content(at_once) == content(by_day)
    assert oracle.manifest(at_once) == oracle.manifest(by_day)


def test_the_new_tax_year_is_assessed_once_for_every_object(lived):
    with lived.connect("sismiop") as connection:
        objects, assessed = connection.execute(
            "SELECT (SELECT count(*) FROM dat_objek_pajak WHERE jns_transaksi_op <> '3' AND kd_kelurahan <>"
            " '099' AND tgl_pendataan_op < '2026-02-16'),"
            " (SELECT count(*) FROM sppt WHERE thn_pajak_sppt = '2026')"
        ).fetchone()
        value = connection.execute(
            "SELECT count(*) FROM sppt s JOIN kelas_tanah k USING (kd_kls_tanah) WHERE thn_pajak_sppt = '2026'"
            " AND njop_bumi_sppt <> luas_bumi_sppt * nilai_per_m2_tanah * 1000"
            " AND NOT EXISTS (SELECT FROM simulator.cacat c WHERE c.tabel = 'sppt' AND c.isi ->> 'rule' ="
            " 'sppt-hitung-njop')"
        ).fetchone()[0]
    assert assessed == pytest.approx(objects, abs=3)  # cancelled or deleted since
    assert assessed > 0
    assert value == 0


def test_the_semester_closes_with_the_population_of_that_day(lived):
    with lived.connect("siak") as connection:
        closed, living = connection.execute(
            "SELECT (SELECT count(*) FROM biodata_wni_202601), (SELECT count(*) FROM biodata_wni WHERE"
            " flag_status = '0')"
        ).fetchone()
        reader = connection.execute(
            "SELECT has_table_privilege('lumbung_baca', 'biodata_wni_202601', 'SELECT')"
        ).fetchone()[0]
    assert reader
    assert 0.98 * living < closed <= living
    assert {d["kind"] for d in oracle.manifest(lived)["defects"] if d["table"] == "biodata_wni_202601"} == {
        "dkb-desa", "dkb-jenis-kelamin", "dkb-tanggal-lahir",
    }  # fmt: skip


def test_late_rows_lie_within_the_overlap_and_deleted_keys_are_gone(lived):
    events = oracle.manifest(lived)["events"]
    kinds = Counter(e["kind"] for e in events)
    assert {"lahir", "mati", "kawin", "cerai", "pindah", "pergi", "datang", "terlambat", "hapus"} <= set(kinds)
    for event in events:
        if event["kind"] == "terlambat":
            start = datetime.fromisoformat(event["at"])
            assert start - LATE < datetime.fromisoformat(event["cursor"]) < start + timedelta(days=1)
        if event["kind"] == "hapus":
            system, table = event["dataset"].split(".")
            where = " AND ".join(f"{column} = %s" for column in event["key"])
            with lived.connect(system) as connection:
                connection.execute("SET LOCAL datestyle = 'ISO, DMY'")  # a key is as its service writes it: 07-01-2026
                assert connection.execute(
                    f"SELECT count(*) FROM {table} WHERE {where}", list(event["key"].values())
                ).fetchone() == (0,)


def test_payments_settle_exactly_the_assessments_they_close(lived):
    with lived.connect("sismiop") as connection:
        wrong = connection.execute(
            "SELECT count(*) FROM sppt s LEFT JOIN LATERAL (SELECT coalesce(sum(jml_sppt_yg_dibayar -"
            " coalesce(denda_sppt, 0)), 0) AS pokok"
            " FROM pembayaran_sppt p WHERE (p.kd_kecamatan, p.kd_kelurahan, p.kd_blok, p.no_urut, p.thn_pajak_sppt)"
            " = (s.kd_kecamatan, s.kd_kelurahan, s.kd_blok, s.no_urut, s.thn_pajak_sppt)) b ON true"
            " WHERE NOT EXISTS (SELECT FROM simulator.cacat c WHERE c.tabel IN ('sppt', 'pembayaran_sppt')"
            "  AND starts_with(c.kunci, concat_ws('|', s.kd_propinsi, s.kd_dati2, s.kd_kecamatan,"
            " s.kd_kelurahan, s.kd_blok, s.no_urut)))"
            " AND (pokok > pbb_yg_harus_dibayar_sppt OR (pokok = pbb_yg_harus_dibayar_sppt) <>"
            " (status_pembayaran_sppt = '1'))"
        ).fetchone()[0]
    assert wrong == 0


def test_an_unbuilt_source_is_refused(new_state, run, capsys):
    assert run(new_state(), "advance", "--days", "1") == 1
    assert "build" in capsys.readouterr().err
