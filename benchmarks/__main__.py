"""`make bench`, or `python -m benchmarks [b1] [b2] --rows 1000000 --rounds 5`: measure, write results, draw.

Started as root it goes on as the system user, like everything else here. It starts what it needs itself and leaves
nothing behind but `benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.b1_extract import run as b1
from benchmarks.b2_validate import run as b2
from benchmarks.harness import BENCH_PYTHON, ROOT, continue_as_user, say
from runtime import privilege

PROFILE = "test"  # its ports and its state; the benchmarks start no service of it
_ROWS = 1_000_000


def main() -> int:
    """Exit code 0: all asked benchmarks were run (a peer that failed is in the result); 1: nothing could be run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("which", nargs="*", metavar="b1|b2", help="default: both")
    parser.add_argument("--rows", type=int, default=_ROWS, help=f"residents (b1) and rows (b2), default {_ROWS:,}")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of every contestant, default 5")
    parser.add_argument("--only", default="", help="names of contestants, comma separated; default: all")
    parser.add_argument("--rules", default=",".join(map(str, b2.CURVE)), help="the curve of b2; empty: none")
    parser.add_argument("--peers", type=Path, default=BENCH_PYTHON, help="Python of the environment `bench`")
    parser.add_argument("--work", type=Path, help="folder for what is thrown away; default: the profile's state")
    asked = parser.parse_args()
    unknown = set(asked.which) - {"b1", "b2"}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; choose from b1, b2")
    continue_as_user(PROFILE, "benchmarks", sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped and the folders removed
    if not asked.peers.exists():
        say(f"error: {asked.peers} is missing; type `make bench`, which installs the peers first")
        return 1
    work = asked.work or privilege.prepare_state(ROOT, PROFILE)
    only = tuple(filter(None, asked.only.split(",")))
    curve = tuple(map(int, filter(None, asked.rules.split(","))))
    for name in asked.which or ("b1", "b2"):
        with tempfile.TemporaryDirectory(dir=work, prefix=f"{name}-", ignore_cleanup_errors=True) as folder:
            if name == "b1":
                body = b1.run(Path(folder), asked.peers, asked.rows, asked.rounds, only)
                _print(name, "of the floor", body["of_floor"], body["gate"])
            else:
                body = b2.run(Path(folder), asked.peers, asked.rows, asked.rounds, curve, only)
                _print(name, "times the rewrite", body["of_rewrite"], body["gate"])
    return 0


def _print(name: str, what: str, ratios: dict[str, float], gate: dict[str, str]) -> None:
    say(f"\n{name}: {what}")
    for one, ratio in ratios.items():
        say(f"  {one:<22}{ratio:7.2f}  {gate.get(one, '')}")


if __name__ == "__main__":
    sys.exit(main())
