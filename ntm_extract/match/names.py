"""Units and persons: which capitalised runs are whose names.

Cue words (xã, huyện, Huyện ủy …) open a unit's name; the gazetteer says how long it is, so that what
follows may be a person ('Chủ tịch UBND xã Lưu Vĩnh Sơn Dương Anh Dũng'). Bare names count only inside a
place already resolved. Persons are found by surname together with a role or an honorific.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ntm_extract.match.tokens import Tokens, is_capital
from ntm_extract.model import Level
from ntm_extract.orthography import fold_text, fold_word
from ntm_extract.patterns import PatternSet, expand_form
from ntm_extract.units import Gazetteer, UnitVersion, fold

_ALL_LEVELS: tuple[Level, ...] = ("province", "district", "commune", "village")
_SEPARATORS = frozenset(map(fold_word, (",", "và", ";", "-", "–", "hay", "hoặc", "/", "&", "cùng", "với")))
_OPENERS = frozenset(map(fold_word, ("(", "[", ":", "là", "gồm", "như", "“", '"')))
_CENTRES = frozenset(map(fold_word, ("tâm", "đài")))
_JOINING = frozenset({",", ";", fold_word("và")})
_PAPER, _PICTURE = map(fold_word, ("báo", "ảnh"))
_ELDER = fold_text("già")
_COOPERATIVE = fold_word("tác")
_COUNTRY = fold_text("Việt Nam")
_NUMBER_WORDS = {
    fold_word(word): number
    for number, word in enumerate(("hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười"), 2)
}
_YEAR = fold_word("năm")
_OF_YEAR = frozenset(map(fold_word, ("cuối", "đầu", "giữa", "trong", "hết", "nửa", "mỗi", "hằng", "hàng", "qua")))
_MAKES_NO_NAME = frozenset(map(fold_word, ("môi", "miền", "ven", "vùng")))
_MIDDLE = {fold_text("thị"), fold_text("văn")}  # between a surname and a given name
# 'biên bản 4 trường hợp', 'cơ bản': no village's word.
_BEFORE_PAPER = frozenset(
    map(fold_word, ("biên", "văn", "cơ", "căn", "bài", "kịch", "phiên", "ấn", "nguyên", "tư", "dị", "phụ"))
)
_PAPER_OR_VILLAGE = fold_word("bản")
_BUON = fold_word("buôn")
_RURAL, _VILLAGE_WORD = map(fold_word, ("nông", "thôn"))
# Behind a number they say what is counted or measured: 'góp cho thôn 5 triệu đồng', 'thôn Lũng Cao 2 km'.
_MEASURES = frozenset(
    map(
        fold_word,
        ("km", "m", "m2", "mét", "ha", "tấn", "kg", "tỷ", "tỉ", "triệu", "nghìn", "ngàn", "trăm", "đồng", "%"),
    )
)
_COUNTED = _MEASURES | frozenset(map(fold_word, ("lượt", "lần", "suất", "câu", "trường")))
# Words of two syllables that are often written with one capital: 'khu dân cư Thông minh', 'Trường Phổ thông'.
_COMMON_WORDS = frozenset(
    tuple(fold_text(word).split())
    for word in (
        "thông minh", "kiểu mẫu", "văn hóa", "văn minh", "nông thôn", "nông dân", "an toàn", "tự quản", "phổ thông",
        "phụ nữ", "thanh niên", "mầm non", "tiểu học", "trung học", "mẫu giáo", "đoàn kết", "bí thư", "chủ tịch",
        "giám đốc", "phát triển", "hạnh phúc", "bình yên",
    )
)  # fmt: skip
_PLACING = frozenset(map(fold_word, ("ở", "tại", "trên", "của", "từ", "thuộc", "trong", "cho", "vào", "và")))
_COOPERATIVES = (("htx",), tuple(map(fold_word, ("hợp", "tác", "xã"))), tuple(map(fold_word, ("công", "ty"))))
# What may stand between a unit and the criteria that it reached: 'Tân Lập mới đạt 12 tiêu chí'.
_REACHES = frozenset(
    map(fold_word, ("mới", "chỉ", "đạt", "được", "có", "còn", "đã", "cùng", "dừng", "ở", "lại", "giữ", "lên", "hiện"))
)
_CRITERION_WORDS = tuple(tuple(map(fold_word, pair)) for pair in (("tiêu", "chí"), ("chỉ", "tiêu")))
# Highland names of one syllable behind a letter: 'A Nhót', 'Y Hlơng'.
_BY_LETTER = frozenset({"A", "Y"})
_SIGNED = frozenset(tuple(fold_text(words).split()) for words in ("đã ký", "ký tên", "người lập", "thư ký", "chủ tọa"))


@dataclass(slots=True)
class UnitName:
    """One mention of a unit, not yet linked. ``kind`` is as written, None for a bare name."""

    level: Level
    name: str
    kind: str | None
    first: int  # token of the cue or of the name
    last: int  # behind the last token
    name_first: int
    cue: bool = True
    district: str | None = None
    province: str | None = None
    known: bool = True
    parenthesis: bool = False  # stands in brackets as the context of the unit before it


@dataclass(slots=True)
class PersonName:
    """One mention of a named person; ``role`` as written."""

    name: str
    first: int
    last: int
    role: str | None = None
    role_first: int | None = None
    role_last: int | None = None


@dataclass(frozen=True, slots=True)
class _Cue:
    level: Level
    kind: str
    organ: bool  # 'Huyện ủy Thạch Hà': the cue is part of an organ's name
    plural: bool


@dataclass(slots=True)
class Names:
    """What the reader found: mentions in order, and where the article is at home."""

    units: list[UnitName] = field(default_factory=list)
    persons: list[PersonName] = field(default_factory=list)
    home_district: str | None = None
    home_province: str | None = None
    districts: bool = True  # whether there were districts on the article's day


class NameFinder:
    """Finds the names of units and persons in one text after the other."""

    def __init__(self, patterns: PatternSet, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._cues: dict[tuple[str, ...], _Cue] = {}
        for entry in patterns.entries_of("unit_cue"):
            level, _, flag = entry.value.partition("-")
            cue = _Cue(level, str(entry.set.get("kind", entry.forms[0])), flag == "organ", flag == "plural")  # type: ignore[arg-type]
            for form in entry.forms:
                self._cues[tuple(fold_text(form).split())] = cue
        self._longest_cue = max(map(len, self._cues), default=1)
        self._cue_heads = {key[0] for key in self._cues}
        # By surname, whether it is one of the common ones.
        self._surnames = {
            fold_text(form): entry.value == "common" for entry in patterns.entries_of("surname") for form in entry.forms
        }
        self._honorifics = self._phrases(patterns, "honorific")
        self._roles = self._phrases(patterns, "role")
        self._role_heads = {key[0] for key in self._roles}
        self._lead_words = {word for key in self._phrases(patterns, "lead_word") for word in key}
        self._role_words = {word for key in self._phrases(patterns, "role_word") for word in key}
        forms = (form for entry in patterns.entries_of("organ") for row in entry.forms for form in expand_form(row))
        starts = {tuple(fold_text(form).split()[:2]) for form in forms}
        self._organ_starts = {start for start in starts if all(word[0].isalpha() for word in start)}
        self._listed: dict[int, int] = {}
        self._brackets: list[tuple[int, int, frozenset[str]]] = []
        self._not_people = {fold_text(form) for entry in patterns.entries_of("named_thing") for form in entry.forms}

    def _begins_organ(self, tokens: Tokens, at: int) -> bool:
        """'xóm Tiềng, Đảng ủy, UBND …': no more hamlets."""
        if not tokens.words[at][:1].isupper() or (at and is_capital(tokens.words[at - 1])):
            return False
        return tuple(tokens.norms[at : at + 2]) in self._organ_starts or (
            tokens.words[at].isupper() and (tokens.norms[at],) in self._organ_starts
        )

    @staticmethod
    def _phrases(patterns: PatternSet, type_: str) -> dict[tuple[str, ...], str]:
        return {tuple(fold_text(form).split()): form for entry in patterns.entries_of(type_) for form in entry.forms}

    # ------------------------------------------------------------ the whole text

    def find(
        self,
        tokens: Tokens,
        *,
        blocked: Sequence[bool],
        names_off: Sequence[bool],
        on: dt.date | None = None,
        home_district: str | None = None,
        home_province: str | None = None,
    ) -> Names:
        """Names in ``tokens``.

        ``blocked`` marks tokens that belong to something else (a standard's name in capitals);
        ``names_off`` marks bylines and picture credits, where people are authors.
        """
        names = Names(home_district=home_district, home_province=home_province)
        names.districts = on is None or on < _NO_DISTRICTS
        taken = [False] * len(tokens)
        closed = list(blocked)
        for at in tokens.capitals:
            closed[at] = closed[at] or self._begins_organ(tokens, at)
        runs = _runs(tokens, closed)
        self._find_cued(tokens, blocked, runs, taken, names)
        self._settle_home(tokens, names)
        if names.home_district is None or names.home_province is None:
            self._home_by_bare_name(tokens, runs, taken, names)
        self._rename_communes(tokens, names)
        self._find_bare(tokens, runs, taken, names, on, given=home_district is not None)
        self._settle_home(tokens, names)
        names.units.sort(key=lambda unit: unit.first)
        self._find_persons(tokens, blocked, names_off, taken, names)
        return names

    # ------------------------------------------------------------ units with a cue

    def _cue_at(self, norms: Sequence[str], index: int) -> tuple[_Cue, int] | None:
        if index >= len(norms) or norms[index] not in self._cue_heads:
            return None
        for length in range(min(self._longest_cue, len(norms) - index), 0, -1):
            cue = self._cues.get(tuple(norms[index : index + length]))
            if cue:
                return cue, length
        return None

    def _find_cued(
        self, tokens: Tokens, blocked: Sequence[bool], runs: Sequence[int], taken: list[bool], names: Names
    ) -> None:
        behind, count = 0, len(tokens)
        for index in [at for at, norm in enumerate(tokens.norms) if norm in self._cue_heads]:
            found = None if index < behind or blocked[index] else self._cue_at(tokens.norms, index)
            if not found:
                continue
            if self._is_year(tokens, index):
                continue
            cue, length = found
            behind = at = index + length
            if (
                tokens.words[index].isupper()
                and len(tokens.words[index]) == 2
                and index
                and tokens.words[index - 1] in "&/-"
            ):
                continue  # 'TT&TT': an office, not a thị trấn
            if self._is_no_cue(tokens, runs, cue, index) or self._is_amount(tokens, cue, index, at):
                continue
            if cue.level in ("commune", "village") and self._read_counted(tokens, runs, taken, names, cue, index, at):
                continue
            while at < count and tokens.words[at] in (":", '"', "“"):
                at += 1
            if at - index - length > 1 or (
                at > index + length
                and tokens.words[at - 1] == ":"
                and not self._opens_list(tokens, runs, cue, index, length, at)
            ):
                continue  # 'trưởng các ấp: "Tôi giao …', 'Chủ tịch Mặt trận xã: Các đoàn thể …'
            end = self._read_name(tokens, runs, taken, names, cue, index, at) if at < count else None
            if end is not None:
                behind = self._read_list(tokens, runs, taken, names, cue, end)

    @staticmethod
    def _is_year(tokens: Tokens, index: int) -> bool:
        """'từ nay đến cuối năm xã Cao Xá …': the year, not five communes."""
        return tokens.norms[index] == _YEAR and index > 0 and tokens.norms[index - 1] in _OF_YEAR

    @staticmethod
    def _is_amount(tokens: Tokens, cue: _Cue, index: int, at: int) -> bool:
        """'góp cho thôn 5 triệu đồng', 'xuống ấp 23 lượt', 'trưởng thôn 31 thôn': a number, but no village's."""
        if cue.level != "village" or at + 1 >= len(tokens) or not _VILLAGE_NUMBER.fullmatch(tokens.words[at]):
            return False
        behind = tokens.norms[at + 1]
        return behind in _COUNTED or behind == tokens.norms[index]

    def _read_counted(
        self, tokens: Tokens, runs: Sequence[int], taken: list[bool], names: Names, cue: _Cue, index: int, at: int
    ) -> bool:
        """'5 thôn đăng ký năm nay, gồm A, B, …', '4 xã (A, B, C, D)': as many names as were counted."""
        before = tokens.norms[index - 1] if index else ""
        if at - index > 1 and tokens.norms[index] in _NUMBER_WORDS:
            before = tokens.norms[index]  # 'hai thôn' is one cue
        wanted = int(before) if before.isdigit() and len(before) < 3 else _NUMBER_WORDS.get(before, 0)
        if wanted < 2 or at >= len(tokens) or runs[at]:
            return False
        start = next(
            (
                here
                for here in range(at, min(at + 18, len(tokens)))
                if tokens.norms[here] in _OPENERS or "\n" in tokens.words[here]
            ),
            None,
        )
        if start is None or "\n" in tokens.words[start] or any(tokens.words[here] in ".;" for here in range(at, start)):
            return False
        here = start + 1
        while here < len(tokens) and tokens.norms[here] in _OPENERS:
            here += 1
        members: list[tuple[int, int]] = []
        counted = 0
        while here < len(tokens) and counted < _LIST_MOST:
            other = self._cue_at(tokens.norms, here)
            if other is not None and members and cue.level == "village":
                # 'gồm: A, B, xã X; C, xã Y và thôn D, xã Z': what has its own word is read by it
                here += other[1]
                counted += other[0].level == "village"
                size = runs[here] if here < len(tokens) else 0
                if not size or other[0].level not in ("village", "commune"):
                    break
                here += size
            else:
                size = self._known_run(tokens, runs, here, cue.level)
                if not size or size != runs[here]:
                    return False
                if cue.level == "village" and _VILLAGE_NUMBER.fullmatch(
                    tokens.words[min(here + size, len(tokens) - 1)]
                ):
                    size += 1  # 'Kon Tu Dốp 2'
                members.append((here, size))
                counted += 1
                here += size
                if cue.level == "village" and tokens.words[here : here + 1] == ["("]:
                    here = self._behind(tokens, here, _LONGEST_BRACKET)  # what stands behind a commune is read with it
            if here < len(tokens) and tokens.norms[here] in _SEPARATORS:
                here += 2 if here + 1 < len(tokens) and tokens.norms[here + 1] in _SEPARATORS else 1
                if here >= len(tokens) or (not runs[here] and self._cue_at(tokens.norms, here) is None):
                    break
            else:
                break
        if counted != wanted:
            return False
        for first, size in members:
            self._add(tokens, taken, names, cue, first, first, size, known=True, bare=True)
        return True

    def _opens_list(self, tokens: Tokens, runs: Sequence[int], cue: _Cue, index: int, length: int, at: int) -> bool:
        """Do names follow a cue and a colon: 'các thôn: A, B'? Not in 'cấp thôn: Có 41 thôn'."""
        if cue.level == "village":
            behind = at + runs[at] if at < len(tokens) else at
            return length > 1 and behind < len(tokens) and tokens.norms[behind] in _SEPARATORS
        return cue.plural or self._known_run(tokens, runs, at, cue.level) > 1

    def _is_no_cue(self, tokens: Tokens, runs: Sequence[int], cue: _Cue, index: int) -> bool:
        """'hợp tác xã', 'buôn làng'; 'Bản Nguyên' where that is the name of a commune."""
        before = tokens.norms[index - 1] if index else ""
        if cue.level == "commune" and before == _COOPERATIVE:
            return True
        if cue.level != "village":
            return False
        if before == _ELDER:
            return True  # 'già làng A Blưi': a person
        if tokens.norms[index] == _PAPER_OR_VILLAGE and before in _BEFORE_PAPER:
            return True
        if tokens.words[index][0].isupper() and tokens.norms[index] == _BUON and self._behind_letter(tokens, index):
            return True  # 'ông Y Nhem Buôn Krông': a clan's name
        rural = before == _VILLAGE_WORD and index > 1 and tokens.norms[index - 2] == _RURAL  # 'lộ nông thôn ấp Hạ'
        other = self._cues.get((before,))
        if other is not None and other.level == "village" and not rural and not cue.plural:
            return tokens.norms[index] != before
        if not index or not tokens.words[index][0].isupper() or tokens.words[index - 1].isspace():
            return False
        length = runs[index]
        behind = tokens.words[index + 1] if index + 1 < len(tokens) else ""
        if is_capital(tokens.words[index - 1]) and not is_capital(behind):  # 'Vũ Bản 14 tiêu chí'
            return self._gazetteer.prefix(tokens.words[index - 1 : index + 1], frozenset({"commune"})) == 2
        known = self._gazetteer.prefix(tokens.words[index : index + length], frozenset({"commune"})) if length else 0
        return known > 1 and known == length and tokens.norms[index - 1] in _SEPARATORS | {":", "("}

    @staticmethod
    def _behind_letter(tokens: Tokens, index: int) -> bool:
        """'Y Nhem', 'H'Blem' right before ``index``."""
        return (index > 1 and tokens.words[index - 2] in _BY_LETTER and is_capital(tokens.words[index - 1])) or (
            index > 0 and _BOUND.search(tokens.words[index - 1]) is not None
        )

    def _read_name(
        self,
        tokens: Tokens,
        runs: Sequence[int],
        taken: list[bool],
        names: Names,
        cue: _Cue,
        first: int,
        at: int,
    ) -> int | None:
        """Reads one name behind a cue; gives the token behind it, or None if there is no name."""
        length = runs[at]
        if not length and cue.level == "village" and re.fullmatch(r"\d{1,2}[A-Z]?", tokens.words[at]):
            if at + 1 < len(tokens) and tokens.norms[at + 1] in ("/", "%"):
                return None
            return self._add(tokens, taken, names, cue, first, at, 1, known=True)
        if not length and self._is_numbered(tokens, cue, at):
            return self._add(tokens, taken, names, cue, first, at, 1, known=True)
        if not length:
            return None
        words = tokens.words[at : at + length]
        level: Level = cue.level
        if level == "village":
            if tuple(tokens.norms[at : at + 2]) in _COMMON_WORDS and length == 1:
                return None  # 'khu dân cư Thông minh'
            if length == 1 and len(words[0]) > 2 and words[0].isupper() and not tokens.words[first].isupper():
                return None  # 'thôn NTM', 'bản DTTS'
            if tokens.norms[at] == _YEAR and _FULL_YEAR.fullmatch("".join(tokens.words[at + 1 : at + 2])):
                return None  # 'CÁC BẢN NĂM 2026'
            size = self._village_length(tokens, first, words)
            return self._add(tokens, taken, names, cue, first, at, size, known=True) if size else None
        size = self._gazetteer.prefix(words, frozenset({level}))
        if not size and level == "district" and cue.kind in ("thành phố", "TP"):
            size = self._gazetteer.prefix(words, frozenset({"province"}))
            if size:
                cue = _Cue("province", "thành phố", cue.organ, cue.plural)
        if size < 2 and length == 1 and at + 1 < len(tokens):
            # 'xã Định thành': the second syllable lost its capital
            wider = self._gazetteer.prefix(tokens.words[at : at + 2], frozenset({level}))
            if wider == 2 and not is_capital(tokens.words[at + 1]):
                size = 2
        if (
            size
            and length - size == 1
            and words[0].title()
            and self._is_person(words)
            and self._after_role(tokens, first)
        ):
            return None  # 'PCT HĐND huyện Đồng Xuân Vân': all of it is a person
        if size == 1 and length > 2 and self._is_person(words) and self._after_role(tokens, first):
            return None  # 'Chủ tịch UBND xã Lâm Trường Giang'
        joined = self._joined(tokens, runs, at, size, level) if size else 0
        if size:
            return self._add(tokens, taken, names, cue, first, at, joined or size, known=True)
        if self._is_person(words) and (cue.organ or self._after_role(tokens, first)):
            return None
        if words[0] in _BY_LETTER and 1 < length < 4 and self._after_role(tokens, first):
            return None  # 'Chủ tịch UBND xã A Thưnh'
        if level == "province" or (length == 1 and len(words[0]) == 1):
            return None  # all provinces are known; 'xã A' is any commune
        if length > 2 and self._is_person(words) and fold_text(words[1]) in _MIDDLE:
            return None
        if level == "district" and self._is_person(words) and length > 2:
            return None
        if words[0].isupper() and len(words[0]) > 1:
            return None  # a heading in capitals, not a name we know
        if length > 4 or cue.organ:
            return None
        return self._add(tokens, taken, names, cue, first, at, length, known=False)

    def _is_numbered(self, tokens: Tokens, cue: _Cue, at: int) -> bool:
        """'phường 1', 'quận 12': of towns that number their wards."""
        if cue.kind not in ("phường", "quận") or cue.plural or not _WARD_NUMBER.fullmatch(tokens.words[at]):
            return False
        behind = tokens.norms[at + 1] if at + 1 < len(tokens) else ""
        closed = not behind.strip() or behind in _PHRASE_BREAKS or behind in _SEPARATORS
        named = at + 2 < len(tokens) and self._cue_at(tokens.norms, at + 1) is not None
        told = behind not in _COUNTED and behind not in ("/", "%") and tokens.words[at - 1][:1].isupper()
        return (closed or named or told) and self._gazetteer.is_name(tokens.words[at], cue.level)

    def _village_length(self, tokens: Tokens, first: int, words: Sequence[str]) -> int:
        """Length of a village's name; behind 'Trưởng thôn' a person's may follow, or stand alone."""
        cuts = [cut for cut in range(max(0, len(words) - 4), len(words) - 2) if self._is_person(words[cut:])]
        sure = [cut for cut in cuts if fold_text(words[cut + 1]) in _MIDDLE]
        if any(sure):  # 'thôn Lĩnh Sơn Trần Thị Bé', whoever stands before
            return next(cut for cut in sure if cut)
        if cuts and (self._after_role(tokens, first, 2) or self._honorific_before(tokens, first + 1)):
            # 'xóm Đồng Hoa Trần Đức Quyền': a syllable that few are called by is rather the village's.
            common = (cut for cut in cuts if self._surnames.get(fold_text(words[cut])))
            return 0 if sure else next(common, cuts[0])
        return min(len(words), 4)

    def _joined(self, tokens: Tokens, runs: Sequence[int], at: int, size: int, level: Level) -> int:
        """'phường Xuân Hương - Đà Lạt': names of today that join two by a dash."""
        dash = at + size
        if dash + 1 >= len(tokens) or tokens.words[dash] not in ("-", "–") or not runs[dash + 1]:
            return 0
        for behind in range(runs[dash + 1], 0, -1):
            name = " ".join(tokens.words[at : dash + 1 + behind])
            if self._gazetteer.is_name(name.replace("–", "-"), level):
                return size + 1 + behind
        return 0

    def _add(
        self,
        tokens: Tokens,
        taken: list[bool],
        names: Names,
        cue: _Cue,
        first: int,
        at: int,
        size: int,
        *,
        known: bool,
        bare: bool = False,
    ) -> int:
        last = at + size
        kind = None if bare else cue.kind
        code = size == 2 and tokens.ends[at] == tokens.starts[at + 1]  # 'làng T6', which is two tokens
        surface = _as_name(("" if code else " ").join(tokens.words[at:last]))
        start = at if cue.organ or bare else first
        names.units.append(UnitName(cue.level, surface, kind, start, last, at, cue=not bare, known=known))
        for index in range(start, last):
            taken[index] = True
        return last

    def _read_list(
        self, tokens: Tokens, runs: Sequence[int], taken: list[bool], names: Names, cue: _Cue, end: int
    ) -> int:
        """Names of the same level that go on without the cue: 'xã A (huyện X), B và C'."""
        while True:
            end = self._read_context(tokens, runs, taken, names, end)
            leftover = self._known_run(tokens, runs, end, cue.level)
            if leftover and cue.level == "commune" and self._same_district(names, tokens, end, leftover):
                end = self._add(tokens, taken, names, cue, end, end, leftover, known=True, bare=True)
                continue
            at = end
            while at < len(tokens) and tokens.norms[at] in _SEPARATORS and at - end < 2:
                at += 1
            if at == end or at >= len(tokens) or taken[at] or self._cue_at(tokens.norms, at):
                return end
            size = self._known_run(tokens, runs, at, cue.level)
            if not size or size != runs[at] or self._before_role(tokens, at + size):
                return end
            if cue.level == "district" and not cue.plural and self._is_its_province(tokens, names, end, at, size):
                self._give_province(tokens, taken, names, at, size)
                return at + size
            if tokens.norms[at - 1] in ("-", "–") and cue.level != "commune":
                return end
            end = self._add(tokens, taken, names, cue, at, at, size, known=True, bare=True)

    def _is_its_province(self, tokens: Tokens, names: Names, end: int, at: int, size: int) -> bool:
        """'(huyện Gò Dầu, Tây Ninh)': the province, though a town bears its name; not 'Gò Dầu, Tây Ninh, Tân Châu'."""
        if tokens.words[end] not in (",", "-", "–"):
            return False
        behind = tokens.words[at + size] if at + size < len(tokens) else ")"
        if behind in (",", ";"):
            words = tokens.words[at + size + 1 : at + size + 4]
            if self._gazetteer.prefix(words, frozenset({"district"})):
                return False
        elif behind != ")" and tokens.norms[at + size] in _SEPARATORS:
            return False
        province = " ".join(tokens.words[at : at + size])
        return bool(_districts_in(self._gazetteer, names.units[-1].name, province)) and bool(
            self._gazetteer.provinces_named(province)
        )

    @staticmethod
    def _give_province(tokens: Tokens, taken: list[bool], names: Names, at: int, size: int) -> None:
        unit = names.units[-1]
        name = _as_name(" ".join(tokens.words[at : at + size]))
        unit.province = unit.province or name
        names.units.append(UnitName("province", name, None, at, at + size, at, cue=False, parenthesis=True))
        for index in range(at, at + size):
            taken[index] = True

    def _known_run(self, tokens: Tokens, runs: Sequence[int], at: int, level: Level) -> int:
        if at >= len(tokens):
            return 0
        length = runs[at]
        if not length or level == "village":
            return length if level == "village" and length <= 4 else 0
        size = self._gazetteer.prefix(tokens.words[at : at + length], frozenset({level}))
        if not size and length == 1 and at + 1 < len(tokens):
            wider = self._gazetteer.prefix(tokens.words[at : at + 2], frozenset({level}))
            return 2 if wider == 2 and not tokens.words[at + 1][:1].isupper() and tokens.words[at + 1].isalpha() else 0
        return size

    def _same_district(self, names: Names, tokens: Tokens, at: int, size: int) -> bool:
        """A second commune right behind the first (a comma is missing) must belong to the same district."""
        if not names.home_district:
            return False
        run = " ".join(tokens.words[at : at + size])
        return self._in_district(run, names)

    def _read_context(self, tokens: Tokens, runs: Sequence[int], taken: list[bool], names: Names, end: int) -> int:
        """'(huyện Vĩnh Lợi)', '(Lộc Hà, Hà Tĩnh)' behind a unit: its district and province."""
        unit = names.units[-1] if names.units else None
        if unit is None or end >= len(tokens) or tokens.words[end] not in ("(", ",", "-", "–"):
            return end
        bracket = tokens.words[end] == "("
        at = end + 1
        wanted: list[Level] = ["district", "province"] if unit.level in ("commune", "village") else ["province"]
        if unit.level == "village":
            wanted.insert(0, "commune")
        found: list[UnitName] = []
        open_at = outside = -1  # where a bracket opens behind the context: 'thôn A, xã B (C)'
        limit = at + 16
        while at < min(limit, len(tokens)) and wanted:
            if tokens.words[at] in (",", "-", "–"):
                at += 1
                continue
            cue_found = self._cue_at(tokens.norms, at)
            name_at = at + (cue_found[1] if cue_found else 0)
            if cue_found and cue_found[0].level not in wanted:
                break
            if not cue_found and not bracket:
                break
            level_options = [cue_found[0].level] if cue_found else wanted
            if not cue_found and "province" in wanted and self._closes_bracket(tokens, name_at):
                level_options = ["province", *[level for level in wanted if level != "province"]]
            matched = False
            for level in level_options:
                if name_at >= len(tokens):
                    break
                length = runs[name_at]
                size = (
                    self._gazetteer.prefix(tokens.words[name_at : name_at + length], frozenset({level}))
                    if length
                    else 0
                )
                if size and size == length:
                    kind = cue_found[0].kind if cue_found else None
                    name = _as_name(" ".join(tokens.words[name_at : name_at + size]))
                    found.append(
                        UnitName(level, name, kind, at, name_at + size, name_at, cue=bool(cue_found), parenthesis=True)
                    )
                    wanted = wanted[wanted.index(level) + 1 :]
                    at = name_at + size
                    matched = True
                    break
            if not matched:
                break
            if bracket and at < len(tokens) and tokens.words[at] == ")":
                break
            if not bracket and at < len(tokens) and tokens.words[at] == "(":
                bracket, open_at, outside = True, at, len(found)
                at += 1
        if open_at >= 0 and (at >= len(tokens) or tokens.words[at] != ")"):
            bracket, at = False, open_at
            del found[outside:]
        if not found or (bracket and (at >= len(tokens) or tokens.words[at] != ")")):
            return end
        for context in found:
            self._give_context(names, unit, context)
            names.units.append(context)
            for index in range(context.first, context.last):
                taken[index] = True
        names.units.append(names.units.pop(names.units.index(unit)))  # the list goes on at its own level
        return at + 1 if bracket else at

    def _closes_bracket(self, tokens: Tokens, at: int) -> bool:
        """The last name in the bracket: a province rather than the city of the same name."""
        end = next((index for index in range(at, min(at + 6, len(tokens))) if tokens.words[index] in (")", ",")), None)
        return end is not None and tokens.words[end] == ")"

    @staticmethod
    def _give_context(names: Names, unit: UnitName, context: UnitName) -> None:
        """The units listed before without a bracket of their own share the context: 'A và B (tỉnh X)'."""
        for other in reversed(names.units):
            if other.parenthesis:
                continue
            if other is not unit and (other.level != unit.level or unit.first - other.last > 4):
                break
            if context.level == "district" and other.district is None and other is unit:
                other.district = context.name
            elif context.level == "province" and other.province is None:
                other.province = context.name

    # ------------------------------------------------------------ where the article is at home

    def _settle_home(self, tokens: Tokens, names: Names) -> None:
        if names.home_district is None:
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

    def _home_by_bare_name(self, tokens: Tokens, runs: Sequence[int], taken: Sequence[bool], names: Names) -> None:
        """No district with a cue: a district's name before a colon at the head of a line, or behind 'Trung tâm …'."""
        votes: Counter[str] = Counter()
        provinces: Counter[str] = Counter()
        shown: dict[str, str] = {}
        behind = 0
        for index in tokens.capitals:
            length = runs[index]
            if index < behind or taken[index] or length < 2:
                continue
            behind = index + length
            words = tokens.words[index:behind]
            size = self._gazetteer.prefix(words, frozenset({"district"}))
            if self._gazetteer.prefix(words, frozenset({"province"})) == length:
                provinces[" ".join(words)] += 1
            elif size == length:
                before_colon = tokens.words[behind : behind + 1] == [":"]
                heads_line = index == 0 or tokens.words[index - 1].isspace()
                name = " ".join(words)
                shown.setdefault(fold(name), name.title() if name.isupper() else name)
                votes[fold(name)] += 3 if heads_line and before_colon else 2 if self._named_centre(tokens, index) else 1
        if provinces and names.home_province is None:
            names.home_province = _as_name(provinces.most_common(1)[0][0])
        communes = {fold(unit.name) for unit in names.units if unit.level == "commune"}
        for key in list(votes):  # a commune by the name of some district elsewhere
            if key in communes or (
                names.home_province and not _districts_in(self._gazetteer, shown[key], names.home_province)
            ):
                del votes[key]
        if names.home_district is None and votes and votes.most_common(1)[0][1] >= 2:
            names.home_district = shown[votes.most_common(1)[0][0]]

    def _named_centre(self, tokens: Tokens, index: int) -> bool:
        return not _CENTRES.isdisjoint(tokens.norms[max(0, index - 8) : index])

    def _rename_communes(self, tokens: Tokens, names: Names) -> None:
        """'Bản Phiệt', where the home has a commune called so and no 'bản Phiệt' is written small."""
        inside = self._communes_at_home(names)
        small = {fold(unit.name) for unit in names.units if unit.level == "village" and self._is_small(tokens, unit)}
        kept: list[UnitName] = []
        for unit in names.units:
            if (
                unit.level == "village"
                and unit.cue
                and not self._is_small(tokens, unit)
                and fold(unit.name) not in small
            ):
                whole = " ".join(tokens.words[unit.first : unit.last])
                at_home = fold(whole) == fold(names.home_district or "")
                if self._of_thing(tokens, unit.first):
                    continue  # 'Trường Tiểu học Bản Cầm', 'gạo Buôn Choah'
                if at_home or (fold(whole) in inside and fold(unit.name) not in inside):
                    level: Level = "district" if at_home else "commune"
                    unit = UnitName(level, whole, None, unit.first, unit.last, unit.first, cue=False)
            kept.append(unit)
        names.units = kept

    @staticmethod
    def _is_small(tokens: Tokens, unit: UnitName) -> bool:
        return tokens.words[unit.first][:1].islower()

    # ------------------------------------------------------------ bare names

    def _in_district(self, name: str, names: Names) -> bool:
        if names.home_district is None:
            return False
        return fold(name) in _communes_of_district(self._gazetteer, names.home_district, names.home_province)

    def _find_bare(
        self, tokens: Tokens, runs: Sequence[int], taken: list[bool], names: Names, on: dt.date | None, *, given: bool
    ) -> None:
        self._brackets = []
        self._listed = self._lists(tokens, runs, taken, names)
        self._read_brackets(tokens, taken, names, on, given=given)
        home = fold(names.home_district) if names.home_district else None
        introduced: dict[str, Level] = {
            fold(" ".join(tokens.words[at : at + size])): "commune" for at, size in self._listed.items()
        }
        introduced |= {fold(unit.name): unit.level for unit in reversed(names.units) if unit.level == "village"}
        introduced |= {fold(unit.name): unit.level for unit in reversed(names.units) if unit.level != "village"}
        behind = 0
        for index in tokens.capitals:
            length = runs[index]
            if index < behind or taken[index] or not length:
                continue
            end = index + length
            words = tokens.words[index:end]
            level = self._bare_level(tokens, index, words, names, introduced, home)
            if level is None and length > 2 and _NUMERAL.fullmatch(words[-1]):
                level = self._bare_level(tokens, index, words[:-1], names, introduced, home)  # 'Hòa Hiệp 17 tiêu chí'
            if level is None and length > 1 and tokens.norms[index] in self._lead_words:
                continue  # 'Ở Quỳnh Bảo': the name begins with the next word
            if level is None or any(taken[index : index + level[1]]):
                behind = end
                continue
            cue = _Cue(level[0], "", False, False)
            behind = self._add(tokens, taken, names, cue, index, index, level[1], known=True, bare=True)
        names.units.sort(key=lambda unit: unit.first)

    def _lists(self, tokens: Tokens, runs: Sequence[int], taken: Sequence[bool], names: Names) -> dict[int, int]:
        """Bare names of communes listed together: '… gồm: A, B', '(A, B, C)', 'A, B (huyện X); C (huyện Y)'.

        Gives the length of the name at each token where one begins. A list needs two members that are communes of
        one district or province; a district in brackets behind them says of which.
        """
        found: dict[int, int] = {}
        behind, count = 0, len(tokens)
        for index in tokens.capitals:
            if index < behind or taken[index]:
                continue
            members: list[tuple[int, int]] = []
            at = index
            district: str | None = None
            bracket: tuple[int, int] | None = None
            while at < count and len(members) < 60:
                length = 0 if taken[at] else runs[at]
                size = self._gazetteer.prefix(tokens.words[at : at + length], frozenset({"commune"})) if length else 0
                if not size or size != length:
                    break
                members.append((at, size))
                at += size
                if at < count and tokens.words[at] == "(":
                    bracket = self._bracketed_district(tokens, at, runs)
                    district = " ".join(tokens.words[bracket[0] : sum(bracket)]) if bracket else None
                    at = self._behind(tokens, at)
                elif at + 1 < count and tokens.words[at] == "," and self._cue_at(tokens.norms, at + 1):
                    cued = self._bracketed_district(tokens, at, runs)
                    district = " ".join(tokens.words[cued[0] : sum(cued)]) if cued else None
                if district is None and at + 1 < count and tokens.norms[at] in _SEPARATORS:
                    at += 2 if tokens.words[at] in (",", ";") and tokens.norms[at + 1] in _SEPARATORS else 1
                    continue
                break
            if members and self._is_list(tokens, index, members, district, names):
                found.update(members)
                if bracket is not None:
                    keys = frozenset(fold(" ".join(tokens.words[first : first + size])) for first, size in members)
                    self._brackets.append((*bracket, keys))
            behind = at
        return found

    def _read_brackets(
        self, tokens: Tokens, taken: list[bool], names: Names, on: dt.date | None, *, given: bool
    ) -> None:
        """Districts in brackets behind lists of their communes: 'A, B (Kim Thành), C (Kinh Môn)'.

        Several that lie in one province only say where the article is at home, if nothing else does.
        """
        provinces: list[set[str | None]] = []
        for first, size, communes in self._brackets:
            name = " ".join(tokens.words[first : first + size])
            provinces.append(
                {
                    self._gazetteer.province_name(found, on)
                    for found in self._gazetteer.districts_named(name, None)
                    if communes <= self._gazetteer.communes_in(found.uid)
                }
            )
            if not any(taken[first : first + size]):
                cue = _Cue("district", "", False, False)
                self._add(tokens, taken, names, cue, first, first, size, known=True, bare=True)
        told = {fold(" ".join(tokens.words[first : first + size])) for first, size, _ in self._brackets}
        if not given and len(told) > _BRACKETS_LEAST and names.home_district and fold(names.home_district) in told:
            names.home_district = None  # one district among many
            self._settle_home(tokens, names)
        shared = set.intersection(*provinces) if provinces else set()
        if names.home_province is None and len(provinces) >= _BRACKETS_LEAST and len(shared) == 1:
            names.home_province = shared.pop()

    def _bracketed_district(self, tokens: Tokens, at: int, runs: Sequence[int]) -> tuple[int, int] | None:
        """First token and length of the district's name that a bracket holds."""
        cue = self._cue_at(tokens.norms, at + 1)
        start = at + 1 + (cue[1] if cue else 0)
        length = runs[start] if start < len(tokens) else 0
        words = tokens.words[start : start + length]
        if length and self._gazetteer.prefix(words, frozenset({"district"})) == length:
            return start, length
        return None

    @staticmethod
    def _behind(tokens: Tokens, at: int, most: int = 14) -> int:
        end = next((index for index in range(at, min(at + most, len(tokens))) if tokens.words[index] == ")"), None)
        return end + 1 if end is not None else at

    def _is_list(
        self, tokens: Tokens, index: int, members: Sequence[tuple[int, int]], district: str | None, names: Names
    ) -> bool:
        keys = {fold(" ".join(tokens.words[at : at + size])) for at, size in members}
        if district is not None:
            return keys <= _communes_of_district(self._gazetteer, district, None)
        before = tokens.norms[index - 1] if index else ""
        if len(keys) < 2 and before not in _OPENERS:
            return False
        inside = self._communes_at_home(names)
        known = sum(key in inside for key in keys)
        return known >= max(1, len(keys) - 1) if before in _OPENERS or len(keys) > 2 else known == len(keys) > 1

    def _communes_at_home(self, names: Names) -> frozenset[str]:
        """Folded names of the communes of the home district, else of the home province, of any time."""
        if names.home_district:
            inside = _communes_of_district(self._gazetteer, names.home_district, names.home_province)
            return inside or _communes_of_district(self._gazetteer, names.home_district, None)
        if names.home_province:
            return _communes_of_province(self._gazetteer, names.home_province)
        return frozenset()

    def _bare_level(
        self,
        tokens: Tokens,
        index: int,
        words: Sequence[str],
        names: Names,
        introduced: Mapping[str, Level],
        home: str | None,
    ) -> tuple[Level, int] | None:
        before = tokens.norms[index - 1] if index else ""
        if before != _PAPER and self._of_thing(tokens, index):
            return None
        if self._of_business(tokens, index):
            return None
        province = len(words) > 1 and self._gazetteer.prefix(words, frozenset({"province"})) == len(words)
        if province and len(words) > 2 and self._is_person(words):
            return None  # a city called after a person is named with its word
        if self._is_person(words) and (
            self._honorific_before(tokens, index)
            if province
            else self._person_context(tokens, index, index + len(words))
        ):
            return None
        if words[0].isupper() and len(words[0]) > 1 and not all(word.isupper() for word in words):
            return None
        size = len(words)
        name = " ".join(words)
        key = fold(name)
        if province and key == fold(names.home_province or ""):
            return "province", size  # rather than its town, which is named with its word
        if home and key == home:
            return "district", size
        listed = self._listed.get(index)
        if listed is not None:
            return "commune", min(listed, size)
        if key in introduced and size > 1:
            return introduced[key], size
        if size > 1 and self._in_district(name, names):
            return "commune", size
        listing = before in _OPENERS or before in _SEPARATORS
        if size == 1 and listing and self._in_district(name, names):
            return "commune", 1
        if province:
            return "province", size
        if (
            size > 1
            and not names.home_district
            and names.home_province
            and key in _communes_of_province(self._gazetteer, names.home_province)
            and self._reaches_criteria(tokens, index + size)
        ):
            return "commune", size
        # 'Yên Thành đã xong …' in a report of the province, while there were districts
        begins = names.districts and not home and (before in (".", "") or before.isspace())
        if (
            size > 1
            and names.home_province
            and (listing or begins)
            and _districts_in(self._gazetteer, name, names.home_province)
        ):
            return "district", size
        spelled = names.home_district is not None and (listing or self._reaches_criteria(tokens, index + size))
        if spelled and not self._is_person(words):
            # 'Cu Kroa 9 tiêu chí' for Cư Kroa: names of the highlands are written in many ways
            inside = _communes_of_district(self._gazetteer, names.home_district or "", names.home_province)
            if _without_marks(key) in map(_without_marks, inside):
                return "commune", size
        # A run may begin with a known name and end in something else ('Đại Cường Đội Bình').
        if size > 3 and home:
            for cut in range(size - 2, 1, -1):
                if self._in_district(" ".join(words[:cut]), names) and self._in_district(" ".join(words[cut:]), names):
                    return "commune", cut
        return None

    @staticmethod
    def _of_business(tokens: Tokens, index: int) -> bool:
        """'HTX Giang Sơn', 'Hợp tác xã dịch vụ nông nghiệp Thăng Long': the name of a business."""
        for at in range(index - 1, max(-1, index - 6), -1):
            if any(tuple(tokens.norms[max(0, at + 1 - len(word)) : at + 1]) == word for word in _COOPERATIVES):
                return True
            if tokens.norms[at] in _PLACING or not (tokens.words[at].isalpha() or tokens.words[at] in ("-", "–")):
                return False  # 'các hợp tác xã ở Hàm Minh'
        return False

    @staticmethod
    def _reaches_criteria(tokens: Tokens, at: int) -> bool:
        """Is what was reached told right behind: 'mới đạt 12 tiêu chí', '2 tiêu chí'?"""
        stop = min(at + 5, len(tokens) - 2)
        while at < stop and tokens.norms[at] in _REACHES:
            at += 1
        return (
            at < len(tokens) - 2
            and _VILLAGE_NUMBER.fullmatch(tokens.words[at]) is not None
            and tuple(tokens.norms[at + 1 : at + 3]) in _CRITERION_WORDS
        )

    # ------------------------------------------------------------ persons

    def _is_person(self, words: Sequence[str]) -> bool:
        if not 2 <= len(words) <= 5 or any(word.isdigit() for word in words):
            return False
        if words[0] == "A" and len(words) < 4:
            return True  # 'A Nhót'; 'Y' is among the surnames
        # Whatever stands before 'Văn' and 'Thị', with a name behind them, is a surname.
        return fold_text(words[0]) in self._surnames or (len(words) > 2 and fold_text(words[1]) in _MIDDLE)

    def _role_at(self, norms: Sequence[str], index: int) -> int:
        if index >= len(norms) or norms[index] not in self._role_heads:
            return 0
        for length in range(min(6, len(norms) - index), 0, -1):
            if tuple(norms[index : index + length]) in self._roles:
                return length
        return 0

    def _role_before(self, tokens: Tokens, index: int) -> int | None:
        """First token of the role phrase that ends right before ``index``, or None."""
        at = index - 1
        if at >= 0 and tokens.words[at] in ("-", "–", ":", ","):
            at -= 1
        end = at
        while at >= max(0, end - 14):
            word = tokens.words[at]
            within = word == "," and self._cue_at(tokens.norms, at + 1) is not None  # 'Bí thư Chi đoàn ấp A, xã B - '
            if (word in _PHRASE_BREAKS and not within) or word.isspace():
                return None
            if self._role_at(tokens.norms, at):
                while at and self._role_at(tokens.norms, at - 1) > 1:  # 'Phó' before 'Thủ tướng'
                    at -= 1
                return self._role_start(tokens, at)
            at -= 1
        return None

    def _role_start(self, tokens: Tokens, head: int) -> int:
        """A role goes on to the left over further roles: 'Bí thư Huyện ủy, Chủ tịch HĐND huyện'."""
        while head >= 2 and tokens.words[head - 1] in (",", "-", "–", "kiêm"):
            at = head - 2
            while at >= max(0, head - 9) and tokens.words[at] not in _PHRASE_BREAKS and not tokens.words[at].isspace():
                if self._role_at(tokens.norms, at):
                    break
                at -= 1
            else:
                return head
            between = tokens.words[at + self._role_at(tokens.norms, at) : head - 1]
            if any(fold_text(word) in self._surnames and is_capital(word) for word in between):
                return head  # a person stands between: the role is hers
            while at and self._role_at(tokens.norms, at - 1) > 1:  # 'Phó' before 'Chủ tịch'
                at -= 1
            head = at
        return head

    def _after_role(self, tokens: Tokens, cue: int, most: int = 12) -> bool:
        """Does a role's head stand before ``cue`` in its phrase: 'PCT HĐND huyện', 'Trưởng phòng Nông nghiệp huyện'?"""
        for at in range(cue - 1, max(-1, cue - 1 - most), -1):
            if self._role_at(tokens.norms, at):
                return True
            if tokens.words[at] in _PHRASE_BREAKS or tokens.words[at].isspace():
                return False
        return False

    def _before_role(self, tokens: Tokens, index: int) -> bool:
        if index < len(tokens) and tokens.words[index] in (",", "-", "–", "("):
            index += 1
        return bool(self._role_at(tokens.norms, index))

    def _honorific_before(self, tokens: Tokens, index: int) -> bool:
        for length in (3, 2, 1):
            if index >= length and tuple(tokens.norms[index - length : index]) in self._honorifics:
                return True
        return False

    def _honorific_at(self, tokens: Tokens, index: int) -> int:
        for length in (3, 2, 1):
            if tuple(tokens.norms[index : index + length]) in self._honorifics and length < 4:
                return length
        return 0

    def _person_context(self, tokens: Tokens, first: int, last: int) -> bool:
        at = first - 1 if first and tokens.words[first - 1] == ":" else first
        return (
            self._honorific_before(tokens, at) or self._before_role(tokens, last) or self._role_ends_at(tokens, first)
        )

    def _role_ends_at(self, tokens: Tokens, index: int) -> bool:
        """A role phrase runs up to ``index``: its head, then words of organs and units, no other clause."""
        first = self._role_before(tokens, index)
        if first is None:
            return False
        at = first
        while at < index:
            length = self._role_at(tokens.norms, at)  # 'Phó Chủ tịch UBND tỉnh - Chủ tịch Hội đồng'
            if not (length or self._in_role(tokens, at) or tokens.words[at] in ("-", "–", ",", ":")):
                return False
            at += length or 1
        return True

    def _find_persons(
        self,
        tokens: Tokens,
        blocked: Sequence[bool],
        names_off: Sequence[bool],
        taken: list[bool],
        names: Names,
    ) -> None:
        known: dict[str, str] = {}
        loose: list[tuple[int, int]] = []
        last_person_end = -99
        behind, count = 0, len(tokens)
        for index in tokens.capitals:
            if index < behind or taken[index] or blocked[index] or not is_capital(tokens.words[index]):
                continue
            end, stop = index, min(index + 6, count)
            while (
                end < stop and not taken[end] and not blocked[end]
                and is_capital(tokens.words[end]) and (tokens.words[end].isalpha() or _BOUND.search(tokens.words[end]))
            ):  # fmt: skip
                end += 1
            # A role or an honorific written with a capital may begin the run: it is cut off before the name.
            skip = self._role_at(tokens.norms, index) or self._honorific_at(tokens, index)
            if skip:
                behind = index + skip
                continue
            behind = end
            index += self._organ_part(tokens.words[index:end])
            length = end - index
            words = tokens.words[index:end]
            if not words or names_off[index] or length > 5 or (length < 2 and not _BOUND.search(words[0])):
                continue
            before = tokens.norms[index - 1] if index else ""
            honorific = self._honorific_before(tokens, index - (1 if before == ":" else 0))
            surname = self._is_person(words) or (length == 1 and bool(_BOUND.search(words[0])))
            if surname and not honorific and self._in_district(" ".join(words), names):
                continue
            credit = before in (":", "/") and index >= 2 and tokens.norms[index - 2] == _PICTURE
            supported = honorific or (
                surname
                and (
                    self._before_role(tokens, end)
                    or self._role_ends_at(tokens, index)
                    or (index - last_person_end <= 2 and before in _JOINING)
                    or (length >= 3 and self._signs(tokens, index, length))
                )
            )
            if credit or self._of_thing(tokens, index) or fold_text(" ".join(words)) == _COUNTRY:
                supported = False
            if tuple(tokens.norms[end - 1 : end + 1]) in _COMMON_WORDS:
                supported = False  # 'mấy chị Hội Phụ nữ', 'bà con Đoàn Thanh niên'
            if supported and (surname or length >= 2):
                self._add_person(tokens, taken, names, index, length)
                known[fold_text(" ".join(words))] = " ".join(words)
                last_person_end = names.persons[-1].role_last or end
            elif surname and length >= 3:
                loose.append((index, length))
        for at, length in loose:  # the same name elsewhere with a role, or a full name of its own
            named = fold_text(" ".join(tokens.words[at : at + length])) in known
            if (named or self._in_full(tokens, at, length)) and not any(taken[at : at + length]):
                self._add_person(tokens, taken, names, at, length)
        names.persons.sort(key=lambda person: person.first)

    def _organ_part(self, words: Sequence[str]) -> int:
        """'Phó Giám đốc Sở Hà Thị Bích Liên': how many words of the run belong to the organ before the name."""
        for cut in range(1, 0 if self._is_person(words) else len(words) - 2):
            if fold_text(words[cut - 1]) in self._role_words and self._is_person(words[cut:]):
                return cut
        return 0

    def _in_full(self, tokens: Tokens, at: int, length: int) -> bool:
        """A surname and two names or more in running text, which nothing makes the name of a thing or a place."""
        before = tokens.words[at - 1] if at else ""
        behind = tokens.words[at + length] if at + length < len(tokens) else ""
        words = tokens.words[at : at + length]
        if not before.islower() or before in _PHRASE_BREAKS or self._of_thing(tokens, at):
            return False
        if fold_text(words[1]) in _MIDDLE:
            return True
        if fold_text(" ".join(words)) == _COUNTRY:
            return False
        if fold_text(before) in self._cue_heads or behind in ("-", "–"):
            return False
        place = self._gazetteer.prefix(words, frozenset({"province", "district"})) > 1
        return not place and self._gazetteer.prefix(words, frozenset({"commune"})) < length

    def _of_thing(self, tokens: Tokens, index: int) -> bool:
        """Does the word before make it the name of a road, a school, a river? 'môi trường', 'miền núi' make nothing."""
        before = tokens.norms[index - 1] if index else ""
        return before in self._not_people and (index < 2 or tokens.norms[index - 2] not in _MAKES_NO_NAME)

    def _signs(self, tokens: Tokens, index: int, length: int) -> bool:
        """A name alone on its line under a role in capitals: the signature of a document."""
        end = index + length
        alone = (index == 0 or "\n" in tokens.words[index - 1]) and (end >= len(tokens) or "\n" in tokens.words[end])
        above = next(
            (at for at in range(index - 2, max(-1, index - 12), -1) if "\n" in tokens.words[at]), max(-1, index - 12)
        )
        return alone and any(
            self._role_at(tokens.norms, at) or tuple(tokens.norms[at : at + 2]) in _SIGNED
            for at in range(max(0, above), index - 1)
        )

    def _add_person(self, tokens: Tokens, taken: list[bool], names: Names, first: int, length: int) -> None:
        last = first + length
        person = PersonName(" ".join(tokens.words[first:last]), first, last)
        role_first = self._role_before(tokens, first)
        if role_first is not None and self._role_ends_at(tokens, first):
            end = first
            while end > role_first and tokens.words[end - 1] in ("-", "–", ":", ","):
                end -= 1
            person.role_first, person.role_last = role_first, end
        else:
            at = last
            if at < len(tokens) and tokens.words[at] in (",", "-", "–", "("):
                at += 1
            if self._role_at(tokens.norms, at):
                person.role_first, person.role_last = at, self._role_end(tokens, at)
        if person.role_first is not None and person.role_last is not None:
            person.role = tokens.text[tokens.starts[person.role_first] : tokens.ends[person.role_last - 1]]
        names.persons.append(person)
        for index in range(first, last):
            taken[index] = True

    def _role_end(self, tokens: Tokens, at: int) -> int:
        """Behind the last token of the role that begins at ``at``; further roles after a comma belong to it."""
        end = at + self._role_at(tokens.norms, at)
        while end < len(tokens):
            word = tokens.words[end]
            if word in (",", "-", "–") and self._role_at(tokens.norms, end + 1):
                end += 1 + self._role_at(tokens.norms, end + 1)
            elif word in (",", ";", ".", ":", ")", "(", "-", "–") or word.isspace() or not self._in_role(tokens, end):
                break
            else:
                end += 1
        return end

    def _in_role(self, tokens: Tokens, index: int) -> bool:
        word = tokens.words[index]
        return (
            word[:1].isupper()
            or (word.isdigit() and len(word) < 3 and tokens.words[index - 1][:1].isupper())  # 'xã Bảo Lâm 1'
            or tokens.norms[index] in self._role_words
            or self._cue_at(tokens.norms, index) is not None
        )


@lru_cache(maxsize=4096)
def _without_marks(key: str) -> str:
    """A folded name without tones, breves and the bar of đ."""
    plain = unicodedata.normalize("NFD", key).replace("đ", "d")
    return "".join(char for char in plain if not unicodedata.combining(char))


def _as_name(surface: str) -> str:
    """A name in capitals as it is otherwise written: 'HÒA AN' is Hòa An."""
    return surface.title() if surface.isupper() and len(surface) > 3 else surface


_NUMERAL = re.compile(r"\d{1,2}|[IVX]{1,4}")
_LONGEST_RUN = 8  # syllables
_LIST_MOST = 60  # names


def _runs(tokens: Tokens, blocked: Sequence[bool]) -> list[int]:
    """At each token the length of the run of capitalised syllables that begins there; a number may end it."""
    words = tokens.words
    runs = [0] * len(words)
    for first in tokens.capitals:
        shouting = words[first].isupper() and len(words[first]) > 1
        at, stop = first, min(first + _LONGEST_RUN, len(words))
        while at < stop and not blocked[at]:
            word = words[at]
            if is_capital(word) or (shouting and word.isupper() and word.isalpha()):
                at += 1
                continue
            measured = at + 1 < len(words) and tokens.norms[at + 1] in _MEASURES  # 'thôn Lũng Cao 2 km'
            if at > first and _NUMERAL.fullmatch(word) and not measured:
                at += 1
            break
        runs[first] = at - first
    return runs


def _districts_in(units: Gazetteer, district: str, province: str | None) -> list[UnitVersion]:
    """Districts of that name of any time, of the province if one is given."""
    districts = units.districts_named(district, None)
    if not province:
        return list(districts)
    codes = {version.code for version in units.provinces_named(province)}
    return [version for version in districts if version.province_code in codes]


@lru_cache(maxsize=128)
def _communes_of_district(units: Gazetteer, district: str, province: str | None) -> frozenset[str]:
    """Folded names of the communes of any time of the districts of that name (of the province, if one is given)."""
    return frozenset().union(*(units.communes_in(found.uid) for found in _districts_in(units, district, province)))


@lru_cache(maxsize=128)
def _communes_of_province(units: Gazetteer, province: str) -> frozenset[str]:
    """Folded names of all communes that a province ever had."""
    codes = {version.code for version in units.provinces_named(province)}
    return frozenset(
        fold(version.name) for version in units if version.level == "commune" and version.province_code in codes
    )


_BRACKETS_LEAST = 2  # lists with a district behind them that tell the province together
_LONGEST_BRACKET = 9  # tokens of '(xã X)' beside a village of a list
_VILLAGE_NUMBER = re.compile(r"\d{1,2}[A-Z]?")
_FULL_YEAR = re.compile(r"(?:19|20)\d\d")
_NO_DISTRICTS = dt.date(2025, 7, 1)
_WARD_NUMBER = re.compile(r"0?[1-9]|[12]\d")
_FORMER = re.compile(r"\s*[()]?\s*(?:trước đây|trước kia|cũ\b|ngày trước)")
_BOUND = re.compile(r"^[HKYR]['’]\w")  # one syllable that is a whole name: H'Blem, K'Brửi
_PHRASE_BREAKS = frozenset({",", ";", ".", ":", "(", ")", "!", "?", "“", "”", '"', "/"})
