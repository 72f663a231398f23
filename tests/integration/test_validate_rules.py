"""Rules, counts and classes over DataFrames: every kind of rule, and the classification against a plain oracle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lumbung.declarations.models import Reference, Taken
from lumbung.rules import classify, gx
from lumbung.rules.frame import ROW, key_columns, key_hash, parses, prepare, row_hash, typed
from lumbung.rules.references import Received, mentioned, parents, with_references
from lumbung.stages.judging import compare
from tests.integration import validate_cases as cases
from tests.integration.engine import open_session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.integration

NIK = cases.GOOD["nik"]


@dataclass(frozen=True)
class Case:
    """One row: how it differs from the good one, and the rules (of every severity) that must see it."""

    id: str
    change: dict[str, Any]
    rules: tuple[str, ...] = ()


CASES = (
    Case("good", {}),
    Case("required-null", {"nama": None}, ("wajib:nama",)),
    Case("required-empty-text-is-a-value", {"nama": ""}),
    Case("key-part-null", {"kd": None}, ("wajib:kd",)),
    Case("form-wrong", {"nik": "35A5014509900001"}, ("nik:nik",)),
    Case("form-too-long", {"nik": "35150145099000011"}, ("nik:nik",)),
    Case("form-null-is-not-checked", {"nik": None}),
    Case("code-unknown", {"jenis": 9}, ("kode:jenis",)),
    Case("code-null-is-not-checked", {"jenis": None}),
    Case("number-text", {"bayar": "abc"}, ("tipe:bayar",)),
    Case("number-empty", {"bayar": ""}, ("tipe:bayar",)),
    Case("number-nan", {"bayar": "NaN"}, ("tipe:bayar",)),
    Case("number-digits-lost", {"bayar": "1.239"}, ("tipe:bayar",)),
    Case("number-trailing-zeros", {"bayar": "1.230000"}),
    Case("number-overflow", {"bayar": "12345678901.00"}, ("tipe:bayar",)),
    Case("number-negative", {"bayar": "-1"}, ("bayar-wajar",)),
    Case("number-over-limit", {"bayar": "1000.01"}, ("bayar-wajar",)),
    Case("number-on-limit", {"bayar": "1000"}),
    Case("number-null", {"bayar": None}),
    Case("value-lost", {"bayar": None, "_nilai": "bayar"}, ("nilai:bayar",)),
    Case("value-lost-in-a-column-without-rule", {"dicatat": None, "_nilai": "dicatat"}, ("nilai:lain",)),
    Case("values-lost-in-both", {"bayar": None, "_nilai": "bayar,tgl", "tgl": None}, ("nilai:lain", "nilai:bayar")),
    Case("village-unknown", {"desa": "35.15.99"}, ("wilayah:desa",)),
    Case(
        "village-before-its-time", {"desa": "35.15.02", "tgl": date(2021, 12, 31)}, ("wilayah:desa", "setelah-terbit")
    ),
    Case("village-first-day", {"desa": "35.15.02", "tgl": date(2022, 1, 1), "subjek": "S2"}),
    Case("village-last-day", {"desa": "35.15.01", "tgl": date(2021, 12, 31), "subjek": "S2"}),
    Case("village-closed", {"desa": "35.15.01"}, ("wilayah:desa",)),
    Case("village-second-interval", {"desa": "35.15.03"}),
    Case("village-between-intervals", {"desa": "35.15.03", "tgl": date(2015, 1, 1), "subjek": "S2"}, ("wilayah:desa",)),
    Case("village-without-date-only-has-to-exist", {"desa": "35.15.01", "tgl": None}),
    Case("village-without-date-unknown", {"desa": "35.15.99", "tgl": None}, ("wilayah:desa",)),
    Case("village-null-is-not-checked", {"desa": None}),
    Case("parent-missing", {"subjek": "S9"}, ("rujukan:subjek",)),
    Case("parent-padded", {"subjek": "S1  "}),
    Case("parent-null-is-not-checked", {"subjek": None}),
    Case("parent-value-too-late", {"tgl": date(2022, 12, 31)}, ("setelah-terbit",)),
    Case("parent-value-null", {"subjek": "S2", "tgl": date(2022, 12, 31)}),
    Case("warning-only", {"nama": "Ani"}, ("nama-genap",)),
    Case("several", {"nama": None, "nik": "x", "jenis": 7}, ("wajib:nama", "nik:nik", "kode:jenis")),
)
WITH_TWINS = (
    *(case.change for case in CASES),
    {"no": 900, "nama": "Satu"},
    {"no": 900, "nama": "Dua "},
    {"no": 901, "nik": "ganda"},
    {"no": 901, "nik": "ganda"},
    {"no": 902},
    {"no": 902},
    {"no": 902},
)
"""After the cases: a conflict, a refused row twice, an accepted row three times."""


@dataclass(frozen=True)
class Bench:
    spark: SparkSession
    conditions: dict[str, Any]
    asking: bool = False
    """Whether the parents are asked for what the rows mention, as for few rows beside a large parent."""

    def prepared(
        self,
        *changes: dict[str, Any],
        received: Received | None = None,
        references: tuple[Reference, ...] | None = None,
    ) -> DataFrame:
        child, parent = cases.child(), cases.parent()
        if references is not None:
            child = child.model_copy(update={"references": references, "derived": {}, "late_derived": ()})
        raw = self.raw(*changes)
        if received is None:
            received = Received(pending=(self.parent(*cases.PARENTS),))
        own = prepare(raw, child)
        found = []
        for reference in child.references:
            asked = mentioned(reference, child, own) if self.asking else None
            found.append((reference, parent, parents(reference, parent, received, cases.TIMEZONE, asked)))
        lists = [(r, cases.LISTS[r.list]) for r in child.list_refs]
        return with_references(own, child, found, lists, self.spark)

    def raw(self, *changes: dict[str, Any]) -> DataFrame:
        return self.spark.createDataFrame(cases.rows(*changes), cases.RAW)

    def tagged(self, *changes: dict[str, Any], current: DataFrame | None = None) -> DataFrame:
        twins = classify.repeated(self.raw(*changes), cases.child())
        return classify.tag(self.prepared(*changes), cases.child(), self.conditions, twins, current)

    def parent(self, *values: dict[str, Any]) -> DataFrame:
        return self.spark.createDataFrame(cases.parent_rows(*values), cases.PARENT_RAW)

    def current(self, *changes: dict[str, Any]) -> DataFrame:
        """Key and content hashes of rows that are current in curated."""
        from pyspark.sql import functions as fn

        child = cases.child()
        rows = prepare(self.raw(*changes), child)
        return rows.select(
            key_hash(key_columns(child)).alias("_key_hash"),
            row_hash(child.columns).alias(classify.CURRENT_HASH),
            fn.lit(1).alias("x"),
        ).drop("x")


@pytest.fixture(scope="module")
def bench() -> Bench:
    spark = open_session()
    empty = Bench(spark, {})
    return replace(empty, conditions=gx.conditions(empty.prepared({}), cases.child()))


@pytest.fixture(params=[False, True], ids=["all parents", "those that are asked for"])
def asker(bench: Bench, request: pytest.FixtureRequest) -> Bench:
    return replace(bench, asking=request.param)


@pytest.fixture(scope="module")
def judged(bench: Bench) -> Iterator[tuple[list[Any], DataFrame]]:
    """All cases in one batch: collected tagged rows in row order, and the frame."""
    tagged = bench.tagged(*WITH_TWINS).persist()
    yield tagged.orderBy(ROW).collect(), tagged
    tagged.unpersist()


def broken_rules(row: Any) -> set[str]:
    """Ids of the rules that a tagged row breaks, the two that every row of these tests breaks left out."""
    found = {r.id for i, r in enumerate(classify.all_rules(cases.child())) if row[classify.broken(i)]}
    return found - {"nik-tunggal", "pasangan"}


@pytest.mark.parametrize(("index", "case"), list(enumerate(CASES)), ids=[case.id for case in CASES])
def test_a_row_breaks_exactly_these_rules(judged: Any, index: int, case: Case) -> None:
    row = judged[0][index]
    assert broken_rules(row) == set(case.rules)
    errors = [rule for rule in case.rules if rule != "nama-genap"]
    assert row[classify.CLASS] == (classify.QUARANTINED if errors else classify.ACCEPTED)


def test_same_key_with_other_content_refuses_all_of_them(judged: Any) -> None:
    conflict = judged[0][len(CASES) : len(CASES) + 2]
    assert [row[classify.CLASS] for row in conflict] == [classify.QUARANTINED] * 2
    assert [broken_rules(row) for row in conflict] == [{"kunci-ganda"}] * 2


def test_copies_of_a_refused_row_are_refused_and_of_an_accepted_one_duplicates(judged: Any) -> None:
    twins = [row[classify.CLASS] for row in judged[0][len(CASES) + 2 :]]
    assert twins == [
        classify.QUARANTINED,
        classify.QUARANTINED,
        classify.ACCEPTED,
        classify.DUPLICATE,
        classify.DUPLICATE,
    ]


def test_rows_without_a_whole_key_are_no_conflict_and_stand_for_themselves(bench: Bench) -> None:
    rows = (
        bench.tagged({"kd": None, "no": 1}, {"kd": None, "no": 1, "nama": "Lain"}, {"no": None}).orderBy(ROW).collect()
    )
    assert [broken_rules(row) for row in rows] == [{"wajib:kd"}, {"wajib:kd"}, {"wajib:no"}]
    assert len({row["_key_hash"] for row in rows}) == 3


def test_keys_that_only_share_their_number_are_no_twins(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import functions as fn

    monkeypatch.setattr(classify, "key_number", lambda _: fn.lit(7).cast("bigint"))
    raw = bench.raw({"no": 1}, {"no": 2}, {"no": 2}, {"no": 3}, {"no": 3, "nama": "Lain"}, {"no": None})
    found = {row[ROW]: row for row in classify.repeated(raw, cases.child()).collect()}
    assert {row: (one[classify.DIFFERS], one[classify.COPY]) for row, one in found.items()} == {
        2: (False, 1),
        3: (False, 2),
        4: (True, 1),
        5: (True, 2),
    }


def test_counts_equal_those_of_great_expectations(judged: Any, tmp_path: Path) -> None:
    child, (rows, tagged) = cases.child(), judged
    tally = classify.tally(tagged.select(*classify.counted(child)).toArrow().to_batches(), child)
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    columns = [name for name in tagged.columns if not name.startswith("_langgar")]
    frame = gx.visible(tagged, [name for name in columns if name not in (classify.CLASS,)])
    verdict, handle = gx.checkpoint(frame, child, "uji-000001-uji.objek", moment, tmp_path / "gx", tmp_path / "docs")
    assert set(verdict.unexpected) == {rule.id for rule in child.rules if rule.kind != "key"}
    assert compare(tally, verdict) == []
    assert tally.received == len(rows) == tally.accepted + tally.quarantined + tally.duplicate
    # The warning counts all rows that share a NIK, the info rule nearly all rows: windows and pairs agree, too.
    assert verdict.unexpected["nik-tunggal"] > 20
    assert verdict.unexpected["pasangan"] > 20
    page = tmp_path / "docs" / gx.publish_docs(handle, child, tmp_path / "gx", tmp_path / "docs")
    assert "nilai:bayar" in page.read_text(encoding="utf-8")
    assert child.name in (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")
    written = [
        p.read_text(encoding="utf-8") for p in tmp_path.rglob("*") if p.suffix in (".html", ".json", "") and p.is_file()
    ]
    for personal in (NIK, "Siti", "35A5014509900001"):
        assert not any(personal in text for text in written)


def test_a_count_that_differs_is_named() -> None:
    tally = classify.Tally(10, 8, 1, 1, {"nik:nik": 3, "kode:jenis": 2})
    assert compare(tally, gx.Verdict({"nik:nik": 3, "kode:jenis": 2}, 10)) == []
    found = compare(tally, gx.Verdict({"nik:nik": 4, "kode:jenis": 2}, 9))
    assert found == ["rows: ours 10, theirs 9", "rule nik:nik: ours 3, theirs 4"]


def test_reasons_are_filled_from_the_row_and_only_errors_are_given(judged: Any) -> None:
    refused = {row[ROW]: row for row in classify.refused(judged[1], cases.child(), {}).collect()}
    position = {case.id: index for index, case in enumerate(CASES, 1)}
    assert refused[position["village-closed"]]["_reasons"] == ["Desa 35.15.01 tidak berlaku pada 01-05-2023."]
    assert refused[position["form-wrong"]]["_reasons"] == ["NIK 35A5014509900001 bukan 16 angka."]
    assert refused[position["several"]]["_rules"] == ["wajib:nama", "kode:jenis", "nik:nik"]
    assert refused[position["required-null"]]["_reasons"] == ["NAMA wajib diisi, tetapi kosong."]
    assert position["warning-only"] not in refused
    assert all(len(row["_rules"]) == len(row["_reasons"]) > 0 for row in refused.values())


def test_unchanged_and_changed_back_rows_are_duplicates_even_when_a_rule_is_new(bench: Bench) -> None:
    current = bench.current({"no": 1}, {"no": 2, "nik": "lama"}, {"no": 3})
    rows = (
        bench.tagged({"no": 1}, {"no": 2, "nik": "lama"}, {"no": 3, "nama": "Baru"}, current=current)
        .orderBy(ROW)
        .collect()
    )
    verdicts = {int(row["no"]): row[classify.CLASS] for row in rows}
    assert verdicts == {1: classify.DUPLICATE, 2: classify.DUPLICATE, 3: classify.ACCEPTED}


def test_a_conflict_is_refused_although_one_of_them_is_current(bench: Bench) -> None:
    rows = bench.tagged({"no": 1}, {"no": 1, "nama": "Lain"}, current=bench.current({"no": 1})).orderBy(ROW).collect()
    assert [row[classify.CLASS] for row in rows] == [classify.QUARANTINED] * 2


def test_a_dataset_may_have_a_hundred_error_rules(bench: Bench) -> None:
    child = cases.child()
    copies = tuple(child.rule("bayar-wajar").model_copy(update={"id": f"bayar-{n}"}) for n in range(100))
    conditions = {**bench.conditions, **{copy.id: bench.conditions["bayar-wajar"] for copy in copies}}
    many = child.model_copy(update={"rules": (*child.rules, *copies)})
    rows = classify.tag(bench.prepared({"bayar": "-1"}, {}), many, conditions, None, None).orderBy(ROW).collect()
    assert [row[classify.CLASS] for row in rows] == [classify.QUARANTINED, classify.ACCEPTED]


def test_a_parent_counts_as_received_wherever_it_is(asker: Bench) -> None:
    from pyspark.sql import functions as fn

    curated = asker.parent({**cases.PARENTS[0], "id": "CUR"}).select(
        "id", "terbit", fn.col("dicatat").cast("timestamp")
    )
    received = Received(
        pending=(asker.parent({**cases.PARENTS[0], "id": "PEND"}),),
        curated=curated,
        refused=(asker.parent({**cases.PARENTS[0], "id": "REF"}),),
    )
    rows = asker.prepared(*({"subjek": name} for name in ("PEND", "CUR", "REF", "NONE", None)), received=received)
    assert [row["_ada_subjek"] for row in rows.orderBy(ROW).collect()] == [True, True, True, False, None]


def test_the_newest_version_of_a_parent_gives_its_values(asker: Bench) -> None:
    def version(key: str, day: int) -> dict[str, Any]:
        return {"id": key, "terbit": date(2023, 1, day), "dicatat": None, "_nilai": None}

    received = Received(
        pending=(asker.parent(version("A", 3)), asker.parent(version("A", 4))),
        curated=asker.parent(version("A", 2), version("B", 2)).drop("_row", "_nilai"),
        refused=(asker.parent(version("A", 1), version("B", 1), version("C", 1)),),
    )
    rows = asker.prepared({"subjek": "A"}, {"subjek": "B"}, {"subjek": "C"}, {"subjek": "D"}, received=received)
    taken = [row["_terbit"] for row in rows.orderBy(ROW).collect()]
    assert taken == [date(2023, 1, 4), date(2023, 1, 2), date(2023, 1, 1), None]


def test_many_parents_give_arrays_of_their_newest_versions(asker: Bench) -> None:
    """Parents that share the day are one list; a version that moved to another day is no longer on the first."""

    def version(key: str, day: int, hour: int | None = None) -> dict[str, Any]:
        noted = None if hour is None else datetime(2023, 1, 1, hour)
        return {"id": key, "terbit": date(2023, 1, day), "dicatat": noted, "_nilai": None}

    taken = (Taken(name="_siapa", expr="id"), Taken(name="_jam", expr="hour(dicatat)"))
    same_day = (
        cases.child()
        .references[0]
        .model_copy(update={"columns": ("tgl",), "to_columns": ("terbit",), "many": True, "take": taken})
    )
    received = Received(
        pending=(asker.parent(version("A", 2, 8), version("B", 1)), asker.parent(version("B", 2))),
        refused=(asker.parent(version("A", 3, 9), version("C", 2, 7)),),
    )
    day = date(2023, 1, 2)
    rows = asker.prepared({"tgl": day}, {"tgl": date(2023, 1, 1)}, received=received, references=(same_day,))
    first, second = rows.orderBy(ROW).collect()
    assert first["_ada_subjek"] and not second["_ada_subjek"]
    assert dict(zip(first["_siapa"], first["_jam"], strict=True)) == {"A": 8, "B": None, "C": 7}
    assert second["_siapa"] is None
    alone = asker.prepared({"tgl": date(2023, 1, 1)}, received=received, references=(same_day,))
    assert alone.collect()[0]["_siapa"] is None, "also when nobody asks for the day to which it moved"
    nobody = asker.prepared({"tgl": day}, received=Received(), references=(same_day,))
    assert nobody.selectExpr("coalesce(size(_jam), 0) AS banyak").collect()[0]["banyak"] == 0
    assert dict(nobody.dtypes)["_jam"] == "array<int>"
    assert nobody.collect()[0]["_ada_subjek"] is False


def test_a_referring_column_has_one_name_however_many_references_start_from_it(
    asker: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    first = cases.child().references[0].model_copy(update={"take": ()})
    second = first.model_copy(update={"id": "subjek-lagi"})
    rows = asker.prepared({"subjek": "S1"}, {"subjek": "S9"}, references=(first, second)).orderBy(ROW)
    assert [(row[first.flag], row[second.flag]) for row in rows.collect()] == [(True, True), (False, False)]
    rows.explain(extended=True)
    # with two names of one value Spark's optimizer takes seconds over a plan of a few such columns
    assert set(re.findall(r"_kiri_\w+", capsys.readouterr().out)) == {"_kiri_subjek"}


def test_without_any_parent_every_reference_fails(asker: Bench) -> None:
    rows = asker.prepared({"subjek": "S1"}, {"subjek": None}, received=Received()).orderBy(ROW).collect()
    assert [row["_ada_subjek"] for row in rows] == [False, None]


def test_local_times_of_the_source_become_utc_and_characters_are_trimmed(bench: Bench) -> None:
    from pyspark.sql import functions as fn

    child = cases.child()
    frame = bench.prepared({"bayar": "7", "dicatat": datetime(2023, 1, 1, 6, 30)})
    names = ("kd", "no", "bayar", "dicatat")
    row = frame.select(*(typed(child.column(n), cases.TIMEZONE).cast("string").alias(n) for n in names)).collect()[0]
    assert row.asDict() == {"kd": "A", "no": "1", "bayar": "7.00", "dicatat": "2022-12-31 23:30:00"}
    assert frame.select(fn.typeof(typed(child.column("dicatat"), cases.TIMEZONE))).collect()[0][0] == "timestamp"


@pytest.mark.parametrize(
    ("logical", "text", "good"),
    [
        ("integer", "12", True),
        ("integer", "12.0", True),
        ("integer", " -3 ", True),
        ("integer", "12.5", False),
        ("integer", "99999999999999999999", False),
        ("date", "2024-02-29", True),
        ("date", "2023-02-29", False),
        ("date", "2024", False),
        ("date", "29/02/2024", False),
        ("timestamp", "2024-02-29 23:59:59", True),
        ("timestamp", "2024-02-29 24:00:00", False),
        ("timestamp", "2024-02-29", False),
        ("boolean", "true", True),
        ("boolean", "mungkin", False),
    ],
)
def test_a_text_fits_its_type_or_not(bench: Bench, logical: str, text: str, good: bool) -> None:
    frame = bench.spark.createDataFrame([(text,)], "x string")
    column = cases.column("x", logical, "text", precision=10, scale=0)
    assert frame.select(parses(column)).collect()[0][0] is good


def test_a_lost_value_is_content(bench: Bench) -> None:
    rows = bench.tagged({"no": 1, "bayar": None}, {"no": 1, "bayar": None, "_nilai": "bayar"}).orderBy(ROW).collect()
    assert [row[classify.CLASS] for row in rows] == [classify.QUARANTINED] * 2
    assert all("kunci-ganda" in broken_rules(row) for row in rows)


# -- the classification against an oracle ---------------------------------------------------------------------------

KEYS = (1, 2, None)
NAMES = ("Siti", "Budi", None)
"""None breaks the rule `wajib:nama`."""
SCENARIO = st.tuples(
    st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(NAMES)), max_size=6),
    st.dictionaries(st.sampled_from((1, 2)), st.sampled_from(("Siti", "Budi", None))),
)
"""Received rows (key, name) in order, and the name of each current key (None: one that a rule refuses now)."""


def oracle(received: list[tuple[int | None, str | None]], current: dict[int, str | None]) -> list[str]:
    """The classes by the words of the definition, row by row."""
    verdicts = []
    seen: set[tuple[int | None, str | None]] = set()
    for key, name in received:
        contents = {other for known, other in received if known == key}
        if key is not None and len(contents) > 1:
            verdicts.append(classify.QUARANTINED)
        elif key in current and current[key] == name:
            verdicts.append(classify.DUPLICATE)
        elif key is None or name is None:
            verdicts.append(classify.QUARANTINED)
        elif (key, name) in seen:
            verdicts.append(classify.DUPLICATE)
        else:
            verdicts.append(classify.ACCEPTED)
            seen.add((key, name))
    return verdicts


@settings(
    max_examples=6,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(scenarios=st.lists(SCENARIO, min_size=40, max_size=80))
def test_every_row_is_classified_as_the_definition_says(bench: Bench, scenarios: list[Any]) -> None:
    changes: list[dict[str, Any]] = []
    current: list[dict[str, Any]] = []
    wanted: list[str] = []
    for number, (received, known) in enumerate(scenarios):
        own = f"{number:03d}"  # a key prefix of their own: the scenarios share one batch and do not meet
        changes.extend({"kd": own, "no": key, "nama": name} for key, name in received)
        current.extend({"kd": own, "no": key, "nama": name} for key, name in known.items())
        wanted.extend(oracle(received, known))
    if not changes:
        return
    present = bench.current(*current) if current else None
    tagged = bench.tagged(*changes, current=present)
    rows = sorted(tagged.select(ROW, classify.CLASS).collect())
    assert [row[classify.CLASS] for row in rows] == wanted
    counted = tagged.select(*classify.counted(cases.child()))
    tally = classify.tally(counted.toArrow().to_batches(), cases.child())
    assert tally.received == len(changes) == tally.accepted + tally.quarantined + tally.duplicate
