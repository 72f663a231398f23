"""A dataset from its two files: the ODCS contract and the suite. First each alone (`read_draft`), then together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from open_data_contract_standard.model import OpenDataContractStandard, SchemaObject, SchemaProperty

from lumbung.declarations.forms import ColumnExtras, ContractExtras, RelationExtras, SuiteForm
from lumbung.declarations.models import Column, Reference, Taken
from lumbung.declarations.names import IDENTIFIER, RULE_ID, VERSION
from lumbung.declarations.problems import Problem
from lumbung.declarations.reading import read_extras, read_form, unknown_keys
from lumbung.declarations.yamlfile import KeyPath, YamlFile

API_VERSION: Final = "v3.2.0"
STATUSES: Final = ("proposed", "draft", "active", "deprecated", "retired")
CLASSES: Final = ("umum", "terbatas", "rahasia")
LOGICAL: Final = ("string", "integer", "number", "date", "timestamp", "boolean")
_NUMERIC: Final = re.compile(r"numeric\((\d+),(\d+)\)\Z")
_INTEGER_DIGITS: Final = {"smallint": 5, "integer": 9, "bigint": 18}
_TOP: Final[KeyPath] = ("schema", 0)


@dataclass
class Draft:
    """A contract as far as it can be understood alone; `suite_file` is None when the dataset has no suite."""

    system: str
    name: str
    file: YamlFile
    odcs: OpenDataContractStandard
    schema: SchemaObject
    extras: ContractExtras
    columns: list[Column] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    freshness: timedelta = timedelta(days=1)
    retention: timedelta | None = None
    suite: SuiteForm | None = None
    suite_file: YamlFile | None = None

    @property
    def id(self) -> str:
        """`<system>.<name>`."""
        return f"{self.system}.{self.name}"

    @property
    def key(self) -> tuple[str, ...]:
        """Key columns by primaryKeyPosition."""
        keyed = [(p.primaryKeyPosition or 0, str(p.name)) for p in self.schema.properties or [] if p.primaryKey]
        return tuple(name for _, name in sorted(keyed, key=lambda pair: pair[0]))

    @property
    def column_names(self) -> set[str]:
        """Names of the columns understood so far."""
        return {column.name for column in self.columns}

    @property
    def derived_names(self) -> set[str]:
        """Names of the suite's derived columns, the codes of its names among them."""
        return set(self.suite.derived) | {form.into for form in self.suite.names} if self.suite is not None else set()


def read_odcs(file: YamlFile, problems: list[Problem], wanted_id: str) -> OpenDataContractStandard | None:
    """The file as a contract of one table with the right id; None when it is not one."""
    if file.data is None:
        return None
    document = read_form(OpenDataContractStandard, file, problems)
    if document is None:
        return None
    problems.extend(p for p in unknown_keys(OpenDataContractStandard, file, file.data))
    for key, value, allowed in (
        ("apiVersion", document.apiVersion, (API_VERSION,)),
        ("kind", document.kind, ("DataContract",)),
        ("id", document.id, (wanted_id,)),
        ("status", document.status, STATUSES),
    ):
        if value not in allowed:
            problems.append(file.problem((key,), f"must be {' | '.join(allowed)}; found {value!r}"))
    if not VERSION.match(document.version or ""):
        problems.append(file.problem(("version",), f"must be three numbers such as 1.0.0; found {document.version!r}"))
    if not document.name:
        problems.append(file.problem(("name",), "the contract needs a name"))
    if document.description is None or not document.description.purpose:
        problems.append(file.problem(("description", "purpose"), "the contract needs description.purpose"))
    if not document.schema_ or len(document.schema_) != 1 or not document.schema_[0].properties:
        problems.append(file.problem(("schema",), "the contract describes exactly one table with properties"))
        return None
    return document


def read_draft(system: str, path: Path, root: Path, problems: list[Problem]) -> Draft | None:
    """The contract at `path` with its suite; None when it cannot be understood at all."""
    file = YamlFile(path, root)
    problems.extend(file.problems)
    document = read_odcs(file, problems, f"{system}.{path.stem}")
    if document is None or document.schema_ is None:
        return None
    if not IDENTIFIER.match(path.stem):
        problems.append(file.problem((), f"a dataset's name is [a-z_][a-z0-9_]*: {path.stem!r}"))
    extras = read_extras(ContractExtras, file.data.get("customProperties"), file, problems, ())
    keys = list(file.data)
    if "schema" in keys and keys[-1] != "schema":
        problems.append(
            file.problem(("schema",), "`schema` comes last: what precedes it is the head the scheduler reads")
        )
    if extras is None:
        return None
    draft = Draft(system, path.stem, file, document, document.schema_[0], extras)
    _table(draft, problems)
    for index, prop in enumerate(draft.schema.properties or []):
        column = _column(draft, prop, (*_TOP, "properties", index), problems)
        if column is not None:
            draft.columns.append(column)
    _relationships(draft, problems)
    _freshness(draft, problems)
    _retention(draft, problems)
    _load_mode(draft, problems)
    _read_suite(draft, root, problems)
    return draft


