"""Numbers against the lists that they announce: '5 xã: A, B, C và D', 'còn 3 tiêu chí: giao thông, …'."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ntm_extract.facts.figures import IN_BRACKETS, Figure, Page, plain
from ntm_extract.match.names import UnitName

_MOST_LISTED = 60  # longer lists are tables
_MISCOUNT = 2  # who counts a list wrongly is out by this much, or by a sixth; more is a list of something else


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


class Listings:
    """Checks of numbers against the names or criteria listed behind them."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def check(self, figures: Sequence[Figure], at: int, figure: Figure) -> None:
        """Tell the page if figure ``at`` of a line announces more or fewer than are listed."""
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
        if count > many and _UNFINISHED.match(self._page.low, end):
            return  # 'A và B đạt 11/15, C đạt 12/15': the list goes on with what is said of each
        if abs(count - many) <= max(_MISCOUNT, count // 6):
            found = f"{listed.least}" if listed.least == listed.most else f"{listed.least} to {listed.most}"
            self._page.tell("list_length", f"{plain(count)} announced, {found} listed", figure.start, end)

    def _list_end(self, figures: Sequence[Figure], at: int, start: int, bracket: bool) -> int | None:
        """Where a list must end: with its bracket, at the next number of units or criteria, or with the sentence.

        None if that number goes on with the list ('A, B và 20 xã khác').
        """
        if bracket:
            close = self._page.low.find(")", start, figures[at].sentence.end)
            return close if close >= 0 else None
        for other in _counts_behind(figures, at):
            inside = self._page.low[start : other.start]
            if other.start >= start and inside.count("(") <= inside.count(")"):
                return None if _GOES_ON.search(inside) else other.start
        return figures[at].sentence.end

    def _opened(self, figure: Figure, stop: int, fits: Callable[[int], bool]) -> tuple[int, bool] | None:
        """Where the list that a number announces begins, and whether in brackets; None if it announces none."""
        for opener in _OPENER.finditer(self._page.low, figure.end, min(stop, figure.end + 120)):
            before = self._page.low[figure.end : opener.start()]
            if _NOT_ALL.search(before) or _CLAUSE.search(before):
                return None
            if fits(opener.end()):
                return opener.end(), opener[0][0] == "("
        return None

    def _pieces(self, start: int, end: int, solid: Sequence[tuple[int, int]] = ()) -> list[_Piece]:
        """Stretches between the separators of a list; brackets and ``solid`` stretches are not divided."""
        pieces: list[_Piece] = []
        depth, first, mark = 0, start, ""
        for match in _SPLIT.finditer(self._page.low, start, end):
            sign = match[0].strip()
            if sign in ("(", ")"):
                depth = max(0, depth + (1 if sign == "(" else -1))
            elif not depth and not any(left < match.end() and match.start() < right for left, right in solid):
                pieces.append(_Piece(first, match.start(), mark))
                first, mark = match.end(), sign
        pieces.append(_Piece(first, end, mark))
        return [piece for piece in pieces if self._page.low[piece.start : piece.end].strip(" .")]

    # ............................................................ of names

    def _names_listed(self, figures: Sequence[Figure], at: int, figure: Figure) -> _Listed | None:
        """How many names follow a number of units."""
        if figure.item.type == "unit":
            opened = self._page.reader.reading.tokens.starts[figure.item.data[0].name_first], False
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
        cue = _KIND.match(self._page.text, offset)
        first = cue.end() if cue else offset
        return self._page.text[first : first + 1].isupper()

    def _units_in(self, start: int, end: int) -> list[UnitName]:
        starts = self._page.reader.reading.tokens.starts
        return [unit for unit in self._page.reader.reading.names.units if start <= starts[unit.name_first] < end]

    def _count_names(self, figure: Figure, start: int, end: int) -> _Listed | None:
        """The fewest and the most names that a stretch lists; None if the list is open or of something else."""
        if _OPEN_END.search(self._page.low, start, end):
            return None
        starts, rank = self._page.reader.reading.tokens.starts, _RANK[figure.item.value]
        known = {starts[unit.name_first]: unit for unit in self._units_in(start, end)}
        others = {item.start for item in figure.sentence.items if item.type in ("organ", "person", "act")}
        least = most = least_end = most_end = 0
        ended = joined = kinds = False
        for number, piece in enumerate(self._pieces(start, end)):
            cue = _KIND.match(self._page.text, piece.start, piece.end)
            if cue and cue["village"] and cue["village"][0].isupper():
                cue = None  # 'Bản Chu', 'Làng Dọc': part of the name
            first = cue.end() if cue else piece.start
            words = IN_BRACKETS.sub(" ", self._page.text[first : piece.end]).split()
            length = 0 if first in others else _name_length(words)
            if not length:
                if ended:
                    break
                if number == 0 or _OTHERS.search(self._page.low, piece.start, piece.end):
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
            most_end = _behind_words(self._page.text, first, length) if rest else piece.end
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

    def _criteria_listed(self, figures: Sequence[Figure], at: int, figure: Figure) -> _Listed | None:
        """How many criteria follow a number of them that are missing or new."""
        lacking = bool(_LACK_BEFORE.search(self._page.before(figure, 24)))
        items = figure.sentence.items
        if figure.at + 1 < len(items) and items[figure.at + 1].type == "criterion":
            opened = items[figure.at + 1].start, False
        else:
            stop = next((other.start for other in _counts_behind(figures, at)), figure.sentence.end)
            found = self._opened(figure, stop, lambda offset: self._criterion(offset) is not None)
            if found is None:
                return None
            opened = found
            lacking = lacking or bool(_LACK.search(self._page.low, figure.end, opened[0]))
        end = self._list_end(figures, at, *opened) if lacking else None
        if end is None:
            return None
        start, clause = opened[0], self._page.low.find(";", opened[0], end)
        end = clause if clause > 0 else end
        if _OPEN_END.search(self._page.low, start, end):
            return None
        pieces = self._pieces(start, end, self._criterion_spans(start, end))
        named = [self._criterion(piece.start) for piece in pieces]
        if sum(name is not None for name in named) * 2 <= len(pieces):
            return None
        least, least_end = 1, pieces[0].end
        for (one, other), piece in zip(pairwise(named), pieces[1:], strict=True):
            closing = piece.mark not in (",", "-", "–")
            said = bool(_PREDICATE.search(self._page.low, piece.start, piece.end))
            if said and not closing:
                break
            least_end = piece.end
            least += piece.mark in (",", "và") and _apart(one, other)
            if said or (closing and one and other):
                break
        return _Listed(least, max(least, len(pieces)), least_end, pieces[-1].end)

    def _criterion_spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """Names of criteria, the longest from the left: 'thủy lợi và phòng, chống thiên tai' is one."""
        reading = self._page.reader.reading
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
        reading = self._page.reader.reading
        lead = _CRITERION_LEAD.match(self._page.low, offset)
        first = reading.tokens.first_from(lead.end() if lead else offset)
        hits = [hit for hit in reading.vocabulary.get(first, ()) if hit[1] == "criterion"]
        return max(hits)[2] if hits else None


def _counts_behind(figures: Sequence[Figure], at: int) -> Iterator[Figure]:
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
