"""Promises against outcomes over time: lineage, verdicts, yardsticks, comparisons, questions to the thread.

Plain functions over records. Nothing here reads a text for facts or keeps a state: ``lineage`` turns records into
dated events, reprints counted once; ``verdicts`` weighs them; ``compare`` and ``counts`` set groups of units side by
side, on yardsticks that agree; ``track``, ``silences``, ``requests``, ``audit`` and ``diff`` answer questions;
``frame`` gives any of their rows as a DataFrame.
"""

from __future__ import annotations

from ntm_extract.monitor.compare import ComparisonRow, CountRow, Quote, compare, counts
from ntm_extract.monitor.frames import frame
from ntm_extract.monitor.lineage import Event, Lineage, Thread, lineage, threads
from ntm_extract.monitor.queries import (
    AuditRow,
    NewsRow,
    RequestRow,
    SilenceRow,
    TrackRow,
    atom,
    audit,
    diff,
    requests,
    silences,
    track,
)
from ntm_extract.monitor.review import records_of, reviewed
from ntm_extract.monitor.verdicts import Decision, Progress, Promised, Verdict, Why, history, verdicts
from ntm_extract.monitor.yardsticks import (
    CriteriaSet,
    CriteriaSets,
    Yardstick,
    compare_counts,
    criteria_sets,
    load_criteria_sets,
    refusal,
    segments,
    yardstick,
)

__all__ = [
    "AuditRow",
    "ComparisonRow",
    "CountRow",
    "CriteriaSet",
    "CriteriaSets",
    "Decision",
    "Event",
    "Lineage",
    "NewsRow",
    "Progress",
    "Promised",
    "Quote",
    "RequestRow",
    "SilenceRow",
    "Thread",
    "TrackRow",
    "Verdict",
    "Why",
    "Yardstick",
    "atom",
    "audit",
    "compare",
    "compare_counts",
    "counts",
    "criteria_sets",
    "diff",
    "frame",
    "history",
    "lineage",
    "load_criteria_sets",
    "records_of",
    "refusal",
    "requests",
    "reviewed",
    "segments",
    "silences",
    "threads",
    "track",
    "verdicts",
    "yardstick",
]
