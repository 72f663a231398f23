"""Names and addresses from the word lists of `data/nama.csv`, written for this simulator.

Common Javanese and Indonesian given names in older and younger fashion; no combination stands for a real person.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from simulator.places import read_data


@cache
def words(name: str) -> list[str]:
    """One word list, e.g. `muda_p` (given names of young women), `jalan`, `dusun`."""
    return [row["kata"] for row in read_data("nama.csv") if row["daftar"] == name]


def _take(words: list[str], index: NDArray[np.int64]) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(index))


def draw(rng: np.random.Generator, female: NDArray[np.bool_], birth_year: NDArray[np.int64]) -> pa.Array:
    """Full names in capitals, shape (n,): fashion by birth year, one word more often among the old."""
    n = len(female)
    young = rng.random(n) < np.clip((birth_year - 1965) / 35, 0.02, 0.98)
    first = np.empty(n, dtype=object)
    second = np.empty(n, dtype=object)
    for is_young in (False, True):
        for is_female in (False, True):
            given = np.array(words(("muda_" if is_young else "tua_") + ("p" if is_female else "l")), dtype=object)
            last = np.array(words("akhir_p" if is_female else "akhir_l"), dtype=object)
            mask = (young == is_young) & (female == is_female)
            count = int(mask.sum())
            one = (len(given) * rng.random(count) ** 1.6).astype(np.int64)
            two = rng.integers(0, len(last), count)
            middle = rng.integers(0, len(given), count)
            roll = rng.random(count)
            first[mask] = given[one]
            joined = np.where(roll < 0.18, given[middle], last[two])
            single = (rng.random(count) < (0.03 if is_young else 0.3)) | (joined == first[mask])
            joined[single] = None
            second[mask] = joined
    women, men = (np.array(words(name), dtype=object) for name in ("akhir_p", "akhir_l"))
    third_index = rng.integers(0, 40, n)
    extra = rng.random(n) < np.where(young, 0.22, 0.02)
    third = np.where(female, women[third_index % len(women)], men[third_index % len(men)])
    third[~extra | np.array([s is None for s in second], dtype=bool) | (third == second)] = None
    return pc.binary_join_element_wise(
        pa.array(first, pa.string()),
        pa.array(second, pa.string()),
        pa.array(third, pa.string()),
        " ",
        null_handling="skip",
    )


def _any(rng: np.random.Generator, name: str, n: int) -> pa.Array:
    return _take(words(name), rng.integers(0, len(words(name)), n))


def hamlets(rng: np.random.Generator, n: int) -> pa.Array:
    """Names of hamlets, shape (n,)."""
    return _any(rng, "dusun", n)


def addresses(rng: np.random.Generator, n: int, urban: float, longest: int) -> pa.Array:
    """Street addresses without RT/RW, shape (n,), at most `longest` characters."""
    number = pc.cast(pa.array(rng.integers(1, 190, n)), pa.string())
    street = pc.binary_join_element_wise(_any(rng, "jalan", n), number, " NO ")
    block = _take(list("ABCDEFGHJK"), rng.integers(0, 10, n))
    estate = pc.binary_join_element_wise(
        pc.binary_join_element_wise(
            _any(rng, "perumahan", n),
            _take(["ASRI", "INDAH", "SEJAHTERA"], rng.integers(0, 3, n)),
            " ",
        ),
        block,
        number,
        " ",
    )
    hamlet = pc.binary_join_element_wise(pa.array(["DSN"] * n, pa.string()), _any(rng, "dusun", n), " ")
    roll = rng.random(n)
    town = pa.array(roll < 0.35 * urban)
    field = pa.array(roll > 1 - 0.6 * (1 - urban))
    return pc.utf8_slice_codeunits(pc.if_else(town, estate, pc.if_else(field, hamlet, street)), 0, longest)
