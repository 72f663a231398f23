"""The table that is read: SIAK's `biodata_wni`, 66 columns, as the simulator makes it."""

from __future__ import annotations

import psycopg
from psycopg import sql

from simulator import siak_rows, siak_tables
from simulator.chance import EPOCH, chance, days
from simulator.people import PER_FAMILY, generate
from simulator.places import districts
from simulator.server import copy_table
from simulator.systems import READER

TABLE = "biodata_wni"
_SEED = 20260101


def load(url: str, rows: int) -> int:
    """Make the table with about `rows` residents; how many it has."""
    with psycopg.connect(url, options="-c DateStyle=ISO,YMD") as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(READER)))
        connection.execute(
            "CREATE FUNCTION public.jam_sistem() RETURNS timestamp LANGUAGE sql AS 'SELECT localtimestamp'"
        )
        connection.execute(siak_tables.create(TABLE).encode())
        for district in districts():
            families = max(6, round(rows * district.weight / PER_FAMILY))
            homes, people = generate(
                chance(_SEED, "keluarga", district.no_kec), district, families, days(EPOCH), historic=0
            )
            made = siak_rows.siak_rows(
                chance(_SEED, "biodata", district.no_kec), district, homes, people, days(EPOCH), {}
            )
            copy_table(connection, TABLE, made.biodata)
        found = connection.execute("SELECT count(*) FROM public.biodata_wni").fetchone()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE public.biodata_wni")
    return int(found[0]) if found else 0
