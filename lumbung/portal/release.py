"""One publication to the portal: searched, compared with what is there, refreshed atomically, read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lumbung.declarations.models import Declarations, Mart, Publication
from lumbung.faults import point
from lumbung.ledger.records import MartRefresh
from lumbung.portal import dataset as ids
from lumbung.portal.ckan import Portal
from lumbung.portal.disclosure import Hidden
from lumbung.portal.pii import Finding, scan
from lumbung.portal.readback import ReadBackError, foreign_entries, read_back
from lumbung.portal.table import Content

OUTSIDE_REFRESH: Final = ("name", "owner_org", "groups", "tags")
"""Dataset fields that the refresh does not take; they are patched after it, when they changed."""


class Blocked(Exception):
    """A publication may not go out; `findings` say where and what kind, never the value."""

    def __init__(self, reason: str, findings: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(reason)
        self.findings = findings


@dataclass(frozen=True)
class Draft:
    """A publication on its way: the content as the public will see it, what it withholds, and where it comes from."""

    mart: Mart
    publication: Publication
    refresh: MartRefresh
    content: Content
    hidden: Hidden

    @property
    def dataset(self) -> str:
        """The portal's id of the dataset."""
        return ids.dataset_id(self.publication.id)

    @property
    def resource(self) -> str:
        """The portal's id of the table."""
        return ids.resource_id(self.publication.id)


@dataclass(frozen=True)
class Release:
    """The version that the portal carries now, and whether anything had to be written for it."""

    version: str
    wrote: bool


def release(
    portal: Portal,
    declared: Declarations,
    draft: Draft,
    exempt: Mapping[str, str],
    confirm: Callable[[], None],
    checked: str | None,
) -> Release:
    """Bring a draft to the portal; nothing is written when the portal already shows it.

    `exempt`: patterns of public code columns by name. `confirm` is called before anything is written, and raises when
    another pass may be at work: a draft that waited too long would take the portal back in time. `checked`: the version
    that was read back under these declarations before; any other is read back also when nothing has to be written,
    since the pass that wrote it may have ended before that; a table that somebody changed is then made anew, once.
    Raises Blocked when personal data is found (before: nothing
    is written; after: the reason says so), ReadBackError when the portal shows something else than what was sent.
    """
    exempt = {**exempt, **_drawn(draft.publication)}
    _search(draft.content, exempt, "")
    point("publish:checked")
    published = portal.version(draft.resource)
    version = ids.version(draft.content, draft.refresh.as_of, published)
    package = {
        **ids.declared_package(declared, draft.mart, draft.publication),
        **ids.content_package(draft.content, draft.hidden),
    }
    writes = not _up_to_date(portal, draft, published, package)
    if writes:
        confirm()
        _write(portal, declared, draft, version, package)
    if writes or version != checked:
        try:
            findings = read_back(portal, draft.resource, draft.content, version, exempt)
        except ReadBackError:
            if writes:
                raise
            confirm()
            _write(portal, declared, draft, version, package, rebuild=True)
            writes, findings = True, read_back(portal, draft.resource, draft.content, version, exempt)
        _assert_clean(findings, "setelah terbit: ")
        point("publish:read-back")
    return Release(version, wrote=writes)


def _drawn(publication: Publication) -> dict[str, str]:
    """The form of a drawing: numbers that are near each other would read as one of a person's."""
    drawing = publication.drawing
    if drawing is None:
        return {}
    from lumbung.portal.drawing import pattern

    return {drawing.name: pattern(drawing.drawn_decimals)}


def settled(portal: Portal, declared: Declarations, mart: Mart, publication: Publication, version: str) -> bool:
    """True when the portal shows this version, whole, under the fields that the declarations ask for."""
    state = portal.version(ids.resource_id(publication.id))
    if state is None or not state["consistent"] or state["metadata"]["version"] != version:
        return False
    stored = portal.find("package_show", ids.dataset_id(publication.id))
    wanted = {**ids.declared_package(declared, mart, publication), "private": False}
    return stored is not None and not ids.differs(wanted, stored) and not _map_differs(portal, publication, stored)


