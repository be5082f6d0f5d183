"""Which rules were tried on each sentence, which fired with which slots, and why the others did not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ntm_extract.authoring.wording import Said, item_shown, said, symbols_name, wording
from ntm_extract.facts import Extractor
from ntm_extract.match import Hit, Item, Sentence
from ntm_extract.match.reader import hits_of
from ntm_extract.messages import Lang
from ntm_extract.model import Article
from ntm_extract.patterns import PatternSet, Rule, compile_pattern

Outcome = Literal["fact", "silent", "stuck", "missing"]
# What a rule did, the most first.
OUTCOMES: tuple[Outcome, ...] = ("fact", "silent", "stuck", "missing")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a rule gave a fact or did not: the key of a phrase, and what fills it."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, lang: Lang = "en") -> str:
        return wording(lang)[f"reason_{self.key}"].format(**self.values)


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule on one sentence. ``covered`` and ``slots`` hold words of the text; ``reach`` is the share of the
    pattern's items that were satisfied, 0 to 1."""

    rule: str
    topic: str
    outcome: Outcome
    covered: str
    slots: Mapping[str, str]
    reason: Reason
    reach: float


@dataclass(frozen=True, slots=True)
class Traced:
    """One sentence: its items, what every rule made of it, and the facts whose quotation it holds."""

    start: int
    end: int
    text: str
    items: tuple[Item, ...]
    tried: tuple[Tried, ...]
    facts: tuple[str, ...]


class Explainer:
    """Explains texts with one set of rules; made once, used for any number of texts."""

    def __init__(self, patterns: PatternSet, lang: Lang = "en") -> None:
        self.lang = lang
        self._patterns = patterns
        self._extractor = Extractor(patterns)
        self._prefixes: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def explain(self, text: str | Article, rules: Iterable[str] = ()) -> list[Traced]:
        """Every sentence of a text or article, in order; only the rules named, if any are."""
        article = text if isinstance(text, Article) else Article(id="explain", source="explain", text=text)
        wanted = set(rules)
        chosen = [rule for rule in self._patterns.rules if not wanted or rule.id in wanted]
        facts = said(self._extractor.extract(article), self.lang)
        rows: list[Traced] = []
        for sentence in self._extractor.read(article).reading.sentences:
            inside = [fact for fact in facts if sentence.start <= fact.start < sentence.end]
            tried = self._sentence(sentence, article.text, chosen, inside)
            lines = tuple(f"{fact.line}  [{fact.rule}]" for fact in inside)
            surface = article.text[sentence.start : sentence.end]
            rows.append(Traced(sentence.start, sentence.end, surface, tuple(sentence.items), tried, lines))
        return rows

    # ------------------------------------------------------------ one sentence

    def _sentence(self, sentence: Sentence, text: str, rules: list[Rule], facts: list[Said]) -> tuple[Tried, ...]:
        hits = {rule.id: self._hits(rule, sentence) for rule in self._patterns.rules}
        tried: list[Tried] = []
        for rule in rules:
            if hits[rule.id]:
                tried.extend(self._fired(rule, hit, hits, sentence, text, facts) for hit in hits[rule.id])
            else:
                tried.append(self._failed(rule, sentence, text))
        return tuple(sorted(tried, key=lambda row: (OUTCOMES.index(row.outcome), -row.reach)))

    @staticmethod
    def _hits(rule: Rule, sentence: Sentence) -> list[Hit]:
        if not all(needed & sentence.symbols for needed in rule.needs):
            return []
        return [hit for hit in hits_of(rule, sentence) if hit.last > hit.first]

    def _fired(
        self,
        rule: Rule,
        hit: Hit,
        hits: Mapping[str, list[Hit]],
        sentence: Sentence,
        text: str,
        facts: list[Said],
    ) -> Tried:
        items = sentence.items
        start, end = items[hit.first].start, items[hit.last - 1].end
        slots = {name: text[items[at].start : items[at].end] for name, at in hit.slots.items()}
        lines = [fact.line for fact in facts if fact.rule == rule.id and fact.start < end and start < fact.end]
        outcome: Outcome = "fact" if lines else "silent"
        if lines:
            reason = Reason("fact", {"facts": "; ".join(lines)})
        elif rule.fact == "none":
            reason = Reason("none")
        else:
            earlier = self._earlier(rule, hit, hits)
            reason = Reason("earlier", {"rule": earlier}) if earlier else Reason("silent")
        return Tried(rule.id, rule.topic, outcome, text[start:end], slots, reason, 1.0)

    def _earlier(self, rule: Rule, hit: Hit, hits: Mapping[str, list[Hit]]) -> str | None:
        """A rule that comes before this one in its topic and holds one of the same items."""
        mine = set(hit.slots.values())
        for other in self._patterns.topic(rule.topic):
            if other.id == rule.id:
                return None
            if any(mine & set(one.slots.values()) for one in hits[other.id]):
                return other.id
        return None

    def _failed(self, rule: Rule, sentence: Sentence, text: str) -> Tried:
        lacking = [needed for needed in rule.needs if not needed & sentence.symbols]
        matched: re.Match[str] | None = None
        done, wanted, chunks = 0, "", self._prefixes_of(rule)
        for at, (chunk, regex) in enumerate(chunks):
            found = regex.search(sentence.skeleton)
            if found is None:
                done, wanted = at, chunk
                break
            matched = found
        share = done / len(chunks)
        if lacking:
            names = ", ".join(symbols_name(needed, self._patterns.symbols) for needed in lacking)
            return Tried(rule.id, rule.topic, "missing", "", {}, Reason("missing", {"wanted": names}), share)
        if matched is None or not matched.group():
            return Tried(rule.id, rule.topic, "missing", "", {}, Reason("first", {"wanted": wanted}), share)
        first, last = sentence.item_at(matched.start()), sentence.item_at(matched.end())
        covered = text[sentence.items[first].start : sentence.items[last - 1].end]
        reason = self._stuck(wanted, covered, sentence, last, text)
        return Tried(rule.id, rule.topic, "stuck", covered, {}, reason, share)

    def _stuck(self, wanted: str, covered: str, sentence: Sentence, last: int, text: str) -> Reason:
        """What stands where the pattern wants something else, or how far on it comes."""
        items = sentence.items
        values: dict[str, object] = {"matched": covered, "wanted": wanted}
        if last >= len(items):
            return Reason("end", values)
        regex = re.compile(compile_pattern(wanted.rstrip("?"), self._patterns.symbols)[0])
        later = regex.search(sentence.skeleton, sentence.offsets[last])
        if later is None:
            return Reason("next", {**values, "found": item_shown(items[last], text)})
        at = sentence.item_at(later.start())
        between = items[last:at]
        if not between:
            return Reason("next", {**values, "found": item_shown(items[last], text)})
        shown = ", ".join(item_shown(item, text) for item in between[:6]) + (" …" if len(between) > 6 else "")
        return Reason("far", {**values, "distance": len(between), "between": shown})

    def _prefixes_of(self, rule: Rule) -> list[tuple[str, re.Pattern[str]]]:
        """Items of a pattern, each with the expression of the pattern up to and with it."""
        if rule.id not in self._prefixes:
            chunks = split_pattern(rule.pattern)
            self._prefixes[rule.id] = [
                (chunk, re.compile(compile_pattern(" ".join(chunks[: at + 1]), self._patterns.symbols)[0]))
                for at, chunk in enumerate(chunks)
            ]
        return self._prefixes[rule.id]


