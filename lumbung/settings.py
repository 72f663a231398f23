"""Settings of one profile: ports, memory, folders and the secrets' files.

Everything comes from `settings.toml` at the repository's root (section `common`, then `profile.<name>`), and any value
can be overridden by the environment: `LUMBUNG__PORTS__AIRFLOW=8080`. The profile is `LUMBUNG_PROFILE` (default `demo`).
Secrets are never settings: they are files under `<state>/secrets`, read at the moment they are needed.
"""

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]
PROFILE_VARIABLE = "LUMBUNG_PROFILE"
DEFAULT_PROFILE = "demo"
HOST = "127.0.0.1"
CLIENT_KEEPALIVE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""libpq's own patience: a server whose machine vanished is noticed after about a minute, not after TCP's two hours."""


class SettingsError(Exception):
    """A settings file or variable is wrong; the message names the file, the key and the next step."""


class MissingSecret(SettingsError):
    """A secret's file does not exist or is empty."""


class Ports(BaseModel):
    """TCP ports on 127.0.0.1, one per service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    postgresql: int = Field(ge=1024, le=65535)
    sources: int = Field(ge=1024, le=65535)
    metastore: int = Field(ge=1024, le=65535)
    hiveserver2: int = Field(ge=1024, le=65535)
    connect: int = Field(ge=1024, le=65535)
    airflow: int = Field(ge=1024, le=65535)
    ckan: int = Field(ge=1024, le=65535)
    solr: int = Field(ge=1024, le=65535)
    redis: int = Field(ge=1024, le=65535)
    data_docs: int = Field(ge=1024, le=65535)
    departments: int = Field(ge=1024, le=65535)
    supervisor: int = Field(ge=1024, le=65535)


class Memory(BaseModel):
    """Memory per service in MB (the heap for Java services)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    postgresql: int = Field(ge=64)
    sources: int = Field(ge=64)
    metastore: int = Field(ge=128)
    engine: int = Field(ge=1024)
    airflow: int = Field(ge=256)
    solr: int = Field(ge=128)
    redis: int = Field(ge=16)
    ckan: int = Field(ge=128)
    data_docs: int = Field(ge=16)
    departments: int = Field(ge=64)


class Hive(BaseModel):
    """Where HiveServer2 listens and who the engineer's account is."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    user: str = "engineer"
    password_secret: str = "hive_engineer_password"  # noqa: S105 - the secret's name


class Maintenance(BaseModel):
    """What the weekly maintenance keeps and what it finds worth doing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    snapshot_days: int = Field(default=30, ge=1)  # snapshots younger than this stay
    snapshots_kept: int = Field(default=10, ge=1)  # so do the newest ones of every table
    mart_refreshes: int = Field(default=30, ge=1)  # and what the newest refreshes of every mart were computed from
    small_file_mb: int = Field(default=16, ge=1)  # a smaller data file is small
    small_files: int = Field(default=8, ge=2)  # so many small files are worth writing together
    orphan_days: int = Field(default=3, ge=1)  # leftovers of attempts that died stay so long, in case one is alive


class Alerts(BaseModel):
    """Where alerts go besides the log; nothing is sent while both are empty. Passwords and addresses are secrets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    webhook: bool = False  # POST to the address in secrets/alert_webhook_url
    smtp_host: str = ""
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_starttls: bool = False
    smtp_user: str = ""  # its password is secrets/alert_smtp_password
    sender: str = "lumbung@localhost"
    recipients: tuple[str, ...] = ()
    attempts: int = Field(default=3, ge=1, le=10)
    timeout_s: float = Field(default=10, gt=0)


class Audit(BaseModel):
    """Further folders that receive every checkpoint of the audit chain: another machine, write-once storage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    copies: tuple[Path, ...] = ()


