"""A day at the tax office: payments by season, arrears, changed owners, new objects, and the yearly assessment."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from simulator import names
from simulator.assessment import BANK, BANKS, fine, issue_day
from simulator.chance import chance, days
from simulator.day import Day
from simulator.queries import query, script
from simulator.server import Connection
from simulator.siak_rows import OFFICERS
from simulator.source_rows import NOP, key_of, pick, unspoilt

_NO_PAYMENT = (
    " AND NOT EXISTS (SELECT FROM public.pembayaran_sppt p WHERE "
    + " AND ".join(f"p.{c} = t.{c}" for c in (*NOP, "thn_pajak_sppt"))
    + ")"
)

# Objects whose assessments no defect holds against them: new areas would mend what the manifest calls broken.
_SOUND = (
    " AND NOT EXISTS (SELECT FROM simulator.cacat c WHERE c.tabel IN ('sppt', 'dat_op_bumi', 'dat_op_bangunan')"
    " AND starts_with(c.kunci, concat_ws('|', " + ", ".join(f"t.{c}" for c in NOP) + ")))"
)


def live(day: Day, siak: Connection) -> dict[str, int]:
    """One day; `siak` is read for the names of new owners. Returns how often each thing happened."""
    today = day.start.date()
    done: dict[str, int] = {}
    if days(today) == issue_day(today.year):
        done["terbit"] = issue(day, today.year)
    done["bayar"] = _payments(day, today)
    objects = 800_000 * (1.4 if day.workday else 0.0)
    for name, yearly, floor, act in (
        ("balik-nama", objects * 0.012, 0.2, lambda d: _new_owner(d, siak)),
        ("alamat", objects * 0.012, 0.2, _address),
        ("objek-baru", objects * 0.006, 0.1, _new_object),
        ("bangunan-baru", objects * 0.006, 0.1, _new_building),
        ("batal", objects * 0.002, 0.05, _cancel),
        ("hapus-bayar", objects * 0.0015, 0.06, _reverse),
        ("hapus-sppt", objects * 0.0008, 0.05, _drop_sppt),
    ):
        done[name] = sum(act(day) for _ in range(day.count(yearly, floor if day.workday else 0.0)))
    done["cacat"] = day.new_defects() if day.workday else 0
    return done


def _payments(day: Day, today: date) -> int:
    done = 0
    share = 1.15 if day.workday else 0.6
    for (year,) in day.connection.execute(query("sismiop", "tahun")).fetchall():
        unpaid = int(day.value(query("sismiop", "belum_bayar"), {"tahun": year}))
        expected = unpaid * _hazard(int(year), today) * share
        for _ in range(int(day.rng.poisson(expected))):
            done += _pay(day, str(year), today)
    return done


def _hazard(year: int, today: date) -> float:
    """Chance that an unpaid assessment of `year` is paid today: rising to the due date, then a long thin tail."""
    if today.year > year:
        return 0.0016 if today.year == year + 1 else 0.0006
    position = days(today) - issue_day(year)
    to_due = days(date(year, 9, 30)) - days(today)
    early = 0.0032 if 2 <= position <= 90 else 0.0012
    rush = 0.02 * float(np.exp(-to_due / 22)) if to_due >= 0 else 0.004
    return early + rush if position > 1 else 0.0


def _pay(day: Day, year: str, today: date) -> int:
    sppt = day.pick("sppt", f"thn_pajak_sppt = '{year}' AND status_pembayaran_sppt = '0'", int(year))
    if sppt is None:
        return 0
    paid, last = day.connection.execute(query("sismiop", "dibayar"), sppt).fetchone() or (0, 0)
    rest = int(sppt["pbb_yg_harus_dibayar_sppt"]) - int(paid)
    if rest <= 0 or int(paid) < 0:
        return 0
    principal = rest // 2 if rest >= 60_000 and day.rng.random() < 0.07 else rest
    when = day.moment()
    business = today - timedelta(days=int(day.rng.integers(1, 6))) if day.rng.random() < 0.08 else today
    business = max(business, sppt["tgl_terbit_sppt"] + timedelta(days=1))
    penalty = int(
        fine(np.array([principal]), np.array([days(business)]), np.array([days(sppt["tgl_jatuh_tempo_sppt"])]))[0]
    )
    key = key_of("pembayaran_sppt", {**sppt, "pembayaran_sppt_ke": int(last) + 1})
    bank = BANKS[int(day.rng.integers(0, len(BANKS)))]
    day.insert(
        "pembayaran_sppt",
        {
            **{c: sppt[c] for c in (*NOP, "thn_pajak_sppt")},
            "pembayaran_sppt_ke": int(last) + 1,
            **dict(zip(BANK, bank, strict=True)),
            "denda_sppt": penalty,
            "jml_sppt_yg_dibayar": principal + penalty,
            "tgl_pembayaran_sppt": business,
            "tgl_rekam_byr_sppt": day.stamp("sismiop.pembayaran_sppt", key, when, often=0.03, since=business),
            "nip_rekam_byr_sppt": OFFICERS[int(day.rng.integers(0, len(OFFICERS)))][1],
        },
    )
    if principal == rest:
        day.update("sppt", sppt, status_pembayaran_sppt="1")
    return 1


def _new_owner(day: Day, siak: Connection) -> int:
    """A resident buys an object: a new subject, the object points to it, the old subject may be dropped."""
    thing = day.pick("dat_objek_pajak", "jns_transaksi_op <> '3'")
    owner = pick(
        siak,
        "biodata_wni",
        "flag_status = '0' AND stat_hbkel = 1 AND length(nama_lgkp) <= 30 AND tgl_lhr < '2000-01-01'"
        " AND NOT EXISTS (SELECT FROM simulator.nik_subjek s WHERE s.nik = t.nik)" + unspoilt("biodata_wni"),
        day.rng,
    )
    if thing is None or owner is None:
        return 0
    former = thing["subjek_pajak_id"]
    day.insert(
        "dat_subjek_pajak",
        {
            "subjek_pajak_id": owner["nik"],
            "nm_wp": owner["nama_lgkp"],
            "jalan_wp": names.addresses(day.rng, 1, 0.5, 30)[0].as_py(),
            "rw_wp": "01",
            "rt_wp": "003",
            "kelurahan_wp": "SIDOARJO",
            "kota_wp": "SIDOARJO",
            "status_pekerjaan_wp": "5",
        },
    )
    siak.execute(query("sismiop", "nik_subjek"), {"nik": owner["nik"]})
    day.update("dat_objek_pajak", thing, subjek_pajak_id=owner["nik"], jns_transaksi_op="2")
    day.event("balik-nama", "sismiop.dat_objek_pajak", key_of("dat_objek_pajak", thing), subject=owner["nik"])
    day.connection.execute(query("sismiop", "hapus_njoptkp"), thing)
    day.connection.execute(
        query("sismiop", "njoptkp_baru"), {**thing, "subjek_pajak_id": owner["nik"], "tahun": str(day.start.year + 1)}
    )
    left = day.rows(query("sismiop", "subjek_tanpa_objek"), {"id": former})
    if len(left) == 1 and day.rng.random() < 0.5:
        day.delete("dat_subjek_pajak", left[0], "sismiop.dat_subjek_pajak")
    return 1


def _address(day: Day) -> int:
    row = day.pick("dat_subjek_pajak", "true")
    if row is None:
        return 0
    # An exact copy of the row must stay one: both are changed.
    street = names.addresses(day.rng, 1, 0.5, 30)[0].as_py()
    day.connection.execute(query("sismiop", "alamat"), {"jalan": street, "id": row["subjek_pajak_id"]})
    return 1


def _new_object(day: Day) -> int:
    """A plot is split off: next number in the block, half the land of its neighbour; assessed from next year on."""
    row = day.pick("dat_objek_pajak", "jns_transaksi_op <> '3' AND total_luas_bumi >= 120" + _SOUND)
    plots = day.rows(query("sismiop", "bidang"), row) if row else []
    if row is None or len(plots) != 1:
        return 0
    last = day.value(query("sismiop", "urut_terakhir"), row)
    if int(last) >= 9999:
        return 0
    land = int(row["total_luas_bumi"])
    per_metre = int(row["njop_bumi"]) // land
    half = land // 2
    fresh = {
        **row,
        "no_urut": f"{int(last) + 1:04d}",
        "total_luas_bumi": half,
        "total_luas_bng": 0,
        "njop_bumi": per_metre * half,
        "njop_bng": 0,
        "jns_transaksi_op": "1",
        "tgl_pendataan_op": day.start.date(),
        "tgl_pemeriksaan_op": day.start.date(),
        "tgl_perekaman_op": day.start.date(),
    }
    day.insert("dat_objek_pajak", fresh)
    day.update(
        "dat_objek_pajak",
        row,
        total_luas_bumi=land - half,
        njop_bumi=per_metre * (land - half),
        jns_transaksi_op="2",
        tgl_perekaman_op=day.start.date(),
    )
    plot = plots[0]
    day.insert(
        "dat_op_bumi",
        {
            **plot,
            "no_urut": fresh["no_urut"],
            "luas_bumi": half,
            "nilai_sistem_bumi": per_metre * half,
            "jns_bumi": "2",
        },
    )
    day.update("dat_op_bumi", plot, luas_bumi=land - half, nilai_sistem_bumi=per_metre * (land - half))
    day.event("objek-baru", "sismiop.dat_objek_pajak", key_of("dat_objek_pajak", fresh))
    return 1


def _new_building(day: Day) -> int:
    """A house is built on a bare plot; assessed from next year on."""
    row = day.pick(
        "dat_objek_pajak",
        "jns_transaksi_op <> '3' AND total_luas_bng = 0 AND total_luas_bumi BETWEEN 40 AND 1200" + _SOUND,
    )
    plots = day.rows(query("sismiop", "bidang"), row) if row else []
    if row is None or len(plots) != 1 or day.value(query("sismiop", "jumlah_bangunan"), row):
        return 0
    today = day.start.date()
    area = int(min(int(row["total_luas_bumi"]) * 0.7, 250))
    value = day.value(query("sismiop", "nilai_bangunan_biasa"), {})
    nip = OFFICERS[int(day.rng.integers(0, len(OFFICERS)))][1]
    material = {"jns_atap_bng": "3", "kd_dinding": "3", "kd_lantai": "2", "kd_langit_langit": "2"}
    day.insert(
        "dat_op_bangunan",
        {
            **{c: row[c] for c in NOP},
            "no_bng": 1,
            "kd_jpb": "01",
            "no_formulir_lspop": f"{today.year}{int(day.rng.integers(0, 10**7)):07d}",
            "thn_dibangun_bng": str(today.year),
            "luas_bng": area,
            "jml_lantai_bng": 1,
            "kondisi_bng": "1",
            "jns_konstruksi_bng": "3",
            **material,
            "nilai_sistem_bng": area * int(value) * 1000,
            "jns_transaksi_bng": "1",
            **dict.fromkeys(("tgl_pendataan_bng", "tgl_pemeriksaan_bng", "tgl_perekaman_bng"), today),
            **dict.fromkeys(("nip_pendata_bng", "nip_pemeriksa_bng", "nip_perekam_bng"), nip),
        },
    )
    day.update(
        "dat_objek_pajak",
        row,
        total_luas_bng=area,
        njop_bng=area * int(value) * 1000,
        jns_transaksi_op="2",
        tgl_perekaman_op=today,
    )
    day.update("dat_op_bumi", plots[0], jns_bumi="1")
    day.event("bangunan-baru", "sismiop.dat_op_bangunan", {**key_of("dat_objek_pajak", row), "no_bng": 1})
    return 1


def _some_year(day: Day) -> int:
    years = [int(y) for (y,) in day.connection.execute(query("sismiop", "tahun")).fetchall()]
    return years[int(day.rng.integers(0, len(years)))]


def _cancel(day: Day) -> int:
    year, today = _some_year(day), day.start.date()
    row = day.pick("sppt", f"thn_pajak_sppt = '{year}' AND status_pembayaran_sppt = '0'" + _NO_PAYMENT, year)
    if row is None:
        return 0
    day.update("sppt", row, status_pembayaran_sppt="2")
    same = (*NOP, "thn_pajak_sppt", *BANK)
    key = key_of("pembatalan_sppt", {**row, "pembatalan_sppt_ke": 1})
    day.insert(
        "pembatalan_sppt",
        {
            **{c: row[c] for c in same},
            "pembatalan_sppt_ke": 1,
            "kd_batal": "1",
            "denda_sppt": 0,
            "jml_sppt_yg_dibatalkan": row["pbb_yg_harus_dibayar_sppt"],
            "tgl_pembatalan_sppt": today,
            "tgl_rekam_btl_sppt": day.stamp("sismiop.pembatalan_sppt", key, day.moment(), often=0.03, since=today),
            "nip_rekam_btl_sppt": OFFICERS[int(day.rng.integers(0, len(OFFICERS)))][1],
        },
    )
    day.event("batal", "sismiop.sppt", key_of("sppt", row))
    return 1


def _reverse(day: Day) -> int:
    """A bank takes back the last payment of an assessment: the row disappears, the assessment is open again."""
    row = day.pick(
        "pembayaran_sppt",
        "NOT EXISTS (SELECT FROM public.pembayaran_sppt p WHERE p.pembayaran_sppt_ke > t.pembayaran_sppt_ke AND "
        + " AND ".join(f"p.{c} = t.{c}" for c in (*NOP, "thn_pajak_sppt"))
        + ")",
    )
    if row is None:
        return 0
    day.delete("pembayaran_sppt", row, "sismiop.pembayaran_sppt")
    day.connection.execute(query("sismiop", "buka_lagi"), row)
    return 1


def _drop_sppt(day: Day) -> int:
    """An assessment issued twice under two numbers is deleted (never one with a payment)."""
    year = _some_year(day)
    row = day.pick("sppt", f"thn_pajak_sppt = '{year}' AND status_pembayaran_sppt = '0'" + _NO_PAYMENT, year)
    if row is None:
        return 0
    day.delete("sppt", row, "sismiop.sppt")
    return 1


def issue(day: Day, year: int) -> int:
    """Assess every object for `year`: some zones rise by one class; arithmetic as in `simulator.tax`."""
    text = chance(day.seed, "terbit", year).integers(0, 10**9)
    for name, value in (("tahun", str(year)), ("benih", str(text)), ("nip", OFFICERS[year % len(OFFICERS)][1])):
        day.connection.execute("SELECT set_config(%s, %s, true)", [f"simulator.{name}", value])
    issued = 0
    for statement in script("terbit_sppt").split("-- @@\n")[1:]:
        issued = day.connection.execute(statement.encode()).rowcount
    day.event("terbit", "sismiop.sppt", {"thn_pajak_sppt": str(year)}, rows=issued)
    return issued
