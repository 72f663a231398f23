"""The two PostgreSQL 16 servers of a profile: the platform's own, and the simulated departments' sources.

Two servers, so that stopping a source stops nothing else. Loopback and scram-sha-256 only, no Unix socket.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from lumbung.settings import HOST, Settings
from runtime.files import ensure_secret, postgresql_bin, run, write
from runtime.service import Service, Unhealthy

SUPERUSER = "postgres"


@dataclass(frozen=True)
class Server:
    """One PostgreSQL server. `memory_mb` bounds its shared buffers (a quarter of it)."""

    name: str
    port_key: str
    port: int
    data: Path
    log: Path
    memory_mb: int
    timezone: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def secret_name(self) -> str:
        """Name of the superuser's secret."""
        return f"{self.name}_superuser_password"


def platform_server(settings: Settings) -> Server:
    """The server of ledger, Airflow, metastore and portal."""
    return Server(
        "postgresql",
        "postgresql",
        settings.ports.postgresql,
        settings.state / "pg",
        settings.logs / "postgresql.log",
        settings.memory.postgresql,
        "UTC",
        {"max_connections": "150"},
    )


def sources_server(settings: Settings) -> Server:
    """The server of the simulated sources; its clock shows WIB, as a department's own would.

    What it holds can be built again from its seed, so nothing waits for the disk: a killed server loses nothing, a
    machine that loses its power may.
    """
    return Server(
        "sources",
        "sources",
        settings.ports.sources,
        settings.state / "pg-sources",
        settings.logs / "sources.log",
        settings.memory.sources,
        "Asia/Jakarta",
        {"max_connections": "40", "fsync": "off", "full_page_writes": "off"},
    )


def prepare(server: Server, settings: Settings) -> None:
    """Create the cluster if it does not exist, and write its configuration."""
    ensure_secret(settings, server.secret_name)
    if not (server.data / "PG_VERSION").exists():
        command = [postgresql_bin("initdb"), "-D", str(server.data), "-U", SUPERUSER, "--auth=scram-sha-256"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", f"--pwfile={settings.secret_file(server.secret_name)}"]
        run(command, f"initdb of {server.name}", server.log)
    values = {
        "listen_addresses": f"'{HOST}'",
        "port": str(server.port),
        "unix_socket_directories": "''",
        "password_encryption": "'scram-sha-256'",
        "shared_buffers": f"'{max(32, server.memory_mb // 4)}MB'",
        "work_mem": "'16MB'",
        "maintenance_work_mem": "'64MB'",
        "max_wal_size": "'1GB'",
        "wal_compression": "on",
        "fsync": "on",
        "jit": "off",  # short queries everywhere: compiling costs more than it saves
        "timezone": f"'{server.timezone}'",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] %u@%d '",
        "client_connection_check_interval": "'5s'",  # the backend of a killed client stops soon
        **server.options,
    }
    write(server.data / "lumbung.conf", "".join(f"{key} = {value}\n" for key, value in values.items()))
    main = server.data / "postgresql.conf"
    if "include 'lumbung.conf'" not in main.read_text():
        write(main, main.read_text() + "\ninclude 'lumbung.conf'\n")
    write(
        server.data / "pg_hba.conf", f"# all access is by password on loopback\nhost all all {HOST}/32 scram-sha-256\n"
    )


def service(server: Server, settings: Settings) -> Service:
    """The server as a supervised service; healthy when it answers a query of the superuser."""

    def health() -> None:
        with connect(server, settings, timeout=3) as connection:
            row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        if row != (False,):
            raise Unhealthy(f"{server.name} is in recovery")

    return Service(
        name=server.name,
        command=[postgresql_bin("postgres"), "-D", str(server.data)],
        health=health,
        log=server.log,
        cwd=server.data,
        memory_mb=server.memory_mb,
        ports={server.port_key: server.port},
        config=(server.data / "lumbung.conf", server.data / "pg_hba.conf"),
        start_seconds=120,
        stop_signal="INT",  # fast shutdown: disconnects clients, writes a checkpoint
        stop_seconds=60,
    )


def url(server: Server, role: str, password: str, database: str) -> str:
    """libpq URL of a role on a database."""
    return f"postgresql://{role}:{password}@{HOST}:{server.port}/{database}"


def connect(
    server: Server, settings: Settings, database: str = "postgres", timeout: int = 10
) -> psycopg.Connection[tuple[object, ...]]:
    """A superuser's connection in autocommit mode."""
    return psycopg.connect(
        host=HOST,
        port=server.port,
        dbname=database,
        user=SUPERUSER,
        password=settings.secret(server.secret_name),
        connect_timeout=timeout,
        autocommit=True,
    )


def ensure_role(
    connection: psycopg.Connection[tuple[object, ...]], role: str, password: str, options: str = "", limit: int = -1
) -> None:
    """Create the login role if needed and set its password (sent as a scram verifier) and connection limit."""
    name = sql.Identifier(role)
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(
        sql.SQL("ALTER ROLE {} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT {} PASSWORD {}").format(
            name, sql.Literal(limit), sql.Literal(verifier)
        )
    )
    if options:
        connection.execute(sql.SQL("ALTER ROLE {} SET {}").format(name, sql.SQL(options)))  # type: ignore[arg-type]


def ensure_database(
    connection: psycopg.Connection[tuple[object, ...]], database: str, owner: str, readers: tuple[str, ...] = ()
) -> None:
    """Create the database owned by `owner` if needed; only `owner` and `readers` may connect to it."""
    name = sql.Identifier(database)
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(owner)))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for reader in readers:
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(reader)))


__all__ = [
    "SUPERUSER",
    "Server",
    "connect",
    "ensure_database",
    "ensure_role",
    "platform_server",
    "prepare",
    "service",
    "sources_server",
    "url",
]
