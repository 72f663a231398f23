"""`python -m benchmarks.b3_task [--rounds 7]`: writes `results/b3_task.json`. Starts the engine of the profile `bench`.

fixed   from a fresh process to the answer of `SELECT 1` and the end of the session: a client of the shared engine, the
        same forked from a process that has the libraries (as Airflow's tasks are), and a Spark of the task's own with
        the same catalog and settings; then a job over 41 rows
small   thirty rules, Great Expectations' verdict and the split over few rows: compiled and interpreted by turns in one
        session of the shared engine, the counts held against each other
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.b2_validate import ours, population
from benchmarks.b2_validate.rules import checks
from benchmarks.b2_validate.run import gate
from benchmarks.b3_task.contestants import ROWS, write_rows
from benchmarks.harness import (
    Contestant,
    continue_as_user,
    interleave,
    ratios,
    say,
    summaries,
    summary,
    versions,
    write,
)
from benchmarks.meter import Meter
from lumbung.settings import PROFILE_VARIABLE, Settings, load
from lumbung.warehouse.session import session, small_data
from runtime import lifecycle

PROFILE = "bench"
SIZES = (40, 1_000, 5_000, 25_000, 100_000)
RULES = 30
_MODULE = "benchmarks.b3_task.contestants"
CONTESTANTS = (
    Contestant("ours-forked", "client of the shared engine, libraries imported before the fork", _MODULE, peer=False),
    Contestant("ours", "client of the shared engine, fresh interpreter", _MODULE, peer=False),
    Contestant("own-spark", "a Spark of its own, fresh interpreter", _MODULE, peer=False),
)


def main() -> int:
    """Exit code 0: measured and written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.b3_task", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=7, help="repetitions; of small batches at least five")
    options = parser.parse_args()
    continue_as_user(PROFILE, "benchmarks.b3_task", sys.argv[1:])
    os.environ[PROFILE_VARIABLE] = PROFILE
    profile = load(PROFILE)
    lifecycle.up(profile, say, ("engine",))
    profile.spool.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=profile.spool, prefix="b3-"))
    try:
        fixed = fixed_cost(profile, folder, options.rounds)
        small = small_batches(folder, SIZES, max(5, (options.rounds + 1) // 2))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lifecycle.down(profile, say)
    used = versions(("pyspark", "great-expectations", "grpcio"), Path(sys.executable))
    write("b3_task", {"rows": ROWS, "rounds": options.rounds, "versions": used, **fixed, "small": small})
    return 0


def fixed_cost(profile: Settings, folder: Path, rounds: int) -> dict[str, Any]:
    """Seconds until a task can begin, by contestant, and the seconds of its first job."""
    write_rows(folder / "rows.parquet")
    job = {"rows": str(folder / "rows.parquet"), "defaults": str(profile.state / "engine" / "conf")}
    runs = interleave(CONTESTANTS, job, rounds, Path(sys.executable))
    said = summaries(CONTESTANTS, runs)
    return {
        **said,
        "job_seconds": {name: summary(found, "job_s") for name, found in runs.items()},
        "of_own_spark": ratios(said["seconds"], "own-spark"),
        "gate": gate_of_jobs(runs),
        "runs": runs,
    }


def gate_of_jobs(runs: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Whether the job over the rows gave the same everywhere."""
    answers = {name: {str(run.get("answer")) for run in found} for name, found in runs.items()}
    wanted = {str(ROWS)}
    return {
        name: "same answer" if given == wanted else f"differs: {', '.join(sorted(given))}"
        for name, given in answers.items()
    }


def small_batches(folder: Path, sizes: tuple[int, ...], rounds: int) -> dict[str, Any]:
    """Seconds of a verdict by rows, interpreted and compiled by turns; raises when their counts differ."""
    opened = session("bench")
    rules = checks(RULES)
    found: dict[str, Any] = {}
    for size in sizes:
        population.make(folder / str(size), size)
        times: dict[str, list[float]] = {"interpreted": [], "compiled": []}
        for number in range(rounds + 1):  # the first turn warms up
            counts = {}
            for way in sorted(times, reverse=bool(number % 2)):
                with Meter() as meter, small_data(opened, way == "interpreted"):
                    counts[way] = ours.judge(opened, folder / str(size), rules, folder / "out", verdict=True)
                if number:
                    times[way].append(round(meter.wall_s, 3))
            if (said := gate({"ours": counts["compiled"], "interpreted": counts["interpreted"]})) != {
                "ours": "counts equal",
                "interpreted": "counts equal",
            }:
                raise RuntimeError(f"{size} rows: {said}")
        found[str(size)] = {**times, "ratio": round(median(times["interpreted"]) / median(times["compiled"]), 2)}
        say(
            f"  {size:>7,} rows: interpreted {median(times['interpreted']):.2f} s, "
            f"compiled {median(times['compiled']):.2f} s, counts equal"
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
