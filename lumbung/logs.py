"""Which run, batch, dataset and stage a log record belongs to, and records as lines of JSON.

A stage's functions are marked with `stage("land")`: every record that is logged inside, by whatever library, carries
`stage` and, as far as the arguments tell, `run`, `batch` and `dataset`. With the setting `log_json` the records of the
package also go to `<logs>/lumbung.jsonl`, from whatever process they come (a task of Airflow, the command line); with
`bin/lumbung` a terminal keeps plain lines.
"""

from __future__ import annotations

import functools
import inspect
import json
import logging
import logging.handlers
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, ParamSpec, TypeVar

from lumbung.masking import masked
from lumbung.settings import Settings, settings

FILE: Final = "lumbung.jsonl"
_BATCH: Final = re.compile(r"(?P<run>[a-z0-9_]+-\d{6})-(?P<dataset>.+)")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_context: ContextVar[Mapping[str, str]] = ContextVar("lumbung_log_context", default=_NOTHING)
_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """Everything that is logged in the block is about these: run, batch, dataset, stage."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def stage(name: str) -> Callable[[Callable[_Given, _Result]], Callable[_Given, _Result]]:
    """Mark a function of a stage. Its arguments `run_id`, `run`, `batch_id` and `batch` say what it is about."""

    def marked(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def within(*args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
            write_json(settings)
            with about(stage=name, **fields_of(signature.bind(*args, **kwargs).arguments)):
                return function(*args, **kwargs)

        return within

    return marked


def fields_of(arguments: Mapping[str, Any]) -> dict[str, str]:
    """`run`, `batch` and `dataset`, from the arguments of a stage's function."""
    given = {name: getattr(value, "id", value) for name, value in arguments.items()}
    batch, run = given.get("batch_id") or given.get("batch"), given.get("run_id") or given.get("run")
    found = {"run": run} if isinstance(run, str) else {}
    if isinstance(batch, str):
        known = _BATCH.fullmatch(batch)
        found |= {"batch": batch, **(known.groupdict() if known else {})}
    return found


class JsonLine(logging.Formatter):
    """One record as one line of JSON; personal numbers and addresses are masked."""

    def format(self, record: logging.LogRecord) -> str:
        """Time (UTC), level, logger, message, and what the record is about."""
        content: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            **_context.get(),
            "message": masked(record.getMessage()),
        }
        if record.exc_info:
            content["error"] = masked(self.formatException(record.exc_info))
        return json.dumps(content, ensure_ascii=False)


def write_json(place: Callable[[], Settings]) -> None:
    """Let the package's records go to the profile's file of JSON lines too, once per process, when the setting says so.

    The file may be moved away meanwhile (logrotate): the next record opens a new one.
    """
    package = logging.getLogger("lumbung")
    if any(isinstance(handler.formatter, JsonLine) for handler in package.handlers) or not place().log_json:
        return
    place().logs.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.WatchedFileHandler(place().logs / FILE, encoding="utf-8")
    handler.setFormatter(JsonLine())
    package.addHandler(handler)
    package.setLevel(logging.INFO)
