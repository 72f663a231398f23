"""What the portal's databases hold before anybody uses it: roles, tables, permissions, the publisher and its token."""

import hashlib
import subprocess
from pathlib import Path

from lumbung.settings import Settings
from runtime.files import PATH, ensure_secret, write
from runtime.portal_configuration import ckan_environment, environment, folder, ini
from runtime.postgresql import connect, ensure_database, ensure_role, platform_server
from runtime.service import RuntimeFailure

PUBLISHER = "lumbung_publisher"
TOKEN = "ckan_token"  # noqa: S105 - the secret's name
ROLES = ("ckan", "datastore_write", "datastore_read")
COMMAND_SECONDS = 300


def initialise(settings: Settings) -> None:
    """Roles, databases, tables and permissions, the publisher's account and its token. Safe to call again.

    PostgreSQL must answer; Solr and Redis need not. CKAN's own steps (ten seconds of start-up) are left out when
    they were done with the same versions and roles. Raises RuntimeFailure naming the step and its output.
    """
    server = platform_server(settings)
    with connect(server, settings) as connection:
        for role in ROLES:
            ensure_role(connection, role, ensure_secret(settings, f"{role}_db_password"))
        ensure_database(connection, "ckan", "ckan")
        ensure_database(connection, "datastore", "datastore_write", readers=("datastore_read", "ckan"))
    stamp, done = folder(settings) / "initialised", _initialisation_digest(settings)
    with connect(server, settings, "ckan") as connection:
        row = connection.execute("SELECT to_regclass('public.user') IS NOT NULL").fetchone()
    filled = row == (True,)
    if filled and settings.secret_file(TOKEN).exists() and stamp.exists() and stamp.read_text() == done:
        return
    _ckan(settings, "ckan", "-c", str(ini(settings)), "db", "upgrade")
    _set_permissions(settings)
    _create_publisher(settings, anew=not filled)
    write(stamp, done)


def _initialisation_digest(settings: Settings) -> str:
    """Of everything that decides what `initialise` does: versions, the names in the configuration, the publisher."""
    lock = (settings.root / "requirements" / "portal.txt").read_bytes()
    return hashlib.sha256(lock + Path(__file__).read_bytes() + PUBLISHER.encode()).hexdigest()


def _set_permissions(settings: Settings) -> None:
    """CKAN's own script for the datastore's two roles, run as the administrator.

    The script's `\\connect` belongs to psql: we connect to that database ourselves.
    """
    script = _ckan(settings, "ckan", "-c", str(ini(settings)), "datastore", "set-permissions")
    statements = "\n".join(line for line in script.splitlines() if not line.startswith("\\connect"))
    with connect(platform_server(settings), settings, "datastore") as connection:
        connection.execute(statements[statements.index("/*") :].encode())


def _create_publisher(settings: Settings, *, anew: bool) -> None:
    """The account that publishes (a sysadmin) and its token in `secrets/ckan_token`.

    `anew`: the database was empty, so that a token from before is worth nothing.
    """
    script = str(settings.root / "runtime" / "portal" / "publisher.py")
    file = settings.secret_file(TOKEN)
    wanted = anew or not file.exists()
    output = _ckan(settings, "python", script, PUBLISHER, *(["--token"] if wanted else []))
    if wanted:
        write(file, output.strip().splitlines()[-1] + "\n")


def _ckan(settings: Settings, program: str, *arguments: str) -> str:
    """Run a program of the portal's environment; its standard output. Raises RuntimeFailure with what it said."""
    result = subprocess.run(
        [str(environment(settings) / "bin" / program), *arguments],
        env={"PATH": PATH, "HOME": str(folder(settings)), "LANG": "C.UTF-8", **ckan_environment(settings)},
        cwd=folder(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    if result.returncode != 0:
        what = " ".join((program, *arguments))
        raise RuntimeFailure(f"{what} failed ({result.returncode}):\n{(result.stderr or result.stdout)[-2000:]}")
    return result.stdout
