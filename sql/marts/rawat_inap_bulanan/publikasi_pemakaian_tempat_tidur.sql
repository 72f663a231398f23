-- What:    public table: use of the hospital's beds by month.
-- Grain:   periode (month).
-- Sources: mart.rawat_inap_bulanan.
-- Usage:   bin/lumbung query "$(cat sql/marts/rawat_inap_bulanan/publikasi_pemakaian_tempat_tidur.sql)"
SELECT
    '35.15' AS kode_wilayah,
    CAST(substr(bulan, 1, 4) AS INT) AS tahun,
    bulan AS periode,
    sum(tempat_tidur) AS tempat_tidur,
    sum(hari_perawatan) AS hari_perawatan,
    CAST(100 * sum(hari_perawatan) / nullif(sum(tempat_tidur) * max(jumlah_hari), 0) AS DECIMAL(7, 2)) AS bor,
    'hari' AS satuan,
    CASE
        WHEN max(jumlah_hari) < max(day(last_day(to_date(concat(bulan, '-01'))))) THEN 'sementara' ELSE 'final'
    END AS status_nilai
FROM mart.rawat_inap_bulanan
GROUP BY bulan
