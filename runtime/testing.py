"""What `make test` does after the installation: lint, types, unit, services of profile `test`, integration, end to end.

Everything runs as the system user when started as root, in the profile `test` with ports and state of its own, so
that a running demo is never touched. The services are taken down at the end whatever happened, and the state is
removed; with LUMBUNG_TEST_KEEP=1 both stay for a look.
"""

import argparse
import logging
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROFILE = "test"
os.environ["LUMBUNG_PROFILE"] = PROFILE  # before any setting is read

from lumbung.declarations import DeclarationError  # noqa: E402 - see the line above
from lumbung.settings import ROOT, Settings, SettingsError, settings  # noqa: E402
from runtime import lifecycle, privilege  # noqa: E402
from runtime.files import env_bin  # noqa: E402
from runtime.service import RuntimeFailure  # noqa: E402

KEEP = "LUMBUNG_TEST_KEEP"
STARTED = time.monotonic()


def say(line: str) -> None:
    """One line of progress."""
    print(line, flush=True)


def environment(profile: Settings) -> dict[str, str]:
    """Caches of the tools go into the profile's state: the repository may belong to root."""
    cache = profile.state / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
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
    """Ruff, sqlfluff, mypy and import-linter; all of them run, and all must pass."""
    sql = [str(path) for path in (ROOT / "sql", ROOT / "lumbung") if any(path.rglob("*.sql"))]
    checks = [
        run(profile, "ruff check", [env_bin("ruff"), "check", "."]),
        run(profile, "ruff format", [env_bin("ruff"), "format", "--check", "."]),
        run(profile, "mypy", [env_bin("mypy"), "--strict", "lumbung"]),
        run(profile, "import-linter", [env_bin("lint-imports"), "--no-cache"]),
    ]
    if sql:
        checks.append(run(profile, "sqlfluff", [env_bin("sqlfluff"), "lint", "--disable-progress-bar", *sql]))
    return all(checks)


def unit(profile: Settings) -> bool:
    """Tests without services; `--disable-socket` comes from tests/unit's own configuration too."""
    return run(profile, "unit tests", pytest(profile, "tests/unit"))


def with_services(profile: Settings) -> bool:
    """Integration, then end-to-end tests, each against fresh services, which are stopped whatever happens."""
    checks = []
    try:
        for what, folder in (("integration tests", "tests/integration"), ("end-to-end tests", "tests/e2e")):
            say(f"\n== fresh services of profile {PROFILE} ({time.monotonic() - STARTED:.0f} s)")
            lifecycle.down(profile, say)
            _remove_state(profile)
            lifecycle.up(profile, say)
            checks.append(run(profile, what, pytest(profile, folder)))
        return all(checks)
    finally:
        if os.environ.get(KEEP) != "1":
            lifecycle.down(profile, lambda line: None)
            say("services of the tests stopped")


def manifest(profile: Settings) -> bool:
    """The manifest at drawn seeds (tests/manifest), against fresh services of its own; no scheduler, no portal."""
    try:
        lifecycle.down(profile, say)
        _remove_state(profile)
        lifecycle.up(profile, say, ("postgresql", "sources", "metastore", "engine"))
        return run(profile, "manifest", [sys.executable, "-m", "tests.manifest"])
    finally:
        if os.environ.get(KEEP) != "1":
            lifecycle.down(profile, lambda line: None)
            say("services of the tests stopped")


def _remove_state(profile: Settings) -> None:
    """Start from nothing: an earlier run's rows would change the counts. Only the tools' caches stay."""
    for path in profile.state.iterdir():
        if path.name in ("cache", "home", "run"):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def main() -> int:
    """Exit code 0: everything passed; 1: something failed."""
    parser = argparse.ArgumentParser(prog="python -m runtime.testing", description=__doc__)
    parser.add_argument("what", choices=("all", "lint", "unit", "manifest"))
    what = parser.parse_args().what
    logging.getLogger("thrift").setLevel(logging.CRITICAL)  # a refused connection is an answer, not news
    try:
        profile = settings()
        privilege.continue_as_user(ROOT, PROFILE, [sys.executable, "-m", "runtime.testing", what])
        privilege.prepare_state(ROOT, PROFILE)
        os.umask(privilege.STATE_MASK)
        passed = True
        if what in ("all", "lint"):
            passed &= lint(profile)
        if what in ("all", "unit"):
            passed &= unit(profile)
        if what == "all":
            passed &= with_services(profile)
        if what == "manifest":
            passed &= manifest(profile)
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
