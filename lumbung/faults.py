"""Named points where the tests stop, starve or kill a stage between two of its steps.

`point("land:raw-renamed")` does nothing unless the environment variable `LUMBUNG_FAULT` names exactly that point:

    <name>[=kill|stop|full][@<n>]

`kill` (what a name alone means): the process dies by SIGKILL, as if the machine had lost power there: no handler, no
rollback, no flush runs. `stop`: it stands still (SIGSTOP) until somebody lets it go on. `full`: the disk has no room
(`OSError`, ENOSPC). `@n`: only when the point is passed for the n-th time.
A name is `<stage>:<step that has just been finished>` and is written as a constant string at the call.
"""

import errno
import os
import signal

FAULT_VARIABLE = "LUMBUNG_FAULT"

_passed = 0


def point(name: str) -> None:
    """Do here what the environment asks for at this point."""
    global _passed  # how often this process has passed the one point that it may be asked for
    asked, _, nth = os.environ.get(FAULT_VARIABLE, "").partition("@")
    wanted, _, how = asked.partition("=")
    if wanted != name:
        return
    _passed += 1
    if _passed != int(nth or 1):
        return
    if how == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
    os.kill(os.getpid(), signal.SIGSTOP if how == "stop" else signal.SIGKILL)
