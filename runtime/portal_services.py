"""The portal's services: Solr, Redis, CKAN behind gunicorn, and CKAN's job worker."""

from pathlib import Path

from lumbung.settings import HOST, Settings
from runtime.files import jars, java_home
from runtime.portal_configuration import ckan_environment, environment, extension, folder, ini, prepare
from runtime.portal_database import initialise
from runtime.portal_health import ckan_health, redis_health, solr_health, worker_health
from runtime.service import Service

THREADS = 8
# Longer than clients keep an idle connection: whoever closes first while the other speaks resets it.
KEEP_ALIVE_SECONDS = 75


def services(settings: Settings) -> list[Service]:
    """Solr, Redis, CKAN and its worker, in the order of their starting."""
    return [_solr(settings), _redis(settings), _web(settings), _worker(settings)]


def _solr(settings: Settings) -> Service:
    home, runtime = folder(settings), settings.root / "runtime" / "portal"
    properties = {
        "solr.solr.home": home / "solr",
        "jetty.host": HOST,
        "jetty.port": settings.ports.solr,
        "java.io.tmpdir": home / "tmp",
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
        ],
        health=lambda: solr_health(settings),
        log=settings.logs / "solr.log",
        cwd=home,
        memory_mb=settings.memory.solr + 150,
        ports={"solr": settings.ports.solr},
        config=(runtime / "jetty.xml", runtime / "solrconfig.xml"),
    )


def _redis(settings: Settings) -> Service:
    configuration = folder(settings) / "redis" / "redis.conf"
    return Service(
        name="redis",
        command=[str(environment(settings) / "bin" / "redis-server"), str(configuration)],
        health=lambda: redis_health(settings),
        log=settings.logs / "redis.log",
        cwd=folder(settings),
        memory_mb=settings.memory.redis,
        ports={"redis": settings.ports.redis},
        config=(configuration,),
    )


def _watched(settings: Settings) -> tuple[Path, ...]:
    """Files whose change wants CKAN started again: its configuration and the extension."""
    code = sorted(file for file in extension(settings).rglob("*") if file.is_file() and file.suffix != ".pyc")
    return (ini(settings), settings.root / "portal" / "config" / "licenses.json", *code)


def _web(settings: Settings) -> Service:
    """One worker process bounds the memory; its threads answer side by side."""
    home, runtime = folder(settings), settings.root / "runtime" / "portal"
    return Service(
        name="ckan",
        command=[
            str(environment(settings) / "bin" / "gunicorn"),
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
            "--keep-alive",
            str(KEEP_ALIVE_SECONDS),
            "--graceful-timeout",
            "15",
            "--worker-tmp-dir",
            str(home / "tmp"),
            "--no-control-socket",
            "--pid",
            str(home / "gunicorn.pid"),
            "--chdir",
            str(runtime),
            "wsgi:application",
        ],
        env=ckan_environment(settings),
        health=lambda: ckan_health(settings),
        log=settings.logs / "ckan.log",
        cwd=home,
        memory_mb=settings.memory.ckan,
        after=("postgresql", "solr", "redis"),
        ports={"ckan": settings.ports.ckan},
        config=_watched(settings),
        stop_seconds=30,
    )


def _worker(settings: Settings) -> Service:
    return Service(
        name="ckan-worker",
        command=[str(environment(settings) / "bin" / "ckan"), "-c", str(ini(settings)), "jobs", "worker"],
        env=ckan_environment(settings),
        health=lambda: worker_health(settings),
        log=settings.logs / "ckan-worker.log",
        cwd=folder(settings),
        memory_mb=settings.memory.ckan // 2,
        after=("postgresql", "redis"),
        config=_watched(settings),
    )


__all__ = ["initialise", "prepare", "services"]
