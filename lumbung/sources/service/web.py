"""Requests to a service on the web: to declared hosts only, no redirects, bounded in size, time and number.

No message holds a credential, a query or a row's value: a service is named by its path, an answer by its status.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from lumbung.declarations.models import System
from lumbung.declarations.transports import BasicAuth, NoAuth, OAuth2, TokenAuth, WebService
from lumbung.settings import Settings
from lumbung.sources.errors import DatasetStopped, SourceBusy, SourceError, SourceRefused, SourceUnavailable

_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE: Final = frozenset({404, 405, 410})
_MEGABYTE: Final = 1 << 20
_BACK_OFF: Final = wait_exponential_jitter(initial=0.5, max=10)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of the service: with a 2xx status, or one that its protocol counts as an answer all the same."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Request:
    """What is sent, and where."""

    method: str
    address: str
    params: Mapping[str, str] | None
    form: Mapping[str, str] | None
    content: bytes | None
    headers: Mapping[str, str]


class _Later(SourceBusy):
    """The service asks us to come again; `seconds`: when, if it says so."""

    def __init__(self, message: str, seconds: float | None) -> None:
        super().__init__(message)
        self.seconds = seconds


class Web:
    """The door to one service. Use it inside `open_web`."""

    def __init__(
        self,
        base: str,
        system: System,
        spoken: WebService,
        credentials: str | None,
        accept: str,
        also: Callable[[int, Answer], bool],
    ) -> None:
        self._base = base.rstrip("/") + "/"
        self._system = system
        self._spoken = spoken
        self._credentials = credentials
        self._also = also
        self._require_declared(self._base)
        common: dict[str, Any] = {
            "timeout": httpx2.Timeout(spoken.request_s),
            "headers": {"User-Agent": "lumbung", "Accept": accept},
            "follow_redirects": False,
            "trust_env": False,
        }
        self._tokens: Any = None
        self._client = httpx2.Client(**common)
        if isinstance(spoken.auth, OAuth2):
            user, secret = name_and_secret(system, credentials)
            self._tokens = OAuth2Client(
                client_id=user,
                client_secret=secret,
                token_endpoint_auth_method=f"client_secret_{'basic' if spoken.auth.client_auth == 'basic' else 'post'}",
                scope=spoken.auth.scope,
                **common,
            )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        if self._tokens is not None:
            self._tokens.close()

    def ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, tried again while the service is busy or cut off; `path` may be a whole address (a next link).

        Raises SourceUnavailable, SourceBusy, SourceRefused, DatasetStopped (the address is not there any more) and
        SourceError (an answer that must not be read: a redirect, too large, another host).
        """
        address = urljoin(self._base, path.lstrip("/"))
        self._require_declared(address)
        retrying = Retrying(
            retry=retry_if_exception_type((SourceUnavailable, _Later)),
            stop=stop_after_attempt(self._spoken.attempts),
            wait=self._pause,
            reraise=True,
        )
        return retrying(self._once, _Request(method, address, params, form, content, headers or {}))

    def _once(self, request: _Request) -> Answer:
        """One attempt; an OAuth2 token that the service does not take any more is replaced once."""
        status, answer = self._send(request)
        if status == httpx2.codes.UNAUTHORIZED and isinstance(self._spoken.auth, OAuth2):
            self._fetch_token(self._spoken.auth)
            status, answer = self._send(request)
        if httpx2.codes.is_success(status) or self._also(status, answer):
            return answer
        raise self._refusal(status, answer)

    def _send(self, request: _Request) -> tuple[int, Answer]:
        path = urlsplit(request.address).path
        end = time.monotonic() + self._spoken.request_s
        try:
            headers = {**request.headers, **self._authorization()}
            with self._client.stream(
                request.method,
                request.address,
                params=request.params,
                data=request.form,
                content=request.content,
                headers=headers,
            ) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > self._spoken.answer_mb * _MEGABYTE:
                        raise SourceError(
                            f"sumber {self._system.code}: jawaban {path} melebihi {self._spoken.answer_mb} MiB; minta "
                            "halaman yang lebih kecil (page.size di kontrak) atau naikkan answer_mb di system.yaml"
                        )
                    if time.monotonic() > end:
                        raise httpx2.ReadTimeout("the whole answer takes too long")
                return response.status_code, Answer(path, response.headers, bytes(body))
        except httpx2.TimeoutException:
            raise SourceUnavailable(
                f"sumber {self._system.code}: {path} tidak menjawab sampai selesai dalam {self._spoken.request_s} "
                "detik; jalankan lagi, atau naikkan request_s di system.yaml"
            ) from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise SourceUnavailable(
                f"sumber {self._system.code}: sambungan ke {path} gagal ({type(error).__name__}). Pastikan layanan "
                "hidup dan jaringannya terbuka, lalu jalankan lagi; jendela yang sama akan dibaca"
            ) from None

    def _refusal(self, status: int, answer: Answer) -> SourceError:
        """What an answer without success means."""
        where = f"sumber {self._system.code}: {answer.path} menjawab HTTP {status}"
        if httpx2.codes.is_redirect(status):
            target = urlsplit(answer.headers.get("location", "")).hostname or "alamat lain"
            return SourceError(
                f"{where} dan mengalihkan ke {target}; pengalihan tidak diikuti. Sesuaikan alamat di berkas rahasia "
                f"source_{self._system.connection}_url dan hosts di system.yaml bila memang pindah"
            )
        if status in _TRY_AGAIN:
            seconds = _retry_after(answer.headers)
            if seconds is not None and seconds > self._spoken.wait_s:
                return SourceBusy(f"{where} dan minta ditunggu {seconds:.0f} detik; jalankan lagi setelah itu")
            return _Later(f"{where}; layanan sibuk atau terganggu, jalankan lagi nanti", seconds)
        if status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
            return SourceRefused(
                f"{where}: akun Lumbung ditolak. Periksa berkas rahasia source_{self._system.connection}_credentials "
                f"bersama {self._system.owner_name}, lalu jalankan lagi"
            )
        if status in _GONE:
            return DatasetStopped(f"alamat {answer.path} tidak ada lagi di layanan (HTTP {status})")
        return SourceError(f"{where}; permintaan Lumbung tidak diterima. Periksa kontraknya bersama produsen data")

    def _authorization(self) -> dict[str, str]:
        auth = self._spoken.auth
        if isinstance(auth, OAuth2):
            if not self._tokens.token or self._tokens.token.is_expired(auth.early_s):
                self._fetch_token(auth)
            return {auth.header: f"{auth.prefix}{self._tokens.token['access_token']}"}
        if isinstance(auth, TokenAuth):
            return {auth.header: f"{auth.prefix}{self._credentials or ''}"}
        if isinstance(auth, BasicAuth):
            basic = httpx2.BasicAuth(*name_and_secret(self._system, self._credentials))
            request = next(basic.auth_flow(httpx2.Request("GET", self._base)))
            return {"Authorization": request.headers["Authorization"]}
        return {}

    def _fetch_token(self, auth: OAuth2) -> None:
        """A fresh token by the client's credentials. Raises SourceRefused when the service does not give one."""
        address = urljoin(self._base, auth.token_path.lstrip("/"))
        self._require_declared(address)
        try:
            token = self._tokens.fetch_token(address, grant_type="client_credentials")
            token["access_token"]
        except httpx2.TransportError:
            raise
        except (OAuthError, httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            if status in _TRY_AGAIN:
                raise _Later(f"sumber {self._system.code}: {auth.token_path} menjawab HTTP {status}", None) from None
            raise SourceRefused(
                f"sumber {self._system.code}: {auth.token_path} tidak memberi token ({type(error).__name__}). Periksa "
                f"berkas rahasia source_{self._system.connection}_credentials (client id:rahasia)"
            ) from None

    def _require_declared(self, address: str) -> None:
        """Raises SourceError for another host than declared, or a way less safe than the base address's."""
        parts = urlsplit(address)
        safe = parts.scheme == "https" or parts.scheme == urlsplit(self._base).scheme == "http"
        if parts.hostname not in self._spoken.hosts or not safe:
            raise SourceError(
                f"sumber {self._system.code}: permintaan ke {parts.scheme}://{parts.hostname} tidak dikirim; yang "
                f"boleh: {', '.join(self._spoken.hosts)} ({self._system.transport}.hosts di "
                f"contracts/{self._system.code}/system.yaml)"
            )

    def _pause(self, state: RetryCallState) -> float:
        """As long as the service asks for; else a growing pause."""
        error = state.outcome.exception() if state.outcome is not None else None
        asked = error.seconds if isinstance(error, _Later) else None
        return asked if asked is not None else _BACK_OFF(state)


def name_and_secret(system: System, credentials: str | None) -> tuple[str, str]:
    """The two halves of credentials `name:secret`. Raises SourceRefused, without them."""
    name, _, secret = (credentials or "").partition(":")
    if not name or not secret:
        raise SourceRefused(
            f"sumber {system.code}: berkas rahasia source_{system.connection}_credentials harus berisi nama:rahasia"
        )
    return name, secret


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of the header Retry-After (RFC 9110 §10.2.3: seconds or a date); None without a usable one."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


@contextmanager
def open_web(
    place: Settings,
    system: System,
    spoken: WebService,
    *,
    accept: str,
    also: Callable[[int, Answer], bool] = lambda _status, _answer: False,
) -> Iterator[Web]:
    """The door to the service of `system`, at the address and with the credentials in the profile's secrets.

    `accept`: the media types that we read; `also`: whether an answer without success is one all the same.
    """
    credentials = None if isinstance(spoken.auth, NoAuth) else place.secret(f"source_{system.connection}_credentials")
    web = Web(place.source_url(system.connection), system, spoken, credentials, accept, also)
    try:
        yield web
    finally:
        web.close()
