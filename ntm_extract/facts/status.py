"""Criteria named as met, unmet or weak, with the lists they stand in and whose they are."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from ntm_extract.data_files import parse_yaml
from ntm_extract.facts.frame import ADMINISTRATIVE, AHEAD, Frame, Reader, ahead_of, clause_bounds
from ntm_extract.facts.resolve import Resolver
from ntm_extract.match.reader import Hit, Sentence, SentenceReader
from ntm_extract.model import CriteriaStatus, CriterionStatus, Subject
from ntm_extract.orthography import fold_text
from ntm_extract.patterns import patterns_folder

_NUMBERED = fold_text("số")
_MARKS = {",", ";"}
_JOINS = _MARKS | {fold_text("và"), fold_text("với")}
_BETWEEN = {",", ";", "(", ")", ":", "-", "–", "/", "&", '"', "“", "”"} | {
    fold_text(word) for word in ("và", "với", "tiêu", "chí", "số", "về", "là", "gồm", "các", "hoặc", "cùng", "như", "ở")
}
# A token of these ends a list: what follows is said of something else.
_ENDS = frozenset({"reach", "negation", "mood", "act"})
_NOUN = fold_text("chí")
_AFTER = fold_text("sau")
_OF = {fold_text(word) for word in ("của", "với", "cho", "trước")}
_ANY = fold_text("nào")
_BEFORE_NAME = {"(", "-", "–", ":", '"'} | {fold_text(word) for word in ("về", "là")}
_SUPPOSED = re.compile(r"\W*(?:ví dụ|giả sử|chẳng hạn|thí dụ)\b", re.I)
_STRIVING = re.compile(r"tập trung|tiếp tục|đẩy mạnh|huy động", re.I)
_TRYING = {fold_text(word) for word in ("gắng", "lực", "quyết", "rút", "trương")}  # cố gắng, nỗ lực, gấp rút …
_HARD = {fold_text("khó")}  # 'tiêu chí an ninh trật tự khó đạt'
_RATE = fold_text("lệ")
_LONGEST_NAMES = 20  # syllables of criteria that no vocabulary knows, between two that are known
_LONGEST_BRACKET = 40  # tokens
_MODES_PASSED = 3  # items between a list and the verb that answers it


@dataclass(frozen=True, slots=True)
class _Named:
    """A criterion of a list: its offset, the token behind it; a bracket there may say whose it is, or who lacks it."""

    criterion: str
    start: int
    behind: int
    subject: Subject | None = None
    unmet: bool = False


class StatusReader:
    """Reads what is said of single criteria."""

    def __init__(self, reader: Reader, sentences: SentenceReader) -> None:
        self._reader = reader
        self._sentences = sentences
        self._resolver = Resolver(reader)
        self._before: Sentence | None = None
        self.statuses: list[CriteriaStatus] = []

    def read(self, sentence: Sentence, frame: Frame) -> None:
        """Statuses of one sentence; the first rule that names a criterion decides."""
        named: set[tuple[str, str]] = set()
        used: set[int] = set()
        for hit in self._sentences.hits(sentence, "status"):
            at = hit.slots["criterion"]
            if at in used:
                continue
            listed = self._list(sentence, hit, frame)
            if not listed or (hit.rule.set.get("bare") and len(listed) < 2 and not self._counts(sentence)):
                continue
            if hit.rule.set.get("closed") and not self._closes(sentence, listed[-1]):
                continue
            status = self._status(sentence, hit, listed[-1], frame)
            if status is None:
                continue
            used.update(range(_item_from(sentence, listed[0].start), _item_from(sentence, listed[-1].start) + 1))
            whole: Subject | None = None
            for one in listed:
                subject = one.subject
                if subject is None:
                    subject = whole = whole or self._subject(sentence, hit, frame)
                if subject is None:
                    break
                key = (one.criterion, subject.model_dump_json())
                if key in named:
                    continue
                named.add(key)
                self.statuses.append(
                    CriteriaStatus(
                        subject=subject,
                        standard=frame.standard,
                        criterion=one.criterion,
                        status="unmet" if one.unmet else status,
                        evidence=self._reader.clause_evidence(sentence, hit.first, hit.last, hit.rule.id),
                    )
                )
        self._before = sentence

    def _counts(self, sentence: Sentence) -> bool:
        """Is a number of criteria told here or in the sentence before: are bare names criteria?"""
        before = self._before
        near = (sentence, before) if before is not None and before.line == sentence.line else (sentence,)
        return any(item.type == "criteria" or item.value == _NOUN for one in near for item in one.items)

    def _closes(self, sentence: Sentence, last: _Named) -> bool:
        """'…, còn giao thông và môi trường.': nothing is said of them behind the list."""
        tokens = self._reader.reading.tokens
        return (
            last.behind >= len(tokens)
            or tokens.starts[last.behind] >= sentence.end
            or not tokens.words[last.behind].isalnum()
        )

    # ------------------------------------------------------------ in which light

    def _status(self, sentence: Sentence, hit: Hit, last: _Named, frame: Frame) -> CriterionStatus | None:
        """What the rule says of the list, unless the words around it say otherwise."""
        items = sentence.items
        if "status" not in hit.rule.set or _SUPPOSED.match(self._reader.text, sentence.start):
            return None  # a draft does not say what it reads yet
        status = cast(CriterionStatus, hit.rule.set["status"])
        floor = self._opening(sentence)
        mode = self._resolver.mode(sentence, hit.first, floor, "none", Frame() if floor else frame)
        if mode == "hypothetical":
            return None
        left, _ = clause_bounds(sentence, hit.first)
        if any(item.value == _ANY for item in items[left : hit.last]):
            return None  # 'không xã nào còn nợ tiêu chí …', 'xã nào chưa đạt tiêu chí … thì'
        if status == "met":
            time = self._resolver.time(sentence, hit.first, hit.last)
            ahead = mode in AHEAD or mode == "negated" or ahead_of(time, self._reader.day)
            if hit.rule.set.get("list") == "back":  # the verb stands behind, and so does what denies it
                ahead = ahead or any(
                    item.type == "negation" or item.value in _HARD for item in items[hit.first : hit.last]
                )
            if any(item.value == _RATE for item in items[max(left, hit.first - 3) : hit.first]):
                return None  # 'tỷ lệ xã đạt tiêu chí giao thông còn thấp': of how many, not of whom
            return None if ahead or self._strives(sentence, hit.first) else status
        behind = _item_from(sentence, last.start) + 1 if hit.rule.set.get("list") != "back" else len(items)
        for item in items[behind : behind + _MODES_PASSED]:
            if item.type == "negation" or item.value in _MARKS:
                break
            if item.type == "reach" and item.value in ("met", "finish"):
                return "met"  # 'còn tiêu chí y tế thì đã đạt'
        return status

    @staticmethod
    def _opening(sentence: Sentence) -> int:
        """Behind 'Sau 11 tháng phấn đấu, …': how it came about, not what is to come."""
        items = sentence.items
        if not items or items[0].value != _AFTER:
            return 0
        return next((index + 1 for index, item in enumerate(items[:10]) if item.value == ","), 0)

    def _strives(self, sentence: Sentence, first: int) -> bool:
        """'đang tập trung hoàn thành tiêu chí …', 'cố gắng đạt …', 'chỉ … khi đạt tiêu chí …': not reached yet."""
        if any(item.type == "mood" and item.value == "when" for item in sentence.items[max(0, first - 3) : first]):
            return True
        left, _ = clause_bounds(sentence, first)
        text = self._reader.text
        for item in sentence.items[left:first]:
            if item.type == "act" and item.value == "work" and _STRIVING.match(text, item.start, item.end):
                return True
            if item.type == "word" and item.value in _TRYING:
                return True
        return False

    # ------------------------------------------------------------ whose

    def _subject(self, sentence: Sentence, hit: Hit, frame: Frame) -> Subject | None:
        index = hit.slots.get("subject", self._resolver.subject_left(sentence, hit.first, 0))
        speaker = self._resolver.speaks_for(sentence, hit.first)
        if speaker is not None and speaker.level != "commune":
            speaker = None
        if index is not None and not (speaker and self._told(sentence, index)):
            subject = self._resolver.subject_at(sentence, index, frame.standard)
            if subject is not None:
                return subject
        spoken = next((item for item in sentence.items[hit.first : hit.last] if item.type in ("class", "unit")), None)
        if spoken is not None and spoken.value in ADMINISTRATIVE:
            subject = self._reader.subject_of(spoken)  # 'các tiêu chí chưa đạt của xã chủ yếu là …'
            if subject is not None:
                return subject
        if speaker is not None:
            return speaker
        topic = self._resolver.sentence_topic(sentence, hit.first, None) or frame.subject
        if topic is not None:
            return topic
        name = self._reader.spoken_of("commune") or self._reader.own_unit
        return Subject(level=name.level, units=(self._reader.unit(name),)) if name else None

    @staticmethod
    def _told(sentence: Sentence, index: int) -> bool:
        """'Chủ tịch xã A hứa với đoàn của huyện: …': to whom the officer of the commune speaks."""
        item = sentence.items[index]
        return item.type == "class" and item.value != "commune" and index > 0 and sentence.items[index - 1].value in _OF

    # ------------------------------------------------------------ lists

    def _list(self, sentence: Sentence, hit: Hit, frame: Frame) -> list[_Named]:
        """Criteria listed from the first one on (or back, where the verb stands behind)."""
        items = sentence.items
        first = hit.slots["criterion"]
        if items[first].type not in ("criterion", "class"):  # named by its number: 'tiêu chí số 17'
            first = next(at for at in range(hit.first, hit.last) if items[at].value == _NUMBERED)
        stop = sentence.end
        if hit.rule.set.get("list") == "back":
            stop = items[hit.last - 1].start
            tokens = self._reader.reading.tokens
            while (
                first >= 2
                and items[first - 1].value in _JOINS
                and self._criterion(tokens.first_from(items[first - 2].start)) is not None
            ):
                first -= 2
        start = self._reader.reading.tokens.first_from(items[first].start)
        return list(self._walk(sentence, start, stop, frame.standard or "ntm"))

    def _walk(self, sentence: Sentence, at: int, stop: int, standard: str) -> Iterator[_Named]:
        tokens = self._reader.reading.tokens
        skipped = 0
        fresh = False  # a comma was passed: what follows must be a criterion again
        while at < len(tokens) and tokens.starts[at] < stop:
            norm = tokens.norms[at]
            best = self._criterion(at) or self._numbered(at, standard)
            if best is not None:
                start, (at, criterion) = tokens.starts[at], best
                subject, unmet = None, False
                if at < len(tokens) and tokens.words[at] == "(" and self._criterion(at + 1) is None:
                    at, subject, unmet = self._bracket(sentence, at)
                yield _Named(criterion, start, at, subject, unmet)
                skipped, fresh = 0, False
                continue
            if tokens.words[at].isdigit() and tokens.norms[at - 1] != _NUMBERED:
                return  # '118 xã đạt tiêu chí giao thông, 124 xã …': another subject begins
            if norm in _BETWEEN or tokens.words[at].isdigit() or norm.isspace():
                fresh = fresh or norm in _MARKS
                at += 1
                continue
            if any(type_ in _ENDS for _, type_, _ in self._reader.reading.vocabulary.get(at, ())):
                return
            if fresh:
                beyond = self._unknown(at, stop)
                if beyond is None:
                    return
                at = beyond
                continue
            skipped += 1  # 'nhà ở dân cư', 'môi trường nông thôn': a word more than the alias
            if skipped > 3:
                return
            at += 1

    def _numbered(self, at: int, standard: str) -> tuple[int, str] | None:
        """'số 17' without a name behind it: the criterion that the set of the article's day has under that number."""
        tokens = self._reader.reading.tokens
        if tokens.norms[at] != _NUMBERED or at + 1 >= len(tokens) or not tokens.words[at + 1].isdigit():
            return None
        behind = at + 2
        while behind < min(at + 6, len(tokens)) and tokens.norms[behind] in _BEFORE_NAME:
            behind += 1
        if behind < len(tokens) and self._criterion(behind) is not None:
            return None  # 'số 2 (giao thông)', 'số 17 về môi trường': the name says it
        day = self._reader.day or self._reader.reading.anchor
        criterion = _by_number("commune", standard, day, int(tokens.words[at + 1])) if day else None
        return (at + 2, criterion) if criterion else None

    def _criterion(self, at: int) -> tuple[int, str] | None:
        """Where the longest name of a criterion that begins here ends, and its id."""
        hits = [hit for hit in self._reader.reading.vocabulary.get(at, ()) if hit[1] == "criterion"]
        return max((hit[0], hit[2]) for hit in hits) if hits else None

    def _bracket(self, sentence: Sentence, at: int) -> tuple[int, Subject | None, bool]:
        """Behind the bracket that opens here: '(38,7 triệu đồng/người)', '(xã A, B)', which says whose it is, '(9/11 xã
        chưa đạt)', which says that they lack it."""
        tokens = self._reader.reading.tokens
        for end in range(at + 1, min(at + _LONGEST_BRACKET, len(tokens))):
            if tokens.words[end] != ")":
                continue
            first, last = _item_from(sentence, tokens.starts[at]), _item_from(sentence, tokens.starts[end])
            inside = sentence.items[first + 1 : last]
            for index, item in enumerate(inside, first + 1):
                if item.type in ("unit", "count") and item.value in ADMINISTRATIVE:
                    unmet = any(one.type == "negation" for one in inside) and any(one.type == "reach" for one in inside)
                    return end + 1, self._resolver.subject_at(sentence, index, None), unmet
            return end + 1, None, False
        return at + 1, None, False

    def _unknown(self, at: int, stop: int) -> int | None:
        """Behind members of the list that no vocabulary knows ('thu nhập, cấp nước, môi trường'), at the last mark."""
        tokens, vocabulary = self._reader.reading.tokens, self._reader.reading.vocabulary
        for end in range(at, min(at + _LONGEST_NAMES, len(tokens))):
            if tokens.starts[end] >= stop:
                return None
            if tokens.norms[end] in _JOINS:
                if end > at and self._criterion(end + 1) is not None:
                    return end
                continue
            if not (tokens.words[end].isalpha() or tokens.words[end] in "-–") or any(
                type_ in _ENDS for _, type_, _ in vocabulary.get(end, ())
            ):
                return None
        return None


def _item_from(sentence: Sentence, offset: int) -> int:
    """Index of the first item that begins at or behind a character of the text."""
    return bisect_left(sentence.items, offset, key=lambda item: item.start)


@cache
def _by_number(level: str, standard: str, day: dt.date, number: int) -> str | None:
    """Id of the criterion with this number in the set in force; None where that is not known or has several."""
    for one in _sets():
        in_force = one["in_force"]
        if (one["level"], one["standard"]) != (level, standard) or not in_force["from"] <= day:
            continue
        if in_force.get("to") is None or day <= in_force["to"]:
            rows = (row for row in one.get("criteria") or () if row["number"] == number and row["verified"])
            return next((row.get("id") for row in rows), None)
    return None


@cache
def _sets() -> list[dict[str, Any]]:
    """The shipped sets of criteria; read only when a criterion is named by its number."""
    text = (patterns_folder() / "criteria_sets.yml").read_text("utf-8")
    sets: list[dict[str, Any]] = parse_yaml(text)["sets"]
    return sets
