"""Questions to the thread: one unit's, person's or organ's story, silences, requests and their answers, what is new.

Each answer is a list of rows that lead to quotations.
"""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ntm_extract.model import Commitment, Evidence, Record, Standard, Unit
from ntm_extract.monitor.compare import Quote
from ntm_extract.monitor.lineage import Event, Lineage, lineage, seen_on, visible
from ntm_extract.monitor.places import Bearing, record_day
from ntm_extract.monitor.reading import Grade, words_of
from ntm_extract.monitor.verdicts import Decision, Verdict, Word, judge
from ntm_extract.monitor.yardsticks import Point, refusal, yardstick
from ntm_extract.orthography import fold_text
from ntm_extract.units import fold, parse_unit_name


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


# ------------------------------------------------------------------ track


class TrackRow(_Frozen):
    """One step of a story."""

    day: Annotated[dt.date | None, Field(description="day it happened, else the day it was said")]
    said: Annotated[dt.date | None, Field(description="day it was said")]
    what: Annotated[str, Field(description="promised, progress, unmet, proposed, appraised, met, recognised, lost …")]
    unit: Annotated[Unit | None, Field(description="the unit")]
    bearing: Annotated[Bearing | None, Field(description="how it bears on the unit asked for")]
    standard: Annotated[Standard | None, Field(description="the standard")]
    detail: Annotated[str, Field(description="deadline, count, year of the standard, decision number, or act")]
    grade: Annotated[Grade | None, Field(description="how good the evidence is")]
    quote: Annotated[Quote, Field(description="where it can be read")]


def track(
    records: Iterable[Record] | Lineage, who: str, *, as_of: dt.date | None = None, within: str | None = None
) -> list[TrackRow]:
    """The thread of one unit, person or organ, oldest step first.

    ``who`` is a unit's name with or without its kind ('xã Nam Điền'), its uid or code, or the name of a person or organ
    as articles write it; ``within`` names the unit's district or province, to tell units of one name apart.
    """
    lines = records if isinstance(records, Lineage) else lineage(records, as_of or dt.date.max)
    rows = list(_of_unit(lines, who, within))
    rows += _of_speaker(lines, who)
    return sorted(rows, key=_row_order)


def _row_order(row: TrackRow) -> tuple[object, ...]:
    return (row.day or dt.date.min, row.quote.article, row.quote.evidence.start, row.what, row.standard or "")


def _of_unit(lines: Lineage, who: str, within: str | None) -> Iterator[TrackRow]:
    kind, name = parse_unit_name(who)
    wanted, area = fold(name), fold(parse_unit_name(within)[1]) if within else None
    by_place = lines.by_place()
    bearings: dict[str, Bearing] = {}
    for place in by_place:
        unit = lines.places.unit(place)
        named = who in (unit.uid, unit.code) or (
            fold(unit.name) == wanted
            and (kind is None or unit.kind is None or unit.kind.casefold() == kind)
            and (area is None or area in (fold(unit.district or ""), fold(unit.province or "")))
        )
        if named:
            bearings[place] = "same"
            for other in lines.places.related(place):
                bearings.setdefault(other, lines.places.bearing(place, other) or "part")
    for place, bearing in bearings.items():
        for event in by_place.get(place, ()):
            yield TrackRow(
                day=event.happened or event.day,
                said=event.day,
                what=event.kind,
                unit=event.unit,
                bearing=bearing,
                standard=event.standard,
                detail=_detail(event),
                grade=event.grade,
                quote=Quote(article=event.article, evidence=event.evidence),
            )


def _detail(event: Event) -> str:
    parts = []
    if event.counted and event.subject.count:
        low, high = event.subject.count.min, event.subject.count.max
        parts.append(
            "-".join(f"{n:g}" for n in dict.fromkeys((low, high)) if n is not None) + f" {event.subject.level}"
        )
    if event.by:
        parts.append(f"by {event.deadline or event.by.text}" + (" (admitted slip)" if event.admitted else ""))
    if event.achieved is not None:
        parts.append(f"{event.achieved:g}" + (f"/{event.total:g}" if event.total else ""))
    if event.year:
        parts.append(f"for {event.year}")
    if event.decision:
        parts.append(event.decision)
    return ", ".join(parts)


