-- What:    where every current line of visitors went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.wisata__kunjungan_wisata, curated.wisata__destinasi, ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/wisata_bulanan/identity.sql)"
WITH destinasi AS (
    SELECT
        tempat.nama_wisata,
        count(*) AS jumlah_kode,
        max(tempat._kode_kecamatan) AS kode_kecamatan
    FROM curated.wisata__destinasi AS tempat
    WHERE tempat._dihapus_batch IS NULL
    GROUP BY tempat.nama_wisata
)

SELECT
    'wisata__kunjungan_wisata' AS sumber,
    CASE
        WHEN destinasi.nama_wisata IS NULL THEN 'destinasi tidak dikenal'
        WHEN destinasi.jumlah_kode > 1 THEN 'nama milik lebih dari satu destinasi'
        WHEN kecamatan.kode IS NULL THEN 'kecamatan destinasi tidak berlaku pada awal bulan'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.wisata__kunjungan_wisata AS kunjungan
LEFT JOIN destinasi
    ON kunjungan.nama_wisata = destinasi.nama_wisata
LEFT JOIN ref.wilayah AS kecamatan
    ON
        destinasi.kode_kecamatan = kecamatan.kode
        AND to_date(concat(kunjungan.bulan, '-01')) BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE kunjungan._dihapus_batch IS NULL
GROUP BY ALL