class Lineage(BaseModel):
    """Where lineage events go besides the profile's own file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = ""  # a service that takes OpenLineage events at <url>/api/v1/lineage


class Settings(BaseSettings):
    """The settings of one profile. Immutable; get it with `settings()`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="LUMBUNG__", env_nested_delimiter="__", validate_default=True
    )

    profile: str
    root: Path = ROOT
    tenant: str = "sidoarjo"
    systems: tuple[str, ...] = ()  # what `make demo` and `lumbung run --all` carry; empty: every approved system
    log_json: bool = False  # records of the stages as lines of JSON in <logs>/lumbung.jsonl, besides their usual place
    schedules: bool = True  # whether the demo lets every DAG run by its schedule; DAGs are created paused
    short_lived: bool = False  # the engine lives for minutes: its code is compiled at once, not thoroughly
    ports: Ports
    memory: Memory
    maintenance: Maintenance = Maintenance()
    alerts: Alerts = Alerts()
    audit: Audit = Audit()
    lineage: Lineage = Lineage()
    state: Path = Field(default_factory=lambda data: data["root"] / ".lumbung" / data["profile"])
    spool: Path = Field(default_factory=lambda data: data["state"] / "spool")
    warehouse: Path = Field(default_factory=lambda data: data["state"] / "warehouse")
    data_docs: Path = Field(default_factory=lambda data: data["state"] / "data_docs")
    drop: Path = Field(default_factory=lambda data: data["state"] / "drop")
    logs: Path = Field(default_factory=lambda data: data["state"] / "logs")
    secrets: Path = Field(default_factory=lambda data: data["state"] / "secrets")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which `load` passes as the arguments."""
        return env_settings, init_settings

    @property
    def start(self) -> str:
        """The command that starts this profile's services, and makes what they need first."""
        return "make demo" if self.profile == DEFAULT_PROFILE else f"{PROFILE_VARIABLE}={self.profile} make up"

    def secret_file(self, name: str) -> Path:
        """Path of a secret's file, whether it exists or not."""
        return self.secrets / name

    def secret(self, name: str) -> str:
        """Content of `secrets/<name>` without surrounding blanks.

        Raises MissingSecret naming the file and the next step.
        """
        file = self.secret_file(name)
        try:
            content = file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise MissingSecret(f"secret file {file} does not exist; `{self.start}` generates it") from None
        except PermissionError:
            raise MissingSecret(f"secret file {file} is not readable for this user; run as user `lumbung`") from None
        if not content:
            raise MissingSecret(f"secret file {file} is empty; remove it and run `{self.start}` to generate it anew")
        return content

    @property
    def ledger_url(self) -> str:
        """SQLAlchemy URL of the ledger for the application's role (`lumbung_app`)."""
        return _sqlalchemy(self.secret("ledger_url"))

    @property
    def ledger_owner_url(self) -> str:
        """SQLAlchemy URL of the ledger for migrations (role `lumbung_owner`)."""
        return _sqlalchemy(self.secret("ledger_owner_url"))

    def source_url(self, connection: str) -> str:
        """libpq URL of the read-only account of the source named `connection` (for example `siak`)."""
        return self.secret(f"source_{connection}_url")

    def source_admin_url(self, connection: str) -> str:
        """libpq URL of the administrator's account of the simulated source named `connection`."""
        return self.secret(f"source_{connection}_admin_url")

    @property
    def connect_url(self) -> str:
        """Spark Connect address. The host must be spelt `localhost`: with `127.0.0.1` a token forces TLS."""
        return f"sc://localhost:{self.ports.connect}"

    @property
    def hive(self) -> Hive:
        """HiveServer2's address and the engineer's account."""
        return Hive(host=HOST, port=self.ports.hiveserver2)

    def hive_url(self, database: str = "mart") -> str:
        """SQLAlchemy URL of HiveServer2 for the engineer (dialect `lumbung://`), with the password in it."""
        hive = self.hive
        password = quote(self.secret(hive.password_secret), safe="")
        return f"lumbung://{hive.user}:{password}@{hive.host}:{hive.port}/{database}?auth=CUSTOM"

    @property
    def ckan_url(self) -> str:
        """Address of the portal; CKAN's `site_url`."""
        return f"http://{HOST}:{self.ports.ckan}"

    @property
    def airflow_url(self) -> str:
        """Address of Airflow's page and REST API."""
        return f"http://{HOST}:{self.ports.airflow}"

    @property
    def airflow_user(self) -> str:
        """The administrator's account of Airflow; its password is `secrets/airflow_password`."""
        return "lumbung"

    @property
    def data_docs_url(self) -> str:
        """Address under which the Data Docs are served."""
        return f"http://{HOST}:{self.ports.data_docs}"

    @property
    def supervisor_url(self) -> str:
        """Address of the supervisor's control interface."""
        return f"http://{HOST}:{self.ports.supervisor}"


def _sqlalchemy(url: str) -> str:
    """`postgresql://…` with the psycopg 3 driver named, as SQLAlchemy wants it."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def load(profile: str | None = None, file: Path | None = None) -> Settings:
    """Settings of `profile` (default: `LUMBUNG_PROFILE`, then `demo`) from `file` (default: the root's settings.toml).

    Raises SettingsError naming the file, the key and what is known.
    """
    name = profile or os.environ.get(PROFILE_VARIABLE) or DEFAULT_PROFILE
    path = file or ROOT / "settings.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    unknown = set(content) - {"common", "profile"}
    if unknown:
        raise SettingsError(f"{path}: unknown section {sorted(unknown)[0]!r}; known: common, profile")
    profiles = content.get("profile", {})
    if name not in profiles:
        raise SettingsError(f"{path}: no profile {name!r} ({PROFILE_VARIABLE}); known: {', '.join(sorted(profiles))}")
    values = _merged(content.get("common", {}), profiles[name])
    try:
        return Settings(**{**values, "profile": name})
    except ValueError as error:
        raise SettingsError(f"{path}, profile {name}: {error}") from error


@cache
def settings() -> Settings:
    """The settings of this process's profile, read once."""
    return load()


__all__ = [
    "DEFAULT_PROFILE",
    "HOST",
    "PROFILE_VARIABLE",
    "ROOT",
    "Hive",
    "Memory",
    "MissingSecret",
    "Ports",
    "Settings",
    "SettingsError",
    "load",
    "settings",
]
