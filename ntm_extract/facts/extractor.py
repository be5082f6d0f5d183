"""One article through all topics: names, meeting, standards, criteria, quantities, commitments."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from spacy.tokens import Doc

from ntm_extract.annotate import blank_language
from ntm_extract.facts.claims import ClaimReader, unrepeated
from ntm_extract.facts.commitments import CommitmentReader
from ntm_extract.facts.frame import Frame, Reader, Sections
from ntm_extract.facts.meeting import read_meeting
from ntm_extract.facts.results import ResultReader
from ntm_extract.facts.status import StatusReader
from ntm_extract.match.reader import Reading, SentenceReader
from ntm_extract.model import Article, Home, Person, Record, Unit, UnitMention
from ntm_extract.patterns import PatternSet, default_patterns
from ntm_extract.units import Gazetteer, Linker, gazetteer


class Extractor:
    """Article -> Record. Made once (patterns compiled, gazetteer loaded), used for any number of articles."""

    def __init__(self, patterns: PatternSet | None = None, units: Gazetteer | None = None) -> None:
        self.patterns = patterns or default_patterns()
        self._gazetteer = units or gazetteer()
        self._reader = SentenceReader(blank_language(), self.patterns, self._gazetteer)

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
        meeting = read_meeting(reader)
        reader.day = article.published or (meeting.date if meeting else None)
        sections = Sections(article.text)
        frame, line = Frame(), -1
        for sentence in reading.sentences:
            if sentence.line != line:
                frame, line = sections.frame(sentence), sentence.line
            for item in sentence.items:
                reader.note_units(item)
            if sentence.kind not in ("byline", "dateline"):
                claimed = claims.read(sentence, frame)
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
            units=tuple(_unit_mentions(reader)),
            criteria_counts=tuple(unrepeated(claims.counts)),
            targets=tuple(unrepeated(claims.targets)),
            achievements=tuple(unrepeated(claims.achievements)),
            criteria_status=tuple(unrepeated(statuses.statuses)),
            results=tuple(results.results),
            commitments=tuple(commitments.commitments),
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


def _unit_mentions(reader: Reader) -> list[UnitMention]:
    tokens = reader.reading.tokens
    mentions: list[UnitMention] = []
    for name in reader.reading.names.units:
        start, end = tokens.starts[name.first], tokens.ends[name.last - 1]
        mentions.append(UnitMention(unit=reader.unit(name), start=start, end=end, text=reader.text[start:end]))
    return mentions


def fact_id(article_id: str, kind: str, start: int, end: int, slots: dict[str, Any]) -> str:
    """Stable id of a fact: hashes what was read (article, kind, stretch, raw values), not what was derived from it."""
    raw = json.dumps([article_id, kind, start, end, slots], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(raw.encode()).hexdigest()[:16]
