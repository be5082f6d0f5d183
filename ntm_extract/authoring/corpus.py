"""What a change of the rules changes over a corpus, and which sentences of it no rule touches."""

from __future__ import annotations

import io
import math
import shutil
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ntm_extract.authoring.wording import Said, said
from ntm_extract.clean import read_file
from ntm_extract.errors import InputError
from ntm_extract.facts import Extractor
from ntm_extract.match import Item, Sentence
from ntm_extract.match.reader import hits_of
from ntm_extract.messages import Lang
from ntm_extract.model import Article, FactKind
from ntm_extract.patterns import PatternSet, load_patterns

_FOREIGN = "not Vietnamese"  # as cleaning notes it
_SUFFIXES = (".txt", ".html", ".htm", ".xhtml", ".md", ".markdown")
# What makes a sentence worth a rule, and how much: a number of criteria or a standard more than a bare number.
_WEIGHTS = {
    "criteria": 3.0,
    "standard": 3.0,
    "quantity": 1.5,
    "count": 1.5,
    "criterion": 1.0,
    "reach": 1.0,
    "number": 0.5,
}
_NUMBERS = ("criteria", "quantity", "count", "number")
_GOALS = ("goal", "plan", "pledge")
_GOAL_WEIGHT = 2.0
_SHOWN_ITEMS = 12


@dataclass(frozen=True, slots=True)
class Corpus:
    """Articles that were read, and what could not be."""

    articles: tuple[Article, ...]
    faults: tuple[str, ...]


def read_corpus(inputs: Iterable[Path]) -> Corpus:
    """Read files, and the pages and texts of folders; one that cannot be read or is not Vietnamese is a fault,
    the others go on.

    Raises ``InputError`` if there is nothing to read at all.
    """
    articles: list[Article] = []
    faults: list[str] = []
    for path in inputs:
        for file in _files_of(path):
            try:
                article = read_file(file)
            except InputError as error:
                faults.append(str(error))
                continue
            if _FOREIGN in article.notes:
                faults.append(f"{file}: {_FOREIGN}; leave it out")
            else:
                articles.append(article)
    if not articles and not faults:
        raise InputError(
            "no article in it", where=", ".join(map(str, inputs)), mend="give texts, pages, or folders of them"
        )
    return Corpus(tuple(articles), tuple(faults))


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())


