"""Units without their cue word: names of the home's communes, lists of them, districts in brackets behind them."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ntm_extract.match.home import (
    communes_at_home,
    communes_of_district,
    communes_of_province,
    districts_in,
    in_home_district,
    settle_home,
)
from ntm_extract.match.lexicon import BOUND, OPENERS, SEPARATORS, VILLAGE_NUMBER, Cue, Lexicon, of_business
from ntm_extract.match.names import NUMERAL, Draft, joined_size
from ntm_extract.match.people import is_person_by_context
from ntm_extract.match.tokens import Tokens
from ntm_extract.model import Level
from ntm_extract.orthography import fold_word
from ntm_extract.units import Gazetteer, fold

_PAPER = fold_word("báo")
# What may stand between a unit and the criteria that it reached: 'Tân Lập mới đạt 12 tiêu chí'.
_REACHES = frozenset(
    map(fold_word, ("mới", "chỉ", "đạt", "được", "có", "còn", "đã", "cùng", "dừng", "ở", "lại", "giữ", "lên", "hiện"))
)
_CRITERION_WORDS = tuple(tuple(map(fold_word, pair)) for pair in (("tiêu", "chí"), ("chỉ", "tiêu")))
_PLACES = frozenset(map(fold_word, ("ở", "tại", "từ", "về", "đến", "của", "huyện")))
_IS = fold_word("là")
_LIST_MOST = 60  # names
_TOLD_WITHIN = 24  # tokens from a district to its communes in brackets
_LONG_NAME = 6  # letters
_LONGEST_NAME = 5  # syllables; a name that no list of ours holds is shorter
_BRACKETS_LEAST = 2  # lists with a district behind them that tell the province together


def find_bare(
    draft: Draft,
    lexicon: Lexicon,
    gazetteer: Gazetteer,
    on: dt.date | None,
    names_off: Sequence[bool],
    *,
    home_given: bool,
) -> None:
    """Adds the units that are named without a cue; ``home_given`` if the home district was told, not found.

    ``names_off`` marks bylines, whose names are listed too.
    """
    _BareUnits(draft, lexicon, gazetteer, names_off).find(on, given=home_given)


@dataclass(slots=True)
class _Row:
    """Names of a list, first token and length of each, and what stands behind them."""

    members: list[tuple[int, int]]
    end: int  # behind the last known name, or the bracket behind it
    district: str | None = None
    bracket: tuple[int, int] | None = None  # first token and length of a district in brackets
    unknown: bool = False  # a bracket with a name that is no district's
    misspelt: int | None = None  # the first member that is no known commune


class _BareUnits:
    """Left to right over the capitalised runs of one text that no cue has claimed."""

    def __init__(self, draft: Draft, lexicon: Lexicon, gazetteer: Gazetteer, names_off: Sequence[bool]) -> None:
        self._draft = draft
        self._names_off = names_off
        self._lexicon = lexicon
        self._gazetteer = gazetteer
        self._tokens = draft.tokens
        self._runs = draft.runs
        self._taken = draft.taken
        self._names = draft.names
        self._brackets: list[tuple[int, int, frozenset[str]]] = []
        self._listed: dict[int, int] = {}
        self._joint: set[int] = set()  # where a name of a list begins that holds another commune

    def find(self, on: dt.date | None, *, given: bool) -> None:
        tokens = self._tokens
        self._listed = self._lists()
        self._read_brackets(on, given=given)
        home = fold(self._names.home_district) if self._names.home_district else None
        introduced: dict[str, Level] = {fold(tokens.phrase(at, size)): "commune" for at, size in self._listed.items()}
        introduced |= {fold(unit.name): unit.level for unit in reversed(self._names.units) if unit.level == "village"}
        introduced |= {fold(unit.name): unit.level for unit in reversed(self._names.units) if unit.level != "village"}
        behind = 0
        for index in tokens.capitals:
            length = self._runs[index]
            if index < behind or self._taken[index] or not length:
                continue
            end = index + length
            words = tokens.words[index:end]
            level = self._joined(index, length) or self._bare_level(index, words, introduced, home)
            if level is None and length > 2 and NUMERAL.fullmatch(words[-1]):
                level = self._bare_level(index, words[:-1], introduced, home)  # 'Hòa Hiệp 17 tiêu chí'
            if level is None and length > 1 and tokens.norms[index] in self._lexicon.lead_words:
                continue  # 'Ở Quỳnh Bảo': the name begins with the next word
            if level is None or any(self._taken[index : index + level[1]]):
                behind = end
                continue
            cue = Cue(level[0], "", False, False)
            behind = self._draft.add(cue, index, index, level[1], known=True, bare=True)
        self._names.units.sort(key=lambda unit: unit.first)

    def _joined(self, index: int, length: int) -> tuple[Level, int] | None:
        """'Bà Rịa - Vũng Tàu', 'Phan Rang-Tháp Chàm': two names of two syllables or more that together are one."""
        words = self._tokens.words[index + length : index + length + 2]
        if length < 2 or len(words) < 2 or words[0] not in ("-", "–") or self._runs[index + length + 1] < 2:
            return None
        levels: tuple[Level, ...] = ("province", "district")
        for level in levels:
            size = joined_size(self._draft, self._gazetteer, index, length, level)
            if size:
                return level, size
        return None

    def _bare_level(
        self, index: int, words: Sequence[str], introduced: Mapping[str, Level], home: str | None
    ) -> tuple[Level, int] | None:
        tokens, names = self._tokens, self._names
        before = tokens.norms[index - 1] if index else ""
        if before != _PAPER and self._lexicon.of_thing(tokens, index):
            return None
        if of_business(tokens, index):
            return None
        province = len(words) > 1 and self._gazetteer.prefix(words, frozenset({"province"})) == len(words)
        if province and len(words) > 2 and self._lexicon.is_person(words):
            return None  # a city called after a person is named with its word
        if self._lexicon.is_person(words) and (
            self._lexicon.honorific_before(tokens, index)
            if province
            else is_person_by_context(self._lexicon, tokens, index, index + len(words))
        ):
            return None
        if words[0].isupper() and len(words[0]) > 1 and not all(word.isupper() for word in words):
            return None
        size = len(words)
        if size == 1 and self._before_short(index + 1):
            return None
        name = " ".join(words)
        key = fold(name)
        if province and key == fold(names.home_province or ""):
            return "province", size  # rather than its town, which is named with its word
        listed = self._listed.get(index)
        if home and key == home:
            seat = index in self._joint and in_home_district(self._gazetteer, names, name)
            return "commune" if seat else "district", size  # 'gồm A, B và', and the town called as its district
        if listed is not None:
            return "commune", min(listed, size)
        if (told := self._told_kind(index + size)) and size > 1 and self._is_at_home(name, told):
            return told, size
        if key in introduced and size > 1:
            return introduced[key], size
        if size > 1 and in_home_district(self._gazetteer, names, name):
            return "commune", size
        listing = (before in OPENERS or before in SEPARATORS) and not self._names_off[index]
        if size == 1 and listing and in_home_district(self._gazetteer, names, name):
            return "commune", 1
        if province:
            return "province", size
        if (
            size > 1
            and not names.home_district
            and names.home_province
            and key in communes_of_province(self._gazetteer, names.home_province)
            and (
                _reaches_criteria(tokens, index + size)
                or self._goes_on_counting(index, index + size)
                or (not names.districts and before in _PLACES)  # 'hồ sơ của Tân Dân', since there are no districts
            )
        ):
            return "commune", size
        # 'Yên Thành đã xong …' in a report of the province, while there were districts
        begins = names.districts and not home and (before in (".", "") or before.isspace() or before in _PLACES)
        if (
            size > 1
            and names.home_province
            and (listing or begins)
            and districts_in(self._gazetteer, name, names.home_province)
        ):
            return "district", size
        spelled = names.home_district is not None and (listing or _reaches_criteria(tokens, index + size))
        if spelled and not self._lexicon.is_person(words):
            # 'Cu Kroa 9 tiêu chí' for Cư Kroa: names of the highlands are written in many ways
            inside = communes_of_district(self._gazetteer, names.home_district or "", names.home_province)
            plain = _without_marks(key)
            bound = any(BOUND.search(word) for word in words)
            if any(
                plain == other or (bound and _one_letter_off(plain, other)) for other in map(_without_marks, inside)
            ):
                return "commune", size
        # A run may begin with a known name and end in something else ('Đại Cường Đội Bình').
        if size > 3 and home:
            for cut in range(size - 2, 1, -1):
                halves = (" ".join(words[:cut]), " ".join(words[cut:]))
                if all(in_home_district(self._gazetteer, names, half) for half in halves):
                    return "commune", cut
        return None

    def _goes_on_counting(self, index: int, at: int) -> bool:
        """'… dừng ở 12 tiêu chí, Tân Dân 13, …': the noun is said once."""
        tokens = self._tokens
        number = at - 1 if NUMERAL.fullmatch(tokens.words[at - 1]) else at  # it may be taken for the end of the name
        closed = number + 1
        return (
            index > 2
            and tokens.words[index - 1] in (",", ";")
            and tuple(tokens.norms[index - 3 : index - 1]) in _CRITERION_WORDS
            and closed < len(tokens)
            and tokens.words[number].isdigit()
            and tokens.words[closed] in (",", ";", ".")
        )

    def _told_kind(self, at: int) -> Level | None:
        """What the words behind a name say that it is: 'Tân Dân, xã điểm của huyện', 'Tân Dân là huyện miền núi'."""
        tokens = self._tokens
        if at + 2 >= len(tokens) or (tokens.words[at] not in (",", "-", "–") and tokens.norms[at] != _IS):
            return None
        cue = self._lexicon.cue_at(tokens.norms, at + 1)
        if cue is None or cue[0].plural or cue[0].organ or cue[0].level not in ("district", "commune"):
            return None
        behind = at + 1 + cue[1]
        return cue[0].level if behind < len(tokens) and tokens.words[behind].islower() else None

    def _is_at_home(self, name: str, level: Level) -> bool:
        """Has the home province, in which no district is the home, such a unit?"""
        names = self._names
        if names.home_district or not names.home_province:
            return False
        if level == "district":
            return bool(districts_in(self._gazetteer, name, names.home_province))
        return fold(name) in communes_of_province(self._gazetteer, names.home_province)

    def _lists(self) -> dict[int, int]:
        """Bare names of communes listed together: '… gồm: A, B', '(A, B, C)', 'A, B (huyện X); C (huyện Y)'.

        Gives the length of the name at each token where one begins. A list needs two members that are communes of
        one district or province; a district in brackets behind them says of which.
        """
        found: dict[int, int] = {}
        doubtful: list[_Row] = []
        ends: set[int] = set()  # behind the lists with their districts
        starts: set[int] = set()
        behind = 0
        for index in self._tokens.capitals:
            if index < behind or self._taken[index]:
                continue
            row = self._row(index)
            behind = row.end
            members = self._told_members(row)
            if members:
                found.update(members)
                if len(members) > 1 and self._tokens.norms[index - 1] in OPENERS:
                    self._joint.update(at for at, _ in members)
                if row.bracket is not None or row.district is not None:
                    starts.add(index)
                    ends.add(row.end)
                if row.bracket is not None:
                    keys = frozenset(fold(self._tokens.phrase(*member)) for member in members)
                    self._brackets.append((*row.bracket, keys))
            elif row.unknown and row.members:
                doubtful.append(row)
        for row in doubtful:
            # '…; A (misspelt); …' in the middle of a list whose other brackets hold districts
            beside = self._back_over_mark(row.members[0][0]) in ends or self._over_mark(row.end) in starts
            if beside and self._of_home_province(row):
                found.update(row.members)
                starts.add(row.members[0][0])
                ends.add(row.end)
        return found

    def _row(self, index: int) -> _Row:
        """Names that a list may hold from ``index`` on, up to the district that stands behind them."""
        tokens = self._tokens
        row = _Row([], index)
        at, count = index, len(tokens)
        while at < count and len(row.members) < _LIST_MOST:
            length = 0 if self._taken[at] else self._runs[at]
            size = self._gazetteer.prefix(tokens.words[at : at + length], frozenset({"commune"})) if length else 0
            if length == 1 and self._before_short(at + 1):
                break
            if not size or size != length:
                listed = tokens.norms[at - 1] in SEPARATORS if row.members else self._is_bracketed(at + length)
                if not (listed and 1 < length < _LONGEST_NAME):
                    break
                size, row.misspelt = length, row.misspelt or len(row.members)
            row.members.append((at, size))
            at += size
            if row.misspelt is None:
                row.end = at
            if at < count and tokens.words[at] == "(":
                row.bracket = self._bracketed_district(at)
                row.district = self._tokens.phrase(*row.bracket) if row.bracket else None
                row.unknown = row.bracket is None and self._holds_name(at)
                at = self._draft.behind_bracket(at)
                if row.misspelt is None or row.bracket is not None:
                    row.end = at
            elif at + 1 < count and (
                named := self._bracketed_district(at if tokens.words[at] in (",", "-", "–") else at - 1, cued=True)
            ):
                row.district = self._tokens.phrase(*named)
                row.end = at
            goes_on = row.district is None and not row.unknown and at + 1 < count and tokens.norms[at] in SEPARATORS
            if not goes_on:
                break
            at += 2 if tokens.words[at] in (",", ";") and tokens.norms[at + 1] in SEPARATORS else 1
        row.end = max(row.end, index + 1)
        return row

    def _before_short(self, at: int) -> bool:
        """'Trang TTĐT': does an abbreviation go on with a word that is a commune's name?"""
        return at < len(self._tokens) and self._tokens.words[at].isupper() and len(self._tokens.words[at]) > 1

    def _is_bracketed(self, at: int) -> bool:
        """Does a bracket with the name of a district stand here: 'Ma Cooi (Đông Giang)'?"""
        opened = at < len(self._tokens) and self._tokens.words[at] == "("
        return opened and self._bracketed_district(at) is not None

    def _told_members(self, row: _Row) -> list[tuple[int, int]]:
        """The members of a row that are communes of one district or of the home."""
        members = row.members
        if row.district is not None and self._are_in(row.district, members):
            return members
        if row.misspelt is not None:
            row.end = members[row.misspelt][0]  # what was not known ends the list
            members = members[: row.misspelt]
            row.district, row.bracket, row.unknown = None, None, False
        if row.district is not None or not members:
            return []
        if self._is_list(members[0][0], members) or self._lie_in_told(members):
            return members
        return []

    def _lie_in_told(self, members: Sequence[tuple[int, int]]) -> bool:
        """'huyện X có 2 xã đạt chuẩn (A và B)', in the article of a province: communes of the district told before."""
        tokens, first = self._tokens, members[0][0]
        if tokens.norms[first - 1] not in OPENERS:
            return False
        told = [unit for unit in self._names.units if unit.level == "district" and unit.cue and unit.last <= first]
        last = max(told, key=lambda unit: unit.last, default=None)
        if last is None or first - last.last > _TOLD_WITHIN:
            return False
        if any(word in ".;" or "\n" in word for word in tokens.words[last.last : first]):
            return False
        inside = communes_of_district(self._gazetteer, last.name, None)
        return all(fold(self._tokens.phrase(*member)) in inside for member in members)

    def _are_in(self, district: str, members: Sequence[tuple[int, int]]) -> bool:
        """Are all of them communes of the district, but for their marks, which are easily misspelt, or one letter?"""
        inside = frozenset(map(_without_marks, communes_of_district(self._gazetteer, district, None)))
        keys = [_without_marks(fold(self._tokens.phrase(*member))) for member in members]
        off = [key for key in keys if key not in inside]
        return not off or (len(off) == 1 and any(_one_letter_off(off[0], key) for key in inside))

    def _holds_name(self, at: int) -> bool:
        """Does the bracket that opens at ``at`` hold one name and nothing else: a district that nobody knows?"""
        tokens = self._tokens
        cue = self._lexicon.cue_at(tokens.norms, at + 1)
        start = at + 1 + (cue[1] if cue else 0)
        length = self._runs[start] if start < len(tokens) else 0
        behind = start + length
        return bool(length) and behind < len(tokens) and tokens.words[behind] == ")"

    def _of_home_province(self, row: _Row) -> bool:
        province = self._names.home_province
        if province is None:
            return True
        inside = communes_of_province(self._gazetteer, province)
        return all(fold(self._tokens.phrase(*member)) in inside for member in row.members)

    def _over_mark(self, at: int) -> int:
        """Behind the one or two marks of a list that stand at ``at``."""
        norms = self._tokens.norms
        stop = min(at + 2, len(norms))
        while at < stop and norms[at] in SEPARATORS:
            at += 1
        return at

    def _back_over_mark(self, at: int) -> int:
        """Where the one or two marks of a list begin that end right before ``at``."""
        norms = self._tokens.norms
        stop = max(at - 2, 0)
        while at > stop and norms[at - 1] in SEPARATORS:
            at -= 1
        return at

    def _is_list(self, index: int, members: Sequence[tuple[int, int]]) -> bool:
        """Are names, without a district behind them, communes listed together?"""
        tokens = self._tokens
        keys = {fold(self._tokens.phrase(at, size)) for at, size in members}
        before = tokens.norms[index - 1] if index else ""
        if len(keys) < 2 and before not in OPENERS:
            return False
        names = self._names
        if names.districts and not names.home_district and names.home_province:
            shown = (self._tokens.phrase(at, size) for at, size in members)
            if all(districts_in(self._gazetteer, name, names.home_province) for name in shown):
                return False  # 'Đứng đầu là A và B', whose names communes took over when districts ended
        inside = communes_at_home(self._gazetteer, self._names)
        known = sum(key in inside for key in keys)
        return known >= max(1, len(keys) - 1) if before in OPENERS or len(keys) > 2 else known == len(keys) > 1

    def _bracketed_district(self, at: int, *, cued: bool = False) -> tuple[int, int] | None:
        """First token and length of the district's name that a bracket holds, or that follows with its word."""
        tokens = self._tokens
        cue = self._lexicon.cue_at(tokens.norms, at + 1)
        if cued and cue is None:
            return None
        start = at + 1 + (cue[1] if cue else 0)
        length = self._runs[start] if start < len(tokens) else 0
        words = tokens.words[start : start + length]
        if length and self._gazetteer.prefix(words, frozenset({"district"})) == length:
            return start, length
        return None

    def _read_brackets(self, on: dt.date | None, *, given: bool) -> None:
        """Districts in brackets behind lists of their communes: 'A, B (Kim Thành), C (Kinh Môn)'.

        Several that lie in one province only say where the article is at home, if nothing else does.
        """
        tokens, names = self._tokens, self._names
        provinces: list[set[str | None]] = []
        for first, size, communes in self._brackets:
            name = self._tokens.phrase(first, size)
            theirs = {
                self._gazetteer.province_name(found, on)
                for found in self._gazetteer.districts_named(name, None)
                if communes <= self._gazetteer.communes_in(found.uid)
            }
            if theirs:  # none where one of them is misspelt
                provinces.append(theirs)
            if not any(self._taken[first : first + size]):
                cue = Cue("district", "", False, False)
                self._draft.add(cue, first, first, size, known=True, bare=True)
        told = {fold(tokens.phrase(first, size)) for first, size, _ in self._brackets}
        if not given and len(told) > _BRACKETS_LEAST and names.home_district and fold(names.home_district) in told:
            names.home_district = None  # one district among many
            settle_home(self._draft)
        shared = set.intersection(*provinces) if provinces else set()
        if names.home_province is None and len(provinces) >= _BRACKETS_LEAST and len(shared) == 1:
            names.home_province = shared.pop()


