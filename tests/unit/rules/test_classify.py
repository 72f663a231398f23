"""Many rules make a flat expression: Spark Connect refuses deep ones."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from lumbung.rules.classify import disjunction


@dataclass(frozen=True)
class Part:
    """An operand that remembers what was joined, and how deep."""

    names: tuple[int, ...]
    depth: int = 0

    def __or__(self, other: Part) -> Part:
        return Part(self.names + other.names, max(self.depth, other.depth) + 1)


@pytest.mark.parametrize(("count", "depth"), [(1, 0), (2, 1), (3, 2), (64, 6), (200, 8)])
def test_a_disjunction_keeps_every_part_and_stays_flat(count: int, depth: int) -> None:
    joined = disjunction([Part((number,)) for number in range(count)])
    assert joined == Part(tuple(range(count)), depth)
