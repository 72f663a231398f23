"""Commands that only look: status, summary, doctor, quarantine, files, refusals, reconcile, trace, query, endpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lumbung.cli.output import as_json, as_table

Json = Annotated[bool, typer.Option("--json", help="For machines")]


def status(json: Json = False) -> None:
    """What was received, accepted, refused and repeated per dataset, and when it is due again.

    Example: bin/lumbung status --json
    """
    from lumbung.ops.status import COLUMNS, shown, status_rows

    rows = status_rows()
    if json:
        as_json(rows)
    else:
        as_table("Dataset", shown(rows), COLUMNS)
        _tell_waiting(rows)


def _tell_waiting(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["waiting"] is not None:
            print(f"{row['system']}.{row['dataset']}: {row['waiting']}")


def summary(json: Json = False) -> None:
    """The whole platform at a glance: datasets, marts, public datasets, and how to open each door.

    Example: bin/lumbung summary
    """
    from lumbung.ops.endpoints import endpoints
    from lumbung.ops.status import COLUMNS, MART_COLUMNS, PUBLIC_COLUMNS, mart_rows, public_rows, shown, status_rows

    content: dict[str, Any] = {
        "datasets": status_rows(),
        "marts": mart_rows(),
        "publications": public_rows(),
        "endpoints": endpoints(),
    }
    if json:
        as_json(content)
        return
    as_table("Dataset", shown(content["datasets"]), COLUMNS)
    _tell_waiting(content["datasets"])
    as_table("Mart", content["marts"], MART_COLUMNS)
    as_table("Data terbuka", content["publications"], PUBLIC_COLUMNS)
    doors = content["endpoints"]
    print("Pintu")
    print(f"  portal       {doors['portal']['url']}")
    airflow = doors["airflow"]
    print(f"  Airflow      {airflow['url']}  akun {airflow['user']}, sandi di {airflow['password_file']}")
    hive = doors["hive"]
    print(f"  HiveServer2  {hive['host']}:{hive['port']}  akun {hive['user']}, sandi di {hive['password_file']}")
    print(f"  Data Docs    {doors['data_docs']['url']}")


def doctor(json: Json = False) -> None:
    """Is everything in order: machine, versions, services, declarations, sources, tables, runs, alerts; the next steps.

    Example: bin/lumbung doctor
    """
    from lumbung.ops.doctor import COLUMNS, examine

    rows = examine()
    if json:
        as_json(rows)
    else:
        as_table("Pemeriksaan", rows, COLUMNS)
    if any(row["state"] == "rusak" for row in rows):
        raise typer.Exit(1)


def quarantine(
    system: Annotated[str, typer.Argument(help="System code")],
    dataset: Annotated[str | None, typer.Argument(help="Dataset name (default: all of the system)")] = None,
    rule: Annotated[str | None, typer.Option(help="Only rows refused by this rule")] = None,
    batch: Annotated[
        str | None, typer.Option(help="Only rows of this batch, also of one that waits for a decision")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Closed ones too: by which batch, why and when they were closed")
    ] = False,
    clear: Annotated[
        bool, typer.Option("--clear", help="Keys of persons in clear, for who owns the rows; audited")
    ] = False,
    json: Json = False,
) -> None:
    """Refused rows that are still open: which, by which rule, and why. Keys of persons are masked.

    For machines (--json) they are in clear; the audit keeps who saw them so.

    Example: bin/lumbung quarantine siak biodata_wni --rule nik:nik --clear
    """
    from lumbung.cli.acting import actor
    from lumbung.ops.quarantine import CLOSING_COLUMNS, COLUMNS, refused_rows

    rows = refused_rows(system, dataset, rule=rule, batch=batch, actor=actor(), closed=everything, clear=clear or json)
    if json:
        as_json(rows)
        return
    shown = [
        {
            **row,
            "row": _place(row),
            "key": ", ".join(f"{name}={value}" for name, value in row["key"].items()),
            "reasons": row["reasons"],
        }
        for row in rows
    ]
    as_table(
        f"Karantina {system}{'.' + dataset if dataset else ''}: {len(rows)} baris",
        shown,
        {**COLUMNS, **(CLOSING_COLUMNS if everything else {})},
    )


def _place(row: dict[str, Any]) -> str:
    """Where a refused row stands: in its file where it came in one, else in its batch."""
    return f"{row['file']}: {row['line']}" if row.get("file") else str(row["row"])


def files(
    system: Annotated[str | None, typer.Argument(help="System code (default: all that drop files)")] = None,
    json: Json = False,
) -> None:
    """Files that departments dropped: what is in force, replaced, refused and why, and what still waits.

    Example: bin/lumbung files covid
    """
    from lumbung.ops.files import COLUMNS, file_rows

    rows = file_rows(system)
    if json:
        as_json(rows)
    else:
        as_table("Berkas", rows, COLUMNS)


def refusals(
    system: Annotated[str, typer.Argument(help="System code")],
    dataset: Annotated[str | None, typer.Argument(help="Dataset name (default: all of the system)")] = None,
    batch: Annotated[str | None, typer.Option(help="Only rows of this batch")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the files (default: the profile's refusals/)")] = None,
    json: Json = False,
) -> None:
    """Write the refusal note for the department, as a workbook and as a page: its rows, what is wrong, what to do.

    Example: bin/lumbung refusals siak --out /tmp/nota
    """
    from lumbung.cli.acting import actor
    from lumbung.ops.refusals import write_note

    written = write_note(system, dataset, batch, out, actor())
    if json:
        files = {"workbook": str(written.workbook), "page": str(written.page)} if written else {}
        as_json({"rows": written.rows if written else 0, "refusals": written.refusals if written else 0, **files})
    elif written is None:
        print("Tidak ada baris yang ditolak; tidak ada catatan yang dibuat.")
    else:
        print(f"{written.rows} baris ditolak ({written.refusals} kesalahan).")
        print(f"Lembar kerja: {written.workbook}\nHalaman: {written.page}")
        print("Keduanya memuat data pribadi: kirim hanya kepada pemilik data.")


def reconcile(
    system: Annotated[str | None, typer.Argument(help="System code (default: all)")] = None, json: Json = False
) -> None:
    """Compare the source with raw, curated and quarantine, key by key; exit 1 unless every difference is 0.

    Example: bin/lumbung reconcile siak
    """
    from lumbung.ops.reconcile import COLUMNS, reconcile_rows

    rows = reconcile_rows(system)
    if json:
        as_json(rows)
    else:
        as_table("Pencocokan", rows, COLUMNS)
    if any(row["difference"] for row in rows):
        raise typer.Exit(1)


def trace(
    target: Annotated[
        str,
        typer.Argument(
            help="A mart (mart.NAME), a mart row (mart.NAME?column=value&…), or a portal resource or dataset id/slug"
        ),
    ],
    json: Json = False,
) -> None:
    """Lead from a published figure or a mart row back to batches, files and source windows.

    Example: bin/lumbung trace "mart.penduduk_semester?periode=202502&kode_desa=35.15.01.2001"
    """
    from lumbung.ops.trace import show, trace_target

    path = trace_target(target)
    if json:
        as_json(path)
    else:
        print(show(path))


def query(
    sql: Annotated[str, typer.Argument(help="One SQL statement")],
    json: Json = False,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show at most")] = 1000,
) -> None:
    """Run SQL through HiveServer2 with the engineer's account.

    Example: bin/lumbung query "SELECT * FROM mart.pembaruan"
    """
    from lumbung.ops.query import query as ask

    rows = ask(sql, limit)
    if json:
        as_json(rows)
    else:
        as_table(f"{len(rows)} baris", rows, {name: name for row in rows[:1] for name in row})


def endpoints(json: Json = False) -> None:
    """Addresses, and the paths of credential files.

    Example: bin/lumbung endpoints --json
    """
    from lumbung.ops.endpoints import endpoints as addresses

    content = addresses()
    if json:
        as_json(content)
        return
    for name, door in content.items():
        for key, value in door.items():
            print(f"{name}.{key}: {value}")


def add_to(app: typer.Typer) -> None:
    """Registers the commands of this module."""
    for command in (status, summary, doctor, quarantine, files, refusals, reconcile, trace, query, endpoints):
        app.command()(command)
