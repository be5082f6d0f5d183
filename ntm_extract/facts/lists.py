"""Lists of names under a line that says what they have in common.

'Các xã được công nhận, chia theo năm' / 'Năm 2015: Hoằng Thịnh, Hoằng Phú': the names stand alone in their lines, and
standard, status and time are those of the heading, unless a line gives a time of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from ntm_extract.facts.claims import Claim
from ntm_extract.facts.frame import AHEAD, Reader, count_of, is_deadline, modality_of
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Achievement, Period, Subject, Target

_LEVELS = ("commune", "village", "residential_area", "district")
_HEADING_MOST = 200  # characters
_MARKS = 3  # items of a list mark: '-', '3', '.'
# What may stand beside the names in a line of the list.
_BESIDE = {"time", "number", "count"}


@dataclass(frozen=True, slots=True)
class _Head:
    claim: Claim
    level: str
    time: Period | None


class ListReader:
    """Reads the lines under a heading that makes a claim on a class of units."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._head: _Head | None = None
        self.targets: list[Target] = []
        self.achievements: list[Achievement] = []

    def read(self, sentence: Sentence, claim: Claim | None) -> None:
        """One sentence in its turn; ``claim`` is the one claim on a standard that it makes, if it makes just one."""
        if self._heads(sentence):
            level = self._level(sentence)
            if claim is not None and level is not None:
                self._head = _Head(claim, level, claim.time or self._deadline(sentence))
                self._counted(sentence, self._head)
                return
            if not self._bare(sentence):
                self._head = None
        if self._head is not None:
            self._line(sentence, self._head)

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

    def _counted(self, sentence: Sentence, head: _Head) -> None:
        """'(6 xã)' behind the heading's words."""
        if head.claim.subject is not None and head.claim.subject.count is not None:
            return  # told by the claim itself
        for item in sentence.items[head.claim.core :]:
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
        if first is None or items[first].value != head.level:
            return
        before = items[:first]
        if any(item.type not in _BESIDE and any(letter.isalpha() for letter in item.value[2:]) for item in before):
            return
        behind = items[first + 1].value if first + 1 < len(items) else ""
        if not self._bare(sentence) and behind not in (":", "("):
            return
        time = next((item.data.period for item in self._times(sentence, first) if is_deadline(item)), head.time)
        units = self._reader.units(items[first].data)
        self._tell(Subject(level=head.level, units=units), sentence, head, time)

    def _times(self, sentence: Sentence, first: int) -> list[Item]:
        return sentence.items[: first + 3] if self._bare(sentence) else sentence.items[:first]

    def _tell(self, subject: Subject, sentence: Sentence, head: _Head, time: Period | None) -> None:
        claim = head.claim
        evidence = self._reader.evidence(sentence.start, sentence.end, f"{claim.hit.rule.id}")
        for standard in claim.standards:
            if claim.mode in AHEAD and claim.status not in ("proposed", "appraised"):
                self.targets.append(
                    Target(
                        subject=subject,
                        outcome="standard",
                        standard=standard,
                        deadline=time,
                        modality=modality_of(claim.mode),
                        evidence=evidence,
                    )
                )
            elif claim.mode == "reached":
                self.achievements.append(
                    Achievement(subject=subject, standard=standard, status=claim.status, period=time, evidence=evidence)
                )
