"""`python -m jobs.conform RUN` or through `spark-submit`: promote everything pending of the run's system."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lumbung.stages.conform import conform


def main(arguments: Sequence[str] | None = None) -> int:
    """Promote, print what was promoted and what waits; 0 when no batch waits, 3 otherwise."""
    parser = argparse.ArgumentParser(prog="jobs.conform", description="Promote validated batches into curated tables.")
    parser.add_argument("run", help="id of a run of the system, e.g. siak-000001")
    drained = conform(parser.parse_args(arguments).run)
    for batch_id in drained.promoted:
        print(f"promoted {batch_id}")
    for batch_id, reason in drained.waiting.items():
        print(f"waits    {batch_id}: {reason}")
    return 3 if drained.waiting else 0


if __name__ == "__main__":
    sys.exit(main())
