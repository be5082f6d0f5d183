"""Where an article is at home: the district and the province that it does not name each time."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from ntm_extract.match.names import NUMERAL, Draft, Names, as_name
from ntm_extract.match.tokens import Tokens
from ntm_extract.orthography import fold_word
from ntm_extract.units import Gazetteer, UnitVersion, fold

_CENTRES = frozenset(map(fold_word, ("tâm", "đài")))
_MANY_DISTRICTS = 3  # named without their word
_OTHER_DISTRICTS = 2  # besides the one by the province's name
_WHOLE_PROVINCE = re.compile(r"\b(?:toàn tỉnh|cả tỉnh|tỉnh ta|tỉnh nhà|trên địa bàn tỉnh)\b", re.I)
_OWN_DISTRICT = re.compile(r"\b(?:toàn|trên địa bàn|các xã (?:trong|của)) (?:huyện|thị xã|thành phố)\b", re.I)
_FORMER = re.compile(r"\s*[()]?\s*(?:trước đây|trước kia|cũ\b|ngày trước)")


def settle_home(draft: Draft, *, district: bool = True) -> None:
    """What is not known of the home is what the units found so far speak of most; no ``district`` if it has none."""
    tokens, names = draft.tokens, draft.names
    if names.home_district is None and district:
        votes: Counter[str] = Counter()
        shown: dict[str, str] = {}
        early = len(tokens) // 4
        for unit in names.units:
            if unit.level == "district" and _FORMER.match(tokens.text, tokens.ends[unit.last - 1]):
                continue  # 'huyện X trước đây': whose land it was
            if unit.level == "district":
                key = fold(unit.name)
                shown.setdefault(key, unit.name)
                votes[key] += 3 if unit.first < early else 2 if unit.cue else 1
            elif unit.district:
                votes[fold(unit.district)] += 1
                shown.setdefault(fold(unit.district), unit.district)
        if votes:
            (best, score), *rest = votes.most_common(2)
            # Several districts with like weight: the article is at home in the province.
            if not rest or score >= 1.5 * rest[0][1]:
                names.home_district = shown[best]
    if names.home_province is None:
        votes = Counter()
        shown = {}
        for unit in names.units:
            if unit.level == "province":
                shown.setdefault(fold(unit.name), unit.name)
                votes[fold(unit.name)] += 1
            elif unit.province:
                shown.setdefault(fold(unit.province), unit.province)
                votes[fold(unit.province)] += 1
        if votes:
            names.home_province = shown[votes.most_common(1)[0][0]]


def leave_home_of_one(draft: Draft, gazetteer: Gazetteer) -> bool:
    """A province's article goes from district to district: it is at home in none, though it may name one of them.

    Gives whether a home was left.
    """
    tokens, runs, names = draft.tokens, draft.runs, draft.names
    if names.home_district is None or names.home_province is None:
        return False
    home, others = fold(names.home_district), set[str]()
    for index in tokens.capitals:
        words = tokens.words[index : index + runs[index]]
        if len(words) > 2 and NUMERAL.fullmatch(words[-1]):
            words = words[:-1]  # 'Ngân Sơn 01 xã; Ba Bể 02'
        if len(words) < 2 or draft.taken[index] or gazetteer.prefix(words, frozenset({"district"})) != len(words):
            continue
        name = " ".join(words)
        if fold(name) != home and districts_in(gazetteer, name, names.home_province):
            others.add(fold(name))
    if len(others) < _MANY_DISTRICTS:
        return False
    names.home_district = None
    return True


def home_by_bare_name(draft: Draft, gazetteer: Gazetteer) -> None:
    """No district with a cue: a district's name before a colon at the head of a line, or behind 'Trung tâm …'."""
    tokens, runs, taken, names = draft.tokens, draft.runs, draft.taken, draft.names
    votes: Counter[str] = Counter()
    provinces: Counter[str] = Counter()
    shown: dict[str, str] = {}
    told = Counter(fold(unit.name) for unit in names.units if unit.level == "district" and unit.cue)
    behind = 0
    for index in tokens.capitals:
        length = runs[index]
        if index < behind or taken[index] or length < 2:
            continue
        behind = index + length
        words = tokens.words[index:behind]
        size = gazetteer.prefix(words, frozenset({"district"}))
        # A headline's 'A đạt 227 tiêu chí' over an article on a district of that name speaks of the district.
        if gazetteer.prefix(words, frozenset({"province"})) == length and not _is_on_district(
            tokens, told, fold(" ".join(words))
        ):
            provinces[" ".join(words)] += 1
        elif size == length:
            mark = tokens.words[behind] if behind < len(tokens) else ""
            heads_line = index == 0 or tokens.words[index - 1].isspace()
            before_colon = mark == ":" or (index == 0 and mark in ("-", "–"))  # 'Tháp Mười – Họp đánh giá các tiêu chí'
            name = " ".join(words)
            shown.setdefault(fold(name), name.title() if name.isupper() else name)
            votes[fold(name)] += 3 if heads_line and before_colon else 2 if _named_centre(tokens, index) else 1
    if provinces and names.home_province is None:
        names.home_province = as_name(provinces.most_common(1)[0][0])
    communes = {fold(unit.name) for unit in names.units if unit.level == "commune"}
    for key in list(votes):  # a commune by the name of some district elsewhere
        if key in communes or (names.home_province and not districts_in(gazetteer, shown[key], names.home_province)):
            del votes[key]
    if names.home_district is None and votes and votes.most_common(1)[0][1] >= 2:
        names.home_district = shown[votes.most_common(1)[0][0]]


