"""The command `rollback`: what going back would change, then going back by the checksum of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lumbung.cli.output import as_json

if TYPE_CHECKING:
    from lumbung.ops.rollback import Plan, State

_SHOWN: Final = 10


def rollback(
    table: Annotated[str, typer.Argument(help="curated.TABLE or mart.NAME")],
    to: Annotated[int | None, typer.Option(help="Snapshot to go back to")] = None,
    before: Annotated[
        str | None, typer.Option(help="Batch or pass whose work, and all after it, is to go (default: the newest)")
    ] = None,
    checksum: Annotated[
        str | None, typer.Option("--apply", help="Do it: the checksum that the dry run printed")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For machines")] = False,
) -> None:
    """Take a curated table or a mart back to an earlier snapshot; a dry run unless its checksum is given.

    Example: bin/lumbung rollback curated.siak__biodata_wni --before siak-000012-siak.biodata_wni
    """
    from lumbung.cli.acting import actor
    from lumbung.ops import rollback as ops

    if to is not None and before is not None:
        raise ValueError("--to dan --before tidak dapat diberikan bersama.")
    if checksum is not None:
        done = ops.apply(table, checksum, actor(), to, before)
        print(f"{table} dikembalikan ke snapshot {done.to_snapshot} ({done.label}); tercatat atas nama {done.actor}.")
        return
    found = ops.plan(table, to, before)
    if json:
        as_json(as_row(found))
    else:
        print(show(found))


def as_row(found: Plan) -> dict[str, Any]:
    """The plan for machines."""

    def state(one: State) -> dict[str, Any]:
        return {"snapshot": one.snapshot, "committed_at": one.committed_at, "by": one.by}

    return {
        "table": found.table,
        "now": state(found.now),
        "then": state(found.then),
        **{
            name: getattr(found, name) for name in ("gained", "lost", "changed", "undone", "linked", "readers", "marts")
        },
        "publications": found.publications,
        "states": [state(one) for one in found.states],
        "checksum": found.checksum,
    }


def show(found: Plan) -> str:
    """The plan as text for people, with the command that does it."""
    published = [f"{name} (versi {version or 'belum terbit'})" for name, version in found.publications.items()]
    lines = [
        f"Uji coba: {found.table}, tidak ada yang diubah.",
        f"  dari      {_told(found.now)}",
        f"  ke        {_told(found.then)}",
        f"  baris     hilang {found.lost}, muncul kembali {found.gained}, berubah {found.changed}",
        f"  dibatalkan    {', '.join(found.undone) or 'tidak ada batch'}",
        f"  mart          {', '.join(found.marts) or 'tidak ada'}",
        f"  publikasi     {', '.join(published) or 'tidak ada'}",
        f"  dirujuk oleh  {', '.join(found.readers) or 'tidak ada'}",
    ]
    if found.linked:
        lines.append(f"  terkait       {', '.join(found.linked)}: pertimbangkan mengembalikannya bersama")
    lines.append("Keadaan yang masih disimpan, terbaru dahulu:")
    lines += [f"  {_told(state)}" for state in found.states[:_SHOWN]]
    if not (found.gained or found.lost or found.changed):
        cost = "tabel sumber akan dibaca utuh" if found.table.startswith("curated.") else "publikasinya akan berhenti"
        lines.append(
            f"Isi kedua keadaan sama: tidak ada gunanya dikembalikan ({cost}). Pilih keadaan lain dengan --to."
        )
        return "\n".join(lines)
    if found.table.startswith("curated."):
        lines.append("Sesudahnya: run berikutnya membaca tabel sumber ini utuh dan memulihkan yang benar dari sumber.")
    else:
        lines.append(
            "Sesudahnya: tidak diterbitkan sampai mart disegarkan lagi; penyegaran berikutnya menghitung ulang."
        )
    lines.append(f"Laksanakan dengan pilihan yang sama dan: --apply {found.checksum}")
    return "\n".join(lines)


def _told(state: State) -> str:
    return f"snapshot {state.snapshot}, {state.committed_at:%Y-%m-%d %H:%M:%S%z}, {state.by or 'pembaruan label'}"


def add_to(app: typer.Typer) -> None:
    """Registers the command."""
    app.command()(rollback)
