"""How fast it is, beside tools that do a part of the same: ``python -m tests.bench [FOLDER …]`` or ``make bench``.

Times are CPU, so that other work on the machine does not count; of each text the best of five runs, of all texts the
median, per 3,000 characters. What is wanted are ratios on the same texts in the same run: seconds differ from machine
to machine. Nothing is asserted; the run ends with a table.

Read are the demo corpus, the gold texts and the folders given. The texts of a ``shared/corpora/dev`` beside the source
tree, where there is one, have a line of their own: texts as portals have them, while gold is denser in facts by far.

Comparing districts over a million facts is measured in a process of its own: CPU seconds and the most memory it held.
The dataset, of records made at random on all districts of the country, is made once, in some minutes, and kept in
``build/bench``.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trafilatura
from rich.console import Console
from rich.table import Table
from spacy.matcher import Matcher
from underthesea import ner, word_tokenize

from ntm_extract.clean import read_bytes, read_file
from ntm_extract.dataset import Dataset
from ntm_extract.errors import InputError
from ntm_extract.facts import Extractor
from ntm_extract.model import Article
from ntm_extract.patterns import PatternSet, load_patterns, patterns_folder
from ntm_extract.proof import OPEN, parse_marked, reader_of
from ntm_extract.tokenizer import blank_language
from ntm_extract.units.gazetteer import DATA_FILE, load_gazetteer
from tests.conftest import ROOT
from tests.monitor.made_records import FACTS, made_records

FOLDERS = (ROOT / "corpora" / "demo", ROOT / "corpora" / "gold")
REAL = ROOT.parent / "shared" / "corpora" / "dev"
PAGES = ROOT / "tests" / "pages"
SUFFIXES = (".txt", ".html", ".md")
PER = 3000  # characters
LEAST = 500  # characters: shorter texts say little
NER_TEXTS = 6  # it takes seconds a text
NER_LENGTHS = range(1500, 4000)  # its cost grows with the square of the length
RUNS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: ms of ours and of the other, and the most that their ratio may be."""

    what: str
    texts: int
    ours: float
    other: float | None = None
    wanted: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.other if self.other else None


def best_of(work: Callable[[], object], runs: int = RUNS) -> float:
    """CPU milliseconds of the best run."""
    times: list[float] = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1000)
    return min(times)


def compare(
    what: str,
    items: Sequence[tuple[int, Callable[[], object], Callable[[], object]]],
    wanted: float | None,
    runs: int = RUNS,
) -> Row:
    """Medians of ours and the other over the same items; an item is its length and the two works on it."""
    # What was loaded so far stays: the collector would walk it at the expense of whoever allocates next.
    gc.collect()
    gc.freeze()
    ours, other = [], []
    for length, mine, theirs in items:
        ours.append(best_of(mine) * PER / length)
        other.append(best_of(theirs, runs) * PER / length)
    return Row(what, len(items), statistics.median(ours), statistics.median(other), wanted)


# ------------------------------------------------------------------ what is read


def articles_of(folders: Iterable[Path]) -> list[Article]:
    """Articles of all folders that are there; what cannot be read is left out."""
    found: list[Article] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*")) if path.suffix in SUFFIXES):
        try:
            article = read_file(path)
        except InputError:
            continue
        if len(article.text) >= LEAST:
            found.append(article)
    return found


