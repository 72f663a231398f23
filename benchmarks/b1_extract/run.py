"""B1 in one run: load, interleave, hold every output against PostgreSQL's own digest, write and draw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import plot
from benchmarks.b1_extract import exactness, residents
from benchmarks.harness import Contestant, interleave, ratios, say, summaries, versions, write
from benchmarks.server import source

_MODULE = "benchmarks.b1_extract.contestants"
CONTESTANTS = (
    Contestant("floor", "floor: COPY BINARY, thrown away", _MODULE, peer=False),
    Contestant("ours", "Lumbung extract (snapshot, digest, spool, manifest)", _MODULE, peer=False),
    Contestant("connectorx", "ConnectorX arrow_stream", _MODULE),
    Contestant("adbc", "ADBC PostgreSQL", _MODULE),
    Contestant("dlt-connectorx", "dlt, backend connectorx", _MODULE),
    Contestant("dlt-pyarrow", "dlt, backend pyarrow", _MODULE),
    Contestant("spark-jdbc", "Spark JDBC, 2 connections, warm", _MODULE),
)
_PEERS = ("dlt", "connectorx", "adbc-driver-postgresql", "pyspark", "pyarrow", "sqlalchemy", "duckdb", "pandas")


def run(folder: Path, peers: Path, rows: int, rounds: int, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything of B1; the written document. `only`: names of contestants, all when empty."""
    chosen = [one for one in CONTESTANTS if not only or one.name in only]
    with source(folder / "pg") as server:
        found = residents.load(server.url, rows)
        refused = exactness.load(server.url)
        wanted = exactness.table_digest(server.url, residents.TABLE)
        say(f"b1: {found} residents, 66 columns")
        job = {
            "url": server.url,
            "table": residents.TABLE,
            "folder": str(folder / "out"),
            "cases": list(exactness.CASES),
        }
        runs = interleave(chosen, job, rounds, peers)
        gate, cases = {}, {}
        for one in chosen:
            last = runs[one.name][-1]
            if "files" not in last:
                continue
            judged = exactness.judge(server.url, residents.TABLE, last["files"], runs[one.name][0]["cases"], peers)
            gate[one.name] = "every value equal" if judged["digest"] == wanted else f"differs: {judged['digest']}"
            cases[one.name] = judged["cases"]
            say(f"  {one.name:<22}{gate[one.name]}")
        for one in chosen:
            for each in runs[one.name]:
                each.pop("cases", None), each.pop("files", None)
    said = summaries(chosen, runs)
    body = {
        "rows": found,
        "columns": 66,
        "rounds": rounds,
        "versions": versions(_PEERS, peers),
        **said,
        "of_floor": {name: round(1 / ratio, 3) for name, ratio in ratios(said["seconds"], "floor").items()},
        "gate": gate,
        "exactness": cases,
        "nul_in_text_refused_by_postgresql": bool(refused),
        "runs": runs,
    }
    write("b1_extract", body)
    plot.bars("b1_extract", f"PostgreSQL to Parquet, {found:,} residents × 66 columns", body, peers)
    return body
