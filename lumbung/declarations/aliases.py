"""How the names of a code list may be written: the forms of its descriptor and `<list>_alias.csv`, read and checked."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from lumbung.declarations.models import Alias, CodeList
from lumbung.declarations.problems import Problem
from lumbung.declarations.spelling import meanings, normal, parts
from lumbung.declarations.yamlfile import YamlFile

HEADER: Final = ("alias", "kode", "catatan")


def alias_path(path: Path) -> Path:
    """The alias table that belongs to a list's descriptor."""
    return path.with_name(f"{path.stem}_alias.csv")


def read_aliases(path: Path, root: Path, codes: CodeList, problems: list[Problem]) -> tuple[Alias, ...]:
    """The aliases of a list: each a text that says something, of a code that the list has, once."""
    name = str(path.relative_to(root))
    if not path.exists():
        problems.append(Problem(name, 1, "", f"the list {codes.name} declares aliases, but this file is missing"))
        return ()
    known = set(codes.codes())
    aliases: list[Alias] = []
    seen: dict[tuple[str, str], int] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        if (first := tuple(next(reader, []))) != HEADER:
            message = f"the header must be {','.join(HEADER)}; found {','.join(first)}"
            problems.append(Problem(name, 1, "header", message))
            return ()
        for cells in reader:
            line = reader.line_num
            if len(cells) != len(HEADER):
                problems.append(Problem(name, line, "", f"{len(HEADER)} cells are wanted, {len(cells)} found"))
                continue
            text, code, note = cells
            other = seen.setdefault((normal(text), code), line)
            if not normal(text):
                problems.append(Problem(name, line, "alias", f"nothing is left of {text!r} to compare"))
            elif code not in known:
                problems.append(Problem(name, line, "kode", f"the list {codes.name} has no code {code!r}"))
            elif other != line:
                problems.append(Problem(name, line, "alias", f"{normal(text)} stands twice (also line {other})"))
            else:
                aliases.append(Alias(text=text, code=code, note=note or None))
    return tuple(aliases)


def naming_problems(codes: CodeList, file: YamlFile) -> list[Problem]:
    """What is wrong with a list's forms, and names that mean two of its codes at the same time."""
    columns = {column.name for column in codes.columns}
    problems: list[Problem] = []
    for index, form in enumerate(codes.forms):
        place = ("names", "forms", index)
        unknown = [part for part in (*parts(form.form), *form.where) if part not in columns]
        problems.extend(file.problem(place, f"unknown column {part!r} of the list") for part in unknown)
        if not parts(form.form):
            problems.append(file.problem((*place, "form"), "a form names a column of the list, such as KEC {nama}"))
    for index, column in enumerate(codes.unique_within):
        if column not in columns:
            problems.append(file.problem(("names", "unique_within", index), f"unknown column {column!r} of the list"))
    declared = codes.forms or codes.aliases or codes.unique_within
    if problems or not declared:
        return problems
    _, double = meanings(codes, {}, codes.unique_within)
    for text, (one, other) in double:
        message = f"{text} means both {one} and {other}; name it for one of them, or say unique_within"
        problems.append(file.problem(("names",), message))
    return problems
