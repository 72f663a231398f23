-- What:    public table: rows received, accepted, refused and read again unchanged by month and dataset.
-- Grain:   periode (month) x dataset.
-- Sources: mart.kualitas_data.
-- Usage:   bin/lumbung query "$(cat sql/marts/kualitas_data/publikasi_kualitas_data.sql)"
SELECT
    CAST(substr(bulan, 1, 4) AS INT) AS tahun,
    bulan AS periode,
    sistem,
    dataset,
    judul,
    diterima AS jumlah_diterima,
    baik AS jumlah_baik,
    ditolak AS jumlah_ditolak,
    duplikat AS jumlah_duplikat,
    'baris' AS satuan,
    status_nilai
FROM mart.kualitas_data
