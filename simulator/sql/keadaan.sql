-- What: the simulator's own bookkeeping in a source database, and the clock that readers may ask.
-- Grain: one schema `simulator` per source; only its owner may read it.
-- Usage: simulator.manifest.create_schema(connection)
DROP SCHEMA IF EXISTS simulator CASCADE;
CREATE SCHEMA simulator;
REVOKE ALL ON SCHEMA simulator FROM public;
CREATE TABLE simulator.keadaan (kunci text PRIMARY KEY, nilai text NOT NULL);
CREATE TABLE simulator.cacat (
    nomor integer PRIMARY KEY, id text UNIQUE, tabel text, kunci text, isi json, perbaikan json
);
CREATE INDEX cacat_kunci ON simulator.cacat (tabel, kunci);
CREATE TABLE simulator.peristiwa (nomor bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, isi json);
CREATE TABLE simulator.umpan (nomor bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, isi json);
CREATE TABLE simulator.gangguan (nomor bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, jenis text, alamat text);
CREATE TABLE simulator.tunda (hari date, tabel text, kunci text, kolom text, nilai text);
CREATE TABLE simulator.nik_subjek (nik text PRIMARY KEY);
CREATE OR REPLACE FUNCTION public.jam_sistem() RETURNS timestamp without time zone
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = simulator, pg_temp
AS $$ SELECT nilai::timestamp FROM simulator.keadaan WHERE kunci = 'jam' $$;
REVOKE ALL ON FUNCTION public.jam_sistem() FROM public;
GRANT USAGE ON SCHEMA public TO lumbung_baca;
GRANT EXECUTE ON FUNCTION public.jam_sistem() TO lumbung_baca;
