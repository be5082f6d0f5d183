"""Comparisons: promised, reached and recognised by group of units, standard and year; counts on their yardsticks.

A unit counts once for a standard, in the first year it reached it. Numbers said ('có thêm 5 xã') stand beside the
units that are named, and the larger is taken. Where units are carried over a merger, those of which a group holds
only a part, or nobody knows how much, are counted apart and in none of the group's numbers.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from ntm_extract.model import Evidence, Record, Standard, Unit
from ntm_extract.monitor.lineage import Event, Lineage, lineage
from ntm_extract.monitor.places import Places
from ntm_extract.monitor.verdicts import Decision, Verdict, judge, keeps
from ntm_extract.monitor.yardsticks import Point, Yardstick, criteria_sets, including, refusal, segments, yardstick
from ntm_extract.units import fold

By = Literal["unit", "district", "province", "today", "today_province"]
_QUOTES = 5


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Quote(_Frozen):
    """Where a number can be read."""

    article: Annotated[str, Field(description="id of the article")]
    evidence: Annotated[Evidence, Field(description="the words")]


class ComparisonRow(_Frozen):
    """One group of units, one standard, one year."""

    by: Annotated[By, Field(description="how units are grouped")]
    group: Annotated[Unit, Field(description="the group: a district, a province, a unit, or a unit of today")]
    level: Annotated[str, Field(description="level of the units counted")]
    standard: Annotated[Standard, Field(description="the standard")]
    year: Annotated[int, Field(description="year of the deadline, and year of the standard")]
    promised: Annotated[int, Field(description="units promised for the year: named, or the number said if larger")]
    reached: Annotated[int, Field(description="units that first reached it for the year: named, or said if larger")]
    recognised: Annotated[int, Field(description="of those named, recognised by decision")]
    undated: Annotated[int, Field(description="of those named, placed by the day it was said: no year was given")]
    holding: Annotated[int, Field(description="named units with it or a standard that includes it, by year's end")]
    units: Annotated[int | None, Field(description="xã of the group at the end of the year, where known")]
    share: Annotated[float | None, Field(description="holding divided by units, 0 to 1")]
    kept: Annotated[
        int | None, Field(description="promises for the year kept; this and the next four empty if not judged")
    ]
    kept_late: Annotated[int | None, Field(description="promises for the year kept late")]
    redated: Annotated[int | None, Field(description="promises for the year re-dated")]
    not_met: Annotated[int | None, Field(description="promises for the year that a source says were not met")]
    no_evidence: Annotated[
        int | None, Field(description="promises for the year past their day of which nothing is heard")
    ]
    lag_days: Annotated[float | None, Field(description="median lag of the promises kept, days")]
    parts: Annotated[int, Field(description="units that lie here in part, or how much is unknown; not counted")]
    criteria_set: Annotated[str | None, Field(description="set of criteria in force at the end of the year")]
    broken: Annotated[str | None, Field(description="why the year may not be set against the one before")]
    quotes: Annotated[tuple[Quote, ...], Field(description="where the numbers can be read")]


class Said(NamedTuple):
    """A fact as comparing needs it. ``year`` is that of the deadline or of the standard, 0 where none is given;
    ``day`` the year it was said; ``number`` the units said where none is named; ``where`` leads to its quotation."""

    kind: str
    place: str
    standard: Standard
    year: int
    day: int
    number: float | None
    where: Any


@dataclass(slots=True)
class _Cell:
    named: set[str] = field(default_factory=set)
    said: float = 0
    reached: set[str] = field(default_factory=set)
    reached_said: float = 0
    recognised: set[str] = field(default_factory=set)
    undated: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    verdicts: list[Verdict] | None = None
    where: list[Any] = field(default_factory=list)


# A group's number; its level, name and place tell it from others.
_Group = int


def compare(
    records: Iterable[Record] | Lineage,
    by: By = "district",
    *,
    level: str = "commune",
    standards: Sequence[Standard] = (),
    years: Sequence[int] = (),
    as_of: dt.date | None = None,
    decisions: Iterable[Decision] = (),
) -> list[ComparisonRow]:
    """Promised against reached by group × standard × year, as known on ``as_of`` (default: from all records).

    ``by`` groups units as they were by ``unit``, ``district`` or ``province`` (units of after July 2025 go to the
    former districts of their land), or carries them to ``today``'s units and provinces. Empty ``standards`` and
    ``years`` are all that occur. Rows are in order of group, standard and year.
    """
    lines = records if isinstance(records, Lineage) else lineage(records, as_of or dt.date.max)
    table = Comparing(lines.places, by, level)
    table.fill(said_by(lines.events, level))
    for verdict in judge(lines, as_of or dt.date.max, decisions):
        if verdict.unit is not None and verdict.unit.level == level and verdict.promised.by is not None:
            table.judged(verdict, lines.places.key(verdict.unit, lines.records[verdict.promised.article]))
    return table.rows(standards, years, _quotes)


def said_by(events: Iterable[Event], level: str) -> Iterator[Said]:
    """What of events on units of a level is compared; ``where`` is the event."""
    for event in events:
        if event.standard is None or event.place is None or event.subject.level != level:
            continue
        if event.achieved is not None:  # a full count: criteria are compared by ``counts``
            continue
        said = event.happened.year if event.happened else 0
        number = None
        if event.unit is None:
            count = event.subject.count
            if event.stock or count is None:
                continue
            number = count.min if count.min is not None else count.max
        if event.kind == "promised" and event.deadline:
            yield Said("promised", event.place, event.standard, event.deadline.year, said, number, event)
        elif event.kind in ("recognised", "met", "lost") and keeps(event):
            yield Said(event.kind, event.place, event.standard, event.year or 0, said, number, event)


class Comparing:
    """Gathers facts into cells of group × standard × year, and reads rows off them."""

    def __init__(self, places: Places, by: By, level: str) -> None:
        self.places, self.by, self.level = places, by, level
        self.group_units: list[Unit] = []
        self.order: list[tuple[str, str, str]] = []
        self._numbers: dict[tuple[str, str, str], _Group] = {}
        self._written: dict[tuple[str, str, str | None, str | None], _Group] = {}
        self._groups_of: dict[str, list[tuple[_Group, bool]]] = {}
        self._held: dict[tuple[_Group, Standard], tuple[list[int], list[int]]] = {}
        self._communes: dict[tuple[_Group, int], int | None] = {}
        self._bare: dict[_Group, Unit] = {}
        self.cells: dict[tuple[_Group, Standard, int], _Cell] = defaultdict(_Cell)
        # Of each unit of a group and standard: the years it was reached (True) and lost (False), in order.
        self.turns: dict[tuple[_Group, Standard], dict[str, Sequence[tuple[int, bool]]]] = defaultdict(dict)

    # -------------------------------------------------------------- groups

    def groups(self, place: str) -> list[tuple[_Group, bool]]:
        """Groups a place belongs to, and whether it lies in each as a whole."""
        found = self._groups_of.get(place)
        if found is None:
            found = self._groups_of[place] = []
            for group, whole in self._units(place):
                written = (group.level, group.name, group.province, group.code)
                number = self._written.get(written)
                if number is None:
                    key = (group.level, fold(group.name), fold(f"{group.province or ''} {group.code or ''}"))
                    number = self._written[written] = self._numbers.setdefault(key, len(self.group_units))
                    if number == len(self.group_units):
                        self.group_units.append(group)
                        self.order.append(key)
                found.append((number, whole))
        return found

    def _units(self, place: str) -> Iterable[tuple[Unit, bool]]:
        if self.by == "district":
            return self.places.districts(place)
        if self.by == "unit":
            return [(self.places.unit(place), True)]
        if self.by == "province":  # as it was
            unit = self.places.unit(place)
            name = unit.name if unit.level == "province" else unit.province
            return [(Unit(level="province", name=name), True)] if name else []
        heirs = self.places.heirs(place)
        if self.by == "today":
            return heirs
        provinces = {heir.province or heir.name for heir, _ in heirs}
        return [(Unit(level="province", name=name), len(provinces) == 1) for name in sorted(provinces)]

    # -------------------------------------------------------------- facts

    def fill(self, facts: Iterable[Said]) -> None:
        """Take in facts; those that a unit reached or lost a standard are weighed together at the end."""
        reached: dict[tuple[str, Standard], list[Said]] = defaultdict(list)
        for said in facts:
            if said.number is not None:
                self._number(said)
            elif said.kind == "promised":
                self.promised(((said.standard, said.place, said.year, said.where),))
            else:
                reached[self.places.root(said.place), said.standard].append(said)
        for (unit, standard), found in reached.items():
            self._reach(unit, standard, found)

    def promised(self, promises: Iterable[tuple[Standard, str, int, Any]]) -> None:
        """Take in promises: standard, place, year of the deadline and where it is said. Fastest place by place."""
        cells, last = self.cells, None
        for standard, place, year, where in promises:
            if place != last:
                last, root, groups = place, self.places.root(place), self.groups(place)
            for group, whole in groups:
                cell = cells[group, standard, year]
                (cell.named if whole else cell.parts).add(root)
                cell.where.append(where)

    def _number(self, said: Said) -> None:
        """A number of units, in the group of its area; carried over a merger it would be nobody's."""
        if self.by not in ("district", "province") or not said.year or said.number is None or said.kind == "lost":
            return
        if self.places.unit(said.place).level != self.by:
            return
        for group, _ in self.groups(said.place):
            cell = self.cells[group, said.standard, said.year]
            if said.kind == "promised":
                cell.said = max(cell.said, said.number)
            else:
                cell.reached_said = max(cell.reached_said, said.number)
            cell.where.append(said.where)

    def _reach(self, root: str, standard: Standard, found: Sequence[Said]) -> None:
        """A unit in the first year it reached the standard: by decisions if there are any, by their years if given."""
        won = [said for said in found if said.kind != "lost"]
        pool = [said for said in won if said.kind == "recognised"] or won
        dated = [said for said in pool if said.year]
        years = {said.year or said.day for said in dated or pool} - {0}
        if not years:
            return
        turns = [(one, True) for one in years]
        turns += [(said.year or said.day, False) for said in found if said.kind == "lost"]
        self.reached(
            standard,
            max(said.place for said in won),
            min(years),
            [said.where for said in found],
            sorted(turns),
            recognised=pool[0].kind == "recognised",
            dated=bool(dated),
        )

    def reached(
        self,
        standard: Standard,
        place: str,
        year: int,
        where: Sequence[Any],
        turns: Sequence[tuple[int, bool]],
        *,
        recognised: bool,
        dated: bool,
    ) -> None:
        """Take in that a unit reached a standard: in which year first, and in which it was won and lost."""
        root = self.places.root(place)
        for group, whole in self.groups(place):
            cell = self.cells[group, standard, year]
            cell.where += where
            if whole:
                cell.reached.add(root)
                if recognised:
                    cell.recognised.add(root)
                if not dated:
                    cell.undated.add(root)
                self.turns[group, standard][root] = turns
            else:
                cell.parts.add(root)

    def judged(self, verdict: Verdict, place: str) -> None:
        """Take in a verdict on a promise of a unit with a deadline."""
        if verdict.promised.by is None:
            return
        for group, whole in self.groups(place):
            cell = self.cells[group, verdict.standard, verdict.promised.by.year]
            if whole:
                cell.verdicts = [*(cell.verdicts or ()), verdict]

    # -------------------------------------------------------------- rows

    def rows(
        self, standards: Sequence[Standard], years: Sequence[int], quoted: Callable[[Sequence[Any]], tuple[Quote, ...]]
    ) -> list[ComparisonRow]:
        """Rows in order of group, standard and year; ``quoted`` reads the quotations of some facts' ``where``."""
        judging = any(cell.verdicts for cell in self.cells.values())
        sets: dict[tuple[Standard, int], str | None] = {}
        out: list[ComparisonRow] = []
        rank = {group: at for at, group in enumerate(sorted(range(len(self.order)), key=self.order.__getitem__))}
        order = sorted(self.cells, key=lambda key: (rank[key[0]], key[1], key[2]))
        before: tuple[_Group, Standard] | None = None
        set_before: str | None = None
        for key in order:
            group, standard, year = key
            if key[1:] not in sets:
                in_force = criteria_sets().in_force(self.level, standard, dt.date(year, 12, 31))
                sets[key[1:]] = in_force.id if in_force else None
            set_id = sets[key[1:]]
            follows = before == (group, standard)
            broken = f"the set changed: {set_before} to {set_id}" if follows and set_id != set_before else None
            before, set_before = (group, standard), set_id
            if (standards and standard not in standards) or (years and year not in years):
                continue
            cell = self.cells[key]
            if judging and cell.verdicts is None:
                cell.verdicts = []
            out.append(self._row(key, cell, set_id, broken, quoted(cell.where)))
        return out

    def _holding(self, group: _Group, standard: Standard, year: int) -> int:
        """Units of a group that hold a standard, or one that includes it, at the end of a year."""
        series = self._held.get((group, standard))
        if series is None:
            changes = sorted(
                (when, won, root, one)
                for one in (standard, *including(standard))
                for root, turns in self.turns.get((group, one), {}).items()
                for when, won in turns
            )
            held: dict[str, set[Standard]] = defaultdict(set)
            series = self._held[group, standard] = ([], [0])
            for when, won, root, one in changes:
                before = bool(held[root])
                (held[root].add if won else held[root].discard)(one)
                series[0].append(when)
                series[1].append(series[1][-1] + bool(held[root]) - before)
        years, numbers = series
        return numbers[bisect_right(years, year)]

    def _rural(self, group: _Group, year: int) -> int | None:
        """Xã of a group at the end of a year, where they are known and counted."""
        unit = self.group_units[group]
        if self.level != "commune" or unit.level not in ("district", "province") or self.by == "today_province":
            return None
        return self.places.rural_communes(unit, dt.date(year, 12, 31))

    def _row(
        self,
        key: tuple[_Group, Standard, int],
        cell: _Cell,
        set_id: str | None,
        broken: str | None,
        quotes: tuple[Quote, ...],
    ) -> ComparisonRow:
        group, standard, year = key
        holding = self._holding(group, standard, year)
        communes = self._communes.get((group, year), -1)
        if communes == -1:
            communes = self._communes[group, year] = self._rural(group, year)
        if group not in self._bare:
            self._bare[group] = self.group_units[group].model_copy(update={"today": (), "candidates": ()})
        judged = cell.verdicts is not None
        words = [verdict.verdict for verdict in cell.verdicts or ()]
        lags = [verdict.lag_days for verdict in cell.verdicts or () if verdict.lag_days is not None]
        return ComparisonRow(
            by=self.by,
            group=self._bare[group],
            level=self.level,
            standard=standard,
            year=year,
            promised=max(len(cell.named), int(cell.said)),
            reached=max(len(cell.reached), int(cell.reached_said)),
            recognised=len(cell.recognised),
            undated=len(cell.undated),
            holding=holding,
            units=communes,
            share=holding / communes if communes else None,
            kept=words.count("kept") if judged else None,
            kept_late=words.count("kept_late") if judged else None,
            redated=words.count("re-dated") if judged else None,
            not_met=words.count("not_met") if judged else None,
            no_evidence=words.count("lapsed_no_evidence") if judged else None,
            lag_days=float(median(lags)) if lags else None,
            parts=len(cell.parts),
            criteria_set=set_id,
            broken=broken,
            quotes=quotes,
        )


