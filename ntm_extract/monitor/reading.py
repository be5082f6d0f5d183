"""What the sentence around a quotation adds to a fact: its day, its grade, its hedges, who speaks.

A record's facts carry short quotations; the date of a signature, 'dự kiến' or 'lùi thời gian' often stand
elsewhere in the same sentence. Turns of phrase are rows of ``phrases.yml``; nothing here names a place.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

from ntm_extract.data_files import load_beside
from ntm_extract.model import Evidence, Period, Record, Standard
from ntm_extract.monitor.yardsticks import decision_number, rule_decisions
from ntm_extract.orthography import fold_text, fold_word
from ntm_extract.values import iter_times

Grade = Literal["decision", "council", "report", "caption", "forecast"]
BodyLevel = Literal["province", "district", "commune"]
BODY_LEVELS: tuple[BodyLevel, ...] = ("commune", "district", "province")

_WORD = re.compile(r"\w+")
# A full stop ends a sentence before a capital, a quotation mark or the end; not after an abbreviated kind of unit.
_SENTENCE_END = re.compile(r"[.!?…]+[\"”')\]]*(?=\s+[\"“'(\[–-]?\s*[^\W\d_a-zà-ỹ]|\s*$)|\n+")
_ABBREVIATIONS = frozenset({"tp", "tx", "tt", "ths", "ts", "gs", "pgs", "đ", "h", "x"})


# ------------------------------------------------------------------ sentences


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a record's text, half-open offsets; for looking up phrases it is folded when that is asked for."""

    text: str
    start: int
    end: int

    @property
    def folded(self) -> str:
        """' word word ' of folded words."""
        return _folded(self.text)[0]

    @property
    def bounds(self) -> list[tuple[int, int, int]]:
        """Of each word its offset in ``folded``, its start and end in the record's text."""
        return [(at, self.start + a, self.start + b) for at, a, b in _folded(self.text)[1]]

    def find(self, name: str) -> tuple[int, int] | None:
        """Where the first phrase of a row stands, in offsets of the record's text; None if none does."""
        return next(self.spans(name), None)

    def spans(self, name: str) -> Iterator[tuple[int, int]]:
        """Where the phrases of a row stand, in offsets of the record's text."""
        for begin, end in _search(name, self.folded):
            yield self._place(begin, end)

    def between(self, start: int, end: int) -> Passage:
        """The part of it between two offsets of the record's text."""
        first, last = max(start, self.start) - self.start, min(end, self.end) - self.start
        return Passage(self.text[first:last], first + self.start, last + self.start)

    def has(self, name: str) -> bool:
        """Whether a phrase of that row of ``phrases.yml`` stands here."""
        return any(True for _ in _search(name, self.folded))

    def names(self, name: str) -> Iterator[tuple[int, int]]:
        """Where a unit's name stands as whole words, in offsets of the record's text."""
        wanted = f" {_folded(name)[0].strip()} "
        at = self.folded.find(wanted)
        while at >= 0:
            yield self._place(at + 1, at + len(wanted) - 1)
            at = self.folded.find(wanted, at + 1)

    def _place(self, begin: int, end: int) -> tuple[int, int]:
        """Where a stretch of ``folded`` stands in the record's text."""
        bounds = self.bounds
        starts = [bound[0] for bound in bounds]
        first, last = bisect_left(starts, begin), bisect_left(starts, end) - 1
        return bounds[first][1], bounds[max(first, last)][2]


def passage(text: str, start: int, end: int) -> Passage:
    """The stretch itself, ready for looking up phrases."""
    return Passage(text[start:end], start, end)


@lru_cache(maxsize=4096)
def sentence_bounds(text: str) -> tuple[tuple[int, int], ...]:
    """Half-open bounds of the sentences of a text; a line break always ends one."""
    bounds: list[tuple[int, int]] = []
    start = 0
    for found in _SENTENCE_END.finditer(text):
        before = re.search(r"(\w+)$", text[max(0, found.start() - 6) : found.start()])
        if found.group().startswith(".") and before and before.group(1).lower() in _ABBREVIATIONS:
            continue
        if text[start : found.end()].strip():
            bounds.append((start, found.end()))
        start = found.end()
    if text[start:].strip():
        bounds.append((start, len(text)))
    return tuple(bounds)


