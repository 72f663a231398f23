-- What:    visitors of every destination by month and kind.
-- Grain:   bulan x kode_destinasi x wisatawan.
-- Sources: curated.wisata__kunjungan_wisata, curated.wisata__destinasi (current rows), ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/wisata_bulanan/mart.sql)"
SELECT
    kunjungan.bulan,
    destinasi.kode AS kode_destinasi,
    destinasi.nama_wisata,
    destinasi.jenis,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    kunjungan.wisatawan,
    kunjungan.jumlah AS jumlah_wisatawan,
    coalesce(kunjungan.pendapatan, 0) AS pendapatan
FROM curated.wisata__kunjungan_wisata AS kunjungan
INNER JOIN curated.wisata__destinasi AS destinasi
    ON
        kunjungan.nama_wisata = destinasi.nama_wisata
        AND destinasi._dihapus_batch IS NULL
INNER JOIN ref.wilayah AS kecamatan
    ON
        destinasi._kode_kecamatan = kecamatan.kode
        AND to_date(concat(kunjungan.bulan, '-01')) BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE kunjungan._dihapus_batch IS NULL
