"""Monthly counts of quality on a real PostgreSQL: which batches count, and in which month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from lumbung.ledger import REPLACED, Batch, Counts, Extracted, Ledger, RefusedKey, RuleCount
from tests.integration.ledger_support import fresh_ledger

DATASET = "siak.biodata_wni"
DECEMBER, JANUARY = datetime(2025, 12, 10, tzinfo=UTC), datetime(2026, 1, 10, tzinfo=UTC)
WIB = "Asia/Jakarta"


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with fresh_ledger("mutu") as (opened, _):
        yield opened


def judged(
    ledger: Ledger, clock: datetime, counts: Counts, refused: Sequence[str] = (), same_as: str | None = None
) -> Batch:
    """A validated batch of one dataset; `refused`: key hashes of its refused rows, closed where they were open."""
    number = len(ledger.batches()) + 1
    run = ledger.open_run("siak", "manual", f"t{number}", "uji")
    ledger.pin_snapshot(run.id, clock, clock, "s")
    batch = ledger.add_batch(run.id, DATASET, "full", None, None, "1.0.0")
    ledger.extraction_done(run.id, [Extracted(DATASET, counts.received, "d", "s", "/spool")])
    ledger.landed(batch.id, "/raw", 1, None)
    ledger.close_refused_keys(DATASET, refused, batch.id, REPLACED)
    rules = [RuleCount("nik:nik", "error", counts.quarantined, None), RuleCount("kode:agama", "warning", 0, None)]
    keys = [] if same_as else [RefusedKey(n + 1, key) for n, key in enumerate(refused)]
    ledger.validated(batch.id, counts, rules, keys, "i", same_as=same_as)
    return ledger.batch(batch.id)


def test_batches_and_rules_are_summed_by_month_of_the_source_clock(ledger: Ledger) -> None:
    judged(ledger, DECEMBER, Counts(10, 8, 2, 0), ["a", "b"])
    judged(ledger, datetime(2025, 12, 31, 18, tzinfo=UTC), Counts(5, 4, 1, 0), ["c"])  # 1 January in WIB
    judged(ledger, JANUARY, Counts(7, 3, 1, 3), ["d"])
    found = [
        (m.month, m.batches, m.received, m.accepted, m.quarantined, m.duplicate)
        for m in ledger.monthly_batches("siak", WIB)
    ]
    assert found == [("2025-12", 1, 10, 8, 2, 0), ("2026-01", 2, 12, 7, 2, 3)]
    rules = [(r.month, r.rule, r.severity, r.batches, r.judged, r.broken) for r in ledger.monthly_rules("siak", WIB)]
    assert rules == [
        ("2025-12", "kode:agama", "warning", 1, 10, 0),
        ("2025-12", "nik:nik", "error", 1, 10, 2),
        ("2026-01", "kode:agama", "warning", 2, 12, 0),
        ("2026-01", "nik:nik", "error", 2, 12, 2),
    ]
    assert ledger.monthly_batches("sismiop", WIB) == []


def test_reading_the_same_again_does_not_count(ledger: Ledger) -> None:
    first = judged(ledger, DECEMBER, Counts(10, 8, 2, 0), ["a", "b"])
    before = (ledger.monthly_batches("siak", WIB), ledger.monthly_rules("siak", WIB))
    judged(ledger, DECEMBER, Counts(10, 0, 2, 8), ["a", "b"])  # the refused rows were open already
    judged(ledger, JANUARY, Counts(10, 0, 2, 8), same_as=first.id)
    assert (ledger.monthly_batches("siak", WIB), ledger.monthly_rules("siak", WIB)) == before


def test_a_row_refused_for_the_first_time_counts_though_nothing_was_accepted(ledger: Ledger) -> None:
    judged(ledger, DECEMBER, Counts(10, 8, 2, 0), ["a", "b"])
    judged(ledger, JANUARY, Counts(3, 0, 3, 0), ["a", "b", "c"])
    assert [(m.month, m.quarantined) for m in ledger.monthly_batches("siak", WIB)] == [("2025-12", 2), ("2026-01", 3)]
