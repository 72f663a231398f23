"""Throwaway source databases for the simulator, on the profile's source server (or SIMULATOR_TEST_POSTGRES_URL)."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
import uvicorn
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from simulator import manifest
from simulator.build import Plan, build
from simulator.command import main
from simulator.server import State
from simulator.service import application
from simulator.systems import READER, systems

SCALE = 0.002
LOGIN = "lumbung:rahasia"
SEED = 7


def jump(state: State, when: str) -> None:
    """Set the clocks, so that a test need not live through half a year."""
    for system in systems():
        with state.connect(system) as connection:
            manifest.put(connection, jam=when)


def superuser() -> str:
    """Connection string of a role that may create databases on the source server."""
    explicit = os.environ.get("SIMULATOR_TEST_POSTGRES_URL")
    if explicit:
        return explicit
    from lumbung.settings import settings
    from runtime.postgresql import SUPERUSER

    profile = settings()
    return make_conninfo(
        host="127.0.0.1", port=profile.ports.sources, user=SUPERUSER, dbname="postgres",
        password=profile.secret("sources_superuser_password"),
    )  # fmt: skip


class NewState(Protocol):
    """Makes a state folder with source databases of its own: empty ones, or copies of those of another state."""

    def __call__(self, of: State | None = None) -> State: ...


@pytest.fixture(scope="session")
def new_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewState]:
    """Every state is dropped at the end."""
    with ExitStack() as stack:
        number = 0

        def make(of: State | None = None) -> State:
            nonlocal number
            number += 1
            folder = tmp_path_factory.mktemp("profil")
            if of is not None:
                shutil.copytree(of.folder, folder, dirs_exist_ok=True)
            (folder / "secrets").mkdir(exist_ok=True)
            for system in systems().values():
                name = f"uji_simulator_{system.code}_{os.getpid()}_{number}"
                template = "template0" if of is None else conninfo_to_dict(of.admin_url(system.code))["dbname"]
                with psycopg.connect(superuser(), autocommit=True) as connection:
                    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [READER]).rowcount:
                        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(READER)))
                    connection.execute(
                        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                            sql.Identifier(name), sql.Identifier(str(template))
                        )
                    )
                stack.callback(_drop, name)
                address = make_conninfo(superuser(), dbname=name)
                (folder / "secrets" / f"source_{system.code}_admin_url").write_text(address + "\n")
                if system.login:
                    (folder / "secrets" / f"source_{system.code}_credentials").write_text(LOGIN + "\n")
            return State(folder)

        yield make


def _drop(name: str) -> None:
    with psycopg.connect(superuser(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def original(new_state: NewState) -> State:
    """A small source, built once and never changed: what changes it takes a copy (`new_state(original)`)."""
    state = new_state()
    assert build(state, Plan(SEED, SCALE), lambda line: None)
    return state


@pytest.fixture(scope="module")
def built(new_state: NewState, original: State) -> State:
    """A small source of its own for one test file."""
    return new_state(original)


@pytest.fixture(scope="module")
def counter(built: State) -> Iterator[str]:
    """Address of the departments' service over `built`, without the department's path."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(application(built), log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
        thread.start()
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def run() -> Callable[..., int]:
    """The command line, with the state folder given."""

    def call(state: State | Path, *words: str) -> int:
        folder = state.folder if isinstance(state, State) else state
        return main([words[0], "--state", str(folder), *words[1:]])

    return call
