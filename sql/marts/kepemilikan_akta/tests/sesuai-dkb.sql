-- A village has as many with, without and of unknown certificate as active rows with code 2, 1 and any other.
WITH dkb AS (
    SELECT
        penduduk.periode,
        penduduk._kode_desa AS kode_desa,
        count(*) AS jumlah,
        count(*) FILTER (WHERE penduduk.akta_lhr = 2) AS berakta,
        count(*) FILTER (WHERE penduduk.akta_lhr = 1) AS tidak_berakta
    FROM curated.siak__biodata_wni_dkb AS penduduk
    WHERE
        penduduk._dihapus_batch IS NULL
        AND penduduk.flag_status = '0'
        AND penduduk.tgl_lhr <= penduduk._akhir_periode
    GROUP BY penduduk.periode, penduduk._kode_desa
),

rekap AS (
    SELECT
        akta.periode,
        akta.kode_desa,
        sum(akta.jumlah_penduduk) AS jumlah,
        sum(akta.jumlah_berakta) AS berakta,
        sum(akta.jumlah_tidak_berakta) AS tidak_berakta,
        sum(akta.jumlah_tidak_diketahui) AS tidak_diketahui
    FROM mart.kepemilikan_akta AS akta
    GROUP BY akta.periode, akta.kode_desa
)

SELECT
    rekap.periode,
    rekap.kode_desa,
    rekap.jumlah,
    dkb.jumlah AS jumlah_dkb,
    rekap.berakta,
    dkb.berakta AS berakta_dkb
FROM rekap
LEFT JOIN dkb
    ON
        rekap.periode = dkb.periode
        AND rekap.kode_desa = dkb.kode_desa
WHERE
    dkb.jumlah IS NULL
    OR rekap.jumlah != dkb.jumlah
    OR rekap.berakta != dkb.berakta
    OR rekap.tidak_berakta != dkb.tidak_berakta
    OR rekap.tidak_diketahui != dkb.jumlah - dkb.berakta - dkb.tidak_berakta
