"""Marts: `sql/marts/<mart>/contract.yaml` (ODCS), its SQL files, and `publikasi.yaml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from lumbung.declarations.contracts import CLASSES, LOGICAL, read_odcs
from lumbung.declarations.forms import MartColumnExtras, MartExtras, PublicationForm, PublicationsForm
from lumbung.declarations.models import (
    CodeList,
    Dataset,
    Mart,
    MartColumn,
    MartTest,
    Publication,
    PublishedColumn,
    Tenant,
)
from lumbung.declarations.names import IDENTIFIER, PUBLIC_CLASS, RULE_ID, SLUG, SPARK_TYPE, STATUS_COLUMN, WITHHELD
from lumbung.declarations.problems import Problem
from lumbung.declarations.product import GEOMETRY
from lumbung.declarations.reading import read_extras, read_form
from lumbung.declarations.yamlfile import KeyPath, YamlFile

OPD_LIST: Final = "opd"
THEME_LIST: Final = "tema"
#: The proposed threshold (FACTS section 6), only while the tenant's file cannot be read.
DEFAULT_K: Final = 5

_Wrong = Callable[[KeyPath, str], None]


class MartReader:
    """Reads the marts of a tree; ids and slugs of publications are unique over all of them."""

    def __init__(
        self,
        root: Path,
        datasets: Mapping[str, Dataset],
        lists: Mapping[str, CodeList],
        tenant: Tenant | None,
        problems: list[Problem],
    ) -> None:
        self.root, self.lists, self.tenant, self.problems = root, lists, tenant, problems
        self.curated = {dataset.table_name for dataset in datasets.values()}
        self.names = {path.parent.name for path in (root / "sql" / "marts").glob("*/contract.yaml")}
        self.ids: set[str] = set()
        self.slugs: set[str] = set()
        self.files: dict[str, tuple[YamlFile, YamlFile | None]] = {}

    def read(self) -> dict[str, Mart]:
        """All marts by name."""
        marts: dict[str, Mart] = {}
        for folder in sorted(path for path in (self.root / "sql" / "marts").glob("*") if path.is_dir()):
            path = folder / "contract.yaml"
            if not path.exists():
                name = str(folder.relative_to(self.root))
                self.problems.append(Problem(f"{name}/contract.yaml", 1, "", "the mart has no contract"))
                continue
            mart = self._mart(path)
            if mart is not None:
                marts[mart.name] = mart
        return marts

    def _mart(self, path: Path) -> Mart | None:
        file, name = YamlFile(path, self.root), path.parent.name
        self.problems.extend(file.problems)
        document = read_odcs(file, self.problems, f"mart.{name}")
        if document is None or document.schema_ is None:
            return None
        if not IDENTIFIER.match(name):
            self.problems.append(file.problem((), f"a mart's name is [a-z_][a-z0-9_]*: {name!r}"))
        extras = read_extras(MartExtras, file.data.get("customProperties"), file, self.problems, ())
        schema = document.schema_[0]
        for key, value, wanted in (("name", schema.name, name), ("physicalName", schema.physicalName, f"mart.{name}")):
            if value != wanted:
                self.problems.append(file.problem(("schema", 0, key), f"must be {wanted!r}; found {value!r}"))
        columns = self._columns(file)
        if extras is None:
            return None
        grain = [(p.primaryKeyPosition or 0, str(p.name)) for p in schema.properties or [] if p.primaryKey]
        self._extras(file, extras, {column.name for column in columns}, document.domain)
        description = document.description
        mart = Mart(
            name=name,
            version=document.version or "",
            title=document.name or "",
            description=(description.purpose if description else None) or "",
            question=extras.question,
            read_for=(description.usage if description else None) or "",
            owner=extras.owner,
            theme=document.domain or "",
            columns=tuple(columns),
            grain=tuple(column for _, column in sorted(grain, key=lambda pair: pair[0])),
            inputs=tuple(extras.inputs),
            primary_input=extras.primary_input,
            counted_measure=extras.counted_measure,
            sql_path=path.parent / "mart.sql",
            identity_sql_path=_existing(path.parent / "identity.sql"),
            tests=self._tests(file, path.parent, extras),
            publications=(),
            records=tuple(extras.records),
            unpublished=extras.unpublished,
        )
        if not mart.sql_path.exists():
            self.problems.append(file.problem((), "the mart has no mart.sql beside its contract"))
        if not mart.read_for:
            self.problems.append(file.problem(("description", "usage"), "say what the mart may be read for"))
        if not mart.grain:
            self.problems.append(file.problem(("schema", 0, "properties"), "the mart has no grain (primaryKey: true)"))
        publications = self._publications(mart, file)
        if bool(publications) == bool(mart.unpublished):
            message = "publish something of it (publikasi.yaml), or say why nothing is public (unpublished); not both"
            self.problems.append(file.problem(("customProperties",), message))
        return mart.model_copy(update={"publications": publications})

    def _columns(self, file: YamlFile) -> list[MartColumn]:
        columns: list[MartColumn] = []
        for index, prop in enumerate(file.data["schema"][0]["properties"]):
            path: KeyPath = ("schema", 0, "properties", index)
            before = len(self.problems)
            extras = read_extras(MartColumnExtras, prop.get("customProperties"), file, self.problems, path)
            name = prop.get("name") or ""
            if not IDENTIFIER.match(str(name)) or name in {column.name for column in columns}:
                message = f"not a fresh column name of [a-z_][a-z0-9_]*: {name!r}"
                self.problems.append(file.problem((*path, "name"), message))
            for key, allowed in (("logicalType", (*LOGICAL, "array")), ("classification", CLASSES)):
                if prop.get(key) not in allowed:
                    message = f"must be {' | '.join(allowed)}; found {prop.get(key)!r}"
                    self.problems.append(file.problem((*path, key), message))
            for key in ("businessName", "description"):
                if not prop.get(key):
                    self.problems.append(file.problem((*path, key), f"column {name!r} needs {key}"))
            if not SPARK_TYPE.match(str(prop.get("physicalType"))):
                message = f"not a Spark type such as bigint or decimal(20,0): {prop.get('physicalType')!r}"
                self.problems.append(file.problem((*path, "physicalType"), message))
            for key in ("required", "primaryKey"):
                if not isinstance(prop.get(key, False), bool):
                    self.problems.append(file.problem((*path, key), f"must be true or false; found {prop[key]!r}"))
            if extras is None or len(self.problems) > before:
                continue
            columns.append(
                MartColumn(
                    name=name,
                    logical="string" if prop["logicalType"] == "array" else prop["logicalType"],
                    physical=prop["physicalType"],
                    title=prop["businessName"],
                    description=prop["description"],
                    unit=extras.unit,
                    classification=prop["classification"],
                    required=bool(prop.get("required")),
                )
            )
        return columns

    def _extras(self, file: YamlFile, extras: MartExtras, columns: set[str], theme: str | None) -> None:
        entries = file.data["customProperties"]
        places = {entry.get("property"): index for index, entry in enumerate(entries)}

        def wrong(name: str, message: str) -> None:
            self.problems.append(file.problem(("customProperties", places.get(name, 0), "value"), message))

        for name in extras.inputs:
            kind, _, rest = name.rpartition(".")
            known = {"": self.curated, "ref": set(self.lists), "mart": self.names}.get(kind, set())
            if rest not in known:
                wrong("inputs", f"unknown input {name!r}; curated tables as siak__biodata_wni, ref.<list>, mart.<mart>")
        if extras.primary_input is not None and extras.primary_input not in set(extras.inputs) & self.curated:
            wrong("primary_input", f"not one of the curated inputs: {extras.primary_input!r}")
        if extras.counted_measure is not None and extras.counted_measure not in columns:
            wrong("counted_measure", f"unknown column {extras.counted_measure!r}")
        if not self._has(OPD_LIST, extras.owner):
            wrong("owner", f"unknown OPD {extras.owner!r}; see standards/reference/opd.csv")
        if not self._has(THEME_LIST, theme or ""):
            self.problems.append(
                file.problem(("domain",), f"unknown theme {theme!r}; see standards/reference/tema.csv")
            )

    def _has(self, name: str, code: str) -> bool:
        return name not in self.lists or code in self.lists[name].codes()

    def _tests(self, file: YamlFile, folder: Path, extras: MartExtras) -> tuple[MartTest, ...]:
        tests: list[MartTest] = []
        for form in extras.tests:
            path = folder / "tests" / f"{form.id}.sql"
            if not RULE_ID.match(form.id) or form.id in {test.id for test in tests}:
                self.problems.append(file.problem(("customProperties",), f"not a fresh id of [a-z0-9-]: {form.id!r}"))
            elif not path.exists():
                message = f"the test {form.id!r} has no SQL: tests/{form.id}.sql is missing"
                self.problems.append(file.problem(("customProperties",), message))
            else:
                tests.append(MartTest(id=form.id, sql=path.read_text(encoding="utf-8"), reason=form.reason))
        return tuple(tests)

    def _publications(self, mart: Mart, contract: YamlFile) -> tuple[Publication, ...]:
        folder = mart.sql_path.parent
        path = folder / "publikasi.yaml"
        self.files[mart.name] = (contract, None)
        forms: list[PublicationForm] = []
        if path.exists():
            file = YamlFile(path, self.root)
            self.files[mart.name] = (contract, file)
            self.problems.extend(file.problems)
            form = read_form(PublicationsForm, file, self.problems) if file.data is not None else None
            forms = form.publications if form is not None else []
        publications = [self._publication(mart, entry, file, index) for index, entry in enumerate(forms)]
        named = {f"publikasi_{entry.id}.sql" for entry in forms}
        for sql in sorted(folder.glob("publikasi_*.sql")):
            if sql.name not in named:
                name = str(sql.relative_to(self.root))
                self.problems.append(Problem(name, 1, "", "no publication of publikasi.yaml has this id"))
        return tuple(publications)

    def _publication(self, mart: Mart, form: PublicationForm, file: YamlFile, index: int) -> Publication:
        path: KeyPath = ("publications", index)

        def wrong(key: KeyPath, message: str) -> None:
            self.problems.append(file.problem((*path, *key), message))

        if not IDENTIFIER.match(form.id) or form.id in self.ids:
            wrong(("id",), f"not a fresh id of [a-z_][a-z0-9_]*: {form.id!r}")
        if not SLUG.match(form.slug) or form.slug in self.slugs:
            wrong(("slug",), f"not a fresh slug of [a-z0-9-]: {form.slug!r}")
        self.ids.add(form.id)
        self.slugs.add(form.slug)
        if not self._has(OPD_LIST, form.organization):
            wrong(("organization",), f"unknown OPD {form.organization!r}; see standards/reference/opd.csv")
        for number, group in enumerate(form.groups):
            if not self._has(THEME_LIST, group):
                wrong(("groups", number), f"unknown theme {group!r}; see standards/reference/tema.csv")
        self._published(mart, form, wrong)
        sql_path = file.path.parent / f"publikasi_{form.id}.sql"
        if not sql_path.exists():
            wrong(("id",), f"the publication has no SQL: {sql_path.name} is missing beside it")
        tenant = self.tenant
        return Publication(
            id=form.id,
            slug=form.slug,
            mart=mart.name,
            title=form.title,
            notes=form.notes,
            definition=form.definition,
            organization=form.organization,
            groups=tuple(form.groups),
            tags=tuple(form.tags),
            columns=tuple(PublishedColumn(**dict(column)) for column in form.columns),
            sql=sql_path.read_text(encoding="utf-8") if sql_path.exists() else "",
            sql_path=sql_path,
            key=tuple(form.key),
            suppress=form.suppress.suppression(tenant.k if tenant else DEFAULT_K) if form.suppress else None,
            frequency=form.frequency,
            period_column=form.period_column,
            license=form.license or (tenant.license if tenant else ""),
        )

    def _published(self, mart: Mart, form: PublicationForm, wrong: _Wrong) -> None:
        names = [column.name for column in form.columns]
        classes = {column.name: column.classification for column in mart.columns}
        for number, column in enumerate(form.columns):
            if not IDENTIFIER.match(column.name) or column.name in names[:number]:
                wrong(("columns", number, "name"), f"not a fresh column name of [a-z_][a-z0-9_]*: {column.name!r}")
            if classes.get(column.source, PUBLIC_CLASS) != PUBLIC_CLASS:
                message = f"{mart.name}.{column.source} is {classes[column.source]}: it cannot be public"
                wrong(("columns", number, "source"), message)
        _drawings(mart, form, wrong)
        filled = [("key", form.key), ("groups", form.groups), ("columns", form.columns)]
        for name, entries in filled:
            if not entries:
                wrong((name,), "at least one is wanted")
        if form.suppress is not None and not form.suppress.value_columns:
            wrong(("suppress", "value_columns"), "at least one is wanted")
        groups = [name for group in (form.suppress.total_groups if form.suppress else []) for name in group]
        listed: list[tuple[KeyPath, list[str]]] = [(("key",), form.key)]
        if form.period_column is not None:
            listed.append((("period_column",), [form.period_column]))
        if form.suppress is not None:
            listed.append((("suppress", "count_column"), [form.suppress.count_column]))
            listed.append((("suppress", "value_columns"), form.suppress.value_columns))
            listed.append((("suppress", "total_groups"), groups))
            if form.suppress.k is not None and form.suppress.k < 2:
                wrong(("suppress", "k"), f"a threshold below 2 hides nothing; found {form.suppress.k}")
            marks = any(column.name == STATUS_COLUMN and WITHHELD in column.source for column in form.columns)
            if marks != bool(form.suppress.marked_because):
                said = "why rows are marked as withheld has to be said" if marks else "no row is marked as withheld"
                wrong(("suppress", "marked_because"), f"{said} ({STATUS_COLUMN}: {WITHHELD!r} in its source)")
        elif not form.suppress_reason:
            wrong(("suppress",), "no suppression of small cells needs its reason (suppress_reason)")
        for key, columns in listed:
            for name in columns:
                if name not in names:
                    wrong(key, f"unknown published column {name!r}")


def _drawings(mart: Mart, form: PublicationForm, wrong: _Wrong) -> None:
    """A publication has one drawing at most, of a column of the mart that holds WKB; nothing else is simplified."""
    kinds = {column.name: column.physical for column in mart.columns}
    drawn = 0
    for number, column in enumerate(form.columns):
        if column.type != GEOMETRY:
            if column.simplify_m is not None or column.decimals is not None:
                wrong(("columns", number, "type"), "simplify_m and decimals are for columns of type geometry")
            continue
        drawn += 1
        if kinds.get(column.source) != "binary":
            wrong(("columns", number, "source"), f"{mart.name} has no column {column.source!r} of type binary")
        if column.name in form.key:
            wrong(("key",), "a geometry is no key")
        if column.decimals is None:
            wrong(("columns", number, "type"), "a geometry needs decimals: how exact the public's coordinates are")
    if drawn > 1:
        wrong(("columns",), "a GeoJSON file holds one geometry for each row: one column of type geometry")


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None
