"""Results: work done, counted; what was raised, earned or reached."""

from __future__ import annotations

import re
from collections.abc import Collection

from ntm_extract.facts.frame import ADMINISTRATIVE, AHEAD, Frame, Mode, Reader, ahead_of, clause_bounds, mode_of
from ntm_extract.facts.light import Light
from ntm_extract.facts.resolve import Resolver
from ntm_extract.match.reader import Hit, Item, Sentence, SentenceReader
from ntm_extract.model import Result
from ntm_extract.orthography import fold_text

_WHAT = re.compile(r"\s*(?P<what>[^\W\d_]+(?:\s+[^\W\d_]+){0,4})")
# Nouns behind a number that is a time, a rank, a part of a text or a prize: nothing that was made.
_NOT_MADE = frozenset(
    fold_text(word)
    for word in (
        "năm", "tháng", "ngày", "giờ", "phút", "tuần", "quý", "lần", "tuổi", "nhiệm", "giai", "đợt", "phần", "bước",
        "nội", "nhóm", "giải", "chương", "ý", "đồng", "đại", "tác", "cấp", "sao", "chặng", "sạch", "huy", "cúp",
        "giấy", "bằng", "không", "là", "và", "của", "trong", "trên", "theo", "đến", "với", "cho", "đội", "đối", "trận",
        "bàn", "cờ", "bên", "mục", "khâu", "tiêu", "chỉ", "vấn", "phương", "trung", "đoàn", "đạt", "mũi", "bài", "gia",
        "lĩnh", "yêu",
    )
)  # fmt: skip
_JOINS = {",", "(", ";"} | {fold_text(word) for word in ("và", "cùng", "gồm", "với", "dài", "hoặc", "đó")}
_STOPS = ("mood", "negation", "person", "speech", "time", "reach")
_ONE = 1
_ADDED = {fold_text(word) for word in ("thêm", "được", "mới", "lập", "mắt", "dựng", "xây", "có", "đạt")}
_REACH_OF_LIST = 12  # items between two members of one list
_OPENS = fold_text("sau")
_SUPPOSED = re.compile(
    r"\W*(?:ví dụ|giả sử|chẳng hạn|thí dụ|theo (?:đồ án|dự thảo|phương án|quy hoạch|đề án|dự toán))\b", re.I
)
_VOTES = {fold_text(word) for word in ("phiếu", "người", "hộ", "điểm")}
_HAVING = {fold_text(word) for word in ("có", "đã", "được", "số")}
_CARRIED = {"goal", "plan", "pledge", "agenda", "demand", "ask", "request", "will", "past", "current"}
_TASK = re.compile(r"tiếp tục|tập trung|đẩy mạnh|tăng cường|phấn đấu", re.I)
_POINTS = re.compile(r"điểm(?:\s+(?:xếp|trở)\b|$)")  # of a scale
_HONOURED = re.compile(r"(?:cá nhân|tập thể|lượt (?:xem|đọc)|đảng viên|bình luận|loại)\b")


