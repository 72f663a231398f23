"""The name that goes into the audit is that of a person, and nobody chooses it."""

from __future__ import annotations

import os
import pwd

import pytest

from lumbung.cli import acting
from runtime import privilege


@pytest.mark.parametrize(
    ("account", "told", "name"),
    [
        pytest.param("lumbung", "budi", "cli:budi", id="root went on as the service's user"),
        pytest.param("lumbung", None, "cli:lumbung", id="the service's user itself"),
        pytest.param("ani", "budi", "cli:ani", id="an ordinary account brings a name along"),
        pytest.param("ani", None, "cli:ani", id="an ordinary account"),
    ],
)
def test_the_actor(monkeypatch: pytest.MonkeyPatch, account: str, told: str | None, name: str) -> None:
    monkeypatch.setattr(acting.pwd, "getpwuid", lambda uid: pwd.struct_passwd((account, "x", uid, uid, "", "/", "")))
    for variable in ("LOGNAME", "USER"):  # what getpass would believe
        monkeypatch.setenv(variable, "direktur")
    monkeypatch.delenv(privilege.ACTOR, raising=False)
    if told is not None:
        monkeypatch.setenv(privilege.ACTOR, told)
    assert acting.actor() == name


def test_an_account_that_is_gone_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    monkeypatch.setattr(acting.pwd, "getpwuid", gone)
    assert acting.actor() == f"cli:{os.getuid()}"


def test_both_sides_speak_of_the_same_user_and_variable() -> None:
    assert privilege.USER == acting.SERVICE_USER
    assert privilege.ACTOR == "LUMBUNG_ACTOR"
