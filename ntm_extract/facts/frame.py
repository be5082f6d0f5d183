"""What a clause inherits: its subject, standard, time and light from the clause before it.

A frame lives for one paragraph. ``Mode`` is the light a fact stands in: reached unless something says otherwise.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, cast

from ntm_extract.match.names import UnitName
from ntm_extract.match.reader import Item, Reading, Sentence
from ntm_extract.model import (
    AchievementStatus,
    CountRange,
    Evidence,
    Modality,
    Period,
    Standard,
    Subject,
    Unit,
)
from ntm_extract.orthography import lower_case
from ntm_extract.units import Linker, fold
from ntm_extract.values import Number, TimeMention

Mode = Literal["reached", "goal", "plan", "pledge", "directive", "negated", "hypothetical", "none"]
AHEAD: frozenset[Mode] = frozenset({"goal", "plan", "pledge", "directive"})
ADMINISTRATIVE = ("province", "district", "commune", "village")
# Times that say by when; a recurrence or a stretch that began in the past does not.
_DEADLINES = frozenset({"date", "month", "quarter", "half", "year", "stage", "term", "relative", "vague"})


@dataclass(slots=True)
class Frame:
    """State handed from clause to clause within a paragraph."""

    subject: Subject | None = None
    standard: Standard | None = None
    told: set[Standard] = field(default_factory=set)  # all standards of the paragraph so far
    borne_by: str | None = None  # level of the units that the standard was told of
    counted: Standard | None = None  # standard of the last number of criteria
    time: Period | None = None
    mode: Mode = "none"
    section: Mode = "none"  # the light of the heading alone
    status: AchievementStatus | None = None  # how far those got whom the section's heading speaks of
    listed: AchievementStatus | None = None  # how far those got whom the sentence before lists
    unit: UnitName | None = None  # the last single unit named, for 'xã', 'địa phương', 'huyện'


@dataclass(slots=True)
class Named:
    """A list of units that was counted when it was named: '2 xã Đông Thịnh và Đông Phú'."""

    level: str
    count: int
    units: tuple[Unit, ...]
    standard: str | None
    start: int


@dataclass
class Reader:
    """One article while facts are made of it: links, lists named so far, speakers."""

    reading: Reading
    linker: Linker
    named: list[Named] = field(default_factory=list)
    recent: dict[str, UnitName] = field(default_factory=dict)
    corefer: bool = True  # may '2 xã' be the two named before?
    line: int = 0  # of the sentence being read
    headed: dict[str, UnitName] = field(default_factory=dict)  # units that the heading above speaks of
    lines: dict[str, int] = field(default_factory=dict)  # where the unit last spoken of at a level was named
    sentences: tuple[Sentence, ...] = ()  # the one being read, and the one before it in its paragraph
    day: dt.date | None = None  # when it was said: the posting date, else the day of the meeting
    plan: Period | None = None  # the years that the aims of the article are for, as told so far

    @property
    def text(self) -> str:
        return self.reading.article.text

    @cached_property
    def low(self) -> str:
        """The text in lower case, every letter where it was."""
        return lower_case(self.text)

    # ------------------------------------------------------------ units and subjects

    def unit(self, name: UnitName) -> Unit:
        """The unit that a name meant."""
        linked = self.linker.link(
            name.name, kind=name.kind, level=name.level, district=name.district, province=name.province
        )
        if linked.level == "province" and _letters(linked.name) == _letters(name.name):
            return linked  # 'Thừa Thiên – Huế': a province is called as the lists have it
        # The lists' spelling may differ from the article's ('Krông A Na'); the code says that it is the same unit.
        return linked if linked.name == name.name else linked.model_copy(update={"name": name.name})

    def units(self, names: Iterable[UnitName]) -> tuple[Unit, ...]:
        """Units of a list, each once; a kind written once before the list holds for all of it."""
        rows = list(names)
        kind = next((row.kind for row in rows if row.kind), None)
        seen: dict[tuple[str, str, str | None], Unit] = {}
        for row in rows:
            linked = self.unit(row if row.kind or not kind else replace(row, kind=kind))
            seen.setdefault((linked.level, linked.name, linked.kind), linked)
        return tuple(seen.values())

    def spoken_of(self, level: str) -> UnitName | None:
        """The unit that 'xã' alone means: named in this paragraph, or the only one of its level in the article."""
        name = self.recent.get(level)
        if name is None:
            return name
        if level == "commune" and self.headline_commune is not None:
            return self.headline_commune
        if self.lines.get(level) == self.line:
            return name
        if level in self.headed:
            return self.headed[level]
        others = {unit.name for unit in self.reading.names.units if unit.level == level}
        return name if len(others) == 1 else self.home_commune if level == "commune" else None

    @cached_property
    def home_commune(self) -> UnitName | None:
        """The commune an article is at home in: named over it or in its headline, or far more often than any other."""
        votes: Counter[str] = Counter()
        shown: dict[str, UnitName] = {}
        heads = [block for block in self.reading.article.blocks if block.kind in ("masthead", "title")]
        for name in self.reading.names.units:
            if name.level == "commune":
                key = fold(name.name)
                shown.setdefault(key, name)
                at = self.reading.tokens.starts[name.first]
                votes[key] += _HEADLINE if any(block.start <= at < block.end for block in heads) else 1
        ranked = votes.most_common(2)
        above = any(
            name.level in ("district", "province")
            and any(block.start <= self.reading.tokens.starts[name.first] < block.end for block in heads)
            for name in self.reading.names.units
        )
        if above and ranked and ranked[0][1] < _HEADLINE:
            return None  # the headline names a district: no commune of it is what the article is about
        if not ranked or (len(ranked) > 1 and ranked[0][1] < 2 * ranked[1][1]):
            return None
        return shown[ranked[0][0]]

    @cached_property
    def headline_commune(self) -> UnitName | None:
        """The one commune that the headline or the masthead names: 'xã' alone means it all through the article."""
        found: dict[str, UnitName] = {}
        heads = [block for block in self.reading.article.blocks if block.kind in ("masthead", "title")]
        for name in self.reading.names.units:
            at = self.reading.tokens.starts[name.first]
            if name.level == "commune" and any(block.start <= at < block.end for block in heads):
                found.setdefault(fold(name.name), name)
        return next(iter(found.values())) if len(found) == 1 else None

    @property
    def own_unit(self) -> UnitName | None:
        """The unit that the article is about: the commune it is at home in, else its district, else its province."""
        return self.home_commune or self.home_unit("district") or self.home_unit("province")

    def home_unit(self, level: str) -> UnitName | None:
        """The article's own district or province, as a name."""
        names = self.reading.names
        if level == "district" and names.home_district:
            return UnitName("district", names.home_district, None, 0, 0, 0)
        if level == "province" and names.home_province:
            return UnitName("province", names.home_province, None, 0, 0, 0)
        return None

    def subject_of(self, item: Item, *, standard: str | None = None) -> Subject | None:
        """Subject that an item names or counts; a singular class noun means the unit last spoken of."""
        if item.type == "unit":
            units = self.units(item.data)
            count = count_of(item.number) if item.number else None
            if count is not None and len(units) == 1 < (count.min or 0):
                count = None  # 'hai xã A đạt 18 tiêu chí và B đạt 17 tiêu chí': of each something else is told
            if count and count.max == count.min and len(units) > 1:
                self.remember(item.value, int(count.min or 0), units, standard, item.start)
            return Subject(level=item.value, units=units, count=count)
        if item.type == "count":
            number = item.number
            level = "commune" if item.value == "place" else item.value
            if number is None or number.percent:
                return Subject(level=level)
            count = count_of(number)
            units = self._all_of_them(level, count, item) or self._these(level, count, item)
            if not units and self.corefer and not self._others(item):
                units = self._named_before(level, count, standard)
            if not units and count.min is not None and count.min == count.max:
                self.named.append(Named(level, int(count.min), (), standard, item.start))
            return Subject(level=level, count=count, units=units)
        if item.type == "class":
            if item.value in ADMINISTRATIVE and not item.plural:
                name = self.spoken_of(item.value) or self.home_unit(item.value)
                if name is not None:
                    return Subject(level=item.value, units=(self.unit(name),))
            if item.plural and item.value in ADMINISTRATIVE:
                return Subject(level=item.value, units=self._these(item.value, None, item))
            if item.value == "place":
                name = self.recent.get("place")
                if name is not None and not item.plural:
                    return Subject(level=name.level, units=(self.unit(name),))
                return Subject(level="commune")
            return Subject(level=item.value)
        return None

    def _all_of_them(self, level: str, count: CountRange, item: Item) -> tuple[Unit, ...]:
        """'Cả ba xã', 'cả hai': those named before in the sentence, or in the one before, if they are as many."""
        if (
            count.min is None
            or count.min != count.max
            or not _ALL_OF.search(self.text, max(0, item.start - 4), item.start)
        ):
            return ()
        for sentence in self.sentences:
            names = [
                one.data
                for one in sentence.items
                if one.type == "unit" and one.value == level and one.end <= item.start
            ]
            units = self.units(name for data in names for name in data)
            if len(units) == count.min:
                return units
        return ()

    def _these(self, level: str, count: CountRange | None, item: Item) -> tuple[Unit, ...]:
        """'Các xã này', 'ba xã nói trên': those listed last, here or in the sentence before, if they are as many."""
        if not _THESE.match(self.text, item.end):
            return ()
        if self.named and self.named[-1].units and self.named[-1].level == level:
            last = self.named[-1]
            if self.sentences[-1].start <= last.start < item.start:
                return last.units if count is None or count.min == count.max == last.count else ()
        for sentence in self.sentences:
            lists = [
                one.data
                for one in sentence.mentions("unit")
                if one.value == level and one.end <= item.start and len(one.data) > 1
            ]
            if lists:
                units = self.units(lists[-1])
                return units if count is None or count.min == count.max == len(units) else ()
        line = self.text.rfind("\n", 0, item.start)
        return _the_one_list(
            [
                row
                for row in self.named
                if row.level == level and row.units and count and row.count == count.min and row.start > line
            ]
        )

    def _others(self, item: Item) -> bool:
        """'6 xã còn lại', 'thêm 2 xã', 'Nhóm đạt dưới 10 tiêu chí: 2 xã': not those named before."""
        before = self.text[max(0, item.start - 6) : item.start].lower()
        others = _OTHERS.match(self.text, item.end) or _THE_REST.search(self.text, item.start, item.end)
        return bool(others) or before.endswith(("thêm ", ": "))

    def _named_before(self, level: str, count: CountRange, standard: str | None) -> tuple[Unit, ...]:
        """'2 xã' again, after '2 xã A và B': the same two, if the standards do not tell them apart."""
        if count.min is None or count.min != count.max:
            return ()
        fits = [row for row in self.named if row.level == level and row.count == count.min]
        if fits and not fits[-1].units:
            return ()  # the number was last used of others
        fits = [row for row in fits if row.units]
        same = [row for row in fits if standard is None or row.standard in (None, standard)]
        if len({frozenset(unit.name for unit in row.units) for row in fits}) > 1:
            fits = [row for row in same if row.standard == standard]
        else:
            fits = same
        return _the_one_list(fits)

    def remember(self, level: str, count: int, units: tuple[Unit, ...], standard: str | None, start: int) -> None:
        """A counted list, for when the number comes again without the names."""
        self.named.append(Named(level, count, units, standard, start))

    def _heads(self, sentence: Sentence) -> bool:
        """'* Tại xã A': a line of its own that only says of whom the next ones are."""
        if len(sentence.places.get("unit", ())) != 1 or sentence.end - sentence.start > _LABEL_MOST:
            return False
        ends = self.text[sentence.end : sentence.end + 1] in ("", "\n") and self.text[sentence.end - 1] not in ".!?…;,"
        whole = ends and self.text[sentence.start - 1 : sentence.start] in ("", "\n")
        return whole and sentence.places.keys().isdisjoint(_TELLING)

    def note_heading(self, sentence: Sentence) -> None:
        """'1. Kết quả thẩm tra xã A': 'xã' in the lines under it is that one."""
        named: dict[str, list[UnitName]] = {}
        for item in sentence.items:
            if item.type == "unit":
                named.setdefault(item.value, []).extend(item.data)
        self.headed = {level: names[0] for level, names in named.items() if len(names) == 1}

    def note_sentence(self, sentence: Sentence) -> None:
        """Go on to a sentence, and remember the units it names."""
        self.line = sentence.line
        before = self.sentences[:1] if self.sentences and self.sentences[0].line == sentence.line else ()
        self.sentences = (sentence, *before)
        if sentence.kind == "heading" or self._heads(sentence):
            self.note_heading(sentence)
        for at in sorted(at for type_ in _PLACED for at in sentence.places.get(type_, ())):
            self.note_units(sentence.items[at])

    def note_units(self, item: Item) -> None:
        """Remember the last unit named at each level."""
        names: Sequence[UnitName] = ()
        if item.type == "unit":
            names = item.data
            if item.number is not None and item.number.value == len(names) > 1:
                self.remember(item.value, len(names), self.units(names), None, item.start)
        elif item.place is not None:
            names = (item.place,)
        if len(names) == 1 and not names[0].parenthesis:
            self.recent[names[0].level] = names[0]
            self.lines[names[0].level] = self.line
            if names[0].level in ("commune", "district"):
                self.recent["place"] = names[0]

    # ------------------------------------------------------------ evidence

    def evidence(self, start: int, end: int, rule: str) -> Evidence:
        """Quotation of a stretch of the text, white space at its ends left out."""
        while end > start and self.text[end - 1].isspace():
            end -= 1
        while start < end and self.text[start].isspace():
            start += 1
        return Evidence(start=start, end=end, text=self.text[start:end], rule=rule)

    def clause_evidence(self, sentence: Sentence, first: int, last: int, rule: str) -> Evidence:
        """Quotation of the clause around the items first … last."""
        items = sentence.items
        left, right = clause_bounds(sentence, first)
        right = max(right, last)
        return self.evidence(items[left].start, items[min(right, len(items)) - 1].end, rule)


