"""`python -m benchmarks.b7_full [--scales 0.25 0.5 1.0]`: `make bench-full`. Hours at scale 1.0; one scale is one file.

Per scale, in the profile `bench`, from nothing: build the sources, then through Airflow as in life
  live      SIAK without its closed semesters; SISMIOP with the newest tax year only (the others are put aside first)
  history   the closed semesters; the other tax years, back in their tables
  increment as many days as bring at least --increment changed rows, but none beyond the day before the next year's
            assessments are issued (they alone are more rows than that), then one run of each system
  unchanged one run of each system after which nothing has changed
Every step is one `lumbung run`, from its trigger to the last publication. The stages' shares come from the ledger.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.b7_full.shares import shares
from benchmarks.b7_full.watch import Watch
from benchmarks.harness import continue_as_user, say, versions, write
from lumbung.declarations import load as declarations
from lumbung.ledger import Ledger
from lumbung.settings import PROFILE_VARIABLE, ROOT, Settings, load
from runtime import lifecycle
from simulator.assessment import issue_day

PROFILE = "bench"
HERE = Path(__file__).parent
HISTORY = {"siak": ("biodata_wni_dkb",)}
YEARLY = ("pembayaran_sppt", "pembatalan_sppt", "sppt")
DAYS_AT_ONCE = 5
LONGEST_S = 4 * 3600
PACKAGES = ("apache-airflow-core", "pyspark", "great-expectations", "pyarrow", "psycopg")


def main() -> int:
    """Exit code 0: every scale ran to its end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.b7_full", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--scales", type=float, nargs="+", default=[0.25, 0.5, 1.0], help="1.0 = 2.1 M residents")
    parser.add_argument("--increment", type=int, default=50_000, help="changed rows of the increment, at least")
    options = parser.parse_args()
    continue_as_user(PROFILE, "benchmarks.b7_full", sys.argv[1:])
    os.environ[PROFILE_VARIABLE] = PROFILE
    profile = load(PROFILE)
    for scale in options.scales:
        try:
            one_scale(profile, scale, options.increment)
        finally:
            lifecycle.down(profile, say)
    return 0


def one_scale(profile: Settings, scale: float, increment: int) -> None:
    """All steps at one scale; rows, seconds, memory and shares of each are written as soon as they are known."""
    say(f"== scale {scale:g}: fresh services")
    lifecycle.fresh(profile, say)
    body: dict[str, Any] = {"scale": scale, "versions": versions(PACKAGES, Path(sys.executable)), "steps": []}

    def go(what: str, system: str, datasets: Sequence[str] | None) -> None:
        body["steps"].append(step(profile, what, system, datasets))
        write(f"b7_full_{scale:g}", body)

    started = monotonic()
    _lumbung("simulate", "build", "--scale", str(scale))
    body["build_s"] = round(monotonic() - started, 1)
    _source(profile, "put_aside.sql")
    for system in ("siak", "sismiop"):
        go(f"{system} live", system, live(system))
    _source(profile, "bring_back.sql")
    go("siak history", "siak", list(HISTORY["siak"]))
    go("sismiop history", "sismiop", list(YEARLY))
    body["increment_days"] = advance(profile, increment)
    for what in ("increment", "unchanged"):
        for system in ("siak", "sismiop"):
            go(f"{system} {what}", system, None)


def live(system: str) -> list[str] | None:
    """The datasets of a live run; None: all of them."""
    history = HISTORY.get(system, ())
    names = [dataset.name for dataset in declarations().of_system(system)]
    return [name for name in names if name not in history] if history else None


def step(profile: Settings, what: str, system: str, datasets: Sequence[str] | None) -> dict[str, Any]:
    """One run, measured from outside; its rows and shares from the ledger."""
    say(f"-- {what}")
    chosen = [part for name in datasets or () for part in ("--dataset", name)]
    with Watch(profile) as watch:
        _lumbung("run", system, "--timeout", str(LONGEST_S), *chosen)
    ledger = Ledger.connect()
    try:
        newest = ledger.runs(system, limit=1)[0]
        passes = [one for one in ledger.marts_runs() if one.covers.get(system, 0) >= newest.seq]
        found = shares(newest, ledger.batches(run_id=newest.id), passes)
    finally:
        ledger.close()
    between = round(watch.wall_s - sum(found["stages_s"].values()), 1)
    result = {"step": what, "wall_s": round(watch.wall_s, 1), "between_s": between, "peak_mb": watch.peak_mb, **found}
    say(
        f"   {result['wall_s']:.0f} s ({between:.0f} of it between the stages), {result['received']:,} rows received, "
        f"{result['accepted']:,} accepted, whole stack {watch.peak_mb:,} MB at most"
    )
    return result


def advance(profile: Settings, wanted: int) -> int:
    """Let days pass until that many rows are newer than the watermarks of their datasets, at most until the day
    before assessments are issued; how many days.
    """
    days = 0
    while changed(profile) < wanted and (left := _until_issue(profile)) > 0:
        now = min(DAYS_AT_ONCE, left)
        _lumbung("simulate", "advance", "--days", str(now))
        days += now
    return days


def _until_issue(profile: Settings) -> int:
    """Days of the sources' calendar until the day before this year's assessments are issued."""
    with psycopg.connect(profile.source_url("sismiop")) as connection:
        row = connection.execute("SELECT public.jam_sistem()::date").fetchone()
    today: date = row[0] if row else date.max
    return issue_day(today.year) - 1 - (today - date(1970, 1, 1)).days


def changed(profile: Settings) -> int:
    """Rows of cursor tables that lie beyond their watermark."""
    ledger = Ledger.connect()
    total = 0
    try:
        for dataset in declarations().datasets.values():
            mark = ledger.watermark(dataset.id)
            if not dataset.cursor or mark is None:
                continue
            query = sql.SQL("SELECT count(*) FROM {} WHERE coalesce({}) > (%s AT TIME ZONE %s)").format(
                sql.Identifier(*dataset.source_table.split(".")),
                sql.SQL(", ").join(map(sql.Identifier, dataset.cursor)),
            )
            with psycopg.connect(profile.source_url(dataset.system)) as connection:
                row = connection.execute(query, (mark, declarations().systems[dataset.system].timezone)).fetchone()
                total += row[0] if row else 0
    finally:
        ledger.close()
    say(f"   {total:,} rows changed at the sources")
    return total


def _source(profile: Settings, file: str) -> None:
    """Run a file of statements in SISMIOP's database, all or nothing."""
    with psycopg.connect(profile.source_admin_url("sismiop")) as connection:
        connection.execute((HERE / file).read_bytes())


def _lumbung(*command: str) -> None:
    subprocess.run([sys.executable, "-m", "lumbung.cli", *command], cwd=ROOT, stdin=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    sys.exit(main())
