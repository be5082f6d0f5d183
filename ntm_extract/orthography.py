"""How Vietnamese words are compared: one folded form for all the ways a word may be written.

The text itself is never changed after cleaning; folding is only for keys. 'hoà' and 'hòa', 'HÒA' and
decomposed 'hòa' fold to one key, while 'hoa' and 'hỏa' stay apart.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


@lru_cache(maxsize=65536)
def fold_word(word: str) -> str:
    """Key of one word: case and tone placement folded, tone kept as a final combining mark."""
    lowered = word.lower()
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFD", lowered)
    tone = "".join(char for char in decomposed if char in _TONES)
    if not tone:
        return unicodedata.normalize("NFC", decomposed)
    base = "".join(char for char in decomposed if char not in _TONES)
    return unicodedata.normalize("NFC", base) + tone


def lower_case(text: str) -> str:
    """The text in lower case, every letter where it was: offsets into the one are offsets into the other."""
    low = text.lower()
    if len(low) != len(text):  # 'İ' alone among letters grows in lower case
        low = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return low


def fold_text(text: str) -> str:
    """Keys of the words of ``text``, one space between."""
    return " ".join(map(fold_word, text.split()))


@lru_cache(maxsize=65536)
def without_marks(text: str) -> str:
    """Plain ASCII-like form for search: no tone, no vowel marks, đ as d."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d").replace("Đ", "d"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))
