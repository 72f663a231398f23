"""SQL of the simulator, from `sql/*.sql`: whole files, or the part under a line `-- name: …`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "sql"


@cache
def script(name: str) -> str:
    """A whole file, e.g. `keadaan`."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


@cache
def query(file: str, name: str) -> str:
    """The statement under `-- name: <name>` of a file; KeyError when there is none."""
    for part in script(file).split("-- name: ")[1:]:
        title, _, body = part.partition("\n")
        if title.strip() == name:
            return body.strip()
    raise KeyError(f"{file}.sql: {name}")
