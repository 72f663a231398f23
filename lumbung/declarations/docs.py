"""The datasets' pages in `docs/datasets/` and the rules' in `docs/aturan/`, written from the declarations only.

Usage: `python -m lumbung.declarations.docs` writes them; `--check` writes nothing and ends with 1 when a page differs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from lumbung.declarations.loader import REPOSITORY, load
from lumbung.declarations.models import CodeList, Column, Dataset, Declarations, Mart, Rule, System
from lumbung.declarations.pictures import flow
from lumbung.declarations.rule_pages import FOLDER as RULES_FOLDER
from lumbung.declarations.rule_pages import rule_pages
from lumbung.declarations.rule_pages import table as _table

FOLDER: Final = Path("docs") / "datasets"
_NOTICE: Final = (
    "<!-- Halaman ini ditulis oleh `python -m lumbung.declarations.docs`; ubah deklarasinya, bukan halaman ini. -->"
)
_SEVERITY: Final = {"error": "ditahan", "warning": "diterima, dihitung", "info": "dicatat"}
_LOAD: Final = {
    "window": "jendela waktu: hanya yang berubah sejak tarikan terakhir",
    "full": "dibaca seluruhnya, dibandingkan baris demi baris",
}
_STATUS: Final = (
    "`cocok` (ditemukan), `beda` (ditemukan, tetapi atributnya berbeda), `tidak_ditemukan`, "
    "`tidak_dapat_diperiksa` (data induk belum tersedia)"
)


def pages(declarations: Declarations) -> dict[Path, str]:
    """Every page by its path relative to the repository."""
    found = {FOLDER / "README.md": _index(declarations)}
    for dataset in declarations.datasets.values():
        found[FOLDER / dataset.system / f"{dataset.name}.md"] = _dataset(dataset, declarations)
    for mart in declarations.marts.values():
        found[FOLDER / "mart" / f"{mart.name}.md"] = _mart(mart)
    return found | rule_pages(declarations, _NOTICE)


def write(declarations: Declarations, root: Path) -> list[Path]:
    """Write the pages that differ, remove those of datasets that are gone; the paths touched."""
    wanted = pages(declarations)
    touched = stale(declarations, root)
    for path in touched:
        if path not in wanted:
            (root / path).unlink()
            continue
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(wanted[path], encoding="utf-8")
    return touched


def stale(declarations: Declarations, root: Path) -> list[Path]:
    """Pages that are missing, differ, or belong to nothing declared."""
    wanted = pages(declarations)
    folders = (root / FOLDER, root / RULES_FOLDER)
    present = {path.relative_to(root) for folder in folders for path in folder.rglob("*.md")}
    differing = [
        path
        for path, text in wanted.items()
        if path not in present or (root / path).read_text(encoding="utf-8") != text
    ]
    return sorted([*differing, *(present - set(wanted))])


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit 0 when all pages are as they should be (after writing, unless `--check`)."""
    parser = argparse.ArgumentParser(description="Tulis halaman dataset dari deklarasi.")
    parser.add_argument("--check", action="store_true", help="tulis apa pun tidak; gagal bila ada halaman yang berbeda")
    options = parser.parse_args(arguments)
    declarations = load(REPOSITORY)
    touched = stale(declarations, REPOSITORY) if options.check else write(declarations, REPOSITORY)
    for path in touched:
        sys.stdout.write(f"{path}: {'berbeda dari deklarasi' if options.check else 'ditulis'}\n")
    if options.check and touched:
        sys.stdout.write("Jalankan `python -m lumbung.declarations.docs` dan sertakan hasilnya.\n")
        return 1
    return 0


def _index(declarations: Declarations) -> str:
    lines = [_NOTICE, "", "# Kamus data", "", f"Tenant: {declarations.tenant.name}.", ""]
    for code in sorted(declarations.systems):
        system = declarations.systems[code]
        lines += [f"## {system.name} (`{code}`)", "", system.description, "", *_registration(system), ""]
        rows = [
            (f"[`{d.name}`]({d.system}/{d.name}.md)", d.title, str(len(d.columns)), str(len(d.rules)))
            for d in declarations.of_system(code)
        ]
        lines += [*_table(("Dataset", "Judul", "Kolom", "Aturan"), rows), ""]
    if declarations.marts:
        marts = [(f"[`{m.name}`](mart/{m.name}.md)", m.title, m.question) for m in declarations.marts.values()]
        lines += ["## Mart", "", *_table(("Mart", "Judul", "Pertanyaan"), marts), ""]
    lines += ["## Daftar kode dan data induk", "", *_lists(declarations.lists.values()), ""]
    lines += ["## Jenis nilai baku", ""]
    types = [(f"`{t.name}`", t.title, t.description, t.classification) for t in declarations.types.values()]
    lines += [*_table(("Jenis", "Judul", "Arti", "Kelas"), types), ""]
    lines += ["## Asumsi tenant", "", "Yang tidak dinyatakan sumber mana pun; mintakan kepastian.", ""]
    assumed = [(f"`{a.id}`", a.subject, a.value, a.reason) for a in declarations.tenant.assumptions]
    lines += _table(("Asumsi", "Tentang", "Dipakai", "Mengapa"), assumed)
    return _page(lines)


