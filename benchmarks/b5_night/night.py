"""What happens inside the copied tree: sources, nights through Airflow and without it, the time of parsing.

`python -m benchmarks.b5_night.night SYSTEMS ROWS ROUNDS`, run by `benchmarks.b5_night` in the copy, whose services run.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.b5_night.tree import code_of
from benchmarks.harness import report, say
from lumbung.ledger import Ledger
from lumbung.ops.airflow import Airflow
from lumbung.ops.runs import close_run, require_done
from lumbung.settings import settings
from runtime.airflow import PARALLELISM

CHANGED = 0.01
"""Share of each source's rows that a day changes."""
PATIENCE_S = 1800


def main() -> int:
    """Prints what was measured as the harness's result."""
    systems, rows, rounds = (int(value) for value in sys.argv[1:])
    codes = [code_of(number) for number in range(1, systems + 1)]
    make_sources(codes, rows)
    airflow = Airflow()
    for code in codes:
        airflow.unpause(f"sistem_{code}")
    say(f"first night of {systems} sources (not counted): {through_airflow(airflow, codes):.1f} s")
    with ProcessPoolExecutor(PARALLELISM, mp_context=get_context("forkserver"), initializer=_import) as pool:
        pairs = []
        for number in range(rounds):
            turns: list[tuple[str, Callable[[], float]]] = [
                ("airflow_s", lambda: through_airflow(airflow, codes)),
                ("direct_s", lambda: directly(pool, codes)),
            ]
            pair: dict[str, float] = {}
            for name, night in turns if number % 2 == 0 else reversed(turns):
                a_day_goes_by(codes)
                pair[name] = night()
            say(f"  round {number + 1}: Airflow {pair['airflow_s']:.1f} s, the stages alone {pair['direct_s']:.1f} s")
            pairs.append(pair)
    report({"nights": pairs, "parallelism": PARALLELISM, "tasks": 5 * systems})
    return 0


def make_sources(codes: list[str], rows: int) -> None:
    """One table per system, all in one database; their clock is the simulated one."""
    with psycopg.connect(settings().source_admin_url("siak")) as connection:
        connection.execute("CREATE TABLE public.jam (sekarang timestamp NOT NULL)")
        connection.execute("INSERT INTO public.jam VALUES (timestamp '2026-01-05 06:00')")
        connection.execute(
            "CREATE FUNCTION public.jam_sistem() RETURNS timestamp LANGUAGE sql STABLE AS 'SELECT sekarang FROM jam'"
        )
        for code in codes:
            connection.execute(
                sql.SQL(
                    "CREATE TABLE public.{} AS SELECT n::integer AS nomor, 'jenis ' || n % 7 AS jenis,"
                    " (n * 1.25)::numeric(15,2) AS nilai, timestamp '2026-01-04' + n % 86400 * interval '1 s' AS diubah"
                    " FROM generate_series(1, {}) AS n"
                ).format(sql.Identifier(f"kejadian_{code}"), sql.Literal(rows))
            )


def a_day_goes_by(codes: list[str]) -> None:
    """The clock moves by a day, and some rows of every source change."""
    with psycopg.connect(settings().source_admin_url("siak")) as connection:
        connection.execute("UPDATE public.jam SET sekarang = sekarang + interval '1 day'")
        for code in codes:
            connection.execute(
                sql.SQL(
                    "UPDATE public.{} SET nilai = nilai + 1, diubah = jam_sistem() - interval '1 hour'"
                    " WHERE nomor % {} = 0"
                ).format(sql.Identifier(f"kejadian_{code}"), sql.Literal(round(1 / CHANGED)))
            )


def through_airflow(airflow: Airflow, codes: list[str]) -> float:
    """Seconds from the first trigger until the last DAG run has ended. Raises RuntimeError when one failed."""
    name = f"ukur-{secrets.token_hex(4)}"
    began = time.monotonic()
    for code in codes:
        airflow.trigger(f"sistem_{code}", name, {"mode": "biasa"})
    waiting = set(codes)
    while waiting:
        for code in sorted(waiting):
            state = airflow.state(f"sistem_{code}", name)
            if state == "failed" or time.monotonic() - began > PATIENCE_S:
                raise RuntimeError(f"sistem_{code} {name} is {state}; see the logs of Airflow's tasks")
            if state == "success":
                waiting.discard(code)
        time.sleep(0.2)
    return time.monotonic() - began


def directly(pool: ProcessPoolExecutor, codes: list[str]) -> float:
    """Seconds for the same stages, as many side by side as Airflow may run, and nothing else."""
    began = time.monotonic()
    list(pool.map(_stages, codes))
    return time.monotonic() - began


def _import() -> None:
    """What a task of Airflow finds imported, too."""
    import lumbung.stages.conform
    import lumbung.stages.extract
    import lumbung.stages.land
    import lumbung.stages.validate
    import lumbung.warehouse.session  # noqa: F401


def _stages(code: str) -> None:
    from lumbung.stages.conform import conform
    from lumbung.stages.extract import extract
    from lumbung.stages.land import land
    from lumbung.stages.validate import validate

    ledger = Ledger.connect()
    try:
        run = ledger.open_run(code, "jadwal", f"ukur/{secrets.token_hex(6)}", "ukur").id
    finally:
        ledger.close()
    stages: tuple[Callable[[str], Any], ...] = (extract, land, validate, conform, close_run, require_done)
    for stage in stages:
        stage(run)


if __name__ == "__main__":
    sys.exit(main())
