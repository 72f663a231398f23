"""Whether the portal's services do their work: a query, a page, a heartbeat. Standard library only."""

import json
import socket
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

from lumbung.settings import HOST, Settings
from runtime.service import Unhealthy

ANSWER_SECONDS = 10
# rq renews a waiting worker's heartbeat before its queue timeout (420 s) ends.
HEARTBEAT_LIMIT = timedelta(minutes=10)


def _json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - our own http address
        return json.load(answer)


def solr_health(settings: Settings) -> None:
    """A query on the core answers. Raises Unhealthy or OSError."""
    url = f"http://{HOST}:{settings.ports.solr}/solr/ckan/select?q=*:*&rows=0&wt=json"
    if "numFound" not in _json(url).get("response", {}):
        raise Unhealthy(f"Solr answered {url} without a result")


def ckan_health(settings: Settings) -> None:
    """A search through CKAN answers, so its database and Solr do too. Raises Unhealthy or OSError."""
    url = f"{settings.ckan_url}/api/3/action/package_search?rows=0"
    if not _json(url).get("success"):
        raise Unhealthy(f"CKAN answered {url} without success")


def _redis(settings: Settings, *commands: tuple[str, ...]) -> list[Any]:
    """Send commands to Redis (after the password) and return their answers."""
    with socket.create_connection((HOST, settings.ports.redis), timeout=ANSWER_SECONDS) as connection:
        stream = connection.makefile("rwb")
        for command in (("AUTH", settings.secret("redis_password")), *commands):
            stream.write(b"*%d\r\n" % len(command))
            for part in command:
                stream.write(b"$%d\r\n%s\r\n" % (len(part.encode()), part.encode()))
        stream.flush()
        return [_redis_answer(stream) for _ in range(len(commands) + 1)][1:]


def _redis_answer(stream: Any) -> Any:
    line = stream.readline().rstrip(b"\r\n").decode()
    kind, rest = line[:1], line[1:]
    if kind == "-" or not kind:
        raise Unhealthy(f"Redis answered: {rest or 'nothing'}")
    if kind == "$":
        return None if rest == "-1" else stream.read(int(rest) + 2)[:-2].decode(errors="replace")
    if kind == "*":
        return [_redis_answer(stream) for _ in range(int(rest))]
    return rest


def redis_health(settings: Settings) -> None:
    """Redis answers PING under its password. Raises Unhealthy or OSError."""
    if _redis(settings, ("PING",)) != ["PONG"]:
        raise Unhealthy("Redis did not answer PING")


def worker_health(settings: Settings) -> None:
    """A job worker is registered and its heartbeat is fresh. Raises Unhealthy or OSError."""
    (workers,) = _redis(settings, ("SMEMBERS", "rq:workers"))
    beats = _redis(settings, *(("HGET", worker, "last_heartbeat") for worker in workers)) if workers else []
    now = datetime.now(UTC)
    if not any(beat and now - datetime.fromisoformat(beat) < HEARTBEAT_LIMIT for beat in beats):
        raise Unhealthy("no job worker with a fresh heartbeat is registered in Redis")
