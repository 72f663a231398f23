"""What the doctor makes of what it sees."""

from __future__ import annotations

import pytest

from lumbung.ops.doctor import pins, room, versions

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
    (finding,) = versions(pins(LOCK), installed.get)
    assert finding.state == state
    assert seen in finding.seen
    assert bool(finding.next_step) == (state != "baik")


@pytest.mark.parametrize(("gigabytes", "state"), [(4.9, "perhatian"), (5.0, "baik")])
def test_little_room_is_said_with_the_next_step(gigabytes: float, state: str) -> None:
    finding = room("diska", "/x", gigabytes, 5.0, "kosongkan")
    assert (finding.state, finding.next_step) == (state, "kosongkan" if state == "perhatian" else "")
