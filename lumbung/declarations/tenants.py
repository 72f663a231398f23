"""`tenants/<tenant>.yaml`, and its values inside expressions as `${tenant:path.to.value}`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from lumbung.declarations.models import Tenant
from lumbung.declarations.names import EMAIL
from lumbung.declarations.problems import Problem
from lumbung.declarations.reading import read_form
from lumbung.declarations.yamlfile import KeyPath, YamlFile

_PLACE: Final = re.compile(r"\$\{tenant:([a-z0-9_.]+)\}")
_REGION: Final = re.compile(r"\d{2}\.\d{2}\Z")
_TWO_DIGITS: Final = re.compile(r"\d{2}\Z")
_MONTH_DAY: Final = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z")
_VARIABLE: Final = "LUMBUNG__TENANT"
_DEFAULT: Final = "sidoarjo"


def tenant_name(root: Path) -> str:
    """The tenant in force: the only file of `tenants/`, else the setting LUMBUNG__TENANT."""
    files = sorted((root / "tenants").glob("*.yaml"))
    return files[0].stem if len(files) == 1 else os.environ.get(_VARIABLE, _DEFAULT)


def read_tenants(root: Path, problems: list[Problem]) -> Tenant | None:
    """The tenant in force; all tenants are checked. None when it is missing or wrong."""
    wanted, found = tenant_name(root), None
    for path in sorted((root / "tenants").glob("*.yaml")):
        file = YamlFile(path, root)
        problems.extend(file.problems)
        tenant = read_form(Tenant, file, problems) if file.data is not None else None
        if tenant is None:
            continue
        if tenant.code != path.stem:
            problems.append(file.problem(("code",), f"must be {path.stem!r} like the file; found {tenant.code!r}"))
        if tenant.k < 2:
            problems.append(file.problem(("k",), f"a threshold below 2 hides nothing; found {tenant.k}"))
        problems.extend(file.problem(path, message) for path, message in _misshapen(tenant))
        seen: set[str] = set()
        for index, assumption in enumerate(tenant.assumptions):
            if assumption.id in seen:
                problems.append(file.problem(("assumptions", index, "id"), f"{assumption.id!r} stands twice"))
            seen.add(assumption.id)
        if path.stem == wanted:
            found = tenant
    if found is None and not any(problem.file == f"tenants/{wanted}.yaml" for problem in problems):
        problems.append(Problem(f"tenants/{wanted}.yaml", 1, "", "the tenant's file is missing"))
    return found


def _misshapen(tenant: Tenant) -> Iterator[tuple[KeyPath, str]]:
    """Values that do not have the form of what they are."""
    for key, pattern in (("kode_wilayah", _REGION), ("kd_propinsi", _TWO_DIGITS), ("kd_dati2", _TWO_DIGITS)):
        if not pattern.match(getattr(tenant, key)):
            yield (key,), f"not a region code: {getattr(tenant, key)!r}"
    for name, day in tenant.sismiop.jatuh_tempo.items():
        if not _MONTH_DAY.match(day):
            yield ("sismiop", "jatuh_tempo", name), f"not a month and day such as 09-30: {day!r}"
    if not EMAIL.match(tenant.publisher.email):
        yield ("publisher", "email"), f"not an e-mail address: {tenant.publisher.email!r}"


def fill(expression: str, tenant: Tenant | None) -> str:
    """`expression` with the tenant's values as SQL literals. Raises `KeyError` naming a path that does not exist."""
    if "${" not in expression or tenant is None:
        return expression
    return _PLACE.sub(lambda match: _literal(value_at(tenant, match[1])), expression)


def fill_value(value: Any, tenant: Tenant | None) -> Any:
    """An argument of a rule: a text that is one placeholder becomes the tenant's value itself."""
    match = _PLACE.fullmatch(value) if isinstance(value, str) and tenant is not None else None
    if match is None or tenant is None:
        return value
    found = value_at(tenant, match[1])
    return list(found) if isinstance(found, tuple) else found


def value_at(tenant: Tenant, path: str) -> Any:
    """The value at a dotted path of the tenant's file; `KeyError` when there is none."""
    value: Any = tenant
    for step in path.split("."):
        if isinstance(value, BaseModel) and step in type(value).model_fields:
            value = getattr(value, step)
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            raise KeyError(path)
    return value


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return "(" + ", ".join(_literal(item) for item in value) + ")"
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
