"""The simulated departments' web services: addresses, logins, and one supervised process that serves them all."""

import urllib.request

from lumbung.settings import HOST, Settings
from runtime.files import ensure_secret, env_bin, write
from runtime.service import Service, Unhealthy
from simulator.systems import systems

CLIENT = "lumbung"
"""The name under which Lumbung is registered with every department."""


def prepare(settings: Settings) -> None:
    """For every department behind HTTP its address and, where it wants a login, the login that it gave us; for one
    that sends files its drop folder.
    """
    for source in systems().values():
        if source.kind == "files":
            (settings.drop / source.code / "masuk").mkdir(parents=True, exist_ok=True)
        if source.kind != "http":
            continue
        address = f"http://{HOST}:{settings.ports.departments}/{source.code}"
        write(settings.secret_file(f"source_{source.code}_url"), address + "\n")
        if source.login:
            secret = ensure_secret(settings, f"source_{source.code}_secret")
            login = secret if source.login == "token" else f"{CLIENT}:{secret}"
            write(settings.secret_file(f"source_{source.code}_credentials"), login + "\n")


def service(settings: Settings) -> Service:
    """The server as a supervised service; healthy when it answers."""
    port = settings.ports.departments

    def health() -> None:
        with urllib.request.urlopen(f"http://{HOST}:{port}/sehat", timeout=3) as answer:
            if answer.read() != b"ok":
                raise Unhealthy("the departments' server answers with something else")

    return Service(
        name="departments",
        command=[env_bin("python"), "-m", "simulator.service", "--state", str(settings.state), "--port", str(port)],
        health=health,
        log=settings.logs / "departments.log",
        cwd=settings.root,
        memory_mb=settings.memory.departments,
        after=("sources",),
        ports={"departments": port},
        start_seconds=90,
    )