def _quotes(events: Iterable[Event], most: int = _QUOTES) -> tuple[Quote, ...]:
    seen: dict[tuple[str, int, int], Quote] = {}
    for event in sorted(events, key=Event.sort_key):
        where = (event.article, event.evidence.start, event.evidence.end)
        seen.setdefault(where, Quote(article=event.article, evidence=event.evidence))
    return tuple(list(seen.values())[:most])


# ------------------------------------------------------------------ criteria reached, on their yardsticks


class CountRow(_Frozen):
    """Criteria reached in one group and year, on one yardstick; another yardstick is another row."""

    by: Annotated[By, Field(description="how units are grouped")]
    group: Annotated[Unit, Field(description="the group")]
    standard: Annotated[Standard, Field(description="the standard")]
    metric: Annotated[Literal["criterion", "indicator"], Field(description="tiêu chí or chỉ tiêu")]
    year: Annotated[int | None, Field(description="year of the counts")]
    criteria_set: Annotated[str | None, Field(description="set they are counted on; empty where it is not known")]
    total: Annotated[float | None, Field(description="size of the set")]
    units: Annotated[int, Field(description="units counted, each by its newest count of the year")]
    mean: Annotated[float, Field(description="mean number reached")]
    share: Annotated[float | None, Field(description="mean over the size of the set, 0 to 1; only when asked for")]
    certain: Annotated[bool, Field(description="no other set of that size may be meant")]
    broken: Annotated[str | None, Field(description="why the row may not be set against the one before in its group")]
    quotes: Annotated[tuple[Quote, ...], Field(description="where the counts can be read")]


