"""Tax subjects: residents by their NIK, NIKs that the registry does not know, and old numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import names, sismiop_tables
from simulator.arrow import digits, table
from simulator.chance import rank_within
from simulator.estate import Estate
from simulator.people import Bools, Ints
from simulator.places import District


def text(prefix: str, number: Ints, width: int) -> pa.Array:
    """`prefix` and the number with leading zeros, shape as `number`."""
    return pc.binary_join_element_wise(
        pa.array([prefix] * len(number), pa.string()), pc.utf8_lpad(digits(number), width, "0"), ""
    )


def subjects_of(
    rng: np.random.Generator, district: District, e: Estate, residents: pa.Table
) -> tuple[pa.Table, pa.Array, pa.Array, dict[str, int], Ints]:
    """Subjects: residents by NIK (same or other name), NIKs that SIAK does not know, and old numbers."""
    n = int(e.subject.max()) + 1 if len(e.subject) else 0
    roll = rng.random(n)
    available = residents.num_rows
    pick = rng.permutation(available)[:n]
    pick = np.r_[pick, np.zeros(max(0, n - len(pick)), np.int64)]
    has_resident = np.arange(n) < available
    same, other = (roll < 0.70) & has_resident, (roll >= 0.70) & (roll < 0.75) & has_resident
    unknown = (roll >= 0.75) & (roll < 0.80)
    resident_name = residents["nama_lgkp"].combine_chunks().take(pa.array(pick))
    same &= np.asarray(pc.less_equal(pc.utf8_length(resident_name), 30))
    old = ~(same | other | unknown)
    female = rng.random(n) < 0.3
    foreign_name = pc.utf8_slice_codeunits(names.draw(rng, female, np.full(n, 1965)), 0, 30)
    # Another name for the same person's NIK: the object was inherited or sold and the record never followed.
    differs = pc.utf8_slice_codeunits(
        pc.binary_join_element_wise(pa.array(["P. "] * n, pa.string()), foreign_name, ""), 0, 30
    )
    name = pc.if_else(pa.array(same), resident_name, pc.if_else(pa.array(other), differs, foreign_name))
    firm = old & (rng.random(n) < 0.12)
    company = pc.binary_join_element_wise(
        pa.array(["PT "] * n, pa.string()), pc.utf8_slice_codeunits(foreign_name, 0, 27), ""
    )
    name = pc.if_else(pa.array(firm), company, name)
    serial = np.arange(n) + district.no_kec * 1_000_000
    alien = (
        (357801 + serial % 31) * 10**10
        + (1 + serial % 28) * 10**8
        + (1 + serial // 28 % 12) * 10**6
        + (50 + serial // 336 % 45) * 10**4
    )
    alien = alien + 9990 + (5 if district.no_kec > 15 else 0) + np.minimum(rank_within(alien), 4)
    ids = pc.if_else(
        pa.array(same | other),
        residents["nik"].combine_chunks().take(pa.array(pick)),
        pc.if_else(pa.array(unknown), digits(alien), text("3515 OP-", serial, 9)),
    )
    village = np.where(
        same | other,
        residents["village"].to_numpy()[pick] if available else 0,
        rng.integers(0, len(district.villages), n),
    )
    # Closed villages never occur here: only active residents are passed in.
    place = pc.utf8_slice_codeunits(pa.array([v.name for v in district.villages]).take(pa.array(village)), 0, 30)
    from_elsewhere = (unknown | old) & (rng.random(n) < 0.35)
    job = rng.choice(["1", "2", "3", "4", "5"], n, p=[0.07, 0.02, 0.05, 0.02, 0.84])
    subjects = table(
        sismiop_tables.columns("dat_subjek_pajak"),
        {
            "subjek_pajak_id": ids,
            "nm_wp": name,
            "jalan_wp": names.addresses(rng, n, district.urban, 30),
            "rw_wp": pc.utf8_lpad(digits(1 + rng.integers(0, 9, n)), 2, "0"),
            "rt_wp": pc.utf8_lpad(digits(1 + rng.integers(0, 12, n)), 3, "0"),
            "kelurahan_wp": pc.if_else(pa.array(from_elsewhere), "GUBENG", place),
            "kota_wp": pc.if_else(pa.array(from_elsewhere), "SURABAYA", "SIDOARJO"),
            "kd_pos_wp": digits(61200 + rng.integers(0, 77, n), rng.random(n) < 0.4),
            "telp_wp": text("0812", rng.integers(0, 9_999_999, n), 8).cast(pa.string()),
            "npwp": _npwp(rng, district, firm, n),
            "status_pekerjaan_wp": pc.if_else(pa.array(firm), "4", pa.array(job)),
        },
        n,
    )
    kinds = {
        "cocok": int(same.sum()),
        "beda": int(other.sum()),
        "tidak_ditemukan": int(unknown.sum()),
        "bukan_nik": int(old.sum()),
    }
    niks = residents["nik"].combine_chunks().take(pa.array(pick[same | other])).cast(pa.int64()).to_numpy()
    return subjects, ids, name, kinds, niks


def _npwp(rng: np.random.Generator, district: District, firm: Bools, n: int) -> pa.Array:
    """NPWP of firms and of some persons: 15 digits, the form before PMK 112/2022, since the column holds no more.

    The tax office number 999 exists nowhere: it marks the numbers as synthetic.
    """
    number = 10**14 * (1 + rng.integers(0, 8, n)) + (np.arange(n) + district.no_kec * 1_000_000) * 10**6 + 999_000
    return pc.utf8_lpad(digits(number, ~(firm | (rng.random(n) < 0.12))), 15, "0")
