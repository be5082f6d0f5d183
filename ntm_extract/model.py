"""The nouns: what an article is, and what extraction says of it.

Outward types (``Record`` and what it is made of) are frozen pydantic models, because records are also
read back from files that others write. Field descriptions here are the only place where a field is
described: the JSON schema, the codebook of the README and the data package take them from here.
All offsets count Unicode code points in ``Record.text``; spans are half-open.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetPydanticSchema, model_validator
from pydantic_core import core_schema

Level = Literal["province", "district", "commune", "village"]
Standard = Literal["ntm", "ntm_advanced", "ntm_model", "civilized_urban", "ocop_3", "ocop_4", "ocop_5"]
AchievementStatus = Literal["recognised", "met", "proposed", "appraised", "lost"]
CriterionStatus = Literal["met", "unmet", "weak"]
Modality = Literal["goal", "plan", "pledge", "directive"]
Act = Literal["pledge", "directive", "request", "plan"]
FactKind = Literal["criteria_counts", "criteria_status", "targets", "achievements", "commitments", "results"]
FACT_KINDS: tuple[FactKind, ...] = (
    "criteria_counts",
    "criteria_status",
    "targets",
    "achievements",
    "commitments",
    "results",
)


# ------------------------------------------------------------------ inward: captures and articles


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open stretch of characters, ``start <= end``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Capture:
    """Bytes as they were received, and where from.

    ``media_type`` and ``charset`` are what the server or the archive said, if anything; ``warc_*``
    lead to the archived response (file name, byte offset, SHA-256 of the payload). ``named_by`` is the
    address of the article that links to it, where it is an article's document.
    """

    url: str
    content: bytes
    media_type: str | None = None
    charset: str | None = None
    captured: dt.datetime | None = None
    final_url: str | None = None
    source: str | None = None
    warc_file: str | None = None
    warc_offset: int | None = None
    sha256: str | None = None
    named_by: str | None = None


BlockKind = Literal["masthead", "title", "dateline", "lead", "paragraph", "heading", "caption", "byline", "table_row"]


@dataclass(frozen=True, slots=True)
class Block:
    """A line of an article's text and what part it plays; ``page`` is 1-based for paged documents."""

    start: int
    end: int
    kind: BlockKind
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """Cleaned text of one article. The text is NFC and never changes from here on.

    ``blocks`` cover the text line by line, in order, without overlap. ``published_by`` names the method
    that found the posting date. ``fulltext_sha256`` is of the text, and names the article's content.
    """

    id: str
    source: str
    text: str
    url: str | None = None
    title: str | None = None
    published: dt.date | None = None
    published_by: str | None = None
    authors: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    encoding: str = "utf-8"
    home_district: str | None = None
    home_province: str | None = None
    publisher: str | None = None
    capture: Capture | None = None
    notes: tuple[str, ...] = field(default=())


# ------------------------------------------------------------------ outward: the record


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and value.is_integer() else value


# Whole numbers are written without a decimal point. They are made whole on the way in, not by a serializer: pydantic's
# core calls serializers from compiled code and turns an interrupt inside one into a fault of the record.
WHOLE = GetPydanticSchema(
    lambda source, handler: core_schema.no_info_after_validator_function(
        _whole, handler(source), serialization=core_schema.simple_ser_schema("any")
    )
)


class HeirUnit(_Frozen):
    """A unit that holds territory today."""

    code: Annotated[str, Field(description="official code today")]
    name: Annotated[str, Field(description="name without its kind")]
    kind: Annotated[str, Field(description="xã, phường, đặc khu, tỉnh, thành phố")]
    province: Annotated[str | None, Field(description="province today, without its kind")] = None
    whole: Annotated[bool, Field(description="holds all of the territory (false: a part, or how much is unknown)")] = (
        True
    )


class Unit(_Frozen):
    """An administrative unit as it was on the article's date."""

    level: Annotated[Level, Field(description="province, district, commune or village")]
    name: Annotated[str, Field(description="name without its kind")]
    kind: Annotated[str | None, Field(description="kind as written or as listed: xã, thị trấn, huyện …")] = None
    code: Annotated[
        str | None,
        Field(description="official code as it was on the article's date; empty where the link is not certain"),
    ] = None
    district: Annotated[str | None, Field(description="district it belonged to")] = None
    province: Annotated[str | None, Field(description="province it belonged to")] = None
    today: Annotated[tuple[HeirUnit, ...], Field(description="units that hold its territory now")] = ()
    uid: Annotated[str | None, Field(description="code and first day of the unit's version in the gazetteer")] = None
    candidates: Annotated[
        tuple[str, ...], Field(description="versions that remain possible where the name is ambiguous")
    ] = ()


