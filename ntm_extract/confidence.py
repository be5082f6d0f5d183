"""How sure a fact is: the share of facts with the same support that were right on gold, smoothed.

The support is what shows on the finished fact: what it says (a status, an act, an outcome with or without a
deadline), the rule that gave it, and how its subject stands in the quotation. ``confidence.json`` holds, for every
support met in gold articles that no rule was written on (the test split), how many facts had it and how many of
them were right; a support seen seldom leans on the broader one above it. The table is made by
``python -m ntm_extract.evaluate.fitting``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from ntm_extract.model import (
    FACT_KINDS,
    Achievement,
    Commitment,
    CriteriaStatus,
    FactKind,
    Record,
    Subject,
    Target,
)
from ntm_extract.orthography import fold_text

TABLE = Path(__file__).with_name("confidence.json")
# How many facts of its own a support needs to weigh as much as the broader one it is part of.
LEAN = 20
_BEFORE_ALL = 0.5
_SEPARATOR = " / "

Form = Literal["named", "inherited", "open", "counted", "class", "none"]


@dataclass(frozen=True, slots=True)
class Support:
    """What a fact rests on, from the broad to the narrow.

    ``form`` is how its subject stands: units named in the quotation, inherited from before it, not all linked to
    one official code (open), counted, a class ('các xã'), or none.
    """

    kind: FactKind
    said: str
    rule: str
    form: Form

    def levels(self) -> list[str]:
        """Keys of the table from 'all facts' (the empty key) down to this very support."""
        parts = (self.kind, self.said, self.rule, self.form)
        return [_SEPARATOR.join(parts[:depth]) for depth in range(len(parts) + 1)]


@dataclass(frozen=True, slots=True)
class Table:
    """Facts and right facts by key; ``made`` says of which gold, patterns and split."""

    cells: Mapping[str, tuple[int, int]]
    made: Mapping[str, str]


def support_of(kind: FactKind, fact: BaseModel) -> Support:
    """The support of a finished fact."""
    evidence = getattr(fact, "evidence")  # noqa: B009 (every fact has it; pydantic's base class does not say so)
    subject = getattr(fact, "subject", None)
    return Support(kind, _said(fact), evidence.rule, _form(subject, evidence.text))


def _said(fact: BaseModel) -> str:
    if isinstance(fact, Target):
        return f"{fact.outcome}, {'dated' if fact.deadline else 'undated'}"
    if isinstance(fact, Achievement | CriteriaStatus):
        return fact.status
    return fact.act if isinstance(fact, Commitment) else "said"


def _form(subject: Subject | None, quotation: str) -> Form:
    if subject is None:
        return "none"
    if not subject.units:
        return "class" if subject.count is None else "counted"
    if any(unit.code is None and unit.level != "village" for unit in subject.units):
        return "open"  # villages have no official codes
    missing = [unit.name for unit in subject.units if unit.name not in quotation]
    if not missing:
        return "named"
    folded = fold_text(quotation)
    return "named" if all(fold_text(name) in folded for name in missing) else "inherited"


# ------------------------------------------------------------------ the table


def tabulate(samples: Iterable[tuple[Support, bool]], made: Mapping[str, str]) -> Table:
    """Count facts and right facts at every level of their support."""
    facts: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for support, is_right in samples:
        facts.update(support.levels())
        if is_right:
            right.update(support.levels())
    return Table({key: (facts[key], right[key]) for key in sorted(facts)}, made)


def write_table(table: Table, path: Path = TABLE) -> None:
    """Write a table as JSON, one support a line."""
    cells = ",\n".join(f"  {json.dumps(key, ensure_ascii=False)}: {list(cell)}" for key, cell in table.cells.items())
    made = json.dumps(dict(table.made), ensure_ascii=False)
    _shipped.cache_clear()
    _confidence.cache_clear()
    path.write_text(f'{{"made": {made},\n "cells": {{\n{cells}\n}}}}\n', encoding="utf-8")


def load_table(path: Path = TABLE) -> Table:
    """Read a table that ``write_table`` wrote. Raises OSError and ValueError; the shipped one is always whole."""
    data = json.loads(path.read_text("utf-8"))
    return Table({key: (facts, right) for key, (facts, right) in data["cells"].items()}, data["made"])


@cache
def _shipped() -> Table:
    return load_table()


def confidence(kind: FactKind, support: Support, table: Table | None = None) -> float:
    """Expected share of right facts among those with this support, 0 to 1, three places.

    Raises ``ValueError`` if ``support`` is of another kind.
    """
    if support.kind != kind:
        raise ValueError(f"a support of {support.kind} says nothing about {kind}")
    return _confidence(support) if table is None else _share(support, table)


@lru_cache(maxsize=4096)
def _confidence(support: Support) -> float:
    return _share(support, _shipped())


def _share(support: Support, table: Table) -> float:
    cells = table.cells
    share = _BEFORE_ALL
    for key in support.levels():
        facts, right = cells.get(key, (0, 0))
        share = (right + LEAN * share) / (facts + LEAN)
    return round(share, 3)


def with_confidence(record: Record, table: Table | None = None) -> Record:
    """The record with the confidence of every fact filled in."""
    filled: dict[str, object] = {
        kind: tuple(
            fact.model_copy(update={"confidence": confidence(kind, support_of(kind, fact), table)})
            for fact in getattr(record, kind)
        )
        for kind in FACT_KINDS
    }
    return record.model_copy(update=filled)
