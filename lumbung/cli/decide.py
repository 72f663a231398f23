"""The command `waive`: what a batch that waits for a decision on its quality is about, and letting it go on."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from lumbung.cli.output import as_json, as_table, progress


def waive(
    batch: Annotated[str, typer.Argument(help="Batch that waits, as `lumbung status` names it")],
    reason: Annotated[str | None, typer.Option(help="Why it may go on, without any personal value")] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Last day on which it may; its rows are to be mended by then"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For machines")] = False,
) -> None:
    """Let one batch go on that waits because too much of it is refused; without --reason and --until only shown.

    Its refused rows stay refused. Name, reason and end go into the audit chain. Example: bin/lumbung waive
    siak-000012-siak.biodata_wni --reason "impor dari kecamatan lama, surat 470/12" --until 2026-02-28
    """
    from lumbung.cli.acting import actor
    from lumbung.ledger import Ledger
    from lumbung.ops import halts
    from lumbung.ops.runs import require_done, settle
    from lumbung.ops.waiting import refresh_marts
    from lumbung.stages.conform import conform

    if (reason is None) != (until is None):
        raise ValueError("--reason dan --until diberikan bersama; tanpa keduanya isinya hanya ditunjukkan.")
    if reason is None or until is None:
        found = halts.examine(batch)
        if json:
            as_json(found)
        else:
            _show(found)
        return
    day = _day(until)
    given = halts.waive(batch, actor(), reason, day)
    progress(f"{batch}: diizinkan oleh {given.actor} sampai {given.until.isoformat()}")
    ledger = Ledger.connect()
    run_id = ledger.batch(batch).run_id
    settle(conform(run_id).promoted)
    if (now := ledger.batch(batch)).state != "conformed":
        print(f"Izin tercatat. Batch {batch} masih {now.state}: {halts.still(ledger, batch)}")
        raise typer.Exit(1)
    require_done(run_id)
    refresh_marts(ledger.run(run_id), progress, actor())
    system, _, name = now.dataset.partition(".")
    print(f"Batch {batch} masuk gudang; yang ditolak tetap ditolak: `lumbung quarantine {system} {name}`.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--until {text}: bukan tanggal; tulis seperti 2026-02-28.") from None


def _show(found: dict[str, Any]) -> None:
    from lumbung.ops.halts import RULE_COLUMNS, percent

    print(f"Batch {found['batch']} dari {found['dataset']}, mendarat {found['landed_at']:%Y-%m-%d %H:%M%z}")
    print(
        f"  diterima {found['received']}: baik {found['accepted']}, ditolak {found['quarantined']} "
        f"(baru {found['fresh']}), berulang {found['duplicate']}"
    )
    print(f"  ditolak {percent(found['percent'])} dari baris baru, ambangnya {percent(found['most_refused'])}")
    print(f"  mengantre di belakangnya: {', '.join(found['behind']) or 'tidak ada'}")
    print(f"  dataset terkait yang ikut menunggu: {', '.join(found['linked']) or 'tidak ada'}")
    as_table("Aturan yang dilanggar", found["rules"], RULE_COLUMNS)
    system, _, name = found["dataset"].partition(".")
    print(f"Barisnya: bin/lumbung quarantine {system} {name} --batch {found['batch']}")
    print("Belum ada yang diizinkan. Untuk mengizinkan, jalankan lagi dengan --reason dan --until.")


def add_to(app: typer.Typer) -> None:
    """Registers the command."""
    app.command()(waive)
