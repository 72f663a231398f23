"""Suppression: small cells are hidden, and nothing that is published gives them back."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lumbung.portal.disclosure import CellTable, DisclosureError, attack, suppress

K = 5


def table(counts, groups=(("g",),), name="t", sticky=(), k=K):
    """counts: {(g, x): count}; columns g and x."""
    rows = [{"g": g, "x": x, "n": n} for (g, x), n in counts.items()]
    return CellTable(name, rows, ("g", "x"), "n", k, groups, "n", frozenset(sticky))


def hidden(*tables):
    return {name: set(found.keys) for name, found in suppress(tables).items()}


ROW = [
    pytest.param([10, 20, 30], [], id="nothing-small"),
    pytest.param([0, 20, 30], [], id="zero-is-shown"),
    pytest.param([4, 20, 30], [0, 1], id="one-small-takes-the-smallest-complement"),
    pytest.param([5, 20, 30], [], id="k-itself-is-visible"),
    pytest.param([3, 4, 30], [0, 1], id="two-small-with-enough-sum-hide-each-other"),
    pytest.param([1, 1, 30, 40], [0, 1, 2], id="two-ones-need-a-third"),
    pytest.param([1, 4, 30, 40], [0, 1, 2], id="sum-k-of-two-bounds-a-cell-below-k"),
    pytest.param([4, 0, 30], [0, 2], id="zero-is-no-complement-while-another-exists"),
    pytest.param([1, 1, 1], [0, 1, 2], id="small-total-is-nobodys-total"),
]


@pytest.mark.parametrize(("counts", "expected"), ROW)
def test_one_group_with_a_total(counts, expected):
    cells = {("a", f"x{i}"): n for i, n in enumerate(counts)}
    assert hidden(table(cells))["t"] == {("a", f"x{i}") for i in expected}


def test_without_totals_only_small_cells_are_hidden():
    found = suppress([table({("a", "x"): 3, ("a", "y"): 9}, groups=())])["t"]
    assert found.primary == {("a", "x")}
    assert not found.complementary


def test_primary_and_complementary_are_told_apart():
    found = suppress([table({("a", "x"): 3, ("a", "y"): 9, ("a", "z"): 50})])["t"]
    assert (found.primary, found.complementary) == ({("a", "x")}, {("a", "y")})


def test_two_way_totals_close_a_rectangle():
    counts = {(g, x): 50 + 10 * i + j for i, g in enumerate("abc") for j, x in enumerate("pqr")}
    counts["b", "q"] = 2
    found = hidden(table(counts, groups=(("g",), ("x",))))["t"]
    assert len(found) == 4
    for axis in (0, 1):
        lines = [key[axis] for key in found]
        assert all(lines.count(line) == 2 for line in lines)


def test_a_bridge_between_two_closed_rectangles_is_not_left_determinable():
    """Every row and column hides two cells or more, yet one cell joins two closed patterns: only algebra sees it."""
    grid = "abcd"
    counts = dict.fromkeys(product(grid, grid), 100)
    pattern = [
        ("a", "a"),
        ("a", "b"),
        ("b", "a"),
        ("b", "b"),
        ("c", "c"),
        ("c", "d"),
        ("d", "c"),
        ("d", "d"),
        ("b", "c"),
    ]
    for cell in pattern:
        counts[cell] = 4
    both = table(counts, groups=(("g",), ("x",)))
    with pytest.raises(DisclosureError, match="dapat dihitung kembali"):
        attack([both], {"t": frozenset(pattern)})
    assert hidden(both)["t"] > set(pattern)


def villages(total_small):
    """Districts d1, d2; villages by sex and ages by sex of the same people; d1 women: village v1 is small."""
    by_village = [
        {"d": d, "wil": f"{d}v{v}", "s": s, "n": 40 + v} for d in ("d1", "d2") for s in ("L", "P") for v in range(3)
    ]
    by_village[3]["n"] = total_small
    by_age = []
    for d, s in product(("d1", "d2"), ("L", "P")):
        total = sum(row["n"] for row in by_village if (row["d"], row["s"]) == (d, s))
        by_age += [
            {"d": d, "wil": d, "age": age, "s": s, "n": n} for age, n in (("0-4", 30), ("5-9", 31), ("75+", total - 61))
        ]
    return (
        CellTable("desa", by_village, ("wil", "s"), "n", K, (), "n"),
        CellTable("umur", by_age, ("wil", "age", "s"), "n", K, (("d", "s"),), "n"),
    )


def test_the_other_tables_totals_are_protected_too():
    """`desa` declares no total, but `umur` adds up to each district by sex: one hidden village needs a companion."""
    desa, umur = villages(total_small=2)
    found = hidden(desa, umur)
    assert found["desa"] == {("d1v0", "P"), ("d1v1", "P")}
    assert not found["umur"]
    with pytest.raises(DisclosureError, match=r"desa.*d1v0"):
        attack([desa, umur], {"desa": frozenset({("d1v0", "P")}), "umur": frozenset()})


def test_a_cell_that_is_the_total_of_another_table_is_protected_by_hiding_there():
    months = table({("a", "jan"): 2, ("a", "feb"): 30, ("b", "jan"): 40, ("b", "feb"): 50}, groups=(), name="bulan")
    year = CellTable("tahun", [{"g": "a", "n": 32}, {"g": "b", "n": 90}], ("g",), "n", K, (), "n")
    assert hidden(months, year) == {"bulan": {("a", "jan"), ("a", "feb")}, "tahun": set()}


def test_tables_of_another_measure_are_not_linked():
    births = table({("a", "x"): 3, ("a", "y"): 40}, groups=(), name="lahir")
    deaths = CellTable("mati", [{"g": "a", "n": 99}], ("g",), "n", K, (), "lain")
    assert hidden(births, deaths) == {"lahir": {("a", "x")}, "mati": set()}


def test_linked_tables_must_agree_on_their_totals():
    left = table({("a", "x"): 30, ("a", "y"): 40}, name="kiri")
    right = table({("a", "x"): 30, ("a", "z"): 41}, name="kanan")
    with pytest.raises(DisclosureError, match=r"total .* berbeda: kanan = 71, kiri = 70"):
        suppress([left, right])


def test_what_was_hidden_stays_hidden_and_is_protected():
    cells = {("a", "x"): 60, ("a", "y"): 20, ("a", "z"): 50}
    assert hidden(table(cells, sticky=[("a", "x")]))["t"] == {("a", "x"), ("a", "y")}


def test_duplicate_keys_and_wrong_counts_are_refused():
    twice = CellTable("t", [{"g": "a", "n": 7}, {"g": "a", "n": 8}], ("g",), "n", K)
    with pytest.raises(DisclosureError, match="tidak unik"):
        suppress([twice])
    with pytest.raises(DisclosureError, match="bilangan bulat"):
        suppress([CellTable("t", [{"g": "a", "n": None}], ("g",), "n", K)])


def test_a_table_that_cannot_be_protected_is_refused_with_the_way_out():
    """Row total 3+10, and the 10 is alone in its column: nothing can take the complement's part."""
    cells = {("a", "x"): 3, ("a", "y"): 10}
    with pytest.raises(DisclosureError, match="lebih kasar"):
        suppress([table(cells, groups=(("g",), ("x",)))])


