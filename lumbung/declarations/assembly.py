"""Drafts become datasets: every name that one file gives another is looked up, and the rules are put together."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from lumbung.declarations.contracts import Draft
from lumbung.declarations.expectations import COLUMN_ARGUMENTS, MAP_EXPECTATIONS, REGEX_ARGUMENTS
from lumbung.declarations.files import FilesDataset
from lumbung.declarations.forms import DerivedForm, SuiteForm, SuiteRuleForm
from lumbung.declarations.models import (
    CodeList,
    Column,
    Comparison,
    Dataset,
    ListReference,
    MasterRef,
    NameReference,
    Reference,
    Rule,
    SemanticType,
    System,
    Taken,
    Tenant,
)
from lumbung.declarations.names import DERIVED, FILE_EXTRAS, IDENTIFIER, PLACEHOLDER, RAW_EXTRAS, RULE_ID
from lumbung.declarations.naming import Naming
from lumbung.declarations.problems import Problem
from lumbung.declarations.rulebook import (
    KEY_RULE,
    form_rule,
    generated_derived,
    generated_rules,
    list_rule,
    name_rule,
    reference_rule,
)
from lumbung.declarations.speaking import transport_problems
from lumbung.declarations.tenants import fill, fill_value
from lumbung.declarations.transports import Asked
from lumbung.declarations.yamlfile import KeyPath, YamlFile

THEME_LIST: Final = "tema"
_RANK: Final = {"umum": 0, "terbatas": 1, "rahasia": 2}
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
A = TypeVar("A", bound=Asked)


@dataclass(frozen=True)
class Surroundings:
    """What a dataset's files may refer to."""

    systems: Mapping[str, System]
    drafts: Mapping[str, Draft]
    types: Mapping[str, SemanticType]
    lists: Mapping[str, CodeList]
    tenant: Tenant | None


def assemble(draft: Draft, around: Surroundings, problems: list[Problem]) -> Dataset:
    """The dataset of a draft; mistakes in its references go to `problems`."""
    return _Assembly(draft, around, problems).dataset()