def sentence(record: Record, evidence: Evidence) -> Passage:
    """The sentence or sentences that the quotation touches."""
    return passage(record.text, *_sentence_of(record.text, *_within(record, evidence)))


def _sentence_of(text: str, start: int, end: int) -> tuple[int, int]:
    first, last = start, end
    for a, b in sentence_bounds(text):
        if a < end and start < b:
            first, last = min(first, a), max(last, b)
    return first, last


def clause(record: Record, evidence: Evidence) -> Passage:
    """The quotation with what stands before and behind it up to a semicolon or the end of its sentence."""
    start, end = _within(record, evidence)
    first, last = _sentence_of(record.text, start, end)
    before = record.text.rfind(";", first, start)
    behind = record.text.find(";", end, last)
    return passage(record.text, before + 1 if before >= 0 else first, behind if behind >= 0 else last)


def paragraph_before(record: Record, around: Passage) -> Passage:
    """What stands in the same paragraph before a sentence."""
    return passage(record.text, record.text.rfind("\n", 0, around.start) + 1, around.start)


def _within(record: Record, evidence: Evidence) -> tuple[int, int]:
    """Offsets of the quotation, found again in the text if they are off; an empty stretch if it is not there."""
    if record.text[evidence.start : evidence.end] == evidence.text:
        return evidence.start, evidence.end
    at = record.text.find(evidence.text) if evidence.text else -1
    return (at, at + len(evidence.text)) if at >= 0 else (0, 0)


@lru_cache(maxsize=16384)
def _folded(text: str) -> tuple[str, tuple[tuple[int, int, int], ...]]:
    """' word word ' of folded words, and of each word its offset there and its bounds in the text."""
    parts: list[str] = []
    bounds: list[tuple[int, int, int]] = []
    at = 1
    for found in _WORD.finditer(text):
        word = fold_word(found.group())
        parts.append(word)
        bounds.append((at, found.start(), found.end()))
        at += len(word) + 1
    return f" {' '.join(parts)} ", tuple(bounds)


# ------------------------------------------------------------------ phrases


@cache
def _phrases() -> dict[str, Any]:
    rows: dict[str, Any] = load_beside(__file__, "phrases.yml")
    return rows


@cache
def words_of(name: str) -> frozenset[str]:
    """Folded words of all the phrases of a row of ``phrases.yml``."""
    return frozenset(word for phrase in _phrases()[name]["phrases"] for word in fold_text(phrase).split())


@cache
def _rows() -> dict[str, tuple[re.Pattern[str], re.Pattern[str] | None]]:
    return {
        name: (_expression(row["phrases"]), _expression(row["unless"]) if row.get("unless") else None)
        for name, row in _phrases().items()
        if isinstance(row, dict)
    }


def _expression(phrases: list[str]) -> re.Pattern[str]:
    forms = []
    for phrase in sorted(phrases, key=len, reverse=True):
        at_start, phrase = phrase.startswith("^"), phrase.removeprefix("^").strip()
        parts = [re.escape(fold_text(part.strip())) for part in phrase.split("…")]
        form = r"(?: \S+){0,4}? ".join(parts) if parts[-1] else parts[0] + r"(?: \S+){0,4} "
        forms.append((r"(?<=\A )" if at_start else "") + form.rstrip())
    return re.compile(rf"(?<= )(?:{'|'.join(forms)})(?= )")


def _overlapping(expression: re.Pattern[str], folded: str) -> Iterator[tuple[int, int]]:
    found = expression.search(folded)
    while found:
        yield found.span()
        found = expression.search(folded, found.start() + 1)


def _search(name: str, folded: str) -> Iterator[tuple[int, int]]:
    wanted, unless = _rows()[name]
    barred = list(_overlapping(unless, folded)) if unless else []
    for found in wanted.finditer(folded):
        if not any(start < found.end() and found.start() < end + 1 for start, end in barred):
            yield found.span()


# ------------------------------------------------------------------ days

