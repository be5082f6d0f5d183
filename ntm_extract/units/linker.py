"""Linking: the names of one article to the units they meant on its day."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from ntm_extract.model import Level, Unit
from ntm_extract.units.gazetteer import Gazetteer, gazetteer
from ntm_extract.units.names import fold, parse_kind, parse_unit_name
from ntm_extract.units.table import COMMUNE, DISTRICT, LEVELS, MARGINS, PROVINCE

# Without a day an article is taken to be of the programme's time with districts: from its launch
# (decision 800/QĐ-TTg) to the end of the district level.
_UNDATED = (dt.date(2010, 6, 4).toordinal(), dt.date(2025, 7, 1).toordinal())
# Without a day a unit that bore the name this many times longer than any other is the one meant.
_LONGER = 10
# Why a version ended that should not have been in the lists: they kept it on after it was merged.
_LISTED_ON = "ghost"
_IN_FORCE, _WITHIN_A_YEAR, _EVER = range(3)
_Context = tuple[str, Level]
_T = TypeVar("_T")


class Linker:
    """Links the names of one article to the units they meant on its day.

    ``on`` is the day of the article, None if unknown. The home names, with or without their kind, are where its
    source is at home; a district that is the only one of its name brings its province along.
    A version in force on the day goes before one within a year, that before any older one. A district or province
    named with the unit decides; then the home district; then the home province; then only a name that is unique.
    What stays ambiguous has no code and keeps its candidates.
    """

    def __init__(
        self,
        on: dt.date | None = None,
        home_district: str | None = None,
        home_province: str | None = None,
        *,
        units: Gazetteer | None = None,
    ) -> None:
        self._units = units or gazetteer()
        self._table = self._units.table
        self._day = on.toordinal() if on else None
        self._first, self._end = (self._day, self._day + 1) if self._day is not None else _UNDATED
        if home_district and not home_province:
            home_province = self._units.province_of(home_district, on)
        self._home_district: _Context | None = (home_district, "district") if home_district else None
        self._home_province: _Context | None = (home_province, "province") if home_province else None
        self._codes: dict[tuple[_Context, bool], frozenset[int]] = {}
        self._linked: dict[tuple[str, str | None, Level, str | None, str | None], Unit] = {}

    def link(
        self,
        name: str,
        *,
        kind: str | None = None,
        level: Level,
        district: str | None = None,
        province: str | None = None,
    ) -> Unit:
        """The unit a name meant; ``district`` and ``province`` are those named with it in the text, if any.

        Never fails: villages, which no list holds, and unknown names come back with name, kind and context only.
        """
        asked = (name, kind, level, district, province)
        unit = self._linked.get(asked)
        if unit is None:
            unit = self._linked[asked] = self._link(name, kind, level, district or None, province or None)
        return unit

    def _link(self, name: str, kind: str | None, level: Level, district: str | None, province: str | None) -> Unit:
        name = " ".join(unicodedata.normalize("NFC", name).split())
        named: list[_Context] = []
        if district and level == "commune":
            named.append((district, "district"))
        if province and level in ("commune", "district"):
            named.append((province, "province"))
        rows = self._table.rows(fold(name), level)
        if level == "village" or not rows:
            home = level == "village"
            return Unit(
                level=level,
                name=name,
                kind=kind,
                district=_bare(district or (self._home_district or ("",))[0]) if home else _bare(district),
                province=_bare(province or (self._home_province or ("",))[0]) if home else _bare(province),
            )
        wanted = parse_kind(kind) if kind else None
        table = self._table
        pools = [rows]
        if wanted:
            same = [row for row in rows if table.kind_name(row) == wanted]
            pools = [pool for pool in (same, [row for row in rows if row not in same]) if pool]
        rows, certain = self._named(pools, named) if named else self._unnamed(pools, level)
        if certain:
            return self._certain(self._in_force(rows[0]))
        return self._open(name, kind, level, rows, district, province)

    # -------------------------------------------------------------- choosing among rows

    def _named(self, pools: list[list[int]], named: list[_Context]) -> tuple[list[int], bool]:
        """Rows within what is named with them, and whether they are one unit."""
        for pool in pools:
            for time in (_IN_FORCE, _WITHIN_A_YEAR, _EVER):
                if kept := self._inside(self._in_time(pool, time), named):
                    return self._one(kept)
        # Nothing of that name where the text says it is: rather no unit than one elsewhere.
        return self._timely(pools), False

    def _unnamed(self, pools: list[list[int]], level: Level) -> tuple[list[int], bool]:
        """Rows by the home district, the home province, or by being the only ones, and whether they are one unit."""
        same, other = pools[0], pools[1:]
        homes = [home for home in (self._home_district, self._home_province) if home and level != "province"]
        for home in homes:
            # A commune of the home district may have changed its kind; a district of another kind is another one.
            for pool in pools if home[1] == "district" and level == "commune" else [same]:
                for time in (_IN_FORCE, _WITHIN_A_YEAR):
                    if kept := self._inside(self._in_time(pool, time), [home]):
                        return self._one(kept)
        if self._home_district and (kept := self._inside(self._in_time(same, _EVER), [self._home_district])):
            return self._one(kept)
        for home in homes:
            for pool in other:
                if kept := self._inside(self._in_time(pool, _IN_FORCE), [home]):
                    return self._one(kept)
        return self._one(self._timely(pools))

    def _in_time(self, rows: list[int], time: int) -> list[int]:
        first, end = self._table.first, self._table.end
        margin = MARGINS[time]
        # What began more than a year later cannot have been meant: the wrong era is worse than none.
        latest = self._end + (margin if time < _EVER or self._day is None else MARGINS[_WITHIN_A_YEAR])
        return [row for row in rows if first[row] < latest and self._first < end[row] + margin]

    def _timely(self, pools: list[list[int]]) -> list[int]:
        for times in ((_IN_FORCE, _WITHIN_A_YEAR), (_EVER,)):
            for pool in pools:
                for time in times:
                    if kept := self._in_time(pool, time):
                        return kept
        return []

    def _in_force(self, row: int) -> int:
        """The version of the same unit and name that is in force on the day, if this one is not ('xã' for a phường)."""
        table = self._table
        if self._day is None:
            return row
        key = table.keys[table.name_of[row]]
        standing = table.alive(table.rows_of_code(table.level(row), table.code[row]), self._day)
        return next((other for other in standing if table.keys[table.name_of[other]] == key), row)

    def _inside(self, rows: list[int], within: list[_Context]) -> list[int]:
        """Rows in all of the districts and provinces; else those that once were, or whose land was.

        'Once' takes the names of districts at any time too: where one was divided, the lists have some communes
        under the code of its namesake before that began.
        """
        for once in (False, True):
            if kept := [row for row in rows if all(self._belongs(row, context, once) for context in within)]:
                return kept
        return []

    def _belongs(self, row: int, context: _Context, once: bool) -> bool:
        table = self._table
        codes = self._codes.get((context, once))
        if codes is None:
            codes = self._units.codes_named(*context, None if once else self._day)
            self._codes[context, once] = codes
        level = table.level(row)
        here = table.code if level == DISTRICT else table.district
        column = here if context[1] == "district" else table.province
        if column[row] in codes:
            return True
        if not once:
            return False
        if level == COMMUNE and not table.district[row]:
            # A commune of July 2025 shares no more than its code with the older ones that bore it: go by the land.
            districts, provinces = table.land.get(table.code[row], ((), ()))
            return not codes.isdisjoint(districts if context[1] == "district" else provinces)
        others = table.rows_of_code(level, table.code[row])
        return any(column[other] in codes for other in others if level == DISTRICT or table.district[other])

    def _one(self, rows: list[int]) -> tuple[list[int], bool]:
        """Rows narrowed as far as home and time allow, and whether they are one unit."""
        table = self._table
        if len(rows) > 1 and len({table.code[row] for row in rows}) > 1:
            rows = [row for row in rows if table.reasons[table.reason[row]] != _LISTED_ON] or rows
            if self._home_province:
                rows = self._inside(rows, [self._home_province]) or rows
        if len(rows) < 2:
            return rows, bool(rows)
        if self._day is not None:
            return self._nearest_of_one(rows, self._day)
        return self._undated(rows)

    def _nearest_of_one(self, rows: list[int], day: int) -> tuple[list[int], bool]:
        """Of versions of one unit the one nearest to the day."""
        table = self._table
        if len({table.code[row] for row in rows}) > 1:
            return rows, False
        return [min(rows, key=lambda row: abs(table.clamped(row, day) - day))], True

    def _undated(self, rows: list[int]) -> tuple[list[int], bool]:
        """Without a day: the unit that bore the name by far the longest, if its versions agree where it was."""
        table = self._table
        first, end = _UNDATED
        days = {row: max(min(table.end[row], end) - max(table.first[row], first), 0) for row in rows}
        borne: Counter[int] = Counter()
        for row, length in days.items():
            borne[table.code[row]] += length
        (code, longest), *others = borne.most_common(2)
        if others and longest < _LONGER * max(others[0][1], 1):
            return rows, False
        own = [row for row in rows if table.code[row] == code]
        if len({table.district[row] for row in own}) > 1:
            return own, False
        return [max(own, key=days.__getitem__)], True

    # -------------------------------------------------------------- units

    def _day_of(self, row: int) -> int:
        """The article's day, or the day of the row's life nearest to it."""
        return self._table.clamped(row, self._day if self._day is not None else _UNDATED[1] - 1)

    def _certain(self, row: int) -> Unit:
        table, day = self._table, self._day_of(row)
        return Unit(
            level=LEVELS[table.level(row)],
            name=table.name(row),
            kind=table.kind_name(row),
            code=table.code_text(row),
            district=table.name_on(DISTRICT, table.district[row], day),
            province=table.name_on(PROVINCE, table.province[row], day),
            today=self._units.heir_units(row, day),
            uid=table.uid(row),
        )

    def _open(
        self, name: str, kind: str | None, level: Level, rows: list[int], district: str | None, province: str | None
    ) -> Unit:
        """A name that stays ambiguous: what is named with it or all its candidates share, and the candidates."""
        table = self._table
        days = [(row, self._day_of(row)) for row in rows]
        # Where the text names a place that none of them is in, what they share says nothing.
        land = [] if district or province else [table.heirs_on(row, day) for row, day in days]
        return Unit(
            level=level,
            name=name,
            kind=kind,
            district=_bare(district)
            or _shared([table.name_on(DISTRICT, table.district[row], day) for row, day in days]),
            province=_bare(province)
            or _shared([table.name_on(PROVINCE, table.province[row], day) for row, day in days]),
            today=self._units.heir_units(*days[0]) if _shared(land) else (),
            candidates=tuple(map(table.uid, rows)),
        )


def _bare(text: str | None) -> str | None:
    return parse_unit_name(text)[1] if text else None


def _shared(values: Sequence[_T]) -> _T | None:
    """The value all have, None if they differ or there are none."""
    return values[0] if values and all(value == values[0] for value in values) else None
