"""Which columns of a query still carry a secret column of its inputs, followed through subqueries and new names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

_HANDING_THROUGH: Final = (
    exp.Cast, exp.TryCast, exp.Trim, exp.Upper, exp.Lower, exp.Max, exp.Min, exp.First, exp.AnyValue, exp.Paren,
    exp.ArrayAgg, exp.ArrayUniqueAgg,
)  # fmt: skip


def carried(query: exp.Query, secrets: Mapping[str, set[str]]) -> set[str]:
    """Names of the query's columns that hand a secret value through; `secrets`: per table name, its secret columns.

    What is counted, summed or sorted into classes is no longer the person's own value.
    """
    outputs: dict[int, dict[str, bool]] = {}
    last: dict[str, bool] = {}
    for scope in traverse_scope(query):
        last = outputs[id(scope.expression)] = _outputs(scope, outputs, secrets)
    return {name for name, secret in last.items() if secret}


def _outputs(scope: Scope, outputs: Mapping[int, dict[str, bool]], secrets: Mapping[str, set[str]]) -> dict[str, bool]:
    """Column -> whether it carries a secret, for one scope whose inner scopes are already known."""
    expression = scope.expression
    if isinstance(expression, exp.SetOperation):
        halves = (expression.left.unnest(), expression.right.unnest())
        sides = [list(outputs.get(id(half), {}).items()) for half in halves]
        names = [name for name, _ in sides[0]]
        return {name: any(side[i][1] for side in sides if i < len(side)) for i, name in enumerate(names)}
    if not isinstance(expression, exp.Query):
        return {}
    given: dict[str, bool] = {}
    for projection in expression.selects:
        inner = projection.this if isinstance(projection, exp.Alias) else projection
        given[projection.alias_or_name.lower()] = _carries(inner, scope, outputs, secrets)
    return given


def _carries(
    expression: exp.Expr, scope: Scope, outputs: Mapping[int, dict[str, bool]], secrets: Mapping[str, set[str]]
) -> bool:
    """Whether an expression hands a secret through: bare, cast, trimmed, in capitals, as a minimum or maximum."""
    if isinstance(expression, _HANDING_THROUGH):
        return _carries(expression.this, scope, outputs, secrets)
    if not isinstance(expression, exp.Column):
        return False
    name = expression.name.lower()
    # Not `scope.sources`: that has every visible CTE, read here or not.
    for alias, (_, source) in scope.selected_sources.items():
        if expression.table not in ("", alias):
            continue
        if isinstance(source, exp.Table) and name in secrets.get(source.name.lower(), set()):
            return True
        if isinstance(source, Scope) and outputs.get(id(source.expression), {}).get(name, False):
            return True
    return False
