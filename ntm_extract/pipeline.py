"""The whole path: inputs -> articles -> facts -> one dataset file and its exports.

``run`` is the path; ``iter_readings`` is its first half, for those who want records and no dataset. What an input can
be is said in ``KINDS``, one row a kind; addresses and sources are collected before anything is read. A page that
cannot be read becomes an ``Issue`` and the others go on.
"""

from __future__ import annotations

import datetime as dt
import functools
import heapq
import itertools
import multiprocessing
import os
import signal
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

import ntm_extract
from ntm_extract.clean import NO_FIT, read_bytes, read_capture, read_file, read_text, unpacked
from ntm_extract.clean.documents import SUFFIXES as DOCUMENTS
from ntm_extract.clean.documents import iter_document
from ntm_extract.collect import Progress, collect, iter_captures
from ntm_extract.collect.journal import JOURNAL
from ntm_extract.collect.pages import collect_pages, iter_faults, iter_pages
from ntm_extract.dataset import DATASET_NAME, Dataset
from ntm_extract.errors import InputError, NtmError
from ntm_extract.export import Format, export
from ntm_extract.facts import Extractor
from ntm_extract.model import FACT_KINDS, Article, Capture, Record
from ntm_extract.patterns import PatternSet, default_patterns, load_patterns
from ntm_extract.sources import Source, load_archives, load_moved_hosts, load_sources, sources_folder

COLLECTED_NAME = "collected"  # folder beside it, for what addresses and sources yield
# What an input yields: a page to be read, what was collected, a text that is clean, facts that others read, a fault.
Thing = Path | Capture | Article | Record | InputError
# Called with the number of things done, their number where it is known, and the name of the last one.
Watch = Callable[[int, int | None, str], None]


def printable(where: object) -> str:
    """The name of a file as Unicode; what is none in it (bytes of an older encoding) is spelt out."""
    return str(where).encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Issue:
    """Something about an input that the user should know: where, what, and what to do about it."""

    input: str
    what: str
    mend: str | None = None

    @classmethod
    def of(cls, error: InputError) -> Issue:
        return cls(printable(error.where), error.what, error.mend)


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one thing: a record, or none, and what is to be said of it.

    ``relevant`` is False for an article that is not about nông thôn mới: it was read, but no dataset takes it.
    ``capture`` leads to what was collected, if it was; without the bytes. ``fits`` is False for a page in which the
    profile of its portal's family found no article.
    """

    input: str
    record: Record | None
    issues: tuple[Issue, ...] = ()
    relevant: bool = True
    capture: Capture | None = None
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did.

    ``dataset`` is None where there was nothing to read, and so nothing was made. ``outcomes`` counts articles new,
    changed and the same; ``rows`` are the dataset's rows by table.
    """

    dataset: Path | None
    outcomes: Mapping[str, int]
    rows: Mapping[str, int]
    issues: tuple[Issue, ...]
    exports: tuple[Path, ...] = ()

    @property
    def facts(self) -> dict[str, int]:
        """Facts in the dataset, by kind."""
        return {kind: self.rows[kind] for kind in FACT_KINDS}


@dataclass(frozen=True, slots=True)
class Collecting:
    """How addresses and sources are collected: as ``collect`` takes it.

    ``sources`` is the folder of the source files, else those that ship; ``on_progress`` is told how hosts stand.
    """

    sources: Path | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    limit: int | None = None
    from_archives: bool = False
    on_progress: Callable[[Progress], None] | None = None


