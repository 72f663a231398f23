-- What:    public table: area, inhabitants and facilities of every village by year.
-- Grain:   periode (year) x kode_wilayah (desa or kelurahan).
-- Sources: mart.profil_desa.
-- Usage:   bin/lumbung query "$(cat sql/marts/profil_desa/publikasi_profil_desa.sql)"
SELECT
    kode_desa AS kode_wilayah,
    nama_desa AS nama_wilayah,
    nama_kecamatan AS kecamatan,
    tingkat,
    tahun,
    cast(tahun AS STRING) AS periode,
    luas_ha,
    jumlah_penduduk,
    jumlah_keluarga,
    kepadatan,
    jumlah_paud,
    jumlah_sd,
    jumlah_posyandu,
    'menurut kolom' AS satuan,
    CASE WHEN rawan THEN 'disamarkan' ELSE 'final' END AS status_nilai
FROM mart.profil_desa
