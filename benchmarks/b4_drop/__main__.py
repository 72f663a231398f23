"""`python -m benchmarks.b4_drop [--mb 1024] [--rounds 3]`: writes `results/b4_drop.json`. Starts no service.

A CSV file of a department, from the drop folder's kept original to Parquet in the spool: seconds and memory, against
Arrow's own reader, pandas in portions and Python's csv module, none of which looks at a row.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.b4_drop.contestants import COLUMNS
from benchmarks.harness import Contestant, continue_as_user, interleave, ratios, say, summaries, versions, write
from lumbung.settings import PROFILE_VARIABLE, load

PROFILE = "bench"
_MODULE = "benchmarks.b4_drop.contestants"
_CONTESTANTS = (
    Contestant("ours", "ours: read through as declared, then into the spool", _MODULE, peer=False),
    Contestant("arrow", "Arrow's reader, block by block (floor)", _MODULE, peer=False),
    Contestant("pandas", "pandas in portions", _MODULE, peer=False),
    Contestant("csv", "Python's csv module", _MODULE, peer=False),
)


def main() -> int:
    """Exit code 0: measured and written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.b4_drop", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--mb", type=int, default=1024, help="size of the file in MiB, default 1024")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions of every contestant, default 3")
    options = parser.parse_args()
    continue_as_user(PROFILE, "benchmarks.b4_drop", sys.argv[1:])
    os.environ[PROFILE_VARIABLE] = PROFILE
    place = load(PROFILE)
    place.spool.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.spool, prefix="b4-") as folder:
        file = Path(folder) / "angkutan.csv"
        rows = make(file, options.mb << 20)
        say(f"  {rows:,} rows, {file.stat().st_size >> 20} MiB")
        job = {"file": str(file), "out": folder}
        runs = interleave(_CONTESTANTS, job, options.rounds, Path(sys.executable))
    said = summaries(_CONTESTANTS, runs)
    used = versions(("pyarrow", "pandas"), Path(sys.executable))
    body = {"rows": rows, "mb": options.mb, "rounds": options.rounds, "versions": used, **said}
    write("b4_drop", {**body, "of_floor": ratios(said["seconds"], "arrow"), "gate": gate(runs), "runs": runs})
    return 0


def make(file: Path, size: int) -> int:
    """A file of at least `size` bytes from a fixed seed, with quoted texts; how many rows."""
    chance, rows = random.Random(4), 0  # noqa: S311 - the same file every time
    villages = [f"DESA {number:03d}" for number in range(346)]
    with file.open("w", encoding="utf-8", newline="") as text:
        text.write(",".join(COLUMNS) + "\r\n")
        while text.tell() < size:
            for _ in range(10_000):
                rows += 1
                village = chance.randrange(346)
                words = f"angkutan ke TPA, rit {chance.randrange(1, 9)}" if rows % 3 else 'angkutan ""tambahan""'
                text.write(
                    f"{rows},{1 + rows % 28:02d}/{1 + rows % 12:02d}/2025,KEC {village % 18:02d},{villages[village]},"
                    f'"{words} truk L {chance.randrange(1000, 9999)} UP",ton,{chance.randrange(1, 99999) / 1000:.3f},'
                    f"{chance.randrange(10**6)}\r\n"
                )
    return rows


def gate(runs: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Whether everybody has the rows and characters that ours has."""
    wanted = {run.get("content") for run in runs["ours"]}
    return {
        name: "same content" if {run.get("content") for run in found} == wanted and len(wanted) == 1 else "differs"
        for name, found in runs.items()
    }


if __name__ == "__main__":
    sys.exit(main())
