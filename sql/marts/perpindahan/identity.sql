-- What:    where every current person of a letter went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.siak__pindah_detail, siak__datang_detail and their headers, ref.wilayah, ref.klasifikasi_pindah.
-- Usage:   bin/lumbung query "$(cat sql/marts/perpindahan/identity.sql)"
WITH catatan AS (
    SELECT
        'siak__pindah_detail' AS sumber,
        surat.no_pindah AS nomor,
        surat.tgl_pindah AS tanggal,
        surat._kode_kecamatan AS kode_kecamatan,
        surat.klasifikasi_pindah
    FROM curated.siak__pindah_detail AS orang
    LEFT JOIN curated.siak__pindah_header AS surat
        ON orang.no_pindah = surat.no_pindah AND surat._dihapus_batch IS NULL
    WHERE orang._dihapus_batch IS NULL
    UNION ALL
    SELECT
        'siak__datang_detail' AS sumber,
        surat.no_datang AS nomor,
        surat.tgl_datang AS tanggal,
        surat._kode_kecamatan AS kode_kecamatan,
        surat.klasifikasi_pindah
    FROM curated.siak__datang_detail AS orang
    LEFT JOIN curated.siak__datang_header AS surat
        ON orang.no_datang = surat.no_datang AND surat._dihapus_batch IS NULL
    WHERE orang._dihapus_batch IS NULL
)

SELECT
    catatan.sumber,
    CASE
        WHEN catatan.nomor IS NULL THEN 'surat pindah atau kedatangannya tidak ada di gudang (ditolak atau dihapus)'
        WHEN kecamatan.kode IS NULL THEN 'kecamatan tidak dikenal pada tanggal perpindahan'
        WHEN klasifikasi.kode IS NULL THEN 'klasifikasi pindah tidak dikenal'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM catatan
LEFT JOIN ref.wilayah AS kecamatan
    ON
        catatan.kode_kecamatan = kecamatan.kode
        AND catatan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
LEFT JOIN ref.klasifikasi_pindah AS klasifikasi
    ON
        cast(catatan.klasifikasi_pindah AS STRING) = klasifikasi.kode
        AND catatan.tanggal BETWEEN klasifikasi.berlaku_dari AND klasifikasi.berlaku_sampai
GROUP BY ALL
