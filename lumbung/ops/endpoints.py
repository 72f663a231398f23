"""Addresses of the platform's interfaces and the paths of their credential files (never their content)."""

from __future__ import annotations

from typing import Any

from lumbung.declarations import load
from lumbung.declarations.models import System
from lumbung.settings import Settings, settings
from lumbung.sources.drop.originals import inbox


def endpoints(config: Settings | None = None) -> dict[str, Any]:
    """Shape: portal, hive, airflow, ledger, data_docs, sources{system}; every `*_file` holds one secret or one URL.

    A system that drops files has the path `drop` in place of addresses.
    """
    config = config or settings()
    file = config.secret_file
    return {
        "portal": {"url": config.ckan_url, "token_file": str(file("ckan_token"))},
        "hive": {
            "host": config.hive.host,
            "port": config.hive.port,
            "database": "mart",
            "user": config.hive.user,
            "password_file": str(file(config.hive.password_secret)),
            "auth": "CUSTOM",
        },
        "connect": {"url": config.connect_url, "token_file": str(file("connect_token"))},
        "airflow": {
            "url": config.airflow_url,
            "user": config.airflow_user,
            "password_file": str(file("airflow_password")),
        },
        "ledger": {"url_file": str(file("ledger_url"))},
        "data_docs": {"url": config.data_docs_url},
        "sources": {system.code: _source(config, system) for system in load().systems.values()},
    }


def _source(config: Settings, system: System) -> dict[str, str]:
    """Where a source is reached: files with its addresses, or the folder into which its department drops files."""
    if system.transport == "files":
        return {"kind": system.transport, "drop": str(inbox(config, system.connection))}
    return {
        "kind": system.transport,
        "url_file": str(config.secret_file(f"source_{system.connection}_url")),
        "admin_url_file": str(config.secret_file(f"source_{system.connection}_admin_url")),
    }
