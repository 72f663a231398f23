"""Data Docs that need nothing from outside: GX's pages without foreign scripts or styles, and an index of our own.

GX's pages fetch a dozen files from other people's servers (one of them with an id of this installation), and its index
stays empty without them. An office network often has no way out, and nobody outside needs to know who reads which
result.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

STYLE: Final = "lumbung.css"
_FOREIGN: Final = (
    re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<link\b[^>]*https?://[^>]*>", re.IGNORECASE),
    re.compile(r"<img\b[^>]*https?://[^>]*>", re.IGNORECASE | re.DOTALL),
    re.compile(r"<footer\b.*?</footer\s*>", re.DOTALL | re.IGNORECASE),
    re.compile(r"^.*url\(['\"]?https?://.*$", re.MULTILINE),
)


@dataclass(frozen=True, slots=True)
class Result:
    """One result as the index shows it. `page`: below the site; broken rules by severity."""

    dataset: str
    batch: str
    moment: str
    rows: int
    rules: int
    errors: int
    warnings: int
    page: str


def own_page(html: str, depth: int) -> str:
    """A page of GX without anything from outside, with our style sheet `depth` folders up."""
    for pattern in _FOREIGN:
        html = pattern.sub("", html)
    up = "../" * depth
    head = f'<link rel="stylesheet" href="{up}{STYLE}">\n</head>'
    home = f'<a class="beranda" href="{up}index.html">Hasil uji</a>'
    return re.sub(r"</head>", head, html, count=1).replace("<body>", f"<body>\n{home}", 1)


def publish(site: Path, results: Path, pages: tuple[str, ...]) -> None:
    """Make these freshly written pages (paths below `site`) our own, and write style sheet and index anew."""
    for name in pages:
        page = site / name
        _replace(page, own_page(page.read_text(encoding="utf-8"), name.count("/")))
    _replace(site / STYLE, (Path(__file__).with_name("docs.css")).read_text(encoding="utf-8"))
    _replace(site / "index.html", index_page(read_results(results)))


def read_results(folder: Path) -> list[Result]:
    """The kept results, newest first."""
    found = [_result(path, path.relative_to(folder)) for path in folder.rglob("*.json")]
    return sorted(found, key=lambda result: (result.moment, result.dataset), reverse=True)


def _result(path: Path, name: Path) -> Result:
    body = json.loads(path.read_text(encoding="utf-8"))
    broken = [r["expectation_config"]["meta"]["severity"] for r in body["results"] if not r["success"]]
    return Result(
        dataset=body["suite_name"],
        batch=body["meta"]["run_id"]["run_name"],
        moment=str(body["meta"]["run_id"]["run_time"])[:19],
        rows=max((r["result"].get("element_count", 0) for r in body["results"]), default=0),
        rules=len(body["results"]),
        errors=broken.count("error"),
        warnings=len(broken) - broken.count("error"),
        page=f"validations/{name.with_suffix('.html').as_posix()}",
    )


def index_page(results: list[Result]) -> str:
    """The index: one line per result, for people who read Indonesian."""
    lines = "\n".join(
        f'<tr class="{"galat" if r.errors else "peringatan" if r.warnings else "bersih"}"><td>{escape(r.dataset)}</td>'
        f'<td><a href="{quote(r.page)}">{escape(r.batch)}</a></td><td>{escape(r.moment.replace("T", " "))} UTC</td>'
        f'<td class="angka">{_thousands(r.rows)}</td><td class="angka">{r.rules}</td><td class="angka">{r.errors}</td>'
        f'<td class="angka">{r.warnings}</td></tr>'
        for r in results
    )
    return f"""<!DOCTYPE html>
<html lang="id">
<head>
<meta charset="utf-8">
<title>Hasil uji data</title>
<link rel="stylesheet" href="{STYLE}">
</head>
<body>
<h1>Hasil uji data</h1>
<p>Setiap batch diuji dengan aturan dari deklarasi. Hitungan di sini dibuat Great Expectations dan harus sama dengan
hitungan Lumbung; nilai baris tidak ditampilkan. Baris yang ditolak: <code>bin/lumbung quarantine</code>.</p>
<table class="daftar">
<thead><tr><th>Dataset</th><th>Batch</th><th>Mendarat</th><th>Baris</th><th>Aturan</th><th>Galat dilanggar</th>
<th>Peringatan dilanggar</th></tr></thead>
<tbody>
{lines}
</tbody>
</table>
</body>
</html>
"""


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _replace(path: Path, text: str) -> None:
    """Write under another name and rename: a reader sees the old page or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
