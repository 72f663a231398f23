-- What:    land class and value per square metre of every zone.
-- Grain:   tahun x kode_desa x kode_zona.
-- Sources: curated.sismiop__dat_nir, curated.sismiop__dat_op_bumi, curated.sismiop__dat_objek_pajak,
--          curated.sismiop__kelas_tanah (current rows), ref.wilayah_sismiop, ref.wilayah.
-- Params:  :jns_transaksi_hapus   codes of deleted objects (tenant)
-- Rules:   the class whose limits hold the NIR and that is in force in the year, of two that share a limit the cheaper;
--          village from the zone's codes by the crosswalk valid on 1 January of the year; plots as they stand now,
--          without those of deleted objects.
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH bidang AS (
    SELECT
        concat(bumi.kd_propinsi, bumi.kd_dati2, bumi.kd_kecamatan, bumi.kd_kelurahan) AS kunci_wilayah,
        bumi.kd_znt,
        count(*) AS jumlah_bidang,
        sum(bumi.luas_bumi) AS luas
    FROM curated.sismiop__dat_op_bumi AS bumi
    INNER JOIN curated.sismiop__dat_objek_pajak AS objek
        ON
            bumi._nop = objek._nop
            AND objek._dihapus_batch IS NULL
            AND NOT array_contains(:jns_transaksi_hapus, objek.jns_transaksi_op) -- noqa: LT01
    WHERE bumi._dihapus_batch IS NULL
    GROUP BY ALL
),

nir AS (
    SELECT
        nir.thn_nir_znt AS tahun,
        make_date(cast(nir.thn_nir_znt AS INT), 1, 1) AS awal_tahun,
        concat(nir.kd_propinsi, nir.kd_dati2, nir.kd_kecamatan, nir.kd_kelurahan) AS kunci_wilayah,
        nir.kd_znt,
        nir.nir
    FROM curated.sismiop__dat_nir AS nir
    WHERE nir._dihapus_batch IS NULL
),

dinilai AS (
    SELECT
        nir.tahun,
        nir.awal_tahun,
        nir.kunci_wilayah,
        nir.kd_znt,
        nir.nir,
        min_by(
            struct(kelas.kd_kls_tanah, kelas.nilai_min_tanah, kelas.nilai_max_tanah, kelas.nilai_per_m2_tanah),
            kelas.nilai_max_tanah
        ) AS kelas
    FROM nir
    INNER JOIN curated.sismiop__kelas_tanah AS kelas
        ON
            nir.tahun BETWEEN kelas.thn_awal_kls_tanah AND kelas.thn_akhir_kls_tanah
            AND nir.nir BETWEEN kelas.nilai_min_tanah AND kelas.nilai_max_tanah
            AND kelas._dihapus_batch IS NULL
    GROUP BY ALL
)

SELECT
    cast(nir.tahun AS INT) AS tahun,
    desa.kode AS kode_desa,
    desa.nama AS nama_desa,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    nir.kd_znt AS kode_zona,
    nir.kelas.kd_kls_tanah AS kelas,
    cast(1 AS BIGINT) AS jumlah_zona,
    nir.nir,
    nir.kelas.nilai_min_tanah AS nilai_min,
    nir.kelas.nilai_max_tanah AS nilai_max,
    nir.kelas.nilai_per_m2_tanah * 1000 AS nilai_per_m2,
    coalesce(bidang.jumlah_bidang, 0) AS jumlah_bidang,
    coalesce(cast(bidang.luas AS BIGINT), 0) AS luas
FROM dinilai AS nir
INNER JOIN ref.wilayah_sismiop AS wilayah
    ON
        nir.kunci_wilayah = wilayah.kunci
        AND nir.awal_tahun BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
INNER JOIN ref.wilayah AS desa
    ON
        wilayah.kode_kemendagri = desa.kode
        AND nir.awal_tahun BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
INNER JOIN ref.wilayah AS kecamatan
    ON
        wilayah.kode_kecamatan = kecamatan.kode
        AND nir.awal_tahun BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
LEFT JOIN bidang
    ON
        nir.kunci_wilayah = bidang.kunci_wilayah
        AND nir.kd_znt = bidang.kd_znt
