"""Names of code lists on the real engine: compared as declared, looked up by place and day, refused with a hint."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lumbung.declarations.models import Alias, CodeList, CodeRow, Column, Declarations, NameForm, NameReference
from lumbung.declarations.rulebook import name_rule
from lumbung.declarations.spelling import meanings, normal
from lumbung.ledger import Ledger
from lumbung.ops import quarantine, replay
from lumbung.rules.frame import prepare
from lumbung.rules.naming import text_of
from lumbung.stages import validate
from lumbung.warehouse.ddl import curated_name
from tests.integration import validate_cases as cases
from tests.integration.engine import open_session
from tests.integration.ledger_support import fresh_ledger
from tests.integration.test_validate_stage import Bench

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.integration

FIRST, LAST = date(1900, 1, 1), date(9999, 12, 31)


def place(code: str, name: str, level: str, parent: str, start: date = FIRST, end: date = LAST) -> CodeRow:
    values = {"kode": code, "label": name, "tingkat": level, "induk": parent}
    return CodeRow(code=code, label=name, valid_from=start, valid_to=end, values=values)


def places(*aliases: tuple[str, str]) -> CodeList:
    """Two kecamatan, a village of one name in both, one that was closed and one that changed its code."""
    return cases.code_list(
        "tempat",
        place("01", "Sidoarjo", "kecamatan", "0"),
        place("02", "Waru", "kecamatan", "0"),
        place("01.1", "Janti", "desa", "01"),
        place("02.1", "Janti", "desa", "02"),
        place("01.2", "Siring", "desa", "01", end=date(2022, 12, 31)),
        place("02.2", "Kureksari", "desa", "02", end=date(2020, 12, 31)),
        place("02.3", "Kureksari", "desa", "02", start=date(2021, 1, 1)),
    ).model_copy(
        update={
            "forms": (NameForm(form="KEC {label}", where={"tingkat": ("kecamatan",)}),),
            "aliases": tuple(Alias(text=text, code=code, note=None) for text, code in aliases),
        }
    )


def names(codes: CodeList) -> tuple[NameReference, ...]:
    """The kecamatan in column `nama`, and within it the village in column `desa` on the day `tgl`."""

    def reference(level: str, scope: tuple[str, ...], **given: Any) -> NameReference:
        where = {"tingkat": (level,)}
        labels = {row.code: row.label for row in codes.rows if row.values["tingkat"] == level}
        found, double = meanings(codes, where, scope)
        assert double == []
        return NameReference(list="tempat", meanings=found, labels=labels, **given)

    return (
        reference("kecamatan", (), column="nama", into="_kode_kec", within=None, on=None),
        reference("desa", ("induk",), column="desa", into="_kode_desa", within="_kode_kec", on="tgl"),
    )


def coded(name: str) -> Column:
    return cases.column(name, "string", "derived", code_list="tempat")


class Named(Bench):
    """The bench of validate, its child with names of places; `without` leaves rules that matter not here out."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger, checked=True)
        self.codes = places(("Sda", "01"))
        self.without = {"nama-genap", "wilayah:desa", "setelah-terbit", "pasangan"}

    def load(self) -> Declarations:
        references = names(self.codes)
        declared = super().load()
        child = declared.datasets[self.child.id]
        titles = {column.name: column.title for column in child.columns}
        child = child.model_copy(
            update={
                "names": references,
                "named_derived": ("_di_waru",),
                "derived": {**child.derived, "_di_waru": "_kode_kec = '02'"},
                "kept": (coded("_kode_kec"), coded("_kode_desa"), cases.column("_di_waru", "boolean", "derived")),
                "list_refs": (),
                "rules": (*child.rules, *(name_rule(one, titles, self.codes) for one in references)),
            }
        )
        lists = {**declared.lists, "tempat": self.codes}
        return declared.model_copy(update={"datasets": {**declared.datasets, child.id: child}, "lists": lists})


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    with fresh_ledger("names") as (opened, _):
        yield opened


@pytest.fixture
def bench(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Named]:
    made = Named(ledger)
    for module in (validate, quarantine, replay):
        monkeypatch.setattr(module, "load", made.load)
    yield made
    made.drop()


@pytest.fixture(scope="module")
def spark() -> SparkSession:
    return open_session()


ODD = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@settings(max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(st.one_of(ODD, st.text("aZ é\u00a0\t.,-/'–“(9|_", max_size=12)), min_size=40, max_size=200))
def test_engine_and_declarations_compare_names_alike(spark: SparkSession, texts: list[str]) -> None:
    reference = names(places())[0]
    rows = [(number, text) for number, text in enumerate(texts)]
    asked = spark.createDataFrame(rows, "n int, nama string").select("n", text_of(reference).alias("asked"))
    assert {row["n"]: row["asked"] for row in asked.collect()} == {n: normal(text) for n, text in rows}


