"""The answers of monitoring as pandas DataFrames: one row each, nested values as columns joined by '_'."""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from ntm_extract.model import CountRange, Evidence, Subject, Unit

if TYPE_CHECKING:
    import pandas as pd

# pandas types, the same as in the frames of a dataset's tables.
DType = Literal["string", "Int64", "float64", "boolean", "datetime64[s]"]

_UNIT = ("level", "name", "kind", "code", "district", "province")
_DTYPES: dict[object, DType] = {
    str: "string",
    int: "Int64",
    float: "float64",
    bool: "boolean",
    dt.date: "datetime64[s]",
}


@dataclass(frozen=True, slots=True)
class FrameColumn:
    """A column of a kind of row: its pandas type, whether it may be empty, and the only values allowed, if any."""

    name: str
    dtype: DType
    nullable: bool
    values: tuple[str, ...] = ()


def frame(rows: Sequence[BaseModel], model: type[BaseModel] | None = None) -> pd.DataFrame:
    """Rows of one kind as a DataFrame; its columns and their types are those of the kind, also where there are no rows.

    Text is ``string``, whole numbers ``Int64``, other numbers ``float64``, yes and no ``boolean``, days
    ``datetime64[s]``; what is not known is NA. A unit becomes columns ``unit_name``, ``unit_kind`` …, the first
    quotation ``quote_article``, ``quote_start``, ``quote_end`` and ``quote_text``; of other lists their length.
    ``model`` names the kind where there are no rows.
    """
    import pandas as pd  # here, because it costs every command a second, and most need no frame

    kind = type(rows[0]) if rows else model
    columns = list(frame_columns(kind)) if kind else []
    values = [flat(row) for row in rows]
    return pd.DataFrame(
        {
            column.name: pd.Series([row.get(column.name) for row in values], dtype="object").astype(column.dtype)
            for column in columns
        },
        columns=[column.name for column in columns],
    )


def columns_of(kind: type[BaseModel]) -> list[str]:
    """Names of the columns of a kind of row."""
    return [column.name for column in frame_columns(kind)]


def frame_columns(kind: type[BaseModel]) -> Iterator[FrameColumn]:
    """The columns of a kind of row, in order."""
    for name, field in kind.model_fields.items():
        annotation, optional = _plain(field.annotation)
        if name in ("unit", "group"):
            for part in _UNIT:
                yield replace(_scalar(f"{name}_{part}", Unit.model_fields[part].annotation), nullable=True)
        elif name in ("quote", "quotes", "why"):
            if name == "why":
                (reason,) = (one for one in get_args(annotation) if one is not Ellipsis)
                yield _of("why_rule", reason, "rule", optional=True)
                yield _of("why_grade", reason, "grade", optional=True)
            yield FrameColumn("quote_article", "string", True)
            for part in ("start", "end", "text"):
                yield _of(f"quote_{part}", Evidence, part, optional=True)
        elif get_origin(annotation) is tuple:
            yield FrameColumn(f"{name}_number", "Int64", False)
        elif name == "subject":
            yield _of("subject_level", Subject, "level")
            for end in ("min", "max"):
                yield _of(f"subject_count_{end}", CountRange, end, optional=True)
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if name == "verdict":
                yield from (column for column in frame_columns(annotation) if not column.name.startswith("quote_"))
            else:
                yield from (_of(f"{name}_{part}", annotation, part, optional) for part in annotation.model_fields)
        else:
            yield _scalar(name, field.annotation)


def _of(name: str, what: type[BaseModel], field: str, optional: bool = False) -> FrameColumn:
    column = _scalar(name, what.model_fields[field].annotation)
    return replace(column, nullable=column.nullable or optional)


def _scalar(name: str, annotation: Any) -> FrameColumn:
    plain, optional = _plain(annotation)
    if get_origin(plain) is Literal:
        return FrameColumn(name, "string", optional, get_args(plain))
    return FrameColumn(name, _DTYPES[plain], optional)


def _plain(annotation: Any) -> tuple[Any, bool]:
    """The annotation without ``| None``, and whether it had that."""
    if get_origin(annotation) in (Union, types.UnionType):
        (kept,) = (part for part in get_args(annotation) if part is not type(None))
        return kept, True
    return annotation, False


def flat(row: BaseModel) -> dict[str, Any]:
    """A row's values by column, as plain Python values; what is not known is None or absent."""
    out: dict[str, Any] = {}
    for name, value in row:
        if name in ("unit", "group"):
            out |= {f"{name}_{part}": getattr(value, part, None) for part in _UNIT}
        elif name in ("quote", "quotes", "why"):
            first = (value[0] if value else None) if isinstance(value, tuple) else value
            evidence = first.evidence if first else None
            out["quote_article"] = first.article if first else None
            for part in ("start", "end", "text"):
                out[f"quote_{part}"] = getattr(evidence, part, None)
            if name == "why":
                out |= {"why_rule": first.rule if first else None, "why_grade": first.grade if first else None}
        elif name == "subject":
            count = value.count
            out["subject_level"] = value.level
            out |= {f"subject_count_{end}": getattr(count, end, None) for end in ("min", "max")}
        elif isinstance(value, BaseModel):
            out |= flat(value) if name == "verdict" else {f"{name}_{key}": inner for key, inner in value}
        elif isinstance(value, tuple):
            out[f"{name}_number"] = len(value)
        else:
            out[name] = value
    return out
