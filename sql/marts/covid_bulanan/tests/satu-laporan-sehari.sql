-- A kecamatan reports once a day: as many reports as days, and between the least and the most cases of those days.
WITH hari AS (
    SELECT
        kasus._kode_kecamatan AS kode_kecamatan,
        kasus.tanggal,
        min(kasus.konfirmasi) AS terendah,
        max(kasus.konfirmasi) AS tertinggi
    FROM curated.covid__kasus_harian AS kasus
    WHERE kasus._dihapus_batch IS NULL
    GROUP BY ALL
),

sumber AS (
    SELECT
        hari.kode_kecamatan,
        left(cast(hari.tanggal AS STRING), 7) AS bulan,
        count(*) AS jumlah_hari,
        sum(hari.terendah) AS terendah,
        sum(hari.tertinggi) AS tertinggi
    FROM hari
    GROUP BY ALL
)

SELECT
    bulanan.bulan,
    bulanan.kode_kecamatan,
    bulanan.jumlah_laporan,
    sumber.jumlah_hari,
    bulanan.konfirmasi
FROM mart.covid_bulanan AS bulanan
LEFT JOIN sumber
    ON
        bulanan.bulan = sumber.bulan
        AND bulanan.kode_kecamatan = sumber.kode_kecamatan
WHERE
    sumber.bulan IS NULL
    OR bulanan.jumlah_laporan > sumber.jumlah_hari
    OR bulanan.konfirmasi > sumber.tertinggi
    OR (bulanan.jumlah_laporan = sumber.jumlah_hari AND bulanan.konfirmasi < sumber.terendah)
