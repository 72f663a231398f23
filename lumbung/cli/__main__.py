"""Entry point of `bin/lumbung` (`python -m lumbung.cli`)."""

from __future__ import annotations

import sys

import typer

from lumbung.cli import act, care, decide, declare, look, rollback, standards
from lumbung.cli.output import explain

app = typer.Typer(
    name="lumbung",
    help="Lumbung: gudang data dan data terbuka. Data warehouse and open data of a regency.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (declare, act, decide, look, rollback, standards, care):
    module.add_to(app)


def main() -> int:
    """Runs one command; an expected error is one readable message and exit code 1, Ctrl-C is 130."""
    try:
        code = app(prog_name="bin/lumbung", standalone_mode=False)  # the code of a typer.Exit comes back as the value
    except (KeyboardInterrupt, typer.Abort):
        print("\nDihentikan; tidak ada yang tertinggal setengah jalan.", file=sys.stderr)
        return 130
    except Exception as error:
        return explain(error)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
