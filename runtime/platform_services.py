"""The platform's services: two PostgreSQL servers, departments, metastore, engine, Airflow, the Data Docs server."""

from lumbung.settings import Settings
from runtime import airflow, data_docs, databases, departments, engine, metastore, postgresql
from runtime.service import Service


def prepare(settings: Settings) -> None:
    """Folders, secrets and configuration files."""
    for folder in (settings.spool, settings.warehouse, settings.data_docs, settings.logs, settings.state / "run"):
        folder.mkdir(parents=True, exist_ok=True)
    databases.prepare(settings)
    postgresql.prepare(postgresql.platform_server(settings), settings)
    postgresql.prepare(postgresql.sources_server(settings), settings)
    metastore.prepare(settings)
    engine.prepare(settings)
    airflow.prepare(settings)
    data_docs.prepare(settings)


def initialise(settings: Settings) -> None:
    """Databases, roles and schemas."""
    databases.initialise(settings)
    metastore.initialise(settings)
    airflow.initialise(settings)


def services(settings: Settings) -> list[Service]:
    """All platform services, in the order in which a person would list them."""
    return [
        postgresql.service(postgresql.platform_server(settings), settings),
        postgresql.service(postgresql.sources_server(settings), settings),
        departments.service(settings),
        metastore.service(settings),
        engine.service(settings),
        *airflow.services(settings),
        data_docs.service(settings),
    ]