def _of_speaker(lines: Lineage, who: str) -> Iterator[TrackRow]:
    wanted = f" {fold_text(who)} "
    for record in lines.records.values():
        if record.id in lines.originals:
            continue
        speaks = [person for person in record.persons if wanted in f" {fold_text(person.name)} "]
        for person in speaks[:1]:
            evidence = Evidence(
                start=person.start, end=person.end, text=record.text[person.start : person.end], rule="persons"
            )
            yield _spoken(record, "named", person.role or "", evidence)
        for commitment in record.commitments:
            sides = f" {fold_text(commitment.actor or '')} | {fold_text(commitment.addressee or '')} "
            if wanted in sides:
                addressed = wanted in f" {fold_text(commitment.addressee or '')} "
                detail = f"{'to' if addressed else 'by'} {who}: {commitment.action}"
                yield _spoken(record, commitment.act, detail, commitment.evidence)


def _spoken(record: Record, what: str, detail: str, evidence: Evidence) -> TrackRow:
    day = record_day(record)
    return TrackRow(
        day=day,
        said=day,
        what=what,
        unit=None,
        bearing=None,
        standard=None,
        detail=detail,
        grade=None,
        quote=Quote(article=record.id, evidence=evidence),
    )


# ------------------------------------------------------------------ silences


class SilenceRow(_Frozen):
    """A promise past its day that nobody mentions again."""

    verdict: Annotated[Verdict, Field(description="the promise; its verdict is lapsed_no_evidence")]
    days: Annotated[int, Field(description="days from the deadline to the as-of day")]
    last: Annotated[dt.date | None, Field(description="day the unit and standard were last spoken of")]
    quote: Annotated[Quote | None, Field(description="where")]


def silences(
    records: Iterable[Record] | Lineage, as_of: dt.date, *, decisions: Iterable[Decision] = ()
) -> list[SilenceRow]:
    """Promises whose day has passed and of which, for that unit and standard, no article after the day says anything.

    The longest silence first.
    """
    lines = records if isinstance(records, Lineage) else lineage(records, as_of)
    spoken: dict[str, list[Event]] = defaultdict(list)
    for event in lines.events:
        if event.place:
            spoken[event.place].append(event)
    rows = []
    for verdict in judge(lines, as_of, decisions):
        by = verdict.promised.by
        if verdict.verdict != "lapsed_no_evidence" or by is None:
            continue
        record = lines.records[verdict.promised.article]
        about = verdict.unit or verdict.subject.within or record.home.district or record.home.province
        if about is None:
            continue
        events = [
            event
            for place in lines.places.related(lines.places.key(about, record))
            for event in spoken.get(place, ())
            if event.standard == verdict.standard and event.subject.level == verdict.subject.level
        ]
        last = max((event for event in events if event.day), key=Event.sort_key, default=None)
        if last is not None and last.day is not None and last.day > by:
            continue
        quote = Quote(article=last.article, evidence=last.evidence) if last else None
        rows.append(SilenceRow(verdict=verdict, days=(as_of - by).days, last=last.day if last else None, quote=quote))
    return sorted(rows, key=lambda row: (-row.days, row.verdict.id))


# ------------------------------------------------------------------ requests and answers


class Answer(_Frozen):
    """A later directive, plan or pledge that may answer a request; ``shared`` are the words they have in common."""

    act: Annotated[Literal["directive", "plan", "pledge"], Field(description="what kind of answer")]
    actor: Annotated[str | None, Field(description="who")]
    day: Annotated[dt.date | None, Field(description="when it was said")]
    shared: Annotated[tuple[str, ...], Field(description="words of the request that it takes up")]
    likeness: Annotated[float, Field(description="share of the request's words taken up, weighed by rarity, 0 to 1")]
    quote: Annotated[Quote, Field(description="where it can be read")]


class RequestRow(_Frozen):
    """What was asked from below, and what may answer it."""

    day: Annotated[dt.date | None, Field(description="when it was asked")]
    actor: Annotated[str | None, Field(description="who asked, as written")]
    addressee: Annotated[str | None, Field(description="of whom")]
    action: Annotated[str, Field(description="what was asked for")]
    district: Annotated[str | None, Field(description="district the article is about")]
    province: Annotated[str | None, Field(description="province the article is about")]
    answers: Annotated[tuple[Answer, ...], Field(description="the likeliest first; empty where none was found")]
    quote: Annotated[Quote, Field(description="where it can be read")]


