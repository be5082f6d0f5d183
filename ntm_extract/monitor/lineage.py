"""Lineage: the facts of many articles as dated events, each about one unit (or a number of them) and one standard.

Reprints and mirrors of one text count once; the earliest stands. Nothing is judged here: an event says what an
article says, when, how surely, and where it can be read.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

from ntm_extract.model import (
    Achievement,
    CriteriaCount,
    CriteriaStatus,
    Evidence,
    Period,
    Record,
    Standard,
    Subject,
    Target,
    Unit,
)
from ntm_extract.monitor.places import Places, record_day
from ntm_extract.monitor.reading import (
    BODY_LEVELS,
    BodyLevel,
    Grade,
    Passage,
    clause,
    is_caption,
    moved_to,
    only_day,
    paragraph_before,
    passage,
    sentence,
    sentence_bounds,
    signature,
    standards_named,
    year_of_standard,
)
from ntm_extract.monitor.yardsticks import criteria_sets
from ntm_extract.orthography import fold_text
from ntm_extract.units import fold

Modality = Literal["goal", "plan", "pledge", "directive"]
EventKind = Literal[
    "promised",  # a target: to reach a standard by a day
    "dropped",  # taken off the plan
    "moved",  # said to be moved to a later day
    "progress",  # n of m criteria, a criterion named, 'cơ bản đạt'
    "unmet",  # said not to have been reached
    "proposed",
    "appraised",
    "met",
    "recognised",
    "lost",  # recognition taken back, standard no longer held
]


# ------------------------------------------------------------------ which records are one text


def visible(records: Iterable[Record], as_of: dt.date) -> list[Record]:
    """Records that could be read on a day, oldest first: posted by then, or about a meeting held by then.

    A record without any date is always visible: nothing shows that it came later.
    """
    seen = {record.id: record for record in records}
    kept = [record for record in seen.values() if (seen_on(record) or as_of) <= as_of]
    return sorted(kept, key=_age)


def seen_on(record: Record) -> dt.date | None:
    """First day a record can be cited: its posting, else the meeting it reports."""
    return record.published or (record.meeting.date if record.meeting else None)


def _age(record: Record) -> tuple[dt.date, str]:
    return (seen_on(record) or dt.date.min, record.id)


_SHINGLE = 3
_CONTAINED = 0.8
_SIZES = 0.4
_PERMUTATIONS = 64
_ALIKE = 0.45  # estimated Jaccard likeness from which two texts are compared
_FEW = 32  # records sharing a fact that are compared one by one; of more an index finds the alike


def reprints(records: Sequence[Record]) -> dict[str, str]:
    """Id of each reprint or mirror -> id of the earliest record with that text.

    Texts are compared where two records share a fact (there is nothing else that could count twice): by MinHash over
    shingles of three words, the alike then exactly. Four fifths of the shorter text must stand in the longer, and half
    of the later one's facts in the earlier one. Reports of meetings on different days are never one text.
    """
    ordered = sorted(records, key=_age)
    said = {record.id: signatures(record) for record in ordered}
    sharing: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for at, record in enumerate(ordered):
        for what in said[record.id]:
            sharing[what].append(at)
    groups = [group for group in sharing.values() if len(group) > 1]
    if not groups:
        return {}
    # Here, because it brings scipy along: a second and a half that most calls need not pay.
    from datasketch import MinHash, MinHashLSH

    blank = MinHash(num_perm=_PERMUTATIONS)
    shingles: dict[int, frozenset[str]] = {}
    sketches: dict[int, Any] = {}
    for at in sorted({at for group in groups for at in group}):
        words = fold_text(" ".join(re.findall(r"\w+", ordered[at].text))).split()
        shingles[at] = frozenset(" ".join(words[i : i + _SHINGLE]) for i in range(max(1, len(words) - _SHINGLE + 1)))
        sketches[at] = blank.copy()
        sketches[at].update_batch([shingle.encode() for shingle in shingles[at]])
    earlier: dict[int, set[int]] = defaultdict(set)
    for group in groups:
        index = MinHashLSH(threshold=_ALIKE, num_perm=_PERMUTATIONS) if len(group) > _FEW else None
        for position, at in enumerate(group):
            if index is None:
                earlier[at].update(group[:position])
            else:
                earlier[at].update(index.query(sketches[at])[:_FEW])
                index.insert(at, sketches[at])
    original: dict[str, str] = {}
    for at in sorted(earlier):
        record = ordered[at]
        for other in sorted(earlier[at]):
            first = ordered[other]
            shared = len(said[record.id] & said[first.id])
            if (
                2 * shared >= len(said[record.id])
                and _one_meeting(record, first)
                and sketches[at].jaccard(sketches[other]) >= _ALIKE / 2
                and _one_text(shingles[at], shingles[other])
            ):
                original[record.id] = original.get(first.id, first.id)
                break
    return original


def _one_text(one: frozenset[str], other: frozenset[str]) -> bool:
    small, large = sorted((one, other), key=len)
    return len(small) >= _SIZES * len(large) and len(small & large) >= _CONTAINED * len(small)


def _one_meeting(one: Record, other: Record) -> bool:
    days = {record.meeting.date for record in (one, other) if record.meeting and record.meeting.date}
    return len(days) < 2


def signatures(record: Record) -> frozenset[tuple[object, ...]]:
    """What a record's facts say, work done apart: numbers of it recur in texts that have nothing else in common."""
    return frozenset(_signature(kind, fact) for kind, fact in record.facts() if kind != "results")


