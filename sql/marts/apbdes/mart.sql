-- What:    budget and realisation of every desa by year and group.
-- Grain:   tahun x kode_desa x kelompok.
-- Sources: curated.desa__apbdes (current rows), ref.wilayah, ref.kelompok_apbdes.
-- Rules:   village, kecamatan and group as in force on the last day of the year.
-- Usage:   bin/lumbung query "$(cat sql/marts/apbdes/mart.sql)"
SELECT
    cast(apb.tahun AS INT) AS tahun,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
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
INNER JOIN ref.kelompok_apbdes AS kelompok
    ON
        apb.kelompok = kelompok.kode
        AND apb._akhir_tahun BETWEEN kelompok.berlaku_dari AND kelompok.berlaku_sampai
WHERE apb._dihapus_batch IS NULL
