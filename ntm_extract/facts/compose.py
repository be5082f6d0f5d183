"""Putting a claim together: in which light it stands, whose it is, on which standard, by when and how far."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ntm_extract.facts.claim import AND, MODEL_LEVELS, Claim, Spot
from ntm_extract.facts.frame import ADMINISTRATIVE, AHEAD, Frame, Mode, Reader, ahead_of, count_of, of_a_day
from ntm_extract.facts.light import Light
from ntm_extract.facts.resolve import Resolver
from ntm_extract.facts.standards import Standards
from ntm_extract.match.reader import Sentence
from ntm_extract.model import AchievementStatus, Period, Standard, Subject
from ntm_extract.values import TimeMention

_STATUS: dict[str, AchievementStatus] = {
    "finish": "met",
    "met": "met",
    "build": "met",
    "keep": "met",
    "recognised": "recognised",
    "proposed": "proposed",
    "appraised": "appraised",
    "lost": "lost",
}
_OF_COMMUNE = re.compile(r"(?:(?:chuẩn|danh hiệu)\s+)?xã\b", re.I)
_OF_DISTRICT = re.compile(r"(?:(?:chuẩn|danh hiệu)\s+)?huyện\b", re.I)
# What may stand between 'công nhận xã A đạt …' and '…; xã B đạt …' that the recognition still holds for.
_PASSED = {"word", "time", "standard", "criterion", "number", "hedge"}
_OPENING = 4  # items


class Composer:
    """Composes claims. The order matters: the light decides what may be inherited, the subject which standard."""

    def __init__(self, reader: Reader, resolver: Resolver, standards: Standards) -> None:
        self._reader = reader
        self._resolver = resolver
        self._standards = standards
        self._light = Light(reader)

    def claim(self, spot: Spot, frame: Frame) -> Claim:
        """The claim of one spot, in the light, of the subject, by the time that its sentence and paragraph give it."""
        sentence, core, slots = spot.sentence, spot.core, spot.hit.slots
        resolver = self._resolver
        mode = self._light.first(spot, frame)
        told_of = mode not in AHEAD or self._goes_on_of(sentence)
        self._reader.corefer = told_of and not resolver.lists_behind(sentence, spot.last)
        standards, named = self._standards.of(spot, frame)
        subject, index = self._whose(spot, standards[0], frame)
        if self._is_of_another(spot, subject, frame):
            standards = ["ntm"]
        mention = sentence.items[slots["time"]].data if "time" in slots else resolver.time(sentence, core, spot.last)
        if spot.apart and mention is not None and mention.start < sentence.items[spot.verb].start:
            mention = None  # it is of the topic
        time = mention.period if mention is not None else self._time_before(spot, mode)
        mode = self._light.settled(spot, mode, mention=mention, time=time, subject_index=index, frame=frame)
        if mode == "negated" and frame.section == "goal" and index is not None and index <= 1:
            mode, mention, time = "goal", None, frame.time  # 'bao gồm:' over '6 xã chưa đạt chuẩn năm trước (A, B …);'
        time = self._by_when(spot, mode, mention, time, frame)
        if subject is None and index is None and self._is_of_topic(spot, mode, time):
            subject = resolver.topic()
        status = self._status(spot, index)
        if status == "met" and frame.status is not None:
            status = frame.status  # under 'DANH SÁCH CÁC XÃ ĐÃ CÓ QUYẾT ĐỊNH CÔNG NHẬN'
        if status == "met" and frame.listed is not None and self._goes_on_listing(spot, index):
            status = frame.listed
        asked = mode == "directive" and self._asked_for(sentence, slots.get("award", core))
        if asked and status in ("recognised", "appraised"):
            # 'đề nghị UBND tỉnh quyết định công nhận', 'đề nghị UBND tỉnh thẩm định, công nhận xã A'
            status, mode = "proposed", "reached"
        return Claim(
            hit=spot.hit,
            core=core,
            last=spot.last,
            mode=mode,
            subject=subject,
            subject_index=index,
            standards=standards,
            time=time,
            beside=self._beside(sentence, index),
            status=status,
            named=named,
        )

    def _whose(self, spot: Spot, standard: Standard, frame: Frame) -> tuple[Subject | None, int | None]:
        """The subject, and the item that names it: by the rule, beside the claim, or inherited (then no item)."""
        resolver, sentence, slots = self._resolver, spot.sentence, spot.hit.slots
        index = self._subject_index(spot)
        if "total" in slots:
            subject = self._total(sentence, slots)
        elif index is not None and "reach" in slots and self._is_recogniser(sentence, index, slots["reach"]):
            subject, index = None, None
        elif index is not None:
            subject = resolver.subject_at(sentence, index, standard)
        elif spot.before is not None:
            subject = spot.before.subject
            averaged = spot.hit.rule.set.get("stat") == "average" and spot.before.hit.rule.fact == "standard"
            if averaged and subject is not None and subject.count is not None and not subject.units:
                return Subject(level="commune"), None  # 'có 15/92 xã đạt chuẩn, bình quân đạt 12 tiêu chí': of all
            things = subject is not None and subject.level not in (*ADMINISTRATIVE, *MODEL_LEVELS)
            if things and standard.startswith("ntm"):  # '…, 2 sản phẩm đạt 3 sao; năm 2028 đạt NTM nâng cao'
                subject = resolver.sentence_topic(sentence, spot.core, standard) or frame.subject
        elif "award" in slots:
            subject = None  # 'ban hành quyết định công nhận': whose is not said
        else:
            subject = (
                resolver.sentence_topic(sentence, spot.core, standard)
                or frame.subject
                or resolver.speaks_for(sentence, spot.core)
            )
        if "subject" not in slots:
            subject = self._of_level(sentence, slots, subject)
        if subject is not None:
            behind = slots["subject"] + 1 if "list" in slots and "subject" in slots else spot.last
            place = index is not None and sentence.items[index].value == "place"
            subject = resolver.with_list(sentence, subject, behind, standard, place=place)
        return subject, index

    @staticmethod
    def _goes_on_listing(spot: Spot, index: int | None) -> bool:
        """'Công nhận 6 xã NTM gồm: A, B. 10 xã NTM nâng cao gồm: C, D': a list without a verb goes on with the last."""
        items, slots = spot.sentence.items, spot.hit.slots
        if index is None or index > _OPENING or spot.before is not None or len(items) <= spot.last:
            return False
        if any(item.type != "word" for item in items[:index]) or "award" in slots or "build" in slots:
            return False
        if items[index].type == "class":
            return items[index].plural  # 'Theo đó, các xã đạt chuẩn NTM nâng cao gồm: …'
        return items[index].type == "count" and "reach" not in slots

    @staticmethod
    def _goes_on_of(sentence: Sentence) -> bool:
        """'Hiện 2 xã đang tập trung hoàn thành … để về đích': those spoken of before, where 'thêm 2 xã' are others."""
        for at, item in enumerate(sentence.items[:_OPENING]):
            if item.type == "count":
                return any(other.value == "current" for other in sentence.items[at + 1 : at + 2])
            if item.type not in ("time", "mood") and item.value != ",":
                return False
        return False

    def _is_of_another(self, spot: Spot, subject: Subject | None, frame: Frame) -> bool:
        """'5 khu dân cư kiểu mẫu. Năm tới thêm 2 xã đạt chuẩn': what was told last is of villages."""
        rule = spot.hit.rule
        if "standard" in spot.hit.slots or rule.fact != "standard" or rule.set.get("status") == "inherited":
            return False
        if spot.before is not None or frame.standard in (None, "ntm") or frame.borne_by is None:
            return False
        if (
            "ntm" in frame.told
            and "reach" in spot.hit.slots
            and not self._standards.is_the_last(spot.sentence.items[spot.verb])
        ):
            return True  # '2 xã đạt chuẩn NTM, 2 xã nâng cao. Với xã A, mốc về đích lùi sang năm sau'
        lower = ("village", *MODEL_LEVELS)
        return subject is not None and (frame.borne_by in lower) != (subject.level in lower)

    def _subject_index(self, spot: Spot) -> int | None:
        """The item that names the subject: what the rule found, else the nearest to the left, else to the right."""
        slots = spot.hit.slots
        if "total" in slots or "subject" in slots:
            return slots.get("total", slots.get("subject"))
        index = self._resolver.subject_left(spot.sentence, spot.core, spot.floor)
        if index is None and spot.before is not None and spot.apart:
            return spot.before.subject_index
        if index is None and spot.before is None and spot.hit.rule.fact == "standard":
            index = self._resolver.subject_right(spot.sentence, spot.core, spot.last)
        return index

    @staticmethod
    def _time_before(spot: Spot, mode: Mode) -> Period | None:
        """The time of the claim before; not the date of what lies back for what is aimed at next."""
        before = spot.before
        if before is None or spot.apart or (mode in AHEAD and before.mode == "reached"):
            return None
        return before.time

    def _by_when(
        self, spot: Spot, mode: Mode, mention: TimeMention | None, time: Period | None, frame: Frame
    ) -> Period | None:
        """The time of a claim whose light is settled: its own, its list's, its sentence's, its paragraph's."""
        sentence = spot.sentence
        if spot.hit.rule.set.get("light") == "reached" and ahead_of(mention, self._reader.day):
            time = None  # 'tổ chức lễ công bố xã đạt chuẩn vào ngày 6/10': the day is of the ceremony
        if time is None and mode in AHEAD:
            time = self._resolver.listed_time(sentence, spot.core)
        if time is not None and mention is None and of_a_day(time):
            time = self._resolver.leading_time(sentence)  # a day is of what it was said of; the year is of all
        if time is None and mode in AHEAD and not any(item.value == "recurrence" for item in sentence.items):
            time = frame.time
        return time

    def _is_of_topic(self, spot: Spot, mode: Mode, time: Period | None) -> bool:
        """May a claim without a subject be of the unit that the paragraph or the article is about?"""
        if "award" in spot.hit.slots:
            return False
        if spot.hit.rule.fact == "standard" and (mode not in AHEAD or time is None):
            return False
        return not self._resolver.of_several(spot.sentence, spot.core)

    @staticmethod
    def _is_recogniser(sentence: Sentence, index: int, reach: int) -> bool:
        """'Tỉnh A công nhận thêm xã nông thôn mới': A says so of others, where 'A được công nhận' is of A."""
        items = sentence.items
        active = items[reach].value == "recognised" and index == reach - 1 and items[index].type == "unit"
        return active and items[index].value in ("province", "district")

    @staticmethod
    def _total(sentence: Sentence, slots: Mapping[str, int]) -> Subject | None:
        """'đưa số xã về đích lên 19/29': so many of the class that the number is of."""
        number = sentence.items[slots["total"]].number
        return Subject(level=sentence.items[slots["from"]].value, count=count_of(number)) if number else None

    def _of_level(self, sentence: Sentence, slots: Mapping[str, int], subject: Subject | None) -> Subject | None:
        """'hai xã cuối cùng phải xong, để … công nhận huyện NTM': the standard says that a district is meant."""
        if "standard" not in slots or subject is None or subject.level not in ("commune", "village"):
            return subject
        item = sentence.items[slots["standard"]]
        if subject.level == "village" and _OF_COMMUNE.match(self._reader.text, item.start, item.end):
            # '…, 2 thôn đạt chuẩn; năm 2027 hoàn thành các tiêu chí xã nông thôn mới'
            name = self._reader.spoken_of("commune")
            return Subject(level="commune", units=(self._reader.unit(name),)) if name is not None else subject
        if not _OF_DISTRICT.match(self._reader.text, item.start, item.end):
            return subject
        name = self._reader.spoken_of("district") or self._reader.home_unit("district")
        return Subject(level="district", units=(self._reader.unit(name),)) if name is not None else subject

    @staticmethod
    def _asked_for(sentence: Sentence, award: int) -> bool:
        return any(
            item.type == "act" and item.value in ("ask", "request")
            for item in sentence.items[max(0, award - 6) : award]
        )

    def _status(self, spot: Spot, index: int | None) -> AchievementStatus:
        """How far it got; 'công nhận xã A đạt …, xã B đạt …' holds for both."""
        sentence, hit, before = spot.sentence, spot.hit, spot.before
        items = sentence.items
        for name in ("award", "reach"):
            if name in hit.slots:
                status: AchievementStatus = _STATUS[items[hit.slots[name]].value]
                break
        else:
            status = "met"
        status = _STATUS.get(hit.rule.set.get("status", ""), status)
        if "award" in hit.slots and status == "recognised":
            award = hit.slots["award"]
            earlier = (item for item in items[max(0, award - 3) : award] if item.type == "reach")
            before_it = {item.value for item in earlier}
            if not before_it.isdisjoint(("proposed", "appraised")):
                voted = "proposed" not in before_it and not self._asked_for(sentence, award)
                status = "appraised" if voted else "proposed"  # 'hồ sơ đề nghị tỉnh thẩm định, công nhận xã A'
        if "award" not in hit.slots and before is not None and before.status in ("recognised", "proposed", "appraised"):
            between = items[before.last : index if index is not None and index >= before.last else spot.core]
            listed = hit.rule.set.get("status") == "inherited"
            # 'gồm 2 xã kiểu mẫu về giáo dục: A, B; 1 xã kiểu mẫu về du lịch': groups of those awarded.
            same = "standard" in hit.slots and items[hit.slots["standard"]].value == before.standards[0]
            verbless = not {"reach", "award", "build"} & hit.slots.keys()  # 'công nhận 6 xã, gồm: A, B; 4 xã kiểu mẫu'
            passed = _PASSED | {"unit"} if verbless or (same and "reach" not in hit.slots) else _PASSED
            if listed or (status == "met" and all(item.type in passed for item in between)):
                status = before.status
        return status

    def _beside(self, sentence: Sentence, index: int | None) -> list[Subject]:
        """Subjects listed before the one found: '46 khu dân cư, 252 vườn mẫu đạt chuẩn', '28/118 xã và huyện A'."""
        found: list[Subject] = []
        items = sentence.items
        while index is not None and index >= 2 and items[index - 1].value in AND:
            counted, last = items[index - 2].type == "count", items[index]
            if not counted or not (last.type == "count" or (last.type == "unit" and items[index - 1].value != ",")):
                break
            index -= 2
            if counted and last.value == items[index].value and items[index + 1].value == ",":
                break  # 'trong 25 xã, 7 xã đã đạt chuẩn': so many of so many
            other = self._reader.subject_of(items[index])
            if other is None or (last.type == "unit" and other.level not in ADMINISTRATIVE):
                break
            found.append(other)
        return found
