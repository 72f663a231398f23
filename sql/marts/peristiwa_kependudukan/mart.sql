-- What:    births and deaths per month and kecamatan.
-- Grain:   peristiwa x periode (month) x kode_kecamatan.
-- Sources: curated.siak__capil_lahir, curated.siak__capil_mati (current rows), ref.wilayah.
-- Rules:   month of the event itself: date of birth (BAYI_TGL_LAHIR) or of death (MATI_TGL), not of the report.
-- Usage:   bin/lumbung query "$(cat sql/marts/peristiwa_kependudukan/mart.sql)"
WITH peristiwa AS (
    SELECT
        'kelahiran' AS peristiwa,
        lahir.bayi_tgl_lahir AS tanggal,
        lahir._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_lahir AS lahir
    WHERE lahir._dihapus_batch IS NULL
    UNION ALL
    SELECT
        'kematian' AS peristiwa,
        mati.mati_tgl AS tanggal,
        mati._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_mati AS mati
    WHERE mati._dihapus_batch IS NULL
)

SELECT
    peristiwa.peristiwa,
    date_format(peristiwa.tanggal, 'yyyy-MM') AS periode,
    year(peristiwa.tanggal) AS tahun,
    month(peristiwa.tanggal) AS bulan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    count(*) AS jumlah_peristiwa
FROM peristiwa
INNER JOIN ref.wilayah AS kecamatan
    ON
        peristiwa.kode_kecamatan = kecamatan.kode
        AND peristiwa.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
GROUP BY ALL
