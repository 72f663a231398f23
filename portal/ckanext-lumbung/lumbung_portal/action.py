"""The two actions: `lumbung_refresh` puts a version in place, `lumbung_version` tells what is in place."""

from __future__ import annotations

import logging
import time
from typing import Any

from ckan.plugins import toolkit as tk
from ckanext.datastore.logic import action as datastore_action

from lumbung_portal import files, pointer, table, versions
from lumbung_portal.request import RefreshRequest, parse, refuse
from lumbung_portal.versions import Version

log = logging.getLogger(__name__)

DATASET_TYPE = "dataset"


def _schema_fields() -> tuple[frozenset[str], frozenset[str]]:
    """Names of the fields that the dataset schema declares, of the dataset and of its resources."""
    schema = tk.get_action("scheming_dataset_schema_show")({"ignore_auth": True}, {"type": DATASET_TYPE})
    return (
        frozenset(field["field_name"] for field in schema["dataset_fields"]),
        frozenset(field["field_name"] for field in schema["resource_fields"]),
    )


def lumbung_refresh(context: dict[str, Any], data_dict: dict[str, Any]) -> dict[str, Any]:
    """Put a new version of a resource's content in place: file, then table, then metadata, each whole or not at all.

    Readers see the old content or the new, never none, part or a mix. A call that finds its version in place
    everywhere writes nothing; one that was killed is completed by the next. Errors are ValidationError (409) with the
    name of the parameter that is wrong; the old content then stays in place.

    :param resource_id: the resource's uuid
    :param upload: multipart part, CSV (UTF-8) whose header is the fields' ids in order
    :param version: name of the version: letters, digits, `.`, `_`, `-`
    :param sha256: digest of the file's bytes
    :param rows: number of data rows
    :param fields: list of `{"id", "type", "info": {"label", "notes", "unit"}}`
    :param primary_key: list of column names (optional)
    :param indexes: list of column names or of lists of them (optional)
    :param metadata: `{"package": {…}, "resource": {…}}`, written last (optional)
    :param rebuild: true makes the table anew although it is recorded as this version, because somebody changed it
    :returns: `unchanged`, `completed_earlier`, `version`, `sha256`, `rows`, `url`
    """
    tk.check_access("lumbung_refresh", context, data_dict)
    request = parse(data_dict, *_schema_fields())
    resource = tk.get_action("resource_show")(tk.fresh_context(context), {"id": request.resource_id})
    limit = int(tk.config["ckanext.lumbung.max_bytes"])
    with files.received(request.resource_id, data_dict.get("upload"), limit) as incoming:
        if incoming.sha256 != request.sha256:
            raise refuse("sha256", f"expected {request.sha256}, got {incoming.sha256}")
        with table.refresh_lock(request.resource_id) as connection:
            return _refresh(context, resource["package_id"], request, incoming, connection)


def _refresh(
    context: dict[str, Any], package_id: str, request: RefreshRequest, incoming: files.Incoming, connection: Any
) -> dict[str, Any]:
    """The three steps under the resource's lock, each skipped when an earlier call has done it."""
    versions.prepare(connection)
    with connection.begin():
        current = versions.current(connection, request.resource_id)
        known = versions.named(connection, request.resource_id, request.version)
    if known and known.sha256 != request.sha256:
        raise refuse(
            "version", f"{request.version} exists with another content ({known.sha256}): versions never change"
        )
    path = files.path_of(request.resource_id, request.version)

    def store() -> bool:
        if files.digest(path) == request.sha256:
            return False
        files.keep(incoming, request.resource_id, request.version)
        return True

    switched = None
    in_place = current is not None and _carries(current, request) and not request.rebuild
    if in_place:
        stored = store()
    else:
        stored = True
        with incoming.path.open("rb") as source:
            table.replace(connection, request, source, incoming.size, checked=store)
        switched = time.monotonic()
        datastore_action._cancel_calculate_record_count(request.resource_id)  # the switch wrote the count
        log.info("resource %s: version %s, %d rows", request.resource_id, request.version, request.rows)
    with connection.begin():
        (carried,) = versions.history(connection, request.resource_id, only_current=True)
    pointed = pointer.update(context, package_id, request, carried)
    if switched:
        table.drop_old(connection, request.resource_id, switched)
    return {
        "unchanged": not (switched or stored or pointed),
        "completed_earlier": bool(in_place and (stored or pointed)),
        "resource_id": request.resource_id,
        "version": carried.version,
        "sha256": carried.sha256,
        "rows": carried.rows,
        "url": files.url_of(request.resource_id, carried.version),
    }


def _carries(current: Version, request: RefreshRequest) -> bool:
    """Whether the table already is what the request asks for, content and definition."""
    return (current.version, current.sha256, current.definition, current.rows) == (
        request.version,
        request.sha256,
        request.definition,
        request.rows,
    )


@tk.side_effect_free
def lumbung_version(context: dict[str, Any], data_dict: dict[str, Any]) -> dict[str, Any]:
    """Tell which version the file, the table and the metadata of a resource carry, for reading back.

    :param resource_id: the resource's uuid
    :returns: `file`, `table`, `metadata` (each null before the first refresh), `consistent`, `versions`
    """
    resource_id = tk.get_or_bust(data_dict, "resource_id")
    tk.check_access("lumbung_version", context, {"resource_id": resource_id})
    resource = tk.get_action("resource_show")(tk.fresh_context(context), {"id": resource_id})
    with versions.reading() as connection:
        current = versions.current(connection, resource["id"])
        history = versions.history(connection, resource["id"])
    in_table = in_file = None
    if current:
        in_table = {
            "version": current.version,
            "sha256": current.sha256,
            "rows": current.rows,
            "switched_at": current.switched_at.isoformat(),
        }
        path = files.path_of(resource["id"], current.version)
        digest = files.digest(path)
        if digest:
            in_file = {
                "version": current.version,
                "sha256": digest,
                "bytes": path.stat().st_size,
                "url": files.url_of(resource["id"], current.version),
            }
    in_metadata = None
    if resource.get("versi"):
        in_metadata = {"version": resource["versi"], "sha256": resource.get("sha256"), "url": resource["url"]}
    told = [part and (part["version"], part["sha256"]) for part in (in_file, in_table, in_metadata)]
    return {
        "resource_id": resource["id"],
        "consistent": told[0] is not None and told.count(told[0]) == len(told),
        "file": in_file,
        "table": in_table,
        "metadata": in_metadata,
        "versions": [
            {
                "version": v.version,
                "sha256": v.sha256,
                "rows": v.rows,
                "bytes": v.bytes,
                "switched_at": v.switched_at.isoformat(),
                "current": v.current,
            }
            for v in history
        ],
    }


def may_refresh(context: dict[str, Any], data_dict: dict[str, Any]) -> dict[str, Any]:
    """Whoever may edit the resource may refresh it."""
    resource_id = tk.get_or_bust(data_dict, "resource_id")
    return {"success": tk.check_access("resource_update", context, {"id": resource_id})}


@tk.auth_allow_anonymous_access
def may_see_version(context: dict[str, Any], data_dict: dict[str, Any]) -> dict[str, Any]:
    """Whoever may see the resource may see its version."""
    resource_id = tk.get_or_bust(data_dict, "resource_id")
    return {"success": tk.check_access("resource_show", context, {"id": resource_id})}
