"""Airflow: api-server, scheduler and dag-processor (to come)."""

from lumbung.settings import Settings
from runtime.service import Service


def prepare(settings: Settings) -> None:
    """Nothing yet."""


def initialise(settings: Settings) -> None:
    """Nothing yet."""


def services(settings: Settings) -> list[Service]:
    """Nothing yet."""
    return []
