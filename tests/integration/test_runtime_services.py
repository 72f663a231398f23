"""The running services of the profile: loopback only, not as root, doors that refuse, restarts that heal."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import grpc
import pytest

from lumbung.settings import Settings, settings
from runtime import engine, lifecycle
from runtime.service import RuntimeFailure, Service
from runtime.supervisor import Supervisor

LISTEN = "0A"
LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


@pytest.fixture(scope="module")
def profile() -> Settings:
    return settings()


@pytest.fixture(scope="module")
def pids(profile: Settings) -> dict[str, int]:
    """Process ids of the supervisor and of every service."""
    states = Supervisor(profile).states()
    assert states, "the services do not run: make test starts them"
    supervisor = Supervisor(profile).pid()
    assert supervisor
    return {"supervisor": supervisor, **{name: info["pid"] for name, info in states.items() if info["pid"]}}


def _family(pid: int) -> set[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(folder.name))
    found, left = set(), [pid]
    while left:
        current = left.pop()
        found.add(current)
        left += children.get(current, [])
    return found


def _listening(processes: set[int]) -> set[tuple[str, int]]:
    """(address in hexadecimal, port) of every listening TCP socket that these processes hold."""
    inodes = set()
    for pid in processes:
        try:
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                target = str(handle.readlink())
                if target.startswith("socket:["):
                    inodes.add(target[8:-1])
        except OSError:
            continue
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and fields[9] in inodes:
                address, port = fields[1].split(":")
                found.add((address, int(port, 16)))
    return found


def _wait(what: str, check: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if check() is not False:
                return
        except Exception as error:
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: {error}") from error
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def test_every_service_is_healthy(profile: Settings) -> None:
    found = lifecycle.status(profile)
    assert {one.service: one.reason for one in found if not one.healthy} == {}


def test_services_listen_on_loopback_only_and_on_their_ports(profile: Settings, pids: dict[str, int]) -> None:
    listening = {name: _listening(_family(pid)) for name, pid in pids.items()}
    everything = set().union(*listening.values())
    assert {where for where in everything if where[0] not in LOOPBACK} == set()
    assert set(profile.ports.model_dump().values()) <= {port for _, port in everything}


def _told(pid: int, file: str) -> Iterator[tuple[int, str]]:
    """What `/proc` says of a service and each of its children that has not ended meanwhile."""
    for process in _family(pid):
        try:
            yield process, Path(f"/proc/{process}/{file}").read_text()
        except (FileNotFoundError, ProcessLookupError):
            if process == pid:
                raise


def test_no_service_runs_as_root(pids: dict[str, int]) -> None:
    for name, pid in pids.items():
        for process, text in _told(pid, "status"):
            status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
            assert status["Uid"].split()[1] != "0", (name, process)


def test_every_process_is_bounded_in_memory(pids: dict[str, int]) -> None:
    for name, pid in pids.items():
        if name == "supervisor":
            continue
        for process, text in _told(pid, "limits"):
            data = next(line for line in text.splitlines() if line.startswith("Max data size"))
            assert "unlimited" not in data, (name, process)


def test_no_secret_in_any_argv_or_environment(profile: Settings, pids: dict[str, int]) -> None:
    secrets = {file.name: file.read_text().strip() for file in profile.secrets.iterdir()}
    for name, pid in pids.items():
        for process in _family(pid):
            shown = b""
            # a process that hides its environment (Airflow's) shows nothing, nor does one that has ended meanwhile
            with suppress(PermissionError, FileNotFoundError, ProcessLookupError):
                shown = Path(f"/proc/{process}/cmdline").read_bytes()
                shown += Path(f"/proc/{process}/environ").read_bytes()
            leaked = [secret for secret, value in secrets.items() if value.encode() in shown]
            assert not leaked, (name, leaked)


@pytest.mark.parametrize("password", ["", "wrong"], ids=["empty", "wrong"])
def test_hiveserver2_refuses_a_wrong_password(profile: Settings, password: str) -> None:
    with pytest.raises(Exception, match="Error validating the login"):
        engine.check_hiveserver2(profile, password)


@pytest.mark.parametrize("auth", ["NONE", "NOSASL"])
def test_hiveserver2_refuses_clients_without_password(profile: Settings, auth: str) -> None:
    from pyhive import hive

    with pytest.raises(Exception, match=r".*"):
        socket.setdefaulttimeout(10)
        try:
            with hive.connect(
                profile.hive.host, profile.hive.port, auth=auth, username=profile.hive.user
            ) as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT 1")
        finally:
            socket.setdefaulttimeout(None)


def test_hiveserver2_refuses_an_unknown_user(profile: Settings) -> None:
    from pyhive import hive

    with pytest.raises(Exception, match="Error validating the login"):
        hive.connect(
            profile.hive.host,
            profile.hive.port,
            auth="CUSTOM",
            username="somebody",
            password=profile.secret(profile.hive.password_secret),
        )


@pytest.mark.parametrize("token", ["", "wrong"], ids=["none", "wrong"])
def test_spark_connect_refuses_without_the_token(profile: Settings, token: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        engine.check_connect(profile, token)
    assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_spark_connect_answers_with_the_token(profile: Settings) -> None:
    assert engine.check_connect(profile) == "4.1.4"


def test_starting_again_changes_nothing(profile: Settings, pids: dict[str, int]) -> None:
    lines: list[str] = []
    lifecycle.up(profile, lines.append)
    after = {name: info["pid"] for name, info in Supervisor(profile).states().items()}
    assert {"supervisor": Supervisor(profile).pid(), **after} == pids


@pytest.mark.parametrize("name", ["data_docs", "metastore", "airflow-scheduler", "engine", "postgresql"])
def test_a_killed_service_comes_back_and_does_its_work(profile: Settings, name: str) -> None:
    service = next(one for one in lifecycle.services(profile) if one.name == name)
    before = Supervisor(profile).states()[name]["pid"]
    os.kill(before, signal.SIGKILL)
    _wait(f"{name} has a new process", lambda: Supervisor(profile).states()[name]["pid"] not in (0, before))
    _wait(f"{name} is healthy", service.health)
    for other in lifecycle.services(profile):
        _wait(f"{other.name} is healthy after {name} was killed", other.health)


def test_a_taken_port_is_named_with_its_settings_key(profile: Settings) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        service = Service("x", [], lambda: None, Path("/dev/null"), Path("/"), 1, ports={"solr": port})
        with pytest.raises(RuntimeFailure) as caught:
            lifecycle.check_ports(profile, [service], running=set())
        reason = lifecycle._unhealthy(profile, service, {})
    assert f"port {port}" in str(caught.value)
    assert f"key `solr` in [profile.{profile.profile}.ports] of settings.toml" in str(caught.value)
    assert reason == f"does not run; {caught.value}"
    assert lifecycle._unhealthy(profile, service, {}) == "does not run"


def test_a_service_that_ends_at_once_is_named_with_its_log(profile: Settings, tmp_path: Path) -> None:
    """A supervisor of its own, on another port and state, so that the profile's is left alone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = profile.model_copy(
        update={
            "state": tmp_path,
            "logs": tmp_path / "logs",
            "secrets": tmp_path / "secrets",
            "ports": profile.ports.model_copy(update={"supervisor": port}),
        }
    )
    (tmp_path / "run").mkdir()
    own.logs.mkdir()

    def never() -> None:
        raise RuntimeError("no answer")

    command = [sys.executable, "-c", "print('the cause'); raise SystemExit(1)"]
    service = Service("broken", command, never, own.logs / "broken.log", tmp_path, 1, start_seconds=12)
    supervisor = Supervisor(own)
    supervisor.start([service])
    try:
        with pytest.raises(RuntimeFailure) as caught:
            lifecycle._start(supervisor, [service], lambda line: None, time.monotonic())
    finally:
        supervisor.shutdown()
    message = str(caught.value)
    assert "service broken" in message
    assert str(own.logs / "broken.log") in message
    assert "the cause" in message
    assert "next step" in message


