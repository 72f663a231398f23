"""`make manifest`: the manifest is met exactly at seeds that nobody fixed beforehand.

Each run builds all sources anew from a drawn seed, carries them through extract, land and validate into a ledger of
its own, and prints per dataset and rule: rows injected, rows found, rows found beyond that. Errors are compared row by
row, warnings and duplicates by their counts. Then some days pass in which every file that may arrive half does: those
are held against the files that were refused or replaced. Exit 1 when a run differs anywhere. What came of it becomes
docs/manifest.md, unless only some systems were carried.

Usage: python -m tests.manifest --seeds 3 --scale 0.004 --scale 0.01
       python -m tests.manifest --seed 7 --scale 0.004 --system umkm --system desa
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from lumbung.declarations import load
from lumbung.ledger import Ledger
from lumbung.ops.quarantine import refused_rows
from lumbung.settings import Settings, settings
from lumbung.sources.drop.originals import inbox
from lumbung.stages.extract import extract
from lumbung.stages.land import land
from lumbung.stages.validate import next_landed, validate_batch
from lumbung.warehouse.session import session
from simulator import delivery
from simulator.advance import advance
from simulator.build import Plan, build
from simulator.server import State
from tests.integration.ledger_support import Database, fresh_ledger
from tests.manifest import comparison
from tests.manifest.table import Counted, Line, Result, render

SYSTEMS = tuple(load().systems)
PAGE = "manifest.md"
DAYS = 3
"""In which files arrive half; a day brings one of Covid cases at least."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every scale with as many seeds; 0 when all of them met their manifest, 2 when nothing could be run."""
    parser = argparse.ArgumentParser(prog="tests.manifest", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="seeds to draw (default 3)")
    parser.add_argument("--seed", type=int, action="append", help="this seed in place of drawn ones (repeatable)")
    parser.add_argument("--scale", type=float, action="append", help="scale of the sources (default 0.004 and 0.01)")
    parser.add_argument("--system", choices=SYSTEMS, action="append", help="only this system (repeatable)")
    options = parser.parse_args(arguments)
    if tables := curated_tables():
        say(f"the warehouse holds {len(tables)} curated tables, whose rows would count as known: start from nothing")
        return 2
    seeds = options.seed or [secrets.randbelow(10**6) for _ in range(options.seeds)]
    say(f"seeds: {' '.join(map(str, seeds))}")
    page = settings().state / "manifest" / PAGE  # make copies it to docs/, where this user may not write
    results: list[Result] = []
    for scale in options.scale or (0.004, 0.01):
        for seed in seeds:
            results.append(found := one_run(seed, scale, options.system or SYSTEMS))
            say(f"seed {seed} scale {scale}: {'DIFFERS' if found.other else 'met'} in {found.seconds:.0f} s")
            if not options.system:
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_text(render(results), encoding="utf-8")
    return 1 if any(one.other for one in results) else 0


def curated_tables() -> list[str]:
    """Curated tables of the engine's metastore; a run compares its rows with them."""
    spark = session("manifest")
    if not spark.catalog.databaseExists("curated"):
        return []
    return [row["tableName"] for row in spark.sql("SHOW TABLES IN curated").collect()]


def one_run(seed: int, scale: float, systems: Sequence[str]) -> Result:
    """Build, carry, compare and print."""
    place, started = settings(), time.monotonic()
    build(State.find(None), Plan(seed, scale), lambda line: None, force=True)
    manifest = said(place)
    with fresh_ledger("manifest") as (ledger, database), beside(place, database) as own:
        try:
            for system in systems:
                carry(ledger, system, f"manifest-{seed}-{scale}", own)
            lines = [line for system in systems for line in compared(ledger, manifest, system)]
            lines += half_files(ledger, [s for s in systems if load().systems[s].transport == "files"], own)
        finally:
            for folder in (place.warehouse, place.spool):
                shutil.rmtree(folder, ignore_errors=True)
    say(f"\nseed {seed} scale {scale} ({manifest['header']['rows_spoilt']} rows spoilt)")
    say(f"{'dataset':<34}{'rule':<32}{'severity':<11}{'injected':>9}{'found':>7}{'extra':>7}{'missing':>9}")
    for (dataset, rule, severity), wanted, found, extra, missing in lines:
        say(f"{dataset:<34}{rule:<32}{severity:<11}{wanted:>9}{found:>7}{extra:>7}{missing:>9}")
    return Result(seed, scale, manifest["header"]["rows_spoilt"], tuple(lines), time.monotonic() - started)


