"""A service that is asked request by request, whatever it speaks: every dataset as its contract declares, page by page,
with nothing lost between pages.

There is no snapshot in such a service. What changes while we page is noticed (the total, the first page, a cursor that
comes back) and the whole run is read anew; what is missed all the same, the next window's overlap brings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, cast
from zoneinfo import ZoneInfo

import pyarrow as pa

from lumbung.declarations.models import Dataset, System
from lumbung.declarations.transports import Asked, Each
from lumbung.masking import masked
from lumbung.sources.digest import ContentDigest
from lumbung.sources.errors import DatasetStopped, SourceChanged, SourceError
from lumbung.sources.schema import Drift, contract_place, read_columns, reserved_names
from lumbung.sources.service import jsontext
from lumbung.sources.service.pages import Answered, Paging, fingerprint, following_page, note_total
from lumbung.sources.service.records import JSON, Form, Records, text_schema
from lumbung.sources.window import Window

_MOST_PAGES: Final = 100_000
_PROBED: Final = timedelta(days=1)
"""How much of a window is asked for when only the form of the answer is looked at."""
A = TypeVar("A", bound=Asked)


@dataclass(frozen=True, slots=True)
class Address:
    """What a part of a dataset's rows was asked from."""

    label: str
    period: None = None


@dataclass(frozen=True, slots=True)
class PreparedService(Generic[A]):
    """How one dataset is read (see `snapshot.Prepared`)."""

    dataset: Dataset
    asked: A
    schema: pa.Schema
    labels: tuple[str, ...]

    @property
    def source_types(self) -> Mapping[str, str]:
        """The type in which the contract says that a value is sent, by column."""
        return {column.name: column.physical for column in read_columns(self.dataset)}


