"""The attacker solves what can be solved, exactly, and says by which equations."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumbung.portal.attacker import PRIME, determined


def values(equations, positive=frozenset()):
    return {cell: found.value for cell, found in determined(equations, positive).items()}


@pytest.mark.parametrize(
    ("equations", "positive", "expected"),
    [
        pytest.param([({1: 1}, 4)], (), {1: 4}, id="alone"),
        pytest.param([({1: 1, 2: 1}, 9)], (), {}, id="two-hide-each-other"),
        pytest.param([({1: 1, 2: 1}, 9), ({2: 1}, 5)], (), {1: 4, 2: 5}, id="difference"),
        pytest.param([({1: 1, 2: 1}, 5), ({2: 1, 3: 1}, 6), ({1: 1, 3: 1}, 7)], (), {1: 3, 2: 2, 3: 4}, id="odd-cycle"),
        pytest.param([({1: 1, 2: -1}, 0), ({2: 1}, 3)], (), {1: 3, 2: 3}, id="equal-totals"),
        pytest.param([({1: 1, 2: 1}, 0)], (), {1: 0, 2: 0}, id="nothing-to-share"),
        pytest.param([({1: 1, 2: 1, 3: 1}, 3)], (1, 2, 3), {1: 1, 2: 1, 3: 1}, id="each-at-least-one"),
        pytest.param([({1: 1, 2: 1, 3: 1}, 3)], (1, 2), {}, id="one-of-them-may-be-zero"),
        pytest.param(
            [({1: 1, 2: 1}, 3), ({2: 1, 3: 1}, 2)], (1, 2, 3), {1: 2, 2: 1, 3: 1}, id="bounds-meet-over-two-totals"
        ),
    ],
)
def test_determined(equations, positive, expected):
    assert values(equations, frozenset(positive)) == expected


def test_a_proof_combines_the_equations_into_the_cell():
    equations = [({1: 1, 2: 1, 3: 1}, 12), ({2: 1, 3: 1}, 5), ({9: 1, 8: 1}, 7)]
    found = determined(equations)[1]
    total = dict.fromkeys((1, 2, 3), 0)
    for number, factor in found.proof.items():
        for cell, coefficient in equations[number][0].items():
            total[cell] = (total[cell] + factor * coefficient) % PRIME
    assert total == {1: 1, 2: 0, 3: 0}
    assert set(found.proof) == {0, 1}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=4),
    st.lists(st.sets(st.integers(0, 3), min_size=1), min_size=1, max_size=4),
)
def test_whatever_is_claimed_holds_in_every_world_that_fits(truth, sets):
    """Soundness by brute force: all whole-number worlds that satisfy the equations agree on a determined cell."""
    sets = [kept for kept in ({cell for cell in one if cell < len(truth)} for one in sets) if kept]
    if not sets:
        return
    equations = [(dict.fromkeys(sorted(one), 1), sum(truth[cell] for cell in one)) for one in sets]
    worlds = [
        world
        for world in product(range(sum(truth) + 1), repeat=len(truth))
        if all(sum(world[cell] for cell in terms) == value for terms, value in equations)
    ]
    for cell, found in determined(equations).items():
        assert {world[cell] for world in worlds} == {found.value} == {truth[cell]}
