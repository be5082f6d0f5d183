"""A Doc's tokens as plain columns: the reader walks them far faster than spaCy's Token objects."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import add
from typing import TYPE_CHECKING

from ntm_extract.orthography import fold_word

if TYPE_CHECKING:  # a Doc is only read here; spaCy takes a second to import
    from spacy.tokens import Doc


@dataclass(frozen=True, slots=True)
class Tokens:
    """Columns over the tokens of one text: surface, folded form, character offsets (half-open)."""

    text: str
    words: list[str]
    norms: list[str]
    starts: list[int]
    ends: list[int]
    capitals: list[int]  # indices of the tokens that begin with a capital

    @classmethod
    def of(cls, doc: Doc) -> Tokens:
        return cls.over(doc.text, [(token.text, token.whitespace_) for token in doc])

    @classmethod
    def over(cls, text: str, words_and_gaps: Sequence[tuple[str, str]]) -> Tokens:
        """Columns over the words of ``text``, each given with what stands between it and the next."""
        words = [word for word, _ in words_and_gaps]
        starts = list(accumulate([len(word) + len(gap) for word, gap in words_and_gaps], initial=0))[:-1]
        ends = list(map(add, starts, map(len, words)))
        capitals = [at for at, word in enumerate(words) if word[0].isupper()]
        return cls(text, words, list(map(fold_word, words)), starts, ends, capitals)

    def __len__(self) -> int:
        return len(self.words)

    def phrase(self, at: int, size: int) -> str:
        """``size`` words from ``at`` on, a space between them: a name as lists have it."""
        return " ".join(self.words[at : at + size])

    def at(self, char: int) -> int:
        """Index of the first token that ends behind ``char``."""
        return bisect_right(self.ends, char)

    def first_from(self, char: int) -> int:
        """Index of the first token that starts at or behind ``char``."""
        return bisect_left(self.starts, char)


@lru_cache(maxsize=65536)
def is_capital(word: str) -> bool:
    """A syllable written as in a name: 'Thạch', 'Ea', "H'leo"; not 'UBND', not a number."""
    return word[:1].isupper() and (len(word) == 1 or not word.isupper())
