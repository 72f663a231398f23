"""The portal's services: Solr, Redis, CKAN behind gunicorn, and CKAN's job worker.

Their configuration is filled from templates (`portal/config`, `runtime/portal`) into `<state>/portal`; secrets are
generated once into `<state>/secrets`. CKAN runs in its own environment (`.lumbung/env/portal`); the extension is not
installed there: `prepare` writes its entry points beside the profile's state and PYTHONPATH leads to it, so that what
runs is always what stands in the tree.
"""

import os
import secrets
import shutil
import subprocess
import tomllib
from pathlib import Path
from string import Template

from lumbung.settings import HOST, Settings
from runtime.portal_health import ckan_health, redis_health, solr_health, worker_health
from runtime.service import RuntimeFailure, Service

PUBLISHER = "lumbung_publisher"
CKAN_THREADS = 8
SOLR_CORE = "ckan"
# Solr refuses to open a core whose schema names files that do not exist; CKAN's schema names these.
SOLR_EMPTY_FILES = ("stopwords.txt", "synonyms.txt", "protwords.txt")
DATABASE_ROLES = ("ckan", "datastore_write", "datastore_read")
COMMAND_SECONDS = 300


def _folder(settings: Settings) -> Path:
    return settings.state / "portal"


def _environment(settings: Settings) -> Path:
    return settings.root / ".lumbung" / "env" / "portal"


def _ini(settings: Settings) -> Path:
    return _folder(settings) / "ckan.ini"


def _ckan_environment(settings: Settings) -> dict[str, str]:
    """Environment of every CKAN process: where the configuration and the extension are."""
    return {
        "CKAN_INI": str(_ini(settings)),
        "PYTHONPATH": os.pathsep.join(
            str(path) for path in (settings.root / "portal" / "ckanext-lumbung", _folder(settings) / "plugins")
        ),
        "PYTHONUNBUFFERED": "1",
    }


def _secret(settings: Settings, name: str, value: str | None = None) -> str:
    """Content of `secrets/<name>`, generated (or set to `value`) when it does not exist; the file is 0600."""
    file = settings.secret_file(name)
    if not file.exists() or not file.read_text(encoding="utf-8").strip():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(file, (value or secrets.token_urlsafe(32)) + "\n", private=True)
    return settings.secret(name)


def _write(file: Path, content: str, *, private: bool = False) -> None:
    """Write `content` when it differs; private files are 0600 from their first byte on."""
    if file.exists() and file.read_text(encoding="utf-8") == content:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644), "w") as target:
        target.write(content)
    part.replace(file)


def _database_url(settings: Settings, role: str, database: str) -> str:
    password = _secret(settings, f"{role}_db_password")
    return f"postgresql://{role}:{password}@{HOST}:{settings.ports.postgresql}/{database}"


def _tenant_name(settings: Settings) -> str:
    """The regency's name as its declaration says it, for the portal's title."""
    from lumbung.declarations import load

    return load(settings.root).tenant.name


def prepare(settings: Settings) -> None:
    """Fill the configuration of Solr, Redis and CKAN. Nothing runs yet; safe to call again."""
    folder = _folder(settings)
    for name in ("storage", "webassets", "plugins", "redis", "tmp"):
        (folder / name).mkdir(mode=0o750, parents=True, exist_ok=True)
    settings.logs.mkdir(parents=True, exist_ok=True)
    _prepare_solr(settings)
    _prepare_redis(settings)
    _prepare_entry_points(settings)
    template = Template((settings.root / "portal" / "config" / "ckan.ini").read_text(encoding="utf-8"))
    redis_password = _secret(settings, "redis_password")
    filled = template.substitute(
        profile=settings.profile,
        tenant_name=_tenant_name(settings),
        secret_key=_secret(settings, "ckan_secret_key"),
        site_url=settings.ckan_url,
        ckan_db_url=_database_url(settings, "ckan", "ckan"),
        datastore_write_url=_database_url(settings, "datastore_write", "datastore"),
        datastore_read_url=_database_url(settings, "datastore_read", "datastore"),
        solr_url=f"http://{HOST}:{settings.ports.solr}/solr/{SOLR_CORE}",
        redis_url=f"redis://:{redis_password}@{HOST}:{settings.ports.redis}/0",
        storage=folder / "storage",
        webassets=folder / "webassets",
        licenses=settings.root / "portal" / "config" / "licenses.json",
    )
    _write(_ini(settings), filled, private=True)


