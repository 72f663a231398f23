-- What:    how much of the assessed tax is paid in time, in its year, and by now.
-- Grain:   tahun_pajak x kode_kecamatan.
-- Sources: curated.sismiop__sppt, curated.sismiop__pembayaran_sppt (current rows), ref.wilayah_sismiop, ref.wilayah.
-- Params:  :status_batal      codes of cancelled SPPT (tenant)
--          :termasuk_denda    the amount paid includes the fine (tenant)
--          :data_per, :zona   the as-of moment and where its day begins and ends
-- Rules:   cancelled SPPT are left out; principal paid up to the due date, to 31 December of the tax year and to the
--          as-of day; kecamatan from the NOP by the crosswalk valid on 1 January of the tax year.
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
        sppt.nop,
        sppt.tahun,
        bayar.tgl_pembayaran_sppt <= sppt.jatuh_tempo AS tepat_waktu,
        year(bayar.tgl_pembayaran_sppt) <= cast(sppt.tahun AS INT) AS tahun_berjalan,
        sum(
            bayar.jml_sppt_yg_dibayar
            - CASE WHEN :termasuk_denda THEN coalesce(bayar.denda_sppt, 0) ELSE 0 END -- noqa: LT01
        ) AS pokok
    FROM curated.sismiop__pembayaran_sppt AS bayar
    INNER JOIN sppt
        ON
            bayar._nop = sppt.nop
            AND bayar.thn_pajak_sppt = sppt.tahun
    WHERE
        bayar._dihapus_batch IS NULL
        AND bayar.tgl_pembayaran_sppt <= to_date(from_utc_timestamp(:data_per, :zona)) -- noqa: LT01
    GROUP BY ALL
),

dibayar AS (
    SELECT
        bayar.nop,
        bayar.tahun,
        coalesce(sum(bayar.pokok) FILTER (WHERE bayar.tepat_waktu), 0) AS tepat_waktu,
        coalesce(sum(bayar.pokok) FILTER (WHERE bayar.tahun_berjalan), 0) AS tahun_berjalan,
        sum(bayar.pokok) AS sampai_kini
    FROM bayar
    GROUP BY bayar.nop, bayar.tahun
),

lengkap AS (
    SELECT
        sppt.tahun,
        kecamatan.kode AS kode_kecamatan,
        kecamatan.nama AS nama_kecamatan,
        sppt.ketetapan,
        dibayar.tepat_waktu,
        dibayar.tahun_berjalan,
        dibayar.sampai_kini
    FROM sppt
    INNER JOIN ref.wilayah_sismiop AS wilayah
        ON
            sppt.kunci_wilayah = wilayah.kunci
            AND sppt.awal_tahun BETWEEN wilayah.berlaku_dari AND wilayah.berlaku_sampai
    INNER JOIN ref.wilayah AS kecamatan
        ON
            wilayah.kode_kecamatan = kecamatan.kode
            AND sppt.awal_tahun BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
    LEFT JOIN dibayar
        ON
            sppt.nop = dibayar.nop
            AND sppt.tahun = dibayar.tahun
),

jumlah AS (
    SELECT
        lengkap.tahun,
        lengkap.kode_kecamatan,
        lengkap.nama_kecamatan,
        count(*) AS jumlah_sppt,
        sum(lengkap.ketetapan) AS ketetapan,
        coalesce(sum(lengkap.tepat_waktu), 0) AS pokok_tepat_waktu,
        coalesce(sum(lengkap.tahun_berjalan), 0) AS pokok_tahun_berjalan,
        coalesce(sum(lengkap.sampai_kini), 0) AS pokok_sampai_kini
    FROM lengkap
    GROUP BY ALL
)

SELECT
    cast(jumlah.tahun AS INT) AS tahun_pajak,
    jumlah.kode_kecamatan,
    jumlah.nama_kecamatan,
    jumlah.jumlah_sppt,
    jumlah.ketetapan,
    jumlah.pokok_tepat_waktu,
    jumlah.pokok_tahun_berjalan,
    jumlah.pokok_sampai_kini,
    round(cast(100 AS DECIMAL(3, 0)) * jumlah.pokok_tepat_waktu / nullif(jumlah.ketetapan, 0), 2)
        AS persen_tepat_waktu,
    round(cast(100 AS DECIMAL(3, 0)) * jumlah.pokok_tahun_berjalan / nullif(jumlah.ketetapan, 0), 2)
        AS persen_tahun_berjalan,
    round(cast(100 AS DECIMAL(3, 0)) * jumlah.pokok_sampai_kini / nullif(jumlah.ketetapan, 0), 2)
        AS persen_sampai_kini
FROM jumlah
