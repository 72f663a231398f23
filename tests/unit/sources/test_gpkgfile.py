"""Layers as departments really send them: what is read, which feature is refused, which file as a whole."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely
from pyproj import Transformer

from lumbung.declarations.files import AREA, GEOMETRY, FilesDataset
from lumbung.declarations.models import Column, Dataset
from lumbung.sources.drop import gpkgfile
from lumbung.sources.drop.filetable import FileRefused
from tests.unit.sources.file_support import Given, read
from tests.unit.sources.gpkg_support import BOW, BOX, SQUARE, layer, sql, without_triggers

FORM = {"layer": "batas", "geometry": "MultiPolygon", "utm": 32749, "bounds": [112.4, -7.7, 113.0, -7.2]}
HEADERS = {"kode": ("kode",), "batas": (GEOMETRY,), "luas": (AREA,)}
LENIENT = {"bad_percent": 100}
TO_UTM = Transformer.from_crs(4326, 32749, always_xy=True)


def dataset(
    headers: dict[str, tuple[str, ...]] | None = None, files: dict[str, Any] | None = None, **form: Any
) -> Dataset:
    headers = headers or HEADERS
    declared = {"pattern": ".*", "headers": headers, "gpkg": FORM | form} | (files or {})
    kinds = {GEOMETRY: "wkb"}
    columns = tuple(
        Column.model_construct(
            name=name,
            title=name.capitalize(),
            logical={"tanggal": "date", "jumlah": "number"}.get(name, "string"),
            physical=kinds.get(texts[0], "text"),
            format="31-12-2025" if name == "tanggal" else None,
        )
        for name, texts in headers.items()
    )
    return Dataset.model_construct(
        system="uji",
        name="data",
        columns=columns,
        key=("kode",),
        period_column=None,
        files=FilesDataset.model_validate(declared),
    )


def given(path: Path, **form: Any) -> Given:
    return read(path, dataset(**form))


def shape(text: str | None) -> shapely.Geometry:
    assert text is not None
    return shapely.from_wkb(text)


def ring(*points: tuple[float, float]) -> bytes:
    """A polygon of one ring exactly as given, closed or not."""
    return struct.pack("<BIII", 1, 3, 1, len(points)) + b"".join(struct.pack("<dd", *point) for point in points)


def curved(kind: int, *parts: bytes) -> bytes:
    """A geometry of any type, with its parts (none: only that it is one)."""
    return struct.pack("<BI", 1, kind) + (struct.pack("<I", len(parts)) if parts else b"") + b"".join(parts)


def projected(wkt: str) -> str:
    """The geometry in UTM zone 49 south."""
    moved = shapely.transform(shapely.from_wkt(wkt), lambda points: [TO_UTM.transform(*point) for point in points])
    return str(moved.wkt)


def test_a_layer_is_read_with_its_area_in_the_declared_zone(tmp_path: Path) -> None:
    got = given(layer(tmp_path / "a.gpkg", [SQUARE, f"POLYGON(({BOX}))"]))
    (code, geometry, area), (_, single, _) = got.rows[1], got.rows[2]
    assert (code, got.defects) == ("A", {})
    assert shapely.equals_exact(shape(geometry), shapely.from_wkt(SQUARE), 1e-12)
    assert single == geometry  # a single polygon is the only part of many
    assert float(area or "") == pytest.approx(1_220_700, rel=0.001)  # 1,103.9 m × 1,105.8 m


def test_a_layer_in_another_reference_system_comes_as_degrees(tmp_path: Path) -> None:
    plain = given(layer(tmp_path / "a.gpkg", [SQUARE]))
    for crs, wkt in (("EPSG:32749", projected(SQUARE)), ("EPSG:4755", SQUARE)):
        got = given(layer(tmp_path / f"{crs[5:]}.gpkg", [wkt], crs=crs))
        assert shapely.equals_exact(shape(got.rows[1][1]), shapely.from_wkt(SQUARE), 1e-8), crs
        assert float(got.rows[1][2] or "") == pytest.approx(float(plain.rows[1][2] or ""), abs=1), crs


def test_heights_are_left_out(tmp_path: Path) -> None:
    got = given(layer(tmp_path / "a.gpkg", ["POLYGON Z((112.7 -7.4 5, 112.71 -7.4 5, 112.71 -7.41 5, 112.7 -7.4 5))"]))
    assert not got.defects
    assert not shapely.has_z(shape(got.rows[1][1]))


def test_points_have_no_area_and_further_layers_are_told(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", ["POINT(112.7 -7.4)"], name="Titik")
    layer(path, [SQUARE], name="lain", append=True)
    headers = {"kode": ("kode",), "titik": (GEOMETRY,)}
    got = given(path, headers=headers, layer="titik", geometry="Point")
    assert shape(got.rows[1][1]).wkt == "POINT (112.7 -7.4)"
    assert got.remarks == ["layer lain tidak dibaca: “lain”"]


def test_every_batch_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpkgfile, "_BATCH_ROWS", 2)
    got = given(layer(tmp_path / "a.gpkg", [SQUARE, SQUARE, BOW, SQUARE, SQUARE]))
    assert list(got.rows) == [1, 2, 3, 4, 5] and list(got.defects) == [3]


# -- attributes: what stands in the column, what is read

Value = pa.Array | tuple[str, str]
"""What a program wrote, or the type of a column and the SQL of what somebody put into it."""
VALUES: list[tuple[str, Value, str | None]] = [
    ("text", pa.array(["Waru"]), "Waru"),
    ("blanks around a text", pa.array([" Waru "]), "Waru"),
    ("nothing", pa.array([None], pa.string()), None),
    ("a whole number of 18 digits, exact", pa.array([351511000100200031]), "351511000100200031"),
    ("a number as it is written", pa.array([12.5]), "12.5"),
    ("more digits than fifteen", pa.array([112.70412345678912]), "112.70412345678912"),
    ("a whole number in a column of fractions", pa.array([351501.0]), "351501"),
    ("a small number without a power", pa.array([1e-7]), "0.0000001"),
    ("yes", pa.array([True]), "true"),
    ("a date where text is declared", pa.array([date(2025, 12, 31)]), "2025-12-31"),
    ("a moment", ("DATETIME", "'2025-12-31T23:59:58Z'"), "2025-12-31 23:59:58+00:00"),
    ("bytes", pa.array([b"\x01\xff"], pa.binary()), "01ff"),
    # what a program that reads layers makes something else of
    ("a word among numbers", ("INTEGER", "'dua'"), "dua"),
    ("a fraction among whole numbers", ("INTEGER", "3.7"), "3.7"),
    ("more than a narrow column holds", ("SMALLINT", "70000"), "70000"),
    ("more than a middle column holds", ("MEDIUMINT", "3000000000"), "3000000000"),
    ("neither yes nor no", ("BOOLEAN", "5"), "5"),
    ("a day in another writing", ("DATE", "'31/12/2025'"), "31/12/2025"),
    ("a day that no month has", ("DATE", "'2025-02-31'"), "2025-02-31"),
    ("the year 0", ("DATE", "'0000-01-01'"), "0000-01-01"),
    ("a year of five digits", ("DATETIME", "'12025-01-01T00:00:00Z'"), "12025-01-01T00:00:00Z"),
    ("parts of a second", ("DATETIME", "'2025-12-31T23:59:58.250Z'"), "2025-12-31T23:59:58.250Z"),
    ("a day by its week", ("DATE", "'2025-W01-1'"), "2025-W01-1"),
    ("a moment without its marks", ("DATETIME", "'20251231T101112'"), "20251231T101112"),
    ("a day long ago", ("DATE", "'0005-01-02'"), "0005-01-02"),
    ("a number among days", ("DATE", "20251231"), "20251231"),
    ("a type of another database", ("DECIMAL(10,2)", "12.5"), "12.5"),
    ("another one", ("BIGINT", "351511000100200031"), "351511000100200031"),
    ("infinity", ("REAL", "9e999"), "inf"),
]


def with_value(path: Path, value: Value) -> Path:
    if not isinstance(value, tuple):
        return layer(path, [SQUARE], isi=value)
    kind, content = value
    made = without_triggers(layer(path, [SQUARE]))
    return sql(made, f'ALTER TABLE batas ADD COLUMN isi "{kind}"', f"UPDATE batas SET isi = {content}")


@pytest.mark.parametrize(("value", "text"), [case[1:] for case in VALUES], ids=[case[0] for case in VALUES])
def test_attributes_arrive_as_text(tmp_path: Path, value: Value, text: str | None) -> None:
    got = given(with_value(tmp_path / "a.gpkg", value), headers={"isi": ("ISI",), **HEADERS})
    assert got.rows[1][0] == text and not got.defects


@pytest.mark.parametrize("value", [pa.array([351511000100200031.0]), ("REAL", "1e20"), ("NUMERIC", "1e20")])
def test_a_code_whose_last_digits_are_lost_is_refused(tmp_path: Path, value: Value) -> None:
    got = given(with_value(tmp_path / "a.gpkg", value), headers={"isi": ("ISI",), **HEADERS}, files=LENIENT)
    assert re.search(r"kolom Isi berisi \d\d angka yang disimpan sebagai bilangan.*teks", got.defects[1])


def test_a_large_number_keeps_its_digits_where_numbers_are_declared(tmp_path: Path) -> None:
    path = with_value(tmp_path / "a.gpkg", ("REAL", "1234567890123456"))
    got = given(path, headers={"jumlah": ("ISI",), **HEADERS})
    assert got.rows[1][0] == "1234567890123456" and not got.defects


def test_a_drawing_in_the_form_of_an_extension_is_not_read(tmp_path: Path) -> None:
    path = without_triggers(layer(tmp_path / "a.gpkg", [SQUARE, SQUARE, SQUARE]))
    sql(path, "UPDATE batas SET geom = CAST(substr(geom, 1, 3) || x'23' || substr(geom, 5) AS BLOB) WHERE fid = 2")
    assert list(given(path).defects) == [2]


def test_a_file_whose_length_an_old_program_left_as_it_was_is_read(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", [SQUARE])
    assert list(given(patched(patched(path, 28, b"\0\1\0\0"), 92, b"\0\0\0\0")).rows) == [1]


def test_a_text_that_holds_nul_is_lost_and_said(tmp_path: Path) -> None:
    path = with_value(tmp_path / "a.gpkg", ("TEXT", "'a' || char(0) || 'b'"))
    got = given(path, headers={"isi": ("ISI",), **HEADERS})
    assert got.rows[1][0] is None and got.lost == {1: "isi"}


def test_a_date_takes_the_declared_writing(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", [SQUARE], tanggal=pa.array([date(2025, 12, 31)]))
    assert given(path, headers={"tanggal": ("tanggal",), **HEADERS}).rows[1][0] == "31-12-2025"


# -- drift: attributes as a department's layer has them, what is read of `kode`, `nama`, `jumlah`, what is said

NAMED = {"nama": ("nama", "NAMOBJ"), "jumlah": ("jumlah",), **HEADERS}
NAMES, NUMBERS = pa.array(["Waru"]), pa.array([7])
NEW = "kolom baru “warna” belum ada di kontrak; tidak dibaca sampai didaftarkan"
GOES_ON: list[tuple[str, dict[str, pa.Array], tuple[str | None, ...], list[str]]] = [
    ("as declared", {"nama": NAMES, "jumlah": NUMBERS}, ("Waru", "7"), []),
    ("reordered", {"jumlah": NUMBERS, "nama": NAMES}, ("Waru", "7"), []),
    ("added", {"nama": NAMES, "jumlah": NUMBERS, "warna": NAMES}, ("Waru", "7"), [NEW]),
    ("added in front", {"warna": NAMES, "nama": NAMES, "jumlah": NUMBERS}, ("Waru", "7"), [NEW]),
    ("renamed to a declared alias", {"NamObj": NAMES, "jumlah": NUMBERS}, ("Waru", "7"), []),
    ("empty in every feature", {"nama": pa.array([None], pa.string()), "jumlah": NUMBERS}, (None, "7"), []),
    ("number to text", {"nama": NAMES, "jumlah": pa.array(["tujuh"])}, ("Waru", "tujuh"), []),
    ("text to number", {"nama": pa.array([12]), "jumlah": NUMBERS}, ("12", "7"), []),
    ("whole to fraction", {"nama": NAMES, "jumlah": pa.array([7.5])}, ("Waru", "7.5"), []),
    ("text to day", {"nama": pa.array([date(2025, 12, 31)]), "jumlah": NUMBERS}, ("2025-12-31", "7"), []),
]
"""Drift that costs no value: a text of another kind arrives as it stands and fails its column's form."""
REFUSED: list[tuple[str, dict[str, pa.Array], str]] = [
    ("dropped", {"jumlah": NUMBERS}, "kolom “nama” tidak ada"),
    ("two are dropped", {}, "kolom “nama” tidak ada; kolom “jumlah” tidak ada"),
    ("renamed", {"nm": NAMES, "jumlah": NUMBERS}, "kolom “nama” tidak ada"),
    ("renamed, and the old one beside it", {"nama": NAMES, "namobj": NAMES, "jumlah": NUMBERS}, "ada 2 kali"),
    ("codes to numbers", {"nama": pa.array([3515110001002000.0]), "jumlah": NUMBERS}, "1 dari 1 baris rusak"),
]


