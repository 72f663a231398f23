"""Passes: a day at the source, a run of it, at most one fault per stage, the stages to their end, the checks."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from random import Random

from tests.faults import acts, checks
from tests.faults.catalogue import CHEAP, ENGINE, PORTAL, Fault
from tests.faults.reader import Missing, Public, Warehouse, Watch
from tests.faults.site import STAGES, Site, TaskFailed
from tests.faults.work import ACTOR

OK, BROKEN = "utuh", "RUSAK"
UNTOLD = "-"
"""What became of a task that its pass did not come to, or whose act broke off."""
LEAVES = 3
"""Every so many days an officer leaves, and what was read of him has to be restated."""
TRIES = 5
"""So many runs that missed count as one that is done: what never hits is not struck for ever."""


@dataclass(frozen=True)
class Pass:
    """One run of one day. `number` counts the days of its group: the source's content follows from it."""

    group: str
    number: int
    seed: int
    faults: tuple[Fault, ...]

    def chance(self, what: str) -> Random:
        """Chance of one part of the pass; the same seed gives the same."""
        return Random(f"{self.seed}/{self.number}/{what}")


@dataclass
class Result:
    """What became of one fault of one pass."""

    fault: str
    kind: str
    stage: str
    seed: int
    number: int
    became: str
    attempts: int
    verdict: str
    seconds: float
    on: str
    problems: list[str] = field(default_factory=list)

    @property
    def hit(self) -> bool:
        """Whether the fault is known to have met the task in the middle of its work."""
        return self.became not in (acts.MISSED, UNTOLD)


@dataclass(frozen=True)
class Group:
    """Passes that share a platform: files only, or the whole way to marts or to the portal."""

    name: str
    stages: tuple[str, ...]

    @property
    def struck(self) -> tuple[str, ...]:
        """The stages whose faults belong here."""
        return {"berkas": CHEAP, "gudang": ENGINE, "portal": PORTAL}[self.name]


GROUPS = (Group("berkas", STAGES[:2]), Group("gudang", STAGES), Group("portal", (*STAGES, "publish")))


def passes(group: Group, faults: Sequence[Fault], seeds: int, seed: int, done: dict[str, int]) -> list[Pass]:
    """Passes that strike every fault of the group as often as `seeds` and its share say, less those in `done`."""
    queues: list[list[Fault]] = []
    for stage in group.struck:
        chance = Random(f"{seed}/{stage}")
        queue = [
            fault
            for fault in faults
            if fault.stage == stage
            for _ in range(max(1, round(seeds * fault.share)) - done.get(fault.name, 0))
        ]
        chance.shuffle(queue)
        queues.append(_on_their_days(queue))
    together = [tuple(fault for fault in row if fault is not None) for row in zip_longest(*queues)]
    return [Pass(group.name, number, seed, row) for number, row in enumerate(together) if row]


def _on_their_days(queue: Sequence[Fault]) -> list[Fault | None]:
    """The queue with what strikes a restatement on days that make one; None: nothing left for this day."""
    placed: list[Fault | None] = [fault for fault in queue if not fault.restating]
    for n, fault in enumerate(fault for fault in queue if fault.restating):
        number = LEAVES * (n + 1) - 1
        placed += [None] * (number - len(placed))
        placed.insert(number, fault)
    return placed


def day(site: Site, one: Pass) -> str:
    """The source's changes of a pass; the kind of its run."""
    chance = one.chance("hari")
    leaves = one.number % LEAVES == LEAVES - 1
    kind = "manual" if leaves else chance.choice(("manual", "manual", "sapu"))
    site.source.change(chance, whole=kind == "sapu", leaves=leaves)
    return kind


class Eyes:
    """The readers of a group, from the first pass to the last."""

    def __init__(self, group: Group, site: Site) -> None:
        self._stack = ExitStack()
        self.warehouse = Warehouse() if group.name != "berkas" else None
        self.public = Public(site.resource) if group.name == "portal" else None
        self.watches: list[Watch] = []

    def __enter__(self) -> Eyes:
        if self.public is not None:
            self.public.whole |= {str(value[0]) for value in self.public.look().values()}
        for reader in (self.warehouse, self.public):
            if reader is not None:
                self.watches.append(self._stack.enter_context(Watch(reader.look)))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def problems(self) -> Iterator[str]:
        """Half states that somebody saw since the last call."""
        for watch in self.watches:
            watch.answered()
        seen = [one for watch in self.watches for one in watch.taken()]
        yield from (watch.wrong for watch in self.watches if watch.wrong)
        if self.warehouse is not None:
            yield from self.warehouse.half_states(seen)
        if self.public is not None:
            now = {str(value[0]) for value in self.public.look().values()}
            if len(now) != 1:
                yield f"file and table of the portal differ: {now}"
            self.public.whole |= now
            yield from (
                f"a reader of the portal's {what} saw {value[0]}, which was never published"
                for what, value in seen
                if what in ("berkas", "tabel") and value[0] not in self.public.whole
            )


