"""Mentions of units and persons, and the draft in which those of one text are gathered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ntm_extract.match.lexicon import MEASURES, Cue, Lexicon
from ntm_extract.match.tokens import Tokens, is_capital
from ntm_extract.model import Level
from ntm_extract.units import Gazetteer

NUMERAL = re.compile(r"\d{1,2}|[IVX]{1,4}")
_LONGEST_RUN = 8  # syllables


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


@dataclass(slots=True)
class Names:
    """What the reader found: mentions in order, and where the article is at home."""

    units: list[UnitName] = field(default_factory=list)
    persons: list[PersonName] = field(default_factory=list)
    home_district: str | None = None
    home_province: str | None = None
    districts: bool = True  # whether there were districts on the article's day


@dataclass(frozen=True, slots=True)
class Draft:
    """The names of one text while they are being found: which tokens may be a name, and which are taken by one."""

    tokens: Tokens
    blocked: Sequence[bool]  # tokens that belong to something else
    runs: Sequence[int]  # at each token the length of the run of capitalised syllables that begins there
    taken: list[bool]
    names: Names

    @classmethod
    def of(cls, tokens: Tokens, blocked: Sequence[bool], lexicon: Lexicon, names: Names) -> Draft:
        closed = list(blocked)
        for at in tokens.capitals:
            closed[at] = closed[at] or lexicon.begins_organ(tokens, at)
        return cls(tokens, blocked, _runs(tokens, closed), [False] * len(tokens), names)

    def take(self, first: int, last: int) -> None:
        """Nothing else may be named by these tokens (half-open)."""
        for index in range(first, last):
            self.taken[index] = True

    def add(self, cue: Cue, first: int, at: int, size: int, *, known: bool, bare: bool = False) -> int:
        """Adds a unit whose cue stands at ``first`` and whose name at ``at``; gives the token behind it."""
        tokens = self.tokens
        last = at + size
        kind = None if bare else cue.kind
        code = size == 2 and tokens.ends[at] == tokens.starts[at + 1]  # 'làng T6', which is two tokens
        words = tokens.words[at:last]
        as_written = code or "-" in words or "–" in words  # 'Phan Rang-Tháp Chàm'
        surface = as_name(tokens.text[tokens.starts[at] : tokens.ends[last - 1]] if as_written else " ".join(words))
        start = at if cue.organ or bare else first
        self.names.units.append(UnitName(cue.level, surface, kind, start, last, at, cue=not bare, known=known))
        self.take(start, last)
        return last

    def behind_bracket(self, at: int, most: int = 14) -> int:
        """Behind the bracket that closes soon after ``at``, or ``at`` itself."""
        tokens = self.tokens
        end = next((index for index in range(at, min(at + most, len(tokens))) if tokens.words[index] == ")"), None)
        return end + 1 if end is not None else at


def joined_size(draft: Draft, gazetteer: Gazetteer, at: int, size: int, level: Level) -> int:
    """Tokens of a name that joins two by a dash, of which ``size`` stand before it: 'Xuân Hương - Đà Lạt'; or 0."""
    tokens, runs = draft.tokens, draft.runs
    dash = at + size
    if dash + 1 >= len(tokens) or tokens.words[dash] not in ("-", "–") or not runs[dash + 1]:
        return 0
    for behind in range(runs[dash + 1], 0, -1):
        name = " ".join(tokens.words[at : dash + 1 + behind])
        if gazetteer.is_name(name.replace("–", "-"), level):
            return size + 1 + behind
    return 0


def as_name(surface: str) -> str:
    """A name in capitals as it is otherwise written: 'HÒA AN' is Hòa An."""
    return surface.title() if surface.isupper() and len(surface) > 3 else surface


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
            measured = at + 1 < len(words) and tokens.norms[at + 1] in MEASURES  # 'thôn Lũng Cao 2 km'
            if at > first and NUMERAL.fullmatch(word) and not measured:
                at += 1
            break
        runs[first] = at - first
    return runs
