-- What:    visits to the hospital by month, age group, sex and group of diseases.
-- Grain:   bulan x kelompok_umur x jenis_kelamin x bab_penyakit.
-- Sources: curated.simrs__kunjungan_pasien (current rows), ref.kelompok_umur, ref.icd10_bab.
-- Params:  :zona   where the day of a visit begins and ends
-- Rules:   age in whole years on the day of the visit; group of diseases: the ICD-10 chapter of the main diagnosis,
--          - without one, ? where no chapter has its code; visits without birthday or sex are left out.
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH kunjungan AS (
    SELECT
        to_date(from_utc_timestamp(waktu, :zona)) AS hari, -- noqa: LT01
        jenis_kelamin,
        tanggal_lahir,
        substr(icd10, 1, 3) AS kategori
    FROM curated.simrs__kunjungan_pasien
    WHERE _dihapus_batch IS NULL AND tanggal_lahir IS NOT NULL AND jenis_kelamin IN ('L', 'P')
)

SELECT
    date_format(kunjungan.hari, 'yyyy-MM') AS bulan,
    umur.kode AS kelompok_umur,
    umur.label AS kelompok_umur_label,
    kunjungan.jenis_kelamin,
    coalesce(bab.kode, if(kunjungan.kategori IS NULL, '-', '?')) AS bab_penyakit,
    coalesce(
        bab.nama, if(kunjungan.kategori IS NULL, 'Tanpa diagnosis', 'Kode di luar bab ICD-10')
    ) AS bab_penyakit_label,
    count(*) AS jumlah_kunjungan
FROM kunjungan
INNER JOIN ref.kelompok_umur AS umur
    ON
        floor(months_between(kunjungan.hari, kunjungan.tanggal_lahir) / 12)
        BETWEEN cast(umur.umur_dari AS INT) AND coalesce(cast(umur.umur_sampai AS INT), 200)
LEFT JOIN ref.icd10_bab AS bab ON kunjungan.kategori BETWEEN bab.dari AND bab.sampai
GROUP BY ALL
