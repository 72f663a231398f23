"""The closed vocabularies of the declarations and the shapes that names must have."""

from __future__ import annotations

import re
from typing import Final, Literal

Logical = Literal["string", "integer", "number", "date", "timestamp", "boolean"]
Classification = Literal["umum", "terbatas", "rahasia"]
Severity = Literal["error", "warning", "info"]
RuleKind = Literal["map", "key", "type", "reference", "list", "name"]
LoadMode = Literal["window", "full"]
TextFormat = Literal["1.234,5", "31-12-2025", "31/12/2025", "20251231", "2025-12-31T23:59:59+07:00"]
"""How a text source may write a value besides the plain way (1234.5, 2025-12-31, 2025-12-31 23:59:59), by example."""
RegistrationStatus = Literal["diajukan", "diperiksa", "disetujui", "ditolak", "ditangguhkan", "dicabut"]
Category = Literal["strategis", "tinggi", "rendah"]

#: Only these may be published (FACTS section 6: deny by default).
PUBLIC_CLASS: Final = "umum"
STATUS_COLUMN: Final = "status_nilai"
"""Of a public table: whether a row is final, provisional or withheld."""
WITHHELD: Final = "disamarkan"
#: A system is extracted only in this state (lampiran II and III).
APPROVED: Final = "disetujui"

IDENTIFIER: Final = re.compile(r"[a-z_][a-z0-9_]*\Z")
DERIVED: Final = re.compile(r"_[a-z0-9_]*\Z")
RULE_ID: Final = re.compile(r"[a-z][a-z0-9-]*\Z")
SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
SOURCE_TABLE: Final = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*(\{periode\})?\Z")
VERSION: Final = re.compile(r"\d+\.\d+\.\d+\Z")
PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\Z")

#: Raw columns that every batch has besides the contract's own (see the batch file layout).
RAW_EXTRAS: Final = ("_row", "_nilai")
#: What rows of a file have besides: the file's name, the line in it, and what is wrong with the line's form (or NULL).
FILE_NAME: Final = "_berkas"
FILE_LINE: Final = "_baris"
FILE_DEFECT: Final = "_cacat"
FILE_EXTRAS: Final = (FILE_NAME, FILE_LINE, FILE_DEFECT)
#: PostgreSQL types of a source column, as `format_type` prints them.
PHYSICAL: Final = re.compile(
    r"(numeric(\(\d+,\d+\))?|character(\(\d+\))|character varying(\(\d+\))?|text|date|boolean|smallint|integer|bigint"
    r"|real|double precision|timestamp(\([0-6]\))? (without|with) time zone)\Z"
)
#: Where a source's own word for a column may stand: a path of keys, or `@` and the name of a request's value.
JSON_PATH: Final = re.compile(r"(@[a-z_]+|[^.@\s][^.\s]*(\.[^.\s]+)*)\Z")
#: Spark types of a mart's column.
SPARK_TYPE: Final = re.compile(
    r"(string|binary|boolean|tinyint|smallint|int|bigint|float|double|date|timestamp|timestamp_ntz|decimal\(\d+,\d+\)"
    r"|array<(string|int|bigint|date|timestamp)>)\Z"
)
