"""The arithmetic audit: what an article says twice and not the same both times.

Each check takes two statements that stand close together and of which one follows from the other: N of M and its
percentage, a number and the list that it announces, M - N and 'còn k', groups and their total, a sum and its parts,
a date and its weekday. Only what cannot be read in another way is reported: numbers count within their rounding and
hedges, lists within the ways to divide them, and where a sentence leaves room the audit is silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from ntm_extract.facts.frame import Reader
from ntm_extract.match.names import UnitName
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Check, Meeting
from ntm_extract.values import Number, TimeMention, magnitude

_Range = tuple[float, float]
# Parts of a page in which nothing is counted.
_UNREAD = frozenset({"masthead", "dateline", "byline"})
_COUNTED = frozenset({"province", "district", "commune", "village", "residential_area", "place"})
_AIMS = frozenset({"goal", "plan", "pledge", "purpose", "hypothetical"})
# How many criteria a set may have: what a sum of criteria is divided by to give the number of communes.
_SET_SIZES = range(10, 21)
_MOST_LISTED = 60  # longer lists are tables
_MOST_FIGURES = 300  # a line with more is no prose
_MISCOUNT = 2  # who counts a list wrongly is out by this much, or by a sixth; more is a list of something else
_NEARLY = 0.8  # parts that make less of the sum are not meant to be all of it
_HEDGE = 0.1  # how far 'hơn', 'gần' and 'khoảng' reach, as a share of the number


def audit(reader: Reader, meeting: Meeting | None = None) -> list[Check]:
    """What does not add up in one article, in its order.

    Parameters
    ----------
    reader: the article as read; dates are compared with its posting date, if it has one.
    meeting: the meeting that was found in it.

    Returns
    -------
    One check a contradiction, quoting both sides, or the later of the two where they stand far apart. ``kind`` is
    one of share, list_length, remainder, bands, average, parts, weekday, posting, periods; ``evidence.rule`` is
    'audit.' and the kind.
    """
    return _Audit(reader).checks(meeting)


@dataclass(frozen=True, slots=True, eq=False)
class _Figure:
    """A number with what it counts: item ``at`` of the sentence that is number ``place`` of the article."""

    item: Item
    number: Number
    sentence: Sentence
    at: int
    place: int
    start: int
    end: int

    @property
    def exact(self) -> bool:
        number = self.number
        return number.qualifier == "exact" and number.max is None and not (number.floor or number.ceiling)

    @property
    def whole(self) -> bool:
        """A plain number of things: no hedge, no share, no decimals."""
        return self.exact and not self.number.percent and float(self.number.value).is_integer()

    @property
    def units(self) -> bool:
        """Does it count administrative units?"""
        return self.item.type in ("count", "unit") and self.item.value in _COUNTED and not self.number.percent

    @property
    def communes(self) -> bool:
        return self.units and self.item.value == "commune"

    @property
    def money(self) -> bool:
        return self.item.type == "quantity" and self.item.value == "money"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a list and the separator in front of it."""

    start: int
    end: int
    mark: str


@dataclass(frozen=True, slots=True)
class _Listed:
    """How many things a list holds, read strictly and generously, and where it ends in either case."""

    least: int
    most: int
    least_end: int
    most_end: int


@dataclass(frozen=True, slots=True)
class _Group:
    """'12 xã đạt 17-18 tiêu chí': how many communes, and the least and most criteria that they have."""

    communes: _Figure
    criteria: _Range
    end: int


@dataclass(frozen=True, slots=True)
class _Opener:
    """Where the parts of a sum begin, whether they claim to be all of it, whether they stand in brackets."""

    end: int
    complete: bool
    bracket: bool


# ------------------------------------------------------------------ words: shares

_CUE = (
    r"(?:(?:đạt|chiếm|bằng|là|tương (?:đương|ứng)(?: với)?|ứng với|tức(?: là)?|hay)\s+)?"
    r"(?:(?:với\s+)?t[ỷỉ] lệ\s+)?(?:(?:đạt|chiếm|là)\s+)?"
)
# Between N/M and its percentage: the noun with what is said of it, then a comma, a bracket or a verb of sharing.
_SHARE_GAP = re.compile(
    rf"[^,;:%\d]{{0,90}}(?:,\s*(?=\D)|[(–]\s*){_CUE}"
    r"|[^,;:%\d]{0,25}\b(?:đạt|chiếm|bằng|tức)\s+(?:t[ỷỉ] lệ\s+)?(?:đạt\s+)?"
)
_SHARE_WORD = re.compile(r"(?:đạt|chiếm|bằng|tức|đương|ứng|với|lệ|hay|là|[(–])\s*$")
_OTHER_BASE = re.compile(r"tăng|giảm|hơn|vượt|so với|kế hoạch|trong đó|thu nhập")
# Behind the percentage: nothing that gives it another base ('120% kế hoạch', '5% số hộ').
_SHARE_END = re.compile(r"\s*(?:$|[).,;:\n–]|và\b|trong đó\b|(?:trên |so với )?tổng (?:số|nguồn|vốn|kinh phí))")
_OF_PLAN = re.compile(r"[^.;\d]{0,40}(?:kế hoạch|nghị quyết|mục tiêu|chỉ tiêu (?:được )?giao)")
_ON_WHOLE = re.compile(r"\s*(?:xã|huyện|thôn|xóm|ấp|bản|đơn vị)?\s*(?:trên|trong)\s+(?:tổng\s+)?(?:số\s+)?")
_DECIMALS = re.compile(r"\d[.,](\d+)\D*$")

# ------------------------------------------------------------------ words: lists

