"""Every fault by name: which task it strikes, how often in relation to the others, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import lumbung
from tests.faults import acts
from tests.faults.proxy import TROUBLES

PRODUCT: Final = Path(lumbung.__file__).parent
CHEAP: Final = ("extract", "land")
ENGINE: Final = ("validate", "conform", "mart")
PORTAL: Final = ("publish",)
BYTES: Final = {
    "source": 5_000, "ledger": 3_000, "connect": 30_000, "portal": 30_000, "metastore": 5_000, "hiveserver2": 3_000,
}  # fmt: skip
"""How much goes to the client over one connection of a task, roughly: trouble begins somewhere in it."""


@dataclass(frozen=True)
class Fault:
    """A fault. `share`: runs in relation to those of the kill points; costly or rarely hit ones get fewer."""

    name: str
    kind: str
    stage: str
    act: acts.Act
    share: float = 1.0

    @property
    def restating(self) -> bool:
        """Whether it strikes what only happens when statuses of unchanged rows have to be restated."""
        return ":conform:restate" in self.name


@cache
def points(stage: str) -> tuple[str, ...]:
    """The points of a stage, read from the product's source: a new one is struck without being listed here."""
    found = {
        name
        for path in sorted(PRODUCT.rglob("*.py"))
        for name in re.findall(r'\bpoint\("([a-z]+:[a-z-]+)"\)', path.read_text(encoding="utf-8"))
    }
    return tuple(sorted(name for name in found if name.startswith(f"{stage}:")))


@cache
def faults() -> tuple[Fault, ...]:
    """All faults, stage by stage."""
    return tuple(fault for stage in (*CHEAP, *ENGINE, *PORTAL) for fault in _of(stage))


def _of(stage: str) -> list[Fault]:
    found = [Fault(f"kill:{point}", "kill -9", stage, acts.killed(point)) for point in points(stage)]
    here = tuple(point for point in points(stage) if not point.startswith("conform:restate"))  # passed by every task

    def add(name: str, kind: str, act: acts.Act, share: float = 0.4) -> None:
        found.append(Fault(f"{name}:{stage}", kind, stage, act, share))

    for trouble in TROUBLES:
        for door in ("source",) if stage == "extract" else ():
            add(f"{door}-{trouble}", f"jaringan: {trouble}", acts.through_proxy(door, trouble, BYTES[door]))
        add(f"ledger-{trouble}", f"jaringan: {trouble}", acts.through_proxy("ledger", trouble, BYTES["ledger"]))
        for door in ("connect",) if stage in ENGINE else ("portal",) if stage in PORTAL else ():
            add(f"{door}-{trouble}", f"jaringan: {trouble}", acts.through_proxy(door, trouble, BYTES[door]))
        if stage in ENGINE:
            act = acts.metastore_through_proxy(trouble, BYTES["metastore"])
            add(f"metastore-{trouble}", f"jaringan: {trouble}", act, 0.2)
        if stage in ("conform", "mart"):
            act = acts.reader_through_proxy(trouble, BYTES["hiveserver2"])
            add(f"reader-{trouble}", f"jaringan: {trouble}", act, 0.2)
    add("ledger-restart", "PostgreSQL dinyalakan ulang", acts.server_bounced("postgresql", here))
    act = acts.server_bounced_at_work("postgresql", "ledger", BYTES["ledger"])
    add("ledger-restart-at-work", "PostgreSQL dinyalakan ulang", act, 0.2)
    add("twice", "dua penjadwal", acts.twice_at_once(here, other_trigger=stage in ("mart", "publish")))
    add("overtaken", "dua penjadwal, kunci hilang", acts.overtaken(here, stage in ("mart", "publish")), 1.0)
    add("repeated", "kejadian ganda", acts.repeated)
    if stage == "mart":
        add("lost", "kejadian hilang", acts.lost, 1.0)
    if stage != "publish":
        add("too-early", "urutan terbalik", acts.too_early)
    add("own-clock", "jam pekerja ±10 menit", acts.own_clock_wrong(here[-1]))
    if stage in CHEAP:
        add("small-files", "disk penuh", acts.small_files, 1.0)
        for point in here:
            found.append(Fault(f"full:{point}", "disk penuh", stage, acts.no_room(point), 0.4))
    if stage == "extract":
        add("source-restart", "PostgreSQL dinyalakan ulang", acts.server_bounced("sources", here))
        act = acts.server_bounced_at_work("sources", "source", BYTES["source"])
        add("source-restart-at-work", "PostgreSQL dinyalakan ulang", act)
        add("source-clock", "jam sumber ±10 menit", acts.source_clock_jumps(here), 1.0)
        add("source-changes", "sumber berubah di antara percobaan", acts.source_changes(here), 1.0)
    if stage in ENGINE:
        add("engine-full", "disk penuh", acts.service_without_room("engine", 9_000), 1.0)
        add("engine-paused", "layanan diam", acts.service_paused("engine", here))
        add("engine-killed", "layanan mati", acts.service_killed("engine", here), 0.2)
        add("metastore-paused", "layanan diam", acts.service_paused("metastore", here))
        add("metastore-killed", "layanan mati", acts.service_killed("metastore", here), 0.2)
    if stage == "conform":
        add("beside-mart", "urutan terbalik", acts.beside("mart", here))
    if stage in PORTAL:
        add("portal-full", "disk penuh", acts.service_without_room("ckan", 200), 1.0)  # the file has about 250 bytes
        add("portal-killed", "layanan mati", acts.service_killed("ckan", here))
        add("portal-paused", "layanan diam", acts.service_paused("ckan", here))
    return found
