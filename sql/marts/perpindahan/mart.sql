-- What:    people who moved out of and into each kecamatan by month, class of the move and place at its far end.
-- Grain:   arah (pindah, datang) x periode (month) x kode_kecamatan x klasifikasi_pindah x kode_tempat_lain.
-- Sources: curated.siak__pindah_header, siak__pindah_detail, siak__datang_header, siak__datang_detail (current rows),
--          ref.wilayah, ref.klasifikasi_pindah.
-- Rules:   a move inside the regency counts on both sides; its class follows origin and destination (a rule holds it);
--          the other end (destination of who leaves, origin of who comes) is a kecamatan inside the regency, and a
--          kabupaten or kota outside it, whose name the list of regions does not hold.
-- Usage:   bin/lumbung query "$(cat sql/marts/perpindahan/mart.sql)"
WITH perpindahan AS (
    SELECT
        'pindah' AS arah,
        surat.no_pindah AS nomor,
        surat.tgl_pindah AS tanggal,
        surat._kode_kecamatan AS kode_kecamatan,
        surat._kode_desa_tujuan AS kode_lain,
        surat.klasifikasi_pindah
    FROM curated.siak__pindah_detail AS orang
    INNER JOIN curated.siak__pindah_header AS surat
        ON orang.no_pindah = surat.no_pindah AND surat._dihapus_batch IS NULL
    WHERE orang._dihapus_batch IS NULL
    UNION ALL
    SELECT
        'datang' AS arah,
        surat.no_datang AS nomor,
        surat.tgl_datang AS tanggal,
        surat._kode_kecamatan AS kode_kecamatan,
        surat._kode_desa_asal AS kode_lain,
        surat.klasifikasi_pindah
    FROM curated.siak__datang_detail AS orang
    INNER JOIN curated.siak__datang_header AS surat
        ON orang.no_datang = surat.no_datang AND surat._dihapus_batch IS NULL
    WHERE orang._dihapus_batch IS NULL
),

lengkap AS (
    SELECT
        perpindahan.arah,
        perpindahan.nomor,
        perpindahan.tanggal,
        perpindahan.kode_kecamatan,
        perpindahan.klasifikasi_pindah,
        -- PP.KK.CC inside the regency, PP.KK outside
        coalesce(
            substr(perpindahan.kode_lain, 1, CASE WHEN perpindahan.klasifikasi_pindah <= 3 THEN 8 ELSE 5 END), '-'
        ) AS kode_tempat_lain
    FROM perpindahan
)

SELECT
    perpindahan.arah,
    date_format(perpindahan.tanggal, 'yyyy-MM') AS periode,
    year(perpindahan.tanggal) AS tahun,
    month(perpindahan.tanggal) AS bulan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    klasifikasi.kode AS klasifikasi_pindah,
    klasifikasi.label AS klasifikasi_label,
    perpindahan.kode_tempat_lain,
    coalesce(lain.nama, 'Luar kabupaten') AS nama_tempat_lain,
    count(*) AS jumlah_orang,
    count(DISTINCT perpindahan.nomor) AS jumlah_surat
FROM lengkap AS perpindahan
INNER JOIN ref.wilayah AS kecamatan
    ON
        perpindahan.kode_kecamatan = kecamatan.kode
        AND perpindahan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
INNER JOIN ref.klasifikasi_pindah AS klasifikasi
    ON
        cast(perpindahan.klasifikasi_pindah AS STRING) = klasifikasi.kode
        AND perpindahan.tanggal BETWEEN klasifikasi.berlaku_dari AND klasifikasi.berlaku_sampai
LEFT JOIN ref.wilayah AS lain
    ON
        perpindahan.kode_tempat_lain = lain.kode
        AND perpindahan.tanggal BETWEEN lain.berlaku_dari AND lain.berlaku_sampai
GROUP BY ALL
