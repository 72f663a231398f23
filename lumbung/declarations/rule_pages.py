"""The rules as an officer of a department reads them: `docs/aturan/<system>.md`, written from the declarations.

Per dataset what is checked, the reason that a refused row carries, where the rule comes from, and what happens to the
row. Written and checked together with the datasets' pages (`lumbung.declarations.docs`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from lumbung.declarations.models import Column, Dataset, Declarations, Rule
from lumbung.declarations.names import FILE_DEFECT, FILE_LINE, FILE_NAME
from lumbung.declarations.rulebook import FORM_RULE

FOLDER: Final = Path("docs") / "aturan"
CONSEQUENCE: Final = {
    "error": "Baris ditahan",
    "warning": "Baris diterima, dihitung",
    "info": "Dicatat saja",
}
_READ_AGAIN: Final = "Perbaiki di sistem asal; tarikan berikutnya menilainya lagi."
_SEND_AGAIN: Final = "Perbaiki berkas asalnya dan kirim lagi dengan nama yang sama; ia menggantikan yang lama."
_HELD: Final = (
    "- **Baris ditahan**: baris masuk karantina dengan alasannya dan tidak dihitung. Bila baris itu sudah pernah "
    "diterima baik, versi baik terakhir tetap dipakai."
)
_EXPLAINED: Final = (
    "- **Baris diterima, dihitung**: baris dipakai. Jumlahnya tampak di mart `kualitas_aturan`, "
    "supaya dapat diperiksa.",
    "- **Dicatat saja**: tidak ada yang perlu diperbaiki.",
)
_PLACE: Final = re.compile(r"\{(\w+)\}")
_ALIKE: Final = {
    "wajib": ("Terisi", "Kolom itu wajib diisi, tetapi kosong."),
    "nilai": ("Nilainya dapat disimpan", "Kolom itu berisi nilai yang tidak dapat disimpan: tak hingga, bukan angka."),
    "tipe": ("Sesuai jenis datanya", "Isi kolom itu bukan bilangan, tanggal, atau teks seperti seharusnya."),
}
"""Rules that say the same of many columns share a line: what is checked, and the reason."""


def rule_pages(declarations: Declarations, notice: str) -> dict[Path, str]:
    """Every page by its path relative to the repository; `notice` is the line that says it is generated."""
    pages = {FOLDER / "README.md": _index(declarations, notice)}
    for code in declarations.systems:
        pages[FOLDER / f"{code}.md"] = _system(code, declarations, notice)
    return pages


def _index(declarations: Declarations, notice: str) -> str:
    rows = []
    for code, system in sorted(declarations.systems.items()):
        rules = [rule for dataset in declarations.of_system(code) for rule in dataset.rules]
        counts = [str(sum(rule.severity == severity for rule in rules)) for severity in CONSEQUENCE]
        rows.append((f"[{system.name}]({code}.md)", system.owner_name, *counts))
    lines = [
        notice,
        "",
        "# Aturan data",
        "",
        "Apa yang diperiksa pada data tiap sistem, mengapa, dan apa akibatnya.",
        "",
    ]
    lines += [*table(("Sistem", "Produsen data", "Menahan", "Menghitung", "Mencatat"), rows), ""]
    files = f"Bila sistemnya mengirim berkas: {_SEND_AGAIN[0].lower()}{_SEND_AGAIN[1:]}"
    lines += [f"{_HELD} {_READ_AGAIN} {files}", *_EXPLAINED]
    return "\n".join(lines) + "\n"


def _system(code: str, declarations: Declarations, notice: str) -> str:
    system = declarations.systems[code]
    lines = [notice, "", f"# Aturan data {system.name}", ""]
    lines += [f"Produsen data: {system.owner_name}. Kata di antara « dan » diganti isi baris yang bersangkutan.", ""]
    lines += [f"{_HELD} {_READ_AGAIN if system.files is None else _SEND_AGAIN}", *_EXPLAINED, ""]
    for dataset in declarations.of_system(code):
        ordinary = [rule for rule in dataset.rules if _is_form(rule)]
        special = [rule for rule in dataset.rules if not _is_form(rule)]
        lines += [f"## {dataset.title} (`{dataset.name}`)", ""]
        if special:
            lines += [*_rules(special, dataset, declarations), ""]
        if ordinary:
            lines += ["Isian:", "", *_rules(ordinary, dataset, declarations), ""]
    return "\n".join(lines).rstrip() + "\n"


def _is_form(rule: Rule) -> bool:
    """True for rules about how one field is filled in; the others look at several fields, rows or tables."""
    return rule.kind in ("key", "type") or (":" in rule.id and rule.kind not in ("reference", "list"))


def _rules(rules: Iterable[Rule], dataset: Dataset, declarations: Declarations) -> list[str]:
    titles = _titles(dataset) | _taken(dataset, declarations)
    rules = list(rules)
    rows = [
        (
            f"{_checked(rule, dataset, declarations)} (`{rule.id}`)",
            _PLACE.sub(lambda found: f"«{titles[found[1]]}»", rule.reason),
            rule.source,
            CONSEQUENCE[rule.severity],
        )
        for rule in rules
        if rule.id.partition(":")[0] not in _ALIKE
    ]
    rows += [row for kind in _ALIKE for row in _alike(kind, [r for r in rules if r.id.startswith(f"{kind}:")], dataset)]
    return table(("Yang diperiksa", "Alasan bila tidak terpenuhi", "Sumber", "Akibat"), rows)


def _alike(kind: str, rules: Sequence[Rule], dataset: Dataset) -> Iterator[tuple[str, str, str, str]]:
    """One line for the rules of a kind that have the same consequence."""
    what, reason = _ALIKE[kind]
    for severity, consequence in CONSEQUENCE.items():
        those = [rule for rule in rules if rule.severity == severity]
        if those:
            columns = "; ".join(f"{dataset.column(rule.columns[0]).title} (`{rule.id}`)" for rule in those)
            yield f"{what}: {columns}", reason, those[0].source, consequence


def _titles(dataset: Dataset) -> dict[str, str]:
    """What a reader calls the columns that a dataset has itself."""
    files = {FILE_NAME: "Nama berkas", FILE_LINE: "Nomor baris", FILE_DEFECT: "Yang salah pada baris"}
    titles = dict(files) if dataset.files is not None else {}
    titles |= dataset.derived_titles
    return titles | {column.name: column.title for column in (*dataset.columns, *dataset.kept)}


def _taken(dataset: Dataset, declarations: Declarations) -> dict[str, str]:
    """What a reader calls the columns that come from other tables: by their title there, and the table's."""
    found = {name: _spelt(name) for reference in dataset.names for name in reference.take}
    for reference in dataset.references:
        parent = declarations.datasets[reference.to]
        titles = _titles(parent)
        for taken in reference.take:
            title = titles.get(taken.expr.strip())
            found[taken.name] = f"{title} pada {parent.title}" if title else _spelt(taken.name)
    return found


