-- What:    micro, small and medium businesses by half year, kecamatan, section of KBLI 2020 and scale.
-- Grain:   semester x kode_kecamatan x kategori_kbli x skala.
-- Sources: curated.umkm__usaha (current rows), ref.wilayah, ref.kbli_golongan_pokok, ref.kbli_kategori_2020.
-- Rules:   the section is that of the first two digits of the KBLI; the kecamatan in force at the end of the half year.
-- Usage:   bin/lumbung query "$(cat sql/marts/umkm_sektor/mart.sql)"
SELECT
    usaha.semester,
    cast(left(usaha.semester, 4) AS INT) AS tahun,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    kategori.kode AS kategori_kbli,
    kategori.nama AS kategori_kbli_label,
    usaha._kode_skala AS skala,
    usaha._kode_skala_label AS skala_label,
    count(*) AS jumlah_usaha,
    count(usaha.nib) AS jumlah_ber_nib,
    cast(sum(usaha.tenaga_kerja) AS BIGINT) AS jumlah_tenaga_kerja,
    cast(sum(usaha.omzet) AS DECIMAL(20, 2)) AS jumlah_omzet
FROM curated.umkm__usaha AS usaha
INNER JOIN ref.wilayah AS kecamatan
    ON
        usaha._kode_kecamatan = kecamatan.kode
        AND kecamatan.tingkat = 'kecamatan'
        AND usaha._akhir_semester BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
INNER JOIN ref.kbli_golongan_pokok AS golongan
    ON left(usaha.kbli, 2) = golongan.kode
INNER JOIN ref.kbli_kategori_2020 AS kategori
    ON golongan.kategori_2020 = kategori.kode
WHERE usaha._dihapus_batch IS NULL
GROUP BY ALL