_SAID = (
    *("standard", "outcome", "modality", "status", "criterion", "achieved", "total", "share", "stat"),
    *("act", "action", "value"),
)


def _signature(kind: str, fact: Any) -> tuple[object, ...]:
    """What a fact says, without where it stands: equal for the same fact of a reprint."""
    subject: Subject | None = getattr(fact, "subject", None)
    who: tuple[object, ...] = ()
    if subject is not None:
        count = (subject.count.min, subject.count.max) if subject.count else None
        who = (subject.level, tuple(sorted((unit.level, fold(unit.name)) for unit in subject.units)), count)
    rest = [getattr(fact, name, None) for name in _SAID]
    for name in ("deadline", "period"):
        period: Period | None = getattr(fact, name, None)
        rest.append(period.end if period else None)
    return (kind, who, *map(str, rest))


# ------------------------------------------------------------------ events


@dataclass(frozen=True, slots=True)
class Body:
    """Who promises: the organs of a province, a district or a commune; None where a text does not say."""

    level: BodyLevel | None
    name: str | None = None

    def same(self, other: Body) -> bool:
        """Whether two promises may come from one body: a district speaks for its communes and they for it."""
        if self.level is None or other.level is None:
            return True
        if (self.level == "province") != (other.level == "province"):
            return False
        return self.level != other.level or self.name is None or other.name is None or self.name == other.name


@dataclass(frozen=True, slots=True)
class Event:
    """What one article says of one unit, or of a number of units, and one standard.

    ``day`` is the day it was said; ``happened`` the day of the signature or of the announcement, where one is known,
    and ``signed`` whether the text itself gives it. ``year`` is the year of the standard. ``place`` is the unit's key,
    or for a number of units (``count``) the key of the area they lie in.
    """

    kind: EventKind
    article: str
    day: dt.date | None
    place: str | None
    unit: Unit | None
    subject: Subject
    standard: Standard | None
    evidence: Evidence
    grade: Grade
    by: Period | None = None
    modality: Modality = "goal"
    body: Body = Body(None)
    admitted: bool = False
    year: int | None = None
    held: dt.date | None = None
    happened: dt.date | None = None
    signed: bool = False
    decision: str | None = None
    achieved: float | None = None
    total: float | None = None
    metric: Literal["criterion", "indicator"] = "criterion"
    final: bool = True
    counted: bool = False
    increment: bool = False
    stock: bool = False
    share: float | None = None
    reads: str = ""

    @property
    def deadline(self) -> dt.date | None:
        return self.by.end if self.by else None

    def sort_key(self) -> tuple[object, ...]:
        return (
            self.day or dt.date.min,
            self.article,
            self.evidence.start,
            self.evidence.end,
            self.kind,
            self.standard or "",
            self.place or "",
            str(self.deadline),
        )


@dataclass(slots=True)
class Lineage:
    """Events of a body of records, and the places they are about."""

    records: dict[str, Record]
    places: Places
    events: list[Event] = field(default_factory=list)
    originals: dict[str, str] = field(default_factory=dict)

    def by_place(self) -> dict[str, list[Event]]:
        """Events of each place, oldest first; a number of units is under its area's key."""
        out: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            if event.place is not None:
                out[event.place].append(event)
        return out


