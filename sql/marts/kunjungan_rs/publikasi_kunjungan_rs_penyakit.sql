-- What:    public table: visits by month and group of diseases.
-- Grain:   periode (month) x bab_penyakit.
-- Sources: mart.kunjungan_rs.
-- Usage:   bin/lumbung query "$(cat sql/marts/kunjungan_rs/publikasi_kunjungan_rs_penyakit.sql)"
SELECT
    '35.15' AS kode_wilayah,
    CAST(substr(bulan, 1, 4) AS INT) AS tahun,
    bulan AS periode,
    bab_penyakit,
    max(bab_penyakit_label) AS kelompok_penyakit,
    sum(jumlah_kunjungan) AS jumlah_kunjungan,
    'kunjungan' AS satuan,
    CASE WHEN bulan = max(bulan) OVER () THEN 'sementara' ELSE 'final' END AS status_nilai
FROM mart.kunjungan_rs
GROUP BY bulan, bab_penyakit
