-- What:    public table: residents by semester, kecamatan and status_kawin; a missing cell is 0.
-- Grain:   periode x kode_wilayah (kecamatan) x status_kawin.
-- Sources: mart.penduduk_status_kawin.
-- Usage:   bin/lumbung query "$(cat sql/marts/penduduk_status_kawin/publikasi_penduduk_status_kawin_kecamatan.sql)"
WITH wilayah AS (
    SELECT DISTINCT
        periode,
        tahun,
        semester,
        kode_kecamatan,
        nama_kecamatan
    FROM mart.penduduk_status_kawin
),

golongan AS (
    SELECT DISTINCT
        status_kawin,
        status_kawin_label
    FROM mart.penduduk_status_kawin
)

SELECT
    wilayah.kode_kecamatan AS kode_wilayah,
    wilayah.nama_kecamatan AS nama_wilayah,
    wilayah.tahun,
    concat(wilayah.tahun, '-S', wilayah.semester) AS periode,
    golongan.status_kawin,
    golongan.status_kawin_label,
    coalesce(sum(penduduk.jumlah_penduduk), 0) AS jumlah_penduduk,
    'jiwa' AS satuan,
    'final' AS status_nilai
FROM wilayah
CROSS JOIN golongan
LEFT JOIN mart.penduduk_status_kawin AS penduduk
    ON
        wilayah.periode = penduduk.periode
        AND wilayah.kode_kecamatan = penduduk.kode_kecamatan
        AND golongan.status_kawin = penduduk.status_kawin
GROUP BY ALL
