"""The content digest: blind to order, awake to everything else."""

import random

from hypothesis import given
from hypothesis import strategies as st

from lumbung.sources.digest import ContentDigest

ROWS = st.lists(st.binary(max_size=12), max_size=20)


def digest(rows: list[bytes]) -> str:
    total = ContentDigest()
    for row in rows:
        total.add(row)
    return total.hexdigest()


@given(ROWS, st.randoms(use_true_random=False))
def test_order_does_not_matter(rows: list[bytes], shuffler: random.Random) -> None:
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    assert digest(shuffled) == digest(rows)


@given(ROWS, ROWS)
def test_different_rows_give_different_digests(one: list[bytes], other: list[bytes]) -> None:
    assert (digest(one) == digest(other)) == (sorted(one) == sorted(other))


@given(ROWS.filter(bool), st.integers(min_value=0))
def test_one_changed_row_changes_it(rows: list[bytes], where: int) -> None:
    changed = list(rows)
    changed[where % len(rows)] += b"x"
    assert digest(changed) != digest(rows)


@given(ROWS.filter(bool))
def test_a_row_that_comes_twice_counts_twice(rows: list[bytes]) -> None:
    assert digest([*rows, rows[0], rows[0]]) != digest(rows)


def test_rows_that_come_in_pairs_do_not_cancel_out() -> None:
    assert digest([b"1\n", b"1\n", b"2\n", b"2\n"]) != digest([b"3\n", b"3\n", b"4\n", b"4\n"])


def test_values_swapped_between_two_rows_change_it() -> None:
    assert digest([b"1,a\n", b"2,b\n"]) != digest([b"1,b\n", b"2,a\n"])


def test_an_empty_row_is_not_no_row() -> None:
    assert digest([b""]) != digest([])