def counts(
    records: Iterable[Record] | Lineage,
    by: By = "district",
    *,
    level: str = "commune",
    standards: Sequence[Standard] = (),
    as_of: dt.date | None = None,
    shares: bool = False,
) -> list[CountRow]:
    """Criteria reached by group × standard × year × yardstick. Counts on two sets never enter one mean.

    With ``shares`` rows on different sets can be set side by side as shares of their sets; their ``broken`` stays.
    """
    lines = records if isinstance(records, Lineage) else lineage(records, as_of or dt.date.max)
    table = Comparing(lines.places, by, level)
    newest: dict[tuple[_Group, Standard, tuple[object, ...], int | None, str], tuple[Point, Event]] = {}
    for event in lines.events:
        if event.achieved is None or event.unit is None or event.unit.level != level or event.standard is None:
            continue
        if event.grade == "forecast" or event.place is None:
            continue
        if standards and event.standard not in standards:
            continue
        day = event.happened
        measure = yardstick(level, event.standard, event.metric, day, event.unit.province, event.total)
        point = Point(day, event.achieved, measure, event.article)
        for group, whole in table.groups(event.place):
            key = (group, event.standard, measure.key, day.year if day else None, lines.places.root(event.place))
            if whole and (key not in newest or _later(point, event, newest[key])):
                newest[key] = (point, event)
    cells: dict[tuple[_Group, Standard, tuple[object, ...], int | None], list[tuple[Point, Event]]]
    cells = defaultdict(list)
    for (group, standard, measured, year, _), found in newest.items():
        cells[group, standard, measured, year].append(found)
    out: list[CountRow] = []
    last: tuple[_Group, Standard, Yardstick] | None = None
    for cell in sorted(cells, key=lambda cell: (table.order[cell[0]], cell[1], cell[3] or 0, str(cell[2]))):
        group, standard, _, year = cell
        points = [point for point, _ in cells[cell]]
        measure = points[0].yardstick
        (segment,) = segments(points)
        broken = refusal(last[2], measure) if last and last[:2] == (group, standard) else None
        last = (group, standard, measure)
        out.append(
            CountRow(
                by=by,
                group=table.group_units[group].model_copy(update={"today": (), "candidates": ()}),
                standard=standard,
                metric=measure.metric,
                year=year,
                criteria_set=measure.set_id,
                total=measure.total,
                units=len(points),
                mean=segment.mean,
                share=segment.mean / measure.total if shares and measure.total else None,
                certain=all(point.yardstick.certain for point in points),
                broken=broken,
                quotes=_quotes(event for _, event in cells[cell]),
            )
        )
    return out


def _later(point: Point, event: Event, than: tuple[Point, Event]) -> bool:
    other, other_event = than
    return (point.day or dt.date.min, event.sort_key()) > (other.day or dt.date.min, other_event.sort_key())
