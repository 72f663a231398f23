"""Whose turn it is, what an unchanged batch is, and which refused rows a batch closes; against a ledger in memory."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lumbung.ledger import REPLACED, Ledger
from lumbung.stages.received import inputs_digest, unchanged_since
from lumbung.stages.validate import GONE, REPLAYED, close_superseded, next_landed


@dataclass(frozen=True)
class FakeBatch:
    id: str
    state: str = "landed"
    mode: str = "full"
    dataset: str = "siak.anak"
    digest: str = "isi"
    inputs_digest: str | None = "masukan"
    received: int = 3
    accepted: int | None = 2
    quarantined: int | None = 1
    same_as: str | None = None


@dataclass
class FakeLedger:
    """Batches in landing order, and open refused rows as (batch, key)."""

    known: list[FakeBatch] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)
    closed: list[tuple[str, str, str]] = field(default_factory=list)
    back: Any = None
    halted: tuple[str, ...] = ()

    def halts(self, dataset: str) -> list[Any]:
        return [SimpleNamespace(batch_id=b.id) for b in self.known if b.id in self.halted and b.dataset == dataset]

    def batches(
        self, dataset: str, states: tuple[str, ...], newest_first: bool = False, limit: int | None = None
    ) -> list[FakeBatch]:
        found = [b for b in self.known if b.dataset == dataset and b.state in states]
        return (found[::-1] if newest_first else found)[:limit]

    def open_rollback(self, dataset: str) -> Any:
        return self.back

    def close_refused_keys(self, dataset: str, keys: Any, by: str, why: str) -> int:
        return self._close([(b, k) for b, k in self.waiting if k in keys and b != by], why)

    def open_refused(self, dataset: str) -> list[tuple[str, int]]:
        return [(b, sum(other == b for other, _ in self.waiting)) for b in dict(self.waiting)]

    def close_refused(self, batch: str, rows: None, by: str, why: str) -> int:
        return self._close([(b, k) for b, k in self.waiting if b == batch], why)

    def _close(self, rows: list[tuple[str, str]], why: str) -> int:
        self.waiting = [row for row in self.waiting if row not in rows]
        self.closed.extend((*row, why) for row in rows)
        return len(rows)


def ledger(*batches: FakeBatch, waiting: list[tuple[str, str]] | None = None) -> Ledger:
    return cast(Ledger, FakeLedger(list(batches), waiting or []))


def test_the_oldest_goes_first_and_one_at_a_time() -> None:
    first, second = FakeBatch("1"), FakeBatch("2")
    assert next_landed(ledger(first, second), "siak.anak") == first
    assert next_landed(ledger(replace(first, state="validated"), second), "siak.anak") is None
    assert next_landed(ledger(replace(first, state="conformed"), second), "siak.anak") == second
    assert next_landed(ledger(replace(first, dataset="siak.lain")), "siak.anak") is None
    assert next_landed(ledger(), "siak.anak") is None


def test_a_replay_goes_before_what_landed_earlier() -> None:
    window, again = FakeBatch("1", mode="window"), FakeBatch("2", mode="replay")
    assert next_landed(ledger(window, again), "siak.anak") == again


@pytest.mark.parametrize(
    ("mode", "following", "wanted"),
    [
        pytest.param("window", [], "1", id="it stays the next"),
        pytest.param("window", ["window"], "1", id="a window waits behind it"),
        pytest.param("window", ["window", "sweep"], "2", id="a whole read makes up for it, in its turn"),
        pytest.param("window", ["replay"], "2", id="what was refused before goes first"),
        pytest.param("full", ["full"], "2", id="the next full read"),
    ],
)
def test_a_batch_that_waits_for_a_decision_keeps_its_turn(mode: str, following: list[str], wanted: str) -> None:
    store = FakeLedger([FakeBatch(str(n), mode=m) for n, m in enumerate([mode, *following], 1)], halted=("1",))
    found = next_landed(cast(Ledger, store), "siak.anak")
    assert found is not None
    assert found.id == wanted


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        (FakeBatch("1", "conformed"), FakeBatch("2"), True),
        (FakeBatch("1", "conformed", mode="sweep"), FakeBatch("2", mode="sweep"), True),
        (FakeBatch("1", "conformed", digest="lain"), FakeBatch("2"), False),
        (FakeBatch("1", "conformed", inputs_digest="lain"), FakeBatch("2"), False),
        (FakeBatch("1", "conformed", mode="replay"), FakeBatch("2"), False),
        (FakeBatch("1", "conformed", mode="sweep"), FakeBatch("2"), False),
        (FakeBatch("1", "conformed", mode="window"), FakeBatch("2", mode="window"), False),
        (FakeBatch("1", "validated"), FakeBatch("2"), False),
    ],
    ids=[
        "same",
        "same-sweep",
        "content",
        "rules-or-parents",
        "replay-between",
        "sweep-between",
        "window",
        "not-promoted",
    ],
)
def test_unchanged_is_a_full_read_right_after_the_same_full_read(before: FakeBatch, now: FakeBatch, same: bool) -> None:
    found = unchanged_since(ledger(before, now), cast(Any, now), "masukan")
    assert found == (before if same else None)


def test_a_batch_between_makes_a_full_read_new() -> None:
    first, between = FakeBatch("1", "conformed"), FakeBatch("2", "conformed", mode="replay")
    assert unchanged_since(ledger(first, between, FakeBatch("3")), cast(Any, FakeBatch("3")), "masukan") is None


def test_after_a_rollback_unchanged_content_is_looked_at_again() -> None:
    store = ledger(FakeBatch("1", "conformed"), FakeBatch("2"))
    cast(Any, store).back = SimpleNamespace(as_of=None)
    assert unchanged_since(store, cast(Any, FakeBatch("2")), "masukan") is None


def _digest(*parents: FakeBatch, rules: str = "aturan") -> str:
    dataset = SimpleNamespace(references=(SimpleNamespace(to="siak.induk"),))
    declarations = SimpleNamespace(digest=lambda _: rules)
    owned = [replace(batch, dataset="siak.induk") for batch in parents]
    return inputs_digest(ledger(*owned), cast(Any, declarations), cast(Any, dataset))


def test_the_state_of_a_parent_changes_with_what_was_received_of_it() -> None:
    full = FakeBatch("1", "conformed")
    base = _digest(full)
    assert base == _digest(replace(full, state="landed")), "promotion changes nothing that was received"
    assert base == _digest(full, FakeBatch("2", "landed")), "the same content again"
    assert base == _digest(full, FakeBatch("2", "conformed", mode="window", accepted=0, quarantined=0))
    assert base != _digest(full, FakeBatch("2", "conformed", digest="lain"))
    assert base != _digest(full, FakeBatch("2", "conformed", mode="window", accepted=0, quarantined=1))
    assert base != _digest(full, FakeBatch("2", "landed", mode="window", accepted=None, quarantined=None))
    assert base != _digest(full, FakeBatch("2", "conformed", mode="replay"))
    assert base != _digest(full, rules="aturan lain")
    assert base != _digest()


def test_a_window_closes_only_the_keys_that_came_again() -> None:
    store = FakeLedger(waiting=[("1", "a"), ("1", "b"), ("2", "c"), ("9", "a")])
    closed = close_superseded(cast(Ledger, store), cast(Any, FakeBatch("9", mode="window")), ("a",))
    assert closed == 1
    assert store.closed == [("1", "a", REPLACED)]


@pytest.mark.parametrize("mode", ["full", "sweep"])
def test_a_whole_read_also_closes_what_the_source_no_longer_has(mode: str) -> None:
    store = FakeLedger(waiting=[("1", "a"), ("1", "b"), ("9", "d")])
    close_superseded(cast(Ledger, store), cast(Any, FakeBatch("9", mode=mode)), ("a",))
    assert store.closed == [("1", "a", REPLACED), ("1", "b", GONE)]
    assert store.waiting == [("9", "d")], "its own refused rows stay"


def test_a_replay_says_so_and_leaves_the_others() -> None:
    store = FakeLedger(waiting=[("1", "a"), ("1", "b")])
    close_superseded(cast(Ledger, store), cast(Any, FakeBatch("9", mode="replay")), ("a",))
    assert store.closed == [("1", "a", REPLAYED)]
    assert store.waiting == [("1", "b")]
