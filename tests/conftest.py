"""What all tests share: the profile `test`, and no sockets for unit tests."""

import os
from pathlib import Path

os.environ.setdefault("LUMBUNG_PROFILE", "test")  # before lumbung.settings is imported anywhere

import pytest

TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by folder: unit tests cannot open a socket; the others need the services of profile `test`."""
    for item in items:
        part = Path(item.path).relative_to(TESTS).parts[0]
        if part == "unit":
            item.add_marker(pytest.mark.disable_socket)
            item.add_marker(pytest.mark.timeout(60))
        elif part in ("integration", "e2e"):
            item.add_marker(getattr(pytest.mark, part))
        if part == "e2e":
            item.add_marker(pytest.mark.timeout(1800))  # several runs through Airflow, on a slow machine
