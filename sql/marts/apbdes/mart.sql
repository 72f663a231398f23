-- What:    budget and realisation of every desa by year and group.
-- Grain:   tahun x kode_desa x kelompok.
-- Sources: curated.desa__apbdes (current rows), ref.wilayah, ref.kelompok_apbdes.
-- Rules:   village, kecamatan and group as in force on the last day of the year, and so the desas of the kecamatan.
-- Usage:   bin/lumbung query "$(cat sql/marts/apbdes/mart.sql)"
WITH tahun AS (
    SELECT DISTINCT apb._akhir_tahun AS hari_terakhir
    FROM curated.desa__apbdes AS apb
    WHERE apb._dihapus_batch IS NULL
),

desa_kecamatan AS (
    SELECT
        tahun.hari_terakhir,
        desa.kode_induk AS kode_kecamatan,
        count(*) AS jumlah
    FROM tahun
    INNER JOIN ref.wilayah AS desa
        ON
            desa.tingkat = 'desa'
            AND tahun.hari_terakhir BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
    GROUP BY tahun.hari_terakhir, desa.kode_induk
),

desa_masuk AS (
    SELECT
        apb._akhir_tahun AS hari_terakhir,
        desa.kode_induk AS kode_kecamatan,
        count(DISTINCT desa.kode) AS jumlah
    FROM curated.desa__apbdes AS apb
    INNER JOIN ref.wilayah AS desa
        ON
            apb.kode_desa = desa.kode
            AND apb._akhir_tahun BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
    WHERE apb._dihapus_batch IS NULL
    GROUP BY apb._akhir_tahun, desa.kode_induk
)

SELECT
    cast(apb.tahun AS INT) AS tahun,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    desa_kecamatan.jumlah AS jumlah_desa_kecamatan,
    desa_masuk.jumlah AS jumlah_desa_masuk,
    desa.kode AS kode_desa,
    desa.nama AS nama_desa,
    kelompok.jenis,
    kelompok.kode AS kelompok,
    kelompok.label AS kelompok_label,
    apb.anggaran,
    apb.realisasi,
    cast(100 * apb.realisasi / nullif(apb.anggaran, 0) AS DECIMAL(20, 2)) AS persen_realisasi
FROM curated.desa__apbdes AS apb
INNER JOIN ref.wilayah AS desa
    ON
        apb.kode_desa = desa.kode
        AND apb._akhir_tahun BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
INNER JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND apb._akhir_tahun BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
LEFT JOIN desa_kecamatan
    ON
        kecamatan.kode = desa_kecamatan.kode_kecamatan
        AND apb._akhir_tahun = desa_kecamatan.hari_terakhir
INNER JOIN desa_masuk
    ON
        kecamatan.kode = desa_masuk.kode_kecamatan
        AND apb._akhir_tahun = desa_masuk.hari_terakhir
INNER JOIN ref.kelompok_apbdes AS kelompok
    ON
        apb.kelompok = kelompok.kode
        AND apb._akhir_tahun BETWEEN kelompok.berlaku_dari AND kelompok.berlaku_sampai
WHERE apb._dihapus_batch IS NULL
