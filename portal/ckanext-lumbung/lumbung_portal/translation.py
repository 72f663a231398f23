"""The pages' Indonesian: `i18n/id/…/ckanext-lumbung.po`, compiled where the running portal may write."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from ckan.plugins import toolkit as tk

DOMAIN = "ckanext-lumbung"
SOURCES = Path(__file__).parent / "i18n"


def compiled() -> str:
    """Folder with the compiled catalogues; compiled anew at every start (a few milliseconds)."""
    target = Path(tk.config["ckan.webassets.path"]) / "i18n"
    for source in SOURCES.glob("*/LC_MESSAGES/*.po"):
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parents[1].name, domain=DOMAIN)
        machine = target / source.relative_to(SOURCES).with_suffix(".mo")
        machine.parent.mkdir(parents=True, exist_ok=True)
        part = machine.with_suffix(".part")
        with part.open("wb") as binary:
            write_mo(binary, catalogue)
        part.replace(machine)
    return str(target)
