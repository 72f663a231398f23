"""What a protocol needs to know, declared: of the system (`system.yaml`, a block named like the transport) and of each
dataset (the custom property of the same name in its contract).

Paths into a JSON document are keys joined by dots; the empty path is the document itself.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from lumbung.declarations.base import Frozen

JSON_TYPES: Final = ("json string", "json number", "json boolean")
"""Physical types of a column in a REST contract: the JSON type in which its value arrives."""


class NoAuth(Frozen):
    """An open service."""

    kind: Literal["none"] = "none"


class BasicAuth(Frozen):
    """User and password with every request (secret `source_<connection>_credentials`: user:password)."""

    kind: Literal["basic"]


class TokenAuth(Frozen):
    """A fixed token in a header of the service's own (secret `source_<connection>_credentials`: the token)."""

    kind: Literal["token"]
    header: str = "Authorization"
    prefix: str = ""


class OAuth2(Frozen):
    """OAuth 2.0 client credentials (RFC 6749 §4.4); secret `source_<connection>_credentials`: client id:secret.

    `client_auth`: how the client names itself at the token's address, by HTTP Basic or in the form. `early_s`: how many
    seconds before its end a token is replaced. `header`: where the token goes, for services that want it elsewhere.
    """

    kind: Literal["oauth2"]
    token_path: str
    client_auth: Literal["basic", "form"] = "basic"
    scope: str | None = None
    early_s: StrictInt = 30
    header: str = "Authorization"
    prefix: str = "Bearer "


class RestClock(Frozen):
    """The source's own clock: a field of an answer, or the header `Date` of the first answer (whole seconds)."""

    path: str | None = None
    field: str = ""
    header: Literal["Date"] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.path is None) == (self.header is None):
            raise ValueError("the clock is either a path with a field or the header Date")
        return self


class RestSystem(Frozen):
    """How a REST service is spoken to. `hosts`: the only ones that a request may go to (the base address among them).

    `answer_mb`: the largest answer that is read, in MiB; `request_s`: seconds of silence until a request fails;
    `attempts`: of one request; `wait_s`: the longest pause that the service may ask for (Retry-After).
    """

    hosts: tuple[str, ...] = Field(min_length=1)
    clock: RestClock
    auth: Annotated[NoAuth | BasicAuth | TokenAuth | OAuth2, Field(discriminator="kind")] = NoAuth()
    answer_mb: StrictInt = 32
    request_s: StrictInt = 30
    attempts: StrictInt = 4
    wait_s: StrictInt = 60


class Page(Frozen):
    """How an answer goes on.

    `number`, `offset`: `param` counts pages (from `first`) or rows, `size_param` asks for `size` rows a page; an
    empty page is the end, unless `total_path` told it before. `cursor`: the value at `next_path` goes into `param`.
    `link`: the address at `next_path`, or in the header Link (rel=next) without one. `total_path`: how many rows there
    are in all, where the service says so.
    """

    style: Literal["none", "number", "offset", "cursor", "link"] = "none"
    param: str | None = None
    size_param: str | None = None
    size: StrictInt | None = None
    first: StrictInt = 1
    next_path: str | None = None
    total_path: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wanted = {
            "number": ("param", "size_param", "size"),
            "offset": ("param", "size_param", "size"),
            "cursor": ("param", "next_path"),
        }.get(self.style, ())
        missing = [name for name in wanted if getattr(self, name) is None]
        if missing:
            raise ValueError(f"style {self.style} needs {', '.join(missing)}")
        return self


class Each(Frozen):
    """One request per value: every day of the window (`days`), or every value that a column of another dataset of the
    system has in this snapshot (`dataset`, `column`). `{name}` stands for it in path, params and form.

    `asked`, `path`: how that dataset is asked for and where the column stands in its records; filled from its contract.
    """

    name: str = Field(pattern=r"^[a-z_]+$")
    days: StrictBool = False
    dataset: str | None = None
    column: str | None = None
    asked: RestDataset | None = None
    path: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.days == (self.dataset is not None) or (self.dataset is None) != (self.column is None):
            raise ValueError("an entry is either `days: true` or a dataset with a column")
        return self


class RestDataset(Frozen):
    """How a dataset is asked for.

    `{dari}` and `{sampai}` in params and form are the window's bounds in `time_format` (strftime, in the system's time
    zone), days in `day_format`; `since` is the lower bound when there is none. `data_path`: where the rows are.
    `status_path` with `ok_values`: an answer with another status is an error, also with HTTP 200; `error_path`:
    its words.
    """

    method: Literal["GET", "POST"] = "GET"
    path: str = Field(pattern=r"^/")
    params: dict[str, str] = Field(default_factory=dict)
    form: dict[str, str] = Field(default_factory=dict)
    each: tuple[Each, ...] = ()
    page: Page = Page()
    data_path: str = ""
    status_path: str | None = None
    ok_values: tuple[str, ...] = ()
    error_path: str | None = None
    time_format: str = "%Y-%m-%dT%H:%M:%S"
    day_format: str = "%Y-%m-%d"
    since: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.form and self.method != "POST":
            raise ValueError("a form goes with method POST")
        if (self.status_path is None) != (not self.ok_values):
            raise ValueError("status_path and ok_values stand together or not at all")
        timed = any(each.days for each in self.each) or any(
            "{dari}" in text for text in (*self.params.values(), *self.form.values())
        )
        if timed and self.since is None:
            raise ValueError("a window needs `since`, the first day that the service knows")
        return self
