"""Targets, achievements and criteria counts: claims on a standard or a number, in the order of the sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import TypeVar

from ntm_extract.facts.claim import MODEL_LEVELS, Claim, Spot
from ntm_extract.facts.compose import Composer
from ntm_extract.facts.counts import Counts
from ntm_extract.facts.frame import ADMINISTRATIVE, AHEAD, Frame, Reader, modality_of, mode_of, of_a_day
from ntm_extract.facts.resolve import Resolver
from ntm_extract.facts.standards import Standards
from ntm_extract.match.reader import Hit, Sentence, SentenceReader
from ntm_extract.model import (
    Achievement,
    AchievementStatus,
    CriteriaCount,
    CriteriaStatus,
    Evidence,
    Quantity,
    Standard,
    Subject,
    Target,
)
from ntm_extract.orthography import fold_text, fold_word

_Claimed = TypeVar("_Claimed", Target, Achievement, CriteriaCount, CriteriaStatus)
TOPICS = ("standards", "counts", "quantities")
_CORE_SLOTS = ("standard", "reach", "award", "build", "criteria", "quantity")
_ALL = {fold_text(word) for word in ("đều", "tất", "toàn", "hết", "100%")}
_FAR_IN_HEADLINE = 3  # words: 'Cao Xá đếm ngược ngày về đích'
_SMALLER = re.compile(r"(?:(?:chuẩn|danh hiệu)\s+)?(?:khu dân cư|KDC|vườn)\b", re.I)
_THEME_LEAD = re.compile(
    r"\s*(?:nổi trội|tiêu biểu|về|trên lĩnh vực|lĩnh vực|ở lĩnh vực)\b(?:\s+(?:nhất\s+)?(?:về|trên|ở))?(?:\s+lĩnh vực)?"
)
_THEME_END = re.compile(
    r"\s+(?:trong|vào|năm|theo|gắn với|đảm bảo|bảo đảm|để|đến|từ|quý|trước|giai đoạn|tại|của)\b"
    r"|[.;()]|,\s*(?:phấn đấu|xã|huyện)"
)
_COMPARED = {fold_text(word) for word in ("hơn", "như", "kém", "sau")}
_ASIDE = {fold_text(word) for word in ("riêng", "thêm")}
_OF_WHICH = {tuple(map(fold_word, words)) for words in (("trong", "đó"), ("trong", "số"), ("cụ", "thể"), ("gồm", "có"))}
_PARTS_OF_YEAR = ("quarter", "half", "month")
_NAMING = {fold_text(word) for word in ("đó", "gồm", "bao", "cụ", "là")}
_NAMING_ON = _NAMING | {":", *(fold_text(word) for word in ("thể", "các", "có", "xã", "thôn", "những"))}
_CAPTIONS = 2  # lines from a number to its names: a caption may stand between
_OPENING = 3  # items before a unit that opens a sentence


class ClaimReader:
    """Reads claims sentence by sentence; what one says the next may leave out."""

    def __init__(self, reader: Reader, sentences: SentenceReader) -> None:
        self._reader = reader
        self._sentences = sentences
        self._resolver = Resolver(reader)
        self._standards = Standards(reader, self._resolver, sentences.patterns)
        self._composer = Composer(reader, self._resolver, self._standards)
        self._counts = Counts(reader, self._resolver, self._standards)
        self.targets: list[Target] = []
        self.achievements: list[Achievement] = []
        self.counts: list[CriteriaCount] = []
        self._counted: tuple[int, Claim] | None = None  # the number of criteria told last, and its line
        self._unnamed: tuple[int, Target | Achievement] | None = None  # a line, and its fact on a number without names
        self.standard: Claim | None = None  # the claim on a standard of the sentence read last, if it made just one

    def read(self, sentence: Sentence, frame: Frame) -> set[int]:
        """Claims of one sentence; ``frame`` is brought up to date for the next sentence of the paragraph.

        Gives the items that claims stand on, so that nothing else reads them again.
        """
        self._standards.begin(sentence)
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
            claim = self._composer.claim(Spot(sentence, hit, core, base), frame)
            if not self._in_light(sentence, claim):
                continue
            if kind == "standard":
                self._standard(sentence, claim, frame)
                standards.append(claim)
            elif kind in ("count", "gain") and self._is_all(sentence, core):
                if claim.named:
                    self._standard(sentence, claim, frame)
            elif kind in ("count", "gain"):
                found = self._counts.read(sentence, claim)
                if isinstance(found, Target):
                    self.targets.append(found)
                elif found is not None:
                    self.counts.extend(found)
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
        if sentence.kind != "caption":
            frame.listed = standards[-1].status if standards and standards[-1].mode == "reached" else None
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

    def _hand_on(self, claim: Claim, frame: Frame, sentence: Sentence) -> None:
        frame.standard = claim.standards[0]
        frame.told |= set(claim.standards)
        if claim.subject is not None:
            frame.borne_by = claim.subject.level
        if claim.hit.rule.fact in ("count", "gain"):
            frame.counted = claim.standards[0]
        if claim.mode in AHEAD:
            time = claim.time
            if time is not None and time.start and time.end and time.start.year < time.end.year:
                self._reader.plan = time
            frame.mode = claim.mode
            frame.time = frame.time if claim.time is None or of_a_day(claim.time) else claim.time
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
        if "standard" not in hit.slots and subject.level not in (*ADMINISTRATIVE, *MODEL_LEVELS):
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
            standard: Standard = "ntm_model" if who.level in MODEL_LEVELS and named.startswith("ntm") else named
            if claim.mode in AHEAD and (status not in ("proposed", "appraised") or self._still_ahead(claim)):
                if generic and share is None and not self._sweeping(sentence, claim):
                    continue
                themes = self._themes(sentence, hit) if standard == "ntm_model" else ()
                self._standards.aim(who.units, standard)
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
                    self._standards.aim(who.units, standard)
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
            subject = self._resolver.topic()
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
