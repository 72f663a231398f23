"""Airflow 3.3: api-server, scheduler (LocalExecutor) and dag-processor, with its metadata in PostgreSQL.

Everything is set by environment variables; secrets only as `*_CMD = cat <file>`, so that neither argv nor the
environment shows them. Tasks inherit the environment: `lumbung` is importable and LUMBUNG_PROFILE is known.
"""

import base64
import hashlib
import json
import os
import secrets as random
import shlex
import urllib.request
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lumbung.settings import HOST, Settings
from runtime.files import PATH, ensure_secret, env_bin, java_home, run, write
from runtime.postgresql import platform_server, url
from runtime.service import Service, Unhealthy

VIEWER = "lihat"
PARALLELISM = 4
WAREHOUSE_POOL = "gudang"  # what marts and publishing run in
HEALTH_PATH = "/api/v2/monitor/health"


def _folder(settings: Settings) -> Path:
    return settings.state / "airflow"


def _cat(file: Path) -> str:
    return f"cat {shlex.quote(str(file))}"


def prepare(settings: Settings) -> None:
    """Keys, the two accounts and the password file, which must exist before the first start.

    Without that file Airflow would make up passwords and print them into its log.
    """
    (_folder(settings) / "logs").mkdir(parents=True, exist_ok=True)
    (_folder(settings) / "tmp").mkdir(parents=True, exist_ok=True)
    password = ensure_secret(settings, "airflow_db_password")
    database = url(platform_server(settings), "airflow", password, "airflow")
    write(settings.secret_file("airflow_db_url"), database.replace("postgresql:", "postgresql+psycopg2:", 1))
    ensure_secret(settings, "airflow_fernet_key", lambda: base64.urlsafe_b64encode(random.token_bytes(32)).decode())
    ensure_secret(settings, "airflow_api_secret")
    ensure_secret(settings, "airflow_jwt_secret", lambda: random.token_urlsafe(64))
    accounts = {
        settings.airflow_user: ensure_secret(settings, "airflow_password"),
        VIEWER: ensure_secret(settings, "airflow_viewer_password"),
    }
    write(settings.secret_file("airflow_passwords.json"), json.dumps(accounts) + "\n")


def environment(settings: Settings) -> dict[str, str]:
    """Environment of every Airflow process and, through the scheduler, of every task."""
    folder = _folder(settings)
    values = {
        "CORE__DAGS_FOLDER": settings.root / "dags",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": PARALLELISM,
        "CORE__LOAD_EXAMPLES": False,
        # a schedule's first tick must not run before the sources are there: `lumbung run` and the demo's end unpause
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": True,
        "CORE__DEFAULT_TIMEZONE": "Asia/Jakarta",
        "CORE__EXECUTION_API_SERVER_URL": f"{settings.airflow_url}/execution/",
        "CORE__FERNET_KEY_CMD": _cat(settings.secret_file("airflow_fernet_key")),
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{settings.airflow_user}:admin,{VIEWER}:viewer",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": settings.secret_file("airflow_passwords.json"),
        "DATABASE__SQL_ALCHEMY_CONN_CMD": _cat(settings.secret_file("airflow_db_url")),
        "DATABASE__SQL_ALCHEMY_POOL_SIZE": 5,
        "API__HOST": HOST,
        "API__PORT": settings.ports.airflow,
        "API__BASE_URL": settings.airflow_url,
        "API__WORKERS": 1,
        "API__SECRET_KEY_CMD": _cat(settings.secret_file("airflow_api_secret")),
        "API_AUTH__JWT_SECRET_CMD": _cat(settings.secret_file("airflow_jwt_secret")),
        "LOGGING__BASE_LOG_FOLDER": folder / "logs",
        "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": folder / "logs" / "dag_processor",
        "LOGGING__COLORED_CONSOLE_LOG": False,
        "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": 2,
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": 30,  # a killed task is noticed within half a minute
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": 5,
        "WORKERS__EXECUTION_API_TIMEOUT": 20,  # many tasks starting at once on two cores; below the heartbeat's timeout
        "DAG_PROCESSOR__REFRESH_INTERVAL": 30,
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": 30,
        "DAG_PROCESSOR__PARSING_PROCESSES": 1,
        "DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": 120,
        "USAGE_DATA_COLLECTION__ENABLED": False,
    }
    return {
        "PATH": f"{java_home() / 'bin'}:{PATH}",
        "AIRFLOW_HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPATH": str(settings.root),
        "PYTHONUNBUFFERED": "1",
        "LUMBUNG_PROFILE": settings.profile,
        **{f"AIRFLOW__{key}": str(value) for key, value in values.items()},
    }


