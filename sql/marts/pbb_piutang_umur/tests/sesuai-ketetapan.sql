-- Owed in a tax year and kecamatan is the assessed less the paid, object by object; so is the part that is not due yet.
WITH mutasi AS (
    SELECT
        sppt._nop AS nop,
        sppt.thn_pajak_sppt AS tahun,
        wilayah.kode_kecamatan,
        sppt.tgl_jatuh_tempo_sppt AS jatuh_tempo,
        sppt.pbb_yg_harus_dibayar_sppt AS jumlah
    FROM curated.sismiop__sppt AS sppt
    INNER JOIN ref.wilayah_sismiop AS wilayah
        ON
            sppt.kd_propinsi = wilayah.kd_propinsi
            AND sppt.kd_dati2 = wilayah.kd_dati2
            AND sppt.kd_kecamatan = wilayah.kd_kecamatan
            AND sppt.kd_kelurahan = wilayah.kd_kelurahan
            AND make_date(cast(sppt.thn_pajak_sppt AS INT), 1, 1)
            BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
    WHERE
        sppt._dihapus_batch IS NULL
        AND NOT array_contains(:status_batal, sppt.status_pembayaran_sppt) -- noqa: LT01
    UNION ALL
    SELECT
        bayar._nop AS nop,
        bayar.thn_pajak_sppt AS tahun,
        NULL AS kode_kecamatan,
        NULL AS jatuh_tempo,
        if(:termasuk_denda, coalesce(bayar.denda_sppt, 0), 0) - bayar.jml_sppt_yg_dibayar AS jumlah -- noqa: LT01
    FROM curated.sismiop__pembayaran_sppt AS bayar
    WHERE
        bayar._dihapus_batch IS NULL
        AND bayar.tgl_pembayaran_sppt <= to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
),

piutang AS (
    SELECT
        mutasi.tahun,
        max(mutasi.kode_kecamatan) AS kode_kecamatan,
        max(mutasi.jatuh_tempo) AS jatuh_tempo,
        sum(mutasi.jumlah) AS jumlah
    FROM mutasi
    GROUP BY mutasi.nop, mutasi.tahun
    HAVING sum(mutasi.jumlah) > 0
),

sumber AS (
    SELECT
        cast(piutang.tahun AS INT) AS tahun_pajak,
        piutang.kode_kecamatan,
        sum(piutang.jumlah) AS tunggakan,
        sum(if(piutang.jatuh_tempo >= to_date(from_utc_timestamp(:data_per, :zona)), piutang.jumlah, 0)) -- noqa: LT01
            AS belum_jatuh_tempo
    FROM piutang
    GROUP BY piutang.tahun, piutang.kode_kecamatan
),

rekap AS (
    SELECT
        piutang_umur.tahun_pajak,
        piutang_umur.kode_kecamatan,
        sum(piutang_umur.tunggakan) AS tunggakan,
        sum(if(piutang_umur.umur = '0', piutang_umur.tunggakan, 0)) AS belum_jatuh_tempo
    FROM mart.pbb_piutang_umur AS piutang_umur
    GROUP BY piutang_umur.tahun_pajak, piutang_umur.kode_kecamatan
)

SELECT
    coalesce(rekap.tahun_pajak, sumber.tahun_pajak) AS tahun_pajak,
    coalesce(rekap.kode_kecamatan, sumber.kode_kecamatan) AS kode_kecamatan,
    rekap.tunggakan,
    sumber.tunggakan AS tunggakan_sumber
FROM rekap
FULL OUTER JOIN sumber
    ON
        rekap.tahun_pajak = sumber.tahun_pajak
        AND rekap.kode_kecamatan = sumber.kode_kecamatan
WHERE
    rekap.tunggakan IS NULL
    OR sumber.tunggakan IS NULL
    OR rekap.tunggakan != sumber.tunggakan
    OR rekap.belum_jatuh_tempo != sumber.belum_jatuh_tempo
