-- A group holds at least one building, and a building has a floor.
SELECT
    kode_kecamatan,
    penggunaan,
    umur,
    jumlah_bangunan,
    luas
FROM mart.bangunan
WHERE
    jumlah_bangunan <= 0
    OR luas <= 0
    OR jumlah_direnovasi > jumlah_bangunan