def _the_one_list(rows: Sequence[Named]) -> tuple[Unit, ...]:
    """The units of lists that all hold the same; none where they differ."""
    return rows[-1].units if len({frozenset(unit.name for unit in row.units) for row in rows}) == 1 else ()


def _letters(name: str) -> str:
    return "".join(char for char in fold(name) if char.isalnum())


def count_of(number: Number) -> CountRange:
    """Counted units: '5' is 5 and 5, '1-2' is 1 and 2, 'ít nhất 3' is 3 and open."""
    if number.floor:
        return CountRange(min=number.value, max=None)
    return CountRange(min=number.value, max=number.max if number.max is not None else number.value)


def clause_bounds(sentence: Sentence, index: int) -> tuple[int, int]:
    """Items of the clause around ``index``: from the ';' before it to the ';' behind it."""
    breaks = sentence.breaks
    before = bisect_left(breaks, index)
    behind = bisect_right(breaks, index)
    first = breaks[before - 1] + 1 if before else 0
    return first, breaks[behind] if behind < len(breaks) else len(sentence.items)


def is_deadline(item: Item) -> bool:
    """A time that can say by when."""
    return item.type == "time" and item.value in _DEADLINES and (item.data.until or not item.data.since)


def opening_aim(items: Sequence[Item], left: int) -> tuple[Mode, Period] | None:
    """The aim and its time that open a sentence, before item ``left``: 'Phấn đấu đến năm 2025, …; …; …'."""
    within = min(left, _LONG_OPENING)
    opening = items[
        : next((at for at in range(within) if items[at].type in _TELLING or items[at].type == "count"), within)
    ]
    aim = next((mode for item in opening if item.type == "mood" and (mode := mode_of(item)) in AHEAD), None)
    time = next((item.data.period for item in opening if is_deadline(item)), None)
    return None if aim is None or time is None else (aim, time)