_OPENER = re.compile(r"\b(?:bao gồm|gồm có|gồm|đó là|là|cụ thể(?: là)?)\b\s*[:,]?\s*|[:(]\s*")
_CLAUSE = re.compile(r"[;.:]")
# Between a number and its list: words that make the list one of some, or of something else.
_NOT_ALL = re.compile(
    r"trong đó|trong số|riêng|nhất|\bnhư\b|điển hình|tiêu biểu|kể cả|đứng đầu|dẫn đầu|\btrừ\b|ngoài|so với|thuộc"
    r"|chủ tịch|bí thư|đồng chí|phụ trách|đại diện|lãnh đạo|của các|chủ yếu|phần lớn|đa số|hầu hết"
)
_OPEN_END = re.compile(r"…|\.\.\.|\bv\.\s?v|\bvân vân\b")
_OTHERS = re.compile(r"\d|khác|còn lại|\bcác\b|nhiều|một số|\bcả\b")
_GOES_ON = re.compile(r"(?:,|\bvà|\bcùng|\bvới)\s*$")
# A list of which each name has its own number; years do not count as such.
_UNFINISHED = re.compile(r"(?:[^.;)\n\d]|(?:19|20)\d\d(?!\d))*+\d")
_SPLIT = re.compile(r"[()]|[,;\n]\s*|\s(?:và|cùng|với|hay|&)\s+|\s?[-–]\s+|\s[-–]")
_IN_BRACKETS = re.compile(r"\([^)]*\)?")
_KIND = re.compile(
    r"\s*(?:các\s+)?(?:(?P<province>tỉnh)|(?P<district>huyện|thị xã|thành phố|tp\.?|tx\.?|quận)"
    r"|(?P<commune>xã|phường|thị trấn|tt\.?|đặc khu)"
    r"|(?P<village>thôn|xóm|ấp|bản|buôn|làng|khóm|bon|tổ dân phố|khu phố|khu dân cư|khu))\s+",
    re.I,
)
_RANK = {"province": 0, "district": 1, "commune": 2, "place": 2, "village": 3, "residential_area": 3}
_WORD = re.compile(r"\S+")
_NUMERAL = re.compile(r"\d{1,2}[A-Z]?|[IVX]{1,4}")

_LACK_BEFORE = re.compile(r"(?<!xuống )(?<!giảm )\b(?:còn(?: lại)?|thiếu|hụt|rớt|vướng|nợ|mất|thêm)\s+$")
_LACK = re.compile(r"\b(?:chưa|còn lại|còn thiếu|còn nợ|sụt giảm|bị sụt|hụt|rớt|vướng|thiếu)\b")
# A verb in a list of criteria: the list has ended.
_PREDICATE = re.compile(r"\b(?:đã|đang|do|vì|được|phải|cần|sẽ|đạt|chưa|chỉ|mới|có|là|nên|để|còn|xã|huyện)\b")
_CRITERION_LEAD = re.compile(r"\s*(?:(?:các\s+)?tiêu chí\s+)?(?:số\s+\d+\s*[-–(]?\s*)?(?:về\s+)?")
# Criteria that are one in the sets of districts and several in those of communes.
_JOINED = (
    frozenset({"y_te", "van_hoa", "giao_duc", "co_so_vat_chat_van_hoa"}),
    frozenset({"he_thong_chinh_tri", "quoc_phong_an_ninh", "hanh_chinh_cong", "tiep_can_phap_luat"}),
)

_LEFT_BEFORE = re.compile(r"\b(?:còn(?: lại)?|thiếu)\s+$")
_LEFT_BEHIND = re.compile(
    r"\s*(?:nữa )?(?:chưa (?:đạt|hoàn thành|đảm bảo|bảo đảm|xong)|còn lại|(?:đó )?là\b|gồm\b|[:(])"
)
_STILL = re.compile(r"\s*(?:này )?còn lại")
_OF_OTHERS = re.compile(r"\s*(?:còn lại )?(?:của|ở|thuộc)\b")

# ------------------------------------------------------------------ words: totals, averages, sums

_OF_ALL = re.compile(r"trong (?:tổng )?(?:số )?$|tổng số (?:có )?$")
_HAS_ALL = re.compile(r"\b(?:huyện|tỉnh|thị xã|thành phố|quận|vùng|nước) (?:hiện )?(?:đang )?(?:nay )?có $")
_ALL_BEHIND = re.compile(r"\s*(?:[,;.:(–-]|tham gia|thực hiện|triển khai|thuộc diện|trong đó|xây dựng)")
_NOT_GROUP = re.compile(r"[;.]|trong đó|chưa|tăng|giảm|hơn|thiếu|hụt|\bcòn \d|thêm")
_OTHER_SET = re.compile(r"nâng cao|kiểu mẫu")
_MET_GROUP = re.compile(r"[^;.]{0,90}(?:đạt chuẩn|hoàn thành|về đích|cán đích|công nhận)[^;.]{0,60}[,;]\s*(?:có\s+)?")
_CHANGE = re.compile(r"(?:tăng|giảm|hơn|thêm|vượt)(?: thêm)?\s+$")
_AVERAGE = re.compile(r"bình quân|trung bình|chia đều|mỗi xã")
_SUMMED = re.compile(r"tổng|cộng|lượt")

