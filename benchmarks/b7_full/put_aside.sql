-- Puts the older tax years of the simulated SISMIOP aside, so that a run meets the newest one alone.
-- usage: psql SISMIOP -f put_aside.sql; bring_back.sql undoes it
CREATE TABLE simulator.lama_pembayaran_sppt AS
SELECT * FROM public.pembayaran_sppt
WHERE thn_pajak_sppt < (SELECT max(thn_pajak_sppt) FROM public.sppt);
CREATE TABLE simulator.lama_pembatalan_sppt AS
SELECT * FROM public.pembatalan_sppt
WHERE thn_pajak_sppt < (SELECT max(thn_pajak_sppt) FROM public.sppt);
CREATE TABLE simulator.lama_sppt AS
SELECT * FROM public.sppt
WHERE thn_pajak_sppt < (SELECT max(thn_pajak_sppt) FROM public.sppt);
DELETE FROM public.pembayaran_sppt
WHERE thn_pajak_sppt < (SELECT max(thn_pajak_sppt) FROM public.sppt);
DELETE FROM public.pembatalan_sppt
WHERE thn_pajak_sppt < (SELECT max(thn_pajak_sppt) FROM public.sppt);
DELETE FROM public.sppt
WHERE thn_pajak_sppt < (SELECT max(thn_pajak_sppt) FROM public.sppt);