def lineage(records: Iterable[Record], as_of: dt.date) -> Lineage:
    """Events of the records that could be read on ``as_of``; reprints give none that their original gave."""
    seen = visible(records, as_of)
    originals = reprints(seen)
    out = Lineage({record.id: record for record in seen}, Places(seen), originals=originals)
    known: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for record in seen:
        root = originals.get(record.id)
        out.events += _events(record, out.places, known[root] if root else (), out.records[root].text if root else "")
        known[root or record.id] |= signatures(record)
    out.events.sort(key=Event.sort_key)
    return out


@dataclass(frozen=True, slots=True)
class Thread:
    """Everything said of one unit and one standard, oldest first; renamed, the unit goes on."""

    unit: Unit
    standard: Standard | None
    events: tuple[Event, ...]


def threads(records: Iterable[Record] | Lineage, as_of: dt.date = dt.date.max) -> list[Thread]:
    """Threads of every named unit and standard, in order of level, name and standard."""
    lines = records if isinstance(records, Lineage) else lineage(records, as_of)
    found: dict[tuple[str, Standard | None], list[Event]] = defaultdict(list)
    for event in lines.events:
        if event.unit is not None and event.place is not None:
            found[lines.places.root(event.place), event.standard].append(event)
    out = [
        Thread(lines.places.unit(events[0].place or ""), standard, tuple(events))
        for (_, standard), events in found.items()
    ]
    return sorted(
        out, key=lambda one: (one.unit.level, fold(one.unit.name), one.standard or "", one.events[0].sort_key())
    )


def _events(record: Record, places: Places, skip: Container[tuple[object, ...]], known: str) -> Iterator[Event]:
    """Events of one record, without facts to ``skip`` and denials that stand in the text ``known`` already."""
    reader = _Reader(record, places)
    for kind, fact in record.facts():
        if skip and _signature(kind, fact) in skip:
            continue
        if isinstance(fact, Target):
            yield from reader.target(fact)
        elif isinstance(fact, Achievement):
            yield from reader.achievement(fact)
        elif isinstance(fact, CriteriaCount):
            yield from reader.count(fact)
        elif isinstance(fact, CriteriaStatus):
            yield from reader.status(fact)
    for event in reader.denials():
        if not known or fold_text(event.evidence.text) not in fold_text(known):
            yield event


# Verbs of reaching a standard.
REACHING = re.compile(
    r"\b(?:đạt|được công nhận|công nhận|hoàn thành|về đích|cán đích|đón bằng|đón nhận)\b", re.IGNORECASE
)
_UNTIL = re.compile(r"\b(?:đến|tính|(?<!năm )nay|hiện|lũy kế)\b", re.IGNORECASE)
_ASIDE = re.compile(r";|,\s*(?=(?:còn|riêng|trong khi|nhưng|tuy nhiên|song)\b)|\b(?=nhưng\b)", re.IGNORECASE)
_DENIALS: tuple[tuple[str, EventKind, bool], ...] = (
    ("withdrawn", "lost", True),
    ("dropped", "dropped", True),
    ("moved", "moved", True),
    ("not_reached_final", "unmet", True),
    ("not_reached_yet", "unmet", False),
)


_OfUnits = Target | Achievement | CriteriaCount | CriteriaStatus