_WORD = re.compile(r"\w+")
_LIKE = 0.35
_MONTHS = 24


def requests(records: Iterable[Record], *, as_of: dt.date | None = None, within: str | None = None) -> list[RequestRow]:
    """Requests with the directives, plans and pledges of the same district or province that take up their words.

    An answer is not older than the request and not two years younger. Likeness is a pointer for a reader, no proof.
    """
    lines = lineage(records, as_of or dt.date.max)
    area = fold(parse_unit_name(within)[1]) if within else None
    asked: list[tuple[Record, Commitment]] = []
    said: dict[str, list[tuple[Record, Commitment, frozenset[str]]]] = defaultdict(list)
    seen_in: dict[str, int] = defaultdict(int)
    total = 0
    for record in lines.records.values():
        if record.id in lines.originals:
            continue
        for commitment in record.commitments:
            words = _content(commitment.action)
            total += 1
            for word in words:
                seen_in[word] += 1
            if commitment.act == "request":
                asked.append((record, commitment))
            else:
                said[_home(record)].append((record, commitment, words))
    weigh = {word: 1 / (1 + count / max(total, 1) * 20) for word, count in seen_in.items()}
    rows = []
    for record, commitment in asked:
        home = record.home
        if area and area not in {fold(unit.name) for unit in (home.district, home.province) if unit}:
            continue
        wanted = _content(commitment.action)
        answers = [
            answer
            for other, reply, words in said[_home(record)]
            if (answer := _answer(record, commitment, other, reply, wanted, words, weigh)) is not None
        ]
        answers.sort(key=lambda answer: (-answer.likeness, answer.day or dt.date.max, answer.quote.article))
        rows.append(
            RequestRow(
                day=record_day(record),
                actor=commitment.actor,
                addressee=commitment.addressee,
                action=commitment.action,
                district=home.district.name if home.district else None,
                province=home.province.name if home.province else None,
                answers=tuple(answers[:3]),
                quote=Quote(article=record.id, evidence=commitment.evidence),
            )
        )
    return sorted(rows, key=lambda row: (row.day or dt.date.min, row.quote.article, row.quote.evidence.start))


def _home(record: Record) -> str:
    unit = record.home.district or record.home.province
    return fold(unit.name) if unit else ""


def _content(text: str) -> frozenset[str]:
    """Words that say what is asked for: all but those that most requests have."""
    return frozenset(fold_text(word) for word in _WORD.findall(text)) - words_of("of_any_request")


def _answer(
    record: Record,
    request: Commitment,
    other: Record,
    reply: Commitment,
    wanted: frozenset[str],
    words: frozenset[str],
    weigh: dict[str, float],
) -> Answer | None:
    if reply.act == "request" or not wanted:
        return None
    asked, said = record_day(record), record_day(other)
    if asked and said and not asked <= said <= asked + dt.timedelta(days=_MONTHS * 31):
        return None
    if record.id == other.id and reply.evidence.start < request.evidence.start:
        return None
    shared = wanted & words
    likeness = sum(weigh[word] for word in shared) / sum(weigh[word] for word in wanted)
    if likeness < _LIKE or len(shared) < 2:
        return None
    return Answer(
        act=reply.act,
        actor=reply.actor,
        day=said,
        shared=tuple(sorted(shared)),
        likeness=round(likeness, 3),
        quote=Quote(article=other.id, evidence=reply.evidence),
    )


# ------------------------------------------------------------------ audit


class AuditRow(_Frozen):
    """Something that does not add up: within one article, or between articles."""

    kind: Annotated[str, Field(description="which sum or which pair was checked")]
    message: Annotated[str, Field(description="what does not agree")]
    unit: Annotated[Unit | None, Field(description="the unit concerned")]
    standard: Annotated[Standard | None, Field(description="the standard concerned")]
    quotes: Annotated[tuple[Quote, ...], Field(description="the statements, older first")]


