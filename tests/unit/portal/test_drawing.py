"""Drawings as the public gets them: the declared coarseness, no gaps, and nothing hidden in them."""

from __future__ import annotations

import json
import re

import pytest
import shapely
from shapely.geometry import shape

from lumbung.portal.drawing import DrawingError, drawings, pattern
from lumbung.portal.pii import scan

WAVE = [(112.7 + 0.00001 * (number % 2), -7.4 - 0.0001 * number) for number in range(101)]
"""A line of a kilometre that trembles by a metre."""
LEFT = shapely.MultiPolygon([shapely.Polygon([*WAVE, (112.69, -7.41), (112.69, -7.4)])])
RIGHT = shapely.MultiPolygon([shapely.Polygon([*WAVE, (112.72, -7.41), (112.72, -7.4)])])


def drawn(*shapes: shapely.Geometry, simplify_m: int | None = None, decimals: int = 5) -> list[shapely.Geometry]:
    texts = drawings([one.wkb for one in shapes], simplify_m, decimals)
    return [shape(json.loads(text or "")) for text in texts]


def test_neighbours_are_simplified_together_and_share_their_line() -> None:
    fine, coarse = drawn(LEFT, RIGHT), drawn(LEFT, RIGHT, simplify_m=5)
    assert [shapely.get_num_coordinates(one) for one in fine] == [104, 104]
    assert all(shapely.get_num_coordinates(one) <= 20 for one in coarse)
    assert shapely.coverage_is_valid(coarse) and all(one.is_valid for one in coarse)
    for before, after in zip((LEFT, RIGHT), coarse, strict=True):
        assert shapely.hausdorff_distance(before, after) * 111_320 < 5


def test_coordinates_are_as_exact_as_declared_and_outlines_turn_left() -> None:
    clockwise = shapely.Polygon([(112.7123456, -7.4), (112.7123456, -7.39), (112.72, -7.39), (112.72, -7.4)])
    (text,) = drawings([clockwise.wkb], None, 4)
    assert not clockwise.exterior.is_ccw
    outline = shape(json.loads(text or "")).exterior
    assert outline.is_ccw and outline.bounds == (112.7123, -7.4, 112.72, -7.39)


def test_points_and_nothing() -> None:
    assert drawings([shapely.Point(112.7, -7.4).wkb, None], None, 6) == [
        '{"type":"Point","coordinates":[112.7,-7.4]}',
        None,
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (shapely.Point(9_181_000, 690_000).wkb, "bukan bujur dan lintang"),
        (b"\x01\x02", "bukan WKB"),
        (shapely.GeometryCollection([shapely.Point(112.7, -7.4)]).wkb, "berjenis GeometryCollection"),
        ("POINT (1 1)", "bertipe str, bukan WKB"),
        (shapely.from_wkt("POLYGON EMPTY").wkb, "hilang karena disederhanakan"),
        (shapely.Point(112.7, -7.4).buffer(0.0000001).wkb, "hilang karena disederhanakan"),
    ],
    ids=["metres", "bytes", "collection", "text", "empty", "smaller than the last digit"],
)
def test_what_is_no_drawing_stops_the_publication(value: object, words: str) -> None:
    with pytest.raises(DrawingError, match=words) as stopped:
        drawings([shapely.Point(112.7, -7.4).wkb, value], None, 5)
    assert stopped.value.row == 2


SPECK = shapely.box(112.72, -7.4, 112.720002, -7.399998)
"""A fifth of a metre."""
DASH = shapely.LineString([(112.72, -7.4), (112.720002, -7.4)])


@pytest.mark.parametrize("simplify_m", [None, 5], ids=["as drawn", "simplified"])
@pytest.mark.parametrize(
    "shape",
    [
        shapely.MultiPolygon([shapely.box(112.7, -7.4, 112.71, -7.39), SPECK]),
        shapely.MultiLineString([[(112.7, -7.4), (112.71, -7.4)], DASH.coords]),
    ],
    ids=["area", "line"],
)
def test_a_part_that_would_vanish_is_said(shape: shapely.Geometry, simplify_m: int | None) -> None:
    with pytest.raises(DrawingError, match="1 dari 2 bagiannya hilang karena disederhanakan") as stopped:
        drawings([shapely.box(112.8, -7.4, 112.81, -7.39).wkb, shape.wkb], simplify_m, 5)
    assert stopped.value.row == 2
    assert [len(shapely.get_parts(one)) for one in drawn(shape, simplify_m=simplify_m, decimals=7)] == [2]


def test_parts_that_meet_in_the_last_digit_are_no_loss() -> None:
    near = shapely.box(112.710002, -7.4, 112.72, -7.39)
    shape = shapely.MultiPolygon([shapely.box(112.7, -7.4, 112.71, -7.39), near])
    assert [len(shapely.get_parts(one)) for one in drawn(shape)] == [1]


def test_a_place_at_the_equator_is_written_without_an_exponent() -> None:
    (text,) = drawings([shapely.Point(109.3, 0.00001).wkb], None, 5)
    assert text == '{"type":"Point","coordinates":[109.3,0.00001]}'
    assert re.fullmatch(pattern(5), text)


def test_numbers_of_a_drawing_are_no_persons_and_nothing_else_passes_for_one() -> None:
    texts = drawings([LEFT.wkb, RIGHT.wkb, shapely.Point(112.7, -7.4).wkb], None, 5)
    exempt = {"geometri": pattern(5)}
    assert scan(["geometri"], [[text] for text in texts], ["geometri"], exempt) == []
    assert all(re.fullmatch(pattern(5), text or "") for text in texts)
    hidden = [
        '{"type":"Point","coordinates":[112.7,-7.4],"nik":"3515080101900001"}',
        '{"type":"Point","coordinates":[3515080101900001,-7.4]}',
        '{"type":"Point","coordinates":["3515080101900001"]}',
        '{"type":"3515080101900001","coordinates":[112.7,-7.4]}',
        "3515080101900001",
    ]
    found = scan(["geometri"], [[text] for text in hidden], ["geometri"], exempt)
    assert {finding.row for finding in found if finding.kind == "NIK/KK"} == {1, 2, 3, 4, 5}


def test_a_long_text_that_is_almost_a_drawing_is_judged_at_once() -> None:
    almost = '{"type":"Polygon","coordinates":' + "[" * 5_000 + "112.7,-7.4" * 5_000 + "x}"
    assert re.fullmatch(pattern(5), almost) is None
