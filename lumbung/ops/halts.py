"""Batches that wait for a decision on their quality: what they are about, who may let one go on, and who hears of it.

The waiver is for one batch and for what its giver saw of it: it goes on with its good rows, the refused ones stay
refused until they are mended. Its end is the day until which it may go on, and from which whoever watches is told of
the rows that are still refused (docs/decisions/0021).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from lumbung.declarations import load
from lumbung.ledger import Halt, Ledger, NotInLedger, StateError
from lumbung.ops.alerts import clear_alert, raise_alert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumbung.declarations import Dataset, Declarations
    from lumbung.ledger import Batch, Waiver

RULE_COLUMNS: Final = {"rule": "Aturan", "rows": "Baris", "reason": "Alasan", "source": "Sumber"}
_SHOWN: Final = 3
_CAUSE: Final = "mutu/"


class NotWaiting(ValueError):
    """The batch that was named does not wait for a decision, or cannot be let go on so; the message says why."""


def told(halt: Halt, declarations: Declarations) -> str:
    """One sentence on what waits, and the next steps."""
    most = sorted(halt.rules.items(), key=lambda one: (-one[1], one[0]))[:_SHOWN]
    rules = ", ".join(f"{rule} ({_number(rows)})" for rule, rows in most)
    system = halt.dataset.partition(".")[0]
    declared = declarations.datasets.get(halt.dataset)
    again = " --sweep" if declared is not None and declared.load == "window" else ""
    return (
        f"Batch {halt.batch_id} menunggu keputusan: {_number(halt.fresh)} dari "
        f"{_number(halt.fresh + halt.counts.accepted)} baris baru ditolak ({percent(halt.percent)}), ambangnya "
        f"{percent(halt.most_refused)}; terbanyak {rules}. Tidak ada yang hilang. Langkah berikut: "
        f"`bin/lumbung waive {halt.batch_id}` menunjukkan isinya; perbaiki di sumber lalu `bin/lumbung run "
        f"{system}{again}`, betulkan aturannya lalu `bin/lumbung replay {system} {halt.dataset.partition('.')[2]}`, "
        "atau izinkan dengan alasan."
    )


def percent(value: Any) -> str:
    """`47,3 %`."""
    return f"{value:.1f} %".replace(".", ",").replace(",0 %", " %")


def _number(rows: int) -> str:
    return f"{rows:,}".replace(",", ".")


def waiting_of(ledger: Ledger, waiting: Sequence[Halt], declarations: Declarations, dataset: Dataset) -> str | None:
    """What a dataset waits for: a decision on a batch of its own, or of a linked one; None when nothing.

    `waiting`: the halts of its system.
    """
    own = next((halt for halt in waiting if halt.dataset == dataset.id), None)
    if own is not None:
        return told(own, declarations)
    members = linked(declarations, dataset)
    first = next((halt for halt in waiting if halt.dataset in members), None)
    if first is None or not ledger.batches(dataset=dataset.id, states=("landed", "validated"), limit=1):
        return None
    return f"Menunggu keputusan atas batch {first.batch_id} dari dataset terkait {first.dataset}."


def linked(declarations: Declarations, dataset: Dataset) -> list[str]:
    """Ids of the other datasets that are promoted together with this one."""
    group = declarations.of_system(dataset.system) if dataset.linked is not None else ()
    return [one.id for one in group if one.linked == dataset.linked and one.id != dataset.id]


def waiting_lines(ledger: Ledger, run_id: str) -> list[str]:
    """For each batch of the run that waits for a decision, on itself or on one before it: what is to be decided."""
    waiting = ledger.halts(system=ledger.run(run_id).system)
    found = []
    for batch in ledger.batches(run_id=run_id, states=("landed",)) if waiting else ():
        own = [halt for halt in waiting if halt.dataset == batch.dataset]
        if own and _not_after(ledger.batch(own[0].batch_id), batch):
            found.append(f"- {batch.dataset} (batch {batch.id}): {told(own[0], load())}")
    return found


def _not_after(one: Batch, other: Batch) -> bool:
    return one.landed_at is not None and other.landed_at is not None and one.landed_at <= other.landed_at


def examine(batch_id: str, ledger: Ledger | None = None) -> dict[str, Any]:
    """What a waiver would let go on: counts, share and limit, rows per rule, and who waits behind. Changes nothing.

    Raises `NotWaiting`.
    """
    ledger = ledger or Ledger.connect()
    halt, batch = _waiting(ledger, batch_id)
    declarations = load()
    dataset = declarations.datasets[halt.dataset]
    known = {rule.id: rule for rule in dataset.rules}
    behind = [one.id for one in ledger.batches(dataset=dataset.id, states=("landed",)) if one.id != batch_id]
    return {
        "batch": batch_id,
        "dataset": halt.dataset,
        "landed_at": batch.landed_at,
        "received": halt.counts.received,
        "accepted": halt.counts.accepted,
        "quarantined": halt.counts.quarantined,
        "duplicate": halt.counts.duplicate,
        "fresh": halt.fresh,
        "percent": round(halt.percent, 2),
        "most_refused": halt.most_refused,
        "rules": [
            {
                "rule": rule,
                "rows": rows,
                "reason": known[rule].reason if rule in known else _reason(rule),
                "source": known[rule].source if rule in known else "",
            }
            for rule, rows in sorted(halt.rules.items(), key=lambda one: (-one[1], one[0]))
        ],
        "behind": behind,
        "linked": linked(declarations, dataset),
    }


def _reason(rule: str) -> str:
    return "Kunci yang sama dengan isi berbeda." if rule == "kunci-ganda" else rule


def waive(batch_id: str, actor: str, reason: str, until: date, ledger: Ledger | None = None) -> Waiver:
    """Let the batch go on: recorded with name, reason and end; whoever calls then validates and conforms its run.

    Raises `NotWaiting` for a batch that does not wait, a reason that says nothing, a day that has passed.
    """
    ledger = ledger or Ledger.connect()
    halt, _ = _waiting(ledger, batch_id)
    if not reason.strip():
        raise NotWaiting("Izin memerlukan alasan (--reason), tanpa data pribadi.")
    today = _today(load(), halt.dataset)
    if until < today:
        raise NotWaiting(f"--until {until.isoformat()} sudah lewat; sekarang {today.isoformat()}.")
    try:
        return ledger.waive(batch_id, actor, reason.strip(), until)
    except StateError as error:  # decided by somebody else meanwhile
        raise NotWaiting(str(error)) from error


def still(ledger: Ledger, batch_id: str) -> str:
    """Why a batch that was let go on has not arrived, as far as that is known."""
    batch, given = ledger.batch(batch_id), ledger.waivers(batch_id)
    halt = ledger.halt_of(batch_id)
    if batch.state == "stopped":
        return f"{batch.error}."
    if batch.state == "validated":
        return "menunggu dataset terkaitnya; run berikutnya menaikkannya."
    if halt is not None and given and halt.fresh > given[-1].fresh:
        return f"diuji lagi, kini {_number(halt.fresh)} baris ditolak, lebih banyak dari yang diizinkan."
    return "belum gilirannya; run berikutnya meneruskannya."


def _waiting(ledger: Ledger, batch_id: str) -> tuple[Halt, Batch]:
    try:
        batch = ledger.batch(batch_id)
    except NotInLedger:
        raise NotWaiting(
            f"Batch {batch_id!r} tidak ada di buku besar; `bin/lumbung status` menyebut yang menunggu."
        ) from None
    halt = ledger.halt_of(batch_id)
    if halt is None or batch.state != "landed":
        waiting = ", ".join(one.batch_id for one in ledger.halts()) or "tidak ada"
        raise NotWaiting(f"Batch {batch_id} tidak menunggu keputusan ({batch.state}); yang menunggu: {waiting}.")
    return halt, batch


def _today(declarations: Declarations, dataset_id: str) -> date:
    system = declarations.systems[dataset_id.partition(".")[0]]
    return datetime.now(ZoneInfo(system.timezone)).date()


def tell(ledger: Ledger | None = None, system: str | None = None) -> list[str]:
    """Raise an alert for every dataset (of a system) that waits for a decision, clear the others'; the waiting ones."""
    ledger = ledger or Ledger.connect()
    first: dict[str, Halt] = {}
    for halt in ledger.halts(system=system):
        first.setdefault(halt.dataset, halt)
    for name, halt in first.items():
        raise_alert(f"{_CAUSE}{name}", told(halt, load()), ledger)
    ours = _CAUSE if system is None else f"{_CAUSE}{system}."
    for alert in ledger.open_alerts():
        if alert.cause.startswith(ours) and alert.cause.removeprefix(_CAUSE) not in first:
            clear_alert(alert.cause, ledger)
    return list(first)


