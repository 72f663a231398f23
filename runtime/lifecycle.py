"""Bring a profile's services up, take them down, and say how they are.

Up: files and secrets, then both PostgreSQL servers, then databases and migrations, then everything else, each
service as soon as those it comes after are healthy. A service is healthy when it does its work, not when its port
is open.
"""

import fcntl
import importlib.util
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

from lumbung.settings import HOST, Settings
from runtime import platform_services
from runtime.files import tail
from runtime.service import RuntimeFailure, Service
from runtime.supervisor import Supervisor

FIRST = ("postgresql", "sources")
POLL_SECONDS = 0.25
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Status:
    """One service's state. `memory_mb` is what its process and their descendants hold."""

    service: str
    state: str
    healthy: bool
    pid: int | None
    uptime_s: int | None
    memory_mb: int | None
    ports: dict[str, int]
    log: str
    reason: str | None


def modules(settings: Settings) -> list[ModuleType]:
    """The modules that bring services, the portal's only when it is there."""
    found: list[ModuleType] = [platform_services]
    if importlib.util.find_spec("runtime.portal_services") and (settings.root / ".lumbung" / "env" / "portal").is_dir():
        found.append(importlib.import_module("runtime.portal_services"))
    return found


def services(settings: Settings) -> list[Service]:
    """All services of the profile."""
    found = [service for module in modules(settings) for service in module.services(settings)]
    names = [service.name for service in found]
    for service in found:
        missing = set(service.after) - set(names)
        if missing:
            raise RuntimeFailure(f"service {service.name} comes after unknown service {sorted(missing)[0]}")
    return found


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One start or stop of a profile at a time; the second waits its turn."""
    (settings.state / "run").mkdir(parents=True, exist_ok=True)
    with (settings.state / "run" / "lifecycle.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check_ports(settings: Settings, wanted: list[Service], running: set[str]) -> None:
    """Raise RuntimeFailure naming every port that somebody else holds, with the settings key that moves it."""
    keys = {"supervisor": settings.ports.supervisor} if Supervisor(settings).pid() is None else {}
    for service in wanted:
        if service.name not in running:
            keys.update(service.ports)
    taken = [_taken(settings, key, port) for key, port in keys.items() if _is_taken(port)]
    if taken:
        raise RuntimeFailure("\n".join(taken))


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _taken(settings: Settings, key: str, port: int) -> str:
    return (
        f"port {port} is taken by another program; end it, or choose another port: key `{key}` in "
        f"[profile.{settings.profile}.ports] of settings.toml"
    )


def up(settings: Settings, progress: Progress, only: tuple[str, ...] = ()) -> None:
    """Start all services (or `only` those named and what they need) and wait until each is healthy.

    Raises RuntimeFailure naming the service, its log, the log's last lines and the next step.
    """
    with _alone(settings):
        started = time.monotonic()
        everything = services(settings)
        chosen = _with_needs(everything, only or tuple(s.name for s in everything))
        names = {service.name for service in chosen}
        brought = [m for m in modules(settings) if names & {service.name for service in m.services(settings)}]
        for module in brought:
            module.prepare(settings)
        supervisor = Supervisor(settings)
        running = {name for name, info in supervisor.states().items() if info["statename"] in ("RUNNING", "STARTING")}
        check_ports(settings, chosen, running)
        supervisor.start(everything)
        databases = [s for s in chosen if s.name in FIRST]
        _start(supervisor, databases, progress, started)
        if {s.name for s in databases} == set(FIRST):
            for module in brought:
                name = module.__name__.rpartition(".")[2].removesuffix("_services")
                progress(f"{time.monotonic() - started:6.1f}s  {name}: databases and migrations")
                module.initialise(settings)
        _start(supervisor, [s for s in chosen if s not in databases], progress, started)


def _with_needs(everything: list[Service], names: tuple[str, ...]) -> list[Service]:
    by_name = {service.name: service for service in everything}
    unknown = set(names) - set(by_name)
    if unknown:
        raise RuntimeFailure(f"no service {sorted(unknown)[0]!r}; known: {', '.join(by_name)}")
    needed: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name not in needed:
            needed.add(name)
            open_names += by_name[name].after
    return [service for service in everything if service.name in needed]


def _start(supervisor: Supervisor, chosen: list[Service], progress: Progress, started: float) -> None:
    """Start each service once those it comes after are healthy; poll health side by side."""
    names = {service.name for service in chosen}
    healthy: set[str] = set()
    begun: dict[str, float] = {}
    asked: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(max_workers=max(1, len(chosen)), thread_name_prefix="health") as pool:
        while len(healthy) < len(chosen):
            states = supervisor.states()
            for service in chosen:
                if service.name in healthy or not set(service.after) & names <= healthy:
                    continue
                if service.name not in begun:
                    begun[service.name] = time.monotonic()
                    if states[service.name]["statename"] not in ("RUNNING", "STARTING"):
                        supervisor.start_program(service.name)
                    asked[service.name] = pool.submit(service.health)
                    continue
                answer = asked[service.name]
                if answer.done() and answer.exception() is None:
                    healthy.add(service.name)
                    ports = ", ".join(str(port) for port in service.ports.values())
                    where = f" on {ports}" if ports else ""
                    progress(f"{time.monotonic() - started:6.1f}s  {service.name} healthy{where}")
                    continue
                _check_patience(service, states[service.name], begun[service.name], answer)
                if answer.done():
                    asked[service.name] = pool.submit(service.health)
            time.sleep(POLL_SECONDS)


def _check_patience(service: Service, state: dict[str, object], begun: float, answer: Future[None]) -> None:
    waited = time.monotonic() - begun
    ended = state["statename"] in ("FATAL", "BACKOFF", "EXITED") and waited > 10
    if waited < service.start_seconds and not ended:
        return
    reason = answer.exception() if answer.done() else "no answer yet"
    what = f"ended at once ({state['spawnerr'] or state['statename']})" if ended else f"not healthy: {reason}"
    raise RuntimeFailure(
        f"service {service.name} {what} after {waited:.0f} s; log {service.log}, last lines:\n{tail(service.log)}\n"
        f"next step: read the log, mend the cause, and start again (`make demo`); `make stop` stops the rest"
    )


def down(settings: Settings, progress: Progress, only: tuple[str, ...] = ()) -> None:
    """Stop all services (or `only` those named) in the reverse order, then the supervisor."""
    with _alone(settings):
        supervisor = Supervisor(settings)
        states = supervisor.states()
        if not states:
            progress(f"profile {settings.profile}: nothing runs")
            return
        try:
            order = [service.name for service in services(settings)]
        except (RuntimeFailure, OSError):  # a half removed installation must still be stoppable
            order = list(states)
        order += [name for name in states if name not in order]
        for name in reversed(order):
            if name in states and (not only or name in only) and states[name]["pid"]:
                supervisor.stop(name)
                progress(f"{name} stopped")
        if not only:
            supervisor.shutdown()
            progress(f"profile {settings.profile}: all stopped")


def fresh(settings: Settings, progress: Progress, only: tuple[str, ...] = ()) -> None:
    """Stop all services, forget everything but the tools' caches, start all services (or `only` some) anew."""
    down(settings, progress)
    for path in settings.state.iterdir():
        if path.name in ("cache", "home", "run"):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    up(settings, progress, only)


