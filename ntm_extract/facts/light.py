"""In which light a claim stands: reached, aimed at, planned, ordered, denied or supposed."""

from __future__ import annotations

import re

from ntm_extract.facts.claim import Spot
from ntm_extract.facts.frame import (
    AHEAD,
    Frame,
    Mode,
    Reader,
    ahead_of,
    clause_bounds,
    is_deadline,
    is_now,
    mode_of,
    opening_aim,
)
from ntm_extract.facts.outlook import is_told
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Period
from ntm_extract.orthography import fold_text, fold_word
from ntm_extract.values import TimeMention

_SHARE_IN = fold_word("góp")
_WITH = fold_word("với")
_HAS = fold_word("có")  # 'có kế hoạch đạt chuẩn'
_THEN = fold_word("thì")
_BUT = frozenset(map(fold_word, ("song", "nhưng")))  # '… phải lùi lại, song thu nhập vẫn đạt …'
_UP_TO = fold_word("lên")
_BEGINS = {fold_word(word) for word in ("bước", "bắt", "mới")}
THERE_IS = {fold_text(word) for word in ("có", "còn", "chỉ", "thêm", "và", "đó")}
# Ends of the compounds of the vocabulary that say who was set what: 'tỉnh giao huyện có 3 xã', 'được huyện giao chỉ
# tiêu'; not of 'bàn giao', 'chuyển giao'.
_ASSIGNED = tuple(
    f"{fold_word(word)}_{fold_word('giao')}"
    for word in ("tỉnh", "huyện", "được", "tiêu", "hoạch", "phủ", "hội", "trên")
)
_PART_OF = {fold_word(word) for word in ("có", "nằm", "trong", "thuộc", "vào", "được", "đưa", "diện")}
_SETS_ABOUT = re.compile(r"tập trung", re.I)
_FROM_NOW = re.compile(r"từ nay\b", re.I)
_ESTIMATED = re.compile(r"ước\b", re.I)
_FOR_INSTANCE = re.compile(r"\W*(?:ví dụ|thí dụ|chẳng hạn)\b")
_RULED = re.compile(r"\bđược quy định (?:tại|ở|trong)\b")
OR_MORE = re.compile(r"[^.;,]{0,40}\btrở lên\b")
_ONLY_SO_FAR = re.compile(r"mới\b", re.I)
_CEREMONY = re.compile(r"\blễ\s+(?:công bố|đón|trao)", re.I)
_BESIDE_CORE = 2  # items between an effort and what it is for
_DATED_WITHIN = 8
_WORK_WITHIN = 8  # items between 'tập trung' and what it is for


