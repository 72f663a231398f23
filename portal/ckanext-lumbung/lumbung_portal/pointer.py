"""The pointer, last: one `package_revise` that makes dataset and resource speak of the version the table carries."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ckan.plugins import toolkit as tk

from lumbung_portal import files
from lumbung_portal.request import RefreshRequest
from lumbung_portal.versions import Version

RESOURCE_PREFIX = 36  # package_revise accepts a prefix of the resource's id; ours is the whole


def _text(value: Any) -> str:
    """A metadata value as CKAN keeps it: text; objects and lists as canonical JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.dumps(json.loads(value), sort_keys=True, ensure_ascii=False)
        except ValueError:
            return value
    return str(value)


def _moment(value: Any) -> Any:
    """A time stamp without its zone spelling, so that `…Z`, `…+00:00` and `…` (CKAN's) compare equal."""
    text = _text(value)
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return text
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _same(one: Any, other: Any) -> bool:
    return _text(one) == _text(other) or _moment(one) == _moment(other)


def _resource_fields(request: RefreshRequest, version: Version) -> dict[str, Any]:
    switched = version.switched_at.astimezone(UTC).replace(tzinfo=None)
    return {
        "url": files.url_of(request.resource_id, version.version),
        "format": "CSV",
        "mimetype": "text/csv",
        "versi": version.version,
        "sha256": version.sha256,
        "hash": version.sha256,
        "size": version.bytes,
        "jumlah_baris": str(version.rows),
        "last_modified": switched.isoformat(timespec="microseconds"),
        "datastore_active": True,
        **{key: _text(value) for key, value in request.resource_metadata.items()},
    }


def changes(
    package: dict[str, Any], request: RefreshRequest, version: Version
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the dataset and the resource must still be told: two dicts, both empty when all is said."""
    resource = next(entry for entry in package["resources"] if entry["id"] == request.resource_id)
    told = {"versi": version.version, **{key: _text(value) for key, value in request.package_metadata.items()}}
    return (
        {key: value for key, value in told.items() if not _same(package.get(key), value)},
        {
            key: value
            for key, value in _resource_fields(request, version).items()
            if not _same(resource.get(key), value)
        },
    )


def update(context: dict[str, Any], package_id: str, request: RefreshRequest, version: Version) -> bool:
    """Write what differs in one call (one activity, one index update); returns whether anything differed."""
    package = tk.get_action("package_show")(tk.fresh_context(context), {"id": package_id})
    for_package, for_resource = changes(package, request, version)
    if not for_package and not for_resource:
        return _add_views(context, package, request.resource_id)
    revision: dict[str, Any] = {"match": {"id": package_id}, "update": for_package}
    if for_resource:
        revision[f"update__resources__{request.resource_id[:RESOURCE_PREFIX]}"] = for_resource
    package = tk.get_action("package_revise")(tk.fresh_context(context), revision)["package"]
    _add_views(context, package, request.resource_id)
    return True


def _add_views(context: dict[str, Any], package: dict[str, Any], resource_id: str) -> bool:
    """The default views (a table) of a resource that has none yet; returns whether any was made.

    CKAN makes them when a resource is created with its table; ours has its table only after the first refresh.
    """
    if tk.get_action("resource_view_list")(tk.fresh_context(context), {"id": resource_id}):
        return False
    resource = next(entry for entry in package["resources"] if entry["id"] == resource_id)
    return bool(
        tk.get_action("resource_create_default_resource_views")(
            tk.fresh_context(context), {"resource": resource, "package": package, "create_datastore_views": True}
        )
    )