class Period(_Frozen):
    """A stretch of time as the text gives it; ``end`` is the last day."""

    text: Annotated[str, Field(description="as written")]
    start: Annotated[dt.date | None, Field(description="first day")] = None
    end: Annotated[dt.date | None, Field(description="last day; a deadline is this day")] = None


class CountRange(_Frozen):
    """A number of units: 'ít nhất 3' is min 3, max null; '1-2 xã' is 1 and 2."""

    min: Annotated[float | None, WHOLE, Field(description="least")] = None
    max: Annotated[float | None, WHOLE, Field(description="most; empty where open")] = None


class Quantity(_Frozen):
    """An amount aimed at, with its unit of measure."""

    min: Annotated[float | None, WHOLE, Field(description="least")] = None
    max: Annotated[float | None, WHOLE, Field(description="most; empty where open")] = None
    unit: Annotated[str | None, Field(description="unit of measure")] = None


class Subject(_Frozen):
    """Whom a fact is about: named units, a number of them, or both."""

    level: Annotated[str, Field(description="administrative level, or residential_area, garden, household, product …")]
    units: Annotated[tuple[Unit, ...], Field(description="units named")] = ()
    count: Annotated[CountRange | None, Field(description="how many, where they are counted")] = None
    within: Annotated[Unit | None, Field(description="unit within which they are counted")] = None


class Evidence(_Frozen):
    """The stretch of text that a fact rests on; ``text[start:end] == evidence.text``, always."""

    start: Annotated[int, Field(description="offset of the first character in the article's text")]
    end: Annotated[int, Field(description="offset behind the last character")]
    text: Annotated[str, Field(description="the quotation")]
    rule: Annotated[str, Field(description="id of the rule that fired")]


class Person(_Frozen):
    """A named person with the role as written."""

    name: Annotated[str, Field(description="full name as written")]
    role: Annotated[str | None, Field(description="role as written")] = None
    start: Annotated[int, Field(description="offset of the name")] = 0
    end: Annotated[int, Field(description="offset behind the name")] = 0


class UnitMention(_Frozen):
    """One mention of a unit in the text."""

    unit: Annotated[Unit, Field(description="the unit")]
    start: Annotated[int, Field(description="offset of the mention")]
    end: Annotated[int, Field(description="offset behind the mention")]
    text: Annotated[str, Field(description="the mention as written")]


class Chair(_Frozen):
    """Who chaired."""

    name: Annotated[str, Field(description="full name")]
    role: Annotated[str | None, Field(description="role as written")] = None


class Meeting(_Frozen):
    """The meeting an article reports."""

    date: Annotated[dt.date | None, Field(description="day it was held")] = None
    kind: Annotated[str | None, Field(description="hội nghị, cuộc họp, buổi làm việc, lễ …")] = None
    chairs: Annotated[tuple[Chair, ...], Field(description="who chaired")] = ()


class Home(_Frozen):
    """Where the article is about."""

    district: Annotated[Unit | None, Field(description="district")] = None
    province: Annotated[Unit | None, Field(description="province")] = None


class _Fact(_Frozen):
    id: Annotated[str | None, Field(description="stable id of the fact, from what was read")] = None
    confidence: Annotated[
        float | None, Field(description="share of facts with this support that were right on the gold texts, 0 to 1")
    ] = None
    evidence: Annotated[Evidence, Field(description="where it stands")]


class CriteriaCount(_Fact):
    """A number of criteria or indicators reached."""

    subject: Annotated[Subject, Field(description="who reached it")]
    standard: Annotated[Standard | None, Field(description="on which standard it is counted")] = None
    metric: Annotated[Literal["criterion", "indicator"], Field(description="tiêu chí or chỉ tiêu")] = "criterion"
    achieved: Annotated[float, WHOLE, Field(description="number reached; the lower end of a band")]
    achieved_max: Annotated[float | None, WHOLE, Field(description="upper end of a band")] = None
    total: Annotated[float | None, WHOLE, Field(description="size of the set, where stated")] = None
    percent: Annotated[float | None, WHOLE, Field(description="percentage, where stated")] = None
    stat: Annotated[
        Literal["each", "average", "total"], Field(description="each unit, their average, or their sum")
    ] = "each"
    basically: Annotated[bool, Field(description="hedged with 'cơ bản'")] = False
    period: Annotated[Period | None, Field(description="as of when")] = None


class CriteriaStatus(_Fact):
    """A criterion named as met, unmet or weak."""

    subject: Annotated[Subject, Field(description="whose criterion")]
    standard: Annotated[Standard | None, Field(description="of which standard")] = None
    criterion: Annotated[str, Field(description="id of the criterion")]
    status: Annotated[CriterionStatus, Field(description="what is said of it")]