class _Reader:
    """Turns the facts of one record into events."""

    def __init__(self, record: Record, places: Places) -> None:
        self.record = record
        self.places = places
        self.day = record_day(record)

    # -------------------------------------------------------------- whom

    def _of_each(self, kind: EventKind, fact: _OfUnits, grade: Grade | None = None) -> Iterator[Event]:
        """What a fact says of each unit named; else, of a number of units, of the area they lie in."""
        area = self._area(fact.subject)
        first = Event(
            kind=kind,
            article=self.record.id,
            day=self.day,
            place=self.places.key(area, self.record) if area and not fact.subject.units else None,
            unit=None,
            subject=fact.subject,
            standard=fact.standard,
            evidence=fact.evidence,
            grade=grade or ("caption" if is_caption(self.record, fact.evidence) else "report"),
            counted=not fact.subject.units,
        )
        for unit in fact.subject.units:
            yield replace(first, place=self.places.key(unit, self.record), unit=self.places.linked(unit, self.record))
        if not fact.subject.units:
            yield first

    def _area(self, subject: Subject) -> Unit | None:
        return subject.within or self.record.home.district or self.record.home.province

    def _foreign(self, subject: Subject) -> Callable[[int, int], bool]:
        """Tells whether a stretch of the text names units of the subject's level that are not its own."""
        own = {fold(unit.name) for unit in subject.units}
        others = [
            (mention.start, mention.end)
            for mention in self.record.units
            if mention.unit.level == subject.level and fold(mention.unit.name) not in own
        ]
        return lambda start, end: any(start <= a and b <= end for a, b in others)

    # -------------------------------------------------------------- facts

    def target(self, fact: Target) -> Iterator[Event]:
        if fact.outcome != "standard" or fact.standard is None:
            return
        if not fact.subject.units and fact.subject.count is None:
            return
        around = clause(self.record, fact.evidence)
        negated = _own(around, fact.evidence).has("dropped")
        ahead = paragraph_before(self.record, sentence(self.record, fact.evidence))
        last = sentence_bounds(ahead.text)[-1:]
        admitted = sentence(self.record, fact.evidence).has("slip") or any(
            passage(ahead.text, start, end).has("slip") for start, end in last
        )
        for event in self._of_each("dropped" if negated else "promised", fact):
            yield replace(
                event,
                by=fact.deadline,
                modality=fact.modality,
                body=self._body(fact.evidence, event.unit),
                admitted=admitted,
                increment=around.has("increment"),
                stock=is_stock(fact.evidence, around),
            )

    def achievement(self, fact: Achievement) -> Iterator[Event]:
        if fact.standard is None and fact.status in ("met", "recognised"):
            return
        around = clause(self.record, fact.evidence)
        own = _own(around, fact.evidence)
        signed = (
            signature(self.record, fact.evidence, self.day, foreign=self._foreign(fact.subject))
            if fact.status == "recognised"
            else None
        )
        kind: EventKind = fact.status
        grade = self._grade(fact, around)
        if kind == "met" and is_hedged(fact.evidence, around):
            kind = "progress"
        year, held, when = _times(fact.period, fact.evidence.text, self.day)
        happened = (signed.day if signed else None) or when
        explicit = happened is not None
        if happened is None and kind in ("recognised", "met", "lost", "appraised", "proposed"):
            happened = only_day(self.record, fact.evidence, self.day)
            explicit = happened is not None
        reads = "announced" if sentence(self.record, fact.evidence).has("announcement") else ""
        if own.has("shortfall") and own.has("not_reached_final"):
            reads = "missed"
        events = list(self._of_each(kind, fact, grade))
        if fact.subject.units and fact.subject.count is not None and own.has("shortfall"):
            # 'chỉ có thêm 2 xã là A, B' says of A and B that they did, and of a promised number that it fell short.
            number = fact.subject.model_copy(update={"units": ()})
            events += self._of_each(kind, fact.model_copy(update={"subject": number}), grade)
        for event in events:
            yield replace(
                event,
                year=year,
                held=held,
                happened=happened or self.day,
                signed=explicit,
                decision=signed.number if signed else None,
                increment=around.has("increment"),
                stock=is_stock(fact.evidence, around),
                final=not own.has("shortfall"),
                share=fact.share,
                reads=reads,
            )

    def count(self, fact: CriteriaCount) -> Iterator[Event]:
        single = len(fact.subject.units) == 1
        if not fact.subject.units or not (fact.stat == "each" or single):
            return
        around = clause(self.record, fact.evidence)
        grade: Grade | None = "forecast" if is_forecast(fact.evidence, around) else None
        _, held, when = _times(fact.period, "", self.day)
        until = fact.period.end if fact.period and fact.period.end else held or when
        if until and self.day and until > self.day:
            until = None
        for event in self._of_each("progress", fact, grade):
            size, unit = fact.total, event.unit
            if size is None and unit is not None and self.day is not None and fact.standard is not None:
                known = criteria_sets().in_force(unit.level, fact.standard, self.day)
                size = known.size(fact.metric, unit.province, self.day) if known else None
            full = (
                fact.standard is not None and size is not None and fact.achieved >= size and fact.metric == "criterion"
            )
            met = full and not fact.basically and not is_hedged(fact.evidence, around)
            yield replace(
                event,
                kind="met" if met else "progress",
                held=until,
                happened=until or self.day,
                achieved=fact.achieved,
                total=fact.total,
                metric=fact.metric,
                reads="full count" if met else "",
            )

    def status(self, fact: CriteriaStatus) -> Iterator[Event]:
        for event in self._of_each("unmet" if fact.status == "unmet" else "progress", fact):
            if event.unit is not None:
                yield replace(event, happened=self.day, final=False, reads="criterion")

    # -------------------------------------------------------------- what only the text says

    def denials(self) -> Iterator[Event]:
        """Units of which a sentence says that a standard was not reached, was given up or was taken back."""
        text = self.record.text
        mentions = sorted(
            {(m.start, m.end, m.unit) for m in self.record.units if m.unit.level != "province"}, key=_span
        )
        if not mentions:
            return
        for start, end in sentence_bounds(text):
            inside = [mention for mention in mentions if start <= mention[0] and mention[1] <= end]
            if not inside:
                continue
            cuts = [start, *(start + cut.start() for cut in _ASIDE.finditer(text[start:end])), end]
            for first, last in pairwise(cuts):
                part = passage(text, first, last)
                for row, kind, final in _DENIALS:
                    found = part.find(row)
                    if found is None:
                        continue
                    named = standards_named(part) or standards_named(passage(text, start, end))
                    left = len(part.text) - len(part.text.lstrip(" ,;\n"))
                    quote = Evidence(
                        start=first + left, end=last, text=text[first + left : last], rule=f"monitor.{row}"
                    )
                    by = moved_to(part, found[0], self.day) if kind == "moved" else None
                    if kind == "moved" and by is None:
                        continue
                    whom = _subjects(text, start, part, found, inside, several=kind == "moved")
                    standards: list[Standard | None] = [*sorted(named)] or [None]
                    for unit in whom:
                        for standard in standards:
                            yield self._denial(kind, unit, standard, quote, final=final, by=by)
                    break

    def _denial(
        self,
        kind: EventKind,
        unit: Unit,
        standard: Standard | None,
        quote: Evidence,
        *,
        final: bool,
        by: Period | None,
    ) -> Event:
        return Event(
            kind=kind,
            article=self.record.id,
            day=self.day,
            place=self.places.key(unit, self.record),
            unit=self.places.linked(unit, self.record),
            subject=Subject(level=unit.level, units=(unit,)),
            standard=standard,
            evidence=quote,
            grade="caption" if is_caption(self.record, quote) else "report",
            by=by,
            body=self._body(quote, unit) if by else Body(None),
            admitted=kind == "moved",
            happened=self.day,
            final=final,
            reads="text",
        )

    # -------------------------------------------------------------- how surely, and who says it

    def _grade(self, fact: Achievement, around: Passage) -> Grade:
        if is_caption(self.record, fact.evidence):
            return "caption"
        if is_forecast(fact.evidence, around):
            return "forecast"
        if fact.status == "recognised":
            return "decision"
        if fact.status == "appraised" or around.has("council"):
            return "council"
        return "report"

    def _body(self, evidence: Evidence, unit: Unit | None) -> Body:
        """The organ named nearest before the promise in its paragraph, else whose article it is, else who chaired."""
        home = self.record.home
        names: dict[BodyLevel, str | None] = {
            "province": home.province.name if home.province else unit.province if unit else None,
            "district": home.district.name if home.district else unit.district if unit else None,
            "commune": None,
        }
        level = self._speaker(evidence)
        if level is None and home.district:
            level = "district"
        if level is None and self.record.meeting:
            roles = " ".join(chair.role or "" for chair in self.record.meeting.chairs)
            where = passage(roles, 0, len(roles))
            level = next((level for level in reversed(BODY_LEVELS) if where.has(f"organ_{level}")), None)
        return Body(level, fold(names[level] or "") or None) if level else Body(None)

    def _speaker(self, evidence: Evidence) -> BodyLevel | None:
        around = sentence(self.record, evidence)
        if level := _organ(passage(self.record.text, around.start, min(max(evidence.end, around.start), around.end))):
            return level
        ahead = paragraph_before(self.record, around)
        for start, end in sentence_bounds(ahead.text)[-1:]:
            return _organ(passage(ahead.text, start, end))
        return None


