"""The rules that follow from a contract and its standards; a suite adds the ones that these cannot say.

Reasons are written for the officer who has to mend the row, with `{column}` where the row's value belongs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from lumbung.declarations.models import (
    CodeList,
    Column,
    ListReference,
    NameReference,
    Reference,
    Rule,
    SemanticType,
)
from lumbung.declarations.names import FILE_DEFECT
from lumbung.declarations.transports import TEXT_TYPES

IN_SET: Final = "expect_column_values_to_be_in_set"
IS_NULL: Final = "expect_column_values_to_be_null"
MATCH: Final = "expect_column_values_to_match_regex"
NOT_NULL: Final = "expect_column_values_to_not_be_null"
COMPOUND_UNIQUE: Final = "expect_compound_columns_to_be_unique"
KEY_RULE: Final = "kunci-ganda"
FORM_RULE: Final = "bentuk:baris"

_LOGICAL_WORDS: Final = {
    "integer": "bilangan bulat",
    "number": "bilangan",
    "date": "tanggal",
    "timestamp": "tanggal dan jam",
    "boolean": "ya atau tidak",
    "string": "teks",
}
_TEXT: Final = ("character", "character varying", "text", *TEXT_TYPES)


def generated_derived(columns: Iterable[Column]) -> dict[str, str]:
    """The flag columns that the value rules stand on (`_nilai_<column>`, `_wajib_<column>`)."""
    derived: dict[str, str] = {}
    for column in columns:
        if not column.periksa_nilai:
            continue
        name = column.name
        derived[f"_nilai_{name}"] = f"NOT coalesce(array_contains(split(_nilai, ','), '{name}'), false)"
        if column.required:
            derived[f"_wajib_{name}"] = f"{name} IS NOT NULL OR NOT _nilai_{name}"
    return derived


def can_fail_typing(column: Column) -> bool:
    """Whether the raw value may not fit the curated type: text that should be something else, or free numerics."""
    if column.physical == "numeric":
        return True
    return column.physical.split("(")[0] in _TEXT and column.logical != "string"


def generated_rules(
    dataset: str,
    version: str,
    columns: tuple[Column, ...],
    key: tuple[str, ...],
    types: Mapping[str, SemanticType],
    lists: Mapping[str, CodeList],
) -> list[Rule]:
    """Rules of required columns, values, types, standards and code lists, and the key's."""
    contract = f"kontrak data {dataset} versi {version}"
    rules = [_key_rule(key, contract)]
    for column in columns:
        if column.required:
            rules.append(_required(column, contract))
        if column.periksa_nilai:
            rules.append(_value(column, contract))
        if can_fail_typing(column):
            rules.append(_typing(column, contract))
        if column.standard is not None and column.standard in types:
            rules.extend(_standard(column, types[column.standard]))
        if column.code_list is not None and column.code_list in lists:
            rules.append(_code(column, lists[column.code_list]))
    return rules


def form_rule(dataset: str, version: str) -> Rule:
    """A line of a file must have the form of the others: as many cells as the header, values that can be read."""
    return Rule(
        id=FORM_RULE,
        kind="map",
        severity="error",
        expectation=IS_NULL,
        kwargs={"column": FILE_DEFECT},
        columns=(FILE_DEFECT,),
        reason=f"Tidak terbaca seutuhnya: {{{FILE_DEFECT}}}.",
        source=f"kontrak data {dataset} versi {version}",
    )


def reference_rule(reference: Reference) -> Rule:
    """The parent must have been received."""
    return Rule(
        id=f"rujukan:{reference.id}",
        kind="reference",
        severity=reference.severity,
        expectation=IN_SET,
        kwargs={"column": reference.flag, "value_set": [True]},
        columns=reference.columns,
        reason=reference.reason,
        source=reference.source,
    )


def list_rule(reference: ListReference) -> Rule:
    """The code must be valid on the record's date."""
    return Rule(
        id=f"wilayah:{reference.id}",
        kind="list",
        severity=reference.severity,
        expectation=IN_SET,
        kwargs={"column": reference.flag, "value_set": [True]},
        columns=(reference.column,) if reference.on is None else (reference.column, reference.on),
        reason=reference.reason,
        source=reference.source,
    )


