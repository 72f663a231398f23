"""REST sources: JSON over HTTP, asked as `asking` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

from lumbung.declarations.models import Dataset, System
from lumbung.declarations.transports import RestDataset, RestSystem
from lumbung.settings import Settings
from lumbung.sources.errors import DatasetStopped, SourceError
from lumbung.sources.service import jsontext
from lumbung.sources.service.asking import ServiceSnapshot, fill, filled
from lumbung.sources.service.pages import Answered
from lumbung.sources.service.web import Web, open_web
from lumbung.sources.window import source_clock


class RestSnapshot(ServiceSnapshot[RestDataset]):
    """One reading of a service (see `snapshot.Snapshot`). Use it inside `open_rest`."""

    def __init__(self, web: Web, system: System, clock: datetime) -> None:
        super().__init__(system, clock)
        self._web = web

    def _asked(self, dataset: Dataset) -> RestDataset | None:
        return dataset.rest

    def _address(self, asked: RestDataset) -> str:
        return f"{asked.method} {asked.path}"

    def _answer(
        self, asked: RestDataset, sent: Mapping[str, str], values: Mapping[str, str], link: str | None
    ) -> Answered:
        form = filled(asked.form, values) if asked.method == "POST" else None
        answer = self._web.ask(asked.method, link or fill(asked.path, values), sent or None, form)
        try:
            document = jsontext.document(answer.body)
        except jsontext.NotJsonError as error:
            kind = answer.headers.get("content-type", "tanpa content-type")
            raise SourceError(f"sumber {self._system.code}: jawaban {answer.path} ({kind}) {error}") from None
        text_at = partial(jsontext.text_at, document)
        self._require_success(asked, answer.path, text_at)
        rows = jsontext.at(document, asked.data_path)
        if rows is None:
            rows = []
        if not isinstance(rows, list):
            where = asked.data_path or "dokumen"
            raise DatasetStopped(f"jawaban {answer.path} tidak memuat daftar baris di {where}")
        return Answered(answer.path, rows, text_at, answer.headers.get("link", ""))


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
    if spoken is None:  # the declarations' check forbids it
        raise SourceError(f"sistem {system.code}: system.yaml tidak menyebut rest")
    with open_web(place, system, spoken, accept="application/json") as web:
        yield RestSnapshot(web, system, _clock(web, system, spoken))
