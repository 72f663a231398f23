-- What:    public places with their kind, village and point.
-- Grain:   id_fasilitas.
-- Sources: curated.gis__fasilitas (current rows), ref.wilayah.
-- Params:  :data_per, :zona   the as-of moment and where its day begins and ends
-- Usage:   bin/lumbung query "SELECT jenis_label, count(*) FROM mart.fasilitas_umum GROUP BY ALL"
WITH acuan AS (
    SELECT to_date(from_utc_timestamp(:data_per, :zona)) AS tanggal -- noqa: LT01
)

SELECT
    fasilitas.id_fasilitas,
    fasilitas.nama,
    fasilitas.jenis,
    fasilitas.jenis_label,
    desa.kode AS kode_desa,
    desa.nama AS nama_desa,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    fasilitas.alamat,
    cast(1 AS BIGINT) AS jumlah_fasilitas,
    fasilitas.titik
FROM curated.gis__fasilitas AS fasilitas
CROSS JOIN acuan
INNER JOIN ref.wilayah AS desa
    ON
        fasilitas.kode_desa = desa.kode
        AND desa.tingkat IN ('desa', 'kelurahan')
        AND acuan.tanggal BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
INNER JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND acuan.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE fasilitas._dihapus_batch IS NULL
