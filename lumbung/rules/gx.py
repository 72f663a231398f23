"""Great Expectations: the row condition of every rule, and the checkpoint whose counts must equal ours.

The condition behind a map expectation is GX's own metric `<map metric>.condition`, so that a rule means one thing; the
seam is not part of GX's documented interface, therefore the version is pinned and the checkpoint is compared in every
run. No value of a row leaves this module: results carry counts only.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lumbung.rules.frame import ROW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from lumbung.declarations.models import Dataset, Rule

SITE: Final = "lumbung"
KEPT_RESULTS: Final = 20
"""Newest results per dataset that stay in Data Docs: the index is built anew from all of them in every run."""

_SEVERITY: Final = {"error": "critical", "warning": "warning", "info": "info"}
_RESULT_FORMAT: Final = {
    "result_format": "SUMMARY",
    # Personal values must not reach Data Docs.
    "partial_unexpected_count": 0,
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
}


class GxRefused(RuntimeError):
    """Great Expectations could not evaluate a rule; the message names dataset, rule and where it is declared."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What GX found: unexpected rows per rule id, and how many rows it saw."""

    unexpected: Mapping[str, int]
    rows: int


def _gx() -> Any:
    """The package, imported once per process (5-16 s under load), telemetry off: traffic stays on this machine."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    return great_expectations


def map_rules(dataset: Dataset) -> tuple[Rule, ...]:
    """The rules that GX evaluates: all but the key's."""
    return tuple(rule for rule in dataset.rules if rule.kind != "key")


def class_name(expectation: str) -> str:
    """`expect_column_values_to_be_in_set` → `ExpectColumnValuesToBeInSet`."""
    return "".join(part.capitalize() for part in expectation.split("_"))


def _expectation(rule: Rule, dataset: Dataset) -> Any:
    """The GX expectation of a rule. Raises `GxRefused` for an unknown one or wrong arguments."""
    gx = _gx()
    kind = getattr(gx.expectations, class_name(rule.expectation), None)
    if kind is None or not getattr(kind, "map_metric", None):
        raise GxRefused(
            f"{dataset.id}, rule {rule.id}: {rule.expectation} is no row-by-row expectation of Great Expectations "
            f"{gx.__version__}. Choose another one in expectations/{dataset.system}/{dataset.name}.yaml."
        )
    try:
        return kind(
            **rule.kwargs,
            severity=_SEVERITY[rule.severity],
            meta={"id": rule.id, "severity": rule.severity, "reason": rule.reason, "source": rule.source},
            # Shown in Data Docs instead of GX's own sentence, which speaks of flag columns.
            description=f"{rule.id} ({rule.severity}): {rule.reason} Sumber: {rule.source}",
        )
    except (TypeError, ValueError) as error:
        raise GxRefused(
            f"{dataset.id}, rule {rule.id}: the arguments of {rule.expectation} are wrong ({error}). "
            f"See expectations/{dataset.system}/{dataset.name}.yaml."
        ) from error


def _context(stores: Path | None = None, docs: Path | None = None) -> Any:
    """An ephemeral context without progress bars; suites and results kept under `stores`, one docs site at `docs`."""
    gx = _gx()
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    defaults = InMemoryStoreBackendDefaults()
    if stores is not None and docs is not None:
        for name, folder in (
            (defaults.expectations_store_name, "suites"),
            (defaults.validation_results_store_name, "results"),
        ):
            defaults.stores[name]["store_backend"] = {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(stores / folder),
            }
        defaults.data_docs_sites = {
            SITE: {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            }
        }
    config = DataContextConfig(store_backend_defaults=defaults, analytics_enabled=False)
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.variables.progress_bars = {"globally": False}
    return context


def _batch_definition(context: Any, dataset: Dataset) -> Any:
    # persist=False: GX caches every batch otherwise and never lets go of it.
    source = context.data_sources.add_spark(dataset.system, persist=False)
    return source.add_dataframe_asset(dataset.name).add_batch_definition_whole_dataframe("batch")