def _span(mention: tuple[int, int, Unit]) -> tuple[int, int]:
    return mention[0], mention[1]


def _organ(where: Passage) -> BodyLevel | None:
    """Level of the first organ that plans or promises, else of one cited for a plan; one merely named is none."""
    found = []
    for level in BODY_LEVELS:
        for start, end in where.spans(f"organ_{level}"):
            cited = where.between(max(where.start, start - _CITED), start).has("cited")
            if cited or where.between(start, end + _PLANS).has("plans"):
                found.append((cited, start, level))
    return min(found)[2] if found else None


# Characters before and behind an organ within which its planning is said.
_CITED, _PLANS = 30, 50


def is_stock(evidence: Evidence, around: Passage) -> bool:
    """Whether a number in a clause is a total of all years, not what was added: 'nâng tổng số lên 7 xã', even beside
    'có thêm 4 xã'."""
    if evidence.rule.startswith("standards.total."):
        return True
    return around.has("stock") and not around.has("increment")


def is_forecast(evidence: Evidence, around: Passage) -> bool:
    """Whether what is quoted from a clause is said of what is still to come."""
    return "forecast" in evidence.rule or _ahead(around, evidence).has("forecast")


def is_hedged(evidence: Evidence, around: Passage) -> bool:
    """Whether a clause says 'nearly', or that the recognition is still to come."""
    return _own(around, evidence).has("hedge") or around.has("unrecognised")