_RAISED = re.compile(r"tổng|huy động|kinh phí|nguồn|vốn|đầu tư")
_FUND = re.compile(
    r"vốn|ngân sách|dân|doanh nghiệp|tín dụng|trung ương|\btw\b|t\.ư|tỉnh|huyện|xã|cộng đồng|lồng ghép|nguồn|đóng góp"
    r"|trái phiếu|nhà nước|con em|khác|hỗ trợ|đối ứng|tổ chức"
)
_NO_FUND = re.compile(
    r"tăng|giảm|hơn so|bình quân|mỗi|trị giá|quy đổi|quy ra|tương đương|thu nhập|xây|làm|sửa|bê tông|hiến|trao|thưởng"
    r"|tặng|nợ|trong đó|gồm|kế hoạch|doanh thu|\bkm\b|công trình|năm \d|riêng|giải ngân|\.\s"
)
_PARTS_OPENER = re.compile(
    r"[^;,:().]{0,90}(?:[,;]?\s*(?P<word>trong đó|bao gồm|gồm(?: có)?)\b(?: có)?\s*:?|\s*(?P<bracket>\()(?:gồm\b)?"
    r"|\.\s+trong đó\b\s*[,:]?)"
)
_REST = re.compile(r"\s*\)?\s*[,;]?\s*(?:và\s+)?(?:phần |số )?còn lại|[^.]{0,40}(?:…|\.\.\.)")
_STOP = re.compile(r"\s*(?:$|[.)\n])")
# Figures that the reader takes apart: '71, 4 tỉ', '30 ngàn 309 tỷ', '2 tỷ 500 triệu'.
_BROKEN = re.compile(r"(?:\d,|\b(?:nghìn|ngàn|triệu|t[ỷỉ]|vạn))\s+$")
_DIVIDED = re.compile(r"[^,;:().\d]{0,60}(?:,?\s*\b(?:bao gồm|gồm(?: có)?)\b\s*:?\s*|\s*\(\s*(?:gồm\s+)?)")
_NEXT_PART = re.compile(r"[^,;:().\d]{0,60}(?:[,;]\s*(?:và\s+)?|\s*và\s+)")
_STARS = re.compile(r"\b[345] sao\b")
_LAST_PART = re.compile(r"[^,;:()\d]{0,40}?(?:\d sao)?(?=\s*(?:[.)\n;]|$))")

# ------------------------------------------------------------------ words: dates

_WEEKDAY = re.compile(r"(?:thứ\s*(?P<name>hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|(?P<sunday>chủ\s*nhật))(?!\w)")
_WEEKDAYS = {"hai": 0, "ba": 1, "tư": 2, "năm": 3, "sáu": 4, "bảy": 5, "bẩy": 5} | {str(n): n - 2 for n in range(2, 8)}
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A weekday may open a line or follow these; behind other words 'thứ hai' is a rank ('lần thứ hai').
_BEFORE_WEEKDAY = re.compile(r"(?:^|[,(\[|:;.\-–]|\b(?:sáng|trưa|chiều|tối|đêm|hôm|vào|ngày|nay|lúc|qua))\s*$")
_ANNOUNCED = re.compile(r"\b(?:sẽ|tới(?! dự)|dự kiến|chuẩn bị|sắp|thông báo|mời|dự định|lịch)\b")
_MONTHS = re.compile(r"(?:\d{1,2}|ba|bảy|tám|chín|mười) tháng(?! cuối)")
_NOT_OF_REPORT = re.compile(r"so với|cùng kỳ|\bước\b|dự kiến|\bhơn\b")


# ------------------------------------------------------------------ numbers within their rounding


def _step(text: str, number: Number) -> float:
    """What the last digit of a number is worth: 0.1 for '85,7 %', 1 for '12'."""
    written = _DECIMALS.search(text[number.start : number.end].partition("/")[0])
    if not written or (len(written[1]) == 3 and number.value >= 1000):
        return 1.0
    return float(10.0 ** -len(written[1]))


def _reach(text: str, number: Number) -> _Range:
    """Values that a number as written may stand for: rounded or cut off behind its last digit, and hedged."""
    step = _step(text, number)
    low, high = number.value - step / 2, (number.max if number.max is not None else number.value) + step
    if number.qualifier in ("over", "about") or number.floor:
        high += number.value * _HEDGE
    if number.qualifier in ("under", "about") or number.ceiling:
        low -= number.value * _HEDGE
    return low - 1e-9, high - 1e-9


