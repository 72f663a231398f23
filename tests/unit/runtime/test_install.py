"""Installation: what is skipped, what is refused, what a lock may say."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from runtime import install, privilege

ROOT = Path(__file__).resolve().parents[3]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if "overrides" not in lock.name], ids=lambda lock: lock.name)
def test_a_lock_is_hashed_and_names_no_registry(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "--index-url" not in text and "--find-links" not in text
    logical = text.replace("\\\n", " ").splitlines()
    pins = [line for line in logical if line and not line.lstrip().startswith("#")]
    assert pins
    for pin in pins:
        assert "==" in pin and "--hash=sha256:" in pin, pin


def test_every_environment_has_a_lock() -> None:
    for name in install.ENVIRONMENTS:
        assert (ROOT / "requirements" / f"{name}.txt").exists()


def test_each_requirement_of_the_platform_says_why() -> None:
    lines = (ROOT / "requirements" / "platform.in").read_text().splitlines()
    known = {"apache-airflow==3.3.2", "pytest"}  # their section says it
    without = [line for line in lines if line and not line.startswith("#") and "#" not in line and line not in known]
    assert without == []


def test_a_step_is_skipped_only_when_its_source_is_unchanged(tmp_path: Path) -> None:
    source = tmp_path / "lock"
    source.write_text("one")
    wanted = install.digest([source, "python"])
    assert not install.is_current(tmp_path, wanted)
    (tmp_path / install.MARKER).write_text(wanted)
    assert install.is_current(tmp_path, wanted)
    source.write_text("two")
    assert not install.is_current(tmp_path, install.digest([source, "python"]))


def test_an_ordinary_user_gets_the_one_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "NEEDS", (("maven", lambda: False), ("git", lambda: True)))
    monkeypatch.setattr(privilege, "is_root", lambda: False)
    with pytest.raises(install.InstallFailure) as caught:
        install.install_packages()
    assert "sudo apt-get install -y --no-install-recommends maven\n" in str(caught.value)


def test_a_failed_step_names_its_log_and_last_lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(install, "INSTALLED", tmp_path)
    with pytest.raises(install.InstallFailure) as caught:
        install.logged([sys.executable, "-c", "print('the cause'); raise SystemExit(3)"], "the step")
    assert "the step failed (exit code 3)" in str(caught.value)
    assert "the cause" in str(caught.value)
    assert str(tmp_path / "install.log") in str(caught.value)


def _stranger() -> pwd.struct_passwd:
    return pwd.struct_passwd(("stranger", "x", 64321, 64321, "", "/nonexistent", "/usr/sbin/nologin"))


def test_a_folder_that_the_system_user_cannot_enter_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getgrouplist", lambda name, group: [group])
    monkeypatch.setattr(Path, "resolve", lambda self: self)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o001)
    inner = tmp_path / "closed" / "project"
    inner.mkdir(parents=True)
    inner.chmod(0o755)
    inner.parent.chmod(0o700)
    assert privilege.closed_folder(inner, _stranger()) == inner.parent
    inner.parent.chmod(0o711)
    assert privilege.closed_folder(inner, _stranger()) is None


def test_the_environment_of_what_runs_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET", "x")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("LUMBUNG__PORTS__AIRFLOW", "18080")
    environment = privilege.clean_environment(ROOT, "test")
    assert "AWS_SECRET" not in environment and "PYTHONPATH" not in environment
    assert environment["LUMBUNG__PORTS__AIRFLOW"] == "18080"
    assert environment["PATH"] == privilege.PATH


def test_the_command_line_says_what_to_do_when_nothing_is_installed(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "lumbung").write_bytes((ROOT / "bin" / "lumbung").read_bytes())
    result = subprocess.run(["sh", str(tmp_path / "bin" / "lumbung"), "status"], capture_output=True, text=True)
    assert result.returncode == 1
    assert "make demo" in result.stderr


@pytest.mark.parametrize("profile", ["env", "jars", "tools", "../x", ".hidden"])
def test_cleanup_removes_only_a_profile(profile: str) -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / "runtime" / "cleanup.py"), "state"],
        env={**os.environ, "LUMBUNG_PROFILE": profile},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert "is no profile" in result.stderr
