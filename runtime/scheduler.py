"""`python -m runtime.scheduler`: Airflow's scheduler, with the libraries that every task needs imported beforehand.

LocalExecutor's workers and their tasks are forks of this process and share what it has imported; each task would spend
seconds on it otherwise. Only third-party libraries: our own code is imported by the task, as it is then.
"""

import importlib
import os
import sys

LIBRARIES = (
    "great_expectations",
    "pyspark.sql.connect.session",
    "pyspark.sql.functions",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "sqlalchemy",
    "psycopg",
    "ckanapi",
    "httpx2",
    "zeep",
    "openlineage.client.event_v2",
    "openlineage.client.facet_v2",
    "openlineage.client.serde",
)


def main() -> None:
    """Import the libraries, then become `airflow scheduler`."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at import
    for library in LIBRARIES:
        importlib.import_module(library)
    from airflow.__main__ import main as airflow

    sys.argv = ["airflow", "scheduler", "-s"]  # -s: without its log server, which would listen on every address
    airflow()


if __name__ == "__main__":
    main()
