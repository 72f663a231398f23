-- What:    where every current SPPT went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.sismiop__sppt, curated.sismiop__pembayaran_sppt, ref.wilayah_sismiop.
-- Params:  :status_batal, :termasuk_denda, :data_per, :zona as in mart.sql
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH bayar AS (
    SELECT
        bayar._nop AS nop,
        bayar.thn_pajak_sppt AS tahun,
        sum(
            bayar.jml_sppt_yg_dibayar
            - CASE WHEN :termasuk_denda THEN coalesce(bayar.denda_sppt, 0) ELSE 0 END -- noqa: LT01
        ) AS pokok
    FROM curated.sismiop__pembayaran_sppt AS bayar
    WHERE
        bayar._dihapus_batch IS NULL
        AND bayar.tgl_pembayaran_sppt <= to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
    GROUP BY bayar._nop, bayar.thn_pajak_sppt
)

SELECT
    'sismiop__sppt' AS sumber,
    CASE
        WHEN wilayah.kunci IS NULL THEN 'wilayah NOP belum dipadankan'
        WHEN array_contains(:status_batal, sppt.status_pembayaran_sppt) THEN 'SPPT batal' -- noqa: LT01
        WHEN sppt.pbb_yg_harus_dibayar_sppt <= coalesce(bayar.pokok, 0) THEN 'SPPT lunas'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.sismiop__sppt AS sppt
LEFT JOIN ref.wilayah_sismiop AS wilayah
    ON
        concat(sppt.kd_propinsi, sppt.kd_dati2, sppt.kd_kecamatan, sppt.kd_kelurahan) = wilayah.kunci
        AND make_date(cast(sppt.thn_pajak_sppt AS INT), 1, 1) BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
LEFT JOIN bayar
    ON
        sppt._nop = bayar.nop
        AND sppt.thn_pajak_sppt = bayar.tahun
WHERE sppt._dihapus_batch IS NULL
GROUP BY ALL
