"""The answers of monitoring as pandas DataFrames: one row each, nested values as columns joined by '_'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    import pandas as pd

_UNIT = ("level", "name", "kind", "code", "district", "province")


def frame(rows: Sequence[BaseModel], model: type[BaseModel] | None = None) -> pd.DataFrame:
    """Rows of one kind as a DataFrame; days are datetime64, missing values NA, the columns those of the kind.

    A unit becomes columns ``unit_name``, ``unit_kind`` …, the first quotation ``quote_article``, ``quote_start``,
    ``quote_end`` and ``quote_text``; of other lists their length. ``model`` names the kind where there are no rows.
    """
    import pandas as pd  # here, because it costs every command a second, and most need no frame

    kind = type(rows[0]) if rows else model
    columns = columns_of(kind) if kind else []
    table = pd.DataFrame([flat(row) for row in rows], columns=columns)
    for column in columns:
        if column.endswith(("_on", "_to", "_by", "day", "said", "last", "as_of")):
            table[column] = pd.to_datetime(table[column])
    return table


def columns_of(kind: type[BaseModel]) -> list[str]:
    """Names of the columns of a kind of row."""
    out: list[str] = []
    for name, field in kind.model_fields.items():
        out += _names(name, str(field.annotation), field.annotation)
    return out


def _names(name: str, text: str, annotation: Any) -> list[str]:
    if name in ("unit", "group"):
        return [f"{name}_{part}" for part in _UNIT]
    if name in ("quote", "quotes", "why"):
        lead = ["why_rule", "why_grade"] if name == "why" else []
        return [*lead, "quote_article", "quote_start", "quote_end", "quote_text"]
    nested = _model_in(annotation)
    if nested is not None and "tuple" not in text:
        if name == "subject":
            return ["subject_level", "subject_count_min", "subject_count_max"]
        if name == "verdict":
            return [column for column in columns_of(nested) if not column.startswith("quote_")]
        return [f"{name}_{inner}" for inner in nested.model_fields]
    return [f"{name}_number"] if "tuple" in text else [name]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for option in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


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
