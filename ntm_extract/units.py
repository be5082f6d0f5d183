"""Vietnamese administrative units over time: which unit a name meant on a day, and what holds its land now.

The facts are those of the General Statistics Office's lists of units (snapshots 2004 to 2025), its table of
old and new units of July 2025, and the decrees of mergers. A code is not an identity: nearly every commune of
July 2025 carries a code that belonged to an older one, so a *version* (code and first day) is the key throughout.

``gazetteer()`` gives the shipped data, read once; ``Linker`` turns the names of one article into ``Unit``.
``units_build`` writes the data file and applies later reforms to it.
"""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import gzip
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from ntm_extract.model import HeirUnit, Level, Unit

DATA_FILE = Path(__file__).with_name("units_data.json.gz")
FORMAT = 1
LEVELS: tuple[Level, ...] = ("province", "district", "commune")
CODE_WIDTH: dict[Level, int] = {"province": 2, "district": 3, "commune": 5}
UID_PREFIX: dict[Level, str] = {"province": "tinh", "district": "huyen", "commune": "xa"}
_LEVEL_OF_PREFIX = {prefix: level for level, prefix in UID_PREFIX.items()}

# ------------------------------------------------------------------ comparing names

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_LETTERS = str.maketrans({"ð": "đ", "-": " ", "‐": " ", "‑": " ", "–": " ", "—": " ", "−": " ", "_": " ", "/": " "})
_NOISE = re.compile(r"[^\w\s\u0300-\u036f]+")
_TONE_TO_END = re.compile(rf"([{_TONES}])(\S+)")
_FINAL_Y = re.compile(rf"(?:(?<=[bcdđghklmnpqrstvx])y(?=[{_TONES}]?(?:\s|$))|(?<=qu)y)")
_DAK = re.compile(rf"(?<!\S)(?:da\u0306?k|đa\u0306?k|đa\u0306c)[{_TONES}]?(?=\s|$)")
_FINAL_K = re.compile(rf"[\u0306\u0302]?k[{_TONES}]?(?=\s|$)")
_NUMBER = re.compile(r"0*(\d+)")
_ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}
_ROMAN_WORD = re.compile(rf"(?<!\S)(?:{'|'.join(_ROMAN)})(?=\s|$)")
_BLANKS = re.compile(r"[^\S\n]+")
_HIGHLAND_LINE = re.compile(r"^đak.*$", re.MULTILINE)
_HIGHLAND_MARKS = re.compile(rf"[{_TONES}\u0306]")


def _fold_lines(text: str) -> str:
    """Fold one name a line; the same as folding each alone, in a few passes over all of them."""
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).casefold()).translate(_LETTERS)
    text = _NOISE.sub("", text)
    # A tone belongs to the syllable, not to a letter: written behind it, every placement is one.
    text = _TONE_TO_END.sub(r"\2\1", text)
    text = _ROMAN_WORD.sub(lambda found: str(_ROMAN[found.group()]), text)
    text = _FINAL_Y.sub("i", text)
    text = _DAK.sub("đak", text)
    text = _FINAL_K.sub("k", text)
    text = _NUMBER.sub(r"#\1", text)
    text = _BLANKS.sub("", text)
    return _HIGHLAND_LINE.sub(lambda found: _fold_highland(found.group()), text)


def _fold_highland(key: str) -> str:
    """Names in Đăk/Đắk/Đắc are transcriptions: no two lists agree on their tones, breves, or c and k."""
    return _HIGHLAND_MARKS.sub("", key).replace("c", "k")


@functools.lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """Key under which spellings of one name are equal.

    Case, Unicode form, tone placement (hoà = hòa), y and i (Mỹ = Mĩ), hyphens, apostrophes and spaces
    (M'gar = Mgar, Phan Rang-Tháp Chàm), Đăk = Đắk = Đắc = Dak, leading zeros (01 = 1) and Roman
    numerals (II = 2) make no difference. The key is for comparing only; '' if nothing is left.
    """
    return _fold_lines(name.replace("\n", " "))


