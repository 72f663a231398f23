-- The point is one in two dimensions: 21 bytes of little-endian WKB, as it is drawn and published.
SELECT id_fasilitas
FROM mart.fasilitas_umum
WHERE length(titik) != 21 OR hex(substring(titik, 1, 5)) != '0101000000'