def _spelt(name: str) -> str:
    return name.strip("_").replace("_", " ")


def _checked(rule: Rule, dataset: Dataset, declarations: Declarations) -> str:
    """What must hold, in one sentence."""
    kind, _, name = rule.id.partition(":")
    if rule.id == FORM_RULE:
        return "Baris berkas berbentuk seperti judulnya, dan isinya terbaca."
    if rule.kind == "key":
        return f"Kunci ({', '.join(dataset.column(column).title for column in dataset.key)}) tidak dipakai dua baris."
    if rule.kind == "reference":
        link = next(link for link in dataset.references if link.id == name)
        return f"Yang dirujuk ada di tabel {declarations.datasets[link.to].title}."
    if rule.kind == "list":
        link_list = next(link for link in dataset.list_refs if link.id == name)
        when = " pada tanggal catatan" if link_list.on else ""
        return f"Kodenya berlaku{when} menurut daftar {declarations.lists[link_list.list].title}."
    if rule.kind == "name":
        reference = next(reference for reference in dataset.names if reference.rule_id == rule.id)
        return f"Namanya dikenal dalam daftar {declarations.lists[reference.list].title}."
    said = dataset.spoken.get(str(rule.kwargs.get("column")))
    if said is not None and not name:
        return said
    return _field(kind, dataset.column(rule.columns[0]), declarations)


def _field(kind: str, column: Column, declarations: Declarations) -> str:
    if kind == "kode" and column.code_list:
        return f"{column.title} ada di daftar {declarations.lists[column.code_list].title}."
    standard = declarations.types.get(column.standard or "")
    return f"{column.title} berbentuk {standard.title} yang sah." if standard else f"{column.title} sah."


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; bars and line ends inside cells are made harmless."""
    body = ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *body]
