"""From what a reader types to FTS5 queries.

Marks may be left out ('nong thon moi', 'duong' for 'đường'), the tone of an open oa, oe, uy may stand on either
letter ('hoà', 'hòa'). Nothing a reader types is FTS5 syntax, but for "…" around words that stand together.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass

_TONES = "\u0300\u0301\u0303\u0309\u0323"  # huyền, sắc, ngã, hỏi, nặng


def _compose(text: str) -> str:
    return unicodedata.normalize("NFC", text)


# The open clusters in which two schools place the tone differently: each spelling to the other.
_TWINS: dict[str, str] = {}
for _first, _second in ("oa", "oe", "uy"):
    for _tone in _TONES:
        _old, _new = _compose(_first + _tone + _second), _compose(_first + _second + _tone)
        _TWINS |= {_old: _new, _new: _old}


def _spellings(word: str) -> list[str]:
    """The lower-case NFC word, and where its tone may stand elsewhere, the word so written."""
    twin = _TWINS.get(word[-2:])
    return [word, word[:-2] + twin] if twin else [word]


def fold_d(text: str) -> str:
    """đ to d, as the index has it (its tokenizer drops every other mark by itself)."""
    return text.replace("đ", "d").replace("Đ", "D")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of the two indexes.

    ``words``: every word or quoted phrase, marks folded. ``phrase``: all words standing together, or None for a single
    one. ``forms``: every word as typed, either tone placement; None where nothing was typed with marks.
    """

    words: str
    phrase: str | None
    forms: str | None


_WORD = re.compile(r"[^\W_]+")
# Latin letters and digits: of these SQLite and Python agree that they make words.
_LATIN_WORD = re.compile("[0-9a-z\u00e0-\u00f6\u00f8-\u024f\u1e00-\u1eff]+")


def parse_query(text: str) -> Query | None:
    """Queries for what was typed; None where it holds no letter or digit."""
    text = _compose(text.encode(errors="ignore").decode()).casefold()
    terms = [_WORD.findall(fold_d(quoted or bare)) for quoted, bare in re.findall(r'"([^"]*)"|([^\s"]+)', text)]
    terms = [term for term in terms if term]
    if not terms:
        return None
    forms = None
    if not text.isascii():
        forms = " AND ".join(
            "(" + " OR ".join(f'"{spelling}"' for spelling in _spellings(word)) + ")"
            for word in _LATIN_WORD.findall(text)
        )
    return Query(
        words=" ".join(f'"{" ".join(term)}"' for term in terms),
        phrase=f'"{" ".join(itertools.chain(*terms))}"' if len(terms) > 1 else None,
        forms=forms or None,
    )