class Target(_Fact):
    """A measurable future end."""

    subject: Annotated[Subject, Field(description="who is to reach it")]
    outcome: Annotated[
        Literal["standard", "criteria", "quantity"],
        Field(description="a standard, a number of criteria, or another number"),
    ] = "standard"
    standard: Annotated[Standard | None, Field(description="the standard to be reached")] = None
    themes: Annotated[tuple[str, ...], Field(description="lĩnh vực nổi trội of a model commune")] = ()
    quantity: Annotated[Quantity | None, Field(description="the number aimed at")] = None
    deadline: Annotated[Period | None, Field(description="by when")] = None
    modality: Annotated[Modality, Field(description="how it is said")] = "goal"


class Achievement(_Fact):
    """A unit, or a number of them, said to have met, or been recognised, proposed or appraised for a standard."""

    subject: Annotated[Subject, Field(description="who")]
    standard: Annotated[Standard | None, Field(description="which standard")] = None
    status: Annotated[AchievementStatus, Field(description="how far")]
    share: Annotated[float | None, WHOLE, Field(description="percent of units, where that is what is said")] = None
    period: Annotated[Period | None, Field(description="year of the standard, or when")] = None


class Commitment(_Fact):
    """A sentence in which somebody binds somebody to future action."""

    act: Annotated[Act, Field(description="pledge, directive, request or plan")]
    actor: Annotated[str | None, Field(description="who binds, as written")] = None
    addressee: Annotated[str | None, Field(description="who is bound, as written")] = None
    action: Annotated[str, Field(description="what is to be done, as written")]
    deadline: Annotated[Period | None, Field(description="by when")] = None
    recurrence: Annotated[str | None, Field(description="how often, as written")] = None


class Result(_Fact):
    """Work done, counted."""

    what: Annotated[str, Field(description="what was done or made")]
    value: Annotated[float, WHOLE, Field(description="how much")]
    unit: Annotated[str | None, Field(description="unit of measure")] = None
    qualifier: Annotated[Literal["exact", "over", "under", "about"], Field(description="hedge of the number")] = "exact"
    period: Annotated[Period | None, Field(description="when")] = None


class Check(_Frozen):
    """A finding of the arithmetic audit."""

    kind: Annotated[str, Field(description="which sum was checked")]
    message: Annotated[str, Field(description="what does not add up")]
    evidence: Annotated[Evidence, Field(description="where it stands")]


class Record(_Frozen):
    """What extraction yields for one article."""

    id: Annotated[str, Field(description="stable id: same input, same id")]
    source: Annotated[str, Field(description="file or source it was read from")]
    url: Annotated[str | None, Field(description="address, if it has one")] = None
    title: Annotated[str | None, Field(description="headline")] = None
    published: Annotated[dt.date | None, Field(description="posting date")] = None
    authors: Annotated[tuple[str, ...], Field(description="byline")] = ()
    publisher: Annotated[str | None, Field(description="who published it, from the source's registry")] = None
    home: Annotated[Home, Field(description="where the article is about")] = Home()
    text: Annotated[str, Field(description="the article's text; every offset is into it")] = ""
    meeting: Annotated[Meeting | None, Field(description="the meeting it reports")] = None
    persons: Annotated[tuple[Person, ...], Field(description="named people")] = ()
    units: Annotated[tuple[UnitMention, ...], Field(description="every mention of a unit")] = ()
    criteria_counts: Annotated[tuple[CriteriaCount, ...], Field(description="criteria reached")] = ()
    criteria_status: Annotated[tuple[CriteriaStatus, ...], Field(description="criteria named as met or not")] = ()
    targets: Annotated[tuple[Target, ...], Field(description="measurable future ends")] = ()
    achievements: Annotated[tuple[Achievement, ...], Field(description="standards reached, proposed, recognised")] = ()
    commitments: Annotated[tuple[Commitment, ...], Field(description="who binds whom to what")] = ()
    results: Annotated[tuple[Result, ...], Field(description="work done, counted")] = ()
    checks: Annotated[tuple[Check, ...], Field(description="what does not add up")] = ()
    patterns: Annotated[str | None, Field(description="fingerprint of the rules that read it")] = None

    @model_validator(mode="before")
    @classmethod
    def _day_of_timestamp(cls, data: Any) -> Any:
        """A full ISO timestamp is accepted as posting date (the contract allows it)."""
        if isinstance(data, dict) and isinstance(data.get("published"), str) and len(data["published"]) > 10:
            data = {**data, "published": data["published"][:10]}
        return data

    def facts(self) -> list[tuple[FactKind, _Fact]]:
        """Every fact with its kind, in the record's order."""
        return [(kind, fact) for kind in FACT_KINDS for fact in getattr(self, kind)]

    def misquotes(self) -> list[Evidence]:
        """Evidence whose quotation is not what stands at its offsets; empty for every record of ours."""
        return [
            fact.evidence
            for _, fact in self.facts()
            if self.text[fact.evidence.start : fact.evidence.end] != fact.evidence.text
        ]
