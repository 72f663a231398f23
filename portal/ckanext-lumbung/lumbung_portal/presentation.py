"""What the pages show beside CKAN's own, or otherwise: dates as people read them, themes, no link that is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ckan.plugins import toolkit as tk
from markupsafe import Markup, escape

ZONE = ZoneInfo("Asia/Jakarta")
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
TYPES = {
    "text": "teks",
    "int2": "bilangan bulat",
    "int4": "bilangan bulat",
    "int8": "bilangan bulat",
    "numeric": "bilangan",
    "float4": "bilangan",
    "float8": "bilangan",
    "bool": "ya/tidak",
    "date": "tanggal",
    "timestamp": "waktu",
}
FACETS = {
    "organization": "Perangkat daerah",
    "groups": "Tema",
    "tags": "Kata kunci",
    "res_format": "Format",
    "license_id": "Lisensi",
}


def date_label(value: Any) -> str:
    """`2026-01-31T17:00:00Z` as `1 Februari 2026`: the date in the regency's zone. Other text comes back as it is."""
    moment = _moment(value)
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}" if moment else str(value or "")


def moment_label(value: Any) -> str:
    """`2026-01-31T17:00:00Z` as `1 Februari 2026 00.00 WIB`. Other text comes back as it is."""
    moment = _moment(value)
    return f"{date_label(value)} {moment:%H.%M} WIB" if moment else str(value or "")


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.astimezone(ZONE) if moment.tzinfo else moment.replace(tzinfo=ZONE)


def number_label(value: Any) -> str:
    """`12345` as `12.345`. Other text comes back as it is."""
    text = str(value if value is not None else "")
    return f"{int(text):,}".replace(",", ".") if text.isdecimal() else text


def provenance(value: Any) -> dict[str, Any]:
    """The dataset's `sumber` as an object; empty when it is not one."""
    try:
        content = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def type_label(value: Any) -> str:
    """A column's PostgreSQL type in words."""
    return TYPES.get(str(value).split("(")[0], str(value))


def about() -> str:
    """The tenant's own words for the page about the portal."""
    return str(tk.config["ckanext.lumbung.about"])


def themes() -> list[dict[str, Any]]:
    """The themes (groups) with the number of their datasets, those with data first."""
    groups = tk.get_action("group_list")({}, {"all_fields": True, "include_dataset_count": True, "limit": 50})
    return sorted(groups, key=lambda group: (not group["package_count"], group["title"] or group["name"]))


def newest(limit: int = 5) -> list[dict[str, Any]]:
    """The datasets that were refreshed last."""
    found = tk.get_action("package_search")({}, {"rows": limit, "sort": "metadata_modified desc"})
    return list(found["results"])


def facets(known: Any) -> Any:
    """The filters in the order and words of FACETS; what others added stays behind them."""
    ordered = type(known)()
    for name, label in FACETS.items():
        ordered[name] = label
    for name, label in known.items():
        ordered.setdefault(name, label)
    return ordered


@tk.chained_helper
def linked_user(known: Callable[..., Any], user: Any, maxlength: int = 0, avatar: int = 20) -> Any:
    """A user's name, with the link to the user's page only for those who may open it."""
    link = known(user, maxlength, avatar)
    if not link or tk.h.check_access("user_show", {"id": getattr(user, "id", user)}):
        return link
    return escape(link.striptags() if isinstance(link, Markup) else link)


@tk.chained_helper
def build_nav_icon(known: Callable[..., Any], menu_item: str, title: str, **kw: Any) -> Any:
    """A tab; the one of the members of a theme or organization only for those who may open it."""
    if menu_item.endswith(".members") and not tk.h.check_access(
        "group_show", {"id": kw.get("id"), "object_type": "user"}
    ):
        return Markup("")
    return known(menu_item, title, **kw)


@tk.chained_helper
def render_datetime(
    known: Callable[..., Any],
    datetime_: Any,
    date_format: str | None = None,
    with_hours: bool = False,
    with_seconds: bool = False,
) -> str:
    """A moment; with its hour, Indonesian pages say `29 November 2026 22.16 WIB` (CKAN's order is English)."""
    if with_hours and not with_seconds and date_format is None and tk.h.lang() == "id":
        return moment_label(known(datetime_, date_format="%Y-%m-%dT%H:%M:%S%z"))
    return str(known(datetime_, date_format, with_hours, with_seconds))


HELPERS = {
    "build_nav_icon": build_nav_icon,
    "linked_user": linked_user,
    "render_datetime": render_datetime,
    "lumbung_about": about,
    "lumbung_date": date_label,
    "lumbung_moment": moment_label,
    "lumbung_number": number_label,
    "lumbung_provenance": provenance,
    "lumbung_type": type_label,
    "lumbung_themes": themes,
    "lumbung_newest": newest,
}
