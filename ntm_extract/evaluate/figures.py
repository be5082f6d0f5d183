"""How well extraction does: precision, recall and F1 by part, how sure they are, and what went wrong.

An article is judged once into counts, errors and samples; every figure of every group is a sum over its
articles, so the bootstrap draws articles and only adds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ntm_extract.annotate import iter_sentences
from ntm_extract.evaluate.compare import (
    CORE,
    PARTS,
    Claims,
    Found,
    Part,
    Range,
    Wanted,
    Whom,
    differing,
    iter_claims,
    same_actor,
    same_commitment,
    same_sentence,
    shown,
)
from ntm_extract.evaluate.gold import GoldArticle, gold_fingerprint, load_gold
from ntm_extract.model import FACT_KINDS, Article, FactKind, Record
from ntm_extract.orthography import fold_text, without_marks
from ntm_extract.values import iter_numbers

RESAMPLES = 2000
SEED = 20210708
# Facts that an article which is no report of facts must not yield.
NEGATIVE_PARTS: tuple[Part, ...] = ("criteria_counts", "criteria_status", "targets", "achievements")
_STANDARD_PARTS: tuple[Part, ...] = ("criteria_counts", "targets", "achievements")
# In how many fields two facts may differ and still be taken for a right and a wrong reading of one.
_MOST_DIFFERENT = 2
# In tables of confusion: no fact on this side; a fact that leaves the field open.
NOTHING, UNSAID = "(no fact)", "(not said)"


class Extracts(Protocol):
    """Anything that makes a record of an article; ``facts.Extractor`` does."""

    def extract(self, article: Article) -> Record: ...


@dataclass(frozen=True, slots=True)
class Counts:
    """Claims found, found and right, wanted, wanted and found."""

    found: int = 0
    right: int = 0
    wanted: int = 0
    met: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """Precision, recall and F1 of a part, each with its 95 % interval, and the counts they come from."""

    precision: float
    recall: float
    f1: float
    wanted: int
    found: int
    intervals: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fact missed or one found that gold does not know, with where it stands.

    ``differs`` names the fields in which the nearest fact of the other side differs; empty where there is none near.
    ``sure`` is False where the quotation of a missed fact was looked for, because gold does not give it.
    """

    article: str
    part: Part
    missed: bool
    what: str
    differs: tuple[str, ...]
    quote: str
    sure: bool = True
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One extracted fact that gold can judge; ``number`` is its place among the facts of its kind in the record."""

    kind: FactKind
    number: int
    right: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one article."""

    gold: GoldArticle
    record: Record
    counts: Mapping[Part, Counts]
    faults: tuple[Fault, ...]
    samples: tuple[Sample, ...]
    standards: Counter[tuple[str, str]]
    acts: Counter[tuple[str, str]]
    misquoted: int

    @property
    def spurious(self) -> int:
        """Facts that only an article full of facts should yield."""
        return sum(sample.kind in NEGATIVE_PARTS and not sample.right for sample in self.samples)


@dataclass(frozen=True)
class Evaluation:
    """Gold against found. ``gold`` and ``patterns`` are the fingerprints of what was measured."""

    articles: tuple[Judged, ...]
    gold: str
    patterns: str | None

    @cached_property
    def figures(self) -> dict[Part, Figure]:
        """Figures of every part over all articles."""
        return figures_of(self.articles)

    @cached_property
    def core(self) -> tuple[float, tuple[float, float]]:
        """Mean F1 of units, criteria counts, targets, achievements and commitments, with its 95 % interval."""
        return core_of(self.articles)

    @property
    def faults(self) -> list[Fault]:
        """Every error, article by article."""
        return [fault for judged in self.articles for fault in judged.faults]

    @property
    def negatives(self) -> tuple[int, int]:
        """Hard negatives, and how many facts were found in them that are none."""
        rows = [judged for judged in self.articles if judged.gold.negative]
        return len(rows), sum(judged.spurious for judged in rows)

    @property
    def quotations_exact(self) -> float | None:
        """Share of facts whose quotation is what stands at its offsets; None without facts."""
        facts = sum(len(judged.record.facts()) for judged in self.articles)
        return 1 - sum(judged.misquoted for judged in self.articles) / facts if facts else None

    def standards(self) -> Counter[tuple[str, str]]:
        """Which standard gold has and which was found, of claims that agree in all else."""
        return sum((judged.standards for judged in self.articles), Counter())

    def acts(self) -> Counter[tuple[str, str]]:
        """Which act gold has and which was found, of commitments in one sentence."""
        return sum((judged.acts for judged in self.articles), Counter())

    def groups(self, by: Callable[[GoldArticle], object]) -> dict[str, Evaluation]:
        """The same evaluation, one for each value of ``by``, in order; articles without one are left out."""
        groups: dict[str, list[Judged]] = {}
        for judged in self.articles:
            value = by(judged.gold)
            if value is not None:
                groups.setdefault(str(value), []).append(judged)
        return {name: Evaluation(tuple(groups[name]), self.gold, self.patterns) for name in sorted(groups)}


