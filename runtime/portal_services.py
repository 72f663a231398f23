"""The portal's services: Solr, Redis, CKAN behind gunicorn, and CKAN's job worker.

Their configuration is filled from templates (`portal/config`, `runtime/portal`) into `<state>/portal`. CKAN runs in
its own environment (`.lumbung/env/portal`); the extension is not installed there: `prepare` writes its entry points
beside the profile's state and PYTHONPATH leads to it, so that what runs is always what stands in the tree.
"""

import hashlib
import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from string import Template

from lumbung.settings import HOST, Settings
from runtime.files import PATH, ensure_secret, jars, java_home, write
from runtime.portal_health import ckan_health, redis_health, solr_health, worker_health
from runtime.postgresql import connect, ensure_database, ensure_role, platform_server, url
from runtime.service import RuntimeFailure, Service

PUBLISHER = "lumbung_publisher"
TOKEN = "ckan_token"  # noqa: S105 - the secret's name
THREADS = 8
CORE = "ckan"
# Solr refuses to open a core whose schema names files that do not exist; CKAN's schema names these.
SOLR_EMPTY_FILES = ("stopwords.txt", "synonyms.txt", "protwords.txt")
ROLES = ("ckan", "datastore_write", "datastore_read")
COMMAND_SECONDS = 300
GENERAL_TEXTS = {
    "title": "Lumbung – Data Terbuka",
    "description": "Data pemerintah daerah yang sudah diperiksa, dari sumbernya langsung.",
    "about": "",
}


def _folder(settings: Settings) -> Path:
    return settings.state / "portal"


def _environment(settings: Settings) -> Path:
    return settings.root / ".lumbung" / "env" / "portal"


def _extension(settings: Settings) -> Path:
    return settings.root / "portal" / "ckanext-lumbung"


def _ini(settings: Settings) -> Path:
    return _folder(settings) / "ckan.ini"


def _ckan_environment(settings: Settings) -> dict[str, str]:
    """What every CKAN process needs to know: its configuration, the extension, a folder for large uploads."""
    return {
        "CKAN_INI": str(_ini(settings)),
        "PYTHONPATH": f"{_extension(settings)}{os.pathsep}{_folder(settings) / 'plugins'}",
        "PYTHONDONTWRITEBYTECODE": "1",  # the tree belongs to somebody else
        "TMPDIR": str(_folder(settings) / "tmp"),
    }


def _database_url(settings: Settings, role: str, database: str) -> str:
    return url(platform_server(settings), role, ensure_secret(settings, f"{role}_db_password"), database)


def _texts(settings: Settings) -> dict[str, str]:
    """The tenant's words for the portal: title, description, about (one line each).

    Read without the other declarations, which need not be right for a portal to start: `lumbung check` says whether
    they are. Without words the portal has its general ones.
    """
    from ruamel.yaml import YAML

    file = settings.root / "tenants" / f"{settings.tenant}.yaml"
    tenant = YAML(typ="safe", pure=True).load(file) if file.exists() else {}
    texts = {**GENERAL_TEXTS, **(tenant.get("portal") or {})}
    return {key: " ".join(str(value).replace("$", "").split()) for key, value in texts.items()}


