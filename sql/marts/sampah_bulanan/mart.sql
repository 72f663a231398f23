-- What:    waste brought to the landfill by month and kecamatan.
-- Grain:   bulan x kode_kecamatan.
-- Sources: curated.sampah__tonase_tps (current rows), ref.wilayah.
-- Usage:   bin/lumbung query "$(cat sql/marts/sampah_bulanan/mart.sql)"
SELECT
    date_format(timbang.tanggal, 'yyyy-MM') AS bulan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    count(*) AS jumlah_penimbangan,
    count(DISTINCT timbang.kode_tps) AS jumlah_tps,
    coalesce(sum(timbang.ritasi), 0) AS ritasi,
    sum(timbang.tonase) AS tonase
FROM curated.sampah__tonase_tps AS timbang
INNER JOIN ref.wilayah AS kecamatan
    ON
        timbang._kode_kecamatan = kecamatan.kode
        AND timbang.tanggal BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE timbang._dihapus_batch IS NULL
GROUP BY date_format(timbang.tanggal, 'yyyy-MM'), kecamatan.kode, kecamatan.nama