def conditions(frame: DataFrame, dataset: Dataset) -> dict[str, SparkColumn]:
    """Per rule id, in declared order, the Spark column that is true where the rule is broken (never NULL).

    Only the schema of `frame` (the prepared frame) matters. Raises `GxRefused`.
    """
    from pyspark.sql import functions as fn

    rules = map_rules(dataset)
    if not rules:
        return {}
    definition = _batch_definition(_context(), dataset)
    empty = frame.sparkSession.createDataFrame([], frame.schema)
    batch = definition.get_batch({"dataframe": empty})
    calculator = batch._get_metrics_calculator()
    calculator._show_progress_bars = False
    wanted = {rule.id: _metric(_expectation(rule, dataset), batch.id) for rule in rules}
    metrics, failed = calculator.compute_metrics(list(wanted.values()))
    found: dict[str, SparkColumn] = {}
    for rule in rules:
        if wanted[rule.id].id not in metrics:
            raise GxRefused(
                f"{dataset.id}, rule {rule.id}: {rule.expectation} cannot be evaluated over the columns "
                f"{', '.join(rule.columns)}: {_why(failed)}. See expectations/{dataset.system}/{dataset.name}.yaml."
            )
        broken, domain, _ = metrics[wanted[rule.id].id]
        for guard in _guards(domain, wanted[rule.id].metric_domain_kwargs, rule, dataset):
            broken = broken & guard
        found[rule.id] = fn.coalesce(broken, fn.lit(False))
    return found


def _count_only(expectations: Sequence[Any]) -> None:
    """Let GX count without fetching examples: zero of them are wanted, but it would send one query per rule for those.

    The counts themselves are GX's own, in one aggregation. GX offers no setting for it, but lets metrics be replaced.
    """
    import logging

    from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
    from great_expectations.expectations import registry

    logging.getLogger(registry.__name__).setLevel(logging.ERROR)  # it warns of every replacement
    for name in {f"{expectation.map_metric}.unexpected_values" for expectation in expectations}:
        known = registry._registered_metrics[name]
        owner, current = known["providers"][SparkDFExecutionEngine.__name__]
        if current is not _no_values:
            registry.register_metric(
                name,
                known["metric_domain_keys"],
                known["metric_value_keys"],
                SparkDFExecutionEngine,
                owner,
                _no_values,
            )


def _no_values(**_: Any) -> list[Any]:
    """The examples of unexpected values: none."""
    return []


def _why(failed: Mapping[Any, Any]) -> str:
    """What GX says about metrics that it could not compute, without its traces."""
    said = {str(info["exception_info"].exception_message) for info in failed.values()}
    return "; ".join(sorted(said)) or "no reason given"


def _metric(expectation: Any, batch_id: str) -> Any:
    """The metric `<map metric>.condition` of an expectation, with the arguments that GX itself would give it."""
    from great_expectations.expectations.expectation_configuration import parse_result_format
    from great_expectations.expectations.registry import get_metric_kwargs
    from great_expectations.validator.metric_configuration import MetricConfiguration

    name = f"{expectation.map_metric}.condition"
    arguments = get_metric_kwargs(
        metric_name=name,
        configuration=expectation.configuration,
        runtime_configuration={"result_format": parse_result_format({"result_format": "BOOLEAN_ONLY"})},
    )
    domain = {**arguments["metric_domain_kwargs"], "batch_id": batch_id}
    return MetricConfiguration(name, domain, arguments["metric_value_kwargs"])


def _guards(domain: dict[str, Any], asked: dict[str, Any], rule: Rule, dataset: Dataset) -> list[SparkColumn]:
    """What GX filters before it applies a condition, as columns to be ANDed to it: row condition, null guards."""
    from functools import reduce
    from operator import and_, or_

    from pyspark.sql import functions as fn

    guards: list[SparkColumn] = []
    if domain.get("row_condition") is not None:
        raise GxRefused(
            f"{dataset.id}, rule {rule.id}: row_condition is not supported, since a uniqueness rule would count other "
            f"rows than it checks. Use a derived column that is NULL where the rule does not apply, "
            f"in expectations/{dataset.system}/{dataset.name}.yaml."
        )
    for condition in domain.get("filter_conditions", []):
        guards.append(condition.condition if not isinstance(condition.condition, str) else fn.expr(condition.condition))
    names = asked.get("column_list") or [asked[k] for k in ("column_A", "column_B") if asked.get(k)]
    missing = [fn.col(name).isNull() for name in names]
    match asked.get("ignore_row_if"):
        case "all_values_are_missing" | "both_values_are_missing":
            guards.append(~reduce(and_, missing))
        case "any_value_is_missing" | "either_value_is_missing":
            guards.append(~reduce(or_, missing))
    return guards


