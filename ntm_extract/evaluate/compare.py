"""When a fact that was found is the fact that gold wants: by its normalised value, never by its wording.

Gold items and facts become claims, one for each unit named and one for each number of units, so that a list
of five names of which four were found scores four. A claim is wanted (gold, with alternatives) or found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ntm_extract.evaluate.gold import LEVELS, GoldArticle, alternatives, find_quote
from ntm_extract.model import CountRange, Evidence, FactKind, Quantity, Record, Subject
from ntm_extract.orthography import fold_text

Part = Literal[
    "units", "persons", "meeting", "criteria_counts", "criteria_status", "targets", "achievements", "results",
    "commitments", "actors",
]  # fmt: skip
PARTS: tuple[Part, ...] = (
    "units", "persons", "meeting", "criteria_counts", "criteria_status", "targets", "achievements", "results",
    "commitments", "actors",
)  # fmt: skip
CORE: tuple[Part, ...] = ("units", "criteria_counts", "targets", "achievements", "commitments")
_TIGHT = 1e-6
_KINDS = re.compile(
    r"^(?:tỉnh|thành phố|tp\.?|huyện|thị xã|quận|xã|phường|thị trấn|tt\.?"
    r"|thôn|xóm|ấp|bản|buôn|làng|khóm|khu|tổ dân phố)\s+",
    re.IGNORECASE,
)


class Folded(str):
    """A word or name as it is compared; ``shown`` is how it was written."""

    shown: str


@dataclass(frozen=True, slots=True)
class Range:
    """A number of something, or from … to; an open top is the same as any top over the same floor."""

    min: float | None
    max: float | None

    def same(self, other: Range) -> bool:
        return self.min == other.min and (self.max == other.max or self.max is None or other.max is None)

    def __str__(self) -> str:
        if self.min == self.max:
            return f"{self.min:g}" if self.min is not None else "?"
        return f"{self.min if self.min is None else f'{self.min:g}'}–{'' if self.max is None else f'{self.max:g}'}"


@dataclass(frozen=True, slots=True)
class Whom:
    """One unit by name, or a number of units of a level (``count`` None: the level alone)."""

    level: str
    name: Folded | None = None
    count: Range | None = None

    def same(self, other: Whom) -> bool:
        if self.level != other.level or self.name != other.name:
            return False
        return self.name is not None or _same(self.count, other.count)

    def __str__(self) -> str:
        return f"{self.level}:{self.name.shown}" if self.name else f"{self.count or 'some'} × {self.level}"


Value = float | str | Range | Whom | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What gold says: for each field the values that are right. ``item`` numbers the gold item it is part of."""

    fields: Mapping[str, tuple[Value, ...]]
    item: int = 0
    optional: bool = False
    span: tuple[int, int] | None = None
    quote: str | None = None

    def __str__(self) -> str:
        return _shown({name: " or ".join(map(shown, values)) for name, values in self.fields.items()})


@dataclass(frozen=True, slots=True)
class Found:
    """What was extracted, field by field. ``item`` numbers the fact it is part of."""

    fields: Mapping[str, Value]
    item: int = 0
    evidence: Evidence | None = None

    def __str__(self) -> str:
        return _shown({name: shown(value) for name, value in self.fields.items()})


@dataclass(frozen=True, slots=True)
class Claims:
    """Both sides of one part of one article."""

    part: Part
    wanted: tuple[Wanted, ...]
    found: tuple[Found, ...]
    agrees: Callable[[Wanted, Found], bool] = field(default=lambda wanted, found: not differing(wanted, found))


def differing(wanted: Wanted, found: Found) -> tuple[str, ...]:
    """Names of the fields in which the two do not agree; a field that gold leaves out is not compared."""
    return tuple(
        name
        for name, values in wanted.fields.items()
        if not any(_same(value, found.fields.get(name)) for value in values)
    )


