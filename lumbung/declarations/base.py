"""What every model of the declarations shares."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from lumbung.declarations.periods import parse_duration

Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


class Frozen(BaseModel):
    """Immutable and closed: an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Contact(Frozen):
    """Who answers for a system or a publication."""

    name: str
    email: str
