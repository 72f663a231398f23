-- What:    public table: budget and realisation of every desa by year and group.
-- Grain:   periode (year) x kode_wilayah (desa) x kelompok.
-- Sources: mart.apbdes.
-- Usage:   bin/lumbung query "$(cat sql/marts/apbdes/publikasi_apbdes_desa.sql)"
SELECT
    kode_desa AS kode_wilayah,
    nama_desa AS nama_wilayah,
    nama_kecamatan AS kecamatan,
    tahun,
    cast(tahun AS STRING) AS periode,
    jenis,
    kelompok,
    kelompok_label,
    anggaran,
    realisasi,
    persen_realisasi,
    'rupiah' AS satuan,
    'final' AS status_nilai
FROM mart.apbdes
