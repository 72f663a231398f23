"""The portal's client: ckanapi with bounded waiting, clear errors, and actions that can be repeated without harm."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from ckanapi import RemoteCKAN
from ckanapi.errors import CKANAPIError, NotAuthorized, NotFound, ValidationError
from requests import RequestException, Response, Session
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from lumbung.portal.dataset import Body, differs
from lumbung.settings import settings

WAIT_S: Final = 45
"""Longest wait for a portal that does not answer: its services restart within half a minute."""

TIMEOUT_S: Final = (5, 300)
"""Connecting and answering; a refresh of a large table answers when it has switched."""


class PortalUnavailable(Exception):
    """The portal does not answer. Nothing was lost: the next run completes what is missing."""


class PortalRefused(Exception):
    """The portal answered and refused; the message holds action and reason."""


class _NotNow(Exception):
    """The portal cannot answer at the moment, or is busy with the same resource."""


@dataclass(frozen=True)
class Download:
    """A file of the portal: bytes and response headers."""

    body: bytes
    headers: Mapping[str, str]


class Portal:
    """The publisher's account at the portal."""

    def __init__(self, url: str, token: str, wait_s: float = WAIT_S) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._wait_s = wait_s
        self._session = Session()
        self._ckan = RemoteCKAN(self.url, apikey=token, session=self._session)

    @classmethod
    def connect(cls) -> Self:
        """The portal of this profile; raises PortalUnavailable when it does not answer."""
        current = settings()
        portal = cls(current.ckan_url, current.secret("ckan_token"))
        portal.call("status_show", {})
        return portal

    def call(self, action: str, data: Mapping[str, Any], upload: bytes | None = None) -> Any:
        """Call an action; waits up to `wait_s` for a portal that is down or busy, then raises PortalUnavailable.

        Raises NotFound as ckanapi does, PortalRefused for everything else that the portal refuses.
        """
        sent = dict(data)
        if upload is not None:
            sent = {key: _form(value) for key, value in sent.items()}
        return self._patiently(action, lambda: self._call(action, sent, upload))

    def find(self, action: str, name: str, **more: Any) -> dict[str, Any] | None:
        """The answer of a `…_show` action, None when there is no such thing."""
        try:
            found: dict[str, Any] = self.call(action, {"id": name, **more})
        except NotFound:
            return None
        return found

    def get(self, path: str) -> Download:
        """A page or file of the portal by path or address."""
        address = path if path.startswith("http") else f"{self.url}{path}"
        if not address.startswith(f"{self.url}/"):
            raise PortalRefused(f"{address} bukan alamat portal {self.url}; periksa ckan.site_url")
        answer: Response = self._patiently(f"GET {path}", lambda: self._get(address))
        if answer.status_code != 200:
            raise PortalRefused(f"GET {address}: {answer.status_code}")
        return Download(answer.content, answer.headers)

    def _patiently(self, what: str, attempt: Any) -> Any:
        try:
            for tried in Retrying(
                retry=retry_if_exception_type(_NotNow),
                wait=wait_exponential_jitter(initial=0.3, max=5),
                stop=stop_after_delay(self._wait_s),
            ):
                with tried:
                    return attempt()
        except RetryError as error:
            cause = error.last_attempt.exception()
            raise PortalUnavailable(
                f"Portal {self.url} tidak melayani {what} dalam {self._wait_s:g} detik ({cause}). "
                f"Tidak ada data yang hilang: nyalakan layanannya (`{settings().start}`; log di folder logs/ profil "
                "ini), lalu jalankan lagi."
            ) from cause
        raise AssertionError("unreachable")

    def _call(self, action: str, data: dict[str, Any], upload: bytes | None) -> Any:
        files = {"upload": ("data.csv", io.BytesIO(upload), "text/csv")} if upload is not None else None
        try:
            return self._ckan.call_action(action, data, files=files, requests_kwargs={"timeout": TIMEOUT_S})
        except RequestException as error:
            raise _NotNow(type(error).__name__) from error
        except NotFound:
            raise
        except NotAuthorized as error:
            raise PortalRefused(
                f"{action}: token di secrets/ckan_token tidak berwenang ({error}); "
                f"buat token baru dengan `{settings().start}`"
            ) from error
        except ValidationError as error:
            if action == "lumbung_refresh" and "resource_id" in error.error_dict:
                raise _NotNow(str(error)) from error
            raise PortalRefused(f"{action}: {error}") from error
        except CKANAPIError as error:
            text = str(error)
            if any(f", {status}, " in text for status in (500, 502, 503, 504)):
                raise _NotNow(text[:300]) from error
            raise PortalRefused(f"{action}: {text[:300]}") from error

    def _get(self, address: str) -> Response:
        try:
            answer = self._session.get(address, headers={"Authorization": self._token}, timeout=TIMEOUT_S)
        except RequestException as error:
            raise _NotNow(type(error).__name__) from error
        if answer.status_code >= 500:
            raise _NotNow(f"status {answer.status_code}")
        return answer

    def ensure_body(self, kind: str, body: Body) -> None:
        """Create the organization or group (`kind`), or mend its title and description; nothing when they agree."""
        wanted = {"title": body.title, "description": body.description}
        stored = self.find(f"{kind}_show", body.name, include_datasets=False, include_users=False)
        if stored is None:
            self._create(f"{kind}_create", {"name": body.name, **wanted}, f"{kind}_show", body.name)
        elif changed := differs(wanted, stored):
            self.call(f"{kind}_patch", {"id": body.name, **{name: wanted[name] for name in changed}})

    def _create(self, action: str, data: Mapping[str, Any], show: str, name: str) -> None:
        """Create; a refusal counts only when the thing is not there (an answer that got lost is asked for again)."""
        try:
            self.call(action, data)
        except PortalRefused:
            if self.find(show, name) is None:
                raise

    def ensure_dataset(self, dataset: str, package: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
        """The dataset as stored, created (not yet visible to the public) with its resource when there is none."""
        if self.find("package_show", dataset) is None:
            self._create("package_create", {"id": dataset, "private": True, **package}, "package_show", dataset)
        if self.find("resource_show", resource["id"]) is None:
            created = {"package_id": dataset, **resource}
            self._create("resource_create", created, "resource_show", resource["id"])
        stored: dict[str, Any] = self.call("package_show", {"id": dataset})
        return stored

    def ensure_link(self, dataset: str, name: str, fields: Mapping[str, Any]) -> None:
        """A further resource of a dataset that is only an address, created or mended; nothing when it agrees."""
        stored = self.find("resource_show", name)
        if stored is None:
            self._create("resource_create", {"package_id": dataset, "id": name, **fields}, "resource_show", name)
        elif changed := differs(fields, stored):
            self.call("resource_patch", {"id": name, **{key: fields[key] for key in changed}})

    def ensure_no_link(self, name: str) -> None:
        """Take away what `ensure_link` made; nothing when there is none."""
        stored = self.find("resource_show", name)
        if stored is not None and stored.get("state") != "deleted":  # the publisher sees what was deleted
            self.call("resource_delete", {"id": name})

    def datasets(self) -> Iterator[tuple[str, str]]:
        """Slug and `identifier` of every dataset the publisher can see."""
        start, size = 0, 500
        while True:
            query = {"start": start, "rows": size, "sort": "name asc", "include_private": True}
            page = self.call("package_search", query)
            for one in page["results"]:
                yield one["name"], one.get("identifier") or ""
            start += size
            if start >= page["count"]:
                return

    def version(self, resource: str) -> dict[str, Any] | None:
        """What file, table and metadata carry, None when there is no such resource."""
        try:
            found: dict[str, Any] = self.call("lumbung_version", {"resource_id": resource})
        except NotFound:
            return None
        return found

    def refresh(
        self,
        resource: str,
        body: bytes,
        *,
        version: str,
        sha256: str,
        rows: int,
        fields: Sequence[Mapping[str, Any]],
        primary_key: Sequence[str],
        metadata: Mapping[str, Any],
        rebuild: bool = False,
    ) -> dict[str, Any]:
        """The atomic refresh of file, table and metadata; repeating it completes what a killed one left.

        `rebuild`: the table is made anew even if it is recorded as this version.
        """
        answer: dict[str, Any] = self.call(
            "lumbung_refresh",
            {
                "resource_id": resource,
                "version": version,
                "sha256": sha256,
                "rows": rows,
                "fields": list(fields),
                "primary_key": list(primary_key),
                "metadata": dict(metadata),
                **({"rebuild": True} if rebuild else {}),
            },
            upload=body,
        )
        return answer


def _form(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)
