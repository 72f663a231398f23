-- What:    where every current building went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.sismiop__dat_op_bangunan, curated.sismiop__dat_objek_pajak, ref.wilayah_sismiop, ref.jpb.
-- Params:  :jns_transaksi_hapus, :data_per, :zona as in mart.sql
-- Usage:   bin/lumbung query (put literals in place of the parameters)
SELECT
    'sismiop__dat_op_bangunan' AS sumber,
    CASE
        WHEN objek._nop IS NULL THEN 'objek belum diterima'
        WHEN array_contains(:jns_transaksi_hapus, objek.jns_transaksi_op) THEN 'objek dihapus' -- noqa: LT01
        WHEN bangunan.thn_dibangun_bng IS NULL THEN 'tahun dibangun kosong'
        WHEN bangunan.kd_jpb IS NULL THEN 'jenis penggunaan kosong'
        WHEN wilayah.kunci IS NULL THEN 'wilayah NOP belum dipadankan'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.sismiop__dat_op_bangunan AS bangunan
LEFT JOIN curated.sismiop__dat_objek_pajak AS objek
    ON
        bangunan._nop = objek._nop
        AND objek._dihapus_batch IS NULL
LEFT JOIN ref.wilayah_sismiop AS wilayah
    ON
        concat(bangunan.kd_propinsi, bangunan.kd_dati2, bangunan.kd_kecamatan, bangunan.kd_kelurahan) = wilayah.kunci
        AND to_date(from_utc_timestamp(:data_per, :zona)) >= wilayah.berlaku_dari -- noqa: LT01
        AND to_date(from_utc_timestamp(:data_per, :zona)) <= wilayah.berlaku_sampai -- noqa: LT01
WHERE bangunan._dihapus_batch IS NULL
GROUP BY ALL
