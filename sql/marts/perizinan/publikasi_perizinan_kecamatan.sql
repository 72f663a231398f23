-- What:    public table: applications for permits by year of registration and kecamatan, decided, on time, mean working
--          days; a missing cell is 0.
-- Grain:   periode (year) x kode_wilayah (kecamatan).
-- Sources: mart.perizinan.
-- Usage:   bin/lumbung query "$(cat sql/marts/perizinan/publikasi_perizinan_kecamatan.sql)"
WITH tahun AS (
    SELECT DISTINCT
        tahun,
        max(tahun) OVER () AS terakhir
    FROM mart.perizinan
),

kecamatan AS (
    SELECT
        kode_kecamatan,
        max_by(nama_kecamatan, periode) AS nama_kecamatan
    FROM mart.perizinan
    GROUP BY kode_kecamatan
)

SELECT
    kecamatan.kode_kecamatan AS kode_wilayah,
    kecamatan.nama_kecamatan AS nama_wilayah,
    tahun.tahun,
    CAST(tahun.tahun AS STRING) AS periode,
    coalesce(sum(izin.jumlah_permohonan), 0) AS jumlah_permohonan,
    coalesce(sum(izin.jumlah_selesai), 0) AS jumlah_selesai,
    coalesce(sum(izin.jumlah_tepat_waktu), 0) AS jumlah_tepat_waktu,
    CAST(sum(izin.jumlah_hari_kerja) / nullif(sum(izin.jumlah_selesai), 0) AS DECIMAL(7, 1)) AS rata_hari_kerja,
    'permohonan' AS satuan,
    CASE
        WHEN tahun.tahun = max(tahun.terakhir) THEN 'sementara'
        WHEN sum(izin.jumlah_selesai) < sum(izin.jumlah_permohonan) THEN 'sementara'
        ELSE 'final'
    END AS status_nilai
FROM tahun
CROSS JOIN kecamatan
LEFT JOIN mart.perizinan AS izin
    ON
        tahun.tahun = izin.tahun
        AND kecamatan.kode_kecamatan = izin.kode_kecamatan
GROUP BY ALL
