"""One article through all topics: names, meeting, standards, criteria, quantities, commitments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, TypeVar

from ntm_extract.confidence import confidence, support_of
from ntm_extract.facts.audit import audit
from ntm_extract.facts.claims import ClaimReader, unrepeated
from ntm_extract.facts.commitments import CommitmentReader
from ntm_extract.facts.frame import Frame, Reader, Sections
from ntm_extract.facts.lists import ListReader
from ntm_extract.facts.meeting import read_meeting
from ntm_extract.facts.results import ResultReader
from ntm_extract.facts.status import StatusReader
from ntm_extract.facts.tables import read_tables
from ntm_extract.match.reader import Reading, SentenceReader
from ntm_extract.model import (
    Achievement,
    Article,
    Commitment,
    CriteriaCount,
    CriteriaStatus,
    FactKind,
    Home,
    Person,
    Record,
    Result,
    Target,
    Unit,
    UnitMention,
)
from ntm_extract.patterns import PatternSet, default_patterns
from ntm_extract.units import Gazetteer, Linker, gazetteer

if TYPE_CHECKING:
    from spacy.tokens import Doc

_Fact = TypeVar("_Fact", CriteriaCount, CriteriaStatus, Target, Achievement, Commitment, Result)
_Claim = CriteriaCount | CriteriaStatus | Target | Achievement | Commitment | Result


class Extractor:
    """Article -> Record. Made once (patterns compiled, gazetteer loaded), used for any number of articles."""

    def __init__(self, patterns: PatternSet | None = None, units: Gazetteer | None = None) -> None:
        self.patterns = patterns or default_patterns()
        self._gazetteer = units or gazetteer()
        self._reader = SentenceReader(self.patterns, self._gazetteer)

    def switch_off(self, rules: Collection[str]) -> None:
        """Leave out rules, by id, from now on; all others are tried."""
        self._reader.switch_off(rules)

    def read(self, article: Article, doc: Doc | None = None) -> Reader:
        """Sentences of mentions, with the links of this article's units."""
        reading = self._reader.read(article, doc)
        linker = Linker(reading.anchor, reading.names.home_district, reading.names.home_province, units=self._gazetteer)
        return Reader(reading, linker)

    def extract(self, article: Article, doc: Doc | None = None) -> Record:
        """The record of one article."""
        reader = self.read(article, doc)
        reading = reader.reading
        claims = ClaimReader(reader, self._reader)
        statuses = StatusReader(reader, self._reader)
        results = ResultReader(reader, self._reader)
        commitments = CommitmentReader(reader)
        lists = ListReader(reader)
        meeting = read_meeting(reader)
        reader.day = article.published or (meeting.date if meeting else None)
        tables = read_tables(reader, self.patterns)
        sections = Sections(article.text)
        frame, line = Frame(), -1
        for sentence in reading.sentences:
            reader.note_sentence(sentence)
            if sentence.line != line:
                frame, line = sections.frame(sentence, frame), sentence.line
            if article.text.rfind("\n", 0, sentence.start) + 1 in tables.lines:
                continue  # a row of a table, read as such
            if sentence.kind == "masthead":
                continue  # a site's slogans promise nothing
            if sentence.kind not in ("byline", "dateline"):
                claimed = claims.read(sentence, frame)
                lists.read(sentence, claims.standard, frame)
                statuses.read(sentence, frame)
                results.read(sentence, claimed)
            commitments.read(sentence)
        return Record(
            id=article.id,
            source=article.source,
            url=article.url,
            title=article.title,
            published=article.published,
            authors=article.authors,
            publisher=article.publisher,
            home=_home(reader),
            text=article.text,
            meeting=meeting,
            persons=tuple(_persons(reading)),
            units=_unit_mentions(reader, tables.units),
            criteria_counts=_signed(
                article.id, "criteria_counts", unrepeated([*claims.counts, *tables.criteria_counts])
            ),
            criteria_status=_signed(
                article.id, "criteria_status", unrepeated([*statuses.statuses, *tables.criteria_status])
            ),
            targets=_signed(article.id, "targets", unrepeated([*claims.targets, *lists.targets, *tables.targets])),
            achievements=_signed(
                article.id,
                "achievements",
                unrepeated([*claims.achievements, *lists.achievements, *tables.achievements]),
            ),
            commitments=_signed(article.id, "commitments", commitments.commitments),
            results=_signed(article.id, "results", results.results),
            checks=tuple(audit(reader, meeting)),
            patterns=self.patterns.fingerprint,
        )


def _home(reader: Reader) -> Home:
    district_name, province_name = reader.home_unit("district"), reader.home_unit("province")
    district: Unit | None = reader.unit(district_name) if district_name else None
    province: Unit | None = reader.unit(province_name) if province_name else None
    if province is None and district is not None and district.province:
        province = reader.linker.link(district.province, level="province")
    return Home(district=district, province=province)


def _persons(reading: Reading) -> list[Person]:
    tokens = reading.tokens
    return [
        Person(name=person.name, role=person.role, start=tokens.starts[person.first], end=tokens.ends[person.last - 1])
        for person in reading.names.persons
    ]


def _unit_mentions(reader: Reader, listed: Iterable[UnitMention]) -> tuple[UnitMention, ...]:
    """Every mention in the order of the text; where a table says more of a cell, its reading holds."""
    tokens = reader.reading.tokens
    mentions = list(listed)
    taken = [(mention.start, mention.end) for mention in mentions]
    for name in reader.reading.names.units:
        start, end = tokens.starts[name.first], tokens.ends[name.last - 1]
        if not any(left < end and start < right for left, right in taken):
            mentions.append(UnitMention(unit=reader.unit(name), start=start, end=end, text=reader.text[start:end]))
    return tuple(sorted(mentions, key=lambda mention: (mention.start, mention.end)))


# What was read, not what was derived from it: better linking or another year for 'quý I' does not rename a fact.
_RAW = (
    "standard",
    "metric",
    "achieved",
    "achieved_max",
    "total",
    "stat",
    "criterion",
    "status",
    "outcome",
    "act",
    "value",
    "share",
)


_JSON = json.JSONEncoder(ensure_ascii=False, default=str)


def _signed(article_id: str, kind: FactKind, facts: Iterable[_Fact]) -> tuple[_Fact, ...]:
    """Facts with their stable ids and how sure they are."""
    return tuple(
        fact.model_copy(
            update={"id": fact_id(article_id, kind, fact), "confidence": confidence(kind, support_of(kind, fact))}
        )
        for fact in facts
    )


def fact_id(article_id: str, kind: FactKind, fact: _Claim) -> str:
    """Stable id of a fact: a hash of the article, the kind, the stretch and the values as read."""
    fields = fact.__dict__  # getattr for the many that a kind does not have costs more than the hash
    subject = fields.get("subject")
    named = [(unit.level, unit.name) for unit in subject.units] if subject is not None else None
    counted = (subject.count.min, subject.count.max) if subject is not None and subject.count is not None else None
    values = [fields.get(name) for name in _RAW]
    quantity = fields.get("quantity")
    if quantity is not None:  # a clause may aim at several: 'làm 7 km đường, 98% hộ dùng nước sạch'
        values.append([quantity.min, quantity.max])
    raw = [article_id, kind, fact.evidence.start, fact.evidence.end, named, counted, values]
    return hashlib.sha256(_JSON.encode(raw).encode()).hexdigest()[:16]