@pytest.mark.parametrize(
    ("columns", "values", "said"), [case[1:] for case in GOES_ON], ids=[case[0] for case in GOES_ON]
)
def test_drift_that_costs_nothing_goes_on_and_is_said(
    tmp_path: Path, columns: dict[str, pa.Array], values: tuple[str | None, ...], said: list[str]
) -> None:
    got = given(layer(tmp_path / "a.gpkg", [SQUARE], **columns), headers=NAMED)
    assert (got.rows[1][:3], got.defects, got.remarks) == ((*values, "A"), {}, said)


@pytest.mark.parametrize(("columns", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_drift_that_would_cost_values_refuses_the_file(
    tmp_path: Path, columns: dict[str, pa.Array], words: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        given(layer(tmp_path / "a.gpkg", [SQUARE], **columns), headers=NAMED)
    assert words in str(refused.value)


# -- features that are refused: geometry, words of the reason

OUTER = ((112.7, -7.4), (112.71, -7.4), (112.71, -7.41), (112.7, -7.4))
FEATURES: list[tuple[str, str | bytes | None, str]] = [
    ("a bow-tie", BOW, r"memotong dirinya sendiri di titik 112\.705000, -7\.405000 \(EPSG:4326\)"),
    (
        "a hole outside",
        f"MULTIPOLYGON((({BOX}), (112.8 -7.4, 112.81 -7.4, 112.81 -7.41, 112.8 -7.4)))",
        "lubangnya di luar batas luarnya",
    ),
    (
        "a part within a part",
        f"MULTIPOLYGON((({BOX})), ((112.702 -7.402, 112.704 -7.402, 112.704 -7.404, 112.702 -7.402)))",
        "bagiannya di dalam bagian lain",
    ),
    ("a ring that is not closed", ring(*OUTER[:3]), "tidak tertutup"),
    ("a ring of two points", ring(*OUTER[:2], OUTER[0]), "tidak terbaca|titiknya kurang"),
    ("a coordinate that is no number", ring(OUTER[0], (float("nan"), -7.4), *OUTER[2:]), "koordinatnya bukan bilangan"),
    ("nothing", None, "tidak digambar"),
    ("an empty geometry", "MULTIPOLYGON EMPTY", "kosong, tanpa satu titik pun"),
    ("a part of no point", f"MULTIPOLYGON((({BOX})), EMPTY)", "salah satu bagiannya kosong"),
    ("a line", "LINESTRING(112.7 -7.4, 112.71 -7.4)", "berjenis LineString, seharusnya MultiPolygon"),
    ("a point", "POINT(112.7 -7.4)", "berjenis Point, seharusnya MultiPolygon"),
    ("a collection", f"GEOMETRYCOLLECTION(POLYGON(({BOX})))", "berjenis GeometryCollection"),
    (
        "another regency",
        "POLYGON((113.5 -7.4, 113.6 -7.4, 113.6 -7.5, 113.5 -7.4))",
        r"bujur 113\.50000 … 113\.60000, lintang .*: di luar kotak wilayah",
    ),
    (
        "longitude and latitude exchanged",
        "POLYGON((-7.4 112.7, -7.41 112.7, -7.41 112.71, -7.4 112.7))",
        "di luar kotak",
    ),
    ("a part of it outside", "POLYGON((112.7 -7.4, 112.71 -7.1, 112.71 -7.41, 112.7 -7.4))", r"… -7\.10000"),
]


@pytest.mark.parametrize(("geometry", "words"), [case[1:] for case in FEATURES], ids=[case[0] for case in FEATURES])
def test_a_wrong_geometry_refuses_its_feature_alone(tmp_path: Path, geometry: Any, words: str) -> None:
    got = given(layer(tmp_path / "a.gpkg", [SQUARE, geometry, SQUARE]))
    assert list(got.defects) == [2]
    assert got.rows[2] == ("B", None, None)  # what else stands in it stays, so that it can be found
    assert re.search(words, got.defects[2]), got.defects[2]
    assert got.defects[2].startswith("kolom Batas (fid 2) ")


def test_a_feature_of_nothing_but_a_wrong_geometry_is_told_too(tmp_path: Path) -> None:
    path = sql(
        without_triggers(layer(tmp_path / "a.gpkg", [SQUARE, BOW])), "UPDATE batas SET kode = NULL WHERE fid = 2"
    )
    assert "memotong dirinya sendiri" in given(path).defects[2]


# -- files that are refused whole

Break = Callable[[Path], Path]
UNKNOWN_SYSTEM = (
    "INSERT INTO gpkg_spatial_ref_sys SELECT 'x', {code}, '{organization}', {code}, definition, '' "
    "FROM gpkg_spatial_ref_sys WHERE srs_id = 4326",
    "UPDATE gpkg_geometry_columns SET srs_id = {code}",
)


def system(path: Path, organization: str, code: int) -> Path:
    return sql(without_triggers(path), *(one.format(organization=organization, code=code) for one in UNKNOWN_SYSTEM))


def cut(path: Path, share: float) -> Path:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


def patched(path: Path, at: int, content: bytes) -> Path:
    data = bytearray(path.read_bytes())
    data[at : at + len(content)] = content
    path.write_bytes(data)
    return path


def geojson(path: Path) -> Path:
    path.write_text('{"type": "FeatureCollection", "features": []}' * 9)
    return path


def named_otherwise(path: Path) -> Path:
    path.unlink()
    return layer(path, [SQUARE], name="Lain")


def view(path: Path) -> Path:
    return sql(
        without_triggers(path),
        "ALTER TABLE batas RENAME TO isi",
        "CREATE VIEW batas AS SELECT * FROM isi",
        "UPDATE gpkg_contents SET table_name = 'batas'",
        "UPDATE gpkg_geometry_columns SET table_name = 'batas'",
    )


def endless(path: Path) -> Path:
    """The table of contents as a view that never ends."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    return sql(
        without_triggers(path),
        "ALTER TABLE gpkg_contents RENAME TO isi",
        f"CREATE VIEW gpkg_contents AS SELECT isi.* FROM isi, ({numbers})",
    )


def computed(path: Path) -> Path:
    return sql(without_triggers(path), "ALTER TABLE batas ADD COLUMN besar AS (hex(zeroblob(1000000000)))")


def renamed(name: str) -> Break:
    return lambda path: sql(
        without_triggers(path),
        "ALTER TABLE gpkg_contents RENAME TO isi",
        f"CREATE TABLE gpkg_contents AS SELECT {name} AS table_name, data_type FROM isi",
        "ALTER TABLE gpkg_geometry_columns RENAME TO kolom",
        f"CREATE TABLE gpkg_geometry_columns AS SELECT {name} AS table_name, column_name, srs_id FROM kolom",
    )


def listed_twice(path: Path) -> Path:
    return sql(
        without_triggers(path),
        "ALTER TABLE gpkg_geometry_columns RENAME TO kolom",
        "CREATE TABLE gpkg_geometry_columns AS SELECT * FROM kolom UNION ALL SELECT * FROM kolom",
    )


def disguised(path: Path) -> Path:
    path = sql(
        without_triggers(path),
        "ALTER TABLE gpkg_spatial_ref_sys RENAME TO sistem",
        "CREATE VIRTUAL TABLE gpkg_spatial_ref_sys USING fts4(srs_id, organization, organization_coordsys_id)",
        "INSERT INTO gpkg_spatial_ref_sys SELECT srs_id, organization, organization_coordsys_id FROM sistem",
        "PRAGMA writable_schema = ON",
    )
    change = "UPDATE sqlite_master SET sql = replace(sql, 'CREATE VIRTUAL', 'create /* */ VIRTUAL') WHERE name = '{}'"
    return sql(path, "PRAGMA writable_schema = ON", change.format("gpkg_spatial_ref_sys"))


def huge(path: Path) -> Path:
    return sql(without_triggers(path), "UPDATE batas SET kode = hex(zeroblob(1000000))")


def unkeyed(path: Path) -> Path:
    return sql(
        without_triggers(path), "ALTER TABLE batas RENAME TO isi", "CREATE TABLE batas AS SELECT geom, kode FROM isi"
    )


def unnumbered(path: Path) -> Path:
    return sql(
        without_triggers(path),
        "ALTER TABLE batas RENAME TO isi",
        "CREATE TABLE batas (fid INTEGER PRIMARY KEY, geom, kode) WITHOUT ROWID",
        "INSERT INTO batas SELECT 'x', geom, kode FROM isi",
    )


def of_system(number: int) -> Break:
    return lambda path: sql(path, f"UPDATE gpkg_geometry_columns SET srs_id = {number}")


def emptied(statement: str) -> Break:
    return lambda path: sql(without_triggers(path), statement)


FILES: list[tuple[str, Break, str]] = [
    ("nothing", lambda path: cut(path, 0), r"berkas kosong \(0 byte\)"),
    ("a ZIP", lambda path: patched(path, 0, b"PK\x03\x04"), "bukan GeoPackage"),
    ("a few bytes", lambda path: cut(path, 0.0005), "bukan GeoPackage"),
    ("GeoJSON", geojson, "bukan GeoPackage"),
    ("a database of another program", lambda path: patched(path, 68, b"\0\0\0\0"), "SQLite, tetapi bukan GeoPackage"),
    ("half of it", lambda path: cut(path, 0.5), "berkas terpotong"),
    ("a page of rubbish", lambda path: patched(path, 4096 * 3, b"\xff" * 4096), "rusak"),
    ("open in QGIS while it was copied", lambda path: sql(path, "PRAGMA journal_mode = WAL"), "modus WAL"),
    ("another layer", named_otherwise, "layer “batas” tidak ada; yang ada: “Lain”"),
    ("a view", view, "layer “batas” bukan tabel"),
    ("a view that never ends", endless, "tabel gpkg_contents bukan tabel"),
    ("no table of contents", lambda path: sql(path, "DROP TABLE gpkg_contents"), "tabel gpkg_contents tidak ada"),
    ("a column without an end", computed, "kolom “besar” dihitung oleh berkasnya sendiri"),
    ("a value without an end", huge, "lebih besar dari 1 MiB"),
    ("features without a number", unnumbered, "fitur sesudah fid 0 tidak bernomor"),
    ("no column of numbers", unkeyed, "tidak bernomor fitur"),
    ("a name that is no text", renamed("x'6261746173'"), "daftar layernya rusak"),
    ("a layer that is listed twice", listed_twice, "layer “batas” terdaftar 2 kali"),
    ("a virtual table in disguise", disguised, "tabel gpkg_spatial_ref_sys bukan tabel"),
    ("no reference system", of_system(0), "sistem koordinat layer “batas” tidak dikenal"),
    ("one of the drawing's own", of_system(-1), "tidak dikenal"),
    ("one that the file does not describe", of_system(77), "tidak dikenal"),
    ("one of another register", lambda path: system(path, "ESRI", 102100), r"tidak dikenal \(“ESRI:102100”\)"),
    ("a code that nobody gave out", lambda path: system(path, "EPSG", 99999), "EPSG:99999 tidak dikenal"),
    ("counted from the earth's centre", lambda path: system(path, "EPSG", 4978), "bukan bujur-lintang"),
    ("no feature", emptied("DELETE FROM batas"), "tidak memuat satu baris data pun"),
    ("nothing but wrong geometries", emptied("UPDATE batas SET geom = NULL"), "1 dari 1 baris rusak"),
]


@pytest.mark.parametrize(("spoil", "words"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_a_file_that_is_not_as_declared_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Break, words: str
) -> None:
    monkeypatch.setattr(gpkgfile, "_MOST_BYTES", 1 << 20)
    path = spoil(layer(tmp_path / "a.gpkg", [SQUARE]))
    with pytest.raises(FileRefused, match=words) as refused:
        given(path)
    assert "Traceback" not in str(refused.value) and "sqlite3" not in str(refused.value)


def test_a_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = without_triggers(layer(tmp_path / "a.gpkg", [SQUARE]))
    sql(path, "UPDATE batas SET kode = CAST(x'4dfc6c' AS TEXT)")
    with pytest.raises(FileRefused, match="bukan UTF-8"):
        given(path)


def test_a_file_whose_check_has_no_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = layer(tmp_path / "a.gpkg", [SQUARE])
    monkeypatch.setattr(gpkgfile, "_MOST_SECONDS", -1)
    monkeypatch.setattr(gpkgfile, "_STEPS", 1)
    with pytest.raises(FileRefused, match="tidak selesai dalam"):
        given(path)


def test_a_file_beyond_the_declared_size_is_not_opened(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", [SQUARE])
    with path.open("ab") as file:
        file.truncate((1 << 20) + 1)
    with pytest.raises(FileRefused, match="paling besar 1 MiB"):
        given(path, max_mb=1)


def test_a_drawing_recorded_in_another_system_than_its_layer_is_refused(tmp_path: Path) -> None:
    path = without_triggers(layer(tmp_path / "a.gpkg", [SQUARE, SQUARE, SQUARE]))
    number = "UPDATE batas SET geom = CAST(substr(geom, 1, 4) || x'{}' || substr(geom, 9) AS BLOB) WHERE fid = {}"
    sql(path, number.format("ed7f0000", 2), number.format("00000000", 3))  # EPSG:32749; not said
    got = given(path)
    assert got.defects == {2: "kolom Batas (fid 2) tercatat dalam sistem koordinat 32749, padahal layernya dalam 4326"}


POINTS = struct.pack("<I4d", 2, 112.7, -7.4, 112.71, -7.4)
DRAWN: list[tuple[str, bytes, str]] = [
    ("a circle", curved(10, curved(8) + POINTS), r"berjenis CurvePolygon \(garis lengkung\), seharusnya MultiPolygon"),
    ("a surface of circles", curved(12, curved(10, curved(8) + POINTS)), r"berjenis MultiSurface \(garis lengkung"),
    ("a circle among polygons", curved(6, curved(10, curved(8) + POINTS)), "tidak terbaca"),
    ("a type that nobody knows", curved(99), "berjenis nomor 99, seharusnya MultiPolygon"),
]


@pytest.mark.parametrize(("wkb", "words"), [case[1:] for case in DRAWN], ids=[case[0] for case in DRAWN])
def test_a_drawing_that_cannot_be_read_here_refuses_its_feature_alone(tmp_path: Path, wkb: bytes, words: str) -> None:
    path = without_triggers(layer(tmp_path / "a.gpkg", [SQUARE, SQUARE, SQUARE]))
    blob = b"GP\0\1" + struct.pack("<i", 4326) + wkb
    got = given(sql(path, f"UPDATE batas SET geom = x'{blob.hex()}' WHERE fid = 2"))
    assert list(got.defects) == [2]
    assert re.search(words, got.defects[2]), got.defects[2]


@pytest.mark.parametrize(
    "content", ["x'00'", "x'4750'", "x'47500001e6100000'", "x'475000ffe6100000010300'", "'teks'", "7"]
)
def test_what_is_no_geometry_refuses_its_feature_alone(tmp_path: Path, content: str) -> None:
    path = without_triggers(layer(tmp_path / "a.gpkg", [SQUARE, SQUARE, SQUARE]))
    got = given(sql(path, f"UPDATE batas SET geom = {content} WHERE fid = 2"))
    assert list(got.defects) == [2] and re.search("tidak terbaca|bukan geometri", got.defects[2])


def test_the_file_may_write_names_in_other_cases_than_its_tables(tmp_path: Path) -> None:
    path = sql(
        without_triggers(layer(tmp_path / "a.gpkg", [SQUARE])),
        "UPDATE gpkg_contents SET table_name = 'BATAS'",
        "UPDATE gpkg_geometry_columns SET table_name = 'Batas', column_name = 'GEOM'",
    )
    assert given(path).rows[1][0] == "A"


def test_geometries_in_memory_together_are_few_when_they_are_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpkgfile, "_BATCH_BYTES", 1)
    assert list(given(layer(tmp_path / "a.gpkg", [SQUARE] * 3)).rows) == [1, 2, 3]


def test_reading_changes_neither_the_file_nor_its_folder(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", [SQUARE, BOW])
    before = path.read_bytes()
    given(path)
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir()] == ["a.gpkg"]
