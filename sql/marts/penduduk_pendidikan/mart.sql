-- What:    residents of each closed semester (DKB) by village, education and sex.
-- Grain:   periode x kode_desa x pendidikan x jenis_kelamin.
-- Sources: curated.siak__biodata_wni_dkb (current rows), ref.wilayah, ref.pendidikan, ref.jenis_kelamin.
-- Rules:   FLAG_STATUS = '0'; village and codes valid on the last day of the semester; a code outside the list counts
--          as unknown, since leaving the person out would contradict Dukcapil's total.
-- Usage:   bin/lumbung query "$(cat sql/marts/penduduk_pendidikan/mart.sql)"
SELECT
    penduduk.periode,
    cast(substr(penduduk.periode, 1, 4) AS INT) AS tahun,
    cast(substr(penduduk.periode, 6, 1) AS INT) AS semester,
    penduduk._akhir_periode AS tanggal_acuan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    desa.kode AS kode_desa,
    desa.nama AS nama_desa,
    coalesce(pendidikan.kode, '0') AS pendidikan,
    coalesce(pendidikan.label, 'TIDAK DIKETAHUI') AS pendidikan_label,
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
INNER JOIN ref.jenis_kelamin AS kelamin
    ON
        cast(penduduk.jenis_klmin AS STRING) = kelamin.kode
        AND penduduk._akhir_periode BETWEEN kelamin.berlaku_dari AND kelamin.berlaku_sampai
LEFT JOIN ref.pendidikan AS pendidikan
    ON
        cast(penduduk.pddk_akh AS STRING) = pendidikan.kode
        AND penduduk._akhir_periode BETWEEN pendidikan.berlaku_dari AND pendidikan.berlaku_sampai
WHERE
    penduduk._dihapus_batch IS NULL
    AND penduduk.flag_status = '0'
GROUP BY ALL
