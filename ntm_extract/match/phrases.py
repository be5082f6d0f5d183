"""Phrases of vocabularies, found in the words of a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Branch:
    """A word of some phrases: what the phrases mean that end with it, and the words with which others go on."""

    meanings: list[tuple[str, str]] = field(default_factory=list)
    onward: dict[str, _Branch] = field(default_factory=dict)


class PhraseTree:
    """Phrases by their words, one look-up a word however many there are."""

    def __init__(self) -> None:
        self._root = _Branch()

    def add(self, words: Sequence[str], meaning: tuple[str, str]) -> None:
        """Add a phrase of folded words. It may mean several things: they are found in the order they were added."""
        branch = self._root
        for word in words:
            branch = branch.onward.setdefault(word, _Branch())
        if meaning not in branch.meanings:
            branch.meanings.append(meaning)

    def find(self, words: Sequence[str]) -> dict[int, list[tuple[int, str, str]]]:
        """All phrases by the word where they begin, the longest first: the word behind them and what they mean."""
        first_words, count = self._root.onward, len(words)
        found: dict[int, list[tuple[int, str, str]]] = {}
        for first in [at for at, word in enumerate(words) if word in first_words]:
            branch: _Branch | None = first_words[words[first]]
            here: list[tuple[int, str, str]] = []
            last = first
            while branch is not None:
                last += 1
                if branch.meanings:
                    here[:0] = [(last, *meaning) for meaning in branch.meanings]
                branch = branch.onward.get(words[last]) if last < count else None
            if here:
                found[first] = here
        return found