def _table(draft: Draft, problems: list[Problem]) -> None:
    schema, file = draft.schema, draft.file
    if schema.name != draft.name:
        problems.append(file.problem((*_TOP, "name"), f"must be {draft.name!r} like the file; found {schema.name!r}"))
    if ("{periode}" in (schema.physicalName or "")) != (draft.extras.period_column is not None):
        message = "a {periode} in physicalName and the property period_column stand together"
        problems.append(file.problem((*_TOP, "physicalName"), message))


def _column(draft: Draft, prop: SchemaProperty, path: KeyPath, problems: list[Problem]) -> Column | None:
    file, name = draft.file, prop.name or ""
    extras = read_extras(ColumnExtras, _custom(file.data, path), file, problems, path)
    before = len(problems)
    if not IDENTIFIER.match(name) or name in draft.column_names:
        problems.append(file.problem((*path, "name"), f"not a fresh column name of [a-z_][a-z0-9_]*: {name!r}"))
    for key, value, allowed in (
        ("logicalType", prop.logicalType, LOGICAL),
        ("classification", prop.classification, CLASSES),
    ):
        if value not in allowed:
            problems.append(file.problem((*path, key), f"must be {' | '.join(allowed)}; found {value!r}"))
    for key, text in (("businessName", prop.businessName), ("description", prop.description)):
        if not text:
            problems.append(file.problem((*path, key), f"column {name!r} needs {key}"))
    raw = file.data["schema"][0]["properties"][path[-1]]
    for key in ("required", "primaryKey"):
        if not isinstance(raw.get(key, False), bool):
            problems.append(file.problem((*path, key), f"must be true or false; found {raw[key]!r}"))
    if extras is None or len(problems) > before:
        return None
    precision, scale = _size(file, prop, extras, path, problems)
    physical = prop.physicalType or ""
    return Column(
        name=name,
        logical=prop.logicalType,  # type: ignore[arg-type]
        physical=physical,
        precision=precision,
        scale=scale,
        required=bool(prop.required),
        classification=prop.classification,  # type: ignore[arg-type]
        standard=extras.standard,
        code_list=extras.code_list,
        title=prop.businessName or "",
        description=prop.description or "",
        unit=extras.unit,
        on_nul=extras.on_nul,
        trim=physical.startswith("character("),
        source=prop.physicalName,
        format=extras.format,
        periksa_nilai=extras.periksa_nilai,
    )


def _size(
    file: YamlFile, prop: SchemaProperty, extras: ColumnExtras, path: KeyPath, problems: list[Problem]
) -> tuple[int | None, int | None]:
    """Digits and decimals in curated; from the source's type, else from the property `decimal`."""
    if prop.logicalType not in ("integer", "number"):
        return None, None
    physical = prop.physicalType or ""
    sized = _NUMERIC.match(physical)
    if extras.decimal is not None:
        precision, scale = (int(part) for part in extras.decimal.split(","))
    elif sized:
        precision, scale = int(sized[1]), int(sized[2])
    elif physical in _INTEGER_DIGITS:
        precision, scale = _INTEGER_DIGITS[physical], 0
    else:
        message = f'a {prop.logicalType} of type {physical} needs the property decimal, such as "20,2"'
        problems.append(file.problem((*path, "logicalType"), message))
        return None, None
    if not 1 <= precision <= 38 or scale > precision:
        problems.append(file.problem((*path, "customProperties"), f"no such decimal: {precision},{scale}"))
    return precision, scale


def _relationships(draft: Draft, problems: list[Problem]) -> None:
    for index, relation in enumerate(draft.schema.relationships or []):
        path = (*_TOP, "relationships", index)
        extras = read_extras(RelationExtras, _custom(draft.file.data, path), draft.file, problems, path)
        ours, theirs = _many(relation.from_), _many(relation.to)
        if not RULE_ID.match(relation.id or "") or any(r.id == relation.id for r in draft.references):
            problems.append(draft.file.problem((*path, "id"), f"not a fresh id of [a-z0-9-]: {relation.id!r}"))
        if relation.type not in (None, "foreignKey"):
            problems.append(draft.file.problem((*path, "type"), f"must be foreignKey; found {relation.type!r}"))
        parts = [target.rsplit(".", 1) for target in theirs]
        parents = {part[0] for part in parts if len(part) == 2}
        if not ours or len(ours) != len(theirs) or len(parents) != 1 or any(len(part) != 2 for part in parts):
            message = "`from` and `to` need the same number of columns; `to` is system.dataset.column of one dataset"
            problems.append(draft.file.problem((*path, "to"), message))
        elif extras is not None and extras.many and not extras.take:
            problems.append(draft.file.problem((*path, "customProperties"), "many without take brings nothing"))
        elif extras is not None:
            draft.references.append(
                Reference(
                    id=relation.id or "",
                    columns=tuple(ours),
                    to=parents.pop(),
                    to_columns=tuple(part[1] for part in parts),
                    severity=extras.severity,
                    reason=extras.reason,
                    source=extras.source,
                    many=extras.many,
                    take=tuple(Taken(name=name, expr=expr) for name, expr in extras.take.items()),
                )
            )