def _prepare_solr(settings: Settings) -> None:
    home = _folder(settings) / "solr"
    configuration = home / SOLR_CORE / "conf"
    configuration.mkdir(parents=True, exist_ok=True)
    _write(home / "solr.xml", "<solr/>\n")
    _write(home / SOLR_CORE / "core.properties", f"name={SOLR_CORE}\n")
    shutil.copyfile(settings.root / "runtime" / "portal" / "solrconfig.xml", configuration / "solrconfig.xml")
    shutil.copyfile(_ckan_package(settings) / "config" / "solr" / "schema.xml", configuration / "schema.xml")
    for name in SOLR_EMPTY_FILES:
        (configuration / name).touch()


def _ckan_package(settings: Settings) -> Path:
    found = sorted(_environment(settings).glob("lib/python3*/site-packages/ckan"))
    if not found:
        raise RuntimeFailure(f"CKAN is not installed in {_environment(settings)}; `make demo` installs it")
    return found[-1]


def _prepare_redis(settings: Settings) -> None:
    """Redis holds only CKAN's job queue: bounded, not persisted, with a password (its jobs are pickles)."""
    lines = [
        f"bind {HOST}",
        f"port {settings.ports.redis}",
        f"requirepass {_secret(settings, 'redis_password')}",
        f"dir {_folder(settings) / 'redis'}",
        f"maxmemory {settings.memory.redis}mb",
        "maxmemory-policy noeviction",
        'save ""',
        "appendonly no",
        "daemonize no",
    ]
    _write(_folder(settings) / "redis" / "redis.conf", "\n".join(lines) + "\n", private=True)


def _prepare_entry_points(settings: Settings) -> None:
    """Say to importlib.metadata what ckanext-lumbung brings, as an installation would."""
    source = settings.root / "portal" / "ckanext-lumbung" / "pyproject.toml"
    project = tomllib.loads(source.read_text(encoding="utf-8"))["project"]
    information = _folder(settings) / "plugins" / "ckanext_lumbung.dist-info"
    points = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {target}" for name, target in entries.items()))
    ]
    _write(information / "METADATA", f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    _write(information / "entry_points.txt", "\n".join(points) + "\n")


def initialise(settings: Settings) -> None:
    """Roles, databases, tables and permissions, the publisher's account and its token. Safe to call again.

    PostgreSQL must answer; Solr and Redis need not. Raises RuntimeFailure naming the step and its output.
    """
    _create_databases(settings)
    _ckan(settings, "db", "upgrade")
    _set_permissions(settings)
    _create_publisher(settings)


def _create_databases(settings: Settings) -> None:
    """Roles `ckan` (portal), `datastore_write`, `datastore_read`, each with the least it needs."""
    import psycopg
    from psycopg import sql

    owners = {"ckan": "ckan", "datastore": "datastore_write"}
    with psycopg.connect(_superuser_url(settings), autocommit=True) as connection:
        for role in DATABASE_ROLES:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            statement = "ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}"
            password = _secret(settings, f"{role}_db_password")
            connection.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(password)))
        for database, owner in owners.items():
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                        sql.Identifier(database), sql.Identifier(owner)
                    )
                )
            connection.execute(
                sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database))
            )


def _superuser_url(settings: Settings, database: str = "postgres") -> str:
    """libpq URL of the main server's administrator, written by the platform's services."""
    url = settings.secret("postgresql_admin_url")
    return url.rsplit("/", 1)[0] + f"/{database}"


def _set_permissions(settings: Settings) -> None:
    """CKAN's own script for the datastore's two roles, run as the administrator.

    The script's `\\connect` belongs to psql; we connect to that database ourselves.
    """
    import psycopg

    script = _ckan(settings, "datastore", "set-permissions")
    statements = "\n".join(line for line in script.splitlines() if not line.startswith("\\connect"))
    start = statements.index("/*")
    with psycopg.connect(_superuser_url(settings, "datastore"), autocommit=True) as connection:
        # psycopg runs several statements in one call only without parameters: the text is passed as bytes
        connection.execute(statements[start:].encode())


