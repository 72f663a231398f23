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


def add_to(app: typer.Typer) -> None:
    """Registers the commands of this module."""
    app.command()(check)
