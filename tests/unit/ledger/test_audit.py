"""The hash of an audit entry covers everything, and canonical JSON is one text for one content."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumbung.ledger.audit import GENESIS, entry_hash
from lumbung.ledger.base import canonical_json
from lumbung.ledger.locks import lock_key

ENTRY: dict[str, Any] = {
    "seq": 3,
    "at": datetime(2026, 1, 1, 2, 3, 4, 5, tzinfo=UTC),
    "actor": "budi",
    "action": "run.open",
    "subject": "siak-000001",
    "detail": '{"kind":"manual"}',
    "previous": GENESIS,
}


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("seq", 4),
        ("at", datetime(2026, 1, 1, 2, 3, 4, 6, tzinfo=UTC)),
        ("actor", "ani"),
        ("action", "run.done"),
        ("subject", "siak-000002"),
        ("detail", '{"kind":"sapu"}'),
        ("previous", "1" * 64),
    ],
)
def test_every_field_changes_the_hash(field: str, other: object) -> None:
    assert entry_hash(**ENTRY | {field: other}) != entry_hash(**ENTRY)


def test_the_same_moment_in_another_zone_is_the_same_entry() -> None:
    wib = ENTRY["at"].astimezone(timezone(timedelta(hours=7)))
    assert entry_hash(**ENTRY | {"at": wib}) == entry_hash(**ENTRY)


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text(), max_size=6))
def test_canonical_json_does_not_depend_on_the_order_of_keys(content: dict[str, object]) -> None:
    assert canonical_json(dict(reversed(content.items()))) == canonical_json(content)


def test_canonical_json_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"x": float("nan")})


@given(st.text())
def test_lock_keys_fit_postgresql(name: str) -> None:
    assert -(2**63) <= lock_key(name) < 2**63


def test_lock_keys_differ_by_name() -> None:
    assert lock_key("extract:siak") != lock_key("extract:sismiop")