def _same(one: Value, other: Value) -> bool:
    if one is None or other is None:
        return one is other
    if isinstance(one, Range | Whom):
        return type(one) is type(other) and one.same(other)  # type: ignore[arg-type]
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return not isinstance(other, Range | Whom) and abs(one - other) < _TIGHT


def shown(value: Value) -> str:
    """A value for people to read."""
    if isinstance(value, Folded):
        return value.shown
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _shown(fields: Mapping[str, str]) -> str:
    return ", ".join(value if name in ("whom", "name") else f"{name} {value}" for name, value in fields.items())


# ------------------------------------------------------------------ normal forms


def fold_name(text: str, shown: str | None = None) -> Folded:
    """A name or word as it is compared: case, white space, Unicode form, tone placement and end marks folded."""
    folded = Folded(fold_text(text).strip(" .,;:–-"))
    folded.shown = text if shown is None else shown
    return folded


def fold_unit_name(text: str) -> Folded:
    """A unit's name as it is compared, without its kind."""
    return fold_name(_KINDS.sub("", text.strip()), text)


def _range(value: Any) -> Range | None:
    """Gold's way to write a number of things: 3, [1, 2], [null, 5], '>=2', or nothing."""
    if value is None:
        return None
    if isinstance(value, list):
        return Range(_rounded(value[0]), _rounded(value[1]))
    if isinstance(value, str) and value.startswith(">="):
        return Range(float(value[2:]), None)
    return Range(float(value), float(value))


def _range_of(value: CountRange | Quantity | None) -> Range | None:
    return None if value is None else Range(_rounded(value.min), _rounded(value.max))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _values(item: Mapping[str, Any], name: str, default: Any = None) -> tuple[Value, ...]:
    """Alternatives of a gold field: numbers as numbers, all else as folded text."""
    return tuple(
        one if one is None else float(one) if isinstance(one, int | float) else fold_name(str(one))
        for one in alternatives(item.get(name, default))
    )


# ------------------------------------------------------------------ the two sides, part by part


def iter_claims(gold: GoldArticle, record: Record) -> Iterator[Claims]:
    """Every part that gold annotates, in the order of ``PARTS``; actors are among the commitments."""
    yield Claims("units", tuple(_wanted_units(gold.says)), tuple(_found_units(record)))
    if "persons" in gold.says:
        yield Claims("persons", tuple(_wanted_persons(gold.says)), tuple(_found_persons(record)))
    if any(key in gold.says for key in ("meeting", "published", "home")):
        yield Claims("meeting", tuple(_wanted_meeting(gold.says)), tuple(_found_meeting(gold.says, record)))
    for part in ("criteria_counts", "criteria_status", "targets", "achievements"):
        yield Claims(part, tuple(_wanted_facts(part, gold.says.get(part))), tuple(_found_facts(part, record)))
    if "results" in gold.says:
        yield Claims("results", tuple(_wanted_results(gold.says)), tuple(_found_results(record)))
    if "commitments" in gold.says:
        wanted = tuple(_wanted_commitments(gold.says, record.text))
        yield Claims("commitments", wanted, tuple(_found_commitments(record)), same_commitment)


def _wanted_units(says: Mapping[str, Any]) -> Iterator[Wanted]:
    for number, entry in enumerate(says.get("units") or []):
        optional = isinstance(entry, dict) and bool(entry.get("optional"))
        surface = entry["unit"] if isinstance(entry, dict) else entry
        level, _, name = surface.partition(":")
        yield Wanted({"whom": (Whom(level, fold_unit_name(name)),)}, number, optional)


def _found_units(record: Record) -> Iterator[Found]:
    seen: dict[Whom, Found] = {}
    for mention in record.units:
        whom = Whom(mention.unit.level, fold_unit_name(mention.unit.name))
        evidence = Evidence(start=mention.start, end=mention.end, text=mention.text, rule="units")
        seen.setdefault(whom, Found({"whom": whom}, len(seen), evidence))
    yield from seen.values()


