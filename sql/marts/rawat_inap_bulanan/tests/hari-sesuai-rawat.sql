-- Days of care of a class over all months are the nights of its stays, from the day of coming to that of leaving, and
-- those who left are those who have left.
WITH rawat AS (
    SELECT
        inap.kelas,
        to_date(from_utc_timestamp(inap.masuk, :zona)) AS masuk, -- noqa: LT01
        to_date(from_utc_timestamp(inap.keluar, :zona)) AS keluar, -- noqa: LT01
        to_date(from_utc_timestamp(:data_per, :zona)) AS hari_ini -- noqa: LT01
    FROM curated.simrs__rawat_inap AS inap
    WHERE inap._dihapus_batch IS NULL
),

sumber AS (
    SELECT
        rawat.kelas,
        sum(datediff(least(rawat.keluar, rawat.hari_ini), rawat.masuk)) + count_if(rawat.keluar = rawat.masuk) AS hari,
        count_if(rawat.keluar <= rawat.hari_ini) AS keluar
    FROM rawat
    LEFT SEMI JOIN curated.simrs__tempat_tidur AS kamar
        ON
            rawat.kelas = kamar.kelas
            AND kamar._dihapus_batch IS NULL
    WHERE rawat.masuk <= rawat.hari_ini
    GROUP BY rawat.kelas
),

rekap AS (
    SELECT
        bulanan.kelas,
        sum(bulanan.hari_perawatan) AS hari,
        sum(bulanan.pasien_keluar) AS keluar
    FROM mart.rawat_inap_bulanan AS bulanan
    GROUP BY bulanan.kelas
)

SELECT
    coalesce(rekap.kelas, sumber.kelas) AS kelas,
    rekap.hari AS hari_perawatan,
    sumber.hari AS hari_sumber,
    rekap.keluar AS pasien_keluar,
    sumber.keluar AS keluar_sumber
FROM rekap
FULL OUTER JOIN sumber
    ON rekap.kelas = sumber.kelas
WHERE
    coalesce(rekap.hari, 0) != coalesce(sumber.hari, 0)
    OR coalesce(rekap.keluar, 0) != coalesce(sumber.keluar, 0)
