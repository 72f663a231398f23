"""The refusal note: what a department has to mend, as a workbook and as a page, with only its own rows.

Both are made from the refused rows that are still open. Numbers of persons stand in them in clear, since the owner of
the rows has to find them: the files are readable for their owner only, and who wrote them is audited.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from lumbung.declarations import load
from lumbung.ops.quarantine import refused_rows
from lumbung.settings import settings

if TYPE_CHECKING:
    from lumbung.declarations import Dataset, Declarations
    from lumbung.declarations.models import System
    from lumbung.ledger import Ledger

SHEET_ROWS: Final = 1_000_000
"""Rows of a sheet below its head; the form ends at 1,048,576."""
_NAME_LENGTH: Final = 31
_SUMMARY_WIDTHS: Final = (44, 60, 12)
_LINE_POINTS: Final = 15
_MOST_POINTS: Final = 409
"""The highest row that Excel opens."""
_A4: Final = 9
"""Excel's number for the paper."""
_HTML: Final = Path(__file__).with_suffix(".html")
_HEAD: Final = ("Batch", "Baris", "Kunci", "Kolom", "Yang salah", "Yang harus dilakukan", "Aturan")
_WIDTHS: Final = (28, 10, 34, 26, 70, 60, 26)
_NOT_HERE: Final = "Mengubah berkas ini tidak memperbaiki apa-apa."
_READ_AGAIN: Final = (
    "Perbaiki di sistem asal; baris dibaca lagi pada pengambilan berikutnya dan keluar dari karantina bila sudah "
    f"benar. {_NOT_HERE}"
)
_SEND_AGAIN: Final = (
    "Perbaiki berkas asalnya, lalu kirim lagi seutuhnya dengan nama yang sama: berkas yang diperbaiki menggantikan "
    f"yang lama, dan baris keluar dari karantina bila sudah benar. {_NOT_HERE}"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is wrong with one row. `row`: its number in the batch, or its file and line; `key`: in clear;
    `columns`: titles.
    """

    dataset: str
    batch: str
    row: str
    key: str
    columns: str
    reason: str
    advice: str
    rule: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note of one system, or of one of its batches. `rows`: how many rows it is about, fewer than `refusals`."""

    system: System
    scope: str
    written_at: datetime
    titles: Mapping[str, str]
    refusals: tuple[Refusal, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a note, and what is in them."""

    workbook: Path
    page: Path
    rows: int
    refusals: int


def write_note(
    system: str,
    dataset: str | None,
    batch: str | None,
    folder: Path | None,
    actor: str,
    ledger: Ledger | None = None,
) -> Written | None:
    """Write the note of a system (of one dataset, of one batch) into `folder`; None when nothing is refused.

    `folder`: default `<state>/refusals/<system>`. Files of the same name are replaced, each as a whole. Raises
    `UnknownTarget` for a name that does not exist, OSError naming the file when it cannot be written.
    """
    found = refused_rows(system, dataset, batch=batch, actor=actor, ledger=ledger)
    if not found:
        return None
    note = note_of(load(), system, batch or dataset or system, found)
    place = folder or settings().state / "refusals" / system
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"penolakan-{note.scope}"
    workbook, page = place / f"{name}.xlsx", place / f"{name}.html"
    _replace(workbook, lambda path: _write_workbook(note, path))
    _replace(page, lambda path: path.write_text(page_of(note), encoding="utf-8"))
    return Written(workbook, page, note.rows, len(note.refusals))


def note_of(declared: Declarations, system: str, scope: str, found: Sequence[Mapping[str, Any]]) -> Note:
    """The note over refused rows as `refused_rows` gives them."""
    of_system = declared.systems[system]
    return Note(
        of_system,
        scope,
        datetime.now(ZoneInfo(of_system.timezone)),
        {dataset.id: dataset.title for dataset in declared.of_system(system)},
        tuple(refusal for row in found for refusal in _refusals(declared.datasets[row["dataset"]], declared, row)),
        len(found),
    )


def _refusals(dataset: Dataset, declared: Declarations, row: Mapping[str, Any]) -> Iterator[Refusal]:
    titles = {column.name: column.title for column in dataset.columns}
    key = ", ".join(f"{titles[name]} {'kosong' if value is None else value}" for name, value in row["key"].items())
    known = {rule.id: rule for rule in dataset.rules}
    for rule_id, reason in zip(row["rules"], row["reasons"], strict=True):
        rule = known.get(rule_id)  # a rule may have been taken out since
        columns = [titles[name] for name in rule.columns if name in titles] if rule is not None else []
        yield Refusal(
            dataset.id,
            row["batch"],
            f"{row['file']}: {row['line']}" if row.get("file") else str(row["row"]),
            key,
            ", ".join(columns),
            reason,
            advice(rule_id, columns, dataset, declared),
            rule_id,
        )


def advice(rule_id: str, columns: Sequence[str], dataset: Dataset, declared: Declarations) -> str:
    """What to do about a rule, for the officer who has the row before him."""
    kind, _, rest = rule_id.partition(":")
    here = " dan ".join(columns) or "baris ini"
    if rule_id == "kunci-ganda":
        return "Tentukan satu baris yang benar untuk kunci ini; hapus atau perbaiki yang lain."
    if kind == "bentuk":
        return "Perbaiki barisnya di berkas asal, lalu kirim berkas itu lagi seutuhnya."
    if kind == "wajib":
        return f"Isi {here}."
    if kind == "tipe":
        return f"Tulis {here} menurut jenis datanya, tanpa huruf, satuan, atau keterangan."
    if kind == "nilai":
        return f"Ganti nilai {here} dengan nilai yang wajar."
    if kind == "kode":
        code_list = dataset.column(rest).code_list if rest in {column.name for column in dataset.columns} else None
        named = f" “{declared.lists[code_list].title}”" if code_list in declared.lists else ""
        return f"Pilih {here} dari daftar kode{named}."
    if kind == "nama":
        lists = [declared.lists[reference.list].title for reference in dataset.names if reference.rule_id == rule_id]
        named = f" “{lists[0]}”" if lists else ""
        return f"Tulis {here} seperti dalam daftar{named}; tulisan yang lazim dapat dicatat walidata sebagai alias."
    if kind == "rujukan":
        return f"Perbaiki {here}, atau kirim dulu data yang dirujuknya."
    if kind == "wilayah":
        return f"Pakai {here} yang berlaku pada tanggal peristiwanya."
    return f"Periksa {here} dan perbaiki di {'sistem' if dataset.files is None else 'berkas'} asal."


def by_rule(refusals: Iterable[Refusal]) -> list[tuple[str, str, int]]:
    """(dataset, rule, refusals), the most frequent first."""
    counted = Counter((refusal.dataset, refusal.rule) for refusal in refusals)
    return [(dataset, rule, n) for (dataset, rule), n in counted.most_common()]


def _write_workbook(note: Note, path: Path) -> None:
    """A sheet that sums up, then one per dataset; every value is text: no program reads it as something else."""
    from xlsxwriter import Workbook

    as_text = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with Workbook(str(path), {**as_text, "constant_memory": True, "in_memory": False}) as book:
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@", "text_wrap": True})
        text.set_align("top")
        first = book.add_worksheet("Ringkasan")
        for column, width in enumerate(_SUMMARY_WIDTHS):
            first.set_column(column, column, width)
        _on_paper(first)
        for number, line in enumerate(_summary(note)):
            _set_height(first, number, line, _SUMMARY_WIDTHS)
            for column, value in enumerate(line):
                first.write_string(number, column, value, bold if number == 0 else text)
        for dataset, title in note.titles.items():
            rows = [refusal for refusal in note.refusals if refusal.dataset == dataset]
            for part in range(0, len(rows), SHEET_ROWS):
                sheet = book.add_worksheet(sheet_name(dataset, part // SHEET_ROWS))
                sheet.set_header(f"&L{title}")
                sheet.freeze_panes(1, 0)
                sheet.repeat_rows(0)
                _on_paper(sheet)
                for column, (head, width) in enumerate(zip(_HEAD, _WIDTHS, strict=True)):
                    sheet.set_column(column, column, width)
                    sheet.write_string(0, column, head, bold)
                for number, one in enumerate(rows[part : part + SHEET_ROWS], 1):
                    values = (one.batch, one.row, one.key, one.columns, one.reason, one.advice, one.rule)
                    _set_height(sheet, number, values, _WIDTHS)
                    for column, value in enumerate(values):
                        sheet.write_string(number, column, value, text)
                sheet.autofilter(0, 0, min(len(rows) - part, SHEET_ROWS), len(_HEAD) - 1)


def _on_paper(sheet: Any) -> None:
    """Printed, a line is on one page."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def _set_height(sheet: Any, number: int, values: Sequence[str], widths: Sequence[int]) -> None:
    """A row as high as every wrapped text needs to be seen whole; not every program finds that by itself."""
    lines = max(
        sum(max(-(-len(line) // width), 1) for line in value.splitlines())
        for value, width in zip(values, widths, strict=False)
    )
    if lines > 1:
        sheet.set_row(number, min(_LINE_POINTS * lines, _MOST_POINTS))


def _summary(note: Note) -> Iterator[tuple[str, ...]]:
    yield (f"Catatan penolakan {note.system.name}",)
    yield ("Kepada", note.system.owner_name)
    yield ("Dibuat", f"{note.written_at:%d-%m-%Y %H.%M} ({note.system.timezone})")
    yield ("Cakupan", note.scope)
    yield ("Baris yang ditolak", str(note.rows))
    yield ("Langkah", _step(note))
    yield ("",)
    yield ("Dataset", "Aturan", "Banyaknya")
    for dataset, rule, count in by_rule(note.refusals):
        yield (note.titles[dataset], rule, str(count))


def _step(note: Note) -> str:
    """What the department does about all of it: files are sent again, everything else is read again."""
    return _READ_AGAIN if note.system.files is None else _SEND_AGAIN


def sheet_name(dataset: str, part: int) -> str:
    """A sheet's name: the dataset's own, at most 31 characters, with the number of a further part."""
    more = f" ({part + 1})" if part else ""
    return dataset.partition(".")[2][: _NAME_LENGTH - len(more)] + more


def page_of(note: Note) -> str:
    """The note as one HTML page that needs nothing else."""
    from jinja2 import Environment

    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        _HTML.read_text(encoding="utf-8")
    )
    parts = [
        (title, [refusal for refusal in note.refusals if refusal.dataset == dataset])
        for dataset, title in note.titles.items()
    ]
    return template.render(
        note=note, parts=[(t, r) for t, r in parts if r], by_rule=by_rule(note.refusals), step=_step(note)
    )


def _replace(path: Path, write: Any) -> None:
    """Write a file of the owner's alone under a temporary name, and put it into its place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
