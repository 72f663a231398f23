"""A drafted contract says of a source's table what the catalogue says, and what it guesses is marked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lumbung.declarations import check, load
from lumbung.declarations.models import Declarations, Registration
from lumbung.sources.database.scaffold import describe, draft
from lumbung.sources.errors import SourceError
from simulator.server import State

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def declarations() -> Declarations:
    return load(ROOT)


def _url(state: State, system: str) -> str:
    return (state.folder / "secrets" / f"source_{system}_admin_url").read_text(encoding="utf-8").strip()


def _drafted(state: State, declarations: Declarations, system: str, table: str) -> str:
    known = declarations.systems[system]
    return draft(describe(_url(state, system), known, table), known, declarations)


@pytest.mark.parametrize("dataset", ["siak.biodata_wni", "siak.pindah_header", "sismiop.sppt", "sismiop.dat_nir"])
def test_a_draft_agrees_with_the_contract_that_people_wrote(
    built: State, declarations: Declarations, tmp_path: Path, dataset: str
) -> None:
    """Columns, types and key of a known table come out the same, and the draft in its place is no mistake by itself."""
    system, name = dataset.split(".")
    for folder in ("contracts", "standards", "expectations", "tenants", "sql"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    text = _drafted(built, declarations, system, name)
    new = tmp_path / "contracts" / system / "rancangan.yaml"
    new.write_text(
        text.replace(f": {dataset}\n", f": {system}.rancangan\n").replace(f"- name: {name}\n", "- name: rancangan\n")
    )
    assert check(tmp_path) == []
    made, known = load(tmp_path).datasets[f"{system}.rancangan"], declarations.datasets[dataset]
    assert {c.name: (c.physical, c.logical) for c in made.columns} == {
        c.name: (c.physical, c.logical) for c in known.columns
    }
    assert set(made.key) >= set(known.key) or set(known.key) >= set(made.key)
    assert "dugaan" in text


def test_identifiers_are_guessed_by_name_and_form_and_stay_secret(built: State, declarations: Declarations) -> None:
    text = _drafted(built, declarations, "siak", "biodata_wni")
    assert "dugaan: standard nik," in text
    assert "rahasia" in text.split("- name: nik\n")[1].split("- name:")[0]
    assert "classification: umum" not in text


def test_a_guess_that_the_values_contradict_is_withdrawn(built: State, declarations: Declarations) -> None:
    import psycopg

    with psycopg.connect(_url(built, "sismiop"), autocommit=True) as connection:
        connection.execute("CREATE TABLE public.uji_rancangan (nik text, jumlah numeric)")
        connection.execute("INSERT INTO public.uji_rancangan VALUES ('bukan NIK', 12.5)")
    text = _drafted(built, declarations, "sismiop", "uji_rancangan")
    assert "dugaan ditolak: standard nik, 0 dari 1" in text
    assert "value: nik" not in text
    assert "bukan NIK" not in text


def test_a_domain_is_drafted_as_the_type_that_extract_will_compare_with(
    built: State, declarations: Declarations
) -> None:
    """Written as the domain's own name, the first run after the draft would stop for a changed type."""
    import psycopg

    with psycopg.connect(_url(built, "sismiop"), autocommit=True) as connection:
        connection.execute("CREATE DOMAIN public.rupiah_bulat AS numeric(15,0) CHECK (VALUE >= 0)")
        connection.execute("CREATE TABLE public.uji_domain (kode char(2) PRIMARY KEY, jumlah public.rupiah_bulat)")
        connection.execute("COMMENT ON COLUMN public.uji_domain.jumlah IS 'Jumlah terutang'")
    text = _drafted(built, declarations, "sismiop", "uji_domain")
    assert "physicalType: numeric(15,0)" in text
    assert "rupiah_bulat" not in text
    assert "businessName: Jumlah terutang" in text


def test_a_table_that_is_not_there_is_said_with_the_next_step(built: State, declarations: Declarations) -> None:
    with pytest.raises(SourceError, match=r"public\.tidak_ada tidak ada atau tidak boleh dibaca"):
        describe(_url(built, "siak"), declarations.systems["siak"], "tidak_ada")


def test_a_system_that_is_not_approved_is_not_looked_at(built: State, declarations: Declarations) -> None:
    known = declarations.systems["siak"]
    registration: Registration = known.registration.model_copy(update={"status": "diajukan"})
    with pytest.raises(SourceError, match="diajukan"):
        describe(_url(built, "siak"), known.model_copy(update={"registration": registration}), "biodata_wni")
