"""kill -9 of CKAN's worker in mid-refresh: the old content or the whole new one; the next call completes."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lumbung.settings import HOST
from tests.integration.portal.desk import Content, Desk, wait_for

OLD = Content("sebelum", 30)
NEW = Content("sesudah", 60)
LARGE = Content("besar", 150_000)


@contextmanager
def _in_background(desk: Desk, content: Content) -> Iterator[list[BaseException]]:
    """Refresh in a thread whose failure (the worker dies) is collected."""
    failures: list[BaseException] = []

    def call() -> None:
        try:
            desk.refresh(content)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    yield failures
    thread.join(timeout=120)
    assert not thread.is_alive()


def _kill_worker(desk: Desk) -> None:
    """kill -9 and wait until another worker answers."""
    (worker,) = desk.workers()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: [pid for pid in desk.workers() if pid != worker] and desk.answers(), "a new worker answers")


def _refresh_backends(desk: Desk) -> list[str]:
    """What backends of the refresh are doing, as the role that runs them sees it."""
    with desk.database("datastore_write", "datastore") as connection:
        rows = connection.execute(
            "SELECT query FROM pg_stat_activity WHERE usename = 'datastore_write' AND pid <> pg_backend_pid() "
            "AND state <> 'idle'"
        ).fetchall()
    return [row[0] for row in rows]


@pytest.fixture
def old(desk: Desk) -> Content:
    desk.refresh(OLD)
    return OLD


def _completed(desk: Desk, content: Content) -> dict[str, Any]:
    done = desk.refresh(content)
    desk.holds(content) if content.rows <= 32_000 else _large_holds(desk, content)
    assert desk.refresh(content)["unchanged"]
    return done


def _large_holds(desk: Desk, content: Content) -> None:
    assert desk.versions()["consistent"]
    assert desk.dump().content.count(b"\n") == content.rows + 1


def test_killed_while_loading(desk: Desk, old: Content) -> None:
    with _in_background(desk, LARGE) as failures:
        wait_for(lambda: any("_stg_" in query or "_raw_" in query for query in _refresh_backends(desk)), "loading")
        _kill_worker(desk)
    assert failures
    desk.holds(old)
    assert not _completed(desk, LARGE)["completed_earlier"]


def test_killed_while_waiting_for_the_switch(desk: Desk, old: Content) -> None:
    with desk.database("datastore_read", "datastore") as reader:
        reader.execute(f'LOCK TABLE "{desk.resource_id}" IN ACCESS SHARE MODE')  # a reader that takes its time
        with _in_background(desk, NEW) as failures:
            wait_for(lambda: any(q.startswith("LOCK TABLE") for q in _refresh_backends(desk)), "waits for the lock")
            _kill_worker(desk)
    assert failures
    desk.holds(old)
    assert not _completed(desk, NEW)["completed_earlier"]


def test_killed_between_table_and_pointer(desk: Desk, old: Content) -> None:
    package_id = desk.ckan.action.package_show(id=desk.dataset)["id"]
    with desk.database("ckan", "ckan") as blocker:
        blocker.execute("SELECT id FROM package WHERE id = %s FOR UPDATE", (package_id,))  # holds the pointer back
        with _in_background(desk, NEW) as failures:
            wait_for(lambda: (desk.versions()["table"] or {}).get("version") == NEW.version, "the table is switched")
            _kill_worker(desk)
    assert failures
    told = desk.versions()
    assert not told["consistent"]
    assert told["metadata"]["version"] == old.version
    assert {told["table"]["version"], told["file"]["version"]} == {NEW.version}
    total, records = desk.search()
    assert (total, {record["generasi"] for record in records}) == (NEW.rows, {NEW.generation})
    before = desk.activities()
    assert _completed(desk, NEW)["completed_earlier"]
    assert len(desk.activities()) == len(before) + 1


def test_a_second_refresh_at_once_is_told_to_wait(desk: Desk, old: Content) -> None:
    from ckanapi import ValidationError

    with desk.database("datastore_write", "datastore") as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (f"lumbung:{desk.resource_id}",))
        with pytest.raises(ValidationError) as refused:
            desk.refresh(NEW)
        assert "resource_id" in refused.value.error_dict
    desk.holds(old)


def test_a_stale_leftover_does_no_harm(desk: Desk, old: Content) -> None:
    """What a killed call of an older release left behind goes with the next refresh."""
    with desk.database("datastore_write", "datastore") as connection:
        for prefix in ("_raw_", "_stg_", "_old_"):
            connection.execute(f'CREATE TABLE "{prefix}{desk.resource_id}" (x int)')
    _completed(desk, NEW)


def test_the_portal_listens_on_loopback_only(desk: Desk) -> None:
    ports = {desk.settings.ports.ckan, desk.settings.ports.solr, desk.settings.ports.redis}
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, port = local.rsplit(":", 1)
            if state == "0A" and int(port, 16) in ports:
                listening.append(address)
    loopback = "".join(f"{int(part):02X}" for part in reversed(HOST.split(".")))
    assert len(listening) >= len(ports)
    assert all(address in (loopback, "0000000000000000FFFF0000" + loopback) for address in listening), listening
