"""Verdicts: what the articles known on a day say of each promise.

One verdict per promised unit and standard, and per promised number of units that names none; a unit that was promised
anew by others, for an earlier day or after it had been kept, has one for each. Nothing is called broken for want of
evidence; every verdict carries the facts it rests on, their grade and the rule that decided. Verdicts are computed from
the records each time; a reviewer's decision outweighs them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ntm_extract.model import WHOLE, CountRange, Evidence, Record, Standard, Subject, Unit
from ntm_extract.monitor.lineage import Event, Lineage, Modality, lineage, seen_on
from ntm_extract.monitor.places import Bearing, Places
from ntm_extract.monitor.reading import Grade
from ntm_extract.monitor.yardsticks import criteria_sets, including, yardstick
from ntm_extract.units import fold

Word = Literal["kept", "kept_late", "in_progress", "re-dated", "not_met", "lapsed_no_evidence", "open"]

# A decision for a year may be signed so long after the deadline and the promise is still kept.
SIGNED_WITHIN_MONTHS = 12


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Promised(_Frozen):
    """When it was promised, by when, how, and where that is written."""

    on: Annotated[dt.date | None, Field(description="day of the meeting or posting")]
    by: Annotated[dt.date | None, Field(description="last day of the deadline")]
    modality: Annotated[Modality, Field(description="how it was said")]
    article: Annotated[str, Field(description="id of the earliest article that says so")]


class Progress(_Frozen):
    """The newest count: criteria of one unit, or units of a promised number."""

    achieved: Annotated[float, WHOLE, Field(description="number reached")]
    total: Annotated[float | None, WHOLE, Field(description="out of how many, where stated")]
    as_of: Annotated[dt.date | None, Field(description="day it is said to hold")]


class Why(_Frozen):
    """One reason: the rule that read it, the article and its words, and how good the evidence is."""

    rule: Annotated[str, Field(description="what this fact decided or adds")]
    article: Annotated[str, Field(description="id of the article")]
    evidence: Annotated[Evidence, Field(description="the words")]
    grade: Annotated[Grade, Field(description="decision, council, report, caption or forecast")]


class Verdict(_Frozen):
    """What is known of one promise on the as-of day."""

    unit: Annotated[Unit | None, Field(description="as it was when promised; null for a number of units")]
    subject: Annotated[Subject, Field(description="the number promised, or the unit again")]
    standard: Annotated[Standard, Field(description="the standard promised")]
    promised: Annotated[Promised, Field(description="the promise")]
    verdict: Annotated[Word, Field(description="what became of it")]
    year_of_standard: Annotated[int | None, Field(description="the year it was recognised for")] = None
    recognised_on: Annotated[dt.date | None, Field(description="day it was signed or announced")] = None
    lag_days: Annotated[int | None, Field(description="recognised_on minus promised.by, days")] = None
    redated_to: Annotated[dt.date | None, Field(description="deadline of the later promise")] = None
    admitted: Annotated[bool, Field(description="whether a source itself says that the date was moved")] = False
    redates: Annotated[str | None, Field(description="id of the earlier promise whose day this one moves")] = None
    progress: Annotated[Progress | None, Field(description="the newest count")] = None
    today: Annotated[tuple[Unit, ...], Field(description="who holds the land on the as-of day")] = ()
    why: Annotated[tuple[Why, ...], Field(description="the reasons, the deciding one first")] = ()

    @property
    def id(self) -> str:
        """Stable id of the promise: of its subject, standard and deadline, not of what became of it."""
        subject: object = self.subject.count.model_dump() if self.subject.count and self.unit is None else None
        named = self.unit or self.subject.within
        where = (named.level, *(fold(x or "") for x in (named.name, named.district, named.province))) if named else ()
        parts = (where, subject, self.subject.level, self.standard, str(self.promised.by))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


class Decision(_Frozen):
    """A reviewer's decision on one promise; it stands over the rules from the day it was taken."""

    promise: Annotated[str, Field(description="id of the verdict (Verdict.id)")]
    verdict: Annotated[Word, Field(description="what the reviewer decided")]
    reviewer: Annotated[str, Field(description="who decided")]
    on: Annotated[dt.date, Field(description="day of the decision")]
    recognised_on: Annotated[dt.date | None, Field(description="day of recognition, where the reviewer knows it")] = (
        None
    )
    year_of_standard: Annotated[int | None, Field(description="year it was recognised for")] = None
    note: Annotated[str | None, Field(description="why")] = None


def verdicts(
    records: Iterable[Record], as_of: dt.date, decisions: Iterable[Decision] = (), *, moved: bool = False
) -> list[Verdict]:
    """Verdicts of every promise known on ``as_of``, from what could be read by then, oldest promise first.

    A promise by which the day of an earlier one is moved is part of that one's verdict; with ``moved`` it is also given
    by itself, judged by its own day.
    """
    return [one for one in judge(lineage(records, as_of), as_of, decisions) if moved or one.redates is None]


