"""A sample of `make faults`: a few passes with a drawn seed; and what the drive found, each told again step by step."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import SystemRandom

import pytest

from lumbung import storage
from tests.faults import checks
from tests.faults.acts import MISSED, take_locks_away
from tests.faults.catalogue import Fault, faults
from tests.faults.driver import GROUPS, Eyes, Group, Pass, day, run_pass
from tests.faults.site import Site, fresh_site

SLOW = ("restart", "half-open", "killed", "paused", "metastore", "small-files:land")
"""Faults that take long or touch services that other tests of this session hold on to: only in `make faults`."""
FILES, WAREHOUSE, PORTAL = GROUPS


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with fresh_site("contoh_berkas", tmp_path_factory.mktemp("berkas") / "state", FILES.stages) as site:
        yield site


def sample(group_stages: tuple[str, ...], passes: int) -> list[tuple[Fault, ...]]:
    """For each pass one fault per stage, drawn."""
    chance = SystemRandom()
    known = [fault for fault in faults() if not any(word in fault.name for word in SLOW)]
    by_stage = {stage: [fault for fault in known if fault.stage == stage] for stage in group_stages}
    return [tuple(chance.choice(of) for of in by_stage.values()) for _ in range(passes)]


def test_files_struck_by_chance(files: Site) -> None:
    struck_by_chance(FILES, files, 5)


@pytest.mark.parametrize("group", [WAREHOUSE, PORTAL], ids=["warehouse", "portal"])
def test_struck_by_chance(tmp_path: Path, group: Group) -> None:
    with fresh_site(f"contoh_{group.name}", tmp_path / "state", group.stages) as site:
        struck_by_chance(group, site, 1)


def struck_by_chance(group: Group, site: Site, passes: int) -> None:
    """So many passes, and up to three more until a fault met its task; none may break anything."""
    seed, hit = SystemRandom().getrandbits(32), 0
    with Eyes(group, site) as eyes:
        for number, struck in enumerate(sample(group.struck, passes + 3)):
            results = run_pass(site, group, Pass(group.name, number, seed, struck), eyes)
            print(seed, number, [(result.fault, result.became) for result in results])
            assert results[0].problems == [], f"--seed {seed} --day {number}"
            hit += sum(result.became != MISSED for result in results)
            if hit and number + 1 >= passes:
                return
    assert hit, f"no fault met its task: --seed {seed}"


def test_a_frozen_extract_that_was_overtaken_records_nothing(files: Site) -> None:
    """It read at 10:00 and lost its lock; another attempt pins 13:00; what came in between must not count as read."""
    day(files, Pass(FILES.name, 0, 1, ()))
    run = files.open("manual", "beku")
    frozen = files.begin("extract", run, "extract:dataset-spooled=stop@2")
    assert frozen.stands_still()
    take_locks_away(files)
    files.source.turn_clock(timedelta(hours=3))
    with files.source.connect() as department:
        department.execute("UPDATE layanan SET loket = 9, diubah = (SELECT sekarang FROM jam) WHERE id = 1")
    second = files.begin("extract", run, "extract:batches-opened=stop")
    assert second.stands_still()
    frozen.signal(signal.SIGCONT)
    assert frozen.ended() == 1
    assert "lock 'extract:uji' was lost" in frozen.said()
    assert files.ledger.run(run.id).extracted_at is None
    second.signal(signal.SIGCONT)
    assert second.ended() == 0
    files.do("land", run)
    assert checks.broken(files, checks.acknowledged, checks.landed) == []


@pytest.mark.parametrize(
    ("lie", "seen"),
    [
        pytest.param("changed", "is not the one that was written", id="a raw file was changed"),
        pytest.param("lost", "is missing", id="a raw file was lost"),
        pytest.param("spool", "left in the spool", id="something lies in the spool"),
        pytest.param("unread", "are in no batch", id="rows count as read and were not"),
    ],
)
def test_the_checks_see_a_lie(files: Site, lie: str, seen: str) -> None:
    day(files, Pass(FILES.name, 0, 1, ()))
    run = files.open("manual", f"bohong {lie}")
    for stage in FILES.stages:
        files.do(stage, run)
    assert checks.broken(files, checks.acknowledged, checks.landed) == []
    (batch,) = (b for b in files.ledger.batches(run_id=run.id) if b.dataset == "uji.layanan")
    data = Path(batch.raw_path or "") / storage.DATA_FILE
    content, left = data.read_bytes(), files.place.spool / "uji-999999"
    try:
        if lie == "changed":
            data.write_bytes(content[:-1] + b"x")
        elif lie == "lost":
            data.unlink()
        elif lie == "spool":
            left.mkdir(parents=True)
        else:
            with files.source.connect() as department:
                department.execute("INSERT INTO layanan SELECT 9999, 'P00001', 1, 1, 1, sekarang FROM jam")
        look = checks.acknowledged if lie in ("changed", "lost") else checks.landed
        found = checks.broken(files, look)
        assert any(seen in problem for problem in found), found
    finally:
        data.write_bytes(content)
        storage.remove_directory(left)
        with files.source.connect() as department:
            department.execute("DELETE FROM layanan WHERE id = 9999")
