"""Leaving root behind: what the process that goes on is told, and who called it."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path

import pytest

from runtime import as_user, privilege

ACCOUNTS = {"root": 0, "budi": 1001, "ani": 1002, "lumbung": 998}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system with four accounts, nobody logged in."""

    def by_name(name: str) -> pwd.struct_passwd:
        return pwd.struct_passwd((name, "x", ACCOUNTS[name], ACCOUNTS[name], "", "/", "/bin/sh"))

    def by_uid(uid: int) -> pwd.struct_passwd:
        return by_name({number: name for name, number in ACCOUNTS.items()}[uid])

    monkeypatch.setattr(privilege.pwd, "getpwnam", by_name)
    monkeypatch.setattr(privilege.pwd, "getpwuid", by_uid)
    monkeypatch.setattr(privilege, "_LOGIN_UID", tmp_path / "loginuid")
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv(privilege.ACTOR, "orang-lain")
    return tmp_path


def process(monkeypatch: pytest.MonkeyPatch, account: str) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: ACCOUNTS[account])
    monkeypatch.setattr(os, "getuid", lambda: ACCOUNTS[account])


@pytest.mark.parametrize(
    ("account", "sudo", "login", "called"),
    [
        pytest.param("root", "budi", "1002", "budi", id="sudo names the caller"),
        pytest.param("root", None, "1001", "budi", id="su: the login"),
        pytest.param("root", None, None, "root", id="no login"),
        pytest.param("root", None, str(2**32 - 1), "root", id="a service of the system"),
        pytest.param("root", "tidak-ada", "1001", "budi", id="sudo names nobody"),
        pytest.param("root", None, "4711", "4711", id="an account that is gone"),
        pytest.param("budi", "ani", None, "budi", id="without privilege the environment says nothing"),
        pytest.param("lumbung", "budi", None, "lumbung", id="nor for the service's user"),
        pytest.param("lumbung", None, "1001", "budi", id="the service's user, logged in as a person"),
    ],
)
def test_the_caller_is_the_person(
    place: Path, monkeypatch: pytest.MonkeyPatch, account: str, sudo: str | None, login: str | None, called: str
) -> None:
    process(monkeypatch, account)
    if sudo is not None:
        monkeypatch.setenv("SUDO_USER", sudo)
    if login is not None:
        (place / "loginuid").write_text(login)
    assert privilege.caller() == called


def test_what_goes_on_as_the_services_user_is_told_who_called(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, str] = {}
    process(monkeypatch, "root")
    monkeypatch.setenv("SUDO_USER", "budi")
    monkeypatch.setenv("LUMBUNG_TRACE", "1")
    monkeypatch.setenv("PYTHONPATH", "/tmp")
    for step in ("check_traversable", "prepare_state"):
        monkeypatch.setattr(privilege, step, lambda *_: None)
    monkeypatch.setattr(privilege, "dropping", list)
    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr(os, "umask", lambda _: 0)
    monkeypatch.setattr(os, "execve", lambda path, argv, environment: told.update(environment))
    privilege.continue_as_user(place, "demo", ["/bin/true"])
    assert told[privilege.ACTOR] == "budi"
    assert told["LUMBUNG_TRACE"] == "1" and "PYTHONPATH" not in told
    assert privilege.ACTOR not in privilege.clean_environment(place, "demo"), "services act for nobody"


def test_an_ordinary_caller_cannot_bring_another_name(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    process(monkeypatch, "budi")
    monkeypatch.setattr(privilege, "prepare_state", lambda *_: None)
    monkeypatch.setattr(os, "umask", lambda _: 0)
    monkeypatch.setattr(os, "execv", lambda path, argv: started.append(os.environ[privilege.ACTOR]))
    monkeypatch.setattr(sys, "argv", ["as_user", "lumbung.cli"])
    as_user.main()
    assert started == ["budi"]


@pytest.mark.parametrize(
    ("words", "writes"),
    [
        (["lumbung.cli", "contracts", "siak", "--accept"], True),
        (["lumbung.cli", "scaffold", "siak", "tabel", "--write"], True),
        (["lumbung.cli", "contracts", "siak"], False),
        (["lumbung.cli", "run", "--accept"], False),
        (["lumbung.cli"], False),
    ],
    ids=["contracts", "scaffold", "only-shown", "another-command", "nothing"],
)
def test_commands_that_write_declarations_stay_with_the_owner_of_the_checkout(words, writes):
    assert as_user.writes_declarations(words) is writes