def modality_of(mode: Mode) -> Modality:
    """Modality of a target in this light."""
    return cast(Modality, mode) if mode in AHEAD else "goal"


def is_now(item: Item) -> bool:
    """'đến nay', 'hiện nay', 'tính đến thời điểm này': what follows is reached, not aimed at."""
    return item.type == "time" and bool(_NOW.search(item.data.period.text.lower()))


_TO_THE_END = re.compile(r"hết|cuối")
_OF_A_DAY = re.compile(r"\d[/.-]\d{1,2}\b|\bngày\b")
_ALL_OF = re.compile(r"\bcả $", re.IGNORECASE)
_THESE = re.compile(
    r"\s*(?:(?:này|nói trên|nêu trên|kể trên)\b|(?:trên|đó|ấy)(?=\s*[,.;]|\s+(?:đều|đã|cũng|được|phải|cần|đạt|hoàn)\b))"
)
_THE_REST = re.compile(r"\b(?:còn lại|khác)\b")
_OTHERS = re.compile(r"\s*(?:còn lại|khác|nữa|mới)\b")
_NOW = re.compile(
    r"đến nay|hiện nay|thời điểm (này|hiện|đó)|đến thời điểm|bây giờ|tính đến|từ trước|thời gian qua|vừa qua"
)


def mode_of(item: Item) -> Mode | None:
    """Light that a mood or an act sets for what follows it; None where it sets none."""
    if item.type == "mood":
        return _MODES.get(item.value)
    return _ACT_MODES.get(item.value) if item.type == "act" else None


_MODES: dict[str, Mode] = {
    "goal": "goal",
    "purpose": "goal",
    "plan": "plan",
    "pledge": "pledge",
    "directive": "directive",
    "past": "reached",
    "current": "reached",
    "hypothetical": "hypothetical",
    "uncertain": "hypothetical",
    "likely": "hypothetical",
    "when": "hypothetical",
    "agenda": "plan",
}


_ACT_MODES: dict[str, Mode] = {
    "demand": "directive",
    "ask": "directive",
    "request": "directive",
    "must": "directive",
    "pledge": "pledge",
    "will": "pledge",
}


def ahead_of(time: TimeMention | None, day: dt.date | None) -> bool:
    """Does a time lie ahead of the article's day: begin after it, or run up to a day after it?"""
    if time is None or day is None:
        return False
    if time.period.start is not None and time.period.start > day:
        return True
    if not time.until or time.since or time.period.end is None or time.period.end <= day:
        return False
    # 'đến tháng 6/2024', said in June 2024, is the month now running, unless its end is meant.
    running = (time.period.end.year, time.period.end.month) == (day.year, day.month)
    if time.kind == "month":
        return not running or _TO_THE_END.search(time.period.text.lower()) is not None
    # 'đến cuối năm 2024, huyện có 6 xã đạt chuẩn', said in December 2024: a year is reviewed before it is out.
    return not (running and time.kind == "year")


def of_a_day(time: Period) -> bool:
    """'trước ngày 30/9' is said of one thing; 'đến 31/12' is the year."""
    year = time.end is not None and (time.end.month, time.end.day) == (12, 31)
    return not year and _OF_A_DAY.search(time.text) is not None


_AHEAD_HEADING = re.compile(
    r"(nhiệm vụ|mục tiêu|phương hướng|kế hoạch|giải pháp|chỉ tiêu|phần việc|lộ trình|đăng ký)", re.I
)
_BACK_HEADING = re.compile(
    r"(kết quả|đánh giá|tình hình|tồn tại|hạn chế|nguyên nhân|ưu điểm|kiến nghị|thực trạng)", re.I
)
_AWARDED_HEADING = re.compile(r"(?P<waiting>chờ|thẩm (?:định|tra))|(?:đã|được|quyết định)\b.{0,20}công nhận", re.I)
_LETTERED = re.compile(r"\s*(?:[A-ZĐ]|[IVX]{1,4})\.\s")
_LIST_MARK = re.compile(
    r"\s*(?:[-–+•*]|\d{1,2}[.)]|[a-zđ][.)]|[IVX]{1,4}\.|Thứ (?:nhất|hai|ba|tư|năm|sáu|bảy|tám|chín|mười)\b)"
)
_GOES_ON = re.compile(r"(?:Trong (?:đó|số này)|Ngoài ra|Bên cạnh đó|Cụ thể)\s*,?\s+(?!huyện|tỉnh|xã|UBND)")
_LISTS_ON = re.compile(r"(?:Theo đó|Trong (?:đó|số này)|Cụ thể|Đó là)\b")
_BULLET = re.compile(r"\s*[-–+•*]\s")
_PLACED = ("unit", "organ", "person")  # types of mentions that name a unit or belong to one
_TELLING = frozenset({"reach", "criteria", "act", "quantity", "person"})
_LABEL_MOST = 60  # characters of a line that only names a unit
_HEADLINE = 4  # votes of a headline for the commune it names
_HEADING_MOST = 160  # characters
_OPENING = 4  # items
_LONG_OPENING = 9  # 'Theo lộ trình mà Huyện ủy thông qua, năm 2018 …'


class Sections:
    """The light that a heading throws on the lines under it: 'II. NHIỆM VỤ …', '… các phần việc của năm 2026:'."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._mode: Mode = "none"
        self._time: Period | None = None
        self._status: AchievementStatus | None = None
        self._listed = False
        self._standard: Standard | None = None  # of the list that was opened
        self._open = ""  # ':' or ';' where the line before was left open

    def frame(self, sentence: Sentence, before: Frame) -> Frame:
        """Frame for a new line, whose first sentence this is; a heading changes what comes after it.

        ``before`` is the frame of the line before: 'Trong đó, …' and 'Ngoài ra, …' go on with its aim and its time.
        """
        end = self._text.find("\n", sentence.start)
        line = self._text[sentence.start : end if end >= 0 else len(self._text)]
        marked = _LIST_MARK.match(line) is not None
        opens_list = line.rstrip().endswith(":")
        heading = opens_list or (
            len(line) <= _HEADING_MOST and line.rstrip()[-1:] not in ".!?…;," and " | " not in line
        )
        # '…, bao gồm:' over '11 xã …;' and '6 xã …;': a list without marks.
        row = bool(_BULLET.match(line)) or (self._open == ":" and line.rstrip().endswith(";")) or self._open == ";"
        if self._listed and not (marked or row):
            self._mode, self._time, self._listed = "none", None, False
        self._open = ":" if opens_list else ";" if row and line.rstrip().endswith(";") else ""
        if not row or opens_list:
            told = {item.value for item in sentence.items if item.type == "standard"}
            self._standard = cast(Standard, told.pop()) if heading and len(told) == 1 else None
        frame = Frame(mode=self._mode, section=self._mode, time=self._time, status=self._status)
        if _GOES_ON.match(line) and frame.mode == "none":
            frame.mode, frame.time = before.mode, before.time
        if _LISTS_ON.match(line) or sentence.kind == "caption":
            frame.listed = before.listed  # 'vừa ký quyết định công nhận 9 xã.' over 'Theo đó, các xã đạt chuẩn gồm: …'
        if row:
            frame.standard = frame.counted = self._standard
            if self._mode in AHEAD and self._time is None:
                # '- Hết năm 2026, xã đạt 10/10 tiêu chí;' over '- Có thêm 3 xóm kiểu mẫu;': of that year, too.
                self._time = next((item.data.period for item in sentence.items[:_OPENING] if is_deadline(item)), None)
        if heading and sentence.kind not in ("title", "caption", "byline", "dateline", "masthead"):
            tail = line[-_HEADING_MOST:]
            if _LETTERED.match(line) and line.isupper():
                awarded = _AWARDED_HEADING.search(tail)
                self._status = None if awarded is None else "proposed" if awarded["waiting"] else "recognised"
                self._mode, self._time, self._listed = "none", None, False
            ahead, back = _AHEAD_HEADING.search(tail), _BACK_HEADING.search(tail)
            if ahead and back and back.start() < ahead.start():
                ahead = None  # 'Kết quả thực hiện nhiệm vụ năm 2023'
            if self._status is None and ahead:
                self._mode, self._listed = "plan", opens_list
                named = next((item.data.period for item in reversed(sentence.items) if is_deadline(item)), None)
                # '1. Mục tiêu' under 'II. NHIỆM VỤ NĂM 2024' is of that year.
                self._time = named or (None if _LETTERED.match(line) else self._time)
            elif back:
                self._mode, self._time, self._listed = "none", None, False
            elif opens_list and sentence.items and mode_of(sentence.items[0]) == "goal":
                time = next((item.data.period for item in sentence.items if is_deadline(item)), None)
                if time is not None:  # 'Phấn đấu có 17 xã đạt chuẩn năm 2023, bao gồm:'
                    self._mode, self._time, self._listed = "goal", time, True
        return frame
