"""A new version of a code list on the real engine and ledger: shown, applied by its digest, refused until then."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from lumbung.declarations.models import CodeList, CodeRow, ListColumn
from lumbung.ledger import Ledger
from lumbung.ops import standards
from lumbung.stages.lookups import ListsPendingError, require_agreed
from lumbung.stages.promotion import promote
from lumbung.stages.restatement import restate
from lumbung.warehouse import iceberg, reference
from lumbung.warehouse.list_changes import Change
from lumbung.warehouse.reference import LOADED, SUBJECT, agreed, load_references
from tests.integration.ledger_support import fresh_ledger
from tests.integration.warehouse_support import Bench

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.integration

FIRST, LAST = date(1900, 1, 1), date(9999, 12, 31)
Row = tuple[str, str, date, date]
OLD: tuple[Row, ...] = (("1", "LAMA", FIRST, LAST), ("2", "DUA", FIRST, LAST))
RENAMED: tuple[Row, ...] = (("1", "BARU", FIRST, LAST), ("2", "DUA", FIRST, LAST))
CLOSED: tuple[Row, ...] = (("1", "LAMA", FIRST, date(2020, 12, 31)), ("1", "BARU", date(2021, 1, 1), LAST), OLD[1])
MORE: tuple[Row, ...] = (*OLD, ("3", "TIGA", FIRST, LAST))


def listed(name: str, rows: tuple[Row, ...]) -> CodeList:
    return CodeList(
        name=name,
        title="Jenis",
        description="daftar uji",
        source="uji",
        license="uji",
        caution=None,
        columns=tuple(
            ListColumn(name=column, title=column, description=column)
            for column in ("kode", "label", "berlaku_dari", "berlaku_sampai")
        ),
        key=("kode", "berlaku_dari"),
        code_column="kode",
        label_column="label",
        has_validity=True,
        rows=tuple(
            CodeRow(code=c, label=n, valid_from=a, valid_to=b, values={"kode": c, "label": n}) for c, n, a, b in rows
        ),
    )


@dataclass
class Office:
    """The bench of conform with a list of its own, which `ref.*` is kept apart for."""

    bench: Bench
    name: str

    @property
    def spark(self) -> SparkSession:
        return self.bench.spark

    @property
    def ledger(self) -> Ledger:
        return self.bench.ledger

    def declare(self, rows: tuple[Row, ...]) -> None:
        """What stands in the tree from now on; `jenis` of the table follows it."""
        codes = listed(self.name, rows)
        self.bench.declarations.lists.clear()
        self.bench.declarations.lists[self.name] = codes

    def load(self) -> dict[str, str]:
        """What the pass over the marts does."""
        known = agreed(self.ledger)
        versions = load_references(self.spark, self.bench.declarations.lists, known)
        fresh = {name: version for name, version in versions.items() if known.get(name) != version}
        if fresh:
            self.ledger.audit("uji", LOADED, SUBJECT, {"lists": fresh})
        return versions

    def labels(self) -> list[str]:
        rows = self.spark.table(reference.reference_name(self.name)).orderBy("kode", "berlaku_dari").collect()
        return [row["label"] for row in rows]


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    with fresh_ledger("standards") as (opened, _):
        yield opened


@pytest.fixture
def office(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    tag = uuid.uuid4().hex[:8]
    bench = Bench(ledger)
    made = Office(bench, f"uji_{tag}")
    kind = next(column for column in bench.rows.columns if column.name == "jenis")
    columns = tuple(
        kind.model_copy(update={"code_list": made.name}) if column is kind else column for column in bench.rows.columns
    )
    bench.rows = bench.rows.model_copy(update={"columns": columns})
    bench.declarations.datasets[bench.rows.id] = bench.rows
    monkeypatch.setattr(reference, "VERSIONS", f"ref.versi_{tag}")
    monkeypatch.setattr(standards, "load", lambda: bench.declarations)
    made.declare(OLD)
    yield made
    bench.drop()
    for table in (reference.reference_name(made.name), f"ref.versi_{tag}"):
        made.spark.sql(f"DROP TABLE IF EXISTS {table}")


def row(key: str, kind: int, tax: int = 1) -> tuple[Any, ...]:
    return key, "Budi", kind, Decimal(tax)


def test_the_first_load_asks_nobody(office: Office) -> None:
    assert standards.plan().changes == {}
    office.bench.promote(office.bench.rows, [row("a", 1)])
    versions = office.load()
    assert office.labels() == ["LAMA", "DUA"]
    assert agreed(office.ledger)[office.name] == versions[office.name]
    assert standards.plan().changes == {}


def test_a_new_code_takes_effect_by_itself(office: Office) -> None:
    office.load()
    office.declare(MORE)
    assert standards.plan().changes == {office.name: (Change("3", "baru", None, "TIGA 1900-01-01 s.d. 9999-12-31"),)}
    require_agreed(office.ledger, office.bench.declarations, office.bench.rows)
    office.load()
    assert office.labels() == ["LAMA", "DUA", "TIGA"]
    assert standards.plan().changes == {}


def test_a_change_of_meaning_waits_and_stops_who_uses_it(office: Office) -> None:
    bench = office.bench
    before = office.load()
    bench.promote(bench.rows, [row("a", 1), row("b", 1), row("c", 2)])
    office.declare(RENAMED)
    assert office.load() == before, "the pass over the marts keeps the list in force"
    assert office.labels() == ["LAMA", "DUA"]
    waiting = bench.batch(bench.rows, [row("d", 1)], mode="window")
    with pytest.raises(ListsPendingError, match=rf"{bench.rows.id}.*{office.name}.*standards diff"):
        promote(bench.ledger, bench.declarations, waiting)
    with pytest.raises(ListsPendingError):
        restate(bench.ledger, bench.spark, bench.declarations, bench.rows)
    require_agreed(bench.ledger, bench.declarations, bench.persons)  # it uses no list
    assert bench.ledger.batch(waiting.id).state == "validated"

    found = standards.plan()
    assert found.changes == {office.name: (Change("1", "label", "LAMA", "BARU"),)}
    touched = [(one.table, one.column, one.rows, one.labels) for one in found.touched]
    assert touched == [(f"curated.{bench.rows.table_name}", "jenis", 2, 2)]
    assert found.systems == (bench.system,)
    with pytest.raises(standards.StandardsChanged, match=found.digest):
        standards.apply("000000000000", "cli:budi", bench.ledger)
    assert office.labels() == ["LAMA", "DUA"]

    standards.apply(found.digest, "cli:budi", bench.ledger)
    assert office.labels() == ["BARU", "DUA"]
    entry = bench.ledger.audit_entries(SUBJECT, limit=1)[0]
    assert (entry.actor, entry.action) == ("cli:budi", "standards.apply")
    assert json.loads(entry.detail)["rows"] == {f"curated.{bench.rows.table_name}.jenis": 2}
    promote(bench.ledger, bench.declarations, waiting)
    assert restate(bench.ledger, bench.spark, bench.declarations, bench.rows) is not None
    assert bench.table(bench.rows, "id", "jenis_label") == {("a", "BARU"), ("b", "BARU"), ("c", "DUA"), ("d", "BARU")}
    with pytest.raises(standards.StandardsChanged, match="Tidak ada"):
        standards.apply(found.digest, "cli:budi", bench.ledger)


def test_the_digest_is_that_of_the_rows_too(office: Office) -> None:
    """A night may pass between the dry run and the decision: what is agreed to is what was shown."""
    bench = office.bench
    office.load()
    bench.promote(bench.rows, [row("a", 1)])
    office.declare(RENAMED)
    shown = standards.plan().digest
    office.declare(OLD)
    bench.promote(bench.rows, [row("a", 1), row("b", 1)])
    office.declare(RENAMED)
    with pytest.raises(standards.StandardsChanged, match="berubah sejak uji coba"):
        standards.apply(shown, "cli:budi", bench.ledger)
    office.declare((("1", "LAIN", FIRST, LAST), OLD[1]))
    assert standards.plan().digest not in (shown, None)


def test_history_keeps_the_label_that_was_valid_then(office: Office) -> None:
    """Rows without an update clock are labelled by the day of their batch: after the code took its new meaning."""
    bench = office.bench
    first = office.load()
    old = iceberg.current_snapshot(office.spark, reference.reference_name(office.name))
    bench.promote(bench.rows, [row("a", 1)])
    office.declare(CLOSED)
    found = standards.plan()
    assert [(change.kind, change.code) for change in found.changes[office.name]] == [("masa berlaku", "1")] * 2
    assert [(one.rows, one.labels) for one in found.touched] == [(1, 1)]
    standards.apply(found.digest, "cli:budi", bench.ledger)
    assert office.labels() == ["LAMA", "BARU", "DUA"]
    assert old is not None
    stored = iceberg.at(office.spark, reference.reference_name(office.name), old).collect()
    assert sorted(one["label"] for one in stored) == ["DUA", "LAMA"], "the version before stays readable"
    assert agreed(bench.ledger)[office.name] != first[office.name]


def test_whoever_dies_after_agreeing_has_agreed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.load()
    office.declare(RENAMED)
    digest = standards.plan().digest

    class Killed(BaseException):
        """The process is gone."""

    def kill(name: str) -> None:
        raise Killed(name)

    with monkeypatch.context() as patched:
        patched.setattr(standards, "point", kill)
        with pytest.raises(Killed, match="standards:agreed"):
            standards.apply(digest, "cli:budi", office.ledger)
    assert office.labels() == ["LAMA", "DUA"]
    office.load()
    assert office.labels() == ["BARU", "DUA"]
