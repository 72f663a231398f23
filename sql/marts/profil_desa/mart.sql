-- What:    area, inhabitants and facilities of every village by year.
-- Grain:   tahun x kode_desa.
-- Sources: curated.desa__profil_desa (current rows), ref.wilayah.
-- Params:  :ambang   fewest persons or families that a row may tell of in public (tenant)
-- Rules:   village and kecamatan as in force on the last day of the year; rawan: fewer families than :ambang.
-- Usage:   bin/lumbung query (parameters filled in by the stage; put literals in their place by hand)
SELECT
    cast(profil.tahun AS INT) AS tahun,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    desa.kode AS kode_desa,
    desa.nama AS nama_desa,
    desa.tingkat,
    profil.luas AS luas_ha,
    profil.laki_laki AS jumlah_laki_laki,
    profil.perempuan AS jumlah_perempuan,
    profil.jumlah AS jumlah_penduduk,
    profil.keluarga AS jumlah_keluarga,
    cast(100 * profil.jumlah / nullif(profil.luas, 0) AS DECIMAL(12, 1)) AS kepadatan,
    profil.paud AS jumlah_paud,
    profil.sd AS jumlah_sd,
    profil.posyandu AS jumlah_posyandu,
    profil.keluarga > 0 AND profil.keluarga < :ambang AS rawan -- noqa: LT01
FROM curated.desa__profil_desa AS profil
INNER JOIN ref.wilayah AS desa
    ON
        profil.kode_desa = desa.kode
        AND desa.tingkat IN ('desa', 'kelurahan')
        AND profil._akhir_tahun BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
INNER JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND profil._akhir_tahun BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
WHERE profil._dihapus_batch IS NULL
