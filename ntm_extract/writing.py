"""Files for other hands: whole or not at all, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

# How spreadsheets recognise a formula, plain or as East Asian keyboards type it; and a tab or line break, behind which
# some look for one.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: object) -> object:
    """A value as a cell of a CSV file: text that would start a formula has an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path``; what is written there takes its place when it is whole, and is gone otherwise.

    Raises OSError where the file cannot be written or moved.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