def test_attack_refuses_a_visible_small_cell():
    with pytest.raises(DisclosureError, match="masih terlihat"):
        attack([table({("a", "x"): 3, ("a", "y"): 9, ("a", "z"): 9})], {"t": frozenset()})


def totals_known(rows, columns, k):
    """Independent statement of which totals are public: sums that do not describe their own cells."""
    out = []
    for values in {tuple(row[c] for c in columns) for row in rows}:
        members = [i for i, row in enumerate(rows) if tuple(row[c] for c in columns) == values]
        counts = [rows[i]["n"] for i in members]
        if sum(counts) == 0 or sum(counts) - (sum(n > 0 for n in counts) - 1) >= k:
            out.append(members)
    return out


def assert_not_determined(rows, keys, hidden_keys, groups, k):
    """A hidden cell is determined iff every null vector of the public equations is 0 there (floating point, SVD)."""
    unknown = [i for i, key in enumerate(keys) if key in hidden_keys]
    if not unknown:
        return
    lines = []
    for columns in groups:
        for members in totals_known(rows, columns, k):
            lines.append([1.0 if i in members else 0.0 for i in unknown])
    matrix = np.array(lines or [[0.0] * len(unknown)])
    _, values, right = np.linalg.svd(matrix)
    null = right[int((values > 1e-9).sum()) :]
    freedom = np.abs(null).max(axis=0) if len(null) else np.zeros(len(unknown))
    assert (freedom > 1e-9).all(), [keys[i] for i, free in zip(unknown, freedom, strict=True) if free <= 1e-9]


