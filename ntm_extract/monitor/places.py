"""Which mentions are one place, across articles and years; and whose land lies in whose.

Articles name a commune with and without its district, before and after it was renamed or merged. Mentions are
linked to versions of units where the gazetteer knows them; what it does not know is told apart by level, name,
kind, district, province and code, where a missing field agrees with any, as long as only one place fits.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, Self

from ntm_extract.model import HeirUnit, Record, Unit
from ntm_extract.units import Gazetteer, Linker, UnitVersion, fold, gazetteer

# The district level ended and today's communes began (Luật Tổ chức chính quyền địa phương 2025).
REFORM = dt.date(2025, 7, 1)

# same: the unit itself; renewed: it again, renamed, retyped, moved or enlarged under its code; heir: a unit that holds
# all of its land; part: one that holds a part, or how much is not known.
Bearing = Literal["same", "renewed", "heir", "part"]


def record_day(record: Record) -> dt.date | None:
    """The day a record speaks from: of the meeting it reports, else of its posting."""
    return (record.meeting.date if record.meeting else None) or record.published


@dataclass(frozen=True, slots=True)
class _Form:
    """One way a unit is written in one kind of context; the unit of clustering."""

    level: str
    name: str
    kind: str | None
    district: str | None
    province: str | None
    code: str | None
    uid: str | None
    home_district: str | None
    home_province: str | None
    late: bool

    @property
    def fields(self) -> int:
        return sum(value is not None for value in (self.uid, self.code, self.district, self.province, self.kind))

    def sort_key(self) -> tuple[object, ...]:
        return (-self.fields, *(str(getattr(self, slot) or "") for slot in self.__slots__))


@dataclass(slots=True)
class _Place:
    """A cluster of forms. ``unit`` is the mention that says most of it."""

    key: str
    form: _Form
    unit: Unit

    def agrees(self, form: _Form) -> bool:
        own = self.form
        if form.uid and own.uid:
            return form.uid == own.uid
        if form.late != own.late and not (form.uid or own.uid):
            return False
        return (
            _agree(own.district, form.district)
            and _agree(own.province, form.province)
            and _agree(own.code, form.code)
            and (_agree(own.kind, form.kind) or own.level == "province")
        )

    def at_home(self, form: _Form) -> bool:
        """Whether it lies where the article is about; what either does not say agrees."""
        return (form.district is not None or _agree(self.form.district, form.home_district)) and (
            form.province is not None or _agree(self.form.province, form.home_province)
        )

    def take(self, form: _Form, unit: Unit) -> None:
        own = self.form
        self.form = replace(
            own,
            uid=own.uid or form.uid,
            code=own.code or form.code,
            district=own.district or form.district,
            province=own.province or form.province,
            kind=own.kind or form.kind,
        )
        if (len(unit.today), unit.code is not None) > (len(self.unit.today), self.unit.code is not None):
            self.unit = unit


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _key(text: str | None) -> str | None:
    return fold(text) or None if text else None


@dataclass(frozen=True, slots=True)
class _Index:
    """Versions by uid, by level and code, communes by district, and those whose land a commune of today holds.

    ``rural`` has of each district and province, by level and code, when its xã began and ended.
    """

    of_uid: dict[str, UnitVersion]
    rural: dict[tuple[str, str], list[tuple[dt.date, dt.date]]]
    of_district: dict[str, list[UnitVersion]]
    of_code: dict[tuple[str, str], list[UnitVersion]]
    before: dict[str, list[UnitVersion]]


@lru_cache(maxsize=4)
def _index(units: Gazetteer) -> _Index:
    out = _Index({}, defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list))
    last = REFORM - dt.timedelta(days=1)
    for version in units:
        out.of_uid[version.uid] = version
        out.of_code[version.level, version.code].append(version)
        if version.level == "commune" and version.kind == "xã":
            stood = (version.valid_from or dt.date.min, version.valid_to or dt.date.max)
            out.rural["district", version.district_code or ""].append(stood)
            out.rural["province", version.province_code or ""].append(stood)
        if version.level == "commune" and version.district_code:
            out.of_district[version.district_code].append(version)
            if version.alive(last):
                for heir in units.heirs(version.uid):
                    out.before[heir.code].append(version)
    return out


class Places:
    """The places of a body of records. ``units`` is the gazetteer, None to do without (names alone).

    Every mention that will be asked for must stand in the records given.
    """

    def __init__(self, records: Iterable[Record], units: Gazetteer | None = None) -> None:
        self._units = units if units is not None else gazetteer()
        self._linkers: dict[tuple[dt.date | None, str | None, str | None], Linker] = {}
        self._forms: dict[tuple[object, ...], _Form] = {}
        self._linked: dict[tuple[object, ...], Unit] = {}
        self._place_of: dict[_Form, _Place] = {}
        self._by_heir: dict[str, list[_Place]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[_Place]] = defaultdict(list)
        self._bearings: dict[tuple[str, str], Bearing | None] = {}
        self._by_key: dict[str, _Place] = {}
        self._roots: dict[str, str] = {}
        self._districts: dict[str, Unit] = {}
        self._versions: dict[str, UnitVersion] = {}
        self._uids: dict[str, str | None] = {}
        self._loading: Callable[[str, bool], Unit] | None = None
        seen: dict[_Form, Unit] = {}
        for record in records:
            for unit in _units_of(record):
                seen.setdefault(self._form(unit, record), self.linked(unit, record))
        self._cluster(seen)

    @classmethod
    def of_dataset(cls, uids: Iterable[tuple[str, str | None]], load: Callable[[str, bool], Unit]) -> Self:
        """Places of many units under keys of their own, given with their uid.

        ``load`` gives one that is looked at, with its heirs unless the gazetteer knows them.
        """
        places = cls(())
        places._versions = dict(_index(places._units).of_uid)
        places._loading = load
        places._uids = {key: uid if uid in places._versions else None for key, uid in uids}
        return places

    def add(self, key: str, unit: Unit) -> None:
        """A unit under a key of its own, as datasets name it."""
        version = None
        if unit.uid:
            with suppress(KeyError):
                version = self._version(unit.uid)
        known = version is not None  # then its name is not compared
        form = _Form(
            level=unit.level,
            name=unit.name if known else fold(unit.name),
            kind=unit.kind.casefold() if unit.kind else None,
            district=unit.district if known else _key(unit.district),
            province=unit.province if known else _key(unit.province),
            code=unit.code,
            uid=version.uid if version else None,
            home_district=None,
            home_province=None,
            late=bool(version and (version.valid_from or dt.date.min) >= REFORM),
        )
        self._by_key[key] = _Place(key, form, unit)

    def knows(self, key: str) -> bool:
        """Whether there is a place of that key."""
        return key in self._uids or key in self._by_key

    def _version(self, uid: str) -> UnitVersion:
        """The version of that uid, made once. Raises KeyError."""
        version = self._versions.get(uid)
        if version is None:
            version = self._versions[uid] = self._units.at(uid)
        return version

    # -------------------------------------------------------------- mentions -> places

    def key(self, unit: Unit, record: Record) -> str:
        """Key of the place that a mention in a record means; equal keys are one unit at one time."""
        return self._place(unit, record).key

    def _place(self, unit: Unit, record: Record) -> _Place:
        form = self._form(unit, record)
        place = self._place_of.get(form)
        if place is None:  # a unit that stands in no record given: on its own
            self._cluster({form: self.linked(unit, record)})
            place = self._place_of[form]
        return place

    def linked(self, unit: Unit, record: Record) -> Unit:
        """The unit with what the gazetteer adds to it; as it is where it is not known for certain."""
        context = _context(unit, record)
        linked = self._linked.get(context)
        if linked is None:
            linked = self._linked[context] = self._link(unit, record)
        return linked

    def _link(self, unit: Unit, record: Record) -> Unit:
        if unit.level == "village":
            return unit
        uid = unit.uid
        found: Unit | None = None
        if uid:
            try:
                version = self._units.at(uid)
            except KeyError:
                version = None
            if version is not None:
                return unit if unit.code and unit.today else self._filled(unit, version, record)
        home_district = record.home.district.name if record.home.district else None
        home_province = record.home.province.name if record.home.province else None
        context = (record_day(record), home_district, home_province)
        linker = self._linkers.get(context)
        if linker is None:
            linker = self._linkers[context] = Linker(*context, units=self._units)
        found = linker.link(unit.name, kind=unit.kind, level=unit.level, district=unit.district, province=unit.province)
        if found.uid and self._credible(found, unit, context[0], context[1:]):
            return self._filled(unit, self._units.at(found.uid), record)
        if unit.code:
            versions = [v for v in self._units.versions(unit.name, level=unit.level) if v.code == unit.code]
            day = record_day(record)
            alive = [version for version in versions if day and version.alive(day)] or versions[-1:]
            if alive:
                return self._filled(unit, alive[0], record)
        return unit

    def _credible(self, found: Unit, unit: Unit, day: dt.date | None, home: tuple[str | None, str | None]) -> bool:
        """A link must not contradict the mention; one with neither district nor province must lie in the home province,
        and its home district must be known at all."""
        home_district, home_province = home
        if unit.code and found.code != unit.code:
            return False
        if unit.district or unit.province or unit.level == "province":
            return True
        if home_district and not self._units.districts_named(home_district, day):
            return False
        if not home_province:
            return True
        version = self._units.at(found.uid or "")
        names = {fold(home_province)}
        heirs = {fold(heir.province) for heir in self._units.today(version.uid) if heir.province}
        return fold(found.province or "") in names or bool(heirs & names)

    def _filled(self, unit: Unit, version: UnitVersion, record: Record) -> Unit:
        day = record_day(record)
        return unit.model_copy(
            update={
                "uid": version.uid,
                "code": unit.code or version.code,
                "kind": unit.kind or version.kind,
                "district": unit.district or self._units.district_name(version, day),
                "province": unit.province or self._units.province_name(version, day),
                "today": unit.today or self._units.today(version.uid, day),
            }
        )

    def _form(self, unit: Unit, record: Record) -> _Form:
        context = _context(unit, record)
        form = self._forms.get(context)
        if form is None:
            linked = self.linked(unit, record)
            day = record_day(record)
            home = record.home
            own_district = linked.district if linked.level in ("commune", "village") else None
            form = self._forms[context] = _Form(
                level=linked.level,
                name=fold(linked.name),
                kind=linked.kind.casefold() if linked.kind else None,
                district=_key(own_district),
                province=_key(linked.province) if linked.level != "province" else None,
                code=linked.code,
                uid=linked.uid,
                home_district=_key(home.district.name) if home.district and linked.level != "district" else None,
                home_province=_key(home.province.name) if home.province else None,
                late=bool(day and day >= REFORM and linked.level == "commune"),
            )
        return form

    def _cluster(self, forms: dict[_Form, Unit]) -> None:
        """Fuller forms first, so that what is missing in one is filled from those that fit it alone."""
        for form in sorted(forms, key=_Form.sort_key):
            unit = forms[form]
            pool = self._by_name[form.level, form.name]
            if form.uid:
                fits = [place for place in pool if place.form.uid == form.uid]
            else:
                fits = [place for place in pool if place.agrees(form) and place.at_home(form)]
                if len(fits) > 1:
                    closer = [place for place in fits if place.form.district == (form.district or form.home_district)]
                    fits = closer or fits
                if len(fits) > 1 and (timely := self._timely(fits, form)):
                    fits = timely
            if len(fits) == 1:
                fits[0].take(form, unit)
                place = fits[0]
            else:
                soft = (
                    form
                    if fits
                    else replace(
                        form,
                        district=form.district
                        or (form.home_district if form.level in ("commune", "village") else None),
                        province=form.province or (form.home_province if form.level != "province" else None),
                    )
                )
                place = _Place(form.uid or f"{form.level}:{form.name}#{len(pool)}", soft, unit)
                if not fits:
                    pool.append(place)
                else:  # ambiguous: it stays what it is, and fits nothing else
                    place.key = f"{place.key}?{'|'.join(map(str, form.sort_key()[1:]))}"
                if place.form.uid:
                    for heir in self._units.heirs(place.form.uid):
                        self._by_heir[heir.code].append(place)
            self._place_of[form] = place
            self._by_key[place.key] = place

    def _timely(self, places: list[_Place], form: _Form) -> list[_Place]:
        """Of several versions of one unit the one whose time fits; nothing if they are different units."""
        late = [place for place in places if place.form.late == form.late]
        return late if len(late) == 1 else []

    # -------------------------------------------------------------- land

    def unit(self, key: str) -> Unit:
        """The mention that says most of a place."""
        return self._at(key).unit

    def bearing(self, promised: str, other: str) -> Bearing | None:
        """Whether what is said of one place holds for the land of another: how, or None if not at all."""
        if promised == other:
            return "same"
        asked = (promised, other)
        if asked not in self._bearings:
            self._bearings[asked] = self._bear(self._at(promised), self._at(other))
        return self._bearings[asked]

    def _at(self, key: str) -> _Place:
        place = self._by_key.get(key)
        if place is None and key in self._uids and self._loading is not None:
            self.add(key, self._loading(key, self._uids[key] is not None))
        return place or self._by_key[key]

    def _uid(self, key: str) -> str | None:
        """Of which version a place is, where that is known."""
        return self._uids[key] if key in self._uids else self._at(key).form.uid

    def related(self, key: str) -> tuple[str, ...]:
        """Keys of the places whose evidence may bear on this one: itself, its later forms, its heirs."""
        place = self._at(key)
        keys = {place.key: None}
        if place.form.uid:
            for heir in self._units.heirs(place.form.uid):
                keys.update((other.key, None) for other in self._by_heir[heir.code])
        for other in self._by_name[place.form.level, place.form.name]:
            keys[other.key] = None
        for named in place.unit.today:
            keys.update((other.key, None) for other in self._by_name["commune", fold(named.name)])
        return tuple(other for other in keys if self.bearing(key, other))

    def _bear(self, one: _Place, other: _Place) -> Bearing | None:
        if one.form.uid and other.form.uid:
            return self._follow(self._version(one.form.uid), self._version(other.form.uid))
        if other.form.late and not one.form.late and one.unit.today:
            return _by_today(one.unit.today, other)
        alike = one.form.name == other.form.name and one.form.level == other.form.level
        if alike and not one.form.uid and one.form.late != other.form.late:
            # Nothing is known of their land: one name in one place, before and after the reform.
            fields = [(getattr(one.form, name), getattr(other.form, name)) for name in ("province", "kind", "code")]
            return "same" if all(_agree(*pair) for pair in fields) else None
        return None

    def _follow(self, one: UnitVersion, other: UnitVersion) -> Bearing | None:
        """Whether a later version holds the land of an earlier one."""
        if one.valid_to is None or (other.valid_from or dt.date.min) < one.valid_to or one.level == "province":
            return None
        if other.level == one.level and other.code == one.code and (other.valid_from or dt.date.min) < REFORM:
            return "renewed"
        if one.level != "commune" or other.level != "commune":
            heirs = {heir.code for heir in self._units.heirs(one.uid)}
            return (
                "part"
                if other.level == "commune" and other.code in heirs and (other.valid_from or REFORM) >= REFORM
                else None
            )
        heirs_of = {heir.code: heir.whole for heir in self._units.heirs(one.uid)}
        if other.valid_from and other.valid_from >= REFORM:
            if other.code not in heirs_of:
                return None
            return "heir" if heirs_of[other.code] and len(heirs_of) == 1 else "part"
        nearest = self._successors(one)
        if other.uid in {version.uid for version in nearest}:
            return "heir" if len(nearest) == 1 and len(heirs_of) == 1 and all(heirs_of.values()) else "part"
        further = {self._follow(version, other) for version in nearest}
        if not further - {None}:
            return None
        return "heir" if len(nearest) == 1 and further <= {"renewed", "heir"} else "part"

    def _successors(self, one: UnitVersion) -> list[UnitVersion]:
        """Communes that took a merged one's land before the reform: those that began in its district that day and
        share its land's heirs today, else those that stood there."""
        if one.district_code is None or one.valid_to is None:
            return []
        heirs = {heir.code for heir in self._units.heirs(one.uid)}
        near = [
            version
            for version in _index(self._units).of_district.get(one.district_code, ())
            if version.uid != one.uid
            and version.alive(one.valid_to)
            and heirs & {heir.code for heir in self._units.heirs(version.uid)}
        ]
        return [version for version in near if version.valid_from == one.valid_to] or near

    def today(self, key: str, as_of: dt.date) -> tuple[Unit, ...]:
        """The units that hold a place's land on a day; () where that is not known."""
        place = self._at(key)
        if not place.form.uid:
            if place.unit.level == "village" or place.form.late or as_of < REFORM:
                return (_bare(place.unit),)
            return tuple(_of_heir(heir, place.unit.level) for heir in place.unit.today)
        version = self._version(place.form.uid)
        if version.valid_to is None or as_of < version.valid_to:
            return (_bare(place.unit),)
        return tuple(_bare(unit) for unit in self._holders(version, as_of))

    def _holders(self, version: UnitVersion, as_of: dt.date) -> list[Unit]:
        if as_of < REFORM:
            renewed = [one for one in _index(self._units).of_code[version.level, version.code] if one.alive(as_of)]
            if renewed:
                return [self._unit_of(renewed[0], as_of)]
            if version.level == "commune":
                out: dict[str, Unit] = {}
                for heir in self._successors(version):
                    alive = heir.alive(as_of)
                    for unit in [self._unit_of(heir, as_of)] if alive else self._holders(heir, as_of):
                        out[unit.uid or unit.name] = unit
                return list(out.values())
        last = (version.valid_to or as_of) - dt.timedelta(days=1)
        level = "province" if version.level == "province" else "commune"
        return [_of_heir(heir, level) for heir in self._units.today(version.uid, last)]

    def root(self, key: str) -> str:
        """One key for a unit through its renamings, changes of kind and moves between districts before July 2025."""
        root = self._roots.get(key)
        if root is None:
            uid, root = self._uid(key), key
            if uid:
                version = self._version(uid)
                root = uid.partition("@")[0] if (version.valid_from or dt.date.min) < REFORM else uid
            self._roots[key] = root
        return root

    def heirs(self, key: str) -> tuple[tuple[Unit, bool], ...]:
        """Units of today that hold a place's land, and whether each holds all of it; itself where it still stands."""
        place = self._at(key)
        if place.form.uid and self._version(place.form.uid).valid_to is None:
            return ((_bare(place.unit), True),)
        heirs = self._units.today(place.form.uid) if place.form.uid else place.unit.today
        if not heirs:
            return ((_bare(place.unit), True),)
        level = "province" if place.form.level == "province" else "commune"
        return tuple((_of_heir(heir, level), heir.whole and len(heirs) == 1) for heir in heirs)

    def districts(self, key: str) -> tuple[tuple[Unit, bool], ...]:
        """The district a place belonged to; of a unit of after the reform, the former districts of its land, each with
        whether all of the land was in it."""
        uid = self._uid(key)
        version = self._version(uid) if uid else None
        if version is not None and version.level == "district":
            return ((self._district(version.code, version.valid_from), True),)
        if version is not None and version.district_code:
            return ((self._district(version.district_code, version.valid_from or version.valid_to), True),)
        place = self._at(key)
        unit = place.unit
        if unit.level == "district":
            return ((_bare(unit), True),)
        if place.form.district:
            name = unit.district or place.form.district
            return ((Unit(level="district", name=name, province=unit.province), True),)
        if version is None or unit.level != "commune":
            return ()
        last = REFORM - dt.timedelta(days=1)
        former = {one.district_code or "" for one in _index(self._units).before.get(version.code, ())} - {""}
        return tuple((self._district(code, last), len(former) == 1) for code in sorted(former))

    def _district(self, code: str, day: dt.date | None) -> Unit:
        """The district of that code, under its last name: one district through its renamings."""
        district = self._districts.get(code)
        if district is None:
            version = _index(self._units).of_code["district", code][-1]
            district = self._districts[code] = self._unit_of(version, day or REFORM)
        return district

    def rural_communes(self, area: Unit, day: dt.date) -> int | None:
        """How many xã a district or province had on a day: those that can become nông thôn mới; None if not known."""
        code = area.code
        index = _index(self._units)
        if code is None or not any(version.alive(day) for version in index.of_code.get((area.level, code), ())):
            named = self._units.districts_named if area.level == "district" else self._units.provinces_named
            areas = {
                version.code
                for version in named(area.name, day)
                if version.alive(day)
                and (area.level != "district" or not area.province or self._is_in(version, area.province, day))
            }
            if len(areas) != 1:
                return None
            code = areas.pop()
        return sum([first <= day < last for first, last in index.rural.get((area.level, code), ())]) or None

    def _is_in(self, district: UnitVersion, province: str, day: dt.date) -> bool:
        return fold(self._units.province_name(district, day) or "") == fold(province)

    def _unit_of(self, version: UnitVersion, day: dt.date) -> Unit:
        return Unit(
            level=version.level,
            name=version.name,
            kind=version.kind,
            code=version.code,
            district=self._units.district_name(version, day) if version.level == "commune" else None,
            province=self._units.province_name(version, day) if version.level != "province" else None,
            uid=version.uid,
        )