def name_rule(reference: NameReference, titles: Mapping[str, str], codes: CodeList) -> Rule:
    """The name must be known to the list; validate adds the nearest names to the reason."""
    within = f" untuk {titles.get(reference.within, 'induk')} {{{reference.within}}}" if reference.within else ""
    return Rule(
        id=reference.rule_id,
        kind="name",
        severity="error",
        expectation=IN_SET,
        kwargs={"column": reference.flag, "value_set": [True]},
        columns=(reference.column,),
        reason=f"{titles.get(reference.column, reference.column)} “{{{reference.column}}}” tidak dikenal dalam daftar "
        f"“{codes.title}”{within}; tulis nama resminya, atau minta walidata mencatat tulisan ini sebagai alias.",
        source=codes.source,
    )


def _key_rule(key: tuple[str, ...], contract: str) -> Rule:
    shown = ", ".join(f"{{{name}}}" for name in key)
    return Rule(
        id=KEY_RULE,
        kind="key",
        severity="error",
        expectation=COMPOUND_UNIQUE,
        kwargs={"column_list": list(key)},
        columns=key,
        reason=f"Kunci ({', '.join(key)}) bernilai {shown} muncul lebih dari sekali dengan isi berbeda "
        "dalam satu pengambilan; tentukan baris yang benar di sistem asal.",
        source=contract,
    )


def _required(column: Column, contract: str) -> Rule:
    checked = f"_wajib_{column.name}"
    kwargs = {"column": checked, "value_set": [True]} if column.periksa_nilai else {"column": column.name}
    return Rule(
        id=f"wajib:{column.name}",
        kind="map",
        severity="error",
        expectation=IN_SET if column.periksa_nilai else NOT_NULL,
        kwargs=kwargs,
        columns=(column.name,),
        reason=f"{column.title} wajib diisi, tetapi kosong.",
        source=contract,
    )


def _value(column: Column, contract: str) -> Rule:
    return Rule(
        id=f"nilai:{column.name}",
        kind="map",
        severity="error",
        expectation=IN_SET,
        kwargs={"column": f"_nilai_{column.name}", "value_set": [True]},
        columns=(column.name,),
        reason=f"{column.title} berisi nilai yang tidak dapat disimpan (tak hingga, bukan angka, atau karakter NUL); "
        "perbaiki di sistem asal.",
        source=contract,
    )


def _typing(column: Column, contract: str) -> Rule:
    word = _LOGICAL_WORDS[column.logical]
    size = f" paling banyak {column.precision} angka, {column.scale} desimal" if column.logical == "number" else ""
    return Rule(
        id=f"tipe:{column.name}",
        kind="type",
        severity="error",
        expectation=IN_SET,
        kwargs={"column": f"_tipe_{column.name}", "value_set": [True]},
        columns=(column.name,),
        reason=f"{column.title} {{{column.name}}} bukan {word}{size}.",
        source=contract,
    )


def _standard(column: Column, semantic: SemanticType) -> list[Rule]:
    return [
        Rule(
            id=f"{semantic.name}:{column.name}" if index == 0 else f"{semantic.name}-{check.id}:{column.name}",
            kind="map",
            severity=check.severity,
            expectation=MATCH,
            kwargs={"column": column.name, "regex": check.pattern},
            columns=(column.name,),
            reason=check.reason.replace("{title}", column.title).replace("{value}", f"{{{column.name}}}"),
            source=check.source,
        )
        for index, check in enumerate(semantic.checks)
    ]


def _code(column: Column, code_list: CodeList) -> Rule:
    codes = code_list.codes()
    numeric = column.logical in ("integer", "number")
    return Rule(
        id=f"kode:{column.name}",
        kind="map",
        severity="error",
        expectation=IN_SET,
        kwargs={"column": column.name, "value_set": [int(code) for code in codes] if numeric else list(codes)},
        columns=(column.name,),
        reason=f"{column.title} {{{column.name}}} tidak ada dalam daftar kode “{code_list.title}”.",
        source=code_list.source,
    )