def audit(records: Iterable[Record] | Lineage, *, as_of: dt.date | None = None) -> list[AuditRow]:
    """What does not add up within articles (their own checks) and between them, as known on ``as_of``.

    Between articles: a count that falls on one and the same yardstick; a standard reached and later denied without
    having been taken back; a number said to have been recognised that is smaller than the units named.
    """
    lines = records if isinstance(records, Lineage) else lineage(records, as_of or dt.date.max)
    rows = [
        AuditRow(
            kind=check.kind,
            message=check.message,
            unit=None,
            standard=None,
            quotes=(Quote(article=record.id, evidence=check.evidence),),
        )
        for record in lines.records.values()
        if record.id not in lines.originals
        for check in record.checks
    ]
    for events in lines.by_place().values():
        rows += _falls(events)
        rows += _denied(events)
    rows += _short_numbers(lines)
    return sorted(rows, key=lambda row: (row.kind, row.quotes[0].article, row.quotes[0].evidence.start, row.message))


def _falls(events: Sequence[Event]) -> Iterator[AuditRow]:
    last: dict[tuple[object, ...], tuple[Point, Event]] = {}
    counts = [event for event in events if event.achieved is not None and event.standard and event.unit]
    for event in sorted(counts, key=lambda event: (event.happened or dt.date.min, event.sort_key())):
        if event.unit is None or event.standard is None or event.achieved is None or event.grade == "forecast":
            continue
        measure = yardstick(
            event.unit.level, event.standard, event.metric, event.happened, event.unit.province, event.total
        )
        point = Point(event.happened, event.achieved, measure, event.article)
        key = (event.standard, measure.key)
        if key in last:
            before, other = last[key]
            if refusal(before.yardstick, measure) is None and point.achieved < before.achieved:
                yield AuditRow(
                    kind="count_falls",
                    message=f"{before.achieved:g} on {before.day}, {point.achieved:g} on {point.day} ({measure})",
                    unit=event.unit,
                    standard=event.standard,
                    quotes=_pair(other, event),
                )
        last[key] = (point, event)


def _denied(events: Sequence[Event]) -> Iterator[AuditRow]:
    for event in events:
        if event.kind != "unmet" or event.reads == "criterion" or event.day is None:
            continue
        for other in events:
            if other.kind not in ("recognised", "met") or other.grade == "forecast" or other.counted:
                continue
            if other.standard == event.standard and (other.happened or dt.date.max) < event.day:
                yield AuditRow(
                    kind="reached_then_denied",
                    message=f"{other.kind} on {other.happened}, said not to be reached on {event.day}",
                    unit=event.unit,
                    standard=event.standard,
                    quotes=_pair(other, event),
                )
                break


def _short_numbers(lines: Lineage) -> Iterator[AuditRow]:
    named: dict[tuple[str, Standard, int], dict[str, Event]] = defaultdict(dict)
    for event in lines.events:
        if event.kind == "recognised" and event.unit and event.year and event.standard and event.place:
            for district, whole in lines.places.districts(event.place):
                if whole and event.unit.level == "commune":
                    named[fold(district.name), event.standard, event.year].setdefault(event.place, event)
    for event in lines.events:
        if event.kind != "recognised" or not event.counted or not event.year or event.standard is None:
            continue
        count = event.subject.count
        if count is None or count.max is None or event.place is None or event.subject.level != "commune":
            continue
        area = lines.places.unit(event.place)
        units = named.get((fold(area.name), event.standard, event.year), {})
        if area.level == "district" and len(units) > count.max:
            quotes = tuple(Quote(article=one.article, evidence=one.evidence) for one in units.values())
            yield AuditRow(
                kind="number_below_list",
                message=f"{count.max:g} said, {len(units)} named for {event.year}",
                unit=area,
                standard=event.standard,
                quotes=(Quote(article=event.article, evidence=event.evidence), *quotes),
            )


def _pair(one: Event, other: Event) -> tuple[Quote, ...]:
    return tuple(Quote(article=event.article, evidence=event.evidence) for event in (one, other))


# ------------------------------------------------------------------ what is new


class NewsRow(_Frozen):
    """An article that came, or a verdict that changed, since a day."""

    what: Annotated[Literal["article", "verdict"], Field(description="what is new")]
    id: Annotated[str, Field(description="of the article, or of the verdict")]
    day: Annotated[dt.date | None, Field(description="when it came")]
    title: Annotated[str, Field(description="one line")]
    url: Annotated[str | None, Field(description="address of the article")]
    before: Annotated[Word | None, Field(description="the verdict before; empty for a new promise")]
    after: Annotated[Word | None, Field(description="the verdict now")]
    quote: Annotated[Quote | None, Field(description="where it can be read")]


