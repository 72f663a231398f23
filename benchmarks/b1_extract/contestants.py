"""The ways from PostgreSQL to Parquet. `python -m benchmarks.b1_extract.contestants NAME JOB`: one timed run.

JOB (JSON): `url`, `table`, `folder`, and `cases` with the tables of the exactness check (read after the timed run of
`round` 0, untimed). Imports and, for Spark, the start of the JVM and a first read are outside the measured time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT, report
from benchmarks.meter import Meter

Reader = Callable[[str, str, Path], Path | None]
"""URL, table, folder to write → folder with Parquet files (None: nothing is written)."""
_FETCH = 10_000
_BATCH_ROWS = 65_536


def floor(url: str, table: str, folder: Path) -> None:
    """The wire's floor: `COPY … (FORMAT binary)` by psql, thrown away."""
    from runtime.files import postgresql_bin

    command = [postgresql_bin("psql"), url, "-qc", f"COPY {table} TO STDOUT (FORMAT binary)"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def ours() -> Reader:
    """The platform's own snapshot, spool and manifest."""
    from benchmarks.b1_extract import ours as platform
    from lumbung.declarations import load

    load()

    def read(url: str, table: str, folder: Path) -> Path:
        platform.read(url, table, folder)
        return folder

    return read


def connectorx() -> Reader:
    """ConnectorX's Arrow stream into a Parquet writer."""
    import connectorx as cx

    def read(url: str, table: str, folder: Path) -> Path:
        reader = cx.read_sql(url, f"SELECT * FROM {table}", return_type="arrow_stream", batch_size=_BATCH_ROWS)
        return _parquet(reader, folder)

    return read


def adbc() -> Reader:
    """ADBC's PostgreSQL driver (COPY inside) into a Parquet writer."""
    import adbc_driver_postgresql.dbapi as driver

    def read(url: str, table: str, folder: Path) -> Path:
        with driver.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            return _parquet(cursor.fetch_record_batch(), folder)

    return read


def dlt(backend: str) -> Reader:
    """dlt's `sql_table` with one of its Arrow backends, to Parquet files of the destination `filesystem`."""
    import dlt as library
    from dlt.destinations import filesystem
    from dlt.sources.sql_database import sql_table

    def read(url: str, table: str, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        options = {"tz": "UTC"} if backend == "pyarrow" else {"conn": url, "return_type": "arrow_stream"}
        source = sql_table(
            credentials=url.replace("postgresql://", "postgresql+psycopg2://"),
            table=table,
            backend=backend,  # type: ignore[arg-type]
            reflection_level="full_with_precision",
            backend_kwargs=options,
            chunk_size=_BATCH_ROWS,
        )
        pipeline = library.pipeline(
            "bench",
            pipelines_dir=str(folder / "state"),
            destination=filesystem(bucket_url=f"file://{folder / 'out'}"),
            dataset_name="data",
        )
        pipeline.run(source, loader_file_format="parquet", write_disposition="replace")
        return folder / "out" / "data" / table

    return read


def spark() -> Reader:
    """Spark's JDBC source with two connections (halves of the table by block number), in a warm session."""
    from pyspark.sql import SparkSession

    jar = next((ROOT / ".lumbung" / "jars" / "platform").glob("postgresql-*.jar"))
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "2g")
        .config("spark.jars", str(jar))
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.parquet.compression.codec", "zstd")
        .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")

    def read(url: str, table: str, folder: Path) -> Path:
        import psycopg2

        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_relation_size(%s) / 8192", (table,))
            half = int((cursor.fetchone() or (0,))[0]) // 2
        credentials, _, place = url.removeprefix("postgresql://").rpartition("@")
        user, _, password = credentials.partition(":")
        frame = session.read.jdbc(
            f"jdbc:postgresql://{place}",
            table,
            predicates=[f"ctid < '({half},0)'", f"ctid >= '({half},0)'"],
            properties={
                "user": user, "password": password, "driver": "org.postgresql.Driver", "fetchsize": str(_FETCH)
            },
        )  # fmt: skip
        frame.write.mode("overwrite").parquet(f"file:{folder}")
        return folder

    return read


def _parquet(reader: Any, folder: Path) -> Path:
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(folder / "part.parquet", reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
    return folder


_READERS: dict[str, Callable[[], Any]] = {
    "floor": lambda: floor,
    "ours": ours,
    "connectorx": connectorx,
    "adbc": adbc,
    "dlt-connectorx": lambda: dlt("connectorx"),
    "dlt-pyarrow": lambda: dlt("pyarrow"),
    "spark-jdbc": spark,
}
_WARM = ("spark-jdbc",)


def main() -> None:
    """One run: warm up what has a JVM, measure, then the exactness cases."""
    name, job = sys.argv[1], json.loads(sys.argv[2])
    read: Reader = _READERS[name]()
    folder = Path(job["folder"]) / name
    shutil.rmtree(folder / "data", ignore_errors=True)
    for turn in range(2 if name in _WARM else 0):
        read(job["url"], job["table"], folder / f"warm{turn}")
    with Meter() as meter:
        written = read(job["url"], job["table"], folder / "data")
    found: dict[str, Any] = {"wall_s": meter.wall_s, "cpu_s": meter.cpu_s, "peak_mb": meter.peak_mb}
    if written is not None:
        found["files"] = [str(path) for path in sorted(written.rglob("*.parquet"))]
        found["bytes"] = sum(Path(path).stat().st_size for path in found["files"])
        if job["round"] == 0:  # values do not change from round to round
            found["cases"] = {case: _case(read, job["url"], case, folder / case) for case in job["cases"]}
    report(found)


def _case(read: Reader, url: str, table: str, folder: Path) -> dict[str, Any]:
    """Where a small table of the exactness check went, or the first line of the refusal."""
    try:
        written = read(url, table, folder)
    except BaseException as error:  # ConnectorX panics with an exception that is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        return {"error": f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200] if str(error) else ''}"}
    return {"files": [str(path) for path in sorted((written or folder).rglob("*.parquet"))]}


if __name__ == "__main__":
    main()