_DECISION = re.compile(r"quyết định\s+(?:số\s*:?\s*)?(?P<no>\d+[\w/-]*(?:\s*/\s*[\w-]+)*)", re.IGNORECASE)
_SIGNING = re.compile(r"\b(?:ký|ban hành|quyết định)\b", re.IGNORECASE)
_ANNOUNCING = re.compile(r"\b(?:ký|ban hành|quyết định|công nhận|công bố)\b", re.IGNORECASE)
_STOP = re.compile(r"[.;\n]")
# How far a day may stand from what it dates, in characters.
_BEHIND_NUMBER, _BEHIND_VERB, _AHEAD_OF_VERB = 45, 160, 120
# The decision that sets the criteria is no recognition: 'theo Bộ tiêu chí ban hành kèm theo Quyết định số …',
# 'Quyết định số … ban hành Bộ tiêu chí'.
_RULES_AHEAD = re.compile(r"(?:bộ tiêu chí|kèm theo|quy định tại|tiêu chí theo)[^.;\n]{0,60}$", re.IGNORECASE)
_RULES_BEHIND = re.compile(
    r"^[^.;\n]{0,80}?(?:(?:ban hành|về|quy định)\s+(?:bộ\s+|các\s+)?tiêu chí|phê duyệt chương trình)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Signature:
    """A decision as the text names it: its number, the day it was signed; either may be unknown."""

    number: str | None
    day: dt.date | None


@dataclass(frozen=True, slots=True)
class _Dated:
    """A day in a stretch of text, and whether it is the day of an act that sets rules."""

    start: int
    end: int
    day: dt.date
    of_rules: bool


def _days(text: str, near: dt.date | None) -> list[_Dated]:
    """Days a text names up to the record's own day; 'đến ngày', 'trước ngày' and 'từ ngày' are no days of an act."""
    rules = [found.span() for found in _DECISION.finditer(text) if _sets_rules(text, found)]
    out = []
    for time in iter_times(text, near):
        day = time.period.end
        if time.kind != "date" or day is None or day != time.period.start or time.until or time.since:
            continue
        # A page may be posted the day before the event it reports: 'Sáng 24/10' on a page of 23/10.
        if near is not None and day > near + dt.timedelta(days=1):
            continue
        of_rules = any(
            0 <= time.start - end <= _BEHIND_NUMBER and not _STOP.search(text, end, time.start) for _, end in rules
        )
        out.append(_Dated(time.start, time.end, day, of_rules))
    return out


def signature(
    record: Record, evidence: Evidence, near: dt.date | None, *, foreign: Callable[[int, int], bool]
) -> Signature | None:
    """Number and day of the decision the quotation speaks of.

    Looked for in its sentence, then in those before it in the paragraph, nearest first, then in the one behind it;
    not in sentences that ``foreign`` says are about other units. Acts that set criteria or rules are passed over,
    and so are days after ``near``, the record's own. Where the sentence tells of the ceremony, the day of the decision
    stands before it, if a sentence beside it gives one by number.
    """
    around = sentence(record, evidence)
    own = _signature_in(around.text, near)
    if own is not None and (own.number is not None or not _CEREMONY.search(around.text)):
        return own
    first = record.text.rfind("\n", 0, around.start) + 1
    last = record.text.find("\n", around.end)
    bounds = sentence_bounds(record.text)
    before = [bound for bound in bounds if first <= bound[0] and bound[1] <= around.start]
    ceremony = own is not None  # told at length: what was handed over may stand in the next paragraph
    behind = [bound for bound in bounds if around.end <= bound[0] and (last < 0 or bound[1] <= last or ceremony)]
    for start, end in (*reversed(before), *behind[: 2 if ceremony else 1]):
        if foreign(start, end) or not (found := _signature_in(record.text[start:end], near)):
            continue
        if own is None:
            return found
        recognising = "công nhận" in record.text[start:end].casefold()
        if recognising and found.number and found.day and own.day and found.day <= own.day:
            return found
    return own


_CEREMONY = re.compile(r"\b(?:lễ|đón bằng|đón nhận|trao bằng)\b", re.IGNORECASE)


def _signature_in(text: str, near: dt.date | None) -> Signature | None:
    days = _days(text, near)
    number: str | None = None
    for decision in _DECISION.finditer(text):
        if _sets_rules(text, decision):
            continue
        number = number or decision_number(decision["no"])
        for dated in days:
            if 0 <= dated.start - decision.end() <= _BEHIND_NUMBER and not _STOP.search(
                text, decision.end(), dated.start
            ):
                return Signature(decision_number(decision["no"]), dated.day)
    for dated in days:
        if not dated.of_rules and (
            _near(_SIGNING, text, max(0, dated.start - _BEHIND_VERB), dated.start, behind=True)
            or _near(_ANNOUNCING, text, dated.end, dated.end + _AHEAD_OF_VERB, behind=False)
        ):
            return Signature(number, dated.day)
    return Signature(number, None) if number else None


def _near(verb: re.Pattern[str], text: str, start: int, end: int, *, behind: bool) -> bool:
    """Whether the verb stands in that stretch with no end of a clause between it and the day at the stretch's edge."""
    return any(
        not (_STOP.search(text, found.end(), end) if behind else _STOP.search(text, start, found.start()))
        for found in verb.finditer(text, start, end)
    )


def _sets_rules(text: str, decision: re.Match[str]) -> bool:
    return (
        decision_number(decision["no"]) in rule_decisions()
        or bool(_RULES_AHEAD.search(text[: decision.start()]))
        or bool(_RULES_BEHIND.search(text[decision.end() :]))
    )


def only_day(record: Record, evidence: Evidence, near: dt.date | None) -> dt.date | None:
    """The one day the sentence names, if it names exactly one that is not after the record's own."""
    days = {dated.day for dated in _days(sentence(record, evidence).text, near) if not dated.of_rules}
    return days.pop() if len(days) == 1 else None


def moved_to(where: Passage, start: int, near: dt.date | None) -> Period | None:
    """The latest time a clause names behind ``start`` (an offset of the record's text): to when a day is moved."""
    times = [
        time.period for time in iter_times(where.text, near) if where.start + time.start >= start and time.period.end
    ]
    return max(times, key=lambda period: period.end or dt.date.min, default=None)


_YEAR_OF_STANDARD = re.compile(
    r"(?:chuẩn|nâng cao|kiểu mẫu|nông thôn mới|NTM|văn minh|đích)[\"”'’)]*\s*,?\s*(?:trong\s+|của\s+)?năm\s+(20\d\d)",
    re.IGNORECASE,
)


def year_of_standard(surface: str) -> int | None:
    """The year a quotation gives right behind its standard ('đạt chuẩn NTM nâng cao năm 2021'), if it gives one."""
    years = {int(found.group(1)) for found in _YEAR_OF_STANDARD.finditer(surface)}
    return years.pop() if len(years) == 1 else None


# ------------------------------------------------------------------ standards named in words

_NAMED_STANDARDS: tuple[Standard, ...] = ("ntm", "ntm_advanced", "ntm_model", "civilized_urban")


def standards_named(where: Passage) -> frozenset[Standard]:
    """Standards that a stretch of text names in words; empty where it only says 'đạt chuẩn'."""
    return frozenset(standard for standard in _NAMED_STANDARDS if where.has(f"standard_{standard}"))


# ------------------------------------------------------------------ captions


def is_caption(record: Record, evidence: Evidence) -> bool:
    """Whether the quotation stands in a caption: a line or a sentence that names its photograph."""
    if "caption" in evidence.rule:
        return True
    start, end = _within(record, evidence)
    first = record.text.rfind("\n", 0, start) + 1
    last = record.text.find("\n", end)
    line = record.text[first : last if last >= 0 else len(record.text)].strip()
    return bool(_CAPTION.search(line) or _CAPTION_SENTENCE.search(record.text, first, end))


_CAPTION = re.compile(
    r"^\(?(?:trong\s+)?ảnh(?:\s+[^\s:]+){0,3}\s*:"
    r"|\bảnh\s*(?:minh họa|tư liệu)?\s*:\s*[^.;:]{0,40}\)?\.?$"
    r"|^\W*ảnh minh họa",
    re.IGNORECASE,
)
# '… nông thôn mới. Ảnh: Diện mạo xã A đạt chuẩn': its sentence, where a page runs on without a new line.
_CAPTION_SENTENCE = re.compile(r"[.!?…]\s+\(?ảnh(?:\s+[^\s:.]+){0,3}\s*:[^.!?…]*\.?$", re.IGNORECASE)