# ------------------------------------------------------------------ impact


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that the new rules gain or lose, with its quotation and the rule that gives it.

    ``sign`` is 'gained' or 'lost'.
    """

    sign: str
    article: str
    kind: FactKind
    fact: str
    quote: str
    rule: str


def impact(articles: Iterable[Article], old: PatternSet, new: PatternSet, lang: Lang = "en") -> list[Change]:
    """Facts gained and lost between two versions of the rules, article by article in the order of the text.

    A fact is the same if all its values are; its rule and the stretch it is read from may differ.
    """
    before, after = Extractor(old), Extractor(new)
    changes: list[Change] = []
    for article in articles:
        was, now = said(before.extract(article), lang), said(after.extract(article), lang)
        rows = [("lost", fact) for fact in _only(was, now)] + [("gained", fact) for fact in _only(now, was)]
        for sign, fact in sorted(rows, key=lambda row: (row[1].start, row[0] == "gained")):
            changes.append(Change(sign, article.source, fact.kind, fact.line, fact.quote, fact.rule))
    return changes


def _only(mine: Sequence[Said], others: Sequence[Said]) -> Iterator[Said]:
    left = Counter(fact.key for fact in others)
    for fact in mine:
        if left[fact.key]:
            left[fact.key] -= 1
        else:
            yield fact


@contextmanager
def patterns_at(where: str) -> Iterator[PatternSet]:
    """Patterns of a folder, or of a git revision of the source tree ('HEAD', 'v1.2').

    Raises
    ------
    InputError: neither a folder nor a revision that holds patterns.
    PatternError: faults in the files.
    """
    if Path(where).is_dir():
        yield load_patterns(Path(where))
        return
    git = shutil.which("git")
    if git is None:
        raise InputError("no such folder", where=where, mend="give a folder of patterns")
    done = subprocess.run([git, "archive", "--format=tar", where, "patterns"], capture_output=True, check=False)
    if done.returncode:
        raise InputError("neither a folder nor a git revision with patterns/", where=where, mend="give one of the two")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")
        yield load_patterns(Path(folder) / "patterns")


# ------------------------------------------------------------------ coverage


@dataclass(frozen=True, slots=True)
class Untouched:
    """Sentences of one shape that bear a number or a goal and of which no rule made anything.

    ``shape`` is written in the language of rules; ``sentences`` are pairs of article and sentence.
    """

    shape: str
    weight: float
    sentences: tuple[tuple[str, str], ...]

    @property
    def rank(self) -> float:
        """Worth of a rule for this shape: what it bears, the more the more often it comes."""
        return self.weight * math.sqrt(len(self.sentences))


def coverage(articles: Iterable[Article], patterns: PatternSet) -> list[Untouched]:
    """Shapes of sentences that a rule could be written for, most worth while first."""
    extractor = Extractor(patterns)
    groups: dict[str, list[tuple[str, str]]] = {}
    weights: dict[str, float] = {}
    for article in articles:
        read = [(fact.evidence.start, fact.evidence.end) for _, fact in extractor.extract(article).facts()]
        for sentence in extractor.read(article).reading.sentences:
            weight = _weight(sentence)
            if not weight or _touched(sentence, read, patterns):
                continue
            shape = _shape(sentence.items, article.text)
            groups.setdefault(shape, []).append((article.source, article.text[sentence.start : sentence.end]))
            weights[shape] = max(weight, weights.get(shape, 0.0))
    rows = [Untouched(shape, weights[shape], tuple(sentences)) for shape, sentences in groups.items()]
    return sorted(rows, key=lambda row: (-row.rank, row.shape))


def _weight(sentence: Sentence) -> float:
    """What the sentence bears; 0 if neither a number nor a goal, or if it is no sentence of the report."""
    if sentence.kind in ("byline", "dateline"):
        return 0.0
    items = sentence.items
    goal = any(item.type == "mood" and item.value in _GOALS for item in items)
    if not goal and not any(item.type in _NUMBERS for item in items):
        return 0.0
    return sum(_WEIGHTS.get(type_, 0.0) for type_ in {item.type for item in items}) + _GOAL_WEIGHT * goal


def _touched(sentence: Sentence, read: Sequence[tuple[int, int]], patterns: PatternSet) -> bool:
    """A fact was read from it; or a rule fires that gives none on purpose: of a remainder, a denial, a condition."""
    if any(start < sentence.end and sentence.start < end for start, end in read):
        return True
    denied = any(item.type == "negation" or item.value == "hypothetical" for item in sentence.items)
    return any(
        (denied or rule.fact == "none")
        and all(needed & sentence.symbols for needed in rule.needs)
        and next(hits_of(rule, sentence), None) is not None
        for rule in patterns.rules
    )


def _shape(items: Sequence[Item], text: str) -> str:
    """From the first item that bears something to the last: mentions, the words beside them, … for the rest."""
    bearing = [at for at, item in enumerate(items) if _bears(item)]
    first, last = max(0, bearing[0] - 1), min(len(items), bearing[-1] + 2)
    parts: list[str] = []
    for at in range(first, min(last, first + _SHOWN_ITEMS)):
        item = items[at]
        if item.type != "word":
            value = f":{item.value}" if item.type in ("reach", "standard", "mood") else ""
            parts.append(f"{{{item.type}{value}}}")
        elif any(_bears(beside) for beside in items[max(0, at - 1) : at + 2]):
            parts.append(text[item.start : item.end].lower())
        elif parts[-1:] != ["…"]:
            parts.append("…")
    return " ".join(parts)


def _bears(item: Item) -> bool:
    return item.type in _WEIGHTS or (item.type == "mood" and item.value in _GOALS)
