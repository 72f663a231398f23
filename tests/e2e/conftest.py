"""One platform for all end-to-end tests: the running services of this profile, both systems carried once."""

from __future__ import annotations

import pytest

from tests.e2e.platform import Platform


@pytest.fixture(scope="session")
def platform() -> Platform:
    """The platform after a first full run of both systems; the simulated sources exist."""
    running = Platform()
    running.simulate("build", "--scale", "0.004", "--seed", "71")
    running.run_together("siak", "sismiop")
    return running
