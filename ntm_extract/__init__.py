"""Facts from Vietnamese reports on the New Rural Development programme (nông thôn mới).

extract(text_or_path)   the Record of one article
load()                  a spaCy pipeline whose docs carry the facts
open_dataset(path)      the tables of a dataset as pandas frames
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ntm_extract.dataset import open_dataset
    from ntm_extract.language import load
    from ntm_extract.pipeline import extract

__version__ = "0.1.0"
__all__ = ["__version__", "extract", "load", "open_dataset"]

# Looked up when first used: importing spaCy and pandas takes seconds, which '--help' would pay for.
_HOMES = {"extract": "pipeline", "load": "language", "open_dataset": "dataset"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