def initialise(settings: Settings) -> None:
    """Migrate the metadata database when Airflow's version changed; create the pools the declarations name."""
    log = settings.logs / "airflow-initialise.log"
    variables = {
        **{key: value for key, value in os.environ.items() if key.startswith("LUMBUNG__")},
        "HOME": str(settings.state / "home"),
        "LANG": "C.UTF-8",
        **environment(settings),
    }
    marker = _folder(settings) / "migrated"
    wanted = version("apache-airflow-core") + "\n"
    if not marker.exists() or marker.read_text() != wanted:
        run([env_bin("airflow"), "db", "migrate"], "the migration of Airflow's database", log, variables)
        write(marker, wanted)
    declared = _pools(settings)
    if declared is None:
        return
    text = json.dumps(declared, indent=1, sort_keys=True) + "\n"
    pools, done = _folder(settings) / "pools.json", _folder(settings) / "pools.sha256"
    digest = hashlib.sha256(text.encode()).hexdigest()
    if not done.exists() or done.read_text() != digest:
        write(pools, text)
        run([env_bin("airflow"), "pools", "import", str(pools)], "the creation of Airflow's pools", log, variables)
        write(done, digest)


def _pools(settings: Settings) -> dict[str, dict[str, Any]] | None:
    """The pools of the declared systems: they bound what runs against one source at a time.

    None while the declarations hold a mistake: `lumbung check` names it, and the services start all the same.
    """
    from lumbung.declarations import DeclarationError, load

    try:
        systems = load(settings.root).systems
    except DeclarationError:
        return None
    pools = {
        system.pool: {
            "slots": system.pool_slots,
            "description": f"Sistem {system.code}: pekerjaan serentak",
            "include_deferred": False,
        }
        for system in systems.values()
    }
    # the pool of dags/mart_publikasi.py: marts and publications are one writer
    pools["gudang"] = {"slots": 1, "description": "Mart dan publikasi", "include_deferred": False}
    return pools


def services(settings: Settings) -> list[Service]:
    """Airflow's three processes."""

    def process(name: str, command: list[str], part: str, after: tuple[str, ...], ports: dict[str, int]) -> Service:
        return Service(
            name=name,
            command=command,
            health=lambda: check(settings, part),
            log=settings.logs / f"{name}.log",
            cwd=_folder(settings),
            memory_mb=settings.memory.airflow // 3,
            env=environment(settings),
            after=after,
            ports=ports,
            config=(settings.secret_file("airflow_passwords.json"),),
            start_seconds=240,
            stop_seconds=30,
        )

    port = {"airflow": settings.ports.airflow}
    airflow, after = env_bin("airflow"), ("airflow-api",)
    scheduler = [env_bin("python"), "-m", "runtime.scheduler"]
    return [
        process("airflow-api", [airflow, "api-server"], "metadatabase", ("postgresql",), port),
        process("airflow-scheduler", scheduler, "scheduler", after, {}),
        process("airflow-dag-processor", [airflow, "dag-processor"], "dag_processor", after, {}),
    ]


def check(settings: Settings, part: str) -> None:
    """Ask the api-server for the health of one part (its heartbeat in the database). Raises Unhealthy."""
    with urllib.request.urlopen(settings.airflow_url + HEALTH_PATH, timeout=5) as answer:  # noqa: S310 - own address
        state = json.load(answer)[part]
    if state["status"] != "healthy":
        raise Unhealthy(f"Airflow says that its {part} is {state['status']}")


def unpause_all(settings: Settings) -> None:
    """Let every DAG run by its schedule. Raises OSError when the api-server does not answer."""
    account = {"username": settings.airflow_user, "password": settings.secret("airflow_password")}
    token = _call(settings, "POST", "/auth/token", account)["access_token"]
    _call(settings, "PATCH", "/api/v2/dags?dag_id_pattern=%25&limit=200", {"is_paused": False}, token)


def _call(settings: Settings, method: str, path: str, content: dict[str, Any], token: str | None = None) -> Any:
    request = urllib.request.Request(  # noqa: S310 - own address
        settings.airflow_url + path,
        data=json.dumps(content).encode(),
        method=method,
        headers={"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - own address
        return json.load(answer)
