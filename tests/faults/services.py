"""The profile's services as the faults treat them: restarted, killed, paused, starved of room for files."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from lumbung.settings import settings
from runtime import lifecycle
from runtime.metastore import uri
from runtime.supervisor import Supervisor

WAIT_S = 180.0
ENGINE_FILES = ("spark-defaults.conf", "hive-site.xml")
"""Where the engine reads the metastore's address."""


def wait_for(condition: Callable[[], Any], what: str, seconds: float = WAIT_S) -> Any:
    """The first true answer of `condition`. Fails naming `what`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.05)  # the interval of asking
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def pid_of(name: str) -> int:
    """Process id of a service, through the supervisor's wrapper if there is one."""
    return int(Supervisor(settings()).states()[name]["pid"])


def healthy(name: str) -> bool:
    """Whether the service does its work."""
    service = next(one for one in lifecycle.services(settings()) if one.name == name)
    try:
        service.health()
    except Exception:
        return False
    return True


def kill(name: str) -> None:
    """kill -9; the supervisor starts it again."""
    before = pid_of(name)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: pid_of(name) not in (0, before) and healthy(name), f"{name} is there again after kill -9")


def restart(name: str) -> None:
    """Stopped and started in an orderly way."""
    supervisor = Supervisor(settings())
    supervisor.stop(name)
    supervisor.start_program(name)
    wait_for(lambda: healthy(name), f"{name} is there again after a restart")


def bounce(name: str, chance: Random) -> str:
    """The service goes away and comes back, orderly or not; which of the two."""
    how = chance.choice(("restart", "kill -9"))
    (restart if how == "restart" else kill)(name)
    return how


@contextmanager
def engine_over(metastore: int) -> Iterator[None]:
    """The engine finds the metastore at another port meanwhile; it is started anew for that, and again afterwards."""
    current = settings()
    folder = current.state / "engine" / "conf"
    right = {file: file.read_text(encoding="utf-8") for file in (folder / name for name in ENGINE_FILES)}
    try:
        for file, text in right.items():
            assert uri(current) in text, f"{file} does not name {uri(current)}"
            file.write_text(
                text.replace(uri(current), uri(current).replace(str(current.ports.metastore), str(metastore)))
            )
        restart("engine")
        yield
    finally:
        for file, text in right.items():
            file.write_text(text, encoding="utf-8")
        restart("engine")


@contextmanager
def paused(name: str) -> Iterator[None]:
    """The service stands still meanwhile: connections stay open and nothing answers."""
    pid = pid_of(name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


@contextmanager
def small_files(name: str, size: int) -> Iterator[None]:
    """The service and its workers cannot write a file above `size` bytes meanwhile, as on a full disk."""
    family = _family(pid_of(name))
    for pid in family:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for pid in family:
            if Path(f"/proc/{pid}").exists():
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
