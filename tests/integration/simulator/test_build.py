"""A source built from a seed: same bytes, the promised defects and nothing else, closed where it must be."""

import json

import psycopg
import pytest
from psycopg import sql

from simulator import siak_tables, sismiop_tables
from simulator.build import SEMESTERS, Plan, build
from simulator.kinds import kinds
from simulator.server import SimulatorError, State, combined, digest
from simulator.systems import READER, systems
from tests.integration.simulator import oracle
from tests.integration.simulator.conftest import SCALE, SEED


def silent(line: str) -> None:
    """No progress in tests."""


def content(state: State) -> str:
    """Digest of everything in both sources."""
    parts = {}
    for system in systems():
        with state.connect(system) as connection:
            parts[system] = digest(connection)
    return combined(parts)


def test_same_seed_same_content_other_seed_other(built, new_state):
    twin, other = new_state(), new_state()
    build(twin, Plan(SEED, SCALE), silent)
    build(other, Plan(SEED + 1, SCALE), silent)
    assert content(twin) == content(built) == oracle.manifest(built)["header"]["digest_at_build"]
    assert content(other) != content(built)
    ours, theirs = (json.dumps(oracle.manifest(s)) for s in (built, twin))
    assert ours == theirs


def test_the_digest_sees_one_changed_cell(built):
    before = content(built)
    with built.connect("siak") as connection:
        connection.execute("UPDATE biodata_wni SET gelar = 'DRS' WHERE ctid = (SELECT min(ctid) FROM biodata_wni)")
    assert content(built) != before
    with built.connect("siak") as connection:
        connection.execute("UPDATE biodata_wni SET gelar = NULL WHERE gelar = 'DRS'")
    assert content(built) == before


def test_every_injected_defect_breaks_its_rule_and_nothing_else_is_broken(built):
    assert oracle.broken(built) == oracle.declared(built)


def test_every_kind_occurs_on_rows_of_its_own(built):
    defects = oracle.manifest(built)["defects"]
    assert {(d["dataset"], d["kind"]) for d in defects} == {(k.dataset, k.name) for k in kinds()}
    keys = [(d["table"], *d["key"].values()) for d in defects]
    assert len(set(keys)) == len(keys)
    rows = sum(sum(c.values()) for c in oracle.manifest(built)["header"]["counts"].values())
    assert len(defects) < rows / 20


def test_building_again_does_nothing_and_other_parameters_are_refused(built, run, capsys):
    before = built.manifest.stat().st_mtime_ns
    assert run(built, "build", "--scale", str(SCALE), "--seed", str(SEED)) == 0
    assert "tidak ada yang dikerjakan" in capsys.readouterr().out
    assert built.manifest.stat().st_mtime_ns == before
    assert run(built, "build", "--scale", str(SCALE), "--seed", "99") == 1
    assert "--force" in capsys.readouterr().err


def test_columns_are_the_departments(built):
    def columns(system: str, table: str) -> list[tuple[str, str]]:
        with built.connect(system) as connection:
            return connection.execute(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum", [f"public.{table}"],
            ).fetchall()  # fmt: skip

    assert len(columns("siak", "biodata_wni")) == 66
    assert len(columns("siak", "data_keluarga")) == 27
    for period in SEMESTERS:
        assert columns("siak", f"biodata_wni_{period}") == columns("siak", "biodata_wni")
    types = dict(columns("sismiop", "sppt"))
    assert tuple(types) == sismiop_tables.columns("sppt")
    assert types["njop_sppt"] == "numeric"
    assert types["kd_kecamatan"] == "character(3)"
    assert dict(columns("siak", "biodata_wni"))["tgl_ubah"] == "timestamp(0) without time zone"
    assert tuple(dict(columns("siak", "capil_mati"))) == siak_tables.columns("capil_mati")


