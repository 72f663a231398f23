"""`python -m benchmarks.b5_night [--systems 25] [--rows 20000] [--rounds 5]`: writes `results/b5_night.json`.

A copy of the product with N synthetic systems runs in the profile `bench`. Nights of equal work go by turns through
Airflow and through the bare stages in as many processes; the difference is what scheduling costs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.b5_night.tree import make
from benchmarks.harness import MARK, continue_as_user, say, summary, versions, write
from lumbung.settings import PROFILE_VARIABLE, load

PROFILE = "bench"
PARSES = 5


def main() -> int:
    """Exit code 0: measured and written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.b5_night", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--systems", type=int, default=25)
    parser.add_argument("--rows", type=int, default=20_000, help="rows of each source")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    continue_as_user(PROFILE, "benchmarks.b5_night", sys.argv[1:])
    tree = make(load(PROFILE).state / "b5", options.systems)
    try:
        _python(tree, "runtime", "up")
        parses = [_result(tree, "benchmarks.b5_night.parse") for _ in range(PARSES)]
        sizes = [str(value) for value in (options.systems, options.rows, options.rounds)]
        measured = _result(tree, "benchmarks.b5_night.night", *sizes)
    finally:
        _python(tree, "runtime", "down")
    shares = [1 - pair["direct_s"] / pair["airflow_s"] for pair in measured["nights"]]
    body = {
        "job": vars(options),
        "versions": versions(["apache-airflow-core", "pyspark", "great-expectations"], Path(sys.executable)),
        "parses": parses,
        **measured,
        "scheduling_share": {"median": statistics.median(shares), "low": min(shares), "high": max(shares)},
    }
    span = f"{min(shares):.1%} … {max(shares):.1%}"
    say(f"scheduling takes {statistics.median(shares):.1%} of a night's wall time ({span})")
    say(f"parsing {parses[0]['dags']} DAGs takes {summary(parses, 'parse_s')['median']:.2f} s beyond Airflow's import")
    write("b5_night", body)
    return 0


def _environment(tree: Path) -> dict[str, str]:
    return {**os.environ, PROFILE_VARIABLE: PROFILE, "PYTHONPATH": str(tree), "AIRFLOW_HOME": str(tree / "airflow")}


def _python(tree: Path, *arguments: str) -> None:
    """Run a module in the copied tree, its output shown. Raises CalledProcessError."""
    subprocess.run([sys.executable, "-m", *arguments], cwd=tree, env=_environment(tree), check=True)


def _result(tree: Path, module: str, *arguments: str) -> dict[str, Any]:
    """Run a module in the copied tree, show its progress and give what it reports."""
    command = [sys.executable, "-m", module, *arguments]
    found: dict[str, Any] = {}
    with subprocess.Popen(command, cwd=tree, env=_environment(tree), stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if line.startswith(MARK):
                found = json.loads(line.removeprefix(MARK))
            else:
                say(line.rstrip())
    if process.returncode != 0 or not found:
        raise RuntimeError(f"{module} ended with {process.returncode}; what it said stands above")
    return found


if __name__ == "__main__":
    sys.exit(main())
