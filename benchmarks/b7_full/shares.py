"""Where the time of a run went, from the moments that the ledger keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from lumbung.ledger import Batch, MartsRun, Run


def shares(run: Run, batches: Sequence[Batch], passes: Iterable[MartsRun]) -> dict[str, Any]:
    """Rows and bytes of a run, seconds per stage, and seconds per dataset in validate and conform.

    A stage lasts from the end of the one before to its last batch. A dataset lasts from the one before it in the same
    stage: datasets go one after the other. `passes`: those over the marts that saw the run; one more event, or the
    clock, may have started a pass after the one that had the work.
    """
    extracted = run.extracted_at or run.opened_at
    landed = _last(b.landed_at for b in batches) or extracted
    validated = _last(b.validated_at for b in batches) or landed
    conformed = _last(b.conformed_at for b in batches) or validated
    stages = {
        "extract": _seconds(run.opened_at, extracted),
        "land": _seconds(extracted, landed),
        "validate": _seconds(landed, validated),
        "conform": _seconds(validated, conformed),
    }
    finished = [_seconds(one.opened_at, one.finished_at) for one in passes if one.finished_at is not None]
    if finished:
        stages["mart and publish"] = round(sum(finished), 1)
    return {
        "received": sum(b.received or 0 for b in batches),
        "accepted": sum(b.accepted or 0 for b in batches),
        "quarantined": sum(b.quarantined or 0 for b in batches),
        "raw_mb": round(sum(b.raw_bytes or 0 for b in batches) / 1e6, 1),
        "stages_s": stages,
        "validate_s": _each(landed, {b.dataset: b.validated_at for b in batches}),
        "conform_s": _each(validated, {b.dataset: b.conformed_at for b in batches}),
    }


def _last(moments: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def _seconds(begin: datetime, end: datetime) -> float:
    return round((end - begin).total_seconds(), 1)


def _each(begin: datetime, ends: dict[str, datetime | None]) -> dict[str, float]:
    """Seconds per dataset, longest first, those below a tenth of a second left out."""
    found: dict[str, float] = {}
    for name, end in sorted(((n, e) for n, e in ends.items() if e is not None), key=lambda item: item[1]):
        found[name], begin = _seconds(begin, end), max(begin, end)
    return dict(sorted(((n, s) for n, s in found.items() if s >= 0.1), key=lambda item: -item[1]))
