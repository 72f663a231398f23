"""Settings for few rows: none of them stays behind, whatever fails meanwhile."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.errors import PySparkException

from lumbung.warehouse import session
from lumbung.warehouse.session import small_data

USUAL = dict.fromkeys(session._SMALL, "usual")


class Conf:
    """A session's settings; setting fails at the given calls, counted from 1."""

    def __init__(self, *failing: int) -> None:
        self.held, self.failing, self.calls = dict(USUAL), failing, 0

    def get(self, key: str) -> str:
        return self.held[key]

    def set(self, key: str, value: str) -> None:
        self.calls += 1
        if self.calls in self.failing:
            raise PySparkException(f"call {self.calls}")
        self.held[key] = value


def spark(*failing: int) -> Any:
    return SimpleNamespace(conf=Conf(*failing))


def test_small_data_has_its_settings_inside_only() -> None:
    held = spark()
    with small_data(held):
        assert held.conf.held == session._SMALL
    assert held.conf.held == USUAL


def test_a_setting_that_cannot_be_made_leaves_none_behind() -> None:
    held = spark(2)
    with pytest.raises(PySparkException, match="call 2"), small_data(held):
        pytest.fail("the block must not run")
    assert held.conf.held == USUAL


def test_an_engine_that_dies_inside_is_not_hidden_and_what_can_be_set_back_is(caplog: pytest.LogCaptureFixture) -> None:
    first, *others = session._SMALL
    held = spark(len(USUAL) + 1)
    with pytest.raises(PySparkException, match="the real one"), small_data(held):
        raise PySparkException("the real one")
    assert {key: held.conf.held[key] for key in others} == {key: USUAL[key] for key in others}
    assert [first in record.getMessage() for record in caplog.records] == [True]
