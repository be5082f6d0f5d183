"""From a record to the rows of the tables, and what names an article, a unit, a fact."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable
from typing import Any

from ntm_extract.dataset.columns import TABLES
from ntm_extract.model import FACT_KINDS, FactKind, Record, Subject, Unit
from ntm_extract.orthography import fold_text

# What belongs to an article and is written anew with it.
PARTS = tuple(
    table.name
    for table in TABLES.values()
    if table.name not in ("articles", "article_sources", "evidence")
    and any(column.references == "articles.id" for column in table.columns)
)


# ------------------------------------------------------------------ identity


def content_id(text: str) -> str | None:
    """What names a text wherever it was read: SHA-256 of its NFC form with spaces evened out; None without text."""
    words = unicodedata.normalize("NFC", text).split()
    return hashlib.sha256(" ".join(words).encode()).hexdigest() if words else None


def unit_id(unit: Unit) -> str:
    """What names a unit: its uid, else all that tells it from others ('huyện Kỳ Anh' is not 'thị xã Kỳ Anh')."""
    if unit.uid:
        return unit.uid
    parts = (unit.level, unit.kind, unit.name, unit.district, unit.province, unit.code)
    return "|".join(fold_text(part or "") for part in parts)


def fact_id(article_id: str, kind: FactKind, fact: Any) -> str:
    """The id of a fact that came without one, from what was read: place, kind and slots, not what was derived of them.

    Of a unit its level, kind and name count, of a period its wording: better linking or date arithmetic does not
    rename facts.
    """
    slots = fact.model_dump(mode="json", exclude={"id", "confidence", "evidence"})
    place = [article_id, kind, fact.evidence.start, fact.evidence.end, _as_read(slots)]
    return hashlib.sha256(_canonical(place).encode()).hexdigest()[:16]


def _as_read(slots: Any) -> Any:
    if isinstance(slots, list):
        return [_as_read(slot) for slot in slots]
    if not isinstance(slots, dict):
        return slots
    if "today" in slots:
        return [slots["level"], slots["kind"], slots["name"]]
    if "text" in slots:
        return slots["text"]
    return {name: _as_read(slot) for name, slot in slots.items()}


def _canonical(thing: Any) -> str:
    return json.dumps(thing, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# ------------------------------------------------------------------ rows


class Rows:
    """The rows of all that belongs to a record, by table, and the units they speak of."""

    def __init__(self, record: Record, is_taken: Callable[[str], bool]) -> None:
        self.units: dict[str, Unit] = {}
        self.by_table: dict[str, list[tuple[object, ...]]] = {table: [] for table in PARTS}
        self._article, self._is_taken, self._facts = record.id, is_taken, set[str]()
        self.unit(record.home.district)
        self.unit(record.home.province)
        for position, author in enumerate(record.authors):
            self._add("authors", None, position=position, name=author)
        for position, mention in enumerate(record.units):
            self._add("unit_mentions", mention, position=position, unit_id=self.unit(mention.unit))
        for position, person in enumerate(record.persons):
            self._add("persons", person, position=position)
        if record.meeting:
            self._add("meetings", record.meeting)
            for position, chair in enumerate(record.meeting.chairs):
                self._add("chairs", chair, position=position)
        for kind in FACT_KINDS:
            for position, fact in enumerate(getattr(record, kind)):
                id = self._fact_id(kind, fact)
                self._add(kind, fact, id=id, position=position)
                if kind not in ("commitments", "results"):
                    self._add_subject(id, kind, fact.subject)
        for position, check in enumerate(record.checks):
            self._add("checks", check, position=position)

    def unit(self, unit: Unit | None) -> str | None:
        """The id of a unit, which is noted to be written; of several mentions the one that knows its heirs."""
        if unit is None:
            return None
        id = unit_id(unit)
        if id not in self.units or not self.units[id].today:
            self.units[id] = unit
        return id

    def _add(self, table: str, thing: object, **own: object) -> None:
        self.by_table[table].append(TABLES[table].row(thing, article_id=self._article, **own))

    def _add_subject(self, fact: str, kind: FactKind, subject: Subject) -> None:
        within = self.unit(subject.within)
        for position, unit in enumerate(subject.units or (None,)):
            self._add(
                "fact_subjects",
                subject,
                fact_id=fact,
                kind=kind,
                position=position,
                unit_id=self.unit(unit),
                within_unit=within,
            )

    def _fact_id(self, kind: FactKind, fact: Any) -> str:
        """The fact's id, derived where it has none or one that is taken; facts read twice are numbered."""
        id = fact.id
        if not id or id in self._facts or self._is_taken(id):
            first = id = fact_id(self._article, kind, fact)
            number = 1
            while id in self._facts or self._is_taken(id):
                number += 1
                id = f"{first}-{number}"
        self._facts.add(id)
        return str(id)
