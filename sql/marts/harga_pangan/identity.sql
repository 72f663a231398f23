-- What:    where every current price went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.harga_pangan__harga_harian, curated.harga_pangan__pasar, ref.komoditas, ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/harga_pangan/identity.sql)"
WITH harga AS (
    SELECT
        harian.tanggal,
        harian._kode_komoditas AS kode_komoditas,
        pasar.kode AS pasar,
        pasar._kode_kecamatan AS kode_kecamatan,
        row_number() OVER (
            PARTITION BY harian.tanggal, harian.pasar, harian._kode_komoditas
            ORDER BY harian._loaded_at DESC, harian.nama DESC
        ) AS urutan
    FROM curated.harga_pangan__harga_harian AS harian
    LEFT JOIN curated.harga_pangan__pasar AS pasar
        ON
            harian.pasar = pasar.kode
            AND pasar._dihapus_batch IS NULL
    WHERE harian._dihapus_batch IS NULL
)

SELECT
    'harga_pangan__harga_harian' AS sumber,
    CASE
        WHEN komoditas.kode IS NULL THEN 'komoditas tidak dikenal'
        WHEN harga.pasar IS NULL THEN 'pasar sudah tidak ada di daftar'
        WHEN kecamatan.kode IS NULL THEN 'kecamatan pasar tidak berlaku pada hari itu'
        WHEN harga.urutan > 1 THEN 'ejaan lain dari komoditas yang sama'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM harga
LEFT JOIN ref.komoditas AS komoditas
    ON
        harga.kode_komoditas = komoditas.kode
        AND harga.tanggal BETWEEN komoditas.berlaku_dari AND komoditas.berlaku_sampai
LEFT JOIN ref.wilayah AS kecamatan
    ON
        harga.kode_kecamatan = kecamatan.kode
        AND harga.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
GROUP BY ALL
