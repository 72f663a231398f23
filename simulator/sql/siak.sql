-- What: what a day of life asks of SIAK. Parameters are named after the columns they meet.
-- Usage: simulator.queries.query("siak", "anggota")

-- name: nomor_terakhir_nik
SELECT max(nik) FROM public.biodata_wni
WHERE nik BETWEEN %(dari)s AND %(sampai)s AND length(nik) = 16

-- name: nomor_terakhir_kk
SELECT max(no_kk) FROM public.data_keluarga
WHERE no_kk BETWEEN %(dari)s AND %(sampai)s AND length(no_kk) = 16

-- name: akta_lahir_sehari
SELECT count(*) FROM public.capil_lahir WHERE starts_with(bayi_no, %(awal)s)

-- name: akta_mati_sehari
SELECT count(*) FROM public.capil_mati WHERE starts_with(mati_no, %(awal)s)

-- name: akta_kawin_sehari
SELECT count(*) FROM public.capil_kawin WHERE starts_with(kawin_no, %(awal)s)

-- name: akta_cerai_sehari
SELECT count(*) FROM public.capil_cerai WHERE starts_with(cerai_no, %(awal)s)

-- name: surat_pindah_sehari
SELECT count(*) FROM public.pindah_header WHERE starts_with(no_pindah, %(awal)s)

-- name: surat_datang_sehari
SELECT count(*) FROM public.datang_header WHERE starts_with(no_datang, %(awal)s)

-- name: ayah
SELECT nik, nama_lgkp FROM public.biodata_wni
WHERE no_kk = %(no_kk)s AND jenis_klmin = 1 AND stat_hbkel = 1 AND length(nik) = 16
ORDER BY flag_status, nik

-- name: kartu
-- The family card, unless a defect spoilt it.
SELECT ctid::text AS _ctid, t.* FROM public.data_keluarga t
WHERE
    no_kk = %(no_kk)s
    AND NOT EXISTS (SELECT FROM simulator.cacat c WHERE c.tabel = 'data_keluarga' AND c.kunci = t.no_kk)

-- name: anggota
-- Active members without defects: the spouse first, then by age; the head is among them.
SELECT ctid::text AS _ctid, nik, nama_lgkp, stat_hbkel, tgl_lhr, stat_kwn FROM public.biodata_wni t
WHERE
    no_kk = %(no_kk)s
    AND flag_status = '0'
    AND NOT EXISTS (SELECT FROM simulator.cacat c WHERE c.tabel = 'biodata_wni' AND c.kunci = t.nik)
ORDER BY stat_hbkel <> 3, tgl_lhr, nik

-- name: anggota_cacat
SELECT count(*) FROM public.biodata_wni t
INNER JOIN simulator.cacat c ON c.tabel = 'biodata_wni' AND c.kunci = t.nik
WHERE t.no_kk = %(no_kk)s

-- name: tunda
INSERT INTO simulator.tunda VALUES (%(hari)s, 'biodata_wni', %(nik)s, %(kolom)s, %(nilai)s)

-- name: jatuh_tunda
-- Corrections that are taken back today; not where a defect came in between.
SELECT kunci, kolom, nilai FROM simulator.tunda d
WHERE
    hari <= %(hari)s
    AND NOT EXISTS (SELECT FROM simulator.cacat c WHERE c.tabel = 'biodata_wni' AND c.kunci = d.kunci)
ORDER BY hari, kunci

-- name: hapus_tunda
DELETE FROM simulator.tunda WHERE hari <= %(hari)s

-- name: tutup_semester
-- The consolidated population: active residents without open errors.
INSERT INTO public.{tabel} ({kolom})
SELECT {kolom} FROM public.biodata_wni t
WHERE
    flag_status = '0'
    AND stat_hidup = 1
    AND NOT EXISTS (
        SELECT FROM simulator.cacat c
        WHERE
            c.tabel = 'biodata_wni'
            AND c.kunci = t.nik
            AND c.isi ->> 'severity' = 'error'
            AND c.isi ->> 'state' = 'open'
    )
ORDER BY nik
