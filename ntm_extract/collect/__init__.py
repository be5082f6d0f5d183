"""Source -> Capture: portals and web archives are collected into WARC files, with a journal that knows every address.

``collect`` fills a folder, ``iter_captures`` reads it (or any WARC, ARC or WACZ file), ``detect`` tells what a portal
is, ``archive_verify`` and ``archive_show`` look into the archive. What a user can mend is an ``NtmError``; what goes
wrong with single pages is named in the journal, and the run goes on.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ntm_extract.collect.archive import Flaw, VerifyReport, archive_show, archive_verify, iter_captures
    from ntm_extract.collect.crawl import CollectSummary, Progress, collect
    from ntm_extract.collect.detection import Detection, detect

__all__ = [
    "CollectSummary",
    "Detection",
    "Flaw",
    "Progress",
    "VerifyReport",
    "archive_show",
    "archive_verify",
    "collect",
    "detect",
    "iter_captures",
]

_HOMES = {
    "archive": ("Flaw", "VerifyReport", "archive_show", "archive_verify", "iter_captures"),
    "crawl": ("CollectSummary", "Progress", "collect"),
    "detection": ("Detection", "detect"),
}


def __getattr__(name: str) -> object:
    """Names are brought in when they are asked for: the commands in this package must not slow ``--help``."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
