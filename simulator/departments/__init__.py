"""The smaller departments, one module each, named like the system.

A module has `DEFECTS` (kind → rows that may be spoilt, alteration; see `simulator.kinds`), `build(connection, siak,
seed, scale)` for the first content and `live(day, siak)` for one day; a department behind HTTP also `routes(desk)` (see
`simulator.desk`), one that sends files `files(connection, since, until)` (see `simulator.delivery`). One that draws
from another register than SIAK names it (`DRAWS_FROM`) and is given that one's connection. Tables stand in
`data/kolom_<sistem>.csv`, kinds of defect in `data/cacat_<sistem>.csv`.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def module(system: str) -> ModuleType:
    """The module of one department."""
    return import_module(f"simulator.departments.{system}")


def register(system: str) -> str:
    """The great system whose records a department draws from."""
    return str(getattr(module(system), "DRAWS_FROM", "siak"))