def _freshness(draft: Draft, problems: list[Problem]) -> None:
    for index, promise in enumerate(draft.odcs.slaProperties or []):
        if promise.property != "latency":
            continue
        hours = {"h": 1, "d": 24}.get(promise.unit or "")
        if hours is None or isinstance(promise.value, bool | str | None) or promise.value <= 0:
            message = "latency is a positive number with unit d or h"
            problems.append(draft.file.problem(("slaProperties", index, "value"), message))
            return
        draft.freshness = timedelta(hours=hours * promise.value)
        return
    problems.append(draft.file.problem(("slaProperties",), "the freshness promise is missing (property latency)"))


def _retention(draft: Draft, problems: list[Problem]) -> None:
    """How long raw and quarantine are kept (ODCS property `retention`); the tenant's default without it."""
    for index, promise in enumerate(draft.odcs.slaProperties or []):
        if promise.property != "retention":
            continue
        days = {"d": 1, "y": 365}.get(promise.unit or "")
        if days is None or isinstance(promise.value, bool | str | None) or promise.value <= 0:
            message = "retention is a positive number with unit d or y"
            problems.append(draft.file.problem(("slaProperties", index, "value"), message))
            return
        draft.retention = timedelta(days=days * promise.value)


def _load_mode(draft: Draft, problems: list[Problem]) -> None:
    extras, file = draft.extras, draft.file
    names = draft.column_names
    listed = [p.name for p in draft.schema.properties or []]
    if not draft.key:
        problems.append(file.problem((*_TOP, "properties"), "the contract has no key (primaryKey: true)"))
    positions = sorted(p.primaryKeyPosition or 0 for p in draft.schema.properties or [] if p.primaryKey)
    if positions != list(range(1, len(positions) + 1)):
        message = f"primaryKeyPosition must run 1, 2, …; found {positions}"
        problems.append(file.problem((*_TOP, "properties"), message))
    for name in draft.key:
        if name in names and not draft.columns[[c.name for c in draft.columns].index(name)].required:
            path = (*_TOP, "properties", listed.index(name), "primaryKey")
            problems.append(file.problem(path, f"key column {name!r} must be required"))
    if extras.load == "window" and not extras.cursor:
        problems.append(file.problem(_extra(draft, "load"), "load: window needs the property cursor"))
    if extras.load == "window" and extras.overlap is None:
        problems.append(file.problem(_extra(draft, "load"), "load: window needs the property overlap"))
    if extras.load == "full" and extras.cursor:
        problems.append(file.problem(_extra(draft, "cursor"), "load: full has no cursor"))
    for name in extras.cursor:
        if name not in listed:
            problems.append(file.problem(_extra(draft, "cursor"), f"cursor column {name!r} is not in the contract"))
        elif name in names and draft.columns[[c.name for c in draft.columns].index(name)].logical not in (
            "date",
            "timestamp",
        ):
            problems.append(file.problem(_extra(draft, "cursor"), f"cursor column {name!r} is no date or timestamp"))
    if extras.period_column is not None and (not draft.key or draft.key[0] != extras.period_column):
        problems.append(file.problem(_extra(draft, "period_column"), "the period column is the first of the key"))


def _read_suite(draft: Draft, root: Path, problems: list[Problem]) -> None:
    path = root / "expectations" / draft.system / f"{draft.name}.yaml"
    if not path.exists():
        return
    file = YamlFile(path, root)
    problems.extend(file.problems)
    draft.suite_file = file
    draft.suite = read_form(SuiteForm, file, problems) if file.data is not None else None


def _extra(draft: Draft, name: str) -> KeyPath:
    """The path of a contract-level custom property's value."""
    for index, entry in enumerate(draft.file.data.get("customProperties") or []):
        if isinstance(entry, Mapping) and entry.get("property") == name:
            return ("customProperties", index, "value")
    return ("customProperties",)


def _custom(data: Any, path: KeyPath) -> object:
    """The raw `customProperties` below `path` (pydantic keeps them, but positions are those of the file)."""
    for step in path:
        data = data[step]
    return data.get("customProperties") if isinstance(data, Mapping) else None


def _many(value: str | list[str] | None) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)
