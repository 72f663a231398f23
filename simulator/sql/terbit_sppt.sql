-- What: the assessment of one tax year (SPPT), issued on 16 February.
-- Grain: one row per object that is not deleted (NOP, thn_pajak_sppt).
-- Parameters: settings simulator.tahun (4 digits), simulator.benih (decides which zones rise), simulator.nip (18 digits).
-- Usage: simulator.life_sismiop.issue(day, 2026); the two statements are split at the marker lines (two at signs).
-- @@
-- First the land value of a quarter of the blocks rises by one class
UPDATE public.dat_objek_pajak o
SET njop_bumi = o.total_luas_bumi * k2.nilai_per_m2_tanah * 1000
FROM public.kelas_tanah AS k1
INNER JOIN public.kelas_tanah AS k2 ON k2.kd_kls_tanah::int = k1.kd_kls_tanah::int + 1
WHERE
    o.jns_transaksi_op <> '3'
    AND o.total_luas_bumi > 0
    AND k1.nilai_per_m2_tanah * 1000 = o.njop_bumi / o.total_luas_bumi
    AND ('x' || left(md5(current_setting('simulator.benih') || o.kd_kecamatan || o.kd_kelurahan || o.kd_blok), 6))::bit(24)::int % 100 < 25;
-- @@
-- Then one assessment per object
WITH objek AS (
    SELECT
        o.*,
        k.kd_kls_tanah,
        k.thn_awal_kls_tanah,
        b.kd_kls_bng,
        b.thn_awal_kls_bng,
        s.nm_wp,
        s.jalan_wp,
        s.rw_wp,
        s.rt_wp,
        s.kelurahan_wp,
        s.kota_wp,
        o.njop_bumi + o.njop_bng AS njop,
        CASE
            WHEN row_number() OVER (
                PARTITION BY o.subjek_pajak_id ORDER BY o.kd_kecamatan, o.kd_kelurahan, o.kd_blok, o.no_urut
            ) = 1 THEN 10000000
            ELSE 0
        END AS njoptkp,
        ('x' || left(md5(current_setting('simulator.benih') || 'potongan' || o.kd_kecamatan || o.kd_kelurahan || o.kd_blok || o.no_urut), 6))::bit(24)::int
        % 100 AS undian
    FROM public.dat_objek_pajak AS o
    LEFT JOIN public.kelas_tanah AS k ON o.total_luas_bumi > 0 AND k.nilai_per_m2_tanah * 1000 * o.total_luas_bumi = o.njop_bumi
    LEFT JOIN public.kelas_bangunan AS b ON o.total_luas_bng > 0 AND b.nilai_per_m2_bng * 1000 * o.total_luas_bng = o.njop_bng
    LEFT JOIN LATERAL (
        SELECT *
        FROM public.dat_subjek_pajak AS p
        WHERE p.subjek_pajak_id = o.subjek_pajak_id
        ORDER BY p.nm_wp
        LIMIT 1
    ) AS s ON TRUE
    WHERE o.jns_transaksi_op <> '3' AND o.kd_kelurahan <> '099'
),

pajak AS (
    SELECT
        *,
        greatest(
            floor(
                (
                    greatest(njop - njoptkp, 0)
                    * CASE
                        WHEN njop <= 1000000000 THEN 10
                        WHEN njop <= 2000000000 THEN 15
                        WHEN njop <= 5000000000 THEN 20
                        ELSE 30
                    END
                    + 5000
                )
                / 10000
            ),
            10000
        ) AS terhutang
    FROM objek
),

ketetapan AS (
    SELECT
        *,
        CASE WHEN undian < 3 THEN floor(terhutang / 4) WHEN undian < 25 THEN 0 END AS pengurang
    FROM pajak
)

INSERT INTO public.sppt (
    kd_propinsi, kd_dati2, kd_kecamatan, kd_kelurahan, kd_blok, no_urut, kd_jns_op, thn_pajak_sppt, siklus_sppt,
    kd_kanwil_bank, kd_kppbb_bank, kd_bank_tunggal, kd_bank_persepsi, kd_tp, nm_wp_sppt, jln_wp_sppt, rw_wp_sppt, rt_wp_sppt,
    kelurahan_wp_sppt, kota_wp_sppt, kd_kls_tanah, thn_awal_kls_tanah, kd_kls_bng, thn_awal_kls_bng, tgl_jatuh_tempo_sppt,
    luas_bumi_sppt, luas_bng_sppt, njop_bumi_sppt, njop_bng_sppt, njop_sppt, njoptkp_sppt, pbb_terhutang_sppt,
    faktor_pengurang_sppt, pbb_yg_harus_dibayar_sppt, status_pembayaran_sppt, status_tagihan_sppt, status_cetak_sppt,
    tgl_terbit_sppt, tgl_cetak_sppt, nip_pencetak_sppt
)
SELECT
    kd_propinsi,
    kd_dati2,
    kd_kecamatan,
    kd_kelurahan,
    kd_blok,
    no_urut,
    kd_jns_op,
    current_setting('simulator.tahun'),
    1,
    '12',
    '15',
    '01',
    '14',
    '01',
    coalesce(nm_wp, 'TANPA NAMA'),
    jalan_wp,
    rw_wp,
    rt_wp,
    kelurahan_wp,
    kota_wp,
    coalesce(kd_kls_tanah, 'XXX'),
    coalesce(thn_awal_kls_tanah, '1986'),
    coalesce(kd_kls_bng, 'XXX'),
    coalesce(thn_awal_kls_bng, '1986'),
    CASE
        WHEN terhutang - coalesce(pengurang, 0) <= 500000 THEN make_date(current_setting('simulator.tahun')::int, 9, 30)
        ELSE make_date(current_setting('simulator.tahun')::int, 8, 31)
    END,
    total_luas_bumi,
    total_luas_bng,
    njop_bumi,
    njop_bng,
    njop,
    njoptkp,
    terhutang,
    pengurang,
    terhutang - coalesce(pengurang, 0),
    '0',
    '0',
    '1',
    make_date(current_setting('simulator.tahun')::int, 2, 16),
    make_date(current_setting('simulator.tahun')::int, 2, 16) + interval '9 hours',
    current_setting('simulator.nip')
FROM ketetapan
ORDER BY kd_kecamatan, kd_kelurahan, kd_blok, no_urut;