def _own(around: Passage, evidence: Evidence) -> Passage:
    """The quotation itself, cut from the passage around it."""
    at = around.text.find(evidence.text)
    return passage(around.text, at, at + len(evidence.text)) if at >= 0 else around


def _ahead(around: Passage, evidence: Evidence) -> Passage:
    """What stands before the verb of reaching: a forecast says so ahead of it."""
    at = max(around.text.find(evidence.text), 0)
    verb = REACHING.search(around.text, at)
    return passage(around.text, 0, verb.start() if verb else len(around.text))


def _times(
    period: Period | None, surface: str, said: dt.date | None
) -> tuple[int | None, dt.date | None, dt.date | None]:
    """Of a period: the year of the standard, the day up to which it is said to hold, the day it happened."""
    if period is None or period.end is None:
        return year_of_standard(surface), None, None
    if period.start == period.end:
        return year_of_standard(surface), None, period.end
    if _UNTIL.search(period.text) or (period.start and period.start.year != period.end.year):
        held = period.end if said is None or period.end <= said else said
        return year_of_standard(surface), held if _UNTIL.search(period.text) else None, None
    return period.end.year, None, None


def _subjects(
    text: str,
    sentence_start: int,
    part: Passage,
    phrase: tuple[int, int],
    mentions: Sequence[tuple[int, int, Unit]],
    *,
    several: bool = False,
) -> list[Unit]:
    """Units a denial is about: those between the last thing reached and the phrase, else those listed behind it."""
    inside = [mention for mention in mentions if part.start <= mention[0] and mention[1] <= part.end]
    last = part.start
    for found in REACHING.finditer(text, part.start, phrase[0]):
        if not _ASPIRES.search(text, max(part.start, found.start() - 40), found.start()):
            last = found.end()
    # 'đưa xã A ra khỏi danh sách': the subject stands within the phrase.
    before = [mention for mention in inside if phrase[0] <= mention[0] and mention[1] <= phrase[1]]
    before = before or [mention for mention in inside if last <= mention[0] and mention[1] <= phrase[0]]
    if not before and not _OTHERS.search(text, part.start, phrase[0]):
        behind = [mention for mention in inside if mention[0] >= phrase[1]]
        if behind:
            listed = _LIST.search(text, phrase[1], behind[0][0])
            return [unit for _, _, unit in (behind if listed or several else behind[:1])]
        if not inside:  # 'xã A đăng ký …, nhưng chưa đạt': the subject stands in the clause before
            before = [mention for mention in mentions if sentence_start <= mention[0] and mention[1] <= part.start]
    elif not before:
        behind = [mention for mention in inside if mention[0] >= phrase[1]]
        return [unit for _, _, unit in behind if _LIST.search(text, phrase[1], behind[0][0])]
    if not before:
        return []
    smallest = min(_RANK.get(unit.level, 9) for _, _, unit in before)
    return [unit for _, _, unit in before if _RANK.get(unit.level, 9) == smallest]


# Reaching that is only aimed at.
_ASPIRES = re.compile(r"\b(?:phấn đấu|đăng ký|mục tiêu|kế hoạch|lộ trình|dự kiến|quyết tâm|phải|để)\b", re.IGNORECASE)
# Some other, unnamed units: '2 xã', 'các xã còn lại'.
_OTHERS = re.compile(
    r"\b(?:\d+|một số|các|những|nhiều|hai|ba|bốn|năm)\s+(?:xã|huyện|thôn|địa phương|đơn vị)\b", re.IGNORECASE
)
_LIST = re.compile(r"\b(?:gồm|là|đó là|như)\b|[:(]", re.IGNORECASE)
_RANK = {"village": 0, "commune": 1, "district": 2, "province": 3}
