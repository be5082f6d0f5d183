"""What the tables hold: one specification, from which rows are written, frames typed and codebooks made.

Columns that carry a field of the model take name, type and description from ``ntm_extract.model``; only
what the dataset adds of its own (keys, positions, runs) is described here. ``schema/*.sql`` creates the
tables; a test holds the two together.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from ntm_extract import model

ColumnType = Literal["text", "integer", "real", "boolean", "date", "datetime", "list", "json"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: name, type, what it means, and where its value stands in the model.

    ``path`` are the attributes from a row's object to the value (empty: the dataset's own column);
    ``values`` the only ones allowed, ``references`` the ``table.column`` it points to.
    """

    name: str
    type: ColumnType
    description: str
    path: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    references: str | None = None

    def value(self, thing: object) -> object:
        """The column's value of a model object as SQLite stores it; None where any step is None."""
        found: Any = thing
        for step in self.path:
            if found is None:
                return None
            found = getattr(found, step)
        return self.encode(found)

    def encode(self, value: Any) -> object:
        """A Python value as SQLite stores it: days as ISO text, lists as JSON."""
        if value is None:
            return None
        match self.type:
            case "date" | "datetime":
                return value.isoformat()
            case "boolean":
                return int(value)
            case "real":
                if not math.isfinite(value):
                    raise ValueError(f"{self.name} is not a finite number")
                return float(value)
            case "list" | "json":
                return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_as_json)
        return value

    def decode(self, value: Any) -> Any:
        """The stored value as Python has it."""
        if value is None:
            return None
        match self.type:
            case "date":
                return dt.date.fromisoformat(value)
            case "datetime":
                return dt.datetime.fromisoformat(value)
            case "boolean":
                return bool(value)
            case "list" | "json":
                return json.loads(value)
        return value


