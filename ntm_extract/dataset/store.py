"""The dataset: one SQLite file that records are put into and read back from.

A journalist can mail the file; SQL, Datasette and DuckDB read it as it is. One process writes at a time, any number
read meanwhile (WAL). Every article is written in a transaction of its own: whatever happens, the file holds whole
articles only.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError

from ntm_extract.dataset.columns import FACT_MODELS, TABLES
from ntm_extract.dataset.file import Migration, connect, faults, load_migrations, prepare
from ntm_extract.dataset.rows import PARTS, Rows, content_id
from ntm_extract.dataset.search import parse_query
from ntm_extract.errors import DatasetError, InputError
from ntm_extract.model import FACT_KINDS, Capture, FactKind, Record, Unit

Outcome = Literal["new", "changed", "same"]
Verdict = Literal["accept", "correct", "reject"]

BUSY_SECONDS = 5.0  # how long another process may hold the lock before we give up
BATCH = 100  # articles to a transaction where many are put
# The same wording read again this long after is a new statement ('năm nay' of another year), not a reprint.
REPRINT_DAYS = 31


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found by full text; ``snippet`` is a stretch of it with the found words marked."""

    article_id: str
    title: str | None
    published: dt.date | None
    source: str
    snippet: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer said of a fact. ``correction`` holds the fields that should read otherwise, as in the record."""

    fact_id: str
    verdict: Verdict
    correction: Mapping[str, Any] | None
    who: str
    decided_at: dt.datetime
    note: str | None = None


@dataclass(slots=True)
class _Run:
    """What this process knows of a run under way: outcomes, inputs read, issues met.

    ``row`` is its row in the dataset, which it has from its first change on.
    """

    started: dt.datetime
    version: str
    patterns: str | None
    row: int | None = None
    tally: Counter[str] = field(default_factory=Counter)
    inputs: set[str] = field(default_factory=set)
    issues: set[tuple[str, str]] = field(default_factory=set)


_OUTCOMES: tuple[Outcome | Literal["issues"], ...] = ("new", "changed", "same", "issues")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


_KIND_OF_FACT = " UNION ALL ".join(f"SELECT '{kind}' FROM {kind} WHERE id = :id" for kind in FACT_KINDS)
_WRITE_ARTICLE = (
    TABLES["articles"].insert
    + " ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(
        f"{column.name} = excluded.{column.name}"
        for column in TABLES["articles"].columns
        if column.name not in ("n", "id")
    )
)
# What was said of a place anew stands; where it was read without being collected, what is known of its capture stays.
_SAID = ("title", "published", "publisher")
_CAPTURED = ("captured", "warc_file", "warc_offset", "sha256", "named_by")
_NEW_SAID, _NEW_CAPTURED = (", ".join(f"excluded.{name}" for name in names) for names in (_SAID, _CAPTURED))
_WRITE_SOURCE = TABLES["article_sources"].insert + (
    " ON CONFLICT (article_id, record_id, source, COALESCE(url, '')) DO UPDATE SET "
    + ", ".join(
        [f"{name} = excluded.{name}" for name in _SAID]
        + [f"{name} = COALESCE(excluded.{name}, {name})" for name in _CAPTURED]
    )
    + f" WHERE ({', '.join(_SAID)}) IS NOT ({_NEW_SAID})"
    + f" OR excluded.warc_file IS NOT NULL AND ({', '.join(_CAPTURED)}) IS NOT ({_NEW_CAPTURED})"
    # Of two archives with the same text the newer one is the evidence, in whatever order they are read.
    + " AND (captured IS NULL OR excluded.captured IS NULL OR excluded.captured >= captured)"
)
# Of a unit known already, only what the gazetteer says of it can be news; saying nothing takes nothing away.
_WRITE_UNIT = TABLES["units"].insert + (
    " ON CONFLICT (id) DO UPDATE SET today = excluded.today, candidates = excluded.candidates"
    " WHERE excluded.today <> '[]' AND (today, candidates) IS NOT (excluded.today, excluded.candidates)"
)


def _input_of(record: Record) -> str:
    """Under which name issues speak of a record's page."""
    return record.url or record.source