def parse_unit_name(text: str) -> tuple[str | None, str]:
    """'huyện Kỳ Anh' -> ('huyện', 'Kỳ Anh'); 'TP. Hà Tĩnh' -> ('thành phố', 'Hà Tĩnh'); 'Kỳ Anh' -> (None, 'Kỳ Anh')."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    found = _KIND_AHEAD.match(text)
    return (parse_kind(found.group(1)), text[found.end() :]) if found else (None, text)


_KINDS = {
    "tỉnh": "tỉnh",
    "thành phố": "thành phố",
    "tp": "thành phố",
    "quận": "quận",
    "huyện": "huyện",
    "thị xã": "thị xã",
    "tx": "thị xã",
    "thị trấn": "thị trấn",
    "tt": "thị trấn",
    "xã": "xã",
    "phường": "phường",
    "đặc khu": "đặc khu",
}
_KIND_AHEAD = re.compile(rf"({'|'.join(sorted(_KINDS, key=len, reverse=True))})(?:\s*\.\s*|\s+)(?=\S)", re.IGNORECASE)


def parse_kind(text: str) -> str | None:
    """Kind of unit, spelled out in lower case, or None if the word names none of the gazetteer's kinds."""
    return _KINDS.get(unicodedata.normalize("NFC", text).casefold().strip(" ."))


# ------------------------------------------------------------------ the gazetteer


class Heir(NamedTuple):
    """A unit of today, and whether it holds all of the territory (False: a part, or how much is unknown)."""

    code: str
    whole: bool


@dataclass(frozen=True, slots=True)
class UnitVersion:
    """A unit between two changes. ``valid_from`` None is 'before the lists begin'; ``valid_to`` is exclusive."""

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


_OPEN_START, _OPEN_END = 0, 10**9


