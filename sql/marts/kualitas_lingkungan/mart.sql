-- What:    laboratory results of water and soil, each against its standard.
-- Grain:   tanggal x kode_titik x kode_parameter.
-- Sources: curated.kualitas_air__sampel_air and __sampel_tanah (current rows), ref.parameter_lingkungan.
-- Rules:   the standard is that of the list, whatever the laboratory wrote; without a standard there is no status.
--          Of several spellings of one parameter in one sample the result that was loaded last counts.
-- Usage:   bin/lumbung query "$(cat sql/marts/kualitas_lingkungan/mart.sql)"
WITH sampel AS (
    SELECT
        titik,
        tanggal,
        _kode_parameter AS kode_parameter,
        max_by(struct(lokasi, hasil), struct(_loaded_at, parameter)) AS uji
    FROM curated.kualitas_air__sampel_air
    WHERE _dihapus_batch IS NULL
    GROUP BY titik, tanggal, _kode_parameter
    UNION ALL
    SELECT
        titik,
        tanggal,
        _kode_parameter AS kode_parameter,
        max_by(struct(lokasi, hasil), struct(_loaded_at, parameter)) AS uji
    FROM curated.kualitas_air__sampel_tanah
    WHERE _dihapus_batch IS NULL
    GROUP BY titik, tanggal, _kode_parameter
)

SELECT
    sampel.tanggal,
    sampel.titik AS kode_titik,
    sampel.uji.lokasi,
    acuan.media,
    sampel.kode_parameter,
    acuan.nama AS nama_parameter,
    sampel.uji.hasil,
    acuan.satuan,
    CAST(acuan.baku_terendah AS DECIMAL(14, 3)) AS baku_terendah,
    CAST(acuan.baku_tertinggi AS DECIMAL(14, 3)) AS baku_tertinggi,
    CASE
        WHEN acuan.baku_terendah IS NULL AND acuan.baku_tertinggi IS NULL THEN 'tanpa baku mutu'
        WHEN sampel.uji.hasil < CAST(acuan.baku_terendah AS DECIMAL(14, 3)) THEN 'melampaui'
        WHEN sampel.uji.hasil > CAST(acuan.baku_tertinggi AS DECIMAL(14, 3)) THEN 'melampaui'
        ELSE 'memenuhi'
    END AS status_baku
FROM sampel
INNER JOIN ref.parameter_lingkungan AS acuan ON sampel.kode_parameter = acuan.kode
