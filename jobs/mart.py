"""`python -m jobs.mart TRIGGER --actor NAME` or through `spark-submit`: refresh the marts that are out of date."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lumbung.stages.mart import refresh


def main(arguments: Sequence[str] | None = None) -> int:
    """Refresh and print the names of the marts that were written."""
    parser = argparse.ArgumentParser(prog="jobs.mart", description="Refresh the marts.")
    parser.add_argument("trigger", help="name of this pass in the ledger; the same name again is the same pass")
    parser.add_argument("--actor", required=True, help="account that starts it")
    given = parser.parse_args(arguments)
    for name in refresh(given.trigger, given.actor):
        print(f"written mart.{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
