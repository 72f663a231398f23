-- Active pupils of every kecamatan, school form and grade are those of its schools, added up school by school.
WITH siswa AS (
    SELECT
        siswa.npsn,
        siswa.tingkat,
        count(*) AS jumlah
    FROM curated.dapodik__siswa AS siswa
    WHERE
        siswa._dihapus_batch IS NULL
        AND siswa.status = 'AKTIF'
    GROUP BY ALL
),

sumber AS (
    SELECT
        sekolah._kode_kecamatan AS kode_kecamatan,
        sekolah.bentuk_pendidikan,
        siswa.tingkat,
        sum(siswa.jumlah) AS jumlah
    FROM curated.dapodik__sekolah AS sekolah
    INNER JOIN siswa
        ON sekolah.npsn = siswa.npsn
    LEFT SEMI JOIN ref.wilayah AS kecamatan
        ON
            sekolah._kode_kecamatan = kecamatan.kode
            AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
            BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
    WHERE sekolah._dihapus_batch IS NULL
    GROUP BY ALL
),

rekap AS (
    SELECT
        murid.kode_kecamatan,
        murid.bentuk_pendidikan,
        murid.tingkat,
        sum(murid.jumlah_siswa) AS jumlah
    FROM mart.peserta_didik AS murid
    GROUP BY ALL
)

SELECT
    coalesce(rekap.kode_kecamatan, sumber.kode_kecamatan) AS kode_kecamatan,
    coalesce(rekap.bentuk_pendidikan, sumber.bentuk_pendidikan) AS bentuk_pendidikan,
    coalesce(rekap.tingkat, sumber.tingkat) AS tingkat,
    rekap.jumlah AS jumlah_siswa,
    sumber.jumlah AS jumlah_dapodik
FROM rekap
FULL OUTER JOIN sumber
    ON
        rekap.kode_kecamatan = sumber.kode_kecamatan
        AND rekap.bentuk_pendidikan = sumber.bentuk_pendidikan
        AND rekap.tingkat = sumber.tingkat
WHERE NOT rekap.jumlah <=> sumber.jumlah