def run_pass(site: Site, group: Group, one: Pass, eyes: Eyes) -> list[Result]:
    """One pass; a result per fault. A pass that broke something says so in each of them."""
    began = time.monotonic()
    problems: list[str] = []
    became: dict[str, tuple[str, int]] = {}
    kind = day(site, one)
    run = site.open(kind, f"{one.group}/{one.seed}/{one.number}")
    try:
        for stage in group.stages:
            fault = next((fault for fault in one.faults if fault.stage == stage), None)
            if fault is not None:
                word = fault.act(acts.Situation(site, run, stage, one.chance(fault.name)))
                became[fault.name] = (word, 1)
                problems += [f"after {fault.name}: {p}" for p in checks.acknowledged(site)]
            attempts = site.do(stage, run)
            if fault is not None:
                became[fault.name] = (became[fault.name][0], attempts)
        problems += _checked(site, group)
        problems += eyes.problems()
    except (TaskFailed, acts.Unexpected, Missing, AssertionError) as error:
        problems.append(f"{type(error).__name__}: {error}")
    seconds = round(time.monotonic() - began, 1)
    verdict, on = BROKEN if problems else OK, datetime.now(UTC).date().isoformat()
    return [
        Result(
            fault.name, fault.kind, fault.stage, one.seed, one.number, *became.get(fault.name, (UNTOLD, 0)), verdict,
            seconds, on, problems,
        )
        for fault in one.faults
    ]  # fmt: skip


def _checked(site: Site, group: Group) -> list[str]:
    """Everything that must hold at the end of a pass."""
    if group.name == "berkas":
        return checks.broken(site, checks.acknowledged, checks.landed)
    found = checks.broken(site, checks.acknowledged, checks.landed, checks.promoted, checks.refreshed)
    reconciled = site.begin("reconcile", site.ledger.runs(limit=1)[0])
    if reconciled.ended() != 0:
        found.append(f"reconcile: {reconciled.said()}")
    return found


class Book:
    """The results on disk, one JSON object a line, so that an interrupted drive can go on."""

    def __init__(self, path: Path, keep: bool) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not keep:
            path.unlink(missing_ok=True)

    def write(self, results: Sequence[Result]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(result), ensure_ascii=False) + "\n" for result in results)

    def read(self) -> list[Result]:
        if not self.path.exists():
            return []
        return [Result(**json.loads(line)) for line in self.path.read_text(encoding="utf-8").splitlines()]

    def done(self) -> dict[str, int]:
        """Runs per fault that hit, and what the others count for."""
        results = self.read()
        hits = Counter(result.fault for result in results if result.hit)
        missed = Counter(result.fault for result in results if not result.hit)
        return {name: hits[name] + missed[name] // TRIES for name in hits | missed}


def drive(
    group: Group,
    todo: Sequence[Pass],
    book: Book,
    new_site: Callable[[Group], AbstractContextManager[Site]],
    say: Callable[[str], None],
    until: float = math.inf,
) -> bool:
    """All passes of a group; True when nothing broke. After a break the next pass gets a new platform.

    `until`: no pass begins after this moment (`time.monotonic`).
    """
    whole, position = True, 0
    while position < len(todo) and time.monotonic() < until:
        with new_site(group) as site, Eyes(group, site) as eyes:
            _catch_up(site, group, todo[0].seed, todo[position].number)
            while position < len(todo) and time.monotonic() < until:
                one = todo[position]
                position += 1
                results = run_pass(site, group, one, eyes)
                book.write(results)
                say(_line(one, position, len(todo), results))
                if any(result.verdict == BROKEN for result in results):
                    whole = False
                    break
    return whole


def _catch_up(site: Site, group: Group, seed: int, days: int) -> None:
    """Let the days before a pass go by at the source, and bring them in by one sweep without a fault."""
    for number in range(days):
        day(site, Pass(group.name, number, seed, ()))
    if days:
        run = site.open("sapu", "menyusul")
        for stage in group.stages:
            site.do(stage, run)


def _line(one: Pass, position: int, of: int, results: Sequence[Result]) -> str:
    told = "; ".join(f"{result.fault} → {result.became}" for result in results)
    line = f"[{one.group} {position}/{of}] {results[0].verdict} {results[0].seconds:.1f} s  {told}"
    if results[0].verdict == BROKEN:
        names = ",".join(fault.name for fault in one.faults)
        lines = "\n".join(f"    {problem}" for problem in results[0].problems)
        again = f"make faults ARGS='--seed {one.seed} --day {one.number} --only {names}'"
        line += f"\n{lines}\n    ulangi / repeat: {again}"
    return line


__all__ = ["ACTOR", "GROUPS", "Book", "Group", "Pass", "Result", "drive", "passes", "run_pass"]
