"""Yardsticks: on which set of criteria a count stands, and which counts may be compared.

The sets are data (``patterns/criteria_sets.yml``); what is not verified there is unknown here. '11/15', '11/20'
and '17/19' may be three different measures; the size of the set, the day, the level, the standard and the
province say which. Where they do not, the yardstick is a set of unknown origin with its size and place.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from ntm_extract.data_files import parse_yaml
from ntm_extract.errors import ConfigurationError
from ntm_extract.model import Standard
from ntm_extract.orthography import fold_text
from ntm_extract.patterns import patterns_folder

Metric = Literal["criterion", "indicator"]

# A set goes on being counted on for a while after the next one is decreed.
_GRACE = dt.timedelta(days=366)
_SIZE_KEY: dict[Metric, str] = {"criterion": "criteria", "indicator": "indicators"}


@dataclass(frozen=True, slots=True)
class ProvinceSize:
    """Size of a set as one province has it; ``first`` is the first day it was so, if known."""

    province: str
    criteria: int | None
    indicators: int | None
    first: dt.date | None


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of a set: its number there, the ids facts carry, its name; what is unverified may be wrong."""

    number: int
    ids: tuple[str, ...]
    name: str
    verified: bool


@dataclass(frozen=True, slots=True)
class CriteriaSet:
    """A set of criteria in force from ``first`` to ``last`` (None: still); sizes are None where unknown."""

    id: str
    level: str
    standard: str
    period: tuple[int, int | None]
    decisions: tuple[str, ...]
    first: dt.date
    last: dt.date | None
    provincial: bool
    criteria_n: int | None
    indicators_n: int | None
    by_province: tuple[ProvinceSize, ...]
    criteria: tuple[Criterion, ...]

    def in_force(self, day: dt.date) -> bool:
        """Whether it was in force on that day."""
        return self.first <= day and (self.last is None or day <= self.last)

    def size(self, metric: Metric, province: str | None = None, day: dt.date | None = None) -> int | None:
        """How many criteria or indicators it has, in a province; None if unknown."""
        for own in self.by_province:
            if (
                province
                and fold_text(own.province) == fold_text(province)
                and (not own.first or not day or own.first <= day)
            ):
                size = own.criteria if metric == "criterion" else own.indicators
                if size is not None:
                    return size
        if self.provincial:
            return None
        return self.criteria_n if metric == "criterion" else self.indicators_n


@dataclass(frozen=True, slots=True)
class CriteriaSets:
    """Every set known, and what standard includes which."""

    sets: tuple[CriteriaSet, ...]
    includes: dict[Standard, tuple[Standard, ...]] = field(default_factory=dict)
    rule_decisions: frozenset[str] = frozenset()

    def at(self, set_id: str) -> CriteriaSet:
        """The set of that id. Raises KeyError."""
        for one in self.sets:
            if one.id == set_id:
                return one
        raise KeyError(set_id)

    def in_force(self, level: str, standard: str, day: dt.date) -> CriteriaSet | None:
        """The set in force on a day for a level and a standard, if one is known."""
        found = [one for one in self.sets if one.level == level and one.standard == standard and one.in_force(day)]
        return found[0] if found else None


def decision_number(surface: str) -> str:
    """Number of a decision as a key: '318 /qđ-ttg' and '318/QĐ-TTg' are one."""
    return re.sub(r"\s+", "", surface).strip("/.-").upper().replace("QD-", "QĐ-")


# ------------------------------------------------------------------ reading the file


@cache
def criteria_sets() -> CriteriaSets:
    """The shipped sets, read once."""
    return load_criteria_sets(patterns_folder() / "criteria_sets.yml")


