"""REST sources: every dataset asked for as its contract declares, page by page, with nothing lost between pages.

There is no snapshot in such a service. What changes while we page is noticed (the total, the first page, a cursor that
comes back) and the whole run is read anew; what is missed all the same, the next window's overlap brings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from itertools import product
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from lumbung.declarations.models import Dataset, System
from lumbung.declarations.transports import Each, NoAuth, RestDataset, RestSystem
from lumbung.masking import masked
from lumbung.settings import Settings
from lumbung.sources import jsontext
from lumbung.sources.digest import ContentDigest
from lumbung.sources.errors import DatasetStopped, SourceChanged, SourceError
from lumbung.sources.pages import Paging, fingerprint, following_page, note_total
from lumbung.sources.records import Records, text_schema
from lumbung.sources.schema import Drift, contract_place, read_columns, reserved_names
from lumbung.sources.web import Answer, Web, open_web
from lumbung.sources.window import Window, source_clock

_MOST_PAGES: Final = 100_000
_PROBED: Final = timedelta(days=1)
"""How much of a window is asked for when only the form of the answer is looked at."""


@dataclass(frozen=True, slots=True)
class Address:
    """What a part of a dataset's rows was asked from."""

    label: str
    period: None = None


@dataclass(frozen=True, slots=True)
class PreparedRest:
    """How one dataset is read (see `snapshot.Prepared`)."""

    dataset: Dataset
    asked: RestDataset
    schema: pa.Schema

    @property
    def source_types(self) -> Mapping[str, str]:
        """The JSON type that the contract declares, by column."""
        return {column.name: column.physical for column in read_columns(self.dataset)}

    @property
    def labels(self) -> tuple[str, ...]:
        """Method and path."""
        return (f"{self.asked.method} {self.asked.path}",)


