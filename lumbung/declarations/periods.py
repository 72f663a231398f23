"""ISO 8601 durations of days, hours, minutes and seconds (`P3D`, `PT15M`); months and years have no fixed length."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_DURATION: Final = re.compile(
    r"P(?=\d|T\d)(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?\Z"
)


def parse_duration(value: object) -> timedelta:
    """`P3D` -> timedelta(days=3). Raises `ValueError` for anything else."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"not an ISO 8601 duration of days, hours, minutes, seconds (such as P3D or PT15M): {value!r}")
    return timedelta(**{unit: int(number) for unit, number in match.groupdict().items() if number is not None})
