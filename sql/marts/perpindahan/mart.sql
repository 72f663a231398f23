-- What:    people who moved out of and into each kecamatan per month, by class of the move.
-- Grain:   arah (pindah, datang) x periode (month) x kode_kecamatan x klasifikasi_pindah.
-- Sources: curated.siak__pindah_header, siak__pindah_detail, siak__datang_header, siak__datang_detail (current rows),
--          ref.wilayah, ref.klasifikasi_pindah.
-- Rules:   a move inside the regency counts on both sides; its class follows origin and destination (a rule holds it).
-- Usage:   bin/lumbung query "$(cat sql/marts/perpindahan/mart.sql)"
WITH perpindahan AS (
    SELECT
        'pindah' AS arah,
        surat.no_pindah AS nomor,
        surat.tgl_pindah AS tanggal,
        surat._kode_kecamatan AS kode_kecamatan,
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
        surat.klasifikasi_pindah
    FROM curated.siak__datang_detail AS orang
    INNER JOIN curated.siak__datang_header AS surat
        ON orang.no_datang = surat.no_datang AND surat._dihapus_batch IS NULL
    WHERE orang._dihapus_batch IS NULL
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
    count(*) AS jumlah_orang,
    count(DISTINCT perpindahan.nomor) AS jumlah_surat
FROM perpindahan
INNER JOIN ref.wilayah AS kecamatan
    ON
        perpindahan.kode_kecamatan = kecamatan.kode
        AND perpindahan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
INNER JOIN ref.klasifikasi_pindah AS klasifikasi
    ON cast(perpindahan.klasifikasi_pindah AS STRING) = klasifikasi.kode
GROUP BY ALL
