-- Visits of every month and age group are those of the source, told by birthdays instead of ages; and so are those
-- without a diagnosis.
WITH kunjungan AS (
    SELECT
        pasien.tanggal_lahir,
        pasien.icd10,
        to_date(from_utc_timestamp(pasien.waktu, :zona)) AS hari -- noqa: LT01
    FROM curated.simrs__kunjungan_pasien AS pasien
    WHERE pasien._dihapus_batch IS NULL AND pasien.jenis_kelamin IN ('L', 'P')
),

sumber AS (
    SELECT
        left(cast(kunjungan.hari AS STRING), 7) AS bulan,
        umur.kode AS kelompok_umur,
        count(*) AS jumlah,
        count(kunjungan.icd10) AS jumlah_diagnosis
    FROM kunjungan
    INNER JOIN ref.kelompok_umur AS umur
        ON
            kunjungan.hari >= add_months(kunjungan.tanggal_lahir, 12 * cast(umur.umur_dari AS INT))
            AND kunjungan.hari
            < coalesce(add_months(kunjungan.tanggal_lahir, 12 * cast(umur.umur_sampai AS INT) + 12), DATE '9999-12-31')
    GROUP BY ALL
),

rekap AS (
    SELECT
        rs.bulan,
        rs.kelompok_umur,
        sum(rs.jumlah_kunjungan) AS jumlah,
        sum(if(rs.bab_penyakit = '-', 0, rs.jumlah_kunjungan)) AS jumlah_diagnosis
    FROM mart.kunjungan_rs AS rs
    GROUP BY ALL
)

SELECT
    coalesce(rekap.bulan, sumber.bulan) AS bulan,
    coalesce(rekap.kelompok_umur, sumber.kelompok_umur) AS kelompok_umur,
    rekap.jumlah AS jumlah_kunjungan,
    sumber.jumlah AS jumlah_sumber
FROM rekap
FULL OUTER JOIN sumber
    ON
        rekap.bulan = sumber.bulan
        AND rekap.kelompok_umur = sumber.kelompok_umur
WHERE
    NOT rekap.jumlah <=> sumber.jumlah
    OR NOT rekap.jumlah_diagnosis <=> sumber.jumlah_diagnosis
