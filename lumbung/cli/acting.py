"""Who acts at the command line: the name that goes into the audit."""

from __future__ import annotations

import getpass
import os


def actor() -> str:
    """`cli:<account>`: the login that called `bin/lumbung`, also after it dropped to the service's user."""
    return f"cli:{os.environ.get('LUMBUNG_ACTOR') or getpass.getuser()}"
