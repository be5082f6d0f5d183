"""The tables as pandas frames, for notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntm_extract.dataset.columns import TABLES, Column
from ntm_extract.dataset.store import Dataset

if TYPE_CHECKING:
    import pandas as pd


class Tables(Mapping[str, "pd.DataFrame"]):
    """A dataset's tables as typed frames: ``tables.targets`` or ``tables["targets"]``.

    A frame is read when it is first asked for, and kept. Text is ``string``, whole numbers ``Int64``, yes and no
    ``boolean``, days ``datetime64[s]``, moments ``datetime64[s, UTC]``; lists are Python lists. ``articles`` comes
    without its column ``record``: ``Dataset.iter_records`` reads records.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            table = TABLES[name]
            columns = [column for column in table.columns if (name, column.name) != ("articles", "record")]
            order = ", ".join(table.key) or "rowid"
            sql = f"SELECT {', '.join(column.name for column in columns)} FROM {name}"
            with Dataset.open(self._path, read_only=True) as dataset:
                rows = list(dataset.query(sql if name == "evidence" else f"{sql} ORDER BY {order}"))
            self._frames[name] = _frame(columns, rows)
        return self._frames[name]

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name not in TABLES:
            raise AttributeError(f"no table {name!r}; there are {', '.join(TABLES)}")
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *TABLES]


def open_dataset(path: Path | str) -> Tables:
    """The tables of a dataset as pandas frames.

    Raises DatasetError where the file is not a dataset that can be read.
    """
    with Dataset.open(path, read_only=True):
        return Tables(Path(path))


def _frame(columns: list[Column], rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    import pandas as pd  # 0.4 s, which every call of the command line would pay

    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return pd.DataFrame({column.name: _series(column, of) for column, of in zip(columns, values, strict=True)})


def _series(column: Column, values: tuple[Any, ...]) -> pd.Series[Any]:
    import numpy as np
    import pandas as pd

    match column.type:
        case "text":
            return pd.Series(values, dtype="string")
        case "integer":
            return pd.Series(values, dtype="Int64")
        case "real":
            return pd.Series(values, dtype="float64")
        case "boolean":
            return pd.Series([column.decode(value) for value in values], dtype="boolean")
        case "date":
            return pd.Series(np.array(values, dtype="datetime64[s]"))
        case "datetime":
            return pd.Series(pd.to_datetime(list(values), utc=True)).dt.as_unit("s")
    return pd.Series([column.decode(value) for value in values], dtype="object")
