"""Criteria counts: what a number of criteria or indicators is of, and whether it is told or aimed at."""

from __future__ import annotations

import re

from ntm_extract.facts.claim import AND, Claim
from ntm_extract.facts.frame import ADMINISTRATIVE, AHEAD, Reader, modality_of
from ntm_extract.facts.light import OR_MORE, THERE_IS
from ntm_extract.facts.resolve import Resolver
from ntm_extract.facts.standards import Standards
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import CriteriaCount, Evidence, Quantity, Subject, Target
from ntm_extract.orthography import fold_text, fold_word
from ntm_extract.values import Number, parse_number

_IN, _TURN = fold_text("lần"), fold_text("lượt")
# Numbers of criteria in the sets of any period and level (patterns/criteria_sets.yml, provincial sets among them).
_SET_SIZES = frozenset({9, 10, 12, 13, 14, 15, 16, 18, 19, 20})
_LARGEST_SET = 100  # a total above is that of several communes together
_LEAST_INDICATORS = 30  # no set of indicators of any level is smaller
_NO_UNITS = frozenset({"school", "household", "house", "product", "cooperative", "market", "facility"})
_FIRMS = frozenset("_".join(map(fold_word, name.split())) for name in ("hợp tác xã", "htx", "doanh nghiệp", "nhà thầu"))
_NEAR = 4  # items
_COUNTED_NOUN = re.compile(
    r"\s*(?:điểm|phiếu|thành viên|đại biểu|câu|hộ|người|em|cháu|học sinh|lớp|giải|bài|đội)\b", re.I
)
_SERIES = re.compile(r"\d+(?:[.,]\d+)?(?:/\d+)?")
_NUMBERS_BEFORE = re.compile(r"(?:\d+(?:/\d+)?(?: tiêu chí)?(?:, | và |; ))+\Z")
_PERCENT = re.compile(
    r"[\s,(]*(?:chiếm|đạt|bằng|tương đương|tỷ lệ)?\s*(?:tỷ lệ\s*)?(?P<percent>\d{1,3}(?:[.,]\d+)?)\s*%"
)
_NONE_AT_ALL = re.compile(r"\bkhông (?:có|còn) (?:xã|thôn|xóm|ấp|bản|đơn vị|địa phương) nào\b")
_SOME = re.compile(r"một (?:xã|thôn|xóm|ấp|bản)\b(?! (?:còn lại|duy nhất|khác))", re.I)


