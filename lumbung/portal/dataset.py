"""Declarations → what the portal stores: fixed ids, organizations, groups, dataset fields, resource, data dictionary.

Ids are uuid5 of the publication's id alone. Departments merge and split, titles and slugs get better; ids stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from lumbung.declarations.models import Declarations, Mart, Publication, Suppression
from lumbung.declarations.names import STATUS_COLUMN
from lumbung.declarations.product import GEOMETRY
from lumbung.ledger.records import MartRefresh
from lumbung.portal.disclosure import Hidden
from lumbung.portal.period import MONTHS, label, span
from lumbung.portal.table import Content

NAMESPACE: Final = UUID("6f0c2b7e-52f1-5d0a-9d5e-3c1b8a44e7d1")
"""Fixed for ever: changing it would change the id of every public dataset."""

IDENTIFIER: Final = "lumbung:"
WALIDATA: Final = "diskominfo"
WIB: Final = ZoneInfo("Asia/Jakarta")


def dataset_id(publication_id: str) -> str:
    """The portal's id of a publication's dataset."""
    return str(uuid5(NAMESPACE, f"dataset:{publication_id}"))


def resource_id(publication_id: str) -> str:
    """The portal's id of a publication's table (file and DataStore)."""
    return str(uuid5(NAMESPACE, f"resource:{publication_id}"))


def map_id(publication_id: str) -> str:
    """The portal's id of the GeoJSON file that is made of a publication's table."""
    return str(uuid5(NAMESPACE, f"geojson:{publication_id}"))


@dataclass(frozen=True)
class Body:
    """An organization (OPD) or a group (theme): code, title, description."""

    name: str
    title: str
    description: str


def organization(declared: Declarations, code: str) -> Body:
    """The OPD that produces a dataset."""
    title = declared.lists["opd"].label(code) or code
    return Body(code, title, f"{title} {declared.tenant.name}, produsen data.")


def group(declared: Declarations, code: str) -> Body:
    """A theme of the portal."""
    title = declared.lists["tema"].label(code) or code
    return Body(code, title, f"Data bertema {title}.")


def fields(publication: Publication) -> list[dict[str, Any]]:
    """The DataStore's columns with explicit types and dictionary, in the order of the CSV."""
    out = []
    for column in publication.columns:
        info = {"label": column.title, "notes": column.description, "unit": column.unit or ""}
        out.append({"id": column.name, "type": "text" if column.type == GEOMETRY else column.type, "info": info})
    return out


def declared_package(declared: Declarations, mart: Mart, publication: Publication) -> dict[str, Any]:
    """Dataset fields that follow from the declarations alone."""
    tenant = declared.tenant
    rule = publication.suppress
    measures = set(rule.value_columns) | {rule.count_column} if rule else set()
    measured = [column for column in publication.columns if column.name in measures]
    classes = [c for c in publication.columns if c.name not in measures and c.name in publication.key]
    return {
        "name": publication.slug,
        "title": publication.title,
        "notes": publication.notes,
        "owner_org": publication.organization,
        "license_id": publication.license,
        "identifier": f"{IDENTIFIER}{publication.id}",
        "groups": [{"name": name} for name in publication.groups],
        "tags": [{"name": name} for name in publication.tags],
        "definisi": publication.definition,
        "ukuran": ", ".join(column.title for column in measured),
        "satuan": ", ".join(dict.fromkeys(column.unit for column in measured if column.unit)),
        "klasifikasi": ", ".join(column.title.removeprefix("Kode ").capitalize() for column in classes),
        "frekuensi": publication.frequency,
        "cakupan_wilayah": tenant.name,
        "kode_wilayah": tenant.kode_wilayah,
        "produsen_data": organization(declared, publication.organization).title,
        "produsen_data_kode": publication.organization,
        "walidata": organization(declared, WALIDATA).title,
        "kontak_nama": tenant.publisher.name,
        "kontak_email": tenant.publisher.email,
    }


def declared_resource(mart: Mart, publication: Publication) -> dict[str, Any]:
    """Resource fields that follow from the declarations alone; no column of drawings is said too."""
    drawing = publication.drawing
    return {
        "name": publication.title,
        "description": publication.definition,
        "format": "CSV",
        "cara_baca": mart.read_for,
        "kolom_geometri": drawing.name if drawing is not None else "",
    }


