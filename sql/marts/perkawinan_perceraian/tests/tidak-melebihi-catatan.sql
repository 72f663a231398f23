-- No month of a kecamatan has more weddings or divorces than records of a wedding or ruling in it.
WITH catatan AS (
    SELECT
        'perkawinan' AS peristiwa,
        trunc(kawin.kawin_tgl, 'MM') AS bulan,
        kawin._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_kawin AS kawin
    WHERE kawin._dihapus_batch IS NULL
    UNION ALL
    SELECT
        'perceraian' AS peristiwa,
        trunc(cerai.putusan_tgl, 'MM') AS bulan,
        cerai._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_cerai AS cerai
    WHERE cerai._dihapus_batch IS NULL
)

SELECT
    rekap.peristiwa,
    rekap.periode,
    rekap.kode_kecamatan,
    rekap.jumlah_peristiwa,
    count(catatan.bulan) AS jumlah_catatan
FROM mart.perkawinan_perceraian AS rekap
LEFT JOIN catatan
    ON
        rekap.peristiwa = catatan.peristiwa
        AND rekap.kode_kecamatan = catatan.kode_kecamatan
        AND to_date(concat(rekap.periode, '-01')) = catatan.bulan
GROUP BY rekap.peristiwa, rekap.periode, rekap.kode_kecamatan, rekap.jumlah_peristiwa
HAVING rekap.jumlah_peristiwa > count(catatan.bulan)