def _by_today(heirs: tuple[HeirUnit, ...], other: _Place) -> Bearing | None:
    """Whether a unit of after the reform is one of the heirs that a record names, and holds all of the land."""
    for heir in heirs:
        same_name = fold(heir.name) == other.form.name
        if same_name and _agree(heir.code, other.form.code) and _agree(_key(heir.province), other.form.province):
            if not _agree(heir.kind.casefold() if heir.kind else None, other.form.kind):
                continue
            return "heir" if heir.whole and len(heirs) == 1 else "part"
    return None


def _bare(unit: Unit) -> Unit:
    return unit.model_copy(update={"today": (), "candidates": ()})


def _of_heir(heir: HeirUnit, level: str) -> Unit:
    return Unit.model_validate(
        {"level": level, "name": heir.name, "kind": heir.kind, "code": heir.code, "province": heir.province}
    )


def _context(unit: Unit, record: Record) -> tuple[object, ...]:
    home = record.home
    return (
        unit.level,
        unit.name,
        unit.kind,
        unit.code,
        unit.district,
        unit.province,
        unit.uid,
        unit.today,
        record_day(record),
        home.district.name if home.district else None,
        home.province.name if home.province else None,
    )


def _units_of(record: Record) -> Iterable[Unit]:
    for mention in record.units:
        yield mention.unit
    for _, fact in record.facts():
        subject = getattr(fact, "subject", None)
        if subject is not None:
            yield from subject.units
            if subject.within:
                yield subject.within
    if record.home.district:
        yield record.home.district
    if record.home.province:
        yield record.home.province
