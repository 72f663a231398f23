"""Personal data in what is about to be public: every text and whole number of a table is searched before it leaves.

The rule is deny by default: a finding blocks the publication. A finding says where and what kind, never the value.
Sources: UU 27/2022 pasal 4, UU 24/2013 pasal 84, UU KUP pasal 34; forms of the numbers: docs of the semantic types.

Numbers are recognised however people write them: with blanks (also non-breaking ones), dots, dashes or slashes between
digits, in full-width digits, inside a sentence, and with invisible characters in between.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

SHOWN_FINDINGS: Final = 50
"""Findings kept per publication: enough to mend the source, few enough for the ledger."""

_REGION: Final = r"(?:1[1-9]|2[1]|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[1-2]|9[1-7])"
_NIK: Final = re.compile(rf"{_REGION}\d{{4}}(?:0[1-9]|[12]\d|3[01]|4[1-9]|[56]\d|7[01])(?:0[1-9]|1[0-2])\d{{6}}")
_NIP: Final = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"  # birth
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2]|21)[12]\d{3}"  # appointment, sex, serial
)
_NOP: Final = re.compile(rf"{_REGION}\d{{16}}")
_NPWP_MASK: Final = re.compile(r"(?<!\d)\d{2}\.\d{3}\.\d{3}\.\d[-.]\d{3}\.\d{3}(?!\d)")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MOBILE: Final = re.compile(r"(?<![\d.,])(?:\+?62|0)[ .\-]?8[1-9](?:[ .\-]?\d){7,10}(?!\d)")
_LANDLINE: Final = re.compile(
    r"(?<![\d.,])(?:\(0\d{2,3}\)[ .\-]?|0\d{2,3}[ .\-]|\+62[ .\-]?\d{2,3}[ .\-]?)\d{3,4}[ .\-]?\d{3,4}(?!\d)"
)
_RUN: Final = re.compile(r"\d(?:[ .,\-/]{0,2}\d)*")
_CHUNK: Final = re.compile(r"\d+")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, order=True)
class Finding:
    """Something that may not be public: column, row (1-based, header not counted; 0 = the table itself) and kind."""

    column: str
    row: int
    kind: str

    def as_detail(self) -> dict[str, str | int]:
        """For ledger and reports; holds no value."""
        return {"column": self.column, "row": self.row, "kind": self.kind}

    def __str__(self) -> str:
        where = f"baris {self.row}, kolom {self.column}" if self.row else f"kolom {self.column}"
        return f"{self.kind} pada {where}"


def kinds_in(text: str) -> set[str]:
    """Kinds of personal data that a text holds: NIK/KK, NIP, NOP, NPWP, telepon, surel."""
    plain = _plain(text)
    found = {kind for run in _RUN.findall(plain) for kind in _numbers(run)}
    if _NPWP_MASK.search(plain):
        found.add("NPWP")
    if _EMAIL.search(plain):
        found.add("surel")
    if _MOBILE.search(plain) or _LANDLINE.search(plain):
        found.add("telepon")
    return found


def _plain(text: str) -> str:
    """Compatibility form (full-width digits and odd blanks become plain), without invisible characters."""
    normal = unicodedata.normalize("NFKC", text)
    shown = "".join(char for char in normal if unicodedata.category(char) not in ("Cf", "Cc") or char in "\t\n\r")
    dashes = "".join("-" if unicodedata.category(char) == "Pd" else char for char in shown)
    digits = "".join(str(unicodedata.decimal(char, char)) for char in dashes)
    return re.sub(r"\s", " ", digits)


def _numbers(run: str) -> Iterator[str]:
    """Kinds of the numbers that a run of digits and single separators can be read as, cut only where a separator is."""
    chunks = _CHUNK.findall(run)
    for start in range(len(chunks)):
        digits = ""
        for chunk in chunks[start:]:
            digits += chunk
            if len(digits) > 18 and len(chunk) != len(digits):
                break
            yield from _kind(digits)


def _kind(digits: str) -> Iterator[str]:
    if len(digits) == 16 and _NIK.fullmatch(digits):
        yield "NIK/KK"
    elif len(digits) == 16 and digits.startswith("0") and digits.strip("0"):
        yield "NPWP"
    elif len(digits) == 18 and _NIP.fullmatch(digits):
        yield "NIP"
    elif len(digits) == 18 and _NOP.fullmatch(digits):
        yield "NOP"
    elif len(digits) > 18 and any(_NIK.fullmatch(digits, at, at + 16) for at in range(len(digits) - 15)):
        yield "NIK/KK"


def scan(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    allowed: Sequence[str],
    exempt: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Search a table (rows of values in the order of `columns`); findings sorted, at most SHOWN_FINDINGS.

    A column outside `allowed` is a finding by itself. `exempt` maps code columns to the pattern of their declared
    standard: a value that matches it whole is not searched (a code may look like a number of another kind); any other
    value of such a column is searched like the rest.
    """
    findings = [Finding(name, 0, "kolom yang tidak dideklarasikan") for name in columns if name not in allowed]
    patterns = {name: re.compile(pattern) for name, pattern in (exempt or {}).items()}
    checks: list[Callable[[object], set[str]]] = [_cell_check(patterns.get(name)) for name in columns]
    for number, row in enumerate(rows, start=1):
        for name, check, value in zip(columns, checks, row, strict=True):
            findings.extend(Finding(name, number, kind) for kind in sorted(check(value)))
        if len(findings) > SHOWN_FINDINGS:
            break
    return sorted(findings)[:SHOWN_FINDINGS]


def _cell_check(pattern: re.Pattern[str] | None) -> Callable[[object], set[str]]:
    seen: dict[str, set[str]] = {}

    def check(value: object) -> set[str]:
        if value is None or isinstance(value, (bool, float)):
            return set()
        if isinstance(value, (int, Decimal)):
            return set(_kind(str(abs(int(value))))) if value == int(value) else set()
        text = str(value)
        if text not in seen:
            formula = {"rumus lembar kerja"} if isinstance(value, str) and text.startswith(_FORMULA) else set()
            declared = pattern is not None and pattern.fullmatch(text)
            seen[text] = set() if declared else kinds_in(text) | formula
        return seen[text]

    return check
