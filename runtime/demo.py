"""What `make demo` does after the installation: services, simulated sources, declarations, all systems, a summary.

Every step may be repeated: what is done already is found done. A step that fails ends the demo with the step's own
message; the services stay up, so that one can look.
"""

import logging
import os
import subprocess
import sys
import time

from lumbung.declarations import DeclarationError
from lumbung.declarations.systems import carried, read_heads
from lumbung.settings import ROOT, Settings, SettingsError, settings
from runtime import airflow, lifecycle, privilege
from runtime.service import RuntimeFailure

STARTED = time.monotonic()


def say(line: str) -> None:
    """One line of progress."""
    print(line, flush=True)


def heading(text: str) -> None:
    """A step of the demo, with the seconds since the start."""
    say(f"\n== {text} ({time.monotonic() - STARTED:.0f} s)")


def step(what: str, *command: str) -> None:
    """Run one `lumbung` command with its output shown. Raises RuntimeFailure naming it and the next step."""
    heading(what)
    words = [sys.executable, "-m", "lumbung.cli", *command]
    if subprocess.run(words, stdin=subprocess.DEVNULL, cwd=ROOT, check=False).returncode:
        raise RuntimeFailure(
            f"step {what!r} failed: `bin/lumbung {' '.join(command)}`; the reason stands above.\n"
            f"next step: mend it, then run that alone or `make demo` again (what is done is not repeated). "
            f"Logs: {settings().logs}"
        )


def demo(profile: Settings) -> None:
    """The whole demo. Raises RuntimeFailure."""
    try:
        chosen = carried((head.system for head in read_heads(ROOT)), profile.systems)
    except ValueError as error:
        raise RuntimeFailure(f"profile {profile.profile}: {error}") from error
    step("declarations", "check")
    heading(f"services of profile {profile.profile}")
    lifecycle.up(profile, say)
    step("simulated sources", "simulate", "build")
    step(f"{', '.join(chosen)}: source to portal, through Airflow", "run", *chosen)
    if profile.schedules:
        heading("schedules on")
        airflow.unpause_all(profile)
    step("summary", "summary")
    say(f"\ndone in {time.monotonic() - STARTED:.0f} s. Commands: bin/lumbung --help; stop with `make stop`.")


def main() -> int:
    """Exit code 0: done; 1: a step failed, the reason is on stderr."""
    logging.getLogger("thrift").setLevel(logging.CRITICAL)  # a refused connection is an answer, not news
    try:
        profile = settings()
        privilege.continue_as_user(ROOT, profile.profile, [sys.executable, "-m", "runtime.demo"])
        privilege.prepare_state(ROOT, profile.profile)
        os.umask(privilege.STATE_MASK)
        demo(profile)
    except (RuntimeFailure, SettingsError, DeclarationError, privilege.NotTraversable) as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped by Ctrl-C; the services keep running (`make stop` stops them)", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