class ServiceSnapshot(ABC, Generic[A]):
    """One reading of a service (see `snapshot.Snapshot`). A protocol says how one request is sent and answered."""

    def __init__(self, system: System, clock: datetime) -> None:
        self._system = system
        self._zone = ZoneInfo(system.timezone)
        self._remarks: dict[str, tuple[str, ...]] = {}
        self._values: dict[tuple[str, str], tuple[str, ...]] = {}
        self.clock = clock
        self.label = f"{system.code} {clock.isoformat()}"

    # -- what a protocol says

    @abstractmethod
    def _asked(self, dataset: Dataset) -> A | None:
        """How the contract says that the dataset is asked for."""

    @abstractmethod
    def _address(self, asked: A) -> str:
        """What people call the address: method and path, or the operation."""

    @abstractmethod
    def _answer(self, asked: A, sent: Mapping[str, str], values: Mapping[str, str], link: str | None) -> Answered:
        """One answer and the rows in it. `link`: the address to ask instead, when the page before named one.

        Raises SourceError when the envelope names an error (`_require_success`).
        """

    def _form(self, dataset: Dataset) -> Form:
        """What the records are written in."""
        return JSON

    # -- snapshot.Snapshot

    def days_only(self, dataset: Dataset) -> bool:
        """Whether every cursor column of the dataset is a date."""
        return bool(dataset.cursor) and all(dataset.column(name).logical == "date" for name in dataset.cursor)

    def present(self, dataset: Dataset) -> bool:
        """A service has what its contract names until it says otherwise."""
        return self._asked(dataset) is not None

    def drift(self, dataset: Dataset, root: Path) -> Drift:
        """How the first answer departs from the contract; the rest shows while reading (`DatasetStopped`)."""
        reserved = reserved_names(dataset)
        records = Records(dataset, ContentDigest(), self._form(dataset))
        try:
            for answered, values in self._first_answer(dataset):
                records.batch(answered, values)
            records.require_as_declared()
        except DatasetStopped as stopped:
            return Drift((*reserved, f"{stopped} ({contract_place(root, dataset)})"), ())
        return Drift(reserved, records.remarks())

    def prepare(self, dataset: Dataset) -> PreparedService[A]:
        """Every column as text: what a value is, the type rules say."""
        asked = self._required(dataset)
        return PreparedService(dataset, asked, text_schema(read_columns(dataset)), (self._address(asked),))

    def read(
        self, prepared: PreparedService[A], window: Window | None, digest: ContentDigest
    ) -> Iterator[tuple[Address, pa.RecordBatch]]:
        """All rows within `window`, request by request and page by page.

        Raises SourceChanged when the pages moved while they were read, DatasetStopped for an answer that is not what
        the contract says, SourceError when the service names an error in its answer.
        """
        records = Records(prepared.dataset, digest, self._form(prepared.dataset))
        label = Address(prepared.labels[0])
        for values in self._requests(prepared.asked, window):
            for page in self._pages(prepared.asked, values):
                yield label, records.batch(page, values)
        records.require_as_declared()
        self._remarks[prepared.dataset.id] = records.remarks()

    def remarks(self, dataset: Dataset) -> tuple[str, ...]:
        """What was noticed while the dataset was read."""
        return self._remarks.get(dataset.id, ())

    def files(self, dataset: Dataset) -> tuple[int, ...]:
        """A service has none."""
        return ()

    def future_rows(self, dataset: Dataset) -> int:
        """A service is not asked for what lies ahead of its clock."""
        return 0

    # -- which requests

    def _required(self, dataset: Dataset) -> A:
        asked = self._asked(dataset)
        if asked is None:  # the declarations' check forbids it
            raise SourceError(f"dataset {dataset.id}: kontrak tidak menyebut {self._system.transport}")
        return asked

    def _requests(self, asked: A, window: Window | None) -> Iterator[dict[str, str]]:
        """The values of each request: the window's bounds and one of every `each`."""
        lower, upper = self._bounds(asked, window)
        bounds = {
            "dari": lower.astimezone(self._zone).strftime(asked.time_format),
            "sampai": upper.astimezone(self._zone).strftime(asked.time_format),
        }
        choices = [self._choices(each, asked, lower, upper) for each in asked.each]
        for chosen in product(*choices):
            yield bounds | {each.name: value for each, value in zip(asked.each, chosen, strict=True)}

    def _bounds(self, asked: A, window: Window | None) -> tuple[datetime, datetime]:
        """The window's bounds; without a lower one what the service knows from its first day on."""
        since = datetime.combine(date.fromisoformat(asked.since or "1900-01-01"), time(), self._zone)
        lower = since if window is None or window.lower is None else max(since, window.lower)
        return lower, self.clock if window is None else window.upper

    def _choices(self, each: Each, asked: A, lower: datetime, upper: datetime) -> tuple[str, ...]:
        if each.days:
            first, last = lower.astimezone(self._zone).date(), upper.astimezone(self._zone).date()
            days = range((last - first).days + 1)
            return tuple((first + timedelta(days=number)).strftime(asked.day_format) for number in days)
        if each.asked is None or each.path is None:
            raise SourceError(f"{each.name}: dataset {each.dataset} belum dirangkai")  # assembly fills both
        parent = cast("A", each.asked)  # a dataset of the same system, which speaks one protocol
        key = (self._address(parent), each.path)
        if key not in self._values:
            found: dict[str, None] = {}
            for values in self._requests(parent, None):
                for page in self._pages(parent, values):
                    found.update(dict.fromkeys(text for row in page if (text := jsontext.text_at(row, each.path))))
            self._values[key] = tuple(found)
        return self._values[key]

    def _first_answer(self, dataset: Dataset) -> Iterator[tuple[list[Any], dict[str, str]]]:
        """Rows of the first page of the first request, for the newest part of the window."""
        asked = self._required(dataset)
        window = Window(self.clock - _PROBED, self.clock) if dataset.cursor else None
        for values in self._requests(asked, window):
            for page in self._pages(asked, values):
                yield page, values
                return
            return

    # -- pages

    def _pages(self, asked: A, values: Mapping[str, str]) -> Iterator[list[Any]]:
        """The rows of one request's pages, until the service has no more."""
        page, state, link = asked.page, Paging(), None
        sent = filled(asked.sent, values)
        if page.size_param is not None:
            sent[page.size_param] = str(page.size)
        if page.style in ("number", "offset"):
            sent[page.param or ""] = str(page.first if page.style == "number" else 0)
        first = dict(sent)
        while True:
            answered = self._answer(asked, sent, values, link)
            note_total(page, answered, state)
            state.first = state.first or fingerprint(answered.rows)
            state.rows, state.pages = state.rows + len(answered.rows), state.pages + 1
            if state.pages > _MOST_PAGES:
                raise SourceError(
                    f"sumber {self._system.code}: {answered.path} tidak berakhir setelah {_MOST_PAGES} halaman"
                )
            yield answered.rows
            following = following_page(page, answered, state)
            if following is None:
                break
            if page.style == "link":
                link, sent = following, {}
            else:
                sent[page.param or ""] = following
        self._require_whole(asked, state, first, values)

    def _require_whole(self, asked: A, state: Paging, first: Mapping[str, str], values: Mapping[str, str]) -> None:
        """Nothing moved: the rows are as many as the service says, and the first page is what it was."""
        if state.total is not None and state.rows != state.total:
            raise SourceChanged(
                f"sumber {self._system.code}: {self._address(asked)} menyebut {state.total} baris, terbaca "
                f"{state.rows}; data berubah saat dibaca, dibaca ulang dari awal"
            )
        if asked.page.style in ("number", "offset") and state.pages > 1:
            answered = self._answer(asked, first, values, None)
            if fingerprint(answered.rows) != state.first:
                raise SourceChanged(
                    f"sumber {self._system.code}: halaman pertama {self._address(asked)} berubah saat halaman lain "
                    "dibaca; dibaca ulang dari awal"
                )

    def _require_success(self, asked: A, path: str, text_at: Callable[[str], str | None]) -> None:
        """Raises SourceError when the envelope's status is none of those that mean success."""
        if asked.status_path is None:
            return
        status = text_at(asked.status_path)
        if status is None or status not in asked.ok_values:
            said = text_at(asked.error_path) if asked.error_path else None
            found = "tidak ada" if status is None else f"'{status}'"
            raise SourceError(
                f"sumber {self._system.code}: {path} menjawab HTTP 200, tetapi {asked.status_path} {found} "
                f"(yang berhasil: {', '.join(asked.ok_values)}){f': {masked(said[:200])}' if said else ''}. Jalankan "
                f"lagi; bila tetap, hubungi {self._system.owner_name}"
            )


def filled(texts: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Every text with the request's values in place of `{name}`."""
    return {name: fill(text, values) for name, text in texts.items()}


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with the request's values in place of `{name}`."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
