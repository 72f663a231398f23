-- Every object that is not deleted and whose village is in force on the as-of day is counted once.
WITH objek AS (
    SELECT count(DISTINCT objek._nop) AS jumlah
    FROM curated.sismiop__dat_objek_pajak AS objek
    INNER JOIN ref.wilayah_sismiop AS wilayah
        ON
            concat(objek.kd_propinsi, objek.kd_dati2, objek.kd_kecamatan, objek.kd_kelurahan) = wilayah.kunci
            AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
            BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
    INNER JOIN ref.wilayah AS desa
        ON
            wilayah.kode_kemendagri = desa.kode
            AND desa.tingkat IN ('desa', 'kelurahan')
            AND to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
            BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
    WHERE
        objek._dihapus_batch IS NULL
        AND NOT array_contains(:jns_transaksi_hapus, objek.jns_transaksi_op) -- noqa: LT01
),

rekap AS (
    SELECT coalesce(sum(bidang_objek_pajak.jumlah_objek), 0) AS jumlah
    FROM mart.bidang_objek_pajak AS bidang_objek_pajak
)

SELECT
    objek.jumlah AS jumlah_sumber,
    rekap.jumlah AS jumlah_mart
FROM objek
CROSS JOIN rekap
WHERE objek.jumlah != rekap.jumlah