class RestSnapshot:
    """One reading of a service (see `snapshot.Snapshot`). Use it inside `open_rest`."""

    def __init__(self, web: Web, system: System, clock: datetime) -> None:
        self._web = web
        self._system = system
        self._zone = ZoneInfo(system.timezone)
        self._remarks: dict[str, tuple[str, ...]] = {}
        self._values: dict[tuple[str, str], tuple[str, ...]] = {}
        self.clock = clock
        self.label = f"{system.code} {clock.isoformat()}"

    def days_only(self, dataset: Dataset) -> bool:
        """Whether every cursor column of the dataset is a date."""
        return bool(dataset.cursor) and all(dataset.column(name).logical == "date" for name in dataset.cursor)

    def present(self, dataset: Dataset) -> bool:
        """A service has what its contract names until it says otherwise."""
        return dataset.rest is not None

    def drift(self, dataset: Dataset, root: Path) -> Drift:
        """How the first answer departs from the contract; the rest shows while reading (`DatasetStopped`)."""
        reserved = reserved_names(dataset)
        records = Records(dataset, ContentDigest())
        try:
            for answered, values in self._first_answer(dataset):
                records.batch(answered, values)
            records.require_as_declared()
        except DatasetStopped as stopped:
            return Drift((*reserved, f"{stopped} ({contract_place(root, dataset)})"), ())
        return Drift(reserved, records.remarks())

    def prepare(self, dataset: Dataset) -> PreparedRest:
        """Every column as text: what a JSON value is, the type rules say."""
        return PreparedRest(dataset, _asked(dataset), text_schema(read_columns(dataset)))

    def read(
        self, prepared: PreparedRest, window: Window | None, digest: ContentDigest
    ) -> Iterator[tuple[Address, pa.RecordBatch]]:
        """All rows within `window`, request by request and page by page.

        Raises SourceChanged when the pages moved while they were read, DatasetStopped for an answer that is not what
        the contract says, SourceError when the service names an error in its answer.
        """
        records = Records(prepared.dataset, digest)
        label = Address(prepared.labels[0])
        for values in self._requests(prepared.asked, window):
            for page in self._pages(prepared.asked, values):
                yield label, records.batch(page, values)
        records.require_as_declared()
        self._remarks[prepared.dataset.id] = records.remarks()

    def files(self, dataset: Dataset) -> tuple[int, ...]:
        """A service has none."""
        return ()

    def remarks(self, dataset: Dataset) -> tuple[str, ...]:
        """What was noticed while the dataset was read."""
        return self._remarks.get(dataset.id, ())

    def future_rows(self, dataset: Dataset) -> int:
        """A service is not asked for what lies ahead of its clock."""
        return 0

    # -- which requests

    def _requests(self, asked: RestDataset, window: Window | None) -> Iterator[dict[str, str]]:
        """The values of each request: the window's bounds and one of every `each`."""
        lower, upper = self._bounds(asked, window)
        bounds = {
            "dari": lower.astimezone(self._zone).strftime(asked.time_format),
            "sampai": upper.astimezone(self._zone).strftime(asked.time_format),
        }
        choices = [self._choices(each, asked, lower, upper) for each in asked.each]
        for chosen in product(*choices):
            yield bounds | {each.name: value for each, value in zip(asked.each, chosen, strict=True)}

    def _bounds(self, asked: RestDataset, window: Window | None) -> tuple[datetime, datetime]:
        """The window's bounds; without a lower one what the service knows from its first day on."""
        since = datetime.combine(date.fromisoformat(asked.since or "1900-01-01"), time(), self._zone)
        lower = since if window is None or window.lower is None else max(since, window.lower)
        return lower, self.clock if window is None else window.upper

    def _choices(self, each: Each, asked: RestDataset, lower: datetime, upper: datetime) -> tuple[str, ...]:
        if each.days:
            first, last = lower.astimezone(self._zone).date(), upper.astimezone(self._zone).date()
            days = range((last - first).days + 1)
            return tuple((first + timedelta(days=number)).strftime(asked.day_format) for number in days)
        parent = each.asked
        if parent is None or each.path is None:
            raise SourceError(f"{each.name}: dataset {each.dataset} belum dirangkai")  # assembly fills both
        key = (parent.path, each.path)
        if key not in self._values:
            found: dict[str, None] = {}
            for values in self._requests(parent, None):
                for page in self._pages(parent, values):
                    found.update(dict.fromkeys(text for row in page if (text := jsontext.text_at(row, each.path))))
            self._values[key] = tuple(found)
        return self._values[key]

    def _first_answer(self, dataset: Dataset) -> Iterator[tuple[list[Any], dict[str, str]]]:
        """Rows of the first page of the first request, for the newest part of the window."""
        asked = _asked(dataset)
        window = Window(self.clock - _PROBED, self.clock) if dataset.cursor else None
        for values in self._requests(asked, window):
            for page in self._pages(asked, values):
                yield page, values
                return
            return

    # -- pages

    def _pages(self, asked: RestDataset, values: Mapping[str, str]) -> Iterator[list[Any]]:
        """The rows of one request's pages, until the service has no more."""
        page, state = asked.page, Paging()
        path, params = _filled(asked.path, values), _all_filled(asked.params, values)
        if page.size_param is not None:
            params[page.size_param] = str(page.size)
        if page.style in ("number", "offset"):
            params[page.param or ""] = str(page.first if page.style == "number" else 0)
        first = dict(params)
        while True:
            answer, document, rows = self._answer(asked, path, params, values)
            note_total(page, document, state, answer.path)
            state.first = state.first or fingerprint(rows)
            state.rows, state.pages = state.rows + len(rows), state.pages + 1
            if state.pages > _MOST_PAGES:
                raise SourceError(
                    f"sumber {self._system.code}: {answer.path} tidak berakhir setelah {_MOST_PAGES} halaman"
                )
            yield rows
            following = following_page(page, document, answer, rows, state)
            if following is None:
                break
            if page.style == "link":
                path, params = following, {}
            else:
                params[page.param or ""] = following
        self._require_whole(asked, state, path, first, values)

    def _require_whole(
        self, asked: RestDataset, state: Paging, path: str, first: Mapping[str, str], values: Mapping[str, str]
    ) -> None:
        """Nothing moved: the rows are as many as the service says, and the first page is what it was."""
        if state.total is not None and state.rows != state.total:
            raise SourceChanged(
                f"sumber {self._system.code}: {asked.path} menyebut {state.total} baris, terbaca {state.rows}; data "
                "berubah saat dibaca, dibaca ulang dari awal"
            )
        if asked.page.style in ("number", "offset") and state.pages > 2:
            _, _, rows = self._answer(asked, path, first, values)
            if fingerprint(rows) != state.first:
                raise SourceChanged(
                    f"sumber {self._system.code}: halaman pertama {asked.path} berubah saat halaman lain dibaca; "
                    "dibaca ulang dari awal"
                )

    def _answer(
        self, asked: RestDataset, path: str, params: Mapping[str, str], values: Mapping[str, str]
    ) -> tuple[Answer, Any, list[Any]]:
        """One answer, its document and the rows in it. Raises SourceError when the envelope names an error."""
        form = _all_filled(asked.form, values) if asked.method == "POST" else None
        answer = self._web.ask(asked.method, path, params or None, form)
        try:
            document = jsontext.document(answer.body)
        except jsontext.NotJsonError as error:
            kind = answer.headers.get("content-type", "tanpa content-type")
            raise SourceError(f"sumber {self._system.code}: jawaban {answer.path} ({kind}) {error}") from None
        self._require_success(asked, answer, document)
        rows = jsontext.at(document, asked.data_path)
        if rows is None:
            rows = []
        if not isinstance(rows, list):
            where = asked.data_path or "dokumen"
            raise DatasetStopped(f"jawaban {answer.path} tidak memuat daftar baris di {where}")
        return answer, document, rows

    def _require_success(self, asked: RestDataset, answer: Answer, document: Any) -> None:
        if asked.status_path is None:
            return
        status = jsontext.at(document, asked.status_path)
        if status is jsontext.ABSENT or jsontext.text(status) not in asked.ok_values:
            said = jsontext.text_at(document, asked.error_path) if asked.error_path else None
            found = "tidak ada" if status is jsontext.ABSENT else f"'{jsontext.text(status)}'"
            raise SourceError(
                f"sumber {self._system.code}: {answer.path} menjawab HTTP 200, tetapi {asked.status_path} {found} "
                f"(yang berhasil: {', '.join(asked.ok_values)}){f': {masked(said[:200])}' if said else ''}. Jalankan "
                f"lagi; bila tetap, hubungi {self._system.owner_name}"
            )


