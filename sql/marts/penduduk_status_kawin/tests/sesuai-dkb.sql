-- A village's women and men are as many as its active rows in DKB, and of as many the marital status is known.
WITH dkb AS (
    SELECT
        penduduk.periode,
        penduduk._kode_desa AS kode_desa,
        penduduk.jenis_klmin,
        count(*) AS jumlah,
        count(daftar.kode) AS diketahui
    FROM curated.siak__biodata_wni_dkb AS penduduk
    LEFT JOIN ref.status_kawin AS daftar
        ON
            penduduk.stat_kwn = cast(daftar.kode AS INT)
            AND penduduk._akhir_periode BETWEEN daftar.berlaku_dari AND daftar.berlaku_sampai
    WHERE
        penduduk._dihapus_batch IS NULL
        AND penduduk.flag_status = '0'
    GROUP BY penduduk.periode, penduduk._kode_desa, penduduk.jenis_klmin
),

rekap AS (
    SELECT
        penduduk.periode,
        penduduk.kode_desa,
        cast(penduduk.jenis_kelamin AS INT) AS jenis_klmin,
        sum(penduduk.jumlah_penduduk) AS jumlah,
        sum(if(penduduk.status_kawin = '0', 0, penduduk.jumlah_penduduk)) AS diketahui
    FROM mart.penduduk_status_kawin AS penduduk
    GROUP BY penduduk.periode, penduduk.kode_desa, penduduk.jenis_kelamin
)

SELECT
    rekap.periode,
    rekap.kode_desa,
    rekap.jenis_klmin,
    rekap.jumlah,
    dkb.jumlah AS jumlah_dkb
FROM rekap
LEFT JOIN dkb
    ON
        rekap.periode = dkb.periode
        AND rekap.kode_desa = dkb.kode_desa
        AND rekap.jenis_klmin = dkb.jenis_klmin
WHERE
    dkb.jumlah IS NULL
    OR rekap.jumlah != dkb.jumlah
    OR rekap.diketahui != dkb.diketahui
