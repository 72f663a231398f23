-- Puts the tax years that put_aside.sql took away back into the tables of the simulated SISMIOP.
-- usage: psql SISMIOP -f bring_back.sql
INSERT INTO public.sppt
SELECT * FROM simulator.lama_sppt;
INSERT INTO public.pembatalan_sppt
SELECT * FROM simulator.lama_pembatalan_sppt;
INSERT INTO public.pembayaran_sppt
SELECT * FROM simulator.lama_pembayaran_sppt;
DROP TABLE simulator.lama_pembayaran_sppt;
DROP TABLE simulator.lama_pembatalan_sppt;
DROP TABLE simulator.lama_sppt;
