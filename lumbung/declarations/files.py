"""How files of a drop folder are read, declared: of the system (block `files` of `system.yaml`) and of each dataset
(property `files` of its contract).
"""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, StrictBool, StrictInt, field_validator, model_validator

from lumbung.declarations.base import Frozen

PERIOD_GROUP = "periode"
GEOMETRY = "@geometri"
"""What stands for the header of a layer's geometry: a column of a GeoPackage that it names holds WKB."""
AREA = "@luas_m2"
"""What stands for the header of a geometry's area, computed in the declared UTM zone."""
WKB = "wkb"
"""Physical type of a geometry's column: text (hexadecimal) as it arrives, bytes in curated."""
UTM_ZONES = (*range(32601, 32661), *range(32701, 32761))


class FilesSystem(Frozen):
    """A drop folder. `settle_s`: a file that changed less than so many seconds ago is still being written."""

    settle_s: StrictInt = Field(default=60, ge=0)


class TotalRows(Frozen):
    """A row whose `column` (of the contract) fits `pattern` as a whole, upper or lower case, is a total: counted, not
    received.
    """

    column: str
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        return _regular_expression(pattern)


class CsvForm(Frozen):
    """How a CSV file is written. A list of delimiters or quotes may be told apart by the header; one alone is never
    guessed. `quote: ""`: nothing is quoted.
    """

    encoding: Literal["utf-8", "utf-16", "cp1252"]
    delimiter: str | tuple[str, ...]
    quote: str | tuple[str, ...] = '"'
    max_mb: StrictInt = Field(default=4096, ge=1)

    @model_validator(mode="after")
    def _single_characters(self) -> Self:
        for name, marks in (("delimiter", self.delimiters), ("quote", self.quotes)):
            if not marks or any(len(mark) > 1 or mark in ("\r", "\n") for mark in marks):
                raise ValueError(f"{name} is one character, or a list of such")
        if "" in self.delimiters or set(self.delimiters) & set(self.quotes):
            raise ValueError("delimiter and quote differ, and there is always a delimiter")
        return self

    @property
    def delimiters(self) -> tuple[str, ...]:
        """The delimiters that may be found."""
        return (self.delimiter,) if isinstance(self.delimiter, str) else self.delimiter

    @property
    def quotes(self) -> tuple[str, ...]:
        """The quotes that may be found."""
        return (self.quote,) if isinstance(self.quote, str) else self.quote


class XlsxForm(Frozen):
    """Which sheet of a workbook holds the rows. `fill_merged`: columns in which a merged cell stands for all its rows.

    `max_mb`: the file; `expanded_mb`: what is in it, unpacked. Beyond either the department is asked for CSV.
    """

    sheet: str
    fill_merged: tuple[str, ...] = ()
    max_mb: StrictInt = Field(default=20, ge=1)
    expanded_mb: StrictInt = Field(default=200, ge=1)


class GpkgForm(Frozen):
    """Which layer of a GeoPackage holds the rows, and what its geometry must be.

    `utm`: the EPSG code of the zone in which areas are computed (32749: zone 49 south). `bounds`: west, south, east and
    north in degrees, outside of which nothing of the regency lies. A single geometry passes for its `Multi…`.
    """

    layer: str
    geometry: Literal["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"]
    utm: StrictInt
    bounds: tuple[float, float, float, float]
    max_mb: StrictInt = Field(default=200, ge=1)

    @field_validator("utm")
    @classmethod
    def _zone(cls, utm: int) -> int:
        if utm not in UTM_ZONES:
            raise ValueError("not the EPSG code of a UTM zone (32601 … 32660, 32701 … 32760)")
        return utm

    @model_validator(mode="after")
    def _box(self) -> Self:
        west, south, east, north = self.bounds
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError("bounds are west, south, east, north in degrees")
        return self


class FilesDataset(Frozen):
    """The files of a dataset: which names are its own, and how they are read.

    `pattern`: a regular expression over the whole name; its group `periode` names what a later file replaces (without
    it every file replaces the one before). `header_row`: the line of the header (from 1), `header_rows` lines of it,
    read as `upper / lower`. `aliases`: further headers of a column. `empty`: texts that stand for no value. `strip`:
    blanks around a value are not part of it. `fill_short`: a row that ends early has empty values at its end.
    `bad_percent`: above this share of ill-formed rows the file is refused whole. `allow_empty`: a file without a row
    says that there is none. `headers`: accepted headers by column; filled from the contract.
    """

    pattern: str
    csv: CsvForm | None = None
    xlsx: XlsxForm | None = None
    gpkg: GpkgForm | None = None
    header_row: StrictInt = Field(default=1, ge=1)
    header_rows: StrictInt = Field(default=1, ge=1, le=3)
    aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    empty: tuple[str, ...] = ("",)
    strip: StrictBool = True
    fill_short: StrictBool = False
    bad_percent: StrictInt = Field(default=50, ge=0, le=100)
    allow_empty: StrictBool = False
    total_rows: TotalRows | None = None
    headers: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        return _regular_expression(pattern)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if len([form for form in (self.csv, self.xlsx, self.gpkg) if form is not None]) != 1:
            raise ValueError("files are either csv or xlsx or gpkg")
        if self.gpkg is not None and "" not in self.empty:
            raise ValueError('a layer\'s empty value is empty: "" belongs to `empty`')
        return self

    @property
    def max_mb(self) -> int:
        """MiB of a file at most."""
        return next(form.max_mb for form in (self.csv, self.xlsx, self.gpkg) if form is not None)

    @property
    def by_period(self) -> bool:
        """Whether the files' names bear a period."""
        return PERIOD_GROUP in re.compile(self.pattern).groupindex


def plain_header(text: str) -> str:
    """A header as headers are compared: without regard to upper and lower case, and to how blanks are set."""
    return " ".join(text.split()).casefold()


def _regular_expression(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern
