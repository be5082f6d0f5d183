"""Whose claim it is, by when, and on which standard: what a clause says itself and what it inherits."""

from __future__ import annotations

import datetime as dt
import re
from typing import cast

from ntm_extract.facts.frame import (
    ADMINISTRATIVE,
    Reader,
    clause_bounds,
    count_of,
    is_deadline,
    is_now,
    opening_aim,
)
from ntm_extract.match.names import UnitName
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import CountRange, Period, Standard, Subject
from ntm_extract.orthography import fold_text, fold_word
from ntm_extract.values import TimeMention

LIST_INTRO = {
    fold_text(word) for word in ("là", "gồm", ":", "(", "như", "cụ", "thể", "bao", "đó", "sau", "–", "-", "có", "tại")
}
SUBUNITS = ("residential_area", "garden", "product", "household", "school", "house", "cooperative", "market")

_IS = fold_word("là")
_EACH = fold_text("mỗi")
_AVERAGE = {fold_word(word) for word in ("quân", "trung")}
_ALL_OF_THEM = {fold_word("tất"), fold_word("đều")}
_TURN_OF = {fold_word("đến"), fold_word("tới"), fold_word("tiếp")}
_HAVE = {fold_word(word) for word in ("có", "là", "thêm", "đạt", "tăng")}
_APART = {",", "(", fold_word("riêng"), fold_word("và")}
_JOINED = {",", fold_word("và")}
_TO, _WITH, _AREA, _AMONG = fold_word("đối"), fold_word("với"), fold_word("bàn"), fold_word("trong")
_MOST = fold_word("nhất")
_FROM = fold_word("từ")
_CONTEXT = re.compile(r"[(,]\s*(?:(?i:huyện|thị xã|TX|TP|thành phố|quận|tỉnh)\b|[A-ZĐÀ-Ỹ][^()]*\)$)")
_COMPARED = re.compile(r"(so với|hơn|bằng|như|cùng kỳ|kể từ|từ)\s+(cuối\s+|đầu\s+)?$")
_IN_YEAR = re.compile(r"[^.;,]{0,30}?\b(?P<year>trong năm)\b(?!\s*(?:\d|nay|tới|sau|trước|qua|học|này))", re.I)
_BEGINNING = re.compile(r"(?:từ\s+)?đầu (?:năm|tháng|quý)", re.I)
_ONE_OF = re.compile(r"\b(?:một|1) trong (?:những|các|số)\s+$", re.I)
_SINCE = re.compile(r"(?:ngay )?(?:sau|kể từ|từ) khi\b")
_OPENING_MOST = 5  # items from 'sau khi' to what was reached
_MANY = re.compile(r"\b(?:các|mỗi|từng|cấp ủy)\b", re.I)
_TOTAL = re.compile(r"\b(?:trong|trên)\s+(?:tổng\s+)?số\s+$", re.I)
_OF_SET = re.compile(r"(tiêu chí|chương trình)[^,.;:]*$")
_NAMES_WITHIN = 12  # items behind a claim in which a list of its units may begin
_LISTED_WITHIN = 8  # items from a claim to the names of its number
_LISTING = {":", "(", *(fold_word(word) for word in ("là", "gồm"))}

# What may stand between the members of one list of units.
_LIST_GLUE = {",", ";", "(", ")", "-", "–"} | {fold_word(word) for word in ("và", "lẫn", "của", "các", "thuộc", "ở")}
_WITHIN = {fold_word(word) for word in ("thuộc", "của", "trong", "tại", "ở", "trên", "từ", "vào", "với")}
_TOGETHER = {fold_word(word) for word in ("cùng", "đều")}
_BY = frozenset(fold_word(word) for word in ("được", "do", "bởi"))
_OF = fold_word("của")
_FORMS = fold_word("gồm")
_APPRAISED = ("reach", "appraised")
_AWARDED = (("reach", "recognised"), ("reach", "proposed"), _APPRAISED)


