-- No month of a kecamatan has more births or deaths than records of one in it.
WITH catatan AS (
    SELECT
        'kelahiran' AS peristiwa,
        trunc(lahir.bayi_tgl_lahir, 'MM') AS bulan,
        lahir._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_lahir AS lahir
    WHERE lahir._dihapus_batch IS NULL
    UNION ALL
    SELECT
        'kematian' AS peristiwa,
        trunc(mati.mati_tgl, 'MM') AS bulan,
        mati._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_mati AS mati
    WHERE mati._dihapus_batch IS NULL
)

SELECT
    rekap.peristiwa,
    rekap.periode,
    rekap.kode_kecamatan,
    rekap.jumlah_peristiwa,
    count(catatan.bulan) AS jumlah_catatan
FROM mart.peristiwa_kependudukan AS rekap
LEFT JOIN catatan
    ON
        rekap.peristiwa = catatan.peristiwa
        AND rekap.kode_kecamatan = catatan.kode_kecamatan
        AND to_date(concat(rekap.periode, '-01')) = catatan.bulan
GROUP BY rekap.peristiwa, rekap.periode, rekap.kode_kecamatan, rekap.jumlah_peristiwa
HAVING rekap.jumlah_peristiwa > count(catatan.bulan)
