"""What a contract must and may say because of the protocol that its system speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from lumbung.declarations.names import JSON_PATH, PHYSICAL, SOURCE_TABLE
from lumbung.declarations.transports import JSON_TYPES, Asked, RestDataset, SoapDataset

if TYPE_CHECKING:
    from open_data_contract_standard.model import SchemaProperty

    from lumbung.declarations.contracts import Draft
    from lumbung.declarations.models import System
    from lumbung.declarations.problems import Problem

_TOP: Final = ("schema", 0)


def transport_problems(draft: Draft, system: System, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    """What is wrong with the contract `draft` of `system`; `drafts`: all contracts."""
    spoken = {"rest": draft.extras.rest, "soap": draft.extras.soap}
    for name, said in spoken.items():
        if said is not None and system.transport != name:
            message = f"property {name}, but the system speaks {system.transport}"
            yield draft.file.problem(("customProperties",), message)
    if system.transport not in spoken:
        yield from _postgresql(draft)
        return
    asked = spoken[system.transport]
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