def history(records: Iterable[Record], promise: str, as_of: dt.date) -> list[tuple[dt.date, Verdict]]:
    """How the verdict of one promise (``Verdict.id``) went up to ``as_of``: the days on which it changed, oldest first.

    Computed anew for each day on which an article about it came or a deadline had passed.
    """
    lines = lineage(records, as_of)
    final = {verdict.id: verdict for verdict in judge(lines, as_of)}.get(promise)
    if final is None:
        return []
    record = lines.records[final.promised.article]
    about = final.unit or final.subject.within or record.home.district or record.home.province
    places = set(lines.places.related(lines.places.key(about, record))) if about else set()
    # A number of units rests on what is said of any unit: then no record may be left out.
    near = {event.article for event in lines.events if event.place in places} if final.unit else set(lines.records)
    pool = [one for one in lines.records.values() if one.id in near]
    days = {day for one in pool if (day := seen_on(one))}
    if final.promised.by:
        days.add(final.promised.by + dt.timedelta(days=1))
    out: list[tuple[dt.date, Verdict]] = []
    for day in sorted(day for day in days if day <= as_of):
        now = {verdict.id: verdict for verdict in verdicts(pool, day, moved=True)}.get(promise)
        if now is not None and (not out or _outcome(out[-1][1]) != _outcome(now)):
            out.append((day, now))
    return out


def _outcome(verdict: Verdict) -> tuple[object, ...]:
    return (verdict.verdict, verdict.year_of_standard, verdict.recognised_on, verdict.redated_to)


def judge(lines: Lineage, as_of: dt.date, decisions: Iterable[Decision] = ()) -> list[Verdict]:
    """As ``verdicts`` with those that move the day of another, from events already read."""
    court = _Court(lines, as_of)
    out = court.verdicts()
    latest: dict[str, Decision] = {}
    for decision in sorted(decisions, key=lambda decision: decision.on):
        if decision.on <= as_of:
            latest[decision.promise] = decision
    out = [_overruled(verdict, latest[verdict.id]) if verdict.id in latest else verdict for verdict in out]
    return sorted(out, key=_order)


def _order(verdict: Verdict) -> tuple[object, ...]:
    unit = verdict.unit
    return (
        verdict.promised.on or dt.date.min,
        verdict.promised.article,
        verdict.why[-1].evidence.start if verdict.why else 0,
        verdict.standard,
        verdict.promised.by or dt.date.max,
        verdict.subject.level,
        (unit.name, unit.district or "", unit.code or "") if unit else ("",),
        verdict.id,
    )


def _overruled(verdict: Verdict, decision: Decision) -> Verdict:
    first = verdict.why[-1]
    note = f": {decision.note}" if decision.note else ""
    reason = Why(
        rule=f"reviewer.{decision.reviewer}{note}", article=first.article, evidence=first.evidence, grade=first.grade
    )
    recognised = decision.recognised_on or verdict.recognised_on
    kept = decision.verdict in ("kept", "kept_late")
    by = verdict.promised.by
    return verdict.model_copy(
        update={
            "verdict": decision.verdict,
            "recognised_on": recognised if kept else None,
            "year_of_standard": (decision.year_of_standard or verdict.year_of_standard) if kept else None,
            "lag_days": (recognised - by).days if kept and recognised and by else None,
            "why": (reason, *verdict.why),
        }
    )


# ------------------------------------------------------------------ promises


@dataclass(slots=True)
class _Promise:
    """Every time one subject was promised one standard by one day; the earliest stands."""

    events: list[Event]
    places: set[str] = field(default_factory=set)

    @property
    def first(self) -> Event:
        return self.events[0]

    @property
    def standard(self) -> Standard:
        return _standard(self.first)

    @property
    def by(self) -> dt.date | None:
        return self.first.deadline

    @property
    def on(self) -> dt.date | None:
        return self.first.day

    @property
    def articles(self) -> set[str]:
        return {event.article for event in self.events}


@dataclass(frozen=True, slots=True)
class _Case:
    """A promise with what goes into its verdict whatever the verdict is."""

    promise: _Promise
    progress: tuple[Progress, Event] | None
    later: tuple[Event, ...]
    parts: tuple[Event, ...]
    today: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class _Reached:
    """One statement that the standard was reached, and what it makes of the promise."""

    event: Event
    bearing: Bearing
    late: bool
    year: int | None
    on: dt.date | None
    rule: str

    @property
    def decided(self) -> bool:
        return self.event.kind == "recognised"


