-- What:    SPPT issued, assessed, paid and still owed.
-- Grain:   tahun_pajak x kode_kecamatan x buku.
-- Sources: curated.sismiop__sppt, curated.sismiop__pembayaran_sppt, curated.sismiop__dat_objek_pajak (current rows),
--          ref.wilayah_sismiop, ref.wilayah,
--          ref.buku.
-- Params:  :status_batal      codes of cancelled SPPT (tenant)
--          :termasuk_denda    the amount paid includes the fine (tenant)
--          :data_per, :zona   the as-of moment and where its day begins and ends
--          :ambang, :dominasi fewest payers of a cell, and p of the p% rule (tenant)
-- Rules:   buku by PBB_YG_HARUS_DIBAYAR_SPPT; cancelled SPPT are not assessed and counted apart; principal paid up to
--          the as-of day; arrears per SPPT = max(0, assessed - principal paid); kecamatan from the NOP by the crosswalk
--          valid on 1 January of the tax year.
--          rawan: of an amount that the row gives (assessed, paid, owed), fewer payers than :ambang have a part, or
--          all but the two largest have less than :dominasi % of the largest; a payer is the object's present subject.
-- Usage:   bin/lumbung query (parameters filled in by the stage; put literals in their place by hand)
WITH sppt AS (
    SELECT
        sppt._nop AS nop,
        sppt.thn_pajak_sppt AS tahun,
        make_date(cast(sppt.thn_pajak_sppt AS INT), 1, 1) AS awal_tahun,
        concat(sppt.kd_propinsi, sppt.kd_dati2, sppt.kd_kecamatan, sppt.kd_kelurahan) AS kunci_wilayah,
        coalesce(objek.subjek_pajak_id, sppt._nop) AS subjek,
        sppt.pbb_yg_harus_dibayar_sppt AS ketetapan,
        array_contains(:status_batal, sppt.status_pembayaran_sppt) AS batal -- noqa: LT01
    FROM curated.sismiop__sppt AS sppt
    LEFT JOIN curated.sismiop__dat_objek_pajak AS objek
        ON
            sppt._nop = objek._nop
            AND objek._dihapus_batch IS NULL
    WHERE sppt._dihapus_batch IS NULL
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
        wilayah.kode_kecamatan,
        sppt.awal_tahun,
        sppt.batal,
        sppt.subjek,
        sppt.ketetapan,
        coalesce(bayar.pokok, 0) AS pokok,
        greatest(sppt.ketetapan - coalesce(bayar.pokok, 0), 0) AS tunggakan
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

lengkap AS (
    SELECT
        rincian.tahun,
        kecamatan.kode AS kode_kecamatan,
        kecamatan.nama AS nama_kecamatan,
        buku.kode AS buku,
        buku.label AS buku_label,
        rincian.batal,
        rincian.subjek,
        rincian.ketetapan,
        rincian.pokok,
        rincian.tunggakan
    FROM rincian
    INNER JOIN ref.wilayah AS kecamatan
        ON
            rincian.kode_kecamatan = kecamatan.kode
            AND rincian.awal_tahun BETWEEN kecamatan.berlaku_dari AND kecamatan.berlaku_sampai
    INNER JOIN ref.buku AS buku
        ON
            -- the limits are whole rupiah
            floor(rincian.ketetapan) >= cast(buku.batas_bawah AS DECIMAL(20, 0))
            AND (buku.batas_atas IS NULL OR floor(rincian.ketetapan) <= cast(buku.batas_atas AS DECIMAL(20, 0)))
),

jumlah AS (
    SELECT
        lengkap.tahun,
        lengkap.kode_kecamatan,
        lengkap.nama_kecamatan,
        lengkap.buku,
        lengkap.buku_label,
        count_if(NOT lengkap.batal) AS jumlah_sppt,
        coalesce(sum(lengkap.ketetapan) FILTER (WHERE NOT lengkap.batal), 0) AS ketetapan,
        coalesce(sum(lengkap.pokok) FILTER (WHERE NOT lengkap.batal), 0) AS pokok_dibayar,
        coalesce(sum(lengkap.tunggakan) FILTER (WHERE NOT lengkap.batal), 0) AS tunggakan,
        count_if(lengkap.batal) AS jumlah_sppt_batal
    FROM lengkap
    GROUP BY ALL
),

wajib_pajak AS (
    SELECT
        lengkap.tahun,
        lengkap.kode_kecamatan,
        lengkap.buku,
        lengkap.subjek,
        array(sum(lengkap.ketetapan), sum(lengkap.pokok), sum(lengkap.tunggakan)) AS ukuran
    FROM lengkap
    WHERE NOT lengkap.batal
    GROUP BY ALL
),

bagian AS (
    SELECT
        wajib_pajak.tahun,
        wajib_pajak.kode_kecamatan,
        wajib_pajak.buku,
        posexplode(wajib_pajak.ukuran) AS (ukuran, jumlah)
    FROM wajib_pajak
),

urut AS (
    SELECT
        bagian.tahun,
        bagian.kode_kecamatan,
        bagian.buku,
        bagian.ukuran,
        bagian.jumlah,
        row_number() OVER (
            PARTITION BY bagian.tahun, bagian.kode_kecamatan, bagian.buku, bagian.ukuran
            ORDER BY bagian.jumlah DESC
        ) AS urutan
    FROM bagian
    WHERE bagian.jumlah > 0
),

rawan_ukuran AS (
    SELECT
        urut.tahun,
        urut.kode_kecamatan,
        urut.buku,
        urut.ukuran,
        count(*) < :ambang -- noqa: LT01
        OR 100 * coalesce(sum(urut.jumlah) FILTER (WHERE urut.urutan > 2), 0)
        < :dominasi * max(urut.jumlah) -- noqa: LT01
            AS rawan
    FROM urut
    GROUP BY ALL
),

rawan AS (
    SELECT
        rawan_ukuran.tahun,
        rawan_ukuran.kode_kecamatan,
        rawan_ukuran.buku,
        bool_or(rawan_ukuran.rawan) AS rawan
    FROM rawan_ukuran
    GROUP BY ALL
)

SELECT
    cast(jumlah.tahun AS INT) AS tahun_pajak,
    jumlah.kode_kecamatan,
    jumlah.nama_kecamatan,
    jumlah.buku,
    jumlah.buku_label,
    jumlah.jumlah_sppt,
    jumlah.ketetapan,
    jumlah.pokok_dibayar,
    jumlah.tunggakan,
    CASE
        WHEN jumlah.ketetapan > 0
            THEN round(cast(100 AS DECIMAL(3, 0)) * jumlah.pokok_dibayar / jumlah.ketetapan, 2)
    END AS persen_realisasi,
    jumlah.jumlah_sppt_batal,
    coalesce(rawan.rawan, FALSE) AS rawan
FROM jumlah
LEFT JOIN rawan
    ON
        jumlah.tahun = rawan.tahun
        AND jumlah.kode_kecamatan = rawan.kode_kecamatan
        AND jumlah.buku = rawan.buku