def tell_overdue(ledger: Ledger | None = None) -> list[str]:
    """Raise an alert for every dataset with a waiver that is over and rows that are still refused; those datasets."""
    ledger, declarations = ledger or Ledger.connect(), load()
    newest: Mapping[str, Waiver] = {one.batch_id: one for one in ledger.waivers()}
    late: dict[str, list[str]] = {}
    for batch_id, given in newest.items():
        dataset = ledger.batch(batch_id).dataset
        lines = late.setdefault(dataset, [])
        if dataset not in declarations.datasets or given.until >= _today(declarations, dataset):
            continue
        if rows := len(ledger.refused_rows(batch_id=batch_id)):
            lines.append(
                f"{_number(rows)} baris batch {batch_id} (izin {given.actor} sampai {given.until.isoformat()})"
            )
    for dataset, lines in late.items():
        system, _, name = dataset.partition(".")
        text = (
            f"Izin sudah berakhir dan barisnya masih ditolak: {'; '.join(lines)}. Langkah berikut: "
            f"`bin/lumbung refusals {system} {name}` untuk OPD pemiliknya."
        )
        if lines:
            raise_alert(f"izin/{dataset}", text, ledger)
        else:
            clear_alert(f"izin/{dataset}", ledger)
    return [dataset for dataset, lines in late.items() if lines]
