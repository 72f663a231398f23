-- What:    public table: area, residents and density of every kecamatan, over its villages whose area and residents
--          are known.
-- Grain:   periode (last closed semester) x kode_wilayah (kecamatan).
-- Sources: mart.luas_wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/luas_wilayah/publikasi_kepadatan_kecamatan.sql)"
SELECT
    kode_kecamatan AS kode_wilayah,
    nama_kecamatan AS nama_wilayah,
    cast(substr(periode_penduduk, 1, 4) AS INT) AS tahun,
    concat(substr(periode_penduduk, 1, 4), '-S', substr(periode_penduduk, 6, 1)) AS periode,
    count(*) AS jumlah_desa,
    count(kepadatan) AS jumlah_desa_terhitung,
    cast(sum(if(kepadatan IS NULL, NULL, luas_km2)) AS DECIMAL(12, 4)) AS luas,
    sum(if(kepadatan IS NULL, 0, jumlah_penduduk)) AS jumlah_penduduk,
    cast(
        sum(if(kepadatan IS NULL, 0, jumlah_penduduk)) / nullif(sum(if(kepadatan IS NULL, NULL, luas_km2)), 0)
        AS DECIMAL(12, 2)
    ) AS kepadatan,
    'jiwa' AS satuan,
    if(count(kepadatan) = count(*), 'final', 'sementara') AS status_nilai
FROM mart.luas_wilayah
WHERE periode_penduduk IS NOT NULL
GROUP BY kode_kecamatan, nama_kecamatan, periode_penduduk
