"""Data Docs that need nothing from outside, and their index."""

import json
from pathlib import Path

import pytest

from lumbung.rules.docs import Result, index_page, own_page, publish, read_results

PAGE = """<!DOCTYPE html>
<html><head>
<link rel="stylesheet" href="https://cdn.example.invalid/a.css"/>
<link rel="stylesheet" href="../static/own.css">
<script src="https://cdn.example.invalid/a.js"></script>
<style>
.logo { color: red; }
  background: url('https://cdn.example.invalid/logo.png') 0 0;
</style>
</head>
<body>
<img class="x"
  src="https://cdn.example.invalid/logo.png?id=123" alt="logo">
<script>
  track();
</script>
<h4>nik:nik</h4>
<footer><a href="https://news.example.invalid">Subscribe</a></footer>
</body></html>"""


def test_nothing_is_fetched_from_outside_and_the_content_stays() -> None:
    page = own_page(PAGE, 2)
    assert "https://" not in page
    assert "track()" not in page
    assert '<link rel="stylesheet" href="../static/own.css">' in page
    assert '<link rel="stylesheet" href="../../lumbung.css">\n</head>' in page
    assert 'href="../../index.html"' in page
    assert "<h4>nik:nik</h4>" in page
    assert ".logo { color: red; }" in page


def body(dataset: str, moment: str, *broken: str) -> str:
    results = [
        {
            "success": severity not in broken,
            "expectation_config": {"meta": {"severity": severity}},
            "result": {"element_count": 1234567},
        }
        for severity in ("error", "warning", "info")
    ]
    run = {"run_name": f"{dataset}-batch", "run_time": f"{moment}+00:00"}
    return json.dumps({"suite_name": dataset, "meta": {"run_id": run}, "results": results})


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    for name, moment, broken in (
        ("lama", "2026-01-01T06:00:00.5", ("error", "info")),
        ("baru", "2026-01-02T06:00:00", ()),
    ):
        path = folder / "siak" / name / f"siak.{name}-batch" / "20260101T000000.000000Z" / f"siak-{name}.json"
        path.parent.mkdir(parents=True)
        path.write_text(body(f"siak.{name}", moment, *broken), encoding="utf-8")
    return folder


def test_results_are_read_newest_first_with_what_was_broken(results: Path) -> None:
    newest, oldest = read_results(results)
    page = "validations/siak/lama/siak.lama-batch/20260101T000000.000000Z/siak-lama.html"
    assert newest.dataset == "siak.baru"
    assert oldest == Result("siak.lama", "siak.lama-batch", "2026-01-01T06:00:00", 1234567, 3, 1, 1, page)


def test_the_index_names_every_result_and_escapes_it(results: Path) -> None:
    page = index_page([*read_results(results), Result("<b>", "b", "2026-01-01T06:00:00", 0, 0, 0, 0, "a b.html")])
    assert page.count("<tr class=") == 3
    assert '<tr class="galat"><td>siak.lama</td>' in page
    assert '<tr class="bersih"><td>siak.baru</td>' in page
    assert "1.234.567" in page
    assert "<td>&lt;b&gt;</td>" in page
    assert 'href="a%20b.html"' in page


def test_pages_style_and_index_are_in_place(tmp_path: Path, results: Path) -> None:
    site = tmp_path / "site"
    (site / "validations").mkdir(parents=True)
    (site / "validations" / "satu.html").write_text(PAGE, encoding="utf-8")
    publish(site, results, ("validations/satu.html",))
    assert "https://" not in (site / "validations" / "satu.html").read_text(encoding="utf-8")
    assert "siak.lama" in (site / "index.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in site.iterdir()) == ["index.html", "lumbung.css", "validations"]
