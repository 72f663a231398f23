"""What `make test` does after the installation: lint, types, unit and integration in one lane, end to end in another.

The lanes run side by side: most of the time one of them waits for its engine. Each has a profile with ports and state
of its own, so that neither the other nor a running demo is touched. Everything runs as the system user when started as
root. The services are taken down at the end whatever happened; with LUMBUNG_TEST_KEEP=1 they stay for a look.
"""

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

from lumbung.declarations import DeclarationError
from lumbung.settings import PROFILE_VARIABLE, ROOT, Settings, SettingsError, load
from runtime import lifecycle, privilege
from runtime.files import env_bin
from runtime.service import RuntimeFailure

KEEP = "LUMBUNG_TEST_KEEP"
STARTED = time.monotonic()
LANES = (("lint", "unit", "integration"), ("e2e",))
"""What runs one after the other; the lanes run side by side."""


def say(line: str) -> None:
    """One line of progress."""
    print(line, flush=True)


def environment(profile: Settings) -> dict[str, str]:
    """Caches of the tools go into the profile's state: the repository may belong to root."""
    cache = profile.state / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        PROFILE_VARIABLE: profile.profile,
        "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ.get('PATH', '')}",
        "RUFF_CACHE_DIR": str(cache / "ruff"),
        "MYPY_CACHE_DIR": str(cache / "mypy"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(cache / "hypothesis"),
        "AIRFLOW_HOME": str(cache / "airflow"),  # importing airflow.sdk writes there
        "PYTHONPATH": str(ROOT),
    }


