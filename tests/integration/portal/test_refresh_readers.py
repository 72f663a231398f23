"""Readers who poll while the content alternates see one generation or the other, whole."""

import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.integration.portal.desk import Content, Desk, rows_of

FIRST, SECOND = Content("ganjil", 300), Content("genap", 450)
# More rows than core's dump reads at once (32,000): there it mixes generations.
LONG_FIRST, LONG_SECOND = Content("panjang", 40_000), Content("lebih-panjang", 45_000)
REFRESHES, LONG_REFRESHES = 12, 4
GENERATIONS = {content.generation: content for content in (FIRST, SECOND, LONG_FIRST, LONG_SECOND)}
VERSIONS = {content.version: content for content in GENERATIONS.values()}


def _judge(seen: set[str], rows: int) -> str:
    if not rows:
        return "empty"
    if len(seen) != 1:
        return "mixed"
    return "whole" if GENERATIONS[seen.pop()].rows == rows else "partial"


def _search(desk: Desk) -> str:
    total, records = desk.search()
    verdict = _judge({record["generasi"] for record in records}, len(records))
    return verdict if total == len(records) or verdict != "whole" else "total of another generation"


def _dump(desk: Desk) -> str:
    answer = desk.dump()
    rows = rows_of(answer.text)
    verdict = _judge({row["generasi"] for row in rows}, len(rows))
    if verdict == "whole" and VERSIONS[answer.headers["X-Lumbung-Version"]].rows != len(rows):
        return "version of another generation"
    return verdict


def _dump_json(desk: Desk) -> str:
    records = desk.dump(format="json").json()["records"]
    return _judge({record[2] if isinstance(record, list) else record["generasi"] for record in records}, len(records))


def _file(desk: Desk) -> str:
    answer = desk.latest()
    content = VERSIONS[answer.headers["X-Lumbung-Version"]]
    return "whole" if answer.content == content.body else "mixed"


def _metadata(desk: Desk) -> str:
    resource = desk.http.get("/api/3/action/resource_show", params={"id": desk.resource_id}).json()["result"]
    content = VERSIONS[resource["versi"]]
    whole = (resource["sha256"], resource["jumlah_baris"]) == (content.sha256, str(content.rows))
    return "whole" if whole and resource["url"].endswith(f"/{content.version}.csv") else "mixed"


READERS: dict[str, Callable[[Desk], str]] = {
    "search": _search, "dump": _dump, "dump json": _dump_json, "file": _file, "metadata": _metadata,
}  # fmt: skip


def _verdicts(
    desk: Desk, readers: dict[str, Callable[[Desk], str]], contents: tuple[Content, Content], refreshes: int
) -> Counter[tuple[str, str]]:
    """How often each reader saw what, while the contents alternate."""
    desk.refresh(contents[1])
    verdicts: Counter[tuple[str, str]] = Counter()
    over, guard = threading.Event(), threading.Lock()

    def read(name: str) -> None:
        while not over.is_set():
            try:
                verdict = readers[name](desk)
            except Exception as error:  # whatever goes wrong for a reader is what this test looks for
                verdict = f"{type(error).__name__}: {error}"
            with guard:
                verdicts[name, verdict] += 1
            time.sleep(0.05)  # a reader's pace, not a wait for anything

    threads = [threading.Thread(target=read, args=(name,)) for name in readers]
    for thread in threads:
        thread.start()
    try:
        for number in range(refreshes):
            assert not desk.refresh(contents[number % 2])["unchanged"]
    finally:
        over.set()
        for thread in threads:
            thread.join()
    print(dict(verdicts))
    return verdicts


def test_readers_see_old_or_new(desk: Desk) -> None:
    verdicts = _verdicts(desk, READERS, (FIRST, SECOND), REFRESHES)
    assert {verdict for _, verdict in verdicts} == {"whole"}, verdicts
    assert all(verdicts[name, "whole"] >= REFRESHES for name in READERS), verdicts
    desk.holds(SECOND)


def test_long_downloads_are_one_generation(desk: Desk) -> None:
    readers = {"dump": _dump, "dump json": _dump_json}
    verdicts = _verdicts(desk, readers, (LONG_FIRST, LONG_SECOND), LONG_REFRESHES)
    assert {verdict for _, verdict in verdicts} == {"whole"}, verdicts
    assert all(verdicts[name, "whole"] for name in readers), verdicts
