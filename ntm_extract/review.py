"""What a reviewer should look at, most doubtful first, and the corrections they type.

Decisions are data beside the facts (``Dataset.decide``); they survive that an article is read again, and whatever
weighs facts takes them into account (``monitor.reviewed``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ntm_extract.dataset import Dataset
from ntm_extract.errors import InputError
from ntm_extract.model import FACT_KINDS, FactKind, Record

Reason = Literal["unsure", "ambiguous", "conflict"]
BELOW = 0.7  # confidence under which a fact is looked at
_AROUND = 240  # characters of the line that are shown before and behind a quotation


@dataclass(frozen=True, slots=True)
class Doubt:
    """A fact that nobody has decided on, and why somebody should.

    ``unsure``: its confidence is below the threshold; ``ambiguous``: a unit it names may be one of several;
    ``conflict``: what it says does not add up with something else.
    """

    fact: str
    kind: FactKind
    article: str
    position: int
    confidence: float | None
    reasons: tuple[Reason, ...]


# What an article's own audit says stands where the fact stands.
_DOUBTS = """
    SELECT f.id, f.article_id, f.position, f.confidence, f.evidence_start, f.evidence_end,
           COALESCE(f.confidence < :below, 0),
           EXISTS (SELECT 1 FROM fact_subjects AS s JOIN units AS u ON u.id = s.unit_id
                   WHERE s.fact_id = f.id AND u.candidates <> '[]'),
           EXISTS (SELECT 1 FROM checks AS c WHERE c.article_id = f.article_id
                   AND c.evidence_start < f.evidence_end AND f.evidence_start < c.evidence_end)
    FROM {kind} AS f WHERE NOT EXISTS (SELECT 1 FROM decisions AS d WHERE d.fact_id = f.id)
"""
_ORDER: tuple[Reason, ...] = ("unsure", "ambiguous", "conflict")


def queue(
    dataset: Dataset, *, below: float = BELOW, conflicts: Iterable[tuple[str, int, int]] = (), kind: str | None = None
) -> list[Doubt]:
    """Undecided facts in doubt: the least sure first, then those with ambiguous units, then those in conflict.

    ``conflicts`` are stretches (article, start, end) that an audit between articles found; ``kind`` keeps one kind.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for article, start, end in conflicts:
        found.setdefault(article, []).append((start, end))
    doubts = []
    for one in FACT_KINDS:
        if kind not in (None, one):
            continue
        for id, article, position, sure, start, end, *flags in dataset.query(
            _DOUBTS.format(kind=one), {"below": below}
        ):
            flags[2] = flags[2] or any(first < end and start < last for first, last in found.get(article, ()))
            reasons = tuple(reason for reason, flag in zip(_ORDER, flags, strict=True) if flag)
            if reasons:
                doubts.append(Doubt(id, one, article, position, sure, reasons))
    return sorted(doubts, key=lambda doubt: (_ORDER.index(doubt.reasons[0]), doubt.confidence or 0, doubt.fact))


def fact_of(record: Record, doubt: Doubt) -> Any:
    """The fact in doubt, in the record of its article."""
    return getattr(record, doubt.kind)[doubt.position]


def context_of(record: Record, start: int, end: int) -> tuple[str, str, str]:
    """What stands before a quotation in its lines, the quotation, and what stands behind it."""
    first = max(record.text.rfind("\n", 0, start) + 1, start - _AROUND)
    line_end = record.text.find("\n", end)
    last = min(len(record.text) if line_end < 0 else line_end, end + _AROUND)
    return record.text[first:start], record.text[start:end], record.text[end:last]


def fields_of(fact: Any) -> dict[str, Any]:
    """The fields of a fact that a reviewer may correct, as JSON has them."""
    fields: dict[str, Any] = fact.model_dump(mode="json", exclude={"id", "confidence", "evidence"})
    return fields


def parse_correction(fact: Any, lines: Iterable[str]) -> Mapping[str, Any]:
    """What lines 'field = value' correct, as ``Dataset.decide`` takes it.

    A field within a field has a dot before it, a place in a list is its number from 0: 'deadline.end = 2022-12-31',
    'subject.units.0.name = Tân Lập'. Values are JSON, or text as it is. Raises InputError for a line that is none.
    """
    fields = fields_of(fact)
    changed = set()
    for line in lines:
        path, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not path:
            raise InputError("not a correction", where=line, mend="write field = value")
        _put(fields, path, _value(value), line)
        changed.add(path.split(".")[0])
    return {name: fields[name] for name in sorted(changed)}


def _put(fields: dict[str, Any], path: str, value: Any, line: str) -> None:
    holder: Any = fields
    *above, last = path.split(".")
    try:
        for name in above:
            holder = holder[int(name)] if isinstance(holder, list) else holder[name]
        if isinstance(holder, list):
            holder[int(last)] = value
        elif last in holder:
            holder[last] = value
        else:
            raise KeyError(last)
    except (KeyError, IndexError, ValueError, TypeError):
        raise InputError("there is no such field", where=line, mend="use the fields as they are shown") from None


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
