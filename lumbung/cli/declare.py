"""Commands about declarations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lumbung.cli.output import as_json


def check(
    root: Annotated[
        Path | None, typer.Option(help="Folder that holds contracts/, standards/, … (default: the repository)")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For machines")] = False,
) -> None:
    """Check every declaration; names file, line and key of each mistake.

    Example: bin/lumbung check
    """
    from lumbung.declarations import check as find_problems

    problems = find_problems(root)
    if json:
        as_json([{"file": str(p.file), "line": p.line, "key": p.key, "message": p.message} for p in problems])
    else:
        for problem in problems:
            print(f"{problem.file}:{problem.line}: {problem.key}: {problem.message}")
        print("Semua deklarasi benar." if not problems else f"{len(problems)} kesalahan.")
    if problems:
        raise typer.Exit(1)


def scaffold(
    system: Annotated[str, typer.Argument(help="System code, e.g. sismiop")],
    table: Annotated[str, typer.Argument(help="Table of the source, e.g. tipe_bangunan or public.tipe_bangunan")],
    write: Annotated[bool, typer.Option("--write", help="Write contracts/SYSTEM/TABLE.yaml; never overwrites")] = False,
) -> None:
    """Draft a contract from the source's catalogue; what is guessed is marked `# dugaan`.

    Example: bin/lumbung scaffold sismiop tipe_bangunan
    """
    from lumbung.declarations import load
    from lumbung.settings import settings
    from lumbung.sources.scaffold import describe, draft

    declarations = load()
    if system not in declarations.systems:
        raise ValueError(
            f"Sistem {system!r} tidak dikenal; yang dideklarasikan: {', '.join(sorted(declarations.systems))}."
        )
    known = declarations.systems[system]
    path = declarations.root / "contracts" / system / f"{table.rpartition('.')[2].lower()}.yaml"
    if write and path.exists():
        raise ValueError(
            f"{path.relative_to(declarations.root)} sudah ada dan tidak ditimpa. Tanpa --write rancangannya hanya "
            "dicetak: bandingkan dengan kontrak itu dan pindahkan yang perlu."
        )
    text = draft(describe(settings().source_url(known.connection), known, table), known, declarations)
    if not write:
        print(text, end="")
        return
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    print(f"{path.relative_to(declarations.root)}: ditulis. Tinjau setiap `dugaan`, lalu `bin/lumbung check`.")


def add_to(app: typer.Typer) -> None:
    """Registers the commands of this module."""
    app.command()(check)
    app.command()(scaffold)
