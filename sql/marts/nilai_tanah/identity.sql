-- What:    where every current NIR went: counted, or excluded and why.
-- Grain:   sumber x alasan ('dihitung' = counted in the mart).
-- Sources: curated.sismiop__dat_nir, curated.sismiop__kelas_tanah, ref.wilayah_sismiop.
-- Usage:   bin/lumbung query "$(cat sql/marts/nilai_tanah/identity.sql)"
WITH nir AS (
    SELECT
        concat(nir.kd_propinsi, nir.kd_dati2, nir.kd_kecamatan, nir.kd_kelurahan) AS kunci_wilayah,
        nir.kd_znt,
        nir.thn_nir_znt,
        max(kelas.kd_kls_tanah) AS kelas
    FROM curated.sismiop__dat_nir AS nir
    LEFT JOIN curated.sismiop__kelas_tanah AS kelas
        ON
            nir.thn_nir_znt BETWEEN kelas.thn_awal_kls_tanah AND kelas.thn_akhir_kls_tanah
            AND nir.nir BETWEEN kelas.nilai_min_tanah AND kelas.nilai_max_tanah
            AND kelas._dihapus_batch IS NULL
    WHERE nir._dihapus_batch IS NULL
    GROUP BY ALL
)

SELECT
    'sismiop__dat_nir' AS sumber,
    CASE
        WHEN wilayah.kunci IS NULL THEN 'wilayah belum dipadankan'
        WHEN nir.kelas IS NULL THEN 'NIR di luar kelas yang berlaku'
        ELSE 'dihitung'
    END AS alasan,
    count(*) AS jumlah
FROM nir
LEFT JOIN ref.wilayah_sismiop AS wilayah
    ON
        nir.kunci_wilayah = wilayah.kunci
        AND make_date(cast(nir.thn_nir_znt AS INT), 1, 1) BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
GROUP BY ALL
