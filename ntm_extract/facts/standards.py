"""On which standard a claim is: the one it names, or what the words before it left standing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from ntm_extract.facts.claim import AND, AS_TO, MODEL_LEVELS, Claim, Spot
from ntm_extract.facts.frame import Frame, Reader
from ntm_extract.facts.resolve import Resolver
from ntm_extract.match.reader import Hit, Item, Sentence
from ntm_extract.model import Standard, Subject, Unit
from ntm_extract.orthography import fold_text
from ntm_extract.patterns import PatternSet

_THIS = fold_text("này")
_SHORT_WITHIN = 6  # items
_GROUP = fold_text("nhóm")
_LONGEST_LABEL = 9  # items
_LONGEST_TOPIC = 14
_BEHIND_TOPIC = {",", ":", fold_text("có")}


class Standards:
    """What an article has said of standards so far, and which one a claim is on."""

    def __init__(self, reader: Reader, resolver: Resolver, patterns: PatternSet) -> None:
        self._reader = reader
        self._resolver = resolver
        self._sizes = {
            form: cast(Standard, entry.value)
            for entry in patterns.entries_of("indicator_total")
            for form in entry.forms
        }
        self._aims: dict[str, Standard] = {}  # what each unit is to reach, by the article so far
        self._spoken: Standard | None = None  # the standard named last in the article
        self._label: tuple[int, Standard | None] = (-1, None)  # the line, and the standard that it opens with

    def begin(self, sentence: Sentence) -> None:
        """Take in what the line of a sentence opens with: 'Về xã nông thôn mới nâng cao: …'."""
        if sentence.line != self._label[0]:
            self._label = sentence.line, self._labelled(sentence)

    def aim(self, units: Iterable[Unit], standard: Standard) -> None:
        """Keep in mind what units are to reach: what is counted of them later is on that."""
        self._aims.update((unit.name, standard) for unit in units)

    def is_the_last(self, item: Item) -> bool:
        """'chuẩn này', 'có danh hiệu này': the standard told last is meant."""
        return fold_text(self._reader.text[item.start : item.end]).endswith(_THIS)

    def of(self, spot: Spot, frame: Frame) -> tuple[list[Standard], bool]:
        """The standards of a claim: 'NTM nâng cao, NTM kiểu mẫu'; and whether the words of a count name its own."""
        sentence, hit, core, last, before = spot.sentence, spot.hit, spot.core, spot.last, spot.before
        items = sentence.items
        if "standard" not in hit.slots:
            if hit.rule.fact == "standard":
                below = "subject" in hit.slots and items[hit.slots["subject"]].value in ("village", *MODEL_LEVELS)
                spoken = self._spoken if below else None  # of villages the article means the standard it began with
                inherited = (before.standards[0] if before else self._opening(sentence)) or frame.standard or spoken
                later = self._named_later(sentence, last) if "award" in hit.slots else None
                return [inherited or later or "ntm"], False
            # A count that names no standard is on that of the count before it, else on the basic one.
            found = self._resolver.standard_near(sentence, core, last) or self._by_size(sentence, core)
            if self._short(sentence, hit, core):
                return ["ntm"], found is not None  # '7 xã kiểu mẫu; 16 xã chưa đạt bình quân đạt 15,6 tiêu chí'
            inherited = self._of_topic(sentence) or self._inherited(sentence, core, before)
            told = "ntm" if hit.rule.set.get("stat") == "average" else frame.counted  # 'bình quân toàn huyện …'
            return [found or inherited or self._label[1] or told or "ntm"], found is not None
        at = hit.slots["standard"]
        found_all = [self._value_of(items[at], frame)]
        while at + 2 < len(items) and items[at + 1].value in AND and items[at + 2].type == "standard":
            at += 2
            found_all.append(cast(Standard, items[at].value))
        self._spoken = found_all[0]
        return list(dict.fromkeys(found_all)), True

    def of_count(self, sentence: Sentence, claim: Claim, subject: Subject) -> Standard:
        """The standard of a count; where the sentence names none, the one its units were said to aim at."""
        aims = {self._aims.get(unit.name) for unit in subject.units}
        if not claim.named and len(aims) == 1 and None not in aims:
            return cast(Standard, aims.pop())
        if claim.named or claim.standards[0] != "ntm":
            return claim.standards[0]
        if subject.level == "village" and self._spoken == "ntm_model":
            return self._spoken  # 'khu dân cư kiểu mẫu: thôn A được 9/10 tiêu chí'
        behind = {item.value for item in sentence.items[claim.last :] if item.type == "standard"}
        if len(behind) == 1:  # 'A đạt 15/19, B đạt 14/19; C đạt 10/19 tiêu chí NTM nâng cao'
            return cast(Standard, behind.pop())
        return claim.standards[0]

    def _opening(self, sentence: Sentence) -> Standard | None:
        """'Về xã NTM nâng cao, đến nay có 2 xã', 'Khu dân cư kiểu mẫu có 9 khu': what the sentence is about."""
        items = sentence.items
        at = next((at for at, item in enumerate(items[:4]) if item.type == "standard"), None)
        if at is None or at + 1 >= len(items) or any(item.type not in ("word", "class") for item in items[:at]):
            return None
        return cast(Standard, items[at].value) if items[at + 1].value in _BEHIND_TOPIC else None

    @staticmethod
    def _of_topic(sentence: Sentence) -> Standard | None:
        """'Đối với các xã đề nghị công nhận NTM nâng cao, xã A đạt 12/19 tiêu chí; xã B …': what all of it is on."""
        items = sentence.items
        if tuple(item.value for item in items[:2]) != AS_TO:
            return None
        marks = (at for at in range(2, min(len(items) - 1, _LONGEST_TOPIC)) if items[at].value in (":", ","))
        # 'xét, công nhận': a comma between verbs ends no topic.
        end = next((at for at in marks if items[at + 1].type not in ("reach", "act")), 0)
        told = [cast(Standard, item.value) for item in items[:end] if item.type == "standard"]
        return told[0] if len(told) == 1 else None

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
        named = cast(Standard, item.value)
        return frame.standard or named if self.is_the_last(item) else named
