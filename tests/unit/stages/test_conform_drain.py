"""The order in which a drain promotes and validates, and that one group's failure leaves the others alone."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.ledger import Batch
from lumbung.stages import conform as stage
from lumbung.stages.conform import ConformFailedError, drain

LANDED = {"raw_path": "raw"}


def batch(run: int, dataset: str, state: str, **more: Any) -> Batch:
    fields: dict[str, Any] = dict.fromkeys(Batch.__slots__)
    fields |= {"id": f"r{run}-{dataset}", "run_id": f"r{run}", "system": "siak", "dataset": dataset, "mode": "window"}
    fields |= {"state": state, "warnings": (), "opened_at": datetime(2026, 1, 5, tzinfo=UTC)}
    return Batch(**(fields | more))


class Bench:
    """A ledger in memory, with promotion and validation reduced to their change of state; `done` tells the order."""

    def __init__(self, *batches: Batch, broken: frozenset[str] = frozenset()) -> None:
        self.known = {b.id: b for b in batches}
        self.broken = broken
        self.done: list[str] = []

    def lock(self, name: str, wait_s: float) -> Any:
        return nullcontext()

    def batches(
        self,
        run_id: str | None = None,
        dataset: str | None = None,
        states: tuple[str, ...] = (),
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Batch]:
        found = [
            b
            for b in self.known.values()
            if run_id in (None, b.run_id) and dataset in (None, b.dataset) and (not states or b.state in states)
        ]
        return (found[::-1] if newest_first else found)[:limit]

    def next_landed(self, ledger: Any, dataset: str) -> Batch | None:
        if self.batches(dataset=dataset, states=("validated",)):
            return None
        return next(iter(self.batches(dataset=dataset, states=("landed",))), None)

    def validate(self, batch_id: str, *, ledger: Any) -> bool:
        self._step("validate", batch_id, "validated")
        return True

    def promote(self, ledger: Any, declarations: Any, promoted: Batch) -> None:
        self._step("promote", promoted.id, "conformed")

    def _step(self, what: str, batch_id: str, state: Any) -> None:
        if batch_id in self.broken:
            raise RuntimeError(f"{what} of {batch_id} broke\n\nJVM stacktrace:\nat org.apache.spark")
        self.done.append(f"{what} {batch_id}")
        self.known[batch_id] = replace(self.known[batch_id], state=state)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    datasets = [
        SimpleNamespace(id=name, linked=linked, system="siak", master_refs=())
        for name, linked in (("kk", "keluarga"), ("lahir", None), ("orang", "keluarga"))
    ]
    declarations = SimpleNamespace(of_system=lambda _: datasets, datasets={d.id: d for d in datasets})

    def start(bench: Bench) -> Any:
        monkeypatch.setattr(stage, "load", lambda: declarations)
        monkeypatch.setattr(stage, "promote", bench.promote)
        monkeypatch.setattr(stage, "validate_batch", bench.validate)
        monkeypatch.setattr(stage, "next_landed", bench.next_landed)
        monkeypatch.setattr(stage, "session", lambda app: None)
        monkeypatch.setattr(stage, "restate", lambda *args: None)
        monkeypatch.setattr(stage, "drop_leftovers", lambda *args: None)
        return drain("siak", bench)  # type: ignore[arg-type]

    return start


@pytest.mark.parametrize(("again", "restated"), [(False, []), (True, ["kk", "lahir", "orang"])])
def test_a_second_attempt_restates_although_the_first_promoted_everything(
    run: Any, monkeypatch: pytest.MonkeyPatch, again: bool, restated: list[str]
) -> None:
    bench = Bench(batch(1, "kk", "conformed", **LANDED), batch(1, "orang", "conformed", **LANDED))
    run(bench)
    seen: list[str] = []
    monkeypatch.setattr(stage, "restate", lambda ledger, spark, declarations, dataset: seen.append(dataset.id))
    drain("siak", bench, again=again)  # type: ignore[arg-type]
    assert seen == restated


def test_batches_of_two_runs_go_through_in_turn(run: Any) -> None:
    bench = Bench(
        batch(1, "kk", "validated", **LANDED),
        batch(1, "orang", "validated", **LANDED),
        batch(2, "kk", "landed", **LANDED),
        batch(2, "orang", "landed", **LANDED),
    )
    assert run(bench).promoted == ["r1-kk", "r1-orang", "r2-kk", "r2-orang"]
    assert bench.done.index("promote r1-orang") < bench.done.index("validate r2-orang")


def test_a_stopped_member_holds_its_group_and_nobody_else(run: Any) -> None:
    bench = Bench(
        batch(1, "kk", "stopped", error="kolom no_kk hilang"),
        batch(1, "orang", "validated", **LANDED),
        batch(1, "lahir", "validated", **LANDED),
    )
    drained = run(bench)
    assert drained.promoted == ["r1-lahir"]
    assert set(drained.waiting) == {"r1-orang"}
    assert "kolom no_kk hilang" in drained.waiting["r1-orang"]


def test_what_waited_is_promoted_once_a_later_run_made_up_for_it(run: Any) -> None:
    bench = Bench(
        batch(1, "kk", "stopped"),
        batch(1, "orang", "validated", **LANDED),
        batch(2, "kk", "landed", **LANDED),
        batch(2, "orang", "landed", **LANDED),
    )
    drained = run(bench)
    assert drained.promoted == ["r1-orang", "r2-kk", "r2-orang"]
    assert drained.waiting == {}


def test_a_group_that_fails_does_not_stop_the_others(run: Any) -> None:
    bench = Bench(
        batch(1, "kk", "validated", **LANDED),
        batch(1, "lahir", "validated", **LANDED),
        broken=frozenset({"r1-kk"}),
    )
    with pytest.raises(ConformFailedError, match="promote of r1-kk broke") as caught:
        run(bench)
    assert "JVM" not in str(caught.value)
    assert bench.done == ["promote r1-lahir"]


def test_a_batch_that_cannot_be_validated_holds_its_group_red(run: Any) -> None:
    bench = Bench(
        batch(1, "kk", "landed", **LANDED), batch(1, "orang", "validated", **LANDED), broken=frozenset({"r1-kk"})
    )
    with pytest.raises(ConformFailedError, match="validate of r1-kk broke"):
        run(bench)
    assert bench.done == []
