"""A claim while it is put together, and the spot in its sentence where a rule found it."""

from __future__ import annotations

from dataclasses import dataclass

from ntm_extract.facts.frame import AHEAD, Mode
from ntm_extract.match.reader import Hit, Sentence
from ntm_extract.model import AchievementStatus, Period, Standard, Subject
from ntm_extract.orthography import fold_word

MODEL_LEVELS = ("residential_area", "garden")  # their standard is the model one: 'vườn mẫu đạt chuẩn'
AND = frozenset({",", "và", fold_word("và"), "hoặc", fold_word("hoặc"), "/"})  # what joins members of a list
AS_TO = (fold_word("đối"), fold_word("với"))
# Moods, verbs and words between what some are to reach and the number that they have reached.
_ON_THE_WAY = {"current", "past", "met", "finish", *map(fold_word, ("mới", "chỉ", "có", "từ", "bình", "trung", "quân"))}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a rule found a claim. ``core`` is the item it stands on, ``before`` the claim before it in the sentence."""

    sentence: Sentence
    hit: Hit
    core: int
    before: Claim | None

    @property
    def verb(self) -> int:
        """The item that says what was done or is to be done; the core where none does."""
        slots = self.hit.slots
        return slots.get("award", slots.get("reach", self.core))

    @property
    def apart(self) -> bool:
        """'Đối với 5 xã có kế hoạch đạt chuẩn, có 3 xã đạt 19/19 tiêu chí': does the first only tell which?"""
        if self.before is None:
            return False
        items = self.sentence.items
        if tuple(item.value for item in items[:2]) == AS_TO and any(
            item.value == "," for item in items[self.before.core : self.verb]
        ):
            return True
        # '10 xã phấn đấu đạt chuẩn năm nay đạt bình quân 17,8 tiêu chí': the second verb is that of the sentence.
        subject = self.before.subject_index
        if subject is None or self.before.hit.rule.fact != "standard" or self.before.mode not in AHEAD:
            return False
        between = items[self.before.last : self.verb]
        return items[subject + 1].type in ("mood", "act") and all(
            item.type in ("time", "hedge") or item.value in _ON_THE_WAY for item in between
        )

    @property
    def floor(self) -> int:
        """The first item that the claim before it leaves to this one."""
        return self.before.last if self.before is not None else 0

    @property
    def last(self) -> int:
        """The index behind what the rule found."""
        return max(self.hit.last, self.core + 1)


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim. ``core`` is the item it stands on, ``last`` the index behind it."""

    hit: Hit
    core: int
    last: int
    mode: Mode
    subject: Subject | None
    subject_index: int | None
    standards: list[Standard]
    time: Period | None
    beside: list[Subject]
    status: AchievementStatus
    named: bool  # does the text beside it name the standard?
