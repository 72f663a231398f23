"""`contracts/<system>/system.yaml`, and the quick look that the scheduler takes at everything else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from lumbung.declarations.models import CodeList, DatasetHead, System, SystemHead
from lumbung.declarations.names import APPROVED, EMAIL, IDENTIFIER
from lumbung.declarations.problems import DeclarationError, Problem
from lumbung.declarations.reading import read_form
from lumbung.declarations.yamlfile import YamlFile

TRANSPORTS: Final = ("postgresql", "rest", "soap", "files")
_CRON_FIELDS: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_CRON_PART: Final = re.compile(r"(?:\*|(?P<start>\d+)(?:-(?P<end>\d+))?)(?:/(?P<step>\d+))?\Z")


def cron_problem(schedule: str) -> str | None:
    """What is wrong with a five-field cron expression; None when it is right."""
    fields = schedule.split()
    if len(fields) != len(_CRON_FIELDS):
        return f"a schedule has five fields (minute hour day month weekday); found {schedule!r}"
    for text, (low, high) in zip(fields, _CRON_FIELDS, strict=True):
        for part in text.split(","):
            match = _CRON_PART.match(part)
            numbers = [int(n) for n in (match["start"], match["end"]) if n is not None] if match else []
            if (
                match is None
                or any(not low <= number <= high for number in numbers)
                or (len(numbers) == 2 and numbers[0] > numbers[1])
                or match["step"] == "0"
            ):
                return f"not a cron field between {low} and {high}: {part!r} in {schedule!r}"
    return None


def read_systems(root: Path, problems: list[Problem], lists: Mapping[str, CodeList]) -> dict[str, System]:
    """The systems by code."""
    systems: dict[str, System] = {}
    for folder in sorted(path for path in (root / "contracts").glob("*") if path.is_dir()):
        path = folder / "system.yaml"
        if not path.exists():
            problems.append(Problem(str(path.relative_to(root)), 1, "", "the system's file is missing"))
            continue
        file = YamlFile(path, root)
        problems.extend(file.problems)
        system = read_form(System, file, problems) if file.data is not None else None
        if system is None:
            continue
        system = _with_files(system, folder)
        systems[folder.name] = system
        if system.code != folder.name or not IDENTIFIER.match(system.code):
            message = f"must be {folder.name!r} like the folder, of [a-z_][a-z0-9_]*; found {system.code!r}"
            problems.append(file.problem(("code",), message))
        cron = cron_problem(system.schedule)
        if cron is not None:
            problems.append(file.problem(("schedule",), cron))
        if system.transport not in TRANSPORTS:
            message = f"no such transport {system.transport!r}; there is {', '.join(TRANSPORTS)}"
            problems.append(file.problem(("transport",), message))
        problems.extend(_spoken_to(system, file))
        try:
            ZoneInfo(system.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            problems.append(file.problem(("timezone",), f"unknown time zone {system.timezone!r}"))
        for key in ("connection", "pool"):
            if not IDENTIFIER.match(getattr(system, key)):
                problems.append(file.problem((key,), f"a name of [a-z_][a-z0-9_]* is wanted: {getattr(system, key)!r}"))
        if not EMAIL.match(system.contact.email):
            problems.append(file.problem(("contact", "email"), f"not an e-mail address: {system.contact.email!r}"))
        for key, low in (("pool_slots", 1), ("retries", 0), ("retry_delay_s", 1), ("timeout_s", 60)):
            if getattr(system, key) < low:
                problems.append(file.problem((key,), f"must be at least {low}; found {getattr(system, key)}"))
        for key, name, value in (("owner", "opd", system.owner), ("theme", "tema", system.theme)):
            if name in lists and value not in lists[name].codes():
                problems.append(file.problem((key,), f"{value!r} is not in standards/reference/{name}.csv"))
    return systems


def _spoken_to(system: System, file: YamlFile) -> Iterator[Problem]:
    """Exactly what the transport needs is said: clock_sql for a database, the block of the protocol otherwise."""
    blocks = (("clock_sql", "postgresql"), ("rest", "rest"), ("soap", "soap"), ("files", "files"))
    for key, transport in blocks:
        said = getattr(system, key) is not None
        if said != (system.transport == transport):
            what = "is for" if said else "is missing, which is needed with"
            yield file.problem((key,), f"{key} {what} transport {transport}; the system speaks {system.transport}")


def _with_files(system: System, folder: Path) -> System:
    """A SOAP system with its WSDL and the schemas beside it."""
    if system.soap is None:
        return system
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in (".wsdl", ".xsd")}
    return system.model_copy(update={"soap": system.soap.model_copy(update={"files": files})})


def carried(systems: Iterable[System], named: Sequence[str]) -> tuple[str, ...]:
    """Codes of the approved systems, or those of them that the setting `systems` names.

    Raises ValueError for a name that has no approved system.
    """
    approved = tuple(system.code for system in systems if system.registration.status == APPROVED)
    if unknown := sorted(set(named) - set(approved)):
        raise ValueError(f"setting `systems` names {', '.join(unknown)}; approved: {', '.join(approved)}")
    return tuple(named) or approved


def read_heads(root: Path) -> tuple[SystemHead, ...]:
    """Systems and the heads of their datasets, for the scheduler: no columns, no rules, no checks across files.

    Raises `DeclarationError` when a file cannot be understood.
    """
    problems: list[Problem] = []
    systems = read_systems(root, problems, {})
    heads = [
        SystemHead(system=system, datasets=tuple(sorted(_datasets(root, code, problems), key=lambda head: head.order)))
        for code, system in systems.items()
    ]
    if problems:
        raise DeclarationError(problems)
    return tuple(heads)


def _datasets(root: Path, code: str, problems: list[Problem]) -> list[DatasetHead]:
    heads: list[DatasetHead] = []
    for path in sorted((root / "contracts" / code).glob("*.yaml")):
        if path.name == "system.yaml":
            continue
        head, _, _ = path.read_text(encoding="utf-8").partition("\nschema:")
        try:
            data: Any = yaml.load(head, Loader=yaml.CSafeLoader)
            extras = {entry["property"]: entry["value"] for entry in data["customProperties"]}
            heads.append(
                DatasetHead(
                    id=data["id"],
                    name=path.stem,
                    title=data["name"],
                    description=data["description"]["purpose"],
                    load=extras["load"],
                    lookup=extras.get("lookup", False),
                    linked=extras.get("linked"),
                    order=extras["order"],
                )
            )
        except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            message = f"the head (before `schema:`) cannot be understood: {error}; see `lumbung check`"
            problems.append(Problem(str(path.relative_to(root)), 1, "", message))
    return heads
