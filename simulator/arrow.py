"""Numbers of the model as Arrow columns: dates, times, digit strings, whole tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from simulator.people import NEVER, Bools, Ints


def date_column(day: Ints, mask: Bools | None = None) -> pa.Array:
    """Days since 1970 as date32; NULL where `mask`."""
    return pa.array(np.where(day >= NEVER, 0, day).astype(np.int32), pa.int32(), mask=mask).cast(pa.date32())


def time_column(second: Ints, mask: Bools | None = None) -> pa.Array:
    """Seconds since 1970 as timestamps without zone; NULL where `mask`."""
    return pa.array(second.astype(np.int64), pa.int64(), mask=mask).cast(pa.timestamp("s"))


def digits(number: Ints, mask: Bools | None = None) -> pa.Array:
    """Whole numbers as text without padding; NULL where `mask`."""
    return pa.array(number, pa.int64(), mask=mask).cast(pa.string())


def table(columns: tuple[str, ...], values: Mapping[str, pa.Array], rows: int) -> pa.Table:
    """A table with every one of `columns`; those not in `values` are NULL. KeyError on a column that is not there."""
    unknown = set(values) - set(columns)
    if unknown:
        raise KeyError(f"kolom tidak dikenal: {sorted(unknown)}")
    return pa.table({c: values[c] if c in values else pa.nulls(rows, pa.string()) for c in columns})
