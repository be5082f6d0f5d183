"""The words that tell names: cues of units, roles, honorifics, surnames, organs, and the marks between names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ntm_extract.match.tokens import Tokens, is_capital
from ntm_extract.model import Level
from ntm_extract.orthography import fold_text, fold_word
from ntm_extract.patterns import PatternSet, expand_form

SEPARATORS = frozenset(map(fold_word, (",", "và", ";", "-", "–", "hay", "hoặc", "/", "&", "cùng", "với")))
OPENERS = frozenset(map(fold_word, ("(", "[", ":", "là", "gồm", "như", "“", '"')))
PHRASE_BREAKS = frozenset({",", ";", ".", ":", "(", ")", "!", "?", "“", "”", '"', "/"})
_MAKES_NO_NAME = frozenset(map(fold_word, ("môi", "miền", "ven", "vùng", "điểm")))
MIDDLE = {fold_text("thị"), fold_text("văn")}  # between a surname and a given name
# Behind a number they say what is counted or measured: 'góp cho thôn 5 triệu đồng', 'thôn Lũng Cao 2 km'.
MEASURES = frozenset(
    map(
        fold_word,
        ("km", "m", "m2", "mét", "ha", "tấn", "kg", "tỷ", "tỉ", "triệu", "nghìn", "ngàn", "trăm", "đồng", "%"),
    )
)
# Words of two syllables that are often written with one capital: 'khu dân cư Thông minh', 'Trường Phổ thông'.
COMMON_WORDS = frozenset(
    tuple(fold_text(word).split())
    for word in (
        "thông minh", "kiểu mẫu", "văn hóa", "văn minh", "nông thôn", "nông dân", "an toàn", "tự quản", "phổ thông",
        "phụ nữ", "thanh niên", "mầm non", "tiểu học", "trung học", "mẫu giáo", "đoàn kết", "bí thư", "chủ tịch",
        "giám đốc", "phát triển", "hạnh phúc", "bình yên",
    )
)  # fmt: skip
VILLAGE_NUMBER = re.compile(r"\d{1,2}[A-Z]?")
BOUND = re.compile(r"^[HKYRN]['’]\w")  # one syllable that is a whole name: H'Blem, K'Brửi


_PLACING = frozenset(map(fold_word, ("ở", "tại", "trên", "của", "từ", "thuộc", "trong", "cho", "vào", "và")))
# What a business calls itself, by its last word.
_BUSINESSES = {
    words[-1]: words
    for words in (tuple(map(fold_word, name.split())) for name in ("htx", "hợp tác xã", "công ty", "doanh nghiệp"))
}


@dataclass(frozen=True, slots=True)
class Cue:
    """The word in front of a unit's name: which level it says, and how it is written."""

    level: Level
    kind: str
    organ: bool  # 'Huyện ủy Thạch Hà': the cue is part of an organ's name
    plural: bool


