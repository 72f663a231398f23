-- What:    public table: divorces by year and kecamatan; a missing cell is 0.
-- Grain:   periode (year) x kode_wilayah (kecamatan).
-- Sources: mart.perkawinan_perceraian.
-- Usage:   bin/lumbung query "$(cat sql/marts/perkawinan_perceraian/publikasi_perceraian.sql)"
WITH tahun AS (
    SELECT DISTINCT
        tahun,
        max(tahun) OVER () AS terakhir
    FROM mart.perkawinan_perceraian
    WHERE peristiwa = 'perceraian'
),

kecamatan AS (
    SELECT
        kode_kecamatan,
        max_by(nama_kecamatan, periode) AS nama_kecamatan
    FROM mart.perkawinan_perceraian
    GROUP BY kode_kecamatan
)

SELECT
    kecamatan.kode_kecamatan AS kode_wilayah,
    kecamatan.nama_kecamatan AS nama_wilayah,
    tahun.tahun,
    CAST(tahun.tahun AS STRING) AS periode,
    coalesce(sum(peristiwa.jumlah_peristiwa), 0) AS jumlah_perceraian,
    'peristiwa' AS satuan,
    CASE WHEN tahun.tahun = tahun.terakhir THEN 'sementara' ELSE 'final' END AS status_nilai
FROM tahun
CROSS JOIN kecamatan
LEFT JOIN mart.perkawinan_perceraian AS peristiwa
    ON
        tahun.tahun = peristiwa.tahun
        AND kecamatan.kode_kecamatan = peristiwa.kode_kecamatan
        AND peristiwa.peristiwa = 'perceraian'
GROUP BY ALL
