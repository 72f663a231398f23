"""The benchmarks' harness and our own contestants, tiny, so that `make bench` does not rot; peers are not here."""

from __future__ import annotations

import shutil
import sys
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.b1_extract import exactness, residents
from benchmarks.b1_extract.run import CONTESTANTS
from benchmarks.b2_validate import ours, population
from benchmarks.b2_validate.rules import checks
from benchmarks.b2_validate.run import gate
from benchmarks.b3_task import __main__ as b3
from benchmarks.b3_task.contestants import write_rows
from benchmarks.harness import Contestant, interleave, summary
from benchmarks.server import source
from lumbung.settings import settings
from lumbung.warehouse.session import session, small_data

pytestmark = pytest.mark.integration


def test_every_value_of_every_hard_type_arrives_or_is_flagged(tmp_path: Path) -> None:
    own = [one for one in CONTESTANTS if not one.peer]
    assert [one.name for one in own] == ["floor", "ours"]
    broken = Contestant("tidak-ada", "no such way", own[0].module, peer=False)
    with source(tmp_path / "pg") as server:
        rows = residents.load(server.url, 1000)
        assert exactness.load(server.url) == 1  # PostgreSQL refuses a NUL in a text
        job = {"url": server.url, "table": "biodata_wni", "folder": str(tmp_path), "cases": list(exactness.CASES)}
        runs = interleave([*own, broken], job, 1, Path(sys.executable))
    assert "KeyError" in runs["tidak-ada"][0]["error"]
    result = runs["ours"][0]
    assert sum(pq.ParquetFile(path).metadata.num_rows for path in result["files"]) == rows
    assert result["wall_s"] > 0 and result["cpu_s"] > 0 and result["peak_mb"] > 50
    assert summary(runs["ours"])["median"] == result["wall_s"]
    said = {table: exactness.judge_case(table, case) for table, case in result["cases"].items()}
    flagged = {table for table in exactness.CASES if "tak_hingga" in table or "nan" in table}
    assert said == {table: "exact, flagged" if table in flagged else "exact" for table in exactness.CASES}


def test_a_wrong_value_is_called_wrong(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"id": [0, 1, 2], "v": pa.array([None, "2026-01-05", None]).cast(pa.date32())}), path)
    assert exactness.judge_case("kasus_numeric_nan", {"files": [str(path)]}).startswith("wrong: 'NaN' arrived as None")
    assert exactness.judge_case("kasus_numeric_nan", {"error": "Panic"}) == "refused: Panic"


def test_our_way_of_judging_gives_the_counts_of_great_expectations() -> None:
    folder = settings().spool / f"bench-{uuid.uuid4().hex[:8]}"
    opened = session("bench")
    try:
        population.make(folder, 4000)
        with small_data(opened):
            found = ours.judge(opened, folder, checks(30), folder / "out", verdict=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert found["accepted"] + found["quarantined"] == 4000
    assert len(found["by_rule"]) == 30 and all(found["by_rule"].values())
    assert gate({"ours": found, "other": {**found, "accepted": 1}}) == {
        "ours": "counts equal",
        "other": "differs: accepted",
    }


def test_a_task_finds_its_session_and_small_batches_are_judged_alike() -> None:
    folder = settings().spool / f"bench-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    try:
        write_rows(folder / "rows.parquet")
        shared = [one for one in b3.CONTESTANTS if one.name.startswith("ours")]
        runs = interleave(shared, {"rows": str(folder / "rows.parquet")}, 1, Path(sys.executable))
        small = b3.small_batches(folder, (40,), 1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert b3.gate_of_jobs(runs) == {"ours-forked": "same answer", "ours": "same answer"}, runs
    assert runs["ours"][0]["wall_s"] > 0 and small["40"]["ratio"] > 0
