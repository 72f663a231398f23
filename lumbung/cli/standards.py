"""The commands `standards diff` and `standards apply`: a new version of a code list, looked at and taken into force."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lumbung.cli.output import as_json, as_table

if TYPE_CHECKING:
    from lumbung.ops.standards import Plan

CHANGES: Final = {
    "list": "Daftar",
    "code": "Kode",
    "kind": "Perubahan",
    "before": "Berlaku sekarang",
    "after": "Menjadi",
    "meaning": "Arti berubah",
}
TOUCHED: Final = {
    "list": "Daftar",
    "table": "Tabel",
    "column": "Kolom",
    "rows": "Baris berkode itu",
    "labels": "Label berganti",
}

standards = typer.Typer(no_args_is_help=True, help="Code lists: what a new version changes, and taking it into force.")


@standards.command()
def diff(json: Annotated[bool, typer.Option("--json", help="For machines")] = False) -> None:
    """Show what the code lists of this tree change in those in force, and how many rows carry such a code.

    Example: bin/lumbung standards diff
    """
    from lumbung.ops.standards import plan

    found = plan()
    if json:
        as_json(as_row(found))
        return
    if not found.changes:
        print("Daftar kode sama dengan yang berlaku.")
        return
    as_table("Perubahan daftar kode", as_row(found)["changes"], CHANGES)  # type: ignore[arg-type]
    as_table("Baris kini yang kodenya berubah arti", [asdict(one) for one in found.touched], TOUCHED)
    print(f"Mart yang membaca daftar ini: {', '.join(found.marts) or 'tidak ada'}.")
    print(f"Belum ada yang diterapkan. Terapkan: bin/lumbung standards apply --digest {found.digest}")


@standards.command()
def apply(digest: Annotated[str, typer.Option(help="The digest that `standards diff` printed")]) -> None:
    """Take the lists into force when they still change what the digest names; it is audited.

    Example: bin/lumbung standards apply --digest 0123456789ab
    """
    from lumbung.cli.acting import actor
    from lumbung.ops import standards as ops

    who = actor()
    done = ops.apply(digest, who)
    print(f"Daftar {', '.join(done.changes)} berlaku; tercatat atas nama {who}.")
    if done.systems:
        print(f"Label mengikuti pada run berikutnya: bin/lumbung run {' | '.join(done.systems)}")


def as_row(found: Plan) -> dict[str, object]:
    """The plan for machines."""
    return {
        "digest": found.digest if found.changes else None,
        "changes": [
            {"list": name, **one._asdict(), "meaning": one.meaning}
            for name, those in found.changes.items()
            for one in those
        ],
        "touched": [asdict(one) for one in found.touched],
        "marts": list(found.marts),
        "systems": list(found.systems),
    }


def add_to(app: typer.Typer) -> None:
    """Registers the commands of this module."""
    app.add_typer(standards, name="standards")
