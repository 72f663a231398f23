"""A tiny mart with two linked publications for tests: districts by sex, and villages of the same people."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from lumbung.declarations import Mart, MartColumn, Publication, PublishedColumn, Suppression, Tenant
from lumbung.declarations.models import (
    CodeList,
    CodeRow,
    Contact,
    Declarations,
    ListColumn,
    PortalTexts,
    Sismiop,
)
from lumbung.ledger import LockLost
from lumbung.ledger.records import MartRefresh, PublicationRecord

ALWAYS = {"valid_from": datetime(1900, 1, 1).date(), "valid_to": datetime(9999, 12, 31).date()}
SEXES = {"1": "Laki-laki", "2": "Perempuan"}


def code_list(name, labels):
    """A code list without validity."""
    return CodeList(
        name=name,
        title=name,
        description=name,
        source="uji",
        license="uji",
        caution=None,
        columns=(ListColumn(name="kode", title="Kode", description="Kode"),),
        key=("kode",),
        code_column="kode",
        label_column="nama",
        has_validity=False,
        rows=tuple(CodeRow(code=code, label=label, values={}, **ALWAYS) for code, label in labels.items()),
    )


def mart_column(name, classification="umum", logical="string"):
    """A column of the tiny mart."""
    return MartColumn(
        name=name,
        logical=logical,
        physical="string" if logical == "string" else "bigint",
        title=name,
        description=name,
        unit=None,
        classification=classification,
        required=True,
    )


def published(name, source, kind="text", unit=None):
    """A public column."""
    return PublishedColumn(
        name=name,
        source=source,
        title=name.replace("_", " ").capitalize(),
        description=f"Isi {name}.",
        unit=unit,
        type=kind,
    )


def publication(mart, name, columns, key, groups, k=5):
    """A publication over the tiny mart; its SQL only names what it reads (tests give the rows themselves)."""
    return Publication(
        id=f"{mart}_{name}",
        slug=f"uji-{mart.replace('_', '-')}-{name}",
        mart=mart,
        title=f"Uji {name}",
        notes="Dataset uji.",
        definition="Orang yang tercatat.",
        organization="uji-dinas",
        groups=("uji-tema",),
        tags=("uji",),
        columns=tuple(columns),
        sql=f"SELECT kode_kecamatan, sum(jumlah) AS jumlah_penduduk FROM mart.{mart} GROUP BY kode_kecamatan",
        sql_path=Path(f"publikasi_{name}.sql"),
        key=key,
        suppress=Suppression(
            k=k, count_column="jumlah_penduduk", value_columns=("jumlah_penduduk",), total_groups=groups
        ),
        frequency="semesteran",
        period_column="periode",
        license="CC-BY-4.0",
    )


MEASURE = (
    published("jumlah_penduduk", "sum(jumlah)", "bigint", "jiwa"),
    published("satuan", "'jiwa'"),
    published("status_nilai", "'final'"),
)


def declarations(mart="uji"):
    """Declarations with one mart and its publications `<mart>_kecamatan` and `<mart>_desa`."""
    district = publication(
        mart,
        "kecamatan",
        (
            published("kode_wilayah", "kode_kecamatan"),
            published("nama_wilayah", "nama_kecamatan"),
            published("periode", "periode"),
            published("jenis_kelamin", "jenis_kelamin"),
            *MEASURE,
        ),
        ("periode", "kode_wilayah", "jenis_kelamin"),
        (("periode",),),
    )
    village = publication(
        mart,
        "desa",
        (
            published("kode_wilayah", "kode_desa"),
            published("nama_wilayah", "nama_desa"),
            published("kode_kecamatan", "kode_kecamatan"),
            published("periode", "periode"),
            published("jenis_kelamin", "jenis_kelamin"),
            *MEASURE,
        ),
        ("periode", "kode_wilayah", "jenis_kelamin"),
        (("periode", "kode_kecamatan", "jenis_kelamin"),),
    )
    names = ("kode_desa", "nama_desa", "kode_kecamatan", "nama_kecamatan", "periode", "jenis_kelamin")
    tiny = Mart(
        name=mart,
        version="1.0.0",
        title="Penduduk uji",
        description="Penduduk uji.",
        question="Berapa?",
        read_for="Uji.",
        owner="uji-dinas",
        theme="uji-tema",
        columns=(
            *(mart_column(name) for name in names),
            mart_column("jumlah", logical="integer"),
            mart_column("nik", "rahasia"),
        ),
        grain=names,
        inputs=(),
        primary_input=None,
        counted_measure="jumlah",
        sql_path=Path("mart.sql"),
        identity_sql_path=None,
        tests=(),
        publications=(district, village),
    )
    return Declarations(
        root=Path(),
        systems={},
        datasets={},
        types={},
        lists={
            "opd": code_list("opd", {"uji-dinas": "Dinas Uji", "diskominfo": "Dinas Kominfo Uji"}),
            "tema": code_list("tema", {"uji-tema": "Tema Uji"}),
        },
        marts={mart: tiny},
        tenant=Tenant(
            code="uji",
            name="Kabupaten Uji",
            kode_wilayah="35.15",
            kd_propinsi="35",
            kd_dati2="15",
            license="CC-BY-4.0",
            k=5,
            publisher=Contact(name="Walidata Uji", email="walidata@uji.example.invalid"),
            portal=PortalTexts(title="Uji", description="Uji", about="Uji"),
            sismiop=Sismiop(jml_dibayar_termasuk_denda=True, status_batal=(), jns_transaksi_hapus=(), jatuh_tempo={}),
            assumptions=(),
        ),
    )


class People:
    """The people of the tiny mart: villages by sex, from which both publications are counted. `read` is the stage's."""

    def __init__(self, periods=("2025-S1",)):
        self.counts = {
            (period, f"35.15.0{d}", f"35.15.0{d}.200{v}", sex): 40 + 10 * d + v + int(sex)
            for period in periods
            for d in (1, 2, 3)
            for v in (1, 2, 3, 4)
            for sex in SEXES
        }
        self.names = {}
        self.reads = 0

    def read(self, mart, publication, snapshot):
        """Rows of a publication, as its SQL would give them."""
        self.reads += 1
        village = publication.id.endswith("_desa")
        totals = {}
        for (period, district, place, sex), count in self.counts.items():
            key = (period, district, place if village else district, sex)
            totals[key] = totals.get(key, 0) + count
        rows = [
            {
                "kode_wilayah": place,
                "nama_wilayah": self.names.get(place, f"Nama {place[-4:]}"),
                "kode_kecamatan": district,
                "periode": period,
                "jenis_kelamin": SEXES[sex],
                "jumlah_penduduk": count,
                "satuan": "jiwa",
                "status_nilai": "final",
            }
            for (period, district, place, sex), count in totals.items()
        ]
        names = [column.name for column in publication.columns]
        return names, [{name: row[name] for name in names} for row in reversed(rows)]