class Gazetteer:
    """The units over time, in columns: a row is a version; rows are in order of level, code and first day.

    Nothing but the names is indexed on loading; columns are decoded and versions made when asked for.
    """

    def __init__(self, columns: dict[str, str]) -> None:
        self._raw = columns
        head = json.loads(columns["head"])
        if head["format"] != FORMAT:
            raise ValueError(f"data format {head['format']}, this version reads {FORMAT}")
        counts: list[int] = head["rows"]
        self.as_of: str = head["as_of"]
        self._kinds: list[str] = head["kinds"]
        self._reasons: list[str] = head["reasons"]
        self._bases: list[str] = head["bases"]
        self._dates: list[str] = head["dates"]
        self._ends = list(accumulate(counts))
        self._starts = [0, *self._ends[:-1]]
        self._names: list[str] = columns["names"].split("|")
        keys = _fold_lines("\n".join(self._names)).split("\n")
        fresh = -1
        self._name_of: list[int] = []
        self._rows_of: dict[str, list[int]] = {}
        self._levels_of: dict[str, int] = {}
        bit, ends = 0, iter(self._ends)
        end = 0
        for row, back in enumerate(json.loads(columns["name"])):
            while row >= end:
                end = next(ends)
                bit = bit << 1 or 1
            if back:
                index = back - 1
            else:
                fresh += 1
                index = fresh
            self._name_of.append(index)
            key = keys[index]
            rows = self._rows_of.get(key)
            if rows is None:
                self._rows_of[key] = [row]
                self._levels_of[key] = bit
            else:
                rows.append(row)
                self._levels_of[key] |= bit
        self._versions: dict[int, UnitVersion] = {}

    # -------------------------------------------------------------- columns, decoded when first asked for

    def _ints(self, name: str) -> list[int]:
        values: list[int] = json.loads(self._raw.pop(name))
        return values

    @functools.cached_property
    def _codes(self) -> list[int]:
        codes: list[int] = []
        deltas = self._ints("code")
        for start, end in zip(self._starts, self._ends, strict=True):
            codes += accumulate(deltas[start:end])
        return codes

    @functools.cached_property
    def _kind(self) -> list[int]:
        return self._ints("kind")

    @functools.cached_property
    def _basis(self) -> list[int]:
        return self._ints("basis")

    @functools.cached_property
    def _reason(self) -> list[int]:
        return self._ints("reason")

    @functools.cached_property
    def _district(self) -> list[int]:
        """District code of each row, 0 where there is none."""
        return list(accumulate(self._ints("district")))

    @functools.cached_property
    def _province(self) -> list[int]:
        return list(accumulate(self._ints("province")))

    @functools.cached_property
    def _from_date(self) -> list[int]:
        return self._ints("from")

    @functools.cached_property
    def _to_date(self) -> list[int]:
        return self._ints("to")

    @functools.cached_property
    def _from(self) -> list[int]:
        """First day of each row as an ordinal, ``_OPEN_START`` where it is before the lists."""
        days = [dt.date.fromisoformat(day).toordinal() if day else _OPEN_START for day in self._dates]
        return [days[index] for index in self._from_date]

    @functools.cached_property
    def _to(self) -> list[int]:
        days = [dt.date.fromisoformat(day).toordinal() if day else _OPEN_END for day in self._dates]
        return [days[index] for index in self._to_date]

    @functools.cached_property
    def _decrees(self) -> tuple[list[str], list[int], list[int]]:
        return self._raw["decrees"].split("|"), self._ints("decree_from"), self._ints("decree_to")

    @functools.cached_property
    def _links(self) -> tuple[list[int], list[int], list[int]]:
        """Where each row's heirs begin, the heirs' codes, and 1 where the heir holds all of it."""
        counts = self._ints("heirs")
        bounds = [0, *accumulate(counts)]
        deltas, whole, codes = self._ints("heir"), self._ints("whole"), self._codes
        heirs: list[int] = []
        commune = self._starts[2]
        for row, count in enumerate(counts):
            last = codes[row] if row >= commune else 0
            for at in range(bounds[row], bounds[row] + count):
                last += deltas[at]
                heirs.append(last)
        return bounds, heirs, whole

    @functools.cached_property
    def _members(self) -> dict[int, list[int]]:
        """Rows of communes by the code of their district."""
        members: dict[int, list[int]] = {}
        for row in range(self._starts[2], self._ends[2]):
            if code := self._district[row]:
                members.setdefault(code, []).append(row)
        return members

    @functools.cached_property
    def _land(self) -> dict[int, tuple[frozenset[int], frozenset[int]]]:
        """Code of a commune of today -> codes of the districts and provinces its land once belonged to."""
        bounds, heirs, _ = self._links
        districts: dict[int, set[int]] = {}
        provinces: dict[int, set[int]] = {}
        for row in range(self._starts[2], self._ends[2]):
            for heir in heirs[bounds[row] : bounds[row + 1]]:
                districts.setdefault(heir, set()).add(self._district[row])
                provinces.setdefault(heir, set()).add(self._province[row])
        return {code: (frozenset(districts[code]), frozenset(provinces[code])) for code in districts}

    # -------------------------------------------------------------- rows

    def _level(self, row: int) -> int:
        return bisect.bisect_right(self._ends, row)

    def _rows(self, key: str, level: Level | None) -> list[int]:
        rows = self._rows_of.get(key, [])
        if level is None:
            return rows
        if level not in LEVELS:
            return []
        at = LEVELS.index(level)
        start, end = self._starts[at], self._ends[at]
        return [row for row in rows if start <= row < end]

    def _rows_of_code(self, level: int, code: int) -> range:
        """Rows of one code, oldest first."""
        lo, hi = self._starts[level], self._ends[level]
        return range(bisect.bisect_left(self._codes, code, lo, hi), bisect.bisect_right(self._codes, code, lo, hi))

    def _row_on(self, level: int, code: int, day: int | None) -> int | None:
        """Row of a code on a day; with no such row the one nearest in time, preferring the past; None if unknown."""
        rows = self._rows_of_code(level, code)
        if not rows:
            return None
        if day is None:
            return rows[-1]
        best = rows[0]
        for row in rows:
            if self._from[row] <= day:
                best = row
        return best

    def _row(self, uid: str) -> int:
        head, _, first = uid.partition("@")
        prefix, _, code = head.partition(":")
        level = _LEVEL_OF_PREFIX.get(prefix)
        if level and code.isdigit():
            for row in self._rows_of_code(LEVELS.index(level), int(code)):
                if (self._dates[self._from_date[row]] or "start") == first:
                    return row
        raise KeyError(uid)

    def _uid(self, row: int) -> str:
        level = LEVELS[self._level(row)]
        first = self._dates[self._from_date[row]] or "start"
        return f"{UID_PREFIX[level]}:{self._codes[row]:0{CODE_WIDTH[level]}d}@{first}"

    def _version(self, row: int) -> UnitVersion:
        version = self._versions.get(row)
        if version is None:
            decrees, decree_from, decree_to = self._decrees
            level = LEVELS[self._level(row)]
            first, last = self._dates[self._from_date[row]], self._dates[self._to_date[row]]
            district, province = self._district[row], self._province[row]
            version = self._versions[row] = UnitVersion(
                uid=self._uid(row),
                code=f"{self._codes[row]:0{CODE_WIDTH[level]}d}",
                level=level,
                kind=self._kinds[self._kind[row]],
                name=self._names[self._name_of[row]],
                district_code=f"{district:03d}" if district else None,
                province_code=f"{province:02d}" if province else None,
                valid_from=dt.date.fromisoformat(first) if first else None,
                valid_to=dt.date.fromisoformat(last) if last else None,
                date_basis=self._bases[self._basis[row]],
                decree=decrees[decree_from[row]] or None,
                ended=self._reasons[self._reason[row]] or None,
                ended_by=decrees[decree_to[row]] or None,
            )
        return version

    def _heir_codes(self, row: int) -> list[tuple[int, bool]]:
        bounds, heirs, whole = self._links
        return [(heirs[at], bool(whole[at])) for at in range(bounds[row], bounds[row + 1])]

    def _today(self, row: int, day: int | None) -> list[tuple[int, bool]]:
        """Heirs; of a district those of the communes it had on the day, for its land changed while its name stood."""
        if self._level(row) != 1 or day is None:
            return self._heir_codes(row)
        day = min(max(day, self._from[row]), self._to[row] - 1)
        found: dict[int, bool] = {}
        for member in self._members.get(self._codes[row], ()):
            if self._from[member] <= day < self._to[member]:
                for code, whole in self._heir_codes(member):
                    found[code] = found.get(code, False) or whole
        return list(found.items()) or self._heir_codes(row)

    # -------------------------------------------------------------- names

    def prefix(self, words: Sequence[str], levels: frozenset[Level] | None = None) -> int:
        """How many leading words form the longest known name of any of these levels; 0 if none do."""
        mask = 7 if levels is None else sum(1 << at for at, level in enumerate(LEVELS) if level in levels)
        key, best = "", 0
        for count, word in enumerate(words[:_MAX_WORDS], 1):
            part = fold(word)
            if not part:
                continue
            key += part
            if key[0] == "đ" and key.startswith("đak"):
                key = _fold_highland(key)
            if self._levels_of.get(key, 0) & mask:
                best = count
        return best

    def is_name(self, name: str, level: Level | None = None) -> bool:
        """Whether any unit of the level was ever called so."""
        bits = self._levels_of.get(fold(name), 0)
        return bool(bits) if level is None else level in LEVELS and bool(bits >> LEVELS.index(level) & 1)

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
        rows = self._rows(fold(name), level)
        kind = parse_kind(kind) if kind else None
        if kind:
            rows = [row for row in rows if self._kinds[self._kind[row]] == kind]
        if on:
            day = on.toordinal()
            rows = [row for row in rows if self._from[row] <= day < self._to[row]]
        if province:
            codes = self._codes_named(province, "province", None)
            rows = [row for row in rows if self._province[row] in codes]
        if district:
            codes = self._codes_named(district, "district", None)
            rows = [row for row in rows if self._district[row] in codes]
        return tuple(self._version(row) for row in rows)

    def _codes_named(self, text: str, level: Level, day: int | None) -> frozenset[int]:
        """Codes of the districts or provinces a text names: in force on the day, else within a year, else ever."""
        kind, name = parse_unit_name(text)
        rows = self._rows(fold(name), level) or self._rows(fold(text), level)
        if kind:
            rows = [row for row in rows if self._kinds[self._kind[row]] == kind] or rows
        if day is not None:
            rows = self._nearest(rows, day)
        return frozenset(self._codes[row] for row in rows)

    def _nearest(self, rows: list[int], day: int) -> list[int]:
        for margin in _MARGINS:
            alive = [row for row in rows if self._from[row] - margin <= day < self._to[row] + margin]
            if alive:
                return alive
        return rows

    # -------------------------------------------------------------- units

    def at(self, uid: str) -> UnitVersion:
        """The version of that id. Raises KeyError if there is none."""
        return self._version(self._row(uid))

    def heirs(self, uid: str) -> tuple[Heir, ...]:
        """Units that hold the land today, the usual one first; () for the few whose land is not known."""
        level = LEVELS[0] if uid.startswith(UID_PREFIX["province"]) else LEVELS[2]
        width = CODE_WIDTH[level]
        return tuple(Heir(f"{code:0{width}d}", whole) for code, whole in self._heir_codes(self._row(uid)))

    def today(self, uid: str, on: dt.date | None = None) -> tuple[HeirUnit, ...]:
        """Heirs with their names. Of a district those of the communes it had on ``on``; without a day, at its end."""
        row = self._row(uid)
        return self._heir_units(row, on.toordinal() if on else None)

    def _heir_units(self, row: int, day: int | None) -> tuple[HeirUnit, ...]:
        level = 0 if row < self._ends[0] else 2
        return tuple(self._heir_unit(level, code, whole) for code, whole in self._today(row, day))

    @functools.lru_cache(maxsize=8192)  # noqa: B019 - one gazetteer lives as long as the process
    def _heir_unit(self, level: int, code: int, whole: bool) -> HeirUnit:
        row = self._row_on(level, code, None)
        if row is None:
            raise KeyError(code)
        return HeirUnit(
            code=f"{code:0{CODE_WIDTH[LEVELS[level]]}d}",
            name=self._names[self._name_of[row]],
            kind=self._kinds[self._kind[row]],
            province=self._name_on(0, self._province[row], None) if level else None,
            whole=whole,
        )

    def _name_on(self, level: int, code: int, day: int | None) -> str | None:
        row = self._row_on(level, code, day) if code else None
        return None if row is None else self._names[self._name_of[row]]

    def children(
        self, parent: str, on: dt.date | None = None, *, province: str | None = None
    ) -> tuple[UnitVersion, ...]:
        """Communes of a district, or districts (since July 2025: communes) of a province, on a day.

        ``parent`` is a uid or a name with or without its kind; ``province`` tells districts of one name apart.
        Without ``on``: as on the last day of the parent.
        """
        out: list[UnitVersion] = []
        for row in self._parents(parent, on, province):
            day = min(max(on.toordinal() if on else _OPEN_END, self._from[row]), self._to[row] - 1)
            code = self._codes[row]
            if self._level(row) == 1:
                rows: Iterable[int] = self._members.get(code, ())
            else:
                rows = (r for r in range(self._starts[1], self._ends[2]) if self._province[r] == code)
            alive = [r for r in rows if self._from[r] <= day < self._to[r]]
            if self._level(row) == 0 and any(r < self._ends[1] for r in alive):
                alive = [r for r in alive if r < self._ends[1]]
            out += [self._version(r) for r in alive]
        return tuple(out)

    def _parents(self, parent: str, on: dt.date | None, province: str | None) -> list[int]:
        if "@" in parent:
            return [self._row(parent)]
        kind, name = parse_unit_name(parent)
        day = on.toordinal() if on else None
        for level in ("district", "province"):
            rows = self._rows(fold(name), level)
            if kind:
                rows = [row for row in rows if self._kinds[self._kind[row]] == kind]
            if province and level == "district":
                codes = self._codes_named(province, "province", day)
                rows = [row for row in rows if self._province[row] in codes]
            if day is not None:
                rows = self._nearest(rows, day)
            if rows:
                return rows
        return []

    def districts_named(self, name: str, on: dt.date | None = None) -> tuple[UnitVersion, ...]:
        """Districts of that name (with or without kind) in force on the day, else within a year of it, else ever."""
        return self._named(name, "district", on)

    def provinces_named(self, name: str, on: dt.date | None = None) -> tuple[UnitVersion, ...]:
        """Provinces of that name, as ``districts_named``."""
        return self._named(name, "province", on)

    def _named(self, text: str, level: Level, on: dt.date | None) -> tuple[UnitVersion, ...]:
        kind, name = parse_unit_name(text)
        rows = self._rows(fold(name), level)
        if kind:
            rows = [row for row in rows if self._kinds[self._kind[row]] == kind]
        if on:
            rows = self._nearest(rows, on.toordinal())
        return tuple(self._version(row) for row in rows)

    def communes_in(self, district_uid: str) -> frozenset[str]:
        """Folded names of every commune the district had while this version of it stood, and a year around it."""
        row = self._row(district_uid)
        first, last = self._from[row] - _MARGINS[1], self._to[row] + _MARGINS[1]
        members = self._members.get(self._codes[row], ())
        return frozenset(
            fold(self._names[self._name_of[m]]) for m in members if self._from[m] < last and self._to[m] > first
        )

    def province_of(self, district: str, on: dt.date | None = None) -> str | None:
        """Name of the province of a district named with or without its kind; None if unknown or not the same for all."""
        found = {version.province_code for version in self.districts_named(district, on)}
        if len(found) != 1:
            return None
        code = found.pop()
        return self._name_on(0, int(code), on.toordinal() if on else None) if code else None

    def __iter__(self) -> Iterator[UnitVersion]:
        """Every version, in order of level, code and first day."""
        return (self._version(row) for row in range(self._ends[-1]))

    def __len__(self) -> int:
        return self._ends[-1]


