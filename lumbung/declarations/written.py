"""How text sources write numbers and times, and the plain way into which a value of each is put (see `TextFormat`).

Patterns and replacements are such that Java (Spark) and RE2 (Arrow) read them alike.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lumbung.declarations.names import TextFormat


class Written(NamedTuple):
    """A value that fits `pattern` is put plainly by each replacement in turn (regular expression, groups as `\\1`)."""

    pattern: str
    steps: tuple[tuple[str, str], ...]


ZONED: Final[TextFormat] = "2025-12-31T23:59:59+07:00"
WRITTEN: Final[dict[TextFormat, Written]] = {
    "1.234,5": Written(r"^[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)(,[0-9]+)?$", ((r"\.", ""), (",", "."))),
    "31-12-2025": Written(r"^[0-9]{2}-[0-9]{2}-[0-9]{4}$", ((r"^(..)-(..)-(....)$", r"\3-\2-\1"),)),
    "31/12/2025": Written(r"^[0-9]{2}/[0-9]{2}/[0-9]{4}$", ((r"^(..)/(..)/(....)$", r"\3-\2-\1"),)),
    "20251231": Written(r"^[0-9]{8}$", ((r"^(....)(..)(..)$", r"\1-\2-\3"),)),
    ZONED: Written(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$",
        (("T", " "),),
    ),
}


def otherwise(written: TextFormat) -> str:
    """What is put behind a value that does not fit, so that it cannot be taken for a plain one; officers read it."""
    return f" (ditulis tidak seperti {written})"
