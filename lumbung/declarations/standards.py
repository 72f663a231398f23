"""Semantic types and code lists: `standards/types.yaml`, `standards/reference/*.yaml` with a CSV each."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from lumbung.declarations.aliases import alias_path, naming_problems, read_aliases
from lumbung.declarations.forms import ListForm, TypesForm
from lumbung.declarations.models import CodeList, CodeRow, SemanticType
from lumbung.declarations.names import IDENTIFIER, RULE_ID
from lumbung.declarations.problems import Problem
from lumbung.declarations.reading import read_form
from lumbung.declarations.spelling import FIRST_DAY, LAST_DAY
from lumbung.declarations.yamlfile import YamlFile


def read_types(root: Path, problems: list[Problem]) -> dict[str, SemanticType]:
    """The semantic types by name."""
    path = root / "standards" / "types.yaml"
    file = YamlFile(path, root)
    problems.extend(file.problems)
    if file.data is None:
        return {}
    form = read_form(TypesForm, file, problems)
    if form is None:
        return {}
    types: dict[str, SemanticType] = {}
    for name, entry in form.types.items():
        if not IDENTIFIER.match(name):
            problems.append(file.problem(("types", name), "a type's name is [a-z_][a-z0-9_]*"))
        seen: set[str] = set()
        for index, entry_check in enumerate(entry.checks):
            place = ("types", name, "checks", index)
            if entry_check.id in seen or not RULE_ID.match(entry_check.id):
                problems.append(file.problem((*place, "id"), f"not a fresh id of [a-z0-9-]: {entry_check.id!r}"))
            seen.add(entry_check.id)
            try:
                re.compile(entry_check.pattern)
            except re.error as error:
                problems.append(file.problem((*place, "pattern"), f"not a regular expression: {error}"))
        types[name] = SemanticType(name=name, **{**dict(entry), "checks": tuple(entry.checks)})
    return types


def read_lists(root: Path, problems: list[Problem]) -> dict[str, CodeList]:
    """The code lists by name; every CSV needs a descriptor (its own, or its list's) and the other way round."""
    folder = root / "standards" / "reference"
    lists: dict[str, CodeList] = {}
    declared: set[Path] = set()
    for path in sorted(folder.glob("*.yaml")):
        code_list = _read_list(path, root, problems, declared)
        if code_list is not None:
            lists[code_list.name] = code_list
    for path in sorted(folder.glob("*.csv")):
        if not path.with_suffix(".yaml").exists() and path not in declared:
            name = str(path.relative_to(root))
            problems.append(Problem(name, 1, "", f"a CSV without a descriptor; write {path.stem}.yaml beside it"))
    return lists


def _read_list(path: Path, root: Path, problems: list[Problem], declared: set[Path]) -> CodeList | None:
    file = YamlFile(path, root)
    problems.extend(file.problems)
    form = read_form(ListForm, file, problems) if file.data is not None else None
    if form is None:
        return None
    found = _form_problems(form, file)
    csv_path = path.with_suffix(".csv")
    rows: tuple[CodeRow, ...] = ()
    if found:
        problems.extend(found)
    elif not csv_path.exists():
        problems.append(file.problem(("name",), f"the list has no CSV: {csv_path.name} is missing beside it"))
    else:
        rows = _read_rows(csv_path, root, form, problems)
    codes = CodeList(
        name=form.name,
        title=form.title,
        description=form.description,
        source=form.source,
        license=form.license,
        validity=form.validity,
        caution=form.caution,
        columns=tuple(form.columns),
        key=tuple(form.key),
        code_column=form.code_column,
        label_column=form.label_column,
        has_validity=form.valid_from is not None,
        rows=rows,
        forms=tuple(form.names.forms),
        unique_within=tuple(form.names.unique_within),
    )
    if form.names.aliases:
        declared.add(alias_path(path))
        codes = codes.model_copy(update={"aliases": read_aliases(alias_path(path), root, codes, problems)})
    if rows:
        problems.extend(naming_problems(codes, file))
    return codes


def _form_problems(form: ListForm, file: YamlFile) -> list[Problem]:
    problems: list[Problem] = []
    names = [column.name for column in form.columns]
    if form.name != file.path.stem:
        problems.append(file.problem(("name",), f"the list is called {form.name!r} but its file {file.path.name!r}"))
    for index, name in enumerate(names):
        if not IDENTIFIER.match(name) or name in names[:index]:
            problems.append(file.problem(("columns", index, "name"), f"not a fresh name of [a-z_][a-z0-9_]*: {name!r}"))
    if (form.valid_from is None) != (form.valid_to is None):
        key = "valid_from" if form.valid_from else "valid_to"
        problems.append(file.problem((key,), "valid_from and valid_to stand together or not at all"))
    if form.validity is None and form.valid_from is None:
        message = "how long does the list hold? `validity` in words, or valid_from and valid_to for each code"
        problems.append(file.problem(("validity",), message))
    single = {"code_column": form.code_column, "label_column": form.label_column}
    optional = {"valid_from": form.valid_from, "valid_to": form.valid_to}
    for key, name in {**single, **{k: v for k, v in optional.items() if v is not None}}.items():
        if name not in names:
            problems.append(file.problem((key,), f"unknown column {name!r} of the list"))
    for index, name in enumerate(form.key):
        if name not in names:
            problems.append(file.problem(("key", index), f"unknown column {name!r} of the list"))
    if not form.key:
        problems.append(file.problem(("key",), "a list needs a key"))
    return problems


def _read_rows(path: Path, root: Path, form: ListForm, problems: list[Problem]) -> tuple[CodeRow, ...]:
    name = str(path.relative_to(root))
    header = [column.name for column in form.columns]
    rows: list[CodeRow] = []
    periods: dict[tuple[str | None, ...], list[tuple[date, date, int]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        first = next(reader, [])
        if first != header:
            problems.append(
                Problem(name, 1, "header", f"the header must be {','.join(header)}; found {','.join(first)}")
            )
            return ()
        for cells in reader:
            line = reader.line_num
            if len(cells) != len(header):
                problems.append(Problem(name, line, "", f"{len(header)} cells are wanted, {len(cells)} found"))
                continue
            values = {column: cell if cell != "" else None for column, cell in zip(header, cells, strict=True)}
            row = _row(name, line, form, values, problems)
            if row is None:
                continue
            key = tuple(values[column] for column in form.key if column not in (form.valid_from, form.valid_to))
            for start, end, other in periods[key]:
                if row.valid_from <= end and start <= row.valid_to:
                    why = "is valid twice at the same time" if form.valid_from else "stands twice"
                    shown = ", ".join(str(part) for part in key)
                    problems.append(Problem(name, line, form.key[0], f"{shown} {why} (also line {other})"))
                    break
            periods[key].append((row.valid_from, row.valid_to, line))
            rows.append(row)
    if not rows:
        problems.append(Problem(name, 1, "", "the list is empty"))
    return tuple(rows)


def _row(
    name: str, line: int, form: ListForm, values: Mapping[str, str | None], problems: list[Problem]
) -> CodeRow | None:
    code, label = values[form.code_column], values[form.label_column]
    if code is None or label is None:
        key = form.code_column if code is None else form.label_column
        problems.append(Problem(name, line, key, "a row needs a code and a label"))
        return None
    start = _day(name, line, form.valid_from, values, FIRST_DAY, problems)
    end = _day(name, line, form.valid_to, values, LAST_DAY, problems)
    if start > end:
        problems.append(Problem(name, line, str(form.valid_to), f"ends on {end} before it begins on {start}"))
    return CodeRow(code=code, label=label, valid_from=start, valid_to=end, values=dict(values))


def _day(
    name: str,
    line: int,
    column: str | None,
    values: Mapping[str, str | None],
    default: date,
    problems: list[Problem],
) -> date:
    text = values[column] if column is not None else None
    if text is None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(Problem(name, line, str(column), f"not a date of the form YYYY-MM-DD: {text!r}"))
        return default
