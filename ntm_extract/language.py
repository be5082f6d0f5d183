"""The facts as spaCy components: ``load`` gives a pipeline whose docs carry them.

A doc's text is taken as it is, so that ``doc.text`` and the record's text are one and every offset holds in both.
Lines that cleaning would have dropped (menus, counters) stay in it and are passed over.

    doc._.ntm           the Record; None where there is nothing to read in the text
    doc.spans["units"]  also "persons" and one group a kind of fact: "targets", "achievements" …

The groups are drawn by ``displacy.render(doc, style="span", options={"spans_key": "targets"})``. Docs can be written
to disk and sent between processes as usual.
"""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span

from ntm_extract.annotate import iter_sentences
from ntm_extract.clean import read_text
from ntm_extract.errors import InputError
from ntm_extract.facts import Extractor
from ntm_extract.model import FACT_KINDS, Article, Block, Record
from ntm_extract.patterns import load_patterns
from ntm_extract.tokenizer import SyllableTokenizer, blank_language

FACTS, SENTENCES = "ntm_facts", "ntm_sentences"
_KEY = "ntm_extract.record"  # in Doc.user_data: the record as JSON, which spaCy can store


def load(patterns: str | Path | None = None) -> Language:
    """A pipeline over syllables that splits sentences and finds facts; ``patterns`` is a folder, else those shipped.

    Raises PatternError for faults in the pattern files.
    """
    nlp = blank_language()
    nlp.add_pipe(SENTENCES)
    nlp.add_pipe(FACTS, config={"patterns": str(patterns) if patterns else None})
    return nlp


# ------------------------------------------------------------------ the record of a doc


@functools.lru_cache(maxsize=64)
def _parsed(record: str) -> Record:
    return Record.model_validate_json(record)


def _record_of(doc: Doc) -> Record | None:
    stored = doc.user_data.get(_KEY)
    return _parsed(stored) if stored else None


def _keep_record(doc: Doc, record: Record | None) -> None:
    doc.user_data[_KEY] = record.model_dump_json() if record else None


# spaCy has one register of extensions for the process, and refuses to be told twice.
if not Doc.has_extension("ntm"):
    Doc.set_extension("ntm", getter=_record_of, setter=_keep_record)


# ------------------------------------------------------------------ components


class FactFinder:
    """Component: reads the doc's text as one article and sets ``doc._.ntm`` and the groups of spans.

    With another tokenizer than ours the text is read over syllables all the same, and spans are widened to tokens.
    """

    def __init__(self, nlp: Language, patterns: str | None) -> None:
        self._ours = isinstance(nlp.tokenizer, SyllableTokenizer)
        self._extractor = Extractor(load_patterns(Path(patterns)) if patterns else None)

    def __call__(self, doc: Doc) -> Doc:
        article = _article_of(doc.text)
        record = self._extractor.extract(article, doc if self._ours else None) if article else None
        _keep_record(doc, record)
        for group, spans in _groups(doc, record):
            doc.spans[group] = spans
        return doc


def create_fact_finder(nlp: Language, name: str, patterns: str | None) -> Callable[[Doc], Doc]:
    """spaCy factory ``ntm_facts``; ``patterns`` is a folder, else those shipped."""
    return FactFinder(nlp, patterns)


def split_sentences(doc: Doc) -> Doc:
    """Component ``ntm_sentences``: Vietnamese sentences, line by line."""
    starts = {start for start, _ in iter_sentences(doc.text)}
    for token in doc:
        token.is_sent_start = token.i == 0 or token.idx in starts
    return doc


# Registered here for those who import this module; entry points find them for those who do not.
Language.factory(FACTS, default_config={"patterns": None}, assigns=["doc._.ntm", "doc.spans"], func=create_fact_finder)
Language.component(SENTENCES, assigns=["token.is_sent_start"], func=split_sentences)


def _groups(doc: Doc, record: Record | None) -> Iterator[tuple[str, list[Span]]]:
    def span(start: int, end: int, label: str, kb_id: str = "") -> Span | None:
        return doc.char_span(start, end, label=label, kb_id=kb_id, alignment_mode="expand")

    units = record.units if record else ()
    persons = record.persons if record else ()
    groups = {
        "units": [span(one.start, one.end, one.unit.level, one.unit.uid or "") for one in units],
        "persons": [span(one.start, one.end, "person") for one in persons],
    }
    for kind in FACT_KINDS:
        facts = getattr(record, kind) if record else ()
        groups[kind] = [span(fact.evidence.start, fact.evidence.end, _label(fact)) for fact in facts]
    for group, spans in groups.items():
        yield group, [one for one in spans if one is not None]


def _label(fact: object) -> str:
    """What a picture should say of a fact's span: its standard, act, criterion or subject matter."""
    for name in ("standard", "act", "criterion", "what"):
        if value := getattr(fact, name, None):
            return str(value)
    return str(getattr(fact, "metric", None) or getattr(fact, "outcome", ""))


# ------------------------------------------------------------------ a doc's text as an article


def _article_of(text: str) -> Article | None:
    """The article a text holds, its text unchanged: title, dates and byline as cleaning finds them."""
    try:
        clean = read_text(text, source="<doc>")
    except InputError:
        return None
    if clean.text == text:
        return clean
    return replace(clean, id=hashlib.sha256(text.encode()).hexdigest()[:16], text=text, blocks=_blocks(text, clean))


def _blocks(text: str, clean: Article) -> tuple[Block, ...]:
    """Lines of ``text`` with the part that cleaning gave them.

    A line that cleaning dropped becomes a dateline, in which neither names nor facts are looked for; unless some line
    that was kept cannot be found again (it was joined or mended), where dropping could lose text.
    """
    kept = iter([(_key(clean.text[block.start : block.end]), block) for block in clean.blocks])
    wanted = next(kept, None)
    blocks: list[Block] = []
    dropped: list[int] = []
    for start, end in _lines(text):
        if wanted and _key(text[start:end]) == wanted[0]:
            blocks.append(Block(start, end, wanted[1].kind, wanted[1].page))
            wanted = next(kept, None)
        else:
            dropped.append(len(blocks))
            blocks.append(Block(start, end, "dateline"))
    if wanted:
        for at in dropped:
            blocks[at] = replace(blocks[at], kind="paragraph")
    return tuple(blocks)


def _key(line: str) -> str:
    return " ".join(unicodedata.normalize("NFC", line).split())


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Half-open stretches of the lines that hold something, without the space around it."""
    offset = 0
    for line in text.split("\n"):
        if stripped := line.strip():
            start = offset + line.index(stripped)
            yield start, start + len(stripped)
        offset += len(line) + 1
