"""Birth and death acts (CAPIL_LAHIR, CAPIL_MATI) of the last 24 months, in line with the residents they name."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import siak_tables
from simulator.arrow import date_column, table, time_column
from simulator.chance import rank_within, ymd
from simulator.people import NEVER, Families, Ints, People


def births(rng: np.random.Generator, people: People, families: Families, biodata: pa.Table, today: int) -> pa.Table:
    """Birth acts of children born and registered here in the last 24 months, numbered in the order of their report."""
    rows = np.flatnonzero((people.birth_report < NEVER) & (people.birth_day >= today - 730))
    rows = rows[np.argsort(people.entry[rows], kind="stable")]
    n = len(rows)
    r = biodata.take(pa.array(rows))
    act_day = np.minimum(people.birth_report[rows] + rng.integers(0, 4, n), today - 1)
    return table(
        siak_tables.columns("capil_lahir"),
        {
            "bayi_no": act_numbers("LU", people.birth_report[rows], r["no_kec"]),
            "bayi_nik": r["nik"],
            "bayi_nama_lgkp": r["nama_lgkp"],
            "bayi_jns_klmin": r["jenis_klmin"],
            "bayi_tmpt_lahir": r["tmpt_lhr"],
            "bayi_tgl_lahir": r["tgl_lhr"],
            "bayi_no_kk": r["no_kk"],
            "ibu_nik": r["nik_ibu"],
            "ayah_nik": r["nik_ayah"],
            "no_prop": r["no_prop"],
            "no_kab": r["no_kab"],
            "no_kec": r["no_kec"],
            "no_kel": r["no_kel"],
            "plpr_tgl_lapor": date_column(people.birth_report[rows]),
            "adm_akta_no": r["no_akta_lhr"],
            "adm_akta_tgl": date_column(act_day),
            "adm_tgl_entry": time_column(people.entry[rows]),
        },
        n,
    )


def deaths(rng: np.random.Generator, people: People, biodata: pa.Table) -> pa.Table:
    """Death acts of the last 24 months."""
    rows = np.flatnonzero(people.death_day < NEVER)
    rows = rows[np.argsort(people.death_report[rows], kind="stable")]
    r = biodata.take(pa.array(rows))
    act = pc.binary_join_element_wise(
        pa.array(["3515-KM"] * len(rows), pa.string()), act_numbers("", people.death_report[rows], r["no_kec"]), "-"
    )
    return table(
        siak_tables.columns("capil_mati"),
        {
            "mati_no": act_numbers("KM", people.death_report[rows], r["no_kec"]),
            "mati_nik": r["nik"],
            "mati_nama_lgkp": r["nama_lgkp"],
            "mati_jns_klmin": r["jenis_klmin"],
            "mati_tgl": date_column(people.death_day[rows]),
            "no_prop": r["no_prop"],
            "no_kab": r["no_kab"],
            "no_kec": r["no_kec"],
            "no_kel": r["no_kel"],
            "plpr_tgl_lapor": date_column(people.death_report[rows]),
            "adm_akta_no": act,
            "adm_akta_tgl": date_column(people.death_report[rows]),
            "adm_tgl_entry": r["tgl_ubah"],
        },
        len(rows),
    )


def act_numbers(kind: str, day: Ints, no_kec: pa.ChunkedArray) -> pa.Array:
    """Act numbers such as LU08202506300001, 20 characters at most: kind, kecamatan, day, running number."""
    year, month, dom = ymd(day)
    stamp = year * 10_000 + month * 100 + dom
    rank = rank_within(day)
    return pa.array(
        [f"{kind}{int(k):02d}{s}{r + 1:04d}" for k, s, r in zip(no_kec.to_pylist(), stamp, rank, strict=True)],
        pa.string(),
    )