def run(
    inputs: Sequence[str],
    out: Path,
    *,
    formats: Sequence[Format] = (),
    jobs: int = 1,
    patterns: Path | None = None,
    collecting: Collecting | None = None,
    watch: Watch | None = None,
) -> Summary:
    """Read ``inputs`` into the dataset ``out/dataset.sqlite`` and export it to ``out``.

    Addresses and sources among them are collected into ``out/collected`` first. Pages that cannot be had or read, and
    records that cannot be stored, are issues of the summary and of the dataset.

    Raises
    ------
    PatternError, SourceError: faults in the pattern files or the source files.
    CollectError: collecting cannot start or go on.
    DatasetError: the dataset or an export cannot be written; what was there is intact.
    """
    how = collecting or Collecting()
    places = list(iter_places(inputs, how.sources))
    if not any(isinstance(place, Place) for place in places):
        return Summary(None, {}, {}, tuple(Issue.of(place) for place in places if isinstance(place, InputError)))
    rules = _rules(patterns)
    _make_folder(out)
    issues: list[Issue] = []
    fits: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    with Dataset.open(out / DATASET_NAME, create=True) as dataset:
        number = dataset.begin_run(version=ntm_extract.__version__, patterns=rules.fingerprint)
        gathered = _gather(places, out / COLLECTED_NAME, how)
        for reading in iter_readings(gathered, jobs=jobs, patterns=patterns, sources=how.sources, watch=watch):
            found = list(reading.issues)
            if (capture := reading.capture) is not None and capture.source is not None and capture.captured is not None:
                fits[capture.source].append((capture.captured.isoformat(), reading.fits))
            if reading.record is not None and reading.relevant:
                try:
                    dataset.put(reading.record, number, reading.capture)
                except InputError as error:
                    found.append(Issue.of(error))
            for issue in found:
                dataset.add_issue(number, issue.input, issue.what, issue.mend)
            issues += found
        for issue in _alarms(fits):
            dataset.add_issue(number, issue.input, issue.what, issue.mend)
            issues.append(issue)
        outcomes = dataset.end_run(number)
        rows = dataset.counts()
        exports = export(dataset, out, formats) if formats else []
    return Summary(out / DATASET_NAME, outcomes, rows, tuple(issues), tuple(exports))


_NEWEST = 20  # pages of a source, the last ones captured, by which it is told whether its portal has changed


def _alarms(fits: Mapping[str, Iterable[tuple[str, bool]]]) -> Iterator[Issue]:
    """Sources on most of whose newest pages the profile of their family finds no article.

    ``fits``: by source, when each page was captured, and whether the profile fits it.
    """
    for source, pages in fits.items():
        newest = heapq.nlargest(_NEWEST, pages)
        odd = sum(not fit for _, fit in newest)
        if odd >= 3 and 2 * odd > len(newest):
            what = f"the profile of its family finds no article in {odd} of its {len(newest)} newest pages"
            yield Issue(source, what, "has the portal changed? give selectors in the source's file")


def _rules(patterns: Path | None) -> PatternSet:
    return load_patterns(patterns) if patterns else default_patterns()


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NtmError("is not a folder", where=out, mend="choose another place") from None
    except OSError as error:
        raise NtmError(f"cannot be written ({error.strerror})", where=out, mend="choose another place") from None


@functools.cache
def _extractor() -> Extractor:
    """With the shipped patterns; made once in a process."""
    return Extractor()


def extract(source: str | Path) -> Record:
    """The record of one article: of a file where ``source`` is a path or the name of one, else of the text itself.

    Raises InputError for what cannot be read as an article.
    """
    if isinstance(source, Path) or _is_file(source):
        return _extractor().extract(read_file(source))
    return _extractor().extract(read_text(source))


def _is_file(text: str) -> bool:
    """Whether a text is the name of a file: texts of articles are longer than names, and have lines."""
    return len(text) < 1000 and "\n" not in text and "\0" not in text and os.path.isfile(text)


# ------------------------------------------------------------------ what an input can be


@dataclass(frozen=True, slots=True)
class InputKind:
    """A kind of input: which ones it claims, what they yield, and which files of a folder are of it; ``single``
    kinds yield one thing each; those that are no files need not be there.

    ``things`` may raise InputError, before or between things: it is then an issue of that input.
    """

    name: str
    claims: Callable[[str], bool]
    things: Callable[[str], Iterable[Thing]]
    suffixes: tuple[str, ...] = ()
    single: bool = True
    is_file: bool = True


def _has(*suffixes: str) -> Callable[[str], bool]:
    return lambda where: where.lower().endswith(suffixes)


def _stdin(where: str) -> Iterator[Thing]:
    yield read_bytes(sys.stdin.buffer.read(), source=where)


