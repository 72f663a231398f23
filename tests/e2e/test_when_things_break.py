"""What breaks, broken on purpose while the product runs; each test ends with everything whole again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lumbung.ledger import Batch, Ledger
from tests.e2e.platform import ROOT, Platform
from tests.unit.declarations.test_howto import follow

pytestmark = pytest.mark.e2e

WAIT_S = 400


def _wait(condition: Callable[[], object], what: str) -> object:
    """Polls until `condition` gives something true."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {WAIT_S} s for {what}")


def _whole(platform: Platform, system: str) -> None:
    """Identity, nothing missing of what the run had to read, and the portal's three parts at one version.

    Rows deleted in a table with a cursor stay current until the sweep: they are no loss.
    """
    for row in platform.json("status"):
        assert row["received"] == row["accepted"] + row["quarantined"] + row["duplicate"], row
    answer = platform.call("reconcile", system, "--json", ok=False)
    for row in json.loads(answer.stdout):
        assert row["missing"] == 0, row
        assert row["received"] == row["raw"], row
    for publication in platform.published():
        assert platform.action("lumbung_version", resource_id=publication["resource_id"])["consistent"]


def _start(platform: Platform, *arguments: str) -> subprocess.Popen[str]:
    """`lumbung ARGUMENTS` in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "lumbung.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, "LUMBUNG_PROFILE": platform.settings.profile},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _finished(command: subprocess.Popen[str]) -> str:
    output, _ = command.communicate(timeout=900)
    assert command.returncode == 0, output
    return output


def _newest(system: str) -> list[Batch]:
    """The batches of a system's newest run."""
    ledger = Ledger.connect()
    return ledger.batches(run_id=ledger.runs(system, limit=1)[0].id)