class _Assembly:
    """One dataset being put together."""

    def __init__(self, draft: Draft, around: Surroundings, problems: list[Problem]) -> None:
        self.draft, self.around, self.problems = draft, around, problems
        self.suite = draft.suite or SuiteForm(dataset=draft.id)
        self.generated = generated_derived(draft.columns)
        self.taken = {taken.name for reference in draft.references for taken in reference.take}
        self.codes = {name for form in self.suite.names for name in (form.into, *form.take)}
        extras = set(RAW_EXTRAS) | (set(FILE_EXTRAS) if draft.extras.files is not None else set())
        self.names: set[str] = draft.column_names | extras | set(self.generated)
        self.names |= set(self.suite.derived) | self.taken | self.codes

    def dataset(self) -> Dataset:
        """Check everything, then build."""
        self._columns()
        derived = self._derived()
        list_refs = self._list_refs()
        flags = {r.flag for r in self.draft.references} | {r.flag for r in list_refs}
        late = _late(derived, self.taken | flags)
        named = _late(derived, self.codes)
        naming = Naming(self.draft, self.suite, self.around.lists, self.problems)
        names = naming.references((self.names - self.taken - self.codes) - set(late) - set(named))
        references = self._references(set(late))
        master_refs = self._master_refs()
        rules = self._rules(references, list_refs, names)
        draft, extras = self.draft, self.draft.extras
        description = draft.odcs.description
        system = self.around.systems.get(draft.system)
        if system is not None:
            self.problems.extend(transport_problems(draft, system, self.around.drafts))
        return Dataset(
            system=draft.system,
            name=draft.name,
            version=draft.odcs.version or "",
            title=draft.odcs.name or "",
            description=(description.purpose if description else None) or "",
            limitations=(description.limitations if description else None) or "",
            source_table=draft.schema.physicalName or "",
            period_column=extras.period_column,
            columns=tuple(draft.columns),
            key=draft.key,
            load=extras.load,
            cursor=tuple(extras.cursor),
            overlap=extras.overlap or draft.freshness * 0,
            linked=extras.linked,
            lookup=extras.lookup,
            order=extras.order,
            freshness=draft.freshness,
            retention=draft.retention,
            quality=extras.quality or (self.around.tenant.quality if self.around.tenant is not None else None),
            derived=derived,
            derived_titles={name: form.title for name, form in self.suite.derived.items()},
            late_derived=late,
            kept=(
                *(self._kept(name, form) for name, form in self.suite.derived.items() if form.keep),
                *naming.kept(names),
            ),
            references=references,
            list_refs=list_refs,
            master_refs=master_refs,
            rules=rules,
            notes=tuple(extras.notes),
            rest=_with_parents(extras.rest, self.around.drafts) if extras.rest is not None else None,
            soap=_with_parents(extras.soap, self.around.drafts) if extras.soap is not None else None,
            files=_with_headers(extras.files, draft) if extras.files is not None else None,
            spoken={name: form.description for name, form in self.suite.derived.items()},
            names=names,
            named_derived=tuple(name for name in named if name not in late),
        )

    # -- where a problem is

    def _wrong(self, path: KeyPath, message: str, file: YamlFile | None = None) -> None:
        self.problems.append((file or self.draft.suite_file or self.draft.file).problem(path, message))

    def _in_contract(self, path: KeyPath, message: str) -> None:
        self._wrong(("schema", 0, *path), message, self.draft.file)

    # -- the parts

    def _columns(self) -> None:
        theme, themes = self.draft.odcs.domain, self.around.lists.get(THEME_LIST)
        if themes is not None and theme not in themes.codes():
            self._wrong(("domain",), f"unknown theme {theme!r}; see standards/reference/tema.csv", self.draft.file)
        listed = [prop.name for prop in self.draft.schema.properties or []]
        for column in self.draft.columns:
            path = ("properties", listed.index(column.name), "customProperties")
            semantic = self.around.types.get(column.standard) if column.standard else None
            if column.standard and semantic is None:
                self._in_contract(path, f"unknown standard {column.standard!r}; see standards/types.yaml")
            if semantic is not None and _RANK[column.classification] < _RANK[semantic.classification]:
                message = f"{column.classification} is below the class of {semantic.name} ({semantic.classification})"
                self._in_contract((*path[:2], "classification"), message)
            if semantic is not None and column.logical != semantic.logical:
                message = f"{semantic.name} is a {semantic.logical}, the column a {column.logical}"
                self._in_contract((*path[:2], "logicalType"), message)
            if column.code_list and column.code_list not in self.around.lists:
                self._in_contract(path, f"unknown code list {column.code_list!r}; see standards/reference")
        period = self.draft.extras.period_column
        if period is not None and period not in listed:
            self._in_contract(("properties",), f"the period column {period!r} is not in the contract")

    def _derived(self) -> dict[str, str]:
        derived = dict(self.generated)
        for name, form in self.suite.derived.items():
            path = ("derived", name)
            taken = {*self.generated, *RAW_EXTRAS, *FILE_EXTRAS, *self.taken, *self.codes}
            if not DERIVED.match(name) or name in taken:
                self._wrong(path, f"a derived column has a fresh name of _[a-z0-9_]*: {name!r}")
            if form.keep and (form.logical is None or form.classification is None):
                self._wrong(path, "a kept column needs logical and classification")
            if form.logical == "number" and form.decimal is None:
                self._wrong(path, 'a kept number needs decimal, such as "20,2"')
            derived[name] = self._fill(form.expr, (*path, "expr"))
        return derived

    def _kept(self, name: str, form: DerivedForm) -> Column:
        precision, scale = (int(part) for part in form.decimal.split(",")) if form.decimal else (None, None)
        if form.logical == "integer" and precision is None:
            precision, scale = 9, 0
        return Column(
            name=name,
            logical=form.logical or "string",
            physical="derived",
            precision=precision,
            scale=scale,
            classification=form.classification or "rahasia",
            title=form.title,
            description=form.description,
            unit=form.unit,
        )

    def _references(self, late: set[str]) -> tuple[Reference, ...]:
        """A reference may start from what an earlier one has taken: object → its zone → the zone's value."""
        filled: list[Reference] = []
        there = self.names - self.taken - late
        for index, reference in enumerate(self.draft.references):
            path = ("relationships", index)
            for name in reference.columns:
                if name not in there:
                    self._in_contract((*path, "from"), f"unknown column {name!r}")
            parent = self.around.drafts.get(reference.to)
            if parent is None or parent.system != self.draft.system:
                self._in_contract((*path, "to"), f"unknown dataset {reference.to!r} of system {self.draft.system!r}")
            else:
                for name in reference.to_columns:
                    if name not in parent.column_names | parent.derived_names:
                        self._in_contract((*path, "to"), f"{reference.to} has no column {name!r}")
            for taken in reference.take:
                if not DERIVED.match(taken.name) or taken.name in self.suite.derived:
                    self._in_contract(path, f"a taken column has a fresh name of _[a-z0-9_]*: {taken.name!r}")
            self._placeholders(reference.reason, path, contract=True)
            take = tuple(Taken(name=t.name, expr=self._fill(t.expr, path, contract=True)) for t in reference.take)
            if not reference.many:
                there |= {taken.name for taken in reference.take}
            filled.append(reference.model_copy(update={"take": take}))
        return tuple(filled)

    def _list_refs(self) -> tuple[ListReference, ...]:
        seen: set[str] = set()
        for index, form in enumerate(self.suite.list_refs):
            path = ("list_refs", index)
            self._id(form.id, seen, (*path, "id"))
            self._known([form.column], (*path, "column"))
            if form.on is not None:
                self._known([form.on], (*path, "on"))
            code_list = self.around.lists.get(form.list)
            if code_list is None:
                self._wrong((*path, "list"), f"unknown code list {form.list!r}; see standards/reference")
            elif form.list_column not in {column.name for column in code_list.columns}:
                self._wrong((*path, "list_column"), f"{form.list} has no column {form.list_column!r}")
            self._placeholders(form.reason, (*path, "reason"))
        return tuple(ListReference(**dict(form)) for form in self.suite.list_refs)

    def _master_refs(self) -> tuple[MasterRef, ...]:
        refs: list[MasterRef] = []
        seen: set[str] = set()
        for index, form in enumerate(self.suite.master_refs):
            path = ("master_refs", index)
            if not IDENTIFIER.match(form.id) or form.id in seen:
                self._wrong((*path, "id"), f"not a fresh name of [a-z_][a-z0-9_]*: {form.id!r}")
            seen.add(form.id)
            self._known([form.column], (*path, "column"))
            master = self.around.drafts.get(form.to)
            if master is None:
                self._wrong((*path, "to"), f"unknown dataset {form.to!r}")
            elif form.to_column not in master.column_names:
                self._wrong((*path, "to_column"), f"{form.to} has no column {form.to_column!r}")
            compare = tuple(
                Comparison(attribute=c.attribute, ours=self._fill(c.ours, path), theirs=self._fill(c.theirs, path))
                for c in form.compare
            )
            refs.append(MasterRef(**{**dict(form), "when": self._fill(form.when, (*path, "when")), "compare": compare}))
        return tuple(refs)

    def _rules(
        self,
        references: tuple[Reference, ...],
        list_refs: tuple[ListReference, ...],
        names: tuple[NameReference, ...],
    ) -> tuple[Rule, ...]:
        draft, around = self.draft, self.around
        rules = generated_rules(
            draft.id, draft.odcs.version or "", tuple(draft.columns), draft.key, around.types, around.lists
        )
        if draft.extras.files is not None:
            rules.append(form_rule(draft.id, draft.odcs.version or ""))
        rules += [reference_rule(reference) for reference in references]
        rules += [list_rule(reference) for reference in list_refs]
        titles = {column.name: column.title for column in draft.columns}
        titles |= {name: form.title for name, form in self.suite.derived.items()}
        titles |= {form.into: form.title for form in self.suite.names if form.title}
        rules += [name_rule(reference, titles, around.lists[reference.list]) for reference in names]
        rules = self._with_severities(rules)
        seen = {rule.id for rule in rules}
        for index, form in enumerate(self.suite.rules):
            self._id(form.id, seen, ("rules", index, "id"))
            rules.append(self._suite_rule(form, ("rules", index)))
        return tuple(rules)

    def _with_severities(self, rules: list[Rule]) -> list[Rule]:
        known = {rule.id for rule in rules}
        for rule_id in self.suite.severities:
            if rule_id not in known or rule_id == KEY_RULE:
                self._wrong(("severities", rule_id), f"no generated rule {rule_id!r} to change")
        kept: list[Rule] = []
        for rule in rules:
            severity = self.suite.severities.get(rule.id)
            if severity is None or rule.id == KEY_RULE:
                kept.append(rule)
            elif severity != "off":
                kept.append(rule.model_copy(update={"severity": severity}))
        return kept

    def _suite_rule(self, form: SuiteRuleForm, path: KeyPath) -> Rule:
        kwargs = {name: fill_value(value, self.around.tenant) for name, value in form.kwargs.items()}
        allowed = MAP_EXPECTATIONS.get(form.expectation)
        if allowed is None:
            message = f"not a map expectation that Lumbung supports: {form.expectation!r}"
            self._wrong((*path, "expectation"), message)
        else:
            for name in kwargs:
                if name not in allowed:
                    self._wrong((*path, "kwargs", name), f"{form.expectation} takes no {name!r}")
            if not set(kwargs) & set(COLUMN_ARGUMENTS):
                self._wrong((*path, "kwargs"), "the column is missing")
        for name in COLUMN_ARGUMENTS:
            value = kwargs.get(name)
            self._known([value] if isinstance(value, str) else value or [], (*path, "kwargs", name))
        for name in REGEX_ARGUMENTS:
            try:
                re.compile(str(kwargs.get(name, "")))
            except re.error as error:
                self._wrong((*path, "kwargs", name), f"not a regular expression: {error}")
        self._known(form.columns, (*path, "columns"))
        self._placeholders(form.reason, (*path, "reason"))
        return Rule(kind="map", **{**dict(form), "kwargs": kwargs, "columns": tuple(form.columns)})

    # -- single checks

    def _known(self, names: Collection[str], path: KeyPath) -> None:
        for name in names:
            if name not in self.names:
                self._wrong(path, f"unknown column {name!r}; neither in the contract nor derived")

    def _id(self, rule_id: str, seen: set[str], path: KeyPath) -> None:
        if not RULE_ID.match(rule_id) or rule_id in seen:
            self._wrong(path, f"not a fresh id of [a-z0-9-]: {rule_id!r}")
        seen.add(rule_id)

    def _placeholders(self, reason: str, path: KeyPath, *, contract: bool = False) -> None:
        wrong = [f"an unknown column {{{name}}}" for name in PLACEHOLDER.findall(reason) if name not in self.names]
        if set("{}") & set(PLACEHOLDER.sub("", reason)):
            wrong.append("a brace that opens or closes nothing")
        for what in wrong:
            message = f"the reason names {what}"
            if contract:
                self._in_contract(path, message)
            else:
                self._wrong(path, message)

    def _fill(self, expression: str, path: KeyPath, *, contract: bool = False) -> str:
        try:
            return fill(expression, self.around.tenant)
        except KeyError as error:
            message = f"the tenant's file has no {error.args[0]!r}"
            if contract:
                self._in_contract(path, message)
            else:
                self._wrong(path, message)
            return expression