def _records(where: str) -> Iterator[Thing]:
    """Records of a file, one a line; a line that is none is a fault of its own."""
    try:
        with open(where, encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _parse_record(line, f"{where}:{number}")
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", where=where, mend="write records as RECORD.md says") from None
    except OSError as error:
        raise _unreadable(where, error) from None


def _parse_record(line: str, where: str) -> Record | InputError:
    try:
        return Record.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        what = f"is not a record ({field + ': ' if field else ''}{first['msg']})"
        return InputError(what, where=where, mend="mend the line")


def _unreadable(where: str, error: OSError) -> InputError:
    return InputError(f"cannot be read ({error.strerror})", where=where, mend="check its permissions")


_ARCHIVES = (".warc", ".warc.gz", ".wacz", ".arc", ".arc.gz")


def _is_archive(where: str) -> bool:
    """A file of web captures, or a folder that was collected into."""
    return where.lower().endswith(_ARCHIVES) or os.path.isfile(os.path.join(where, JOURNAL))


def _captures(captures: Iterable[Capture | InputError]) -> Iterator[Thing]:
    """Captures, those of archives of files taken apart."""
    for capture in captures:
        yield from unpacked(capture) if isinstance(capture, Capture) else (capture,)


def _uncollected(where: str) -> Iterator[Thing]:
    yield InputError("has to be collected first", where=where, mend="give it to 'run'")


def _is_address(where: str) -> bool:
    return where.lower().startswith(("http://", "https://"))


_PAGES = (".txt", ".html", ".htm", ".xhtml", ".mhtml", ".mht", ".md", ".markdown")
# The first kind that claims an input reads it; the last one takes any file that is left, by its bytes. A folder that no
# kind claims is taken apart into the files of all kinds in it. What is none of them may be the name of a source.
KINDS: tuple[InputKind, ...] = (
    InputKind("stdin", lambda where: where == "-", _stdin, is_file=False),
    InputKind("address", _is_address, _uncollected, single=False, is_file=False),
    InputKind("records", _has(".jsonl"), _records, (".jsonl",), single=False),
    InputKind("archive", _is_archive, lambda where: _captures(iter_captures(where)), _ARCHIVES, single=False),
    InputKind("document", _has(*DOCUMENTS), iter_document, DOCUMENTS, single=False),
    InputKind("page", lambda where: not os.path.isdir(where), lambda where: (Path(where),), _PAGES),
)
_SOURCE = InputKind("source", lambda where: False, _uncollected, single=False, is_file=False)


@dataclass(frozen=True, slots=True)
class Place:
    """One input, folders taken apart."""

    where: str
    kind: InputKind

    def things(self) -> Iterator[Thing]:
        """What it yields; faults as things."""
        try:
            yield from self.kind.things(self.where)
        except InputError as error:
            yield error


def iter_places(inputs: Iterable[str], sources: Path | None = None) -> Iterator[Place | InputError]:
    """Inputs with folders taken apart, in order of name, none twice; ``sources`` is the folder of source files."""
    seen: set[str] = set()
    for given in inputs:
        for where in _files_of(given) if _kind_of(given) is None else (given,):
            place = where if isinstance(where, InputError) else _place_of(where, sources)
            if isinstance(place, InputError):
                yield place
                continue
            key = os.path.realpath(place.where) if place.kind.is_file else place.where
            if key not in seen:
                seen.add(key)
                yield place


def _kind_of(where: str) -> InputKind | None:
    return next((kind for kind in KINDS if kind.claims(where)), None)


def _place_of(where: str, sources: Path | None) -> Place | InputError:
    kind = _kind_of(where)
    if kind is None or not kind.is_file or os.path.exists(where):
        return Place(where, kind) if kind else InputError("no such file", where=where, mend="check the name")
    if (sources or sources_folder()).joinpath(f"{where}.yml").is_file():
        return Place(where, _SOURCE)
    return InputError("no such file", where=where, mend="check the name; 'sources list' has the names of sources")


def _files_of(folder: str) -> Iterator[str | InputError]:
    suffixes = tuple(suffix for kind in KINDS for suffix in kind.suffixes)
    found = False
    for path in sorted(Path(folder).rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.name.lower().endswith(suffixes) and not hidden and path.is_file():
            found = True
            yield str(path)
    if not found:
        what = f"a folder without articles ({', '.join(suffix[1:] for suffix in suffixes)})"
        yield InputError(what, where=folder, mend="name a folder that holds some")


# ------------------------------------------------------------------ what has to be collected


def _gather(places: Sequence[Place | InputError], folder: Path, how: Collecting) -> Iterator[Place | InputError]:
    """Places in their order, those on the web collected into ``folder`` and read from there."""
    named = [place for place in places if isinstance(place, Place)]
    urls = [place.where for place in named if place.kind.name == "address"]
    names = [place.where for place in named if place.kind.name == "source"]
    remarks: list[InputError] = []
    if names:
        chosen = load_sources(how.sources, names)
        remarks = _collect(list(chosen.values()), folder, how)
    if urls and not collect_pages(urls, folder, known=_known(how.sources).values(), on_progress=how.on_progress):
        raise KeyboardInterrupt
    for place in places:
        if isinstance(place, Place) and place.kind.name == "address":
            yield Place(place.where, replace(place.kind, things=lambda where: _captures(iter_pages(folder, [where]))))
        elif isinstance(place, Place) and place.kind.name == "source":
            yield Place(place.where, replace(place.kind, things=lambda where: _of_source(folder, where)))
        else:
            yield place
    yield from remarks


def _collect(chosen: Sequence[Source], folder: Path, how: Collecting) -> list[InputError]:
    """Collect sources; what should be looked after."""
    summary = collect(
        chosen,
        folder,
        since=how.since,
        until=how.until,
        limit=how.limit,
        from_archives=how.from_archives,
        on_progress=how.on_progress,
        archives=load_archives(how.sources),
        moved=load_moved_hosts(how.sources),
    )
    if summary.interrupted:
        raise KeyboardInterrupt
    remarks = []
    for said, mend in ((summary.alarms, "look at the portal and at the source's file"), (summary.notes, None)):
        for where, _, what in (remark.partition(": ") for remark in said):
            remarks.append(InputError(what, where=where, mend=mend))
    if summary.left:
        remarks.append(InputError(f"{summary.left} pages are left", where=folder, mend="run again to go on with them"))
    return remarks


def _of_source(folder: Path, name: str) -> Iterator[Thing]:
    yield from _captures(capture for capture in iter_captures(folder) if capture.source == name)
    yield from iter_faults(folder, name)


def _known(folder: Path | None) -> Mapping[str, Source]:
    """The sources there are, by name; of one's own folder those that ship are no part."""
    return load_sources(folder)


# ------------------------------------------------------------------ things to records

# What cleaning notes of a text, and what to do about it; credits are no doubts.
_FOREIGN, _ELSEWHERE = "not Vietnamese", "no mention of nông thôn mới"
_MENDS = {
    _FOREIGN: "leave it out, or give the Vietnamese page",
    _ELSEWHERE: "leave it out",
    "cut in the middle of a character": "the file may be cut off; fetch it again",
}
_DOUBT = "see whether the text is whole"
_OURS = "the fault is ours, the article is left out; please report it"
_CREDITS = ("agency: ", "source: ")


class _Reader:
    """Things to readings; holds what is made once."""

    def __init__(self, patterns: Path | None, sources: Path | None) -> None:
        self._extractor = Extractor(load_patterns(patterns)) if patterns else _extractor()
        self._folder = sources
        self._sources: Mapping[str, Source] | None = None

    def read(self, thing: Thing) -> Reading:
        name = name_of(thing)
        try:
            if isinstance(thing, InputError):
                raise thing
            if isinstance(thing, Record):
                return Reading(name, thing)
            article = self._article(thing)
        except InputError as error:
            return Reading(name, None, (Issue.of(error),))
        if _FOREIGN in article.notes:
            return Reading(name, None, (Issue(name, _FOREIGN, _MENDS[_FOREIGN]),))
        capture = replace(article.capture, content=b"") if article.capture else None
        fits = not any(note.endswith(NO_FIT) for note in article.notes)
        # Of a source it is told once, by its newest pages.
        summed = (NO_FIT,) if capture is not None and capture.source is not None else ()
        notes = (note for note in article.notes if not note.startswith(_CREDITS) and not note.endswith(summed))
        issues = tuple(Issue(name, note, _MENDS.get(note, _DOUBT)) for note in notes)
        try:
            record = self._extractor.extract(article)
        except Exception as error:  # of whatever kind: one bad page must not cost the user the others
            what = f"cannot be read ({type(error).__name__}: {error})"
            return Reading(name, None, (*issues, Issue(name, what, _OURS)))
        return Reading(name, record, issues, _ELSEWHERE not in article.notes, capture, fits)

    def _article(self, thing: Path | Capture | Article) -> Article:
        if isinstance(thing, Article):
            return replace(thing, source=printable(thing.source))
        if isinstance(thing, Path):
            return replace(read_file(thing), source=printable(thing))
        source = self._source(thing.source)
        article = read_capture(thing, source)
        if source is None:
            return article
        return replace(
            article,
            publisher=article.publisher or source.publisher,
            home_district=article.home_district or source.home.district,
            home_province=article.home_province or source.home.province,
        )

    def _source(self, name: str | None) -> Source | None:
        """Of what was collected, whose it is and where it is at home."""
        if name is None:
            return None
        if self._sources is None:
            self._sources = _known(self._folder)
        return self._sources.get(name)


def name_of(thing: Thing) -> str:
    """Under which name issues speak of a thing."""
    if isinstance(thing, Path | InputError):
        return printable(thing if isinstance(thing, Path) else thing.where)
    return thing.url or thing.source or ""


def iter_readings(
    places: Iterable[Place | InputError],
    *,
    jobs: int = 1,
    patterns: Path | None = None,
    sources: Path | None = None,
    watch: Watch | None = None,
) -> Iterator[Reading]:
    """Read every thing of every place, in their order; with ``jobs`` > 1 in as many processes.

    ``sources`` is the folder of source files, which say whose collected pages are.
    """
    known = list(places)
    every = itertools.chain.from_iterable(place.things() if isinstance(place, Place) else (place,) for place in known)
    things = _once(every)
    single = all(isinstance(place, InputError) or place.kind.single for place in known)
    total = len(known) if single else None
    read = map(_Reader(patterns, sources).read, things) if jobs <= 1 else _read_in_pool(things, jobs, patterns, sources)
    for done, reading in enumerate(read, 1):
        if watch is not None:
            watch(done, total, reading.input)
        yield reading


def _once(things: Iterable[Thing]) -> Iterator[Thing]:
    """Things; a page that was collected only once, though several archives hold it or it was named in several ways."""
    seen: set[tuple[str, str]] = set()
    for thing in things:
        if isinstance(thing, Capture) and thing.sha256 is not None:
            key = (thing.final_url or thing.url, thing.sha256)
            if key in seen:
                continue
            seen.add(key)
        yield thing


_reader: _Reader | None = None  # of a worker process, made when it starts


def _start_worker(patterns: Path | None, sources: Path | None) -> None:
    global _reader
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started us ends us
    _reader = _Reader(patterns, sources)


def _read_chunk(things: list[Thing]) -> list[Reading]:
    assert _reader is not None
    return [_reader.read(thing) for thing in things]


_CHUNK = 8  # things sent to a worker at once: large enough that sending costs little, small enough to share out evenly


def _read_in_pool(things: Iterable[Thing], jobs: int, patterns: Path | None, sources: Path | None) -> Iterator[Reading]:
    """In order, and never more than a few chunks a worker ahead, so that inputs of any size fit into memory."""
    _rules(patterns)  # faults in them are the user's to mend, and would break the workers
    # 'spawn' everywhere: what works on one system works on all, and no thread's lock is copied half held.
    context = multiprocessing.get_context("spawn")
    waiting: deque[Future[list[Reading]]] = deque()
    with ProcessPoolExecutor(jobs, context, _start_worker, (patterns, sources)) as pool:
        try:
            rest = iter(things)
            while chunk := list(itertools.islice(rest, _CHUNK)):
                waiting.append(pool.submit(_read_chunk, chunk))
                if len(waiting) > 3 * jobs:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