class ResultReader:
    """Reads the counted work of sentences that look back."""

    def __init__(self, reader: Reader, sentences: SentenceReader) -> None:
        self._reader = reader
        self._sentences = sentences
        self._resolver = Resolver(reader)
        self._light = Light(reader)
        self.results: list[Result] = []

    def read(self, sentence: Sentence, claimed: Collection[int]) -> None:
        """Results of one sentence; items that a target or a count stands on are left out."""
        hits = list(self._sentences.hits(sentence, "results"))
        if not hits or _SUPPOSED.match(self._reader.text, sentence.start):
            return
        used = {at for at in claimed if not self._free(sentence, at)}
        found: dict[int, str] = {}  # item -> rule
        leading: list[int] = []
        for hit in hits:
            at = hit.slots["quantity"]
            if at in used or hit.rule.set.get("after"):
                continue
            if hit.rule.fact == "none":
                used.add(at)
            elif self._may(sentence, hit):
                used.add(at)
                found[at] = hit.rule.id
                if hit.rule.set.get("leads"):
                    leading.append(at)
        self._extend(sentence, found, leading, used)
        for hit in hits:
            at = hit.slots["quantity"]
            if hit.rule.set.get("after") and at not in used and any(other < at for other in found):
                found.setdefault(at, hit.rule.id)
        floor = 0
        for at in sorted(found):
            if self._done(sentence, at, floor):
                self.results.append(self._result(sentence, at, sentence.items[at], found[at]))
                floor = floor or at + 1

    # ------------------------------------------------------------ which numbers

    def _free(self, sentence: Sentence, at: int) -> bool:
        """Households bear no standard: '34 hộ nghèo, chiếm 1,9%', '1.062/1.071 phiếu' may be results all the same."""
        items = sentence.items
        item = items[at]
        if item.type == "number" and item.value == "fraction":
            return self._counts(sentence, at) and at + 1 < len(items) and items[at + 1].value in _VOTES
        if item.type == "number" and item.value == "percent":
            return any(one.type == "count" and one.value == "household" for one in items[max(0, at - 6) : at])
        return item.type == "count" and item.value == "household"

    def _may(self, sentence: Sentence, hit: Hit) -> bool:
        """Does what the rule asks for besides its words hold?"""
        at = hit.slots["quantity"]
        number = sentence.items[at].number
        if number is None:
            return False
        if hit.rule.set.get("share") and not (number.percent or number.total is not None):
            return False
        return bool(hit.rule.set.get("bare")) or self._counts(sentence, at)

    def _counts(self, sentence: Sentence, at: int) -> bool:
        """Is it a number of things, not an article ('một tuyến đường'), a year, a turn?"""
        item = sentence.items[at]
        number = item.number
        if number is None or number.floor or item.type not in ("quantity", "count", "number"):
            return False  # 'ít nhất 2': an aim
        if number.words and number.value == _ONE and not (at and sentence.items[at - 1].value in _ADDED):
            return False
        if item.type != "number" or number.percent:
            return True
        behind = _WHAT.match(self._reader.text, number.unit_start)
        if behind is None or not behind["what"][0].islower():
            return False
        if (number.total is None and _POINTS.match(behind["what"])) or _HONOURED.match(behind["what"]):
            return False
        return fold_text(behind["what"].split()[0]) not in _NOT_MADE

    def _extend(self, sentence: Sentence, found: dict[int, str], leading: list[int], used: Collection[int]) -> None:
        """Members of a list one of which a rule found: 'làm 13 km đường, 5 cầu', '27 trạm, 64 trường được xây'."""
        items = sentence.items
        open_ = [at for at in range(len(items)) if at not in used and self._listed(sentence, at)]
        known = dict.fromkeys(self._things(sentence, used), "results.count.work") | found
        for at in open_:
            before = max((other for other in known if other < at), default=None)
            if before is None:
                continue
            if before == at - 1 and items[at].type == items[before].type == "quantity":
                known[at] = known[before]  # '2 tỷ 285 triệu đồng': of the one before
            elif self._joined(sentence, before, at):
                found[at] = known[at] = known[before]
        for at in reversed(open_):
            behind = min((other for other in leading if other > at), default=None)
            if at not in known and behind is not None and self._joined(sentence, at, behind):
                found[at] = found[behind]
                leading.append(at)

    def _listed(self, sentence: Sentence, at: int) -> bool:
        item = sentence.items[at]
        return not (item.type == "count" and item.value in (*ADMINISTRATIVE, "place")) and self._counts(sentence, at)

    @staticmethod
    def _things(sentence: Sentence, used: Collection[int]) -> list[int]:
        """Counted things that a claim stands on: '46 sản phẩm 3 sao; 24 HTX'."""
        items = sentence.items
        return [at for at in used if items[at].type == "count" and items[at].value not in (*ADMINISTRATIVE, "place")]

    @staticmethod
    def _joined(sentence: Sentence, first: int, last: int) -> bool:
        """Only names of things and one mark or 'và' between them."""
        between = sentence.items[first + 1 : last]
        if not between or len(between) > _REACH_OF_LIST:
            return False
        if any(item.type in _STOPS or item.number is not None for item in between):
            return False
        marks = [index for index, item in enumerate(between) if item.value in _JOINS]
        if any(between[index].value == ";" for index in marks) and between[-1].value != ";":
            return False
        return bool(marks) and len(between) - marks[-1] <= 3

    # ------------------------------------------------------------ in which light

    def _done(self, sentence: Sentence, at: int, floor: int) -> bool:
        """Was it done, by the moods before it?"""
        light = self._light.said(
            sentence, at, self._past_moods(sentence, at, floor), self._carried(sentence, at), Frame(), purpose=False
        )
        if light in (*AHEAD, "hypothetical", "negated") or (light == "none" and self._is_task(sentence, at)):
            return False
        return light != "none" or not ahead_of(self._resolver.time(sentence, at, at + 1), self._reader.day)

    def _past_moods(self, sentence: Sentence, at: int, floor: int) -> int:
        """Behind moods that are no aim: 'Sau 5 năm phấn đấu, …', 'góp 2 tỷ đồng để làm', 'ước tính', 'giúp 60 hộ'."""
        items, text = sentence.items, self._reader.text
        start = 0
        if items[0].value == _OPENS:
            start = next((index + 1 for index, item in enumerate(items[:10]) if item.value == ","), 0)
        for index in range(start, at):
            item = items[index]
            if item.type != "mood":
                continue
            words = text[item.start : item.end].lower()
            if (
                (item.value == "purpose" and (0 < floor <= index or (words == "giúp" and index == at - 1)))
                or (item.value == "plan" and words == "ước")
                or (item.value == "likely" and items[index + 1].type == "criterion")  # 'có khả năng lao động'
                or (item.value == "pledge" and index and items[index - 1].value in _HAVING)
            ) and self._light.said(sentence, index, start, "none", Frame()) not in AHEAD:
                start = index + 1
        return start

    def _is_task(self, sentence: Sentence, at: int) -> bool:
        """'Tiếp tục …, thành lập thêm 1 hợp tác xã': a clause that opens with a task."""
        left, _ = clause_bounds(sentence, at)
        first = sentence.items[left]
        return first.type == "act" and first.value == "work" and bool(_TASK.match(self._reader.text, first.start))

    @staticmethod
    def _carried(sentence: Sentence, at: int) -> Mode:
        """'Đến 2030 phấn đấu …; mỗi năm giảm …': an aim holds on over semicolons until the past is spoken of."""
        light: Mode = "none"
        pending: Mode = "none"
        items = sentence.items
        for index, item in enumerate(items[:at]):
            if item.value == ";":
                light = pending
            elif item.value == "agenda" and index and items[index - 1].value not in (",", ":"):
                continue  # 'đạt 105% kế hoạch', '(kế hoạch 5 km)'
            elif item.type in ("mood", "act") and item.value in _CARRIED:
                pending = mode_of(item) or pending
        return light if light in AHEAD else "none"

    def _result(self, sentence: Sentence, at: int, item: Item, rule: str) -> Result:
        number = item.number
        assert number is not None
        text = self._reader.text
        unit = item.data if isinstance(item.data, str) else None
        if item.type in ("count", "number"):
            behind = _WHAT.match(text, number.unit_start)
            what = behind["what"] if behind else text[item.start : item.end]
            unit = "%" if number.percent else what.split()[0] if behind else None
        else:
            behind = _WHAT.match(text, item.end)
            what = behind["what"] if behind and "\n" not in behind.group() else (unit or "")
        time = self._resolver.time(sentence, at, at + 1)
        return Result(
            what=what,
            value=number.value,
            unit=unit,
            qualifier=number.qualifier,
            period=time.period if time else None,
            evidence=self._reader.clause_evidence(sentence, at, at + 1, rule),
        )