def evaluate(gold_dir: Path, extractor: Extracts, split: str | None = None) -> Evaluation:
    """Extract every gold article of ``gold_dir`` (of one split, if named) and judge the records.

    Raises
    ------
    ConfigurationError: faults in the gold, all at once.
    InputError: an article cannot be read.
    """
    gold = load_gold(gold_dir, split)
    return judge_all((row, extractor.extract(row.article)) for row in gold)


def judge_all(pairs: Iterable[tuple[GoldArticle, Record]]) -> Evaluation:
    """Judge records that are already there, each beside its gold."""
    rows = tuple(judge(gold, record) for gold, record in pairs)
    patterns = {row.record.patterns for row in rows}
    return Evaluation(
        rows, gold_fingerprint([row.gold for row in rows]), patterns.pop() if len(patterns) == 1 else None
    )


# ------------------------------------------------------------------ one article


def judge(gold: GoldArticle, record: Record) -> Judged:
    """Counts, errors and samples of one article."""
    counts: dict[Part, Counts] = {}
    faults: list[Fault] = []
    samples: list[Sample] = []
    standards: Counter[tuple[str, str]] = Counter()
    acts: Counter[tuple[str, str]] = Counter()
    places = _Places(record.text)
    for claims in iter_claims(gold, record):
        part, agrees = claims.part, claims.agrees
        hits = [[wanted for wanted in claims.wanted if agrees(wanted, found)] for found in claims.found]
        # What only optional gold knows neither helps nor hurts.
        judged = [
            (found, hit)
            for found, hit in zip(claims.found, hits, strict=True)
            if not hit or any(not one.optional for one in hit)
        ]
        needed = [wanted for wanted in claims.wanted if not wanted.optional]
        met = [wanted for wanted in needed if any(agrees(wanted, found) for found in claims.found)]
        counts[part] = Counts(len(judged), sum(bool(hit) for _, hit in judged), len(needed), len(met))
        kept = {id(wanted) for wanted in met}
        faults += [_missed(gold.name, claims, wanted, places) for wanted in needed if id(wanted) not in kept]
        faults += [_spurious(gold.name, claims, found, places) for found, hit in judged if not hit]
        if part in FACT_KINDS:
            samples += _samples(part, judged)
        if part in _STANDARD_PARTS:
            standards.update(_confused(claims, "standard", _beside_standard))
        if part == "commitments":
            acts.update(_confused(claims, "act", same_sentence))
            counts["actors"] = _judge_actors(gold.name, claims, faults)
    return Judged(gold, record, counts, tuple(faults), tuple(samples), standards, acts, len(record.misquotes()))


def _judge_actors(article: str, claims: Claims, faults: list[Fault]) -> Counts:
    """Of the commitments that were found, those whose actor gold names."""
    asked = right = 0
    for wanted in claims.wanted:
        hits = [found for found in claims.found if same_commitment(wanted, found)]
        if wanted.optional or "actor" not in wanted.fields or not hits:
            continue
        asked += 1
        if any(same_actor(wanted, found) for found in hits):
            right += 1
        else:
            got = ", ".join(shown(found.fields["actor"]) for found in hits)
            what = " or ".join(map(shown, wanted.fields["actor"]))
            faults.append(Fault(article, "actors", True, f"{what}; found {got}", ("actor",), wanted.quote or ""))
    return Counts(asked, right, asked, right)


def _samples(kind: FactKind, judged: Sequence[tuple[Found, list[Wanted]]]) -> list[Sample]:
    """One sample a fact: right if every claim of it is."""
    right: dict[int, bool] = {}
    for found, hit in judged:
        right[found.item] = right.get(found.item, True) and bool(hit)
    return [Sample(kind, number, ok) for number, ok in right.items()]


