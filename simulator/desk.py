"""One department's counter: its database, its logins, its addresses; what a request gets in the end.

Now and then a request meets trouble as in life (busy, too many requests, a line that is cut, a token that is not taken
any more); every trouble is noted in the department's database, and from there in the manifest.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from simulator import manifest
from simulator.departments import module
from simulator.server import State
from simulator.systems import SourceSystem
from simulator.trouble import CUT, Trouble, Troubles

TOKEN_SECONDS = 600


@dataclass(frozen=True)
class Asked:
    """A request: query, form and path without the department's prefix."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What the department says. `body`: bytes, or something for JSON."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """The bytes of the body."""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False, default=str).encode()


@dataclass(frozen=True)
class Route:
    """What answers one address of a department."""

    method: str
    path: str
    answer: Callable[[Asked], Reply]


class Desk:
    """One department behind its counter: its database, its logins, its addresses."""

    def __init__(self, state: State, system: SourceSystem) -> None:
        self.system = system
        self._state = state
        self._local = threading.local()
        self._tokens: dict[str, float] = {}
        self._credentials = state.secret(f"source_{system.code}_credentials") if system.login else ""
        self._routes = {(route.method, route.path): route.answer for route in module(system.code).routes(self)}
        self._troubles = Troubles(system.code)

    def rows(self, query: str, arguments: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows of a trusted query in the department's database."""
        return self._cursor().execute(query.encode(), arguments).fetchall()

    def clock(self) -> datetime:
        """The department's clock (WIB, without zone)."""
        return manifest.clock(self._connection())

    def answer(self, asked: Asked) -> tuple[Reply, Trouble | None]:
        """The reply to a request, or the trouble that it meets."""
        if asked.path == "/oauth/token" and self.system.login == "oauth2":
            return self._token(asked), None
        refused = self._refusal(asked)
        if refused is not None:
            return refused, None
        known = manifest.read(self._connection())
        if known.get("selesai") != "ya":
            return Reply({"message": "layanan belum siap"}, 503), None
        trouble = self._troubles.next(int(known["benih"]), oauth2=self.system.login == "oauth2")
        if trouble is not None:
            manifest.trouble(self._connection(), trouble.kind, asked.path)
            if trouble.kind != CUT:
                return Reply({"message": trouble.words}, trouble.status, trouble.headers), trouble
        if asked.path == "/waktu":
            return Reply({"sekarang": self.clock().isoformat()}), trouble
        found = self._routes.get((asked.method, asked.path))
        return (found(asked) if found else Reply({"message": "tidak ditemukan"}, 404)), trouble

    def _token(self, asked: Asked) -> Reply:
        """RFC 6749 §4.4: client credentials by Basic or in the form."""
        sent = _basic(asked) or f"{asked.form.get('client_id', '')}:{asked.form.get('client_secret', '')}"
        if asked.form.get("grant_type") != "client_credentials":
            return Reply({"error": "unsupported_grant_type"}, 400)
        if not _same(sent, self._credentials):
            return Reply({"error": "invalid_client"}, 401)
        token = secrets.token_urlsafe(24)
        self._tokens[token] = time.monotonic() + TOKEN_SECONDS
        return Reply({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})

    def _refusal(self, asked: Asked) -> Reply | None:
        """What somebody without the right login hears; None for the rightful."""
        login = self.system.login
        if login == "oauth2":
            token = asked.headers.get("authorization", "").removeprefix("Bearer ")
            allowed = self._tokens.get(token, 0.0) > time.monotonic()
        elif login == "basic":
            allowed = _same(_basic(asked) or "", self._credentials)
        elif login == "token":
            allowed = _same(asked.headers.get("x-api-key", ""), self._credentials)
        else:
            allowed = True
        return None if allowed else Reply({"message": "Unauthorized"}, 401)

    def _cursor(self) -> psycopg.Cursor[dict[str, Any]]:
        return self._connection().cursor(row_factory=dict_row)

    def _connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        """One connection per thread, as long as it lives."""
        found: psycopg.Connection[tuple[Any, ...]] | None = getattr(self._local, "connection", None)
        if found is None or found.closed or found.broken:
            found = psycopg.connect(
                self._state.admin_url(self.system.code), autocommit=True, connect_timeout=10, application_name="layanan"
            )
            self._local.connection = found
        return found


def _basic(asked: Asked) -> str | None:
    """The pair that HTTP Basic carries; None without one."""
    kind, _, value = asked.headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError:
        return None


def _same(sent: str, wanted: str) -> bool:
    return bool(wanted) and hmac.compare_digest(sent.encode(), wanted.encode())
