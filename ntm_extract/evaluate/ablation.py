"""Which rules are needed: what changes when one is taken away, in the facts of its examples and of the gold.

An example stands behind a sentence that says where and when (``example_context.txt``), as it would in an article:
alone, 'Xã đạt 15/19 tiêu chí' is about nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ntm_extract.facts import Extractor
from ntm_extract.model import Article, Record
from ntm_extract.patterns import PatternSet
from ntm_extract.proof import covered, parse_marked


@dataclass(frozen=True, slots=True)
class Needed:
    """What one rule changes: facts of its own examples, and facts of articles (those gained or lost without it)."""

    rule: str
    examples: int
    articles: int


def needed(patterns: PatternSet, articles: Sequence[Article], rules: Collection[str] = ()) -> list[Needed]:
    """Every rule (of those named, if any are) in turn switched off, in the order of the files."""
    extractor = Extractor(patterns)
    whole = [_facts(extractor.extract(article)) for article in articles]
    sentences = [extractor.read(article).reading.sentences for article in articles]
    rows: list[Needed] = []
    for rule in patterns.rules:
        if rules and rule.id not in rules:
            continue
        texts = [marked.text for marked in map(parse_marked, rule.examples) if marked is not None]
        examples = [in_context(text) for text in texts]
        before = [_facts(extractor.extract(article)) for article in examples]
        # where the rule matches nothing, nothing changes
        touched = [at for at, read in enumerate(sentences) if covered(rule, read)]
        extractor.switch_off((rule.id,))
        changed = _differences(before, (_facts(extractor.extract(article)) for article in examples))
        in_articles = _differences(
            [whole[at] for at in touched], (_facts(extractor.extract(articles[at])) for at in touched)
        )
        extractor.switch_off(())
        rows.append(Needed(rule.id, changed, in_articles))
    return rows


def in_context(text: str) -> Article:
    """An article that says where and when, and then ``text`` in a paragraph of its own."""
    return Article(id="example", source="example", text=_context() + text)


@cache
def _context() -> str:
    return resources.files("ntm_extract.evaluate").joinpath("example_context.txt").read_text("utf-8")


def _facts(record: Record) -> Counter[str]:
    return Counter(
        kind + fact.model_dump_json(exclude={"id", "confidence", "evidence"}) for kind, fact in record.facts()
    )


def _differences(before: Iterable[Counter[str]], after: Iterable[Counter[str]]) -> int:
    return sum(((old - new) + (new - old)).total() for old, new in zip(before, after, strict=True))
