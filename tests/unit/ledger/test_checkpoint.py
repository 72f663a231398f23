"""Checkpoints show a cut end, a chain written anew, and their own forgery."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lumbung.ledger import AuditHead
from lumbung.ledger.checkpoint import (
    CopyFailed,
    checkpoint_file,
    read_checkpoints,
    verify_checkpoints,
    write_checkpoint,
)


class Chain:
    """A chain that is only its head, and notes what it is held against."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: tuple[int | None, str | None] = (None, None)
        self.acknowledged: list[tuple[int, str]] = []

    def audit_head(self) -> AuditHead:
        return AuditHead(self.size, f"head-{self.size}")

    def audit(self, actor: str, action: str, subject: str, detail: dict[str, Any]) -> None:
        self.size += 1
        self.acknowledged.append((detail["number"], detail["signature"]))

    def audit_checkpoints(self) -> list[tuple[int, str]]:
        return self.acknowledged

    def verify_audit(self, size: int | None = None, head: str | None = None) -> list[str]:
        self.asked = (size, head)
        return []


@pytest.fixture
def place(tmp_path: Path) -> Any:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    return SimpleNamespace(
        state=tmp_path,
        audit=SimpleNamespace(copies=(tmp_path / "lain",)),
        secret_file=lambda name: secrets / name,
        secret=lambda name: (secrets / name).read_text(),
    )


def written(place: Any, *sizes: int) -> Any:
    """A chain that grew to these sizes (by what others wrote), with a checkpoint each."""
    chain: Any = Chain(0)
    for size in sizes:
        chain.size = size
        assert write_checkpoint(chain, place) is not None
        assert write_checkpoint(chain, place) is None
    return chain


def test_a_checkpoint_is_written_when_the_chain_has_grown(place: Any) -> None:
    written(place, 3, 5)
    assert [one.size for one in read_checkpoints(checkpoint_file(place))] == [
        3,
        6,
    ]  # 6: the chain acknowledges the first
    assert checkpoint_file(place).stat().st_mode & 0o777 == 0o600
    assert place.secret_file("audit_key").stat().st_mode & 0o777 == 0o600


def test_every_folder_of_copies_gets_every_checkpoint_also_those_it_missed(place: Any) -> None:
    chain = written(place, 3, 5)
    (copy,) = place.audit.copies
    (copy / "checkpoint.jsonl").unlink()
    chain.size = 9
    write_checkpoint(chain, place)
    assert (copy / "checkpoint.jsonl").read_text() == checkpoint_file(place).read_text()


def test_a_folder_of_copies_that_cannot_be_written_fails_loudly(place: Any) -> None:
    place.audit.copies[0].write_text("bukan folder")
    with pytest.raises(CopyFailed, match="lain"):
        write_checkpoint(Chain(3), place)  # type: ignore[arg-type]
    assert len(read_checkpoints(checkpoint_file(place))) == 1


def test_a_copy_that_failed_fails_again_until_it_is_there(place: Any) -> None:
    (copy,) = place.audit.copies
    copy.write_text("bukan folder")
    chain: Any = Chain(3)
    for _ in range(2):  # the second time there is nothing new to sign
        with pytest.raises(CopyFailed, match="lain"):
            write_checkpoint(chain, place)
    copy.unlink()
    assert write_checkpoint(chain, place) is None
    assert (copy / "checkpoint.jsonl").read_text() == checkpoint_file(place).read_text()


def test_the_chain_is_held_against_the_largest_checkpoint(place: Any) -> None:
    chain = written(place, 3, 5)
    assert verify_checkpoints(chain, place) == []
    assert chain.asked == (6, "head-6")


def test_without_checkpoints_the_chain_stands_for_itself(place: Any) -> None:
    chain: Any = Chain(3)
    assert verify_checkpoints(chain, place) == []
    assert chain.asked == (None, None)


@pytest.mark.parametrize(("field", "value"), [("size", 2), ("head", "lain"), ("at", "2020-01-01T00:00:00+00:00")])
def test_a_forged_checkpoint_is_seen(place: Any, field: str, value: object) -> None:
    chain = written(place, 3)
    file = checkpoint_file(place)
    file.write_text(json.dumps(json.loads(file.read_text()) | {field: value}) + "\n")
    assert any("has a wrong signature" in problem for problem in verify_checkpoints(chain, place))


def lines(place: Any) -> list[str]:
    return checkpoint_file(place).read_text().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        pytest.param([], "was removed", id="emptied"),
        pytest.param([0], "the chain knows 2: the file was cut or put back", id="put-back"),
        pytest.param([0, 2], "is missing, or they were reordered", id="inner-line-gone"),
        pytest.param([1, 0, 2], "is missing, or they were reordered", id="reordered"),
        pytest.param([0, 1], "holds 3 checkpoints", id="last-line-gone-is-seen-by-the-copy"),
    ],
)
def test_a_file_of_checkpoints_that_was_tampered_with_is_seen(place: Any, keep: list[int], words: str) -> None:
    chain = written(place, 3, 5, 8)
    assert verify_checkpoints(chain, place) == []
    before = lines(place)
    checkpoint_file(place).write_text("".join(before[n] for n in keep))
    problems = verify_checkpoints(chain, place)
    assert any(words in problem for problem in problems), problems


def test_file_and_chain_cut_to_the_same_moment_are_seen_by_the_copy(place: Any) -> None:
    chain = written(place, 3, 5, 8)
    before = lines(place)
    checkpoint_file(place).write_text(before[0])
    chain.size, chain.acknowledged = 3, []
    assert any("the file was cut" in problem for problem in verify_checkpoints(chain, place))
    assert chain.asked == (9, "head-9")  # the chain is held against what the copy knows


def test_a_chain_that_shrank_between_checkpoints_is_seen(place: Any) -> None:
    chain = written(place, 5)
    chain.size = 3
    write_checkpoint(chain, place)
    assert any("knows fewer entries (4) than the one before (5)" in one for one in verify_checkpoints(chain, place))
    assert chain.asked == (5, "head-5")