class Resolver:
    """Looks for the parts of a claim around its core: in the clause first, then in what went before.

    ``core`` is the index of the item that the claim stands on, ``last`` the first index behind it, ``floor`` the
    index behind the claim before it in the same sentence.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    # ------------------------------------------------------------ whose

    def subject_left(self, sentence: Sentence, core: int, floor: int) -> int | None:
        """Nearest unit, number of units or class to the left in the clause; never across another claim."""
        items = sentence.items
        left, _ = clause_bounds(sentence, core)
        seen_class: int | None = None
        within: int | None = None
        depth = 0
        for index in range(core - 1, max(left, floor) - 1, -1):
            item = items[index]
            if item.value in ("(", ")") and item.type == "word":
                depth = max(0, depth + (1 if item.value == ")" else -1))
            if depth:
                continue  # 'xã (huyện X cũ), hiện còn 3 tiêu chí': what stands in the bracket is beside
            if (
                index
                and self._ends_in(items[index - 1], _BY)
                and item.type in ("unit", "class", "organ")
                and (item.value != "commune" or item.type == "organ")
            ):
                continue  # 'được tỉnh công nhận', 'được UBND tỉnh thẩm định': by whom, not who
            if (
                index > 1
                and items[index - 1].value == _OF
                and (items[index - 2].type, items[index - 2].value) == _APPRAISED
            ):
                continue  # 'xã A qua thẩm tra của huyện đạt 18/19 tiêu chí': by whom, too
            if item.type in ("unit", "count"):
                if item.type == "count" and item.value not in (*ADMINISTRATIVE, "place", *SUBUNITS):
                    continue
                if index and (self.is_inside(items, index) or self._is_total(sentence, index)):
                    # '61 huyện thuộc 31 tỉnh', 'trong tổng số 11 xã': counted there, it is not about them
                    within = index if within is None or items[within].type == "class" else within
                    continue
                if seen_class is not None and self._kind_of_lower(sentence, seen_class, core, item):
                    return seen_class
                if seen_class is not None and self._is_another(items, seen_class, item):
                    return seen_class
                return self._innermost(items, index)
            if item.type == "organ" and index == core - 1 and item.place is None and item.value in ADMINISTRATIVE:
                return index  # 'UBND các xã đạt chuẩn': those of them that did
            if item.type == "class" and within is None and index and self.is_inside(items, index) and not item.plural:
                within = index
                continue
            if item.type == "class" and _ONE_OF.search(self.reader.text, sentence.start, item.start):
                continue  # 'xã A là một trong những xã đăng ký …'
            predicated = item.type == "class" and index and items[index - 1].value == _IS and index < core - 1
            if predicated and any(other.type in ("unit", "count") for other in items[max(left, floor) : index]):
                within = None  # 'A là xã thứ tư của huyện B đạt chuẩn'
                continue  # 'xã A và xã B là xã miền núi, lần lượt đạt …'; but 'đây là huyện đầu tiên được công nhận'
            if item.type == "class" and seen_class is None and item.value in (*ADMINISTRATIVE, "place"):
                seen_class = index
                if item.plural:
                    listed = self._each_of(sentence, index, max(left, floor))
                    return index if listed is None else listed
            if item.type == "reach" and seen_class is not None:
                break
        if seen_class is not None:
            return seen_class
        if within is not None and any(item.value in _ALL_OF_THEM for item in items[within + 1 : core]):
            return within  # 'trong số 23 xã, tất cả đều đạt chuẩn'
        if within is None or floor > left or (items[within].type == "count" and items[within - 1].value != _AMONG):
            return None  # what the claim before was about is nearer than 'của huyện'; 'đường vào 5 ấp' is about no ấp
        return within

    @staticmethod
    def _is_another(items: list[Item], index: int, item: Item) -> bool:
        """'Sau khi hợp nhất 4 xã, … xã mới đạt 16/19 tiêu chí': one xã is none of the four."""
        many = len(item.data) if item.type == "unit" else item.number.value if item.number else 0
        alone = items[index].type == "class" and not items[index].plural and items[index].value == item.value
        return alone and many > 1 and items[index - 1].value != _IS

    @staticmethod
    def _innermost(items: list[Item], index: int) -> int:
        """'Xóm 5 xã A phấn đấu …': the village; its commune says where it lies."""
        while index and items[index].type == "unit" and items[index].number is None:
            before = items[index - 1]
            if not (before.type in ("unit", "count") or (before.type == "class" and before.plural)):
                break
            above, below = items[index].value, before.value
            if below not in ADMINISTRATIVE:
                break
            if ADMINISTRATIVE.index(below) <= ADMINISTRATIVE.index(above):
                break
            index -= 1
        return index

    def subject_right(self, sentence: Sentence, core: int, last: int) -> int | None:
        """'Đạt chuẩn từ năm 2017, xã A bắt tay ngay …': the clause that opens the sentence leaves out whose it is.

        So does the one that 'sau khi' opens: 'Theo huyện, sau khi được công nhận, 2 xã A và B bắt tay …'.
        """
        items = sentence.items
        opening = next(
            (at for at in range(core - 1, max(-1, core - _OPENING_MOST), -1) if self._opens_clause(items[at])), 0
        )
        if any(item.type in ("unit", "count", "class", "organ", "person") for item in items[opening:core]):
            return None
        comma = next((at for at in range(last, min(last + 8, len(items))) if items[at].value == ","), None)
        if comma is None or any(item.type not in ("word", "time", "standard") for item in items[last:comma]):
            return None
        for at in range(comma + 1, min(comma + 4, len(items))):
            if items[at].type in ("unit", "count"):
                return at
            if items[at].type not in ("time", "mood", "word"):
                return None
        return None

    def _opens_clause(self, item: Item) -> bool:
        """'sau khi', 'từ khi', which stand before what was reached first."""
        return item.type == "mood" and item.value == "past" and _SINCE.match(self.reader.low, item.start) is not None

    @staticmethod
    def is_inside(items: list[Item], index: int) -> bool:
        """'của huyện', 'trên địa bàn xã': where something is, not whose it is."""
        before = items[index - 1].value
        if before == _AREA:
            return True  # '20 xã trên địa bàn huyện A'
        return before in _WITHIN and not (before == _WITH and index > 1 and items[index - 2].value == _TO)

    @staticmethod
    def _kind_of_lower(sentence: Sentence, index: int, core: int, item: Item) -> bool:
        """'tỉnh A …: điều kiện xã đạt chuẩn': of communes, though a province is named before."""
        kind = sentence.items[index].value
        if index != core - 1 or kind == item.value or kind not in ADMINISTRATIVE or item.value not in ADMINISTRATIVE:
            return False
        return ADMINISTRATIVE.index(kind) > ADMINISTRATIVE.index(item.value)

    @staticmethod
    def _each_of(sentence: Sentence, index: int, left: int) -> int | None:
        """'Xã A và xã B mỗi xã mới đạt 1 tiêu chí', 'đối với 4 xã còn lại, … mỗi xã thêm 2 tiêu chí': those before."""
        items = sentence.items
        if items[index].data != _EACH:
            return None
        for at in range(index - 1, -1, -1):
            item = items[at]
            if (
                item.value in _AVERAGE
                or item.value == ";"
                or (item.type == "class" and item.value == items[index].value)
            ):
                return None
            if item.type in ("unit", "count") and item.value == items[index].value:
                told = any(other.type in ("reach", "criteria", "standard") for other in items[at:index])
                return None if told and at < left else at
        return None

    def _is_total(self, sentence: Sentence, index: int) -> bool:
        return bool(_TOTAL.search(self.reader.text, sentence.start, sentence.items[index].start))

    def sentence_topic(self, sentence: Sentence, core: int, standard: str | None) -> Subject | None:
        """'Đối với xã A, …; … phấn đấu về đích': the first unit named or counted, for a clause that has none."""
        for item in sentence.items[: min(core, 12)]:
            if item.type == "unit" or (item.type == "count" and item.value in ADMINISTRATIVE):
                return self.reader.subject_of(item, standard=standard)
        return None

    def topic(self) -> Subject | None:
        """Nobody named: the unit the paragraph speaks of, else the article's own."""
        reader = self.reader
        name = reader.recent.get("place") or reader.home_unit("district") or reader.home_unit("province")
        return Subject(level=name.level, units=(reader.unit(name),)) if name else None

    def speaks_for(self, sentence: Sentence, core: int) -> Subject | None:
        """'Chủ tịch UBND xã A hứa … hoàn thành 2 tiêu chí': of the unit whose officer speaks."""
        for item in sentence.items[:core]:
            if item.type == "person" and item.place is not None and item.place.level in ("commune", "district"):
                return Subject(level=item.place.level, units=(self.reader.unit(item.place),))
            if item.type == "organ" and item.value == "commune" and item.place is None and not self._many(item):
                name = self.reader.spoken_of("commune")
                return Subject(level="commune", units=(self.reader.unit(name),)) if name is not None else None
        return None

    def of_several(self, sentence: Sentence, core: int) -> bool:
        """'UBND các xã đăng ký đạt chuẩn phải …', 'Các địa phương tập trung …; …': of several that are not named."""
        left, _ = clause_bounds(sentence, core)
        return any(
            item.type == "organ" and item.place is None and self._many(item)
            for item in (*sentence.items[: min(left, 1)], *sentence.items[left:core])
        )

    def _ends_in(self, item: Item, words: frozenset[str]) -> bool:
        return fold_text(self.reader.text[item.start : item.end].rsplit(None, 1)[-1]) in words

    def subject_at(self, sentence: Sentence, index: int, standard: str | None) -> Subject | None:
        """Subject of the item at ``index``; a class in the singular means a unit spoken of before."""
        item = sentence.items[index]
        if item.type == "organ":
            return Subject(level=item.value)
        if item.type == "class" and not item.plural and item.value in ("commune", "village", "place"):
            return self._clause_unit(sentence, index, item, standard)
        if item.type == "unit":
            counted = self._count_of_list(sentence, index)
            names = self._listed(sentence, index, +1)
            names = [*self._listed(sentence, index, -1)[: -len(item.data)], *names]
            names = self._alike(sentence, index, names)
            subject = self.reader.subject_of(item, standard=standard)
            # A name of a long list may be misread; of '02 xã còn lại là A đạt …, B đạt …' each is told apart.
            most = 1 if len(names) > 3 else 0
            fits = counted is not None and counted.min is not None and abs(len(names) - counted.min) <= most
            if counted is not None and fits and subject is not None and subject.count is None:
                return self._named(Subject(level=item.value, count=counted), names, standard, item.start)
            if subject is not None and len(names) > len(item.data):
                number = count_of(item.number) if item.number and item.number.value == len(names) else subject.count
                return subject.model_copy(update={"units": self.reader.units(names), "count": number})
            return subject
        return self._with_brackets(sentence, index, standard)

    def _alike(self, sentence: Sentence, index: int, names: list[UnitName]) -> list[UnitName]:
        """'xã A tự chấm 96,5 điểm, xã B 95,2 điểm, cùng đạt 19/19 tiêu chí': of both."""
        items = sentence.items
        behind = next((at for at in range(index + 1, min(index + 5, len(items))) if items[at].value in _TOGETHER), None)
        if behind is None or items[behind - 1].value != "," or items[index].number is not None:
            return names
        others: list[UnitName] = []
        left, _ = clause_bounds(sentence, index)
        for item in items[left:index]:
            if item.type in ("reach", "criteria", "standard"):
                others = []  # told apart already
            elif item.type == "unit" and item.value == items[index].value:
                others.extend(item.data)
        known = {id(name) for name in names}
        return [*(name for name in others if id(name) not in known), *names]

    def _count_of_list(self, sentence: Sentence, index: int) -> CountRange | None:
        """The number that a list of names belongs to: '5 xã gồm A, B', '3 xã còn lại (A, B, C)'."""
        items = sentence.items
        introduced = False
        for at in range(index - 1, max(-1, index - 8), -1):
            item = items[at]
            if item.type == "word" and item.value in LIST_INTRO:
                introduced = True
            elif item.type == "count" and item.value == items[index].value:
                return count_of(item.number) if introduced and item.number and not item.number.percent else None
            elif item.type not in ("word", "standard", "unit", "time", "reach", "mood"):
                break
        return None

    def _clause_unit(self, sentence: Sentence, index: int, item: Item, standard: str | None) -> Subject | None:
        """'xã' alone: the unit that the clause is about, an actor's own, or the one last spoken of."""
        awarded = index > 0 and (sentence.items[index - 1].type, sentence.items[index - 1].value) in _AWARDED
        for at in range(index - 1, -1, -1):
            other = sentence.items[at]
            if other.type == "unit" and other.value == item.value and len(other.data) == 1:
                return self.reader.subject_of(other)
            if awarded and other.type in ("unit", "count") and other.value == item.value:
                return self.subject_at(sentence, at, standard)  # 'xã A và xã B được công nhận xã đạt chuẩn'
            if other.type == "organ" and other.place is None and other.value == item.value and self._many(other):
                return Subject(level=item.value)  # 'các địa phương quyết tâm xây dựng xã …': each its own
            if other.place is not None and other.place.level == item.value:
                return Subject(level=item.value, units=(self.reader.unit(other.place),))
            if other.value == item.value and (other.type == "count" or (other.type == "class" and other.plural)):
                return Subject(level=item.value)
        if item.value == "place":
            return self.reader.subject_of(item)
        if self.reader.text[item.start : item.end].lower().endswith("còn lại"):
            return Subject(level=item.value)  # 'xã còn lại': which one, is not said
        name = self.reader.spoken_of(item.value)
        if self.reader.text[item.start : item.end].lower().endswith(" mới") and item.value == "commune":
            name = self.reader.home_commune or name  # 'xã mới', after communes were joined: the article's own
        if name is None:
            return Subject(level=item.value) if item.value in self.reader.recent else None
        return self.reader.subject_of(item)

    @staticmethod
    def lists_behind(sentence: Sentence, last: int) -> bool:
        """'có 2 xã đạt 16 tiêu chí (A, B)', '… 9 tiêu chí là C và D': the number has names of its own."""
        opened = False
        behind = sentence.items[last : last + 2 * _LISTED_WITHIN]
        for item in behind[:_LISTED_WITHIN]:
            if item.type == "unit":
                return opened and sum(len(unit.data) for unit in behind if unit.type == "unit") > 1
            if item.value == ";" or not (item.type in ("word", "time", "standard", "mood") or item.value == "build"):
                return False
            opened = opened or item.value in _LISTING
        return False

    def _many(self, item: Item) -> bool:
        return bool(_MANY.search(self.reader.text, max(0, item.start - 6), item.end))

    def with_list(
        self, sentence: Sentence, subject: Subject, last: int, standard: str | None, *, place: bool = False
    ) -> Subject:
        """'3 xã đạt chuẩn đó là A, B và C', '5 xã … (A, B)': the count gets its names.

        A ``place`` was counted as 'đơn vị', 'địa phương': the names tell of which level.
        """
        if subject.units or subject.level not in ADMINISTRATIVE:
            return subject
        items = sentence.items
        introduced = False
        levels = ("district", subject.level) if place else (subject.level,)
        for index in range(last, min(last + _NAMES_WITHIN, len(items))):
            item = items[index]
            if item.type == "count" and item.value == subject.level and item.number is not None:
                if count_of(item.number) != subject.count:
                    break
                continue  # 'một trong 3 xã đăng ký năm nay (3 xã bao gồm: A, B, C)'
            if item.type == "unit" and item.value in levels:
                if not introduced or self._in_turn(items, index):
                    break
                subject = Subject(level=item.value, count=subject.count)
                return self._named(subject, self._listed(sentence, index, +1), standard, item.start)
            if item.type == "word" and item.value in LIST_INTRO:
                if items[index - 1].value in (_MOST, _AMONG):
                    break  # '…, thấp nhất là xã D với 13', 'trong đó xã C …': one of them, of which more is said
                introduced = True
            elif (item.type, item.value) == ("reach", "build") and not introduced:
                continue  # '… hoàn thành 19/19 tiêu chí xây dựng NTM, gồm: A, B'
            elif item.type in ("reach", "count", "person", "organ") or item.value == ";":
                break
        parted = self._parted_list(items, last, subject)
        return self._named(subject, parted, standard, items[last].start) if parted else subject

    @staticmethod
    def _parted_list(items: list[Item], last: int, subject: Subject) -> list[UnitName]:
        """'4 xã …; gồm: 2 xã của huyện A (B, C); 2 xã của huyện D (E, F)': names by district, as many as the number."""
        opening = next(
            (at for at in range(last, min(last + _LISTED_WITHIN, len(items))) if items[at].value == _FORMS), None
        )
        if opening is None or subject.count is None:
            return []
        names: list[UnitName] = []
        for item in items[opening + 1 :]:
            if item.type == "unit" and item.value == subject.level:
                names.extend(item.data)
            elif not (item.type in ("unit", "count") or item.value in _LIST_GLUE or item.value in LIST_INTRO):
                break
        return names if len(names) == subject.count.min == subject.count.max else []

    @staticmethod
    def _in_turn(items: list[Item], index: int) -> bool:
        """'3 xã đạt chuẩn: năm 2022 xã A, năm 2023 xã B và C': each with its year, none the names of all."""
        if items[index - 1].type != "time" or items[index].type != "unit":
            return False
        behind = next((item for item in items[index + 1 :] if item.type not in ("unit", "word")), None)
        return behind is not None and behind.type == "time"

    def _named(self, subject: Subject, names: list[UnitName], standard: str | None, start: int) -> Subject:
        units = self.reader.units(names)
        if subject.count and subject.count.min == subject.count.max and len(units) > 1:
            self.reader.remember(subject.level, int(subject.count.min or 0), units, standard, start)
        return Subject(level=subject.level, units=units, count=subject.count)

    def _listed(self, sentence: Sentence, index: int, step: int) -> list[UnitName]:
        """Units of one level in one list from ``index`` on (or back): only contexts and marks between them."""
        items = sentence.items
        level = items[index].value
        found: list[UnitName] = list(items[index].data)
        if step < 0 and self._begins(sentence, index):
            return found
        at = index + step
        depth = 0
        while 0 <= at < len(items):
            item = items[at]
            if item.type == "word" and item.value in "()":
                depth += step if item.value == "(" else -step
                if depth < 0:
                    break  # the bracket that holds the list ends here
            if item.value == ";" and not (
                self._closes_context(items[at - 1]) or (step > 0 and self._goes_on(items, at))
            ):
                break  # 'xã A và xã B; xã C …': a new clause, unless districts tell that the list goes on
            if item.type == "unit" and item.value == level:
                if item.number is not None or depth > 0 or (step < 0 and items[index].number is not None):
                    break  # '… và 1 xã D', '(A, B) xã C': another subject
                if step > 0 and self._begins(sentence, at):
                    break
                found = [*found, *item.data] if step > 0 else [*item.data, *found]
            elif not self._may_be_listed(item):
                break
            at += step
        return found

    def _goes_on(self, items: list[Item], at: int) -> bool:
        """'gồm xã A, B; xã C, D.': do nothing but names stand behind a semicolon?"""
        for item in items[at + 1 :]:
            if item.value in (";", "."):
                return True
            if not self._may_be_listed(item):
                return False
        return True

    @staticmethod
    def _may_be_listed(item: Item) -> bool:
        """Is it a name, or what stands between the names of one list?"""
        return item.type == "unit" or (item.type == "word" and item.value in _LIST_GLUE)

    @staticmethod
    def _begins(sentence: Sentence, index: int) -> bool:
        """'có 2 xã nâng cao là A, B và xã C đạt kiểu mẫu': the list had its number of names; C has its own verb."""
        items = sentence.items
        item, behind = items[index], [other for other in items[index + 1 : index + 4] if other.type != "mood"]
        is_one = len(behind) > 1 and (behind[0].value, behind[1].type) == (_IS, "standard")
        if not behind or not (is_one or behind[0].type == "reach") or len(item.data) != 1:
            return False
        names = 0
        for at in range(index - 1, -1, -1):
            other = items[at]
            if other.type == "unit" and other.value == item.value and other.number is None:
                names += len(other.data)
            elif other.type == "count" and other.value == item.value:
                return other.number is not None and names > 0 and other.number.value == names
            elif other.value == ";" or other.type in ("person", "organ", "unit", "class"):
                return False
        return False

    def _closes_context(self, item: Item) -> bool:
        """Does a member of a list end in its district or province: 'A, B (huyện X);'?"""
        if item.value == ")" or (item.type == "unit" and item.value in ("district", "province")):
            return True
        return item.type == "unit" and bool(_CONTEXT.search(self.reader.text[item.start : item.end]))

    def _with_brackets(self, sentence: Sentence, index: int, standard: str | None) -> Subject | None:
        """'3 xã còn lại (A, B, C) …', '5 xã gồm A và B …': names right behind the number, before the verb."""
        items = sentence.items
        item = items[index]
        subject = self.reader.subject_of(item, standard=standard)
        if subject is None or item.type != "count" or subject.level not in ADMINISTRATIVE:
            return subject
        if index >= 2 and items[index - 1].value == _IS and items[index - 2].type == "unit":
            named = self._listed(sentence, index - 2, +1)
            if items[index - 2].value == subject.level and subject.count and subject.count.min == len(named):
                return self._named(subject, named, standard, item.start)  # 'A và B là hai xã khó khăn, đạt …'
        if subject.units:
            return subject
        introduced = False
        for at in range(index + 1, min(index + 7, len(items))):
            other = items[at]
            if other.type == "unit" and other.value == subject.level and introduced:
                return self._named(subject, self._listed(sentence, at, +1), standard, other.start)
            if other.type == "word" and other.value in LIST_INTRO:
                introduced = True
            elif other.type not in ("word", "standard"):
                break
        return subject

    # ------------------------------------------------------------ by when

    def time(self, sentence: Sentence, core: int, last: int) -> TimeMention | None:
        """The time that a claim names: behind it up to the next claim, else before it in the clause."""
        items = sentence.items
        left, right = clause_bounds(sentence, core)
        stage: TimeMention | None = None
        for index in range(core, min(right, last + 14)):
            item = items[index]
            if (
                index >= last
                and item.type in ("reach", "count", "unit", "criteria")
                and not _in_list(items, index, last)
                and not _goes_with(items, index)
                and not (item.type == "unit" and self.is_inside(items, index))  # 'về đích của huyện A trong năm 2021'
            ):
                done_by = items[index + 1 : index + 2]
                if item.type == "reach" and items[index - 1].value == "," and done_by and is_deadline(done_by[0]):
                    return _time(done_by[0])  # 'đăng ký xây dựng thôn kiểu mẫu, hoàn thành trước 30/11'
                break
            if index >= last and item.type == "mood" and item.value == "purpose":
                break  # 'hết năm nay 18/18 xã đạt chuẩn, để sang năm 2019 huyện …'
            if is_deadline(item) and not self._beside(sentence, index):
                if index >= last and items[index + 1 : index + 2] and self._in_turn(items, index + 1):
                    break
                if index >= last and self._of_next(items, index, last):
                    break  # 'phấn đấu có 10 xã nâng cao, riêng năm 2023 có 3 xã'
                timed = any(is_deadline(items[at]) for at in sentence.places["time"] if left <= at < core)
                if timed and any(between.value == "," for between in items[last:index]):
                    break  # 'năm nay đưa xã A về đích, năm 2020 xong hai xã cuối'
                if item.value == "stage" or items[index - 1].value == _FROM:
                    stage = stage or _time(
                        item
                    )  # 'giai đoạn 2026-2030, vào cuối năm 2027', 'từ năm 2022 sang năm 2023'
                    continue
                return _time(item)
        if stage is not None and not self._deadline_before(sentence, left, core):
            return stage
        for index in range(core - 1, left - 1, -1):
            item = items[index]
            if index + 1 < core and (items[index - 1].value, items[index + 1].value) == ("(", ")"):
                continue  # 'xã A, đơn vị về đích sớm nhất (năm 2014), xây dựng 2 xóm kiểu mẫu'
            if is_deadline(item) and not self._beside(sentence, index) and not _BEGINNING.match(item.data.period.text):
                return _time(item)
        return self._within_year(sentence, core)

    @staticmethod
    def _deadline_before(sentence: Sentence, left: int, core: int) -> bool:
        """'phấn đấu đến cuối năm 2019, cả 11 xã đạt chuẩn giai đoạn 2016-2020': by then, on the set of that stage."""
        return any(
            is_deadline(item) and item.data.until and item.value != "stage" for item in sentence.items[left:core]
        )

    @staticmethod
    def leading_time(sentence: Sentence) -> Period | None:
        """'Năm 2018, huyện phấn đấu …; hai xã … trước ngày 30/6; chọn xã C …': the year that opens the sentence."""
        opening = next((item for item in sentence.items[:3] if is_deadline(item)), None)
        return opening.data.period if opening is not None else None

    @staticmethod
    def _of_next(items: list[Item], index: int, last: int) -> bool:
        """Does a time open what is said next: 'năm 2023 có 3 xã', 'và đến năm 2023 huyện đạt chuẩn'?"""
        behind = items[index + 1 : index + 3]
        if len(behind) < 2:
            return False
        if items[index - 1].value not in _APART:  # '… đạt thêm 4 tiêu chí, chậm nhất là năm 2028 về đích'
            return behind[0].type == "reach" and any(item.value == "," for item in items[max(last, index - 5) : index])
        if behind[0].type in ("reach", "act") or behind[0].value in _TURN_OF:
            return True  # 'năm 2030 phải là …', 'năm 2024 đến lượt xã B'
        if behind[0].value in _HAVE and behind[1].type in ("count", "criteria"):
            return True
        return behind[0].type in ("class", "unit", "count") and behind[1].type in ("reach", "mood")

    def _within_year(self, sentence: Sentence, core: int) -> TimeMention | None:
        """'Đầu năm 2017, … về đích trong năm': the year that the sentence speaks of."""
        found = _IN_YEAR.match(self.reader.text, sentence.items[core].end, sentence.end)
        year = next(
            (item.data.period.end.year for item in sentence.items[:core] if is_deadline(item) and item.data.period.end),
            None,
        )
        if found is None or year is None:
            return None
        period = Period(text=found["year"], start=dt.date(year, 1, 1), end=dt.date(year, 12, 31))
        return TimeMention(
            found.start("year"), found.end("year"), period, "year", until=False, since=False, anchored=False
        )

    def _beside(self, sentence: Sentence, index: int) -> bool:
        """A time of something else: 'bộ tiêu chí giai đoạn 2021-2025', 'so với năm 2018', 'tốt hơn năm 2018'."""
        item = sentence.items[index]
        before = self.reader.text[max(sentence.start, item.start - 70) : item.start].lower()
        if _COMPARED.search(before) or is_now(item):
            return True
        return item.value == "stage" and bool(_OF_SET.search(before))

    def listed_time(self, sentence: Sentence, core: int) -> Period | None:
        """The time before the colon of the list that a clause is part of: 'năm 2018 với các chỉ tiêu: …; …'."""
        items = sentence.items
        left, _ = clause_bounds(sentence, core)
        colon = next((at for at in range(core - 1, 0, -1) if items[at].value == ":"), None)
        if colon is None:
            opening = opening_aim(items, left)
            return opening[1] if opening is not None else None
        if colon >= left and left > 0:
            return None
        return next((items[at].data.period for at in range(colon - 1, -1, -1) if is_deadline(items[at])), None)

    # ------------------------------------------------------------ on which standard

    def standard_near(self, sentence: Sentence, core: int, last: int) -> Standard | None:
        """Standard named behind the core up to the next subject or verb, else the nearest before it."""
        items = sentence.items
        for index in range(last, min(last + 9, len(items))):
            item = items[index]
            if item.type == "standard":
                return cast(Standard, item.value)
            if item.type in ("count", "unit", "class", "negation", "criterion"):
                break
            if item.value == ";" and not (index + 1 < len(items) and items[index + 1].type == "criteria"):
                break
            if item.type == "reach" and item.value != "build":
                break
        left, _ = clause_bounds(sentence, core)
        for index in range(core - 1, left - 1, -1):
            if items[index].type == "standard":
                return cast(Standard, items[index].value)
        return None


def _goes_with(items: list[Item], index: int) -> bool:
    """'thêm 28 xã NTM và 2 huyện NTM, giai đoạn 2021 - 2025': the time holds for all that is joined."""
    if items[index].type != "count" or items[index - 1].value not in _JOINED or index + 1 >= len(items):
        return False
    return items[index + 1].type == "standard" or items[index].value in SUBUNITS


def _in_list(items: list[Item], index: int, last: int) -> bool:
    return items[index].type == "unit" and any(items[at].value in LIST_INTRO for at in range(last, index))


def _time(item: Item) -> TimeMention:
    time: TimeMention = item.data
    return time
