"""The SQL of the marts on the real engine, over a few rows of which the answer is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from lumbung.declarations import Declarations, load
from lumbung.stages import mart_records
from lumbung.warehouse.ddl import curated_columns
from lumbung.warehouse.mart_table import mart_columns, without_comments
from lumbung.warehouse.session import session

MOMENT = datetime(2026, 1, 5, 6, tzinfo=UTC)
NOP = {"kd_propinsi": "35", "kd_dati2": "15", "kd_kecamatan": "110", "kd_kelurahan": "001", "kd_jns_op": "0"}
Rows = Sequence[Mapping[str, Any]]
Answer = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def declared() -> Declarations:
    return load()


@pytest.fixture(scope="module")
def answer(declared: Declarations) -> Answer:
    """Rows of a file of a mart's folder, over temporary views in place of the tables that it names.

    A test or publication of the mart reads the rows that are given under the mart's own name (`mart.<name>`).
    """
    spark = session("uji")
    tables = {dataset.table_name: dataset for dataset in declared.datasets.values()}
    made: set[str] = set()

    def view(name: str, columns: Mapping[str, str], rows: Rows) -> str:
        schema = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
        data = [tuple(row.get(column) for column in columns) for row in rows]
        spark.createDataFrame(data, schema).createOrReplaceTempView(name)
        return name

    def reference(name: str, own: Rows | None) -> str:
        plain = [column.name for column in declared.lists[name].columns]
        kinds = dict.fromkeys(plain, "string") | {"berlaku_dari": "date", "berlaku_sampai": "date"}
        if own is not None:
            return view(f"uji_ref_{name}_lain", kinds, own)
        if name not in made:
            codes = declared.lists[name]
            valid = [
                {**row.values, "berlaku_dari": row.valid_from, "berlaku_sampai": row.valid_to} for row in codes.rows
            ]
            view(f"uji_ref_{name}", kinds, valid)
            made.add(name)
        return f"uji_ref_{name}"

    def run(
        mart: str, rows: Mapping[str, Rows], records: Mapping[str, Rows] | None = None, file: str = "mart.sql"
    ) -> Any:
        found = declared.marts[mart]
        sql = without_comments((found.sql_path.parent / file).read_text(encoding="utf-8"))
        for name in found.inputs:
            if name.startswith("ref."):
                sql = re.sub(rf"\bref\.{name[4:]}\b", reference(name[4:], rows.get(name)), sql)
            else:
                kinds = {column: kind for column, (kind, _) in curated_columns(tables[name]).items()}
                sql = re.sub(rf"\bcurated\.{name}\b", view(f"uji_{name}", kinds, rows.get(name, ())), sql)
        if (given := rows.get(f"mart.{mart}")) is not None:
            kinds = {column: kind for column, (kind, _) in mart_columns(found).items()}
            sql = re.sub(rf"\bmart\.{mart}\b", view(f"uji_mart_{mart}", kinds, given), sql)
        for name, schema in mart_records.SCHEMAS.items():
            if name in found.records:
                kinds = dict(part.strip().rsplit(" ", 1) for part in schema.split(","))
                view(f"catatan_{name}", kinds, (records or {}).get(name, ()))
        parameters = {
            "data_per": MOMENT,
            "zona": "Asia/Jakarta",
            "status_batal": ["2"],
            "jns_transaksi_hapus": ["3"],
            "termasuk_denda": True,
            "ambang": 5,
            "dominasi": 10,
        }
        named = {key: value for key, value in parameters.items() if re.search(rf":{key}\b", sql)}
        return [row.asDict() for row in spark.sql(sql, args=named).collect()]

    return run


def test_a_rate_on_the_limit_of_two_classes_counts_once_and_deleted_plots_not_at_all(answer: Answer) -> None:
    zone = {**NOP, "kd_znt": "AA", "thn_nir_znt": "2025", "nir": Decimal(200)}
    classes = [
        {"kd_kls_tanah": code, "thn_awal_kls_tanah": "2014", "thn_akhir_kls_tanah": "9999"}
        | {"nilai_min_tanah": Decimal(low), "nilai_max_tanah": Decimal(high), "nilai_per_m2_tanah": Decimal(low + 50)}
        for code, low, high in (("090", 100, 200), ("089", 200, 300))
    ]
    rows = {"sismiop__dat_nir": [zone], "sismiop__kelas_tanah": classes}
    assert [row["kelas"] for row in answer("nilai_tanah", rows)] == ["090"]
    assert [row["jumlah"] for row in answer("nilai_tanah", rows, file="identity.sql")] == [1]
    plots = [{**NOP, "_nop": str(n), "kd_znt": "AA", "luas_bumi": Decimal(10)} for n in range(3)]
    objects = [{"_nop": str(n), "jns_transaksi_op": kind} for n, kind in enumerate(["1", "3"])]
    (found,) = answer("nilai_tanah", {**rows, "sismiop__dat_op_bumi": plots, "sismiop__dat_objek_pajak": objects})
    assert (found["jumlah_bidang"], found["luas"]) == (1, 10)


def test_a_move_says_where_from_and_where_to(answer: Answer) -> None:
    day = date(2025, 3, 1)
    out = [
        {"no_pindah": number, "tgl_pindah": day, "_kode_kecamatan": "35.15.08", "_kode_desa_tujuan": to}
        | {"klasifikasi_pindah": kind}
        for number, to, kind in (("1", "35.15.13.1001", 3), ("2", "35.78.05.1003", 4), ("3", "33.08.01.2001", 5))
    ]
    people = [{"no_pindah": number, "nik": nik} for number, nik in (("1", "a"), ("1", "b"), ("2", "c"), ("3", "d"))]
    found = answer("perpindahan", {"siak__pindah_header": out, "siak__pindah_detail": people})
    assert sorted(
        (r["kode_tempat_lain"], r["nama_tempat_lain"], r["jumlah_orang"], r["jumlah_surat"]) for r in found
    ) == [
        ("33.08", "Luar kabupaten", 1, 1),
        ("35.15.13", "Taman", 2, 1),
        ("35.78", "Luar kabupaten", 1, 1),
    ]


@pytest.mark.parametrize(
    ("mart", "column", "code", "wanted"),
    [
        ("penduduk_pekerjaan", "jenis_pkrjn", 65, "11"),
        ("penduduk_pekerjaan", "jenis_pkrjn", 99, "00"),
        ("penduduk_pendidikan", "pddk_akh", 5, "5"),
        ("penduduk_pendidikan", "pddk_akh", None, "0"),
        ("penduduk_status_kawin", "stat_kwn", 4, "4"),
    ],
)
def test_a_person_with_an_unknown_code_is_counted(
    answer: Answer, mart: str, column: str, code: int | None, wanted: str
) -> None:
    person = {"nik": "x", "periode": "202502", "_akhir_periode": date(2025, 12, 31), "_kode_desa": "35.15.01.2001"}
    person |= {"flag_status": "0", "jenis_klmin": 2, "_umur": 30, column: code}
    rows = {"siak__biodata_wni_dkb": [person, {**person, "nik": "y", "flag_status": "2"}]}
    (found,) = answer(mart, rows)
    assert (found[mart_dimension(mart)], found["jumlah_penduduk"]) == (wanted, 1)
    assert {r["alasan"]: r["jumlah"] for r in answer(mart, rows, file="identity.sql")} == {
        "dihitung": 1,
        "bukan penduduk aktif (FLAG_STATUS bukan 0)": 1,
    }


@pytest.mark.parametrize(
    ("mart", "column", "listed", "label"),
    [
        ("penduduk_pekerjaan", "jenis_pkrjn", "pekerjaan", "kelompok_label"),
        ("penduduk_pendidikan", "pddk_akh", "pendidikan", "label"),
        ("penduduk_status_kawin", "stat_kwn", "status_kawin", "label"),
        ("penduduk_pekerjaan", "jenis_klmin", "jenis_kelamin", "label"),
        ("penduduk_pendidikan", "jenis_klmin", "jenis_kelamin", "label"),
        ("penduduk_status_kawin", "jenis_klmin", "jenis_kelamin", "label"),
        ("penduduk_semester", "jenis_klmin", "jenis_kelamin", "label"),
    ],
)
def test_a_code_of_two_meanings_counts_a_person_once(
    answer: Answer, mart: str, column: str, listed: str, label: str
) -> None:
    person = {"nik": "x", "periode": "202502", "_akhir_periode": date(2025, 12, 31), "_kode_desa": "35.15.01.2001"}
    person |= {"flag_status": "0", "jenis_klmin": 2, "_umur": 30, column: 1}
    found = answer(mart, {"siak__biodata_wni_dkb": [person], f"ref.{listed}": two_meanings(label)})
    assert [row["jumlah_penduduk"] for row in found] == [1]
    assert "SESUDAH" in found[0].values()


def test_a_class_of_two_meanings_counts_a_move_once(answer: Answer) -> None:
    letter = {"no_pindah": "1", "tgl_pindah": date(2025, 3, 1), "klasifikasi_pindah": 1}
    letter |= {"_kode_kecamatan": "35.15.08", "_kode_desa_tujuan": "35.15.08.2001"}
    rows = {"siak__pindah_header": [letter], "siak__pindah_detail": [{"no_pindah": "1", "nik": "a"}]}
    rows["ref.klasifikasi_pindah"] = two_meanings("label")
    assert [(r["klasifikasi_label"], r["jumlah_orang"]) for r in answer("perpindahan", rows)] == [("SESUDAH", 1)]
    assert [r["jumlah"] for r in answer("perpindahan", rows, file="identity.sql")] == [1]


def two_meanings(label: str) -> Rows:
    """A code that means something else since 2025."""
    return [
        {"kode": "1", "kelompok": "01", label: "SEBELUM", "berlaku_dari": date(1900, 1, 1)}
        | {"berlaku_sampai": date(2024, 12, 31)},
        {"kode": "1", "kelompok": "01", label: "SESUDAH", "berlaku_dari": date(2025, 1, 1)}
        | {"berlaku_sampai": date(9999, 12, 31)},
    ]


def test_a_person_without_a_family_card_is_no_family(answer: Answer) -> None:
    person = {"nik": "x", "periode": "202502", "_akhir_periode": date(2025, 12, 31), "_kode_desa": "35.15.01.2001"}
    person |= {"flag_status": "0", "jenis_klmin": 2, "_umur": 30, "no_kk": "k"}
    rows = {"siak__biodata_wni_dkb": [person, {**person, "nik": "y", "no_kk": None}]}
    assert [(r["jumlah_keluarga"], r["jumlah_penduduk"]) for r in answer("keluarga_ukuran", rows)] == [(1, 1)]
    assert {r["alasan"]: r["jumlah"] for r in answer("keluarga_ukuran", rows, file="identity.sql")} == {
        "dihitung": 1,
        "nomor KK kosong": 1,
    }


def mart_dimension(mart: str) -> str:
    return {"penduduk_pekerjaan": "kelompok_pekerjaan", "penduduk_pendidikan": "pendidikan"}.get(mart, "status_kawin")


ALIKE = (100,) * 6


@pytest.mark.parametrize(
    ("assessed", "paid", "owners", "wanted"),
    [
        pytest.param(ALIKE, ALIKE, "abcdef", False, id="six alike"),
        pytest.param(ALIKE, ALIKE, "aaabbc", True, id="three payers of six assessments"),
        pytest.param((90_000, *ALIKE[1:]), (90_000, *ALIKE[1:]), "abcdef", True, id="one pays nearly all"),
        pytest.param((9_000, 5_000, 400, 300, 200, 100), (0,) * 6, "abcdef", False, id="the rest is more than a tenth"),
        pytest.param(ALIKE, (0, *ALIKE[1:]), "abcdef", True, id="one of six owes"),
        pytest.param(ALIKE, (100, 0, 0, 0, 0, 0), "abcdef", True, id="one of six has paid"),
        pytest.param(ALIKE, (0,) * 6, "abcdef", False, id="nobody has paid"),
    ],
)
def test_a_cell_of_assessments_knows_when_few_pay_it(
    answer: Answer, assessed: Sequence[int], paid: Sequence[int], owners: str, wanted: bool
) -> None:
    rows = {"sismiop__sppt": assessments(assessed), "sismiop__dat_objek_pajak": owned(owners)}
    (found,) = answer("pbb_ketetapan_realisasi", {**rows, "sismiop__pembayaran_sppt": payments(paid)})
    assert (found["rawan"], found["jumlah_sppt"]) == (wanted, 6)


@pytest.mark.parametrize(
    ("owed", "owners", "wanted"),
    [
        pytest.param(ALIKE, "abcdef", False, id="six alike"),
        pytest.param(ALIKE, "aaabbc", True, id="three debtors of six assessments"),
        pytest.param((90_000, *ALIKE[1:]), "abcdef", True, id="one owes nearly all"),
    ],
)
def test_a_cell_of_debts_knows_when_few_owe_it(answer: Answer, owed: Sequence[int], owners: str, wanted: bool) -> None:
    (found,) = answer(
        "pbb_piutang_umur", {"sismiop__sppt": assessments(owed), "sismiop__dat_objek_pajak": owned(owners)}
    )
    assert (found["rawan"], found["jumlah_sppt"]) == (wanted, 6)


@pytest.mark.parametrize(
    ("principal", "fines", "owners", "wanted"),
    [
        pytest.param(ALIKE, (0,) * 6, "abcdef", False, id="six alike"),
        pytest.param(ALIKE, (2,) * 6, "abcdef", False, id="six alike, all with a fine"),
        pytest.param(ALIKE, (0,) * 6, "aaabbc", True, id="three payers of six payments"),
        pytest.param((90_000, *ALIKE[1:]), (0,) * 6, "abcdef", True, id="one pays nearly all"),
        pytest.param(ALIKE, (2, 0, 0, 0, 0, 0), "abcdef", False, id="one of six pays a fine, which is not public"),
        pytest.param((0,) * 6, (0,) * 6, "abcdef", False, id="six payments of nothing"),
    ],
)
def test_a_cell_of_receipts_knows_when_few_pay_it(
    answer: Answer, principal: Sequence[int], fines: Sequence[int], owners: str, wanted: bool
) -> None:
    rows = {"sismiop__dat_objek_pajak": owned(owners), "sismiop__pembayaran_sppt": payments(principal, fines)}
    (found,) = answer("pbb_realisasi_bulanan", rows)
    assert (found["rawan"], found["jumlah_pembayaran"]) == (wanted, 6)


def assessments(amounts: Sequence[int]) -> Rows:
    return [
        {**NOP, "_nop": str(n), "thn_pajak_sppt": "2025", "pbb_yg_harus_dibayar_sppt": Decimal(amount)}
        | {"status_pembayaran_sppt": "0", "tgl_jatuh_tempo_sppt": date(2025, 8, 31)}
        for n, amount in enumerate(amounts)
    ]


def owned(owners: str) -> Rows:
    return [{"_nop": str(n), "subjek_pajak_id": owner} for n, owner in enumerate(owners)]


def payments(principal: Sequence[int], fines: Sequence[int] = (0,) * 6) -> Rows:
    """One payment for each object; the amount paid includes the fine."""
    return [
        {**NOP, "_nop": str(n), "thn_pajak_sppt": "2025", "jml_sppt_yg_dibayar": Decimal(amount + fine)}
        | {"denda_sppt": Decimal(fine), "tgl_pembayaran_sppt": date(2025, 5, 1)}
        for n, (amount, fine) in enumerate(zip(principal, fines, strict=True))
    ]


def test_links_are_counted_by_outcome(answer: Answer) -> None:
    person = {"sistem": "sismiop", "dataset": "sismiop.dat_subjek_pajak", "rujukan": "status_nik"}
    person |= {"induk": "siak.biodata_wni"}
    people = [
        {**person, "hasil": "cocok", "jumlah": 4},
        {**person, "hasil": "beda", "beda": "nama", "jumlah": 3},
        {**person, "hasil": "beda", "beda": "nama, tanggal_lahir", "jumlah": 1},
    ]
    rule = {"sistem": "siak", "dataset": "siak.biodata_wni", "tingkat": "error", "dinilai": 10, "dilanggar": 4}
    rules = [
        {**rule, "bulan": "2025-12", "aturan": "kode:agama", "jenis": "daftar_kode", "induk": "agama"},
        {**rule, "bulan": "2026-01", "aturan": "kode:agama", "jenis": "daftar_kode", "induk": "agama", "dilanggar": 0},
        {**rule, "bulan": "2026-01", "aturan": "lahir-masa-depan"},
    ]
    found = answer("keterhubungan_data_induk", {}, {"aturan": rules, "pencocokan": people})
    names = ("rujukan", "induk", "hasil", "atribut_beda", "jumlah_baris", "persen")
    assert sorted(tuple(r[name] for name in names) for r in found) == [
        ("kode:agama", "agama", "cocok", "-", 16, Decimal("80.00")),
        ("kode:agama", "agama", "tidak_ditemukan", "-", 4, Decimal("20.00")),
        ("status_nik", "siak.biodata_wni", "beda", "nama", 3, Decimal("37.50")),
        ("status_nik", "siak.biodata_wni", "beda", "nama, tanggal_lahir", 1, Decimal("12.50")),
        ("status_nik", "siak.biodata_wni", "cocok", "-", 4, Decimal("50.00")),
    ]


def test_a_diagnosis_outside_every_chapter_is_not_called_none(answer: Answer) -> None:
    visit = {"waktu": MOMENT, "jenis_kelamin": "L", "tanggal_lahir": date(1990, 1, 1)}
    rows = [{**visit, "no_kunjungan": str(n), "icd10": code} for n, code in enumerate(("J06.9", None, "D99", "Y99.1"))]
    found = answer("kunjungan_rs", {"simrs__kunjungan_pasien": rows})
    assert sorted((row["bab_penyakit"], row["bab_penyakit_label"], row["jumlah_kunjungan"]) for row in found) == [
        ("-", "Tanpa diagnosis", 1),
        ("?", "Kode di luar bab ICD-10", 2),
        ("X", "Penyakit sistem pernapasan", 1),
    ]


def test_quality_is_what_the_ledger_says(answer: Answer) -> None:
    batch = {"bulan": "2026-01", "sistem": "siak", "dataset": "siak.biodata_wni", "judul": "Biodata", "jumlah_batch": 2}
    batch |= {"diterima": 200, "baik": 150, "ditolak": 30, "duplikat": 20}
    (found,) = answer("kualitas_data", {}, {"batch": [batch]})
    assert found == {**batch, "persen_ditolak": Decimal("15.00"), "status_nilai": "sementara"}
    later = [
        {**batch, "bulan": "2026-02"},
        {**batch, "bulan": "2026-03", "sistem": "sismiop", "dataset": "sismiop.sppt"},
    ]
    assert {(r["bulan"], r["status_nilai"]) for r in answer("kualitas_data", {}, {"batch": [batch, *later]})} == {
        ("2026-01", "final"),
        ("2026-02", "sementara"),
        ("2026-03", "sementara"),
    }
    rule = {"bulan": "2026-01", "sistem": "siak", "dataset": "siak.biodata_wni", "judul": "Biodata", "tingkat": "error"}
    rules = [
        {**rule, "aturan": "a", "jumlah_batch": 2, "dinilai": 200, "dilanggar": 3},
        {**rule, "aturan": "b", "jumlah_batch": 2, "dinilai": 200, "dilanggar": 0},
    ]
    (broken,) = answer("kualitas_aturan", {}, {"aturan": rules})
    assert (broken["aturan"], broken["jumlah_batch"], broken["persen_dilanggar"]) == ("a", 2, Decimal("1.50"))


def test_freshness_is_what_the_ledger_says(answer: Answer) -> None:
    fresh = {"sistem": "siak", "dataset": "siak.biodata_wni", "judul": "Biodata", "janji_jam": 24, "periode": None}
    fresh |= {"tanggal_berhasil": date(2026, 1, 5), "jatuh_tempo": date(2026, 1, 6), "terlambat": True}
    fresh |= {"hari_terlambat": 3, "menunggu_keputusan": False}
    assert answer("kesegaran_data", {}, {"kesegaran": [fresh]}) == [fresh]


KIND = {"kode": "REKL", "nama": "Izin Reklame", "hari_kerja": 5}
PLACE = {"kecamatan": "35.15.08", "jenis_izin": "REKL", "tgl_daftar": date(2025, 3, 3)}


def test_a_permit_is_on_time_by_working_days(answer: Answer) -> None:
    """Of five: one in work, one refused on time, one late, two of another month or kecamatan."""
    rows = [
        {**PLACE, "pendaftaran_id": "1", "status": "diproses"},
        {**PLACE, "pendaftaran_id": "2", "status": "ditolak", "tgl_selesai": date(2025, 3, 10), "_hari_kerja": 5},
        {**PLACE, "pendaftaran_id": "3", "status": "terbit", "tgl_selesai": date(2025, 3, 14), "_hari_kerja": 9},
        {**PLACE, "pendaftaran_id": "4", "status": "diajukan", "tgl_daftar": date(2025, 4, 1)},
        {**PLACE, "pendaftaran_id": "5", "status": "diajukan", "kecamatan": "35.15.13"},
    ]
    found = answer("perizinan", {"ptsp__permohonan_izin": rows, "ptsp__jenis_izin": [KIND]})
    names = ("periode", "nama_kecamatan", "jumlah_permohonan", "jumlah_selesai", "jumlah_terbit", "jumlah_tepat_waktu")
    assert sorted(tuple(row[name] for name in names) for row in found) == [
        ("2025-03", "Sidoarjo", 3, 2, 1, 1),
        ("2025-03", "Taman", 1, 0, 0, 0),
        ("2025-04", "Sidoarjo", 1, 0, 0, 0),
    ]
    days = {
        (row["periode"], row["nama_kecamatan"]): (row["jumlah_hari_kerja"], row["median_hari_kerja"]) for row in found
    }
    assert days["2025-03", "Sidoarjo"] == (14, Decimal("7.0"))
    assert days["2025-04", "Sidoarjo"] == (0, None)


def test_a_permit_that_is_not_counted_says_why(answer: Answer) -> None:
    rows = [
        {**PLACE, "pendaftaran_id": "1"},
        {**PLACE, "pendaftaran_id": "2", "kecamatan": "35.15.08.1001"},
        {**PLACE, "pendaftaran_id": "3", "jenis_izin": "IMB"},
    ]
    tables = {"ptsp__permohonan_izin": rows, "ptsp__jenis_izin": [KIND]}
    assert len(answer("perizinan", tables)) == 1
    found = answer("perizinan", tables, file="identity.sql")
    assert {row["alasan"].split(" (")[0]: row["jumlah"] for row in found} == {
        "dihitung": 1,
        "bukan kode kecamatan yang berlaku pada tanggal daftar": 1,
        "jenis izin tidak ada di gudang": 1,
    }


def test_a_cell_of_loans_knows_when_few_borrow(answer: Answer) -> None:
    titles = [{"id_koleksi": f"K{n}", "jenis": "BK" if n < 2 else "AV"} for n in range(3)]
    day, due = date(2025, 12, 1), date(2025, 12, 8)
    loan = {"tgl_pinjam": day, "tgl_jatuh_tempo": due, "tgl_kembali": due, "id_koleksi": "K0"}
    rows = [
        *({**loan, "no_pinjam": f"a{n}", "no_anggota": f"A{n}"} for n in range(5)),
        {**loan, "no_pinjam": "b", "no_anggota": "A0", "id_koleksi": "K1", "tgl_kembali": date(2025, 12, 9)},
        {**loan, "no_pinjam": "c", "no_anggota": "A0", "id_koleksi": "K1", "tgl_kembali": None},
        *({**loan, "no_pinjam": f"d{n}", "no_anggota": "A0", "id_koleksi": "K2"} for n in range(6)),
        {**loan, "no_pinjam": "e", "no_anggota": "A0", "id_koleksi": "K9"},
    ]
    tables = {"perpus__peminjaman": rows, "perpus__koleksi": titles}
    names = ("jenis_koleksi", "jumlah_pinjam", "jumlah_anggota", "jumlah_judul", "jumlah_terlambat", "rawan")
    assert sorted(tuple(row[name] for name in names) for row in answer("peminjaman_koleksi", tables)) == [
        ("AV", 6, 1, 1, 0, True),
        ("BK", 7, 5, 2, 2, False),
    ]
    counted = {
        row["alasan"].split(" (")[0]: row["jumlah"] for row in answer("peminjaman_koleksi", tables, file="identity.sql")
    }
    assert counted == {"dihitung": 13, "koleksinya tidak ada di gudang": 1}
