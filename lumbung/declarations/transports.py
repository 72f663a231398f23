"""What a protocol needs to know, declared: of the system (`system.yaml`, a block named like the transport) and of each
dataset (the custom property of the same name in its contract).

Paths into a JSON document are keys joined by dots, paths into a SOAP answer names of elements (without namespace, below
the answer's own element); the empty path is the document itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from lumbung.declarations.base import Frozen
from lumbung.declarations.files import WKB

JSON_TYPES: Final = ("json string", "json number", "json boolean")
"""Physical types of a column in a REST contract: the JSON type in which its value arrives."""
XSD_TYPES: Final = tuple(
    f"xsd:{name}"
    for name in (
        *("string", "normalizedString", "token", "anyURI", "anySimpleType", "boolean", "decimal", "double", "float"),
        *("integer", "nonNegativeInteger", "positiveInteger", "byte", "short", "int", "long", "unsignedInt"),
        *("unsignedLong", "date", "dateTime", "time", "gYear", "gYearMonth"),
    )
)
"""Physical types of a column in a SOAP contract: the XML Schema type that the WSDL gives its element."""
TEXT_TYPES: Final = (*JSON_TYPES, *XSD_TYPES, WKB)
"""Physical types whose values raw keeps as text."""


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


class UsernameToken(Frozen):
    """User and password in the message itself (WS-Security UsernameToken 1.1); the secret is as for `basic`.

    `digest`: the password only as a digest with a nonce and the time.
    """

    kind: Literal["username_token"]
    digest: StrictBool = False


Auth = Annotated[NoAuth | BasicAuth | TokenAuth | OAuth2, Field(discriminator="kind")]
SoapAuth = Annotated[NoAuth | BasicAuth | TokenAuth | OAuth2 | UsernameToken, Field(discriminator="kind")]


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


class WebService(Frozen):
    """What a service on the web needs whatever it speaks.

    `hosts`: the only ones that a request may go to (the base address among them). `answer_mb`: the largest answer that
    is read, in MiB; `request_s`: seconds of silence until a request fails; `attempts`: of one request; `wait_s`: the
    longest pause that the service may ask for (Retry-After).
    """

    hosts: tuple[str, ...] = Field(min_length=1)
    auth: SoapAuth = NoAuth()
    answer_mb: StrictInt = 32
    request_s: StrictInt = 30
    attempts: StrictInt = 4
    wait_s: StrictInt = 60


class RestSystem(WebService):
    """How a REST service is spoken to."""

    clock: RestClock
    auth: Auth = NoAuth()


class SoapClock(Frozen):
    """The source's own clock: the element at `field` in the answer of an operation."""

    operation: str
    field: str


class SoapSystem(WebService):
    """How a SOAP service is spoken to.

    `wsdl`: the file in `contracts/<system>/` that keeps what the service promised; schemas that it imports lie beside
    it. `service` and `port` where it has several. `wsdl_query`: what to put behind the address to get the service's own
    WSDL, to notice drift; None when it gives none. `files`: WSDL and schemas by name, filled from the folder.
    """

    wsdl: str = Field(pattern=r"^[A-Za-z0-9_.-]+\.wsdl$")
    service: str | None = None
    port: str | None = None
    clock: SoapClock
    wsdl_query: str | None = "wsdl"
    files: dict[str, bytes] = Field(default_factory=dict, repr=False)


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
    system has in this snapshot (`dataset`, `column`). `{name}` stands for it in the request.

    `asked`, `path`: how that dataset is asked for and where the column stands in its records; filled from its contract.
    """

    name: str = Field(pattern=r"^[a-z_]+$")
    days: StrictBool = False
    dataset: str | None = None
    column: str | None = None
    asked: RestDataset | SoapDataset | None = None
    path: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.days == (self.dataset is not None) or (self.dataset is None) != (self.column is None):
            raise ValueError("an entry is either `days: true` or a dataset with a column")
        return self


class Asked(Frozen):
    """How a dataset is asked for, whatever the service speaks.

    `{dari}` and `{sampai}` in what is sent are the window's bounds in `time_format` (strftime, in the system's time
    zone), days in `day_format`; `since` is the lower bound when there is none. `status_path` with `ok_values`: an
    answer with another status is an error, also with HTTP 200; `error_path`: its words.
    """

    each: tuple[Each, ...] = ()
    page: Page = Page()
    status_path: str | None = None
    ok_values: tuple[str, ...] = ()
    error_path: str | None = None
    time_format: str = "%Y-%m-%dT%H:%M:%S"
    day_format: str = "%Y-%m-%d"
    since: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")

    @property
    def sent(self) -> Mapping[str, str]:
        """Names and values of what is sent, page by page; `{…}` stands for values."""
        return {}

    def texts(self) -> tuple[str, ...]:
        """Everything of a request in which `{…}` may stand."""
        return tuple(self.sent.values())

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if (self.status_path is None) != (not self.ok_values):
            raise ValueError("status_path and ok_values stand together or not at all")
        timed = any(each.days for each in self.each) or any("{dari}" in text for text in self.texts())
        if timed and self.since is None:
            raise ValueError("a window needs `since`, the first day that the service knows")
        return self


class RestDataset(Asked):
    """How a dataset is asked for. `data_path`: where the rows are."""

    method: Literal["GET", "POST"] = "GET"
    path: str = Field(pattern=r"^/")
    params: dict[str, str] = Field(default_factory=dict)
    form: dict[str, str] = Field(default_factory=dict)
    data_path: str = ""

    @property
    def sent(self) -> Mapping[str, str]:
        """The query."""
        return self.params

    def texts(self) -> tuple[str, ...]:
        """Query and form."""
        return (*self.params.values(), *self.form.values())

    @model_validator(mode="after")
    def _form_is_posted(self) -> Self:
        if self.form and self.method != "POST":
            raise ValueError("a form goes with method POST")
        return self


class SoapDataset(Asked):
    """How a dataset is asked for: an operation with its arguments. `rows`: where the repeated element is."""

    operation: str
    arguments: dict[str, str] = Field(default_factory=dict)
    rows: str = Field(min_length=1)

    @property
    def sent(self) -> Mapping[str, str]:
        """The arguments."""
        return self.arguments

    @model_validator(mode="after")
    def _pages_by_argument(self) -> Self:
        if self.page.style == "link":
            raise ValueError("a SOAP operation has no links; its pages go by number, offset or cursor")
        return self
