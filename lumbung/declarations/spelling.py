"""How names of a code list may be written, and which code each written form means.

Departments write names, and their writing drifts (`KEC. SDA`, `Sidoarjo, Kec`); the list has codes. Two texts are the
same name when `normal` makes them equal: letters of one size, punctuation and space as one space. Whatever else may
stand for a name is declared with the list: forms that every name may take, and a table of aliases. Nothing is guessed.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from lumbung.declarations.reference import CodeList, CodeRow, Meaning, NameForm

#: What an open end of a validity becomes, so that nobody has to treat nulls.
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(9999, 12, 31)

SMALL: Final = string.ascii_lowercase
CAPITAL: Final = string.ascii_uppercase
BETWEEN: Final = "[\\x00-/:-@\\[-`{-\\x7f\u00a0\u2000-\u206f\u3000\ufeff]+"
"""What lies between words: ASCII's signs, spaces, typographic dashes and quotes. Java and Python read it alike."""
SCOPE: Final = "|"
"""Between the code within which a name is looked up and the normal text, which never holds this sign."""
_CAPITALS: Final = str.maketrans(SMALL, CAPITAL)
_BETWEEN: Final = re.compile(BETWEEN)
_PART: Final = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


class Ambiguity(NamedTuple):
    """A text that means two codes at the same time."""

    text: str
    codes: tuple[str, str]


def normal(text: str) -> str:
    """A name as it is compared: ASCII letters as capitals, everything between words one space, none at the ends.

    `lumbung.rules.naming` says the same in Spark's words.
    """
    return _BETWEEN.sub(" ", text.translate(_CAPITALS)).strip(" ")


def parts(form: str) -> tuple[str, ...]:
    """Names of the list's columns that a form such as `KEC {nama}` is made of."""
    return tuple(_PART.findall(form))


def selected(row: CodeRow, where: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a row of the list has one of the wanted values in every named column."""
    return all(row.values.get(column) in values for column, values in where.items())


def written(row: CodeRow, codes: CodeList, aliases: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Every normal text that a row of the list may be written as: its label and its code's aliases, in every form."""
    for name in (row.label, *aliases.get(row.code, ())):
        yield normal(name)
        values = {**row.values, codes.label_column: name}
        for form in codes.forms:
            if selected(row, form.where) and (text := _filled(form, values)) is not None:
                yield normal(text)


def meanings(
    codes: CodeList, where: Mapping[str, tuple[str, ...]], within: tuple[str, ...] = ()
) -> tuple[dict[str, tuple[Meaning, ...]], list[Ambiguity]]:
    """What each text means, by text (behind the values of the columns `within`), and what means two codes at once."""
    aliases: dict[str, tuple[str, ...]] = {}
    for alias in codes.aliases:
        aliases[alias.code] = (*aliases.get(alias.code, ()), alias.text)
    found: dict[str, list[Meaning]] = {}
    double: list[Ambiguity] = []
    for row in codes.rows:
        if not selected(row, where):
            continue
        meaning = Meaning(code=row.code, valid_from=row.valid_from, valid_to=row.valid_to)
        scope = "".join(f"{row.values.get(column) or ''}{SCOPE}" for column in within)
        for text in dict.fromkeys(written(row, codes, aliases)):
            known = found.setdefault(scope + text, [])
            other = next((m for m in known if m.code != row.code and _meet(m, meaning)), None)
            if other is not None:
                double.append(Ambiguity(text, (other.code, row.code)))
            elif meaning not in known:
                known.append(meaning)
    return {text: tuple(those) for text, those in found.items()}, double


def _filled(form: NameForm, values: Mapping[str, str | None]) -> str | None:
    """The form with the values of a row; None when the row lacks one of them."""
    if any(values.get(name) is None for name in parts(form.form)):
        return None
    return _PART.sub(lambda part: str(values[part[1]]), form.form)


def _meet(one: Meaning, other: Meaning) -> bool:
    return one.valid_from <= other.valid_to and other.valid_from <= one.valid_to
