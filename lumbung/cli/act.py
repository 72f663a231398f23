"""Commands that do something: run, replay, simulate."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from lumbung.cli.output import progress

if TYPE_CHECKING:
    from lumbung.declarations import Declarations


def moment_of(option: str, text: str, zone: str, *, end: bool = False) -> str:
    """ISO 8601 with a zone; a date or time without one is the system's own. A bare date as `end` is its last moment.

    Raises ValueError naming the option and the form.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{option} {text}: bukan tanggal atau waktu; tulis seperti 2026-01-31 atau 2026-01-31T17:00:00+07:00."
        ) from None
    if end and len(text) == len("2026-01-31"):
        moment = datetime.combine(moment, time.max)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).isoformat()


def conf_of(
    zone: str, begin: str | None, end: str | None, *, sweep: bool, datasets: Sequence[str] = ()
) -> dict[str, object]:
    """Parameters of a system's DAG, from the options of `run`. Raises ValueError for what no run could do."""
    from lumbung.ops.runs import window_of

    if (begin is None) != (end is None):
        raise ValueError("--from dan --to harus diberikan bersama.")
    conf: dict[str, object] = {"mode": "sapu" if sweep else "biasa"}
    if begin is not None and end is not None:
        if sweep:
            raise ValueError("--sweep membaca semuanya; --from dan --to tidak dapat diberikan bersamanya.")
        conf |= {"dari": moment_of("--from", begin, zone), "sampai": moment_of("--to", end, zone, end=True)}
    window_of(conf)
    if datasets:
        conf["dataset"] = list(datasets)
    return conf


def chosen_systems(
    declared: Declarations, codes: Sequence[str], datasets: Sequence[str], *, every: bool, wanted: Sequence[str] = ()
) -> tuple[str, ...]:
    """The systems that `run` was asked for; `wanted`: those that the setting `systems` names, when it names some.

    Raises BadParameter and ValueError naming what is known.
    """
    from lumbung.declarations.systems import carried

    if every == bool(codes):
        words = f"sebut sistemnya ({', '.join(sorted(declared.systems))}), atau --all untuk semuanya"
        raise typer.BadParameter(words, param_hint="SYSTEM")
    if every:
        codes = carried(declared.systems.values(), wanted)
    for code in codes:
        declared.require_system(code)
    if datasets and len(codes) > 1:
        raise ValueError("--dataset menyebut dataset satu sistem; sebut satu sistem saja.")
    for name in datasets:
        known = {item.name for item in declared.of_system(codes[0])}
        if name not in known:
            raise ValueError(f"Dataset {name!r} tidak ada di {codes[0]}; yang ada: {', '.join(sorted(known))}.")
    return tuple(dict.fromkeys(codes))


def run(
    system: Annotated[list[str] | None, typer.Argument(help="Codes, e.g. siak; several run side by side")] = None,
    every: Annotated[bool, typer.Option("--all", help="All approved, or those of the setting systems")] = False,
    dataset: Annotated[
        list[str] | None, typer.Option(help="Only these datasets of the one system (repeatable)")
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", help="Re-read from here (ISO 8601; default zone: the system's)")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Re-read until here, inclusive (a date: all of it)")] = None,
    sweep: Annotated[bool, typer.Option(help="Read everything: finds late rows and deletions")] = False,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds to wait")] = 3600,
) -> None:
    """Run systems through Airflow and wait until their marts and publications are done too.

    Example: bin/lumbung run siak --from 2026-01-01 --to 2026-01-03
    """
    from lumbung.cli.acting import actor
    from lumbung.declarations import load
    from lumbung.ops.waiting import run_systems
    from lumbung.settings import settings

    declared = load()
    chosen = chosen_systems(declared, system or (), dataset or (), every=every, wanted=settings().systems)
    zones = {code: declared.systems[code].timezone for code in chosen}
    conf = {code: conf_of(zones[code], begin, end, sweep=sweep, datasets=dataset or ()) for code in chosen}
    finished = run_systems(conf, progress, actor(), timeout)
    print(f"Run {', '.join(one.id for one in finished)} selesai.")


def replay(
    system: Annotated[str, typer.Argument(help="System code")],
    dataset: Annotated[str, typer.Argument(help="Dataset name")],
    batch: Annotated[str | None, typer.Option(help="Only the refused rows of this batch")] = None,
) -> None:
    """Run refused rows again after a rule, a list or a contract was mended; a batch that waits for a decision, too.

    Example: bin/lumbung replay siak biodata_wni
    """
    from lumbung.cli.acting import actor
    from lumbung.ledger import Ledger
    from lumbung.ops.replay import replay as open_replay
    from lumbung.ops.runs import close_run, require_done, settle
    from lumbung.ops.waiting import refresh_marts
    from lumbung.stages.conform import conform
    from lumbung.stages.validate import validate

    opened = open_replay(system, dataset, batch, actor=actor())
    if opened is None:
        ledger = Ledger.connect()
        waiting = ledger.halts(f"{system}.{dataset.removeprefix(f'{system}.')}")
        if not waiting:
            print(f"Tidak ada baris {system}.{dataset} yang masih ditolak.")
            return
        first = ledger.batch(waiting[0].batch_id)
        progress(f"Batch {first.id} menunggu keputusan; diuji lagi bila aturannya sudah lain")
        settle(conform(first.run_id).promoted)
        require_done(first.run_id)
        refresh_marts(ledger.run(first.run_id), progress, actor())
        print(f"Batch {first.id} lolos; yang masih ditolak: `lumbung quarantine {system} {dataset}`.")
        return
    progress(f"{opened.rows} baris menjadi batch {opened.batch_id}")
    validate(opened.run_id)
    settle(conform(opened.run_id).promoted)
    finished = close_run(opened.run_id)
    require_done(opened.run_id)
    refresh_marts(finished, progress, actor())
    print(f"Run {opened.run_id} selesai; yang masih ditolak: `lumbung quarantine {system} {dataset}`.")


def simulate(context: typer.Context) -> None:
    """Drive the simulated departments: build, advance, show, defects, mend, sql.

    Example: bin/lumbung simulate advance --days 30
    """
    raise typer.Exit(subprocess.call([sys.executable, "-m", "simulator", *context.args]))


def add_to(app: typer.Typer) -> None:
    """Registers the commands of this module."""
    app.command()(run)
    app.command()(replay)
    app.command(
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    )(simulate)