class Counts:
    """Reads what claims on numbers say."""

    def __init__(self, reader: Reader, resolver: Resolver, standards: Standards) -> None:
        self._reader = reader
        self._resolver = resolver
        self._standards = standards

    def read(self, sentence: Sentence, claim: Claim) -> list[CriteriaCount] | Target | None:
        """Counts where the number is told (one for each unit that has its own), a target where it is aimed at."""
        item = sentence.items[claim.hit.slots["criteria"]]  # or a bare number, where the rule says what it counts
        number = item.number
        if number is None or claim.mode in ("negated", "hypothetical"):
            return None
        if self._is_of_else(sentence, claim, item, number):
            return None
        if item.type == "criteria" and self._is_parted(sentence, claim):
            return None
        summed = max(number.value, number.total or 0) > _LARGEST_SET
        subject, per_commune = self._whose(sentence, claim, item, summed=summed)
        if item.value.startswith("indicator") and number.total is None and not self._of_programme(sentence):
            return None  # '6 chỉ tiêu kinh tế': of another plan
        if subject is None:
            return None
        average = per_commune or claim.hit.rule.set.get("stat") == "average" or not float(number.value).is_integer()
        if not (subject.units or subject.count or average or claim.mode in AHEAD) and self._anybody(sentence, claim):
            return None  # 'một xã đã đạt 15/19 tiêu chí': no xã in particular
        if self._of_others(sentence, claim) or self._is_any(sentence, claim):
            return None
        evidence = self._reader.clause_evidence(sentence, claim.core, claim.last, claim.hit.rule.id)
        if claim.mode in AHEAD:
            return self._target(claim, item, number, subject, evidence)
        if claim.hit.rule.fact == "gain":
            return None  # 'tăng 1 tiêu chí so với năm trước' is a difference, not a count
        standard = self._standards.of_count(sentence, claim, subject)
        shares = self._respectively(self._reader.text, sentence, claim, subject)
        if shares:
            return [
                CriteriaCount(
                    subject=Subject(level=subject.level, units=(unit,)),
                    standard=standard,
                    achieved=share.value,
                    total=share.total or number.total,
                    period=claim.time,
                    evidence=evidence,
                )
                for unit, share in zip(subject.units, shares, strict=True)
            ]
        below = number.ceiling or self._reader.text[item.start : number.end].lower().startswith("dưới")
        behind = _PERCENT.match(self._reader.text, item.end)
        hedged = any(
            other.type == "hedge" for other in sentence.items[max(0, claim.core - 4) : claim.hit.slots["criteria"]]
        )
        return [
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
        ]

    @staticmethod
    def _is_parted(sentence: Sentence, claim: Claim) -> bool:
        """'Nhóm 15 - 18 tiêu chí có 3 xã: A (17), B (16), C (16)': the band is of three, A has a number of its own."""
        index, items = claim.subject_index, sentence.items
        if index is None or items[index].type != "unit" or len(items[index].data) != 1:
            return False
        return [item.type for item in items[index + 1 : index + 4]] == ["word", "number", "word"] and (
            items[index + 1].value == "("
        )

    def _target(self, claim: Claim, item: Item, number: Number, subject: Subject, evidence: Evidence) -> Target:
        floor = number.floor or bool(OR_MORE.match(self._reader.text, item.end))
        top = None if floor else number.max if number.max is not None else number.value
        unit = "chỉ tiêu" if item.value.startswith("indicator") else "tiêu chí"
        return Target(
            subject=subject,
            outcome="criteria",
            standard=claim.standards[0],
            deadline=claim.time,
            quantity=Quantity(min=number.value, max=top, unit=unit),
            modality=modality_of(claim.mode),
            evidence=evidence,
        )

    def _is_of_else(self, sentence: Sentence, claim: Claim, item: Item, number: Number) -> bool:
        """Is the number of something else than of criteria that are met?"""
        rule, total = claim.hit.rule, number.total
        if _NONE_AT_ALL.search(self._reader.low, sentence.start, item.start):
            return True  # 'không có xã nào dưới 5 tiêu chí'
        if item.type == "number" and total is not None and total not in _SET_SIZES and total < _LARGEST_SET:
            return True  # '8/12' without a noun: of whatever was counted before
        denied = any(other.type == "negation" for other in sentence.items[claim.last : claim.last + 1])
        if denied and claim.mode == "reached" and "reach" not in claim.hit.slots:
            return True  # 'xã A, 5 tiêu chí chưa đạt': what is missing
        if item.type == "number" and _COUNTED_NOUN.match(self._reader.text, number.unit_start):
            return True  # 'đạt 17/20 điểm'
        if rule.set.get("share") == "most" and total is not None and 2 * number.value < total:
            return True  # 'còn 4/19 tiêu chí': what is left to do
        if rule.set.get("subject") == "unit":
            named = claim.subject_index is not None and sentence.items[claim.subject_index].type == "unit"
            return not named or total not in _SET_SIZES
        return False

    def _whose(self, sentence: Sentence, claim: Claim, item: Item, *, summed: bool) -> tuple[Subject | None, bool]:
        """The subject, and whether the number is one for each commune: 'bình quân mỗi xã đạt 17,8 tiêu chí'."""
        subject, rule = claim.subject, claim.hit.rule
        averaged = rule.set.get("stat") == "average"
        spoken = sentence.items[claim.hit.first : claim.hit.last]
        per_commune = (
            item.value == "criterion_per"
            or (item.type == "criteria" and bool(item.data))
            or rule.set.get("per") == "commune"
            or (averaged and any(part.type == "class" and part.value == "commune" for part in spoken))
        )
        of_all = averaged and any(
            part.type == "class" and part.value in ("district", "province")
            for part in sentence.items[
                claim.core if claim.subject_index is None else claim.subject_index + 1 : claim.core
            ]
        )
        if of_all:
            subject = Subject(level="commune")  # 'Huyện có 15 xã, toàn huyện đạt trung bình là 17,2 tiêu chí'
        each = averaged and subject is not None and subject.count is not None and subject.count.max == 1
        if (per_commune and claim.subject_index is None) or (each and subject is not None and not subject.units):
            subject = Subject(level="commune")  # 'bình quân trên 1 xã là 17,8 tiêu chí'
        if per_commune and (subject is None or subject.level != "commune" or (subject.units and subject.count is None)):
            subject = Subject(level="commune")
        of_district = claim.subject_index is None and self._of_district(sentence, claim)
        if of_district or (summed and (subject is None or (not subject.units and subject.count is None))):
            home = self._reader.home_unit("district")  # 392/437 is of all communes together: the district's
            if home is None:
                return self._resolver.topic(), per_commune
            subject = Subject(level="district", units=(self._reader.unit(home),))
        return subject, per_commune

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
        index = claim.subject_index
        if index and items[index - 1].type == "class" and items[index - 1].value in _NO_UNITS:
            return True  # 'bếp Trường Mầm non A đạt 8/10'
        if index is None and any(other.value in _FIRMS for other in items[max(0, claim.core - _NEAR) : claim.core]):
            return True  # 'hợp tác xã đạt 61/65 tiêu chí'
        if index is not None and items[index].value in ADMINISTRATIVE:
            return False
        return any(other.type in ("class", "count") and other.value in _NO_UNITS for other in items[: claim.core])

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
            sentence.items[last].type == "criteria" or sentence.items[last].value in AND
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
