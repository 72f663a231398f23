-- Those at school and those not recorded there are the children of the cell.
SELECT
    kode_kecamatan,
    kelompok_umur,
    jenis_kelamin,
    jumlah_anak
FROM mart.anak_tidak_sekolah
WHERE jumlah_bersekolah + jumlah_tidak_bersekolah != jumlah_anak