def _reaches_criteria(tokens: Tokens, at: int) -> bool:
    """Is what was reached told right behind: 'mới đạt 12 tiêu chí', '2 tiêu chí'?"""
    stop = min(at + 5, len(tokens) - 2)
    while at < stop and tokens.norms[at] in _REACHES:
        at += 1
    return (
        at < len(tokens) - 2
        and VILLAGE_NUMBER.fullmatch(tokens.words[at]) is not None
        and tuple(tokens.norms[at + 1 : at + 3]) in _CRITERION_WORDS
    )


def _one_letter_off(key: str, other: str) -> bool:
    """Does one letter, changed, added or left out, make two long names one?"""
    if abs(len(key) - len(other)) > 1 or min(len(key), len(other)) < _LONG_NAME:
        return False
    same = next((at for at, pair in enumerate(zip(key, other, strict=False)) if pair[0] != pair[1]), None)
    if same is None:
        return True
    return other[same + 1 :] in (key[same:], key[same + 1 :]) or other[same:] == key[same + 1 :]


@lru_cache(maxsize=4096)
def _without_marks(key: str) -> str:
    """A folded name without tones, breves and the bar of đ."""
    plain = unicodedata.normalize("NFD", key).replace("đ", "d")
    return "".join(char for char in plain if not unicodedata.combining(char))