class Lexicon:
    """The words of a PatternSet that tell names, looked up at a token of a text."""

    def __init__(self, patterns: PatternSet) -> None:
        self.cues: dict[tuple[str, ...], Cue] = {}
        for entry in patterns.entries_of("unit_cue"):
            level, _, flag = entry.value.partition("-")
            cue = Cue(level, str(entry.set.get("kind", entry.forms[0])), flag == "organ", flag == "plural")  # type: ignore[arg-type]
            for form in entry.forms:
                self.cues[tuple(fold_text(form).split())] = cue
        self._longest_cue = max(map(len, self.cues), default=1)
        self.cue_heads = {key[0] for key in self.cues}
        # By surname, whether it is one of the common ones.
        self.surnames = {
            fold_text(form): entry.value == "common" for entry in patterns.entries_of("surname") for form in entry.forms
        }
        self._honorifics = self._phrases(patterns, "honorific")
        self._roles = self._phrases(patterns, "role")
        self._role_heads = {key[0] for key in self._roles}
        self.lead_words = {word for key in self._phrases(patterns, "lead_word") for word in key}
        self.role_words = {word for key in self._phrases(patterns, "role_word") for word in key}
        forms = (form for entry in patterns.entries_of("organ") for row in entry.forms for form in expand_form(row))
        starts = {tuple(fold_text(form).split()[:2]) for form in forms}
        self._organ_starts = {start for start in starts if all(word[0].isalpha() for word in start)}
        self._not_people = {fold_text(form) for entry in patterns.entries_of("named_thing") for form in entry.forms}

    @staticmethod
    def _phrases(patterns: PatternSet, type_: str) -> dict[tuple[str, ...], str]:
        return {tuple(fold_text(form).split()): form for entry in patterns.entries_of(type_) for form in entry.forms}

    def cue_at(self, norms: Sequence[str], index: int) -> tuple[Cue, int] | None:
        """The longest cue that begins at ``index``, and its length."""
        if index >= len(norms) or norms[index] not in self.cue_heads:
            return None
        for length in range(min(self._longest_cue, len(norms) - index), 0, -1):
            cue = self.cues.get(tuple(norms[index : index + length]))
            if cue:
                return cue, length
        return None

    def begins_organ(self, tokens: Tokens, at: int) -> bool:
        """'xóm Tiềng, Đảng ủy, UBND …': no more hamlets."""
        if not tokens.words[at][:1].isupper() or (at and is_capital(tokens.words[at - 1])):
            return False
        return tuple(tokens.norms[at : at + 2]) in self._organ_starts or (
            tokens.words[at].isupper() and (tokens.norms[at],) in self._organ_starts
        )

    def is_person(self, words: Sequence[str]) -> bool:
        """Are the words a person's name by themselves: a surname with what follows it?"""
        if not 2 <= len(words) <= 5 or any(word.isdigit() for word in words):
            return False
        if words[0] == "A" and len(words) < 4:
            return True  # 'A Nhót'; 'Y' is among the surnames
        if BOUND.search(words[0]) and len(words) < 4:
            return True  # "K'Văn Bích", "H'Nhuận Niê"
        # Whatever stands before 'Văn' and 'Thị', with a name behind them, is a surname.
        return fold_text(words[0]) in self.surnames or (len(words) > 2 and fold_text(words[1]) in MIDDLE)

    def role_at(self, norms: Sequence[str], index: int) -> int:
        """Length of the longest role that begins at ``index``, or 0."""
        if index >= len(norms) or norms[index] not in self._role_heads:
            return 0
        for length in range(min(6, len(norms) - index), 0, -1):
            if tuple(norms[index : index + length]) in self._roles:
                return length
        return 0

    def honorific_before(self, tokens: Tokens, index: int) -> bool:
        """Does an honorific end right before ``index``?"""
        for length in (3, 2, 1):
            if index >= length and tuple(tokens.norms[index - length : index]) in self._honorifics:
                return True
        return False

    def honorific_at(self, tokens: Tokens, index: int) -> int:
        """Length of the longest honorific that begins at ``index``, or 0."""
        for length in (3, 2, 1):
            if tuple(tokens.norms[index : index + length]) in self._honorifics and length < 4:
                return length
        return 0

    def of_thing(self, tokens: Tokens, index: int) -> bool:
        """Does the word before make it the name of a road, a school, a river? 'môi trường', 'miền núi' make nothing."""
        before = tokens.norms[index - 1] if index else ""
        return before in self._not_people and (index < 2 or tokens.norms[index - 2] not in _MAKES_NO_NAME)


def of_business(tokens: Tokens, index: int) -> bool:
    """'HTX Giang Sơn', 'Hợp tác xã dịch vụ nông nghiệp Thăng Long': the name of a business."""
    for at in range(index - 1, max(-1, index - 6), -1):
        norm = tokens.norms[at]
        business = _BUSINESSES.get(norm)
        if business is not None and tuple(tokens.norms[max(0, at + 1 - len(business)) : at + 1]) == business:
            return True
        if norm in _PLACING or not (tokens.words[at].isalpha() or tokens.words[at] in ("-", "–")):
            return False  # 'các hợp tác xã ở Hàm Minh'
    return False
