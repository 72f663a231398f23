"""Seconds that Airflow's own import takes, and what our DAG files take on top of it; run in the copied tree."""

from __future__ import annotations

import runpy
from pathlib import Path
from time import perf_counter

from benchmarks.harness import report


def main() -> None:
    """Import Airflow, then execute every DAG file once, as the DAG processor does."""
    began = perf_counter()
    import airflow.sdk  # noqa: F401

    imported = perf_counter()
    dags = 0
    for file in sorted((Path.cwd() / "dags").glob("*.py")):
        dags += sum(type(value).__name__ == "DAG" for value in runpy.run_path(str(file)).values())
    report({"import_s": imported - began, "parse_s": perf_counter() - imported, "dags": dags})


if __name__ == "__main__":
    main()
