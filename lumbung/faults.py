"""Named kill points for the tests that kill a stage between two of its steps.

`point("land:raw-renamed")` does nothing unless the environment variable `LUMBUNG_FAULT` holds exactly that name; then
the process dies by SIGKILL, as if the machine had lost power there: no handler, no rollback, no flush runs.
A name is `<stage>:<step that has just been finished>` and is written as a constant string at the call.
"""

import os
import signal

FAULT_VARIABLE = "LUMBUNG_FAULT"


def point(name: str) -> None:
    """Die here when the environment asks for this kill point."""
    if os.environ.get(FAULT_VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