def prepare(settings: Settings) -> None:
    """Fill the configuration of Solr, Redis and CKAN. Nothing runs yet; safe to call again."""
    folder = _folder(settings)
    for name in ("storage", "webassets", "plugins", "redis", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _prepare_solr(settings)
    _prepare_redis(settings)
    _prepare_entry_points(settings)
    template = Template((settings.root / "portal" / "config" / "ckan.ini").read_text(encoding="utf-8"))
    redis_password = ensure_secret(settings, "redis_password")
    texts = _texts(settings)
    filled = template.substitute(
        profile=settings.profile,
        title=texts["title"],
        description=texts["description"],
        about=texts["about"],
        secret_key=ensure_secret(settings, "ckan_secret_key"),
        site_url=settings.ckan_url,
        ckan_db_url=_database_url(settings, "ckan", "ckan"),
        datastore_write_url=_database_url(settings, "datastore_write", "datastore"),
        datastore_read_url=_database_url(settings, "datastore_read", "datastore"),
        solr_url=f"http://{HOST}:{settings.ports.solr}/solr/{CORE}",
        redis_url=f"redis://:{redis_password}@{HOST}:{settings.ports.redis}/0",
        storage=folder / "storage",
        webassets=folder / "webassets",
        licenses=settings.root / "portal" / "config" / "licenses.json",
    )
    write(_ini(settings), filled)


def _prepare_solr(settings: Settings) -> None:
    home = _folder(settings) / "solr"
    configuration = home / CORE / "conf"
    configuration.mkdir(parents=True, exist_ok=True)
    write(home / "solr.xml", "<solr/>\n")
    if not (home / CORE / "core.properties").exists():  # Solr rewrites it
        write(home / CORE / "core.properties", f"name={CORE}\n")
    schema = _site_package(settings, "ckan") / "config" / "solr" / "schema.xml"
    shutil.copyfile(settings.root / "runtime" / "portal" / "solrconfig.xml", configuration / "solrconfig.xml")
    shutil.copyfile(schema, configuration / "schema.xml")
    for name in SOLR_EMPTY_FILES:
        (configuration / name).touch()


def _site_package(settings: Settings, package: str) -> Path:
    found = sorted(_environment(settings).glob(f"lib/python3*/site-packages/{package}"))
    if not found:
        raise RuntimeFailure(f"{package} is not installed in {_environment(settings)}; run `make install`")
    return found[-1]


def _prepare_redis(settings: Settings) -> None:
    """Redis holds only CKAN's job queue: bounded, not persisted, with a password (its jobs are pickles)."""
    lines = [
        f"bind {HOST}",
        f"port {settings.ports.redis}",
        f"requirepass {ensure_secret(settings, 'redis_password')}",
        f"dir {_folder(settings) / 'redis'}",
        f"maxmemory {settings.memory.redis}mb",
        "maxmemory-policy noeviction",
        'save ""',
        "appendonly no",
        "daemonize no",
    ]
    write(_folder(settings) / "redis" / "redis.conf", "\n".join(lines) + "\n")


def _prepare_entry_points(settings: Settings) -> None:
    """Say to importlib.metadata what ckanext-lumbung brings, as an installation would."""
    project = tomllib.loads((_extension(settings) / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    information = _folder(settings) / "plugins" / "ckanext_lumbung.dist-info"
    points = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {target}" for name, target in entries.items()))
    ]
    write(information / "METADATA", f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    write(information / "entry_points.txt", "\n".join(points) + "\n")


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
    stamp, done = _folder(settings) / "initialised", _initialisation_digest(settings)
    with connect(server, settings, "ckan") as connection:
        row = connection.execute("SELECT to_regclass('public.user') IS NOT NULL").fetchone()
    filled = row == (True,)
    if filled and settings.secret_file(TOKEN).exists() and stamp.exists() and stamp.read_text() == done:
        return
    _ckan(settings, "ckan", "-c", str(_ini(settings)), "db", "upgrade")
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
    script = _ckan(settings, "ckan", "-c", str(_ini(settings)), "datastore", "set-permissions")
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
        [str(_environment(settings) / "bin" / program), *arguments],
        env={"PATH": PATH, "HOME": str(_folder(settings)), "LANG": "C.UTF-8", **_ckan_environment(settings)},
        cwd=_folder(settings),
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


def services(settings: Settings) -> list[Service]:
    """Solr, Redis, CKAN and its worker, in the order of their starting."""
    return [_solr(settings), _redis(settings), _web(settings), _worker(settings)]


def _solr(settings: Settings) -> Service:
    folder, runtime = _folder(settings), settings.root / "runtime" / "portal"
    properties = {
        "solr.solr.home": folder / "solr",
        "jetty.host": HOST,
        "jetty.port": settings.ports.solr,
        "java.io.tmpdir": folder / "tmp",
    }
    options = [f"-Xmx{settings.memory.solr}m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"]
    return Service(
        name="solr",
        command=[
            str(java_home() / "bin" / "java"),
            *options,
            *(f"-D{key}={value}" for key, value in properties.items()),
            "-cp",
            f"{jars(settings, 'solr')}/*",
            "org.eclipse.jetty.xml.XmlConfiguration",
            str(runtime / "jetty.xml"),
        ],  # fmt: skip
        health=lambda: solr_health(settings),
        log=settings.logs / "solr.log",
        cwd=folder,
        memory_mb=settings.memory.solr + 150,
        ports={"solr": settings.ports.solr},
        config=(runtime / "jetty.xml", runtime / "solrconfig.xml"),
    )


def _redis(settings: Settings) -> Service:
    configuration = _folder(settings) / "redis" / "redis.conf"
    return Service(
        name="redis",
        command=[str(_environment(settings) / "bin" / "redis-server"), str(configuration)],
        health=lambda: redis_health(settings),
        log=settings.logs / "redis.log",
        cwd=_folder(settings),
        memory_mb=settings.memory.redis,
        ports={"redis": settings.ports.redis},
        config=(configuration,),
    )


def _watched(settings: Settings) -> tuple[Path, ...]:
    """Files whose change wants CKAN started again: its configuration and the extension."""
    code = sorted(file for file in _extension(settings).rglob("*") if file.is_file() and file.suffix != ".pyc")
    return (_ini(settings), settings.root / "portal" / "config" / "licenses.json", *code)


def _web(settings: Settings) -> Service:
    """One worker process bounds the memory; its threads answer side by side."""
    folder, runtime = _folder(settings), settings.root / "runtime" / "portal"
    return Service(
        name="ckan",
        command=[
            str(_environment(settings) / "bin" / "gunicorn"),
            "--bind",
            f"{HOST}:{settings.ports.ckan}",
            "--worker-class",
            "gthread",
            "--workers",
            "1",
            "--threads",
            str(THREADS),
            "--timeout",
            "300",
            "--graceful-timeout",
            "15",
            "--worker-tmp-dir",
            str(folder / "tmp"),
            "--no-control-socket",
            "--pid",
            str(folder / "gunicorn.pid"),
            "--chdir",
            str(runtime),
            "wsgi:application",
        ],  # fmt: skip
        env=_ckan_environment(settings),
        health=lambda: ckan_health(settings),
        log=settings.logs / "ckan.log",
        cwd=folder,
        memory_mb=settings.memory.ckan,
        after=("postgresql", "solr", "redis"),
        ports={"ckan": settings.ports.ckan},
        config=_watched(settings),
        stop_seconds=30,
    )


def _worker(settings: Settings) -> Service:
    return Service(
        name="ckan-worker",
        command=[str(_environment(settings) / "bin" / "ckan"), "-c", str(_ini(settings)), "jobs", "worker"],
        env=_ckan_environment(settings),
        health=lambda: worker_health(settings),
        log=settings.logs / "ckan-worker.log",
        cwd=_folder(settings),
        memory_mb=settings.memory.ckan // 2,
        after=("postgresql", "redis"),
        config=_watched(settings),
    )
