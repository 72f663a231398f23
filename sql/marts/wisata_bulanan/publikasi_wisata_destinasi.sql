-- What:    public table: visitors of every destination by month and kind.
-- Grain:   periode (month) x kode_destinasi x wisatawan.
-- Sources: mart.wisata_bulanan.
-- Usage:   bin/lumbung query "$(cat sql/marts/wisata_bulanan/publikasi_wisata_destinasi.sql)"
SELECT
    kode_kecamatan AS kode_wilayah,
    nama_kecamatan AS nama_wilayah,
    CAST(substr(bulan, 1, 4) AS INT) AS tahun,
    bulan AS periode,
    kode_destinasi,
    nama_wisata AS destinasi,
    jenis,
    wisatawan,
    CAST(jumlah_wisatawan AS BIGINT) AS jumlah_wisatawan,
    'orang' AS satuan,
    CASE WHEN bulan = max(bulan) OVER () THEN 'sementara' ELSE 'final' END AS status_nilai
FROM mart.wisata_bulanan