COUNTS = st.one_of(st.integers(0, 9), st.integers(0, 60))


@st.composite
def cubes(draw):
    shape = draw(st.tuples(st.integers(1, 4), st.integers(2, 5), st.integers(1, 3)))
    rows = [
        {"g": f"g{g}", "x": f"x{x}", "y": f"y{y}", "n": draw(COUNTS)}
        for g, x, y in product(*(range(size) for size in shape))
    ]
    margins = [c for size in range(3) for c in combinations(("g", "x", "y"), size)]
    groups = draw(st.lists(st.sampled_from(margins), unique=True, max_size=4))
    return rows, tuple(groups), draw(st.integers(2, 10))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cubes())
def test_no_hidden_cell_follows_from_the_totals(cube):
    rows, groups, k = cube
    cells = CellTable("t", rows, ("g", "x", "y"), "n", k, groups, "n")
    try:
        found = suppress([cells])["t"]
    except DisclosureError as error:
        assert "lebih kasar" in str(error)  # refused whole: nothing is published
        return
    keys = cells.keys()
    small = {key for key, row in zip(keys, rows, strict=True) if 0 < row["n"] < k}
    assert found.primary == small
    assert_not_determined(rows, keys, found.keys, groups, k)
    for columns in groups:
        for members in totals_known(rows, columns, k):
            inside = [i for i in members if keys[i] in found.keys]
            assert len(inside) != 1
            if any(keys[i] in small for i in inside):
                assert sum(rows[i]["n"] for i in inside) >= k
    if not small:
        assert not found.keys
    assert suppress([cells])["t"] == found


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(COUNTS, min_size=4, max_size=4), min_size=4, max_size=4), st.integers(2, 8))
def test_two_tables_of_the_same_people_do_not_give_each_other_back(matrix, k):
    """Table `pq`: the first two axes; table `r`: first axis and another cut of the same people."""
    first = [{"g": f"g{i}", "x": f"x{j}", "n": n} for i, row in enumerate(matrix) for j, n in enumerate(row)]
    second = []
    for i, row in enumerate(matrix):
        total = sum(row)
        second += [{"g": f"g{i}", "z": "muda", "n": total // 3}, {"g": f"g{i}", "z": "tua", "n": total - total // 3}]
    tables = [
        CellTable("satu", first, ("g", "x"), "n", k, (("x",),), "n"),
        CellTable("dua", second, ("g", "z"), "n", k, (("g",),), "n"),
    ]
    try:
        found = suppress(tables)
    except DisclosureError as error:
        assert "lebih kasar" in str(error)
        return
    attack(tables, {name: one.keys for name, one in found.items()})
    for values in {row["g"] for row in first}:
        visible_total = not any(key[0] == values for key in found["dua"].keys)
        inside = [key for key in found["satu"].keys if key[0] == values]
        if visible_total:
            assert len(inside) != 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cubes())
def test_the_refusals_are_rare_enough_to_mean_something(cube):
    """With a full grid and one-way totals a protection always exists."""
    rows, _, k = cube
    suppress([CellTable("t", rows, ("g", "x", "y"), "n", k, (("g",),), "n")])


def test_what_the_publication_withholds_itself_is_protected_like_a_small_cell():
    rows = [{"g": "a", "x": f"x{i}", "n": n} for i, n in enumerate((900, 20, 30, 0))]
    asked = frozenset({("a", "x0"), ("a", "x3")})
    found = suppress([CellTable("t", rows, ("g", "x"), "n", K, (("g",),), "n", asked=asked)])["t"]
    assert found.primary == {("a", "x0")}  # a zero describes nobody
    assert found.complementary == {("a", "x1")}


def test_an_attack_notices_a_visible_cell_that_should_be_withheld():
    rows = [{"g": "a", "x": "p", "n": 900}, {"g": "a", "x": "q", "n": 20}]
    cells = CellTable("t", rows, ("g", "x"), "n", K, (), "n", asked=frozenset({("a", "p")}))
    with pytest.raises(DisclosureError, match="masih terlihat"):
        attack([cells], {"t": frozenset()})
