"""`python -m runtime up|down|status [--json] [SERVICE…]`: services of the profile LUMBUNG_PROFILE (default: demo)."""

import argparse
import json
import logging
import os
import sys

from lumbung.declarations import DeclarationError
from lumbung.settings import ROOT, SettingsError, settings
from runtime import lifecycle, privilege
from runtime.service import RuntimeFailure


def main() -> int:
    """Exit code 0: done (status: all healthy); 1: failed, the reason is on stderr; 2: used wrongly."""
    parser = argparse.ArgumentParser(prog="python -m runtime", description=__doc__)
    parser.add_argument("action", choices=("up", "down", "status"))
    parser.add_argument("service", nargs="*", help="only these, and what they need (default: all)")
    parser.add_argument("--json", action="store_true", help="status for machines")
    arguments = parser.parse_args()
    logging.getLogger("thrift").setLevel(logging.CRITICAL)  # a refused connection is an answer, not news
    try:
        profile = settings()
        command = [sys.executable, "-m", "runtime", *sys.argv[1:]]
        privilege.continue_as_user(ROOT, profile.profile, command)
        os.umask(privilege.STATE_MASK)
        privilege.prepare_state(ROOT, profile.profile)
        if arguments.action == "up":
            lifecycle.up(profile, _say, tuple(arguments.service))
        elif arguments.action == "down":
            lifecycle.down(profile, _say, tuple(arguments.service))
        else:
            return _status(arguments.json)
    except (RuntimeFailure, SettingsError, DeclarationError, privilege.NotTraversable) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _status(as_json: bool) -> int:
    found = lifecycle.status(settings())
    print(json.dumps(lifecycle.as_records(found), indent=2) if as_json else lifecycle.as_table(found))
    return 0 if all(one.healthy for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
