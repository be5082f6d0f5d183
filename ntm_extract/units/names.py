"""Names of units: the key under which their spellings are equal, and the kind that stands before them."""

from __future__ import annotations

import functools
import re
import unicodedata

from ntm_extract.model import Level

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_LETTERS = str.maketrans({"ð": "đ", **dict.fromkeys("-‐‑‒–—−_/", " ")})
_NOISE = re.compile(r"[^\w\s\u0300-\u036f]+")
_TONE_TO_END = re.compile(rf"([{_TONES}])(\S+)")
_ROMAN_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ROMAN = {roman: str(at) for at, roman in enumerate(_ROMAN_NUMERALS, 1)}
_ROMAN_WORD = re.compile(rf"(?<!\S)(?:{'|'.join(_ROMAN)})(?=\s|$)")
_FINAL_Y = re.compile(rf"(?:(?<=[bcdđghklmnpqrstvx])y(?=[{_TONES}]?(?:\s|$))|(?<=qu)y)")
_DAK = re.compile(rf"(?<!\S)(?:[dđ]a\u0306?k|đa\u0306c(?=[{_TONES}]?(?:\s|$)))[{_TONES}]?")
_FINAL_K = re.compile(rf"[\u0306\u0302]?k[{_TONES}]?(?=\s|$)")
_NUMBER = re.compile(r"0*(\d+)")
_BLANKS = re.compile(r"[^\S\n]+")
_HIGHLAND = "đak"
_HIGHLAND_LINE = re.compile(rf"^{_HIGHLAND}.*$", re.MULTILINE)
_HIGHLAND_MARKS = re.compile(rf"[{_TONES}\u0306]")


def fold_lines(text: str) -> str:
    """Fold one name a line; the same as folding each alone, in a few passes over all of them."""
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).casefold()).translate(_LETTERS)
    text = _NOISE.sub("", text)
    # A tone belongs to the syllable, not to a letter: written behind it, every placement is one.
    text = _TONE_TO_END.sub(r"\2\1", text)
    text = _ROMAN_WORD.sub(lambda found: _ROMAN[found.group()], text)
    text = _FINAL_Y.sub("i", text)
    text = _DAK.sub(_HIGHLAND, text)
    text = _FINAL_K.sub("k", text)
    # The mark keeps '1 2' apart from '12' when blanks are gone.
    text = _NUMBER.sub(r"#\1", text)
    text = _BLANKS.sub("", text)
    return _HIGHLAND_LINE.sub(lambda found: _without_marks(found.group()), text)


def _without_marks(key: str) -> str:
    """Names in Đăk/Đắk/Đắc are transcriptions: no two lists agree on their tones, breves, or c and k."""
    return _HIGHLAND_MARKS.sub("", key).replace("c", "k")


@functools.lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """Key under which the spellings of one name are equal; for comparing only, '' if nothing is left.

    Case, Unicode form, tone placement (hoà = hòa), y and i (Mỹ = Mĩ), hyphens, apostrophes and blanks
    (M'gar = Mgar, Phan Rang-Tháp Chàm), Đăk = Đắk = Đắc = Dak, leading zeros (01 = 1) and Roman numerals
    (II = 2) make no difference. Marks that tell words apart do: 'Hòa' is not 'Hoa'.
    """
    return fold_lines(name.replace("\n", " "))


def joined(key: str, part: str) -> str:
    """Key of a name from the key of its beginning and that of its next word: ``fold`` word by word."""
    key += part
    return _without_marks(key) if key.startswith(_HIGHLAND) else key


_KINDS = {
    "tỉnh": "tỉnh",
    "thành phố": "thành phố",
    "tp": "thành phố",
    "quận": "quận",
    "q": "quận",
    "huyện": "huyện",
    "h": "huyện",
    "thị xã": "thị xã",
    "tx": "thị xã",
    "thị trấn": "thị trấn",
    "tt": "thị trấn",
    "xã": "xã",
    "x": "xã",
    "phường": "phường",
    "p": "phường",
    "đặc khu": "đặc khu",
}
# 'thành phố' is not here: it is a province or a district, by name and day.
LEVEL_OF_KIND: dict[str, Level] = {
    "tỉnh": "province",
    "quận": "district",
    "huyện": "district",
    "thị xã": "district",
    "thị trấn": "commune",
    "xã": "commune",
    "phường": "commune",
    "đặc khu": "commune",
}
KINDS = frozenset(_KINDS.values())
_LONG_KINDS = "|".join(sorted((kind for kind in _KINDS if len(kind) > 1), key=len, reverse=True))
_KIND_AHEAD = re.compile(rf"(?:({_LONG_KINDS})(?:\s*\.\s*|\s+)|([hqpx])\.\s*)(?=\S)", re.IGNORECASE)


@functools.lru_cache(maxsize=4096)
def parse_kind(text: str) -> str | None:
    """Kind of unit, spelled out in lower case ('TP.' is 'thành phố'); None if it is none of the gazetteer's kinds."""
    return _KINDS.get(unicodedata.normalize("NFC", text).casefold().strip(" ."))


@functools.lru_cache(maxsize=4096)
def parse_unit_name(text: str) -> tuple[str | None, str]:
    """Kind, if one stands ahead, and name: 'huyện Kỳ Anh' -> ('huyện', 'Kỳ Anh'), 'Kỳ Anh' -> (None, 'Kỳ Anh')."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    found = _KIND_AHEAD.match(text)
    return (parse_kind(found.group(1) or found.group(2)), text[found.end() :]) if found else (None, text)
