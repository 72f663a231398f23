"""The supervisor: its generated configuration, its start, and its control over loopback with a generated password.

Programs never start by themselves when the supervisor starts: `runtime.lifecycle` starts each one when those it
comes after are healthy. Once started, a program that dies is started again. A program dies with its supervisor
(`setpriv --pdeathsig`), so that a killed supervisor leaves no orphans that hold ports.
"""

import hashlib
import http.client
import os
import subprocess
import time
import xmlrpc.client
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lumbung.settings import HOST, Settings
from runtime.files import PATH, ensure_secret, env_bin, java_home, tail, write
from runtime.service import RuntimeFailure, Service

USER = "lumbung"
PASSWORD = "supervisor_password"  # noqa: S105 - the secret's name
LOG_BYTES = "10MB"
LOG_BACKUPS = 3
RESTARTS = 30
STARTED = ("STARTING", "RUNNING", "BACKOFF")


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def _argument(value: str) -> str:
    return _quoted(value) if any(c in value for c in " \"'\\%;") else value


def configuration_file(settings: Settings) -> Path:
    """The generated supervisord.conf (0600: it holds the control password)."""
    return settings.state / "run" / "supervisord.conf"


def pid_file(settings: Settings) -> Path:
    """Where the running supervisor notes its process id."""
    return settings.state / "run" / "supervisord.pid"


def log_file(settings: Settings) -> Path:
    """The supervisor's own log."""
    return settings.logs / "supervisord.log"


def configuration(settings: Settings, services: Iterable[Service]) -> str:
    """Text of supervisord.conf for `services`."""
    password = ensure_secret(settings, PASSWORD)
    parts = [
        "[supervisord]",
        f"logfile={log_file(settings)}",
        f"logfile_maxbytes={LOG_BYTES}",
        f"logfile_backups={LOG_BACKUPS}",
        f"pidfile={pid_file(settings)}",
        f"childlogdir={settings.logs}",
        f"directory={settings.state}",
        "umask=077",
        f"identifier=lumbung-{settings.profile}",
        "",
        "[inet_http_server]",
        f"port={HOST}:{settings.ports.supervisor}",
        f"username={USER}",
        f"password={password.replace('%', '%%')}",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        "",
    ]
    for service in services:
        parts += _program(settings, service)
    return "\n".join(parts)


def _program(settings: Settings, service: Service) -> list[str]:
    home = settings.state / "home"
    environment = {
        "PATH": f"{java_home() / 'bin'}:{PATH}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LUMBUNG_PROFILE": settings.profile,
        **{key: value for key, value in os.environ.items() if key.startswith("LUMBUNG__")},
        **service.env,
        "LUMBUNG_SERVICE_CONFIG": _digest(service.config),
    }
    command = ["/usr/bin/setpriv", "--pdeathsig", service.stop_signal, "--"]
    command += ["/usr/bin/prlimit", f"--data={service.process_limit_mb << 20}", "--", *service.command]
    return [
        f"[program:{service.name}]",
        "command=" + " ".join(_argument(part) for part in command),
        f"directory={service.cwd}",
        "environment=" + ",".join(f"{key}={_quoted(value)}" for key, value in environment.items()),
        "autostart=false",
        "autorestart=true",
        "startsecs=2",
        f"startretries={RESTARTS}",
        f"stopsignal={service.stop_signal}",
        f"stopwaitsecs={service.stop_seconds}",
        "stopasgroup=false",
        "killasgroup=true",
        "redirect_stderr=true",
        f"stdout_logfile={service.log}",
        f"stdout_logfile_maxbytes={LOG_BYTES}",
        f"stdout_logfile_backups={LOG_BACKUPS}",
        "",
    ]


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes() if file.exists() else b"")
    return digest.hexdigest()[:16]


class _Timeout(xmlrpc.client.Transport):
    """A transport that gives up: a supervisor that hangs must not hang us."""

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = super().make_connection(host)
        connection.timeout = 90
        return connection


class Supervisor:
    """Control over the running supervisor of one profile."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def _rpc(self) -> Any:
        password = self.settings.secret(PASSWORD)
        address = f"http://{USER}:{password}@{HOST}:{self.settings.ports.supervisor}/RPC2"
        return xmlrpc.client.ServerProxy(address, transport=_Timeout()).supervisor

    def pid(self) -> int | None:
        """Process id of the running supervisor, None when it does not run."""
        try:
            pid = int(pid_file(self.settings).read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except (OSError, ValueError):
            return None
        return pid if str(configuration_file(self.settings)) in command else None

    def start(self, services: list[Service]) -> None:
        """Write the configuration; start the supervisor, or let the running one take the changes in."""
        changed = self._write(services)
        if self.pid() is None:
            (self.settings.state / "home").mkdir(parents=True, exist_ok=True)
            result = subprocess.run(
                [env_bin("supervisord"), "-c", str(configuration_file(self.settings))],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                cwd=self.settings.state,
            )
            if result.returncode != 0:
                raise RuntimeFailure(
                    f"the supervisor did not start: {result.stderr.strip() or result.stdout.strip()}\n"
                    f"log {log_file(self.settings)}, last lines:\n{tail(log_file(self.settings))}"
                )
            self._wait_for_answer()
        elif changed:
            self._take_in([service.name for service in services])

    def _write(self, services: list[Service]) -> bool:
        file = configuration_file(self.settings)
        before = file.read_text() if file.exists() else ""
        content = configuration(self.settings, services)
        write(file, content)
        return content != before

    def _take_in(self, order: list[str]) -> None:
        added, changed, removed = self._rpc.reloadConfig()[0]
        for name in (*removed, *sorted(changed, key=order.index, reverse=True)):  # clients before their servers
            self.stop(name)
            self._rpc.removeProcessGroup(name)
        for name in (*added, *changed):
            self._rpc.addProcessGroup(name)

    def _wait_for_answer(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                self._rpc.getState()
                return
            except (OSError, xmlrpc.client.Error) as error:
                if time.monotonic() > deadline:
                    raise RuntimeFailure(
                        f"the supervisor does not answer on {HOST}:{self.settings.ports.supervisor}: {error}; "
                        f"log {log_file(self.settings)}"
                    ) from error
                time.sleep(0.1)

    def states(self) -> dict[str, dict[str, Any]]:
        """What the supervisor knows of each program: `statename`, `pid`, `start`, `spawnerr`; {} if it does not run."""
        if self.pid() is None:
            return {}
        return {info["name"]: info for info in self._rpc.getAllProcessInfo()}

    def start_program(self, name: str) -> None:
        """Start one program without waiting; harmless when it runs."""
        try:
            self._rpc.startProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != 60:  # ALREADY_STARTED
                raise RuntimeFailure(f"service {name} cannot be started: {fault.faultString}") from fault

    def stop(self, name: str) -> None:
        """Stop one program and wait for its end; harmless when it does not run."""
        try:
            self._rpc.stopProcess(name, True)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode not in (70, 10):  # NOT_RUNNING, BAD_NAME
                raise RuntimeFailure(f"service {name} cannot be stopped: {fault.faultString}") from fault

    def shutdown(self) -> None:
        """End the supervisor itself and wait until it is gone."""
        pid = self.pid()
        if pid is None:
            return
        self._rpc.shutdown()
        deadline = time.monotonic() + 60
        while self.pid() == pid:
            if time.monotonic() > deadline:
                raise RuntimeFailure(f"the supervisor (pid {pid}) does not end; see {log_file(self.settings)}")
            time.sleep(0.1)
