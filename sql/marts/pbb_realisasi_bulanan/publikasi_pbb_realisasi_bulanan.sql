-- What:    public table: PBB money received by month of payment and kecamatan; a missing cell is 0.
-- Grain:   periode (month of payment) x kode_wilayah (kecamatan).
-- Sources: mart.pbb_realisasi_bulanan.
-- Usage:   bin/lumbung query "$(cat sql/marts/pbb_realisasi_bulanan/publikasi_pbb_realisasi_bulanan.sql)"
WITH bulan AS (
    SELECT DISTINCT
        periode,
        tahun,
        max(periode) OVER () AS terakhir
    FROM mart.pbb_realisasi_bulanan
),

kecamatan AS (
    SELECT
        kode_kecamatan,
        max_by(nama_kecamatan, periode) AS nama_kecamatan
    FROM mart.pbb_realisasi_bulanan
    GROUP BY kode_kecamatan
)

SELECT
    kecamatan.kode_kecamatan AS kode_wilayah,
    kecamatan.nama_kecamatan AS nama_wilayah,
    bulan.tahun,
    bulan.periode,
    coalesce(pbb.jumlah_pembayaran, 0) AS jumlah_pembayaran,
    coalesce(pbb.pokok_dibayar, 0) AS jumlah_pokok_dibayar,
    'rupiah' AS satuan,
    CASE
        WHEN pbb.rawan THEN 'disamarkan'
        WHEN bulan.periode = bulan.terakhir THEN 'sementara'
        ELSE 'final'
    END AS status_nilai
FROM bulan
CROSS JOIN kecamatan
LEFT JOIN mart.pbb_realisasi_bulanan AS pbb
    ON
        bulan.periode = pbb.periode
        AND kecamatan.kode_kecamatan = pbb.kode_kecamatan
