-- What:    where every current application went: counted, or excluded and why.
-- Grain:   alasan ('dihitung' = counted in the mart).
-- Sources: curated.ptsp__permohonan_izin, ptsp__jenis_izin, ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/perizinan/identity.sql)"
SELECT
    'ptsp__permohonan_izin' AS sumber,
    CASE
        WHEN jenis.kode IS NULL THEN 'jenis izin tidak ada di gudang (ditolak atau dihapus)'
        WHEN kecamatan.kode IS NULL THEN 'bukan kode kecamatan yang berlaku pada tanggal daftar'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.ptsp__permohonan_izin AS izin
LEFT JOIN curated.ptsp__jenis_izin AS jenis
    ON izin.jenis_izin = jenis.kode AND jenis._dihapus_batch IS NULL
LEFT JOIN ref.wilayah AS kecamatan
    ON
        izin.kecamatan = kecamatan.kode
        AND kecamatan.tingkat = 'kecamatan'
        AND izin.tgl_daftar BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE izin._dihapus_batch IS NULL
GROUP BY ALL