def _asked(dataset: Dataset) -> RestDataset:
    if dataset.rest is None:
        raise SourceError(f"dataset {dataset.id}: kontrak tidak menyebut rest")  # the declarations' check forbids it
    return dataset.rest


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _all_filled(texts: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: _filled(text, values) for name, text in texts.items()}


def _clock(web: Web, system: System, spoken: RestSystem) -> datetime:
    """The source clock in UTC. Raises SourceError when the service does not tell the time as declared."""
    answer = web.ask("GET", spoken.clock.path or "/")
    place = f"contracts/{system.code}/system.yaml, rest.clock"
    try:
        if spoken.clock.header is not None:
            return parsedate_to_datetime(answer.headers[spoken.clock.header.lower()]).astimezone(UTC)
        said = jsontext.text_at(jsontext.document(answer.body), spoken.clock.field)
        return source_clock(datetime.fromisoformat(said or ""), system)
    except (KeyError, ValueError):
        raise SourceError(f"sumber {system.code}: {answer.path} tidak menyebut waktu seperti {place}") from None


@contextmanager
def open_rest(place: Settings, system: System) -> Iterator[RestSnapshot]:
    """Open the service of `system` at the address in the secret `source_<connection>_url`.

    Raises SourceUnavailable, SourceBusy, SourceRefused, SourceError; none holds a credential.
    """
    spoken = system.rest
    if spoken is None:
        raise SourceError(
            f"sistem {system.code}: system.yaml tidak menyebut rest"
        )  # the declarations' check forbids it
    secret = None if isinstance(spoken.auth, NoAuth) else place.secret(f"source_{system.connection}_credentials")
    with open_web(place.source_url(system.connection), system, spoken, secret) as web:
        yield RestSnapshot(web, system, _clock(web, system, spoken))
