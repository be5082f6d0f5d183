"""The arithmetic audit: what an article says twice and not the same both times.

Each check takes two statements that stand close together and of which one follows from the other: N of M and
its percentage, a number and the list that it announces, M - N and 'còn k', groups and their total, a sum and its
parts, a date and its weekday. Only what cannot be read in another way is reported: numbers count within their
rounding and hedges, a list within the ways to divide it, and where a sentence leaves room the audit is silent.
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
_UNITS = frozenset({"province", "district", "commune", "village", "residential_area", "place"})
_AIMS = frozenset({"goal", "plan", "pledge", "purpose", "hypothetical"})
# How many criteria a set may have: what a sum of criteria may be divided by to give the number of communes.
_SET_SIZES = (19, 20, 18, 17, 16, 15, 14, 13, 12, 11, 10)
_MOST_LISTED = 60  # longer lists are tables
_HEDGE = 0.1  # 'hơn', 'gần', 'khoảng' reach this share of the number further
_EPSILON = 1e-9


def audit(reader: Reader, meeting: Meeting | None = None) -> list[Check]:
    """What does not add up in one article, in its order.

    Parameters
    ----------
    reader: the article as read; its posting date is compared, if it has one.
    meeting: the meeting that was found in it.

    Returns
    -------
    One check a contradiction, with the quotation that holds both sides, or the later of the two where they stand
    far apart. ``kind`` is one of share, list_length, remainder, bands, average, weekday, posting, periods, parts;
    ``evidence.rule`` is 'audit.' and the kind.
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

    @property
    def start(self) -> int:
        return self.item.start

    @property
    def end(self) -> int:
        return self.item.end

    @property
    def exact(self) -> bool:
        number = self.number
        return number.qualifier == "exact" and number.max is None and not (number.floor or number.ceiling)

    @property
    def whole(self) -> bool:
        """A plain number of things: no hedge, no share, no decimals."""
        return self.exact and not self.number.percent and self.number.value.is_integer()

    @property
    def counts_units(self) -> bool:
        return self.item.type in ("count", "unit") and self.item.value in _UNITS and not self.number.percent

    @property
    def is_money(self) -> bool:
        return self.item.type == "quantity" and self.item.value == "money"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a list and the separator in front of it."""

    start: int
    end: int
    mark: str


@dataclass(frozen=True, slots=True)
class _Listed:
    """How many things a list holds, read strictly and generously, and where it ends."""

    least: int
    most: int
    end: int


@dataclass(frozen=True, slots=True)
class _Opener:
    """Where the parts of a sum begin, whether they claim to be all, whether they stand in brackets."""

    end: int
    complete: bool
    bracket: bool


# ------------------------------------------------------------------ words

_SHARE_CUE = r"(?:(?:đạt|chiếm|bằng|là|tương (?:đương|ứng)(?: với)?|ứng với|tức(?: là)?|hay)\s+)?(?:(?:với\s+)?t[ỷỉ] lệ\s+)?(?:(?:đạt|chiếm|là)\s+)?"
# Between N/M and its percentage: the noun with what is said of it, then a comma, a bracket or a verb of sharing.
_SHARE_GAP = re.compile(
    rf"[^,;:%\d]{{0,90}}(?:,\s*(?=\D)|[(–]\s*){_SHARE_CUE}|[^,;:%\d]{{0,25}}\b(?:đạt|chiếm|bằng|tức)\s+(?:t[ỷỉ] lệ\s+)?(?:đạt\s+)?"
)
_SHARE_WORD = re.compile(r"(?:đạt|chiếm|bằng|tức|đương|ứng|lệ|hay|là)\s*$|[(–]\s*$")
# Behind the percentage: nothing that gives it another base ('120% kế hoạch', '5% số hộ').
_SHARE_END = re.compile(r"\s*(?:$|[).,;:\n–]|và\b|trong đó\b|(?:trên |so với )?tổng (?:số|nguồn|vốn|kinh phí))")
_OTHER_BASE = re.compile(r"tăng|giảm|hơn|vượt|so với|kế hoạch|trong đó|thu nhập")
_ON_WHOLE = re.compile(r"\s*(?:xã|huyện|thôn|xóm|ấp|bản|đơn vị)?\s*(?:trên|trong)\s+(?:tổng\s+)?(?:số\s+)?")
_DECIMALS = re.compile(r"\d[.,](\d+)\D*$")
_BROKEN = re.compile(r"(?:\d,|\b(?:nghìn|ngàn|triệu|t[ỷỉ]|vạn))\s+$")

_OPENER = re.compile(r"\b(?:bao gồm|gồm có|gồm|đó là|là|cụ thể(?: là)?)\b\s*[:,]?\s*|[:(]\s*")
_CLAUSE = re.compile(r"[;.:]")
# Between a number and its list: words that make the list one of some, or of something else.
_NOT_ALL = re.compile(
    r"trong đó|trong số|riêng|nhất|\bnhư\b|điển hình|tiêu biểu|kể cả|đứng đầu|dẫn đầu|\btrừ\b|ngoài|so với|thuộc|chủ tịch|"
    r"bí thư|đồng chí|phụ trách|đại diện|lãnh đạo|của các|chủ yếu|phần lớn|đa số|hầu hết"
)
_OPEN_END = re.compile(r"…|\.\.\.|\bv\.\s?v|\bvân vân\b")
_OTHERS = re.compile(r"\d|khác|còn lại|\bcác\b|nhiều|một số|\bcả\b")
_GOES_ON = re.compile(r"(?:,|\bvà|\bcùng|\bvới)\s*$")
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
_ROMAN = re.compile(r"\d{1,2}[A-Z]?|[IVX]{1,4}")

_LACK_BEFORE = re.compile(r"(?<!xuống )(?<!giảm )\b(?:còn(?: lại)?|thiếu|hụt|rớt|vướng|nợ|mất|thêm)\s+$")
_LACK = re.compile(r"\b(?:chưa|còn lại|còn thiếu|còn nợ|sụt giảm|bị sụt|hụt|rớt|vướng|thiếu)\b")
_LEFT_BEFORE = re.compile(r"\b(?:còn(?: lại)?|thiếu)\s+$")
_LEFT_BEHIND = re.compile(
    r"\s*(?:nữa )?(?:chưa (?:đạt|hoàn thành|đảm bảo|bảo đảm|xong)|còn lại|(?:đó )?là\b|gồm\b|[:(])"
)
_STILL = re.compile(r"\s*(?:này )?còn lại")
_OF_OTHERS = re.compile(r"\s*(?:còn lại )?(?:của|ở|thuộc)\b")
_PREDICATE = re.compile(r"\b(?:đã|đang|do|vì|được|phải|cần|sẽ|đạt|chưa|chỉ|mới|có|là|nên|để|còn|xã|huyện)\b")
_CRITERION_LEAD = re.compile(r"\s*(?:(?:các\s+)?tiêu chí\s+)?(?:số\s+\d+\s*[-–(]?\s*)?(?:về\s+)?")
# Criteria that are one in the sets of districts and several in those of communes.
_JOINED = (
    frozenset({"y_te", "van_hoa", "giao_duc", "co_so_vat_chat_van_hoa"}),
    frozenset({"he_thong_chinh_tri", "quoc_phong_an_ninh", "hanh_chinh_cong", "tiep_can_phap_luat"}),
)

_OF_ALL = re.compile(r"trong (?:tổng )?(?:số )?$|tổng số (?:có )?$")
_HAS_ALL = re.compile(r"\b(?:huyện|tỉnh|thị xã|thành phố|quận|vùng|nước) (?:hiện )?(?:đang )?(?:nay )?có $")
_ALL_BEHIND = re.compile(r"\s*(?:[,;.:(–-]|tham gia|thực hiện|triển khai|thuộc diện|trong đó|xây dựng)")
_NOT_BAND = re.compile(r"[;.]|trong đó|chưa|tăng|giảm|hơn|thiếu|hụt|\bcòn \d|thêm")
_AVERAGE = re.compile(r"bình quân|trung bình|chia đều|mỗi xã")
_CHANGE = re.compile(r"(?:tăng|giảm|hơn|thêm|cao hơn|vượt|thấp hơn)(?: thêm)?\s+$")
_SUMMED = re.compile(r"tổng|cộng|lượt")

_FUND = re.compile(
    r"vốn|ngân sách|nhân dân|người dân|dân|doanh nghiệp|tín dụng|trung ương|\btw\b|t\.ư|tỉnh|huyện|xã|cộng đồng|lồng ghép|xã hội hóa|nguồn|"
    r"đóng góp|trái phiếu|nhà nước|con em|khác|hỗ trợ|đối ứng|tổ chức"
)
_NO_FUND = re.compile(
    r"tăng|giảm|hơn so|bình quân|mỗi|trị giá|quy đổi|quy ra|tương đương|thu nhập|xây|làm|sửa|bê tông|hiến|trao|thưởng|tặng|nợ|trong đó|gồm|"
    r"kế hoạch|doanh thu|\bkm\b|công trình|năm \d|riêng|giải ngân"
)
_MONEY_SUM = re.compile(r"tổng|huy động|kinh phí|nguồn lực|vốn|đầu tư|nguồn")
_REST = re.compile(r"\s*\)?\s*[,;]?\s*(?:và\s+)?(?:phần |số )?còn lại|[^.]{0,40}(?:…|\.\.\.)")
_STOP = re.compile(r"\s*(?:$|[.)\n])")
_SENTENCE_END = re.compile(r"[.;]\s+(?=trong đó|ngoài ra|bên cạnh)|\.\s")
_NESTED = re.compile(r"\([^)]*$")
_PARTS_OPENER = re.compile(
    r"(?P<tail>[^;,:().]{0,90})(?:[,;]?\s*(?P<word>trong đó|bao gồm|gồm(?: có)?)\b(?: có)?\s*:?|\s*(?P<bracket>\()(?:gồm\b)?"
    r"|\.\s+(?P<next>trong đó)\b\s*[,:]?)"
)
_COUNT_OPENER = re.compile(r"[^,;:().\d]{0,60}(?:,?\s*\b(?:bao gồm|gồm(?: có)?)\b\s*:?\s*|\s*\(\s*(?:gồm\s+)?)")
_NEXT_PART = re.compile(r"[^,;:().]{0,60}(?:[,;]\s*(?:và\s+)?|\s*và\s+)")
_LAST_PART = re.compile(r"[^,;:()]{0,40}?(?:[.)\n]|$|;)")
_WEEKDAY = re.compile(r"(?:thứ\s*(?P<name>hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|(?P<sunday>chủ\s*nhật))(?!\w)")
_WEEKDAYS = {"hai": 0, "ba": 1, "tư": 2, "năm": 3, "sáu": 4, "bảy": 5, "bẩy": 5, **{str(n): n - 2 for n in range(2, 8)}}
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A weekday may open a line or follow these; behind other words 'thứ hai' counts ('lần thứ hai').
_BEFORE_WEEKDAY = re.compile(r"(?:^|[,(\[|:;.\-–]|\b(?:sáng|trưa|chiều|tối|đêm|hôm|vào|ngày|nay|lúc|qua))\s*$")
_AHEAD = re.compile(r"\b(?:sẽ|tới|dự kiến|chuẩn bị|sắp|kế hoạch|thông báo|mời|dự định|lịch)\b")
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
    """Values that a number as written may stand for: rounded or cut off behind its last digit, and its hedge."""
    step = _step(text, number)
    low, high = number.value - step / 2, (number.max if number.max is not None else number.value) + step
    if number.qualifier in ("over", "about") or number.floor:
        high += number.value * _HEDGE
    if number.qualifier in ("under", "about") or number.ceiling:
        low -= number.value * _HEDGE
    return low - _EPSILON, high - _EPSILON


def _meet(one: _Range, other: _Range) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _plain(value: float) -> str:
    return f"{value:.10g}" if value.is_integer() else f"{value:.2f}".rstrip("0").rstrip(".")


# ------------------------------------------------------------------ the audit of one article


class _Audit:
    """All checks over one article; ``low`` is the text in lower case, of the same length."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._text = reader.text
        low = reader.text.lower()
        self._low = low if len(low) == len(reader.text) else reader.text
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
                    figures.append(_Figure(item, item.number, sentence, at, place))
        self._line(figures)
        seen: dict[tuple[str, str], Check] = {}
        for check in sorted(self._found, key=lambda check: (check.evidence.start, check.kind)):
            seen.setdefault((check.kind, check.evidence.text), check)  # captions repeat the text
        return list(seen.values())

    def _line(self, figures: list[_Figure]) -> None:
        if not figures:
            return
        for at, figure in enumerate(figures):
            self._list(figures, at, figure)
        if len(figures) > 1:
            self._shares(figures)
            self._remainders(figures)
            self._bands(figures)
            self._averages(figures)
            self._money(figures)
            self._partitions(figures)

    def _tell(self, kind: str, message: str, start: int, end: int) -> None:
        self._found.append(
            Check(kind=kind, message=message, evidence=self._reader.evidence(start, end, f"audit.{kind}"))
        )

    def _between(self, one: _Figure, other: _Figure) -> str:
        return self._low[one.end : other.start]

    # ------------------------------------------------------------ N/M and its percentage

    def _shares(self, figures: Sequence[_Figure]) -> None:
        for at in range(1, len(figures)):
            percent = figures[at]
            if not percent.number.percent or percent.number.max is not None or percent.number.value > 100:
                continue
            part = figures[at - 1]
            total, start = part.number.total, part.start
            if total is None and at > 1 and _ON_WHOLE.fullmatch(self._between(figures[at - 2], part)):
                total, start = part.number.value, figures[at - 2].start  # '13 trên tổng số 19 xã'
                value = figures[at - 2]
            else:
                value = part
            if not total or part.sentence is not percent.sentence or not (part.exact and value.exact):
                continue
            if part.number.percent or value.number.percent or value.number.value > total:
                continue
            if not self._is_share(part, percent):
                continue
            low, high = (value.number.value,) * 2
            if not low.is_integer():
                low, high = _reach(self._text, value.number)
            share = (100 * low / total, 100 * high / total)
            stated = _reach(self._text, percent.number)
            if _meet(share, stated) or _meet((100 - share[1], 100 - share[0]), stated):
                continue
            true = _plain(round(100 * value.number.value / total, 2))
            said = f"{_plain(value.number.value)} of {_plain(total)}"
            self._tell("share", f"{said} is {true}%, not {_plain(percent.number.value)}%", start, percent.end)

    def _is_share(self, part: _Figure, percent: _Figure) -> bool:
        """Does the percentage say how much of the whole the part is?"""
        gap = self._low[part.end : percent.number.start]
        if not _SHARE_GAP.fullmatch(gap) or not _SHARE_WORD.search(gap) or _OTHER_BASE.search(gap):
            return False
        return bool(_SHARE_END.match(self._low, percent.number.end))

    # ------------------------------------------------------------ a number and its list

    def _list(self, figures: Sequence[_Figure], at: int, figure: _Figure) -> None:
        count = figure.number.value
        if not figure.whole or not 2 <= count <= _MOST_LISTED:
            return
        if figure.counts_units:
            listed = self._names_listed(figures, at, figure)
        elif figure.item.type == "criteria" and figure.number.total is None:
            listed = self._criteria_listed(figures, at, figure)
        else:
            return
        if listed is None or listed.least <= count <= listed.most:
            return
        if count > listed.most and _UNFINISHED.match(self._low, listed.end):
            return  # 'A và B đạt 11/15, C đạt 12/15': the list goes on with what is said of each
        many = listed.least if count < listed.least else listed.most
        self._tell("list_length", f"{_plain(count)} announced, {many} listed", figure.start, listed.end)

    def _list_end(self, figures: Sequence[_Figure], at: int, start: int) -> int | None:
        """Where a list must end: at the next number of units or criteria outside brackets, or with the sentence.

        None if that number goes on with the list ('A, B và 20 xã khác').
        """
        for other in _counted_next(figures, at):
            inside = self._low[start : other.start]
            if other.start < start or inside.count("(") > inside.count(")"):
                continue
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
            if sign and sign in "()":
                depth = max(0, depth + (1 if sign == "(" else -1))
            elif not depth and not any(left < match.end() and match.start() < right for left, right in solid):
                pieces.append(_Piece(first, match.start(), mark))
                first, mark = match.end(), sign
        pieces.append(_Piece(first, end, mark))
        return [piece for piece in pieces if self._low[piece.start : piece.end].strip(" .")]

    # ............................................................ of names

    def _names_listed(self, figures: Sequence[_Figure], at: int, figure: _Figure) -> _Listed | None:
        """How many names follow a number of units."""
        tokens = self._reader.reading.tokens
        bracket = False
        if figure.item.type == "unit":
            start = tokens.starts[figure.item.data[0].name_first]
        else:
            stops = (other.start for other in _counted_next(figures, at) if other.item.type != "criteria")
            opened = self._opened(figure, next(stops, figure.sentence.end), self._is_name)
            if opened is None:
                return None
            start, bracket = opened
        end = self._low.find(")", start, figure.sentence.end) if bracket else self._list_end(figures, at, start)
        if end is None or end < 0:
            return None
        listed = self._count_names(figure, start, end)
        if listed is None:
            return None
        known = {(unit.level, unit.name) for unit in self._units_in(start, listed.end) if not unit.parenthesis}
        others = [other.number.value for other in figures[max(0, at - 3) : at] if other.counts_units and other.whole]
        # '2 phường và 3 xã gồm …' announces five
        counts = [figure.number.value + sum(others[first:]) for first in range(len(others) + 1)]
        return None if len(known) in counts or any(listed.least <= count <= listed.most for count in counts) else listed

    def _is_name(self, offset: int) -> bool:
        cue = _KIND.match(self._text, offset)
        return self._text[cue.end() if cue else offset : offset + 40][:1].isupper()

    def _units_in(self, start: int, end: int) -> list[UnitName]:
        starts = self._reader.reading.tokens.starts
        return [unit for unit in self._reader.reading.names.units if start <= starts[unit.name_first] < end]

    def _count_names(self, figure: _Figure, start: int, end: int) -> _Listed | None:
        """Names from ``start`` on, the fewest and the most that they can be; None if the list is open or something else."""
        if _OPEN_END.search(self._low, start, end):
            return None
        starts, rank = self._reader.reading.tokens.starts, _RANK[figure.item.value]
        known = {starts[unit.name_first]: _RANK[unit.level] for unit in self._units_in(start, end)}
        least = most = last = 0
        ended = joined = kinds = False
        for number, piece in enumerate(self._pieces(start, end)):
            cue = _KIND.match(self._text, piece.start, piece.end)
            first = cue.end() if cue else piece.start
            words = _IN_BRACKETS.sub(" ", self._text[first : piece.end]).split()
            length = _name_length(words)
            if not length:
                if ended:
                    break
                if number == 0 or _OTHERS.search(self._low, piece.start, piece.end):
                    return None
                ended = True
                continue
            level = _RANK[str(cue.lastgroup)] if cue else known.get(first, rank)
            if cue and level < rank:
                continue  # 'xã Hồng Lạc và Đại Phú, huyện Sơn Dương'
            if level != rank:
                return None
            rest = len(words) > length
            kinds = kinds or (number == 0 and cue is not None)
            most += length // 2 if length > 3 and first not in known else 1
            # Behind a ';', a new kind or a closing 'và' the name may begin another statement.
            sure = not (piece.mark in (";", "-", "–") and rest) and (kinds or cue is None or number == 0)
            if not ended and sure and not (rest and joined and piece.mark == ","):
                least, last = least + 1, piece.end
            joined = joined or piece.mark == "và"
            ended = ended or rest
        return _Listed(least, max(least, most), last) if least > 1 else None

    # ............................................................ of criteria

    def _criteria_listed(self, figures: Sequence[_Figure], at: int, figure: _Figure) -> _Listed | None:
        """How many criteria follow a number of them that are missing or new."""
        lacking = bool(_LACK_BEFORE.search(self._low, max(figure.sentence.start, figure.start - 24), figure.start))
        items = figure.sentence.items
        bracket = False
        if figure.at + 1 < len(items) and items[figure.at + 1].type == "criterion":
            if not lacking:
                return None
            start = items[figure.at + 1].start
        else:
            stop = next((other.start for other in _counted_next(figures, at)), figure.sentence.end)
            opened = self._opened(figure, stop, lambda offset: self._criterion(offset) is not None)
            if opened is None or not (lacking or _LACK.search(self._low, figure.end, opened[0])):
                return None
            start, bracket = opened
        end = self._low.find(")", start, figure.sentence.end) if bracket else self._list_end(figures, at, start)
        if end is None or end < 0:
            return None
        clause = self._low.find(";", start, end)
        end = clause if clause > 0 else end
        if _OPEN_END.search(self._low, start, end):
            return None
        pieces = self._pieces(start, end, self._criterion_spans(start, end))
        named = [self._criterion(piece.start) for piece in pieces]
        if sum(name is not None for name in named) * 2 <= len(pieces):
            return None
        least, last = 1, pieces[0].end
        for (one, other), piece in zip(pairwise(named), pieces[1:], strict=True):
            closing = piece.mark not in (",", "-", "–")
            said = bool(_PREDICATE.search(self._low, piece.start, piece.end))
            if said and not closing:
                break
            if piece.mark in (",", "và") and _apart(one, other):
                least, last = least + 1, piece.end
            if said or (closing and one and other):
                break
        return _Listed(least, max(least, len(pieces)), max(last, min(end, pieces[-1].end)) if least < 2 else last)

    def _criterion_spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """Names of criteria, longest first from the left: 'thủy lợi và phòng, chống thiên tai' is one."""
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
        """The criterion that a list or a part of it begins with."""
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
            elif figure.counts_units and figure.item.value != "place":
                metric = figure.item.value
                if metric in _UNITS:  # the criteria of another subject
                    reached["criterion"] = reached["indicator"] = None
            else:
                continue
            before = reached.get(metric)
            if figure.number.total is not None:
                reached[metric] = figure if figure.whole and figure.number.value <= figure.number.total <= 400 else None
                continue
            reached[metric] = None
            if (
                before is not None
                and figure.whole
                and self._is_left(before, figure)
                and self._same_subject(before, figure)
            ):
                total, left = before.number.total or 0, figure.number.value
                if before.number.value + left != total:
                    said = (
                        f"{_plain(before.number.value)} of {_plain(total)} leaves {_plain(total - before.number.value)}"
                    )
                    self._tell("remainder", f"{said}, not {_plain(left)}", before.start, figure.end)

    def _is_left(self, reached: _Figure, figure: _Figure) -> bool:
        """Is the later number what the earlier one leaves?"""
        if figure.place - reached.place > 1:
            return False
        if figure.counts_units:
            left = "còn lại" in self._low[figure.start : figure.end] or _STILL.match(self._low, figure.end)
            return bool(left) and not _OF_OTHERS.match(self._low, figure.end)
        if not _LEFT_BEFORE.search(self._low, max(0, figure.start - 12), figure.start):
            return bool(_STILL.match(self._low, figure.end))
        return bool(_LEFT_BEHIND.match(self._low, figure.end))

    def _same_subject(self, one: _Figure, other: _Figure) -> bool:
        """Is nothing between two numbers that could give the second another subject, time, standard or light?"""
        if "cơ bản" in self._between(one, other):
            return False
        sentences = self._reader.reading.sentences
        standards: set[str] = set()
        first = one.sentence.items[max(0, one.at - 8) : one.at]
        if one.sentence is other.sentence:
            items = one.sentence.items[one.at + 1 : other.at]
        else:
            items = one.sentence.items[one.at + 1 :] + sentences[other.place].items[: other.at]
        for item in items:
            if item.type in ("unit", "time", "person", "organ") or (item.type == "class" and item.plural):
                return False
            if item.type == "standard":
                standards.add(item.value)
        aims = any(item.type == "mood" and item.value in _AIMS for item in (*first, *items))
        return not aims and len(standards) < 2

    # ------------------------------------------------------------ groups by number of criteria, and their total

    def _bands(self, figures: Sequence[_Figure]) -> None:
        bands = list(self._groups(figures))
        if len(bands) < 2 or any(_meet(one[1], other[1]) for one, other in combinations(bands, 2)):
            return
        first, last = figures.index(bands[0][0]), figures.index(bands[-1][0])
        items = [
            item
            for figure in figures[first:last]
            for item in figure.sentence.items
            if bands[0][0].start < item.start < bands[-1][0].start
        ]
        if (
            any(item.type == "time" for item in items)
            or len({item.value for item in items if item.type == "standard"}) > 1
        ):
            return
        totals = [found for figure in figures[:first] if (found := self._total(figure)) is not None]
        if not totals:
            return
        total, whole = max(totals, key=lambda found: found[0])
        summed = sum(group.number.value for group, _, _ in bands)
        said = " + ".join(_plain(group.number.value) for group, _, _ in bands)
        end = bands[-1][2].end
        if summed > total:
            self._tell("bands", f"{said} = {_plain(summed)}, more than the total of {_plain(total)}", whole.start, end)
        elif summed != total and len(totals) == 1 and self._closed(figures, whole, bands):
            self._tell("bands", f"{said} = {_plain(summed)}, the total is {_plain(total)}", whole.start, end)

    def _groups(self, figures: Sequence[_Figure]) -> Iterator[tuple[_Figure, _Range, _Figure]]:
        """'12 xã đạt 17-18 tiêu chí': a number of communes, the numbers of criteria that they have, and where."""
        for group, criteria in pairwise(figures):
            if not (
                group.counts_units and group.whole and group.item.value == "commune" and group.number.total is None
            ):
                continue
            if (
                criteria.item.type != "criteria"
                or not criteria.item.value.startswith("criterion")
                or group.place != criteria.place
            ):
                continue
            gap = self._between(group, criteria)
            if len(gap) > 70 or _NOT_BAND.search(gap) or _CHANGE.search(self._low, group.start - 16, group.start):
                continue
            number = criteria.number
            low, high = number.value, number.max if number.max is not None else number.value
            if number.ceiling or "dưới" in gap:
                low, high = 0, number.value - 1
            elif number.floor or self._low.startswith(" trở lên", criteria.end):
                high = 99
            yield group, (low, high), criteria

    def _total(self, figure: _Figure) -> tuple[float, _Figure] | None:
        """The number of all communes: 'trong tổng số 33 xã', 'toàn huyện có 30 xã', '31/42 xã'."""
        if not figure.counts_units or figure.item.value != "commune" or not figure.exact:
            return None
        if figure.number.total is not None:
            return figure.number.total, figure
        first = max(0, figure.start - 40)
        if _OF_ALL.search(self._low, first, figure.start):
            return figure.number.value, figure
        own = _HAS_ALL.search(self._low, first, figure.start) and _ALL_BEHIND.match(self._low, figure.end)
        return (figure.number.value, figure) if own else None

    def _closed(
        self, figures: Sequence[_Figure], whole: _Figure, bands: Sequence[tuple[_Figure, _Range, _Figure]]
    ) -> bool:
        """Do the groups claim to be all: the last is 'còn lại', and every number since the total is one of them?"""
        group, _, criteria = bands[-1]
        if "còn lại" not in self._low[group.start : criteria.start] or whole.number.total is not None:
            return False
        groups = {id(band[0]) for band in bands}
        since = figures[figures.index(whole) + 1 : figures.index(group)]
        if any(figure.counts_units and id(figure) not in groups for figure in since):
            return False
        return not any(
            item.type == "unit" and item.number is None
            for item in bands[0][0].sentence.items + group.sentence.items
            if whole.end < item.start < group.start and self._low[item.start - 1] != "("
        )

    # ------------------------------------------------------------ an average and its sum

    def _averages(self, figures: Sequence[_Figure]) -> None:
        summed: _Figure | None = None
        for figure in figures:
            if figure.item.type not in ("criteria", "number") or figure.number.percent:
                continue
            if self._is_sum(figure):
                summed = figure
                continue
            if summed is None or figure.number.total is not None or not figure.exact or figure.place - summed.place > 1:
                continue
            if not self._is_average(figure):
                continue
            total, low, high = summed.number.value, *_reach(self._text, figure.number)
            size = summed.number.total
            sizes = [size / each for each in _SET_SIZES if size and size % each == 0]
            counted = [
                other.number.total or other.number.value
                for other in figures
                if other.counts_units and other.whole and other.item.value == "commune"
            ]
            if any(low <= total / many <= high for many in (*sizes, *counted) if many):
                continue
            near = [
                other
                for other in figures
                if other.counts_units and other.place == summed.place and other.start < summed.start
            ]
            many = size / 19 if size and size % 19 == 0 else near[-1].number.value if near and not size else 0
            if many > 2:
                true = _plain(round(total / many, 2))
                said = f"{_plain(total)} criteria of {_plain(many)} communes are {true} each, not {_plain(figure.number.value)}"
                self._tell("average", said, summed.start, figure.end)
            summed = None

    def _is_sum(self, figure: _Figure) -> bool:
        """The criteria of all communes together: '392/437 tiêu chí', 'tổng số tiêu chí … là 275'."""
        number = figure.number
        if not figure.whole or number.value < 30:
            return False
        if number.total is not None:
            return figure.item.type == "criteria" and number.total > 60
        before = self._low[max(figure.sentence.start, figure.start - 80) : figure.start]
        counted = figure.item.type == "criteria" or "tiêu chí" in before
        return counted and bool(_SUMMED.search(before)) and not _CHANGE.search(before)

    def _is_average(self, figure: _Figure) -> bool:
        before = self._low[max(figure.sentence.start, figure.start - 45) : figure.start]
        if (
            _CHANGE.search(before)
            or figure.number.value > 20
            or (figure.item.type == "number" and "tiêu chí" not in before)
        ):
            return False
        return figure.item.value == "criterion_per" or bool(_AVERAGE.search(before))

    # ------------------------------------------------------------ a sum and its parts

    def _money(self, figures: Sequence[_Figure]) -> None:
        """Money raised, and where it came from."""
        money = [figure for figure in figures if figure.is_money]
        for at, whole in enumerate(money):
            opener = self._parts_opener(whole, money[at + 1] if at + 1 < len(money) else None)
            if opener is None:
                continue
            parts, end = self._funds(whole, figures, opener)
            if any(_BROKEN.search(self._low, max(0, one.start - 8), one.number.start) for one in (whole, *parts)):
                continue
            self._fund_shares(whole, parts, figures)
            if len(parts) < 2:
                continue
            total = self._amount(whole)
            ranges = [self._amount(part) for part in parts]
            summed = sum(low for low, _ in ranges), sum(high for _, high in ranges)
            complete = opener.complete or "còn lại" in self._low[parts[-2].end : parts[-1].start]
            if _REST.match(self._low, end) or (opener.complete and not _STOP.match(self._low, end)):
                complete = False
            if summed[0] > total[1] or (complete and summed[1] < total[0]):
                unit = magnitude(str(whole.item.data))
                true = _plain(
                    round(sum(part.number.value * magnitude(str(part.item.data)) for part in parts) / unit, 3)
                )
                said = f"the parts make {true}, the sum is {_plain(whole.number.value)} {whole.item.data}"
                self._tell("parts", said, whole.start, parts[-1].end)

    def _amount(self, figure: _Figure) -> _Range:
        factor = magnitude(str(figure.item.data))
        low, high = _reach(self._text, figure.number)
        return low * factor, high * factor

    def _parts_opener(self, whole: _Figure, part: _Figure | None) -> _Opener | None:
        """'tổng 150 tỷ đồng, trong đó …', 'huy động 96 tỷ đồng (…', '…, gồm …'; the parts may be the next sentence."""
        if (
            part is None
            or part.place - whole.place > 1
            or not _MONEY_SUM.search(self._low, max(whole.sentence.start, whole.start - 90), whole.start)
        ):
            return None
        gap = self._between(whole, part)
        match = _PARTS_OPENER.match(gap)
        if not match or len(gap) > 140:
            return None
        word = match["word"] or match["next"] or ""
        return _Opener(whole.end + match.end(), "gồm" in word, match["bracket"] is not None)

    def _funds(self, whole: _Figure, figures: Sequence[_Figure], opener: _Opener) -> tuple[list[_Figure], int]:
        """Amounts behind the opener as long as each names a source of money, and where the last ends."""
        parts: list[_Figure] = []
        end = opener.end
        place = None
        for figure in figures:
            if figure.start < opener.end or not figure.is_money:
                continue
            label = self._low[end : figure.start]
            if "(" in label and label.count("(") > label.count(")") and not opener.bracket:
                if _NESTED.search(label):
                    continue  # '… (trong đó ngân sách tỉnh 20 tỷ đồng)' is of the part before it
            if place is not None and figure.place != place:
                break
            label = _IN_BRACKETS.sub(" ", label)
            if (
                not _FUND.search(label)
                or _NO_FUND.search(label)
                or _SENTENCE_END.search(label)
                or (opener.bracket and ")" in label)
            ):
                break
            parts.append(figure)
            place, end = figure.place, figure.end
        return parts, end

    def _fund_shares(self, whole: _Figure, parts: Sequence[_Figure], figures: Sequence[_Figure]) -> None:
        """'trong đó nhân dân đóng góp 216 tỷ đồng (chiếm 77%)'."""
        low, high = self._amount(whole)
        for part, percent in pairwise(figures):
            if (
                part not in parts
                or not percent.number.percent
                or percent.number.max is not None
                or not self._is_share(part, percent)
            ):
                continue
            least, most = self._amount(part)
            if not _meet((100 * least / high, 100 * most / low), _reach(self._text, percent.number)):
                true = _plain(round(100 * sum(self._amount(part)) / (low + high), 1))
                said = f"{_plain(part.number.value)} of {_plain(whole.number.value)} {whole.item.data} is about {true}%"
                self._tell("share", f"{said}, not {_plain(percent.number.value)}%", whole.start, percent.end)

    def _partitions(self, figures: Sequence[_Figure]) -> None:
        """Things counted and divided: '37 sản phẩm (29 sản phẩm 3 sao, 8 sản phẩm 4 sao)', '25 đơn vị, gồm 22 xã và 3 thị trấn'."""
        for at, whole in enumerate(figures[:-2]):
            if whole.item.type != "count" or not whole.whole or whole.number.total is not None:
                continue
            match = _COUNT_OPENER.match(self._between(whole, figures[at + 1]))
            if not match:
                continue
            parts: list[_Figure] = []
            for figure in figures[at + 1 :]:
                if (
                    figure.place != whole.place
                    or figure.item.type != "count"
                    or not figure.whole
                    or figure.number.total is not None
                ):
                    break
                if not (figure.item.value == whole.item.value or whole.item.value == "place"):
                    break
                if parts and not _NEXT_PART.fullmatch(self._between(parts[-1], figure)):
                    break
                parts.append(figure)
            if len(parts) < 2 or not _LAST_PART.match(self._low, parts[-1].end):
                continue
            summed = sum(part.number.value for part in parts)
            if summed != whole.number.value:
                said = f"the parts make {_plain(summed)}, the sum is {_plain(whole.number.value)}"
                self._tell("parts", said, whole.start, parts[-1].end)

    # ------------------------------------------------------------ dates

    def _dates(self, meeting: Meeting | None) -> None:
        reading = self._reader.reading
        published = reading.article.published
        posted = published is None or meeting is None or meeting.date is None or meeting.date <= published
        months: list[tuple[int, int, TimeMention]] = []
        for mention in reading.times:
            start, end = mention.period.start, mention.period.end
            if mention.kind == "date" and start is not None and start == end:
                if published is not None or not mention.anchored:
                    self._weekday(mention, start.weekday())
                if not posted and meeting is not None and start == meeting.date:
                    posted = True
                    if self._is_past(mention):
                        said = f"held on {start.isoformat()}, posted on {published}"
                        self._tell("posting", said, mention.start, mention.end)
            elif (
                mention.kind == "month" and start is not None and end is not None and (start.month, start.day) == (1, 1)
            ):
                if self._of_report(mention):
                    months.append((end.year, end.month, mention))
        for (year, month, _), (other_year, other_month, mention) in pairwise(months):
            if year == other_year and abs(month - other_month) == 1 and 6 not in (month, other_month):
                said = f"{month} months in one place, {other_month} months in the next"
                self._tell("periods", said, mention.start, mention.end)
                break

    def _weekday(self, mention: TimeMention, weekday: int) -> None:
        names = list(_WEEKDAY.finditer(self._low, mention.start, mention.end))
        if len(names) != 1:
            return
        name = names[0]
        line = self._low.rfind("\n", 0, name.start()) + 1
        if not _BEFORE_WEEKDAY.search(self._low[max(line, name.start() - 12) : name.start()]):
            return
        said = 6 if name["sunday"] else _WEEKDAYS[name["name"]]
        if said != weekday:
            day = f"{mention.period.start} is a {_DAY_NAMES[weekday]}"
            self._tell("weekday", f"{day}, not a {_DAY_NAMES[said]}", mention.start, mention.end)

    def _is_past(self, mention: TimeMention) -> bool:
        """Is the meeting told as held, not announced?"""
        sentence = next((one for one in self._reader.reading.sentences if one.start <= mention.start < one.end), None)
        return sentence is not None and not _AHEAD.search(self._low, sentence.start, sentence.end)

    def _of_report(self, mention: TimeMention) -> bool:
        """'8 tháng đầu năm' as the time that a report is of."""
        line = self._low.rfind("\n", 0, mention.start) + 1
        before = self._low[max(line, mention.start - 18) : mention.start]
        return bool(_MONTHS.match(mention.period.text.lower())) and not _NOT_OF_REPORT.search(before)


def _counted_next(figures: Sequence[_Figure], at: int) -> Iterator[_Figure]:
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
        numbered = length > 0 and _ROMAN.fullmatch(word) is not None
        if not numbered and not (word[0].isupper() and (len(word) == 1 or not word.isupper())):
            break
        length += 1
    return length


def _apart(one: str | None, other: str | None) -> bool:
    """Are two names beside each other two criteria in every set?"""
    if one is None or other is None or one == other:
        return False
    return not any(one in group and other in group for group in _JOINED)
