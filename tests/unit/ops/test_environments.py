"""Environments against their locks."""

from __future__ import annotations

from pathlib import Path

import pytest

from lumbung.ops.environments import environments, pins, versions

LOCK = """
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:aa
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:bb
pyspark==4.1.4 \\
    --hash=sha256:cc
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:dd
"""


def test_a_lock_may_allow_several_versions() -> None:
    assert pins(LOCK) == {"numpy": {"2.4.6", "2.5.5"}, "pyspark": {"4.1.4"}, "colorama": {"0.4.6"}}


@pytest.mark.parametrize(
    ("installed", "state", "seen"),
    [
        pytest.param({"numpy": "2.4.6", "pyspark": "4.1.4"}, "baik", "3 paket", id="as-locked"),
        pytest.param(
            {"numpy": "2.4.6", "pyspark": "4.2.0"}, "rusak", "pyspark 4.2.0 bukan 4.1.4", id="another-version"
        ),
    ],
)
def test_the_environment_is_held_against_its_lock(installed: dict[str, str], state: str, seen: str) -> None:
    finding = versions("platform", pins(LOCK), installed.get)
    assert (finding.subject, finding.state) == ("environment platform", state)
    assert seen in finding.seen
    assert bool(finding.next_step) == (state != "baik")


def test_each_environment_is_held_against_its_own_lock(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    for name in ("platform", "portal"):
        (tmp_path / f"requirements/{name}.txt").write_text("typing-extensions==4.0\n", encoding="utf-8")
    package = tmp_path / ".lumbung/env/portal/lib/python3.11/site-packages/typing_extensions-5.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: typing_extensions\nVersion: 5.0\n")
    platform, portal = environments(tmp_path)
    assert (platform.state, platform.seen, platform.next_step) == ("rusak", "tidak ada", "make install")
    assert (portal.state, portal.seen) == ("rusak", "typing-extensions 5.0 bukan 4.0")