def load_criteria_sets(path: Path) -> CriteriaSets:
    """Sets of one file. Raises ConfigurationError with every fault of the file, one to a line."""
    try:
        data: Any = parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError([f"{path}: {' '.join(str(error).split())}; mend or restore the file"]) from error
    faults: list[str] = []
    sets: list[CriteriaSet] = []
    for row in data.get("sets", []) if isinstance(data, dict) else []:
        try:
            sets.append(_parse_set(row))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = row.get("id", "?") if isinstance(row, dict) else row
            faults.append(f"{path}: set {name}: {error!r}; mend the row")
    if not sets and not faults:
        faults.append(f"{path}: no sets; expected a list 'sets'")
    doubles = {one.id for one in sets if sum(other.id == one.id for other in sets) > 1}
    faults += [f"{path}: set {double}: id used twice; give each set its own" for double in sorted(doubles)]
    if faults:
        raise ConfigurationError(faults, where=path)
    numbers = {decision_number(no) for one in sets for no in one.decisions}
    numbers |= {decision_number(no) for no in data.get("other_decisions", [])}
    includes: dict[Standard, tuple[Standard, ...]] = {
        high: tuple(low) for high, low in data.get("includes", {}).items()
    }
    return CriteriaSets(tuple(sets), includes, frozenset(numbers))


def _parse_set(row: dict[str, Any]) -> CriteriaSet:
    sizes = row["sizes"]

    def known(metric: Metric) -> int | None:
        size = sizes[_SIZE_KEY[metric]]
        return int(size["n"]) if size["verified"] is True and size["n"] is not None else None

    return CriteriaSet(
        id=row["id"],
        level=row["level"],
        standard=row["standard"],
        period=(int(row["period"]["from"]), row["period"]["to"]),
        decisions=tuple(row["decisions"]),
        first=_day(row["in_force"]["from"]),
        last=_day(row["in_force"]["to"]) if row["in_force"]["to"] else None,
        provincial={"national": False, "province": True}[row["set_by"]],
        criteria_n=known("criterion"),
        indicators_n=known("indicator"),
        by_province=tuple(
            ProvinceSize(own["province"], own.get("criteria"), own.get("indicators"), own.get("from"))
            for own in row.get("by_province", [])
            if own["verified"] is True
        ),
        criteria=tuple(
            Criterion(int(one["number"]), tuple(one.get("ids") or [one["id"]]), one["name"], one["verified"] is True)
            for one in row["criteria"]
        ),
    )


def _day(value: object) -> dt.date:
    if isinstance(value, dt.date):
        return value
    raise ValueError(f"not a day: {value!r}")


# ------------------------------------------------------------------ what the standards include


def including(standard: Standard) -> tuple[Standard, ...]:
    """Standards that cannot be held without holding ``standard``: of ntm these are ntm_advanced and ntm_model."""
    return tuple(high for high, low in criteria_sets().includes.items() if standard in low)


def rule_decisions() -> frozenset[str]:
    """Numbers of acts that set criteria, programmes or procedures and recognise nothing."""
    return criteria_sets().rule_decisions