def _processes() -> dict[int, tuple[int, str]]:
    """pid → (parent, command line) of everything that runs."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        found[int(folder.name)] = (parent, line)
    return found


def _kill_task(scheduler: int) -> bool:
    """Kills the process that runs an Airflow task of this scheduler, if one runs.

    LocalExecutor's workers are children of the scheduler; a busy one forks the process that runs the task.
    """
    processes = _processes()
    workers = {pid for pid, (parent, _) in processes.items() if parent == scheduler}
    tasks = [
        pid for pid, (parent, line) in processes.items() if parent in workers and line.startswith("airflow worker")
    ]
    for pid in tasks:
        os.kill(pid, signal.SIGKILL)
    return bool(tasks)


def _service(platform: Platform, name: str) -> dict[str, object]:
    """State of a service, as `runtime status` tells it."""
    answer = subprocess.run(
        [sys.executable, "-m", "runtime", "status", "--json"],
        cwd=ROOT,
        env={**os.environ, "LUMBUNG_PROFILE": platform.settings.profile},
        capture_output=True,
        text=True,
        check=False,
    )
    services = json.loads(answer.stdout)
    return dict(next(service for service in services if service["service"] == name))


def _kill_service(platform: Platform, name: str) -> None:
    """kill -9 of a service; waits until the supervisor has a healthy one again."""
    before = _service(platform, name)["pid"]
    os.kill(int(str(before)), signal.SIGKILL)
    _wait(
        lambda: (now := _service(platform, name))["healthy"] and now["pid"] not in (None, before),
        f"{name} to be healthy again",
    )


def test_tasks_killed_in_airflow_are_repeated_without_harm(platform: Platform) -> None:
    """Three tasks of one run are killed, each after the first batch reached a state; Airflow repeats them."""
    platform.simulate("advance", "--days", "1")
    known = Ledger.connect().runs("siak", limit=1)[0].id
    scheduler = int(str(_service(platform, "airflow-scheduler")["pid"]))
    command = _start(platform, "run", "siak")
    for state in ("extracted", "landed", "validated"):
        _wait(
            lambda state=state: (
                (batches := _newest("siak"))  # type: ignore[misc]
                and batches[0].run_id != known
                and any(batch.state == state for batch in batches)
            ),
            f"a batch to be {state}",
        )
        _wait(lambda: _kill_task(scheduler), "a task to kill")
    _finished(command)
    _whole(platform, "siak")


def test_the_engine_killed_during_a_run(platform: Platform) -> None:
    platform.simulate("advance", "--days", "1")
    known = Ledger.connect().runs("sismiop", limit=1)[0].id
    command = _start(platform, "run", "sismiop")
    _wait(
        lambda: (
            (batches := _newest("sismiop"))
            and batches[0].run_id != known
            and any(batch.state == "landed" for batch in batches)
        ),
        "a landed batch",
    )
    _kill_service(platform, "engine")
    _finished(command)
    _whole(platform, "sismiop")


def test_services_killed_between_runs_come_back(platform: Platform) -> None:
    for name in ("metastore", "ckan"):
        _kill_service(platform, name)
    platform.simulate("advance", "--days", "1")
    platform.call("run", "harga_pangan")
    _whole(platform, "harga_pangan")


def test_a_renamed_column_stops_its_table_and_the_linked_ones_wait(platform: Platform) -> None:
    """Nothing is overwritten, the message names table, column and contract line, and unlinked tables flow."""
    platform.simulate("advance", "--days", "1")
    before = platform.warehouse("SELECT count(*) AS jumlah FROM curated.sismiop__sppt WHERE njop_sppt IS NOT NULL")
    platform.source("sismiop", "ALTER TABLE public.sppt RENAME COLUMN njop_sppt TO njop_total", admin=True)
    try:
        examined = platform.call("doctor", ok=False)
        assert examined.returncode == 1
        assert "njop_sppt" in examined.stdout and "contracts/sismiop/sppt.yaml" in examined.stdout
        result = platform.call("run", "sismiop", ok=False)
        assert result.returncode == 1
        for word in ("sppt", "njop_sppt", "contracts/sismiop/sppt.yaml"):
            assert word in result.stderr, result.stderr
        states = {batch.dataset: batch.state for batch in _newest("sismiop")}
        assert states["sismiop.sppt"] == "stopped"
        assert states["sismiop.dat_objek_pajak"] != "conformed"
        assert states["sismiop.pembayaran_sppt"] != "conformed"
        assert states["sismiop.dat_subjek_pajak"] == "conformed"
        assert before == platform.warehouse(
            "SELECT count(*) AS jumlah FROM curated.sismiop__sppt WHERE njop_sppt IS NOT NULL"
        )
    finally:
        platform.source("sismiop", "ALTER TABLE public.sppt RENAME COLUMN njop_total TO njop_sppt", admin=True)
    platform.call("run", "sismiop")
    _whole(platform, "sismiop")


def test_two_runs_of_one_system_at_once(platform: Platform) -> None:
    platform.simulate("advance", "--days", "1")
    first, second = _start(platform, "run", "simrs"), _start(platform, "run", "simrs")
    _finished(first)
    _finished(second)
    _whole(platform, "simrs")


def test_a_refused_row_is_replayed_after_its_list_was_mended(platform: Platform, tmp_path: Path) -> None:
    """The department was right and the code list wrong: the list is mended, the row leaves quarantine exactly once."""
    open_before = [row for row in platform.refused("siak") if "kode:agama" in row["rules"]]
    assert open_before
    clone = _clone(tmp_path)
    with (clone / "standards/reference/agama.csv").open("a", encoding="utf-8") as file:
        file.write("9,LAINNYA (UJI)\n")
    for _ in range(2):
        _in_clone(
            platform,
            clone,
            "from lumbung.ops.replay import replay\n"
            "from lumbung.stages.validate import validate\n"
            "from lumbung.stages.conform import conform\n"
            "from lumbung.ops.runs import close_run\n"
            "opened = replay('siak', 'biodata_wni', actor='uji')\n"
            "if opened:\n"
            "    validate(opened.run_id); conform(opened.run_id); close_run(opened.run_id)\n",
        )
    left = [row for row in platform.refused("siak") if "kode:agama" in row["rules"]]
    assert left == []
    niks = ", ".join(f"'{row['key']['nik']}'" for row in open_before)
    current = platform.warehouse(f"SELECT nik, agama FROM curated.siak__biodata_wni WHERE nik IN ({niks})")
    assert sorted(row["nik"] for row in current) == sorted(row["key"]["nik"] for row in open_before)
    assert {row["agama"] for row in current} == {9}
    _whole(platform, "siak")


def test_a_table_is_added_with_files_alone(platform: Platform, tmp_path: Path) -> None:
    """Whoever follows docs/howto/dataset.md has the table in the warehouse after the next run."""
    clone = _clone(tmp_path)
    follow("dataset.md", clone)
    _in_clone(
        platform,
        clone,
        "from lumbung.ledger import Ledger\n"
        "from lumbung.stages.extract import extract\n"
        "from lumbung.stages.land import land\n"
        "from lumbung.stages.validate import validate\n"
        "from lumbung.stages.conform import conform\n"
        "from lumbung.ops.runs import close_run, require_done\n"
        "run = Ledger.connect().open_run('sismiop', 'manual', 'uji/howto', 'uji', datasets=['sismiop.tipe_bangunan'])\n"
        "for stage in (extract, land, validate, conform): stage(run.id)\n"
        "close_run(run.id); require_done(run.id)\n",
    )
    source = platform.source("sismiop", "SELECT count(*) FROM public.tipe_bangunan")[0][0]
    table = platform.warehouse("SELECT count(*) AS jumlah FROM curated.sismiop__tipe_bangunan")
    assert table == [{"jumlah": source}]


def _clone(folder: Path) -> Path:
    """The product's files without its state: what a colleague would edit."""
    for name in ("lumbung", "contracts", "standards", "expectations", "tenants", "sql"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "settings.toml", folder / "settings.toml")
    return folder


def _in_clone(platform: Platform, clone: Path, program: str) -> None:
    """Runs a program against this platform's services with the clone's declarations."""
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": str(clone), "LUMBUNG__STATE": str(platform.settings.state)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
