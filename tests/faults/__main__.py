"""`make faults`: strike every stage at every point with every fault, with seeds, and check that nothing is lost."""

from __future__ import annotations

import argparse
import logging
import math
import os
import sys
import time
from contextlib import AbstractContextManager
from random import SystemRandom

os.environ.setdefault("LUMBUNG_PROFILE", "test")  # before any setting is read

from lumbung.settings import ROOT, settings
from runtime import lifecycle, privilege
from tests.faults.catalogue import Fault, faults
from tests.faults.driver import GROUPS, Book, Group, drive, passes
from tests.faults.site import Site, fresh_site
from tests.faults.table import write

SERVICES = {
    "berkas": ("postgresql", "sources"),
    "gudang": ("postgresql", "sources", "metastore", "engine"),
    "portal": ("postgresql", "sources", "metastore", "engine", "ckan"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make faults ARGS=…", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="runs per kill point; others in their share (10)")
    parser.add_argument("--only", default="", help="faults whose name contains one of these; adds to the page")
    parser.add_argument("--group", default="", help="only these groups: berkas,gudang,portal; adds to the page")
    parser.add_argument("--seed", type=int, help="the drive's seed, to repeat it (default: drawn)")
    parser.add_argument("--day", type=int, help="only the pass of this day, for repeating one")
    parser.add_argument("--resume", action="store_true", help="strike what is left: never struck, or not hit")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no pass after so many minutes")
    parser.add_argument("--list", action="store_true", help="names of the faults, and end")
    return parser


def _say(line: str) -> None:
    print(line, flush=True)


def _site(group: Group) -> AbstractContextManager[Site]:
    name = f"gangguan_{group.name}"
    return fresh_site(name, settings().state / "faults" / group.name, group.stages)


def _chosen(only: str) -> list[Fault]:
    words = [word for word in only.split(",") if word]
    return [fault for fault in faults() if not words or any(word in fault.name for word in words)]


def main() -> int:
    """Exit code 0: nothing broke; 1: something did, named above with the command that repeats it; 130: interrupted."""
    options = _parser().parse_args()
    profile = settings()
    if options.list:
        _say("\n".join(fault.name for fault in faults()))
        return 0
    privilege.continue_as_user(ROOT, profile.profile, [sys.executable, "-m", "tests.faults", *sys.argv[1:]])
    privilege.prepare_state(ROOT, profile.profile)
    os.umask(privilege.STATE_MASK)
    logging.getLogger("thrift").setLevel(logging.CRITICAL)  # a refused connection is an answer, not news
    # what repeats a pass is no result; a drive of a part adds to the results that are there
    name = "results.jsonl" if options.day is None else "repeated.jsonl"
    book = Book(profile.state / "faults" / name, keep=bool(options.resume or options.only or options.group))
    page = book.path.with_name("faults.md")  # make copies it to docs/, where this user may not write
    page.unlink(missing_ok=True)
    seed = options.seed if options.seed is not None else SystemRandom().getrandbits(32)
    _say(f"benih / seed {seed}")
    whole, interrupted = True, False
    until = time.monotonic() + 60 * options.minutes
    try:
        for group in GROUPS:
            if options.group and group.name not in options.group.split(","):
                continue
            whole &= _drive(group, options, seed, book, until)
    except KeyboardInterrupt:
        interrupted = True
        _say("dihentikan / interrupted; lanjutkan dengan / go on with: make faults ARGS=--resume")
    finally:
        if os.environ.get("LUMBUNG_TEST_KEEP") != "1":
            lifecycle.down(profile, lambda _: None)
    if options.day is None:
        write(book.read(), page)
    return 130 if interrupted else 0 if whole else 1


def _drive(group: Group, options: argparse.Namespace, seed: int, book: Book, until: float) -> bool:
    chosen = _chosen(options.only)
    if options.day is not None:
        from tests.faults.driver import Pass

        todo = [Pass(group.name, options.day, seed, tuple(f for f in chosen if f.stage in group.struck))]
        if not todo[0].faults:
            return True
    else:
        todo = passes(group, chosen, options.seeds, seed, book.done() if options.resume else {})
    if not todo:
        return True
    lifecycle.up(settings(), _say, SERVICES[group.name])
    return drive(group, todo, book, _site, _say, until=until)


if __name__ == "__main__":
    sys.exit(main())