def diff(
    records: Iterable[Record], since: dt.date, *, until: dt.date | None = None, decisions: Iterable[Decision] = ()
) -> list[NewsRow]:
    """Articles posted after ``since`` and verdicts that differ from those of that day, up to ``until`` (else: all)."""
    records, decisions = list(records), list(decisions)
    known = [day for record in records if (day := seen_on(record))]
    last = until or max(known, default=since)
    rows = []
    for record in visible(records, last):
        day = seen_on(record)
        if day is not None and day > since:
            facts = len(record.facts())
            title = record.title or " ".join(record.text.split())[:80]
            rows.append(
                NewsRow(
                    what="article",
                    id=record.id,
                    day=day,
                    title=f"{title} ({facts} facts)",
                    url=record.url,
                    before=None,
                    after=None,
                    quote=None,
                )
            )
    old = {verdict.id: verdict for verdict in judge(lineage(records, since), since, decisions)}
    lines = lineage(records, last)
    for verdict in judge(lines, last, decisions):
        before = old.get(verdict.id)
        if before is not None and before.verdict == verdict.verdict:
            continue
        why = verdict.why[0]
        record = lines.records[why.article]
        came = seen_on(record)
        rows.append(
            NewsRow(
                what="verdict",
                id=verdict.id,
                day=came if came and came > since else last,
                title=_headline(verdict),
                url=record.url,
                before=before.verdict if before else None,
                after=verdict.verdict,
                quote=Quote(article=why.article, evidence=why.evidence),
            )
        )
    return sorted(rows, key=lambda row: (row.day or dt.date.min, row.what, row.id))


def _headline(verdict: Verdict) -> str:
    if verdict.unit:
        who = " ".join(filter(None, (verdict.unit.kind, verdict.unit.name)))
        where = ", ".join(filter(None, (verdict.unit.district, verdict.unit.province)))
        who = f"{who} ({where})" if where else who
    else:
        count = verdict.subject.count
        number = f"{count.min if count.min is not None else count.max:g}" if count else "?"
        who = f"{number} {verdict.subject.level}"
    return f"{who}: {verdict.standard} by {verdict.promised.by or 'no day'}: {verdict.verdict}"


_ATOM = "http://www.w3.org/2005/Atom"


def atom(
    rows: Iterable[NewsRow],
    *,
    title: str = "ntm-extract",
    feed_id: str = "urn:ntm-extract:news",
    url: str | None = None,
) -> str:
    """An Atom feed (RFC 4287) of news rows, newest first, as text of an XML file."""
    ET.register_namespace("", _ATOM)
    ordered = sorted(rows, key=lambda row: (row.day or dt.date.min, row.id), reverse=True)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _child(feed, "title", title)
    _child(feed, "id", feed_id)
    _child(feed, "updated", _instant(ordered[0].day if ordered else None))
    author = ET.SubElement(feed, f"{{{_ATOM}}}author")
    _child(author, "name", "ntm-extract")
    if url:
        ET.SubElement(feed, f"{{{_ATOM}}}link", href=url, rel="self")
    for row in ordered:
        entry = ET.SubElement(feed, f"{{{_ATOM}}}entry")
        _child(entry, "title", row.title)
        change = f":{row.after}" if row.after else ""
        _child(entry, "id", f"{feed_id}:{row.what}:{row.id}{change}:{row.day or ''}")
        _child(entry, "updated", _instant(row.day))
        if row.url:
            ET.SubElement(entry, f"{{{_ATOM}}}link", href=row.url, rel="alternate")
        summary = f"{row.before} → {row.after}. " if row.before else ""
        quoted = row.quote.evidence.text if row.quote else ""
        _child(entry, "summary", f"{summary}{quoted}".strip() or row.title)
    ET.indent(feed)
    return ET.tostring(feed, encoding="unicode", xml_declaration=True) + "\n"


def _child(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}{name}").text = _CONTROL.sub("", text)


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _instant(day: dt.date | None) -> str:
    return f"{(day or dt.date(1970, 1, 1)).isoformat()}T00:00:00Z"
