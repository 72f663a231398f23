"""`python -m lumbung.ledger.migrate [--url URL]`: bring the ledger's schema to the newest version.

Runs as role `lumbung_owner`; the roles `lumbung_owner` and `lumbung_app` must exist. Repeating it changes nothing.
"""

import argparse
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def configuration(url: str) -> Config:
    """Alembic's configuration without a file; the URL stays out of it, since Alembic would print it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def migrate(url: str | None = None) -> None:
    """Upgrade to the newest version. `url` is an SQLAlchemy URL, by default the profile's `ledger_owner_url`."""
    if url is None:
        from lumbung.settings import settings

        url = settings().ledger_owner_url
    command.upgrade(configuration(url), "head")


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m lumbung.ledger.migrate", description="Migrate the ledger.")
    parser.add_argument("--url", help="SQLAlchemy URL; default: the profile's owner account")
    migrate(parser.parse_args(arguments).url)
    print("ledger: schema is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