class MemoryLedger:
    """The ledger's part that publishing uses, in memory."""

    def __init__(self):
        self.refreshes, self.by_snapshot = {}, {}
        self.records = []
        self.lost = False

    def mart(self, name, digest, as_of=datetime(2026, 1, 31, 17, tzinfo=UTC), label=None, snapshot=None):
        """Note a refresh of the mart."""
        number = len(self.refreshes) + 1
        label = label or f"mart-{number:06d}"
        self.refreshes[name] = MartRefresh(
            number, name, label, as_of, {"curated.x": 7}, 24, 24, {}, snapshot, digest, as_of
        )
        self.by_snapshot[name, snapshot] = self.refreshes[name]

    @contextmanager
    def lock(self, name, wait_s=0.0):
        """Nobody else is there, unless `lost`: then the lock goes as soon as it is held."""

        def confirm():
            if self.lost:
                raise LockLost(name)

        yield SimpleNamespace(confirm=confirm)

    def marts_run_by_trigger(self, trigger):
        """No pass is known."""

    def latest_mart(self, name):
        """The noted refresh."""
        return self.refreshes.get(name)

    def mart_by_snapshot(self, name, snapshot):
        """The refresh that wrote it."""
        return self.by_snapshot.get((name, snapshot))

    def latest_rollback(self, table):
        """Who took it back."""
        return SimpleNamespace(actor="cli:ani", at=datetime(2026, 2, 1, tzinfo=UTC))

    def latest_publication(self, publication_id, states=("published", "unchanged")):
        """The newest record."""
        found = [
            one for one in self.records if one.publication == publication_id and (not states or one.state in states)
        ]
        return found[-1] if found else None

    def record_publication(self, *, publication_id, actor, findings, **rest):
        """Keep a record."""
        assert actor
        self.records.append(
            PublicationRecord(
                id=len(self.records) + 1,
                publication=publication_id,
                findings=tuple(findings),
                at=datetime(2026, 2, 1, tzinfo=UTC),
                **rest,
            )
        )