def run(profile: Settings, what: str, command: list[str]) -> bool:
    """Run one check with its output shown; True when it passed."""
    say(f"\n== {what} ({time.monotonic() - STARTED:.0f} s)")
    done = subprocess.run(command, env=environment(profile), cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    passed = done.returncode == 0
    if not passed:
        say(f"== {what}: FAILED (exit code {done.returncode})")
    return passed


def pytest(profile: Settings, *arguments: str) -> list[str]:
    """The pytest command; its cache lies in the state."""
    cache = profile.state / "cache" / "pytest"
    return [sys.executable, "-m", "pytest", "-q", "-o", f"cache_dir={cache}", *arguments]


def lint(profile: Settings) -> bool:
    """Ruff, sqlfluff, mypy, import-linter, secrets, licences and advisories; all of them run, and all must pass."""
    sql = [str(path) for path in (ROOT / "sql", ROOT / "lumbung") if any(path.rglob("*.sql"))]
    checks = [
        run(profile, "ruff check", [env_bin("ruff"), "check", "."]),
        run(profile, "ruff format", [env_bin("ruff"), "format", "--check", "."]),
        run(profile, "mypy", [env_bin("mypy"), "--strict", "lumbung"]),
        run(profile, "import-linter", [env_bin("lint-imports"), "--no-cache"]),
        run(profile, "secrets, licences, advisories", [sys.executable, "-m", "runtime.supply_chain", "--advisories"]),
    ]
    if sql:
        checks.append(run(profile, "sqlfluff", [env_bin("sqlfluff"), "lint", "--disable-progress-bar", *sql]))
    return all(checks)


def unit(profile: Settings) -> bool:
    """Tests without services; `--disable-socket` comes from tests/unit's own configuration too."""
    return run(profile, "unit tests", pytest(profile, "tests/unit"))


def integration(profile: Settings) -> bool:
    """The mechanisms against real servers."""
    return with_services(profile, "integration tests", pytest(profile, "tests/integration"))


def e2e(profile: Settings) -> bool:
    """The whole product as its users meet it."""
    return with_services(profile, "end-to-end tests", pytest(profile, "tests/e2e"))


def histories(profile: Settings) -> bool:
    """Generated histories against the oracle, many more than `integration` tries."""
    os.environ.setdefault("LUMBUNG_HISTORIES", "1000")
    os.environ.setdefault("LUMBUNG_HISTORIES_RUNS", "10")
    suite = pytest(profile, "tests/integration/histories")
    return with_services(profile, "1,000 generated histories", suite, ("sources", "engine"))


def properties(profile: Settings) -> bool:
    """Generated rows of every contract against plain Python, many more than `integration` tries."""
    os.environ.setdefault("LUMBUNG_PROPERTY_ROWS", "10000")
    suite = pytest(profile, "tests/integration/properties")
    return with_services(profile, "10,000 generated rows of every contract", suite, ("engine",))


def manifest(profile: Settings) -> bool:
    """The manifest at drawn seeds (tests/manifest); no scheduler, no portal."""
    return with_services(profile, "manifest", [sys.executable, "-m", "tests.manifest"], ("departments", "engine"))


def with_services(profile: Settings, what: str, command: list[str], only: tuple[str, ...] = ()) -> bool:
    """Run a check against fresh services of the profile (all, or `only` some), which are stopped whatever happens."""
    try:
        say(f"\n== fresh services of profile {profile.profile} ({time.monotonic() - STARTED:.0f} s)")
        lifecycle.fresh(profile, say, only)
        return run(profile, what, command)
    finally:
        if os.environ.get(KEEP) != "1":
            lifecycle.down(profile, lambda line: None)
            say(f"services of profile {profile.profile} stopped")


class Part(NamedTuple):
    """A check and the profile that it runs in."""

    profile: str
    check: Callable[[Settings], bool]


PARTS = {
    "lint": Part("test", lint),
    "unit": Part("test", unit),
    "integration": Part("test", integration),
    "e2e": Part("test-e2e", e2e),
    "histories": Part("test", histories),
    "properties": Part("test", properties),
    "manifest": Part("test", manifest),
}


def one(part: str) -> bool:
    """One part in its profile; the profile's state belongs to this user."""
    profile = load(PARTS[part].profile)
    os.environ[PROFILE_VARIABLE] = profile.profile  # before any of the services' modules reads it
    return PARTS[part].check(profile)


def everything() -> bool:
    """All lanes side by side, each part in a process of its own; True when every part passed."""
    failed: list[str] = []
    running: list[subprocess.Popen[str]] = []
    lanes = [threading.Thread(target=_lane, args=(lane, running, failed)) for lane in LANES]
    for lane in lanes:
        lane.start()
    try:
        for lane in lanes:
            lane.join()
    except KeyboardInterrupt:
        for process in running:
            process.send_signal(signal.SIGINT)
        for lane in lanes:
            lane.join()
        raise
    for part in failed:
        say(f"== {part}: FAILED, see above")
    return not failed


def _lane(parts: tuple[str, ...], running: list[subprocess.Popen[str]], failed: list[str]) -> None:
    """Run the parts of a lane one after the other, all of them."""
    for part in parts:
        command = [sys.executable, "-m", "runtime.testing", part]
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        running.append(process)
        assert process.stdout is not None  # noqa: S101 - it is a pipe, two lines above
        _pass_on(part, process.stdout)
        running.remove(process)
        if process.wait() != 0:
            failed.append(part)


def _pass_on(part: str, lines: IO[str]) -> None:
    """Show the lines of a part with its name before them: another part's stand between them."""
    for line in lines:
        say(f"{part:<11} | {line.rstrip()}" if line.strip() else "")


def main() -> int:
    """Exit code 0: everything passed; 1: something failed."""
    parser = argparse.ArgumentParser(prog="python -m runtime.testing", description=__doc__)
    parser.add_argument("what", choices=("all", *PARTS))
    what = parser.parse_args().what
    logging.getLogger("thrift").setLevel(logging.CRITICAL)  # a refused connection is an answer, not news
    wanted = [PARTS[part].profile for lane in LANES for part in lane] if what == "all" else [PARTS[what].profile]
    try:
        for profile in dict.fromkeys(wanted):
            privilege.prepare_state(ROOT, profile)
        privilege.continue_as_user(ROOT, wanted[0], [sys.executable, "-m", "runtime.testing", what])
        os.umask(privilege.STATE_MASK)
        passed = everything() if what == "all" else one(what)
    except (RuntimeFailure, SettingsError, DeclarationError, privilege.NotTraversable) as error:
        print(f"error: {error}", file=sys.stderr)
        passed = False
    except KeyboardInterrupt:
        print("\nstopped by Ctrl-C", file=sys.stderr)
        return 130
    say(f"\n== {'passed' if passed else 'FAILED'}: {what} ({time.monotonic() - STARTED:.0f} s)")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
