-- What:    where every current SPPT went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.sismiop__sppt, ref.wilayah_sismiop.
-- Params:  :status_batal   codes of cancelled SPPT (tenant)
-- Usage:   bin/lumbung query (put literals in place of the parameters)
SELECT
    'sismiop__sppt' AS sumber,
    CASE
        WHEN wilayah.kunci IS NULL THEN 'wilayah NOP belum dipadankan'
        WHEN array_contains(:status_batal, sppt.status_pembayaran_sppt) THEN 'SPPT batal' -- noqa: LT01
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM curated.sismiop__sppt AS sppt
LEFT JOIN ref.wilayah_sismiop AS wilayah
    ON
        concat(sppt.kd_propinsi, sppt.kd_dati2, sppt.kd_kecamatan, sppt.kd_kelurahan) = wilayah.kunci
        AND make_date(cast(sppt.thn_pajak_sppt AS INT), 1, 1) BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
WHERE sppt._dihapus_batch IS NULL
GROUP BY ALL