def _registration(system: System) -> list[str]:
    registered = system.registration
    return [
        f"- Produsen data: {system.owner_name} (`{system.owner}`); narahubung {system.contact.name}",
        f"- Pendaftaran PSE: {registered.number}, kategori {registered.category}, status **{registered.status}** "
        f"({registered.decision}, {registered.decision_date.isoformat()})",
        f"- Jadwal: `{system.schedule}` ({system.timezone}); sambungan `{system.connection}` ({system.transport})",
    ]


def _lists(lists: Iterable[CodeList]) -> list[str]:
    rows = [
        (
            *(f"`{entry.name}`", entry.title, str(len(entry.rows)), entry.source),
            *(entry.validity or "Tiap kode", entry.license, entry.caution or ""),
        )
        for entry in lists
    ]
    return _table(("Daftar", "Judul", "Baris", "Sumber", "Masa berlaku", "Lisensi", "Perhatian"), rows)


def _source(dataset: Dataset) -> str:
    if dataset.files is not None:
        return f"Berkas sumber, menurut namanya: `{dataset.files.pattern}`"
    return f"Tabel sumber: `{dataset.source_table}`"


def _dataset(dataset: Dataset, declarations: Declarations) -> str:
    system = declarations.systems[dataset.system]
    cursor = f"; penanda waktu {_names(dataset.cursor)} (dari kiri)" if dataset.cursor else ""
    overlap = f"; baca ulang {_duration(dataset.overlap)} ke belakang" if dataset.cursor else ""
    lines = [_NOTICE, "", f"# {dataset.title} (`{dataset.id}`)", "", dataset.description, ""]
    if dataset.limitations:
        lines += [f"**Batasan.** {dataset.limitations}", ""]
    lines += [
        f"- Produsen data: {system.owner_name} (`{system.owner}`)",
        f"- {_source(dataset)}; tabel gudang: `curated.{dataset.table_name}`",
        f"- Versi kontrak: {dataset.version}",
        f"- Kunci: {_names(dataset.key)}",
        f"- Cara tarik: {_LOAD[dataset.load]}{cursor}{overlap}",
        f"- Janji kesegaran: {_duration(dataset.freshness)}{_since(dataset)}",
    ]
    if dataset.linked:
        members = [d.name for d in declarations.of_system(dataset.system) if d.linked == dataset.linked]
        lines.append(f"- Dinaikkan bersama: {_names(members)}")
    if dataset.quality is not None and dataset.quality != declarations.tenant.quality:
        lines.append(
            f"- Ambang mutu: batch menunggu keputusan bila lebih dari {dataset.quality.most_refused} % baris barunya, "
            f"sekurangnya {dataset.quality.from_rows}, ditolak"
        )
    if dataset.lookup:
        lines.append("- Tabel rujukan kecil")
    lines += [f"- {note}" for note in dataset.notes]
    lines += ["", "## Perjalanan", "", *flow(dataset, declarations)]
    lines += ["", "## Kolom", "", *_columns(dataset.columns), ""]
    if dataset.kept:
        lines += ["## Kolom turunan di gudang", "", *_columns(dataset.kept), ""]
    if dataset.references or dataset.list_refs or dataset.names or dataset.master_refs:
        lines += ["## Hubungan", "", *_links(dataset), ""]
    lines += [
        "## Aturan",
        "",
        "`kunci-ganda` menahan semua baris yang bertentangan; aturan lain menilai baris demi baris.",
        "",
    ]
    lines += _rules(dataset.rules)
    return _page(lines)


def _since(dataset: Dataset) -> str:
    """From when on a promise of freshness counts; nothing where it is the last reading."""
    if dataset.period_column is not None:
        return " setelah periode berikutnya berakhir"
    return " setelah berkas terbarunya datang" if dataset.files is not None else ""


