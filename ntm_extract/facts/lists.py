"""Lists of names under a line that says what they have in common.

'Các xã được công nhận, chia theo năm' / 'Năm 2015: Hoằng Thịnh, Hoằng Phú': the names stand alone in their lines, and
standard, status and time are those of the heading, unless a line gives a time of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from ntm_extract.facts.claim import Claim
from ntm_extract.facts.frame import AHEAD, Frame, Mode, Reader, count_of, is_deadline, modality_of
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Achievement, AchievementStatus, Period, Standard, Subject, Target

_LEVELS = ("commune", "village", "residential_area", "district")
_HEADING_MOST = 200  # characters
_MARKS = 3  # items of a list mark: '-', '3', '.'
# What may stand beside the names in a line of the list.
_BESIDE = {"time", "number", "count"}


@dataclass(frozen=True, slots=True)
class _Head:
    """What a line of a list says of its names without saying it."""

    standards: tuple[Standard, ...]
    mode: Mode
    status: AchievementStatus
    time: Period | None
    rule: str
    level: str


class ListReader:
    """Reads the lines under a heading that makes a claim on a class of units."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._head: _Head | None = None
        self.targets: list[Target] = []
        self.achievements: list[Achievement] = []

    def read(self, sentence: Sentence, claim: Claim | None, frame: Frame) -> None:
        """One sentence in its turn; ``claim`` is the one claim on a standard that it makes, if it makes just one."""
        if self._heads(sentence):
            level = self._level(sentence)
            if claim is not None and level is not None:
                time = claim.time or self._deadline(sentence)
                rule = claim.hit.rule.id
                self._head = _Head(tuple(claim.standards), claim.mode, claim.status, time, rule, level)
                if claim.subject is None or claim.subject.count is None:
                    self._counted(sentence, claim.core, self._head)
                return
            if not self._bare(sentence):
                self._head = None
        if self._head is not None:
            self._line(sentence, self._head)
        elif claim is None and (frame.status is not None or frame.mode in AHEAD):
            self._under_section(sentence, frame)

    def _under_section(self, sentence: Sentence, frame: Frame) -> None:
        """'1. NTM nâng cao: A, B (2 xã)', 'Xã C (chuẩn nâng cao)' under a heading that says what became of them."""
        items = sentence.items
        standards = {item.value for item in items if item.type == "standard"}
        units = [item for item in items if item.type == "unit"]
        told = any(item.type in ("reach", "criteria", "act", "person", "negation") for item in items)
        if len(standards) != 1 or not units or told or self._reader.text[sentence.start - 1 : sentence.start] != "\n":
            return
        level = units[0].value
        if level not in _LEVELS or not any(item.value in (":", "(") for item in items):
            return
        names = [name for item in units if item.value == level for name in item.data]
        time = next((item.data.period for item in items if is_deadline(item)), frame.time)
        standard = cast(Standard, standards.pop())
        head = _Head((standard,), frame.mode, frame.status or "met", time, "lists.section.names", level)
        if head.status != "met":
            head = replace(head, mode="reached")
        number = next((item.number for item in items if item.type == "count" and item.value == level), None)
        count = count_of(number) if number is not None else None
        self._tell(Subject(level=level, units=self._reader.units(names), count=count), sentence, head, time)

    def _heads(self, sentence: Sentence) -> bool:
        text = self._reader.text[sentence.start : sentence.end].rstrip()
        return len(text) <= _HEADING_MOST and (sentence.kind == "heading" or text.endswith(":"))

    @staticmethod
    def _level(sentence: Sentence) -> str | None:
        """The class that the heading speaks of; a heading that names units has said it all."""
        if any(item.type == "unit" and item.value in _LEVELS for item in sentence.items):
            return None
        return next(
            (str(item.value) for item in sentence.items if item.type in ("class", "count") and item.value in _LEVELS),
            None,
        )

    @staticmethod
    def _deadline(sentence: Sentence) -> Period | None:
        return next((item.data.period for item in sentence.items if is_deadline(item)), None)

    @staticmethod
    def _bare(sentence: Sentence) -> bool:
        """Names and times only: a line of the list that looks like a heading."""
        kinds = {item.type for item in sentence.items if item.type != "word"}
        words = sum(item.type == "word" and any(letter.isalpha() for letter in item.value) for item in sentence.items)
        return "unit" in kinds and kinds <= {"unit", *_BESIDE} and words <= 1

    def _counted(self, sentence: Sentence, core: int, head: _Head) -> None:
        """'(6 xã)' behind the heading's words."""
        for item in sentence.items[core:]:
            if (
                item.type == "count"
                and item.value == head.level
                and item.number is not None
                and not item.number.percent
            ):
                self._tell(Subject(level=head.level, count=count_of(item.number)), sentence, head, head.time)
                return

    def _line(self, sentence: Sentence, head: _Head) -> None:
        """The names that open a line: alone in it, or before a colon or bracket that says more of them."""
        items = sentence.items
        first = next((at for at, item in enumerate(items) if item.type == "unit"), None)
        if first is None:
            return
        before = items[:first]
        if items[first].value == "district" and head.level != "district" and self._opens_group(items, first, head):
            first += 2  # '- Huyện X: xã A, xã B': those of one district
        if items[first].value != head.level:
            return
        if any(item.type not in _BESIDE and any(letter.isalpha() for letter in item.value[2:]) for item in before):
            return
        behind = items[first + 1].value if first + 1 < len(items) else ""
        if not self._bare(sentence) and behind not in (":", "("):
            return
        time = next((item.data.period for item in self._times(sentence, first) if is_deadline(item)), head.time)
        units = self._reader.units(items[first].data)
        self._tell(Subject(level=head.level, units=units), sentence, head, time)

    @staticmethod
    def _opens_group(items: list[Item], at: int, head: _Head) -> bool:
        """'Huyện X: xã A, xã B;': a district, a colon, and nothing but names of the list's level."""
        if at + 2 >= len(items) or items[at + 1].value != ":":
            return False
        behind = items[at + 2 :]
        return behind[0].value == head.level and all(item.type == "unit" or len(item.value) == 1 for item in behind)

    def _times(self, sentence: Sentence, first: int) -> list[Item]:
        return sentence.items[: first + 3] if self._bare(sentence) else sentence.items[:first]

    def _tell(self, subject: Subject, sentence: Sentence, head: _Head, time: Period | None) -> None:
        evidence = self._reader.evidence(sentence.start, sentence.end, head.rule)
        for standard in head.standards:
            if head.mode in AHEAD and head.status not in ("proposed", "appraised"):
                self.targets.append(
                    Target(
                        subject=subject,
                        outcome="standard",
                        standard=standard,
                        deadline=time,
                        modality=modality_of(head.mode),
                        evidence=evidence,
                    )
                )
            elif head.mode == "reached":
                self.achievements.append(
                    Achievement(subject=subject, standard=standard, status=head.status, period=time, evidence=evidence)
                )
