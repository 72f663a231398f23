"""The attacker of disclosure control: what follows about hidden cells from equations that the public can write down.

Exact arithmetic: Gaussian elimination over the integers modulo a large prime (a floating-point rank would need a
tolerance), then interval propagation for whole numbers with a known least value. An equation is
`({cell: coefficient}, value)`; cells are any integers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Equation = tuple[Mapping[int, int], int]

PRIME = 2_147_483_647  # 2^31 - 1: products of two residues fit into int64
_ROUNDS = 200  # interval propagation stops there: bounds only tighten, so stopping early misses, never invents


@dataclass(frozen=True)
class Found:
    """A determined cell: its value, and the linear proof (equation number → factor modulo PRIME; empty: by bounds)."""

    value: int
    proof: Mapping[int, int]


def determined(equations: Sequence[Equation], positive: frozenset[int] = frozenset()) -> dict[int, Found]:
    """Cells that the equations determine uniquely.

    `positive`: cells known to be at least 1; it is used only where every cell of a connected block is (an attacker
    cannot tell which cell of a block is the hidden zero). All cells are known to be at least 0.
    """
    out: dict[int, Found] = {}
    for numbers in _blocks(equations):
        block = [equations[number] for number in numbers]
        cells = sorted({cell for terms, _ in block for cell in terms})
        squeezed = _squeeze(block, cells, 1 if positive.issuperset(cells) else 0)
        out.update({cell: Found(value, {}) for cell, value in squeezed.items()})
        for cell, found in _eliminate(block, cells).items():
            out[cell] = Found(found.value, {numbers[at]: factor for at, factor in found.proof.items()})
    return out


def _blocks(equations: Sequence[Equation]) -> Iterator[list[int]]:
    """Numbers of equations grouped so that different groups share no cell."""
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
    blocks: dict[int, list[int]] = defaultdict(list)
    for number, (terms, _) in enumerate(equations):
        blocks[root(next(iter(terms)))].append(number)
    yield from blocks.values()


def _eliminate(block: Sequence[Equation], cells: Sequence[int]) -> dict[int, Found]:
    """Reduced row echelon form modulo PRIME; a row left with its pivot only determines that cell.

    Columns: the cells, the value, and an identity that remembers which equations a row was made of.
    """
    width = len(cells)
    column = {cell: number for number, cell in enumerate(cells)}
    matrix: npt.NDArray[np.int64] = np.zeros((len(block), width + 1 + len(block)), dtype=np.int64)
    for number, (terms, value) in enumerate(block):
        for cell, factor in terms.items():
            matrix[number, column[cell]] = factor % PRIME
        matrix[number, width] = value % PRIME
        matrix[number, width + 1 + number] = 1
    row = 0
    pivots: list[int] = []
    for col in range(width):
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
    out: dict[int, Found] = {}
    for number, col in enumerate(pivots):
        if np.count_nonzero(matrix[number, :width]) == 1:
            value = int(matrix[number, width])
            made_of = matrix[number, width + 1 :]
            proof = {int(at): int(made_of[at]) for at in np.flatnonzero(made_of)}
            out[cells[col]] = Found(value if value <= PRIME // 2 else value - PRIME, proof)
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
