"""Build all source databases from a seed: everything in one transaction per database, kecamatan by kecamatan."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from psycopg import sql

from simulator import manifest, siak_lookups, siak_rows, siak_tables, sismiop_lookups, sismiop_tables, tax
from simulator.chance import EPOCH, chance, days
from simulator.defects import inject, remember
from simulator.delivery import deliver, empty
from simulator.departments import module, register
from simulator.kinds import Kind, kinds_of
from simulator.people import PER_FAMILY, generate
from simulator.places import districts
from simulator.server import (
    Connection,
    SimulatorError,
    State,
    combined,
    copy_table,
    counts,
    digest,
    public_tables,
    scalar,
)
from simulator.source_rows import key_of, pick, unspoilt, update_row
from simulator.systems import READER, departments, systems, tables_of

RESIDENTS, OBJECTS = 2_100_000, 800_000
"""Sidoarjo at `--scale 1.0`."""
SEMESTERS = {"202401": 19_904, "202402": 20_088, "202501": 20_269, "202502": 20_453}
"""Closed populations (DKB): period and its last day, 30 June and 31 December, in days since 1970."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is asked for."""

    seed: int
    scale: float

    def __post_init__(self) -> None:
        if not 0.001 <= self.scale <= 1.5:
            raise SimulatorError(f"--scale {self.scale} di luar 0.001 … 1.5 (1.0 = Kabupaten Sidoarjo, demo 0.0286)")


def already(state: State, plan: Plan) -> bool:
    """True when all sources are built with this plan; SimulatorError when they are built with another one."""
    found = []
    for system in systems():
        with state.connect(system) as connection:
            known = manifest.read(connection)
        if known.get("selesai") != "ya":
            return False
        found.append((int(known["benih"]), float(known["skala"])))
    if set(found) == {(plan.seed, plan.scale)}:
        return True
    raise SimulatorError(
        f"sumber sudah dibangun dengan benih dan skala lain {sorted(set(found))}. Pakai --force untuk membangun ulang "
        "(isi sumber sekarang hilang)."
    )


def build(state: State, plan: Plan, say: Say, *, force: bool = False) -> str | None:
    """Build all databases and write the manifest; returns the digest, None when nothing had to be done."""
    if not force and already(state, plan):
        say("sumber sudah dibangun dengan benih dan skala yang sama: tidak ada yang dikerjakan")
        if not state.manifest.exists():
            manifest.write(state)
        return None
    with ExitStack() as stack:
        opened = {system: stack.enter_context(state.connect(system)) for system in systems()}
        siak, sismiop = opened["siak"], opened["sismiop"]
        for connection, tables, lookups in (
            (siak, siak_tables, siak_lookups.lookups()),
            (sismiop, sismiop_tables, sismiop_lookups.lookups()),
        ):
            _empty(connection)
            for name in (*tables.LOOKUPS, *tables.TRANSACTIONAL):
                connection.execute(tables.create(name))
            for name, rows in lookups.items():
                copy_table(connection, name, rows)
        for period in SEMESTERS:
            siak.execute(siak_tables.create(f"biodata_wni_{period}"))
        kinds = _load(siak, sismiop, plan, say)
        say("indeks dan statistik")
        for name in (*siak_tables.TRANSACTIONAL, *(f"biodata_wni_{p}" for p in SEMESTERS)):
            siak.execute(siak_tables.indexes(name))
        for name in sismiop_tables.TRANSACTIONAL:
            sismiop.execute(sismiop_tables.indexes(name))
        for connection in (siak, sismiop):
            # By name: a bare ANALYZE also locks shared catalogues until the end of this transaction.
            for name in public_tables(connection):
                connection.execute(sql.SQL("ANALYZE public.{}").format(sql.Identifier(name)))
        spoilt = _spoil(siak, "siak", plan.seed) + _spoil(sismiop, "sismiop", plan.seed)
        for system in departments():
            _department(system, opened[system], opened[register(system)], plan, say)
            spoilt += _spoil(opened[system], system, plan.seed)
        say(f"cacat disuntikkan: {spoilt}")
        whole = combined({system: digest(connection) for system, connection in opened.items()})
        for connection in opened.values():
            manifest.put(connection, benih=plan.seed, skala=plan.scale, jam=EPOCH, intisari=whole, selesai="ya")
        manifest.put(sismiop, subjek=json.dumps(kinds))
    empty(state)
    if sent := deliver(state):
        say(f"berkas dikirim: {sent}")
    written = manifest.write(state)
    for system, counted in written["header"]["counts"].items():
        for table, rows in counted.items():
            say(f"  {system}.{table:<22}{rows:>10,}")
    say(f"intisari (digest) {whole}")
    return whole


def _empty(connection: Connection) -> None:
    row = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER]).fetchone()
    if row is None:
        raise SimulatorError(f"role '{READER}' belum ada di server sumber. Jalankan `make demo` (layanan sumber) dulu.")
    for name in public_tables(connection):
        connection.execute(sql.SQL("DROP TABLE public.{} CASCADE").format(sql.Identifier(name)))
    manifest.create_schema(connection)
    manifest.put(connection, jam=EPOCH)


