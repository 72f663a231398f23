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


def contracts(
    system: Annotated[str | None, typer.Argument(help="System code, or `mart` (default: all)")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Write versi.json beside the contracts as they are")] = False,
    json: Annotated[bool, typer.Option("--json", help="For machines")] = False,
) -> None:
    """What changed in the contracts of datasets, marts and public tables since they were last accepted, and which
    version that demands.

    Exit code 1 while a version or a line of PERUBAHAN.md is missing, or a change was not accepted.
    Example: bin/lumbung contracts siak --accept
    """
    from lumbung.declarations import evolution, load

    declared = load()
    if system not in (None, evolution.MARTS):
        declared.require_system(system)
    if accept:
        codes = [system] if system else [*declared.systems, evolution.MARTS]
        done = [one for code in codes for one in evolution.accept(declared, code)]
        print("\n".join(f"{one.dataset} {one.version}: diterima" for one in done) or "Tidak ada yang berubah.")
        return
    found = [one for one in evolution.verdicts(declared, system) if not one.stands]
    if json:
        as_json([{**one._asdict(), "changes": [change._asdict() for change in one.changes]} for one in found])
    for one in found if not json else []:
        print(f"{one.dataset}: {one.accepted or 'baru'} -> {one.version}")
        for change in one.changes:
            print(f"  {'mematahkan' if change.kind == 'breaking' else 'sejalan'}: {change.what}")
        code = one.dataset.partition(".")[0]
        print(f"  {one.wrong or f'terima dengan: bin/lumbung contracts {code} --accept'}")
    if found:
        raise typer.Exit(1)
    if not json:
        print("Semua kontrak seperti yang terakhir diterima.")


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
    from lumbung.sources.database.scaffold import describe, draft

    declarations = load()
    declarations.require_system(system)
    known = declarations.systems[system]
    if known.transport != "postgresql":
        raise ValueError(
            f"Sistem {system} memakai {known.transport}, yang tidak punya katalog: tulis kontraknya menurut "
            "docs/howto/system.md."
        )
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
    app.command()(contracts)
    app.command()(scaffold)