def published_file(portal: Portal, publication: Publication) -> bytes | None:
    """The CSV that the public has now, None before the first refresh."""
    state = portal.version(ids.resource_id(publication.id))
    return portal.get(state["file"]["url"]).body if state and state["file"] else None


def _search(content: Content, exempt: Mapping[str, str], when: str) -> None:
    _assert_clean(scan(content.columns, content.rows, content.columns, exempt), when)


def _assert_clean(findings: Sequence[Finding], when: str) -> None:
    if findings:
        first = "; ".join(str(finding) for finding in findings[:5])
        more = f" dan {len(findings) - 5} lainnya" if len(findings) > 5 else ""
        raise Blocked(
            f"{when}data pribadi ditemukan: {first}{more}. Perbaiki sumber atau mart-nya, lalu jalankan lagi",
            [finding.as_detail() for finding in findings],
        )


def _up_to_date(portal: Portal, draft: Draft, published: Mapping[str, Any] | None, package: Mapping[str, Any]) -> bool:
    """True when the portal has this content with these fields; as-of and provenance move only with them."""
    if published is None or not published["consistent"] or published["metadata"]["sha256"] != draft.content.sha256:
        return False
    stored = portal.find("package_show", draft.dataset) or {}
    resource: Mapping[str, Any] = next((one for one in stored.get("resources", []) if one["id"] == draft.resource), {})
    told = ids.differs({**package, "private": False}, stored)
    wanted = ids.declared_resource(draft.mart, draft.publication)
    if told or ids.differs(wanted, resource) or _map_differs(portal, draft.publication, stored):
        return False
    return not foreign_entries(portal, draft.resource, draft.publication)


def _map_differs(portal: Portal, publication: Publication, stored: Mapping[str, Any]) -> bool:
    """Whether the dataset must still be told where its GeoJSON file is, or that it has none any more."""
    wanted = ids.declared_map(publication, portal.url)
    own = ids.map_id(publication.id)
    found = next((one for one in stored.get("resources", []) if one["id"] == own), None)
    if wanted is None or found is None:
        return (wanted is None) != (found is None)
    return bool(ids.differs(wanted, found))


def _write(
    portal: Portal,
    declared: Declarations,
    draft: Draft,
    version: str,
    package: Mapping[str, Any],
    rebuild: bool = False,
) -> None:
    """Dataset and resource when they are new, then the atomic refresh, then what the pointer does not carry."""
    fields = {**package, **ids.provenance(declared, draft.mart, draft.refresh)}
    resource = ids.declared_resource(draft.mart, draft.publication)
    portal.ensure_dataset(draft.dataset, fields, {"id": draft.resource, **resource})
    point("publish:dataset-ensured")
    visible = {**{name: package[name] for name in OUTSIDE_REFRESH}, "private": False}
    portal.refresh(
        draft.resource,
        draft.content.csv,
        version=version,
        sha256=draft.content.sha256,
        rows=len(draft.content.rows),
        fields=ids.fields(draft.publication),
        primary_key=draft.publication.key,
        metadata={
            "package": {name: value for name, value in fields.items() if name not in visible},
            "resource": {
                **{name: value for name, value in resource.items() if name != "name"},
                "data_per": fields["data_per"],
                "sel_ditahan": fields["sel_ditahan"],
            },
        },
        rebuild=rebuild,
    )
    point("publish:refreshed")
    if (drawn := ids.declared_map(draft.publication, portal.url)) is not None:
        portal.ensure_link(draft.dataset, ids.map_id(draft.publication.id), drawn)
    else:
        portal.ensure_no_link(ids.map_id(draft.publication.id))
    if ids.differs({"name": resource["name"]}, portal.call("resource_show", {"id": draft.resource})):
        portal.call("resource_patch", {"id": draft.resource, "name": resource["name"]})
    stored = portal.call("package_show", {"id": draft.dataset})
    if changed := ids.differs(visible, stored):
        portal.call("package_patch", {"id": draft.dataset, **{name: visible[name] for name in changed}})
    point("publish:visible")