@dataclass(slots=True)
class _Tally:
    """What was told of a promised number: units that reached the standard, and numbers said to have reached it."""

    units: list[_Reached] = field(default_factory=list)  # those in time first, by the day of each
    numbers: list[tuple[float, _Reached]] = field(default_factory=list)
    named: list[Event] = field(default_factory=list)  # promises of units by name for the same day
    steps: list[Event] = field(default_factory=list)

    @property
    def count(self) -> float:
        return max(len(self.units), self._said()[0])

    def _said(self, *, in_time: bool = False) -> tuple[float, _Reached | None]:
        """The largest number said to have been reached."""
        told = [(number, one) for number, one in self.numbers if not (in_time and one.late)]
        return max(told, key=lambda pair: pair[0], default=(0.0, None))

    def progress(self, wanted: float) -> tuple[Progress, Event] | None:
        newest = max([*self.units, *(one for _, one in self.numbers)], key=_when, default=None)
        if newest is None:
            return None
        reached = Progress(achieved=self.count, total=wanted, as_of=newest.on or newest.event.day)
        return reached, newest.event

    def kept(self, wanted: int) -> tuple[Literal["kept", "kept_late"], str, list[_Reached]] | None:
        """How a number was reached, and by which statements: in time before late, named units before mere numbers."""
        in_time = [one for one in self.units if not one.late]
        if len(in_time) >= wanted:
            return "kept", "kept.number_of_named_units", in_time[:wanted]
        number, one = self._said(in_time=True)
        if one is not None and number >= wanted:
            return "kept", "kept.number_said", [one]
        if len(self.units) >= wanted:
            return "kept_late", "kept_late.number_of_named_units", self.units[:wanted]
        number, one = self._said()
        if one is not None and number >= wanted:
            return "kept_late", "kept_late.number_said", [one]
        return None

    def short(self, wanted: float, by: dt.date | None) -> list[Event]:
        """Statements, made when it was over, that fewer were reached."""
        return [
            one.event
            for number, one in self.numbers
            if number < wanted and (one.event.reads == "missed" or _after(one.event.day, by)) and not one.event.final
        ]


