"""SQL inside declarations must be what it claims: one expression, or one SELECT of the table it may read.

A declaration is not always written by the person whose credentials run it, so nothing else passes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lumbung.declarations.models import Dataset, Mart, MartColumn, Publication
from lumbung.declarations.names import FILE_EXTRAS, PUBLIC_CLASS, RAW_EXTRAS
from lumbung.declarations.problems import Problem
from lumbung.declarations.secrecy import carried

if TYPE_CHECKING:
    from lumbung.declarations.contracts import Draft
    from lumbung.declarations.loader import Tree
    from lumbung.declarations.yamlfile import YamlFile

_DIALECT: Final = "spark"
_CLOCKS: Final = (
    exp.CurrentDate,
    exp.CurrentTimestamp,
    exp.CurrentTime,
    exp.CurrentDatetime,
    exp.CurrentUser,
    exp.Rand,
)
_UNSAFE_FUNCTIONS: Final = frozenset(
    {
        "now",
        "reflect",
        "java_method",
        "try_reflect",
        "input_file_name",
        "uuid",
        "random",
        "randn",
        "monotonically_increasing_id",
    }
)
_STATEMENTS: Final = (exp.Query, exp.DDL, exp.DML, exp.Command)


def expression_problem(text: str, known: Collection[str]) -> str | None:
    """What is wrong with `text` as one Spark SQL expression over the columns `known`; None when it is right."""
    try:
        parsed = sqlglot.parse(text, read=_DIALECT)
    except SqlglotError as error:
        return f"not a SQL expression: {_first_line(error)}"
    if len(parsed) != 1 or parsed[0] is None:
        return "exactly one SQL expression is wanted"
    tree = parsed[0]
    if not isinstance(tree, exp.Condition) or tree.find(*_STATEMENTS) is not None:
        return "an expression is wanted here, not a statement, subquery or alias"
    if tree.find(exp.AggFunc) is not None or tree.find(exp.Window) is not None:
        return "an expression looks at one row: no aggregate and no window"
    if tree.find(*_CLOCKS) is not None or _function_names(tree) & _UNSAFE_FUNCTIONS:
        return "the result must follow from the row alone: no clock, user, random or reflection"
    unknown = sorted(_column_names(tree) - set(known))
    return f"unknown column {', '.join(unknown)}" if unknown else None


def _function_names(tree: exp.Expr) -> set[str]:
    return {str(function.this).lower() for function in tree.find_all(exp.Anonymous)}


def _column_names(tree: exp.Expr) -> set[str]:
    """Names of the columns in use, lower case; variables of lambdas are not columns."""
    bound = {str(name.this) for scope in tree.find_all(exp.Lambda) for name in scope.expressions}
    return {
        (f"{column.table}." if column.table else "") + column.name.lower()
        for column in tree.find_all(exp.Column)
        if column.name not in bound
    }


def sql_problems(tree: Tree) -> list[Problem]:
    """Every mistake in the SQL of a tree's declarations."""
    problems: list[Problem] = []
    for name, draft in tree.drafts.items():
        problems.extend(_dataset_problems(draft, tree.datasets[name], tree))
    for mart in tree.marts.values():
        contract, publications = tree.mart_reader.files[mart.name]
        problems.extend(_mart_problems(mart, contract))
        problems.extend(_secrets_made_public(mart, contract, tree))
        if publications is not None:
            for index, publication in enumerate(mart.publications):
                problems.extend(_publication_problems(mart, publication, publications, index))
    for code, system in tree.systems.items():
        problem = _query_problem(system.clock_sql, "postgres") if system.clock_sql is not None else None
        if problem is not None:
            problems.append(tree.file(f"contracts/{code}/system.yaml").problem(("clock_sql",), problem))
    return problems


