-- What:    families of each closed semester (DKB) by size and village, and the village's dependency ratio.
-- Grain:   periode x kode_desa x ukuran_keluarga.
-- Sources: curated.siak__biodata_wni_dkb (current rows), ref.wilayah, ref.ukuran_keluarga.
-- Rules:   FLAG_STATUS = '0'; a family = residents with one NO_KK in one village (who have none are left out);
--          ratio: (0-14, 65+) per 100 of 15-64.
-- Usage:   bin/lumbung query "$(cat sql/marts/keluarga_ukuran/mart.sql)"
WITH keluarga AS (
    SELECT
        penduduk.periode,
        penduduk._akhir_periode,
        penduduk._kode_desa,
        penduduk.no_kk,
        count(*) AS anggota,
        count_if(penduduk._umur < 15) AS muda,
        count_if(penduduk._umur BETWEEN 15 AND 64) AS kerja,
        count_if(penduduk._umur > 64) AS tua
    FROM curated.siak__biodata_wni_dkb AS penduduk
    WHERE
        penduduk._dihapus_batch IS NULL
        AND penduduk.flag_status = '0'
        AND penduduk._umur >= 0
        AND penduduk.no_kk IS NOT NULL
    GROUP BY ALL
),

ukuran AS (
    SELECT
        keluarga.periode,
        keluarga._akhir_periode,
        keluarga._kode_desa,
        ukuran_keluarga.kode AS ukuran_keluarga,
        ukuran_keluarga.label AS ukuran_keluarga_label,
        count(*) AS jumlah_keluarga,
        sum(keluarga.anggota) AS jumlah_penduduk,
        sum(keluarga.muda) AS penduduk_0_14,
        sum(keluarga.kerja) AS penduduk_15_64,
        sum(keluarga.tua) AS penduduk_65_ke_atas
    FROM keluarga
    INNER JOIN ref.ukuran_keluarga AS ukuran_keluarga
        ON
            keluarga.anggota >= cast(ukuran_keluarga.anggota_dari AS INT)
            AND (
                ukuran_keluarga.anggota_sampai IS NULL
                OR keluarga.anggota <= cast(ukuran_keluarga.anggota_sampai AS INT)
            )
    GROUP BY ALL
),

ketergantungan AS (
    SELECT
        ukuran.periode,
        ukuran._kode_desa,
        cast(
            100 * (sum(ukuran.penduduk_0_14) + sum(ukuran.penduduk_65_ke_atas))
            / nullif(sum(ukuran.penduduk_15_64), 0) AS DECIMAL(10, 1)
        ) AS rasio_ketergantungan
    FROM ukuran
    GROUP BY ALL
)

SELECT
    ukuran.periode,
    cast(substr(ukuran.periode, 1, 4) AS INT) AS tahun,
    cast(substr(ukuran.periode, 6, 1) AS INT) AS semester,
    ukuran._akhir_periode AS tanggal_acuan,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    desa.kode AS kode_desa,
    desa.nama AS nama_desa,
    ukuran.ukuran_keluarga,
    ukuran.ukuran_keluarga_label,
    ukuran.jumlah_keluarga,
    ukuran.jumlah_penduduk,
    ukuran.penduduk_0_14,
    ukuran.penduduk_15_64,
    ukuran.penduduk_65_ke_atas,
    ketergantungan.rasio_ketergantungan
FROM ukuran
INNER JOIN ketergantungan
    ON
        ukuran.periode = ketergantungan.periode
        AND ukuran._kode_desa = ketergantungan._kode_desa
INNER JOIN ref.wilayah AS desa
    ON
        ukuran._kode_desa = desa.kode
        AND ukuran._akhir_periode BETWEEN desa.berlaku_dari AND desa.berlaku_sampai
INNER JOIN ref.wilayah AS kecamatan
    ON
        desa.kode_induk = kecamatan.kode
        AND ukuran._akhir_periode BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