# ------------------------------------------------------------------ the yardstick of a count


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a count is measured on.

    ``set_id`` is None where no known set has that size there then; ``total`` is the size it counts to, None if
    neither stated nor known; ``certain`` is false where another set of the same size may be meant as well.
    """

    level: str
    standard: str
    metric: Metric
    set_id: str | None
    province: str | None
    total: float | None
    certain: bool

    @property
    def key(self) -> tuple[object, ...]:
        """Counts may be put side by side only if these are equal."""
        province = fold_text(self.province) if self.province and (self.set_id is None or self._provincial) else None
        return (self.level, self.standard, self.metric, self.set_id, province, self.total)

    @property
    def _provincial(self) -> bool:
        return self.set_id is not None and criteria_sets().at(self.set_id).provincial

    def __str__(self) -> str:
        name = self.set_id or f"unknown set ({self.standard}, {self.province or 'province unknown'})"
        return f"{name}/{self.total:g}" if self.total is not None else name


def yardstick(
    level: str,
    standard: str,
    metric: Metric,
    day: dt.date | None,
    province: str | None = None,
    total: float | None = None,
) -> Yardstick:
    """The set a count stands on, from its size (if stated), its day and its province."""
    sets = criteria_sets()
    candidates = [one for one in sets.sets if one.level == level and one.standard == standard]
    if day is not None:
        first = day
        candidates = [
            one for one in candidates if one.first <= first and (one.last is None or first <= one.last + _GRACE)
        ]
        candidates.sort(key=lambda one: not one.in_force(first))
    if total is not None:
        # A province that adds to the national set may still count on the national one.
        sized = [one for one in candidates if total in (one.size(metric, province, day), one.size(metric))]
        # In a province whose own set was not seen any size may be its own.
        open_ = [one for one in candidates if one.provincial and one.size(metric, province, day) is None]
        candidates = sized or open_
    if not candidates:
        return Yardstick(level, standard, metric, None, province, total, False)
    chosen = candidates[0]
    if total is None:
        size = chosen.size(metric, province, day)
        return Yardstick(level, standard, metric, chosen.id, province, size, size is not None and len(candidates) == 1)
    return Yardstick(level, standard, metric, chosen.id, province, total, len(candidates) == 1)


def refusal(one: Yardstick, other: Yardstick) -> str | None:
    """Why two counts may not be compared, in one line; None if they may."""
    if one.key == other.key and (one.set_id is not None or one.total is not None):
        return None
    if one.level != other.level:
        return f"a {one.level} and a {other.level} are counted on different sets"
    if one.standard != other.standard:
        return f"{one.standard} and {other.standard} are different standards"
    if one.metric != other.metric:
        return f"{one.metric}s and {other.metric}s are different measures"
    if one.set_id != other.set_id:
        return f"the set changed: {one} against {other}"
    if one.total != other.total:
        return f"the sets differ in size: {one} against {other}"
    if one.set_id is None:
        return f"it is not known on which set they were counted ({one})"
    return f"provinces have sets of their own: {one.province or 'unknown'} against {other.province or 'unknown'}"


# ------------------------------------------------------------------ series with breaks


@dataclass(frozen=True, slots=True)
class Point:
    """One count of a series; ``share`` is achieved over the size of the set, 0 to 1, None where that is unknown."""

    day: dt.date | None
    achieved: float
    yardstick: Yardstick
    article: str
    basically: bool = False

    @property
    def share(self) -> float | None:
        return self.achieved / self.yardstick.total if self.yardstick.total else None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a series on one yardstick; ``broken_by`` says why it does not go on from the one before."""

    yardstick: Yardstick
    points: tuple[Point, ...]
    broken_by: str | None

    @property
    def mean(self) -> float:
        """Mean of the counts; they are all on one yardstick."""
        return sum(point.achieved for point in self.points) / len(self.points)


def segments(points: Iterable[Point]) -> tuple[Segment, ...]:
    """A series in order of time, cut wherever the yardstick changes: a fall across a cut is no decline."""
    ordered = sorted(points, key=lambda point: (point.day or dt.date.min, point.article, point.achieved))
    out: list[Segment] = []
    run: list[Point] = []
    broken_by: str | None = None
    for point in ordered:
        if run and point.yardstick.key != run[-1].yardstick.key:
            out.append(Segment(run[0].yardstick, tuple(run), broken_by))
            broken_by = refusal(run[-1].yardstick, point.yardstick) or "the yardstick changed"
            run = []
        run.append(point)
    if run:
        out.append(Segment(run[0].yardstick, tuple(run), broken_by))
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two counts side by side: their difference, or the reason why there is none, or the shares that were asked for."""

    one: Point
    other: Point
    difference: float | None
    shares: tuple[float | None, float | None] | None
    refused: str | None


def compare_counts(one: Point, other: Point, *, shares: bool = False) -> Comparison:
    """Difference of two counts if they stand on one yardstick; else refused with the reason, shares if asked."""
    reason = refusal(one.yardstick, other.yardstick)
    return Comparison(
        one,
        other,
        other.achieved - one.achieved if reason is None else None,
        (one.share, other.share) if shares else None,
        reason,
    )


def mean(points: Sequence[Point]) -> float:
    """Mean of counts on one yardstick. Raises ValueError if they are on several."""
    for point in points[1:]:
        if reason := refusal(points[0].yardstick, point.yardstick):
            raise ValueError(reason)
    return sum(point.achieved for point in points) / len(points)