def _with_parents(asked: A, drafts: Mapping[str, Draft]) -> A:
    """Give every `each` over another dataset what its contract says of asking for it."""
    filled = []
    for each in asked.each:
        parent = drafts.get(each.dataset or "")
        if parent is not None and parent.extras.asked is not None:
            paths = {column.name: column.source or column.name for column in parent.columns}
            grand = _with_parents(parent.extras.asked, drafts)
            each = each.model_copy(update={"asked": grand, "path": paths.get(each.column or "")})
        filled.append(each)
    return asked.model_copy(update={"each": tuple(filled)})


def _with_headers(files: FilesDataset, draft: Draft) -> FilesDataset:
    """Give the files' reader the headers of every column: the contract's word for it, then its aliases."""
    headers = {
        column.name: (column.source or column.name, *files.aliases.get(column.name, ()))
        for column in draft.columns
        if column.name != draft.extras.period_column
    }
    return files.model_copy(update={"headers": headers})


def _late(derived: Mapping[str, str], taken: set[str]) -> tuple[str, ...]:
    """Names of the derived columns that need a taken value or a reference's flag, directly or through another."""
    late: list[str] = []
    for name, expression in derived.items():
        if set(_WORD.findall(expression)) & (taken | set(late)):
            late.append(name)
    return tuple(late)
