-- What:    where every current payment went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.sismiop__pembayaran_sppt, ref.wilayah_sismiop.
-- Params:  :data_per, :zona as in mart.sql
-- Usage:   bin/lumbung query (put literals in place of the parameters)
SELECT
    'sismiop__pembayaran_sppt' AS sumber,
    CASE
        WHEN bayar.tgl_pembayaran_sppt IS NULL THEN 'tanggal pembayaran kosong'
        WHEN bayar.tgl_pembayaran_sppt > to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
            THEN 'tanggal pembayaran sesudah tanggal data'
        WHEN wilayah.kunci IS NULL THEN 'wilayah NOP belum dipadankan'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.sismiop__pembayaran_sppt AS bayar
LEFT JOIN ref.wilayah_sismiop AS wilayah
    ON
        concat(bayar.kd_propinsi, bayar.kd_dati2, bayar.kd_kecamatan, bayar.kd_kelurahan) = wilayah.kunci
        AND make_date(cast(bayar.thn_pajak_sppt AS INT), 1, 1) BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
WHERE bayar._dihapus_batch IS NULL
GROUP BY ALL
