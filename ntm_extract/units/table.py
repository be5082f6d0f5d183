"""The data file as columns: a row is a version of a unit; rows are in order of level, code and first day.

Only the names are indexed on loading. Every other column is decoded when first asked for, and codes and days stay
whole numbers (a day is its ordinal), for linking looks at many rows and shows few.
"""

from __future__ import annotations

import bisect
import datetime as dt
import gzip
import json
import zlib
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

from ntm_extract.errors import InputError
from ntm_extract.model import Level

FORMAT = 1
LEVELS: tuple[Level, ...] = ("province", "district", "commune")
PROVINCE, DISTRICT, COMMUNE = range(3)
CODE_WIDTH = (2, 3, 5)
UID_PREFIX = ("tinh", "huyen", "xa")
# First and last day of rows that are open; beyond every day a calendar knows.
BEFORE, AFTER = 0, dt.date.max.toordinal() + 1
# Days by which a row may be missed and still be meant: none, a year, any time.
MARGINS = (0, 366, 10**7)


def read_columns(path: Path) -> dict[str, str]:
    """Columns by name, undecoded: each line is ``name=`` and JSON, or texts joined by ``|``.

    Raises OSError if the file cannot be read, InputError if it is not one of ours.
    """
    try:
        text = gzip.decompress(path.read_bytes()).decode()
        columns = dict(line.split("=", 1) for line in text.splitlines())
        format_found = json.loads(columns["head"])["format"]
    except (gzip.BadGzipFile, zlib.error, EOFError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "not a data file of units", where=path, mend="build it with ntm_extract.units_build"
        ) from error
    if format_found != FORMAT:
        mend = "build it anew with ntm_extract.units_build"
        raise InputError(f"a data file of format {format_found}, not {FORMAT}", where=path, mend=mend)
    return columns


