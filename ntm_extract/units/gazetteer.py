"""The gazetteer: names, versions, districts and heirs, as the rest of the package and its users ask for them."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ntm_extract.model import HeirUnit, Level
from ntm_extract.units.names import LEVEL_OF_KIND, fold, joined, parse_kind, parse_unit_name
from ntm_extract.units.table import AFTER, CODE_WIDTH, COMMUNE, DISTRICT, LEVELS, MARGINS, PROVINCE, Table, read_columns

DATA_FILE = Path(__file__).parent.with_name("units_data.json.gz")
# No name in the lists has more words, hyphens counted.
_LONGEST = 8


class Heir(NamedTuple):
    """A unit of today, and whether it holds all of the territory (False: a part, or how much is unknown)."""

    code: str
    whole: bool


@dataclass(frozen=True, slots=True)
class UnitVersion:
    """A unit between two changes.

    ``valid_from`` None: since before the lists begin (2004). ``valid_to`` is the day after its last, None if it
    stands. ``date_basis`` says how the first day is known: 'decree', 'snapshot' (between two lists) and weaker ones.
    ``ended`` is why it ended ('merged', 'renamed+retyped', 'reform_2025' …), ``ended_by`` the decree.
    """

    uid: str
    code: str
    level: Level
    kind: str
    name: str
    district_code: str | None
    province_code: str | None
    valid_from: dt.date | None
    valid_to: dt.date | None
    date_basis: str
    decree: str | None
    ended: str | None
    ended_by: str | None

    def alive(self, on: dt.date) -> bool:
        """Whether it was in force on that day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A version with what a reader wants to know of it: where it was, and what holds its land today."""

    version: UnitVersion
    district: str | None
    province: str | None
    today: tuple[HeirUnit, ...]
    in_force: bool | None


@functools.lru_cache(maxsize=64)
def _bits(levels: frozenset[Level] | None) -> int:
    return sum(1 << at for at, level in enumerate(LEVELS) if levels is None or level in levels)


class Gazetteer:
    """Administrative units over time. Names may be given in any spelling that ``fold`` makes equal."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._versions: dict[int, UnitVersion] = {}
        self._today: dict[int, tuple[HeirUnit, ...]] = {}
        self._heir_units: dict[tuple[int, int, bool], HeirUnit] = {}

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[UnitVersion]:
        """Every version, in order of level, code and first day."""
        return map(self.version, range(len(self.table)))

    @property
    def as_of(self) -> dt.date:
        """Day of the last change it knows: 'today' is this day or later."""
        return dt.date.fromisoformat(self.table.as_of)

    # -------------------------------------------------------------- names

    def prefix(self, words: Sequence[str], levels: frozenset[Level] | None = None) -> int:
        """How many leading words form the longest known name of any of these levels; 0 if none do."""
        bits, known = _bits(levels), self.table.levels_of_key
        key, best = "", 0
        for count, word in enumerate(words[:_LONGEST], 1):
            part = fold(word)
            if part:
                key = joined(key, part)
                if key in known and known[key] & bits:
                    best = count
        return best

    def is_name(self, name: str, level: Level | None = None) -> bool:
        """Whether any unit of the level was ever called so."""
        bits = _bits(None if level is None else frozenset((level,)))
        return bool(self.table.levels_of_key.get(fold(name), 0) & bits)

    def level_of(self, kind: str, name: str, on: dt.date | None = None) -> Level | None:
        """Level of a unit by its kind; a 'thành phố' is a province or a district, by name and day.

        None if the kind is not one of the gazetteer's, 'district' for a city it does not know.
        """
        parsed = parse_kind(kind)
        if parsed != "thành phố":
            return LEVEL_OF_KIND.get(parsed) if parsed else None
        cities = [row for row in self.table.rows(fold(name), None) if self.table.kind_name(row) == parsed]
        if on:
            cities = self.table.nearest(cities, on.toordinal())
        elif districts := [row for row in cities if self.table.level(row) == DISTRICT]:
            cities = districts
        return LEVELS[self.table.level(cities[0])] if cities else "district"

    def versions(
        self,
        name: str,
        *,
        level: Level | None = None,
        kind: str | None = None,
        on: dt.date | None = None,
        province: str | None = None,
        district: str | None = None,
    ) -> tuple[UnitVersion, ...]:
        """Versions of that name, in order of level, code and first day; ``on`` keeps those in force that day."""
        table = self.table
        rows = table.rows(fold(name), level)
        if kind:
            wanted = parse_kind(kind)
            rows = [row for row in rows if table.kind_name(row) == wanted]
        if on:
            rows = table.alive(rows, on.toordinal())
        for text, within, column in ((province, "province", table.province), (district, "district", table.district)):
            if text:
                codes = self.codes_named(text, "province" if within == "province" else "district", None)
                rows = [row for row in rows if column[row] in codes]
        return tuple(map(self.version, rows))

    def rows_named(self, text: str, level: Level, day: int | None) -> list[int]:
        """Rows a text names, with or without kind: in force on the day, else within a year, else ever."""
        kind, name = parse_unit_name(text)
        # A kind's word may itself be the name's first.
        rows = self.table.rows(fold(name), level) or self.table.rows(fold(text), level)
        if kind:
            rows = [row for row in rows if self.table.kind_name(row) == kind] or rows
        return rows if day is None else self.table.nearest(rows, day)

    def codes_named(self, text: str, level: Level, day: int | None) -> frozenset[int]:
        """Codes of ``rows_named``."""
        return frozenset(self.table.code[row] for row in self.rows_named(text, level, day))

    def districts_named(self, name: str, on: dt.date | None = None) -> tuple[UnitVersion, ...]:
        """Districts of that name, with or without kind: in force on the day, else within a year of it, else ever."""
        return tuple(map(self.version, self.rows_named(name, "district", on.toordinal() if on else None)))

    def provinces_named(self, name: str, on: dt.date | None = None) -> tuple[UnitVersion, ...]:
        """Provinces of that name, as ``districts_named``."""
        return tuple(map(self.version, self.rows_named(name, "province", on.toordinal() if on else None)))

    def province_of(self, district: str, on: dt.date | None = None) -> str | None:
        """Name of the province of a district, named with or without its kind; None if unknown or not one."""
        day = on.toordinal() if on else None
        codes = {self.table.province[row] for row in self.rows_named(district, "district", day)}
        return self.table.name_on(PROVINCE, codes.pop(), day) if len(codes) == 1 else None

    def province_name(self, version: UnitVersion, on: dt.date | None = None) -> str | None:
        """Name of the province a version belonged to on a day of its life (without a day: its last)."""
        return self._name_around(PROVINCE, version.province_code, version, on)

    def district_name(self, version: UnitVersion, on: dt.date | None = None) -> str | None:
        """Name of the district a version belonged to on a day of its life (without a day: its last)."""
        return self._name_around(DISTRICT, version.district_code, version, on)

    def _name_around(self, level: int, code: str | None, version: UnitVersion, on: dt.date | None) -> str | None:
        if not code:
            return None
        day = self.table.clamped(self.table.row(version.uid), on.toordinal() if on else AFTER)
        return self.table.name_on(level, int(code), day)

    # -------------------------------------------------------------- units

    def version(self, row: int) -> UnitVersion:
        """The version in a row of the table."""
        version = self._versions.get(row)
        if version is None:
            table = self.table
            decrees, decree_from, decree_to = table.decrees
            first, end = table.dates[table.first_date[row]], table.dates[table.end_date[row]]
            district, province = table.district[row], table.province[row]
            version = self._versions[row] = UnitVersion(
                uid=table.uid(row),
                code=table.code_text(row),
                level=LEVELS[table.level(row)],
                kind=table.kind_name(row),
                name=table.name(row),
                district_code=f"{district:0{CODE_WIDTH[DISTRICT]}d}" if district else None,
                province_code=f"{province:0{CODE_WIDTH[PROVINCE]}d}" if province else None,
                valid_from=dt.date.fromisoformat(first) if first else None,
                valid_to=dt.date.fromisoformat(end) if end else None,
                date_basis=table.bases[table.basis[row]],
                decree=decrees[decree_from[row]] or None,
                ended=table.reasons[table.reason[row]] or None,
                ended_by=decrees[decree_to[row]] or None,
            )
        return version

    def at(self, uid: str) -> UnitVersion:
        """The version of that id. Raises KeyError if there is none."""
        return self.version(self.table.row(uid))

    def heirs(self, uid: str) -> tuple[Heir, ...]:
        """Units that hold the land today, the usual one first; () for the few whose land is not known.

        Heirs of a district are communes, those of a province provinces. Raises KeyError for an unknown id.
        """
        row = self.table.row(uid)
        width = CODE_WIDTH[self.table.heir_level(row)]
        return tuple(Heir(f"{code:0{width}d}", whole) for code, whole in self.table.heirs(row))

    def today(self, uid: str, on: dt.date | None = None) -> tuple[HeirUnit, ...]:
        """Heirs with their names; of a district those of the communes it had on ``on`` (without a day: at its end)."""
        return self.heir_units(self.table.row(uid), on.toordinal() if on else None)

    def heir_units(self, row: int, day: int | None) -> tuple[HeirUnit, ...]:
        """``today`` by row and ordinal day."""
        if self.table.level(row) == DISTRICT and day is not None:
            return self._named_heirs(row, self.table.heirs_on(row, day))
        units = self._today.get(row)
        if units is None:
            units = self._today[row] = self._named_heirs(row, self.table.heirs(row))
        return units

    def _named_heirs(self, row: int, heirs: Iterable[tuple[int, bool]]) -> tuple[HeirUnit, ...]:
        level = self.table.heir_level(row)
        return tuple(self._heir_unit(level, code, whole) for code, whole in heirs)

    def _heir_unit(self, level: int, code: int, whole: bool) -> HeirUnit:
        unit = self._heir_units.get((level, code, whole))
        if unit is None:
            table = self.table
            row = table.rows_of_code(level, code)[-1]
            unit = self._heir_units[level, code, whole] = HeirUnit(
                code=table.code_text(row),
                name=table.name(row),
                kind=table.kind_name(row),
                province=table.name_on(PROVINCE, table.province[row], None),
                whole=whole,
            )
        return unit

    def point(self, uid: str) -> tuple[float, float] | None:
        """Latitude and longitude in degrees: its own, or the mean of its heirs' (about 3 km off); None if unknown."""
        return self.table.point(self.table.row(uid))

    def children(
        self, parent: UnitVersion | str, on: dt.date | None = None, *, province: str | None = None
    ) -> tuple[UnitVersion, ...]:
        """Communes of a district, districts of a province, or its communes where it has no districts (July 2025 on).

        ``parent`` is a version, a uid, or the name of a district, else of a province, with or without its kind;
        ``province`` tells districts of one name apart. As of ``on`` or the day of the parent's life nearest to it;
        without a day, its last.
        """
        table = self.table
        found: list[int] = []
        for row in self._parents(parent, on, province):
            day = table.clamped(row, on.toordinal() if on else AFTER)
            if table.level(row) == PROVINCE:
                for level in (DISTRICT, COMMUNE):
                    within = range(table.starts[level], table.ends[level])
                    rows = table.alive((at for at in within if table.province[at] == table.code[row]), day)
                    if rows:
                        break
            else:
                rows = table.alive(table.members.get(table.code[row], ()), day)
            found += rows
        return tuple(map(self.version, found))

    def _parents(self, parent: UnitVersion | str, on: dt.date | None, province: str | None) -> Iterable[int]:
        if isinstance(parent, UnitVersion) or "@" in parent:
            return [self.table.row(parent if isinstance(parent, str) else parent.uid)]
        day = on.toordinal() if on else None
        kind, _ = parse_unit_name(parent)
        level = self.level_of(kind, parse_unit_name(parent)[1], on) if kind else None
        districts = [] if level == "province" else self.rows_named(parent, "district", day)
        if province:
            codes = self.codes_named(province, "province", day)
            districts = [row for row in districts if self.table.province[row] in codes]
        if districts:
            return districts if day is not None else self._last_of_each(districts)
        provinces = self.rows_named(parent, "province", day)
        return provinces if day is not None else self._last_of_each(provinces)

    def _last_of_each(self, rows: list[int]) -> Iterable[int]:
        """Of each code the row that began last."""
        return {self.table.code[row]: row for row in rows}.values()

    def communes_in(self, district_uid: str) -> frozenset[str]:
        """Folded names of every commune the district had while this version of it stood, or within a year of that."""
        table = self.table
        row = table.row(district_uid)
        first, end = table.first[row] - MARGINS[1], table.end[row] + MARGINS[1]
        members = table.members.get(table.code[row], ())
        return frozenset(
            table.keys[table.name_of[member]]
            for member in members
            if table.first[member] < end and first < table.end[member]
        )