@contextmanager
def beside(place: Settings, database: Database) -> Iterator[Settings]:
    """The profile with a ledger of its own: dropped files are read by the list that the profile's ledger keeps."""
    secrets_folder = place.state / "manifest" / "secrets"
    shutil.rmtree(secrets_folder, ignore_errors=True)
    shutil.copytree(place.secrets, secrets_folder)
    try:
        (secrets_folder / "ledger_url").write_text(database.url("lumbung_app"), encoding="utf-8")
        yield place.model_copy(update={"secrets": secrets_folder})
    finally:
        shutil.rmtree(secrets_folder, ignore_errors=True)


def said(place: Settings) -> dict[str, Any]:
    """What the simulator says it did."""
    content: dict[str, Any] = json.loads((place.state / "simulator" / "manifest.json").read_text(encoding="utf-8"))
    return content


def half_files(ledger: Ledger, systems: Sequence[str], place: Settings) -> list[Counted]:
    """Per department that sends files: those that arrived half, those that were kept out, kept out beyond, let in."""
    for day in range(DAYS):
        with patch.object(delivery, "ONE_IN", 1):
            advance(State.find(None), 1, lambda line: None)
        for system in systems:
            if any(inbox(place, load().systems[system].connection).iterdir()):
                run = ledger.open_run(system, "manual", f"half-{day}-{system}", "manifest")
                extract(run.id, ledger=ledger, place=place)
                land(run.id, ledger=ledger, place=place)
    manifest, lines = said(place), []
    for system in systems:
        wanted = comparison.half_files(manifest, system)
        found = comparison.files_kept_out(ledger.files(system), manifest, system)
        if wanted or found:
            counts = (wanted, found, found - wanted, wanted - found)
            lines.append(((system, "berkas-rusak", "file"), *(rows.total() for rows in counts)))
    return lines  # type: ignore[return-value]


def carry(ledger: Ledger, system: str, trigger: str, place: Settings) -> None:
    """Extract, land and validate everything of a system once."""
    run = ledger.open_run(system, "manual", f"{trigger}-{system}", "manifest")
    extract(run.id, ledger=ledger, place=place)
    land(run.id, ledger=ledger, place=place)
    for dataset in load().of_system(system):
        batch = next_landed(ledger, dataset.id)
        if batch is None or not validate_batch(batch.id, ledger=ledger, spark=session("manifest")):
            raise RuntimeError(f"{dataset.id} was not validated in run {run.id}")


def compared(ledger: Ledger, manifest: dict[str, Any], system: str) -> list[Counted]:
    """Per dataset and rule: rows injected, found, found beyond, missing."""
    wanted = comparison.injected(manifest, system)
    found = comparison.refused(refused_rows(system, ledger=ledger), manifest)
    sums: dict[Line, list[int]] = {}
    for rows, at in ((wanted, 0), (found, 1), (found - wanted, 2), (wanted - found, 3)):
        for (dataset, rule, _), count in rows.items():
            sums.setdefault((dataset, rule, "error"), [0, 0, 0, 0])[at] += count
    counted: Counter[Line] = Counter()
    for batch in ledger.batches(system=system):
        counted[(batch.dataset, "", "duplicate")] += batch.duplicate or 0
        for rule in ledger.rule_counts(batch.id):
            if rule.severity == "warning":
                counted[(batch.dataset, rule.rule, "warning")] += rule.count
    meant: Counter[Line] = Counter()
    meant.update({(d, r, "warning"): n for (d, r), n in comparison.warned(manifest, system).items()})
    meant.update({(d, "", "duplicate"): n for d, n in comparison.copies(manifest, system).items()})
    for line in +counted | +meant:
        have, want = counted[line], meant[line]
        sums[line] = [want, have, max(have - want, 0), max(want - have, 0)]
    return [(line, *values) for line, values in sorted(sums.items())]  # type: ignore[misc]


def say(line: str) -> None:
    """One line, at once."""
    print(line, flush=True)


if __name__ == "__main__":
    if os.environ.get("LUMBUNG_PROFILE") != "test":
        sys.exit("the sources and the warehouse of the profile are rebuilt: only profile test may be used")
    os.environ.setdefault("LUMBUNG__WAREHOUSE", str(Path(settings().state / "manifest" / "warehouse")))
    os.environ.setdefault("LUMBUNG__SPOOL", str(Path(settings().state / "manifest" / "spool")))
    settings.cache_clear()
    sys.exit(main())
