"""Databases and roles: each service its own role with the least it needs, each password its own secret."""

from psycopg import sql

from lumbung.ledger.migrate import migrate
from lumbung.settings import Settings
from runtime import departments
from runtime.files import ensure_secret, write
from runtime.postgresql import SUPERUSER, connect, ensure_database, ensure_role, platform_server, sources_server, url
from simulator.systems import READER, systems

SOURCE_READER = READER
SOURCE_ADMIN = "admin_opd"


def prepare(settings: Settings) -> None:
    """Generate the passwords, and the files that hold one URL each."""
    server = platform_server(settings)
    for secret, role, database in (
        ("ledger_url", "lumbung_app", "lumbung"),
        ("ledger_owner_url", "lumbung_owner", "lumbung"),
    ):
        password = ensure_secret(settings, f"{role}_db_password")
        _write_url(settings, secret, url(server, role, password, database))
    ensure_secret(settings, "metastore_db_password")
    administrator = ensure_secret(settings, server.secret_name)
    _write_url(settings, "postgresql_admin_url", url(server, SUPERUSER, administrator, "postgres"))
    sources = sources_server(settings)
    reader = ensure_secret(settings, f"{SOURCE_READER}_db_password")
    admin = ensure_secret(settings, f"{SOURCE_ADMIN}_db_password")
    for source in systems().values():
        _write_url(settings, f"source_{source.code}_admin_url", url(sources, SOURCE_ADMIN, admin, source.code))
        if source.kind == "postgresql":
            _write_url(settings, f"source_{source.code}_url", url(sources, SOURCE_READER, reader, source.code))
    departments.prepare(settings)


def initialise(settings: Settings) -> None:
    """Create roles and databases on both servers, and bring the ledger's schema to its newest version."""
    with connect(platform_server(settings), settings) as connection:
        for role in ("lumbung_owner", "lumbung_app", "airflow", "metastore"):
            ensure_role(connection, role, settings.secret(f"{role}_db_password"))
        ensure_database(connection, "lumbung", "lumbung_owner", readers=("lumbung_app",))
        ensure_database(connection, "airflow", "airflow")
        ensure_database(connection, "metastore", "metastore")
        connection.execute("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
        connection.execute("REVOKE CONNECT ON DATABASE template1 FROM PUBLIC")
    _initialise_sources(settings)
    migrate(settings.ledger_owner_url)


def _initialise_sources(settings: Settings) -> None:
    """The departments' side: an administrator who owns everything, and Lumbung's account, which only reads."""
    server = sources_server(settings)
    admin, reader = sql.Identifier(SOURCE_ADMIN), sql.Identifier(SOURCE_READER)
    with connect(server, settings) as connection:
        ensure_role(connection, SOURCE_ADMIN, settings.secret(f"{SOURCE_ADMIN}_db_password"))
        ensure_role(
            connection,
            SOURCE_READER,
            settings.secret(f"{SOURCE_READER}_db_password"),
            options="default_transaction_read_only = on",
            limit=8,  # bounded load on the source, whatever Lumbung does
        )
        for source in systems().values():
            readers = (SOURCE_READER,) if source.kind == "postgresql" else ()
            ensure_database(connection, source.code, SOURCE_ADMIN, readers=readers)
    for source in systems().values():
        if source.kind != "postgresql":
            continue
        with connect(server, settings, source.code) as connection:
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(reader))
            connection.execute(
                sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT SELECT ON TABLES TO {}").format(
                    admin, reader
                )
            )
            connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(reader))


def _write_url(settings: Settings, secret: str, value: str) -> None:
    """Keep the URL's file in step with ports: rewritten when it differs."""
    write(settings.secret_file(secret), value + "\n")