def _dump(record: Record) -> str:
    return record.model_dump_json(exclude={"text"})


def _load(facts: str, text: str) -> Record:
    return Record.model_validate_json(facts).model_copy(update={"text": text})


# The dataset in a folder that a run writes.
DATASET_NAME = "dataset.sqlite"


class Dataset:
    """A dataset file, open. Use as a context manager; not to be shared between threads.

    >>> with Dataset.open(Path("ntm.sqlite"), create=True) as dataset:      # doctest: +SKIP
    ...     run = dataset.begin_run(version="0.1.0", patterns=None)
    ...     dataset.put(record, run)
    ...     dataset.end_run(run)
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection
        self._runs: dict[int, _Run] = {}
        self._begun = 0

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        create: bool = False,
        read_only: bool = False,
        busy_seconds: float = BUSY_SECONDS,
        migrations: Sequence[Migration] | None = None,
    ) -> Self:
        """Open a dataset; with ``create``, make it where there is none.

        A folder that a run wrote stands for the dataset in it.

        Raises
        ------
        DatasetError: no such file, not a dataset of ours, written by a newer version, held by another process for
            longer than ``busy_seconds``, no room on the disk, or (unless ``read_only``) not to be written to.
        """
        path = Path(path)
        if (path / DATASET_NAME).is_file():
            path /= DATASET_NAME
        if path.is_dir() or not path.parent.is_dir():
            raise DatasetError("is not a file in an existing folder", where=path, mend="name a file")
        if not path.exists() and (read_only or not create):
            raise DatasetError("there is no such dataset", where=path, mend="check the path, or build it first")
        with faults(path):
            db = connect(path, read_only, busy_seconds)
            try:
                prepare(db, path, create, read_only, load_migrations() if migrations is None else migrations)
            except BaseException:
                db.close()
                raise
        return cls(path, db)

    def close(self) -> None:
        """Close the file; the last process to do so leaves a single file behind."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -------------------------------------------------------------- runs and issues

    def begin_run(self, version: str, patterns: str | None) -> int:
        """Start a run with this version of the program and fingerprint of the rules; a number to call it by.

        Nothing is written before the run changes something.
        """
        run = self._begun = self._begun + 1
        self._runs[run] = _Run(_now(), version, patterns)
        return run

    def _row_of(self, state: _Run) -> int:
        """The row of a run that is about to change something."""
        if state.row is None:
            sql = "INSERT INTO runs (started, version, patterns) VALUES (?, ?, ?)"
            row = self._db.execute(sql, (state.started.isoformat(), state.version, state.patterns)).lastrowid
            assert row is not None
            state.row = row
        return state.row

    def end_run(self, run: int) -> dict[str, int]:
        """End a run: articles by outcome, and issues met.

        Issues of earlier runs whose input was read again without them are gone. A run that changed nothing leaves no
        trace, so that running twice leaves the file as running once.
        """
        state = self._running(run)
        with self._transaction():
            earlier = self._db.execute("SELECT n, input, what FROM issues WHERE run IS NOT ?", (state.row,)).fetchall()
            mended = [(n,) for n, input, what in earlier if input in state.inputs and (input, what) not in state.issues]
            self._db.executemany("DELETE FROM issues WHERE n = ?", mended)
            counts = {outcome: state.tally[outcome] for outcome in ("new", "changed", "same")}
            counts["issues"] = len(state.issues)
            if state.row is not None or mended or counts["changed"]:
                self._db.execute(
                    "UPDATE runs SET ended = ?, articles_new = ?, articles_changed = ?, articles_same = ?, issues = ? "
                    "WHERE id = ?",
                    (_now().isoformat(), *counts.values(), self._row_of(state)),
                )
        del self._runs[run]
        return counts

    def add_issue(self, run: int, input: str, what: str, mend: str | None = None) -> None:
        """Note a page or sentence that could not be read; one known from an earlier run is not noted again."""
        state = self._running(run)
        with self._transaction():
            known = self._db.execute("SELECT 1 FROM issues WHERE input = ? AND what = ?", (input, what)).fetchone()
            if known is None:
                self._db.execute(
                    "INSERT INTO issues (run, input, what, mend) VALUES (?, ?, ?, ?)",
                    (self._row_of(state), input, what, mend),
                )
        state.inputs.add(input)
        state.issues.add((input, what))

    def _running(self, run: int) -> _Run:
        if run not in self._runs:
            raise DatasetError(f"run {run} is not under way here", where=self.path, mend="call begin_run first")
        return self._runs[run]

    # -------------------------------------------------------------- writing records

    def put(self, record: Record, run: int, capture: Capture | None = None) -> Outcome:
        """Put one article and its facts, in one transaction; nothing is written where nothing is new.

        ``capture`` says when it was collected and where it stands in the web archive.

        The text decides which article it is. The same text from a second place is one more source of the article, and
        the first one's record stands, unless the second has its id and was read by other rules. Another text under an
        id known from the same source or address replaces what that page said before.

        Raises
        ------
        InputError: a record that cannot be stored (a number that is none, text that is no Unicode, the id of another
            source's article).
        DatasetError: the file is held by another process, is read-only, or the disk is full; it is then as before.
        """
        state = self._running(run)
        with self._transaction():
            outcome = self._put_sound(record, state, capture)
        state.tally[outcome] += 1
        state.inputs.add(_input_of(record))
        return outcome

    def put_many(self, records: Iterable[Record], run: int) -> dict[Outcome | Literal["issues"], int]:
        """Put records by the hundred, which is faster than one by one; how many were new, changed, the same.

        A record that cannot be stored becomes an issue and the others go on. The lock is held while a batch is written,
        not while the next records are made; should making them fail, those that came before are written.
        """
        counts = dict.fromkeys(_OUTCOMES, 0)
        batch: list[Record] = []
        try:
            for record in records:
                batch.append(record)
                if len(batch) == BATCH:
                    full, batch = batch, []
                    self._put_batch(full, run, counts)
        finally:
            if batch:
                self._put_batch(batch, run, counts)
        return counts

    def _put_batch(self, batch: list[Record], run: int, counts: dict[Outcome | Literal["issues"], int]) -> None:
        state = self._running(run)
        outcomes: Counter[Outcome] = Counter()
        bad: list[tuple[Record, InputError]] = []
        with self._transaction():
            for record in batch:
                self._db.execute("SAVEPOINT article")
                row = state.row
                try:
                    outcomes[self._put_sound(record, state)] += 1
                except InputError as error:
                    self._db.execute("ROLLBACK TO article")
                    state.row = row
                    bad.append((record, error))
                self._db.execute("RELEASE article")
        state.tally.update(outcomes)
        state.inputs.update(map(_input_of, batch))
        for record, fault in bad:
            self.add_issue(run, _input_of(record), fault.what, fault.mend)
        for outcome, number in outcomes.items():
            counts[outcome] += number
        counts["issues"] += len(bad)

    def _put_sound(self, record: Record, run: _Run, capture: Capture | None = None) -> Outcome:
        """As ``_put``; what SQLite or JSON cannot hold is said to be the record's fault."""
        try:
            return self._put(record, run, capture)
        except (ValueError, OverflowError) as error:
            what = f"the record cannot be stored ({str(error).splitlines()[0]})"
            raise InputError(what, where=_input_of(record), mend="mend the record") from error

    def _put(self, record: Record, run: _Run, capture: Capture | None) -> Outcome:
        article = self._same_text(record)
        if article is not None and article != record.id:
            return "changed" if self._add_reprint(article, record, capture) else "same"
        stored = self._db.execute(
            "SELECT source, url, patterns, record, text FROM articles WHERE id = ?", (record.id,)
        ).fetchone()
        if stored is None:
            self._db.execute(
                "DELETE FROM article_sources WHERE record_id = ? AND source = ?", (record.id, record.source)
            )
            self._write(record, run, capture)
            return "new"
        source, url, patterns, facts, text = stored
        if (source, url) == (record.source, record.url):
            if (facts, text) == (_dump(record), record.text):
                return "changed" if self._add_source(record.id, record, capture) else "same"
        elif article is not None:  # the same article from another place
            news = self._add_source(article, record, capture)
            if record.patterns == patterns:
                return "changed" if news else "same"
            first = _load(facts, text)
            own = {
                name: getattr(first, name) for name in ("source", "url", "title", "published", "publisher", "authors")
            }
            record = record.model_copy(update=own)
        elif source != record.source and (url is None or url != record.url):
            raise InputError(
                f"its id {record.id!r} is already that of an article from {url or source}",
                where=_input_of(record),
                mend="give each article an id of its own",
            )
        self._rewrite(record, run, capture, keep_sources=article is not None)
        return "changed"

    def _same_text(self, record: Record) -> str | None:
        """Id of the article that has this text already; None where there is none, or the record has no text."""
        content = content_id(record.text)
        if content is None:
            return None
        found = self._db.execute(
            "SELECT id, published, id = :id OR EXISTS "
            "(SELECT 1 FROM article_sources WHERE article_id = articles.id AND record_id = :id) AS known "
            "FROM articles WHERE content = :content ORDER BY known DESC, n",
            {"id": record.id, "content": content},
        )
        for article, published, known in found.fetchall():
            if known or record.published is None or published is None:
                return str(article)
            if abs(record.published - dt.date.fromisoformat(published)).days <= REPRINT_DAYS:
                return str(article)
        return None

    def _add_source(self, article: str, record: Record, capture: Capture | None = None) -> bool:
        """Note where an article was read; whether that is news."""
        where = {name: getattr(capture, name, None) for name in _CAPTURED}
        row = TABLES["article_sources"].row(record, article_id=article, record_id=record.id, **where)
        return self._db.execute(_WRITE_SOURCE, row).rowcount > 0

    def _add_reprint(self, article: str, record: Record, capture: Capture | None) -> bool:
        """Note a record as one more source of an article, and of no other any more; whether that is news."""
        units = self._units_of(record.id)
        where = {"id": record.id, "source": record.source, "url": record.url, "article": article}
        gone = self._db.execute("DELETE FROM articles WHERE id = :id AND (source = :source OR url = :url)", where)
        left = self._db.execute(
            "DELETE FROM article_sources WHERE record_id = :id AND source = :source AND article_id <> :article", where
        )
        if gone.rowcount:
            self._drop_units(units)
        return self._add_source(article, record, capture) or gone.rowcount + left.rowcount > 0

    def _rewrite(self, record: Record, run: _Run, capture: Capture | None, keep_sources: bool) -> None:
        units = self._units_of(record.id)
        for table in PARTS if keep_sources else (*PARTS, "article_sources"):
            self._db.execute(f"DELETE FROM {table} WHERE article_id = ?", (record.id,))
        self._write(record, run, capture)
        self._drop_units(units)

    def _write(self, record: Record, run: _Run, capture: Capture | None) -> None:
        """Write the article's row, in place where there is one, and the rows of all that belongs to it."""
        rows = Rows(record, self._is_taken)
        for unit, thing in rows.units.items():
            self._write_unit(unit, thing)
        article = TABLES["articles"].row(
            record,
            n=None,
            home_district=rows.unit(record.home.district),
            home_province=rows.unit(record.home.province),
            content=content_id(record.text),
            run=self._row_of(run),
            record=None,
        )
        self._db.execute(_WRITE_ARTICLE, (*article[:-1], _dump(record)))
        self._add_source(record.id, record, capture)
        for table, many in rows.by_table.items():
            self._db.executemany(TABLES[table].insert, many)

    def _write_unit(self, unit: str, thing: Unit) -> None:
        news = self._db.execute(_WRITE_UNIT, TABLES["units"].row(thing, id=unit)).rowcount
        if news and thing.today:
            self._db.execute("DELETE FROM unit_today WHERE unit_id = ?", (unit,))
            heirs = TABLES["unit_today"]
            self._db.executemany(
                heirs.insert, [heirs.row(heir, unit_id=unit, position=i) for i, heir in enumerate(thing.today)]
            )

    def _units_of(self, article: str) -> set[str]:
        found = self._db.execute(
            "SELECT unit_id FROM unit_mentions WHERE article_id = :id"
            " UNION SELECT unit_id FROM fact_subjects WHERE article_id = :id AND unit_id IS NOT NULL"
            " UNION SELECT within_unit FROM fact_subjects WHERE article_id = :id AND within_unit IS NOT NULL"
            " UNION SELECT home_district FROM articles WHERE id = :id AND home_district IS NOT NULL"
            " UNION SELECT home_province FROM articles WHERE id = :id AND home_province IS NOT NULL",
            {"id": article},
        )
        return {unit for (unit,) in found}

    def _drop_units(self, units: Iterable[str]) -> None:
        """Drop those of the units that no article speaks of any more."""
        self._db.executemany(
            "DELETE FROM units WHERE id = :id"
            " AND NOT EXISTS (SELECT 1 FROM unit_mentions WHERE unit_id = :id)"
            " AND NOT EXISTS (SELECT 1 FROM fact_subjects WHERE unit_id = :id)"
            " AND NOT EXISTS (SELECT 1 FROM fact_subjects WHERE within_unit = :id)"
            " AND NOT EXISTS (SELECT 1 FROM articles WHERE home_district = :id)"
            " AND NOT EXISTS (SELECT 1 FROM articles WHERE home_province = :id)",
            [{"id": unit} for unit in sorted(units)],
        )

    def _is_taken(self, fact: str) -> bool:
        """Whether a fact of another article has this id (ids that others give need not be unique)."""
        return self._kind_of(fact) is not None

    def _kind_of(self, fact: str) -> FactKind | None:
        found = self._db.execute(_KIND_OF_FACT, {"id": fact}).fetchone()
        return found[0] if found else None

    # -------------------------------------------------------------- reading

    def iter_records(self) -> Iterator[Record]:
        """Every article's record as it was put, in the order of their first coming."""
        last = -1
        while True:
            # By pages, so that no reading transaction stands open while the caller works (or writes).
            with faults(self.path):
                page = self._db.execute(
                    "SELECT n, record, text FROM articles WHERE n > ? ORDER BY n LIMIT 100", (last,)
                ).fetchall()
            if not page:
                return
            last = page[-1][0]
            for _, facts, text in page:
                yield _load(facts, text)

    def article(self, id: str) -> Record | None:
        """The record of an article, by its id or that under which a reprint of it came; None if there is none."""
        with faults(self.path):
            found = self._db.execute(
                "SELECT record, text FROM articles WHERE id = :id"
                " UNION ALL SELECT record, text FROM articles WHERE id IN"
                " (SELECT article_id FROM article_sources WHERE record_id = :id) LIMIT 1",
                {"id": id},
            ).fetchone()
        return _load(*found) if found else None

    def search(self, query: str, limit: int = 20, marks: tuple[str, str] = ("[", "]")) -> list[Hit]:
        """Articles that hold all the words, best first; marks may be left out, "…" keeps words together.

        Words as typed come before those that are merely the same without marks, words standing together before
        scattered ones, the title's before the text's. ``marks`` are put around what was found.
        """
        asked = parse_query(query)
        if asked is None:
            return []
        tiers = []
        if asked.forms:
            tiers.append("2 * (n IN (SELECT rowid FROM articles_forms WHERE articles_forms MATCH :forms))")
        if asked.phrase:
            tiers.append("(n IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH :phrase))")
        order = f"{' + '.join(tiers)} DESC, " if tiers else ""
        given = {"words": asked.words, "forms": asked.forms, "phrase": asked.phrase, "limit": limit}
        with faults(self.path):
            best = self._db.execute(
                "SELECT n FROM (SELECT rowid AS n, bm25(articles_fts, 5.0, 1.0) AS score FROM articles_fts"
                f" WHERE articles_fts MATCH :words) ORDER BY {order}score, n LIMIT :limit",
                given,
            ).fetchall()
            # Snippets for these few only: in one statement they would be made for every hit before sorting.
            found = [
                self._db.execute(
                    "SELECT a.id, a.title, a.published, a.source, snippet(articles_fts, 1, ?, ?, '…', 32)"
                    " FROM articles_fts JOIN articles AS a ON a.n = articles_fts.rowid"
                    " WHERE articles_fts MATCH ? AND articles_fts.rowid = ?",
                    (*marks, asked.words, n),
                ).fetchone()
                for (n,) in best
            ]
        return [
            Hit(id, title, dt.date.fromisoformat(published) if published else None, source, snippet)
            for id, title, published, source, snippet in found
        ]

    def counts(self) -> dict[str, int]:
        """Rows in each table."""
        with faults(self.path):
            return {
                table: self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in TABLES
                if table != "evidence"
            }

    def query(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a SELECT over the tables, as SQLite has them (``TABLES`` says what they mean).

        Raises DatasetError where the statement is wrong or the file cannot be read.
        """
        with faults(self.path):
            yield from self._db.execute(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[tuple[Any, ...]]:
        """As ``query``, all at once: of many small rows in a third less time."""
        with faults(self.path):
            return self._db.execute(sql, parameters).fetchall()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read within is one state of the dataset, whatever other processes write meanwhile."""
        with faults(self.path):
            self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    # -------------------------------------------------------------- reviewers' decisions

    def decide(
        self,
        fact: str,
        verdict: Verdict,
        *,
        who: str,
        correction: Mapping[str, Any] | None = None,
        note: str | None = None,
        when: dt.datetime | None = None,
    ) -> Decision:
        """Note what a reviewer says of a fact; earlier decisions stay, the newest one counts.

        ``correction`` holds fields of the fact as the record has them, and goes with ``correct`` only.

        Raises DatasetError where there is no such fact, or the corrected fact would not be one.
        """
        if (verdict == "correct") != bool(correction):
            raise DatasetError("a correction goes with 'correct', and with nothing else", where=fact)
        decision = Decision(fact, verdict, correction or None, who, when or _now(), note)
        with self._transaction():
            kind = self._kind_of(fact)
            if kind is None:
                raise DatasetError(
                    f"there is no fact {fact!r}", where=self.path, mend="take its id from the fact's row"
                )
            if correction:
                self._check_correction(fact, kind, correction)
            row = TABLES["decisions"].row(decision, n=None, **dataclasses.asdict(decision))
            self._db.execute(TABLES["decisions"].insert, row)
        return decision

    def _check_correction(self, fact: str, kind: FactKind, correction: Mapping[str, Any]) -> None:
        (article, position) = self._db.execute(
            f"SELECT article_id, position FROM {kind} WHERE id = ?", (fact,)
        ).fetchone()
        record = self.article(article)
        assert record is not None
        fields = getattr(record, kind)[position].model_dump(mode="json")
        unknown = sorted(set(correction) - (set(fields) - {"id", "confidence"}))
        try:
            FACT_MODELS[kind].model_validate({**fields, **correction})
        except ValidationError as error:
            first = error.errors()[0]
            unknown = [f"{'.'.join(map(str, first['loc']))}: {first['msg']}"]
        if unknown:
            raise DatasetError(
                f"the correction does not fit ({unknown[0]})", where=fact, mend=f"use the fields of {kind}"
            )

    def decisions(self, fact: str | None = None) -> list[Decision]:
        """Decisions on one fact or on all, oldest first; those on facts that are no longer found are among them."""
        table = TABLES["decisions"]
        names = ("fact_id", "verdict", "correction", "who", "decided_at", "note")
        with faults(self.path):
            rows = self._db.execute(
                f"SELECT {', '.join(names)} FROM decisions WHERE ? IS NULL OR fact_id = ? ORDER BY n", (fact, fact)
            ).fetchall()
        return [
            Decision(**{name: table[name].decode(value) for name, value in zip(names, row, strict=True)})
            for row in rows
        ]

    # -------------------------------------------------------------- transactions

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing; the lock is taken at the start, so that nobody waits half-way."""
        rows = {run: state.row for run, state in self._runs.items()}
        with faults(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                for run, row in rows.items():  # a run's row that was written in vain is none
                    self._runs[run].row = row
                if self._db.in_transaction:  # SQLite itself rolls back on a full disk
                    self._db.execute("ROLLBACK")
                raise
