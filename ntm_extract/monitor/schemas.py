"""pandera schemas of the frames that monitoring gives, for those who check what they compute on.

>>> from ntm_extract.monitor import Verdict, frame                     # doctest: +SKIP
>>> schema(Verdict).validate(frame(found, Verdict))                    # doctest: +SKIP

pandera comes with ``ntm-extract[notebooks]``; nothing else here needs it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel

from ntm_extract.errors import NtmError
from ntm_extract.monitor.frames import FrameColumn, frame_columns

if TYPE_CHECKING:
    from pandera.pandas import Check, Column, DataFrameSchema

_SHARES = ("share", "likeness")
# Differences of days may be negative, everything else that is a number counts something.
_SIGNED = ("lag_days",)


@cache
def schema(kind: type[BaseModel]) -> DataFrameSchema:
    """The schema of ``frame`` of one kind of row (``Verdict``, ``ComparisonRow``, ``CountRow``, ``TrackRow``, …).

    Every column with its type, its values where they are few, shares from 0 to 1, counts from 0, and quotations that
    end behind where they begin; no column besides.

    Raises NtmError where pandera is not installed.
    """
    try:
        import pandera.pandas as pa  # an optional extra
    except ImportError as error:
        mend = "install ntm-extract[notebooks]"
        raise NtmError("pandera is not installed, and schemas need it", mend=mend) from error
    columns = list(frame_columns(kind))
    checks = []
    if any(column.name == "quote_end" for column in columns):
        checks.append(
            pa.Check(
                lambda table: (table["quote_start"] <= table["quote_end"]).fillna(True),
                error="a quotation ends behind where it begins",
            )
        )
    return pa.DataFrameSchema(
        {column.name: _column(column, pa.Column, pa.Check) for column in columns},
        checks=checks,
        strict=True,
        ordered=True,
        name=kind.__name__,
    )


def _column(column: FrameColumn, of: type[Column], check: type[Check]) -> Column:
    checks = []
    if column.values:
        checks.append(check.isin(column.values))
    elif column.name in _SHARES:
        checks.append(check.in_range(0, 1))
    elif column.dtype in ("Int64", "float64") and column.name not in _SIGNED:
        checks.append(check.ge(0))
    return of(column.dtype, checks=checks, nullable=column.nullable)
