"""Commands that look after the platform: maintain, forget, audit, alerts, metrics."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Final

import typer

from lumbung.cli.output import as_json, as_table, progress

AUDIT_COLUMNS: Final = {
    "seq": "No",
    "at": "Waktu",
    "actor": "Pelaku",
    "action": "Tindakan",
    "subject": "Obyek",
    "detail": "Rincian",
}
Json = Annotated[bool, typer.Option("--json", help="For machines")]


def maintain(
    apply: Annotated[
        str | None, typer.Option(metavar="CHECKSUM", help="Do the plan of this checksum, or carry on the one that died")
    ] = None,
    json: Json = False,
) -> None:
    """Show what is past its time: raw, quarantine, snapshots, small files, leftovers; done only with --apply CHECKSUM.

    Example: bin/lumbung maintain; bin/lumbung maintain --apply 0123456789ab
    """
    from lumbung.ops.maintenance import apply as carry_out
    from lumbung.ops.maintenance import plan
    from lumbung.ops.plans import COLUMNS

    if apply is not None:
        from lumbung.cli.acting import actor

        done = carry_out(apply, actor(), progress)
        print(f"Pemeliharaan {done.maintenance_id} selesai: {done.steps} langkah, {done.freed:,} byte dibebaskan.")
        return
    found = plan()
    if json:
        as_json({"checksum": found.checksum, "steps": found.as_json(), "kept": list(found.kept)})
        return
    as_table("Rencana pemeliharaan", found.as_rows(), COLUMNS)
    for reason in found.kept:
        print(f"  tetap disimpan: {reason}")
    if found.steps:
        print(f"Belum ada yang diubah. Jalankan: bin/lumbung maintain --apply {found.checksum}")


def forget(
    system: Annotated[str, typer.Argument(help="System code")],
    dataset: Annotated[str, typer.Argument(help="Dataset name")],
    key: Annotated[list[str], typer.Argument(metavar="COLUMN=VALUE…", help="VALUE - is asked for, unseen")],
    ground: Annotated[str, typer.Option("--ground", help="Legal ground, e.g. 'UU 27/2022 Pasal 8'")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, without any personal value")] = "",
    all_keys: Annotated[bool, typer.Option("--all-keys", help="Also when the rows are of several keys")] = False,
    apply: Annotated[str | None, typer.Option(metavar="CHECKSUM", help="Erase what the dry run showed")] = None,
    json: Json = False,
) -> None:
    """Erase a person's rows from raw, quarantine and the curated table; first shown, done only with --apply CHECKSUM.

    Example: bin/lumbung forget siak biodata_wni nik=- --ground "UU 27/2022 Pasal 8" --reason "permohonan 12/2026"
    """
    from lumbung.ops.forget import COLUMNS as PARTS
    from lumbung.ops.forget import as_rows, examine, subject_of
    from lumbung.ops.forget import forget as erase

    conditions = dict(_condition(one) for one in key)
    subject = subject_of(system, dataset, conditions, all_keys=all_keys)
    if apply is not None:
        from lumbung.cli.acting import actor

        request = erase(subject, apply, actor(), ground, reason)
        print(f"Permintaan {request.id} selesai. Segarkan mart dengan run berikutnya, lalu `bin/lumbung reconcile`.")
        return
    found = examine(subject)
    if json:
        as_json(
            {
                "checksum": found.checksum,
                "found": as_rows(found),
                "keys": found.keys,
                "refusals": list(found.refusals),
                "mentioned": list(found.mentioned),
            }
        )
    else:
        as_table("Yang akan dihapus", as_rows(found), PARTS)
        print(f"  kunci berbeda: {found.keys}")
        for place in found.mentioned:
            print(f"  disebut juga di {place}: nilai sendiri-sendiri")
        for refusal in found.refusals:
            print(f"  belum dapat: {refusal}")
        if found.found and not found.refusals:
            print(f"Belum ada yang dihapus. Jalankan lagi dengan --ground, --reason dan --apply {found.checksum}")
    if found.refusals:
        raise typer.Exit(1)


def _condition(text: str) -> tuple[str, str]:
    """`column=value`; a value of `-` is asked for, so that it stands in no process list and no history."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise ValueError(f"{text!r} bukan KOLOM=NILAI.")
    return name, typer.prompt(name, hide_input=True) if value == "-" else value


def audit(
    action: Annotated[str, typer.Argument(help="show, verify or checkpoint")] = "show",
    json: Json = False,
    last: Annotated[int, typer.Option(min=1, help="How many entries to show")] = 20,
) -> None:
    """Show the newest audit entries after holding the chain against its signed checkpoints; exit 1 when broken.

    `verify` only checks; `checkpoint` signs the chain as it is now. Example: bin/lumbung audit verify
    """
    from lumbung.ledger import Ledger
    from lumbung.ledger.checkpoint import verify_checkpoints, write_checkpoint
    from lumbung.settings import settings

    ledger = Ledger.connect()
    if action == "checkpoint":
        from lumbung.cli.acting import actor

        written = write_checkpoint(ledger, settings(), actor())
        print("Tidak ada yang baru." if written is None else f"Tanda tangan atas {written.size} entri ditulis.")
        return
    if action not in ("show", "verify"):
        raise ValueError(f"{action!r} bukan show, verify atau checkpoint.")
    problems = verify_checkpoints(ledger, settings())
    entries = [asdict(entry) for entry in ledger.audit_entries(limit=last)] if action == "show" else []
    if json:
        as_json({"problems": problems, **({"entries": entries} if action == "show" else {})})
    else:
        if action == "show":
            as_table("Jejak audit", entries, AUDIT_COLUMNS)
        print("Rantai utuh." if not problems else "RANTAI RUSAK:\n" + "\n".join(problems))
    if problems:
        raise typer.Exit(1)


def alerts(action: Annotated[str, typer.Argument(help="show or test")] = "show", json: Json = False) -> None:
    """Show what is wrong now; `test` sends a trial by webhook and e-mail, exit 1 when one of them did not take it.

    Example: bin/lumbung alerts test
    """
    from lumbung.ops.alerts import trial

    if action == "test":
        taken = trial()
        if json:
            as_json(taken)
        for name, took in {} if json else taken.items():
            print(f"{name}: {'diterima' if took else 'TIDAK diterima, lihat log'}")
        if not taken and not json:
            print("Tidak ada saluran; isi [common.alerts] di settings.toml. Peringatan tetap ditulis ke log.")
        if not all(taken.values()):
            raise typer.Exit(1)
        return
    if action != "show":
        raise ValueError(f"{action!r} bukan show atau test.")
    from lumbung.ledger import Ledger

    rows = [asdict(one) for one in Ledger.connect().open_alerts()]
    if json:
        as_json(rows)
    else:
        as_table("Peringatan yang masih terbuka", rows, {"cause": "Sebab", "since": "Sejak", "text": "Isi"})


def metrics() -> None:
    """Print counts, lateness, stage seconds and disk as Prometheus reads them; also at /metrics of the Data Docs.

    Example: bin/lumbung metrics | grep late
    """
    from lumbung.ops.metrics import text

    print(text(), end="")


def add_to(app: typer.Typer) -> None:
    """Registers the commands of this module."""
    for command in (maintain, forget, audit, alerts, metrics):
        app.command()(command)