def _nearest(claims: Claims, wanted: Iterable[Wanted], found: Iterable[Found], places: _Places) -> tuple[str, ...]:
    """Fields that the nearest pair differs in: at most two, of a fact about the same unit or in the same sentence."""
    if claims.part == "commitments":
        return ("act",) if any(same_sentence(one, other) for one in wanted for other in found) else ()
    if claims.part not in FACT_KINDS or claims.part == "results":
        return ()
    near: list[tuple[str, ...]] = []
    for one in wanted:
        for other in found:
            fields = differing(one, other)
            if 0 < len(fields) <= _MOST_DIFFERENT and ("whom" not in fields or places.together(one, other)):
                near.append(fields)
    return min(near, key=len, default=())


def _missed(article: str, claims: Claims, wanted: Wanted, places: _Places) -> Fault:
    differs = _nearest(claims, [wanted], claims.found, places)
    if claims.part == "commitments":
        acts = " or ".join(map(str, wanted.fields["act"]))
        return Fault(article, "commitments", True, acts, differs, wanted.quote or "")
    quote = wanted.quote or places.text_of(wanted)
    return Fault(article, claims.part, True, str(wanted), differs, quote, wanted.quote is not None)


def _spurious(article: str, claims: Claims, found: Found, places: _Places) -> Fault:
    evidence = found.evidence
    quote, rule = (evidence.text, evidence.rule) if evidence else ("", None)
    differs = _nearest(claims, claims.wanted, [found], places)
    return Fault(article, claims.part, False, str(found), differs, quote, rule=rule)


def _beside_standard(wanted: Wanted, found: Found) -> bool:
    return "standard" in wanted.fields and set(differing(wanted, found)) <= {"standard"}


def _confused(claims: Claims, name: str, near: Callable[[Wanted, Found], bool]) -> Iterable[tuple[str, str]]:
    """Pairs of a field's value in gold and as found; what has no counterpart stands beside NOTHING."""
    used: set[int] = set()
    for wanted in claims.wanted:
        if name not in wanted.fields:
            continue
        beside = [(at, found) for at, found in enumerate(claims.found) if near(wanted, found)]
        values = wanted.fields[name]
        exact = [(at, found) for at, found in beside if found.fields[name] in values]
        for at, found in exact or beside[:1]:
            used.add(at)
            value = found.fields[name]
            if exact or not wanted.optional:
                yield str((value if exact else values[0]) or UNSAID), str(value or UNSAID)
        if not beside and not wanted.optional:
            yield str(values[0] or UNSAID), NOTHING
    for at, found in enumerate(claims.found):
        if at not in used and found.fields.get(name) is not None:
            yield NOTHING, str(found.fields[name])


