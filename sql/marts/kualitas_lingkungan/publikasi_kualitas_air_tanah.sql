-- What:    public table: every result with its standard.
-- Grain:   periode (day) x kode_titik x kode_parameter.
-- Sources: mart.kualitas_lingkungan.
-- Usage:   bin/lumbung query "$(cat sql/marts/kualitas_lingkungan/publikasi_kualitas_air_tanah.sql)"
SELECT
    '35.15' AS kode_wilayah,
    year(tanggal) AS tahun,
    CAST(tanggal AS STRING) AS periode,
    kode_titik,
    lokasi,
    media,
    kode_parameter,
    nama_parameter,
    hasil,
    baku_terendah,
    baku_tertinggi,
    status_baku,
    CASE WHEN satuan = '-' THEN 'tanpa satuan' ELSE satuan END AS satuan,
    'final' AS status_nilai
FROM mart.kualitas_lingkungan
