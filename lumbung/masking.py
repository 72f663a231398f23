"""Personal values out of texts that leave the platform: alerts, structured logs.

Long runs of digits (NIK, KK, NIP, NOP, NPWP, telephone), however people separate them, and e-mail addresses. Moments
(2026-01-10T03:00:00) and the platform's own ids (`siak-000012`, `panggilan_112-000012`) stay readable.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_DAY: Final = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_MOMENT: Final = rf"{_DAY}(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-6]\d)?(?:[.,]\d+)?)?"
_RUN: Final = r"(?<!\w)[a-z][a-z0-9]*(?:_[a-z0-9]+)*_[1-9]\d{0,2}-\d{6}(?![ .\-/]?\d)"
"""A run of a system whose code ends in a number."""
_DIGITS: Final = re.compile(rf"(?P<kept>{_MOMENT}(?!\d|[-./]\d)|{_RUN})|\+?\d(?:[ .\-/]?\d){{8,}}")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def masked(text: str) -> str:
    """The text with personal numbers and addresses replaced by what they were."""
    plain = unicodedata.normalize("NFKC", text)
    return _EMAIL.sub("[surel]", _DIGITS.sub(lambda match: match["kept"] or _shown(match[0]), plain))


def _shown(number: str) -> str:
    return f"[{sum(char.isdigit() for char in number)} angka]"