class _Court:
    """Weighs the events of one body of records on one day."""

    def __init__(self, lines: Lineage, as_of: dt.date) -> None:
        self.as_of = as_of
        self.places: Places = lines.places
        self.events: dict[str, list[Event]] = lines.by_place()
        promised = [event for event in lines.events if event.kind == "promised" and event.standard]
        self.promises = self._named([event for event in promised if event.unit is not None])
        self.numbers = self._numbers([event for event in promised if event.unit is None], promised)
        self.standards_of: dict[str, set[str]] = defaultdict(set)
        for promise in self.promises:
            for place in promise.places:
                self.standards_of[place].add(promise.standard)
        self.moved: dict[int, _Promise] = {}  # by the id() of an event that promises again: what was promised first
        self.of_areas: list[Event] | None = None
        self.in_area: dict[tuple[str, str], list[Event]] | None = None

    def verdicts(self) -> list[Verdict]:
        """Of every promise, each promised day by itself."""
        given = [(promise, self.of_unit(promise)) for promise in self.promises]
        given += [(promise, self.of_number(promise)) for promise in self.numbers]
        ids = {id(promise): verdict.id for promise, verdict in given}
        out = []
        for promise, verdict in given:
            earlier = self.moved.get(id(promise.first))
            out.append(verdict.model_copy(update={"redates": ids[id(earlier)]}) if earlier is not None else verdict)
        return out

    def _moves(self, promise: _Promise, later: Iterable[Event]) -> None:
        for event in later:
            self.moved.setdefault(id(event), promise)

    # -------------------------------------------------------------- grouping

    def _named(self, events: Sequence[Event]) -> list[_Promise]:
        groups: dict[tuple[str, Standard, dt.date | None], _Promise] = {}
        for event in events:  # oldest first
            place = event.place or ""
            key = (self.places.root(place), _standard(event), event.deadline)
            promise = groups.setdefault(key, _Promise([]))
            promise.events.append(event)
            promise.places.add(place)
        return self._without_undated_doubles(list(groups.values()))

    def _without_undated_doubles(self, promises: list[_Promise]) -> list[_Promise]:
        """A promise without a day, in an article that also gives the day or while a dated one stands, restates that."""
        dated: dict[tuple[str, str | None], list[_Promise]] = defaultdict(list)
        for promise in promises:
            if promise.by is not None:
                for place in promise.places:
                    dated[place, promise.standard].append(promise)
        out = []
        for promise in promises:
            if promise.by is None:
                own = [one for place in promise.places for one in dated[place, promise.standard]]
                rest = [event for event in promise.events if not any(_restates(event, one) for one in own)]
                if not rest:
                    continue
                promise = _Promise(rest, promise.places)
            out.append(promise)
        return out

    def _numbers(self, events: Sequence[Event], promised: Sequence[Event]) -> list[_Promise]:
        """Promised numbers of units; one that the same article names in full is that list."""
        named: set[tuple[str, str | None, dt.date | None, int]] = set()
        for event in promised:
            if event.unit is not None:
                named.add((event.article, event.standard, event.deadline, len(event.subject.units)))
        groups: dict[tuple[object, ...], _Promise] = {}
        for event in events:
            count = event.subject.count
            least = _least(event)
            if count is None or least is None:
                continue
            if (event.article, event.standard, event.deadline, int(least)) in named:
                continue
            key = (event.place, event.subject.level, event.standard, event.deadline, count.min, count.max)
            if key in groups:
                groups[key].events.append(event)
            else:
                groups[key] = _Promise([event], {event.place} if event.place else set())
        return list(groups.values())

    # -------------------------------------------------------------- one unit

    def of_unit(self, promise: _Promise) -> Verdict:
        first = promise.first
        standard = promise.standard
        bearing: dict[str, Bearing] = {}
        for place in sorted(promise.places):
            for other in self.places.related(place):
                found = self.places.bearing(place, other)
                if found and (other not in bearing or _NEARER[found] < _NEARER[bearing[other]]):
                    bearing[other] = found
        about = [
            (event, bearing[place])
            for place in bearing
            for event in self.events.get(place, ())
            if not event.counted and event.kind not in ("promised", "moved")
        ]
        about += [(event, "same") for event in self._of_all(first)]
        about.sort(key=lambda pair: pair[0].sort_key())
        held = [(event, how) for event, how in about if how != "part"]
        parts = [event for event, how in about if how == "part" and event.kind in ("recognised", "met")]

        reached = self._reached(promise, standard, held)
        lost = [
            event
            for event, _ in held
            if event.kind == "lost"
            and (event.standard is None or event.standard == standard or standard in including(event.standard))
        ]
        loss = max((event for event in lost if event.day), key=lambda event: event.day or dt.date.min, default=None)
        void: list[_Reached] = []
        if loss is not None and loss.day is not None:
            void = [one for one in reached if (one.event.day or dt.date.min) <= loss.day]
            reached = [one for one in reached if one not in void]
        best = _best(reached)
        since_loss = loss.day if loss and void else None
        later = self._later(promise, bearing, best, since_loss)
        self._moves(promise, later)
        progress = self._progress(promise, standard, held, best)
        today = self.places.today(first.place or "", self.as_of) if first.place else ()
        case = _Case(promise, progress, tuple(later), tuple(parts), today)
        if best is not None:
            on = _signed_on(best, reached)
            best_year = best.year
            why = [_why(best.rule, best.event), *_land(best)]
            why += [_why("recognised.again", one.event) for one in reached if one is not best and one.event.signed][:2]
            return self._verdict("kept_late" if best.late else "kept", why, on=on, year=best_year, case=case)
        if later:
            rule = "re-dated.admitted" if any(event.admitted for event in later) else "re-dated.later_promise"
            return self._verdict("re-dated", [_why(rule, event) for event in reversed(later)], case=case)
        after = [event for event, _ in held if _since(event, promise)]
        if void and loss is not None:
            return self._verdict(
                "not_met",
                [_why("not_met.withdrawn", loss), *(_why("recognised.before", one.event) for one in void[:1])],
                case=case,
            )
        said = [event for event in after if self._denies(event, promise, standard)]
        if said:
            final = sorted(said, key=lambda event: (not event.final, event.kind != "lost", event.reads == "text"))
            return self._verdict("not_met", [_why(_denial_rule(event), event) for event in final[:3]], case=case)
        steps = [event for event in after if _is_step(event) and self._same(event, promise)]
        if promise.by is not None and self.as_of > promise.by:
            why = [_why("lapsed.nothing_after_deadline", first)]
            return self._verdict(
                "lapsed_no_evidence", why + [_why(_step_rule(event), event) for event in steps[-2:]], case=case
            )
        if steps:
            return self._verdict(
                "in_progress", [_why(_step_rule(event), event) for event in reversed(steps[-3:])], case=case
            )
        return self._verdict("open", [], case=case)

    def _verdict(
        self,
        word: Word,
        why: Sequence[Why],
        *,
        case: _Case,
        on: dt.date | None = None,
        year: int | None = None,
    ) -> Verdict:
        promise, progress, later = case.promise, case.progress, case.later
        first = promise.first
        reasons = list(why)
        if later and word != "re-dated":
            reasons += [_why("re-dated.later_promise", event) for event in later[-1:]]
        if progress and all(reason.evidence != progress[1].evidence for reason in reasons):
            reasons.append(_why("progress", progress[1]))
        reasons += [_why("land.heir_not_whole.not_counted", event) for event in case.parts[:2]]
        reasons.append(_why("promised", first))
        last = max(later, key=lambda event: (event.day or dt.date.min, event.deadline or dt.date.min), default=None)
        unit = first.unit
        subject = Subject(level=unit.level, units=(unit,)) if unit is not None else first.subject
        return Verdict(
            unit=unit,
            subject=subject,
            standard=promise.standard,
            promised=Promised(
                on=promise.on,
                by=promise.by,
                modality=first.modality,
                article=first.article,
            ),
            verdict=word,
            year_of_standard=year,
            recognised_on=on,
            lag_days=(on - promise.by).days if on and promise.by else None,
            redated_to=last.deadline if last else None,
            admitted=any(event.admitted for event in later),
            progress=progress[0] if progress else None,
            today=case.today,
            why=tuple(reasons),
        )

    # -------------------------------------------------------------- reached

    def _reached(self, promise: _Promise, standard: Standard, held: Sequence[tuple[Event, Bearing]]) -> list[_Reached]:
        higher = including(standard)
        out = []
        for event, how in held:
            if event.kind not in ("recognised", "met") or event.standard not in (standard, *higher):
                continue
            if not keeps(event) or self._of_an_older_set(event, promise, standard):
                continue
            if event.kind == "met" and not _since(event, promise):
                continue  # promised all the same: what was reported before did not settle it
            one = _weigh(event, how, promise.by)
            if one is not None:
                if event.standard != standard:
                    one = _Reached(event, how, one.late, one.year, one.on, f"{one.rule}.by_higher_standard")
                out.append(one)
        exact = [one for one in out if one.event.standard == standard]
        # The standard itself before a higher one that includes it, unless only that was on time.
        return exact if exact and not all(one.late for one in exact) else out

    def _of_an_older_set(self, event: Event, promise: _Promise, standard: Standard) -> bool:
        """Recognised long before the promise, on a set of criteria that another had replaced when it was made: the
        promise is to be recognised on the new one."""
        if promise.on is None or event.unit is None:
            return False
        when = dt.date(event.year, 12, 31) if event.year else event.happened
        if when is None or when.year >= promise.on.year - 1:
            return False
        sets = criteria_sets()
        old, new = (sets.in_force(event.unit.level, standard, day) for day in (when, promise.on))
        return old is not None and new is not None and old.id != new.id

    def _of_all(self, first: Event) -> Iterator[Event]:
        """'100 % số xã đạt chuẩn' of the unit's own district or province says it of the unit."""
        if first.unit is None or first.unit.level != "commune":
            return
        for event in self._areas():
            area = self._area_of(event)
            if area is not None and _lies_in(first.unit, area):
                yield event

    def _areas(self) -> list[Event]:
        if self.of_areas is None:
            self.of_areas = [
                event
                for events in self.events.values()
                for event in events
                if event.counted and event.kind in ("recognised", "met") and (event.share or 0) >= 100
                if event.subject.level == "commune"
            ]
        return self.of_areas

    def _area_of(self, event: Event) -> Unit | None:
        if event.subject.within is not None:
            return event.subject.within
        return self.places.unit(event.place) if event.place else None

    # -------------------------------------------------------------- promised again, denied, progress

    def _later(
        self, promise: _Promise, bearing: dict[str, Bearing], best: _Reached | None, since: dt.date | None
    ) -> list[Event]:
        """Later promises of the same body, unit and standard for a later day, oldest first; none after it was met."""
        out = []
        for place, how in bearing.items():
            if how == "part":
                continue
            for event in self.events.get(place, ()):
                if event.kind not in ("promised", "moved") or event.counted or not self._same(event, promise):
                    continue
                if event.article == promise.first.article or not _after(event.day, promise.on):
                    continue
                if event.deadline is None or (promise.by is not None and event.deadline <= promise.by):
                    continue
                if promise.by is None and not event.admitted:
                    continue
                if since is not None and not _after(event.day, since):
                    continue
                if best is not None and best.on and event.day and event.day >= best.on:
                    continue
                if any(event.body.same(own.body) for own in promise.events):
                    out.append(event)
        return sorted(out, key=Event.sort_key)

    def _same(self, event: Event, promise: _Promise) -> bool:
        """Whether an event is of the promised standard; if it names none: whether the unit was promised no other."""
        if event.standard is not None:
            return event.standard == promise.standard
        return self.standards_of.get(event.place or "", set()) <= {promise.standard}

    def _denies(self, event: Event, promise: _Promise, standard: str) -> bool:
        """Whether an event since the promise says that it was not reached or was given up."""
        if not self._same(event, promise) and (event.standard is not None or event.reads == "criterion"):
            return False
        if event.grade == "forecast":
            return False
        if event.kind in ("dropped", "lost"):
            return True
        if event.kind == "unmet" and event.final:
            return True
        passed = promise.by is not None and event.day is not None and event.day > promise.by
        if event.kind == "unmet":
            return passed
        if event.kind == "progress" and event.achieved is not None and event.metric == "criterion":
            on = event.held or event.day
            short = event.total is None or event.achieved < event.total
            return bool(
                passed
                and short
                and on
                and promise.by
                and on >= promise.by
                and self._on_the_promised_set(event, promise.by, standard)
            )
        return False

    def _on_the_promised_set(self, event: Event, by: dt.date, standard: str) -> bool:
        """A count on another set of criteria than that of the deadline does not say the promise was missed."""
        if event.unit is None:
            return True
        measured = yardstick(event.unit.level, standard, "criterion", event.day, event.unit.province, event.total)
        due = criteria_sets().in_force(event.unit.level, standard, by)
        return not measured.certain or due is None or measured.set_id == due.id

    def _progress(
        self, promise: _Promise, standard: Standard, held: Sequence[tuple[Event, Bearing]], best: _Reached | None
    ) -> tuple[Progress, Event] | None:
        counts = [
            event
            for event, _ in held
            if event.achieved is not None
            and self._same(event, promise)
            and event.grade != "forecast"
            and (promise.on is None or event.day is None or event.day >= promise.on)
            and (best is None or best.on is None or event.happened is None or event.happened <= best.on)
        ]
        counts = [event for event in counts if event.metric == "criterion"] or counts
        if not counts:
            return None
        last = max(counts, key=lambda event: (event.happened or dt.date.min, event.sort_key()))
        return Progress(achieved=last.achieved or 0, total=last.total, as_of=last.happened), last

    # -------------------------------------------------------------- a number of units

    def of_number(self, promise: _Promise) -> Verdict:
        """A promised number: reconciled with the units named since, and with numbers said to have been reached."""
        first = promise.first
        wanted = _least(first) or 0
        tally = self._tally(promise)
        later = self._later_numbers(promise)
        self._moves(promise, later)
        today = self.places.today(first.place, self.as_of) if first.place and self._area(first) is not None else ()
        enough = bool(wanted) and tally.count >= wanted
        case = _Case(promise, tally.progress(wanted), () if enough else tuple(later), (), today)
        listed = [_why("number.named_since", event) for event in tally.named[:3]]
        if wanted:
            kept = tally.kept(int(wanted))
            if kept is not None:
                word, rule, decisive = kept
                return self._number(word, rule, decisive, listed, case)
        if later:
            return self._verdict("re-dated", [_why("re-dated.admitted", event) for event in reversed(later)], case=case)
        short = tally.short(wanted, promise.by)
        if short:
            why = [_why("not_met.number_short", event) for event in short[:2]]
            return self._verdict("not_met", why + listed, case=case)
        reached = [_why("number.reached", one.event) for one in tally.units[:5]]
        if promise.by is not None and self.as_of > promise.by:
            lapsed = "lapsed.fewer_known" if reached else "lapsed.nothing_after_deadline"
            return self._verdict("lapsed_no_evidence", [_why(lapsed, first), *reached, *listed], case=case)
        if tally.units or tally.numbers or tally.steps:
            steps = [_why(_step_rule(event), event) for event in tally.steps[-2:]]
            return self._verdict("in_progress", reached + steps + listed, case=case)
        return self._verdict("open", listed, case=case)

    def _area(self, first: Event) -> Unit | None:
        """The unit within which a number was promised."""
        return first.subject.within or (self.places.unit(first.place) if first.place else None)

    def _tally(self, promise: _Promise) -> _Tally:
        """What was said of a promised number: of units within its area one by one, and of the number itself."""
        tally = _Tally()
        self._add_units(tally, promise)
        self._add_numbers(tally, promise)
        return tally

    def _add_units(self, tally: _Tally, promise: _Promise) -> None:
        first, standard = promise.first, promise.standard
        area = self._area(first)
        # Of all there are, units of a higher standard are some; of those that are to be added, they are others.
        counting = (standard, *(() if first.increment else including(standard)))
        reached: dict[str, _Reached] = {}
        lost: dict[str, dt.date] = {}  # when it was last said of a unit that it has not, or no longer, reached it
        for event in self._within(area) if area is not None else ():
            if event.subject.level != first.subject.level or event.standard not in counting:
                continue
            if event.kind == "promised":
                anew = event.article not in promise.articles
                if anew and event.standard == standard and event.deadline == promise.by:
                    tally.named.append(event)
            elif event.kind in ("recognised", "met") and keeps(event):
                one = _weigh(event, "same", promise.by)
                if one is not None and event.article != first.article and _in_window(one, promise):
                    root = self.places.root(event.place or "")
                    kept = reached.get(root)
                    reached[root] = one if kept is None else _best([kept, one]) or one
            elif event.kind == "lost" and event.day is not None:
                root = self.places.root(event.place or "")
                lost[root] = max(event.day, lost.get(root, event.day))
            elif _since(event, promise) and _is_step(event) and event.standard == standard:
                tally.steps.append(event)
        still = (
            one for root, one in reached.items() if root not in lost or (one.event.day or dt.date.min) > lost[root]
        )
        tally.units = sorted(still, key=lambda one: (one.late, _when(one)))

    def _add_numbers(self, tally: _Tally, promise: _Promise) -> None:
        first = promise.first
        for event in self.events.get(first.place or "", ()) if first.place else ():
            if not event.counted or event.subject.level != first.subject.level or event.standard != promise.standard:
                continue
            if event.article == first.article:  # what there was when it was promised
                continue
            if event.kind in ("recognised", "met") and event.subject.count and keeps(event):
                one = _weigh(event, "same", promise.by)
                # Of what was to be added a stock says nothing.
                if one is not None and _in_window(one, promise) and not (event.stock and first.increment):
                    tally.numbers.append((_least(event) or 0, one))
            elif event.kind in ("proposed", "appraised", "progress") and _since(event, promise):
                tally.steps.append(event)

    def _within(self, area: Unit) -> list[Event]:
        """Events of the named units that lie in a district or province, by the names that go with them."""
        if self.in_area is None:
            self.in_area = defaultdict(list)
            for events in self.events.values():
                for event in events:
                    if event.unit is not None:
                        for level, name in (("district", event.unit.district), ("province", event.unit.province)):
                            if name:
                                self.in_area[level, fold(name)].append(event)
        found = self.in_area.get((area.level, fold(area.name)), ())
        return sorted((event for event in found if _lies_in(event.unit, area)), key=Event.sort_key)

    def _later_numbers(self, promise: _Promise) -> list[Event]:
        """The same number promised for a later day by a sentence that says it was moved: else it is a new batch."""
        first = promise.first
        same = [
            other
            for other in self.numbers
            if other is not promise
            and other.first.place == first.place
            and other.standard == promise.standard
            and other.first.subject.level == first.subject.level
            and _least(other.first) == _least(first)
            and other.by is not None
            and (promise.by is None or other.by > promise.by)
            and _after(other.on, promise.on)
        ]
        nearest = min(same, key=lambda other: other.by or dt.date.max, default=None)
        if nearest is None or not any(nearest.first.body.same(own.body) for own in promise.events):
            return []
        return [event for event in nearest.events if event.admitted][:1]

    def _number(
        self, word: Word, rule: str, decisive: Sequence[_Reached], listed: Sequence[Why], case: _Case
    ) -> Verdict:
        last = max(decisive, key=_when)
        years = [one.year for one in decisive if one.year is not None]
        why = [_why(rule, last.event)] + [_why("number.reached", one.event) for one in decisive if one is not last]
        return self._verdict(word, [*why, *listed], on=last.on, year=max(years, default=None), case=case)


