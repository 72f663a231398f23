"""The portal's configuration: filled from `portal/config` and `runtime/portal` into `<state>/portal`.

CKAN runs in its own environment (`.lumbung/env/portal`); the extension is not installed there: `prepare` writes its
entry points beside the profile's state and PYTHONPATH leads to it, so that what runs is always what stands in the tree.
"""

import os
import shutil
import tomllib
from pathlib import Path
from string import Template

from lumbung.settings import HOST, Settings
from runtime.files import ensure_secret, write
from runtime.postgresql import platform_server, url
from runtime.service import RuntimeFailure

CORE = "ckan"
# Solr refuses to open a core whose schema names files that do not exist; CKAN's schema names these.
SOLR_EMPTY_FILES = ("stopwords.txt", "synonyms.txt", "protwords.txt")
GENERAL_TEXTS = {
    "title": "Lumbung – Data Terbuka",
    "description": "Data pemerintah daerah yang sudah diperiksa, dari sumbernya langsung.",
    "about": "",
}


def folder(settings: Settings) -> Path:
    """Where the portal's state lies."""
    return settings.state / "portal"


def environment(settings: Settings) -> Path:
    """The portal's Python environment."""
    return settings.root / ".lumbung" / "env" / "portal"


def extension(settings: Settings) -> Path:
    """ckanext-lumbung's source."""
    return settings.root / "portal" / "ckanext-lumbung"


def ini(settings: Settings) -> Path:
    """CKAN's filled configuration (0600: it holds passwords)."""
    return folder(settings) / "ckan.ini"


def ckan_environment(settings: Settings) -> dict[str, str]:
    """What every CKAN process needs to know: its configuration, the extension, a folder for large uploads."""
    return {
        "CKAN_INI": str(ini(settings)),
        "PYTHONPATH": f"{extension(settings)}{os.pathsep}{folder(settings) / 'plugins'}",
        "PYTHONDONTWRITEBYTECODE": "1",  # the tree belongs to somebody else
        "TMPDIR": str(folder(settings) / "tmp"),
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
    home = folder(settings)
    for name in ("storage", "webassets", "plugins", "redis", "tmp"):
        (home / name).mkdir(parents=True, exist_ok=True)
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
        storage=home / "storage",
        webassets=home / "webassets",
        licenses=settings.root / "portal" / "config" / "licenses.json",
    )
    write(ini(settings), filled)


def _prepare_solr(settings: Settings) -> None:
    home = folder(settings) / "solr"
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
    found = sorted(environment(settings).glob(f"lib/python3*/site-packages/{package}"))
    if not found:
        raise RuntimeFailure(f"{package} is not installed in {environment(settings)}; run `make install`")
    return found[-1]


def _prepare_redis(settings: Settings) -> None:
    """Redis holds only CKAN's job queue: bounded, not persisted, with a password (its jobs are pickles)."""
    lines = [
        f"bind {HOST}",
        f"port {settings.ports.redis}",
        f"requirepass {ensure_secret(settings, 'redis_password')}",
        f"dir {folder(settings) / 'redis'}",
        f"maxmemory {settings.memory.redis}mb",
        "maxmemory-policy noeviction",
        'save ""',
        "appendonly no",
        "daemonize no",
    ]
    write(folder(settings) / "redis" / "redis.conf", "\n".join(lines) + "\n")


def _prepare_entry_points(settings: Settings) -> None:
    """Say to importlib.metadata what ckanext-lumbung brings, as an installation would."""
    project = tomllib.loads((extension(settings) / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    information = folder(settings) / "plugins" / "ckanext_lumbung.dist-info"
    points = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {target}" for name, target in entries.items()))
    ]
    write(information / "METADATA", f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    write(information / "entry_points.txt", "\n".join(points) + "\n")
