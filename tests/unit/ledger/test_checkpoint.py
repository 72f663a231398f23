"""Checkpoints show a cut end, a chain written anew, and their own forgery."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.ledger import AuditHead
from lumbung.ledger.checkpoint import checkpoint_file, read_checkpoints, verify_checkpoints, write_checkpoint


class Chain:
    """A chain that is only its head, and notes what it is held against."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: tuple[int | None, str | None] = (None, None)

    def audit_head(self) -> AuditHead:
        return AuditHead(self.size, f"head-{self.size}")

    def verify_audit(self, size: int | None = None, head: str | None = None) -> list[str]:
        self.asked = (size, head)
        return []


@pytest.fixture
def place(tmp_path: Path) -> Any:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    return SimpleNamespace(
        state=tmp_path,
        secret_file=lambda name: secrets / name,
        secret=lambda name: (secrets / name).read_text(),
    )


def test_a_checkpoint_is_written_when_the_chain_has_grown(place: Any) -> None:
    chain: Any = Chain(3)
    assert write_checkpoint(chain, place) is not None
    assert write_checkpoint(chain, place) is None
    chain.size = 5
    assert write_checkpoint(chain, place) is not None
    assert [one.size for one in read_checkpoints(place)] == [3, 5]
    assert checkpoint_file(place).stat().st_mode & 0o777 == 0o600
    assert place.secret_file("audit_key").stat().st_mode & 0o777 == 0o600


def test_the_chain_is_held_against_the_largest_checkpoint(place: Any) -> None:
    chain: Any = Chain(3)
    write_checkpoint(chain, place)
    chain.size = 5
    write_checkpoint(chain, place)
    assert verify_checkpoints(chain, place) == []
    assert chain.asked == (5, "head-5")


def test_without_checkpoints_the_chain_stands_for_itself(place: Any) -> None:
    chain: Any = Chain(3)
    assert verify_checkpoints(chain, place) == []
    assert chain.asked == (None, None)


@pytest.mark.parametrize(("field", "value"), [("size", 2), ("head", "lain"), ("at", "2020-01-01T00:00:00+00:00")])
def test_a_forged_checkpoint_is_seen(place: Any, field: str, value: object) -> None:
    chain: Any = Chain(3)
    write_checkpoint(chain, place)
    file = checkpoint_file(place)
    file.write_text(json.dumps(json.loads(file.read_text()) | {field: value}) + "\n")
    assert "has a wrong signature" in verify_checkpoints(chain, place)[0]


def test_a_chain_that_shrank_between_checkpoints_is_seen(place: Any) -> None:
    chain: Any = Chain(5)
    write_checkpoint(chain, place)
    chain.size = 4
    write_checkpoint(chain, place)
    assert "knows fewer entries (4) than the one before (5)" in verify_checkpoints(chain, place)[0]
    assert chain.asked == (5, "head-5")
