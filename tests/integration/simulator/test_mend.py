"""A department repairs what was refused."""

import json
from datetime import datetime, timedelta

from simulator import manifest
from simulator.mend import WORK, mend
from simulator.systems import systems
from tests.integration.simulator import oracle


def test_mending_everything_leaves_a_clean_source(new_state, original, run, capsys):
    state = new_state(original)
    first = {}
    for defect in oracle.manifest(state)["defects"]:
        first.setdefault((defect["dataset"], defect["kind"]), defect["id"])
    with state.connect("siak") as connection:
        before = manifest.clock(connection)
    mend(state, *first.values())
    for system in systems():
        with state.connect(system) as connection:
            assert manifest.clock(connection) == before + len(first) * WORK
    assert oracle.broken(state) == oracle.declared(state)
    mended = [d for d in oracle.manifest(state)["defects"] if d["state"] == "mended"]
    assert {d["id"] for d in mended} == set(first.values())
    capsys.readouterr()
    assert run(state, "mend", mended[0]["id"]) == 1
    assert "sudah diperbaiki" in capsys.readouterr().err
    assert run(state, "defects", "--json", "--rule", "kode:agama") == 0
    shown = json.loads(capsys.readouterr().out)
    assert {d["rule"] for d in shown} == {"kode:agama"}
    assert all(d["state"] == "open" for d in shown)


def test_a_mended_row_moves_its_update_clock(built):
    defect = next(d for d in oracle.manifest(built)["defects"] if d["kind"] == "kode-agama" and d["state"] == "open")
    with built.connect("siak") as connection:
        now = manifest.clock(connection)
    mend(built, defect["id"])
    with built.connect("siak") as connection:
        religion, changed = connection.execute(
            "SELECT agama, tgl_ubah FROM biodata_wni WHERE nik = %s", [defect["key"]["nik"]]
        ).fetchone()
    assert 1 <= religion <= 7
    assert changed == now
    assert changed <= now + timedelta(hours=1) and isinstance(changed, datetime)


def test_a_row_that_was_changed_by_hand_is_not_touched(built, run, capsys):
    defect = next(d for d in oracle.manifest(built)["defects"] if d["kind"] == "nik-huruf" and d["state"] == "open")
    with built.connect("siak") as connection:
        connection.execute("UPDATE biodata_wni SET nik = '3515010101009001' WHERE nik = %s", [defect["key"]["nik"]])
    assert run(built, "mend", defect["id"]) == 1
    assert "diubah dengan tangan" in capsys.readouterr().err


def test_one_wrong_id_and_none_is_mended(built, run, capsys):
    wrong = next(d for d in oracle.manifest(built)["defects"] if d["kind"] == "kode-agama" and d["state"] == "open")
    before = oracle.manifest(built)
    assert run(built, "mend", wrong["id"], "siak-99999") == 1
    assert "siak-99999" in capsys.readouterr().err
    assert oracle.manifest(built) == before
    with built.connect("siak") as connection:
        (religion,) = connection.execute(
            "SELECT agama FROM biodata_wni WHERE nik = %s", [wrong["key"]["nik"]]
        ).fetchone()
    assert religion not in range(1, 8)


def test_unknown_ids_are_refused(built, run, capsys):
    assert run(built, "mend", "siak-99999") == 1
    assert run(built, "mend", "bukan_dinas-00001") == 1
    assert "defects" in capsys.readouterr().err


def test_sql_runs_as_the_owner(built, run, capsys):
    assert run(built, "sql", "sismiop", "SELECT nm_dati2 FROM ref_dati2") == 0
    assert capsys.readouterr().out.split() == ["nm_dati2", "SIDOARJO"]
    assert run(built, "sql", "sismiop", "SELECT 1 FROM tidak_ada") == 1
    assert "tidak_ada" in capsys.readouterr().err
