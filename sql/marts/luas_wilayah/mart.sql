-- What:    area of every village by the map, with its residents of the last closed semester and their density.
-- Grain:   kode_desa (every village in force on the as-of day).
-- Sources: curated.gis__batas_wilayah, curated.siak__biodata_wni_dkb (current rows), ref.wilayah.
-- Params:  :data_per, :zona   the as-of moment and where its day begins and ends
-- Rules:   area computed from the geometry when it was read (UTM zone); residents as in mart.penduduk_semester, of the
--          villages in force on the semester's last day: of one that came later nobody knows how many live there.
-- Usage:   bin/lumbung query "SELECT kode_desa, luas_km2, kepadatan FROM mart.luas_wilayah"
WITH acuan AS (
    SELECT to_date(from_utc_timestamp(:data_per, :zona)) AS tanggal -- noqa: LT01
),

semester AS (
    SELECT
        max(penduduk.periode) AS periode,
        max(penduduk._akhir_periode) AS hari_terakhir
    FROM curated.siak__biodata_wni_dkb AS penduduk
    WHERE penduduk._dihapus_batch IS NULL
),

penduduk AS (
    SELECT
        penduduk._kode_desa AS kode_desa,
        count(*) AS jumlah
    FROM curated.siak__biodata_wni_dkb AS penduduk
    INNER JOIN semester
        ON penduduk.periode = semester.periode
    WHERE
        penduduk._dihapus_batch IS NULL
        AND penduduk.flag_status = '0'
        AND penduduk._umur >= 0
    GROUP BY penduduk._kode_desa
)

SELECT
    desa.kode AS kode_desa,
    desa.nama AS nama_desa,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    cast(if(batas.kode_desa IS NULL, 0, 1) AS BIGINT) AS jumlah_batas,
    cast(batas.luas_m2 / 1000000 AS DECIMAL(12, 4)) AS luas_km2,
    semester.periode AS periode_penduduk,
    if(dahulu.kode IS NULL, NULL, coalesce(penduduk.jumlah, 0)) AS jumlah_penduduk,
    cast(
        if(dahulu.kode IS NULL, NULL, coalesce(penduduk.jumlah, 0)) * 1000000 / nullif(batas.luas_m2, 0)
        AS DECIMAL(12, 2)
    ) AS kepadatan,
    batas.batas
FROM ref.wilayah AS desa
CROSS JOIN acuan
CROSS JOIN semester
INNER JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND acuan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
LEFT JOIN curated.gis__batas_wilayah AS batas
    ON
        desa.kode = batas.kode_desa
        AND batas._dihapus_batch IS NULL
LEFT JOIN ref.wilayah AS dahulu
    ON
        desa.kode = dahulu.kode
        AND semester.hari_terakhir BETWEEN dahulu.berlaku_dari AND dahulu.berlaku_sampai
LEFT JOIN penduduk
    ON desa.kode = penduduk.kode_desa
WHERE
    desa.tingkat IN ('desa', 'kelurahan')
    AND acuan.tanggal BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
