"""Own routes: the versioned files, and a dump that is one generation of the table, never two."""

from __future__ import annotations

import codecs
import tempfile
from typing import IO, Any

from ckan.plugins import toolkit as tk
from ckanext.datastore.backend import postgres as pg
from ckanext.datastore.blueprint import dump as core_dump
from flask import Blueprint, Response, send_file

from lumbung_portal import download, files, geojson, versions
from lumbung_portal.request import RESOURCE_ID, VERSION
from lumbung_portal.versions import Version

IN_MEMORY = 1 << 25
CHUNK = 1 << 18
LATEST = "terbaru"
DELIMITERS = {"csv": ",", "tsv": "\t"}
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "tsv": "text/tab-separated-values; charset=utf-8"}
IMMUTABLE_SECONDS = 365 * 24 * 3600

blueprint = Blueprint("lumbung", __name__)


def berkas(resource_id: str, version: str) -> Response:
    """The file of one version, or of the version that the table carries (`terbaru`)."""
    return _file(resource_id, _version(resource_id, version), latest=version == LATEST)


def peta(resource_id: str, version: str) -> Response:
    """The same version as GeoJSON, for a table that has a column of drawings.

    Not to be kept for ever: the types of its properties and its drawings' column are those of the present table.
    """
    found = _version(resource_id, version)
    resource = tk.get_action("resource_show")({"user": tk.g.user}, {"id": resource_id})
    path = files.path_of(resource_id, found.version)
    if not resource.get("kolom_geometri") or not path.is_file():
        tk.abort(404, tk._("Resource not found"))
    with versions.reading() as connection:
        types = {column["id"]: column["type"] for column in pg._get_fields(connection, resource_id)}
    pieces = geojson.features(path, resource["kolom_geometri"], types)
    if pieces is None:  # a version from before the drawings
        tk.abort(404, tk._("Resource not found"))
    answer = Response(pieces, content_type="application/geo+json")
    name = f"{resource_id[:8]}-{found.version}.geojson"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    answer.headers["X-Lumbung-Version"] = found.version
    return answer


def _version(resource_id: str, version: str) -> Version:
    """The version that is asked for, for whom may see the resource; otherwise there is no such page."""
    if not RESOURCE_ID.fullmatch(resource_id) or not VERSION.fullmatch(version):
        tk.abort(404, tk._("Resource not found"))
    try:
        tk.check_access("resource_show", {"user": tk.g.user}, {"id": resource_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        tk.abort(404, tk._("Resource not found"))
    with versions.reading() as connection:
        found = (
            versions.current(connection, resource_id)
            if version == LATEST
            else versions.named(connection, resource_id, version)
        )
    if found is None:
        tk.abort(404, tk._("Resource not found"))
    return found


def _file(resource_id: str, found: Version, *, latest: bool) -> Response:
    path = files.path_of(resource_id, found.version)
    if not path.is_file():
        tk.abort(404, tk._("Resource not found"))
    answer: Response = send_file(
        path,
        mimetype="text/csv",
        as_attachment=True,
        download_name=f"{resource_id[:8]}-{found.version}.csv",
        conditional=True,
        etag=found.sha256,
        max_age=0 if latest else IMMUTABLE_SECONDS,
    )
    answer.headers["X-Lumbung-Sha256"] = found.sha256
    answer.headers["X-Lumbung-Version"] = found.version
    if not latest:
        answer.headers["Cache-Control"] = f"public, max-age={IMMUTABLE_SECONDS}, immutable"
    return answer


def dump(resource_id: str) -> Response:
    """Download a table. Core reads it page after page, which mixes two generations when a refresh falls between.

    The whole table as CSV or with tabs is one COPY; anything else (filters, JSON, XML) is core's dump, read to its end
    while the table is kept from being switched. Both are spooled first, so that a slow client holds no lock.
    """
    backend = pg.DatastorePostgresqlBackend.get_active_backend()
    exists, real = backend.resource_id_from_alias(resource_id)
    resource_id = real or resource_id
    try:
        tk.check_access("datastore_search", {}, {"resource_id": resource_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        exists = False
    if not exists:
        tk.abort(404, tk._("DataStore resource not found"))
    form = tk.request.args.get("format", "csv")
    spooled = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when the answer has been sent
    target: Any = spooled
    if form in DELIMITERS and not set(tk.request.args) - {"bom", "format"}:
        if tk.asbool(tk.request.args.get("bom", False)):
            spooled.write(codecs.BOM_UTF8)
        version = download.spool(resource_id, DELIMITERS[form], target)
        headers = {
            "Content-Type": CONTENT_TYPES[form],
            "Content-Disposition": f'attachment; filename="{resource_id}.{form}"',
        }
        return _spooled(target, headers, version)
    with download.held(resource_id) as version:
        answer = core_dump(resource_id)
        for chunk in answer.iter_encoded():
            spooled.write(chunk)
    kept = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
    return _spooled(target, kept, version)


def _spooled(source: IO[bytes], headers: dict[str, str], version: str | None) -> Response:
    length = source.tell()
    source.seek(0)
    answer = Response(iter(lambda: source.read(CHUNK), b""), headers={**headers, "Content-Length": str(length)})
    answer.call_on_close(source.close)
    if version:
        answer.headers["X-Lumbung-Version"] = version
    return answer


blueprint.add_url_rule("/lumbung/berkas/<resource_id>/<version>.csv", view_func=berkas)
blueprint.add_url_rule("/lumbung/berkas/<resource_id>/<version>.geojson", view_func=peta)
blueprint.add_url_rule("/datastore/dump/<resource_id>", view_func=dump)
