"""The real declarations: what they promise to the stages, and that the simulator's tables and defects agree."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
import sqlglot
from sqlglot import exp

from lumbung.declarations import Dataset, Declarations, UnknownTarget, check, load, load_systems
from lumbung.declarations.docs import stale
from lumbung.declarations.expectations import MAP_EXPECTATIONS
from lumbung.declarations.loader import REPOSITORY
from lumbung.declarations.models import Publication
from lumbung.declarations.names import FILE_DEFECT, FILE_LINE, FILE_NAME
from simulator import siak_tables, sismiop_tables
from simulator.departments import covid, kualitas_air, sampah, wisata
from simulator.systems import departments, tables

ORDER = {
    "siak": """setup_prop setup_kab setup_kec setup_kel biodata_wni_master data_keluarga biodata_wni capil_lahir
    capil_mati capil_kawin capil_cerai pindah_header pindah_detail datang_header datang_detail biodata_wni_dkb""",
    "sismiop": """ref_propinsi ref_dati2 ref_kecamatan ref_jns_sektor ref_kelurahan lookup_item ref_jpb kelas_tanah
    kelas_bangunan njoptkp tarif pbb_minimal tempat_pembayaran dat_peta_blok dat_znt dat_subjek_pajak dat_nir
    dat_objek_pajak dat_subjek_pajak_njoptkp dat_op_bumi dat_op_bangunan sppt pembayaran_sppt pembatalan_sppt""",
    "dapodik": "sekolah siswa guru",
}


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


def datasets() -> list[Dataset]:
    return list(load().datasets.values())


def test_the_repository_has_no_mistake() -> None:
    assert [str(problem) for problem in check()] == []


def test_the_pages_of_the_datasets_are_up_to_date(declared: Declarations) -> None:
    assert stale(declared, REPOSITORY) == [], "run `python -m lumbung.declarations.docs`"


def test_datasets_come_parents_first(declared: Declarations) -> None:
    for system, names in ORDER.items():
        assert [d.name for d in declared.of_system(system)] == names.split()
    with pytest.raises(UnknownTarget, match="siakk"):
        declared.of_system("siakk")


def test_the_scheduler_sees_the_same_systems(declared: Declarations) -> None:
    heads = {head.system.code: head for head in load_systems()}
    assert {code: head.system for code, head in heads.items()} == declared.systems
    for code, head in heads.items():
        full = [(d.id, d.title, d.description, d.load, d.lookup, d.linked) for d in declared.of_system(code)]
        assert [(h.id, h.title, h.description, h.load, h.lookup, h.linked) for h in head.datasets] == full


_PG = {"varchar": "character varying", "char": "character"}
_STAMP = re.compile(r"^timestamp\((\d)\)$")


def format_type(ddl: str) -> str:
    """A type as it stands in a CREATE TABLE, as PostgreSQL prints it back."""
    text = ddl.split(" DEFAULT ")[0].split(" PRIMARY ")[0].strip()
    text = re.sub(r"^(varchar|char)\b", lambda m: _PG[m[1]], text)
    text = _STAMP.sub(r"timestamp(\1) without time zone", text)
    return re.sub(r"^numeric\((\d+)\)$", r"numeric(\1,0)", text)


def created(dataset: Dataset) -> dict[str, str]:
    """Column -> type of the simulator's table, read from the DDL it runs."""
    table = "biodata_wni_202501" if dataset.period_column else dataset.name
    if dataset.system in departments():
        ddl = tables()[table].create(readable=True)
    else:
        ddl = (siak_tables if dataset.system == "siak" else sismiop_tables).create(table)
    body = ddl[ddl.index("(") + 1 : ddl.index(");")]
    parts = [part for part in re.split(r",\s*(?![^(]*\))", body) if "PRIMARY KEY (" not in part]
    return {name: format_type(kind) for name, kind in (part.strip().split(" ", 1) for part in parts)}


