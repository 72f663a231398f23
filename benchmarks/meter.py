"""What a run costs: wall seconds, CPU seconds and peak memory of a process with all its children, from /proc."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from time import perf_counter

_TICK = os.sysconf("SC_CLK_TCK")
_SAMPLE_S = 0.05


def tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and (stat := _stat(int(path.name))):
            parents.setdefault(int(stat[1]), []).append(int(path.name))
    found, front = [], [pid]
    while front:
        one = front.pop()
        found.append(one)
        front += parents.get(one, [])
    return found


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat after the name; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def cpu_seconds(pid: int) -> float:
    """User and system time of the tree, with children that ended."""
    return sum(sum(map(int, stat[11:15])) / _TICK for one in tree(pid) if (stat := _stat(one)))


def rss_mb(pid: int) -> float:
    """Resident memory of the tree in MB (10^6 bytes)."""
    pages = 0
    for one in tree(pid):
        try:
            pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
        except (OSError, IndexError):
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def high_water_mb(pid: int) -> float:
    """Highest resident memory that the process itself (without children) ever had, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


class Meter:
    """Measures a block of this process: `wall_s`, `cpu_s`; `peak_mb` is that of the process since it started."""

    wall_s: float
    cpu_s: float
    peak_mb: float

    def __enter__(self) -> Meter:
        self._over = threading.Event()
        self._highest = 0.0
        self._watch = threading.Thread(target=self._sample, daemon=True)
        self._watch.start()
        self._cpu, self._started = cpu_seconds(os.getpid()), perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s = perf_counter() - self._started
        self.cpu_s = cpu_seconds(os.getpid()) - self._cpu
        self._over.set()
        self._watch.join()
        self.peak_mb = max(self._highest, high_water_mb(os.getpid()))

    def _sample(self) -> None:
        while not self._over.wait(_SAMPLE_S):
            self._highest = max(self._highest, rss_mb(os.getpid()))
