"""The picture on a dataset's page (Mermaid): from the department's table to what the public sees."""

from __future__ import annotations

from collections.abc import Iterator

from lumbung.declarations.models import Dataset, Declarations


def flow(dataset: Dataset, declared: Declarations) -> list[str]:
    """Lines of a Mermaid chart; marts and public datasets only where the dataset is read by some."""
    return ["```mermaid", "flowchart LR", *(f"  {line}" for line in _edges(dataset, declared)), "```"]


def _edges(dataset: Dataset, declared: Declarations) -> Iterator[str]:
    system = declared.systems[dataset.system]
    curated = f"curated.{dataset.table_name}"
    yield f"sumber[({_text(f'{system.name}: {dataset.source_table}')})] --> raw[{_text(f'raw.{dataset.table_name}')}]"
    yield f"raw --> gudang[{_text(curated)}]"
    yield f"raw -. ditolak .-> karantina[{_text(f'quarantine.{dataset.table_name}')}]"
    for number, parent in enumerate(dict.fromkeys(reference.to for reference in dataset.references)):
        yield f"induk{number}[{_text(parent)}] -. dirujuk .-> raw"
    for mart in declared.marts.values():
        if dataset.table_name not in mart.inputs:
            continue
        yield f"gudang --> mart_{mart.name}[{_text(f'mart.{mart.name}')}]"
        for number, publication in enumerate(mart.publications):
            yield f"mart_{mart.name} --> umum_{mart.name}_{number}([{_text(publication.title)}])"


def _text(label: str) -> str:
    """A label that Mermaid takes as it is."""
    return '"' + label.replace('"', "#quot;") + '"'
