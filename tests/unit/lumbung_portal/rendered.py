"""Pieces of the portal's pages, over CKAN's own templates but without its services; run by the portal's Python.

Prints one JSON object: piece → reader → HTML. What the templates take from CKAN beside our helpers is a stand-in.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import ckan.lib.helpers as core
import jinja2
from ckan.lib import jinja_extensions as tags
from ckan.plugins import toolkit as tk
from lumbung_portal import presentation
from markupsafe import Markup

STUBS = {
    "page.html": "{% block content_primary_nav %}{% endblock %}",
    "datastore/read.html": "{% include 'datastore/snippets/api_info.html' %}",
}
RESOURCE = "058514f5-9681-5fb4-ac37-9909999e2565"


class Help:
    """`h` of the templates: our helpers over stand-ins for CKAN's, and nothing for the rest."""

    def __init__(self) -> None:
        self.build_nav_icon = partial(presentation.build_nav_icon, lambda name, title, **kw: Markup(f"[{name}]"))
        self.linked_user = partial(
            presentation.linked_user,
            lambda user, maxlength, avatar: Markup('<a href="/user/penerbit">Penerbit &amp; Co</a>') if user else None,
        )

    def url_for(self, name: str, qualified: bool = False, **kw: Any) -> str:
        return f"http://portal/{name}?{urlencode(kw)}"

    def datastore_dictionary(self, resource_id: str) -> list[dict[str, Any]]:
        return [{"id": "tahun"}, {"id": "periode"}]

    def check_access(self, action: str, data_dict: dict[str, Any] | None = None) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kw: ""


def environment(stubs: Path) -> jinja2.Environment:
    """Templates in CKAN's order: ours, the extensions', CKAN's."""
    site = Path(next(iter(find_spec("ckan").submodule_search_locations))).parent  # type: ignore[union-attr,arg-type]
    ours = Path(presentation.__file__).parent / "templates"
    extensions = [site / "ckanext" / name / "templates" for name in ("activity", "datastore")]
    places = [str(place) for place in (stubs, ours, *extensions, site / "ckan" / "templates")]
    kinds = [tags.SnippetExtension, tags.CkanExtend, tags.CkanInternationalizationExtension, tags.LinkForExtension]
    made = jinja2.Environment(
        autoescape=True,
        extensions=["jinja2.ext.do", *kinds, tags.UrlForExtension, tags.AssetExtension],
        loader=tags.CkanFileSystemLoader(places),
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: text, lambda one, many, n: one if n == 1 else many, newstyle=True
    )
    return made


def reader(may: bool) -> None:
    """Who reads: `check_access` says yes or no to all; the page is Indonesian."""

    def check_access(action: str, data_dict: dict[str, Any] | None = None) -> bool:
        assert (action, sorted(data_dict or {})) in [("user_show", ["id"]), ("group_show", ["id", "object_type"])]
        return may

    tk.h = SimpleNamespace(check_access=check_access, lang=lambda: "id")


def main(stubs: Path) -> dict[str, Any]:
    """Every piece, as anonymous readers and as people with the right see it."""
    for name, text in STUBS.items():
        (stubs / name).parent.mkdir(exist_ok=True)
        (stubs / name).write_text(text, encoding="utf-8")
    pages, out = environment(stubs), {}
    for who, may in (("anonymous", False), ("officer", True)):
        reader(may)
        shown: dict[str, Any] = {"h": Help(), "g": SimpleNamespace(template_title_delimiter="-")}
        shown |= {"activity_stream": [], "resource_id": RESOURCE, "embedded": False}
        body = {"name": "desa", "id": "1", "display_name": "Desa"}
        for kind in ("group", "organization"):
            page = pages.get_template(f"{kind}/read_base.html")
            out.setdefault(f"tabs of {kind}", {})[who] = page.render(**shown, group_dict=body, group_type=kind)
        stream: Any = pages.get_template("snippets/stream.html").make_module(shown)
        out.setdefault("author", {})[who] = str(stream.actor(SimpleNamespace(user_id="1")))
        out.setdefault("api", {})[who] = pages.get_template("datastore/read.html").render(**shown)
    tk.config["ckan.display_timezone"] = "Asia/Jakarta"
    said = partial(presentation.render_datetime, core.render_datetime)
    out["moment"] = {"hours": said("2026-11-29T15:16:00", with_hours=True), "none": said("", with_hours=True)}
    return out


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
