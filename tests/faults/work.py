"""One task of a DAG in a process of its own, forked from a server that has imported everything, so that it starts fast.

The process sees the faults' own state, declarations and secrets through its environment, as a worker on another machine
would; nothing of the stages is replaced.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Final

FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.faults.preloaded"])
ACTOR: Final = "uji"
STOPPED: Final = "T"


@dataclass
class Task:
    """A running task. `log`: everything that it writes."""

    name: str
    process: ForkServerProcess
    log: Path

    def state(self) -> str | None:
        """The kernel's letter for the process (T: stopped), None when it has ended."""
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        except OSError:
            return None
        return stat.rpartition(")")[2].split()[0]

    def stands_still(self, seconds: float = 120) -> bool:
        """Wait until the task was stopped at its point; False when it ended before."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.state() == STOPPED:
                return True
            if not self.process.is_alive():
                return False
            time.sleep(0.01)  # the interval of asking the kernel, which tells nobody
        raise AssertionError(f"{self.name} neither ended nor stopped in {seconds:g} s; log {self.log}")

    def signal(self, number: int) -> None:
        """Send a signal to the task, when it is still there."""
        if self.process.is_alive() and self.process.pid is not None:
            os.kill(self.process.pid, number)

    def ended(self, seconds: float = 300) -> int:
        """Exit code; a task that hangs longer is killed, as Airflow does after the task's time limit."""
        self.process.join(seconds)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        assert self.process.exitcode is not None
        return self.process.exitcode

    def said(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:])


def start(
    name: str,
    arguments: Sequence[str],
    log: Path,
    environment: Mapping[str, str],
    *,
    file_bytes: int | None = None,
    clock: timedelta = timedelta(0),
) -> Task:
    """Start task `name`. `file_bytes` bounds every file it writes, `clock` moves its own clock."""
    log.parent.mkdir(parents=True, exist_ok=True)
    process = FORKS.Process(
        target=_work, args=(name, tuple(arguments), str(log), dict(environment), file_bytes, clock), daemon=True
    )
    process.start()
    return Task(name, process, log)


def _work(
    name: str,
    arguments: Sequence[str],
    log: str,
    environment: Mapping[str, str],
    file_bytes: int | None,
    clock: timedelta,
) -> None:
    """The task, with output into its log."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    if file_bytes is not None:  # the log is longer than that already: a process without the limit writes it
        writer = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=output)
        assert writer.stdin is not None
        output = writer.stdin.fileno()
    os.dup2(output, 1)
    os.dup2(output, 2)
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, resource.RLIM_INFINITY))
    os.environ.update(environment)
    _look_at(Path(environment["LUMBUNG_FAULTS_TREE"]))
    if clock:
        _move_clock(clock)
    print(f"== {name} {' '.join(arguments)}", flush=True)
    TASKS[name](*arguments)


def _look_at(tree: Path) -> None:
    """Let the stages read the faults' declarations instead of the repository's."""
    from lumbung.declarations import loader
    from lumbung.settings import settings

    loader.REPOSITORY = tree
    settings.cache_clear()


def _move_clock(by: timedelta) -> None:
    """Let the ledger's clock (the only one of this machine that is written down) go wrong in this process."""
    from lumbung.ledger import base

    true = base.now
    for module in list(sys.modules.values()):
        if getattr(module, "now", None) is true:
            module.now = lambda: true() + by  # type: ignore[attr-defined]


def _extract(run_id: str) -> None:
    from lumbung.stages.extract import extract

    extract(run_id)


def _land(run_id: str) -> None:
    from lumbung.stages.land import land

    land(run_id)


def _validate(run_id: str) -> None:
    from lumbung.stages.validate import validate

    validate(run_id)


def _conform(run_id: str) -> None:
    from lumbung.ops.runs import close_run
    from lumbung.stages.conform import conform

    conform(run_id)
    close_run(run_id)


def _mart(trigger: str) -> None:
    from lumbung.ledger import Ledger
    from lumbung.stages.mart import refresh

    Ledger.connect().open_marts_run(trigger, ACTOR)
    refresh(trigger, ACTOR)


def _publish(trigger: str) -> None:
    from lumbung.ops.runs import close_marts
    from lumbung.stages.publish import publish

    publish(trigger, ACTOR)
    close_marts(trigger)


def _reconcile(_: str) -> None:
    from lumbung.ops.reconcile import require_reconciled

    require_reconciled("uji")


TASKS: Final[Mapping[str, Any]] = {
    "extract": _extract,
    "land": _land,
    "validate": _validate,
    "conform": _conform,
    "mart": _mart,
    "publish": _publish,
    "reconcile": _reconcile,
}
"""What the tasks of `dags/` do."""
