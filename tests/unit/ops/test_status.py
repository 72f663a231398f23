"""How late a dataset is, in words."""

from __future__ import annotations

import pytest

from lumbung.ops.status import shown


@pytest.mark.parametrize(
    ("late", "late_by", "words"),
    [
        (False, None, "tidak"),
        (True, None, "belum pernah"),
        (True, 59, "0 jam 0 menit"),
        (True, 3 * 3600 + 61, "3 jam 1 menit"),
        (True, 2 * 86400 + 5 * 3600 + 59, "2 hari 5 jam"),
    ],
)
def test_lateness_in_words(late: bool, late_by: int | None, words: str) -> None:
    assert shown([{"late": late, "late_by": late_by}])[0]["late"] == words