def _wanted_persons(says: Mapping[str, Any]) -> Iterator[Wanted]:
    for number, item in enumerate(says["persons"] or []):
        yield Wanted({"name": (fold_name(item["name"]),)}, number, bool(item.get("optional")))


def _found_persons(record: Record) -> Iterator[Found]:
    seen: dict[Folded, Found] = {}
    for person in record.persons:
        evidence = Evidence(start=person.start, end=person.end, text=person.name, rule="persons")
        name = fold_name(person.name)
        seen.setdefault(name, Found({"name": name}, len(seen), evidence))
    yield from seen.values()


def _wanted_meeting(says: Mapping[str, Any]) -> Iterator[Wanted]:
    meeting = says.get("meeting") or {}
    if meeting.get("date"):
        yield Wanted({"date": (str(meeting["date"]),)})
    for name in meeting.get("chairs") or ():
        yield Wanted({"chair": (fold_name(name),)})
    if says.get("published"):
        yield Wanted({"published": (str(says["published"]),)})
    for level, name in (says.get("home") or {}).items():
        if name is not None:  # null: there is none, so one that is found is spurious
            yield Wanted({f"home {level}": (fold_unit_name(name),)})


def _found_meeting(says: Mapping[str, Any], record: Record) -> Iterator[Found]:
    """What gold cannot judge (a posting date or a home it does not speak of) is left out."""
    if record.meeting is not None:
        if record.meeting.date:
            yield Found({"date": record.meeting.date.isoformat()})
        for chair in record.meeting.chairs:
            yield Found({"chair": fold_name(chair.name)})
    if record.published and "published" in says:
        yield Found({"published": record.published.isoformat()})
    for level in says.get("home") or ():
        unit = getattr(record.home, level, None)
        if unit is not None:
            yield Found({f"home {level}": fold_unit_name(unit.name)})


def _wanted_subjects(subject: Mapping[str, Any] | None) -> list[Whom]:
    subject = subject or {}
    whom = [Whom(level, fold_unit_name(name)) for level in LEVELS for name in subject.get(level) or ()]
    if (not whom or "count" in subject) and subject.get("level"):
        whom.append(Whom(subject["level"], count=_range(subject.get("count"))))
    return whom


def _found_subjects(subject: Subject) -> list[Whom]:
    whom = [Whom(unit.level, fold_unit_name(unit.name)) for unit in subject.units]
    if not whom or subject.count is not None:
        whom.append(Whom(subject.level, count=_range_of(subject.count)))
    return whom


def _wanted_facts(part: Part, items: Sequence[Mapping[str, Any]] | None) -> Iterator[Wanted]:
    for number, item in enumerate(items or []):
        fields = _WANTED_FIELDS[part](item)
        for whom in _wanted_subjects(item.get("subject")):
            yield Wanted({"whom": (whom,), **fields}, number, bool(item.get("optional")), quote=item.get("quote"))


def _wanted_count(item: Mapping[str, Any]) -> dict[str, tuple[Value, ...]]:
    named = [name for name in ("total", "achieved_max") if name in item]
    return {
        "standard": _values(item, "standard"),
        "metric": _values(item, "metric", "criterion"),
        **{name: _values(item, name) for name in ("achieved", *named)},
    }


def _wanted_status(item: Mapping[str, Any]) -> dict[str, tuple[Value, ...]]:
    return {"criterion": _values(item, "criterion"), "status": _values(item, "status")}


def _wanted_target(item: Mapping[str, Any]) -> dict[str, tuple[Value, ...]]:
    fields = {"outcome": _values(item, "outcome", "standard"), "deadline": _values(item, "end")}
    if item.get("outcome", "standard") == "standard":
        return {**fields, "standard": _values(item, "standard")}
    quantity = item.get("quantity")
    either = quantity["any"] if isinstance(quantity, dict) else [quantity]
    return {**fields, "quantity": tuple(_range(one) for one in either)}


def _wanted_achievement(item: Mapping[str, Any]) -> dict[str, tuple[Value, ...]]:
    fields = {"standard": _values(item, "standard"), "status": _values(item, "status")}
    return {**fields, "share": _values(item, "share")} if "share" in item else fields


