"""Figures of an article, what they may stand for as written, and the page on which checks find them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ntm_extract.facts.frame import Reader
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Check
from ntm_extract.values import Number

Range = tuple[float, float]
_COUNTED = frozenset({"province", "district", "commune", "village", "residential_area", "place"})
_HEDGE = 0.1  # how far 'hơn', 'gần' and 'khoảng' reach, as a share of the number
_DECIMALS = re.compile(r"\d[.,](\d+)\D*$")
IN_BRACKETS = re.compile(r"\([^)]*\)?")  # a bracket, which says nothing of the list around it


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A number with what it counts: item ``at`` of the sentence that is number ``place`` of the article."""

    item: Item
    number: Number
    sentence: Sentence
    at: int
    place: int
    start: int
    end: int

    @property
    def exact(self) -> bool:
        number = self.number
        return number.qualifier == "exact" and number.max is None and not (number.floor or number.ceiling)

    @property
    def whole(self) -> bool:
        """A plain number of things: no hedge, no share, no decimals."""
        return self.exact and not self.number.percent and float(self.number.value).is_integer()

    @property
    def units(self) -> bool:
        """Does it count administrative units?"""
        return self.item.type in ("count", "unit") and self.item.value in _COUNTED and not self.number.percent

    @property
    def communes(self) -> bool:
        return self.units and self.item.value == "commune"

    @property
    def money(self) -> bool:
        return self.item.type == "quantity" and self.item.value == "money"


class Page:
    """The text that checks read, also in lower case, and what they found in it."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.text = reader.text
        low = reader.text.lower()
        self.low = low if len(low) == len(reader.text) else reader.text  # 'İ' alone grows in lower case
        self.found: list[Check] = []

    def tell(self, kind: str, message: str, start: int, end: int) -> None:
        """A contradiction, quoting both sides."""
        evidence = self.reader.evidence(start, end, f"audit.{kind}")
        self.found.append(Check(kind=kind, message=message, evidence=evidence))

    def between(self, one: Figure, other: Figure) -> str:
        """What stands between two figures."""
        return self.low[one.end : other.start]

    def before(self, figure: Figure, length: int) -> str:
        """Up to so many characters of its sentence before a figure."""
        return self.low[max(figure.sentence.start, figure.start - length) : figure.start]


def _step(text: str, number: Number) -> float:
    """What the last digit of a number is worth: 0.1 for '85,7 %', 1 for '12'."""
    written = _DECIMALS.search(text[number.start : number.end].partition("/")[0])
    if not written or (len(written[1]) == 3 and number.value >= 1000):
        return 1.0
    return float(10.0 ** -len(written[1]))


def reach(text: str, number: Number) -> Range:
    """Values that a number as written may stand for: rounded or cut off behind its last digit, and hedged."""
    step = _step(text, number)
    low, high = number.value - step / 2, (number.max if number.max is not None else number.value) + step
    if number.qualifier in ("over", "about") or number.floor:
        high += number.value * _HEDGE
    if number.qualifier in ("under", "about") or number.ceiling:
        low -= number.value * _HEDGE
    return low - 1e-9, high - 1e-9


def meet(one: Range, other: Range) -> bool:
    """Is there a value in both ranges?"""
    return one[0] <= other[1] and other[0] <= one[1]


def plain(value: float, digits: int = 3) -> str:
    """A number as people write it: no zeros behind the point."""
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
