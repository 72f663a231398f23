"""The attacker of disclosure control: what follows about hidden cells from equations that the public can write down.

Exact arithmetic: Gaussian elimination over the integers modulo a large prime (a floating-point rank would need a
tolerance), then interval propagation for whole numbers with a known least value. An equation is
`({cell: coefficient}, value)`; cells are any integers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Equation = tuple[Mapping[int, int], int]

PRIME = 2_147_483_647  # 2^31 - 1: products of two residues fit into int64
_ROUNDS = 200  # interval propagation stops there: bounds only tighten, so stopping early misses, never invents


def determined(equations: Sequence[Equation], positive: frozenset[int] = frozenset()) -> dict[int, int]:
    """Cells that the equations determine uniquely, with their value.

    `positive`: cells known to be at least 1; it is used only where every cell of a connected block is (an attacker
    cannot tell which cell of a block is the hidden zero). All cells are known to be at least 0.
    """
    out: dict[int, int] = {}
    for block in _blocks(equations):
        cells = sorted({cell for terms, _ in block for cell in terms})
        solved = _eliminate(block, cells)
        out.update(solved)
        out.update(_squeeze(block, cells, 1 if positive.issuperset(cells) else 0))
    return out


def _blocks(equations: Sequence[Equation]) -> Iterator[list[Equation]]:
    """Equations grouped so that different groups share no cell."""
    parent: dict[int, int] = {}

    def root(cell: int) -> int:
        while parent.setdefault(cell, cell) != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    for terms, _ in equations:
        first, *rest = terms
        for cell in rest:
            parent[root(cell)] = root(first)
    blocks: dict[int, list[Equation]] = defaultdict(list)
    for equation in equations:
        blocks[root(next(iter(equation[0])))].append(equation)
    yield from blocks.values()


def _eliminate(block: Sequence[Equation], cells: Sequence[int]) -> dict[int, int]:
    """Reduced row echelon form modulo PRIME; a row left with its pivot only determines that cell."""
    column = {cell: number for number, cell in enumerate(cells)}
    matrix: npt.NDArray[np.int64] = np.zeros((len(block), len(cells) + 1), dtype=np.int64)
    for number, (terms, value) in enumerate(block):
        for cell, factor in terms.items():
            matrix[number, column[cell]] = factor % PRIME
        matrix[number, -1] = value % PRIME
    row = 0
    pivots: list[int] = []
    for col in range(len(cells)):
        found = np.flatnonzero(matrix[row:, col])
        if not found.size:
            continue
        pick = row + int(found[0])
        if pick != row:
            matrix[[row, pick]] = matrix[[pick, row]]
        matrix[row] = matrix[row] * pow(int(matrix[row, col]), -1, PRIME) % PRIME
        others = np.flatnonzero(matrix[:, col])
        others = others[others != row]
        matrix[others] = (matrix[others] - matrix[others, col][:, None] * matrix[row][None, :]) % PRIME
        pivots.append(col)
        row += 1
        if row == len(block):
            break
    out: dict[int, int] = {}
    for number, col in enumerate(pivots):
        if np.count_nonzero(matrix[number, :-1]) == 1:
            value = int(matrix[number, -1])
            out[cells[col]] = value if value <= PRIME // 2 else value - PRIME
    return out


def _squeeze(block: Sequence[Equation], cells: Sequence[int], floor: int) -> dict[int, int]:
    """Cells whose lowest and highest possible whole value meet, each equation bounding its cells by the others."""
    low = dict.fromkeys(cells, floor)
    high: dict[int, float] = dict.fromkeys(cells, float("inf"))
    for _ in range(_ROUNDS):
        moved = False
        for terms, value in block:
            least = [factor * (low[cell] if factor > 0 else high[cell]) for cell, factor in terms.items()]
            most = [factor * (high[cell] if factor > 0 else low[cell]) for cell, factor in terms.items()]
            infinite_least, infinite_most = least.count(-float("inf")), most.count(float("inf"))
            total_least = sum(x for x in least if x != -float("inf"))
            total_most = sum(x for x in most if x != float("inf"))
            for number, (cell, factor) in enumerate(terms.items()):
                own_infinite = least[number] == -float("inf")
                if infinite_least - own_infinite == 0:
                    bound = value - (total_least - (0 if own_infinite else least[number]))
                    moved |= _tighten(low, high, cell, factor, bound, upper=True)
                own_infinite = most[number] == float("inf")
                if infinite_most - own_infinite == 0:
                    bound = value - (total_most - (0 if own_infinite else most[number]))
                    moved |= _tighten(low, high, cell, factor, bound, upper=False)
        if not moved:
            break
    return {cell: low[cell] for cell in cells if low[cell] == high[cell]}


def _tighten(low: dict[int, int], high: dict[int, float], cell: int, factor: int, bound: float, *, upper: bool) -> bool:
    """Apply `factor * cell <= bound` (upper) or `>= bound`, with factor 1 or -1; True when a bound moved."""
    limit = bound * factor
    if upper == (factor > 0):
        if limit < high[cell]:
            high[cell] = limit
            return True
    elif limit > low[cell]:
        low[cell] = int(limit)
        return True
    return False
