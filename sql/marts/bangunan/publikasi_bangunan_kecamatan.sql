-- What:    public table: buildings by use and kecamatan; a missing cell is 0.
-- Grain:   kode_wilayah (kecamatan) x penggunaan.
-- Sources: mart.bangunan.
-- Usage:   bin/lumbung query "$(cat sql/marts/bangunan/publikasi_bangunan_kecamatan.sql)"
WITH kecamatan AS (
    SELECT DISTINCT
        kode_kecamatan,
        nama_kecamatan
    FROM mart.bangunan
),

penggunaan AS (
    SELECT DISTINCT
        penggunaan,
        penggunaan_label
    FROM mart.bangunan
)

SELECT
    kecamatan.kode_kecamatan AS kode_wilayah,
    kecamatan.nama_kecamatan AS nama_wilayah,
    penggunaan.penggunaan,
    penggunaan.penggunaan_label,
    coalesce(sum(bangunan.jumlah_bangunan), 0) AS jumlah_bangunan,
    'bangunan' AS satuan,
    'final' AS status_nilai
FROM kecamatan
CROSS JOIN penggunaan
LEFT JOIN mart.bangunan AS bangunan
    ON
        kecamatan.kode_kecamatan = bangunan.kode_kecamatan
        AND penggunaan.penggunaan = bangunan.penggunaan
GROUP BY ALL