@pytest.mark.parametrize(
    "dataset", [d for d in datasets() if load().systems[d.system].transport == "postgresql"], ids=lambda d: d.id
)
def test_the_contract_fits_the_simulated_table(dataset: Dataset) -> None:
    ours = {c.name: c.physical.replace("timestamp without", "timestamp(0) without") for c in dataset.source_columns}
    theirs = {n: k.replace("timestamp without", "timestamp(0) without") for n, k in created(dataset).items()}
    assert ours == theirs
    assert [c.name for c in dataset.source_columns] == list(theirs)


def defects() -> list[dict[str, str]]:
    """The simulator's catalogue of defects that break a rule."""
    found = []
    for path in sorted((REPOSITORY / "simulator" / "data").glob("cacat*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            found += [row for row in csv.DictReader(stream) if row["aturan"]]
    return found


@pytest.mark.parametrize("defect", defects(), ids=lambda row: f"{row['dataset']}-{row['jenis']}")
def test_every_simulated_defect_has_its_rule(defect: dict[str, str], declared: Declarations) -> None:
    assert declared.datasets[defect["dataset"]].rule(defect["aturan"]).severity == defect["tingkat"]


@pytest.mark.parametrize("dataset", datasets(), ids=lambda d: d.id)
def test_rules_are_well_formed(dataset: Dataset) -> None:
    assert [i for i, n in Counter(rule.id for rule in dataset.rules).items() if n > 1] == []
    assert [rule.id for rule in dataset.rules if rule.kind == "key"] == ["kunci-ganda"]
    flags = {r.flag for r in (*dataset.references, *dataset.list_refs)}
    flags |= {f"_tipe_{column.name}" for column in dataset.columns}
    taken = {taken.name for reference in dataset.references for taken in reference.take}
    taken |= {name for reference in dataset.names for name in (reference.into, reference.flag, *reference.take)}
    taken |= {FILE_DEFECT, FILE_LINE, FILE_NAME} if dataset.files is not None else set()
    frame = {c.name for c in dataset.columns} | set(dataset.derived) | flags | taken
    for rule in dataset.rules:
        assert rule.reason
        assert rule.source
        assert set(re.findall(r"\{(\w+)\}", rule.reason)) <= frame
        if rule.kind != "key":
            assert rule.expectation in MAP_EXPECTATIONS
            assert rule.kwargs["column"] in frame


def test_every_regular_expression_is_java_and_python(declared: Declarations) -> None:
    for dataset in declared.datasets.values():
        for rule in dataset.rules:
            if "regex" in rule.kwargs:
                assert "(?P" not in rule.kwargs["regex"]
                assert re.compile(rule.kwargs["regex"])


def test_nothing_personal_is_public(declared: Declarations) -> None:
    """Deny by default: in tables about persons and their taxes no column at all is `umum` but the period."""
    for dataset in declared.datasets.values():
        about_persons = any(column.classification == "rahasia" for column in dataset.columns)
        if dataset.lookup or not (about_persons or dataset.system in ("siak", "sismiop")):
            continue
        public = {column.name for column in dataset.columns if column.classification == "umum"}
        assert public == set(), dataset.id


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("3515081503850001", True),
        ("3515085503859999", True),
        ("9901017112990001", True),
        ("351508150385000", False),
        ("35150815038500011", False),
        ("351508150385000O", False),
        ("3515081503850000", False),
        ("3515080003850001", False),
        ("3515083203850001", False),
        ("3515084003850001", False),
        ("3515087203850001", False),
        ("3515081513850001", False),
        ("3515081500850001", False),
        ("1111111111111111", False),
        ("", False),
        (" 515081503850001", False),
    ],
)
def test_the_form_of_a_nik(value: str, right: bool, declared: Declarations) -> None:
    assert (re.match(declared.types["nik"].pattern or "", value) is not None) == right


@pytest.mark.parametrize(
    ("value", "right"),
    [("3515081503850000", True), ("3515085503850001", False), ("351508150385", False), ("35150815038500A1", False)],
)
def test_the_form_of_a_family_number(value: str, right: bool, declared: Declarations) -> None:
    assert (re.match(declared.types["kk"].pattern or "", value) is not None) == right


