-- What:    unpaid SPPT and what is owed, by age of the debt.
-- Grain:   tahun_pajak x kode_kecamatan x umur.
-- Sources: curated.sismiop__sppt, curated.sismiop__pembayaran_sppt, curated.sismiop__dat_objek_pajak (current rows),
--          ref.wilayah_sismiop, ref.wilayah,
--          ref.umur_piutang.
-- Params:  :status_batal      codes of cancelled SPPT (tenant)
--          :termasuk_denda    the amount paid includes the fine (tenant)
--          :data_per, :zona   the as-of moment and where its day begins and ends
--          :ambang, :dominasi fewest payers of a cell, and p of the p% rule (tenant)
-- Rules:   owed per SPPT = assessed - principal paid up to the as-of day, only where positive; age in days from the due
--          date to the as-of day; kecamatan from the NOP by the crosswalk valid on 1 January of the tax year.
--          rawan (of kecamatan x umur, all tax years together): fewer payers than :ambang, or all but the two largest
--          pay less than :dominasi % of the largest; a payer is the object's present subject.
-- Usage:   bin/lumbung query (put literals in place of the parameters)
WITH sppt AS (
    SELECT
        sppt._nop AS nop,
        sppt.thn_pajak_sppt AS tahun,
        make_date(cast(sppt.thn_pajak_sppt AS INT), 1, 1) AS awal_tahun,
        concat(sppt.kd_propinsi, sppt.kd_dati2, sppt.kd_kecamatan, sppt.kd_kelurahan) AS kunci_wilayah,
        coalesce(objek.subjek_pajak_id, sppt._nop) AS subjek,
        sppt.tgl_jatuh_tempo_sppt AS jatuh_tempo,
        sppt.pbb_yg_harus_dibayar_sppt AS ketetapan
    FROM curated.sismiop__sppt AS sppt
    LEFT JOIN curated.sismiop__dat_objek_pajak AS objek
        ON
            sppt._nop = objek._nop
            AND objek._dihapus_batch IS NULL
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
        sppt.subjek,
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
),

piutang AS (
    SELECT
        rincian.tahun,
        kecamatan.kode AS kode_kecamatan,
        kecamatan.nama AS nama_kecamatan,
        umur.kode AS umur,
        umur.label AS umur_label,
        rincian.subjek,
        rincian.tunggakan
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
),

wajib_pajak AS (
    SELECT
        piutang.kode_kecamatan,
        piutang.umur,
        piutang.subjek,
        sum(piutang.tunggakan) AS jumlah
    FROM piutang
    GROUP BY ALL
),

urut AS (
    SELECT
        wajib_pajak.kode_kecamatan,
        wajib_pajak.umur,
        wajib_pajak.jumlah,
        row_number() OVER (
            PARTITION BY wajib_pajak.kode_kecamatan, wajib_pajak.umur
            ORDER BY wajib_pajak.jumlah DESC
        ) AS urutan
    FROM wajib_pajak
),

rawan AS (
    SELECT
        urut.kode_kecamatan,
        urut.umur,
        count(*) < :ambang -- noqa: LT01
        OR 100 * coalesce(sum(urut.jumlah) FILTER (WHERE urut.urutan > 2), 0)
        < :dominasi * max(urut.jumlah) -- noqa: LT01
            AS rawan
    FROM urut
    GROUP BY ALL
)

SELECT
    cast(piutang.tahun AS INT) AS tahun_pajak,
    piutang.kode_kecamatan,
    piutang.nama_kecamatan,
    piutang.umur,
    piutang.umur_label,
    count(*) AS jumlah_sppt,
    sum(piutang.tunggakan) AS tunggakan,
    rawan.rawan
FROM piutang
INNER JOIN rawan
    ON
        piutang.kode_kecamatan = rawan.kode_kecamatan
        AND piutang.umur = rawan.umur
GROUP BY ALL