def _as_json(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no JSON form")


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view of the dataset; ``key`` are the columns that name a row."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def row(self, thing: object, **own: object) -> tuple[object, ...]:
        """Values in the order of the columns: the dataset's own from ``own``, the others from ``thing``."""
        return tuple(
            column.encode(own[column.name]) if column.name in own else column.value(thing) for column in self.columns
        )

    @property
    def insert(self) -> str:
        """The statement that writes a row."""
        names = ", ".join(column.name for column in self.columns)
        return f"INSERT INTO {self.name} ({names}) VALUES ({', '.join('?' * len(self.columns))})"

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


# ------------------------------------------------------------------ from model to columns

# Evidence and offsets get the names under which they stand in a table ('end' is a word of SQL).
_EVIDENCE = {"start": "evidence_start", "end": "evidence_end", "text": "quote", "rule": "rule"}
_OFFSETS = {"start": "start_char", "end": "end_char"}
_SCALARS: Mapping[object, ColumnType] = {str: "text", int: "integer", float: "real", bool: "boolean", dt.date: "date"}


def _plain(annotation: Any) -> Any:
    """The annotation without ``| None``."""
    if get_origin(annotation) in (Union, types.UnionType):
        (kept,) = (part for part in get_args(annotation) if part is not type(None))
        return kept
    return annotation


def columns_of(
    what: type[BaseModel],
    *,
    only: Iterable[str] | None = None,
    skip: Iterable[str] = (),
    rename: Mapping[str, str] = {},
) -> tuple[Column, ...]:
    """Columns of a model class: scalars as they are, periods and quantities spread, evidence as four columns.

    Subjects and units make rows of other tables and are left out here.
    """
    names = tuple(what.model_fields) if only is None else tuple(only)
    found: list[Column] = []
    for name in names:
        if name in skip:
            continue
        field = what.model_fields[name]
        kind, described = _plain(field.annotation), field.description or ""
        called = rename.get(name, name)
        if kind in (model.Subject, model.Unit):
            continue
        if kind is model.Evidence:
            found += [replace(part, path=(name, *part.path)) for part in columns_of(model.Evidence, rename=_EVIDENCE)]
        elif kind in (model.Period, model.Quantity, model.CountRange):
            found += [
                replace(
                    part,
                    name=f"{called}_{part.name}",
                    description=f"{described}: {part.description}",
                    path=(name, *part.path),
                )
                for part in columns_of(kind)
            ]
        elif get_origin(kind) is Literal:
            found.append(Column(called, "text", described, (name,), values=get_args(kind)))
        elif get_origin(kind) is tuple:
            of_text = get_args(kind)[0] is str
            found.append(Column(called, "list" if of_text else "json", described, (name,)))
        else:
            found.append(Column(called, _SCALARS[kind], described, (name,)))
    return tuple(found)


def _about(what: type[BaseModel]) -> str:
    return (what.__doc__ or "").strip().splitlines()[0].rstrip(".")


def described(what: type[BaseModel], field: str) -> str:
    """The model's description of a field."""
    return what.model_fields[field].description or ""


FACT_MODELS: Mapping[model.FactKind, type[BaseModel]] = {
    "criteria_counts": model.CriteriaCount,
    "criteria_status": model.CriteriaStatus,
    "targets": model.Target,
    "achievements": model.Achievement,
    "commitments": model.Commitment,
    "results": model.Result,
}

_ARTICLE = Column("article_id", "text", "article it stands in", references="articles.id")
_POSITION = Column("position", "integer", "place in the article's list, from 0")
_RUN = Column("run", "integer", "run that wrote it", references="runs.id")
_FACT = Column("fact_id", "text", described(model.Target, "id"))
_KIND = Column("kind", "text", "kind of fact: the table it stands in", values=model.FACT_KINDS)


def _fact_table(kind: model.FactKind) -> Table:
    what = FACT_MODELS[kind]
    (confidence,) = columns_of(what, only=["confidence"])
    slots = columns_of(what, skip=("id", "confidence", "evidence"))
    return Table(
        kind,
        _about(what),
        (
            Column("id", "text", described(what, "id")),
            _ARTICLE,
            _POSITION,
            *slots,
            confidence,
            *columns_of(what, only=["evidence"]),
        ),
        key=("id",),
    )


def _list_table(name: str, what: type[BaseModel], *own: Column, rename: Mapping[str, str] = {}) -> Table:
    """A table of the things that an article has a list of."""
    return Table(
        name,
        _about(what),
        (_ARTICLE, _POSITION, *own, *columns_of(what, rename=rename)),
        key=("article_id", "position"),
    )


_TABLES = (
    Table(
        "articles",
        "An article: where it comes from and what it says",
        (
            Column("n", "integer", "running number in this file"),
            *columns_of(model.Record, only=["id", "source", "url", "title", "published", "publisher"]),
            Column("home_district", "text", "district the article is about", references="units.id"),
            Column("home_province", "text", "province the article is about", references="units.id"),
            *columns_of(model.Record, only=["patterns"]),
            Column("content", "text", "SHA-256 of the text with its spaces evened out: names the content"),
            _RUN,
            *columns_of(model.Record, only=["text"]),
            Column("record", "json", "the whole record but for its text"),
        ),
        key=("id",),
    ),
    Table(
        "article_sources",
        "A place where an article was read; reprints of one text are one article with several",
        (
            _ARTICLE,
            Column("record_id", "text", "id under which the record came"),
            *columns_of(model.Record, only=["source", "url", "title", "published", "publisher"]),
            Column("captured", "datetime", "when it was collected; this and the next four empty where it was not"),
            Column("warc_file", "text", "file of the web archive in which it stands as it was received"),
            Column("warc_offset", "integer", "where in that file its record begins, in bytes"),
            Column("sha256", "text", "SHA-256 of what was received"),
            Column("named_by", "text", "address of the article that links to it, where it is an article's document"),
        ),
    ),
    Table(
        "authors",
        "A name in the byline",
        (_ARTICLE, _POSITION, Column("name", "text", described(model.Record, "authors"))),
        key=("article_id", "position"),
    ),
    Table(
        "units",
        _about(model.Unit),
        (
            Column("id", "text", "the uid where known, else level, kind, name, district, province and code in one"),
            *columns_of(model.Unit),
        ),
        key=("id",),
    ),
    Table(
        "unit_today",
        _about(model.HeirUnit),
        (
            Column("unit_id", "text", "unit as it was", references="units.id"),
            Column("position", "integer", "place in the unit's list, from 0"),
            *columns_of(model.HeirUnit),
        ),
        key=("unit_id", "position"),
    ),
    _list_table(
        "unit_mentions",
        model.UnitMention,
        Column("unit_id", "text", described(model.UnitMention, "unit"), references="units.id"),
        rename=_OFFSETS,
    ),
    _list_table("persons", model.Person, rename=_OFFSETS),
    Table("meetings", _about(model.Meeting), (_ARTICLE, *columns_of(model.Meeting, skip=["chairs"])), ("article_id",)),
    _list_table("chairs", model.Chair),
    *(_fact_table(kind) for kind in model.FACT_KINDS),
    Table(
        "fact_subjects",
        _about(model.Subject) + "; one row a unit, count and level repeated",
        (
            _FACT,
            _KIND,
            _ARTICLE,
            Column("position", "integer", "place in the fact's list of units, from 0"),
            *columns_of(model.Subject, only=["level"]),
            Column("unit_id", "text", described(model.Subject, "units"), references="units.id"),
            *columns_of(model.Subject, only=["count"]),
            Column("within_unit", "text", described(model.Subject, "within"), references="units.id"),
        ),
        key=("fact_id", "position"),
    ),
    _list_table("checks", model.Check),
    Table(
        "decisions",
        "What a reviewer said of a fact; kept when the fact is extracted again, the newest one counts",
        (
            Column("n", "integer", "running number"),
            _FACT,
            Column("verdict", "text", "what the reviewer says", values=("accept", "correct", "reject")),
            Column("correction", "json", "fields of the fact that should read otherwise"),
            Column("who", "text", "reviewer"),
            Column("decided_at", "datetime", "when"),
            Column("note", "text", "why"),
        ),
        key=("n",),
    ),
    Table(
        "runs",
        "A run that changed the dataset",
        (
            Column("id", "integer", "running number"),
            Column("started", "datetime", "when it began"),
            Column("ended", "datetime", "when it ended; empty where it did not come to its end"),
            Column("version", "text", "version of the program"),
            Column("patterns", "text", described(model.Record, "patterns")),
            Column("articles_new", "integer", "articles added"),
            Column("articles_changed", "integer", "articles written again"),
            Column("articles_same", "integer", "articles that were there already"),
            Column("issues", "integer", "issues met"),
        ),
        key=("id",),
    ),
    Table(
        "issues",
        "A page or sentence that could not be read; gone when the same input is read again without it",
        (
            Column("n", "integer", "running number"),
            Column("run", "integer", "run that met it first", references="runs.id"),
            Column("input", "text", "file, address or source"),
            Column("what", "text", "what is wrong"),
            Column("mend", "text", "what to do about it"),
        ),
        key=("n",),
    ),
    Table(
        "evidence",
        "Every fact of whatever kind, with its quotation (a view)",
        (
            _FACT,
            _KIND,
            _ARTICLE,
            *columns_of(model.Target, only=["confidence", "evidence"]),
        ),
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in _TABLES}
