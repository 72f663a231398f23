-- What:    visitors of every destination by month and kind.
-- Grain:   bulan x kode_destinasi x wisatawan.
-- Sources: curated.wisata__kunjungan_wisata, curated.wisata__destinasi (current rows), ref.wilayah.
-- Rules:   visitors are reported by the destination's name; of a name that two destinations share nobody knows whose
--          they are, and they are left out.
-- Usage:   bin/lumbung query "$(cat sql/marts/wisata_bulanan/mart.sql)"
WITH destinasi AS (
    SELECT
        tempat.nama_wisata,
        max(tempat.kode) AS kode,
        max(tempat.jenis) AS jenis,
        max(tempat._kode_kecamatan) AS kode_kecamatan
    FROM curated.wisata__destinasi AS tempat
    WHERE tempat._dihapus_batch IS NULL
    GROUP BY tempat.nama_wisata
    HAVING count(*) = 1
)

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
INNER JOIN destinasi
    ON kunjungan.nama_wisata = destinasi.nama_wisata
INNER JOIN ref.wilayah AS kecamatan
    ON
        destinasi.kode_kecamatan = kecamatan.kode
        AND to_date(concat(kunjungan.bulan, '-01')) BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE kunjungan._dihapus_batch IS NULL