# ------------------------------------------------------------------ weighing one statement


_NEARER: dict[Bearing, int] = {"same": 0, "renewed": 1, "heir": 2, "part": 3}


def keeps(event: Event) -> bool:
    """Whether a statement is good enough: a recognition, or a report at a meeting or better; never a forecast."""
    if event.grade == "forecast":
        return False
    if event.grade == "caption":
        return event.kind == "recognised" and (event.decision is not None or event.reads == "announced")
    return True


def _weigh(event: Event, how: Bearing, by: dt.date | None) -> _Reached | None:
    """What a statement of having reached the standard makes of a deadline; None if it cannot be placed in time."""
    said, year, on = event.kind == "recognised", event.year, event.happened
    source = "decision" if said else "full_count" if event.reads == "full count" else "report"
    if by is None:
        return _Reached(event, how, False, year, on, f"kept.{source}.no_deadline")
    limit = _months_after(by, SIGNED_WITHIN_MONTHS)
    if year is not None and on is not None and not event.signed and event.reads != "announced":
        timely = max(limit, _months_after(dt.date(year, 12, 31), SIGNED_WITHIN_MONTHS))
        on = on if on <= timely else None  # else it looks back at a recognition whose day it does not give
    if year is not None:
        if year > by.year:
            return _Reached(event, how, True, year, on, f"kept_late.{source}.later_year")
        if said and on is not None and on > limit:
            return _Reached(event, how, True, year, on, f"kept_late.{source}.signed_too_late")
        within = on is not None and on > by
        return _Reached(event, how, False, year, on, f"kept.{source}.{'signed_within_12_months' if within else 'year'}")
    held = min((day for day in (event.held, on) if day), default=None)
    if held is None:
        return None
    if held <= by:
        return _Reached(event, how, False, None, on, f"kept.{source}.before_deadline")
    return _Reached(event, how, True, None, on, f"kept_late.{source}.no_year_after_deadline")


