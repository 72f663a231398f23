"""Interleaved runs in fresh processes, and the result file: every raw figure, the machine, the versions."""

from __future__ import annotations

import json
import os
import platform
import signal
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runtime import privilege

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
BENCH_PYTHON = ROOT / ".lumbung" / "env" / "bench" / "bin" / "python"
MARK = "RESULT "
_LIMIT_S = 900


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to do the work. `module` is run as `python -m MODULE NAME JOB`; `peer`: in the environment `bench`."""

    name: str
    title: str
    module: str
    peer: bool = True
    arguments: Mapping[str, Any] = field(default_factory=dict)


class RunFailed(RuntimeError):
    """A contestant did not finish; the message ends with what it wrote last."""


def say(line: str) -> None:
    """One line of progress, at once."""
    print(line, flush=True)


def report(result: Mapping[str, Any]) -> None:
    """What a contestant's process calls last: its figures go to the harness."""
    print(MARK + json.dumps(result), flush=True)


def run_once(contestant: Contestant, job: Mapping[str, Any], peers: Path) -> dict[str, Any]:
    """One run in a fresh process. `peers`: interpreter of the environment `bench`."""
    interpreter = str(peers) if contestant.peer else sys.executable
    command = [interpreter, "-m", contestant.module, contestant.name, json.dumps({**job, **contestant.arguments})]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_LIMIT_S, check=False
    )
    for line in reversed(done.stdout.splitlines()):
        if done.returncode == 0 and line.startswith(MARK):
            found: dict[str, Any] = json.loads(line.removeprefix(MARK))
            return found
    raise RunFailed(f"{contestant.name} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")


def interleave(
    contestants: Sequence[Contestant], job: Mapping[str, Any], rounds: int, peers: Path
) -> dict[str, list[dict[str, Any]]]:
    """All contestants in turn, `rounds` times; a contestant that fails keeps its error and is left out of later rounds.

    The order turns by one each round, so that nobody always runs after the same neighbour.
    """
    runs: dict[str, list[dict[str, Any]]] = {one.name: [] for one in contestants}
    for number in range(rounds):
        turn = number % len(contestants)
        for one in (*contestants[turn:], *contestants[:turn]):
            if any("error" in run for run in runs[one.name]):
                continue
            try:
                found = run_once(one, {**job, "round": number}, peers)
                say(f"  round {number + 1}  {one.name:<22}{found['wall_s']:8.2f} s  {found['peak_mb']:7.0f} MB")
            except (RunFailed, subprocess.TimeoutExpired) as error:
                found = {"error": str(error)[-2000:]}
                say(f"  round {number + 1}  {one.name:<22}failed: {str(error)[-300:]}")
            runs[one.name].append(found)
    return runs


def summary(runs: Sequence[Mapping[str, Any]], key: str = "wall_s") -> dict[str, float]:
    """Median, lowest and highest of one figure."""
    values = [float(run[key]) for run in runs if key in run]
    return {"median": statistics.median(values), "low": min(values), "high": max(values)} if values else {}


def summaries(
    contestants: Sequence[Contestant], runs: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, dict[str, Any]]:
    """What every benchmark says of its contestants: titles, and seconds, CPU and memory (median, lowest, highest)."""
    return {
        "titles": {one.name: one.title for one in contestants},
        "seconds": {one.name: summary(runs[one.name]) for one in contestants},
        "cpu_seconds": {one.name: summary(runs[one.name], "cpu_s") for one in contestants},
        "peak_mb": {one.name: summary(runs[one.name], "peak_mb") for one in contestants},
    }


def ratios(seconds: Mapping[str, Mapping[str, float]], to: str) -> dict[str, float]:
    """Every contestant's median over that of `to`; nothing when `to` failed."""
    base = seconds.get(to)
    return {name: round(one["median"] / base["median"], 3) for name, one in seconds.items() if one} if base else {}


def continue_as_user(profile: str, module: str, arguments: Sequence[str]) -> None:
    """Started as root, go on as the system user, who may write the results and the profile's state."""
    if privilege.is_root():
        privilege.check_traversable(ROOT)
        user = privilege.ensure_user()
        RESULTS.mkdir(parents=True, exist_ok=True)
        for path in (RESULTS, *RESULTS.iterdir()):
            os.chown(path, user.pw_uid, user.pw_gid)
    privilege.prepare_state(ROOT, profile)
    privilege.continue_as_user(ROOT, profile, [sys.executable, "-m", module, *arguments])
    os.umask(privilege.STATE_MASK)
    # as an exception, so that what was begun (a child, services) is ended as well
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def write(name: str, body: Mapping[str, Any]) -> Path:
    """Write `results/<name>.json` with the machine and the moment."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    document = {"benchmark": name, "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), **body}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    say(f"  raw figures: {path.relative_to(ROOT)}")
    return path


def machine() -> dict[str, Any]:
    """Processor, cores, memory, system."""
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), ":")
    memory = Path("/proc/meminfo").read_text().splitlines()[0].split()[1]
    return {
        "cpu": cpu.partition(":")[2].strip(),
        "cores": os.cpu_count(),
        "memory_gb": round(int(memory) * 1024 / 1e9, 1),
        "system": platform.platform(),
        "load_at_end": os.getloadavg()[0],
    }


def versions(packages: Sequence[str], interpreter: Path) -> dict[str, str]:
    """Installed versions of packages in an environment; a package that is not there is named so."""
    code = (
        "import importlib.metadata as m, json, sys\n"
        "def v(p):\n"
        "    try: return m.version(p)\n"
        "    except m.PackageNotFoundError: return 'not installed'\n"
        "print(json.dumps({p: v(p) for p in sys.argv[1:]}))"
    )
    done = subprocess.run([str(interpreter), "-c", code, *packages], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found
