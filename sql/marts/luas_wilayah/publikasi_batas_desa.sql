-- What:    public table: boundary and area of every village that is drawn.
-- Grain:   kode_wilayah (desa/kelurahan).
-- Sources: mart.luas_wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/luas_wilayah/publikasi_batas_desa.sql)"
SELECT
    kode_desa AS kode_wilayah,
    nama_desa AS nama_wilayah,
    kode_kecamatan,
    nama_kecamatan,
    luas_km2 AS luas,
    'km²' AS satuan,
    'sementara' AS status_nilai,
    batas AS geometri
FROM mart.luas_wilayah
WHERE jumlah_batas = 1