DAY, BEFORE = date(2023, 5, 1), date(2020, 6, 1)
LOOKED_UP = {
    "name": ("Sidoarjo", "Janti", DAY, "01", "01.1", True, True),
    "form": ("KEC. SIDOARJO", "janti", DAY, "01", "01.1", True, True),
    "alias-in-a-form": ("Kec.Sda", "JANTI", DAY, "01", "01.1", True, True),
    "same-name-elsewhere": ("Waru", "Janti", DAY, "02", "02.1", True, True),
    "not-in-this-place": ("Sidoarjo", "Kureksari", DAY, "01", None, True, False),
    "unknown-place-is-one-mistake": ("Sidorejo", "Janti", DAY, None, None, False, None),
    "no-place": (None, "Janti", DAY, None, None, None, False),
    "no-name": ("Waru", None, DAY, "02", None, True, None),
    "nothing-left": ("...", None, DAY, None, None, False, None),
    "closed": ("Sidoarjo", "Siring", DAY, "01", None, True, False),
    "closed-last-day": ("Sidoarjo", "Siring", date(2022, 12, 31), "01", "01.2", True, True),
    "code-of-its-day": ("Waru", "Kureksari", BEFORE, "02", "02.2", True, True),
    "code-of-a-later-day": ("Waru", "Kureksari", DAY, "02", "02.3", True, True),
    "no-day-means-what-lasts": ("Waru", "Kureksari", None, "02", "02.3", True, True),
    "no-day-and-closed": ("Sidoarjo", "Siring", None, "01", None, True, False),
}


def test_names_are_looked_up_in_their_place_and_day(spark: SparkSession) -> None:
    child = cases.child().model_copy(update={"names": names(places(("Sda", "01")))})
    rows = cases.rows(*({"nama": kec, "desa": desa, "tgl": day} for kec, desa, day, *_ in LOOKED_UP.values()))
    prepared = prepare(spark.createDataFrame(rows, cases.RAW), child).orderBy("_row")
    columns = ("_kode_kec", "_kode_desa", "_dikenal_kode_kec", "_dikenal_kode_desa")
    found = [tuple(row) for row in prepared.select(*columns).collect()]
    assert dict(zip(LOOKED_UP, found, strict=True)) == {name: case[3:] for name, case in LOOKED_UP.items()}


def test_unknown_names_are_refused_with_the_nearest_as_a_hint(bench: Named) -> None:
    """The counts are those of Great Expectations too: this batch is checked."""
    batch = bench.validate(
        bench.land(
            {"nama": "Kec. Sda", "desa": "Janti"},
            {"nama": "Sidoarja", "desa": "Janti"},
            {"nama": "Waru", "desa": "Kureksar"},
            {"nama": "Waru", "desa": None},
        )
    )
    found = {count.rule: (count.count, count.gx_count) for count in bench.ledger.rule_counts(batch.id)}
    assert (found["nama:nama"], found["nama:desa"]) == ((1, 1), (1, 1))
    reasons = {row["row"]: (row["rules"], row["reasons"]) for row in bench.open()}
    assert reasons == {
        2: (
            ["nama:nama"],
            [
                "NAMA “Sidoarja” tidak dikenal dalam daftar “Daftar tempat”; tulis nama resminya, atau minta walidata "
                "mencatat tulisan ini sebagai alias. Nama yang paling mirip: Sidoarjo, Waru."
            ],
        ),
        3: (
            ["nama:desa"],
            [
                "DESA “Kureksar” tidak dikenal dalam daftar “Daftar tempat” untuk induk 02; tulis nama resminya, atau "
                "minta walidata mencatat tulisan ini sebagai alias. Nama yang paling mirip: Kureksari, Janti."
            ],
        ),
    }
    bench.promote(batch)
    wanted = ("no", "_kode_kec", "_kode_kec_label", "_kode_desa", "_kode_desa_label", "_di_waru")
    assert {tuple(row) for row in bench.spark.table(curated_name(bench.child)).select(*wanted).collect()} == {
        (1, "01", "Sidoarjo", "01.1", "Janti", False),
        (4, "02", "Waru", None, None, True),
    }


def test_an_alias_lets_a_refused_row_through_on_replay(bench: Named) -> None:
    bench.go({"no": 1, "nama": "Sidoarja", "desa": None})
    assert bench.open_keys() == {1}
    bench.codes = places(("Sda", "01"), ("Sidoarja", "01"))
    opened = replay.replay(bench.system, "objek", actor="cli:uji", ledger=bench.ledger)
    assert opened is not None
    bench.promote(bench.validate(bench.ledger.batch(opened.batch_id)))
    assert bench.open_keys() == set()
    assert bench.current() == {1: "Sidoarja"}