def _best(reached: Sequence[_Reached]) -> _Reached | None:
    """The statement that decides: decisions before reports, those on time before those late, the earliest first."""
    decisions = [one for one in reached if one.decided]
    dated = [one for one in decisions if one.year is not None]
    pool = dated or decisions or list(reached)
    if decisions and not dated and all(one.late for one in decisions):
        # The decision gives no year; a report of the same standard may.
        years = sorted((one for one in reached if one.year is not None and not one.late), key=_when)
        if years:
            first = min(decisions, key=_when)
            return _Reached(
                first.event, first.bearing, False, years[0].year, first.on, "kept.decision.year_from_report"
            )
    in_time_undated = [one for one in decisions if one.year is None and not one.late]
    if dated and all(one.late for one in dated) and in_time_undated:
        pool = in_time_undated
    return min(
        pool,
        key=lambda one: (one.late, one.bearing not in ("same", "renewed"), one.year or 9999, *_when(one)),
        default=None,
    )


def _when(one: _Reached) -> tuple[dt.date, tuple[object, ...]]:
    return (one.on or dt.date.max, one.event.sort_key())


def _signed_on(best: _Reached, reached: Sequence[_Reached]) -> dt.date | None:
    """Day of the signature if any article of the same recognition gives it, else of the first announcement."""
    alike = [
        one
        for one in reached
        if one.decided == best.decided
        and one.event.standard == best.event.standard
        and (one.year == best.year or one.year is None)
        and one.late == best.late
        and one.on is not None
    ]
    signed = [one.on for one in alike if one.event.signed and one.event.decision is not None and one.on]
    signed = signed or [one.on for one in alike if one.event.signed and one.on]
    days = signed or [one.on for one in alike if one.on]
    return min(days, default=best.on)


