"""One platform for all end-to-end tests: the running services of this profile, both systems carried once."""

from __future__ import annotations

import os
import secrets

import pytest

from tests.e2e.platform import Platform

VARIABLE = "LUMBUNG_TEST_SEED"
SEED = os.environ.get(VARIABLE) or str(secrets.randbelow(10**6))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The seed of the simulated sources, in every report."""
    terminalreporter.write_line(f"seed of the simulated sources: {SEED} (repeat with {VARIABLE}={SEED})")


@pytest.fixture(scope="session")
def platform() -> Platform:
    """The platform after a first full run of both systems; the simulated sources exist.

    The seed is drawn, so that no test leans on one; LUMBUNG_TEST_SEED in the environment repeats a run.
    """
    running = Platform()
    running.simulate("build", "--scale", "0.004", "--seed", SEED)
    running.run_together("siak", "sismiop")
    return running