def declared_map(publication: Publication, portal_url: str) -> dict[str, Any] | None:
    """Fields of the resource that leads to the GeoJSON file of the table's version; None without a drawing."""
    if publication.drawing is None:
        return None
    return {
        "name": f"{publication.title} (GeoJSON)",
        "description": publication.definition,
        "format": "GeoJSON",
        "mimetype": "application/geo+json",
        "url": f"{portal_url}/lumbung/berkas/{resource_id(publication.id)}/terbaru.geojson",
    }


def content_package(content: Content, hidden: Hidden) -> dict[str, Any]:
    """Dataset fields that follow from the published content: the period covered and what was withheld."""
    publication = content.publication
    out: dict[str, Any] = {"sel_ditahan": str(len(hidden.keys))}
    if publication.suppress is not None:
        out["ambang_k"] = str(publication.suppress.k)
        out["catatan_pengungkapan"] = disclosure_note(publication, publication.suppress, hidden)
    if publication.period_column:
        periods = sorted({str(value) for value in content.values(publication.period_column)})
        out["periode"] = " – ".join(dict.fromkeys(label(period) for period in (periods[0], periods[-1])))
        first, last = span(periods[0]), span(periods[-1])
        if first and last:
            out["periode_mulai"], out["periode_selesai"] = first[0].isoformat(), last[1].isoformat()
    return out


def disclosure_note(publication: Publication, rule: Suppression, hidden: Hidden) -> str:
    """What was withheld and why, in words for the dataset page."""
    counted = next(column.title for column in publication.columns if column.name == rule.count_column)
    counted = counted[0].lower() + counted[1:]
    small = f"{counted} antara 1 dan {rule.k - 1}" + (f" atau {rule.marked_because}" if rule.marked_because else "")
    if not hidden.keys:
        return f"Tidak ada sel yang disamarkan: tidak ada {small}."
    return (
        f"{len(hidden.keys)} sel disamarkan ({STATUS_COLUMN} = disamarkan, nilainya dikosongkan) untuk melindungi "
        f"rahasia perorangan: {len(hidden.primary)} karena {small}, "
        f"{len(hidden.complementary)} sebagai pelengkap agar sel kecil tidak dapat dihitung dari jumlah yang terbit. "
        "Nol ditampilkan. Sel lain sama dengan data di gudang data."
    )


def provenance(declared: Declarations, mart: Mart, refresh: MartRefresh) -> dict[str, Any]:
    """Dataset fields that say as of when and from what; they change with every run and move only with the content."""
    sources: dict[str, Any] = {"run": refresh.run_label, "mart": mart.name, "inputs": dict(refresh.inputs)}
    if refresh.snapshot_id is not None:
        sources["snapshot"] = refresh.snapshot_id
    codes = dict.fromkeys(name.split("__")[0] for name in mart.inputs if "__" in name)
    systems = [declared.systems[code] for code in codes if code in declared.systems]
    origin = " dan ".join(f"{system.name} ({system.owner_name})" for system in systems) or "gudang data"
    return {
        "data_per": refresh.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "sumber": json.dumps(sources, sort_keys=True, ensure_ascii=False, default=str),
        "sumber_keterangan": (
            f"{origin}; dihitung di gudang data sebagai mart {mart.name} pada pembaruan {refresh.run_label}, "
            f"data per {long_date(refresh.as_of)}."
        ),
    }


def long_date(moment: datetime) -> str:
    """The WIB day in Indonesian, e.g. `31 Januari 2026`."""
    day = moment.astimezone(WIB).date()
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def version(content: Content, as_of: datetime, published: Mapping[str, Any] | None) -> str:
    """`<day of the as-of, WIB>-<first 8 of sha256>`; content that the portal's table carries keeps its version."""
    table = (published or {}).get("table")
    if table and table["sha256"] == content.sha256:
        return str(table["version"])
    return f"{as_of.astimezone(WIB).date().isoformat()}-{content.sha256[:8]}"


def differs(wanted: Mapping[str, Any], stored: Mapping[str, Any]) -> list[str]:
    """Fields whose stored value is not the wanted one; everything is compared as the text that the portal keeps."""
    return [
        name for name, value in wanted.items() if _plain(name, value, stored) != _plain(name, stored.get(name), stored)
    ]


def _plain(name: str, value: Any, stored: Mapping[str, Any]) -> object:
    if name in ("groups", "tags"):
        return sorted(item["name"] for item in value or [])
    if name == "owner_org":
        owner = stored.get("organization") or {}
        return owner.get("name") if value == stored.get("owner_org") else value
    return "" if value is None else str(value)
