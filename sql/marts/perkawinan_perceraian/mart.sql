-- What:    marriages and divorces per month and kecamatan.
-- Grain:   peristiwa x periode (month) x kode_kecamatan.
-- Sources: curated.siak__capil_kawin, curated.siak__capil_cerai (current rows), ref.wilayah.
-- Rules:   month of the event itself: the wedding (KAWIN_TGL) or the ruling (PUTUSAN_TGL), not of the report.
-- Usage:   bin/lumbung query "$(cat sql/marts/perkawinan_perceraian/mart.sql)"
WITH peristiwa AS (
    SELECT
        'perkawinan' AS peristiwa,
        kawin.kawin_tgl AS tanggal,
        kawin._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_kawin AS kawin
    WHERE kawin._dihapus_batch IS NULL
    UNION ALL
    SELECT
        'perceraian' AS peristiwa,
        cerai.putusan_tgl AS tanggal,
        cerai._kode_kecamatan AS kode_kecamatan
    FROM curated.siak__capil_cerai AS cerai
    WHERE cerai._dihapus_batch IS NULL
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