def _meet(one: _Range, other: _Range) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _plain(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


# ------------------------------------------------------------------ the audit of one article


class _Audit:
    """All checks over one article."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._text = reader.text
        low = reader.text.lower()
        self._low = low if len(low) == len(reader.text) else reader.text  # 'İ' alone grows in lower case
        self._found: list[Check] = []

    def checks(self, meeting: Meeting | None) -> list[Check]:
        self._dates(meeting)
        line, figures = -1, list[_Figure]()
        for place, sentence in enumerate(self._reader.reading.sentences):
            if sentence.kind in _UNREAD:
                continue
            if sentence.line != line:
                self._line(figures)
                line, figures = sentence.line, []
            for at, item in enumerate(sentence.items):
                if item.number is not None:
                    figures.append(_Figure(item, item.number, sentence, at, place, item.start, item.end))
        self._line(figures)
        seen: dict[tuple[str, str], Check] = {}
        for check in sorted(self._found, key=lambda check: (check.evidence.start, check.kind)):
            seen.setdefault((check.kind, check.evidence.text), check)  # captions repeat the text
        return list(seen.values())

    def _line(self, figures: Sequence[_Figure]) -> None:
        if len(figures) > _MOST_FIGURES:
            return
        for at, figure in enumerate(figures):
            self._list(figures, at, figure)
        if len(figures) > 1:
            self._shares(figures)
            self._remainders(figures)
            self._groups(figures)
            self._averages(figures)
            self._money(figures)
            self._divided(figures)

    def _tell(self, kind: str, message: str, start: int, end: int) -> None:
        evidence = self._reader.evidence(start, end, f"audit.{kind}")
        self._found.append(Check(kind=kind, message=message, evidence=evidence))

    def _between(self, one: _Figure, other: _Figure) -> str:
        return self._low[one.end : other.start]

    def _before(self, figure: _Figure, length: int) -> str:
        """Up to so many characters of its sentence before a figure."""
        return self._low[max(figure.sentence.start, figure.start - length) : figure.start]

    # ------------------------------------------------------------ N/M and its percentage

    def _shares(self, figures: Sequence[_Figure]) -> None:
        for at, (part, percent) in enumerate(pairwise(figures)):
            if not self._is_share(part, percent):
                continue
            first, total = part, part.number.total
            if total is None and at and _ON_WHOLE.fullmatch(self._between(figures[at - 1], part)):
                first, total = figures[at - 1], part.number.value  # '13 trên tổng số 19 xã'
            value = first.number.value
            if not total or value > total or not first.exact or not part.exact or first.number.percent:
                continue
            low, high = (value, value) if first.whole else _reach(self._text, first.number)
            share, stated = (100 * low / total, 100 * high / total), _reach(self._text, percent.number)
            if not _meet(share, stated) and not _meet((100 - share[1], 100 - share[0]), stated):
                true, said = _plain(100 * value / total, 2), _plain(percent.number.value)
                self._tell(
                    "share", f"{_plain(value)} of {_plain(total)} is {true}%, not {said}%", first.start, percent.end
                )

    def _is_share(self, part: _Figure, percent: _Figure) -> bool:
        """Does a percentage say how much of the whole the part is?"""
        number = percent.number
        if not number.percent or number.max is not None or number.value > 100:
            return False
        if part.number.percent or part.place != percent.place:
            return False
        gap = self._low[part.end : number.start]
        if not _SHARE_GAP.fullmatch(gap) or not _SHARE_WORD.search(gap) or _OTHER_BASE.search(gap):
            return False
        return bool(_SHARE_END.match(self._low, number.end)) and not _OF_PLAN.match(self._low, number.end)

    # ------------------------------------------------------------ a number and its list

    def _list(self, figures: Sequence[_Figure], at: int, figure: _Figure) -> None:
        count = figure.number.value
        if not 2 <= count <= _MOST_LISTED or not figure.whole:
            return
        if figure.units:
            listed = self._names_listed(figures, at, figure)
        elif figure.item.type == "criteria" and figure.number.total is None:
            listed = self._criteria_listed(figures, at, figure)
        else:
            return
        if listed is None or listed.least <= count <= listed.most:
            return
        many, end = (listed.least, listed.least_end) if count < listed.least else (listed.most, listed.most_end)
        if count > many and _UNFINISHED.match(self._low, end):
            return  # 'A và B đạt 11/15, C đạt 12/15': the list goes on with what is said of each
        if abs(count - many) <= max(_MISCOUNT, count // 6):
            found = f"{listed.least}" if listed.least == listed.most else f"{listed.least} to {listed.most}"
            self._tell("list_length", f"{_plain(count)} announced, {found} listed", figure.start, end)

    def _list_end(self, figures: Sequence[_Figure], at: int, start: int, bracket: bool) -> int | None:
        """Where a list must end: with its bracket, at the next number of units or criteria, or with the sentence.

        None if that number goes on with the list ('A, B và 20 xã khác').
        """
        if bracket:
            close = self._low.find(")", start, figures[at].sentence.end)
            return close if close >= 0 else None
        for other in _counts_behind(figures, at):
            inside = self._low[start : other.start]
            if other.start >= start and inside.count("(") <= inside.count(")"):
                return None if _GOES_ON.search(inside) else other.start
        return figures[at].sentence.end

    def _opened(self, figure: _Figure, stop: int, fits: Callable[[int], bool]) -> tuple[int, bool] | None:
        """Where the list that a number announces begins, and whether in brackets; None if it announces none."""
        for opener in _OPENER.finditer(self._low, figure.end, min(stop, figure.end + 120)):
            before = self._low[figure.end : opener.start()]
            if _NOT_ALL.search(before) or _CLAUSE.search(before):
                return None
            if fits(opener.end()):
                return opener.end(), opener[0][0] == "("
        return None

    def _pieces(self, start: int, end: int, solid: Sequence[tuple[int, int]] = ()) -> list[_Piece]:
        """Stretches between the separators of a list; brackets and ``solid`` stretches are not divided."""
        pieces: list[_Piece] = []
        depth, first, mark = 0, start, ""
        for match in _SPLIT.finditer(self._low, start, end):
            sign = match[0].strip()
            if sign in ("(", ")"):
                depth = max(0, depth + (1 if sign == "(" else -1))
            elif not depth and not any(left < match.end() and match.start() < right for left, right in solid):
                pieces.append(_Piece(first, match.start(), mark))
                first, mark = match.end(), sign
        pieces.append(_Piece(first, end, mark))
        return [piece for piece in pieces if self._low[piece.start : piece.end].strip(" .")]

    # ............................................................ of names

    def _names_listed(self, figures: Sequence[_Figure], at: int, figure: _Figure) -> _Listed | None:
        """How many names follow a number of units."""
        if figure.item.type == "unit":
            opened = self._reader.reading.tokens.starts[figure.item.data[0].name_first], False
        else:
            stops = (other.start for other in _counts_behind(figures, at) if other.item.type != "criteria")
            found = self._opened(figure, next(stops, figure.sentence.end), self._is_name)
            if found is None:
                return None
            opened = found
        end = self._list_end(figures, at, *opened)
        listed = self._count_names(figure, opened[0], end) if end is not None else None
        if listed is None:
            return None
        known = {unit.name for unit in self._units_in(opened[0], listed.most_end) if not unit.parenthesis}
        others = [other.number.value for other in figures[max(0, at - 3) : at] if other.units and other.whole]
        # '2 phường và 3 xã gồm …' announces five
        counts = [figure.number.value + sum(others[first:]) for first in range(len(others) + 1)]
        return None if len(known) in counts or any(listed.least <= each <= listed.most for each in counts) else listed

    def _is_name(self, offset: int) -> bool:
        cue = _KIND.match(self._text, offset)
        first = cue.end() if cue else offset
        return self._text[first : first + 1].isupper()

    def _units_in(self, start: int, end: int) -> list[UnitName]:
        starts = self._reader.reading.tokens.starts
        return [unit for unit in self._reader.reading.names.units if start <= starts[unit.name_first] < end]

    def _count_names(self, figure: _Figure, start: int, end: int) -> _Listed | None:
        """The fewest and the most names that a stretch lists; None if the list is open or of something else."""
        if _OPEN_END.search(self._low, start, end):
            return None
        starts, rank = self._reader.reading.tokens.starts, _RANK[figure.item.value]
        known = {starts[unit.name_first]: unit for unit in self._units_in(start, end)}
        others = {item.start for item in figure.sentence.items if item.type in ("organ", "person", "act")}
        least = most = least_end = most_end = 0
        ended = joined = kinds = False
        for number, piece in enumerate(self._pieces(start, end)):
            cue = _KIND.match(self._text, piece.start, piece.end)
            if cue and cue["village"] and cue["village"][0].isupper():
                cue = None  # 'Bản Chu', 'Làng Dọc': part of the name
            first = cue.end() if cue else piece.start
            words = _IN_BRACKETS.sub(" ", self._text[first : piece.end]).split()
            length = 0 if first in others else _name_length(words)
            if not length:
                if ended:
                    break
                if number == 0 or _OTHERS.search(self._low, piece.start, piece.end):
                    return None
                ended = True
                continue
            unit = known.get(first)
            level = _RANK[str(cue.lastgroup)] if cue else _RANK[unit.level] if unit else rank
            if cue and level < rank:
                continue  # 'xã Hồng Lạc và Đại Phú, huyện Sơn Dương'
            if level != rank:
                return None
            rest = len(words) > length
            kinds = kinds or (number == 0 and cue is not None)
            # A comma may be missing between two names.
            single = length <= 3 or (unit is not None and len(unit.name.split()) == length)
            most += 1 if single else length // 2
            most_end = _behind_words(self._text, first, length) if rest else piece.end
            # With a verb behind it, a new kind before it, or behind a closing 'và' it may begin another statement.
            sure = (
                not rest or number == 0 or piece.mark == "và" or (piece.mark == "," and unit is not None and not joined)
            )
            if not ended and sure and (kinds or cue is None):
                least, least_end = least + 1, most_end
            joined = joined or piece.mark == "và"
            ended = ended or rest
        return _Listed(least, max(least, most), least_end, most_end) if least > 1 else None

    # ............................................................ of criteria

    def _criteria_listed(self, figures: Sequence[_Figure], at: int, figure: _Figure) -> _Listed | None:
        """How many criteria follow a number of them that are missing or new."""
        lacking = bool(_LACK_BEFORE.search(self._before(figure, 24)))
        items = figure.sentence.items
        if figure.at + 1 < len(items) and items[figure.at + 1].type == "criterion":
            opened = items[figure.at + 1].start, False
        else:
            stop = next((other.start for other in _counts_behind(figures, at)), figure.sentence.end)
            found = self._opened(figure, stop, lambda offset: self._criterion(offset) is not None)
            if found is None:
                return None
            opened = found
            lacking = lacking or bool(_LACK.search(self._low, figure.end, opened[0]))
        end = self._list_end(figures, at, *opened) if lacking else None
        if end is None:
            return None
        start, clause = opened[0], self._low.find(";", opened[0], end)
        end = clause if clause > 0 else end
        if _OPEN_END.search(self._low, start, end):
            return None
        pieces = self._pieces(start, end, self._criterion_spans(start, end))
        named = [self._criterion(piece.start) for piece in pieces]
        if sum(name is not None for name in named) * 2 <= len(pieces):
            return None
        least, least_end = 1, pieces[0].end
        for (one, other), piece in zip(pairwise(named), pieces[1:], strict=True):
            closing = piece.mark not in (",", "-", "–")
            said = bool(_PREDICATE.search(self._low, piece.start, piece.end))
            if said and not closing:
                break
            least_end = piece.end
            least += piece.mark in (",", "và") and _apart(one, other)
            if said or (closing and one and other):
                break
        return _Listed(least, max(least, len(pieces)), least_end, pieces[-1].end)

    def _criterion_spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """Names of criteria, the longest from the left: 'thủy lợi và phòng, chống thiên tai' is one."""
        reading = self._reader.reading
        tokens, spans = reading.tokens, list[tuple[int, int]]()
        at = tokens.first_from(start)
        while at < len(tokens) and tokens.starts[at] < end:
            last = max((hit[0] for hit in reading.vocabulary.get(at, ()) if hit[1] == "criterion"), default=at)
            if last > at:
                spans.append((tokens.starts[at], tokens.ends[last - 1]))
            at = max(last, at + 1)
        return spans

    def _criterion(self, offset: int) -> str | None:
        """The criterion that a list, or a piece of one, begins with."""
        reading = self._reader.reading
        lead = _CRITERION_LEAD.match(self._low, offset)
        first = reading.tokens.first_from(lead.end() if lead else offset)
        hits = [hit for hit in reading.vocabulary.get(first, ()) if hit[1] == "criterion"]
        return max(hits)[2] if hits else None

    # ------------------------------------------------------------ M - N and what is left

    def _remainders(self, figures: Sequence[_Figure]) -> None:
        reached: dict[str, _Figure | None] = {}
        for figure in figures:
            if figure.item.type == "criteria":
                metric = "indicator" if figure.item.value.startswith("indicator") else "criterion"
            elif figure.units:
                metric = figure.item.value
                reached["criterion"] = reached["indicator"] = None  # what follows is of another subject
            else:
                continue
            before, total = reached.get(metric), figure.number.total
            if total is not None:
                # Of two shares of one subject in a sentence it is not said which of them leaves what.
                alone = before is None or before.place != figure.place or self._named_between(before, figure)
                reached[metric] = figure if alone and figure.whole and figure.number.value <= total <= 400 else None
                continue
            reached[metric] = None
            if before is None or not figure.whole or not self._is_left(before, figure):
                continue
            had, of, left = before.number.value, before.number.total or 0, figure.number.value
            if had + left != of and self._same_subject(before, figure):
                said = f"{_plain(had)} of {_plain(of)} leaves {_plain(of - had)}, not {_plain(left)}"
                self._tell("remainder", said, before.start, figure.end)

    @staticmethod
    def _named_between(one: _Figure, other: _Figure) -> bool:
        return any(item.type == "unit" for item in one.sentence.items[one.at + 1 : other.at])

    def _is_left(self, reached: _Figure, figure: _Figure) -> bool:
        """Is the later number what the earlier one leaves?"""
        if figure.place - reached.place > 1:
            return False
        still = "còn lại" in self._low[figure.start : figure.end] or _STILL.match(self._low, figure.end)
        if figure.units:
            return bool(still) and not _OF_OTHERS.match(self._low, figure.end)
        left = _LEFT_BEFORE.search(self._before(figure, 12)) and _LEFT_BEHIND.match(self._low, figure.end)
        return bool(still or left)

    def _same_subject(self, one: _Figure, other: _Figure) -> bool:
        """Is nothing between two numbers that could give the second another subject, time, standard or light?"""
        if "cơ bản" in self._between(one, other):
            return False
        items = one.sentence.items[one.at + 1 : other.at if one.place == other.place else None]
        if one.place != other.place:
            items = items + other.sentence.items[: other.at]
        if any(
            item.type in ("unit", "time", "person", "organ") or (item.type == "class" and item.plural) for item in items
        ):
            return False
        before = one.sentence.items[max(0, one.at - 8) : one.at]
        if any(item.type == "mood" and item.value in _AIMS for item in (*before, *items)):
            return False
        return len({item.value for item in items if item.type == "standard"}) < 2

    # ------------------------------------------------------------ groups by number of criteria, and their total

    def _groups(self, figures: Sequence[_Figure]) -> None:
        groups = list(self._iter_groups(figures))
        if len(groups) < 2 or any(_meet(one.criteria, other.criteria) for one, other in combinations(groups, 2)):
            return
        first = groups[0].communes
        since = figures.index(first)
        totals = [found for figure in figures[:since] if (found := self._total(figure)) is not None]
        if not totals or self._mixed(figures, first, groups[-1]):
            return
        total, whole = max(totals, key=lambda found: found[0])
        numbers = [group.communes.number.value for group in groups]
        if whole is figures[since - 1] and whole.number.total is not None and whole.place == first.place:
            below = all(group.criteria[1] < 19 for group in groups)
            if below and _MET_GROUP.fullmatch(self._between(whole, first)):
                numbers.insert(0, whole.number.value)  # '55/85 xã hoàn thành, 5 xã đạt 15-18 tiêu chí, …'
        said = f"{' + '.join(map(_plain, numbers))} = {_plain(sum(numbers))}"
        if sum(numbers) > total:
            self._tell("bands", f"{said}, more than the total of {_plain(total)}", whole.start, groups[-1].end)
        elif sum(numbers) < total and len(totals) == 1 and self._all_told(figures, whole, groups):
            self._tell("bands", f"{said}, the total is {_plain(total)}", whole.start, groups[-1].end)

    def _iter_groups(self, figures: Sequence[_Figure]) -> Iterator[_Group]:
        for communes, criteria in pairwise(figures):
            if not communes.communes or not communes.whole or communes.number.total is not None:
                continue
            if not (criteria.item.type == "criteria" and criteria.item.value.startswith("criterion")):
                continue
            gap = self._between(communes, criteria)
            if communes.place != criteria.place or len(gap) > 70 or _NOT_GROUP.search(gap):
                continue
            if _CHANGE.search(self._before(communes, 16)):
                continue
            number = criteria.number
            low, high = number.value, number.max if number.max is not None else number.value
            if number.ceiling or "dưới" in gap:
                low, high = 0, number.value - 1
            elif number.floor or self._low.startswith(" trở lên", criteria.end):
                high = 99
            yield _Group(communes, (low, high), criteria.end)

    def _total(self, figure: _Figure) -> tuple[float, _Figure] | None:
        """The number of all communes: 'trong tổng số 33 xã', 'toàn huyện có 30 xã', '31/42 xã'."""
        if not figure.communes or not figure.exact:
            return None
        if figure.number.total is not None:
            return figure.number.total, figure
        before = self._before(figure, 40)
        own = _HAS_ALL.search(before) and _ALL_BEHIND.match(self._low, figure.end)
        return (figure.number.value, figure) if own or _OF_ALL.search(before) else None

    def _mixed(self, figures: Sequence[_Figure], first: _Figure, last: _Group) -> bool:
        """Do groups speak of more than one time or standard?"""
        if _OTHER_SET.search(self._low, first.start, last.end + 20):
            return True
        end = last.communes.start
        sentences = {figure.place: figure.sentence for figure in figures if first.start <= figure.start <= end}
        return any(
            item.type == "time" and first.start < item.start < end
            for sentence in sentences.values()
            for item in sentence.items
        )

    def _all_told(self, figures: Sequence[_Figure], whole: _Figure, groups: Sequence[_Group]) -> bool:
        """Do the groups claim to be all: is the last 'còn lại', and every number since the total one of them?"""
        last = groups[-1].communes
        if "còn lại" not in self._low[last.start : groups[-1].end] or whole.number.total is not None:
            return False
        since = figures[figures.index(whole) + 1 : figures.index(last)]
        if sum(figure.units for figure in since) >= len(groups):
            return False
        return not any(
            item.type == "unit" and item.number is None and self._low[item.start - 1] != "("
            for sentence in {figure.place: figure.sentence for figure in (whole, *since, last)}.values()
            for item in sentence.items
            if whole.end < item.start < last.start
        )

    # ------------------------------------------------------------ an average and its sum

    def _averages(self, figures: Sequence[_Figure]) -> None:
        summed: _Figure | None = None
        for figure in figures:
            if figure.item.type not in ("criteria", "number") or figure.number.percent:
                continue
            if self._is_sum(figure):
                summed = figure
            elif summed is not None and figure.place - summed.place <= 1 and self._is_average(figure):
                self._average(figures, summed, figure)
                summed = None

    def _average(self, figures: Sequence[_Figure], summed: _Figure, average: _Figure) -> None:
        value, size = summed.number.value, summed.number.total
        low, high = _reach(self._text, average.number)
        communes = [figure for figure in figures if figure.communes and figure.whole]
        counts = [figure.number.total or figure.number.value for figure in communes]
        counts += [size / each for each in _SET_SIZES if size and size % each == 0]
        if any(low <= value / count <= high for count in counts if count):
            return
        if any(figure.units and summed.end <= figure.start < average.start for figure in figures):
            return  # an average of others
        named = [figure for figure in communes if figure.place == summed.place and figure.end < summed.start]
        start = summed.start
        if size:
            count = size / 19 if size % 19 == 0 else 0
        else:
            count, start = (named[-1].number.value, named[-1].start) if named else (0, start)
        if count > 2:
            said = f"{_plain(value)} criteria of {_plain(count)} communes are {_plain(value / count, 2)} each"
            self._tell("average", f"{said}, not {_plain(average.number.value)}", start, average.end)

    def _is_sum(self, figure: _Figure) -> bool:
        """The criteria of all communes together: '392/437 tiêu chí', 'tổng số tiêu chí … là 275'."""
        number = figure.number
        if not figure.whole or number.value < 30:
            return False
        if number.total is not None:
            return figure.item.value == "criterion_of" and number.total > 60
        before = self._before(figure, 120)
        if figure.item.type != "criteria" and "tiêu chí" not in before:
            return False
        return bool(_SUMMED.search(before)) and not _CHANGE.search(before)

    def _is_average(self, figure: _Figure) -> bool:
        before = self._before(figure, 45)
        if not figure.exact or figure.number.total is not None or figure.number.value > 20 or _CHANGE.search(before):
            return False
        if figure.item.type == "number" and "tiêu chí" not in before:
            return False
        return figure.item.value == "criterion_per" or bool(_AVERAGE.search(before))

    # ------------------------------------------------------------ a sum and its parts

    def _money(self, figures: Sequence[_Figure]) -> None:
        """Money raised, and where it came from."""
        for whole, part in pairwise([figure for figure in figures if figure.money]):
            opener = self._parts_opener(whole, part)
            if opener is None:
                continue
            parts = self._funds(figures, opener)
            if any(_BROKEN.search(self._low, max(0, one.start - 8), one.number.start) for one in (whole, *parts)):
                continue
            if self._amount(whole)[0] > 0:
                self._fund_shares(whole, parts, figures)
            if len(parts) > 1:
                self._fund_sum(whole, parts, opener)

    def _parts_opener(self, whole: _Figure, part: _Figure) -> _Opener | None:
        """'tổng 150 tỷ đồng, trong đó …', '… (', '…, gồm …', '…. Trong đó, …'."""
        if part.place - whole.place > 1 or not _RAISED.search(self._before(whole, 90)):
            return None
        gap = self._between(whole, part)
        match = _PARTS_OPENER.match(gap) if len(gap) < 140 else None
        if match is None:
            return None
        return _Opener(whole.end + match.end(), "gồm" in (match["word"] or ""), match["bracket"] is not None)

    def _funds(self, figures: Sequence[_Figure], opener: _Opener) -> list[_Figure]:
        """Amounts behind the opener as long as each names a source of money."""
        parts: list[_Figure] = []
        end = opener.end
        for figure in figures:
            if figure.start < opener.end or not figure.money:
                continue
            label = self._low[end : figure.start]
            if not opener.bracket and label.count("(") > label.count(")"):
                continue  # '… (trong đó ngân sách tỉnh 20 tỷ đồng)' is of the part before it
            label = _IN_BRACKETS.sub(" ", label)
            if (parts and figure.place != parts[0].place) or (opener.bracket and ")" in label):
                break
            if not _FUND.search(label) or _NO_FUND.search(label):
                break
            parts.append(figure)
            end = figure.end
        return parts

    def _fund_sum(self, whole: _Figure, parts: Sequence[_Figure], opener: _Opener) -> None:
        total, ranges = self._amount(whole), [self._amount(part) for part in parts]
        complete = opener.complete and bool(_STOP.match(self._low, parts[-1].end))
        complete = complete or "còn lại" in self._between(parts[-2], parts[-1])
        if _REST.match(self._low, parts[-1].end):
            complete = False
        low, high = sum(low for low, _ in ranges), sum(high for _, high in ranges)
        if not (total[1] < low <= 2 * total[1] or (complete and _NEARLY * total[0] <= high < total[0])):
            return
        made = sum(part.number.value * magnitude(str(part.item.data)) for part in parts)
        said = (
            f"the parts make {_plain(made / magnitude(str(whole.item.data)))}, the sum is {_plain(whole.number.value)}"
        )
        self._tell("parts", f"{said} {whole.item.data}", whole.start, parts[-1].end)

    def _fund_shares(self, whole: _Figure, parts: Sequence[_Figure], figures: Sequence[_Figure]) -> None:
        """'trong đó nhân dân đóng góp 216 tỷ đồng (chiếm 77%)'."""
        low, high = self._amount(whole)
        for part, percent in pairwise(figures):
            if part not in parts or not self._is_share(part, percent):
                continue
            least, most = self._amount(part)
            if _meet((100 * least / high, 100 * most / low), _reach(self._text, percent.number)):
                continue
            value, total = (one.number.value * magnitude(str(one.item.data)) for one in (part, whole))
            said = f"{_plain(part.number.value)} of {_plain(whole.number.value)} {whole.item.data}"
            true = f"{_plain(100 * value / total, 1)}%, not {_plain(percent.number.value)}%"
            self._tell("share", f"{said} is {true}", whole.start, percent.end)

    def _amount(self, figure: _Figure) -> _Range:
        factor = magnitude(str(figure.item.data))
        low, high = _reach(self._text, figure.number)
        return low * factor, high * factor

    def _divided(self, figures: Sequence[_Figure]) -> None:
        """Things counted and divided: '37 sản phẩm (29 sản phẩm 3 sao, 8 sản phẩm 4 sao)', '25 đơn vị, gồm 22 xã …'."""
        for at, whole in enumerate(figures[:-2]):
            if whole.item.type != "count" or not whole.whole or whole.number.total is not None:
                continue
            if not _DIVIDED.fullmatch(self._between(whole, figures[at + 1])):
                continue
            parts = list(self._iter_parts(whole, figures[at + 1 :]))
            last = _LAST_PART.match(self._low, parts[-1].end) if len(parts) > 1 else None
            if last is None:
                continue
            made = sum(part.number.value for part in parts)
            if made != whole.number.value and _NEARLY * whole.number.value <= made <= whole.number.value / _NEARLY:
                said = f"the parts make {_plain(made)}, the sum is {_plain(whole.number.value)}"
                self._tell("parts", said, whole.start, last.end())

    def _iter_parts(self, whole: _Figure, figures: Sequence[_Figure]) -> Iterator[_Figure]:
        before: _Figure | None = None
        for figure in figures:
            if figure.place != whole.place or figure.item.type != "count" or not figure.whole:
                return
            if figure.number.total is not None or whole.item.value not in (figure.item.value, "place"):
                return
            if before is not None and not _NEXT_PART.fullmatch(_STARS.sub(" ", self._between(before, figure))):
                return
            yield figure
            before = figure

    # ------------------------------------------------------------ dates

    def _dates(self, meeting: Meeting | None) -> None:
        reading = self._reader.reading
        published = reading.article.published
        late = meeting.date if meeting and meeting.date and published and meeting.date > published else None
        months: list[tuple[int, int, TimeMention]] = []
        for mention in reading.times:
            start, end = mention.period.start, mention.period.end
            if start is None or end is None:
                continue
            if mention.kind == "date" and start == end:
                if published is not None or not mention.anchored:
                    self._weekday(mention, start.weekday())
                if start == late:
                    late = None
                    if self._is_past(mention):
                        self._tell("posting", f"held on {start}, posted on {published}", mention.start, mention.end)
            elif mention.kind == "month" and (start.month, start.day) == (1, 1) and self._of_report(mention):
                months.append((end.year, end.month, mention))
        for (year, month, _), (other_year, other_month, mention) in pairwise(months):
            if year == other_year and abs(month - other_month) == 1 and 6 not in (month, other_month):
                said = f"{month} months in one place, {other_month} in the next"
                self._tell("periods", said, mention.start, mention.end)
                break

    def _weekday(self, mention: TimeMention, weekday: int) -> None:
        names = list(_WEEKDAY.finditer(self._low, mention.start, mention.end))
        if len(names) != 1:
            return
        line = self._low.rfind("\n", 0, names[0].start()) + 1
        if not _BEFORE_WEEKDAY.search(self._low[max(line, names[0].start() - 12) : names[0].start()]):
            return
        said = 6 if names[0]["sunday"] else _WEEKDAYS[names[0]["name"]]
        if said != weekday:
            day = f"{mention.period.start} is a {_DAY_NAMES[weekday]}"
            self._tell("weekday", f"{day}, not a {_DAY_NAMES[said]}", mention.start, mention.end)

    def _is_past(self, mention: TimeMention) -> bool:
        """Is the meeting told as held, not announced?"""
        sentence = next((one for one in self._reader.reading.sentences if one.start <= mention.start < one.end), None)
        return sentence is not None and not _ANNOUNCED.search(self._low, sentence.start, sentence.end)

    def _of_report(self, mention: TimeMention) -> bool:
        """'8 tháng đầu năm' as the time that a report is of."""
        line = self._low.rfind("\n", 0, mention.start) + 1
        before = self._low[max(line, mention.start - 18) : mention.start]
        return bool(_MONTHS.match(mention.period.text.lower())) and not _NOT_OF_REPORT.search(before)


def _counts_behind(figures: Sequence[_Figure], at: int) -> Iterator[_Figure]:
    """Numbers of units or criteria behind a number, in its sentence."""
    for other in figures[at + 1 :]:
        if other.place != figures[at].place:
            return
        if other.item.type in ("count", "unit", "criteria"):
            yield other


def _name_length(words: Sequence[str]) -> int:
    """How many words a name has that stands first: capitals, then perhaps a number."""
    length = 0
    for word in words:
        numbered = length > 0 and _NUMERAL.fullmatch(word) is not None
        if not numbered and not (word[0].isupper() and (len(word) == 1 or not word.isupper())):
            break
        length += 1
    return length


def _behind_words(text: str, offset: int, count: int) -> int:
    """Where the first so many words behind an offset end."""
    for word, _ in zip(_WORD.finditer(text, offset), range(count), strict=False):
        offset = word.end()
    return offset


def _apart(one: str | None, other: str | None) -> bool:
    """Are two names beside each other two criteria in every set?"""
    if one is None or other is None or one == other:
        return False
    return not any(one in group and other in group for group in _JOINED)
