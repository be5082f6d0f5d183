"""Words and expressions of the grammar of clauses: ``grammar.yml``, which says why each is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from ntm_extract.data_files import load_beside
from ntm_extract.orthography import fold_text

_ESCAPED = re.compile(r"\\.")


class Grammar:
    """``words`` are sets of folded forms, ``phrases`` sequences of folded words, ``expressions`` compiled.

    Expressions are held against text in lower case: several times faster than passing over case as they go.
    """

    def __init__(self, data: Mapping[str, Mapping[str, object]]) -> None:
        """Compile a grammar; ValueError names the entry that is empty, doubled or no expression."""
        self._words = {name: _forms(name, forms) for name, forms in data["words"].items()}
        self._phrases = {name: tuple(fold_text(str(phrase)).split()) for name, phrase in data["phrases"].items()}
        self._expressions = {name: _compiled(name, rows) for name, rows in data["expressions"].items()}

    def words(self, *names: str) -> frozenset[str]:
        """All forms of the lists named."""
        return frozenset().union(*(self._words[name] for name in names))

    def phrase(self, name: str) -> tuple[str, ...]:
        return self._phrases[name]

    def expression(self, name: str) -> re.Pattern[str]:
        return self._expressions[name]


def _forms(name: str, forms: object) -> frozenset[str]:
    if not isinstance(forms, list) or not forms or not all(isinstance(form, str) and form for form in forms):
        raise ValueError(f"grammar.yml: words: {name} is no list of words")
    folded = [fold_text(form) for form in forms]
    if len(set(folded)) < len(folded):
        raise ValueError(f"grammar.yml: words: {name} holds a word twice")
    return frozenset(folded)


def _compiled(name: str, rows: object) -> re.Pattern[str]:
    if not isinstance(rows, list) or not all(isinstance(row, str) and row for row in rows):
        raise ValueError(f"grammar.yml: expressions: {name} is no list of expressions")
    try:
        found = re.compile("|".join(rows))
    except re.error as error:
        raise ValueError(f"grammar.yml: expressions: {name}: {error}") from error
    if any(letter.isupper() for row in rows for letter in _ESCAPED.sub("", row)):
        raise ValueError(f"grammar.yml: expressions: {name}: write it in lower case, as what it is held against")
    return found


@lru_cache(maxsize=1)
def load_grammar() -> Grammar:
    """The grammar that ships with the package."""
    return Grammar(load_beside(__file__, "grammar.yml"))
