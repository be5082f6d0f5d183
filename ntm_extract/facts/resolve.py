"""Whose claim it is, by when, and in which light: what a clause says itself and what it inherits."""

from __future__ import annotations

import re

from ntm_extract.facts.frame import ADMINISTRATIVE, AHEAD, Frame, Mode, Reader, clause_bounds, is_deadline, is_now, mode_of
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Period, Subject
from ntm_extract.orthography import fold_text

LIST_INTRO = {fold_text(word) for word in ("là", "gồm", ":", "(", "như", "cụ", "thể", "bao", "đó", "sau", "–", "-", "có", "tại")}
SUBUNITS = ("residential_area", "garden", "product", "household", "school", "house", "cooperative", "market")


_COMPARED = re.compile(r"(so với|hơn|bằng|như|cùng kỳ|kể từ|từ)\s+(cuối\s+|đầu\s+)?$")
_OF_SET = re.compile(r"(tiêu chí|chương trình)[^,.;:]*$")


class Resolver:
    """Looks for the parts of a claim around its core: in the clause first, then in what went before.

    ``core`` is the index of the item that the claim stands on, ``last`` the first index behind it, ``floor`` the
    index behind the claim before it in the same sentence.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    # ------------------------------------------------------------ light

    def mode(self, sentence: Sentence, core: int, floor: int, inherited: Mode, frame: Frame) -> Mode:
        """Nearest mood before the core in its clause, else the light of the claim before, else the paragraph's."""
        items = sentence.items
        left, _ = clause_bounds(sentence, core)
        mode: Mode = "none"
        for index in range(max(left, floor), core):
            item = items[index]
            if item.type in ("mood", "act"):
                found = mode_of(item)
                if found == "directive" and mode in ("goal", "pledge", "plan"):
                    continue
                mode = found or mode
            elif is_now(item):
                mode = "reached"
            elif item.type == "negation" and core - index <= 3:
                mode = "negated"
        if mode == "none" and inherited != "negated":
            mode = inherited
        if mode == "none" and frame.mode in AHEAD:
            mode = frame.mode
        return mode

    # ------------------------------------------------------------ whose

    def subject_left(self, sentence: Sentence, core: int, floor: int) -> int | None:
        """Nearest unit, number of units or class to the left in the clause; never across another claim."""
        items = sentence.items
        left, _ = clause_bounds(sentence, core)
        seen_class: int | None = None
        for index in range(core - 1, max(left, floor) - 1, -1):
            item = items[index]
            if item.type in ("unit", "count"):
                if item.type == "count" and item.value not in (*ADMINISTRATIVE, "place", *SUBUNITS):
                    continue
                return index
            if item.type == "class" and seen_class is None and item.value in (*ADMINISTRATIVE, "place"):
                seen_class = index
                if item.plural:
                    return index
            if item.type == "reach" and seen_class is not None:
                break
        return seen_class

    def sentence_topic(self, sentence: Sentence, core: int, standard: str | None) -> Subject | None:
        """'Đối với xã A, …; … phấn đấu về đích': the first unit named or counted, for a clause that has none."""
        for item in sentence.items[: min(core, 12)]:
            if item.type == "unit" or (item.type == "count" and item.value in ADMINISTRATIVE):
                return self.reader.subject_of(item, standard=standard)
        return None

    def subject_at(self, sentence: Sentence, index: int, standard: str | None) -> Subject | None:
        """Subject of the item at ``index``; a class in the singular means a unit spoken of before."""
        item = sentence.items[index]
        if item.type == "class" and not item.plural and item.value in ("commune", "village", "place"):
            return self._clause_unit(sentence, index, item)
        return self.reader.subject_of(item, standard=standard)

    def _clause_unit(self, sentence: Sentence, index: int, item: Item) -> Subject | None:
        """'xã' alone: the unit that the clause is about, an actor's own, or the one last spoken of."""
        for at in range(index - 1, -1, -1):
            other = sentence.items[at]
            if other.type == "unit" and other.value == item.value and len(other.data) == 1:
                return self.reader.subject_of(other)
            if other.type == "organ" and other.data is not None and other.data.level == item.value:
                return Subject(level=item.value, units=(self.reader.unit(other.data),))
            if other.value == item.value and (other.type == "count" or (other.type == "class" and other.plural)):
                return Subject(level=item.value)
        name = self.reader.recent.get(item.value)
        return self.reader.subject_of(item) if item.value == "place" or name is not None else None

    def with_list(self, sentence: Sentence, subject: Subject, last: int, standard: str | None) -> Subject:
        """'3 xã đạt chuẩn đó là A, B và C', '5 xã … (A, B)': the count gets its names."""
        if subject.units or subject.level not in ADMINISTRATIVE:
            return subject
        items = sentence.items
        introduced = False
        for index in range(last, min(last + 9, len(items))):
            item = items[index]
            if item.type == "unit" and item.value == subject.level:
                if not introduced:
                    break
                units = self.reader.units(item.data)
                if subject.count and subject.count.min == subject.count.max and len(units) > 1:
                    self.reader.remember(subject.level, int(subject.count.min or 0), units, standard, item.start)
                return Subject(level=subject.level, units=units, count=subject.count)
            if item.type == "word" and item.value in LIST_INTRO:
                introduced = True
            elif item.type in ("reach", "count", "person", "organ") or item.value == ";":
                break
        return subject

    # ------------------------------------------------------------ by when

    def time(self, sentence: Sentence, core: int, last: int) -> Period | None:
        """The time that a claim names: behind it up to the next claim, else before it in the clause."""
        items = sentence.items
        left, right = clause_bounds(sentence, core)
        for index in range(core, min(right, last + 14)):
            item = items[index]
            if index >= last and item.type in ("reach", "count", "unit", "criteria") and not _in_list(items, index, last):
                break
            if is_deadline(item) and not self._beside(sentence, index):
                return _period(item)
        for index in range(core - 1, left - 1, -1):
            item = items[index]
            if is_deadline(item) and not self._beside(sentence, index):
                return _period(item)
        return None

    def _beside(self, sentence: Sentence, index: int) -> bool:
        """A time of something else: 'bộ tiêu chí giai đoạn 2021-2025', 'so với năm 2018', 'tốt hơn năm 2018'."""
        item = sentence.items[index]
        before = self.reader.text[max(sentence.start, item.start - 70) : item.start].lower()
        if _COMPARED.search(before) or is_now(item):
            return True
        return item.value == "stage" and bool(_OF_SET.search(before))

    # ------------------------------------------------------------ on which standard

    def standard_near(self, sentence: Sentence, core: int, last: int) -> str | None:
        """Standard named behind the core up to the next subject or verb, else the nearest before it."""
        items = sentence.items
        for index in range(last, min(last + 9, len(items))):
            item = items[index]
            if item.type == "standard":
                return item.value
            if item.type in ("reach", "count", "unit", "class") or item.value == ";":
                break
        for index in range(core - 1, -1, -1):
            if items[index].type == "standard":
                return items[index].value
        return None


def _in_list(items: list[Item], index: int, last: int) -> bool:
    return items[index].type == "unit" and any(items[at].value in LIST_INTRO for at in range(last, index))


def _period(item: Item) -> Period:
    period: Period = item.data.period
    return period
