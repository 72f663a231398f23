"""Generated rows of every contract through the rules as the stages use them, against plain Python.

`make test` takes few rows of every contract, in which every column is spoilt in every way; `make properties` 10,000
(`LUMBUNG_PROPERTY_ROWS`, `LUMBUNG_PROPERTY_SEED`). Asserted are the rules that follow from the contract and its
standards by themselves (`made.asserted`); those of the suites are held against the manifest (`make manifest`).
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lumbung.declarations import Declarations, load
from lumbung.rules import classify, gx
from lumbung.rules.frame import ROW
from lumbung.rules.references import Received
from lumbung.settings import settings
from lumbung.stages import judging
from lumbung.warehouse.ddl import location
from lumbung.warehouse.session import session, small_data
from tests.integration.properties.rows import generate

pytestmark = pytest.mark.integration

ROWS = int(os.environ.get("LUMBUNG_PROPERTY_ROWS", "300"))
SEED = int(os.environ.get("LUMBUNG_PROPERTY_SEED", "1"))
SMALL = 5_000


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the engine reads and writes, too."""
    folder = settings().warehouse / "valid" / f"uji-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def judged(
    declared: Declarations, name: str, made: Any, place: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[int, tuple[str, set[str]]], classify.Tally]:
    """Class and broken rules by row number, and the counts, as validate finds them."""
    spark, dataset = session("uji"), declared.datasets[name]
    for what, table in {"raw": made.table, **made.parents}.items():
        pq.write_table(table, place / f"{what}.parquet")
    raw = spark.read.parquet(location(place / "raw.parquet"))

    def received(ledger: Any, spark: Any, warehouse: Any, parent: Any, *, present: bool = False) -> Received:
        path = place / f"{parent.id}.parquet"
        return Received(pending=(spark.read.parquet(location(path)),)) if path.exists() else Received()

    monkeypatch.setattr(judging, "received_of", received)
    monkeypatch.setattr(judging, "asks_few", lambda *_: False)
    rules = classify.all_rules(dataset)
    with small_data(spark, made.table.num_rows <= SMALL):
        none: Any = None
        prepared = judging._prepared(none, spark, settings().warehouse, declared, dataset, none, raw)
        _, tally = judging.tag(spark, raw, prepared, dataset, gx.conditions(prepared, dataset), None, place)
    found = {}
    for piece in judging._pieces(place / "tagged", [ROW, *classify.counted(dataset)]):
        for row in piece.to_pylist():
            broken = {rule.id for index, rule in enumerate(rules) if row[classify.broken(index)]}
            found[row[ROW]] = (row[classify.CLASS], broken)
    return found, tally


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", sorted(load().datasets))
def test_every_mistake_is_found_and_nothing_else_and_every_row_is_one_thing(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = load()
    made = generate(declared, declared.datasets[name], ROWS, SEED)
    found, tally = judged(declared, name, made, place, monkeypatch)
    assert set(found) == set(made.broken)
    for number, wanted in made.broken.items():
        assert found[number][1] & made.asserted == wanted, (number, made.table.slice(number - 1, 1).to_pylist())
    errors = {rule.id for rule in classify.all_rules(declared.datasets[name]) if rule.severity == "error"}
    seen: set[str] = set()
    for number, row in enumerate(made.table.drop_columns(["_row"]).to_pylist(), 1):
        kind, broken = found[number]
        copy = repr(row) in seen
        seen.add(repr(row))
        assert kind == (
            classify.QUARANTINED if broken & errors else classify.DUPLICATE if copy else classify.ACCEPTED
        ), (number, row, broken)
    assert tally.received == made.table.num_rows == tally.accepted + tally.quarantined + tally.duplicate
