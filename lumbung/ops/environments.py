"""The two environments against their locks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import distributions
from pathlib import Path

from lumbung.ops.findings import Finding
from lumbung.settings import ROOT

NAMES = ("platform", "portal")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def environments(root: Path = ROOT) -> Iterator[Finding]:
    """One finding per environment. Read from its folder, so that none has to be started."""
    for name in NAMES:
        places = [str(place) for place in sorted((root / ".lumbung/env" / name).glob("lib/python3*/site-packages"))]
        if places:
            locked = pins((root / "requirements" / f"{name}.txt").read_text(encoding="utf-8"))
            yield versions(name, locked, partial(_installed, places=places))
        else:
            yield Finding("versi", f"environment {name}", "rusak", "tidak ada", "make install")


def pins(lock: str) -> dict[str, set[str]]:
    """The versions that a lock allows per package: several where they differ by Python or platform."""
    found: dict[str, set[str]] = {}
    for name, pin in _PIN.findall(lock):
        found.setdefault(name, set()).add(pin)
    return found


def versions(name: str, locked: dict[str, set[str]], installed: Callable[[str], str | None]) -> Finding:
    """One environment against its lock. A package for another platform or Python may be absent."""
    other = {
        package: has for package in locked if (has := installed(package)) is not None and has not in locked[package]
    }
    subject = f"environment {name}"
    if not other:
        return Finding("versi", subject, "baik", f"{len(locked)} paket seperti requirements/{name}.txt")
    seen = ", ".join(
        f"{package} {has} bukan {' atau '.join(sorted(locked[package]))}" for package, has in sorted(other.items())
    )
    return Finding("versi", subject, "rusak", seen, "make install")


def _installed(package: str, places: list[str]) -> str | None:
    """The version of a package in an environment's folders, None when it is not there."""
    return next((found.version for found in distributions(name=package, path=places)), None)
