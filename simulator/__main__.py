"""Command line of the simulator: `python -m simulator --help`."""

from __future__ import annotations

import sys

from simulator.command import main

if __name__ == "__main__":
    sys.exit(main())
