-- A village's women and men, and the children and elders among them, are those of its active rows by date of birth.
WITH dkb AS (
    SELECT
        penduduk.periode,
        penduduk._kode_desa AS kode_desa,
        penduduk.jenis_klmin,
        count(*) AS jumlah,
        count_if(penduduk.tgl_lhr > add_months(penduduk._akhir_periode, -12 * 15)) AS anak,
        count_if(penduduk.tgl_lhr <= add_months(penduduk._akhir_periode, -12 * 65)) AS lansia
    FROM curated.siak__biodata_wni_dkb AS penduduk
    WHERE
        penduduk._dihapus_batch IS NULL
        AND penduduk.flag_status = '0'
        AND penduduk.tgl_lhr <= penduduk._akhir_periode
    GROUP BY penduduk.periode, penduduk._kode_desa, penduduk.jenis_klmin
),

rekap AS (
    SELECT
        penduduk.periode,
        penduduk.kode_desa,
        cast(penduduk.jenis_kelamin AS INT) AS jenis_klmin,
        sum(penduduk.jumlah_penduduk) AS jumlah,
        sum(if(penduduk.kelompok_umur IN ('00-04', '05-09', '10-14'), penduduk.jumlah_penduduk, 0)) AS anak,
        sum(if(penduduk.kelompok_umur IN ('65-69', '70-74', '75+'), penduduk.jumlah_penduduk, 0)) AS lansia
    FROM mart.penduduk_semester AS penduduk
    GROUP BY penduduk.periode, penduduk.kode_desa, penduduk.jenis_kelamin
)

SELECT
    rekap.periode,
    rekap.kode_desa,
    rekap.jenis_klmin,
    rekap.jumlah,
    dkb.jumlah AS jumlah_dkb
FROM rekap
LEFT JOIN dkb
    ON
        rekap.periode = dkb.periode
        AND rekap.kode_desa = dkb.kode_desa
        AND rekap.jenis_klmin = dkb.jenis_klmin
WHERE
    dkb.jumlah IS NULL
    OR rekap.jumlah != dkb.jumlah
    OR rekap.anak != dkb.anak
    OR rekap.lansia != dkb.lansia
