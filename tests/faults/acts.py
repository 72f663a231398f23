"""How a task is disturbed. Each act runs one task under one trouble and says in a word what became of it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from lumbung.ledger import Run
from lumbung.settings import settings
from tests.faults import checks, services
from tests.faults.proxy import Trouble, Weather, proxied
from tests.faults.reader import Warehouse, Watch
from tests.faults.site import SYSTEM, Site
from tests.faults.work import Task

HANGS_S = 20.0
"""How long a task may hang in silence before it is killed, as Airflow does after the task's time limit."""
SLOWLY = 1_000
"""Bytes a second that come while a server restarts: slow enough for the task to be at work."""
DEADLINE_S = 5.0
"""After how much silence a reader gives up."""
FAILED, KILLED, DONE, MISSED = "gagal", "mati", "selesai", "tidak tercapai"
TEN_MINUTES = timedelta(minutes=10)
ONCE = re.compile(
    r"extract:(snapshot-pinned|batches-opened|spool-complete|ledger-marked)|land:spool-removed"
    r"|conform:restate.*|mart:.*|publish:.*"
)
"""Points that a task passes once; the others come once per dataset."""


class Unexpected(Exception):
    """A task ended in a way that its trouble does not explain."""


@dataclass
class Situation:
    """One task of one run about to be disturbed."""

    site: Site
    run: Run
    stage: str
    chance: Random

    def begin(self, fault: str | None = None, **how: object) -> Task:
        return self.site.begin(self.stage, self.run, fault, **how)  # type: ignore[arg-type]


Act = Callable[[Situation], str]


def _word(code: int, expected: tuple[int, ...], task: Task) -> str:
    if code not in expected:
        raise Unexpected(f"{task.name} ended with {code}:\n{task.said()}")
    return {0: DONE, -signal.SIGKILL: KILLED}.get(code, FAILED)


def _nth(point: str, chance: Random) -> int:
    """At which passing of the point the fault strikes."""
    return 1 if ONCE.fullmatch(point) else chance.choice((1, 1, 2))


def _killed(task: Task) -> str:
    """What became of a task that was to die at a point."""
    return _unless_missed(_word(task.ended(), (0, -signal.SIGKILL), task))


def _unless_missed(word: str) -> str:
    """MISSED for a task that ended well although its trouble lets none: it never came there."""
    return MISSED if word == DONE else word


def killed(point: str) -> Act:
    """SIGKILL at a point, sometimes only when it is passed for the second time."""

    def act(now: Situation) -> str:
        return _killed(now.begin(f"{point}=kill@{_nth(point, now.chance)}"))

    return act


def no_room(point: str) -> Act:
    """ENOSPC at a point."""

    def act(now: Situation) -> str:
        task = now.begin(f"{point}=full@{_nth(point, now.chance)}")
        return _unless_missed(_word(task.ended(), (0, 1), task))

    return act


def small_files(now: Situation) -> str:
    """The task itself cannot write a file above a size."""
    task = now.begin(file_bytes=now.chance.randint(100, 6_000))
    return _unless_missed(_word(task.ended(), (0, 1), task))


def service_without_room(service: str, most: int) -> Act:
    """The service that writes for the task cannot write a file above a size.

    The limit holds until the task has ended, so what it needs is refused at every retry: a task that got through was
    not hit, unless the service died of it and came back without the limit.
    """

    def act(now: Situation) -> str:
        before = services.pid_of(service)
        with services.small_files(service, now.chance.randint(100, most)):
            task = now.begin()
            word = _word(task.ended(), (0, 1), task)
        return word if services.pid_of(service) != before else _unless_missed(word)

    return act


def _at_a_point(now: Situation, points: tuple[str, ...]) -> Task | None:
    """The task, standing still at one of its points; None when it got past it to its end."""
    task = now.begin(f"{now.chance.choice(points)}=stop")
    if task.stands_still():
        return task
    _word(task.ended(), (0,), task)
    return None


def server_bounced(service: str, points: tuple[str, ...]) -> Act:
    """A server restarts (orderly or by kill -9) while the task is in the middle."""

    def act(now: Situation) -> str:
        task = _at_a_point(now, points)
        if task is None:
            return MISSED
        _bounce(service, now.chance)
        task.signal(signal.SIGCONT)
        return _word(task.ended(), (0, 1), task)

    return act


def _bounce(service: str, chance: Random) -> None:
    """The server goes away and is there again, and so is what needs it."""
    services.bounce(service, chance)
    if service == "postgresql" and services.pid_of("metastore"):  # passes over files alone have none
        services.wait_for(lambda: services.healthy("metastore"), "the metastore has its database again")


