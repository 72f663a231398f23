-- What:    where every current plot went: counted, or excluded and why; and every object beside it.
--          Objects are the other side of the comparison: their reasons begin with 'objek:'.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.gis__bidang_pajak, curated.sismiop__dat_objek_pajak, ref.wilayah_sismiop, ref.wilayah.
-- Params:  :jns_transaksi_hapus, :data_per, :zona as in mart.sql
-- Usage:   bin/lumbung query (put literals in place of the parameters)
SELECT
    'gis__bidang_pajak' AS sumber,
    CASE WHEN kecamatan.kode IS NULL THEN 'desa tidak berlaku pada tanggal acuan' ELSE 'dihitung' END AS alasan,
    count(*) AS jumlah
FROM curated.gis__bidang_pajak AS bidang
LEFT JOIN ref.wilayah AS desa
    ON
        bidang.kode_desa = desa.kode
        AND desa.tingkat IN ('desa', 'kelurahan')
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
LEFT JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE bidang._dihapus_batch IS NULL
GROUP BY ALL
UNION ALL
SELECT
    'sismiop__dat_objek_pajak' AS sumber,
    CASE
        WHEN array_contains(:jns_transaksi_hapus, objek.jns_transaksi_op) THEN 'objek: dihapus' -- noqa: LT01
        WHEN wilayah.kunci IS NULL THEN 'objek: wilayah NOP belum dipadankan'
        WHEN kecamatan.kode IS NULL THEN 'objek: desa tidak berlaku pada tanggal acuan'
        ELSE 'objek: terhitung pada desanya'
    END AS alasan,
    count(*) AS jumlah
FROM curated.sismiop__dat_objek_pajak AS objek
LEFT JOIN ref.wilayah_sismiop AS wilayah
    ON
        concat(objek.kd_propinsi, objek.kd_dati2, objek.kd_kecamatan, objek.kd_kelurahan) = wilayah.kunci
        AND to_date(from_utc_timestamp(:data_per, :zona)) >= wilayah.berlaku_dari -- noqa: LT01
        AND to_date(from_utc_timestamp(:data_per, :zona)) <= wilayah.berlaku_sampai -- noqa: LT01
LEFT JOIN ref.wilayah AS desa
    ON
        wilayah.kode_kemendagri = desa.kode
        AND desa.tingkat IN ('desa', 'kelurahan')
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
LEFT JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
        BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE objek._dihapus_batch IS NULL
GROUP BY ALL
