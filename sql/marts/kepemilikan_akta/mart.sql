-- What:    residents of each closed semester (DKB) by ownership of a birth certificate, village and age group.
-- Grain:   periode x kode_desa x kelompok_umur.
-- Sources: curated.siak__biodata_wni_dkb (current rows), ref.wilayah, ref.kelompok_umur.
-- Rules:   FLAG_STATUS = '0'; AKTA_LHR 2 = has one, 1 = has none (tenant's assumption kode-akta), else unknown.
-- Usage:   bin/lumbung query "$(cat sql/marts/kepemilikan_akta/mart.sql)"
SELECT
    penduduk.periode,
    cast(substr(penduduk.periode, 1, 4) AS INT) AS tahun,
    cast(substr(penduduk.periode, 6, 1) AS INT) AS semester,
    penduduk._akhir_periode AS tanggal_acuan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    desa.kode AS kode_desa,
    desa.nama AS nama_desa,
    umur.kode AS kelompok_umur,
    umur.label AS kelompok_umur_label,
    count(*) AS jumlah_penduduk,
    count_if(coalesce(penduduk.akta_lhr, 0) = 2) AS jumlah_berakta,
    count_if(coalesce(penduduk.akta_lhr, 0) = 1) AS jumlah_tidak_berakta,
    count_if(coalesce(penduduk.akta_lhr, 0) NOT IN (1, 2)) AS jumlah_tidak_diketahui
FROM curated.siak__biodata_wni_dkb AS penduduk
INNER JOIN ref.wilayah AS desa
    ON
        penduduk._kode_desa = desa.kode
        AND penduduk._akhir_periode BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
INNER JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND penduduk._akhir_periode BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
INNER JOIN ref.kelompok_umur AS umur
    ON
        penduduk._umur >= cast(umur.umur_dari AS INT)
        AND (umur.umur_sampai IS NULL OR penduduk._umur <= cast(umur.umur_sampai AS INT))
WHERE
    penduduk._dihapus_batch IS NULL
    AND penduduk.flag_status = '0'
GROUP BY ALL
