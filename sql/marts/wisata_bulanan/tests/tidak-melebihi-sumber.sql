-- No month has more lines, visitors or income of a kind than was reported.
WITH sumber AS (
    SELECT
        kunjungan.bulan,
        kunjungan.wisatawan,
        count(*) AS baris,
        sum(kunjungan.jumlah) AS jumlah,
        coalesce(sum(kunjungan.pendapatan), 0) AS pendapatan
    FROM curated.wisata__kunjungan_wisata AS kunjungan
    WHERE kunjungan._dihapus_batch IS NULL
    GROUP BY ALL
),

rekap AS (
    SELECT
        wisata.bulan,
        wisata.wisatawan,
        count(*) AS baris,
        sum(wisata.jumlah_wisatawan) AS jumlah,
        sum(wisata.pendapatan) AS pendapatan
    FROM mart.wisata_bulanan AS wisata
    GROUP BY ALL
)

SELECT
    rekap.bulan,
    rekap.wisatawan,
    rekap.jumlah AS jumlah_wisatawan,
    sumber.jumlah AS jumlah_sumber
FROM rekap
LEFT JOIN sumber
    ON
        rekap.bulan = sumber.bulan
        AND rekap.wisatawan = sumber.wisatawan
WHERE
    sumber.bulan IS NULL
    OR rekap.baris > sumber.baris
    OR rekap.jumlah > sumber.jumlah
    OR rekap.pendapatan > sumber.pendapatan