class Table:
    """Rows of the data file and the look-ups over them."""

    def __init__(self, columns: dict[str, str]) -> None:
        self._raw = columns
        head: dict[str, Any] = json.loads(columns["head"])
        self.as_of: str = head["as_of"]
        self.sources: list[str] = head["sources"]
        self.kinds: list[str] = head["kinds"]
        self.reasons: list[str] = head["reasons"]
        self.bases: list[str] = head["bases"]
        self.dates: list[str] = head["dates"]
        counts: list[int] = head["rows"]
        self.ends = list(accumulate(counts))
        self.starts = [0, *self.ends[:-1]]
        self.names: list[str] = columns["names"].split("|")
        self.keys: list[str] = columns["keys"].split("|")
        self._index_names(json.loads(columns["name"]))

    def _index_names(self, column: list[int]) -> None:
        """``column`` tells each row's name: 0 a name not met before, else one more than its place in the list."""
        self.name_of: list[int] = []
        self.rows_of_key: dict[str, list[int]] = {}
        self.levels_of_key: dict[str, int] = {}
        keys, name_of, rows_of_key, levels_of_key = self.keys, self.name_of, self.rows_of_key, self.levels_of_key
        fresh = 0
        for level, (start, end) in enumerate(zip(self.starts, self.ends, strict=True)):
            bit = 1 << level
            for row in range(start, end):
                index = column[row] - 1
                if index < 0:
                    index = fresh
                    fresh += 1
                name_of.append(index)
                key = keys[index]
                if key in rows_of_key:
                    rows_of_key[key].append(row)
                    levels_of_key[key] |= bit
                else:
                    rows_of_key[key] = [row]
                    levels_of_key[key] = bit

    def __len__(self) -> int:
        return self.ends[-1]

    # -------------------------------------------------------------- columns

    def _ints(self, name: str) -> list[int]:
        values: list[int] = json.loads(self._raw[name])
        return values

    @cached_property
    def code(self) -> list[int]:
        """Official code as a number."""
        codes: list[int] = []
        deltas = self._ints("code")
        for start, end in zip(self.starts, self.ends, strict=True):
            codes += accumulate(deltas[start:end])
        return codes

    @cached_property
    def kind(self) -> list[int]:
        """Place of the kind in ``kinds``."""
        return self._ints("kind")

    @cached_property
    def basis(self) -> list[int]:
        """Place in ``bases`` of how the first day is known."""
        return self._ints("basis")

    @cached_property
    def reason(self) -> list[int]:
        """Place in ``reasons`` of why the version ended."""
        return self._ints("reason")

    @cached_property
    def district(self) -> list[int]:
        """Code of the district, 0 if in none."""
        return list(accumulate(self._ints("district")))

    @cached_property
    def province(self) -> list[int]:
        """Code of the province, 0 for provinces."""
        return list(accumulate(self._ints("province")))

    @cached_property
    def first_date(self) -> list[int]:
        """Place of the first day in ``dates``."""
        return self._ints("from")

    @cached_property
    def end_date(self) -> list[int]:
        """Place of the day after the last in ``dates``."""
        return self._ints("to")

    @cached_property
    def first(self) -> list[int]:
        """First day, ``BEFORE`` if it lies before the lists."""
        days = [dt.date.fromisoformat(day).toordinal() if day else BEFORE for day in self.dates]
        return [days[index] for index in self.first_date]

    @cached_property
    def end(self) -> list[int]:
        """Day after the last, ``AFTER`` if the version stands."""
        days = [dt.date.fromisoformat(day).toordinal() if day else AFTER for day in self.dates]
        return [days[index] for index in self.end_date]

    @cached_property
    def decrees(self) -> tuple[list[str], list[int], list[int]]:
        """Decrees, and of each row the place of the one that made it and the one that ended it."""
        return self._raw["decrees"].split("|"), self._ints("decree_from"), self._ints("decree_to")

    @cached_property
    def _heirs(self) -> tuple[list[int], list[int], list[int]]:
        """Where each row's heirs begin; the heirs' codes; 1 where one holds all of the territory."""
        bounds = [0, *accumulate(self._ints("heirs"))]
        codes = self._ints("heir")
        own, commune = self.code, self.starts[COMMUNE]
        for row in range(len(self)):
            last = own[row] if row >= commune else 0
            for at in range(bounds[row], bounds[row + 1]):
                last += codes[at]
                codes[at] = last
        return bounds, codes, self._ints("whole")

    @cached_property
    def points(self) -> dict[int, tuple[int, int]]:
        """Latitude and longitude in 1/1000 degree of the rows that have a point of their own."""
        rows, lats, lons = (accumulate(self._ints(name)) for name in ("point", "lat", "lon"))
        return dict(zip(rows, zip(lats, lons, strict=True), strict=True))

    @cached_property
    def members(self) -> dict[int, list[int]]:
        """Rows of communes by the code of their district."""
        members: dict[int, list[int]] = {}
        for row in range(self.starts[COMMUNE], self.ends[COMMUNE]):
            if code := self.district[row]:
                members.setdefault(code, []).append(row)
        return members

    @cached_property
    def land(self) -> dict[int, tuple[set[int], set[int]]]:
        """Code of a commune of today -> codes of the districts and of the provinces its land belonged to."""
        bounds, heirs, _ = self._heirs
        land: dict[int, tuple[set[int], set[int]]] = {}
        for row in range(self.starts[COMMUNE], self.ends[COMMUNE]):
            for heir in heirs[bounds[row] : bounds[row + 1]]:
                districts, provinces = land.setdefault(heir, (set(), set()))
                districts.add(self.district[row])
                provinces.add(self.province[row])
        return land

    # -------------------------------------------------------------- one row

    def level(self, row: int) -> int:
        """0 for a province, 1 for a district, 2 for a commune."""
        return bisect.bisect_right(self.ends, row)

    def name(self, row: int) -> str:
        """Name without its kind."""
        return self.names[self.name_of[row]]

    def kind_name(self, row: int) -> str:
        """Kind, in lower case."""
        return self.kinds[self.kind[row]]

    def code_text(self, row: int) -> str:
        """Official code with its leading zeros."""
        return f"{self.code[row]:0{CODE_WIDTH[self.level(row)]}d}"

    def uid(self, row: int) -> str:
        """'xa:18634@2020-01-01': level, code and first day, or '@start' if that lies before the lists."""
        return f"{UID_PREFIX[self.level(row)]}:{self.code_text(row)}@{self.dates[self.first_date[row]] or 'start'}"

    def row(self, uid: str) -> int:
        """The row of an id; raises KeyError if there is none."""
        head = uid.partition("@")[0]
        prefix, _, code = head.partition(":")
        if prefix in UID_PREFIX and code.isdecimal():
            for row in self.rows_of_code(UID_PREFIX.index(prefix), int(code)):
                if self.uid(row) == uid:
                    return row
        raise KeyError(uid)

    def clamped(self, row: int, day: int) -> int:
        """The day of the row's life that is nearest to ``day``."""
        return min(max(day, self.first[row]), self.end[row] - 1)

    def point(self, row: int) -> tuple[float, float] | None:
        """Latitude and longitude: its own, or the mean of its heirs' (about 3 km off); None if unknown."""
        rows: Iterable[int] = (row,)
        if row not in self.points:
            level = self.heir_level(row)
            rows = [self.rows_of_code(level, code)[-1] for code, _ in self.heirs(row)]
        points = [self.points[at] for at in rows if at in self.points]
        if not points:
            return None
        lats, lons = zip(*points, strict=True)
        return round(sum(lats) / len(points) / 1000, 3), round(sum(lons) / len(points) / 1000, 3)

    # -------------------------------------------------------------- rows

    def rows(self, key: str, level: Level | None) -> list[int]:
        """Rows of a folded name, of one level or of all."""
        rows = self.rows_of_key.get(key, [])
        if level is None or not rows:
            return rows
        if level not in LEVELS:
            return []
        at = LEVELS.index(level)
        if self.levels_of_key[key] == 1 << at:
            return rows
        start, end = self.starts[at], self.ends[at]
        return [row for row in rows if start <= row < end]

    def rows_of_code(self, level: int, code: int) -> range:
        """Rows of one code, oldest first."""
        start, end = self.starts[level], self.ends[level]
        first = bisect.bisect_left(self.code, code, start, end)
        return range(first, bisect.bisect_right(self.code, code, first, end))

    def row_on(self, level: int, code: int, day: int | None) -> int | None:
        """The row of a code that began last before the day (or its first, or without a day its last); None if none."""
        rows = self.rows_of_code(level, code)
        if not rows:
            return None
        if day is None:
            return rows[-1]
        begun = [row for row in rows if self.first[row] <= day]
        return begun[-1] if begun else rows[0]

    def name_on(self, level: int, code: int, day: int | None) -> str | None:
        """Name of a code on a day; None for code 0 and unknown ones."""
        row = self.row_on(level, code, day) if code else None
        return None if row is None else self.name(row)

    def alive(self, rows: Iterable[int], day: int) -> list[int]:
        """Those in force on the day."""
        return [row for row in rows if self.first[row] <= day < self.end[row]]

    def nearest(self, rows: list[int], day: int) -> list[int]:
        """Those in force on the day, else within a year of it, else all."""
        for margin in MARGINS[:2]:
            if kept := [row for row in rows if self.first[row] - margin <= day < self.end[row] + margin]:
                return kept
        return rows

    # -------------------------------------------------------------- land

    def heir_level(self, row: int) -> int:
        """Provinces are inherited by provinces, districts and communes by communes."""
        return PROVINCE if row < self.ends[PROVINCE] else COMMUNE

    def heirs(self, row: int) -> list[tuple[int, bool]]:
        """Codes of today that hold the land, the usual one first, and whether each holds all of it."""
        bounds, codes, whole = self._heirs
        return [(codes[at], bool(whole[at])) for at in range(bounds[row], bounds[row + 1])]

    def heirs_on(self, row: int, day: int | None) -> list[tuple[int, bool]]:
        """Heirs; of a district those of the communes it had on the day, for its land changed while its name stood.

        An heir of a district counts as whole if it holds the whole of one of these communes.
        """
        if self.level(row) != DISTRICT or day is None:
            return self.heirs(row)
        bounds, codes, whole = self._heirs
        found: dict[int, bool] = {}
        for member in self.alive(self.members.get(self.code[row], ()), self.clamped(row, day)):
            for at in range(bounds[member], bounds[member + 1]):
                found[codes[at]] = found.get(codes[at], False) or bool(whole[at])
        return list(found.items()) or self.heirs(row)
