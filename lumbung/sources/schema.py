"""The schema that a source really has, held against the contract before a single row is read.

A column that the contract does not know is not read (it has no class and no purpose yet): the batch lands, with a
warning. Everything else stops the batch: a column that is missing would come as NULL, one of another type as another
value. A renamed column is a missing one and a new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lumbung.declarations.models import Column, Dataset
from lumbung.declarations.names import FILE_EXTRAS
from lumbung.declarations.yamlfile import YamlFile
from lumbung.sources.arrow import OWN_COLUMNS

PERIOD_PLACEHOLDER = "{periode}"


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column as the source's catalogue gives it: real spelling, type with modifier, NOT NULL or not."""

    name: str
    type: str
    not_null: bool = False


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table as the source's catalogue gives it."""

    schema: str
    name: str
    columns: tuple[SourceColumn, ...]
    period: str | None = None

    @property
    def label(self) -> str:
        """`schema.table`."""
        return f"{self.schema}.{self.name}"

    def by_lower_name(self) -> Mapping[str, SourceColumn]:
        """Columns by lower-case name; of two that differ only in case the later one wins."""
        return {column.name.lower(): column for column in self.columns}


@dataclass(frozen=True, slots=True)
class Drift:
    """How a source table departs from the contract. `errors` stop the batch, `warnings` do not."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def read_columns(dataset: Dataset) -> tuple[Column, ...]:
    """The contract's columns that the source's table holds (the period comes from the table's name)."""
    return tuple(column for column in dataset.columns if column.name != dataset.period_column)


def reserved_names(dataset: Dataset) -> tuple[str, ...]:
    """Errors for columns of the contract that bear a name which the raw files need for themselves."""
    return tuple(
        f"nama kolom {column.name} dipakai Lumbung sendiri"
        for column in dataset.columns
        if column.name in OWN_COLUMNS or (dataset.files is not None and column.name in FILE_EXTRAS)
    )


def contract_place(root: Path, dataset: Dataset, column: str | None = None) -> str:
    """Where the contract speaks of a column, or of the table: `contracts/<system>/<name>.yaml:<line>, kunci <key>`."""
    path = root / "contracts" / dataset.system / f"{dataset.name}.yaml"
    if not path.is_file():
        return str(path.relative_to(root))
    file = YamlFile(path, root)
    keys: list[str | int] = ["schema", 0, "physicalName"]
    if column is not None:
        names = [entry.get("name") for entry in file.data["schema"][0]["properties"]]
        keys = ["schema", 0, "properties"]
        if column in names:
            keys += [names.index(column), "name"]
    label = f"schema.properties.{column}" if column is not None and len(keys) > 3 else ".".join(map(str, keys[::2]))
    return f"{file.name}:{file.line(keys)}, kunci {label}"


def compare(dataset: Dataset, table: SourceTable, root: Path) -> Drift:
    """Hold one source table against its contract. Texts are Indonesian: officers of the OPD read them."""
    received = table.by_lower_name()
    errors: list[str] = []
    declared = read_columns(dataset)
    unknown = [name for name in received if name not in {column.name for column in declared}]
    if len(received) != len(table.columns):
        errors.append(f"tabel {table.label} mempunyai kolom yang namanya hanya berbeda besar-kecil huruf")
    for column in declared:
        if column.name not in received:
            hint = f"; kolom baru di sumber: {', '.join(unknown)} (diganti nama?)" if unknown else ""
            errors.append(
                f"kolom {column.name} ({_role(dataset, column)}) tidak ada lagi di tabel {table.label}, padahal "
                f"dijanjikan kontrak {contract_place(root, dataset, column.name)}{hint}"
            )
        elif received[column.name].type != column.physical:
            errors.append(
                f"kolom {column.name} ({_role(dataset, column)}) di tabel {table.label} bertipe "
                f"{received[column.name].type}, padahal kontrak {contract_place(root, dataset, column.name)} "
                f"menyebut {column.physical}"
            )
    warnings = [
        f"kolom baru {name} ({received[name].type}) di tabel {table.label} belum ada di kontrak "
        f"{contract_place(root, dataset)}; tidak dibaca sampai didaftarkan"
        for name in unknown
    ]
    return Drift(tuple(errors), tuple(warnings))


def missing_table(dataset: Dataset, root: Path) -> str:
    """The error for a table that the source does not have, or does not let us read."""
    return (
        f"tabel {dataset.source_table} tidak ada di sumber atau tidak boleh dibaca akun Lumbung, padahal disebut "
        f"kontrak {contract_place(root, dataset)}"
    )


def stop_message(dataset: Dataset, errors: Sequence[str]) -> str:
    """The error of a batch that was stopped before reading."""
    return (
        f"dataset {dataset.id} dihentikan sebelum dibaca; tidak ada data yang ditimpa. "
        + "; ".join(errors)
        + ". Perbaiki kontrak (naikkan versinya) atau pulihkan tabel sumber, lalu jalankan lagi: "
        "jendela yang sama dibaca ulang"
    )


def _role(dataset: Dataset, column: Column) -> str:
    """What the column is to the contract, in words."""
    roles = [
        word
        for word, holds in (
            ("kunci", column.name in dataset.key),
            ("kursor", column.name in dataset.cursor),
            ("wajib", column.required),
        )
        if holds
    ]
    return ", ".join(roles) or "tidak wajib"