def _dataset_problems(draft: Draft, dataset: Dataset, tree: Tree) -> list[Problem]:
    problems: list[Problem] = []
    columns = {column.name for column in dataset.columns} | set(RAW_EXTRAS)
    columns |= set(FILE_EXTRAS) if dataset.files is not None else set()
    flags = {f"_tipe_{column.name}" for column in dataset.columns}
    flags |= {r.flag for r in dataset.references} | {r.flag for r in dataset.list_refs}
    taken = {taken.name for reference in dataset.references for taken in reference.take}
    suite = draft.suite_file or draft.file
    codes = {
        name
        for form in (draft.suite.names if draft.suite else ())
        for name in (form.into, f"_dikenal{form.into}", *form.take)
    }
    so_far = columns | flags | taken | codes
    for name, expression in dataset.derived.items():
        wrong = expression_problem(expression, so_far)
        if wrong is not None and draft.suite is not None and name in draft.suite.derived:
            problems.append(suite.problem(("derived", name, "expr"), wrong))
        so_far = so_far | {name}
    for index, reference in enumerate(dataset.references):
        parent = tree.datasets.get(reference.to)
        if parent is None:
            continue
        theirs = {column.name for column in parent.columns} | (set(parent.derived) - set(parent.late_derived))
        theirs |= {reference.into for reference in parent.names}
        place = ("schema", 0, "relationships", index)
        for taken_column in reference.take:
            wrong = expression_problem(taken_column.expr, theirs)
            if wrong is not None:
                problems.append(draft.file.problem((*place, "customProperties"), f"{taken_column.name}: {wrong}"))
        late = sorted(set(reference.columns) & set(dataset.late_derived))
        if late:
            message = f"{', '.join(late)} stands on a taken value and cannot look up a parent"
            problems.append(draft.file.problem((*place, "from"), message))
    for index, master in enumerate(dataset.master_refs):
        parent = tree.datasets.get(master.to)
        theirs = {column.name for column in parent.columns} if parent is not None else set()
        wrong = expression_problem(master.when, so_far)
        if wrong is not None:
            problems.append(suite.problem(("master_refs", index, "when"), wrong))
        for number, comparison in enumerate(master.compare):
            for key, text, known in (("ours", comparison.ours, so_far), ("theirs", comparison.theirs, theirs)):
                wrong = expression_problem(text, known)
                if wrong is not None:
                    problems.append(suite.problem(("master_refs", index, "compare", number, key), wrong))
    return problems


def _mart_problems(mart: Mart, file: YamlFile) -> list[Problem]:
    problems: list[Problem] = []
    folder = mart.sql_path.parent
    for test in mart.tests:
        wrong = _query_problem(test.sql, _DIALECT)
        if wrong is not None:
            name = file.name.replace("contract.yaml", f"tests/{test.id}.sql")
            problems.append(Problem(name, 1, "", wrong))
    for path in (mart.sql_path, mart.identity_sql_path):
        if path is None or not path.exists():
            continue
        wrong = _query_problem(path.read_text(encoding="utf-8"), _DIALECT)
        if wrong is not None:
            problems.append(Problem(file.name.replace("contract.yaml", str(path.relative_to(folder))), 1, "", wrong))
    return problems


def _secrets_made_public(mart: Mart, file: YamlFile, tree: Tree) -> list[Problem]:
    """Columns declared public that carry a secret column of an input as it is, renamed or not.

    A coded secret (religion, blood group) is a dimension to count by; its small cells are hidden on publishing.
    """
    secrets = {
        dataset.table_name: {
            column.name
            for column in (*dataset.columns, *dataset.kept)
            if column.classification == "rahasia" and column.code_list is None
        }
        for dataset in tree.datasets.values()
    }
    try:
        query = sqlglot.parse_one(mart.sql_path.read_text(encoding="utf-8"), read=_DIALECT)
        given = carried(query, secrets) if isinstance(query, exp.Query) else set()
    except (OSError, SqlglotError):
        return []
    return [
        file.problem(
            ("schema", 0, "properties", index, "classification"),
            f"{column.name} carries a secret column of its input: it cannot be {PUBLIC_CLASS}",
        )
        for index, column in enumerate(mart.columns)
        if column.classification == PUBLIC_CLASS and column.name in given
    ]


