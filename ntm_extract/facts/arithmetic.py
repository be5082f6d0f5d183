"""Numbers against numbers: shares, remainders, groups and their total, averages, sums and their parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from ntm_extract.facts.figures import IN_BRACKETS, Figure, Page, Range, meet, plain, reach
from ntm_extract.values import magnitude

_AIMS = frozenset({"goal", "plan", "pledge", "purpose", "hypothetical"})
# How many criteria a set may have: what a sum of criteria is divided by to give the number of communes.
_SET_SIZES = range(10, 21)
_NEARLY = 0.8  # parts that make less of the sum are not meant to be all of it


@dataclass(frozen=True, slots=True)
class _Group:
    """'12 xã đạt 17-18 tiêu chí': how many communes, and the least and most criteria that they have."""

    communes: Figure
    criteria: Range
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

# ------------------------------------------------------------------ words: what is left

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


class Arithmetic:
    """Checks of the figures of one line against each other."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def check(self, figures: Sequence[Figure]) -> None:
        """Tell the page what does not add up among figures in the order of the text."""
        self._shares(figures)
        self._remainders(figures)
        self._groups(figures)
        self._averages(figures)
        self._money(figures)
        self._divided(figures)

    # ------------------------------------------------------------ N/M and its percentage

    def _shares(self, figures: Sequence[Figure]) -> None:
        for at, (part, percent) in enumerate(pairwise(figures)):
            if not self._is_share(part, percent):
                continue
            first, total = part, part.number.total
            if total is None and at and _ON_WHOLE.fullmatch(self._page.between(figures[at - 1], part)):
                first, total = figures[at - 1], part.number.value  # '13 trên tổng số 19 xã'
            value = first.number.value
            if not total or value > total or not first.exact or not part.exact or first.number.percent:
                continue
            low, high = (value, value) if first.whole else reach(self._page.text, first.number)
            share, stated = (100 * low / total, 100 * high / total), reach(self._page.text, percent.number)
            if not meet(share, stated) and not meet((100 - share[1], 100 - share[0]), stated):
                true, said = plain(100 * value / total, 2), plain(percent.number.value)
                self._page.tell(
                    "share", f"{plain(value)} of {plain(total)} is {true}%, not {said}%", first.start, percent.end
                )

    def _is_share(self, part: Figure, percent: Figure) -> bool:
        """Does a percentage say how much of the whole the part is?"""
        number = percent.number
        if not number.percent or number.max is not None or number.value > 100:
            return False
        if part.number.percent or part.place != percent.place:
            return False
        gap = self._page.low[part.end : number.start]
        if not _SHARE_GAP.fullmatch(gap) or not _SHARE_WORD.search(gap) or _OTHER_BASE.search(gap):
            return False
        return bool(_SHARE_END.match(self._page.low, number.end)) and not _OF_PLAN.match(self._page.low, number.end)

    # ------------------------------------------------------------ M - N and what is left

    def _remainders(self, figures: Sequence[Figure]) -> None:
        reached: dict[str, Figure | None] = {}
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
                said = f"{plain(had)} of {plain(of)} leaves {plain(of - had)}, not {plain(left)}"
                self._page.tell("remainder", said, before.start, figure.end)

    @staticmethod
    def _named_between(one: Figure, other: Figure) -> bool:
        return any(item.type == "unit" for item in one.sentence.items[one.at + 1 : other.at])

    def _is_left(self, reached: Figure, figure: Figure) -> bool:
        """Is the later number what the earlier one leaves?"""
        if figure.place - reached.place > 1:
            return False
        still = "còn lại" in self._page.low[figure.start : figure.end] or _STILL.match(self._page.low, figure.end)
        if figure.units:
            return bool(still) and not _OF_OTHERS.match(self._page.low, figure.end)
        left = _LEFT_BEFORE.search(self._page.before(figure, 12)) and _LEFT_BEHIND.match(self._page.low, figure.end)
        return bool(still or left)

    def _same_subject(self, one: Figure, other: Figure) -> bool:
        """Is nothing between two numbers that could give the second another subject, time, standard or light?"""
        if "cơ bản" in self._page.between(one, other):
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

    def _groups(self, figures: Sequence[Figure]) -> None:
        groups = list(self._iter_groups(figures))
        if len(groups) < 2 or any(meet(one.criteria, other.criteria) for one, other in combinations(groups, 2)):
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
            if below and _MET_GROUP.fullmatch(self._page.between(whole, first)):
                numbers.insert(0, whole.number.value)  # '55/85 xã hoàn thành, 5 xã đạt 15-18 tiêu chí, …'
        said = f"{' + '.join(map(plain, numbers))} = {plain(sum(numbers))}"
        if sum(numbers) > total:
            self._page.tell("bands", f"{said}, more than the total of {plain(total)}", whole.start, groups[-1].end)
        elif sum(numbers) < total and len(totals) == 1 and self._all_told(figures, whole, groups):
            self._page.tell("bands", f"{said}, the total is {plain(total)}", whole.start, groups[-1].end)

    def _iter_groups(self, figures: Sequence[Figure]) -> Iterator[_Group]:
        for communes, criteria in pairwise(figures):
            if not communes.communes or not communes.whole or communes.number.total is not None:
                continue
            if not (criteria.item.type == "criteria" and criteria.item.value.startswith("criterion")):
                continue
            gap = self._page.between(communes, criteria)
            if communes.place != criteria.place or len(gap) > 70 or _NOT_GROUP.search(gap):
                continue
            if _CHANGE.search(self._page.before(communes, 16)):
                continue
            number = criteria.number
            low, high = number.value, number.max if number.max is not None else number.value
            if number.ceiling or "dưới" in gap:
                low, high = 0, number.value - 1
            elif number.floor or self._page.low.startswith(" trở lên", criteria.end):
                high = 99
            yield _Group(communes, (low, high), criteria.end)

    def _total(self, figure: Figure) -> tuple[float, Figure] | None:
        """The number of all communes: 'trong tổng số 33 xã', 'toàn huyện có 30 xã', '31/42 xã'."""
        if not figure.communes or not figure.exact:
            return None
        if figure.number.total is not None:
            return figure.number.total, figure
        before = self._page.before(figure, 40)
        own = _HAS_ALL.search(before) and _ALL_BEHIND.match(self._page.low, figure.end)
        return (figure.number.value, figure) if own or _OF_ALL.search(before) else None

    def _mixed(self, figures: Sequence[Figure], first: Figure, last: _Group) -> bool:
        """Do groups speak of more than one time or standard?"""
        if _OTHER_SET.search(self._page.low, first.start, last.end + 20):
            return True
        end = last.communes.start
        sentences = {figure.place: figure.sentence for figure in figures if first.start <= figure.start <= end}
        return any(
            item.type == "time" and first.start < item.start < end
            for sentence in sentences.values()
            for item in sentence.items
        )

    def _all_told(self, figures: Sequence[Figure], whole: Figure, groups: Sequence[_Group]) -> bool:
        """Do the groups claim to be all: is the last 'còn lại', and every number since the total one of them?"""
        last = groups[-1].communes
        if "còn lại" not in self._page.low[last.start : groups[-1].end] or whole.number.total is not None:
            return False
        since = figures[figures.index(whole) + 1 : figures.index(last)]
        if sum(figure.units for figure in since) >= len(groups):
            return False
        return not any(
            item.type == "unit" and item.number is None and self._page.low[item.start - 1] != "("
            for sentence in {figure.place: figure.sentence for figure in (whole, *since, last)}.values()
            for item in sentence.items
            if whole.end < item.start < last.start
        )

    # ------------------------------------------------------------ an average and its sum

    def _averages(self, figures: Sequence[Figure]) -> None:
        summed: Figure | None = None
        for figure in figures:
            if figure.item.type not in ("criteria", "number") or figure.number.percent:
                continue
            if self._is_sum(figure):
                summed = figure
            elif summed is not None and figure.place - summed.place <= 1 and self._is_average(figure):
                self._average(figures, summed, figure)
                summed = None

    def _average(self, figures: Sequence[Figure], summed: Figure, average: Figure) -> None:
        value, size = summed.number.value, summed.number.total
        low, high = reach(self._page.text, average.number)
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
            said = f"{plain(value)} criteria of {plain(count)} communes are {plain(value / count, 2)} each"
            self._page.tell("average", f"{said}, not {plain(average.number.value)}", start, average.end)

    def _is_sum(self, figure: Figure) -> bool:
        """The criteria of all communes together: '392/437 tiêu chí', 'tổng số tiêu chí … là 275'."""
        number = figure.number
        if not figure.whole or number.value < 30:
            return False
        if number.total is not None:
            return figure.item.value == "criterion_of" and number.total > 60
        before = self._page.before(figure, 120)
        if figure.item.type != "criteria" and "tiêu chí" not in before:
            return False
        return bool(_SUMMED.search(before)) and not _CHANGE.search(before)

    def _is_average(self, figure: Figure) -> bool:
        before = self._page.before(figure, 45)
        if not figure.exact or figure.number.total is not None or figure.number.value > 20 or _CHANGE.search(before):
            return False
        if figure.item.type == "number" and "tiêu chí" not in before:
            return False
        return figure.item.value == "criterion_per" or bool(_AVERAGE.search(before))

    # ------------------------------------------------------------ a sum and its parts

    def _money(self, figures: Sequence[Figure]) -> None:
        """Money raised, and where it came from."""
        for whole, part in pairwise([figure for figure in figures if figure.money]):
            opener = self._parts_opener(whole, part)
            if opener is None:
                continue
            parts = self._funds(figures, opener)
            if any(_BROKEN.search(self._page.low, max(0, one.start - 8), one.number.start) for one in (whole, *parts)):
                continue
            if self._amount(whole)[0] > 0:
                self._fund_shares(whole, parts, figures)
            if len(parts) > 1:
                self._fund_sum(whole, parts, opener)

    def _parts_opener(self, whole: Figure, part: Figure) -> _Opener | None:
        """'tổng 150 tỷ đồng, trong đó …', '… (', '…, gồm …', '…. Trong đó, …'."""
        if part.place - whole.place > 1 or not _RAISED.search(self._page.before(whole, 90)):
            return None
        gap = self._page.between(whole, part)
        match = _PARTS_OPENER.match(gap) if len(gap) < 140 else None
        if match is None:
            return None
        return _Opener(whole.end + match.end(), "gồm" in (match["word"] or ""), match["bracket"] is not None)

    def _funds(self, figures: Sequence[Figure], opener: _Opener) -> list[Figure]:
        """Amounts behind the opener as long as each names a source of money."""
        parts: list[Figure] = []
        end = opener.end
        for figure in figures:
            if figure.start < opener.end or not figure.money:
                continue
            label = self._page.low[end : figure.start]
            if not opener.bracket and label.count("(") > label.count(")"):
                continue  # '… (trong đó ngân sách tỉnh 20 tỷ đồng)' is of the part before it
            label = IN_BRACKETS.sub(" ", label)
            if (parts and figure.place != parts[0].place) or (opener.bracket and ")" in label):
                break
            if not _FUND.search(label) or _NO_FUND.search(label):
                break
            parts.append(figure)
            end = figure.end
        return parts

    def _fund_sum(self, whole: Figure, parts: Sequence[Figure], opener: _Opener) -> None:
        total, ranges = self._amount(whole), [self._amount(part) for part in parts]
        complete = opener.complete and bool(_STOP.match(self._page.low, parts[-1].end))
        complete = complete or "còn lại" in self._page.between(parts[-2], parts[-1])
        if _REST.match(self._page.low, parts[-1].end):
            complete = False
        low, high = sum(low for low, _ in ranges), sum(high for _, high in ranges)
        if not (total[1] < low <= 2 * total[1] or (complete and _NEARLY * total[0] <= high < total[0])):
            return
        made = sum(part.number.value * magnitude(str(part.item.data)) for part in parts)
        said = f"the parts make {plain(made / magnitude(str(whole.item.data)))}, the sum is {plain(whole.number.value)}"
        self._page.tell("parts", f"{said} {whole.item.data}", whole.start, parts[-1].end)

    def _fund_shares(self, whole: Figure, parts: Sequence[Figure], figures: Sequence[Figure]) -> None:
        """'trong đó nhân dân đóng góp 216 tỷ đồng (chiếm 77%)'."""
        low, high = self._amount(whole)
        for part, percent in pairwise(figures):
            if part not in parts or not self._is_share(part, percent):
                continue
            least, most = self._amount(part)
            if meet((100 * least / high, 100 * most / low), reach(self._page.text, percent.number)):
                continue
            value, total = (one.number.value * magnitude(str(one.item.data)) for one in (part, whole))
            said = f"{plain(part.number.value)} of {plain(whole.number.value)} {whole.item.data}"
            true = f"{plain(100 * value / total, 1)}%, not {plain(percent.number.value)}%"
            self._page.tell("share", f"{said} is {true}", whole.start, percent.end)

    def _amount(self, figure: Figure) -> Range:
        factor = magnitude(str(figure.item.data))
        low, high = reach(self._page.text, figure.number)
        return low * factor, high * factor

    def _divided(self, figures: Sequence[Figure]) -> None:
        """Things counted and divided: '37 sản phẩm (29 sản phẩm 3 sao, 8 sản phẩm 4 sao)', '25 đơn vị, gồm 22 xã …'."""
        for at, whole in enumerate(figures[:-2]):
            if whole.item.type != "count" or not whole.whole or whole.number.total is not None:
                continue
            if not _DIVIDED.fullmatch(self._page.between(whole, figures[at + 1])):
                continue
            parts = list(self._iter_parts(whole, figures[at + 1 :]))
            last = _LAST_PART.match(self._page.low, parts[-1].end) if len(parts) > 1 else None
            if last is None:
                continue
            made = sum(part.number.value for part in parts)
            if made != whole.number.value and _NEARLY * whole.number.value <= made <= whole.number.value / _NEARLY:
                said = f"the parts make {plain(made)}, the sum is {plain(whole.number.value)}"
                self._page.tell("parts", said, whole.start, last.end())

    def _iter_parts(self, whole: Figure, figures: Sequence[Figure]) -> Iterator[Figure]:
        before: Figure | None = None
        for figure in figures:
            if figure.place != whole.place or figure.item.type != "count" or not figure.whole:
                return
            if figure.number.total is not None or whole.item.value not in (figure.item.value, "place"):
                return
            if before is not None and not _NEXT_PART.fullmatch(_STARS.sub(" ", self._page.between(before, figure))):
                return
            yield figure
            before = figure
