"""The proof that pattern files carry with them: every rule against its own examples and counterexamples.

An example is matched by its very rule, and what the rule covers, from its first item to its last, is what ⟦ ⟧
marks, white space aside. A counterexample is matched by no rule of its topic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ntm_extract.match import Sentence, SentenceReader
from ntm_extract.match.reader import hits_of
from ntm_extract.model import Article
from ntm_extract.patterns import PatternSet, Rule
from ntm_extract.units import gazetteer

OPEN, CLOSE = "⟦", "⟧"
# Slots of which a rule of a topic must keep at least one: what its facts are made of.
SLOTS: Mapping[str, tuple[str, ...]] = {
    "counts": ("criteria",),
    "quantities": ("quantity",),
    "results": ("quantity",),
    "standards": ("standard", "reach", "award", "build", "subject"),
    "status": ("criterion",),
}


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence without its marks, and the stretches (half-open, characters) that were marked."""

    text: str
    spans: tuple[tuple[int, int], ...]


def parse_marked(surface: str) -> Marked | None:
    """Take the marks ⟦ ⟧ off a sentence; None if they do not pair."""
    text = ""
    spans: list[tuple[int, int]] = []
    opened: int | None = None
    for part in re.split(f"([{OPEN}{CLOSE}])", surface):
        if part not in (OPEN, CLOSE):
            text += part
        elif (part == OPEN) != (opened is None):
            return None
        elif opened is None:
            opened = len(text)
        else:
            spans.append((opened, len(text)))
            opened = None
    return None if opened is not None else Marked(text, tuple(spans))


def reader_of(patterns: PatternSet) -> SentenceReader:
    """A reader of sentences with these patterns and the shipped gazetteer."""
    return SentenceReader(patterns, gazetteer())


def read_sentences(text: str, reader: SentenceReader) -> list[Sentence]:
    """Sentences of a text that is no article: no date, no home."""
    return reader.read(Article(id="proof", source="proof", text=text)).sentences


def covered(rule: Rule, sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
    """Stretches of the text that ``rule`` covers, from the first item of each hit to its last."""
    return [
        (sentence.items[hit.first].start, sentence.items[hit.last - 1].end)
        for sentence in sentences
        if all(needed & sentence.symbols for needed in rule.needs)
        for hit in hits_of(rule, sentence)
        if hit.last > hit.first
    ]


def prove(patterns: PatternSet, reader: SentenceReader | None = None) -> list[str]:
    """Faults of every rule at once: rule, field, sentence and what to mend; empty if all is proved.

    ``reader`` must read with these very patterns; one is made if none is given.
    """
    reader = reader or reader_of(patterns)
    return [fault for rule in patterns.rules for fault in iter_faults(rule, patterns, reader)]


def iter_faults(rule: Rule, patterns: PatternSet, reader: SentenceReader) -> Iterator[str]:
    """Faults of one rule."""
    slots = SLOTS.get(rule.topic, rule.slots)
    if not set(slots) & set(rule.slots):
        yield f"rule {rule.id}: field 'pattern': keeps none of the slots that {rule.topic} needs: {', '.join(slots)}"
    for example in rule.examples:
        marked = parse_marked(example)
        if marked is None:
            yield f"rule {rule.id}: field 'examples': ⟦ and ⟧ do not pair in '{example}'; mend the marks"
            continue
        spans = covered(rule, read_sentences(marked.text, reader))
        for start, end in marked.spans:
            if not any(_trimmed(marked.text, *span) == _trimmed(marked.text, start, end) for span in spans):
                yield f"rule {rule.id}: field 'examples': {_unmatched(marked.text, spans)} in '{example}'"
    for sentence in rule.counterexamples:
        sentences = read_sentences(sentence, reader)
        for other in patterns.topic(rule.topic):
            for start, end in covered(other, sentences)[:1]:
                yield (
                    f"rule {rule.id}: field 'counterexamples': '{sentence[start:end]}' is matched by {other.id} in"
                    f" '{sentence}'; narrow that rule, or choose a sentence that no rule of {rule.topic} matches"
                )


def _unmatched(text: str, spans: Sequence[tuple[int, int]]) -> str:
    if not spans:
        return "nothing is matched; mend the pattern (patterns explain says what it lacks)"
    got = "', '".join(text[start:end] for start, end in spans)
    return f"'{got}' is matched instead of what is marked; move the marks or mend the pattern"


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without white space at its ends."""
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())
