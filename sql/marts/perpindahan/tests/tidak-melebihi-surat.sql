-- No month of a kecamatan has more people or letters of a class than its letters of that class name.
WITH surat AS (
    SELECT
        'pindah' AS arah,
        surat.no_pindah AS nomor,
        trunc(surat.tgl_pindah, 'MM') AS bulan,
        surat._kode_kecamatan AS kode_kecamatan,
        surat.klasifikasi_pindah
    FROM curated.siak__pindah_header AS surat
    WHERE surat._dihapus_batch IS NULL
    UNION ALL
    SELECT
        'datang' AS arah,
        surat.no_datang AS nomor,
        trunc(surat.tgl_datang, 'MM') AS bulan,
        surat._kode_kecamatan AS kode_kecamatan,
        surat.klasifikasi_pindah
    FROM curated.siak__datang_header AS surat
    WHERE surat._dihapus_batch IS NULL
),

orang AS (
    SELECT
        'pindah' AS arah,
        orang.no_pindah AS nomor,
        count(*) AS banyak
    FROM curated.siak__pindah_detail AS orang
    WHERE orang._dihapus_batch IS NULL
    GROUP BY orang.no_pindah
    UNION ALL
    SELECT
        'datang' AS arah,
        orang.no_datang AS nomor,
        count(*) AS banyak
    FROM curated.siak__datang_detail AS orang
    WHERE orang._dihapus_batch IS NULL
    GROUP BY orang.no_datang
),

sumber AS (
    SELECT
        surat.arah,
        surat.bulan,
        surat.kode_kecamatan,
        surat.klasifikasi_pindah,
        count(*) AS surat,
        sum(orang.banyak) AS orang
    FROM surat
    INNER JOIN orang
        ON
            surat.arah = orang.arah
            AND surat.nomor = orang.nomor
    GROUP BY surat.arah, surat.bulan, surat.kode_kecamatan, surat.klasifikasi_pindah
),

rekap AS (
    SELECT
        pindah.arah,
        pindah.periode,
        pindah.kode_kecamatan,
        cast(pindah.klasifikasi_pindah AS INT) AS klasifikasi_pindah,
        sum(pindah.jumlah_surat) AS surat,
        sum(pindah.jumlah_orang) AS orang
    FROM mart.perpindahan AS pindah
    GROUP BY pindah.arah, pindah.periode, pindah.kode_kecamatan, pindah.klasifikasi_pindah
)

SELECT
    rekap.arah,
    rekap.periode,
    rekap.kode_kecamatan,
    rekap.klasifikasi_pindah,
    rekap.orang,
    sumber.orang AS orang_pada_surat
FROM rekap
LEFT JOIN sumber
    ON
        rekap.arah = sumber.arah
        AND to_date(concat(rekap.periode, '-01')) = sumber.bulan
        AND rekap.kode_kecamatan = sumber.kode_kecamatan
        AND rekap.klasifikasi_pindah = sumber.klasifikasi_pindah
WHERE
    sumber.orang IS NULL
    OR rekap.orang > sumber.orang
    OR rekap.surat > sumber.surat
