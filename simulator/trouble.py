"""Trouble that a department's service has now and then, by the seed: never two within a few requests of each other."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.chance import chance

CUT = "putus"
APART = 8
"""A client that tries again meets no second trouble at once."""
ONE_IN = 150


@dataclass(frozen=True)
class Trouble:
    """One kind of trouble and what the client sees of it."""

    kind: str
    status: int
    words: str
    headers: Mapping[str, str] = field(default_factory=dict)


_BUSY = Trouble("sibuk", 503, "Server sedang sibuk", {"retry-after": "1"})
_TOO_MANY = Trouble("terlalu-sering", 429, "Terlalu banyak permintaan", {"retry-after": "1"})
_LINE = Trouble(CUT, 200, "")
_TOKEN = Trouble("token-ditolak", 401, "Token tidak berlaku lagi")


class Troubles:
    """The troubles of one service, counted over its requests."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._lock = threading.Lock()
        self._request = 0
        self._last = 0

    def next(self, seed: int, *, oauth2: bool) -> Trouble | None:
        """What the next request meets; None: nothing."""
        with self._lock:
            self._request += 1
            rng = chance(seed, "gangguan", self._system, self._request)
            if self._request - self._last < APART or rng.random() * ONE_IN > 1:
                return None
            self._last = self._request
            kinds = [_BUSY, _TOO_MANY, _LINE, *([_TOKEN] if oauth2 else [])]
            return kinds[int(rng.integers(0, len(kinds)))]
