"""Targets, achievements and criteria counts: claims on a standard or a number, in the order of the sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product
from typing import TypeVar, cast

from ntm_extract.facts.claim import Claim, Spot
from ntm_extract.facts.frame import (
    ADMINISTRATIVE,
    AHEAD,
    Frame,
    Mode,
    Reader,
    ahead_of,
    count_of,
    modality_of,
    mode_of,
)
from ntm_extract.facts.light import OR_MORE, THERE_IS, Light
from ntm_extract.facts.resolve import Resolver
from ntm_extract.match.reader import Hit, Item, Sentence, SentenceReader
from ntm_extract.model import (
    Achievement,
    AchievementStatus,
    CriteriaCount,
    CriteriaStatus,
    Evidence,
    Period,
    Quantity,
    Standard,
    Subject,
    Target,
)
from ntm_extract.orthography import fold_text, fold_word
from ntm_extract.values import Number, TimeMention, parse_number

_Claimed = TypeVar("_Claimed", Target, Achievement, CriteriaCount, CriteriaStatus)
TOPICS = ("standards", "counts", "quantities")
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
_CORE_SLOTS = ("standard", "reach", "award", "build", "criteria", "quantity")
_ALL = {fold_text(word) for word in ("đều", "tất", "toàn", "hết", "100%")}
_MODEL_LEVELS = ("residential_area", "garden")  # their standard is the model one: 'vườn mẫu đạt chuẩn'
_THIS = fold_text("này")
_FAR_IN_HEADLINE = 3  # words: 'Cao Xá đếm ngược ngày về đích'
_AND = {",", "và", fold_text("và"), "hoặc", fold_text("hoặc"), "/"}
# What may stand between 'công nhận xã A đạt …' and '…; xã B đạt …' that the recognition still holds for.
_PASSED = {"word", "time", "standard", "criterion", "number", "hedge"}
_IN, _TURN = fold_text("lần"), fold_text("lượt")
# Numbers of criteria in the sets of any period and level (patterns/criteria_sets.yml, provincial sets among them).
_SET_SIZES = frozenset({9, 10, 12, 13, 14, 15, 16, 18, 19, 20})
_COUNTED_NOUN = re.compile(r"\s*(?:điểm|phiếu|thành viên|đại biểu|câu|hộ|người|bài|đội)\b", re.I)
_LEAST_INDICATORS = 30  # no set of indicators of any level is smaller
_NO_UNITS = frozenset({"school", "household", "house", "product", "cooperative", "market", "facility"})
_OF_COMMUNE = re.compile(r"(?:(?:chuẩn|danh hiệu)\s+)?xã\b", re.I)
_OF_DISTRICT = re.compile(r"(?:(?:chuẩn|danh hiệu)\s+)?huyện\b", re.I)
_SERIES = re.compile(r"\d+(?:[.,]\d+)?(?:/\d+)?")
_NUMBERS_BEFORE = re.compile(r"(?:\d+(?:/\d+)?(?: tiêu chí)?(?:, | và |; ))+\Z")
_SMALLER = re.compile(r"(?:(?:chuẩn|danh hiệu)\s+)?(?:khu dân cư|KDC|vườn)\b", re.I)
_OF_A_DAY = re.compile(r"\d[/.-]\d{1,2}\b|\bngày\b")
_PERCENT = re.compile(
    r"[\s,(]*(?:chiếm|đạt|bằng|tương đương|tỷ lệ)?\s*(?:tỷ lệ\s*)?(?P<percent>\d{1,3}(?:[.,]\d+)?)\s*%"
)
_THEME_LEAD = re.compile(
    r"\s*(?:nổi trội|tiêu biểu|về|trên lĩnh vực|lĩnh vực|ở lĩnh vực)\b(?:\s+(?:nhất\s+)?(?:về|trên|ở))?(?:\s+lĩnh vực)?"
)
_THEME_END = re.compile(
    r"\s+(?:trong|vào|năm|theo|gắn với|đảm bảo|bảo đảm|để|đến|từ|quý|trước|giai đoạn|tại|của)\b"
    r"|[.;()]|,\s*(?:phấn đấu|xã|huyện)"
)

_COMPARED = {fold_text(word) for word in ("hơn", "như", "kém", "sau")}
_ASIDE = {fold_text(word) for word in ("riêng", "thêm")}
_SOME = re.compile(r"một (?:xã|thôn|xóm|ấp|bản)\b(?! (?:còn lại|duy nhất|khác))", re.I)
_OF_WHICH = {tuple(map(fold_word, words)) for words in (("trong", "đó"), ("trong", "số"), ("cụ", "thể"), ("gồm", "có"))}
_PARTS_OF_YEAR = ("quarter", "half", "month")
_NAMING = {fold_text(word) for word in ("đó", "gồm", "bao", "cụ", "là")}
_NAMING_ON = _NAMING | {":", *(fold_text(word) for word in ("thể", "các", "có", "xã", "thôn", "những"))}
_SHORT_WITHIN = 6  # items
_GROUP = fold_text("nhóm")
_LONGEST_LABEL = 9  # items
_CAPTIONS = 2  # lines from a number to its names: a caption may stand between
_OPENING = 3  # items before a unit that opens a sentence
_BEHIND_TOPIC = {",", ":", fold_text("có")}


class ClaimReader:
    """Reads claims sentence by sentence; what one says the next may leave out."""

    def __init__(self, reader: Reader, sentences: SentenceReader) -> None:
        self._reader = reader
        self._sentences = sentences
        self._resolver = Resolver(reader)
        self._light = Light(reader)
        self._sizes = {
            form: cast(Standard, entry.value)
            for entry in sentences.patterns.entries_of("indicator_total")
            for form in entry.forms
        }
        self._named_here = False
        self._aims: dict[str, Standard] = {}  # what each unit is to reach, by the article so far
        self._spoken: Standard | None = None  # the standard named last in the article
        self.targets: list[Target] = []
        self.achievements: list[Achievement] = []
        self.counts: list[CriteriaCount] = []
        self._label: tuple[int, Standard | None] = (-1, None)  # the line, and the standard that it opens with
        self._counted: tuple[int, Claim] | None = None  # the number of criteria told last, and its line
        self._unnamed: tuple[int, Target | Achievement] | None = None  # a line, and its fact on a number without names
        self.standard: Claim | None = None  # the claim on a standard of the sentence read last, if it made just one

    def read(self, sentence: Sentence, frame: Frame) -> set[int]:
        """Claims of one sentence; ``frame`` is brought up to date for the next sentence of the paragraph.

        Gives the items that claims stand on, so that nothing else reads them again.
        """
        if sentence.line != self._label[0]:
            self._label = sentence.line, self._labelled(sentence)
        before: Claim | None = None
        claimed: set[int] = set()
        standards: list[Claim] = []
        waiting: list[tuple[Hit, int]] = []  # what the first claim of the sentence will say of them
        told = len(self.targets), len(self.achievements)
        if self._unnamed is not None and sentence.line - self._unnamed[0] <= _CAPTIONS:
            self._name_them(sentence, self._unnamed[1])
        carried = self._carried(sentence)
        spots = self._spots(sentence)
        while spots:
            hit, core = spots.pop(0)
            kind = hit.rule.fact
            if kind != "quantity":
                claimed.update(hit.slots.values())
            if kind == "none":
                continue
            needs = hit.rule.set.get("needs")
            base = self._counted_last(sentence) if needs == "count" else before
            if base is None and needs in ("before", "beside"):
                base = carried
            if needs == "beside" and kind == "count" and base is not None and base.hit.rule.fact != kind:
                continue  # '6 xã nâng cao, gồm huyện A 2, huyện B 4': a bare number counts what was counted before it
            if base is None and needs == "beside":
                waiting.append((hit, core))  # 'năm 2023 có 2 xã, năm 2024 có 3 xã đạt chuẩn'
                continue
            if needs == "standard":
                if frame.standard is None:
                    continue  # the line over the list names none
            elif base is None and needs is not None:
                continue
            if hit.rule.set.get("alone") and self._goes_on(sentence, hit):
                continue
            claim = self._claim(Spot(sentence, hit, core, base), frame)
            if not self._in_light(sentence, claim):
                continue
            if kind == "standard":
                self._standard(sentence, claim, frame)
                standards.append(claim)
            elif kind in ("count", "gain") and self._is_all(sentence, core):
                if claim.named:
                    self._standard(sentence, claim, frame)
            elif kind in ("count", "gain"):
                self._count(sentence, claim)
                self._counted = (sentence.line, claim)
            elif kind == "quantity":
                if claim.mode not in AHEAD or not self._is_aim(sentence, claim):
                    continue  # reached already: a result
                claimed.update(hit.slots.values())
                self._quantity(sentence, claim)
            self._hand_on(claim, frame, sentence)
            before = claim
            if waiting and waiting[0][0].rule.fact == kind:
                spots, waiting = [*waiting, *spots], []
        self.standard = standards[0] if len(standards) == 1 else None
        targets, achievements = self.targets[told[0] :], self.achievements[told[1] :]
        if targets or achievements or not self._may_stand_between(sentence):
            self._unnamed = None
        if len(targets) + len(achievements) == 1 and not (targets or achievements)[0].subject.units:
            self._unnamed = sentence.line, (targets or achievements)[0]
        return claimed

    @staticmethod
    def _may_stand_between(sentence: Sentence) -> bool:
        """May a sentence stand between a number and its names: a caption, or a line that names no unit?"""
        return sentence.kind == "caption" or not sentence.places.get("unit")

    def _name_them(self, sentence: Sentence, last: Target | Achievement) -> None:
        """'… có thêm 3 xã đạt chuẩn. Đó là các xã: A, B, C': the names of the number told last."""
        items = sentence.items
        first = next(iter(sentence.places.get("unit", ())), None)
        if first is None or items[0].value not in _NAMING or not {item.value for item in items[:first]} <= _NAMING_ON:
            return
        named = self._resolver.subject_at(sentence, first, None)
        if named is None or named.level != last.subject.level or last.subject.count is None:
            return
        if last.subject.count.min == last.subject.count.max == len(named.units):
            subject = last.subject.model_copy(update={"units": named.units})
            evidence = self._reader.evidence(last.evidence.start, sentence.end, last.evidence.rule)
            told = last.model_copy(update={"subject": subject, "evidence": evidence})
            if isinstance(told, Target):
                self.targets[-1] = told
            else:
                self.achievements[-1] = told

    def _counted_last(self, sentence: Sentence) -> Claim | None:
        """The number of criteria that 'con số ấy' means: told last in this paragraph."""
        return self._counted[1] if self._counted is not None and self._counted[0] == sentence.line else None

    def _carried(self, sentence: Sentence) -> Claim | None:
        """'… có thêm 47 xã đạt chuẩn. Trong đó, năm 2022 có 15 xã, …': what the parts are of."""
        if self.standard is None or len(self._reader.sentences) < 2:
            return None
        if tuple(item.value for item in sentence.items[:2]) not in _OF_WHICH:
            return None
        if self.standard.mode in AHEAD and any(item.value in _PARTS_OF_YEAR for item in sentence.mentions("time")):
            return None  # 'Năm sau có thêm 3 xã. Trong đó, quý II có 1 xã': of which year, its own words do not say
        return replace(self.standard, core=0, last=0, subject_index=None)

    @staticmethod
    def _goes_on(sentence: Sentence, hit: Hit) -> bool:
        """Does the clause tell more of what a rule found: 'trong đó 3 xã đạt chuẩn nâng cao'?"""
        for item in sentence.items[hit.last :]:
            if item.value == ";" or item.type == "count":
                return False
            if item.type in ("reach", "standard", "criteria", "negation"):
                return True
        return False

    @staticmethod
    def _in_light(sentence: Sentence, claim: Claim) -> bool:
        """Is the light one in which the rule holds?"""
        wanted = claim.hit.rule.set.get("mood")
        if claim.mode == "none" or (wanted == "required" and claim.mode not in AHEAD):
            return False
        return wanted != "reached" or claim.mode == "reached"

    def _spots(self, sentence: Sentence) -> list[tuple[Hit, int]]:
        """One hit for each item that a claim can stand on: the first rule of the first topic wins."""
        used: set[int] = set()
        spots: list[tuple[Hit, int]] = []
        for topic in TOPICS:
            for hit in self._sentences.hits(sentence, topic):
                names = (
                    ("criteria",)
                    if topic == "counts"
                    else (hit.rule.set.get("core"),)
                    if "core" in hit.rule.set
                    else _CORE_SLOTS
                )
                cores = [hit.slots[name] for name in names if name in hit.slots] or [
                    hit.slots.get("subject", hit.first)
                ]
                if any(index in used for index in cores):
                    continue
                used.update(cores)
                if topic == "standards":  # a verb inside the turn of phrase belongs to it
                    used.update(
                        at for at in range(hit.first, hit.last) if sentence.items[at].type in ("reach", "standard")
                    )
                spots.append((hit, min(cores)))
        spots.sort(key=lambda spot: spot[1])
        return spots

    @staticmethod
    def _is_all(sentence: Sentence, core: int) -> bool:
        """'hoàn thành 100% tiêu chí nông thôn mới nâng cao': the standard is reached, no number is told."""
        number = sentence.items[core].number
        return number is not None and number.percent and number.value == 100

    # ------------------------------------------------------------ putting a claim together

    def _claim(self, spot: Spot, frame: Frame) -> Claim:
        sentence, core, slots = spot.sentence, spot.core, spot.hit.slots
        resolver = self._resolver
        mode = self._light.first(spot, frame)
        self._reader.corefer = mode not in AHEAD and not resolver.lists_behind(sentence, spot.last)
        standards = self._standards(spot, frame)
        subject, index = self._whose(spot, standards[0], frame)
        if self._is_of_another(spot, subject, frame):
            standards = ["ntm"]
        mention = sentence.items[slots["time"]].data if "time" in slots else resolver.time(sentence, core, spot.last)
        if spot.apart and mention is not None and mention.start < sentence.items[spot.verb].start:
            mention = None  # it is of the topic
        time = mention.period if mention is not None else self._time_before(spot, mode)
        mode = self._light.settled(spot, mode, mention=mention, time=time, subject_index=index, frame=frame)
        time = self._by_when(spot, mode, mention, time, frame)
        if subject is None and index is None and self._is_of_topic(spot, mode, time):
            subject = self._topic()
        status = self._status(spot, index)
        if status == "met" and frame.status is not None:
            status = frame.status  # under 'DANH SÁCH CÁC XÃ ĐÃ CÓ QUYẾT ĐỊNH CÔNG NHẬN'
        if status == "recognised" and mode == "directive" and self._asked_for(sentence, slots.get("award", core)):
            status, mode = "proposed", "reached"  # 'đề nghị UBND tỉnh quyết định công nhận'
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
            named=self._named_here,
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
            things = subject is not None and subject.level not in (*ADMINISTRATIVE, *_MODEL_LEVELS)
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
    def _is_of_another(spot: Spot, subject: Subject | None, frame: Frame) -> bool:
        """'5 khu dân cư kiểu mẫu. Năm tới thêm 2 xã đạt chuẩn': what was told last is of villages."""
        rule = spot.hit.rule
        if "standard" in spot.hit.slots or rule.fact != "standard" or rule.set.get("status") == "inherited":
            return False
        if spot.before is not None or frame.standard in (None, "ntm") or frame.borne_by is None:
            return False
        if "ntm" in frame.told and "reach" in spot.hit.slots:
            return True  # '2 xã đạt chuẩn NTM, 2 xã nâng cao. Với xã A, mốc về đích lùi sang năm sau'
        lower = ("village", *_MODEL_LEVELS)
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
        if time is not None and mention is None and _of_a_day(time):
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
            passed = _PASSED | {"unit"} if same and "reach" not in hit.slots else _PASSED
            if listed or (status == "met" and all(item.type in passed for item in between)):
                status = before.status
        return status

    def _beside(self, sentence: Sentence, index: int | None) -> list[Subject]:
        """Subjects listed before the one found: '46 khu dân cư, 252 vườn mẫu đạt chuẩn', '28/118 xã và huyện A'."""
        found: list[Subject] = []
        items = sentence.items
        while index is not None and index >= 2 and items[index - 1].value in _AND:
            counted, last = items[index - 2].type == "count", items[index]
            if not counted or not (last.type == "count" or (last.type == "unit" and items[index - 1].value != ",")):
                break
            index -= 2
            other = self._reader.subject_of(items[index])
            if other is None or (last.type == "unit" and other.level not in ADMINISTRATIVE):
                break
            found.append(other)
        return found

    def _topic(self) -> Subject | None:
        """Nobody named: the unit the paragraph speaks of, else the article's own."""
        name = (
            self._reader.recent.get("place") or self._reader.home_unit("district") or self._reader.home_unit("province")
        )
        return Subject(level=name.level, units=(self._reader.unit(name),)) if name else None

    def _standards(self, spot: Spot, frame: Frame) -> list[Standard]:
        """The standard named, and those listed with it: 'NTM nâng cao, NTM kiểu mẫu'."""
        sentence, hit, core, last, before = spot.sentence, spot.hit, spot.core, spot.last, spot.before
        items = sentence.items
        if "standard" not in hit.slots:
            if hit.rule.fact == "standard":
                below = "subject" in hit.slots and items[hit.slots["subject"]].value in ("village", *_MODEL_LEVELS)
                spoken = self._spoken if below else None  # of villages the article means the standard it began with
                inherited = (before.standards[0] if before else self._opening(sentence)) or frame.standard or spoken
                return [inherited or (self._named_later(sentence, last) if "award" in hit.slots else None) or "ntm"]
            # A count that names no standard is on that of the count before it, else on the basic one.
            found = self._resolver.standard_near(sentence, core, last) or self._by_size(sentence, core)
            self._named_here = found is not None
            if self._short(sentence, hit, core):
                return ["ntm"]  # '7 xã kiểu mẫu; 16 xã chưa đạt bình quân đạt 15,6 tiêu chí'
            inherited = self._inherited(sentence, core, before)
            told = "ntm" if hit.rule.set.get("stat") == "average" else frame.counted  # 'bình quân toàn huyện …'
            return [found or inherited or self._label[1] or told or "ntm"]
        at = hit.slots["standard"]
        found_all = [self._value_of(items[at], frame)]
        while at + 2 < len(items) and items[at + 1].value in _AND and items[at + 2].type == "standard":
            at += 2
            found_all.append(cast(Standard, items[at].value))
        self._spoken = found_all[0]
        return list(dict.fromkeys(found_all))

    def _opening(self, sentence: Sentence) -> Standard | None:
        """'Về xã NTM nâng cao, đến nay có 2 xã', 'Khu dân cư kiểu mẫu có 9 khu': what the sentence is about."""
        items = sentence.items
        at = next((at for at, item in enumerate(items[:4]) if item.type == "standard"), None)
        if at is None or at + 1 >= len(items) or any(item.type not in ("word", "class") for item in items[:at]):
            return None
        return cast(Standard, items[at].value) if items[at + 1].value in _BEHIND_TOPIC else None

    @staticmethod
    def _labelled(sentence: Sentence) -> Standard | None:
        """'- Về xã nông thôn mới nâng cao: …': what every count of the line is on, unless it says another."""
        standards: list[Standard] = []
        for item in sentence.items[:_LONGEST_LABEL]:
            if item.value == ":":
                return standards[0] if len(standards) == 1 else None
            if item.type == "standard":
                standards.append(cast(Standard, item.value))
            elif item.type not in ("word", "class", "reach"):
                return None
        return None

    @staticmethod
    def _named_later(sentence: Sentence, last: int) -> Standard | None:
        """'Thêm 7 thôn được công nhận, huyện có 147 thôn kiểu mẫu': the one standard that the rest speaks of."""
        behind = {cast(Standard, item.value) for item in sentence.items[last:] if item.type == "standard"}
        return behind.pop() if len(behind) == 1 else None

    @staticmethod
    def _inherited(sentence: Sentence, core: int, before: Claim | None) -> Standard | None:
        """Standard of the claim before; a count behind ';' is on that of a count, not on what somebody was awarded."""
        if before is None:
            return None
        apart = any(item.value == ";" for item in sentence.items[before.core : core])
        return None if apart and before.hit.rule.fact == "standard" else before.standards[0]

    @staticmethod
    def _short(sentence: Sentence, hit: Hit, core: int) -> bool:
        """Is the count of those that have not reached the basic standard?"""
        items = sentence.items
        for at in range(core - 1, 0, -1):
            if items[at].type == "standard":
                return False
            if items[at].type != "negation":
                continue
            if core - at <= _SHORT_WITHIN and any(
                item.type in ("count", "unit") for item in items[max(0, at - 2) : at]
            ):
                return True
            before = items[at - 1]
            if (before.type in ("count", "unit") or before.value == _GROUP) and items[at + 1].value == "finish":
                return True
        return False

    def _by_size(self, sentence: Sentence, core: int) -> Standard | None:
        """'17/19 tiêu chí, 71/75 chỉ tiêu': the size of the set of indicators says which standard it is."""
        for item in sentence.items[core : core + 3]:
            if item.value == "indicator_of" and item.number is not None and item.number.total is not None:
                return self._sizes.get(f"{item.number.total:g}")
        return None

    def _value_of(self, item: Item, frame: Frame) -> Standard:
        surface = fold_text(self._reader.text[item.start : item.end])
        named = cast(Standard, item.value)
        return frame.standard or named if surface.endswith(_THIS) else named

    @staticmethod
    def _hand_on(claim: Claim, frame: Frame, sentence: Sentence) -> None:
        frame.standard = claim.standards[0]
        frame.told |= set(claim.standards)
        if claim.subject is not None:
            frame.borne_by = claim.subject.level
        if claim.hit.rule.fact in ("count", "gain"):
            frame.counted = claim.standards[0]
        if claim.mode in AHEAD:
            frame.mode = claim.mode
            frame.time = frame.time if claim.time is None or _of_a_day(claim.time) else claim.time
        elif claim.mode == "reached":
            frame.mode = "none"
        index = claim.subject_index
        compared = index is not None and index > 0 and sentence.items[index - 1].value in _COMPARED
        if claim.subject is None or claim.subject.level not in ADMINISTRATIVE or compared:
            return  # 'xã A đạt 12 tiêu chí, chỉ hơn B (11 tiêu chí)': it is A that is told of
        aside = index is not None and any(item.value in _ASIDE for item in sentence.items[max(0, index - 4) : index])
        # Not in 'huyện có 10 xã đạt chuẩn; riêng năm 2022 thêm xã B': what follows is not of B.
        if frame.subject is None or not aside:
            frame.subject = claim.subject

    # ------------------------------------------------------------ facts

    def _standard(self, sentence: Sentence, claim: Claim, frame: Frame) -> None:
        subject, hit = claim.subject, claim.hit
        if subject is None or claim.mode in ("negated", "hypothetical"):
            return
        if "standard" not in hit.slots and subject.level not in (*ADMINISTRATIVE, *_MODEL_LEVELS):
            return  # 'trường đạt chuẩn' is of another standard
        if hit.rule.set.get("time") == "required" and claim.time is None:
            return
        if "standard" in hit.slots and subject.level in ADMINISTRATIVE and self._of_smaller(sentence, hit, subject):
            return  # 'xã A trao quyết định công nhận khu dân cư kiểu mẫu'
        if sentence.kind == "title" and "build" in hit.slots and claim.time is None:
            return  # 'Chợ Gạo đăng ký xây dựng nông thôn mới nâng cao': what the article is about
        if sentence.kind == "heading" and claim.subject_index is None:
            return  # 'Nhóm phấn đấu đạt chuẩn năm 2019': whose is told by the lines under it
        if sentence.kind == "title" and not self._named_in_headline(sentence, claim):
            return  # 'Nước rút về đích', 'Krông Năng: Nước rút về đích': a headline that says nothing of anybody
        if self._is_of_number(sentence, claim) or self._tells_which(sentence, claim):
            return
        status = claim.status
        generic = not subject.units and subject.count is None
        share = self._share(sentence, claim)
        evidence = self._reader.clause_evidence(sentence, claim.core, claim.last, hit.rule.id)
        for who, named in product([*claim.beside, subject], claim.standards):
            standard: Standard = "ntm_model" if who.level in _MODEL_LEVELS and named.startswith("ntm") else named
            if claim.mode in AHEAD and (status not in ("proposed", "appraised") or self._still_ahead(claim)):
                if generic and share is None and not self._sweeping(sentence, claim):
                    continue
                themes = self._themes(sentence, hit) if standard == "ntm_model" else ()
                self._aims.update(dict.fromkeys((unit.name for unit in who.units), standard))
                self.targets.append(
                    Target(
                        subject=who,
                        outcome="standard",
                        standard=standard,
                        deadline=claim.time,
                        themes=themes,
                        modality=modality_of(claim.mode),
                        evidence=evidence,
                    )
                )
            elif not generic or share is not None:
                self._drop_weaker(who, standard, status, evidence)
                if status in ("proposed", "appraised"):
                    self._aims.update(dict.fromkeys((unit.name for unit in who.units), standard))
                self.achievements.append(
                    Achievement(
                        subject=who,
                        standard=standard,
                        status=status,
                        share=share,
                        period=claim.time,
                        evidence=evidence,
                    )
                )

    @staticmethod
    def _is_of_number(sentence: Sentence, claim: Claim) -> bool:
        """'Có 3 xã đạt chuẩn từ 10-14 tiêu chí': so many criteria are met, not the standard."""
        if "standard" in claim.hit.slots:
            return False
        behind = [item for item in sentence.items[claim.last : claim.last + 3] if item.type not in ("word", "hedge")]
        number = behind[0].number if behind and behind[0].type == "criteria" else None
        return number is not None and (number.max is not None or (number.total or 0) > number.value)

    @staticmethod
    def _tells_which(sentence: Sentence, claim: Claim) -> bool:
        """'100% số xã đạt chuẩn giai đoạn 2016-2020 không đạt chuẩn theo bộ mới': those that had met it do not now."""
        behind = [item for item in sentence.items[claim.last : claim.last + 3] if item.type != "time"]
        return len(behind) > 1 and behind[0].type == "negation" and behind[1].type == "reach"

    def _of_smaller(self, sentence: Sentence, hit: Hit, subject: Subject) -> bool:
        """Does the standard itself name what bears it: a residential area or a garden?"""
        item = sentence.items[hit.slots["standard"]]
        return subject.level != "village" and _SMALLER.match(self._reader.text, item.start, item.end) is not None

    def _drop_weaker(self, who: Subject, standard: Standard, status: AchievementStatus, evidence: Evidence) -> None:
        """'A là xã NTM đầu tiên của huyện, được công nhận năm 2015': the recognition says it all."""
        if status != "recognised" or not self.achievements:
            return
        last = self.achievements[-1]
        same = last.subject == who and last.standard == standard and last.status == "met"
        if same and last.evidence.end > evidence.start and last.evidence.start <= evidence.start:
            self.achievements.pop()

    def _still_ahead(self, claim: Claim) -> bool:
        """'cuối năm 2025 đề nghị công nhận huyện NTM', said in 2023: an aim, no dossier yet."""
        day = self._reader.day
        if claim.mode == "directive":
            return False  # 'đề nghị tỉnh xét công nhận xã A đạt chuẩn năm nay' is a dossier
        return claim.time is not None and claim.time.end is not None and day is not None and claim.time.end > day

    @staticmethod
    def _named_in_headline(sentence: Sentence, claim: Claim) -> bool:
        index = claim.subject_index
        if index is None:
            return False
        between = sentence.items[index + 1 : claim.core]
        words = sum(item.type == "word" for item in between)
        return words < _FAR_IN_HEADLINE and not any(item.value == ":" for item in between)

    def _sweeping(self, sentence: Sentence, claim: Claim) -> bool:
        """A class without number or names is a target only if it is all of them: 'các xã … đều về đích'."""
        first = claim.subject_index if claim.subject_index is not None else claim.core
        return any(item.value in _ALL for item in sentence.items[max(0, first - 3) : claim.core + 1])

    @staticmethod
    def _share(sentence: Sentence, claim: Claim) -> float | None:
        if "share" in claim.hit.slots:
            number = sentence.items[claim.hit.slots["share"]].number
            return number.value if number else None
        if claim.subject_index is None:
            return None
        item = sentence.items[claim.subject_index]
        return item.number.value if item.type == "count" and item.number and item.number.percent else None

    def _themes(self, sentence: Sentence, hit: Hit) -> tuple[str, ...]:
        """'kiểu mẫu về Giáo dục', 'nổi trội về Chuyển đổi số, xã thông minh'."""
        if "standard" not in hit.slots:
            return ()
        rest = self._reader.text[sentence.items[hit.slots["standard"]].end : sentence.end]
        lead = _THEME_LEAD.match(rest)
        if not lead:
            return ()
        theme = rest[lead.end() :]
        stop = _THEME_END.search(theme)
        theme = theme[: stop.start()] if stop else theme
        parts = (part.strip(' ,:“”"') for part in re.split(r",| và ", theme))
        return tuple(part for part in parts if part and len(part) < 60)

    def _count(self, sentence: Sentence, claim: Claim) -> None:
        item = sentence.items[claim.hit.slots["criteria"]]  # or a bare number, where the rule says what it counts
        number, subject = item.number, claim.subject
        if number is None or claim.mode in ("negated", "hypothetical"):
            return
        if item.type == "number" and number.total is not None and number.total not in _SET_SIZES and number.total < 100:
            return  # '8/12' without a noun: of whatever was counted before
        follows = sentence.items[claim.last : claim.last + 1]
        denied = any(other.type == "negation" for other in follows)
        if denied and claim.mode == "reached" and "reach" not in claim.hit.slots:
            return  # 'xã A, 5 tiêu chí chưa đạt': what is missing
        if item.type == "number" and _COUNTED_NOUN.match(self._reader.text, number.unit_start):
            return  # 'đạt 17/20 điểm'
        if claim.hit.rule.set.get("share") == "most" and number.total is not None and 2 * number.value < number.total:
            return  # 'còn 4/19 tiêu chí': what is left to do
        if claim.hit.rule.set.get("subject") == "unit":
            named = claim.subject_index is not None and sentence.items[claim.subject_index].type == "unit"
            if not named or number.total not in _SET_SIZES:
                return
        per_commune = (
            item.value == "criterion_per"
            or (item.type == "criteria" and bool(item.data))
            or claim.hit.rule.set.get("per") == "commune"
        )
        averaged = claim.hit.rule.set.get("stat") == "average"
        spoken = sentence.items[claim.hit.first : claim.hit.last]
        per_commune = per_commune or (
            averaged and any(part.type == "class" and part.value == "commune" for part in spoken)
        )
        each = averaged and subject is not None and subject.count is not None and subject.count.max == 1
        if (per_commune and claim.subject_index is None) or (each and subject is not None and not subject.units):
            subject = Subject(level="commune")  # 'bình quân trên 1 xã là 17,8 tiêu chí'
        if per_commune and (subject is None or subject.level != "commune" or (subject.units and subject.count is None)):
            subject = Subject(level="commune")
        summed = (number.total or 0) > 100
        of_district = claim.subject_index is None and self._of_district(sentence, claim)
        if of_district or (summed and (subject is None or (not subject.units and subject.count is None))):
            home = self._reader.home_unit("district")  # 392/437 is of all communes together: the district's
            subject = Subject(level="district", units=(self._reader.unit(home),)) if home else self._topic()
        if item.value.startswith("indicator") and number.total is None and not self._of_programme(sentence):
            return  # '6 chỉ tiêu kinh tế': of another plan
        if subject is None:
            return
        average = per_commune or claim.hit.rule.set.get("stat") == "average" or not float(number.value).is_integer()
        if not (subject.units or subject.count or average or claim.mode in AHEAD) and self._anybody(sentence, claim):
            return  # 'một xã đã đạt 15/19 tiêu chí': no xã in particular
        if self._of_others(sentence, claim) or self._is_any(sentence, claim):
            return
        evidence = self._reader.clause_evidence(sentence, claim.core, claim.last, claim.hit.rule.id)
        shares = self._respectively(self._reader.text, sentence, claim, subject)
        if claim.mode in AHEAD:
            floor = number.floor or bool(OR_MORE.match(self._reader.text, item.end))
            top = None if floor else number.max if number.max is not None else number.value
            unit = "chỉ tiêu" if item.value.startswith("indicator") else "tiêu chí"
            self.targets.append(
                Target(
                    subject=subject,
                    outcome="criteria",
                    standard=claim.standards[0],
                    deadline=claim.time,
                    quantity=Quantity(min=number.value, max=top, unit=unit),
                    modality=modality_of(claim.mode),
                    evidence=evidence,
                )
            )
            return
        if claim.hit.rule.fact == "gain":
            return  # 'tăng 1 tiêu chí so với năm trước' is a difference, not a count
        below = number.ceiling or self._reader.text[item.start : number.end].lower().startswith("dưới")
        behind = _PERCENT.match(self._reader.text, item.end)
        hedged = any(
            other.type == "hedge" for other in sentence.items[max(0, claim.core - 4) : claim.hit.slots["criteria"]]
        )
        standard = self._aimed_at(sentence, claim, subject)
        if shares:
            self.counts.extend(
                CriteriaCount(
                    subject=Subject(level=subject.level, units=(unit,)),
                    standard=standard,
                    achieved=share.value,
                    total=share.total or number.total,
                    period=claim.time,
                    evidence=evidence,
                )
                for unit, share in zip(subject.units, shares, strict=True)
            )
            return
        self.counts.append(
            CriteriaCount(
                subject=subject,
                standard=standard,
                metric="indicator" if item.value.startswith("indicator") else "criterion",
                achieved=0 if below else number.value,
                achieved_max=number.value - 1 if below else number.max,
                total=number.total,
                percent=float(behind["percent"].replace(",", ".")) if behind else None,
                stat="average" if average else "total" if summed else "each",
                basically=hedged,
                period=claim.time,
                evidence=evidence,
            )
        )

    @staticmethod
    def _anybody(sentence: Sentence, claim: Claim) -> bool:
        index = claim.subject_index
        return index is None or (sentence.items[index].type == "class" and not sentence.items[index].plural)

    def _is_any(self, sentence: Sentence, claim: Claim) -> bool:
        """'một xã đã đạt 15/19 tiêu chí thì …': whichever, where 'có một xã đạt …' tells of one."""
        index = claim.subject_index
        if index is None or sentence.items[index].type not in ("count", "class"):
            return False
        if not _SOME.match(self._reader.text, sentence.items[index].start):
            return False
        before = sentence.items[:index]
        if before and before[-1].value == ",":  # '…, một xã đạt 15/19' goes on with what was counted
            return not any(item.type in ("count", "unit", "criteria") for item in before)
        return not before or before[-1].value not in THERE_IS

    @staticmethod
    def _of_others(sentence: Sentence, claim: Claim) -> bool:
        """'trường đạt 28/28 tiêu chí', '11 mẫu đạt 9/9 chỉ tiêu', 'công ty hoàn thành 6/8 chỉ tiêu': not of a unit."""
        items = sentence.items
        item = items[claim.hit.slots["criteria"]]
        if any(other.type == "standard" for other in items):
            return False
        total = item.number.total if item.number is not None else None
        if item.value == "indicator_of" and total is not None and total < _LEAST_INDICATORS:
            return True
        if item.value == "criterion_of" and total not in _SET_SIZES and total is not None and total < _LEAST_INDICATORS:
            return True  # 'nhà thầu đạt cả 8/8 tiêu chí'
        if claim.subject_index is not None and items[claim.subject_index].value in ADMINISTRATIVE:
            return False
        return any(other.type in ("class", "count") and other.value in _NO_UNITS for other in items[: claim.core])

    def _aimed_at(self, sentence: Sentence, claim: Claim, subject: Subject) -> Standard:
        """The standard of a count; where the sentence names none, the one its units were said to aim at."""
        aims = {self._aims.get(unit.name) for unit in subject.units}
        if not claim.named and len(aims) == 1 and None not in aims:
            return cast(Standard, aims.pop())
        if claim.named or claim.standards[0] != "ntm":
            return claim.standards[0]
        behind = {item.value for item in sentence.items[claim.last :] if item.type == "standard"}
        if len(behind) == 1:  # 'A đạt 15/19, B đạt 14/19; C đạt 10/19 tiêu chí NTM nâng cao'
            return cast(Standard, behind.pop())
        return claim.standards[0]

    @staticmethod
    def _respectively(text: str, sentence: Sentence, claim: Claim, subject: Subject) -> list[Number]:
        """'A và B lần lượt đạt 7/19 và 6/19 tiêu chí': one number for each unit, in their order."""
        items = sentence.items
        start = next(
            (
                at
                for at in range(max(0, claim.core - 8), claim.last)
                if items[at].value == _TURN and items[at - 1].value == _IN
            ),
            None,
        )
        if len(subject.units) < 2:
            return []
        if start is None:  # 'A và B mới ở mức 14/19 và 16/19 tiêu chí'
            item = items[claim.hit.slots["criteria"]]
            before = _NUMBERS_BEFORE.search(text, sentence.start, item.start)
            parsed = (
                [parse_number(f"{digits} tiêu chí") for digits in _SERIES.findall(before.group())] if before else []
            )
            numbers = [number for number in (*parsed, item.number) if number is not None]
            return numbers if len(numbers) == len(subject.units) else []
        stop = min(claim.last + 2 * len(subject.units), len(items))
        named = _SERIES.findall(text, items[start].end, items[stop - 1].end)
        numbers = [number for number in (parse_number(f"{digits} tiêu chí") for digits in named) if number is not None]
        return numbers[: len(subject.units)] if len(numbers) >= len(subject.units) else []

    def _of_district(self, sentence: Sentence, claim: Claim) -> bool:
        """'Số tiêu chí huyện NTM đạt 6/9': the set of districts is meant."""
        last = claim.last
        while last < len(sentence.items) and (
            sentence.items[last].type == "criteria" or sentence.items[last].value in _AND
        ):
            last += 1  # 'hoàn thành 9 tiêu chí và 30 chỉ tiêu huyện nông thôn mới'
        behind = sentence.items[last : last + 2]
        if [item.type for item in behind] == ["class", "reach"] and behind[0].value == "district":
            return True  # '9 tiêu chí huyện đạt chuẩn'
        items = sentence.items[max(0, claim.core - 6) : last + 1]
        return any(
            item.type == "standard" and self._reader.text[item.start : item.end].lower().startswith("huyện")
            for item in items
        )

    @staticmethod
    def _of_programme(sentence: Sentence) -> bool:
        return any(item.type == "standard" for item in sentence.items)

    @staticmethod
    def _is_aim(sentence: Sentence, claim: Claim) -> bool:
        """Not 'đề nghị huyện làm 2 km đường', a request, nor '… với 120 hộ tham gia'."""
        if claim.hit.rule.set.get("time") == "required" and (claim.time is None or claim.mode == "directive"):
            return False
        item = sentence.items[claim.hit.slots["quantity"]]
        counted = item.type == "count" and not (item.number is not None and item.number.percent)
        return not counted or bool(claim.hit.rule.set.get("counted"))

    def _who_aims(self, sentence: Sentence, core: int) -> Subject | None:
        """Of whom a figure is whose clause names nobody: 'UBND huyện A …', 'năm 2026 xã …', 'Xã B phấn đấu …'.

        Not of the communes listed before it: 'Huyện có 2 xã đạt chuẩn là A, B; thu nhập đạt 60 triệu đồng'.
        """
        items = sentence.items[:core]
        for at, item in enumerate(items):
            if item.type == "organ" and item.place is not None:
                return Subject(level=item.place.level, units=(self._reader.unit(item.place),))
            if item.type == "class" and not item.plural and item.value in ("commune", "district", "province"):
                if not (at and self._resolver.is_inside(items, at)):
                    return self._resolver.subject_at(sentence, at, None)
            elif item.type in ("unit", "count"):
                alone = item.type == "unit" and len(item.data) == 1 and item.number is None
                aims = any(mode_of(other) in AHEAD for other in items[at + 1 : at + 3])
                return self._reader.subject_of(item) if alone and (at <= _OPENING or aims) else None
        return None

    def _quantity(self, sentence: Sentence, claim: Claim) -> None:
        item = sentence.items[claim.hit.slots["quantity"]]
        number = item.number
        if number is None:
            return
        noun = self._reader.text[number.unit_start : item.end].strip() if item.type == "count" else None
        unit = item.data or ("%" if number.percent else noun)
        subject = claim.subject
        if claim.subject_index is None:  # an income, a rate is that of the place the words are about
            subject = self._who_aims(sentence, claim.core)
            if subject is None or not subject.units:
                own = self._reader.own_unit
                subject = Subject(level=own.level, units=(self._reader.unit(own),)) if own else None
        if subject is None or subject.level not in ADMINISTRATIVE:
            subject = self._topic()
        if subject is None:
            return
        top = None if number.floor else number.max if number.max is not None else number.value
        self.targets.append(
            Target(
                subject=subject,
                outcome="quantity",
                quantity=Quantity(min=number.value, max=top, unit=unit),
                deadline=claim.time,
                modality=modality_of(claim.mode),
                evidence=self._reader.clause_evidence(sentence, claim.core, claim.last, claim.hit.rule.id),
            )
        )


def _of_a_day(time: Period) -> bool:
    """'trước ngày 30/9' is said of one thing; 'đến 31/12' is the year."""
    year = time.end is not None and (time.end.month, time.end.day) == (12, 31)
    return not year and _OF_A_DAY.search(time.text) is not None


def unrepeated(facts: Iterable[_Claimed]) -> list[_Claimed]:
    """Facts without repetitions of the same claim: headings and captions repeat the text."""
    seen: set[str] = set()
    kept: list[_Claimed] = []
    for fact in facts:
        key = fact.model_dump_json(exclude={"evidence", "id", "confidence"})
        if key not in seen:
            seen.add(key)
            kept.append(fact)
    return kept
