"""Deny by default: what a publication may read. Declarations are checked on loading; this is the second lock."""

from __future__ import annotations

from lumbung.declarations.models import Mart, Publication
from lumbung.declarations.names import STATUS_COLUMN


class PublicationRefused(Exception):
    """A publication asks for something that may not be public; nothing was read."""


def refuse(mart: Mart, publication: Publication) -> None:
    """Raise PublicationRefused unless the publication reads its own mart only, and only columns of class `umum`.

    The SQL must be one SELECT over `mart.<name>` (and its own CTEs); hidden cells need a column that says so.
    """
    import sqlglot
    from sqlglot import exp

    where = f"publikasi {publication.id} ({publication.sql_path.name})"
    statements = [statement for statement in sqlglot.parse(publication.sql, read="spark") if statement is not None]
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise PublicationRefused(f"{where}: harus tepat satu SELECT")
    query = statements[0]
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        name = ".".join(part.name for part in table.parts)
        if name != f"mart.{mart.name}" and not (len(table.parts) == 1 and name in own):
            raise PublicationRefused(f"{where}: membaca {name}; publikasi hanya boleh membaca mart.{mart.name}")
    if query.find(exp.Star) and any(not isinstance(star.parent, exp.Count) for star in query.find_all(exp.Star)):
        raise PublicationRefused(f"{where}: SELECT * menerbitkan kolom yang tidak disebut; tulis nama kolomnya")
    classes = {column.name: column.classification for column in mart.columns}
    sources = [sqlglot.parse_one(column.source, read="spark") for column in publication.columns]
    touched = {column.name for part in (query, *sources) for column in part.find_all(exp.Column)}
    for name in sorted(touched):
        if classes.get(name, "umum") != "umum":
            raise PublicationRefused(
                f"{where}: kolom {name} dari mart {mart.name} berkelas {classes[name]}; "
                "hanya kelas umum yang boleh terbit"
            )
    if publication.suppress is not None and STATUS_COLUMN not in {column.name for column in publication.columns}:
        raise PublicationRefused(f"{where}: penyamaran memerlukan kolom {STATUS_COLUMN}")
