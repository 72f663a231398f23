"""Wall time of a block, and the highest memory that the whole stack of a profile held during it."""

from __future__ import annotations

import threading
from time import monotonic

from lumbung.settings import Settings
from runtime.lifecycle import resident_mb
from runtime.supervisor import Supervisor

SAMPLE_S = 2.0


class Watch:
    """`wall_s`, and `peak_mb`: PSS of the supervisor with all services, tasks of Airflow among them."""

    def __init__(self, profile: Settings) -> None:
        pid = Supervisor(profile).pid()
        if pid is None:
            raise RuntimeError(f"the services of profile {profile.profile} do not run")
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.wall_s, self.peak_mb = 0.0, 0

    def __enter__(self) -> Watch:
        self._started = monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s = monotonic() - self._started
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.is_set():
            self.peak_mb = max(self.peak_mb, resident_mb(self._pid))
            self._over.wait(SAMPLE_S)
