"""The ways in which a task gets its Spark. `python -m benchmarks.b3_task.contestants NAME JOB`: one measured task.

JOB (JSON): `rows`, a Parquet file that the task counts, and `defaults`, the folder of the engine's configuration.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.harness import report
from benchmarks.meter import cpu_seconds, rss_mb

ROWS = 41
_SHARED_ONLY = ("spark.plugins", "spark.connect.", "spark.driver.extraJavaOptions", "spark.app.name")


def write_rows(path: Path) -> None:
    """The rows of the small job."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"nomor": list(range(ROWS)), "jenis": [f"jenis {n % 7}" for n in range(ROWS)]}), path)


def since_start() -> float:
    """Seconds since this process began (its start is known to a hundredth)."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(") ")[2].split()[19])
    return float(Path("/proc/uptime").read_text().split()[0]) - ticks / os.sysconf("SC_CLK_TCK")


def shared(job: dict[str, Any]) -> tuple[float, int]:
    """A session of the shared engine, the job, the session's end: seconds of the job, its answer."""
    from lumbung.warehouse.session import close, session

    found = _job(session("bench"), job)
    close()
    return found


def own(job: dict[str, Any]) -> tuple[float, int]:
    """The same with a Spark of its own: the engine's settings without its doors."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for line in (Path(job["defaults"]) / "spark-defaults.conf").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(" ")
        if not key.startswith(_SHARED_ONLY):
            builder = builder.config(key, value)
    opened = builder.getOrCreate()
    opened.sql("SELECT 1").collect()
    found = _job(opened, job)
    opened.stop()
    return found


def _job(opened: Any, job: dict[str, Any]) -> tuple[float, int]:
    began = perf_counter()
    counted = opened.read.parquet(f"file:{job['rows']}").groupBy("jenis").count().collect()
    return perf_counter() - began, sum(row["count"] for row in counted)


def forked(job: dict[str, Any]) -> None:
    """Import what Airflow's scheduler has imported, then measure a child from its fork to its end."""
    import pyspark.sql.connect.session  # noqa: F401

    import lumbung.stages.conform
    import lumbung.stages.validate  # noqa: F401

    context = multiprocessing.get_context("fork")
    answers: Any = context.SimpleQueue()
    began = perf_counter()
    child = context.Process(target=lambda: answers.put((*shared(job), cpu_seconds(os.getpid()), rss_mb(os.getpid()))))
    child.start()
    seconds, answer, cpu, peak = answers.get()
    child.join()
    wall = perf_counter() - began
    report({"wall_s": wall - seconds, "job_s": seconds, "answer": answer, "cpu_s": cpu, "peak_mb": peak})


def main() -> None:
    """One task. `wall_s` is without the job, whose seconds are `job_s`."""
    name, job = sys.argv[1], json.loads(sys.argv[2])
    if name == "ours-forked":
        forked(job)
        return
    way = {"ours": shared, "own-spark": own}[name]
    seconds, answer = way(job)
    found = {"wall_s": since_start() - seconds, "job_s": seconds, "answer": answer}
    report({**found, "cpu_s": cpu_seconds(os.getpid()), "peak_mb": rss_mb(os.getpid())})


if __name__ == "__main__":
    main()