def _is_on_district(tokens: Tokens, told: Counter[str], name: str) -> bool:
    """Is the article on the district of that name, rather than on a province that has a town called so?

    ``told`` counts the districts that are named with their word.
    """
    if not told[name]:
        return False
    if len(told) > _OTHER_DISTRICTS and 2 * told[name] < told.total():
        return False  # one of many
    return _OWN_DISTRICT.search(tokens.text) is not None or _WHOLE_PROVINCE.search(tokens.text) is None


def _named_centre(tokens: Tokens, index: int) -> bool:
    return not _CENTRES.isdisjoint(tokens.norms[max(0, index - 8) : index])


def communes_at_home(gazetteer: Gazetteer, names: Names) -> frozenset[str]:
    """Folded names of the communes of the home district, else of the home province, of any time."""
    if names.home_district:
        inside = communes_of_district(gazetteer, names.home_district, names.home_province)
        return inside or communes_of_district(gazetteer, names.home_district, None)
    if names.home_province:
        return communes_of_province(gazetteer, names.home_province)
    return frozenset()


def in_home_district(gazetteer: Gazetteer, names: Names, name: str) -> bool:
    """Was there ever a commune of that name in the home district?"""
    if names.home_district is None:
        return False
    return fold(name) in communes_of_district(gazetteer, names.home_district, names.home_province)


def districts_in(units: Gazetteer, district: str, province: str | None) -> list[UnitVersion]:
    """Districts of that name of any time, of the province if one is given."""
    districts = units.districts_named(district, None)
    if not province:
        return list(districts)
    codes = {version.code for version in units.provinces_named(province)}
    return [version for version in districts if version.province_code in codes]


@lru_cache(maxsize=128)
def communes_of_district(units: Gazetteer, district: str, province: str | None) -> frozenset[str]:
    """Folded names of the communes of any time of the districts of that name (of the province, if one is given)."""
    return frozenset().union(*(units.communes_in(found.uid) for found in districts_in(units, district, province)))


@lru_cache(maxsize=128)
def communes_of_province(units: Gazetteer, province: str) -> frozenset[str]:
    """Folded names of all communes that a province ever had."""
    codes = {version.code for version in units.provinces_named(province)}
    return frozenset(
        fold(version.name) for version in units if version.level == "commune" and version.province_code in codes
    )
