-- A village has as many families as its active rows have NO_KK, and their children and elders by date of birth.
WITH dkb AS (
    SELECT
        penduduk.periode,
        penduduk._kode_desa AS kode_desa,
        count(DISTINCT penduduk.no_kk) AS keluarga,
        count_if(penduduk.tgl_lhr > add_months(penduduk._akhir_periode, -12 * 15)) AS anak,
        count_if(penduduk.tgl_lhr <= add_months(penduduk._akhir_periode, -12 * 65)) AS lansia
    FROM curated.siak__biodata_wni_dkb AS penduduk
    WHERE
        penduduk._dihapus_batch IS NULL
        AND penduduk.flag_status = '0'
        AND penduduk.tgl_lhr <= penduduk._akhir_periode
        AND penduduk.no_kk IS NOT NULL
    GROUP BY penduduk.periode, penduduk._kode_desa
),

rekap AS (
    SELECT
        keluarga.periode,
        keluarga.kode_desa,
        sum(keluarga.jumlah_keluarga) AS keluarga,
        sum(keluarga.penduduk_0_14) AS anak,
        sum(keluarga.penduduk_65_ke_atas) AS lansia
    FROM mart.keluarga_ukuran AS keluarga
    GROUP BY keluarga.periode, keluarga.kode_desa
)

SELECT
    rekap.periode,
    rekap.kode_desa,
    rekap.keluarga,
    dkb.keluarga AS keluarga_dkb
FROM rekap
LEFT JOIN dkb
    ON
        rekap.periode = dkb.periode
        AND rekap.kode_desa = dkb.kode_desa
WHERE
    dkb.keluarga IS NULL
    OR rekap.keluarga != dkb.keluarga
    OR rekap.anak != dkb.anak
    OR rekap.lansia != dkb.lansia
