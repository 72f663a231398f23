"""The picture of a dataset's way leads from its source to every public dataset that is made of it."""

from __future__ import annotations

from lumbung.declarations import load
from lumbung.declarations.pictures import flow


def test_the_way_from_the_source_to_the_public() -> None:
    declared = load()
    lines = flow(declared.datasets["siak.biodata_wni_dkb"], declared)
    assert lines[:2] == ["```mermaid", "flowchart LR"]
    assert lines[-1] == "```"
    drawn = "\n".join(lines)
    mart = declared.marts["penduduk_semester"]
    assert 'gudang --> mart_penduduk_semester["mart.penduduk_semester"]' in drawn
    for publication in mart.publications:
        assert f'(["{publication.title}"])' in drawn


def test_what_nobody_reads_ends_in_the_warehouse() -> None:
    declared = load()
    lines = flow(declared.datasets["siak.setup_prop"], declared)
    assert not any("mart_" in line for line in lines)
    assert 'raw --> gudang["curated.siak__setup_prop"]' in "\n".join(lines)


def test_parents_are_drawn_once() -> None:
    declared = load()
    drawn = "\n".join(flow(declared.datasets["siak.capil_lahir"], declared))
    assert drawn.count('"siak.biodata_wni"') == 1
