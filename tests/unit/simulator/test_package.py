"""The package stands alone, and its reference tables are whole."""

import ast
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

import simulator
from simulator import names, siak_lookups, siak_tables, sismiop_lookups, sismiop_tables
from simulator.chance import chance, office_time, rank_within, ymd
from simulator.command import main
from simulator.day import Day
from simulator.places import closed_villages, code_list, districts, read_data
from simulator.queries import query
from simulator.server import SimulatorError, State

ROOT = Path(simulator.__file__).parent


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: p.name)
def test_nothing_is_shared_with_the_platform(path):
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        modules = (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        assert not [m for m in modules if m.split(".")[0] in ("lumbung", "runtime", "jobs", "dags")]
    assert "contracts/" not in text.replace("nothing from `contracts/", "")
    assert "now()" not in text and "datetime.today" not in text and "time.time" not in text


def test_regions_are_the_decree():
    assert len(districts()) == 18
    villages = [v for d in districts() for v in d.villages]
    assert len(villages) == 346
    assert sum(v.kind == "kelurahan" for v in villages) == 28
    assert len(closed_villages()) == 7
    codes = [(d.kd_kecamatan, v.kd_kelurahan) for d in districts() for v in d.villages]
    by_kec = {d.no_kec: d.kd_kecamatan for d in districts()}
    codes += [(by_kec[v.no_kec], v.kd_kelurahan) for v in closed_villages()]
    assert len(set(codes)) == 353
    assert sum(d.weight for d in districts()) == pytest.approx(1)
    sizes = districts()[7].village_weights
    assert sizes.max() > 2 * sizes.min()


def test_tables_have_the_columns_of_the_departments():
    assert len(siak_tables.columns("biodata_wni")) == 66
    assert len(siak_tables.columns("data_keluarga")) == 27
    assert siak_tables.columns("biodata_wni_202501") == siak_tables.columns("biodata_wni")
    sizes = [12, 28, 45, 19, 6, 5, 11, 12, 28, 9, 20]
    assert [len(sismiop_tables.columns(t)) for t in sismiop_tables.TRANSACTIONAL] == sizes
    # The 24 known tables, and one more that a how-to page adds.
    assert len({*sismiop_tables.TRANSACTIONAL, *sismiop_tables.LOOKUPS}) == 25
    assert "numeric(4)" in siak_tables.create("biodata_wni")
    assert "DEFAULT 'XXX'" in sismiop_tables.create("sppt")


def test_columns_say_whether_they_are_the_departments_or_ours():
    rows = read_data("siak_kolom.csv")
    assert {r["asal"] for r in rows} == {"publik", "sendiri"}
    public = {f"{r['tabel']}.{r['kolom']}" for r in rows if r["asal"] == "publik"}
    assert {"CAPIL_KAWIN.SUAMI_NIK", "PINDAH_HEADER.NO_PINDAH", "DATANG_HEADER.NIK_KEPKEL_TUJUAN"} <= public
    assert "CAPIL_KAWIN.KAWIN_PENCATAT" not in public
    assert set(siak_tables.EVENTS) == {
        "capil_lahir", "capil_mati", "capil_kawin", "capil_cerai",
        "pindah_header", "pindah_detail", "datang_header", "datang_detail",
    }  # fmt: skip


def test_lookups_are_complete():
    siak, sismiop = siak_lookups.lookups(), sismiop_lookups.lookups()
    assert set(siak) == set(siak_tables.LOOKUPS)
    assert set(sismiop) == set(sismiop_tables.LOOKUPS)
    assert siak["setup_kel"].num_rows == sismiop["ref_kelurahan"].num_rows == 353
    for name, rows in sismiop.items():
        assert set(rows.column_names) == set(sismiop_tables.columns(name))
    sections = set(siak["biodata_wni_master"]["sect"].to_pylist())
    assert {"AGAMA", "JENIS_PKRJN", "PDDK_AKH", "STAT_HBKEL"} <= sections
    assert len(code_list("pekerjaan")) == 89
    with pytest.raises(KeyError):
        code_list("tidak_ada")


def test_names_and_addresses_fit_their_columns():
    rng = chance(1, "nama")
    female = rng.random(500) < 0.5
    people = names.draw(rng, female, rng.integers(1930, 2025, 500)).to_pylist()
    assert all(2 < len(n) <= 60 and n == n.upper() for n in people)
    assert len(set(people)) > 350
    streets = names.addresses(rng, 500, 0.5, 30).to_pylist()
    assert all(s and len(s) <= 30 for s in streets)


def test_small_calendar_tools():
    assert rank_within(np.array([5, 3, 5, 5, 3])).tolist() == [0, 0, 1, 2, 1]
    year, month, day = ymd(np.array([0, 18_321]))
    assert list(zip(year.tolist(), month.tolist(), day.tolist(), strict=True)) == [(1970, 1, 1), (2020, 2, 29)]
    hours = office_time(chance(1, "jam"), np.zeros(100, np.int64)) / 3600
    assert hours.min() >= 7.5 and hours.max() <= 15.5


@pytest.mark.parametrize(
    "start", ["2026-01-05 06:00:00", "2026-01-05 14:50:00", "2026-01-05 23:30:00", "2026-01-06 03:00:00"]
)
def test_a_moment_lies_between_the_clock_and_the_next_morning(start):
    day = Day.begin(None, "siak", 1, 0.01, datetime.fromisoformat(start))  # type: ignore[arg-type]
    assert day.end.hour == 6 and day.end > day.start
    for _ in range(50):
        assert day.start < day.moment() <= day.end


def test_chance_depends_on_seed_and_purpose_only():
    assert chance(1, "a", 2).integers(0, 10**9) == chance(1, "a", 2).integers(0, 10**9)
    values = {int(chance(s, p, n).integers(0, 10**9)) for s in (1, 2) for p in ("a", "b") for n in (1, 2)}
    assert len(values) == 8


def test_a_missing_secret_names_file_and_next_step(tmp_path, capsys):
    with pytest.raises(SimulatorError, match=r"source_siak_admin_url.*make demo"):
        State(tmp_path).admin_url("siak")
    assert main(["show", "--state", str(tmp_path)]) == 1
    assert "source_siak_admin_url" in capsys.readouterr().err


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert "advance --days 30" in shown and "mend siak-" in shown


def test_unknown_queries_are_an_error():
    assert "FROM public.biodata_wni" in query("siak", "anggota")
    with pytest.raises(KeyError):
        query("siak", "tidak_ada")