_WANTED_FIELDS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, tuple[Value, ...]]]] = {
    "criteria_counts": _wanted_count,
    "criteria_status": _wanted_status,
    "targets": _wanted_target,
    "achievements": _wanted_achievement,
}


def _found_facts(part: FactKind, record: Record) -> Iterator[Found]:
    for number, fact in enumerate(getattr(record, part)):
        fields: dict[str, Value]
        if part == "criteria_counts":
            fields = {"standard": fact.standard, "metric": fact.metric}
            fields |= {name: _rounded(getattr(fact, name)) for name in ("achieved", "achieved_max", "total")}
        elif part == "criteria_status":
            fields = {"criterion": fact.criterion, "status": fact.status}
        elif part == "targets":
            end = fact.deadline.end.isoformat() if fact.deadline and fact.deadline.end else None
            fields = {"outcome": fact.outcome, "deadline": end, "standard": fact.standard}
            fields["quantity"] = _range_of(fact.quantity)
        else:
            fields = {"standard": fact.standard, "status": fact.status, "share": _rounded(fact.share)}
        for whom in _found_subjects(fact.subject):
            yield Found({"whom": whom, **fields}, number, fact.evidence)


def _wanted_results(says: Mapping[str, Any]) -> Iterator[Wanted]:
    for number, item in enumerate(says["results"] or []):
        yield Wanted({"value": _values(item, "value")}, number, bool(item.get("optional")), quote=item.get("quote"))


def _found_results(record: Record) -> Iterator[Found]:
    for number, fact in enumerate(record.results):
        yield Found({"value": _rounded(fact.value)}, number, fact.evidence)


# ------------------------------------------------------------------ commitments


def _wanted_commitments(says: Mapping[str, Any], text: str) -> Iterator[Wanted]:
    for number, item in enumerate(says["commitments"] or []):
        at = find_quote(text, item["quote"])
        span = (-1, -1) if at is None else sentence_around(text, at)
        fields: dict[str, tuple[Value, ...]] = {"act": _values(item, "act", "directive")}
        if item.get("actor") is not None:
            fields["actor"] = _values(item, "actor")
        yield Wanted(fields, number, bool(item.get("optional")), span, item["quote"])


def _found_commitments(record: Record) -> Iterator[Found]:
    for number, fact in enumerate(record.commitments):
        actor = fold_name(fact.actor) if fact.actor else None
        yield Found({"act": fact.act, "actor": actor}, number, fact.evidence)


_BEFORE = re.compile(r"[.!?…]\s+|\n+")
_BEHIND = re.compile(r"[.!?…](?=\s)|\n")


def sentence_around(text: str, at: int) -> tuple[int, int]:
    """Bounds of the sentence around an offset, its full stop left out."""
    start = 0
    for mark in _BEFORE.finditer(text, 0, at):
        start = mark.end()
    stop = _BEHIND.search(text, at)
    return start, stop.start() if stop else len(text)


def same_sentence(wanted: Wanted, found: Found) -> bool:
    """Do the two stand in one place: is at least half of the shorter stretch common to both?"""
    if wanted.span is None or found.evidence is None:
        return False
    (start, end), evidence = wanted.span, found.evidence
    common = min(end, evidence.end) - max(start, evidence.start)
    return common > 0 and common >= 0.5 * min(end - start, evidence.end - evidence.start)


def same_commitment(wanted: Wanted, found: Found) -> bool:
    """The same act in the same sentence; who acts is scored apart."""
    return found.fields["act"] in wanted.fields["act"] and same_sentence(wanted, found)


def same_actor(wanted: Wanted, found: Found) -> bool:
    """Is one of the actor's names part of the name found, or the name found part of it?"""
    actor = found.fields["actor"]
    names = [name for name in wanted.fields["actor"] if isinstance(name, str)]
    return isinstance(actor, str) and bool(actor) and any(name in actor or actor in name for name in names)
