"""Hold a source against its manifest: which rows break which rule, found by plain SQL."""

from __future__ import annotations

import json
from typing import Any

from simulator.server import State
from tests.integration.simulator.rules_in_sql import SIAK, SISMIOP, dkb
from tests.integration.simulator.rules_of_departments import DEPARTMENTS

Found = dict[tuple[str, str, str], set[tuple[str, ...]]]


def manifest(state: State) -> dict[str, Any]:
    """The manifest file."""
    content: dict[str, Any] = json.loads(state.manifest.read_text(encoding="utf-8"))
    return content


def declared(state: State) -> Found:
    """Open errors and warnings of the manifest by (system, table, rule): their keys."""
    found: Found = {}
    for defect in manifest(state)["defects"]:
        judged = defect["severity"] != "duplicate" and defect["system"] in ("siak", "sismiop", *DEPARTMENTS)
        if defect["state"] == "open" and judged:
            key = tuple(str(value) for name, value in defect["key"].items() if name != "periode")
            found.setdefault((defect["system"], defect["table"], defect["rule"]), set()).add(key)
    return found


def broken(state: State) -> Found:
    """Rows that break a rule, by (system, table, rule): their keys."""
    found: Found = {}
    for system, rules in {"siak": list(SIAK), "sismiop": list(SISMIOP), **DEPARTMENTS}.items():
        with state.connect(system) as connection:
            if system == "siak":
                tables = connection.execute(
                    "SELECT right(tablename, 6) FROM pg_tables WHERE tablename ~ '^biodata_wni_[0-9]{6}$'"
                ).fetchall()
                rules += [rule for (period,) in tables for rule in dkb(period)]
            for table, rule, query in rules:
                for row in connection.execute(query).fetchall():
                    found.setdefault((system, table, rule), set()).add(tuple(str(v).rstrip() for v in row))
    return found