def checkpoint(
    frame: DataFrame,
    dataset: Dataset,
    batch_id: str,
    moment: datetime,
    stores: Path | None = None,
    docs: Path | None = None,
) -> tuple[Verdict, Any]:
    """Run the dataset's suite over the prepared frame; the verdict, and what `publish_docs` needs.

    `moment` names the result (the same batch again replaces it). Raises `GxRefused` when a rule could not be evaluated.
    """
    gx = _gx()
    context = _context(stores, docs)
    definition = _batch_definition(context, dataset)
    expectations = [_expectation(rule, dataset) for rule in map_rules(dataset)]
    _count_only(expectations)
    suite = gx.ExpectationSuite(
        name=dataset.id,
        expectations=expectations,
        meta={"dataset": dataset.id, "title": dataset.title, "contract": dataset.version},
    )
    suite = context.suites.add_or_update(suite)
    validation = context.validation_definitions.add(
        gx.ValidationDefinition(name=dataset.id, data=definition, suite=suite)
    )
    run = context.checkpoints.add(
        gx.Checkpoint(name=dataset.id, validation_definitions=[validation], actions=[], result_format=_RESULT_FORMAT)
    )
    from great_expectations.core.run_identifier import RunIdentifier

    result = run.run(
        batch_parameters={"dataframe": frame},
        run_id=RunIdentifier(run_name=batch_id, run_time=moment),
    )
    (identifier, suite_result), *_ = result.run_results.items()
    return _verdict(suite_result, dataset), (context, identifier)


def _verdict(suite_result: Any, dataset: Dataset) -> Verdict:
    """Unexpected counts by rule id. Raises `GxRefused` when GX caught an exception instead of counting."""
    counts: dict[str, int] = {}
    rows = 0
    for result in suite_result.results:
        rule_id = result.expectation_config.meta["id"]
        if "unexpected_count" not in result.result:
            raise GxRefused(f"{dataset.id}, rule {rule_id}: Great Expectations gave no count: {result.exception_info}")
        counts[rule_id] = int(result.result["unexpected_count"] or 0)
        rows = max(rows, int(result.result["element_count"]))
    missing = [rule.id for rule in map_rules(dataset) if rule.id not in counts]
    if missing:
        raise GxRefused(f"{dataset.id}: Great Expectations left out the rules {', '.join(missing)}")
    return Verdict(counts, rows)


def publish_docs(handle: Any, dataset: Dataset, stores: Path, docs: Path) -> str:
    """Write the pages of result and suite, and the index; give the result's page below the site. One at a time."""
    from great_expectations.data_context.types.resource_identifiers import ExpectationSuiteIdentifier

    from lumbung.rules.docs import publish

    context, identifier = handle
    suite = ExpectationSuiteIdentifier(name=dataset.id)
    _forget_old(context, dataset, docs)
    context.build_data_docs(site_names=[SITE], resource_identifiers=[identifier, suite], build_index=False)
    page = _page(identifier)
    publish(docs, stores / "results", (page, f"expectations/{dataset.id.replace('.', '/')}.html"))
    return page


def _page(identifier: Any) -> str:
    """Where GX puts the page of a result, below the site."""
    return "/".join(("validations", *identifier.to_tuple())) + ".html"


def _forget_old(context: Any, dataset: Dataset, docs: Path) -> None:
    """Drop the dataset's oldest results and their pages."""
    store = context.validation_results_store
    own = [key for key in store.list_keys() if key.expectation_suite_identifier.name == dataset.id]
    own.sort(key=lambda key: key.run_id.run_time)
    for key in own[:-KEPT_RESULTS]:
        store.remove_key(key)
        (docs / _page(key)).unlink(missing_ok=True)


def visible(frame: DataFrame, columns: Sequence[str]) -> DataFrame:
    """The prepared columns of a frame that carries more than those, for the checkpoint."""
    return frame.select(ROW, *(name for name in columns if name != ROW))