def server_bounced_at_work(service: str, door: str, most: int) -> Act:
    """A server restarts while the task talks to it: what it asked for has begun to come, and comes slowly."""

    def act(now: Situation) -> str:
        weather = replace(Weather.drawn(now.chance, "slow", most), rate=SLOWLY)
        with proxied(_behind(door), weather) as proxy:
            task = now.begin(environment=_over(now.site, door, proxy.port))
            services.wait_for(lambda: proxy.struck or not task.process.is_alive(), f"{task.name} talks to {service}")
            if not task.process.is_alive():
                _word(task.ended(), (0,), task)
                return MISSED
            _bounce(service, now.chance)
            return _word(task.ended(), (0, 1), task)

    return act


def service_killed(service: str, points: tuple[str, ...]) -> Act:
    """kill -9 of a service while the task is in the middle; the task goes on at once."""

    def act(now: Situation) -> str:
        task = _at_a_point(now, points)
        if task is None:
            return MISSED
        services.kill(service)
        task.signal(signal.SIGCONT)
        return _word(task.ended(), (0, 1), task)

    return act


def service_paused(service: str, points: tuple[str, ...]) -> Act:
    """A service stands still for some seconds: connections stay open, nothing answers."""

    def act(now: Situation) -> str:
        task = _at_a_point(now, points)
        if task is None:
            return MISSED
        with services.paused(service):
            task.signal(signal.SIGCONT)
            task.process.join(now.chance.uniform(1, 4))
        return _word(task.ended(), (0, 1), task)

    return act


def through_proxy(door: str, trouble: Trouble, most: int) -> Act:
    """The way to a server is bad: `door` is source, ledger, connect or portal."""

    def act(now: Situation) -> str:
        with proxied(_behind(door), Weather.drawn(now.chance, trouble, most)) as proxy:
            task = now.begin(environment=_over(now.site, door, proxy.port))
            word = _word(task.ended(HANGS_S), (0, 1, -signal.SIGKILL), task)
            return word if proxy.struck else MISSED

    return act


def _behind(door: str) -> int:
    """The port of a door's server."""
    ports = settings().ports
    found = {"source": ports.sources, "ledger": ports.postgresql, "connect": ports.connect, "portal": ports.ckan}
    return found[door]


def _over(site: Site, door: str, port: int) -> dict[str, str]:
    """What a task is told so that it goes through a door over this port."""
    if door == "connect":
        return {"LUMBUNG__PORTS__CONNECT": str(port)}
    if door == "portal":  # CKAN answers absolute addresses too; gRPC would ask it for the way to the engine
        return {"http_proxy": f"http://127.0.0.1:{port}", "no_grpc_proxy": "localhost"}
    name = f"source_{SYSTEM}_url" if door == "source" else "ledger_url"
    url = (site.state / "secrets" / name).read_text(encoding="utf-8")
    changed = url.replace(f":{_behind(door)}/", f":{port}/")
    return {"LUMBUNG__SECRETS": site.secrets("secrets-proxy", **{name: changed})}


def metastore_through_proxy(trouble: Trouble, most: int) -> Act:
    """The engine's way to the metastore is bad while the task works, also on connections that it holds already."""

    def act(now: Situation) -> str:
        weather = Weather.drawn(now.chance, trouble, most)
        with (
            proxied(settings().ports.metastore, weather, calm=True) as proxy,
            services.engine_over(proxy.port),
        ):
            proxy.calm = False
            task = now.begin()
            word = _word(task.ended(HANGS_S), (0, 1, -signal.SIGKILL), task)
            return word if proxy.struck else MISSED

    return act


def reader_through_proxy(trouble: Trouble, most: int) -> Act:
    """An engineer's way to HiveServer2 is bad while the task works: he sees a whole state, or an error in time."""

    def act(now: Situation) -> str:
        with proxied(settings().ports.hiveserver2, Weather.drawn(now.chance, trouble, most)) as proxy:
            reader = Warehouse(proxy.port, DEADLINE_S)
            with Watch(reader.look) as watch:
                task = now.begin()
                word = _word(task.ended(), (0,), task)
                services.wait_for(lambda: watch.looks > 1 or watch.wrong, "the reader is answered in the end")
            problems = [*reader.half_states(watch.taken()), *filter(None, [watch.wrong])]
        if problems:
            raise Unexpected("; ".join(problems))
        return word if proxy.struck else MISSED

    return act


