"""Promises against outcomes over time: lineage, verdicts, yardsticks, comparisons.

Plain functions over records; nothing here reads a text for facts or keeps a state.
"""

from __future__ import annotations

from ntm_extract.monitor.lineage import Event, Lineage, lineage
from ntm_extract.monitor.verdicts import Decision, Progress, Promised, Verdict, Why, verdicts
from ntm_extract.monitor.yardsticks import (
    Yardstick,
    compare_counts,
    criteria_sets,
    load_criteria_sets,
    refusal,
    segments,
    yardstick,
)

__all__ = [
    "Decision",
    "Event",
    "Lineage",
    "Progress",
    "Promised",
    "Verdict",
    "Why",
    "Yardstick",
    "compare_counts",
    "criteria_sets",
    "lineage",
    "load_criteria_sets",
    "refusal",
    "segments",
    "verdicts",
    "yardstick",
]
