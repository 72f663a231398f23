-- What:    taxed buildings by use and age.
-- Grain:   kode_kecamatan x penggunaan x umur.
-- Sources: curated.sismiop__dat_op_bangunan, curated.sismiop__dat_objek_pajak (current rows), ref.jpb,
--          ref.umur_bangunan, ref.wilayah_sismiop, ref.wilayah.
-- Params:  :jns_transaksi_hapus   codes of deleted objects (tenant)
--          :data_per, :zona       the as-of moment and where its day begins and ends
-- Rules:   age in years from the year of building to the year of the as-of day; buildings of deleted objects and
--          buildings without a year are left out; kecamatan from the NOP by the crosswalk valid on the as-of day.
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH bangunan AS (
    SELECT
        bangunan.kd_jpb,
        bangunan.luas_bng,
        bangunan.nilai_sistem_bng,
        bangunan.thn_renovasi_bng,
        to_date(from_utc_timestamp(:data_per, :zona)) AS hari, -- noqa: LT01
        concat(bangunan.kd_propinsi, bangunan.kd_dati2, bangunan.kd_kecamatan, bangunan.kd_kelurahan) AS kunci_wilayah,
        year(from_utc_timestamp(:data_per, :zona)) - cast(bangunan.thn_dibangun_bng AS INT) AS tahun -- noqa: LT01
    FROM curated.sismiop__dat_op_bangunan AS bangunan
    INNER JOIN curated.sismiop__dat_objek_pajak AS objek
        ON
            bangunan._nop = objek._nop
            AND objek._dihapus_batch IS NULL
            AND NOT array_contains(:jns_transaksi_hapus, objek.jns_transaksi_op) -- noqa: LT01
    WHERE
        bangunan._dihapus_batch IS NULL
        AND bangunan.thn_dibangun_bng IS NOT NULL
)

SELECT
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    jpb.kode AS penggunaan,
    jpb.label AS penggunaan_label,
    umur.kode AS umur,
    umur.label AS umur_label,
    count(*) AS jumlah_bangunan,
    sum(bangunan.luas_bng) AS luas,
    coalesce(sum(bangunan.nilai_sistem_bng), 0) AS nilai,
    count(bangunan.thn_renovasi_bng) AS jumlah_direnovasi
FROM bangunan
INNER JOIN ref.jpb AS jpb
    ON
        bangunan.kd_jpb = jpb.kode
        AND bangunan.hari BETWEEN jpb.berlaku_dari AND jpb.berlaku_sampai
INNER JOIN ref.umur_bangunan AS umur
    ON
        (umur.batas_bawah IS NULL OR bangunan.tahun >= cast(umur.batas_bawah AS INT))
        AND (umur.batas_atas IS NULL OR bangunan.tahun <= cast(umur.batas_atas AS INT))
INNER JOIN ref.wilayah_sismiop AS wilayah
    ON
        bangunan.kunci_wilayah = wilayah.kunci
        AND bangunan.hari BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
INNER JOIN ref.wilayah AS kecamatan
    ON
        wilayah.kode_kecamatan = kecamatan.kode
        AND bangunan.hari BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
GROUP BY kecamatan.kode, kecamatan.nama, jpb.kode, jpb.label, umur.kode, umur.label