def _second(now: Situation, other_trigger: bool) -> Task:
    """The same task again; `other_trigger`: another run of its graph does the same work."""
    run = replace(now.run, trigger=f"{now.run.trigger}/lain") if other_trigger else now.run
    return now.site.begin(now.stage, run)


def twice_at_once(points: tuple[str, ...], other_trigger: bool = False) -> Act:
    """Two schedulers start the same task; the first stands in the middle until the second waits for it."""

    def act(now: Situation) -> str:
        first = _at_a_point(now, points)
        second = _second(now, other_trigger)
        if first is not None:
            services.wait_for(
                lambda: _waits_for_lock(now.site) or not second.process.is_alive(), "the second waits or has ended"
            )
            first.signal(signal.SIGCONT)
            _word(first.ended(), (0,), first)
        _word(second.ended(), (0,), second)
        return MISSED if first is None else DONE

    return act


def overtaken(points: tuple[str, ...], other_trigger: bool = False) -> Act:
    """A task freezes and loses its lock, another does its work, then the frozen one wakes up and goes on."""

    def act(now: Situation) -> str:
        frozen = _at_a_point(now, points)
        if frozen is None:
            return MISSED
        take_locks_away(now.site)
        if now.stage == "extract":
            now.site.source.change(now.chance, whole=False, late=False)
        fault = f"{now.chance.choice(points)}=stop" if now.chance.random() < 0.5 else None
        second = now.site.begin(now.stage, now.run, fault) if fault else _second(now, other_trigger)
        if fault and second.stands_still():
            frozen.signal(signal.SIGCONT)
            word = _word(frozen.ended(), (0, 1), frozen)
            second.signal(signal.SIGCONT)
            _word(second.ended(), (0, 1), second)
            return word
        _word(second.ended(), (0, 1), second)
        frozen.signal(signal.SIGCONT)
        return _word(frozen.ended(), (0, 1), frozen)

    return act


def repeated(now: Situation) -> str:
    """The scheduler forgets that the task succeeded and starts it again, twice."""
    for _ in range(3):
        task = now.begin()
        _word(task.ended(), (0,), task)
    return DONE


def lost(now: Situation) -> str:
    """Nobody is told that there is work; a pass that the clock starts has to find it."""
    task = now.site.begin(now.stage, replace(now.run, trigger=f"{now.run.trigger}/jam"))
    word = _word(task.ended(), (0,), task)
    if wrong := list(checks.refreshed(now.site)):
        raise Unexpected(f"the clock's pass left work undone: {wrong}")
    return word


def too_early(now: Situation) -> str:
    """The task's successors in the graph start before it."""
    order = now.site.stages
    for stage in reversed(order[order.index(now.stage) + 1 :]):
        task = now.site.begin(stage, now.run)
        _word(task.ended(), (0,), task)
    return DONE


def beside(other: str, points: tuple[str, ...]) -> Act:
    """Another stage runs to its end while the task stands in the middle."""

    def act(now: Situation) -> str:
        task = _at_a_point(now, points)
        beside = now.site.begin(other, replace(now.run, trigger=f"{now.run.trigger}/{other}"))
        _word(beside.ended(), (0,), beside)
        if task is None:
            return MISSED
        task.signal(signal.SIGCONT)
        return _word(task.ended(), (0,), task)

    return act


def own_clock_wrong(point: str) -> Act:
    """The worker's clock is ten minutes off, and it dies; the next worker's clock is right."""

    def act(now: Situation) -> str:
        return _killed(now.begin(f"{point}=kill", clock=now.chance.choice((-1, 1)) * TEN_MINUTES))

    return act


def source_clock_jumps(points: tuple[str, ...]) -> Act:
    """The task dies, and the source's clock is ten minutes off from then on."""

    def act(now: Situation) -> str:
        word = _killed(now.begin(f"{now.chance.choice(points)}=kill"))
        now.site.source.turn_clock(now.chance.choice((-1, 1)) * TEN_MINUTES)
        return word

    return act


def source_changes(points: tuple[str, ...]) -> Act:
    """The task dies, and rows change at the source before it is tried again."""

    def act(now: Situation) -> str:
        word = _killed(now.begin(f"{now.chance.choice(points)}=kill"))
        now.site.source.change(now.chance, whole=False, late=False)
        return word

    return act


def take_locks_away(site: Site) -> None:
    """End the sessions that hold the ledger's locks, as a restart of its server or a broken network does."""
    site.database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'lumbung lock%'"
    )


def _waits_for_lock(site: Site) -> bool:
    return bool(
        site.database.value(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE locktype = 'advisory' AND NOT granted AND d.datname = current_database()"
        )
    )
