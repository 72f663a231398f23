-- No half year has more businesses, workers or turnover than the rows of the survey, and no cell less than nothing.
WITH sumber AS (
    SELECT
        usaha.semester,
        count(*) AS jumlah_usaha,
        coalesce(sum(usaha.tenaga_kerja), 0) AS jumlah_tenaga_kerja,
        coalesce(sum(usaha.omzet), 0) AS jumlah_omzet
    FROM curated.umkm__usaha AS usaha
    WHERE usaha._dihapus_batch IS NULL
    GROUP BY usaha.semester
),

rekap AS (
    SELECT
        umkm_sektor.semester,
        sum(umkm_sektor.jumlah_usaha) AS jumlah_usaha,
        sum(umkm_sektor.jumlah_tenaga_kerja) AS jumlah_tenaga_kerja,
        sum(umkm_sektor.jumlah_omzet) AS jumlah_omzet,
        least(min(umkm_sektor.jumlah_tenaga_kerja), min(umkm_sektor.jumlah_omzet)) AS terkecil
    FROM mart.umkm_sektor AS umkm_sektor
    GROUP BY umkm_sektor.semester
)

SELECT
    rekap.semester,
    rekap.jumlah_usaha,
    sumber.jumlah_usaha AS jumlah_usaha_sumber,
    rekap.terkecil
FROM rekap
LEFT JOIN sumber
    ON rekap.semester = sumber.semester
WHERE
    sumber.semester IS NULL
    OR rekap.jumlah_usaha > sumber.jumlah_usaha
    OR rekap.jumlah_tenaga_kerja > sumber.jumlah_tenaga_kerja
    OR rekap.jumlah_omzet > sumber.jumlah_omzet
    OR rekap.terkecil < 0
