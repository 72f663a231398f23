"""Systems with their registration, and the tenant, as models."""

from __future__ import annotations

from datetime import date

from pydantic import StrictBool, StrictInt

from lumbung.declarations.base import Contact, Duration, Frozen
from lumbung.declarations.files import FilesSystem
from lumbung.declarations.names import Category, LoadMode, RegistrationStatus
from lumbung.declarations.quality import QualityLimit
from lumbung.declarations.transports import RestSystem, SoapSystem


class Registration(Frozen):
    """The PSE registration of a system (Perbup 46/2018, lampiran II and III)."""

    number: str
    category: Category
    decision: str
    decision_date: date
    status: RegistrationStatus
    agreement: str


class System(Frozen):
    """A source system of an OPD. `lag`: how far behind its clock we stay; `timezone`: of its zone-less timestamps.

    `clock_sql` (transport postgresql) or the block named like the transport says how the source is spoken to.
    """

    code: str
    name: str
    description: str
    owner: str
    owner_name: str
    theme: str
    contact: Contact
    registration: Registration
    transport: str
    connection: str
    clock_sql: str | None = None
    rest: RestSystem | None = None
    soap: SoapSystem | None = None
    files: FilesSystem | None = None
    timezone: str
    lag: Duration
    schedule: str
    pool: str
    pool_slots: StrictInt
    retries: StrictInt
    retry_delay_s: StrictInt
    timeout_s: StrictInt


class Sismiop(Frozen):
    """What a regency decides about its SISMIOP (FACTS section 2)."""

    jml_dibayar_termasuk_denda: StrictBool
    status_batal: tuple[str, ...]
    jns_transaksi_hapus: tuple[str, ...]
    jatuh_tempo: dict[str, str]


class Retention(Frozen):
    """Days for which raw and quarantine are kept when the contract does not say: with and without personal columns."""

    personal: StrictInt = 365
    other: StrictInt = 1825


class Assumption(Frozen):
    """Something that no source states; to be confirmed by the tenant."""

    id: str
    subject: str
    value: str
    reason: str


class PortalTexts(Frozen):
    """Words of the portal."""

    title: str
    description: str
    about: str


class Tenant(Frozen):
    """What differs between regencies.

    `k`: smallest count that may be shown. `dominance_percent`: an amount is shown only when all but its two largest
    payers together make at least this share of the largest (p% rule). `quality`: how much of a batch may be refused
    when the contract does not say.
    """

    code: str
    name: str
    kode_wilayah: str
    kd_propinsi: str
    kd_dati2: str
    license: str
    k: StrictInt
    dominance_percent: StrictInt = 10
    publisher: Contact
    portal: PortalTexts
    sismiop: Sismiop
    retention: Retention = Retention()
    quality: QualityLimit | None = None
    assumptions: tuple[Assumption, ...]


class DatasetHead(Frozen):
    """What the scheduler needs of a dataset; read without parsing its columns."""

    id: str
    name: str
    title: str
    description: str
    load: LoadMode
    lookup: bool
    linked: str | None
    order: int


class SystemHead(Frozen):
    """A system with the heads of its datasets, parents first."""

    system: System
    datasets: tuple[DatasetHead, ...]
