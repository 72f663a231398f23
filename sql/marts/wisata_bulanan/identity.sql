-- What:    where every current line of visitors went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.wisata__kunjungan_wisata, curated.wisata__destinasi.
-- Usage:   bin/lumbung query "$(cat sql/marts/wisata_bulanan/identity.sql)"
SELECT
    'wisata__kunjungan_wisata' AS sumber,
    CASE WHEN destinasi.kode IS NULL THEN 'destinasi tidak dikenal' ELSE 'dihitung' END AS alasan,
    count(*) AS jumlah
FROM curated.wisata__kunjungan_wisata AS kunjungan
LEFT JOIN curated.wisata__destinasi AS destinasi
    ON
        kunjungan.nama_wisata = destinasi.nama_wisata
        AND destinasi._dihapus_batch IS NULL
WHERE kunjungan._dihapus_batch IS NULL
GROUP BY ALL