@pytest.mark.parametrize(
    ("standard", "value", "right"),
    [
        ("nip", "197001012010011001", True),
        ("nip", "198002292010212003", True),
        ("nip", "131234567", True),
        ("nip", "19700101201001100", False),
        ("nip", "197004312010011001", False),
        ("nip", "197013012010011001", False),
        ("nip", "197001012010013001", False),
        ("npwp", "010000010999000", True),
        ("npwp", "0010000010999000", True),
        ("npwp", "3515081503850001", True),
        ("npwp", "3515081503850000", False),
        ("npwp", "01.000.001.0-99", False),
        ("npwp", "01000001099900", False),
    ],
)
def test_the_form_of_a_civil_servants_and_a_taxpayers_number(
    standard: str, value: str, right: bool, declared: Declarations
) -> None:
    """A taxpayer's number may be a NIK (PMK 112/2022)."""
    pattern = declared.types[standard].checks[0].pattern
    assert (re.match(pattern, value) is not None) == right


def test_villages_by_date(declared: Declarations) -> None:
    """346 villages in force, 353 while the seven of the mud flow still were; eighteen kecamatan (FACTS section 3)."""
    rows = declared.lists["wilayah"].rows

    def villages(day: date) -> int:
        return sum(r.values["tingkat"] in ("desa", "kelurahan") and r.valid_from <= day <= r.valid_to for r in rows)

    assert (villages(date(2026, 1, 1)), villages(date(2021, 6, 30))) == (346, 353)
    assert sum(row.values["tingkat"] == "kecamatan" for row in rows) == 18
    codes = {row.code for row in rows}
    assert all(row.values["kode_induk"] in codes for row in rows if row.values["tingkat"] != "kabupaten")
    assert declared.lists["wilayah"].label("35.15.04.1005", date(2021, 1, 1)) == "Mindi"
    assert declared.lists["wilayah"].label("35.15.04.1005", date(2024, 1, 1)) is None


def test_the_crosswalk_maps_every_village_once(declared: Declarations) -> None:
    crosswalk, villages = declared.lists["wilayah_sismiop"].rows, declared.lists["wilayah"].rows
    wanted = {r.code: r.valid_to for r in villages if r.values["tingkat"] in ("desa", "kelurahan")}
    assert {r.values["kode_kemendagri"]: r.valid_to for r in crosswalk} == wanted
    assert len({row.code for row in crosswalk}) == len(crosswalk)
    for row in crosswalk:
        parts = ("kd_propinsi", "kd_dati2", "kd_kecamatan", "kd_kelurahan")
        assert row.code == "".join(row.values[part] or "" for part in parts)
        assert (row.values["kode_kemendagri"] or "").startswith(f"{row.values['kode_kecamatan']}.")


def test_books_leave_no_gap(declared: Declarations) -> None:
    rows = declared.lists["buku"].rows
    bounds = [(int(r.values["batas_bawah"] or 0), r.values["batas_atas"]) for r in rows]
    assert bounds[0][0] == 0
    assert bounds[-1][1] is None
    assert all(int(upper or 0) + 1 == low for (_, upper), (low, _) in pairwise(bounds))


def test_only_grain_columns_are_errors_in_dkb(declared: Declarations) -> None:
    """Otherwise totals would contradict Dukcapil's (DESIGN section 4, penduduk)."""
    grain = {"periode", "nik", "jenis_klmin", "tgl_lhr", "no_prop", "no_kab", "no_kec", "no_kel"}
    dataset = declared.datasets["siak.biodata_wni_dkb"]
    columns = {name for rule in dataset.rules if rule.severity == "error" for name in rule.columns}
    assert columns <= grain | {"_kode_desa", "_akhir_periode"}
    assert dataset.rule("kode:agama").severity == "warning"
    assert dataset.columns[0].name == "periode"
    assert [c.name for c in dataset.source_columns] == [c.name for c in declared.datasets["siak.biodata_wni"].columns]