def load_gazetteer(path: Path) -> Gazetteer:
    """Gazetteer of one data file. Raises OSError if it cannot be read, InputError if it is not one of ours."""
    return Gazetteer(Table(read_columns(path)))


@functools.cache
def gazetteer() -> Gazetteer:
    """The shipped gazetteer, read on first use."""
    return load_gazetteer(DATA_FILE)


def describe(
    name: str, on: dt.date | None = None, district: str | None = None, *, units: Gazetteer | None = None
) -> tuple[UnitRow, ...]:
    """What a name, with or without its kind, can mean, and what has become of it.

    ``on`` keeps the versions in force that day, or those nearest to it; ``district`` those of a district.
    Ordered by level, code and first day; () for an unknown name.
    """
    units = units or gazetteer()
    table = units.table
    kind, bare = parse_unit_name(name)
    rows = table.rows(fold(bare), None)
    if kind:
        rows = [row for row in rows if table.kind_name(row) == kind]
    rows = rows or table.rows(fold(name), None)
    if district:
        codes = units.codes_named(district, "district", None)
        rows = [row for row in rows if table.district[row] in codes]
    if on:
        rows = table.nearest(rows, on.toordinal())
    found = []
    for row in rows:
        version = units.version(row)
        day = table.clamped(row, on.toordinal() if on else AFTER)
        found.append(
            UnitRow(
                version=version,
                district=table.name_on(DISTRICT, table.district[row], day),
                province=table.name_on(PROVINCE, table.province[row], day),
                today=units.heir_units(row, day),
                in_force=version.alive(on) if on else None,
            )
        )
    return tuple(found)
