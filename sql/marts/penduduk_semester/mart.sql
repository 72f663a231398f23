-- What:    residents of each closed semester (DKB) by village, age group and sex.
-- Grain:   periode x kode_desa x kelompok_umur x jenis_kelamin.
-- Sources: curated.siak__biodata_wni_dkb (current rows), ref.wilayah, ref.kelompok_umur.
-- Rules:   FLAG_STATUS = '0'; age in full years on 30 June or 31 December (_umur); village valid on that day.
-- Usage:   bin/lumbung query "$(cat sql/marts/penduduk_semester/mart.sql)"
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
    cast(penduduk.jenis_klmin AS STRING) AS jenis_kelamin,
    kelamin.label AS jenis_kelamin_label,
    count(*) AS jumlah_penduduk
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
INNER JOIN ref.jenis_kelamin AS kelamin
    ON
        cast(penduduk.jenis_klmin AS STRING) = kelamin.kode
        AND penduduk._akhir_periode BETWEEN kelamin.berlaku_dari AND kelamin.berlaku_sampai
WHERE
    penduduk._dihapus_batch IS NULL
    AND penduduk.flag_status = '0'
GROUP BY ALL