def _create_publisher(settings: Settings) -> None:
    """The account that publishes (`lumbung_publisher`, sysadmin) and its token in `secrets/ckan_token`."""
    import psycopg

    with psycopg.connect(_superuser_url(settings, "ckan"), autocommit=True) as connection:
        known = connection.execute('SELECT 1 FROM "user" WHERE name = %s', (PUBLISHER,)).fetchone()
    if not known:
        # The password is never used (tokens are), and argv shows it: a random one that nobody keeps.
        _ckan(
            settings,
            "user",
            "add",
            PUBLISHER,
            f"email={PUBLISHER}@localhost.localdomain",
            f"password={secrets.token_urlsafe(24)}",
            "fullname=Lumbung",
        )
    _ckan(settings, "sysadmin", "add", PUBLISHER)
    file = settings.secret_file("ckan_token")
    if not file.exists() or not file.read_text(encoding="utf-8").strip():
        token = _ckan(settings, "user", "token", "add", "-q", PUBLISHER, "lumbung").strip().splitlines()[-1].strip()
        _write(file, token + "\n", private=True)


def _ckan(settings: Settings, *arguments: str) -> str:
    """Run CKAN's command line and return its standard output. Raises RuntimeFailure with the end of its output."""
    python = _environment(settings) / "bin" / "python"
    command = [str(python), "-m", "ckan.cli.cli", *arguments]
    command = [str(_environment(settings) / "bin" / "ckan"), "-c", str(_ini(settings)), *arguments]
    result = subprocess.run(
        command,
        env={
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(_folder(settings)),
            "LANG": "C.UTF-8",
            "TMPDIR": str(_folder(settings) / "tmp"),
            **_ckan_environment(settings),
        },
        cwd=_folder(settings),
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )
    if result.returncode != 0:
        what = " ".join(arguments[:2])
        raise RuntimeFailure(f"ckan {what} failed ({result.returncode}):\n{(result.stderr or result.stdout)[-2000:]}")
    return result.stdout


def services(settings: Settings) -> list[Service]:
    """Solr, Redis, CKAN and its worker, in the order of their starting."""
    folder, runtime = _folder(settings), settings.root / "runtime" / "portal"
    binaries = _environment(settings) / "bin"
    ckan_environment = {**_ckan_environment(settings), "TMPDIR": str(folder / "tmp")}
    solr = Service(
        name="solr",
        command=[
            "java",
            f"-Xmx{settings.memory.solr}m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            f"-Dsolr.solr.home={folder / 'solr'}",
            f"-Djetty.host={HOST}",
            f"-Djetty.port={settings.ports.solr}",
            f"-Djava.io.tmpdir={folder / 'tmp'}",
            "-cp",
            f"{settings.root / '.lumbung' / 'jars' / 'solr'}/*",
            "org.eclipse.jetty.xml.XmlConfiguration",
            str(runtime / "jetty.xml"),
        ],
        health=lambda: solr_health(settings),
        log=settings.logs / "solr.log",
        cwd=folder / "solr",
        memory_mb=settings.memory.solr + 150,
        ports={"solr": settings.ports.solr},
    )
    redis = Service(
        name="redis",
        command=[str(binaries / "redis-server"), str(folder / "redis" / "redis.conf")],
        health=lambda: redis_health(settings),
        log=settings.logs / "redis.log",
        cwd=folder / "redis",
        memory_mb=settings.memory.redis,
        ports={"redis": settings.ports.redis},
    )
    ckan = Service(
        name="ckan",
        command=[
            str(binaries / "gunicorn"),
            "--bind",
            f"{HOST}:{settings.ports.ckan}",
            "--worker-class",
            "gthread",
            "--workers",
            "1",
            "--threads",
            str(CKAN_THREADS),
            "--timeout",
            "300",
            "--graceful-timeout",
            "15",
            "--worker-tmp-dir",
            str(folder / "tmp"),
            "--pid",
            str(folder / "gunicorn.pid"),
            "--chdir",
            str(runtime),
            "wsgi:application",
        ],
        env=ckan_environment,
        health=lambda: ckan_health(settings),
        log=settings.logs / "ckan.log",
        cwd=folder,
        memory_mb=settings.memory.ckan,
        after=("postgresql", "solr", "redis"),
        ports={"ckan": settings.ports.ckan},
        stop_seconds=30,
    )
    worker = Service(
        name="ckan-worker",
        command=[str(binaries / "ckan"), "-c", str(_ini(settings)), "jobs", "worker"],
        env=ckan_environment,
        health=lambda: worker_health(settings),
        log=settings.logs / "ckan-worker.log",
        cwd=folder,
        memory_mb=settings.memory.ckan // 2,
        after=("postgresql", "redis", "ckan"),
    )
    return [solr, redis, ckan, worker]
