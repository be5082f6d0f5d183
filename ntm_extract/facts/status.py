"""Criteria named as met, unmet or weak, with the lists they stand in and whose they are."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from ntm_extract.data_files import parse_yaml
from ntm_extract.facts.frame import ADMINISTRATIVE, AHEAD, Frame, Reader, ahead_of, clause_bounds
from ntm_extract.facts.light import Light
from ntm_extract.facts.resolve import Resolver
from ntm_extract.match.reader import Hit, Item, Sentence, SentenceReader
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
_HARD = {fold_text("khó"), fold_text("dễ")}  # 'tiêu chí an ninh trật tự khó đạt'
_RATE = fold_text("lệ")
_AT_RISK = re.compile(r"nguy cơ", re.I)
_THEN = fold_text("thì")
_CHI = fold_text("chí")  # 'tiêu chí 2 về giao thông'
_EVERY = {fold_text(word) for word in ("năm", "lúc", "kỳ", "tháng", "quý", "đợt")}  # 'năm nào cũng'
_HOW_MANY = re.compile(r"số\b", re.I)
_SOME = {fold_text(word) for word in ("một", "đa", "phần", "nhiều")}  # 'một số xã'
_OWNS = {fold_text(word) for word in ("của", "ở", "tại")}
_IN = {fold_text(word) for word in ("ở", "tại")}
_OWNERS = ("commune", "district", "village")
_BECAUSE = {"(", ".", ";", ":"} | {fold_text(word) for word in ("vì", "do", "bởi", "nhưng")}
_BEFORE_LISTED = {fold_text(word) for word in ("tiêu", "chí", "các", "số", "về")}
_LONGEST_NAMES = 20  # syllables of criteria that no vocabulary knows, between two that are known
_LONGEST_BRACKET = 40  # tokens
_CONDITION_WITHIN = 6  # items between what is not done and 'thì'
_MOST_WITH_REASONS = 5  # criteria of such a list
_WORDS_MORE = 3  # of a name, than its alias has
_LONGEST_REASON = 40  # tokens between two criteria of a list, each with its reason
_BEFORE_CRITERION = 8  # tokens of 'và tiêu chí số 17 về'
_AND, _WITH, _CRITERION = fold_text("và"), fold_text("với"), (fold_text("tiêu"), fold_text("chí"))
_MODES_PASSED = 3  # items between a list and the verb that answers it


@dataclass(frozen=True, slots=True)
class _Named:
    """A criterion of a list: its offset, the token behind it; a bracket there may say whose it is, or who lacks it."""

    criterion: str
    start: int
    behind: int
    subject: Subject | None = None
    unmet: bool = False
    owned: bool = False  # the subject stands behind 'của': it is also that of those listed before


class StatusReader:
    """Reads what is said of single criteria."""

    def __init__(self, reader: Reader, sentences: SentenceReader) -> None:
        self._reader = reader
        self._sentences = sentences
        self._resolver = Resolver(reader)
        self._light = Light(reader)
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
        mode = self._light.said(sentence, hit.first, floor, "none", Frame() if floor else frame)
        if mode == "hypothetical":
            return None
        left, _ = clause_bounds(sentence, hit.first)
        if any(
            items[at].value == _ANY and items[at - 1].value not in _EVERY for at in range(max(left, 1), hit.last)
        ):  # but 'năm nào cũng trượt'
            return None  # 'không xã nào còn nợ tiêu chí …', 'xã nào chưa đạt tiêu chí … thì'
        if self._follows(sentence, left, hit.slots["criterion"]):
            return None
        if status == "met":
            time = self._resolver.time(sentence, hit.first, hit.last)
            ahead = mode in AHEAD or mode == "negated" or ahead_of(time, self._reader.day)
            if hit.rule.set.get("list") == "back":  # the verb stands behind, and so does what denies it
                ahead = ahead or any(
                    item.type == "negation" or item.value in _HARD for item in items[hit.first : hit.last]
                )
            if any(item.value == _RATE for item in items[max(left, hit.first - 3) : hit.first]):
                return None  # 'tỷ lệ xã đạt tiêu chí giao thông còn thấp': of how many, not of whom
            if hit.first > left and self._is_number_of(items, hit.first - 1):
                return None  # 'số xã đạt tiêu chí giao thông tăng', too
            return None if ahead or self._strives(sentence, hit.first) else status
        if self._denied(sentence, hit):
            return None
        if status == "unmet" and "negation" not in hit.slots:
            near = items[max(left, hit.first - 1) : hit.last]
            if any(item.type == "mood" and _AT_RISK.search(self._reader.text, item.start, item.end) for item in near):
                return "weak"  # '3 tiêu chí có nguy cơ rớt là …'
        behind = _item_from(sentence, last.start) + 1 if hit.rule.set.get("list") != "back" else len(items)
        for item in items[behind : behind + _MODES_PASSED]:
            if item.type == "negation" or item.value in _MARKS:
                break
            if item.type == "reach" and item.value in ("met", "finish"):
                return "met"  # 'còn tiêu chí y tế thì đã đạt'
        return status

    @staticmethod
    def _denied(sentence: Sentence, hit: Hit) -> bool:
        """'không vướng ở tiêu chí …', 'không để rớt tiêu chí …', by a rule that needs no negation itself."""
        if "negation" in hit.slots or hit.rule.set.get("list") == "back":
            return False
        before = sentence.items[max(0, hit.first - 2) : hit.slots["criterion"]]
        return any(item.type == "negation" and item.value == "no" for item in before)

    @staticmethod
    def _follows(sentence: Sentence, left: int, at: int) -> bool:
        """'đường chưa xong thì tiêu chí thu nhập còn kẹt': what would follow, not what is."""
        items = sentence.items
        while at > left and items[at - 1].value in _BEFORE_LISTED:
            at -= 1
        return (
            at > left
            and items[at - 1].value == _THEN
            and any(item.type == "negation" for item in items[max(left, at - 1 - _CONDITION_WITHIN) : at - 1])
        )

    def _is_number_of(self, items: list[Item], at: int) -> bool:
        """'Số xã …', but not 'một số xã', 'đa số xã'."""
        item = items[at]
        if item.type != "class" or not _HOW_MANY.match(self._reader.text, item.start, item.end):
            return False
        return at == 0 or items[at - 1].value not in _SOME

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
        if "subject" not in hit.slots and hit.rule.set.get("list") == "back":
            behind = self._where(sentence, hit.last)
            index = index if behind is None else behind
        speaker = self._resolver.speaks_for(sentence, hit.first)
        if speaker is not None and speaker.level != "commune":
            speaker = None
        if index is not None and not (speaker and self._told(sentence, index)):
            subject = self._resolver.subject_at(sentence, index, frame.standard)
            if subject is not None:  # 'còn 4 xã chưa đạt tiêu chí an ninh, gồm: A, B, C và D'
                return self._resolver.with_list(sentence, subject, hit.last, frame.standard)
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
    def _where(sentence: Sentence, at: int) -> int | None:
        """'tiêu chí thu nhập chưa đạt ở xã A', '… đã đạt tại cả 20 xã': those named or counted behind the verb."""
        items = sentence.items
        if at >= len(items) or items[at].value not in _IN:
            return None
        for index in range(at + 1, min(at + 4, len(items))):
            if items[index].type in ("unit", "count"):
                return index if items[index].value in ADMINISTRATIVE else None
            if items[index].type != "word":
                return None
        return None

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
        tokens = self._reader.reading.tokens
        if items[first].type == "class" and self._criterion(tokens.first_from(items[first].start)) is None:
            return []  # 'kẹt hộ dân': a class that is the name of no criterion
        if items[first].type not in ("criterion", "class"):  # named by its number: 'tiêu chí số 17'
            first = next(at for at in range(hit.first, hit.last) if items[at].value == _NUMBERED)
        stop = sentence.end
        if hit.rule.set.get("list") == "back":
            stop = items[hit.last - 1].start
            while (before := self._before_in_list(sentence, first)) is not None:
                first = before
        start = tokens.first_from(items[first].start)
        listed = list(self._walk(sentence, start, stop, frame.standard or "ntm"))
        if listed and not {"list", "bare"} & hit.rule.set.keys():
            listed.extend(self._with_reasons(sentence, hit, listed))
            listed.extend(self._with_figures(sentence, listed))
        owner: Subject | None = None
        for at in range(len(listed) - 1, -1, -1):
            owner = listed[at].subject if listed[at].owned else owner
            if listed[at].subject is None and owner is not None:
                listed[at] = replace(listed[at], subject=owner)
        return listed

    def _before_in_list(self, sentence: Sentence, at: int) -> int | None:
        """The criterion that stands before one in a list: 'thu nhập, y tế', 'y tế của xã A và tiêu chí môi trường'."""
        items, tokens = sentence.items, self._reader.reading.tokens
        at -= 1
        while at > 0 and items[at].value in _BEFORE_LISTED:
            at -= 1
        if at < 1 or items[at].value not in _JOINS:
            return None
        at -= 1
        if at > 1 and items[at].type == "unit" and items[at - 1].value in _OWNS:
            at -= 2
        return at if self._criterion(tokens.first_from(items[at].start)) is not None else None

    def _with_reasons(self, sentence: Sentence, hit: Hit, listed: list[_Named]) -> Iterator[_Named]:
        """'Hai tiêu chí chưa đạt là thu nhập, do mất mùa, và môi trường, do …': read on until there are as many."""
        tokens = self._reader.reading.tokens
        said = next(
            (item.number for item in sentence.items[hit.first : hit.last] if item.type == "criteria" and item.number),
            None,
        )
        if said is None or said.total is not None or said.value > _MOST_WITH_REASONS:
            return
        missing = int(said.value) - len(listed)
        at = last = listed[-1].behind
        while missing > 0 and at < min(last + _LONGEST_REASON, len(tokens)) and tokens.starts[at] < sentence.end:
            best = self._criterion(at)
            if tokens.norms[at] == ";" and not self._goes_on(at + 1):
                return
            if best is None:
                at += 1
                continue
            start, before = tokens.starts[at], at - 1
            while tokens.norms[before] in _BEFORE_LISTED:
                before -= 1
            at, criterion = best
            if tokens.norms[before] in _JOINS and self._reasoned(at):
                last, missing = at, missing - 1
                yield _Named(criterion, start, at)

    def _goes_on(self, at: int) -> bool:
        """'…; (và) tiêu chí về môi trường': the list goes on behind the semicolon."""
        norms = self._reader.reading.tokens.norms
        at += norms[at : at + 1] == [_AND]
        return tuple(norms[at : at + 2]) == _CRITERION

    def _with_figures(self, sentence: Sentence, listed: list[_Named]) -> Iterator[_Named]:
        """'tiêu chí số 2 về giao thông với 100% …; tiêu chí số 5 về trường học với 3/3 …': each with how far it is."""
        tokens = self._reader.reading.tokens
        at = listed[-1].behind
        while at < len(tokens) and tokens.norms[at] == _WITH:
            while at < len(tokens) and tokens.starts[at] < sentence.end and tokens.norms[at] != ";":
                at += 1
            if at + 1 >= len(tokens) or tokens.starts[at] >= sentence.end or not self._goes_on(at + 1):
                return
            places = range(at + 1, at + _BEFORE_CRITERION)
            found = next(((place, best) for place in places if (best := self._criterion(place)) is not None), None)
            if found is None:
                return
            place, (at, criterion) = found
            most = min(at + _WORDS_MORE, len(tokens))
            while at < most and tokens.words[at].isalpha() and tokens.norms[at] != _WITH:
                at += 1
            if tokens.norms[at : at + 1] == [_WITH]:
                yield _Named(criterion, tokens.starts[place], at)

    def _reasoned(self, at: int) -> bool:
        """Is a reason given behind a criterion, or does the sentence end: '… và môi trường nông thôn, do …'?"""
        tokens = self._reader.reading.tokens
        for behind in range(at, min(at + _WORDS_MORE + 2, len(tokens))):
            if tokens.norms[behind] in _BECAUSE:
                return True
            if tokens.words[behind] != "," and not tokens.words[behind].isalpha():
                return False
        return at >= len(tokens)

    def _walk(self, sentence: Sentence, at: int, stop: int, standard: str) -> Iterator[_Named]:
        tokens = self._reader.reading.tokens
        skipped = 0
        fresh = False  # a comma was passed: what follows must be a criterion again
        parted = False  # so was a semicolon: it may also begin another clause
        while at < len(tokens) and tokens.starts[at] < stop:
            norm = tokens.norms[at]
            best = self._criterion(at) or self._numbered(at, standard)
            if best is not None:
                start, (at, criterion) = tokens.starts[at], best
                if parted and not self._named_only(at):
                    return
                parted = False
                subject, unmet = None, False
                if at < len(tokens) and tokens.words[at] == "(" and self._criterion(at + 1) is None:
                    at, subject, unmet = self._bracket(sentence, at)
                owner = self._owner(sentence, at) if subject is None else None
                if owner is not None:
                    at, subject = owner
                yield _Named(criterion, start, at, subject, unmet, owner is not None)
                skipped, fresh = 0, False
                continue
            if tokens.words[at].isdigit() and tokens.norms[at - 1] not in (_NUMBERED, _CHI):
                return  # '118 xã đạt tiêu chí giao thông, 124 xã …': another subject begins
            if norm in _BETWEEN or tokens.words[at].isdigit() or norm.isspace():
                fresh, parted = fresh or norm in _MARKS, parted or norm == ";"
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

    def _named_only(self, at: int) -> bool:
        """Does nothing follow a name of a list but the next: '; trường học (…);', not '; môi trường nhiều nơi …'?"""
        tokens = self._reader.reading.tokens
        if at < len(tokens) and tokens.norms[at] in _IN:
            return False  # '; tiêu chí môi trường ở nhiều xã chưa bền vững'
        for behind in range(at, min(at + _WORDS_MORE + 1, len(tokens))):
            if not tokens.words[behind].isalpha() or tokens.norms[behind] in _JOINS:
                return True
            if any(type_ in _ENDS for _, type_, _ in self._reader.reading.vocabulary.get(behind, ())):
                return True
        return at + _WORDS_MORE + 1 >= len(tokens)

    def _owner(self, sentence: Sentence, at: int) -> tuple[int, Subject] | None:
        """Behind 'của xã A' that follows a criterion, and that commune."""
        tokens = self._reader.reading.tokens
        if at + 1 >= len(tokens) or tokens.norms[at] not in _OWNS:
            return None
        index = _item_from(sentence, tokens.starts[at + 1])
        if index >= len(sentence.items) or sentence.items[index].start != tokens.starts[at + 1]:
            return None
        item = sentence.items[index]
        subject = None
        if item.type == "unit" and item.value in _OWNERS:
            subject = self._resolver.subject_at(sentence, index, None)
        return (tokens.first_from(item.end), subject) if subject is not None else None

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
