-- What:    how the hospital's beds are used, by month and class: BOR, LOS, TOI.
-- Grain:   bulan x kelas, every month from the first stay to the as-of day.
-- Sources: curated.simrs__rawat_inap, curated.simrs__tempat_tidur (current rows).
-- Params:  :data_per, :zona   the as-of moment and where its day begins and ends
-- Rules:   a stay counts in every month in which it has a night; days of care are nights, at least 1 for one that has
--          ended; what is after the as-of day is not yet. BOR = days of care / (beds x days), LOS = length of the ended
--          stays / their number, TOI = free bed days / ended stays (Kemenkes, Juknis SIRS 2011); the days of the last
--          month are those that have passed, at least 1.
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH catatan AS (
    SELECT
        kelas,
        to_date(from_utc_timestamp(masuk, :zona)) AS masuk, -- noqa: LT01
        to_date(from_utc_timestamp(keluar, :zona)) AS keluar, -- noqa: LT01
        to_date(from_utc_timestamp(:data_per, :zona)) AS hari_ini -- noqa: LT01
    FROM curated.simrs__rawat_inap
    WHERE _dihapus_batch IS NULL
),

rawat AS (
    SELECT
        catatan.kelas,
        catatan.masuk,
        CASE WHEN catatan.keluar <= catatan.hari_ini THEN catatan.keluar END AS keluar,
        catatan.hari_ini
    FROM catatan
    WHERE catatan.masuk <= catatan.hari_ini
),

deret AS (
    SELECT
        rentang.akhir,
        explode(sequence(trunc(rentang.awal, 'MM'), trunc(rentang.akhir, 'MM'), INTERVAL 1 MONTH)) AS awal
    FROM (
        SELECT
            min(rawat.masuk) AS awal,
            max(rawat.hari_ini) AS akhir
        FROM rawat
    ) AS rentang
    WHERE rentang.awal IS NOT NULL
),

bulan AS (
    SELECT
        deret.awal,
        greatest(datediff(least(add_months(deret.awal, 1), deret.akhir), deret.awal), 1) AS jumlah_hari
    FROM deret
),

kamar AS (
    SELECT
        kelas,
        jumlah
    FROM curated.simrs__tempat_tidur
    WHERE _dihapus_batch IS NULL
),

hari AS (
    SELECT
        bulan.awal,
        rawat.kelas,
        count_if(trunc(rawat.masuk, 'MM') = bulan.awal) AS pasien_masuk,
        count_if(trunc(rawat.keluar, 'MM') = bulan.awal) AS pasien_keluar,
        sum(
            CASE
                WHEN trunc(rawat.keluar, 'MM') = bulan.awal THEN greatest(datediff(rawat.keluar, rawat.masuk), 1)
                ELSE 0
            END
        ) AS lama_dirawat,
        sum(
            greatest(
                datediff(
                    least(coalesce(rawat.keluar, rawat.hari_ini), add_months(bulan.awal, 1)),
                    greatest(rawat.masuk, bulan.awal)
                ),
                CASE WHEN rawat.masuk = rawat.keluar AND trunc(rawat.masuk, 'MM') = bulan.awal THEN 1 ELSE 0 END
            )
        ) AS hari_perawatan
    FROM bulan
    INNER JOIN rawat
        ON
            rawat.masuk < add_months(bulan.awal, 1)
            AND coalesce(rawat.keluar, rawat.hari_ini) >= bulan.awal
    GROUP BY bulan.awal, rawat.kelas
)

SELECT
    date_format(bulan.awal, 'yyyy-MM') AS bulan,
    kamar.kelas,
    kamar.jumlah AS tempat_tidur,
    bulan.jumlah_hari,
    coalesce(hari.pasien_masuk, 0) AS pasien_masuk,
    coalesce(hari.pasien_keluar, 0) AS pasien_keluar,
    coalesce(hari.hari_perawatan, 0) AS hari_perawatan,
    cast(
        100 * coalesce(hari.hari_perawatan, 0) / nullif(kamar.jumlah * bulan.jumlah_hari, 0) AS DECIMAL(7, 2)
    ) AS bor,
    cast(hari.lama_dirawat / nullif(hari.pasien_keluar, 0) AS DECIMAL(9, 2)) AS los,
    cast(
        (kamar.jumlah * bulan.jumlah_hari - coalesce(hari.hari_perawatan, 0))
        / nullif(hari.pasien_keluar, 0) AS DECIMAL(9, 2)
    ) AS toi
FROM bulan
CROSS JOIN kamar
LEFT JOIN hari
    ON
        bulan.awal = hari.awal
        AND kamar.kelas = hari.kelas
