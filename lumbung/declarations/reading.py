"""From parsed YAML to models: pydantic's errors become problems with file, line and key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lumbung.declarations.problems import Problem
from lumbung.declarations.yamlfile import KeyPath, YamlFile

M = TypeVar("M", bound=BaseModel)
_UNIONS: Final = (Union, UnionType)


def read_form(
    model: type[M], file: YamlFile, problems: list[Problem], data: object = None, path: KeyPath = ()
) -> M | None:
    """`data` (the whole file when None) as a `model`; None, and problems, when it does not fit."""
    value = file.data if data is None and not path else data
    if not isinstance(value, Mapping):
        problems.append(file.problem(path, "a mapping of keys is wanted here"))
        return None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems.extend(file.problem((*path, *_location(detail)), _message(detail)) for detail in error.errors())
        return None


def read_extras(model: type[M], properties: object, file: YamlFile, problems: list[Problem], path: KeyPath) -> M | None:
    """ODCS `customProperties` (a list of property and value) as a `model`; errors point at the entry."""
    entries = properties if isinstance(properties, list) else []
    places: dict[str, int] = {}
    values: dict[str, Any] = {}
    for index, entry in enumerate(entries):
        name = entry.get("property") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or "value" not in entry:
            problems.append(file.problem((*path, "customProperties", index), "an entry needs `property` and `value`"))
        elif name in values:
            problems.append(file.problem((*path, "customProperties", index, "property"), f"{name!r} stands twice"))
        else:
            places[name], values[name] = index, entry.get("value")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        for detail in error.errors():
            first, *rest = _location(detail) or ("",)
            key: KeyPath = (*path, "customProperties")
            message = _message(detail)
            if str(first) in places:
                key = (*key, places[str(first)], "property" if detail["type"] == "extra_forbidden" else "value", *rest)
            elif detail["type"] == "missing":
                message = f"property {first!r} is missing"
            problems.append(file.problem(key, message if first in places or not first else f"{message} ({first})"))
        return None


def _location(detail: ErrorDetails) -> tuple[str | int, ...]:
    """The key path without pydantic's own steps (names of union members and validators)."""
    return tuple(
        step for step in detail["loc"] if isinstance(step, int) or not step.startswith(("function-", "literal["))
    )


def _message(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return "unknown key"
    if detail["type"] == "missing":
        return "this key is missing"
    value = detail["input"]
    shown = f" (found {value!r})" if isinstance(value, str | int | float | bool) else ""
    return f"{detail['msg'][0].lower()}{detail['msg'][1:]}{shown}"


def unknown_keys(model: type[BaseModel], file: YamlFile, data: object, path: KeyPath = ()) -> list[Problem]:
    """Keys that the (open) models of the contract standard do not know, at any depth."""
    if not isinstance(data, Mapping):
        return []
    problems: list[Problem] = []
    fields = _nested(model)
    for key, value in data.items():
        if key not in fields:
            problems.append(file.problem((*path, str(key)), "unknown key"))
            continue
        nested = fields[key]
        if nested is None:
            continue
        for index, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
            place = (*path, str(key)) if index is None else (*path, str(key), index)
            problems.extend(unknown_keys(nested, file, item, place))
    return problems


@cache
def _nested(model: type[BaseModel]) -> dict[str, type[BaseModel] | None]:
    return {field.alias or name: _model_in(field.annotation) for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The one model inside an annotation such as `list[X] | None`; None when there is none or a choice."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (*_UNIONS, list):
        found = {model for argument in get_args(annotation) if (model := _model_in(argument)) is not None}
        return found.pop() if len(found) == 1 else None
    return None