def _columns(columns: Iterable[Column]) -> list[str]:
    rows = []
    for column in columns:
        standard = [f"jenis `{column.standard}`"] if column.standard else []
        standard += [f"daftar `{column.code_list}`"] if column.code_list else []
        standard += [f"satuan {column.unit}"] if column.unit else []
        rows.append(
            (
                f"`{column.name}`",
                column.title,
                column.description,
                column.physical if column.physical != "derived" else column.spark_type.lower(),
                "ya" if column.required else "",
                column.classification,
                "; ".join(standard),
            )
        )
    return _table(("Kolom", "Judul", "Arti", "Tipe", "Wajib", "Kelas", "Baku"), rows)


def _links(dataset: Dataset) -> list[str]:
    severities = {rule.id: rule.severity for rule in dataset.rules}
    lines = []
    for reference in dataset.references:
        severity = severities.get(f"rujukan:{reference.id}")
        said = f"{_SEVERITY[severity]} bila induknya belum pernah diterima" if severity else "hanya mengambil nilai"
        lines.append(
            f"- `{reference.id}`: {_names(reference.columns)} → `{reference.to}` "
            f"({', '.join(reference.to_columns)}); {said}" + (", semua baris yang cocok" if reference.many else "")
        )
    lines += [
        f"- `{reference.id}`: `{reference.column}` → daftar `{reference.list}`"
        + (f", berlaku pada `{reference.on}`" if reference.on else "")
        for reference in dataset.list_refs
    ]
    lines += [
        f"- nama di `{reference.column}` → kode `{reference.into}` dari daftar `{reference.list}`"
        + (f", di dalam `{reference.within}`" if reference.within else "")
        + (f", berlaku pada `{reference.on}`" if reference.on else "")
        for reference in dataset.names
    ]
    for master in dataset.master_refs:
        attributes = ", ".join(comparison.attribute for comparison in master.compare)
        differs = f" Yang berbeda: `_{master.id}_beda`." if master.compare else ""
        lines.append(
            f"- `_{master.id}`: `{master.column}` → `{master.to}.{master.to_column}`, dibandingkan {attributes}. "
            f"Hasil: {_STATUS}.{differs} {master.description}"
        )
    return lines


def _rules(rules: Iterable[Rule]) -> list[str]:
    rows = [
        (f"`{rule.id}`", _SEVERITY[rule.severity], _names(rule.columns), rule.reason, rule.source) for rule in rules
    ]
    return _table(("Aturan", "Akibat", "Kolom", "Alasan yang dibaca petugas", "Sumber"), rows)


def _mart(mart: Mart) -> str:
    lines = [_NOTICE, "", f"# {mart.title} (`mart.{mart.name}`)", "", mart.description, ""]
    lines += [
        f"- Pertanyaan: {mart.question}",
        f"- Boleh dibaca untuk: {mart.read_for}",
        f"- Butir: satu baris per {_names(mart.grain)}",
        f"- Masukan: {_names([*mart.inputs, *(f'catatan_{name}' for name in mart.records)])}",
        f"- SQL: `sql/marts/{mart.name}/mart.sql`; versi {mart.version}",
        "",
        "## Kolom",
        "",
    ]
    rows = [(f"`{c.name}`", c.title, c.description, c.physical, c.unit or "", c.classification) for c in mart.columns]
    lines += [*_table(("Kolom", "Judul", "Arti", "Tipe", "Satuan", "Kelas"), rows), ""]
    if mart.tests:
        lines += ["## Uji", "", *_table(("Uji", "Mengapa"), [(f"`{t.id}`", t.reason) for t in mart.tests]), ""]
    if mart.unpublished:
        lines += ["## Terbitan", "", f"Tidak diterbitkan: {mart.unpublished}", ""]
    for publication in mart.publications:
        lines += [f"## Terbitan: {publication.title}", "", publication.notes, ""]
        suppressed = publication.suppress
        lines += [
            f"- Alamat tetap: `{publication.slug}`; frekuensi {publication.frequency}; lisensi {publication.license}"
        ]
        if suppressed is not None:
            lines.append(f"- Sel di bawah {suppressed.k} ({suppressed.count_column}) disamarkan; total dilindungi")
        lines += [
            "",
            *_table(("Kolom", "Judul", "Arti"), [(f"`{c.name}`", c.title, c.description) for c in publication.columns]),
        ]
        lines.append("")
    return _page(lines)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _duration(value: timedelta) -> str:
    hours = int(value.total_seconds() // 3600)
    return f"{hours // 24} hari" if hours % 24 == 0 else f"{hours} jam"


def _page(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