def plain_publications() -> list[Publication]:
    """Publications whose SQL is one SELECT over the mart; where cells are filled in (joins), expressions move apart."""
    every = [publication for mart in load().marts.values() for publication in mart.publications]
    return [one for one in every if sqlglot.parse_one(one.sql, read="spark").find(exp.Join, exp.CTE) is None]


def meant(tree: exp.Expression) -> str:
    """An expression without its casts, its rounding, and its guard against zero."""
    held = exp.Paren(this=tree.copy())
    while (found := held.find(exp.Cast, exp.Round, exp.Nullif)) is not None:
        found.replace(found.this)
    return held.sql("spark").lower()


@pytest.mark.parametrize("publication", plain_publications(), ids=lambda one: one.id)
def test_a_public_column_is_what_it_says_it_is(publication: Publication) -> None:
    query = sqlglot.parse_one(publication.sql, read="spark")
    given = {one.alias_or_name: meant(one.unalias()) for one in query.selects}
    said = {one.name: meant(sqlglot.parse_one(one.source, read="spark")) for one in publication.columns}
    assert said == given


def test_windows_of_the_great_registers_overlap_by_three_days(declared: Declarations) -> None:
    windows = {d.id: d.overlap for d in declared.datasets.values() if d.load == "window"}
    great = {overlap for name, overlap in windows.items() if name.split(".")[0] in ("siak", "sismiop")}
    assert great == {timedelta(days=3)}
    assert {d.id: d.overlap for d in declared.datasets.values() if d.load == "full"}.keys() == (
        declared.datasets.keys() - windows.keys()
    )


def test_the_static_table_of_expectations_is_great_expectations_own() -> None:
    pytest.importorskip("great_expectations")
    from great_expectations.expectations.expectation import (
        ColumnMapExpectation,
        ColumnPairMapExpectation,
        MulticolumnMapExpectation,
    )
    from great_expectations.expectations.registry import get_expectation_impl

    for name, arguments in MAP_EXPECTATIONS.items():
        implementation = get_expectation_impl(name)
        assert issubclass(implementation, ColumnMapExpectation | ColumnPairMapExpectation | MulticolumnMapExpectation)
        assert arguments <= set(implementation.__fields__), name


def test_what_a_department_holds_of_a_person_is_compared(declared: Declarations) -> None:
    """DESIGN: found but differs (name, birth date or sex)."""
    left_out = [
        (dataset.id, name)
        for dataset in declared.datasets.values()
        for reference in dataset.master_refs
        for name in ("nama", "tanggal_lahir", "jenis_kelamin")
        if name in {column.name for column in dataset.columns}
        and name not in {comparison.attribute for comparison in reference.compare}
    ]
    assert left_out == []


@pytest.mark.parametrize(
    ("dataset", "rows"),
    [
        ("covid.kasus_harian", len(covid._rows(1, date(2026, 1, 3)))),
        ("kualitas_air.sampel_air", len(kualitas_air._rows(1, "air", date(2026, 1, 1)))),
        ("kualitas_air.sampel_tanah", len(kualitas_air._rows(1, "tanah", date(2026, 1, 1)))),
        ("sampah.tonase_tps", len(sampah._rows(1, date(2026, 1, 3)))),
        ("wisata.destinasi", len(wisata._places())),
        ("wisata.kunjungan_wisata", len(wisata._rows(1, date(2026, 1, 1)))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_small_delivery_that_is_refused_whole_waits(declared: Declarations, dataset: str, rows: int) -> None:
    """The tenant's hundred rows are more than such a file has; single mistakes go to quarantine as ever."""
    limit = declared.datasets[dataset].quality
    assert limit is not None
    assert rows < declared.tenant.quality.from_rows
    assert limit.exceeded(rows, 0)
    assert limit.exceeded(rows * 3 // 4, rows - rows * 3 // 4)
    assert not limit.exceeded(4, 0)
    assert not limit.exceeded(rows // 2, rows - rows // 2)