@pytest.mark.parametrize("system", ["siak", "sismiop"])
def test_the_reader_sees_public_tables_and_the_clock_only(built, system):
    with built.connect(system) as connection:
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(READER)))
        table = "biodata_wni" if system == "siak" else "sppt"
        assert connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()[0] > 0
        assert str(connection.execute("SELECT public.jam_sistem()").fetchone()[0]) == "2026-01-05 06:00:00"
        for forbidden in ("SELECT * FROM simulator.cacat", "SELECT * FROM simulator.keadaan", f"DELETE FROM {table}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(forbidden)


def test_closed_population_follows_from_registrations_and_deaths(built):
    with built.connect("siak") as connection:
        for period in SEMESTERS:
            day = f"{period[:4]}-{'06-30' if period.endswith('01') else '12-31'}"
            missing = connection.execute(
                f"SELECT count(*) FROM biodata_wni b WHERE flag_status = '0' AND tgl_entri < date '{day}' + 1"
                " AND nik LIKE '____________9%'"
                " AND NOT EXISTS (SELECT FROM simulator.cacat c WHERE c.tabel = 'biodata_wni' AND c.kunci = b.nik)"
                f" AND NOT EXISTS (SELECT FROM biodata_wni_{period} d WHERE d.nik = b.nik)"
            ).fetchone()[0]
            dead = connection.execute(
                f"SELECT count(*) FROM capil_mati m JOIN biodata_wni_{period} d ON d.nik = m.mati_nik WHERE"
                f" m.mati_tgl BETWEEN '1900-01-02' AND date '{day}'"
            ).fetchone()[0]
            assert (missing, dead) == (0, 0)


def test_a_semester_shows_who_was_married_then(built):
    """Who told of the wedding after the closing is single there; both spouses share the day and, now, the card."""
    with built.connect("siak") as connection:
        wed, single = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE d.stat_kwn = 1 AND d.tgl_kwn IS NULL) FROM capil_kawin k"
            " JOIN biodata_wni_202401 d ON d.nik IN (k.suami_nik, k.istri_nik) WHERE k.kawin_tgl_lapor > '2024-06-30'"
            " AND NOT EXISTS (SELECT FROM simulator.cacat c WHERE c.kunci = k.kawin_no)"
        ).fetchone()
        apart = connection.execute(
            "SELECT count(*) FROM biodata_wni h JOIN biodata_wni w ON w.no_kk = h.no_kk AND w.stat_hbkel = 3"
            " AND w.stat_kwn = 2 AND h.stat_hbkel = 1 AND h.stat_kwn = 2 WHERE w.tgl_kwn <> h.tgl_kwn"
            " AND NOT EXISTS (SELECT FROM simulator.cacat c WHERE c.kunci IN (h.nik, w.nik))"
        ).fetchone()[0]
    assert wed > 10
    assert single == wed
    assert apart == 0


def test_a_move_inside_the_regency_has_the_same_people_on_both_sides(built):
    with built.connect("siak") as connection:
        moves, same, classes = connection.execute(
            "WITH asal AS (SELECT p.no_pindah, p.klasifikasi_pindah AS kelas, array_agg(d.nik ORDER BY d.nik) AS orang"
            " FROM pindah_header p JOIN pindah_detail d USING (no_pindah) WHERE klasifikasi_pindah <= 3 GROUP BY 1, 2),"
            " tujuan AS (SELECT h.no_pindah, array_agg(d.nik ORDER BY d.nik) AS orang FROM datang_header h"
            " JOIN datang_detail d USING (no_datang) GROUP BY 1) SELECT count(*), count(*) FILTER (WHERE asal.orang ="
            " tujuan.orang), count(DISTINCT kelas) FROM asal JOIN tujuan USING (no_pindah)"
        ).fetchone()
        spoilt = connection.execute("SELECT count(*) FROM simulator.cacat WHERE tabel ~ '^(pindah|datang)_'").fetchone()
    assert moves > 10
    assert moves - same <= spoilt[0]
    assert classes == 3


def test_subjects_against_the_registry_are_counted(built):
    said = oracle.manifest(built)["header"]["subjek"]
    with built.connect("sismiop") as sismiop, built.connect("siak") as siak:
        names = dict(siak.execute("SELECT nik, nama_lgkp FROM biodata_wni").fetchall())
        found = {"cocok": 0, "beda": 0, "tidak_ditemukan": 0, "bukan_nik": 0}
        for subject, name in sismiop.execute(
            "SELECT DISTINCT ON (subjek_pajak_id) rtrim(subjek_pajak_id), nm_wp FROM dat_subjek_pajak"
        ).fetchall():
            if not (len(subject) == 16 and subject.isdigit()):
                found["bukan_nik"] += 1
            elif subject not in names:
                found["tidak_ditemukan"] += 1
            else:
                found["cocok" if names[subject] == name else "beda"] += 1
    assert found == said


def test_a_source_without_the_reader_role_says_what_to_do(tmp_path, run, capsys):
    assert run(tmp_path, "build") == 1
    assert "make demo" in capsys.readouterr().err


def test_scale_out_of_range_is_refused():
    with pytest.raises(SimulatorError, match=r"0\.001"):
        Plan(1, 5.0)
