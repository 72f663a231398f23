"""What the simulator broke on purpose against what the platform refused: by dataset, rule and key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from lumbung.ledger.files import SourceFile

Key = tuple[tuple[str, str], ...]
Rows = Counter[tuple[str, str, Key]]
"""(dataset, rule, key) → rows."""


def key_of(entry: Mapping[str, Any]) -> Key:
    """The business key of a defect or of a refused row, comparable."""
    return tuple(sorted((name, str(value).strip()) for name, value in entry["key"].items()))


def injected(manifest: Mapping[str, Any], system: str) -> Rows:
    """Rows that must be refused: every open defect of severity error of a system."""
    found: Rows = Counter()
    for defect in _open(manifest, system):
        if defect["severity"] == "error":
            found[(defect["dataset"], defect["rule"], key_of(defect))] += defect["rows"]
    return found


def refused(rows: Iterable[Mapping[str, Any]], manifest: Mapping[str, Any]) -> Rows:
    """Refused rows by each rule that refused them, without those rules that a defect is said to break besides."""
    also = {(key_of(defect), rule) for defect in manifest["defects"] for rule in defect.get("also", ())}
    found: Rows = Counter()
    for row in rows:
        for rule in row["rules"]:
            if (key_of(row), rule) not in also:
                found[(row["dataset"], rule, key_of(row))] += 1
    return found


def warned(manifest: Mapping[str, Any], system: str) -> Counter[tuple[str, str]]:
    """(dataset, rule) → rows that must be accepted and counted: open defects of severity warning, and decoys with a
    code outside its list that is no reason to refuse a row.
    """
    found: Counter[tuple[str, str]] = Counter()
    for decoy in manifest["decoys"]:
        if decoy["dataset"].startswith(f"{system}."):
            found.update((decoy["dataset"], f"kode:{column}") for column in decoy.get("changed", ()))
    for defect in _open(manifest, system):
        if defect["severity"] == "warning":
            found[(defect["dataset"], defect["rule"])] += defect["rows"]
    return found


def copies(manifest: Mapping[str, Any], system: str) -> Counter[str]:
    """Dataset → rows that must be counted as duplicates."""
    found: Counter[str] = Counter()
    for defect in _open(manifest, system):
        if defect["severity"] == "duplicate":
            found[defect["dataset"]] += defect["rows"]
    return found


def half_files(manifest: Mapping[str, Any], system: str) -> Counter[tuple[str, str]]:
    """(Name, SHA-256) of the files of which only a part arrived."""
    return Counter((one["name"], one["sha256"]) for one in manifest["half_files"] if one["system"] == system)


def files_kept_out(files: Iterable[SourceFile], manifest: Mapping[str, Any], system: str) -> Counter[tuple[str, str]]:
    """(Name, SHA-256) of the files that were refused, and of the half ones that the whole one has replaced.

    Half a CSV of whole lines is a file like any other: what follows it under another name takes its place.
    """
    half = half_files(manifest, system)
    found: Counter[tuple[str, str]] = Counter()
    for file in files:
        sent = (file.name, file.sha256)
        if file.state == "refused" or (file.state == "superseded" and sent in half):
            found[sent] += 1
    return found


def _open(manifest: Mapping[str, Any], system: str) -> list[Mapping[str, Any]]:
    return [d for d in manifest["defects"] if d["state"] == "open" and d["dataset"].startswith(f"{system}.")]