def test_services_die_with_their_supervisor(profile: Settings, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = profile.model_copy(
        update={
            "state": tmp_path,
            "logs": tmp_path / "logs",
            "secrets": tmp_path / "secrets",
            "ports": profile.ports.model_copy(update={"supervisor": port}),
        }
    )
    (tmp_path / "run").mkdir()
    own.logs.mkdir()
    service = Service("sleeper", ["/bin/sleep", "600"], lambda: None, own.logs / "sleeper.log", tmp_path, 1)
    supervisor = Supervisor(own)
    supervisor.start([service])
    supervisor.start_program("sleeper")
    _wait("sleeper runs", lambda: supervisor.states()["sleeper"]["pid"] != 0)
    child = supervisor.states()["sleeper"]["pid"]
    command = Path(f"/proc/{child}/cmdline")  # setpriv first asks for the signal, then becomes the program
    _wait("sleeper is itself", lambda: command.read_bytes().startswith(b"/bin/sleep"))
    pid = supervisor.pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    _wait("sleeper is gone", lambda: not _alive(child), 10)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_status_for_machines_lists_every_service(profile: Settings) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "runtime", "status", "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "LUMBUNG_PROFILE": profile.profile},
        cwd=profile.root,
        check=False,
    )
    import json

    names = {one["service"] for one in json.loads(result.stdout)}
    assert names == {service.name for service in lifecycle.services(profile)}


def test_a_source_account_can_only_read(profile: Settings) -> None:
    import psycopg

    with (
        psycopg.connect(profile.source_url("siak")) as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("CREATE TABLE public.x (a int)")


def test_no_role_reaches_a_database_that_is_not_its_own(profile: Settings) -> None:
    import psycopg

    foreign = profile.secret("ledger_url").rsplit("/", 1)[0] + "/airflow"
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(foreign)
