"""The guarded way of a batch's states, and the counts that must add up."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from lumbung.ledger import Batch, BatchState, Counts, StateError
from lumbung.ledger.batches import must_step

ORDER: tuple[BatchState, ...] = ("opened", "extracted", "landed", "validated", "conformed")
NEXT = set(pairwise(ORDER))


def batch(state: BatchState, error: str | None = None) -> Batch:
    values = dict.fromkeys(Batch.__dataclass_fields__)
    return Batch(
        **values
        | {
            "id": "siak-000007-siak.biodata_wni",
            "dataset": "siak.biodata_wni",
            "state": state,
            "error": error,
            "opened_at": datetime.now(UTC),
        }
    )


@pytest.mark.parametrize("target", ORDER[1:])
@pytest.mark.parametrize("state", ORDER)
def test_a_step_is_done_once_and_in_order(state: BatchState, target: BatchState) -> None:
    if (state, target) in NEXT:
        assert must_step(batch(state), target)
    elif ORDER.index(state) >= ORDER.index(target):
        assert not must_step(batch(state), target)
    else:
        with pytest.raises(StateError, match=f"siak-000007-siak.biodata_wni .* is {state} and cannot become {target}"):
            must_step(batch(state), target)


@pytest.mark.parametrize("target", ORDER[1:])
def test_a_stopped_batch_goes_nowhere_and_says_why(target: BatchState) -> None:
    with pytest.raises(StateError, match=f"is stopped and cannot become {target}: kolom hilang"):
        must_step(batch("stopped", "kolom hilang"), target)


@pytest.mark.parametrize(
    ("counts", "balanced"),
    [
        pytest.param(Counts(10, 7, 2, 1), True, id="adds-up"),
        pytest.param(Counts(0, 0, 0, 0), True, id="empty"),
        pytest.param(Counts(10, 7, 2, 0), False, id="lost"),
        pytest.param(Counts(10, 7, 3, 1), False, id="twice"),
    ],
)
def test_received_is_accepted_plus_quarantined_plus_duplicate(counts: Counts, balanced: bool) -> None:
    assert counts.balanced is balanced
