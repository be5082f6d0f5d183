"""Cases of the fact tables: a text, and what a careful reader takes from it.

A table is one or more YAML documents, each a mapping of topics to cases with ``defaults`` for all of them. A case::

    text: "Xã Kim Thành đạt 15/19 tiêu chí."      our own words
    published: 2021-07-08                          the posting date; null: none
    home: [Yên Thành, Nghệ An]                     district and province of the source
    kinds: [title, paragraph]                      what part each line plays
    facts:                                         of each kind named here all facts there are, no other
      counts: [{of: [commune:Kim Thành], achieved: 15, total: 19}]
    none: [targets, achievements]                  kinds of which there is no fact at all
    absent: {achievements: [{standard: ntm}]}      facts that must not be found
    why: what the case is about

Only the fields that a case writes are compared. ``of`` are the units, any order; ``count`` is a number or [from, to];
``end`` is the last day of the deadline or period; ``quantity`` is [from, to, unit]. Of ``actor``, ``to``, ``action``,
``what``, ``quote`` a part is enough. ``optional: true``: neither its presence nor its absence matters.

``python -m tests.facts.cases FILE`` says of the cases of a file which hold: the open ones are not run by the tests.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from ntm_extract.annotate import iter_sentences
from ntm_extract.facts import Extractor
from ntm_extract.model import (
    Achievement,
    Article,
    Block,
    Commitment,
    CountRange,
    CriteriaCount,
    CriteriaStatus,
    Evidence,
    Period,
    Record,
    Result,
    Subject,
    Target,
)
from ntm_extract.orthography import fold_text
from tests.conftest import ROOT

TABLES = ROOT / "tests" / "tables"
KINDS = ("standards", "targets", "counts", "status", "results", "commitments", "meeting")
NAMES = [f"facts_{kind}.yml" for kind in KINDS]
OPEN = "facts_open.yml"  # not run: what the rules do not read yet
_PARTLY = ("actor", "to", "action", "what", "quote", "recurrence", "kind")
_CASE_KEYS = {"text", "published", "home", "kinds", "facts", "none", "absent", "why"}
_NAMES = {
    "counts": "criteria_counts", "status": "criteria_status", "targets": "targets", "achievements": "achievements",
    "commitments": "commitments", "results": "results",
}  # fmt: skip
View = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """One text with what is to be found in it and what is not."""

    id: str
    article: Article
    facts: Mapping[str, Sequence[View]] = field(default_factory=dict)
    absent: Mapping[str, Sequence[View]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.facts and not self.absent:
            raise ValueError(f"{self.id}: expects nothing")


# ------------------------------------------------------------------ reading tables


def load_cases(path: Path) -> list[Case]:
    """All cases of a table; raises ValueError for keys that nothing would look at."""
    cases: list[Case] = []
    for table in yaml.safe_load_all(path.read_text("utf-8")):
        defaults = table.pop("defaults", {})
        for topic, rows in table.items():
            for number, row in enumerate(rows, 1):
                if unknown := set(row) - _CASE_KEYS:
                    raise ValueError(f"{path.name}: {topic}-{number}: unknown keys {sorted(unknown)}")
                cases.append(_case(f"{topic}-{number}", {**defaults, **row}))
    if len({case.id for case in cases}) < len(cases):
        raise ValueError(f"{path.name}: a topic occurs twice")
    return cases


def params(name: str) -> list[Any]:
    """The cases of ``tests/tables/<name>`` for ``pytest.mark.parametrize``."""
    return [pytest.param(case, id=case.id) for case in load_cases(TABLES / name)]


def _case(id_: str, row: Mapping[str, Any]) -> Case:
    text: str = row["text"]
    district, province = row.get("home") or (None, None)
    article = Article(
        id="case",
        source="case",
        text=text,
        published=row.get("published"),
        blocks=tuple(_blocks(text, row["kinds"])) if "kinds" in row else (),
        home_district=district,
        home_province=province,
    )
    absent: dict[str, Sequence[View]] = {kind: [{}] for kind in row.get("none", ())}
    return Case(id_, article, row.get("facts") or {}, {**absent, **(row.get("absent") or {})})


def _blocks(text: str, kinds: Sequence[Any]) -> Iterator[Block]:
    offset = 0
    for line, kind in zip(text.split("\n"), kinds, strict=True):
        yield Block(offset, offset + len(line), kind)
        offset += len(line) + 1


# ------------------------------------------------------------------ facts as plain values


def views(record: Record, kind: str) -> list[dict[str, Any]]:
    """Facts (or units, persons, the meeting) of a record as the tables write them."""
    if kind == "units":
        return [{"unit": f"{one.unit.level}:{one.unit.name}", "kind": one.unit.kind} for one in record.units]
    if kind == "persons":
        return [{"name": one.name, "role": one.role} for one in record.persons]
    if kind == "sentences":
        return [{"sentence": record.text[start:end]} for start, end in iter_sentences(record.text)]
    if kind == "meeting":
        meeting = record.meeting
        if meeting is None:
            return []
        chairs = [chair.name for chair in meeting.chairs]
        return [{"date": meeting.date, "kind": meeting.kind, "chairs": chairs}]
    return [_view(fact) for fact in getattr(record, _NAMES[kind])]


def _view(fact: Any) -> dict[str, Any]:
    evidence: Evidence = fact.evidence
    seen: dict[str, Any] = {"quote": evidence.text, "rule": evidence.rule}
    match fact:
        case CriteriaCount():
            seen |= _whom(fact.subject) | _when(fact.period)
            names = ("standard", "metric", "achieved", "total", "percent", "stat", "basically")
            seen |= {name: getattr(fact, name) for name in names} | {"max": fact.achieved_max}
        case CriteriaStatus():
            seen |= _whom(fact.subject)
            seen |= {"standard": fact.standard, "criterion": fact.criterion, "status": fact.status}
        case Target():
            aim = fact.quantity
            seen |= _whom(fact.subject) | _when(fact.deadline)
            seen |= {"standard": fact.standard, "outcome": fact.outcome, "modality": fact.modality}
            seen |= {"themes": list(fact.themes), "quantity": [aim.min, aim.max, aim.unit] if aim else None}
        case Achievement():
            seen |= _whom(fact.subject) | _when(fact.period)
            seen |= {"standard": fact.standard, "status": fact.status, "share": fact.share}
        case Commitment():
            seen |= {"act": fact.act, "actor": fact.actor, "to": fact.addressee, "action": fact.action}
            seen |= _when(fact.deadline) | {"recurrence": fact.recurrence}
        case Result():
            seen |= {"what": fact.what, "value": fact.value, "unit": fact.unit, "qualifier": fact.qualifier}
            seen |= _when(fact.period)
    return seen


def _whom(subject: Subject) -> dict[str, Any]:
    return {
        "level": subject.level,
        "of": [f"{unit.level}:{unit.name}" for unit in subject.units],
        "count": _range(subject.count),
    }


def _range(count: CountRange | None) -> Any:
    if count is None:
        return None
    return count.min if count.min == count.max else [count.min, count.max]


def _when(period: Period | None) -> dict[str, Any]:
    return {
        "start": period.start if period else None,
        "end": period.end if period else None,
        "when": period.text if period else None,
    }


# ------------------------------------------------------------------ comparing


def fits(wanted: View, found: View) -> bool:
    """Does a fact have every value that the case writes? Raises KeyError for fields that the kind has not."""
    return all(_same(name, value, found[name]) for name, value in wanted.items() if name != "optional")


def _same(name: str, wanted: Any, found: Any) -> bool:
    if name == "of":
        return sorted(map(fold_text, wanted)) == sorted(map(fold_text, found))
    if name == "themes" or name == "chairs":
        return [fold_text(one) for one in wanted] == [fold_text(one) for one in found]
    if isinstance(wanted, str) and isinstance(found, str):
        one, other = fold_text(wanted), fold_text(found)
        return one in other if name in _PARTLY else one == other
    if isinstance(wanted, dt.date) or isinstance(found, dt.date):
        return bool(wanted == found)
    return bool(wanted == found)


def faults(case: Case, record: Record) -> list[str]:
    """What is missing, what is too much; empty if the case holds."""
    told: list[str] = []
    for kind, wanted in case.facts.items():
        left = views(record, kind)
        rest: list[View] = []
        for one in wanted:
            hit = next((found for found in left if fits(_as_view(kind, one), found)), None)
            if hit is not None:
                left.remove(hit)
            elif not _as_view(kind, one).get("optional"):
                rest.append(_as_view(kind, one))
        told += [f"{kind}: missing {_shown(one)}" for one in rest]
        told += [f"{kind}: too much {_shown(found)}" for found in left]
    for kind, unwanted in case.absent.items():
        told += [
            f"{kind}: must not be found {_shown(found)}"
            for found in views(record, kind)
            if any(fits(_as_view(kind, one), found) for one in unwanted)
        ]
    return told


def _as_view(kind: str, one: Any) -> View:
    """Units, persons and sentences may be written as one text: 'commune:Kim Thành', 'Lê Văn Hòa | Bí thư'."""
    if not isinstance(one, str):
        return dict(one)
    if kind in ("units", "sentences"):
        return {kind[:-1]: one}
    name, mark, role = one.partition(" | ")
    return {"name": name, "role": role} if mark else {"name": name}


def _shown(one: View) -> str:
    return ", ".join(f"{name}={value}" for name, value in one.items() if value not in (None, [], False))


def main(paths: Sequence[str]) -> None:
    """Print of every case of the files whether it holds."""
    extractor = Extractor()
    for path in paths:
        for case in load_cases(Path(path)):
            told = faults(case, extractor.extract(case.article))
            text = case.article.text.replace("\n", " ⏎ ")
            print(f"{'open ' if told else 'holds'} {case.id}: {text}")
            for fault in told:
                print(f"      {fault}")


if __name__ == "__main__":
    main(sys.argv[1:])