def _standard(event: Event) -> Standard:
    if event.standard is None:
        raise ValueError("a promise names its standard")
    return event.standard


def _denial_rule(event: Event) -> str:
    if event.kind == "progress":
        return "not_met.count_after_deadline"
    if event.reads == "criterion":
        return "not_met.criterion_after_deadline"
    return {"lost": "not_met.withdrawn", "dropped": "not_met.dropped"}.get(event.kind, "not_met.said")


def _is_step(event: Event) -> bool:
    """Counts, proposals, appraisals, and weak or hedged claims of having reached it."""
    if event.grade == "forecast":
        return False
    if event.kind in ("progress", "proposed", "appraised"):
        return True
    if event.kind == "unmet" and event.reads == "criterion":
        return True
    return event.kind in ("met", "recognised") and not keeps(event)


def _step_rule(event: Event) -> str:
    if event.kind in ("proposed", "appraised"):
        return f"in_progress.{event.kind}"
    if event.kind in ("met", "recognised"):
        return "in_progress.caption"
    return "in_progress.count" if event.achieved is not None else "in_progress.said"


def _since(event: Event, promise: _Promise) -> bool:
    return event.article != promise.first.article and _after(event.day, promise.on)


def _after(day: dt.date | None, other: dt.date | None) -> bool:
    """Whether a day is shown to be later than another: what has no day is not, anything dated is later than that."""
    return day is not None and (other is None or day > other)