def _load(siak: Connection, sismiop: Connection, plan: Plan, say: Say) -> dict[str, int]:
    """Generate and COPY each kecamatan; returns how the subjects of tax relate to the civil registry."""
    today = days(EPOCH)
    kinds: dict[str, int] = {}
    for position, district in enumerate(districts(), start=1):
        families = max(6, round(RESIDENTS * plan.scale * district.weight / PER_FAMILY))
        historic = max(1, round(RESIDENTS * plan.scale * 0.0007 / PER_FAMILY)) if district.no_kec in (4, 5, 6) else 0
        homes, people = generate(
            chance(plan.seed, "keluarga", district.no_kec), district, families, today, historic=historic
        )
        rows = siak_rows.siak_rows(
            chance(plan.seed, "biodata", district.no_kec), district, homes, people, today, SEMESTERS
        )
        for name, content in (
            ("data_keluarga", rows.families),
            ("biodata_wni", rows.biodata),
            *rows.events.items(),
            *((f"biodata_wni_{p}", t) for p, t in rows.dkb.items()),
        ):
            copy_table(siak, name, content)
        objects = max(12, round(OBJECTS * plan.scale * district.weight))
        taxes = tax.tax_rows(chance(plan.seed, "pajak", district.no_kec), district, objects, rows.taxpayers, today)
        copy_table(sismiop, "dat_subjek_pajak", taxes.subjects)
        copy_table(sismiop, "dat_objek_pajak", taxes.objects)
        for table, content in taxes.land.items():
            copy_table(sismiop, table, content)
        for sppt, paid, cancelled in zip(taxes.sppt, taxes.payments, taxes.cancellations, strict=True):
            copy_table(sismiop, "sppt", sppt)
            copy_table(sismiop, "pembayaran_sppt", paid)
            copy_table(sismiop, "pembatalan_sppt", cancelled)
        with siak.cursor().copy("COPY simulator.nik_subjek FROM STDIN") as copy:
            copy.write("".join(f"{n}\n" for n in taxes.taxpayer_niks.tolist()))
        for kind, count in taxes.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + count
        if position == 1:
            first = taxes.subjects["subjek_pajak_id"][0].as_py()
            copy_table(sismiop, "dat_objek_pajak", tax.closed_objects(chance(plan.seed, "dihapus"), first))
        say(f"[{position:>2}/18] {district.name:<14}{rows.biodata.num_rows:>9,} penduduk {objects:>8,} objek pajak")
    return kinds


def _department(system: str, connection: Connection, others: Connection, plan: Plan, say: Say) -> None:
    """A smaller department's tables and first content; whom and what it draws from `others` no defect has spoilt."""
    _empty(connection)
    for table in tables_of(system):
        connection.execute(table.create(readable=systems()[system].kind == "postgresql"))
    module(system).build(connection, others, plan.seed, plan.scale)
    counted = ", ".join(f"{table} {rows:,}" for table, rows in counts(connection).items())
    for table in tables_of(system):
        connection.execute(sql.SQL("ANALYZE public.{}").format(sql.Identifier(table.name)))
    say(f"{system}: {counted}")


def _spoil(connection: Connection, system: str, seed: int) -> int:
    """Inject every kind of defect of one system, and the decoys; returns how many rows are spoilt."""
    used: set[str] = set()
    spoilt = 0
    for kind in kinds_of(system):
        targets = [f"biodata_wni_{p}" for p in SEMESTERS] if kind.table == "biodata_wni_dkb" else [kind.table]
        for table in targets:
            spoilt += _spoil_table(connection, kind, table, seed, used)
    if system == "siak":
        for period in SEMESTERS:
            dkb_decoys(connection, f"biodata_wni_{period}", chance(seed, "umpan", period), used)
        manifest.decoy(
            connection,
            "desa-dihapus-riwayat",
            "siak.biodata_wni",
            note="flag_status '3', tanggal sebelum 2022, desa yang dihapus 2022",
        )
    return spoilt


def _spoil_table(connection: Connection, kind: Kind, table: str, seed: int, used: set[str]) -> int:
    total = int(scalar(connection, sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))))
    wanted = max(2, round(kind.share * total))
    rng = chance(seed, "cacat", kind.name, table)
    spoilt = 0
    for _ in range(wanted):
        found = inject(connection, kind, table, rng, EPOCH, touch=False, used=used)
        if found is None:
            break
        remember(connection, found, EPOCH)
        spoilt += kind.rows
    if not spoilt:
        raise SimulatorError(f"cacat '{kind.name}' tidak mendapat baris di {table}: perbesar --scale")
    return spoilt


def dkb_decoys(connection: Connection, table: str, rng: np.random.Generator, used: set[str]) -> None:
    """Rows of a DKB with a bad code outside the grain: they count all the same."""
    for number in range(6):
        row = pick(connection, table, "tgl_lhr < '2023-01-01'" + unspoilt(table), rng)
        if row is None or table + json.dumps(key_of(table, row), sort_keys=True) in used:
            continue
        change = {"agama": 9} if number % 2 else {"jenis_pkrjn": 99}
        update_row(connection, table, row["_ctid"], change)
        manifest.decoy(
            connection,
            "dkb-kode-bukan-grain",
            "siak.biodata_wni_dkb",
            table=table,
            key=key_of(table, row),
            changed=change,
        )
