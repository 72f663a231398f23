"""What the doctor makes of what it sees."""

from __future__ import annotations

import pytest

from lumbung.ops.doctor import room


@pytest.mark.parametrize(("gigabytes", "state"), [(4.9, "perhatian"), (5.0, "baik")])
def test_little_room_is_said_with_the_next_step(gigabytes: float, state: str) -> None:
    finding = room("diska", "/x", gigabytes, 5.0, "kosongkan")
    assert (finding.state, finding.next_step) == (state, "kosongkan" if state == "perhatian" else "")