_MAX_WORDS = 8
# Days by which a version may be missed and still be meant: none, a year, any time.
_MARGINS = (0, 366, 10**7)


def read_columns(path: Path) -> dict[str, str]:
    """The data file's columns by name, undecoded: after the first ``=`` of a line, JSON or names joined by ``|``."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        return dict(line.split("=", 1) for line in lines.read().splitlines())


def load_gazetteer(path: Path) -> Gazetteer:
    """Gazetteer of one data file. Raises OSError, KeyError or ValueError if it is not one."""
    return Gazetteer(read_columns(path))


@functools.cache
def gazetteer() -> Gazetteer:
    """The shipped gazetteer, read on first use."""
    return load_gazetteer(DATA_FILE)


# ------------------------------------------------------------------ linking the names of an article

# Without a day an article is taken to be of the programme's time with districts: from its launch
# (decision 800/QĐ-TTg) to the end of the district level.
_UNDATED = (dt.date(2010, 6, 4).toordinal(), dt.date(2025, 7, 1).toordinal())


class Linker:
    """Links the names of one article to the units they meant on its day.

    ``on`` is the day of the article, None if unknown; the home names, with or without their kind, say where its
    source is at home. A version in force on the day is preferred to one within a year, that to any older; a
    district or province named with the unit decides, then the home district, the home province, and then only a
    name that is unique. What stays ambiguous has no code and keeps its candidates.
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
        self._day = on.toordinal() if on else None
        self._home_district = home_district or None
        self._home_province = home_province or None
        self._cache: dict[tuple[str, str | None, Level, str | None, str | None], Unit] = {}
        self._contexts: dict[tuple[str, Level], frozenset[int]] = {}

    def link(
        self,
        name: str,
        *,
        kind: str | None = None,
        level: Level,
        district: str | None = None,
        province: str | None = None,
    ) -> Unit:
        """The unit a name meant; ``district`` and ``province`` are those named with it in the text, if any."""
        asked = (name, kind, level, district or None, province or None)
        unit = self._cache.get(asked)
        if unit is None:
            unit = self._cache[asked] = self._link(*asked)
        return unit

    def _link(self, name: str, kind: str | None, level: Level, district: str | None, province: str | None) -> Unit:
        units = self._units
        name = " ".join(unicodedata.normalize("NFC", name).split())
        if level == "village":
            return self._unlisted(name, kind, level, district or self._home_district, province or self._home_province)
        rows = units._rows(fold(name), level)
        if not rows:
            return self._unlisted(name, kind, level, district, province)
        rows, certain = self._choose(rows, kind, level, district, province)
        if not certain or not rows:
            return self._open(name, kind, level, rows, district, province)
        return self._closed(name, rows[0])

    # -------------------------------------------------------------- choosing

    def _choose(
        self, rows: list[int], kind: str | None, level: Level, district: str | None, province: str | None
    ) -> tuple[list[int], bool]:
        """Rows that remain possible, and whether they are one unit."""
        wanted = parse_kind(kind) if kind else None
        units = self._units
        same = [row for row in rows if units._kinds[units._kind[row]] == wanted] if wanted else rows
        other = [row for row in rows if row not in same] if wanted else []
        pools = [pool for pool in (same, other) if pool]
        within: list[tuple[str, Level]] = []
        if district and level == "commune":
            within.append((district, "district"))
        if province and level != "province":
            within.append((province, "province"))
        if within:
            for pool in pools:
                kept = self._inside(pool, within)
                if kept:
                    return self._one(kept, level, named=within)
            return self._timely(same or other), False
        homes: list[tuple[str, Level]] = []
        if self._home_district and level == "commune":
            homes.append((self._home_district, "district"))
        if self._home_province and level != "province":
            homes.append((self._home_province, "province"))
        for home in homes:
            for pool in pools if home[1] == "district" else pools[:1]:
                kept = self._inside(pool, [home], margins=2)
                if kept:
                    return self._one(kept, level, named=[home])
        for home in homes[:1]:
            kept = self._inside(same, [home])
            if kept:
                return self._one(kept, level, named=[home])
        return self._one(self._timely(same or other), level, named=[])

    def _inside(self, rows: list[int], within: list[tuple[str, Level]], margins: int = 3) -> list[int]:
        """Rows in all of the districts and provinces, of the nearest time that has any; they or their land."""
        for margin in range(margins):
            timely = self._in_time(rows, margin)
            for indirect in (False, True):
                kept = [row for row in timely if all(self._belongs(row, text, kind, indirect) for text, kind in within)]
                if kept:
                    return kept
        return []

    def _belongs(self, row: int, text: str, level: Level, indirect: bool) -> bool:
        """Whether the row was in the district or province; indirectly: at another time, or its land was."""
        units = self._units
        codes = self._contexts.get((text, level))
        if codes is None:
            codes = self._contexts[text, level] = units._codes_named(text, level, self._day)
        column = units._district if level == "district" else units._province
        if column[row] in codes:
            return True
        if not indirect:
            return False
        own, code = units._level(row), units._codes[row]
        if own == 2 and not units._district[row]:
            districts, provinces = units._land.get(code, (frozenset(), frozenset()))
            return not codes.isdisjoint(districts if level == "district" else provinces)
        return any(
            column[other] in codes for other in units._rows_of_code(own, code) if own == 1 or units._district[other]
        )

    def _in_time(self, rows: list[int], margin: int) -> list[int]:
        units = self._units
        first, last = (self._day, self._day + 1) if self._day is not None else _UNDATED
        days = _MARGINS[margin]
        if margin == 2:  # long past; what came more than a year later cannot have been meant
            return [row for row in rows if units._from[row] < last + _MARGINS[1] or self._day is None]
        return [row for row in rows if units._from[row] - days < last and first < units._to[row] + days]

    def _timely(self, rows: list[int]) -> list[int]:
        for margin in range(3):
            if kept := self._in_time(rows, margin):
                return kept
        return []

    def _one(self, rows: list[int], level: Level, named: list[tuple[str, Level]]) -> tuple[list[int], bool]:
        """Narrow rows to one unit if they are one: by the home province for districts of one name, by time."""
        units = self._units
        if len({units._codes[row] for row in rows}) > 1 and named and self._home_province:
            home = (self._home_province, "province")
            if home not in named and level != "province":
                kept = [row for row in rows if self._belongs(row, *home, indirect=False)]  # type: ignore[arg-type]
                rows = kept or rows
        if len(rows) == 1:
            return rows, True
        if len({units._codes[row] for row in rows}) > 1:
            return rows, False
        if self._day is not None:
            day = self._day
            rows = sorted(rows, key=lambda row: max(units._from[row] - day, day - units._to[row] + 1, 0))
            return rows[:1], True
        if len({(units._name_of[row], units._district[row]) for row in rows}) > 1:
            return rows, False
        first, last = _UNDATED
        rows = sorted(rows, key=lambda row: max(units._from[row], first) - min(units._to[row], last))
        return rows[:1], True

    # -------------------------------------------------------------- units

    def _closed(self, name: str, row: int) -> Unit:
        units = self._units
        level = units._level(row)
        day = min(max(self._day if self._day is not None else _UNDATED[1] - 1, units._from[row]), units._to[row] - 1)
        return Unit(
            level=LEVELS[level],
            name=units._names[units._name_of[row]],
            kind=units._kinds[units._kind[row]],
            code=f"{units._codes[row]:0{CODE_WIDTH[LEVELS[level]]}d}",
            district=units._name_on(1, units._district[row], day) if level == 2 else None,
            province=units._name_on(0, units._province[row], day) if level else None,
            today=units._heir_units(row, day),
            uid=units._uid(row),
        )

    def _open(
        self, name: str, kind: str | None, level: Level, rows: list[int], district: str | None, province: str | None
    ) -> Unit:
        """A name that stays ambiguous: what its candidates have in common, and the candidates."""
        closed = [self._closed(name, row) for row in rows]

        def common(values: list[Any]) -> Any:
            return values[0] if values and all(value == values[0] for value in values) else None

        return Unit(
            level=level,
            name=name,
            kind=kind,
            district=parse_unit_name(district)[1] if district else common([unit.district for unit in closed]),
            province=parse_unit_name(province)[1] if province else common([unit.province for unit in closed]),
            today=common([unit.today for unit in closed]) or (),
            candidates=tuple(unit.uid for unit in closed if unit.uid),
        )

    def _unlisted(self, name: str, kind: str | None, level: Level, district: str | None, province: str | None) -> Unit:
        return Unit(
            level=level,
            name=name,
            kind=kind,
            district=parse_unit_name(district)[1] if district and level in ("commune", "village") else None,
            province=parse_unit_name(province)[1] if province and level != "province" else None,
        )