_PIECE = re.compile(r"\s+|\{[^}]*\}|\\.|[()|?]|[^\s(){}|?\\]+")


def split_pattern(pattern: str) -> list[str]:
    """Items of a pattern at its top level: a word, a mention, a gap, or a bracket, each with its '?'."""
    chunks: list[str] = []
    depth, fresh = 0, True
    for piece in _PIECE.findall(pattern):
        if piece.isspace():
            if depth:
                chunks[-1] += " "
            fresh = True
            continue
        if depth or piece == "?" or (chunks and not fresh and piece[0] not in "{(\\" and chunks[-1][-1] not in ")}"):
            chunks[-1] += piece
        else:
            chunks.append(piece)
        depth += (piece == "(") - (piece == ")")
        fresh = False
    return chunks


# ------------------------------------------------------------------ as a page


def iter_rows(traces: Iterable[Traced], lang: Lang = "en", *, missing: bool = False) -> Iterator[tuple[str, ...]]:
    """Rows of a table: sentence, rule, outcome, words covered, slots, why; rules that lack a mention on request."""
    words = wording(lang)
    for trace in traces:
        for row in trace.tried:
            if row.outcome != "missing" or missing:
                slots = ", ".join(f"{name}={value}" for name, value in row.slots.items())
                yield trace.text, row.rule, words[row.outcome], row.covered, slots, row.reason.text(lang)


def to_html(traces: Iterable[Traced], lang: Lang = "en") -> str:
    """The same as one HTML page that needs nothing else, mentions marked in their sentences."""
    environment = Environment(
        loader=PackageLoader("ntm_extract.authoring", "."),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rows = list(traces)
    return environment.get_template("explain.html").render(
        traces=[(trace, list(_pieces(trace))) for trace in rows], words=wording(lang), lang=lang
    )


def _pieces(trace: Traced) -> Iterator[tuple[str, Item | None]]:
    """The sentence cut into mentions and what stands between them."""
    position = trace.start
    for item in trace.items:
        if item.type == "word" or item.start < position:
            continue
        if item.start > position:
            yield trace.text[position - trace.start : item.start - trace.start], None
        yield trace.text[item.start - trace.start : item.end - trace.start], item
        position = item.end
    if position < trace.end:
        yield trace.text[position - trace.start :], None