def _query_problem(text: str, dialect: str) -> str | None:
    """What is wrong with `text` as one read-only query; named parameters (`:name`) are values."""
    try:
        parsed = [tree for tree in sqlglot.parse(text, read=dialect) if tree is not None]
    except SqlglotError as error:
        return f"not valid SQL: {_first_line(error)}"
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Query):
        return "exactly one SELECT is wanted"
    if parsed[0].find(exp.DDL, exp.DML, exp.Command, exp.Into) not in (None, parsed[0]):
        return "a query that only reads is wanted"
    return None


def _publication_problems(mart: Mart, publication: Publication, file: YamlFile, index: int) -> list[Problem]:
    problems: list[Problem] = []
    columns = {column.name: column for column in mart.columns}
    sql_name = file.name.replace("publikasi.yaml", publication.sql_path.name)

    def refuse(path: tuple[str | int, ...]) -> Callable[[str], None]:
        return lambda message: problems.append(file.problem(("publications", index, *path), message))

    for number, column in enumerate(publication.columns):
        _source(column.source, columns, mart, refuse(("columns", number, "source")))
    if not publication.sql:
        return problems
    try:
        parsed = [tree for tree in sqlglot.parse(publication.sql, read=_DIALECT) if tree is not None]
    except SqlglotError as error:
        return [*problems, Problem(sql_name, 1, "", f"not valid SQL: {_first_line(error)}")]
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Query):
        return [*problems, Problem(sql_name, 1, "", "exactly one SELECT is wanted")]
    problems.extend(Problem(sql_name, *found) for found in _reads(parsed[0], mart, columns, publication))
    return problems


def _source(text: str, columns: dict[str, MartColumn], mart: Mart, refuse: Callable[[str], None]) -> None:
    try:
        tree = sqlglot.parse_one(text, read=_DIALECT)
    except SqlglotError as error:
        refuse(f"not a SQL expression: {_first_line(error)}")
        return
    if not isinstance(tree, exp.Condition) or tree.find(*_STATEMENTS) is not None:
        refuse("an expression over the mart's columns is wanted here, not a statement or subquery")
        return
    for name in sorted(_column_names(tree)):
        if name not in columns:
            refuse(f"{mart.name} has no column {name!r}")
        elif columns[name].classification != PUBLIC_CLASS:
            refuse(f"{mart.name}.{name} is {columns[name].classification}: it cannot be public")


def _reads(
    query: exp.Query, mart: Mart, columns: dict[str, MartColumn], publication: Publication
) -> list[tuple[int, str, str]]:
    """(line, key, message) of what a publication's query may not read or does not give."""
    found: list[tuple[int, str, str]] = []
    named = {cte.alias.lower() for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        full = ".".join(part for part in (table.catalog, table.db, table.name) if part).lower()
        if full != f"mart.{mart.name}" and full not in named:
            found.append((1, full, f"a publication reads its own mart only (mart.{mart.name}), not {full}"))
    if query.find(exp.Star) is not None and any(
        not isinstance(star.parent, exp.Count) for star in query.find_all(exp.Star)
    ):
        found.append((1, "*", "name every column: what is added to the mart later must not become public by itself"))
    for column in query.find_all(exp.Column):
        name = column.name.lower()
        if name in columns and columns[name].classification != PUBLIC_CLASS:
            message = f"{mart.name}.{name} is {columns[name].classification}: it cannot be public"
            found.append((1, name, message))
    given = [name.lower() for name in query.named_selects]
    wanted = [column.name for column in publication.columns]
    if given != wanted and "*" not in given:
        found.append((1, "", f"the query gives {', '.join(given)}; publikasi.yaml declares {', '.join(wanted)}"))
    return sorted(set(found))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].replace("\x1b[4m", "").replace("\x1b[0m", "")
