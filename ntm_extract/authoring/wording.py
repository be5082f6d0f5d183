"""How facts and mentions are put into words for the people who write rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from ntm_extract.data_files import load_beside
from ntm_extract.match import Item
from ntm_extract.messages import Lang, Messages
from ntm_extract.model import FactKind, Record
from ntm_extract.patterns import SUBJECT_TYPES
from ntm_extract.render import describe


@cache
def wording(lang: Lang) -> Mapping[str, str]:
    """Phrases of one language by key."""
    phrases: Mapping[str, str] = load_beside(__file__, "wording.yml")[lang]
    return phrases


@dataclass(frozen=True, slots=True)
class Said:
    """A fact in words: one line, its quotation and where that stands, its rule; ``key`` is of its values alone."""

    kind: FactKind
    line: str
    rule: str
    quote: str
    start: int
    end: int
    key: str


def said(record: Record, lang: Lang = "en") -> list[Said]:
    """Every fact of a record, in its order."""
    say = Messages(lang)
    rows: list[Said] = []
    for kind, fact in record.facts():
        row, evidence = describe(kind, fact, say), fact.evidence
        key = kind + fact.model_dump_json(exclude={"id", "confidence", "evidence"})
        line = f"{kind}: " + " · ".join(part for part in (row.who, row.what, row.when) if part)
        rows.append(Said(kind, line, evidence.rule, evidence.text, evidence.start, evidence.end, key))
    return rows


def item_shown(item: Item, text: str) -> str:
    """A mention with its words, a word alone."""
    surface = f"“{text[item.start : item.end]}”"
    return surface if item.type == "word" else f"{{{item.type}:{item.value}}} {surface}"


def symbols_name(needed: frozenset[str], symbols: Mapping[str, Mapping[str, str]]) -> str:
    """The mentions that a set of symbols stands for, as {type:value|value}."""
    named: dict[str, list[str]] = {}
    for type_, values in symbols.items():
        hits = [value for value, char in values.items() if char in needed]
        if hits:
            named[type_] = [] if len(hits) == len(values) else hits
    if set(named) == set(SUBJECT_TYPES) and not any(named.values()):
        return "{subject}"
    if set(named) == set(SUBJECT_TYPES) and len({tuple(values) for values in named.values()}) == 1:
        return "{subject:" + "|".join(next(iter(named.values()))) + "}"
    return " / ".join(
        "{" + ":".join([type_, *(["|".join(values)] if values else [])]) + "}" for type_, values in named.items()
    )
