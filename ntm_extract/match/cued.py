"""Units behind their cue word: 'xã Lưu Vĩnh Sơn', 'các thôn A, B và C', '5 thôn, gồm …', 'xã A (huyện X)'."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ntm_extract.match.home import (
    communes_at_home,
    communes_of_district,
    communes_of_province,
    districts_in,
    in_home_district,
)
from ntm_extract.match.lexicon import (
    BOUND,
    COMMON_WORDS,
    MEASURES,
    MIDDLE,
    OPENERS,
    PHRASE_BREAKS,
    SEPARATORS,
    VILLAGE_NUMBER,
    Cue,
    Lexicon,
)
from ntm_extract.match.names import Draft, UnitName, as_name, joined_size
from ntm_extract.match.people import after_role, before_role
from ntm_extract.match.tokens import Tokens, is_capital
from ntm_extract.model import Level
from ntm_extract.orthography import fold_text, fold_word
from ntm_extract.units import Gazetteer, fold

_ELDER = fold_text("già")
_COOPERATIVE = fold_word("tác")
_NUMBER_WORDS = {
    fold_word(word): number
    for number, word in enumerate(("hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười"), 2)
}
_YEAR = fold_word("năm")
_OF_YEAR = frozenset(map(fold_word, ("cuối", "đầu", "giữa", "trong", "hết", "nửa", "mỗi", "hằng", "hàng", "qua")))
# 'biên bản 4 trường hợp', 'cơ bản': no village's word.
_BEFORE_PAPER = frozenset(
    map(fold_word, ("biên", "văn", "cơ", "căn", "bài", "kịch", "phiên", "ấn", "nguyên", "tư", "dị", "phụ"))
)
_PAPER_OR_VILLAGE = fold_word("bản")
_BUON = fold_word("buôn")
_BETWEEN = fold_word("liên")
_RURAL, _VILLAGE_WORD = map(fold_word, ("nông", "thôn"))
_COUNTED = MEASURES | frozenset(map(fold_word, ("lượt", "lần", "suất", "câu", "trường")))
# Highland names of one syllable behind a letter: 'A Nhót', 'Y Hlơng'.
_BY_LETTER = frozenset({"A", "Y"})
_LIST_MOST = 60  # names
_LONGEST_BRACKET = 9  # tokens of '(xã X)' beside a village of a list
_SEVERAL = frozenset(map(fold_word, ("các", "những")))
# Between a village and its commune: 'A thuộc xã X', 'B, xã Y', 'C - xã Z'.
_LYING = frozenset(map(fold_word, ("thuộc", "của", "ở", "tại", ",", "-", "–")))
# By which villages of one name are told apart: 'Trung Bình nhất', 'Phú hạ', 'Hòa đông'.
_LAST_SYLLABLES = frozenset(
    map(
        fold_word,
        ("nhất", "nhì", "nhị", "tam", "tứ", "thượng", "trung", "hạ", "nội", "ngoại", "đông", "tây", "nam", "bắc"),
    )
)
_FULL_YEAR = re.compile(r"(?:19|20)\d\d")
_WARD_NUMBER = re.compile(r"0?[1-9]|[12]\d")


def find_cued(draft: Draft, lexicon: Lexicon, gazetteer: Gazetteer) -> None:
    """Adds the units that their cue words tell, with the lists and brackets that go on behind them."""
    _CuedUnits(draft, lexicon, gazetteer).find()


def rename_communes(draft: Draft, lexicon: Lexicon, gazetteer: Gazetteer) -> None:
    """'Bản Phiệt', where the home has a commune called so and no 'bản Phiệt' is written small."""
    tokens, names = draft.tokens, draft.names
    inside = communes_at_home(gazetteer, names)
    small = {fold(unit.name) for unit in names.units if unit.level == "village" and _is_small(tokens, unit)}
    kept: list[UnitName] = []
    for unit in names.units:
        if unit.level == "village" and unit.cue and not _is_small(tokens, unit) and fold(unit.name) not in small:
            whole = " ".join(tokens.words[unit.first : unit.last])
            at_home = fold(whole) == fold(names.home_district or "")
            if lexicon.of_thing(tokens, unit.first):
                continue  # 'Trường Tiểu học Bản Cầm', 'gạo Buôn Choah'
            if at_home or (fold(whole) in inside and fold(unit.name) not in inside):
                level: Level = "district" if at_home else "commune"
                unit = UnitName(level, whole, None, unit.first, unit.last, unit.first, cue=False)
        kept.append(unit)
    names.units = kept


def _is_small(tokens: Tokens, unit: UnitName) -> bool:
    return tokens.words[unit.first][:1].islower()


class _CuedUnits:
    """Left to right over the cues of one text."""

    def __init__(self, draft: Draft, lexicon: Lexicon, gazetteer: Gazetteer) -> None:
        self._draft = draft
        self._lexicon = lexicon
        self._gazetteer = gazetteer
        self._tokens = draft.tokens
        self._runs = draft.runs
        self._names = draft.names
        self._told: frozenset[str] | None = None

    def find(self) -> None:
        tokens = self._tokens
        behind, count = 0, len(tokens)
        for index in [at for at, norm in enumerate(tokens.norms) if norm in self._lexicon.cue_heads]:
            found = None if index < behind or self._draft.blocked[index] else self._lexicon.cue_at(tokens.norms, index)
            if not found:
                continue
            if _is_year(tokens, index):
                continue
            cue, length = found
            behind = at = index + length
            if (
                tokens.words[index].isupper()
                and len(tokens.words[index]) == 2
                and index
                and tokens.words[index - 1] in "&/-"
                and tokens.ends[index - 1] == tokens.starts[index]
            ):
                continue  # 'TT&TT': an office, not a thị trấn; 'xã Tân Dân- TX Hạ' is one
            if self._is_no_cue(cue, index) or _is_amount(tokens, cue, index, at):
                continue
            if cue.level in ("commune", "village") and self._read_counted(cue, index, at):
                continue
            while at < count and tokens.words[at] in (":", '"', "“"):
                at += 1
            if at - index - length > 1 or (
                at > index + length and tokens.words[at - 1] == ":" and not self._opens_list(cue, length, at)
            ):
                continue  # 'trưởng các ấp: "Tôi giao …', 'Chủ tịch Mặt trận xã: Các đoàn thể …'
            end = self._read_name(cue, index, at) if at < count and not self._draft.taken[at] else None
            if end is not None:
                behind = self._read_list(cue, end)

    def _is_no_cue(self, cue: Cue, index: int) -> bool:
        """'hợp tác xã', 'buôn làng'; 'Bản Nguyên' where that is the name of a commune."""
        tokens = self._tokens
        before = tokens.norms[index - 1] if index else ""
        if cue.level == "commune" and before == _COOPERATIVE:
            return True
        if cue.level != "village":
            return False
        if before == _ELDER:
            return True  # 'già làng A Blưi': a person
        if before == _RURAL and tokens.norms[index] == _VILLAGE_WORD:
            return True  # 'Sở Nông nghiệp và Phát triển nông thôn Lê Văn Hòa'
        if tokens.norms[index] == _PAPER_OR_VILLAGE and before in _BEFORE_PAPER:
            return True
        if tokens.words[index][0].isupper() and tokens.norms[index] == _BUON and _behind_letter(tokens, index):
            return True  # 'ông Y Nhem Buôn Krông': a clan's name
        rural = before == _VILLAGE_WORD and index > 1 and tokens.norms[index - 2] == _RURAL  # 'lộ nông thôn ấp Hạ'
        other = self._lexicon.cues.get((before,))
        if other is not None and other.level == "village" and not rural and not cue.plural:
            return tokens.norms[index] != before
        if not index or not tokens.words[index][0].isupper() or tokens.words[index - 1].isspace():
            return False
        length = self._runs[index]
        behind = tokens.words[index + 1] if index + 1 < len(tokens) else ""
        if is_capital(tokens.words[index - 1]) and not is_capital(behind):  # 'Vũ Bản 14 tiêu chí'
            return self._gazetteer.prefix(tokens.words[index - 1 : index + 1], frozenset({"commune"})) == 2
        known = self._gazetteer.prefix(tokens.words[index : index + length], frozenset({"commune"})) if length else 0
        return known > 1 and known == length and tokens.norms[index - 1] in SEPARATORS | {":", "("}

    def _opens_list(self, cue: Cue, length: int, at: int) -> bool:
        """Do names follow a cue and a colon: 'các thôn: A, B', 'các thôn: A (xã X)'? Not in 'cấp thôn: Có 41 thôn'."""
        tokens = self._tokens
        if cue.level == "village":
            behind = at + self._runs[at] if at < len(tokens) else at
            if length < 2 or behind >= len(tokens) or behind == at:
                return False
            return tokens.norms[behind] in SEPARATORS or self._behind_place(behind) > behind
        return cue.plural or self._known_run(at, cue.level) > 1

    def _behind_place(self, at: int) -> int:
        """Behind the commune that a village of a list lies in, '(X)', ', xã X', 'thuộc xã X', or ``at`` itself."""
        tokens = self._tokens
        if at >= len(tokens):
            return at
        if tokens.words[at] == "(":
            return self._draft.behind_bracket(at, _LONGEST_BRACKET) if self._place_size(at + 1) else at
        while at < len(tokens):
            start = at + (tokens.norms[at] in _LYING)
            size = self._place_size(start) if self._lexicon.cue_at(tokens.norms, start) else 0
            if not size:
                break
            at = start + size
        return at

    def _place_size(self, at: int) -> int:
        """Tokens of the name of a commune or district, with its word if it has one, that begins at ``at``; or 0."""
        tokens = self._tokens
        found = self._lexicon.cue_at(tokens.norms, at)
        start = at + (found[1] if found else 0)
        length = self._runs[start] if start < len(tokens) else 0
        if found is not None:
            return start + length - at if length and found[0].level in ("commune", "district") else 0
        known = self._gazetteer.prefix(tokens.words[start : start + length], frozenset({"commune", "district"}))
        return length if known == length else 0

    def _read_counted(self, cue: Cue, index: int, at: int) -> bool:
        """'5 thôn đăng ký năm nay, gồm A, B, …', '4 xã (A, B, C, D)': as many names as were counted.

        So are villages read that nobody counted, if their communes stand behind them: 'các thôn gồm: A (X), B (Y)'.
        """
        tokens, runs = self._tokens, self._runs
        before = tokens.norms[index - 1] if index else ""
        several = cue.level == "village" and not _SEVERAL.isdisjoint((tokens.norms[index], before))
        if at - index > 1 and tokens.norms[index] in _NUMBER_WORDS:
            before = tokens.norms[index]  # 'hai thôn' is one cue
        wanted = int(before) if before.isdigit() and len(before) < 3 else _NUMBER_WORDS.get(before, 0)
        if (wanted < 2 and not several) or at >= len(tokens) or runs[at]:
            return False
        start = next(
            (
                here
                for here in range(at, min(at + 18, len(tokens)))
                if tokens.norms[here] in OPENERS or "\n" in tokens.words[here]
            ),
            None,
        )
        if start is None or "\n" in tokens.words[start] or any(tokens.words[here] in ".;" for here in range(at, start)):
            return False
        here = start + 1
        while here < len(tokens) and tokens.norms[here] in OPENERS:
            here += 1
        members: list[tuple[int, int]] = []
        counted, placed = 0, False
        while here < len(tokens) and counted < _LIST_MOST:
            other = self._lexicon.cue_at(tokens.norms, here)
            if other is not None and members and cue.level == "village":
                # 'gồm: A, B, xã X; C, xã Y và thôn D, xã Z': what has its own word is read by it
                here += other[1]
                counted += other[0].level == "village"
                size = self._listed_village(here) if other[0].level == "village" else 0
                size = size or (runs[here] if here < len(tokens) else 0)
                if not size or other[0].level not in ("village", "commune"):
                    break
                here += size
            else:
                size = self._known_run(here, cue.level)
                if not size and cue.level == "village" and self._closes_pair(here):
                    size = 2
                elif not size or size != runs[here]:
                    return False
                if cue.level == "village" and VILLAGE_NUMBER.fullmatch(tokens.words[min(here + size, len(tokens) - 1)]):
                    size += 1  # 'Kon Tu Dốp 2'
                members.append((here, size))
                counted += 1
                here += size
            if cue.level == "village":
                # what stands behind a commune is read with it
                behind = self._behind_place(here)
                placed = placed or behind > here
                here = behind
                if tokens.words[here : here + 1] == ["("]:
                    here = self._draft.behind_bracket(here, _LONGEST_BRACKET)
            if here < len(tokens) and tokens.norms[here] in SEPARATORS:
                here += 2 if here + 1 < len(tokens) and tokens.norms[here + 1] in SEPARATORS else 1
                named = here < len(tokens) and (runs[here] or self._closes_pair(here))
                if not named and self._lexicon.cue_at(tokens.norms, here) is None:
                    break
            else:
                break
        if counted != wanted and not (several and placed and counted > 1):
            return False
        # 'Đó là các thôn: A (X), B (Y)': the word is part of the first name, as in 'các xã A và B'
        direct = several and start == at and tokens.words[at] == ":"
        for number, (first, size) in enumerate(members):
            cued = direct and not number
            self._read_context(self._draft.add(cue, index if cued else first, first, size, known=True, bare=not cued))
        return True

    def _closes_pair(self, at: int) -> bool:
        """'Trung Tâm, xã X': written as a name, though an organ begins so, and nothing goes on with it."""
        tokens = self._tokens
        pair = tokens.words[at : at + 2]
        return len(pair) == 2 and all(map(is_capital, pair)) and self._behind_place(at + 2) > at + 2

    def _listed_village(self, at: int) -> int:
        """Tokens of a village's name behind its own word in a list: 'thôn 2', 'thôn Hạ'; or 0."""
        tokens = self._tokens
        if at < len(tokens) and not self._runs[at] and VILLAGE_NUMBER.fullmatch(tokens.words[at]):
            return 1
        return self._known_run(at, "village")

    def _read_name(self, cue: Cue, first: int, at: int) -> int | None:
        """Reads one name behind a cue; gives the token behind it, or None if there is no name."""
        tokens = self._tokens
        length = self._runs[at]
        if not length and cue.level == "village" and VILLAGE_NUMBER.fullmatch(tokens.words[at]):
            if at + 1 < len(tokens) and tokens.norms[at + 1] in ("/", "%"):
                return None
            return self._draft.add(cue, first, at, 1, known=True)
        if not length and self._is_numbered(cue, at):
            return self._draft.add(cue, first, at, 1, known=True)
        if not length:
            return None
        words = tokens.words[at : at + length]
        level: Level = cue.level
        if level == "village":
            if tuple(tokens.norms[at : at + 2]) in COMMON_WORDS and length == 1:
                return None  # 'khu dân cư Thông minh'
            if length == 1 and len(words[0]) > 2 and words[0].isupper() and not tokens.words[first].isupper():
                return None  # 'thôn NTM', 'bản DTTS'
            counted = first > 0 and tokens.words[first - 1].isdigit()
            if counted and length > 2 and all(word.isupper() for word in (tokens.words[first], *words)):
                return None  # '18 ẤP KÝ GIAO ƯỚC THI ĐUA'
            if tokens.norms[at] == _YEAR and _FULL_YEAR.fullmatch("".join(tokens.words[at + 1 : at + 2])):
                return None  # 'CÁC BẢN NĂM 2026'
            size = self._village_length(first, words)
            if size == length and self._goes_on_small(at + size):
                size += 1
            return self._draft.add(cue, first, at, size, known=True) if size else None
        size = self._gazetteer.prefix(words, frozenset({level}))
        if not size and level == "district" and cue.kind in ("thành phố", "TP"):
            size = self._gazetteer.prefix(words, frozenset({"province"}))
            if size:
                cue = Cue("province", "thành phố", cue.organ, cue.plural)
        if size < 2 and length == 1 and at + 1 < len(tokens):
            # 'xã Định thành': the second syllable lost its capital
            wider = self._gazetteer.prefix(tokens.words[at : at + 2], frozenset({level}))
            if wider == 2 and not is_capital(tokens.words[at + 1]):
                if tuple(tokens.norms[at : at + 2]) in COMMON_WORDS:
                    return None  # 'hai xã An toàn khu'
                size = 2
        if (
            size
            and length - size == 1
            and words[0].title()
            and self._lexicon.is_person(words)
            and after_role(self._lexicon, tokens, first)
        ):
            return None  # 'PCT HĐND huyện Đồng Xuân Vân': all of it is a person
        if size == 1 and length > 2 and self._lexicon.is_person(words) and after_role(self._lexicon, tokens, first):
            return None  # 'Chủ tịch UBND xã Lâm Trường Giang'
        joined = joined_size(self._draft, self._gazetteer, at, size or length, level)
        if size or joined:
            return self._draft.add(cue, first, at, joined or size, known=True)
        if self._lexicon.is_person(words) and (cue.organ or after_role(self._lexicon, tokens, first)):
            return None
        if words[0] in _BY_LETTER and 1 < length < 4 and after_role(self._lexicon, tokens, first):
            return None  # 'Chủ tịch UBND xã A Thưnh'
        if level == "province" or (length == 1 and len(words[0]) == 1):
            return None  # all provinces are known; 'xã A' is any commune
        if length > 2 and self._lexicon.is_person(words) and fold_text(words[1]) in MIDDLE:
            return None
        if level == "district" and self._lexicon.is_person(words) and length > 2:
            return None
        if words[0].isupper() and len(words[0]) > 1:
            return None  # a heading in capitals, not a name we know
        if length > 4 or cue.organ:
            return None
        return self._draft.add(cue, first, at, length, known=False)

    def _is_numbered(self, cue: Cue, at: int) -> bool:
        """'phường 1', 'quận 12': of towns that number their wards."""
        tokens = self._tokens
        if cue.kind not in ("phường", "quận") or cue.plural or not _WARD_NUMBER.fullmatch(tokens.words[at]):
            return False
        behind = tokens.norms[at + 1] if at + 1 < len(tokens) else ""
        closed = not behind.strip() or behind in PHRASE_BREAKS or behind in SEPARATORS
        named = at + 2 < len(tokens) and self._lexicon.cue_at(tokens.norms, at + 1) is not None
        told = behind not in _COUNTED and behind not in ("/", "%") and tokens.words[at - 1][:1].isupper()
        return (closed or named or told) and self._gazetteer.is_name(tokens.words[at], cue.level)

    def _goes_on_small(self, at: int) -> bool:
        """'ấp Trung Bình nhất, xã X', 'thôn Phú hạ (xã Y)': the last syllable of the name lost its capital."""
        tokens = self._tokens
        if at >= len(tokens) or tokens.norms[at] not in _LAST_SYLLABLES:
            return False
        return tokens.words[at + 1 : at + 2] in ([","], ["("], ["-"], ["–"]) and self._behind_place(at + 1) > at + 1

    def _village_length(self, first: int, words: Sequence[str]) -> int:
        """Length of a village's name; behind 'Trưởng thôn' a person's may follow, or stand alone."""
        tokens = self._tokens
        cuts = [cut for cut in range(max(0, len(words) - 4), len(words) - 2) if self._lexicon.is_person(words[cut:])]
        sure = [cut for cut in cuts if fold_text(words[cut + 1]) in MIDDLE]
        if any(sure):  # 'thôn Lĩnh Sơn Trần Thị Bé', whoever stands before
            return next(cut for cut in sure if cut)
        if cuts and (after_role(self._lexicon, tokens, first, 2) or self._lexicon.honorific_before(tokens, first + 1)):
            # 'xóm Đồng Hoa Trần Đức Quyền': a syllable that few are called by is rather the village's.
            common = (cut for cut in cuts if self._lexicon.surnames.get(fold_text(words[cut])))
            return 0 if sure else next(common, cuts[0])
        return min(len(words), 4)

    def _read_list(self, cue: Cue, end: int) -> int:
        """Names of the same level that go on without the cue: 'xã A (huyện X), B và C'."""
        tokens = self._tokens
        while True:
            end = self._read_context(end)
            leftover = self._known_run(end, cue.level)
            if leftover and cue.level == "commune" and self._same_district(end, leftover):
                end = self._draft.add(cue, end, end, leftover, known=True, bare=True)
                continue
            at = end
            while at < len(tokens) and tokens.norms[at] in SEPARATORS and at - end < 2:
                at += 1
            if at == end or at >= len(tokens) or self._draft.taken[at] or self._lexicon.cue_at(tokens.norms, at):
                return end
            size = self._known_run(at, cue.level)
            if not size or size != self._runs[at] or before_role(self._lexicon, tokens, at + size):
                return end
            if cue.level == "village" and (
                self._lexicon.role_at(tokens.norms, at)
                or tuple(tokens.norms[at + size - 1 : at + size + 1]) in COMMON_WORDS
            ):
                return end  # 'thôn Hạ, Bí thư Huyện ủy giao …', 'bản Tở, Trường Phổ thông …'
            if cue.level == "district" and (self._begins_context(at + size) or self._lies_behind(at)):
                return end  # 'A (huyện B) và C- huyện D', 'A huyện B và C, E huyện D': C is another commune
            if cue.level in ("district", "commune") and not cue.plural and self._is_its_province(end, at, size):
                self._give_province(at, size)
                return at + size
            if tokens.norms[at - 1] in ("-", "–") and cue.level != "commune" and not self._is_between(cue, end):
                return end
            end = self._draft.add(cue, at, at, size, known=True, bare=True)

    def _is_between(self, cue: Cue, end: int) -> bool:
        """'đường liên xóm Hạ - Đoài' names both."""
        unit = self._names.units[-1]
        before = self._tokens.norms[unit.first - 1] if unit.first else ""
        return cue.level == "village" and before == _BETWEEN and unit.last == end

    def _begins_context(self, at: int) -> bool:
        """Does the district of a commune stand here: '- huyện A', '(TX B)'?"""
        tokens = self._tokens
        if at + 1 >= len(tokens) or tokens.words[at] not in ("-", "–", "("):
            return False
        found = self._lexicon.cue_at(tokens.norms, at + 1)
        return found is not None and found[0].level == "district"

    def _lies_behind(self, at: int) -> bool:
        """Is the name at ``at`` a commune of the district that stands, with its word, behind the list it begins?"""
        tokens = self._tokens
        first = self._tokens.phrase(at, self._runs[at])
        for _ in range(_LIST_MOST):
            size = self._known_run(at, "commune")
            if not size or size != self._runs[at]:
                return False
            at += size
            start = at + (at < len(tokens) and (tokens.norms[at] in _LYING or tokens.words[at] == "("))
            found = self._lexicon.cue_at(tokens.norms, start)
            if found is not None:
                name = start + found[1]
                length = self._runs[name] if found[0].level == "district" and name < len(tokens) else 0
                inside = (
                    communes_of_district(self._gazetteer, self._tokens.phrase(name, length), None) if length else ()
                )
                return fold(first) in inside
            if at >= len(tokens) or tokens.norms[at] not in SEPARATORS:
                return False
            at += 1
        return False

    def _known_run(self, at: int, level: Level) -> int:
        tokens = self._tokens
        if at >= len(tokens):
            return 0
        length = self._runs[at]
        if not length or level == "village":
            return length if level == "village" and length <= 4 else 0
        size = self._gazetteer.prefix(tokens.words[at : at + length], frozenset({level}))
        if not size and length == 1 and at + 1 < len(tokens):
            wider = self._gazetteer.prefix(tokens.words[at : at + 2], frozenset({level}))
            return 2 if wider == 2 and not tokens.words[at + 1][:1].isupper() and tokens.words[at + 1].isalpha() else 0
        return size

    def _same_district(self, at: int, size: int) -> bool:
        """A second commune right behind the first (a comma is missing) must belong to the same district."""
        tokens = self._tokens
        if not self._names.home_district:
            return False
        run = tokens.phrase(at, size)
        return in_home_district(self._gazetteer, self._names, run)

    def _is_its_province(self, end: int, at: int, size: int) -> bool:
        """'(huyện Gò Dầu, Tây Ninh)': the province, though a town bears its name; not 'Gò Dầu, Tây Ninh, Tân Châu'.

        So in 'Xã Phú Quới, Vĩnh Long họp', though there are communes of that name.
        """
        tokens = self._tokens
        unit = self._names.units[-1]
        if tokens.words[end] not in (",", "-", "–"):
            return False
        behind = tokens.words[at + size] if at + size < len(tokens) else ")"
        if behind in (",", ";"):
            words = tokens.words[at + size + 1 : at + size + 4]
            if self._gazetteer.prefix(words, frozenset({unit.level})):
                return False
        elif behind != ")" and tokens.norms[at + size] in SEPARATORS:
            return False
        province = self._tokens.phrase(at, size)
        if not self._gazetteer.provinces_named(province):
            return False
        if unit.level == "commune":
            return unit.last == end and fold(unit.name) in communes_of_province(self._gazetteer, province)
        return bool(districts_in(self._gazetteer, unit.name, province))

    def _give_province(self, at: int, size: int) -> None:
        tokens = self._tokens
        unit = self._names.units[-1]
        name = as_name(tokens.phrase(at, size))
        unit.province = unit.province or name
        self._names.units.append(UnitName("province", name, None, at, at + size, at, cue=False, parenthesis=True))
        self._draft.take(at, at + size)

    def _read_context(self, end: int) -> int:
        """'(huyện Vĩnh Lợi)', '(Lộc Hà, Hà Tĩnh)' behind a unit: its district and province."""
        tokens = self._tokens
        unit = self._names.units[-1] if self._names.units else None
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
            cue_found = self._lexicon.cue_at(tokens.norms, at)
            name_at = at + (cue_found[1] if cue_found else 0)
            if cue_found and cue_found[0].level not in wanted:
                break
            if not cue_found and not bracket:
                break
            level_options = [cue_found[0].level] if cue_found else wanted
            if (
                not cue_found
                and "province" in wanted
                and self._closes_bracket(name_at)
                and not (bracket and self._is_its_district(unit, name_at))
            ):
                level_options = ["province", *[level for level in wanted if level != "province"]]
            matched = False
            for level in level_options:
                if name_at >= len(tokens):
                    break
                length = self._runs[name_at]
                size = (
                    self._gazetteer.prefix(tokens.words[name_at : name_at + length], frozenset({level}))
                    if length
                    else 0
                )
                if size and size == length:
                    kind = cue_found[0].kind if cue_found else None
                    name = as_name(tokens.phrase(name_at, size))
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
            self._give_context(unit, context)
            self._names.units.append(context)
            self._draft.take(context.first, context.last)
        units = self._names.units
        units.append(units.pop(units.index(unit)))  # the list goes on at its own level
        return at + 1 if bracket else at

    def _closes_bracket(self, at: int) -> bool:
        """The last name in the bracket: a province rather than the city of the same name."""
        tokens = self._tokens
        end = next((index for index in range(at, min(at + 6, len(tokens))) if tokens.words[index] in (")", ",")), None)
        return end is not None and tokens.words[end] == ")"

    def _is_its_district(self, unit: UnitName, at: int) -> bool:
        """'xã Hiền Ninh (Quảng Ninh)', where the text tells of 'huyện Quảng Ninh': the district, though a province is
        called so elsewhere."""
        tokens = self._tokens
        name = tokens.phrase(at, self._runs[at])
        if unit.level != "commune" or fold(name) not in self._told_districts():
            return False
        return any(
            fold(unit.name) in self._gazetteer.communes_in(found.uid)
            and fold(self._gazetteer.province_name(found, None) or "") != fold(name)
            for found in self._gazetteer.districts_named(name, None)
        )

    def _told_districts(self) -> frozenset[str]:
        """Folded names of the districts that the text names with their word."""
        if self._told is None:
            tokens, told = self._tokens, set[str]()
            for at in range(len(tokens) - 1):
                found = self._lexicon.cue_at(tokens.norms, at)
                if found is None or found[0].level != "district":
                    continue
                start = at + found[1]
                size = self._runs[start] if start < len(tokens) else 0
                size = self._gazetteer.prefix(tokens.words[start : start + size], frozenset({"district"}))
                told.add(fold(tokens.phrase(start, size)))
            self._told = frozenset(told)
        return self._told

    def _give_context(self, unit: UnitName, context: UnitName) -> None:
        """The units listed before without a bracket of their own share the context: 'A và B (tỉnh X)'."""
        for other in reversed(self._names.units):
            if other.parenthesis:
                continue
            if other is not unit and (other.level != unit.level or unit.first - other.last > 4):
                break
            if context.level == "district" and other.district is None and other is unit:
                other.district = context.name
            elif context.level == "province" and other.province is None:
                other.province = context.name


def _is_year(tokens: Tokens, index: int) -> bool:
    """'từ nay đến cuối năm xã Cao Xá …': the year, not five communes."""
    return tokens.norms[index] == _YEAR and index > 0 and tokens.norms[index - 1] in _OF_YEAR


def _is_amount(tokens: Tokens, cue: Cue, index: int, at: int) -> bool:
    """'góp cho thôn 5 triệu đồng', 'xuống ấp 23 lượt', 'trưởng thôn 31 thôn': a number, but no village's."""
    if cue.level != "village" or at + 1 >= len(tokens) or not VILLAGE_NUMBER.fullmatch(tokens.words[at]):
        return False
    behind = tokens.norms[at + 1]
    return behind in _COUNTED or behind == tokens.norms[index]


def _behind_letter(tokens: Tokens, index: int) -> bool:
    """'Y Nhem', 'H'Blem' right before ``index``."""
    return (index > 1 and tokens.words[index - 2] in _BY_LETTER and is_capital(tokens.words[index - 1])) or (
        index > 0 and BOUND.search(tokens.words[index - 1]) is not None
    )
