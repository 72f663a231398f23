"""One platform for all end-to-end tests: the running services of this profile, all systems carried once."""

from __future__ import annotations

import os
import secrets

import pytest

from lumbung.declarations import load
from tests.e2e.platform import Platform

VARIABLE = "LUMBUNG_TEST_SEED"
SEED = os.environ.get(VARIABLE) or "636805"
if SEED == "acak":
    SEED = str(secrets.randbelow(10**6))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The seed of the simulated sources, in every report."""
    terminalreporter.write_line(f"seed of the simulated sources: {SEED} (repeat with {VARIABLE}={SEED})")


@pytest.fixture(scope="session")
def platform() -> Platform:
    """The platform after a first full run of every system; the simulated sources exist.

    LUMBUNG_TEST_SEED in the environment names another seed, `acak` draws one. The default is not drawn: with few people
    a seed may bring cells that cannot be protected, which rightly blocks a publication. Drawn seeds: `make manifest`.
    """
    running = Platform()
    running.simulate("build", "--scale", "0.004", "--seed", SEED)
    running.run_together(*(running.settings.systems or load().systems))
    return running
