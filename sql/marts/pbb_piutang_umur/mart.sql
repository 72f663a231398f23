-- What:    unpaid SPPT and what is owed, by age of the debt.
-- Grain:   tahun_pajak x kode_kecamatan x umur.
-- Sources: curated.sismiop__sppt, curated.sismiop__pembayaran_sppt (current rows), ref.wilayah_sismiop, ref.wilayah,
--          ref.umur_piutang.
-- Params:  :status_batal      codes of cancelled SPPT (tenant)
--          :termasuk_denda    the amount paid includes the fine (tenant)
--          :data_per, :zona   the as-of moment and where its day begins and ends
-- Rules:   owed per SPPT = assessed - principal paid up to the as-of day, only where positive; age in days from the due
--          date to the as-of day; kecamatan from the NOP by the crosswalk valid on 1 January of the tax year.
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH sppt AS (
    SELECT
        sppt._nop AS nop,
        sppt.thn_pajak_sppt AS tahun,
        make_date(cast(sppt.thn_pajak_sppt AS INT), 1, 1) AS awal_tahun,
        concat(sppt.kd_propinsi, sppt.kd_dati2, sppt.kd_kecamatan, sppt.kd_kelurahan) AS kunci_wilayah,
        sppt.tgl_jatuh_tempo_sppt AS jatuh_tempo,
        sppt.pbb_yg_harus_dibayar_sppt AS ketetapan
    FROM curated.sismiop__sppt AS sppt
    WHERE
        sppt._dihapus_batch IS NULL
        AND NOT array_contains(:status_batal, sppt.status_pembayaran_sppt) -- noqa: LT01
),

bayar AS (
    SELECT
        bayar._nop AS nop,
        bayar.thn_pajak_sppt AS tahun,
        sum(
            bayar.jml_sppt_yg_dibayar
            - CASE WHEN :termasuk_denda THEN coalesce(bayar.denda_sppt, 0) ELSE 0 END -- noqa: LT01
        ) AS pokok
    FROM curated.sismiop__pembayaran_sppt AS bayar
    WHERE
        bayar._dihapus_batch IS NULL
        AND bayar.tgl_pembayaran_sppt <= to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
    GROUP BY bayar._nop, bayar.thn_pajak_sppt
),

rincian AS (
    SELECT
        sppt.tahun,
        sppt.awal_tahun,
        wilayah.kode_kecamatan,
        datediff(to_date(from_utc_timestamp(:data_per, :zona)), sppt.jatuh_tempo) AS hari, -- noqa: LT01
        sppt.ketetapan - coalesce(bayar.pokok, 0) AS tunggakan
    FROM sppt
    INNER JOIN ref.wilayah_sismiop AS wilayah
        ON
            sppt.kunci_wilayah = wilayah.kunci
            AND sppt.awal_tahun BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
    LEFT JOIN bayar
        ON
            sppt.nop = bayar.nop
            AND sppt.tahun = bayar.tahun
)

SELECT
    cast(rincian.tahun AS INT) AS tahun_pajak,
    kecamatan.kode AS kode_kecamatan,
    kecamatan.nama AS nama_kecamatan,
    umur.kode AS umur,
    umur.label AS umur_label,
    count(*) AS jumlah_sppt,
    sum(rincian.tunggakan) AS tunggakan
FROM rincian
INNER JOIN ref.wilayah AS kecamatan
    ON
        rincian.kode_kecamatan = kecamatan.kode
        AND rincian.awal_tahun BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
INNER JOIN ref.umur_piutang AS umur
    ON
        (umur.batas_bawah IS NULL OR rincian.hari >= cast(umur.batas_bawah AS INT))
        AND (umur.batas_atas IS NULL OR rincian.hari <= cast(umur.batas_atas AS INT))
WHERE rincian.tunggakan > 0
GROUP BY ALL
