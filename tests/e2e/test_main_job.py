"""The main job as its users see it: departments' databases to portal, driven by Airflow, and nothing lost between.

The tests run in the order they stand in: each one starts from where the one before left the platform.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook

from lumbung.declarations import load
from lumbung.settings import settings
from tests.e2e.platform import ROOT, Platform
from tests.manifest import comparison
from tests.manifest.comparison import key_of as _key

pytestmark = pytest.mark.e2e

SYSTEMS = settings().systems or tuple(load().systems)


def _assert_manifest_is_met(platform: Platform) -> None:
    manifest = platform.manifest()
    for system in SYSTEMS:
        found = comparison.refused(platform.refused(system), manifest)
        assert found == comparison.injected(manifest, system)


def _assert_identity(platform: Platform) -> None:
    for row in platform.json("status"):
        assert row["received"] == row["accepted"] + row["quarantined"] + row["duplicate"], row
    for row in (row for system in SYSTEMS for row in platform.json("reconcile", system)):
        assert row["difference"] == 0, row


def _activity(platform: Platform) -> list[str]:
    return sorted(
        entry["id"]
        for name in platform.action("package_list")
        for entry in platform.action("package_activity_list", id=name, limit=100)
    )


def _contents(platform: Platform) -> dict[str, dict[str, Any]]:
    """Rows of every mart and a hash of them; two are about the passes and the days themselves.

    Not the digests of what marts are made of: a refused row that comes again in the overlap is flagged anew.
    """
    own = ("pembaruan", "kesegaran_data")
    marts = [row["mart"] for row in platform.json("summary")["marts"] if row["mart"] not in own]
    content = "SELECT count(*) AS jumlah, bit_xor(xxhash64(*)) AS isi FROM mart."
    return {mart: platform.warehouse(content + mart)[0] for mart in marts}


def test_every_injected_defect_is_refused_and_nothing_else(platform: Platform) -> None:
    _assert_manifest_is_met(platform)
    both = ("siak.", "sismiop.")
    kinds = {one["kind"] for one in platform.manifest()["defects"] if one["dataset"].startswith(both)}
    assert len(kinds) >= 30


def test_identity_holds_and_source_equals_warehouse(platform: Platform) -> None:
    _assert_identity(platform)


def test_the_doctor_finds_nothing_wrong(platform: Platform) -> None:
    findings = platform.json("doctor")
    assert [row for row in findings if row["state"] == "rusak"] == []
    assert {row["area"] for row in findings} == {
        "diska", "memori", "versi", "layanan", "deklarasi", "sumber", "tabel", "run", "peringatan",
    }  # fmt: skip


def test_a_spreadsheet_program_reads_the_refusal_note(platform: Platform, tmp_path: Path) -> None:
    """Every refused row of the system stands in it, by batch and number, with the reasons that quarantine shows."""
    written = platform.json("refusals", "siak", "--out", str(tmp_path / "nota"))
    book = load_workbook(written["workbook"])
    noted = {
        (line[0], int(line[1]), line[4])
        for name in book.sheet_names[1:]
        for line in book.get_sheet_by_name(name).to_python()[1:]
    }
    refused = platform.refused("siak")
    assert noted == {(row["batch"], row["row"], reason) for row in refused for reason in row["reasons"]}
    assert written["rows"] == len(refused)
    page = Path(written["page"]).read_text(encoding="utf-8")
    assert page.count("<h2>") == 1 + len({row["dataset"] for row in refused})


def test_every_public_dataset_leads_back_to_the_departments_tables(platform: Platform) -> None:
    """Along the lineage events alone, against the stream: publication, mart, curated, valid, raw, spool, source."""
    read_by: dict[str, set[str]] = {}
    for path in (platform.settings.state / "lineage").glob("openlineage-*.jsonl"):
        for event in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            inputs = {f"{one['namespace']} {one['name']}" for one in event["inputs"]}
            for output in event["outputs"]:
                read_by.setdefault(f"{output['namespace']} {output['name']}", set()).update(inputs)
    of_records = {mart.name for mart in load().marts.values() if not mart.primary_input}
    for row in platform.published():
        found, new = set(), {f"{platform.settings.ckan_url} {row['url'].rpartition('/')[2]}"}
        while new:
            found |= new
            new = set().union(*(read_by.get(name, set()) for name in new)) - found
        marts = {name.partition(" mart.")[2] for name in found if " mart." in name}
        assert marts, row["url"]
        if not marts & of_records:  # those read the ledger's own records
            assert any(name.startswith("opd://") for name in found), (row["url"], found)


def test_reasons_can_be_read_by_a_clerk(platform: Platform) -> None:
    for row in (row for system in SYSTEMS for row in platform.refused(system)):
        assert len(row["reasons"]) == len(row["rules"])
        for reason in row["reasons"]:
            assert len(reason) > 15 and "{" not in reason and "null" not in reason.lower(), reason


def test_population_equals_the_source(platform: Platform) -> None:
    refused = {_key(row) for row in platform.refused("siak") if row["dataset"] == "siak.biodata_wni_dkb"}
    for period in ("202401", "202402", "202501", "202502"):
        source: Counter[tuple[str, int]] = Counter()
        for nik, kecamatan, sex in platform.source(
            "siak",
            f"SELECT nik, no_kec, jenis_klmin FROM public.biodata_wni_{period} WHERE flag_status = '0'",
        ):
            if (("nik", nik), ("periode", period)) not in refused:
                source[(f"35.15.{int(kecamatan):02d}", int(sex))] += 1
        mart = {
            (row["kode_kecamatan"], int(row["jenis_kelamin"])): int(row["jumlah"])
            for row in platform.warehouse(
                "SELECT kode_kecamatan, jenis_kelamin, sum(jumlah_penduduk) AS jumlah FROM mart.penduduk_semester "
                f"WHERE periode = '{period}' GROUP BY kode_kecamatan, jenis_kelamin"
            )
        }
        assert mart == dict(source)


def test_tax_equals_the_source(platform: Platform) -> None:
    refused = {_key(row) for row in platform.refused("sismiop") if row["dataset"] == "sismiop.sppt"}
    nop = ("kd_propinsi", "kd_dati2", "kd_kecamatan", "kd_kelurahan", "kd_blok", "no_urut", "kd_jns_op")
    columns = (*nop, "thn_pajak_sppt")
    source: Counter[str] = Counter()
    assessed: dict[str, Decimal] = {}
    for *key, amount in platform.source(
        "sismiop",
        f"SELECT {', '.join(columns)}, pbb_yg_harus_dibayar_sppt FROM public.sppt "
        "WHERE status_pembayaran_sppt IN ('0', '1')",
    ):
        if tuple(sorted(zip(columns, (str(part).strip() for part in key), strict=True))) not in refused:
            source[key[-1]] += 1
            assessed[key[-1]] = assessed.get(key[-1], Decimal(0)) + amount
    mart = platform.warehouse(
        "SELECT tahun_pajak, sum(jumlah_sppt) AS jumlah, sum(ketetapan) AS ketetapan "
        "FROM mart.pbb_ketetapan_realisasi GROUP BY tahun_pajak"
    )
    assert {str(row["tahun_pajak"]): int(row["jumlah"]) for row in mart} == dict(source)
    assert {str(row["tahun_pajak"]): Decimal(row["ketetapan"]) for row in mart} == assessed


def test_payments_equal_the_source(platform: Platform) -> None:
    refused = [_key(row) for row in platform.refused("sismiop") if row["dataset"] == "sismiop.pembayaran_sppt"]
    total, fine = platform.source(
        "sismiop",
        "SELECT sum(jml_sppt_yg_dibayar), sum(coalesce(denda_sppt, 0)) FROM public.pembayaran_sppt",
    )[0]
    for key in refused:
        where = " AND ".join(f"{name} = %s" for name, _ in key)
        values = [int(value) if name == "pembayaran_sppt_ke" else value for name, value in key]
        bad = platform.source(
            "sismiop",
            f"SELECT jml_sppt_yg_dibayar, coalesce(denda_sppt, 0) FROM public.pembayaran_sppt WHERE {where}",
            *values,
        )[0]
        total, fine = total - bad[0], fine - bad[1]
    mart = platform.warehouse(
        "SELECT sum(pokok_dibayar) AS pokok, sum(denda_dibayar) AS denda FROM mart.pbb_realisasi_bulanan"
    )[0]
    assert (mart["pokok"], mart["denda"]) == (total - fine, fine)


def test_portal_shows_what_the_marts_hold(platform: Platform) -> None:
    """Visible cells equal the mart; suppressed ones are empty and marked; file, table and metadata say one version."""
    for publication in platform.published():
        rows = platform.public_csv(publication["resource_id"])
        assert len(rows) == publication["rows"] > 0
        table = platform.action("datastore_search", resource_id=publication["resource_id"], limit=32000)
        assert table["total"] == len(rows)
        versions = platform.action("lumbung_version", resource_id=publication["resource_id"])
        assert versions["consistent"]
        assert versions["file"]["version"] == versions["table"]["version"] == versions["metadata"]["version"]
        hidden = [row for row in rows if row["status_nilai"] == "disamarkan"]
        assert (len(hidden) > 0) == (publication["suppressed"] > 0)


def test_trace_leads_back_to_batches(platform: Platform) -> None:
    publication = platform.published()[0]
    for target in (
        "mart.penduduk_semester",
        "mart.pbb_ketetapan_realisasi?tahun_pajak=2025",
        publication["resource_id"],
    ):
        path = platform.json("trace", target)
        batches = [batch for table in path["inputs"] for batch in table["batches"]]
        assert batches
        for batch in batches:
            assert batch["rows"] <= batch["received"]
            assert batch["file"]


def _tour() -> list[list[str]]:
    """The commands of every step of the tour, as they stand there."""
    text = (ROOT / "docs/howto/tour.md").read_text(encoding="utf-8")
    steps = re.split(r"^\d+\. ", text, flags=re.MULTILINE)[1:]
    return [re.findall(r"(?:`|^\s*)(bin/lumbung .+?)(?:`|\s+#|$)", step, re.MULTILINE) for step in steps]


def _held(platform: Platform, nik: str) -> list[dict[str, Any]]:
    return platform.warehouse(f"SELECT agama, _tertahan_batch FROM curated.siak__biodata_wni WHERE nik = '{nik}'")


def test_the_tour_word_for_word_and_only_changes_travel(platform: Platform) -> None:
    """Break a row, see it refused and the last good version held, mend it; a month later only changes travel."""
    before = {(row["system"], row["dataset"]): row["accepted"] for row in platform.json("status")}
    look, broken, travels, refused, mended, month, trace = _tour()
    platform.shell(look)
    nik = re.findall(r"\b\d{16}\b", platform.shell(broken[:1]))[0]
    platform.shell(broken[1:], {"<the NIK>": nik})
    platform.shell(travels)
    answer = platform.shell(refused, {"<the NIK>": nik})
    assert "kode:agama" in answer and nik in answer
    mine = [row for row in platform.refused("siak") if row["key"].get("nik") == nik]
    assert [row["rules"] for row in mine] == [["kode:agama"]]
    assert "9" in mine[0]["reasons"][0]
    assert _held(platform, nik) == [{"agama": 1, "_tertahan_batch": mine[0]["batch"]}]

    platform.shell(mended, {"<the NIK>": nik})
    assert not [row for row in platform.refused("siak") if row["key"].get("nik") == nik]
    assert _held(platform, nik) == [{"agama": 1, "_tertahan_batch": None}]
    _assert_identity(platform)

    platform.shell(month)
    assert "sismiop" in platform.shell(trace)
    _assert_identity(platform)
    _assert_manifest_is_met(platform)
    accepted = {
        (row["system"], row["dataset"]): row["accepted"] - before[row["system"], row["dataset"]]
        for row in platform.json("status")
    }
    assert 0 < accepted["siak", "biodata_wni"] < before["siak", "biodata_wni"] / 4
    assert accepted["siak", "biodata_wni_dkb"] == 0
    assert accepted["sismiop", "pembayaran_sppt"] > 0


def test_the_next_run_changes_nothing(platform: Platform) -> None:
    contents, activity = _contents(platform), _activity(platform)
    platform.run_together(*SYSTEMS)
    assert _contents(platform) == contents
    assert _activity(platform) == activity


def test_the_audit_names_who_did_it(platform: Platform) -> None:
    entries = platform.json("audit", "--last", "100")["entries"]
    assert platform.json("audit")["problems"] == []
    named = [entry["actor"] for entry in entries if entry["action"] == "run.open"]
    assert named and all(re.fullmatch(r"cli:\S+ via lumbung", actor) for actor in named), named
