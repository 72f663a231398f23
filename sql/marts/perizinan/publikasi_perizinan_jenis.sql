-- What:    public table: applications for permits by year of registration and kind: decided, on time, mean working
--          days; a missing cell is 0.
-- Grain:   periode (year) x jenis_izin.
-- Sources: mart.perizinan.
-- Usage:   bin/lumbung query "$(cat sql/marts/perizinan/publikasi_perizinan_jenis.sql)"
WITH tahun AS (
    SELECT DISTINCT
        tahun,
        max(tahun) OVER () AS terakhir
    FROM mart.perizinan
),

jenis AS (
    SELECT
        jenis_izin,
        max_by(jenis_izin_label, periode) AS jenis_izin_label
    FROM mart.perizinan
    GROUP BY jenis_izin
)

SELECT
    tahun.tahun,
    CAST(tahun.tahun AS STRING) AS periode,
    jenis.jenis_izin,
    jenis.jenis_izin_label,
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
CROSS JOIN jenis
LEFT JOIN mart.perizinan AS izin
    ON
        tahun.tahun = izin.tahun
        AND jenis.jenis_izin = izin.jenis_izin
GROUP BY ALL