def _restates(event: Event, dated: _Promise) -> bool:
    """Whether a promise without a day says a dated one again: in its article, or while that one stands."""
    if event.article in dated.articles:
        return True
    return bool(event.day and dated.by and _after(event.day, dated.on) and event.day <= dated.by)


def _least(event: Event) -> float | None:
    count: CountRange | None = event.subject.count
    if count is None:
        return None
    return count.min if count.min is not None else count.max


def _in_window(one: _Reached, promise: _Promise) -> bool:
    """Whether a unit reached belongs to a promised number: all there are, or those new since the promise's own year."""
    first = promise.first
    if first.stock and not first.increment:
        return True
    if promise.on is None:
        return True
    start = first.by.start if first.by and first.by.start and first.by.start > promise.on else None
    if one.year is not None:
        return one.year >= (start or promise.on).year
    return one.event.happened is not None and one.event.happened > promise.on


def _lies_in(unit: Unit | None, area: Unit) -> bool:
    """Whether a unit lies in a district or province, by the names that go with it."""
    if unit is None or area.level not in ("district", "province"):
        return False
    if area.level == "district":
        own, named = unit.district, _agrees(unit.province, area.province)
    else:
        own, named = unit.province, True
    return named and own is not None and fold(own) == fold(area.name)


def _agrees(one: str | None, other: str | None) -> bool:
    return not one or not other or fold(one) == fold(other)


def _why(rule: str, event: Event) -> Why:
    return Why(rule=rule, article=event.article, evidence=event.evidence, grade=event.grade)


def _land(one: _Reached) -> list[Why]:
    if one.bearing == "heir":
        return [_why("land.heir_holds_all", one.event)]
    if one.bearing == "renewed":
        return [_why("land.same_unit_renewed", one.event)]
    return []


def _months_after(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError(day)