def evenly(articles: Sequence[Article], count: int) -> list[Article]:
    """``count`` of the articles, from the first to the last."""
    if len(articles) <= count:
        return list(articles)
    return [articles[at * (len(articles) - 1) // (count - 1)] for at in range(count)]


# ------------------------------------------------------------------ what is measured


def facts_and_tools(articles: Sequence[Article], real: Sequence[Article]) -> list[Row]:
    """Extraction beside word segmentation and beside the named entities of underthesea."""
    extractor = Extractor()
    extractor.extract(articles[0])
    word_tokenize(articles[0].text)
    ner(articles[0].text[:200])

    def works(
        article: Article, tool: Callable[[str], object]
    ) -> tuple[int, Callable[[], object], Callable[[], object]]:
        return len(article.text), lambda: extractor.extract(article), lambda: tool(article.text)

    few = evenly([article for article in articles if len(article.text) in NER_LENGTHS], NER_TEXTS)
    named = {"real text to facts": real, "text to facts": articles}
    rows = [
        compare(f"{what} / underthesea word_tokenize", [works(one, word_tokenize) for one in texts], 0.5)
        for what, texts in named.items()
        if texts
    ]
    if few:
        rows.append(compare("text to facts / underthesea ner", [works(one, ner) for one in few], 1 / 30, runs=1))
    return rows


def rules_and_matcher(articles: Sequence[Article]) -> Row:
    """The rules on skeletons beside spaCy's Matcher with as many patterns, on texts that both have tokenised."""
    patterns = load_patterns(patterns_folder())
    reader, matcher = reader_of(patterns), matcher_of(patterns)
    topics = sorted({rule.topic for rule in patterns.rules})
    nlp = blank_language()
    items = []
    for article in evenly(articles, 40):
        sentences, doc = reader.read(article).sentences, nlp.make_doc(article.text)

        def ours(sentences: Sequence[object] = sentences) -> object:
            return [list(reader.hits(sentence, topic)) for sentence in sentences for topic in topics]  # type: ignore[arg-type]

        items.append((len(article.text), ours, lambda doc=doc: matcher(doc)))
    return compare(f"{len(patterns.rules)} rules / spaCy Matcher, as many patterns", items, None)


def matcher_of(patterns: PatternSet) -> Matcher:
    """A Matcher with one pattern a rule: the words of its example, any one token allowed between them."""
    nlp = blank_language()
    matcher = Matcher(nlp.vocab)
    for rule in patterns.rules:
        marked = parse_marked(next(example for example in rule.examples if OPEN in example))
        assert marked is not None
        start, end = marked.spans[0]
        words = [token.lower_ for token in nlp.make_doc(marked.text[start:end]) if not token.is_space]
        tokens: list[dict[str, object]] = []
        for word in words:
            tokens += [{"LOWER": word}, {"OP": "?"}]
        matcher.add(rule.id, [tokens[:-1]])
    return matcher


def pages_and_trafilatura() -> list[Row]:
    """A page to its article with title, date and byline, beside trafilatura's text, alone and with the same."""
    pages = [path.read_bytes() for path in sorted(PAGES.glob("*.html"))]

    def works(page: bytes, metadata: bool) -> tuple[int, Callable[[], object], Callable[[], object]]:
        theirs = partial(trafilatura.extract, page, with_metadata=metadata)
        return PER, partial(read_bytes, page, source="page"), theirs

    for _, ours, theirs in (works(page, True) for page in pages[:2]):
        ours()
        theirs()
    return [
        compare("a page to its article / trafilatura, text alone", [works(page, False) for page in pages], 0.35),
        compare("a page to its article / trafilatura, with metadata", [works(page, True) for page in pages], 0.35),
    ]


def starting() -> list[Row]:
    """What is paid once a process."""

    def units() -> object:
        return load_gazetteer(DATA_FILE).districts_named("Yên Thành", None)

    return [
        Row("gazetteer: load, look up a district", 1, best_of(units)),
        Row("patterns: load and compile", 1, best_of(lambda: load_patterns(patterns_folder()))),
    ]


# ------------------------------------------------------------------ a million facts

MILLION = ROOT / "build" / "bench" / "million.sqlite"
RECORDS = 1_000_000 // FACTS
MOST_SECONDS, MOST_MEGABYTES = 2.0, 1000
_COMPARE = """
import datetime, json, resource, sys, time
from ntm_extract.dataset import Dataset
from ntm_extract.monitor.sql import compare_dataset
with Dataset.open(sys.argv[1], read_only=True) as dataset:
    start = time.process_time()
    rows = len(compare_dataset(dataset, "district", as_of=datetime.date.today()))
    seconds = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
print(json.dumps([rows, seconds, peak]))  # the peak in megabytes: it is given in bytes or kilobytes
"""


def million() -> Path:
    """The dataset, made where there is none yet; one that an older schema left is brought up to date."""
    if not MILLION.exists():
        MILLION.parent.mkdir(parents=True, exist_ok=True)
        half = MILLION.with_suffix(f".{os.getpid()}")
        with Dataset.open(half, create=True) as dataset:
            run = dataset.begin_run(version="bench", patterns=None)
            dataset.put_many(made_records(RECORDS), run)
            dataset.end_run(run)
        os.replace(half, MILLION)
    with Dataset.open(MILLION):
        return MILLION


def comparing(runs: int = 3) -> str:
    """One line: comparing by district in a new process, the best of some runs."""
    command = [sys.executable, "-c", _COMPARE, str(million())]
    found = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(runs)]
    rows, seconds, megabytes = min(found, key=lambda one: one[1])
    within = "ok" if seconds <= MOST_SECONDS and megabytes < MOST_MEGABYTES else "over"
    return (
        f"compare by district over {RECORDS * FACTS:,} facts, {rows:,} rows: {seconds:.2f} s of CPU "
        f"(at most {MOST_SECONDS:g}), {megabytes:.0f} MB (under {MOST_MEGABYTES:,}): {within}"
    )


# ------------------------------------------------------------------ the table


def table_of(rows: Iterable[Row]) -> Table:
    table = Table(title=f"CPU ms, medians per {PER:,} characters (of pages: a page)")
    for name in ("what", "texts", "ours", "other", "ratio", "wanted", ""):
        table.add_column(name, justify="left" if name == "what" else "right", no_wrap=True)
    for row in rows:
        within = "" if row.wanted is None or row.ratio is None else "ok" if row.ratio <= row.wanted else "over"
        table.add_row(
            row.what,
            str(row.texts),
            f"{row.ours:.2f}",
            "" if row.other is None else f"{row.other:.2f}",
            "" if row.ratio is None else f"{row.ratio:.3f}",
            "" if row.wanted is None else f"≤ {row.wanted:.3f}",
            within,
        )
    return table


def main(folders: Sequence[str]) -> None:
    """Measure and print."""
    articles, real = articles_of([*FOLDERS, *map(Path, folders)]), articles_of([REAL])
    characters = sum(len(article.text) for article in (*articles, *real))
    rows = [*facts_and_tools(articles, real), rules_and_matcher(articles), *pages_and_trafilatura(), *starting()]
    console = Console(width=max(110, Console().width))
    console.print(f"{len(articles) + len(real)} texts, {characters:,} characters")
    console.print(table_of(rows))
    console.print(comparing())


if __name__ == "__main__":
    main(sys.argv[1:])
