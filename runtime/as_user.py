"""`python -m runtime.as_user MODULE ARGUMENT…`: run a module of ours, as the system user when we are root.

The one way in which commands, tests and demo leave root behind.
"""

import os
import sys
from collections.abc import Sequence

from runtime import privilege
from runtime.install import ROOT

DEFAULT_PROFILE = "demo"
WRITES_DECLARATIONS = {"contracts": "--accept", "scaffold": "--write"}
"""Commands that write into the checkout, which belongs to whoever works on it: they go on as the caller."""


def writes_declarations(words: Sequence[str]) -> bool:
    """Whether these words are a command that writes into the checkout."""
    return len(words) > 1 and WRITES_DECLARATIONS.get(words[1], "") in words[2:]


def main() -> None:
    """Replace this process; exit with 1 when the user could not enter the repository."""
    profile = os.environ.get("LUMBUNG_PROFILE") or DEFAULT_PROFILE
    command = [sys.executable, "-m", *sys.argv[1:]]
    if writes_declarations(sys.argv[1:]):
        os.execv(command[0], command)  # noqa: S606 - a fixed list, no shell
    try:
        privilege.continue_as_user(ROOT, profile, command)
        privilege.prepare_state(ROOT, profile)
    except privilege.NotTraversable as error:
        sys.exit(f"error: {error}")
    os.umask(privilege.STATE_MASK)
    os.environ[privilege.ACTOR] = privilege.caller()
    os.execv(command[0], command)  # noqa: S606 - a fixed list, no shell


if __name__ == "__main__":
    main()
