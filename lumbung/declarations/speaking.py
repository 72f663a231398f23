"""What a contract must and may say because of the protocol that its system speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from lumbung.declarations.files import AREA, GEOMETRY, WKB, FilesDataset, plain_header
from lumbung.declarations.names import JSON_PATH, PHYSICAL, SOURCE_TABLE
from lumbung.declarations.transports import JSON_TYPES, Asked, RestDataset, SoapDataset

if TYPE_CHECKING:
    from open_data_contract_standard.model import SchemaProperty

    from lumbung.declarations.contracts import Draft
    from lumbung.declarations.models import System
    from lumbung.declarations.problems import Problem
    from lumbung.declarations.yamlfile import KeyPath

_TOP: Final = ("schema", 0)


def transport_problems(draft: Draft, system: System, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    """What is wrong with the contract `draft` of `system`; `drafts`: all contracts."""
    spoken = {"rest": draft.extras.rest, "soap": draft.extras.soap, "files": draft.extras.files}
    for name, said in spoken.items():
        if said is not None and system.transport != name:
            message = f"property {name}, but the system speaks {system.transport}"
            yield draft.file.problem(("customProperties",), message)
    if system.transport not in spoken:
        yield from _postgresql(draft)
        return
    asked = spoken[system.transport]
    if isinstance(asked, FilesDataset):
        yield from _files(draft, asked)
        return
    if asked is None:
        message = f"the system speaks {system.transport}: the property {system.transport} is missing"
        yield draft.file.problem(("customProperties",), message)
        return
    yield from _asked(draft, asked, drafts)
    names = {each.name for each in asked.each}
    if isinstance(asked, SoapDataset) and system.soap is not None:
        from lumbung.declarations.soapcheck import dataset_problems

        yield from dataset_problems(draft, asked, system.soap)
    elif isinstance(asked, RestDataset):
        for index, prop in enumerate(draft.schema.properties or []):
            yield from _json_column(draft, prop, index, names)


def _postgresql(draft: Draft) -> Iterator[Problem]:
    if not SOURCE_TABLE.match(draft.schema.physicalName or ""):
        message = f"not a table name like public.biodata_wni: {draft.schema.physicalName!r}"
        yield draft.file.problem((*_TOP, "physicalName"), message)
    for index, prop in enumerate(draft.schema.properties or []):
        place = (*_TOP, "properties", index)
        if not PHYSICAL.match(prop.physicalType or ""):
            message = f"not a PostgreSQL type as format_type prints it: {prop.physicalType!r}"
            yield draft.file.problem((*place, "physicalType"), message)
        if prop.physicalName is not None:
            message = "a table's column bears the contract's name; physicalName is for text sources"
            yield draft.file.problem((*place, "physicalName"), message)
    for column in draft.columns:
        if column.format is not None:
            yield _column_problem(draft, column.name, "format is for text sources; a database has types")


def _asked(draft: Draft, asked: Asked, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    """What is the same for every service that is asked request by request."""
    for each in asked.each:
        if each.dataset is None:
            continue
        parent = drafts.get(each.dataset)
        if parent is None or parent.system != draft.system or parent.extras.order >= draft.extras.order:
            message = f"{each.dataset!r} is no earlier dataset of the system (property order)"
            yield draft.file.problem(("customProperties",), message)
        elif each.column not in parent.column_names:
            yield draft.file.problem(("customProperties",), f"{each.dataset} has no column {each.column!r}")
    if draft.extras.period_column is not None:
        yield draft.file.problem(("customProperties",), "period_column is for tables whose name bears a period")


def _files(draft: Draft, files: FilesDataset) -> Iterator[Problem]:
    place = _property(draft, "files")
    if draft.extras.load != "full":
        yield draft.file.problem(_property(draft, "load"), "files are read whole: load must be full")
    if draft.extras.period_column is not None and not files.by_period:
        message = "period_column needs a group `periode` in the pattern of the files' names"
        yield draft.file.problem((*place, "pattern"), message)
    named = [((*place, "aliases", name), name) for name in files.aliases]
    if files.total_rows is not None:
        named.append(((*place, "total_rows", "column"), files.total_rows.column))
    if files.xlsx is not None:
        named += [((*place, "xlsx", "fill_merged"), name) for name in files.xlsx.fill_merged]
    for where, name in named:
        if name not in draft.column_names or name == draft.extras.period_column:
            yield draft.file.problem(where, f"the files have no column {name!r}")
    if files.gpkg is not None:
        yield from _layer(draft, files, files.gpkg.geometry)
    seen: dict[str, str] = {}
    for index, prop in enumerate(draft.schema.properties or []):
        name = prop.name or ""
        of_layer = files.gpkg is not None and prop.physicalName == GEOMETRY
        if prop.physicalType != (WKB if of_layer else "text"):
            message = f"a file's column arrives as text: physicalType must be text; found {prop.physicalType!r}"
            if of_layer:
                message = f"{GEOMETRY} is a string of physicalType {WKB}; found {prop.physicalType!r}"
            yield draft.file.problem((*_TOP, "properties", index, "physicalType"), message)
        if name == draft.extras.period_column:
            continue
        for header in (prop.physicalName or name, *files.aliases.get(name, ())):
            other = seen.setdefault(plain_header(header), name)
            if other != name:
                message = f"the header {header!r} also stands for column {other!r}"
                yield draft.file.problem((*_TOP, "properties", index, "name"), message)


def _layer(draft: Draft, files: FilesDataset, kind: str) -> Iterator[Problem]:
    """A layer is read for its geometry, which is no key; its columns have no lines of header to look for."""
    place = _property(draft, "files")
    found = [prop for prop in draft.schema.properties or [] if prop.physicalName == GEOMETRY]
    if len(found) != 1:
        message = f"a layer has one geometry: one column of physicalName '{GEOMETRY}'; found {len(found)}"
        yield draft.file.problem((*place, "gpkg"), message)
    for index, prop in enumerate(draft.schema.properties or []):
        at = (*_TOP, "properties", index)
        if prop.physicalName == GEOMETRY and (prop.primaryKey or prop.logicalType != "string"):
            yield draft.file.problem((*at, "logicalType"), "a geometry is a string, and no part of the key")
        if prop.physicalName == AREA and not kind.endswith("Polygon"):
            yield draft.file.problem((*at, "physicalName"), f"a {kind} has no area")
    if files.header_row != 1 or files.header_rows != 1 or files.total_rows is not None or files.fill_short:
        message = "a layer has no lines: header_row, header_rows, total_rows and fill_short are for csv and xlsx"
        yield draft.file.problem((*place, "gpkg"), message)


def _property(draft: Draft, name: str) -> KeyPath:
    """Where the contract's custom property of that name has its value."""
    entries = draft.file.data.get("customProperties") or []
    names = [entry.get("property") for entry in entries]
    return ("customProperties", names.index(name), "value")


def _json_column(draft: Draft, prop: SchemaProperty, index: int, names: set[str]) -> Iterator[Problem]:
    place = (*_TOP, "properties", index)
    if prop.physicalType not in JSON_TYPES:
        message = f"must be {' | '.join(JSON_TYPES)}; found {prop.physicalType!r}"
        yield draft.file.problem((*place, "physicalType"), message)
    path = prop.physicalName or prop.name or ""
    if not JSON_PATH.match(path) or (path.startswith("@") and path[1:] not in names):
        message = f"neither a path of keys nor @ with the name of an `each`: {path!r}"
        yield draft.file.problem((*place, "physicalName"), message)


def _column_problem(draft: Draft, name: str, message: str) -> Problem:
    listed = [prop.name for prop in draft.schema.properties or []]
    return draft.file.problem((*_TOP, "properties", listed.index(name), "customProperties"), message)