class Light:
    """Says in which light claims stand, by their words and by their time.

    ``core`` is the index of the item that a claim stands on, ``floor`` the index behind the claim before it in the
    same sentence.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    # ------------------------------------------------------------ of a claim

    def first(self, spot: Spot, frame: Frame) -> Mode:
        """The light of a claim by the words around it, before its time is known."""
        sentence, slots, rule = spot.sentence, spot.hit.slots, spot.hit.rule
        # A number of criteria is read as reached unless its own sentence says otherwise. What was awarded is no plan
        # because the sentence before was; under a heading of aims both are.
        more = "criteria" in slots and OR_MORE.match(self._reader.text, sentence.items[slots["criteria"]].end)
        if (rule.fact == "count" and not more) or "award" in slots:
            frame = Frame(mode=frame.section)
        inherited = (
            spot.before.mode if spot.before is not None and not (spot.apart or self._is_next_state(spot)) else "none"
        )
        mode = self.said(sentence, spot.verb, spot.floor, inherited, frame, purpose=rule.fact != "quantity")
        mode = rule.set.get("light", mode)
        if rule.fact == "count" and _ONLY_SO_FAR.match(self._reader.text, sentence.items[spot.hit.first].start):
            mode = "reached"  # 'hai xã trong kế hoạch năm nay mới đạt lần lượt 16 và 15 tiêu chí'
        if rule.fact == "quantity" and mode == "plan" and self._is_estimated(sentence, spot.core):
            mode = "reached"  # 'thu nhập ước năm 2021 đạt 37,2 triệu đồng': what the year comes to, not an aim
        return mode

    def settled(
        self,
        spot: Spot,
        mode: Mode,
        *,
        mention: TimeMention | None,
        time: Period | None,
        subject_index: int | None,
        frame: Frame,
    ) -> Mode:
        """The light of a claim in view of its time, the one it names and the one it inherits, and of whose it is."""
        sentence, slots, day = spot.sentence, spot.hit.slots, self._reader.day
        says_itself = self.says_itself(sentence, spot.core, spot.floor)
        told, ahead = is_told(sentence, spot.core), ahead_of(mention, day) or self._is_planned(mention)
        past = time is not None and time.end is not None and day is not None and time.end < day
        if mode in AHEAD and not (says_itself or ahead) and self._is_part(spot):
            # 'phấn đấu …; hiện huyện đạt 7/9 tiêu chí': a part of the set is not an aim
            planned = frame.section in AHEAD and mention is not None and self._lies_ahead(mention.period)
            if not planned and (told or not self._is_next_figure(spot)):
                mode = "reached"
        if mode == "none" and spot.hit.rule.set.get("mood") != "required":
            done = any(item.type == "quantity" for item in sentence.items[: spot.core])  # a list of work done
            mode = "plan" if "build" in slots and not done else "goal" if ahead else "reached"
        if past and mode == "hypothetical" and any(item.value == "when" for item in sentence.items[: spot.core]):
            mode = "reached"  # 'Khi bắt đầu năm 2011, bình quân mỗi xã đạt 4,5 tiêu chí'
        if mode == "reached" and self._is_to_come(mention, told=told):
            mode = "goal"  # 'Đại hội đã thông qua: đến năm 2025 có 15 xã đạt chuẩn', said in 2021
        after_aim = spot.before is not None and spot.before.mode in AHEAD
        if mode in AHEAD and not (after_aim or says_itself or ahead) and self._is_state(sentence, subject_index):
            mode = "reached"  # '… phấn đấu thêm 2 xã. Toàn huyện có 16/19 xã đạt chuẩn'
        if mode in AHEAD and "award" in slots and self._is_handed_over(sentence, slots["award"]):
            mode = "reached"  # 'huyện sẽ tổ chức lễ công bố quyết định công nhận': it is recognised by then
        if past and (mode == "directive" or (mode in AHEAD and not says_itself)):
            # 'đề nghị huyện thưởng 2 thôn đạt chuẩn năm 2021', 'phấn đấu … Đến tháng 9 xã A có thêm 2 tiêu chí'
            mode = "reached"
        return mode

    def _is_planned(self, mention: TimeMention | None) -> bool:
        """'Năm 2018 có 9 xã hoàn thành', in an article of unknown date on the plan of 2017 to 2020?"""
        plan = self._reader.plan
        if self._reader.day is not None or plan is None or mention is None or mention.kind != "year":
            return False
        if plan.start is None or plan.end is None or mention.period.end is None:
            return False
        return plan.start <= mention.period.end <= plan.end

    @staticmethod
    def _is_part(spot: Spot) -> bool:
        """Is a part of the set told, '16/19 tiêu chí'? 'nâng tổng số tiêu chí đạt lên 16/19' is an aim."""
        items, slots = spot.sentence.items, spot.hit.slots
        number = items[slots["criteria"]].number if "criteria" in slots else None
        if number is None or number.total is None or number.value >= number.total:
            return False
        return items[spot.core - 1].value != _UP_TO

    def _is_next_figure(self, spot: Spot) -> bool:
        """Does it go on a list of what is aimed at: 'phấn đấu có 100% số xã …; có 24% (10/41 xã) …'?"""
        before = spot.before
        if before is None or before.mode not in AHEAD or before.time is None:
            return False
        if self._reader.day is not None and not self._lies_ahead(before.time):
            return False
        # 'phấn đấu đến năm 2025, xã A, B đạt chuẩn; xã C đạt 16/19 tiêu chí': mood and year stand before them all.
        return before.hit.rule.fact == "quantity" or self._heads_all(spot)

    @staticmethod
    def _is_next_state(spot: Spot) -> bool:
        """'xã A đang hoàn thiện hồ sơ để về đích trong năm; xã B đạt 12 tiêu chí': how B stands, no aim of B's."""
        before, items = spot.before, spot.sentence.items
        if before is None or before.mode not in AHEAD or spot.hit.rule.fact != "count":
            return False
        semicolon = next((at for at in range(spot.core, before.core, -1) if items[at].value == ";"), None)
        if semicolon is None or not any(item.type == "unit" for item in items[semicolon : spot.core]):
            return False
        left, _ = clause_bounds(spot.sentence, before.core)
        return any(item.type == "mood" and item.value in ("current", "past") for item in items[left : before.core])

    @staticmethod
    def _heads_all(spot: Spot) -> bool:
        """Do an aim and its time stand before the first unit of the sentence, and does this clause name its own?"""
        items = spot.sentence.items
        first = next((at for at, item in enumerate(items) if item.type in ("unit", "count") and at), len(items))
        opening = items[:first]
        named = any(item.type in ("unit", "count") for item in items[spot.floor : spot.core])
        aimed = any(item.type == "mood" and mode_of(item) == "goal" for item in opening)
        return named and aimed and any(is_deadline(item) and not is_now(item) for item in opening)

    def _lies_ahead(self, time: Period) -> bool:
        day = self._reader.day
        return time.end is not None and day is not None and time.end > day

    @staticmethod
    def _is_state(sentence: Sentence, index: int | None) -> bool:
        """'có 16/19 xã': so many of all, as they stand."""
        if not index or sentence.items[index].type != "count":
            return False
        number = sentence.items[index].number
        of_all = number is not None and number.total is not None and not number.percent
        return of_all and sentence.items[index - 1].value in THERE_IS

    def _is_handed_over(self, sentence: Sentence, award: int) -> bool:
        """'lễ công bố, trao, đón nhận' in the clause before what is awarded."""
        left, _ = clause_bounds(sentence, award)
        items = sentence.items
        return _CEREMONY.search(self._reader.text, items[left].start, items[award].end) is not None

    def _is_to_come(self, mention: TimeMention | None, *, told: bool) -> bool:
        """A time in a later year than that in which it was said: nothing was reached by then yet.

        A year that is no deadline says so unless what is claimed is ``told``: '… đạt chuẩn năm 2022 - hiện có 4 thôn'.
        """
        day = self._reader.day
        if mention is None or day is None or mention.period.end is None or mention.since:
            return False
        if not mention.until and (mention.kind != "year" or told):
            return False
        return mention.period.end.year > day.year and (mention.period.start is None or mention.period.start > day)

    # ------------------------------------------------------------ of a clause

    def said(
        self, sentence: Sentence, core: int, floor: int, inherited: Mode, frame: Frame, *, purpose: bool = True
    ) -> Mode:
        """Nearest mood before the core in its clause, else the light of the claim before, else the paragraph's.

        Without ``purpose``, 'để' does not turn what was done into an aim: 'đã huy động 6 tỷ đồng để …, chiếm 38%'.
        """
        items = sentence.items
        left, _ = clause_bounds(sentence, core)
        mode: Mode = "none"
        outside: Mode | None = None  # the light before the bracket that is open
        assumed = False
        for index in range(max(left, floor), core):
            item = items[index]
            if item.value == "effort" and item.type == "mood":
                if core - index <= _BESIDE_CORE:  # 'nỗ lực về đích': an aim if it says by when, else nothing yet
                    ends = [other.data.period.end for other in items[core : core + _DATED_WITHIN] if is_deadline(other)]
                    day = self._reader.day
                    over = day is not None and any(end is not None and end < day for end in ends)
                    mode = "reached" if over else "goal" if ends else "hypothetical"
            elif mode == "none" and core - index <= _WORK_WITHIN and self._sets_about(sentence, item, left):
                mode = "plan"
            elif item.type in ("mood", "act"):
                found = mode_of(item)
                if found == "pledge" and item.type == "act" and index and items[index - 1].value == _WITH:
                    continue  # 'với quyết tâm cao, xã đã hoàn thành': how, not what is to come
                if item.value == "purpose" and mode == "reached" and not purpose:
                    continue
                if item.value == "purpose" and any(other.value == _SHARE_IN for other in items[left:index]):
                    return "reached"  # 'góp phần tích cực để xã đạt chuẩn': so it did
                if item.value == "agenda" and index and not self._opens(items[index - 1]):
                    continue  # 'so với kế hoạch', 'đạt 105% kế hoạch'
                if item.value == "when" and index and self._is_general(items, index):
                    return "hypothetical"
                if item.value == "when" and (index or items[1].value in _BEGINS):
                    # 'vui mừng khi 15/15 xã đều đạt chuẩn', 'Khi bước vào chương trình, mới đạt 6,4 tiêu chí/xã':
                    continue  # what has come; 'Khi xã đạt chuẩn, …' has not
                if found in ("goal", "plan") and self._is_denied(items, index):
                    if any(other.value == "," for other in items[index:core]):
                        continue  # 'Nhóm chưa nằm trong kế hoạch năm nay, xã A có 15 tiêu chí': of whom it is told
                    return "negated"  # 'không hoàn thành mục tiêu đạt chuẩn', 'chưa có kế hoạch về đích'
                if found == "pledge" and item.type == "mood" and mode == "reached" and self._tells_on(items, core):
                    continue  # 'đã có 7 xã đăng ký xây dựng nông thôn mới hoàn thành 18 tiêu chí': which ones
                if item.value == "demand" and index and items[index - 1].value == "work":
                    continue  # 'tập trung chỉ đạo thực hiện …': what was done
                if found == "directive" and mode in ("goal", "pledge", "plan"):
                    continue
                if mode == "hypothetical" and found in AHEAD and assumed:
                    continue  # 'Xã muốn được công nhận phải đạt 19/19 tiêu chí'
                assumed = assumed or item.value == "hypothetical"
                mode = found or mode
            elif item.type == "word" and item.value.endswith(_ASSIGNED):
                mode = mode if mode in AHEAD else "directive"
            elif item.type == "word" and item.value in _BUT:
                mode = "none"
            elif is_now(item):
                mode = "reached"
            elif item.type == "time" and _FROM_NOW.match(item.data.period.text):
                mode = mode if mode in AHEAD else "goal"
            elif item.type == "word" and item.value == "(":
                outside = mode
            elif item.type == "word" and item.value == ")":
                if outside is None:
                    inherited = "none"
                mode, outside = outside or "none", None  # what stood in the bracket does not reach out of it
            elif item.type == "negation" and core - index <= 3:
                mode = "negated"
        if mode in ("none", "reached") and self._is_general(items, self._condition(items, core)):
            return "hypothetical"
        if _RULED.search(self._reader.low, sentence.start, sentence.end):
            return "hypothetical"
        if self._reader.text[sentence.end - 1] == "?" or _FOR_INSTANCE.match(self._reader.low, sentence.start):
            return "hypothetical"
        if mode == "none" and inherited != "negated":
            mode = inherited
        if mode == "none":
            mode = self._listed_mode(sentence, left)
        if mode == "none" and frame.mode in AHEAD:
            mode = frame.mode
        return mode

    @staticmethod
    def _tells_on(items: list[Item], core: int) -> bool:
        """Does another verb follow what a claim stands on, before the next comma?"""
        for item in items[core + 1 :]:
            if item.value in (",", ";"):
                return False
            if item.type == "reach":
                return True
        return False

    @staticmethod
    def _is_denied(items: list[Item], index: int) -> bool:
        """'chưa nằm trong', 'không có' right before an item."""
        while index and items[index - 1].value in _PART_OF:
            index -= 1
        return index > 0 and items[index - 1].type == "negation"

    def _sets_about(self, sentence: Sentence, item: Item, left: int) -> bool:
        """'Năm nay xã tập trung hoàn thành thêm 2 tiêu chí', while the year still goes on."""
        if item.type != "act" or not _SETS_ABOUT.fullmatch(self._reader.text, item.start, item.end):
            return False
        day = self._reader.day
        ends = [
            other.data.period.end for other in sentence.items[left:] if is_deadline(other) and other.end < item.start
        ]
        return day is not None and any(end is not None and end > day for end in ends)

    @staticmethod
    def _condition(items: list[Item], core: int) -> int:
        """Where 'nếu', 'khi', '… thì chưa được' stand behind a claim; 0 if they do not."""
        for index in range(core + 1, len(items)):
            if items[index].type == "mood" and items[index].value in ("hypothetical", "when"):
                return index
            if items[index].value == _THEN and index + 1 < len(items):
                behind = items[index + 1]
                if behind.type == "negation" or (behind.type, behind.value) == ("act", "must"):
                    return index
        return 0

    @staticmethod
    def _is_general(items: list[Item], index: int) -> bool:
        """'Xã được công nhận khi đạt đủ …', '… nếu có …': a rule for whoever it may be, who is not named."""
        before = items[:index]
        if any(item.type in ("unit", "count", "time", "person") for item in before):
            return False
        denied = any(item.type == "negation" for item in before)
        if denied and (index >= len(items) or items[index].value != _THEN):
            return False
        if any(item.type == "mood" and item.value in ("past", "current") for item in before):
            return False
        kinds = [item.type for item in before if item.type != "word"]
        return kinds[:1] == ["class"] and "reach" in kinds

    @staticmethod
    def _opens(before: Item) -> bool:
        """May what stands behind this item open a clause?"""
        return before.type in ("speech", "person", "organ") or before.value in (",", ":", "-", ".", _HAS)

    @staticmethod
    def _listed_mode(sentence: Sentence, left: int) -> Mode:
        """'với các chỉ tiêu chủ yếu: …; …': what stands before the colon holds for every part of the list.

        So does an aim and its year that open the sentence: 'Phấn đấu đến năm 2025, …; …; …'.
        """
        items = sentence.items
        colon = next((at for at in range(left - 1, 0, -1) if items[at].value == ":"), None)
        if colon is None and left:
            opening = opening_aim(items, left)
            return opening[0] if opening is not None else "none"
        for at in range(colon - 1, -1, -1) if colon is not None else ():
            if items[at].type in ("mood", "act"):
                found = mode_of(items[at])
                return found if found in AHEAD and items[at].type == "mood" else "none"
        return "none"

    def _is_estimated(self, sentence: Sentence, core: int) -> bool:
        """Is 'ước' the mood that a claim stands in?"""
        left, _ = clause_bounds(sentence, core)
        moods = [item for item in sentence.items[left:core] if mode_of(item) in AHEAD]
        return bool(moods) and bool(_ESTIMATED.match(self._reader.text, moods[-1].start, moods[-1].end))

    def says_itself(self, sentence: Sentence, core: int, floor: int) -> bool:
        """Does the claim's own clause, behind the claim before it, say in which light it stands?"""
        items = sentence.items
        left, _ = clause_bounds(sentence, core)
        colon = next((at for at in range(core - 1, left, -1) if items[at].value == ":"), None)
        if colon is not None and any(item.type in ("unit", "class", "count") for item in items[colon + 1 : core]):
            left = colon  # 'Các xã đăng ký năm nay: xã A đạt 18/19 tiêu chí, thiếu môi trường'
        return any(mode_of(item) in AHEAD for item in items[max(left, floor) : core])
