"""How much of a batch may be refused before it waits for a person's decision (docs/decisions/0021)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, StrictInt

from lumbung.declarations.base import Frozen

_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,2})?) ?%\Z")


def parse_percent(value: object) -> Decimal:
    """`5 %` -> Decimal(5). Raises `ValueError` for anything else."""
    if isinstance(value, Decimal):
        return value
    match = _PERCENT.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"not a percentage such as 5 % or 2.5 %: {value!r}")
    return Decimal(match[1])


class QualityLimit(Frozen):
    """A batch waits when more than `most_refused` percent of what is new in it was refused, and at least `from_rows`.

    New is a row that was accepted, or refused and not refused before: a table that is read whole every day is not made
    good by its unchanged rows, nor bad by those that everybody knows of. 100 % never waits.
    """

    most_refused: Annotated[Decimal, BeforeValidator(parse_percent), Field(ge=0, le=100)]
    from_rows: Annotated[StrictInt, Field(ge=1)] = 1

    def exceeded(self, fresh: int, accepted: int) -> bool:
        """Whether a batch with `fresh` rows refused for the first time and `accepted` ones has to wait."""
        return fresh >= self.from_rows and fresh * 100 > self.most_refused * (fresh + accepted)
