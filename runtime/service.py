"""What a service is, for the supervisor and for the health checks.

A module that brings services has three functions, called in this order by `runtime.lifecycle.up`:

    prepare(settings)             files, folders and secrets; nothing runs yet; idempotent
    initialise(settings)          databases, users, migrations; both PostgreSQL servers answer; idempotent
    services(settings) -> list[Service]

`runtime/platform_services.py` and `runtime/portal_services.py` are such modules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


class Unhealthy(Exception):
    """A service does not do its work (yet). The message says what was asked and what came back."""


class RuntimeFailure(Exception):
    """A service, a port or a step of the start failed; the message names it, its log and the next step."""


@dataclass(frozen=True)
class Service:
    """One supervised process in the foreground, listening on 127.0.0.1 only.

    `command` is argv (no secrets: argv is visible); `env` is the whole environment besides PATH, HOME, LANG;
    `health` makes a real query or fetches a real page and raises (Unhealthy or any Exception) while that fails;
    `after` names services that must be healthy before this one starts; `memory_mb` is what it is expected to
    stay under, and decides the hard bound of each of its processes (`process_limit_mb`); `ports` maps a key of
    settings.toml's `ports` to the port, checked to be free before the first start;
    a change of any file in `config` restarts the service at the next `up`.
    """

    name: str
    command: list[str]
    health: Callable[[], None]
    log: Path
    cwd: Path
    memory_mb: int
    env: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    config: tuple[Path, ...] = ()
    start_seconds: int = 240
    stop_signal: str = "TERM"
    stop_seconds: int = 20

    @property
    def process_limit_mb(self) -> int:
        """Hard bound on the private memory of each process (RLIMIT_DATA), in MB.

        Far above what is expected: it stops a process that runs away before the machine suffers; Java's heap has a
        bound of its own. It holds for children too, such as Airflow's tasks and PostgreSQL's backends.
        """
        return 4 * self.memory_mb + 1024
