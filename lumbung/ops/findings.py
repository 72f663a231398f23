"""What the doctor says: one finding per thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["baik", "perhatian", "rusak"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; anything but `baik` names the next step."""

    area: str
    subject: str
    state: State
    seen: str
    next_step: str = ""