def status(settings: Settings) -> list[Status]:
    """State and health of every service."""
    states = Supervisor(settings).states()
    everything = services(settings)
    with ThreadPoolExecutor(max_workers=len(everything)) as pool:
        reasons = list(pool.map(lambda service: _unhealthy(settings, service, states), everything))
    found = []
    for service, reason in zip(everything, reasons, strict=True):
        info = states.get(service.name, {})
        pid = info.get("pid") or None
        found.append(
            Status(
                service=service.name,
                state=str(info.get("statename", "STOPPED")),
                healthy=reason is None,
                pid=pid,
                uptime_s=info["now"] - info["start"] if pid else None,
                memory_mb=resident_mb(pid) if pid else None,
                ports=dict(service.ports),
                log=str(service.log),
                reason=reason,
            )
        )
    return found


def _unhealthy(settings: Settings, service: Service, states: dict[str, dict[str, object]]) -> str | None:
    if not states.get(service.name, {}).get("pid"):
        held = [_taken(settings, key, port) for key, port in service.ports.items() if _is_taken(port)]
        return "; ".join(["does not run", *held])
    try:
        service.health()
    except Exception as error:  # whatever a client library raises is the answer here
        return f"{type(error).__name__}: {error}"
    return None


def resident_mb(pid: int) -> int:
    """Memory of a process and its descendants in MB; pages that they share count once (PSS)."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        children.setdefault(parent, []).append(int(folder.name))
    total, left = 0, [pid]
    while left:
        current = left.pop()
        total += _shared_out_kb(current)
        left += children.get(current, [])
    return total // 1024


def _shared_out_kb(pid: int) -> int:
    """PSS of one process in kB; its resident size when the kernel does not tell the former."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        with suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4
    return 0


def as_table(found: list[Status]) -> str:
    """Plain text table of `status`."""
    lines = [f"{'service':<22} {'state':<9} {'healthy':<8} {'pid':>8} {'memory':>8}  port"]
    for one in found:
        memory = f"{one.memory_mb} MB" if one.memory_mb is not None else "-"
        ports = ", ".join(str(port) for port in one.ports.values())
        healthy = "yes" if one.healthy else "NO"
        lines.append(f"{one.service:<22} {one.state:<9} {healthy:<8} {one.pid or '-':>8} {memory:>8}  {ports}")
        if not one.healthy:
            lines.append(f"    {one.reason}; log {one.log}")
    return "\n".join(lines)


def as_records(found: list[Status]) -> list[dict[str, object]]:
    """`status` for machines."""
    return [asdict(one) for one in found]