class _Places:
    """Where a missed fact most likely stands: the sentence that holds most of its names, numbers and words."""

    _WORDS: Mapping[str, tuple[str, ...]] = {
        "ntm": ("ntm", "nong thon moi"),
        "ntm_advanced": ("nang cao",),
        "ntm_model": ("kieu mau",),
        "civilized_urban": ("do thi van minh",),
        "ocop_3": ("3 sao",),
        "ocop_4": ("4 sao",),
        "ocop_5": ("5 sao",),
    }

    def __init__(self, text: str) -> None:
        self._rows: list[tuple[int, int, str, str, set[float]]] | None = None
        # by identity; the claim is kept, too, so that no other can take its place in memory
        self._found: dict[int, tuple[Wanted, tuple[int, int]]] = {}
        self._text = text

    def _sentences(self) -> list[tuple[int, int, str, str, set[float]]]:
        if self._rows is None:
            self._rows = []
            for start, end in iter_sentences(self._text):
                surface = self._text[start:end]
                words = re.sub(r"[^\w\s]", " ", surface)
                numbers: set[float] = set()
                for number in iter_numbers(surface):
                    numbers |= {value for value in (number.value, number.max, number.total) if value is not None}
                plain = f" {' '.join(without_marks(words).split())} "
                self._rows.append((start, end, f" {fold_text(words)} ", plain, numbers))
        return self._rows

    def together(self, wanted: Wanted, found: Found) -> bool:
        """Is the fact that was found read from the sentence that the wanted one most likely stands in?"""
        start, end = self._of(wanted)
        return found.evidence is not None and found.evidence.start < end and start < found.evidence.end

    def text_of(self, wanted: Wanted) -> str:
        """The likeliest sentence; empty where nothing of the fact is to be found."""
        start, end = self._of(wanted)
        return self._text[start:end]

    def _of(self, wanted: Wanted) -> tuple[int, int]:
        if id(wanted) not in self._found:
            best, most = (0, 0), 0.0
            for start, end, folded, plain, numbers in self._sentences():
                score = sum(
                    self._weight(name, value, folded, plain, numbers)
                    for name, values in wanted.fields.items()
                    for value in values[:1]
                )
                if score > most:
                    best, most = (start, end), score
            self._found[id(wanted)] = wanted, best
        return self._found[id(wanted)][1]

    def _weight(self, name: str, value: object, folded: str, plain: str, numbers: set[float]) -> float:
        if isinstance(value, Whom):
            if value.name is not None:
                return 2.0 if f" {value.name} " in folded else 0.0
            return 2.0 if value.count is not None and value.count.min in numbers else 0.0
        if isinstance(value, Range):
            return 2.0 if value.min in numbers else 0.0
        if isinstance(value, float):
            return 2.0 if value in numbers else 0.0
        if not isinstance(value, str):
            return 0.0
        if name == "standard":
            return 1.0 if any(word in plain for word in self._WORDS.get(value, ())) else 0.0
        if name == "deadline":
            return 0.5 if value[:4] in folded else 0.0
        return 1.5 if f" {value.replace('_', ' ')} " in plain or f" {value} " in folded else 0.0


# ------------------------------------------------------------------ sums

_Array = npt.NDArray[np.float64]


def figures_of(articles: Sequence[Judged]) -> dict[Part, Figure]:
    """Figures of every part, with percentile intervals from ``RESAMPLES`` draws of articles."""
    table = _table(articles)
    once = _ratios(table.sum(axis=0))
    drawn = _ratios(np.tensordot(_draws(len(articles)), table, axes=1))
    figures: dict[Part, Figure] = {}
    for at, part in enumerate(PARTS):
        counts = table[:, at].sum(axis=0)
        intervals = {name: _interval(drawn[name][:, at]) for name in drawn}
        figures[part] = Figure(
            precision=float(once["precision"][at]), recall=float(once["recall"][at]), f1=float(once["f1"][at]),
            wanted=int(counts[2]), found=int(counts[0]), intervals=intervals,
        )  # fmt: skip
    return figures


def core_of(articles: Sequence[Judged]) -> tuple[float, tuple[float, float]]:
    """Mean F1 over the core parts, and its 95 % interval."""
    table = _table(articles)
    columns = [PARTS.index(part) for part in CORE]
    once = _ratios(table.sum(axis=0))["f1"][columns].mean()
    drawn = _ratios(np.tensordot(_draws(len(articles)), table, axes=1))["f1"][:, columns].mean(axis=1)
    return float(once), _interval(drawn)


def _table(articles: Sequence[Judged]) -> _Array:
    """Articles × parts × (found, right, wanted, met)."""
    rows = [[judged.counts.get(part, Counts()) for part in PARTS] for judged in articles]
    flat = [[[one.found, one.right, one.wanted, one.met] for one in row] for row in rows]
    return np.asarray(flat, dtype=np.float64).reshape(len(rows), len(PARTS), 4)


def _draws(size: int) -> _Array:
    """How often each article is drawn, draw by draw."""
    generator = np.random.default_rng(SEED)
    return generator.multinomial(size, [1 / size] * size, RESAMPLES).astype(np.float64)


def _ratios(counts: _Array) -> dict[str, _Array]:
    """Precision, recall and F1 of counts whose last axis is (found, right, wanted, met).

    Nothing found is precise only where nothing was wanted; nothing wanted is recalled.
    """
    found, right, wanted, met = (counts[..., at] for at in range(4))
    precision = np.where(found > 0, right / np.maximum(found, 1), np.where(wanted > 0, 0.0, 1.0))
    recall = np.where(wanted > 0, met / np.maximum(wanted, 1), 1.0)
    both = precision + recall
    f1 = np.where(both > 0, 2 * precision * recall / np.where(both > 0, both, 1), 0.0)
    return {"precision": precision, "recall": recall, "f1": f1}


def _interval(values: _Array) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
