-- What:    public table: deaths by month and kecamatan; a missing cell is 0.
-- Grain:   periode (month) x kode_wilayah (kecamatan).
-- Sources: mart.peristiwa_kependudukan.
-- Usage:   bin/lumbung query "$(cat sql/marts/peristiwa_kependudukan/publikasi_kematian.sql)"
WITH bulan AS (
    SELECT DISTINCT
        periode,
        tahun,
        date_format(add_months(to_date(concat(max(periode) OVER (), '-01')), -1), 'yyyy-MM') AS sementara_dari
    FROM mart.peristiwa_kependudukan
    WHERE peristiwa = 'kematian'
),

kecamatan AS (
    SELECT
        kode_kecamatan,
        max_by(nama_kecamatan, periode) AS nama_kecamatan
    FROM mart.peristiwa_kependudukan
    GROUP BY kode_kecamatan
)

SELECT
    kecamatan.kode_kecamatan AS kode_wilayah,
    kecamatan.nama_kecamatan AS nama_wilayah,
    bulan.tahun,
    bulan.periode,
    coalesce(sum(peristiwa.jumlah_peristiwa), 0) AS jumlah_kematian,
    'jiwa' AS satuan,
    CASE WHEN bulan.periode >= bulan.sementara_dari THEN 'sementara' ELSE 'final' END AS status_nilai
FROM bulan
CROSS JOIN kecamatan
LEFT JOIN mart.peristiwa_kependudukan AS peristiwa
    ON
        bulan.periode = peristiwa.periode
        AND kecamatan.kode_kecamatan = peristiwa.kode_kecamatan
        AND peristiwa.peristiwa = 'kematian'
GROUP BY ALL
